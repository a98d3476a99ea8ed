// Makes the module smaller with Binaryen, in place: what it does is the same.
import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const file = new URL("../node_modules/archsim-wasm/sim_web_bg.wasm", import.meta.url);
const before = readFileSync(file);
if (!process.env.ARCHSIM_QUICK) {
  const { default: binaryen } = await import("binaryen");
  const module = binaryen.readBinary(new Uint8Array(before));
  module.setFeatures(binaryen.Features.All & ~binaryen.Features.Strings);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(1);
  module.optimize();
  writeFileSync(file, module.emitBinary());
}
const after = readFileSync(file);
const kilobytes = (bytes) => `${(bytes.length / 1000).toFixed(0)} kB`;
console.log(`wasm: ${kilobytes(before)}, made smaller ${kilobytes(after)}, gzipped ${kilobytes(gzipSync(after, { level: 9 }))}`);
