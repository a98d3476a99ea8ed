// A run that is being watched: its worker, what it has told, and what of that is to be seen at an instant.

import { Engine, Stopped } from "./engine/engine";
import type { Chunk, Design, Model, Parts, Spot, TopologyNode, Window } from "./engine/protocol";
import { rate } from "./format";

/** Requests that are drawn in a second of the viewer's time, about. */
const DRAWN_A_SECOND = 45;
/** Events of a piece, at most: about a tenth of a second of computing. */
const EVENTS_A_PIECE = 150_000;

export class Live {
  readonly engine = new Engine();
  parts: Parts | undefined;
  windows: Window[] = [];
  /** How far the run has come, in nanoseconds. */
  reached = 0;
  events = 0;
  stopped: Chunk["stopped"] = "horizon";
  fingerprint = "";
  /** What the event was that it was stepped to, and where it happened. */
  says: string | undefined;
  marked: Spot[] = [];
  /** One request in so many is drawn. */
  oneIn = 1;
  wrong: string | undefined;
  /** How often it has begun anew. */
  opened = 0;
  private states: Chunk["states"] = [];
  private moves: Float64Array[] = [];
  private generation = 0;
  private asked = false;
  private current: Promise<void> = Promise.resolve();

  constructor(readonly design: Design) {}

  get busy(): boolean {
    return this.asked;
  }

  /** Opens a run and goes to an instant of it. */
  async open(model: Model, until: number, window: number, speed: number): Promise<void> {
    this.generation += 1;
    const generation = this.generation;
    // Whoever is still on the way to an older instant is not waited for.
    if (this.engine.busy) this.engine.stop();
    this.asked = true;
    try {
      const { parts, chunk } = await this.engine.call("open", { model, design: this.design, window, oneIn: this.oneIn, until });
      if (generation !== this.generation) return;
      this.parts = parts;
      this.opened += 1;
      this.wrong = undefined;
      this.windows = [];
      this.states = [];
      this.moves = [];
      this.take(chunk);
      this.sample(speed);
    } catch (error) {
      if (generation === this.generation) this.wrong = error instanceof Error ? error.message : String(error);
    } finally {
      if (generation === this.generation) this.asked = false;
    }
  }

  /** Goes on, if it is not going on already. */
  async pump(until: number): Promise<void> {
    if (this.asked || this.parts === undefined || until <= this.reached) return;
    this.current = this.piece(() => this.engine.call("advance", { until, slices: 4, events: EVENTS_A_PIECE }));
    await this.current;
  }

  /** Waits until nothing is being computed. */
  async idle(): Promise<void> {
    await this.current;
  }

  /** Goes on to an instant and from there on as another model. Returns whether it could: else it has to begin anew, if the model is right at all. */
  async turn(model: Model, at: number): Promise<boolean> {
    const generation = this.generation;
    this.asked = true;
    try {
      const { parts, chunk } = await this.engine.call("turn", { model, design: this.design, at });
      if (generation !== this.generation || parts === undefined) return false;
      this.parts = parts;
      this.take(chunk);
      return true;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      return false;
    } finally {
      if (generation === this.generation) this.asked = false;
    }
  }

  /** When its next event is, in nanoseconds. */
  next(): Promise<number> {
    return this.engine.call("next", {});
  }

  /** The last window that is over at an instant. */
  windowAt(now: number): Window | undefined {
    return this.windows.filter((it) => it.until * 1e9 <= now).at(-1);
  }

  /** How large a thing is at an instant, in a few words: of clients who send at a rate, and are in one place, how many requests
   * came lately. */
  sizeAt({ kind, name, size, sites }: TopologyNode, now: number): string {
    const { parts } = this;
    const client = kind === "client" ? (parts?.clients.indexOf(name) ?? -1) : -1;
    const window = client < 0 ? undefined : this.windowAt(now);
    if (parts === undefined || window === undefined || (sites?.length ?? 1) > 1 || parts.at_a_rate[client] !== true) return size;
    const sent = parts.journeys.reduce((sum, [of], journey) => sum + (of === client ? window.journeys[journey]!.sent : 0), 0);
    return rate(sent / (window.until - window.from));
  }

  /** Goes on through the next event. */
  async step(): Promise<void> {
    if (!this.asked) await this.piece(() => this.engine.call("step", {}));
  }

  private async piece(call: () => Promise<Chunk>): Promise<void> {
    const generation = this.generation;
    this.asked = true;
    try {
      const chunk = await call();
      if (generation === this.generation) this.take(chunk);
    } catch (error) {
      if (generation === this.generation) this.wrong = error instanceof Error ? error.message : String(error);
    } finally {
      if (generation === this.generation) this.asked = false;
    }
  }

  private take(chunk: Chunk): void {
    this.reached = chunk.now;
    this.events = chunk.events;
    this.stopped = chunk.stopped;
    this.fingerprint = chunk.fingerprint;
    this.says = chunk.step?.[0];
    this.marked = chunk.step?.[1] ?? [];
    this.states.push(...chunk.states);
    this.windows.push(...chunk.windows);
    if (chunk.moves.length > 0) this.moves.push(chunk.moves);
  }

  /** The state to be seen at an instant; older ones are forgotten. */
  stateAt(now: number): Float64Array | undefined {
    while (this.states.length > 1 && this.states[1]!.at <= now) this.states.shift();
    return this.states[0]?.state;
  }

  /** What has moved since this was asked last. */
  takeMoves(): Float64Array[] {
    const moves = this.moves;
    this.moves = [];
    return moves;
  }

  /** Draws as many requests as an eye can follow. */
  sample(speed: number): void {
    const last = this.windows.at(-1);
    const offered = this.parts?.rates.reduce((sum, rate) => sum + (Number.isFinite(rate) ? rate : 0), 0) ?? 0;
    const rate = last !== undefined && last.all.sent > 0 ? last.all.sent / (last.until - last.from) : offered;
    const wanted = Math.max(1, Math.round((rate * Math.min(speed, 1e6)) / DRAWN_A_SECOND));
    if (wanted === this.oneIn || Math.abs(wanted - this.oneIn) < this.oneIn * 0.25) return;
    this.oneIn = wanted;
    void this.engine.call("follow", { oneIn: wanted }).catch(() => undefined);
  }

  stop(): void {
    this.generation += 1;
    this.engine.stop();
    this.asked = false;
  }
}
