// The half of the core that is loaded when something in it is first called: see `split.rs` of xtask.

import type { InitOutput } from "archsim-wasm";
import rest from "archsim-wasm/sim_web_rest.wasm?url";

declare global {
  /** What the core calls to have its rest. */
  var loadRest: () => void;
}

/** Says where the rest of a core is found. */
export function offerRest(first: InitOutput): void {
  globalThis.loadRest = () => {
    const module = new WebAssembly.Module(fetchNow(rest));
    new WebAssembly.Instance(module, { first: first as unknown as WebAssembly.ModuleImports });
  };
}

/** The bytes at an address. The core asks in the midst of its work, so that this worker has to wait for them. */
function fetchNow(address: string): ArrayBuffer {
  const request = new XMLHttpRequest();
  request.open("GET", address, false);
  request.responseType = "arraybuffer";
  try {
    request.send();
  } catch (error) {
    throw new WebAssembly.RuntimeError(`a part of it cannot be loaded: ${String(error)}`);
  }
  if (request.status !== 200) throw new WebAssembly.RuntimeError(`a part of it cannot be loaded: ${request.status}`);
  return request.response as ArrayBuffer;
}
