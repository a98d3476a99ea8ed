// What clients felt in a window of a run.

import type { Felt } from "./engine/protocol";

export const errors = (felt: Felt): number => felt.refused + felt.timed_out + felt.failed;

export const ended = (felt: Felt): number => felt.done + errors(felt);

/** The share of requests that have ended badly. */
export const failing = (felt: Felt): number => (ended(felt) > 0 ? errors(felt) / ended(felt) : 0);
