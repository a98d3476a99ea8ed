// Prints which functions of the core are called when the models of the gallery are opened, run and answered, as a JSON list
// of numbers: `cargo xtask playground` splits the module by it.
//
// node build/called.mjs MARKED_WASM

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [, , marked] = process.argv;
const www = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(www, "..", "..");
const core = await import(join(www, "node_modules", "archsim-wasm", "sim_web.js"));
const exports = core.initSync({ module: readFileSync(marked) });

/** The texts of a folder's files by path. */
const texts = (folder, ending) =>
  readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => [`${folder}/${name}`, readFileSync(join(root, folder, name), "utf8")]);

const SECTIONS = ["clients", "services", "caches", "databases", "queues", "network", "external", "run"];
/** As many events as show what happens in a run, in a number of slices. */
const [SLICES, EVENTS] = [20, 10_000];

/** What the page asks for a model that is looked at, as src/engine/worker.ts does. */
function open(name, text, files) {
  const { designs, horizon } = JSON.parse(core.check(name, text, files, "[]"));
  for (const design of designs.map((it) => it ?? undefined)) {
    core.values(name, text, "[]", design, ["run.seed"]);
    for (const section of SECTIONS) core.parameters(name, text, "[]", design, section);
    const edits = JSON.stringify([[core.editPath(design, "run.seed"), "7"]]);
    const run = new core.Run(name, text, files, edits, design, 0, 1e9, 10);
    run.parts();
    for (let slice = 1; slice <= SLICES; slice += 1) {
      run.advance((horizon * 1e9 * slice) / SLICES, EVENTS);
      run.state();
      run.takeMoves();
    }
    run.windows(0);
    run.follow(5);
    run.followModel(name, text, files, edits, design);
    [run.now(), run.events(), run.fingerprint()];
    run.free();
  }
  const study = core.Study.replicate(name, text, files, "[]", JSON.stringify(designs));
  for (const trial of study.ask().slice(0, designs.length)) study.hear(trial, study.run(trial));
  study.progress();
  study.stop();
  study.summary();
  study.distribution();
  study.free();
}

core.version();
const files = JSON.stringify(Object.fromEntries(texts("models/prices", ".ron")));
for (const [name, text] of ["models", "models/blocks", "models/challenges"].flatMap((it) => texts(it, ".ron"))) {
  if (/\.csv"/.test(text)) continue;
  const t0 = Date.now();
  try {
    open(name, text, files);
  } catch (error) { console.error(name, String(error)); }
  if (Date.now() - t0 > 3000) console.error(name, Date.now() - t0);
}

const MARK = "called ";
const called = Object.entries(exports).filter(([name, it]) => name.startsWith(MARK) && it.value === 1);
console.log(JSON.stringify(called.map(([name]) => Number(name.slice(MARK.length)))));
