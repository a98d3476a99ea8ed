// Times one replication in wasm, in nanoseconds: node bench.cjs MODULE MODEL SECONDS, from the root.
const fs = require("node:fs");

const [module_path, model, seconds] = process.argv.slice(2);
const archsim = require(module_path);

const text = fs.readFileSync(model, "utf8");
// A short run first, so that the engine has compiled what it is going to run.
archsim.runOnce(model, text, Number(seconds) / 10);
const start = process.hrtime.bigint();
archsim.runOnce(model, text, Number(seconds));
console.log(String(process.hrtime.bigint() - start));
