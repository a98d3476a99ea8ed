// Checks that the module loads under Node and answers: node check.cjs MODULE VERSION.
const assert = require("node:assert/strict");

const [module_path, version] = process.argv.slice(2);
const archsim = require(module_path);

assert.equal(archsim.version(), version);
assert.equal(archsim.formatDuration(41_200_000n), "41.2 ms");
console.log(`archsim ${version} answers under Node ${process.versions.node}`);
