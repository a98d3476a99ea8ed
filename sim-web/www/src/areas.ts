// Regions as areas: each a lane, the lanes one below the other or in two stacks, with the same columns of things in all of a stack.
//
// Things lie in columns by how far they are from the clients, as dagre ranks them. Ways inside an area go from column to column;
// those between areas run up and down in the gaps between columns, and along the corridors between areas, so that none crosses
// a thing.

import type { Point } from "./layout";
import { curve, settle, track } from "./lines";

/** A region in the drawing. */
export interface Area {
  region: number;
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Who asks whom, by their number among what is laid out. */
export interface Line {
  edge: number;
  from: number;
  to: number;
}

/** What is to be laid out: of which thing, and in which region. */
interface Part {
  of: number;
  region: number | undefined;
  width: number;
  height: number;
}

interface Laid {
  middles: Point[];
  ways: { points: Point[]; path: string }[];
  width: number;
  height: number;
}

/** A part or a way that only passes, in a column of a lane. */
interface Item {
  part: number | undefined;
  line: number | undefined;
  column: number;
  /** By which it is ordered in its column. */
  order: number;
  height: number;
  y: number;
}

interface Lane {
  region: number | undefined;
  columns: Item[][];
  height: number;
  stack: number;
  row: number;
}

interface Options {
  /** Whether there is room for things beside each other only as far as they have to be. */
  isNarrow: boolean;
  regions: string[];
}

const EDGE = 12;
/** Inside an area: above for its name, below for what is told below a thing, at its sides. */
const PAD = { top: 30, bottom: 22, side: 14 };
/** Between things of a column, and around a way that passes. */
const BETWEEN = 26;
const PASS = 8;
/** Between ways that run side by side. */
const TRACK = 6;
/** As large as a drawing is that needs no scrolling on a usual screen. */
const SCREEN = { width: 1040, height: 640 };
/** How much larger things have to be in two stacks than in one, which is easier to follow. */
const WORTH = 1.35;
/** A drawing that can be made this large, and be seen whole, is legible. */
const LEGIBLE = 0.5;
/** Lanes of which all orders are tried. */
const ORDERED_MAX = 7;

export function inAreas(parts: Part[], lines: Line[], graph: Laid, options: Options): Laid & { areas: Area[] } {
  const one = new Areas(parts, lines, graph, options, 1).laid();
  const fits = ({ width, height }: Laid) => Math.min(SCREEN.width / width, SCREEN.height / height);
  if (options.isNarrow || fits(one) > LEGIBLE) return one;
  const two = new Areas(parts, lines, graph, options, 2).laid();
  return fits(two) > WORTH * fits(one) ? two : one;
}

class Areas {
  private lanes: Lane[];
  /** The column of each part. */
  private column: number[];
  private columns: number;
  private x: { left: number; right: number; gap: number }[][] = [];
  private tops: number[] = [];
  private bottoms: number[] = [];
  private height = 0;
  /** By gap or corridor the ways that run there. */
  private tracks = new Map<string, number[]>();

  constructor(
    private parts: Part[],
    private lines: Line[],
    private graph: Laid,
    private options: Options,
    private stacks: number,
  ) {
    // Things of a rank have the same middle.
    const ranks = [...new Set(graph.middles.map(({ x }) => Math.round(x)))].sort((a, b) => a - b);
    this.column = parts.map(({ of }) => ranks.indexOf(Math.round(graph.middles[of]!.x)));
    this.columns = ranks.length;
    this.lanes = this.order().map((region, number) => ({ region, columns: [], height: 0, stack: number % stacks, row: Math.floor(number / stacks) }));
  }

  laid(): Laid & { areas: Area[] } {
    this.lanes.forEach((lane) => this.fill(lane));
    this.lines.forEach((line, number) => this.reserve(line, number));
    this.setColumns();
    this.setRows();
    const middles = this.parts.map((_, number) => this.middle(number));
    const ways = this.lines.map((line, number) => this.way(line, number, middles));
    const areas = this.lanes.flatMap((lane) => this.area(lane) ?? []);
    const width = Math.max(...middles.map(({ x }, part) => x + this.parts[part]!.width / 2 + PAD.side), ...ways.flatMap(({ points }) => points.map(({ x }) => x))) + EDGE;
    return { middles, ways, areas, width, height: this.height };
  }

  /** The regions, and what is outside of all, so that those who ask each other are near each other. */
  private order(): (number | undefined)[] {
    const regions = [...new Set(this.parts.map(({ region }) => region))].sort((a, b) => (a ?? Infinity) - (b ?? Infinity));
    const weights = regions.map((a) => regions.map((b) => this.lines.filter(({ from, to }) => this.parts[from]!.region === a && this.parts[to]!.region === b).length));
    const cost = (order: number[]) => order.reduce((sum, a, i) => sum + order.reduce((all, b, j) => all + weights[a]![b]! * Math.abs(i - j), 0), 0);
    let best = regions.map((_, at) => at);
    if (regions.length > ORDERED_MAX) return regions;
    let least = cost(best);
    const extend = (order: number[]): void => {
      if (order.length < regions.length) {
        for (let at = 0; at < regions.length; at += 1) if (!order.includes(at)) extend([...order, at]);
      } else if (cost(order) < least) [best, least] = [order, cost(order)];
    };
    extend([]);
    return best.map((at) => regions[at]);
  }

  private lane(part: number): Lane {
    return this.lanes.find(({ region }) => region === this.parts[part]!.region)!;
  }

  /** Puts what is in a lane, and the ways that pass there, one below the other in its columns. */
  private fill(lane: Lane): void {
    lane.columns = Array.from({ length: this.columns }, () => []);
    this.parts.forEach(({ region, of, height }, part) => {
      if (region === lane.region) lane.columns[this.column[part]!]!.push({ part, line: undefined, column: this.column[part]!, order: this.graph.middles[of]!.y, height, y: 0 });
    });
    this.lines.forEach((line, number) => {
      if (this.lane(line.from) !== lane || this.lane(line.to) !== lane) return;
      const [from, to] = [this.column[line.from]!, this.column[line.to]!];
      for (let column = Math.min(from, to) + 1; column < Math.max(from, to); column += 1) {
        const order = at(this.graph.ways[line.edge]!.points, (column - from) / (to - from));
        lane.columns[column]!.push({ part: undefined, line: number, column, order, height: PASS, y: 0 });
      }
    });
    for (const column of lane.columns) {
      column.sort((a, b) => a.order - b.order);
      settle(column.map(() => 0), separations(column)).forEach((y, at) => (column[at]!.y = y));
    }
    this.straighten(lane);
    const items = lane.columns.flat();
    const top = Math.min(...items.map(({ y, height }) => y - height / 2));
    for (const item of items) item.y -= top;
    lane.height = Math.max(...items.map(({ y, height }) => y + height / 2));
  }

  /** Moves things to where their neighbours are, as far as the others of their columns leave room. */
  private straighten(lane: Lane): void {
    const items = lane.columns.flat();
    const find = (line: Line, number: number, column: number) => items.find((it) => it.column === column && (it.line === number || it.part === line.from || it.part === line.to));
    const links = this.lines.flatMap((line, number) => {
      if (this.lane(line.from) !== lane || this.lane(line.to) !== lane) return [];
      const [first, last] = [this.column[line.from]!, this.column[line.to]!].sort((a, b) => a - b) as [number, number];
      return Array.from({ length: last - first }, (_, step) => [find(line, number, first + step), find(line, number, first + step + 1)] as const);
    });
    const pull = (column: Item[], side: 0 | 1 | undefined) => {
      const wanted = column.map((item) => {
        const near = links.flatMap(([a, b]) => (b === item && side !== 1 ? [a!.y] : a === item && side !== 0 ? [b!.y] : []));
        return near.length === 0 ? item.y : near.reduce((sum, y) => sum + y, 0) / near.length;
      });
      settle(wanted, separations(column)).forEach((y, at) => (column[at]!.y = y));
    };
    for (let round = 0; round < 3; round += 1) {
      lane.columns.forEach((column) => pull(column, 0));
      [...lane.columns].reverse().forEach((column) => pull(column, 1));
    }
    lane.columns.forEach((column) => pull(column, undefined));
  }

  /** The gaps and the corridor that a way between two lanes runs through. */
  private route(line: Line): { gaps: [string, string]; stacks: [number, number]; columns: [number, number]; corridor: number | undefined } {
    const [from, to] = [this.lane(line.from), this.lane(line.to)];
    const isForth = this.column[line.to]! > this.column[line.from]!;
    const columns: [number, number] = [this.column[line.from]! - (isForth ? 0 : 1), this.column[line.to]! - (isForth ? 1 : 0)];
    const gaps: [string, string] = [`${from.stack} ${columns[0]}`, `${to.stack} ${columns[1]}`];
    // The corridor at the side of the target from which the way comes.
    const corridor = gaps[0] === gaps[1] ? undefined : from.row < to.row ? to.row : to.row + 1;
    return { gaps, stacks: [from.stack, to.stack], columns, corridor };
  }

  private reserve(line: Line, number: number): void {
    if (this.lane(line.from) === this.lane(line.to)) return;
    const { gaps, corridor } = this.route(line);
    for (const key of [...new Set(gaps), ...(corridor === undefined ? [] : [`corridor ${corridor}`])]) {
      const there = this.tracks.get(key) ?? [];
      this.tracks.set(key, there);
      // Ways to the same thing run together.
      const same = this.lines.findIndex((it, at) => at < number && it.to === line.to && it.edge === line.edge && there.includes(at));
      if (same < 0) there.push(number);
    }
  }

  /** How far beside the middle of a gap or corridor a way runs there. */
  private beside(key: string, line: Line): number {
    const there = this.tracks.get(key) ?? [];
    const at = there.findIndex((number) => this.lines[number]!.to === line.to && this.lines[number]!.edge === line.edge);
    return (at - (there.length - 1) / 2) * TRACK;
  }

  private setColumns(): void {
    let start = EDGE + PAD.side;
    const between = this.options.isNarrow ? 40 : this.stacks > 1 ? 50 : 64;
    for (let stack = 0; stack < this.stacks; stack += 1) {
      const columns: (typeof this.x)[number] = [];
      for (let column = 0; column < this.columns; column += 1) {
        const here = this.lanes.filter((lane) => lane.stack === stack).flatMap((lane) => lane.columns[column]!);
        const width = Math.max(0, ...here.map(({ part }) => (part === undefined ? 0 : this.parts[part]!.width)));
        const gap = here.length === 0 ? 0 : between + ((this.tracks.get(`${stack} ${column}`)?.length ?? 0) * TRACK);
        columns.push({ left: start, right: start + width, gap });
        start += width + gap;
      }
      start = rightOf(columns) + 2 * PAD.side + EDGE;
      this.x.push(columns);
    }
  }

  private setRows(): void {
    const rows = Math.max(...this.lanes.map(({ row }) => row)) + 1;
    const corridor = (row: number) => Math.max(row === 0 || row === rows ? 0 : 10, ((this.tracks.get(`corridor ${row}`)?.length ?? 0) + 1) * TRACK);
    let top = EDGE;
    for (let row = 0; row < rows; row += 1) {
      top += corridor(row);
      this.tops.push(top);
      const here = this.lanes.filter((lane) => lane.row === row);
      top += Math.max(...here.map(({ height, region }) => height + (region === undefined ? PAD.side : PAD.top) + PAD.bottom));
      this.bottoms.push(top);
    }
    this.height = top + corridor(rows) + EDGE;
  }

  /** Where the middle of an item is. */
  private heightOf(lane: Lane, item: Item): number {
    const [top, bottom] = [this.tops[lane.row]!, this.bottoms[lane.row]!];
    const above = lane.region === undefined ? PAD.side : PAD.top;
    return top + above + (bottom - top - above - PAD.bottom - lane.height) / 2 + item.y;
  }

  private middle(part: number): Point {
    const lane = this.lane(part);
    const { left, right } = this.x[lane.stack]![this.column[part]!]!;
    const item = lane.columns[this.column[part]!]!.find((it) => it.part === part)!;
    return { x: (left + right) / 2, y: this.heightOf(lane, item) };
  }

  private area({ region, stack, row }: Lane): Area | undefined {
    if (region === undefined) return undefined;
    const columns = this.x[stack]!;
    const right = rightOf(columns) + PAD.side;
    const x = columns[0]!.left - PAD.side;
    return { region, name: this.options.regions[region]!, x, y: this.tops[row]!, width: right - x, height: this.bottoms[row]! - this.tops[row]! };
  }

  private way(line: Line, number: number, middles: Point[]): { points: Point[]; path: string } {
    const isForth = this.column[line.to]! > this.column[line.from]!;
    const side = (part: number, isRight: boolean): Point => ({ x: middles[part]!.x + (isRight ? 0.5 : -0.5) * this.parts[part]!.width, y: middles[part]!.y });
    const [start, end] = [side(line.from, isForth), side(line.to, !isForth)];
    const lane = this.lane(line.from);
    if (lane === this.lane(line.to)) {
      const passes = lane.columns.flat().filter((it) => it.line === number);
      passes.sort((a, b) => (isForth ? a.column - b.column : b.column - a.column));
      const through = passes.flatMap((item) => {
        const { left, right } = this.x[lane.stack]![item.column]!;
        const y = this.heightOf(lane, item);
        return isForth ? [{ x: left, y }, { x: right, y }] : [{ x: right, y }, { x: left, y }];
      });
      return curve([start, ...through, end]);
    }
    const { gaps, stacks, columns, corridor } = this.route(line);
    const gap = (at: 0 | 1) => this.gap(stacks[at], columns[at]) + this.beside(gaps[at], line);
    const turns: Point[] = [{ x: gap(0), y: start.y }];
    if (corridor !== undefined) {
      const y = this.corridor(corridor) + this.beside(`corridor ${corridor}`, line);
      turns.push({ x: gap(0), y }, { x: gap(1), y });
    }
    return track([start, ...turns, { x: gap(1), y: end.y }, end]);
  }

  /** The middle of the gap after a column, and of the corridor above a row. */
  private gap(stack: number, column: number): number {
    const columns = this.x[stack]!;
    const at = columns.slice(0, column + 1).filter(({ gap }) => gap > 0).at(-1) ?? columns[0]!;
    return at.right + at.gap / 2;
  }

  private corridor(row: number): number {
    const above = row === 0 ? EDGE : this.bottoms[row - 1]!;
    const below = this.tops[row] ?? this.height - EDGE;
    return (above + below) / 2;
  }
}

/** Where the last column ends that has something in it. */
const rightOf = (columns: { right: number; gap: number }[]): number => Math.max(...columns.filter(({ gap }) => gap > 0).map(({ right }) => right));

/** How far the middles of neighbours in a column are to be from each other. */
const separations = (column: Item[]): number[] =>
  column.slice(1).map((item, at) => (item.height + column[at]!.height) / 2 + (item.part === undefined && column[at]!.part === undefined ? PASS : BETWEEN));

/** The height of a line of points at a share of its width. */
function at(points: Point[], share: number): number {
  const [first, last] = [points[0]!, points.at(-1)!];
  const x = first.x + share * (last.x - first.x);
  const next = Math.max(1, points.findIndex((point, number) => number > 0 && (point.x - x) * (last.x - first.x) >= 0));
  const [a, b] = [points[next - 1]!, points[next] ?? last];
  return a.x === b.x ? b.y : a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}
