// A worker with an instance of the core of its own. It answers one call after the other.

import init, * as core from "archsim-wasm";
import { beside as filesFor } from "../beside";
import { turned } from "../changes";
import type { Call, Calls, Chunk, Happened, Model, Parts, Stopped } from "./protocol";

let run: core.Run | undefined;
let study: core.Study | undefined;
let windows = 0;
/** The files beside the model that is asked about. */
let beside = "{}";

const edits = (model: Model): string => JSON.stringify(model.edits);

/** Goes on in slices, so that what is drawn between them moves evenly. */
function advance(until: number, slices: number, events: number): Chunk {
  const it = run!;
  const began = it.now();
  const states: Chunk["states"] = [];
  let stopped: Stopped = "horizon";
  for (let slice = 1; slice <= slices && stopped === "horizon"; slice += 1) {
    stopped = it.advance(began + ((until - began) * slice) / slices, Math.ceil(events / slices)) as Stopped;
    states.push({ at: it.now(), state: it.state() });
  }
  return chunk(stopped, states);
}

function chunk(stopped: Stopped, states: Chunk["states"], step?: Happened): Chunk {
  const it = run!;
  const fresh = JSON.parse(it.windows(windows)) as Chunk["windows"];
  windows += fresh.length;
  return { now: it.now(), events: it.events(), stopped, states, moves: it.takeMoves(), windows: fresh, fingerprint: it.fingerprint(), step };
}

const answers: { [C in Call]: (ask: Calls[C]["ask"]) => Calls[C]["answer"] } = {
  check: ({ model }) => JSON.parse(core.check(model.name, model.text, beside, edits(model))),
  values: ({ model, design, paths }) => JSON.parse(core.values(model.name, model.text, edits(model), design ?? undefined, paths)),
  parameters: ({ model, design, below }) => JSON.parse(core.parameters(model.name, model.text, edits(model), design ?? undefined, below)),
  editPath: ({ design, path }) => core.editPath(design ?? undefined, path),
  toRon: ({ model }) => core.toRon(model.name, model.text, edits(model)),
  fingerprint: ({ model }) => core.fingerprint(model.name, model.text, beside),
  waterfall: ({ model, design, journey, percentile }) =>
    JSON.parse(core.waterfall(model.name, model.text, beside, edits(model), design ?? undefined, journey, percentile)),
  version: () => core.version(),
  open: ({ model, design, window, oneIn, until }) => {
    run?.free();
    run = undefined;
    // What leads to the instant at which a run is looked at need not be followed.
    run = new core.Run(model.name, model.text, beside, edits(model), design ?? undefined, 0, window, until > 0 ? 0 : oneIn);
    windows = 0;
    const first = advance(until, 1, 50_000_000);
    run.follow(oneIn);
    // Things are told as they are at this instant.
    if (until > 0 && turned(model).length > 0) run.followModel(model.name, model.text, beside, edits(model), design ?? undefined);
    return { parts: JSON.parse(run.parts()), chunk: first };
  },
  turn: ({ model, design, at }) => {
    const it = run!;
    const first = advance(at, 4, 50_000_000);
    const follows = it.now() === at && it.followModel(model.name, model.text, beside, edits(model), design ?? undefined);
    return { parts: follows ? (JSON.parse(it.parts()) as Parts) : undefined, chunk: first };
  },
  advance: ({ until, slices, events }) => advance(until, slices, events),
  next: () => run!.next(),
  step: () => {
    const step = run!.step();
    return chunk(step === undefined ? "finished" : "horizon", [{ at: run!.now(), state: run!.state() }], step === undefined ? undefined : (JSON.parse(step) as Happened));
  },
  follow: ({ oneIn }) => {
    run?.follow(oneIn);
    return null;
  },
  study: ({ model, designs }) => {
    study?.free();
    study = undefined;
    study = core.Study.replicate(model.name, model.text, beside, edits(model), JSON.stringify(designs));
    return null;
  },
  sweep: ({ model, design, axis }) => {
    study?.free();
    study = undefined;
    study = core.Study.sweep(model.name, model.text, beside, edits(model), design ?? undefined, axis);
    return null;
  },
  ask: () => study!.ask(),
  trial: ({ trial }) => study!.run(trial),
  hear: ({ trial, outcome }) => ({ missing: study!.hear(trial, outcome), progress: Array.from(study!.progress()) }),
  summary: () => study!.summary(),
  report: ({ format }) => study!.report(format),
  distribution: () => JSON.parse(study!.distribution()),
  bench: ({ model, seconds }) => {
    const plan: Model["edits"] = [
      ["run.horizon", `${seconds}s`],
      ["run.warmup", "0s"],
      ["run.replications", "1"],
    ];
    const bench = core.Study.replicate(model.name, model.text, beside, JSON.stringify([...model.edits, ...plan]), "[null]");
    const trial = bench.ask()[0]!;
    const began = performance.now();
    const outcome = bench.run(trial);
    const milliseconds = performance.now() - began;
    bench.hear(trial, outcome);
    const { events } = (JSON.parse(bench.summary()) as { designs: { events: number }[] }).designs[0]!;
    bench.free();
    return { events, milliseconds };
  },
};

let begin: (module: WebAssembly.Module) => void;
const ready = new Promise<WebAssembly.Module>((resolve) => (begin = resolve)).then((module) => init({ module_or_path: module }));

self.onmessage = async ({ data }: MessageEvent<{ module: WebAssembly.Module } | { id: number; call: Call; ask: never }>) => {
  if ("module" in data) return begin(data.module);
  const { id, call, ask } = data;
  try {
    await ready;
    if (ask !== null && "model" in (ask as object)) beside = await filesFor((ask as { model: Model }).model.text);
    const answer = answers[call](ask) as unknown;
    const buffers: Transferable[] = [];
    if (answer instanceof Uint8Array) buffers.push(answer.buffer);
    self.postMessage({ id, answer }, { transfer: buffers });
  } catch (error) {
    // What the core has left undone when it broke off is of use to nobody: another worker takes over.
    const broken = error instanceof WebAssembly.RuntimeError;
    const why = error instanceof Error ? error.message : String(error);
    self.postMessage({ id, broken, wrong: broken ? `the simulator has met a mistake of its own, or ran out of memory (${why})` : why });
  }
};
