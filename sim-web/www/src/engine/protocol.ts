// What the page and its workers say to each other: plain values only.

/** A model with its edits: everything that a result depends on, beside the design. */
export interface Model {
  /** The file's name, by which the files beside it are found. */
  name: string;
  text: string;
  edits: Edit[];
}

/** A path and the value to put there, as `--set` takes them. */
export type Edit = [path: string, value: string];

/** A design by name; null is the model as written. */
export type Design = string | null;

export interface Finding {
  severity: "error" | "warning";
  /** Of which designs it is; none where it is of the text itself. */
  designs: Design[];
  path: string;
  start: number | null;
  end: number | null;
  line: number | null;
  column: number | null;
  message: string;
  hint: string | null;
}

export interface Checked {
  ok: boolean;
  question: string | null;
  designs: Design[];
  seed: number;
  horizon: number;
  replications: number;
  /** Whether it cannot be made shorter: something happens at instants of the run. */
  is_transient: boolean;
  findings: Finding[];
  playground: Playground | null;
  /** Whether an edit has broken something: there are faults, or load that comes and goes, that the text has not. */
  is_broken: boolean;
  /** The files that it refers to. */
  files: string[];
  /** What happens to the model as written, when (in seconds). */
  changes: [at: number, set: [path: string, value: unknown][]][];
}

/** How a model wants to be shown. */
export interface Playground {
  topic?: string;
  knobs?: { path: string; label?: string; from?: string | number; to?: string | number }[];
  story?: Step[];
  challenge?: string;
}

/** A step of a story: what it says, and what it does to the sandbox when it is reached. */
export interface Step {
  says: string;
  look?: string;
  design?: string;
  beside?: string;
  speed?: number;
  seek?: string;
  set?: Record<string, unknown>;
  fresh?: boolean;
}

export type NodeKind = "client" | "service" | "cache" | "queue" | "store" | "external";

/** A cache that lies in a thing: in each client, each process, or in a database. */
export interface InnerCache {
  name: string;
  /** How large it is in each place, and where that is. */
  size: string;
  layer: string;
}

export interface TopologyNode {
  name: string;
  kind: NodeKind;
  size: string;
  parts: string[];
  caches?: InnerCache[];
  stations: number[];
  utilisation: number | null;
  /** What of it is in which region. */
  sites?: { region: number; size: string }[];
}

export interface TopologyEdge {
  from: number;
  to: number;
  says: string[];
  is_async: boolean;
  /** The guards that its calls go through. */
  guards?: number[];
  /** From which region to which its requests go, as long as everything is up; null: outside of all. */
  between?: [from: number | null, to: number | null][];
}

export interface StationGroup {
  name: string;
  kind: "cores" | "threads" | "connections" | "store" | "front" | "workers" | "cache";
  section: string;
  first: number;
  count: number;
  servers: number | null;
}

export interface Parts {
  question: string | null;
  horizon: number;
  topology: { name: string; nodes: TopologyNode[]; edges: TopologyEdge[] };
  clients: string[];
  /** By client whether requests come at a rate, not from users who wait for answers. */
  at_a_rate: boolean[];
  services: [name: string, replicas: number][];
  journeys: [client: number, operation: string][];
  stations: StationGroup[];
  externals: string[];
  objects: string[];
  caches: string[];
  queues: string[];
  subscriptions: number[];
  guards: string[];
  /** Whether one of them makes further attempts. */
  tries_again: boolean;
  measures: [of: string, name: string, kind: string][];
  faults: string[];
  regions: [name: string, zones: string[]][];
  /** By station. */
  places: ([region: number, zone: number] | null)[];
  rates: number[];
}

export interface Felt {
  sent: number;
  done: number;
  refused: number;
  timed_out: number;
  failed: number;
  sum: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface Window {
  from: number;
  until: number;
  all: Felt;
  journeys: Felt[];
  stations: [utilisation: number | null, busy: number, waiting: number][];
  /** Of a month that goes on like this, in dollars. */
  bill: number | null;
}

export type Stopped = "horizon" | "finished" | "overloaded" | "events";

/** A piece of a run: what the page draws from. Times are nanoseconds. */
export interface Chunk {
  now: number;
  events: number;
  stopped: Stopped;
  states: { at: number; state: Float64Array }[];
  moves: Float64Array;
  windows: Window[];
  fingerprint: string;
  /** What the last event was, when the run was stepped, in words and where. */
  step?: Happened;
}

/** A place, as moves tell of it: kind, number, member. */
export type Spot = [kind: number, number: number, member: number];

export type Happened = [says: string, at: Spot[]];

/** What a worker can be asked, with the answer to each. */
export interface Calls {
  check: { ask: { model: Model }; answer: Checked };
  values: { ask: { model: Model; design: Design; paths: string[] }; answer: Record<string, unknown> };
  parameters: { ask: { model: Model; design: Design; below: string }; answer: [string, unknown][] };
  editPath: { ask: { design: Design; path: string }; answer: string };
  toRon: { ask: { model: Model }; answer: string };
  fingerprint: { ask: { model: Model }; answer: string };
  waterfall: { ask: { model: Model; design: Design; journey: number; percentile: number }; answer: Figure };
  version: { ask: object; answer: string };
  open: { ask: { model: Model; design: Design; window: number; oneIn: number; until: number }; answer: { parts: Parts; chunk: Chunk } };
  /** Goes on to an instant, and from there on as another model; `parts` are missing where that has to begin anew. */
  turn: { ask: { model: Model; design: Design; at: number }; answer: { parts: Parts | undefined; chunk: Chunk } };
  advance: { ask: { until: number; slices: number; events: number }; answer: Chunk };
  /** When the next event is. */
  next: { ask: object; answer: number };
  step: { ask: object; answer: Chunk };
  follow: { ask: { oneIn: number }; answer: null };
  study: { ask: { model: Model; designs: Design[] }; answer: null };
  sweep: { ask: { model: Model; design: Design; axis: string }; answer: null };
  ask: { ask: object; answer: string[] };
  trial: { ask: { trial: string }; answer: Uint8Array };
  hear: { ask: { trial: string; outcome: Uint8Array }; answer: { missing: number; progress: number[] } };
  summary: { ask: object; answer: string };
  report: { ask: { format: string }; answer: string };
  distribution: { ask: object; answer: Figure };
  bench: { ask: { model: Model; seconds: number }; answer: { events: number; milliseconds: number } };
}

export interface Axis {
  label: string;
  unit: string;
  scale: unknown;
}

export interface FigurePoint {
  x: number;
  y: number;
  x_interval?: [number, number];
  says: string;
}

export interface Figure {
  name: string;
  title: string;
  caption: string;
  panels: {
    x: Axis;
    y: Axis;
    keys: { name: string; colour: unknown }[];
    series: { key: number; shape: string; points: FigurePoint[] }[];
  }[];
}

export type Call = keyof Calls;
