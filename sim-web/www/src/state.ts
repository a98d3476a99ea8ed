// Where in the numbers of a state what is to be found.

import type { Parts } from "./engine/protocol";

/** The first number of what, by kind. */
export function places(parts: Parts) {
  const stations = parts.stations.reduce((sum, group) => sum + group.count, 0);
  const messages = 1 + 3 * stations;
  const breakers = messages + parts.subscriptions.length;
  const measures = breakers + parts.guards.length;
  const links = measures + parts.measures.length;
  const count = parts.regions.length;
  return { station, messages, breakers, measures, links, primaries: links + (count * (count - 1)) / 2 };
}

const station = (at: number): number => 1 + 3 * at;

/** Whether a station is up, 0, or what else it is: see CONDITIONS of the drawing. */
export const conditionOf = (state: Float64Array, at: number): number => state[station(at) + 2]!;

/** What becomes of messages between two regions: 0 they pass, 1 they are late or some are lost, 2 none passes. */
export function linkBetween(parts: Parts, state: Float64Array, one: number, other: number): number {
  const [a, b, count] = [Math.min(one, other), Math.max(one, other), parts.regions.length];
  return state[places(parts).links + a * count - (a * (a + 1)) / 2 + b - a - 1]!;
}

/** The stations that take the writes of stores with several copies. */
export const primariesOf = (parts: Parts, state: Float64Array): Set<number> => new Set(state.subarray(places(parts).primaries));
