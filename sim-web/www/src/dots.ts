// Requests as moving dots: the moves that the run tells of, at a pace that can be seen.
//
// Every move is one of the run. A message that is on its way for less time than an eye can follow is drawn a little slower
// than it goes, and one behind which others wait a little faster, so that a dot is never far from where it is.

import type { Parts } from "./engine/protocol";
import type { Layout, Placed, Point } from "./layout";
import { placeOf } from "./spots";

/** Numbers of a move. */
const MOVE = 13;
/** Dots at most; older ones make room. */
const DOTS_MAX = 1500;
/** Seconds that a dot takes from one thing to the next, at least. */
const SEEN = 0.22;
/** Seconds that a failed request takes on its last way, at least: a cross is to be seen as such. */
const FAILED_SEEN = 0.7;

interface Move {
  departs: number;
  arrives: number;
  from: number;
  to: number;
  box: number;
  fate: number;
  journey: number;
  ending: number;
  again: boolean;
}

interface Dot {
  id: number;
  moves: Move[];
  /** Legs still to be gone, the first of them being gone. */
  legs: { points: Point[]; length: number; seconds: number }[];
  /** How much of the first leg is gone: 0 to 1. */
  along: number;
  at: Point;
  node: number;
  journey: number;
  ending: number;
  /** Whether it is part of a further attempt: a retry or a hedge. */
  again: boolean;
  hidden: boolean;
  ends: boolean;
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);
const length = (points: Point[]): number => points.slice(1).reduce((sum, point, at) => sum + distance(points[at]!, point), 0);

export class Dots {
  private dots = new Map<number, Dot>();
  private ways = new Map<string, Point[]>();

  constructor(
    private parts: Parts,
    private layout: Layout,
    before?: Dots,
  ) {
    // Things may have become larger or smaller meanwhile: who is on the way goes on.
    const names = (it: Layout) => it.nodes.map(({ node, region }) => `${node.name} ${region}`).join();
    if (before !== undefined && names(before.layout) === names(layout)) this.dots = before.dots;
    for (const way of layout.ways) this.ways.set(`${way.from} ${way.to}`, way.points);
  }

  get size(): number {
    return this.dots.size;
  }

  clear(): void {
    this.dots.clear();
  }

  /** Takes in what the run has told. */
  add(numbers: Float64Array): void {
    for (let at = 0; at + MOVE <= numbers.length; at += MOVE) {
      const id = numbers[at]!;
      const [to, box] = this.place(numbers, at + 6);
      const [from] = this.place(numbers, at + 3);
      const move = { departs: numbers[at + 1]!, arrives: numbers[at + 2]!, from, to, box, fate: numbers[at + 9]!, journey: numbers[at + 10]!, ending: numbers[at + 11]!, again: numbers[at + 12] === 1 };
      const dot = this.dots.get(id);
      if (dot !== undefined) {
        dot.moves.push(move);
      } else {
        if (this.dots.size >= DOTS_MAX) this.dots.delete(this.dots.keys().next().value as number);
        const start = from >= 0 ? from : to;
        if (start < 0) continue;
        this.dots.set(id, { id, moves: [move], legs: [], along: 0, at: this.rest(start, -1, id), node: start, journey: move.journey, ending: 0, again: move.again, hidden: true, ends: false });
      }
    }
  }

  private place(numbers: Float64Array, at: number): [node: number, box: number] {
    return placeOf(this.parts, this.layout, [numbers[at]!, numbers[at + 1]!, numbers[at + 2]!]);
  }

  /** Where a dot rests in a node: near its box, each a little elsewhere. */
  private rest(number: number, box: number, id: number): Point {
    const node = this.layout.nodes[number] as Placed;
    const spread = ((id * 2654435761) >>> 8) % 1000;
    const place = node.boxes[box] ?? undefined;
    if (place !== undefined) return { x: place.x + 4 + ((spread % 100) / 100) * (place.width - 8), y: place.y + 5 + (spread / 1000) * (place.height - 10) };
    // Where caches are told of at the left, below them at the right.
    const [left, wide] = node.chips.length > 0 ? [0.6, 0.25] : [0.2, 0.6];
    return { x: node.x + node.width * (left + (wide * (spread % 100)) / 100), y: node.y + node.height - 9 - (spread % 7) };
  }

  /** Moves all dots on to an instant of the run, `seconds` of the viewer's time later. */
  advance(now: number, seconds: number, speed: number): void {
    for (const dot of this.dots.values()) {
      while (dot.moves.length > 0 && dot.moves[0]!.departs <= now) this.begin(dot, dot.moves.shift()!, speed);
      this.go(dot, seconds);
      if (dot.ends && dot.legs.length === 0) this.dots.delete(dot.id);
    }
  }

  private begin(dot: Dot, move: Move, speed: number): void {
    dot.ending = move.ending;
    dot.journey = move.journey;
    if (move.fate === 1) {
      dot.hidden = dot.legs.length === 0;
      return;
    }
    dot.hidden = false;
    dot.ends = move.fate === 2;
    const target = move.to >= 0 ? move.to : dot.node;
    const to = this.rest(target, move.box, dot.id);
    const isFailure = dot.ends && move.ending !== 0;
    if (target === dot.node && isFailure) {
      const points = [...this.refused(target), dot.legs.at(-1)?.points.at(-1) ?? dot.at];
      dot.legs.push({ points, length: length(points), seconds: FAILED_SEEN });
      return;
    }
    if (target === dot.node) {
      const last = dot.legs.at(-1);
      if (last !== undefined) last.points[last.points.length - 1] = to;
      else dot.at = to;
      return;
    }
    const start = dot.legs.at(-1)?.points.at(-1) ?? dot.at;
    const ahead = this.ways.get(`${dot.node} ${target}`);
    const back = ahead === undefined ? this.ways.get(`${target} ${dot.node}`) : undefined;
    const points = [start, ...(ahead ?? (back === undefined ? [] : [...back].reverse())), to];
    const natural = Number.isFinite(speed) ? (move.arrives - move.departs) / 1e9 / speed : 0;
    dot.legs.push({ points, length: length(points), seconds: Math.max(isFailure ? FAILED_SEEN : SEEN, natural) });
    dot.node = target;
  }

  /** Where a request comes back from that was turned away before it was let in anywhere: the other end of its client's way, if
   * there is but one. */
  private refused(client: number): Point[] {
    const out = this.layout.ways.filter((way) => way.from === client);
    return this.layout.nodes[client]?.node.kind === "client" && out.length === 1 ? [...out[0]!.points].reverse() : [];
  }

  private go(dot: Dot, seconds: number): void {
    let left = seconds;
    while (dot.legs.length > 0 && left > 0) {
      const leg = dot.legs[0]!;
      // The more there is still to go, the faster.
      const whole = leg.seconds / Math.max(1, dot.legs.length * dot.legs.length * 0.6);
      const rest = (1 - dot.along) * whole;
      if (left < rest) {
        dot.along += left / whole;
        left = 0;
      } else {
        left -= rest;
        dot.along = 0;
        dot.at = leg.points.at(-1)!;
        dot.legs.shift();
      }
    }
  }

  private position(dot: Dot): Point {
    const leg = dot.legs[0];
    if (leg === undefined) return dot.at;
    let along = dot.along * leg.length;
    for (let at = 1; at < leg.points.length; at += 1) {
      const [a, b] = [leg.points[at - 1]!, leg.points[at]!];
      const part = distance(a, b);
      if (along <= part && part > 0) return { x: a.x + ((b.x - a.x) * along) / part, y: a.y + ((b.y - a.y) * along) / part };
      along -= part;
    }
    return leg.points.at(-1)!;
  }

  /** Draws them: a colour for each operation, a ring for a further attempt, a cross for what has failed. */
  draw(context: CanvasRenderingContext2D, colours: string[], bad: string, paper: string): void {
    for (const dot of this.dots.values()) {
      if (dot.hidden && dot.legs.length === 0) continue;
      const { x, y } = this.position(dot);
      if (dot.ending === 0) {
        const colour = colours[dot.journey % colours.length]!;
        context.beginPath();
        context.arc(x, y, dot.again ? 3.9 : 3.6, 0, 6.2832);
        context.fillStyle = dot.again ? paper : colour;
        context.fill();
        if (!dot.again) continue;
        context.strokeStyle = colour;
        context.lineWidth = 2.4;
        context.stroke();
      } else {
        context.strokeStyle = bad;
        context.lineWidth = 2.2;
        context.beginPath();
        context.moveTo(x - 3.6, y - 3.6);
        context.lineTo(x + 3.6, y + 3.6);
        context.moveTo(x + 3.6, y - 3.6);
        context.lineTo(x - 3.6, y + 3.6);
        context.stroke();
      }
    }
  }
}
