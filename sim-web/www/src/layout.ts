// Where things are drawn: how large they are, what of them is where, and how dots go between them.

import dagre from "@dagrejs/dagre";
import { type Area, type Line, inAreas } from "./areas";
import { type Chip, chipsOf, room } from "./chips";
import type { Parts, StationGroup, TopologyNode } from "./engine/protocol";
import { halfWay } from "./lines";
import { toldWidth } from "./told";

export interface Point {
  x: number;
  y: number;
}

/** A replica or a member: a box in the drawing, and its station. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
  station: number;
  group: number;
  servers: number | null;
}

/** A thing, or in a model of several regions what of it is in one of them. */
export interface Placed {
  node: TopologyNode;
  number: number;
  /** The region that it is in, if it is in one. */
  region: number | undefined;
  x: number;
  y: number;
  width: number;
  height: number;
  boxes: Box[];
  /** The zones of its boxes: the name, and what is in it. */
  labels: { text: string; x: number; y: number }[];
  areas: { x: number; y: number; width: number; height: number }[];
  /** The caches that lie in it. */
  chips: Chip[];
  /** The path of the thing in the model. */
  path: string;
  /** Boxes that are not drawn, because there are too many. */
  more: number;
}

export interface Way {
  from: number;
  to: number;
  points: Point[];
  path: string;
  says: string[];
  isAsync: boolean;
  guards: number[];
  /** Half-way. */
  middle: Point;
  /** The regions that it leads from and to, where these are two. */
  crosses: [from: number, to: number] | undefined;
}

export interface Layout {
  width: number;
  height: number;
  nodes: Placed[];
  ways: Way[];
  areas: Area[];
}

/** The section of the model in which things of a kind are written. */
export const SECTIONS = { client: "clients", service: "services", cache: "caches", queue: "queues", store: "stores", external: "stores" };
const BOXES_MAX = 24;
const COLUMNS = 8;
const BOX = { width: 22, height: 26, gap: 4 };

/** The groups whose stations are drawn as boxes: what serves. */
const isDrawn = (group: StationGroup): boolean => ["cores", "store", "cache", "workers"].includes(group.kind);

/** A name as a path has it. */
export const bare = (name: string): string => (/^[\w-]+$/.test(name) ? name : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

/** The path of a thing in the model. */
export const pathOf = ({ kind, name }: Pick<TopologyNode, "kind" | "name">): string => `${SECTIONS[kind]}.${bare(name)}`;

/** `portrait`: from top to bottom, where there are no areas; `isNarrow`: areas in one stack. */
export function layOut(parts: Parts, portrait: boolean, isNarrow = portrait): Layout {
  const { nodes } = parts.topology;
  const things = nodes.flatMap((node, of): { node: TopologyNode; of: number; region: number | undefined }[] =>
    node.sites === undefined ? [{ node, of, region: undefined }] : node.sites.map(({ region, size }) => ({ node: { ...node, size }, of, region })),
  );
  const sized = things.map(({ node, region }) => ({ ...size(node, parts, region), node, region }));
  const lines = linesOf(parts, things);
  const hasAreas = things.some(({ region }) => region !== undefined);
  const graph = layOutGraph(parts, portrait && !hasAreas);
  const laid = hasAreas
    ? inAreas(
        things.map(({ of, region }, number) => ({ of, region, width: sized[number]!.width, height: sized[number]!.height })),
        lines,
        graph,
        { isNarrow, regions: parts.regions.map(([name]) => name) },
      )
    : { ...graph, areas: [] };
  const placed = sized.map((it, number) => place(it, number, laid.middles[number]!));
  const ways = lines.map((line, number): Way => {
    const edge = parts.topology.edges[line.edge]!;
    const { points, path } = laid.ways[number]!;
    const [from, to] = [things[line.from]!.region, things[line.to]!.region];
    const crosses = from === undefined || to === undefined || from === to ? undefined : ([from, to] as [number, number]);
    return { from: line.from, to: line.to, points, path, says: edge.says, isAsync: edge.is_async, guards: edge.guards ?? [], middle: hasAreas ? halfWay(points) : points[Math.floor(points.length / 2)]!, crosses };
  });
  return { width: laid.width, height: laid.height, nodes: placed, ways, areas: laid.areas };
}

/** Who asks whom: things, or their parts in the regions between which requests go. */
function linesOf(parts: Parts, things: { of: number; region: number | undefined }[]): Line[] {
  const numbers = new Map(things.map(({ of, region }, number) => [`${of} ${region ?? null}`, number]));
  return parts.topology.edges.flatMap((edge, number) =>
    (edge.between ?? [[null, null]]).flatMap(([a, b]) => {
      const [from, to] = [numbers.get(`${edge.from} ${a}`), numbers.get(`${edge.to} ${b}`)];
      return from === undefined || to === undefined ? [] : [{ edge: number, from, to }];
    }),
  );
}

/** Where dagre puts things and how it leads between them. */
function layOutGraph(parts: Parts, portrait: boolean) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: portrait ? "TB" : "LR", nodesep: 26, ranksep: portrait ? 54 : 76, marginx: 14, marginy: 20 });
  graph.setDefaultEdgeLabel(() => ({}));
  const { nodes, edges } = parts.topology;
  nodes.forEach((node, number) => {
    const { width, height } = size(node, parts);
    graph.setNode(String(number), { width, height });
  });
  edges.forEach((edge, number) => graph.setEdge(String(edge.from), String(edge.to), {}, String(number)));
  dagre.layout(graph);
  const middles = nodes.map((_, number): Point => {
    const { x, y } = graph.node(String(number)) as Required<Point>;
    return { x, y };
  });
  const ways = edges.map((edge, number) => {
    const { points } = graph.edge(String(edge.from), String(edge.to), String(number)) as { points: Point[] };
    return { points, path: smooth(points) };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { middles, ways, width, height };
}

/** A thing with its boxes, around a middle. */
function place(sized: ReturnType<typeof size> & { node: TopologyNode; region: number | undefined }, number: number, middle: Point): Placed {
  const { node, region, width, height, rows, more } = sized;
  const [left, top] = [middle.x - width / 2, middle.y - height / 2];
  const boxes: Box[] = [];
  const labels: Placed["labels"] = [];
  const areas: Placed["areas"] = [];
  rows.forEach((groups, row) => {
    const below = 44 + row * (BOX.height + BOX.gap);
    let along = (width - rowWidth(groups)) / 2;
    for (const { label, stations } of groups) {
      if (label !== "") {
        labels.push({ text: label, x: along, y: below + BOX.height / 2 + 4 });
        areas.push({ x: along - 4, y: below - BOX.gap / 2, width: groupWidth(label, stations.length) + 6, height: BOX.height + BOX.gap });
      }
      stations.forEach((station, place) => {
        boxes.push({ ...station, x: left + along + labelWidth(label) + place * (BOX.width + BOX.gap), y: top + below, width: BOX.width, height: BOX.height });
      });
      along += groupWidth(label, stations.length) + GROUP_GAP;
    }
  });
  const chips = chipsOf(node, left, top + (rows.length > 0 ? 42 + rows.length * (BOX.height + BOX.gap) : 38), width, (name) => `caches.${bare(name)}`);
  return { node, number, region, x: left, y: top, width, height, boxes, labels, areas, chips, more, path: pathOf(node) };
}

/** Between the zones of a row. */
const GROUP_GAP = 12;
const labelWidth = (label: string): number => (label === "" ? 0 : label.length * 6 + 5);
const groupWidth = (label: string, count: number): number => labelWidth(label) + count * (BOX.width + BOX.gap) - BOX.gap;
const rowWidth = (groups: Group[]): number => groups.reduce((sum, { label, stations }) => sum + groupWidth(label, stations.length) + GROUP_GAP, -GROUP_GAP);

/** Boxes of a zone beside each other. */
interface Group {
  /** The zone; empty where there is none. */
  label: string;
  stations: { station: number; group: number; servers: number | null }[];
}

/** Whether a station is in a region, or everything is in one place. */
export const isIn = (parts: Parts, station: number, region: number | undefined): boolean => region === undefined || parts.places[station]?.[0] === region;

/** The zone of a station by name; empty where none is written. */
function zone(parts: Parts, station: number): string {
  const [region, zone] = parts.places[station] ?? [-1, -1];
  return parts.regions[region]?.[1][zone] ?? "";
}

/** How large a thing is, or what of it is in a region: boxes in rows of eight, those of a zone together. */
function size(node: TopologyNode, parts: Parts, region?: number) {
  const all = node.stations
    .map((group) => ({ group, it: parts.stations[group]! }))
    .filter(({ it }) => isDrawn(it))
    .flatMap(({ group, it }) => Array.from({ length: it.count }, (_, member) => ({ station: it.first + member, group, servers: it.servers })))
    .filter(({ station }) => isIn(parts, station, region))
    .map((it) => ({ it, label: zone(parts, it.station) }));
  all.sort((a, b) => (a.label === b.label ? 0 : a.label < b.label ? -1 : 1));
  const rows = inRows(all.slice(0, BOXES_MAX));
  const widest = Math.max(0, ...rows.map((row) => rowWidth(row) + BOX.gap));
  const chips = room(node);
  const text = Math.max(node.name.length * 8.2, node.size.length * 6.4) + 28;
  const width = Math.max(96, Math.min(text, 240), widest + 20, chips.width, toldWidth(`${SECTIONS[node.kind]}.${node.name}`, parts));
  // What is asked at the edge has no box in which to be seen: it is seen below the words.
  const below = node.kind === "cache" ? 18 : 4;
  const height = (node.kind === "client" ? 48 : 46) + (rows.length > 0 ? rows.length * (BOX.height + BOX.gap) + 20 : below) + chips.height;
  return { width, height, rows, more: Math.max(0, all.length - BOXES_MAX) };
}

/** Boxes in rows of about eight; those of a zone stay together if they can. */
function inRows(boxes: { it: Group["stations"][number]; label: string }[]): Group[][] {
  const groups: Group[] = [];
  for (const { it, label } of boxes) {
    const last = groups.at(-1);
    if (last === undefined || last.label !== label || last.stations.length === COLUMNS) groups.push({ label, stations: [it] });
    else last.stations.push(it);
  }
  const rows: Group[][] = [];
  for (const group of groups) {
    const before = rows.at(-1)?.reduce((sum, { stations }) => sum + stations.length, 0) ?? Infinity;
    // Three zones of three are one row.
    if (before + group.stations.length > COLUMNS + (group.label === "" ? 0 : 1)) rows.push([group]);
    else rows.at(-1)!.push(group);
  }
  return rows;
}

/** A line through the middles of what dagre gives, with its corners rounded. */
function smooth(points: Point[]): string {
  const [first, ...rest] = points as [Point, ...Point[]];
  let path = `M${first.x},${first.y}`;
  rest.forEach((point, at) => {
    const next = rest[at + 1];
    if (next === undefined) path += ` L${point.x},${point.y}`;
    else path += ` Q${point.x},${point.y} ${(point.x + next.x) / 2},${(point.y + next.y) / 2}`;
  });
  return path;
}
