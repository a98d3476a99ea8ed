// What can be chosen: the models of the repository, as the build has read them.

import listed from "archsim-wasm/gallery.json";

export interface Preset {
  /** The model's path. */
  path: string;
  question: string;
  topic: string;
  /** Steps of its story. */
  steps: number;
  /** What is to be achieved, where it is a challenge. */
  challenge: string | null;
  /** What runs where, on a grid; those without a card have none. */
  sketch: Sketch | null;
}

export interface Sketch {
  columns: number;
  rows: number;
  boxes: [x: number, y: number, kind: string][];
  ways: [x: number, y: number][][];
}

const TOPICS = ["caches", "architecture", "load", "failures", "databases", "queues", "latency", "regions", "money"];

const rank = ({ topic }: Preset): number => (TOPICS.indexOf(topic) + TOPICS.length + 1) % (TOPICS.length + 1);

/** All presets: those of a topic together. */
export const presets: Preset[] = listed
  .map((it) => ({ ...it, question: it.question ?? it.path, topic: it.topic ?? "", sketch: it.sketch as Sketch | null }))
  .sort((a, b) => rank(a) - rank(b));
