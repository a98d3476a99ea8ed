// Background replications: one worker asks, hears and sums up; the others run.

import { Engine } from "./engine";
import type { Design, Model } from "./protocol";

export interface Progress {
  told: number;
  all: number;
}

/** What is to be found out. */
export type Question = { model: Model; designs: Design[] } | { model: Model; design: Design; axis: string };

/** Workers that answer one question at a time. */
export class Pool {
  private asks = new Engine();
  private runners: Engine[];
  private turn = 0;

  constructor(size = Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1))) {
    this.runners = Array.from({ length: size }, () => new Engine());
  }

  get size(): number {
    return this.runners.length;
  }

  /** Ends whatever is going on. */
  cancel(): void {
    this.turn += 1;
    for (const engine of [this.asks, ...this.runners]) if (engine.busy) engine.stop();
  }

  /** Ends all of its workers. */
  close(): void {
    this.turn += 1;
    for (const engine of [this.asks, ...this.runners]) engine.stop();
  }

  /** Answers a question; `null` if it was cancelled meanwhile. */
  async answer(question: Question, onProgress: (progress: Progress) => void): Promise<string | null> {
    this.cancel();
    const turn = this.turn;
    const isCurrent = () => turn === this.turn;
    try {
      const begin = (engine: Engine) => ("axis" in question ? engine.call("sweep", question) : engine.call("study", question));
      await begin(this.asks);
      const begun = this.runners.map((runner) => begin(runner));
      for (const it of begun) it.catch(() => undefined);
      for (;;) {
        const trials = await this.asks.call("ask", {});
        if (!isCurrent()) return null;
        if (trials.length === 0) return await this.asks.call("summary", {});
        await this.batch(trials, begun, onProgress, isCurrent);
        if (!isCurrent()) return null;
      }
    } catch (error) {
      if (!isCurrent()) return null;
      throw error;
    }
  }

  /** Runs trials side by side; outcomes are heard in the order of the trials. */
  private async batch(trials: string[], begun: Promise<unknown>[], onProgress: (progress: Progress) => void, isCurrent: () => boolean): Promise<void> {
    const outcomes = new Map<number, Uint8Array>();
    let next = 0;
    let heard = 0;
    let base: number[] = [0, 0];
    const hear = async () => {
      while (outcomes.has(heard)) {
        const at = heard;
        heard += 1;
        const outcome = outcomes.get(at)!;
        outcomes.delete(at);
        const { progress } = await this.asks.call("hear", { trial: trials[at]!, outcome }, [outcome.buffer]);
        base = progress;
      }
    };
    let hearing = Promise.resolve();
    let done = 0;
    const work = async (runner: Engine, ready: Promise<unknown>) => {
      await ready;
      while (next < trials.length && isCurrent()) {
        const mine = next;
        next += 1;
        outcomes.set(mine, await runner.call("trial", { trial: trials[mine]! }));
        done += 1;
        hearing = hearing.then(hear);
        onProgress({ told: (base[0] ?? 0) + done, all: Math.max(base[1] ?? 0, trials.length) });
      }
    };
    await Promise.all(this.runners.map((runner, number) => work(runner, begun[number]!)));
    await hearing;
  }

  /** The answer as `archsim` writes it. */
  report(format: "text" | "markdown" | "csv"): Promise<string> {
    return this.asks.call("report", { format });
  }

  distribution() {
    return this.asks.call("distribution", {});
  }
}
