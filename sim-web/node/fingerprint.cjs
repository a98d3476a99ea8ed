// `archsim fingerprint` in wasm, with the same arguments and the same output:
// node fingerprint.cjs MODULE MODEL... [--design D --replication R --event N], from the root.
const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    design: { type: "string" },
    replication: { type: "string" },
    event: { type: "string" },
  },
});
const [module_path, ...models] = positionals;
const archsim = require(module_path);

/** Every file below a folder, as paths with `/`. */
function files(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const inner = path.posix.join(folder, entry.name);
    return entry.isDirectory() ? files(inner) : [inner];
  });
}

const read = (file) => fs.readFileSync(file, "utf8");
// A model may refer to any file beside it, such as prices and regions; wasm has no files of its own.
const beside = JSON.stringify(Object.fromEntries(files("models").map((file) => [file, read(file)])));

for (const model of models) {
  const text =
    values.event === undefined
      ? archsim.fingerprint(model, read(model), beside)
      : archsim.fingerprintEvent(
          model,
          read(model),
          beside,
          values.design,
          Number(values.replication),
          BigInt(values.event),
        );
  process.stdout.write(text);
}
