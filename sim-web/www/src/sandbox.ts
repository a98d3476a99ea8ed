// All that the sandbox knows: a model with edits, one design or two, the clock, and what the workers found out.

import { amount } from "./amount";
import { appended, instantOf, isNothing, passing, type Put, settled, turn, type Turned, turned } from "./changes";
import { Engine, Stopped } from "./engine/engine";
import { Pool, type Progress } from "./engine/pool";
import type { Checked, Design, Edit, Figure, Finding, Model, Step } from "./engine/protocol";
import type { Summary, SweepSummary } from "./engine/summary";
import { quoted } from "./format";
import { Live } from "./live";
import { models } from "./models";

/** Whether a change counts from the instant that is seen on, or the system starts over with it. */
export type Changing = "now" | "restart";

export const SPEEDS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, Infinity];

/** Has nothing left out: what was broken at an instant may lie in the warm-up. */
const FROM_THE_START: Edit = ["run.warmup", "0s"];

/** How a model is saved. */
export const SAVED = "model.ron";

export class Sandbox {
  readonly tools = new Engine();
  readonly pool = new Pool();
  readonly curves = new Pool();
  checked: Checked | undefined;
  /** The model as it is run; `draft` is what the editor holds, if that is wrong. */
  model: Model;
  wrong: string | undefined;
  runs: Live[] = [];
  now = 0;
  playing = false;
  speed = 1;
  changing: Changing = "now";
  /** What is to be said of the last change. */
  note: string | undefined;
  /** Whether whole runs are of the system as it is now, or of all that has happened to it. */
  asNow = true;
  selected: string | undefined;
  summary: Summary | undefined;
  isFirstLook = false;
  progress: Progress | undefined;
  studyWrong: string | undefined;
  curve: SweepSummary | undefined;
  curveProgress: Progress | undefined;
  /** The design that the curve is of. */
  curveOf: Design = null;
  /** What whole runs take to last, although it is over at an instant: a load that is doubled for a while. */
  taken: { knob: Turned; until: number; at: number }[] = [];
  /** The run whose event was stepped to, and how long after the one before it was, in nanoseconds. */
  event: Live | undefined;
  gap: number | undefined;
  /** Digits of a second that tell the events that were stepped to apart. */
  places = 0;
  private stepping = false;
  /** The instant of what was done last to the running system. */
  private done = 0;
  private curveEdits: Edit[] = [];
  version = 0;
  private listeners = new Set<() => void>();
  private later: ReturnType<typeof setTimeout> | undefined;
  private turning = false;
  private studies = 0;
  private deeds: Promise<unknown> = Promise.resolve();
  private applying: Promise<unknown> = Promise.resolve();

  constructor(
    model: Model,
    public design: Design,
    public beside: Design | undefined,
  ) {
    this.model = model;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  changed(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  /** Says that something has changed, but not more often than it can be read: runs may be short and many. */
  private soon(): void {
    this.later ??= setTimeout(() => {
      this.later = undefined;
      this.changed();
    }, 150);
  }

  get main(): Live | undefined {
    return this.runs[0];
  }

  /** The end of the run in nanoseconds. */
  get horizon(): number {
    return (this.main?.parts?.horizon ?? this.checked?.horizon ?? 60) * 1e9;
  }

  /** How long a window of statistics is, in nanoseconds. */
  get window(): number {
    const seconds = (this.checked?.horizon ?? 60) / 1000;
    return [0.5, 1, 2, 5, 10, 30, 60, 300].reduce((best, it) => (Math.abs(it - seconds) < Math.abs(best - seconds) ? it : best)) * 1e9;
  }

  /** Begins: checks, opens the runs, and asks the workers for the steady state. */
  async start(): Promise<void> {
    await this.apply(this.model, 0);
  }

  /** The story that the model tells. */
  async story(): Promise<Step[]> {
    return (await this.check(this.model))?.playground?.story ?? [];
  }

  /** Takes over another text or other edits, if they are right. Returns whether they are. */
  apply(model: Model, until = 0): Promise<boolean> {
    const applying = this.take(model, until);
    this.applying = applying;
    return applying;
  }

  private async take(model: Model, until: number): Promise<boolean> {
    const checked = await this.check(model);
    if (checked === undefined) return false;
    const isMissing = (design: Design | undefined) => design !== undefined && !checked.designs.includes(design);
    if (isMissing(this.design)) this.design = checked.designs[0] ?? null;
    if (isMissing(this.beside)) this.beside = undefined;
    await this.reopen(until);
    this.study();
    return true;
  }

  /** Takes over a model, if it is right; what is wrong with it is said. */
  private async check(model: Model): Promise<Checked | undefined> {
    let wrong: string;
    const isKnown = model.text === this.model.text && String(model.edits) === String(this.model.edits);
    try {
      const checked = isKnown && this.checked?.ok === true ? this.checked : await this.tools.call("check", { model });
      const first = this.errors(checked)[0];
      this.checked ??= checked;
      if (first === undefined) {
        this.wrong = undefined;
        this.checked = checked;
        this.model = model;
        return checked;
      }
      wrong = `${first.message}${first.hint === null ? "" : ` (${first.hint})`}`;
    } catch (error) {
      wrong = error instanceof Error ? error.message : String(error);
    }
    this.wrong = wrong;
    this.changed();
    return undefined;
  }

  /** The errors that keep the designs that are looked at from running: those of others do not. */
  errors({ findings, designs }: Checked): Finding[] {
    const looked = this.designs.filter((design) => designs.includes(design));
    // A design that is not there any more gives way to the first that is.
    const seen = looked.length > 0 ? looked : designs.slice(0, 1);
    return findings.filter((it) => it.severity === "error" && (it.designs.length === 0 || it.designs.some((design) => seen.includes(design))));
  }

  /** Turns knobs of the running system: what is under way goes on. Returns whether that could be done. */
  private turn(puts: (at: number) => Put[]): Promise<boolean> {
    return this.goOn((checked, at) => turn(this.model, checked, puts(at), this.designs, this.pathIn));
  }

  /** Goes on as the runs of another model from an instant on, which `becomes` is told in nanoseconds. Returns whether that could be done. */
  private async goOn(becomes: (checked: Checked, at: number) => Model | Promise<Model>): Promise<boolean> {
    const { checked, runs } = this;
    if (checked === undefined || runs.some((run) => run.parts === undefined || run.wrong !== undefined)) return false;
    this.turning = true;
    try {
      await Promise.all(runs.map((run) => run.idle()));
      const at = Math.ceil(Math.max(this.now, ...runs.map((run) => run.reached)) / 1e6) * 1e6;
      if (at <= 0 || at >= this.horizon) return false;
      this.done = at;
      const next = await becomes(checked, at);
      // All designs are checked beside it: a run that goes on does not wait for those that nobody looks at.
      const checking = this.check(next);
      const went = await Promise.all(runs.map((run) => run.turn(next, at)));
      this.turning = went.includes(false);
      if ((await checking) === undefined) {
        if (went.includes(true)) await this.reopen(this.now);
        return false;
      }
      await Promise.all(runs.map((run, place) => went[place]! || run.open(next, at, this.window, this.speed)));
      this.changed();
      this.study();
      return true;
    } catch (error) {
      // Somebody has gone elsewhere meanwhile.
      if (error instanceof Stopped) return true;
      throw error;
    } finally {
      this.turning = false;
    }
  }

  /** Opens the runs of the designs that are looked at, at an instant. */
  async reopen(until: number): Promise<void> {
    const designs = this.beside === undefined ? [this.design] : [this.design, this.beside];
    const known = this.runs;
    this.runs = designs.map((design) => known.find((run) => run.design === design) ?? new Live(design));
    for (const run of known) if (!this.runs.includes(run)) run.stop();
    this.changed();
    await Promise.all(this.runs.map((run) => run.open(this.model, until, this.window, this.speed)));
    this.now = until;
    this.done = 0;
    this.moveOn();
    this.wrong = this.runs.find((run) => run.wrong !== undefined)?.wrong ?? this.wrong;
    this.changed();
  }

  /** Puts values at paths of designs that are looked at. */
  edit(edits: Edit[], designs: Design[] = this.designs): Promise<boolean> {
    return this.inTurn(() => this.putAt(edits, designs));
  }

  private async putAt(edits: Edit[], designs: Design[]): Promise<boolean> {
    this.note = undefined;
    if (this.changing === "now" && this.now > 0) {
      const put = ([path, value]: Edit, at: number): Put => ({ at: instantOf(at), path, values: new Map(designs.map((design) => [design, value])) });
      if (await this.turn((at) => edits.map((edit) => put(edit, at)))) return true;
      if (this.wrong !== undefined && !this.wrong.includes("while the system runs")) return false;
      this.note = "This cannot change while the system runs, so it has started over.";
    }
    return this.apply(await this.edited(edits, designs), 0);
  }

  /** The path at which an edit of a design is made. */
  readonly pathIn = (design: Design, path: string): Promise<string> => this.tools.call("editPath", { design, path });

  /** The model with values at paths of designs. */
  private async edited(edits: Edit[], designs: Design[]): Promise<Model> {
    let { model } = this;
    // Designs have what is written of the model, unless they say otherwise.
    for (const design of [...designs].sort((a, b) => Number(a !== null) - Number(b !== null))) {
      const has = designs.includes(null) && design !== null ? await this.values(edits.map(([path]) => path), design, model) : {};
      for (const [path, value] of edits) {
        if (String(has[path]) === value) continue;
        const place = await this.pathIn(design, path);
        model = { ...model, edits: [...model.edits.filter(([other]) => other !== place), [place, value]] };
      }
    }
    return model;
  }

  /** What is at paths of a design, once all knobs are turned. */
  private values(paths: string[], design: Design = this.design, model: Model = this.model): Promise<Record<string, unknown>> {
    return this.tools.call("values", { model, design, paths }).catch(() => ({}));
  }

  /** The items of a list of a design; nothing where it is not written. */
  private async items(list: string, design: Design, model: Model): Promise<unknown[] | undefined> {
    const there = (await this.values([list], design, model))[list];
    return Array.isArray(there) ? there : undefined;
  }

  /** The model in which a list of some of the designs has one more item, at the end. */
  private async adding(list: string, value: string, designs: Design[]): Promise<Model> {
    let { model } = this;
    const before = await Promise.all(designs.map((design) => this.items(list, design, model)));
    const leftOut = this.designs.filter((design) => design !== null && !designs.includes(design));
    // What happens to both is written once, as part of the model; so it is where the model as written is one of them.
    const isWhole = designs.length > 1 || designs.includes(null);
    const there = isWhole ? await this.items(list, null, model) : undefined;
    if (there !== undefined) model = { ...model, edits: await appended(model.edits, list, there, value, designs.length > 1 ? [] : leftOut, this.pathIn) };
    for (const [at, design] of designs.entries()) {
      const now = await this.items(list, design, model);
      if (there !== undefined && now?.length !== before[at]?.length) continue;
      // One that is not written is written as a whole.
      const edit: Edit = now === undefined ? [await this.pathIn(design, list), `[${value}]`] : [await this.pathIn(design, `${list}[${now.length}]`), value];
      model = { ...model, edits: [...model.edits, edit] };
    }
    return model;
  }

  /** Has something happen at this instant that the model lists, such as a fault, to some of the designs that are looked at. The
   * system goes on, unless it has to be gone through again. */
  happen(list: string, what: (at: string) => string, designs: Design[] = this.designs): Promise<boolean> {
    return this.inTurn(() => this.add(list, what, designs));
  }

  private async add(list: string, what: (at: string) => string, designs: Design[]): Promise<boolean> {
    // It begins a little after the instant that is seen, which is the past already.
    const then = (at: number) => this.adding(list, what(instantOf(at + 1e6)), designs);
    return (await this.goOn((_, at) => then(at))) || this.apply(await then(this.now), this.now);
  }

  /** Does one thing after the other, each to the model that the one before has left. */
  private inTurn<T>(deed: () => Promise<T>): Promise<T> {
    const last = Promise.allSettled([this.deeds, this.applying]);
    const done = last.then(deed);
    this.deeds = done;
    return done;
  }

  /** Doubles the load of the clients at a path for a while: twice the users or requests, or a spike where that cannot be. */
  surge(path: string, seconds: number, designs: Design[] = this.designs): Promise<boolean> {
    return this.inTurn(() => this.double(path, seconds, designs));
  }

  private async double(path: string, seconds: number, designs: Design[]): Promise<boolean> {
    const [users, rate] = [`${path}.users`, `${path}.rate`];
    const found = await Promise.all(designs.map((design) => this.values([users, rate], design)));
    const of = found.every((it) => typeof it[users] === "number") ? users : rate;
    const loads = found.map((it) => amount(it[of]));
    const times = (factor: number) => new Map(designs.map((design, at) => [design, `${factor * loads[at]!.value}${loads[at]!.kind}`]));
    const surges = (from: number): Put[] => [
      { at: instantOf(from), path: of, values: times(2) },
      { at: instantOf(from + seconds * 1e9), path: of, values: times(1) },
    ];
    if (!loads.includes(undefined) && (await this.turn(surges))) return true;
    return of !== users && this.add(`${path}.profile`, (at) => `spike(at: "${at}", lasts: "${seconds}s", factor: 2)`, designs);
  }

  async withoutEdits(): Promise<void> {
    await this.apply({ ...this.model, edits: [] }, 0);
  }

  async look(design: Design, beside: Design | undefined): Promise<void> {
    this.design = design;
    this.beside = beside === design ? undefined : beside;
    await this.reopen(this.now);
    this.study();
  }

  play(on: boolean): void {
    if (on && this.now >= this.horizon) void this.reopen(0).then(() => this.play(true));
    else this.playing = on;
    this.moveOn();
    this.changed();
  }

  setSpeed(speed: number): void {
    this.speed = speed;
    for (const run of this.runs) run.sample(speed);
    this.changed();
  }

  async seek(instant: number): Promise<void> {
    await this.reopen(Math.max(0, Math.min(instant, this.horizon)));
  }

  /** Goes through the next event of the designs that are looked at. */
  async step(): Promise<void> {
    this.playing = false;
    if (this.stepping || this.runs.some((run) => run.parts === undefined)) return;
    this.stepping = true;
    try {
      await Promise.all(this.runs.map((run) => run.idle()));
      // What was computed ahead has happened already.
      const reached = Math.max(this.now, ...this.runs.map((run) => run.reached));
      if (reached >= this.horizon) return;
      if (this.event === undefined) for (const run of this.runs) await run.pump(reached);
      // Of two designs that which has something to tell first; the other has nothing until then.
      const next = await Promise.all(this.runs.map((run) => run.next()));
      const first = Math.min(...next);
      const run = this.runs[next.indexOf(first)]!;
      if (first > this.horizon) return;
      this.now = Math.max(this.now, reached);
      await run.step();
      this.stepped(run);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
    } finally {
      this.stepping = false;
      this.changed();
    }
  }

  /** The clock is at the event that a run was stepped to, with as many digits as tell it from the one before. */
  private stepped(run: Live): void {
    this.gap = this.event === undefined ? undefined : run.reached - this.now;
    for (const other of this.runs) if (other !== run) [other.says, other.marked] = [undefined, []];
    const places = this.gap === undefined || this.gap >= 1e6 ? 3 : this.gap >= 1e3 || this.gap === 0 ? 6 : 9;
    this.places = Math.max(this.places, places, 3);
    this.event = run;
    this.now = run.reached;
  }

  /** Says nothing more of the event that was stepped to. */
  private moveOn(): void {
    for (const run of this.runs) [run.says, run.marked] = [undefined, []];
    [this.event, this.gap, this.places] = [undefined, undefined, 0];
  }

  /** A frame of the viewer's time: the clock goes on as far as all runs have come. */
  tick(seconds: number): void {
    if (!this.playing || this.turning) return;
    const reached = Math.min(...this.runs.map((run) => run.reached));
    const isFast = !Number.isFinite(this.speed);
    const wanted = isFast ? reached : this.now + seconds * this.speed * 1e9;
    this.now = Math.max(this.now, Math.min(wanted, reached, this.horizon));
    const ahead = isFast ? this.horizon : Math.min(this.now + Math.max(0.25 * this.speed, 0.02) * 1e9, this.horizon);
    for (const run of this.runs) {
      if (run.stopped === "overloaded" || run.stopped === "finished") this.playing = false;
      void run.pump(ahead);
    }
    if (this.now >= this.horizon) {
      this.playing = false;
      this.changed();
    }
  }

  get designs(): Design[] {
    return this.beside === undefined ? [this.design] : [this.design, this.beside];
  }

  /** Asks for the steady state: first a short look, then as much as the model says. */
  study(): void {
    this.pool.cancel();
    this.summary = undefined;
    this.studyWrong = undefined;
    this.progress = { told: 0, all: 1 };
    this.changed();
    this.studies += 1;
    void this.replicate(this.studies);
  }

  private async replicate(turn: number): Promise<void> {
    const horizon = this.checked?.horizon ?? 60;
    const short: Edit[] = [
      ["run.horizon", `${horizon / 20}s`],
      ["run.warmup", `${horizon / 100}s`],
      ["run.replications", "3"],
    ];
    const at = Math.max(this.now, this.done);
    const taken = this.asNow ? passing(this.model, at, this.designs, this.pathIn) : [];
    const [studied, passes] = await Promise.all([this.studied(), taken]).catch(() => []);
    if (studied === undefined || turn !== this.studies) return;
    this.taken = (passes ?? []).map((it) => ({ ...it, at }));
    // What happens at an instant of a whole run does not happen in a short one.
    const looks: Edit[][] = [this.isTransient ? [["run.replications", "2"]] : short, []];
    for (const [at, edits] of looks.entries()) {
      try {
        const model = { ...studied, edits: [...studied.edits, ...edits] };
        const found = await this.pool.answer({ model, designs: this.designs }, (progress) => {
          this.progress = progress;
          this.soon();
        });
        if (found === null) return;
        this.summary = JSON.parse(found) as Summary;
        this.isFirstLook = at === 0;
      } catch (error) {
        // The short look may be too short for a model; the whole one tells what is wrong, if anything is.
        if (at > 0) this.studyWrong = error instanceof Error ? error.message : String(error);
      }
      this.changed();
    }
    this.progress = undefined;
    this.changed();
  }

  /** The model that whole runs are of. */
  async studied(): Promise<Model> {
    const model = this.asNow ? await this.settled(this.designs) : this.model;
    return this.isBroken ? { ...model, edits: [...model.edits.filter(([path]) => path !== "run.warmup"), FROM_THE_START] } : model;
  }

  /** The path of a request of a journey near its 99th percentile, of the system that whole runs are of. */
  async slowRequest(journey: number, design: Design): Promise<Figure> {
    const { edits, ...model } = await this.studied();
    // What happens at an instant is in no short run.
    const horizon = Math.min(this.checked?.horizon ?? 60, 120);
    const short: Edit[] = this.isTransient ? [] : [["run.horizon", `${horizon / 4}s`], ["run.warmup", `${horizon / 16}s`]];
    return this.tools.call("waterfall", { model: { ...model, edits: [...edits, ...short] }, design, journey, percentile: 0.99 });
  }

  /** The model as it is at the instant that is looked at. */
  private settled(designs: Design[]): Promise<Model> {
    return settled(this.model, Math.max(this.now, this.done), designs, this.pathIn, (model, design, paths) => this.values(paths, design, model));
  }

  /** Whether something was broken by a click, so that whole runs count from the start. */
  get isBroken(): boolean {
    return this.checked?.is_broken === true;
  }

  cancel(): void {
    this.studies += 1;
    this.pool.cancel();
    this.progress = undefined;
    this.changed();
  }

  /** Draws the curve over a path's values. */
  async sweep(axis: string, design: Design = this.design): Promise<void> {
    this.curve = undefined;
    this.curveOf = design;
    this.curveProgress = { told: 0, all: 1 };
    this.changed();
    try {
      const { edits: now } = await this.settled([design]);
      const edits = [...now, ...this.shorter()];
      this.curveEdits = edits;
      const found = await this.curves.answer({ model: { ...this.model, edits }, design, axis }, (progress) => {
        this.curveProgress = progress;
        this.soon();
      });
      if (found !== null) this.curve = JSON.parse(found) as SweepSummary;
    } catch (error) {
      this.studyWrong = error instanceof Error ? error.message : String(error);
    }
    this.curveProgress = undefined;
    this.changed();
  }

  /** The file that commands name: the repository's, or that which the page saves of a text that is another. */
  get file(): string {
    return models[this.model.name] === this.model.text ? this.model.name : SAVED;
  }

  /** The command that gives the numbers of whole runs. */
  async command(): Promise<string> {
    const { edits } = await this.studied();
    const knobs = turned({ ...this.model, edits });
    const isOfAll = knobs.every((it) => it.of === undefined) && !edits.some(isNothing);
    const sets = edits.map(([path, value], place) => {
      // The flag is for what happens to all: where something does not, each has its place in the list.
      const knob = isOfAll ? knobs.find((it) => it.place === place) : undefined;
      return knob === undefined ? ` --set ${quoted(`${path}=${value}`)}` : ` --at ${knob.at} ${quoted(`${knob.path}=${knob.value}`)}`;
    });
    const told = (design: Design) => design ?? "as written";
    if (this.beside !== undefined) return `archsim compare ${quoted(this.file)} --designs ${quoted(`${told(this.design)},${told(this.beside)}`)}${sets.join("")}`;
    const design = this.design === null ? "" : ` --design ${quoted(this.design)}`;
    return `archsim run ${quoted(this.file)}${design}${sets.join("")}`;
  }

  /** The command that draws the same curve. */
  sweepCommand(path: string, values: string[]): string {
    const flag = ([path, value]: Edit) => ` --set ${quoted(`${path}=${value}`)}`;
    const design = this.curveOf === null ? "" : ` --designs ${quoted(this.curveOf)}`;
    return `archsim sweep ${quoted(this.file)}${design}${this.curveEdits.map(flag).join("")} --vary ${quoted(`${path}=${values.join(",")}`)}`;
  }

  /** Whether whole runs are needed to see what happens. */
  private get isTransient(): boolean {
    return this.checked?.is_transient === true || this.isBroken || (!this.asNow && turned(this.model).length > 0);
  }

  /** Shorter runs, for curves. */
  private shorter(): Edit[] {
    const horizon = this.checked?.horizon ?? 60;
    if (this.isBroken) return [["run.replications", "2"], FROM_THE_START];
    if (this.isTransient) return [["run.replications", "2"]];
    return [
      ["run.horizon", `${horizon / 6}s`],
      ["run.warmup", `${horizon / 30}s`],
      ["run.replications", "4"],
    ];
  }

  close(): void {
    this.playing = false;
    this.studies += 1;
    this.pool.close();
    this.curves.close();
    this.tools.stop();
    for (const run of this.runs) run.stop();
  }
}
