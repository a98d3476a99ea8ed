// Where things are drawn: dagre lays out, this says how large they are and how dots go between them.

import dagre from "@dagrejs/dagre";
import { type Chip, chipsOf, room } from "./chips";
import type { Parts, StationGroup, TopologyNode } from "./engine/protocol";
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

export interface Placed {
  node: TopologyNode;
  number: number;
  x: number;
  y: number;
  width: number;
  height: number;
  boxes: Box[];
  /** The regions of rows of boxes: the name, and the area of its rows. */
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
}

export interface Layout {
  width: number;
  height: number;
  nodes: Placed[];
  ways: Way[];
}

/** The section of the model in which things of a kind are written. */
export const SECTIONS = { client: "clients", service: "services", cache: "caches", queue: "queues", store: "stores", external: "stores" };
const BOXES_MAX = 24;
const COLUMNS = 8;
const BOX = { width: 22, height: 26, gap: 4 };

/** The groups whose stations are drawn as boxes: what serves. */
const isDrawn = (group: StationGroup): boolean => ["cores", "store", "cache", "workers"].includes(group.kind);

const bare = (name: string): string => (/^[\w-]+$/.test(name) ? name : `"${name.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`);

export function layOut(parts: Parts, portrait: boolean): Layout {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: portrait ? "TB" : "LR", nodesep: 26, ranksep: portrait ? 54 : 76, marginx: 14, marginy: 14 });
  graph.setDefaultEdgeLabel(() => ({}));
  const { nodes, edges } = parts.topology;
  const sized = nodes.map((node) => size(node, parts));
  sized.forEach(({ width, height }, number) => graph.setNode(String(number), { width, height }));
  edges.forEach((edge, number) => graph.setEdge(String(edge.from), String(edge.to), {}, String(number)));
  dagre.layout(graph);
  const placed = nodes.map((node, number): Placed => {
    const { x, y, width, height } = graph.node(String(number)) as Required<Placed>;
    const { rows, more } = sized[number]!;
    const [left, top] = [x - width / 2, y - height / 2];
    const boxes: Box[] = [];
    const labels: Placed["labels"] = [];
    const areas: Placed["areas"] = [];
    rows.forEach(({ label, stations }, row) => {
      const inner = labelWidth(label) + stations.length * (BOX.width + BOX.gap) - BOX.gap;
      const start = (width - inner) / 2;
      const below = 44 + row * (BOX.height + BOX.gap);
      if (label !== "") {
        const isNew = rows[row - 1]?.label !== label;
        const area = { x: 6, y: below - BOX.gap / 2, width: width - 12, height: BOX.height + BOX.gap };
        if (isNew) {
          labels.push({ text: label, x: start, y: below + BOX.height / 2 + 4 });
          areas.push(area);
        } else areas.at(-1)!.height += area.height;
      }
      stations.forEach((station, place) => {
        boxes.push({ ...station, x: left + start + labelWidth(label) + place * (BOX.width + BOX.gap), y: top + below, width: BOX.width, height: BOX.height });
      });
    });
    const chips = chipsOf(node, left, top + (rows.length > 0 ? 42 + rows.length * (BOX.height + BOX.gap) : 38), width, (name) => `caches.${bare(name)}`);
    return { node, number, x: left, y: top, width, height, boxes, labels, areas, chips, more, path: `${SECTIONS[node.kind]}.${bare(node.name)}` };
  });
  const ways = edges.map((edge, number): Way => {
    const { points } = graph.edge(String(edge.from), String(edge.to), String(number)) as { points: Point[] };
    return { from: edge.from, to: edge.to, points, path: smooth(points), says: edge.says, isAsync: edge.is_async, guards: edge.guards ?? [], middle: points[Math.floor(points.length / 2)] ?? points[0]! };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { width, height, nodes: placed, ways };
}

const labelWidth = (label: string): number => (label === "" ? 0 : label.length * 6 + 8);

interface Row {
  /** The region of its boxes; empty where there is only one. */
  label: string;
  stations: { station: number; group: number; servers: number | null }[];
}

/** How large a thing is: boxes in rows of eight, those of a region together. */
function size(node: TopologyNode, parts: Parts) {
  const all = node.stations
    .map((group) => ({ group, it: parts.stations[group]! }))
    .filter(({ it }) => isDrawn(it))
    .flatMap(({ group, it }) => Array.from({ length: it.count }, (_, member) => ({ station: it.first + member, group, servers: it.servers })));
  const rows: Row[] = [];
  for (const station of all.slice(0, BOXES_MAX)) {
    const label = parts.regions[parts.places[station.station] ?? -1] ?? "";
    const last = rows.at(-1);
    const isNew = last === undefined || last.stations.length === COLUMNS || parts.regions[parts.places[last.stations[0]!.station] ?? -1] !== (label === "" ? undefined : label);
    if (isNew) rows.push({ label, stations: [station] });
    else last.stations.push(station);
  }
  const widest = Math.max(0, ...rows.map((row) => labelWidth(row.label) + row.stations.length * (BOX.width + BOX.gap)));
  const chips = room(node);
  const text = Math.max(node.name.length * 8.2, node.size.length * 6.4) + 28;
  const width = Math.max(96, Math.min(text, 240), widest + 20, chips.width, toldWidth(`${SECTIONS[node.kind]}.${node.name}`, parts));
  const height = (node.kind === "client" ? 48 : 46) + (rows.length > 0 ? rows.length * (BOX.height + BOX.gap) + 20 : 4) + chips.height;
  return { width, height, rows, more: Math.max(0, all.length - BOXES_MAX) };
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
