// The parts of a study's summary that the page shows.

export interface Value {
  mean: number | null;
  half_width: number | null;
  confidence: number;
  status: string;
}

export interface Red {
  scope: unknown;
  rate: Value;
  errors: Value;
  mean: Value;
  p50: Value;
  p95: Value;
  p99: Value;
  p999: Value;
}

/** A goal, and what came of it: `unit` is of the value and of the limit. */
export interface Objective {
  says: string;
  unit: string;
  value: Value;
  limit: number;
  verdict: string;
}

export interface DesignSummary {
  name: string;
  model_hash: string;
  fingerprint: string;
  health: { status: string; growth: unknown; reason: string | null; advice: string | null };
  requests: number;
  events: number;
  all: Red;
  journeys: Red[];
  stations: { name: string; kind: string; utilisation: Value }[];
  blocks: { path: string; measures: { name: string; unit: string; value: Value }[] }[];
  bottleneck: { station: string; says: string } | null;
  objectives: Objective[];
  bill?: { month: Value; charges: { scope: { charge: { of: string; kind: string } }; month: Value }[] };
}

export interface Summary {
  designs: DesignSummary[];
  comparisons: { base: string; design: string; differences: { scope: unknown; metric: string; says: string; tendency: string }[] }[];
  seed: number;
  replications: number;
  horizon: number;
  warmup: number;
  interrupted: boolean;
  version: string;
}

export interface SweepSummary {
  axes: { path: string; unit: string }[];
  points: { settings: { text: string; number: number }[]; design: DesignSummary | null; refused: string | null }[];
  marks: { kind: string; at: number; says: string }[];
}
