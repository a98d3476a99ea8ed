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
}

const TOPICS = ["caches", "architecture", "load", "failures", "databases", "queues", "latency", "regions", "money"];

const rank = ({ topic }: Preset): number => (TOPICS.indexOf(topic) + TOPICS.length + 1) % (TOPICS.length + 1);

/** All presets: those of a topic together. */
export const presets: Preset[] = listed
  .map((it) => ({ ...it, question: it.question ?? it.path, topic: it.topic ?? "" }))
  .sort((a, b) => rank(a) - rank(b));
