// What things tell of themselves at an instant beside how busy they are, in a few words.

import type { Parts } from "./engine/protocol";
import { number, share, time } from "./format";

const stale = (value: number) => (value > 0 ? `${share(value)} stale` : "");

/** Measures that are told of a thing, the more telling first. */
const TOLD: [name: string, kind: string, say: (value: number) => string][] = [
  ["hit_ratio", "share", (value) => `${share(value)} hits`],
  ["lag", "time", (value) => `lags ${time(value)}`],
  ["stale_hits", "share", stale],
  ["stale_reads", "share", stale],
  ["replicas", "level", (value) => `${number(value)} ${value === 1 ? "replica" : "replicas"}`],
];
const TOLD_MAX = 2;

/** A measure as the last whole window has it; not a number where nothing was seen. `first`: where measures begin in a state. */
export function measured(of: string, name: string, kind: string, parts: Parts, state: Float64Array, first: number): number {
  const at = parts.measures.findIndex((it) => it[0] === of && it[1] === name && it[2] === kind);
  return at < 0 ? NaN : state[first + at]!;
}

/** What the thing that is called so in the measures tells. */
export function toldOf(of: string, parts: Parts, state: Float64Array, first: number): string[] {
  const all = TOLD.map(([name, kind, say]) => {
    const value = measured(of, name, kind, parts, state, first);
    return Number.isFinite(value) ? say(value) : "";
  });
  return all.filter((says) => says !== "").slice(0, TOLD_MAX);
}

/** About how wide that can be, in pixels. */
export const toldWidth = (of: string, parts: Parts): number =>
  66 * Math.min(TOLD_MAX, TOLD.filter(([name, kind]) => parts.measures.some((it) => it[0] === of && it[1] === name && it[2] === kind)).length);
