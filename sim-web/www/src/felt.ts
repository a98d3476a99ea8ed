// What clients felt in a window of a run.

import type { Felt, Window } from "./engine/protocol";
import type { Live } from "./live";

export const errors = (felt: Felt): number => felt.refused + felt.timed_out + felt.failed;

export const ended = (felt: Felt): number => felt.done + errors(felt);

/** The share of requests that have ended badly. */
export const failing = (felt: Felt): number => (ended(felt) > 0 ? errors(felt) / ended(felt) : 0);

/** The last window that is over at an instant in nanoseconds. */
export const windowAt = (run: Live, now: number): Window | undefined => run.windows.filter((it) => it.until * 1e9 <= now).at(-1);
