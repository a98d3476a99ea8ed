// The page's side of a worker: calls answered by promises, and a worker that can be ended whatever it does.

import wasm from "archsim-wasm/sim_web_bg.wasm?url";
import type { Call, Calls } from "./protocol";

interface Pending {
  resolve: (answer: never) => void;
  reject: (error: Error) => void;
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** The core, fetched and compiled once: each worker only makes an instance of it. What failed is tried again when it is asked for next. */
function core(): Promise<WebAssembly.Module> {
  compiled ??= compile().catch((error: unknown) => {
    compiled = undefined;
    throw error;
  });
  return compiled;
}

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(wasm);
  if (!response.ok) throw new Error(`the simulator could not be fetched (${response.status})`);
  const whole = response.clone();
  // A host that does not say what the file is hands over its bytes.
  return WebAssembly.compileStreaming(response).catch(async () => WebAssembly.compile(await whole.arrayBuffer()));
}

/** Says that a call was given up because its worker was ended. */
export class Stopped extends Error {}

/** A worker with a core in it. */
export class Engine {
  private worker: Worker | undefined;
  private pending = new Map<number, Pending>();
  private last = 0;

  /** Asks; what is wrong is thrown as a sentence. */
  call<C extends Call>(call: C, ask: Calls[C]["ask"], transfer: Transferable[] = []): Promise<Calls[C]["answer"]> {
    const worker = (this.worker ??= this.start());
    this.last += 1;
    const id = this.last;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as Pending["resolve"], reject });
      worker.postMessage({ id, call, ask }, transfer);
    });
  }

  /** Whether it has something to do. */
  get busy(): boolean {
    return this.pending.size > 0;
  }

  /** Ends the worker at once, also one that does not come to an end by itself; the next call starts another. */
  stop(): void {
    this.worker?.terminate();
    this.worker = undefined;
    const pending = [...this.pending.values()];
    this.pending.clear();
    for (const { reject } of pending) reject(new Stopped("stopped"));
  }

  private start(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const fail = (why: Error) => {
      const pending = [...this.pending.values()];
      this.pending.clear();
      worker.terminate();
      this.worker = undefined;
      for (const { reject } of pending) reject(why);
    };
    core().then(
      (module) => worker.postMessage({ module }),
      (error: unknown) => this.worker === worker && fail(error instanceof Error ? error : new Error(String(error))),
    );
    worker.onmessage = ({ data }: MessageEvent<{ id: number; answer: never; wrong?: string; broken?: boolean }>) => {
      const pending = this.pending.get(data.id);
      this.pending.delete(data.id);
      if (data.broken === true) this.stop();
      if (data.wrong === undefined) pending?.resolve(data.answer);
      else pending?.reject(new Error(data.wrong));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(new Error(`the simulation has stopped: ${event.message || "it ran out of memory"}`));
    };
    return worker;
  }
}
