// The half of the core that is loaded when something in it is first called: see `split.rs` of xtask.

import type { InitOutput } from "archsim-wasm";
import rest from "archsim-wasm/sim_web_rest.wasm?url";

declare global {
  /** What the core calls to have its rest. */
  var loadRest: () => void;
}

/** Says where the rest of a core is found. The core calls in the midst of its work, so that it has to be waited for. */
export function offerRest(first: InitOutput): void {
  globalThis.loadRest = () => {
    const request = new XMLHttpRequest();
    request.open("GET", rest, false);
    request.responseType = "arraybuffer";
    request.send();
    if (request.status !== 200) throw new WebAssembly.RuntimeError(`a part of it cannot be loaded: ${request.status} ${request.statusText}`);
    const module = new WebAssembly.Module(request.response as ArrayBuffer);
    new WebAssembly.Instance(module, { first: first as unknown as WebAssembly.ModuleImports });
  };
}
