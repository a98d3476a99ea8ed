// Prints how large the built page is and how quick, beside the command line.
//
// node tests/bench.mjs CHROMIUM ARCHSIM

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright-core";
import { serve } from "../build/serve.mjs";

const [, , executablePath, archsim] = process.argv;
const www = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(www, "..", "..");
const line = (what, value, goal = "") => console.log(`${what.padEnd(58)} ${value.padStart(12)}  ${goal}`);
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
const milliseconds = (time) => `${time.toFixed(0)} ms`;

// Sizes, gzipped, of all that is loaded before the editor is opened.
const assets = readdirSync(join(www, "dist", "assets"));
const packed = (name) => gzipSync(readFileSync(join(www, "dist", "assets", name)), { level: 9 }).length;
const early = assets.filter((name) => !/^(editor|recorded|schema)/.test(name));
const wasm = early.filter((name) => name.endsWith(".wasm")).reduce((sum, name) => sum + packed(name), 0);
const rest = early.filter((name) => !name.endsWith(".wasm")).reduce((sum, name) => sum + packed(name), 0);
line("wasm, gzipped", kilobytes(wasm), "goal: 250 kB");
line("scripts and styles, gzipped", kilobytes(rest));
line("everything before the editor, gzipped", kilobytes(wasm + rest), "goal: 400 kB");
line("the editor, gzipped", kilobytes(assets.filter((name) => /^(editor|schema)/.test(name)).reduce((sum, name) => sum + packed(name), 0)));

const server = await serve(join(www, "dist"), 0);
const base = `http://localhost:${server.address().port}/`;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const fresh = async () => (await browser.newContext({ viewport: { width: 1280, height: 900 }, serviceWorkers: "block" })).newPage();

let page = await fresh();
await page.goto(base);
await page.locator(".cards a").first().waitFor();
line("gallery can be used", milliseconds(await page.evaluate(() => performance.now())), "goal: 1000 ms");

page = await fresh();
await page.goto(`${base}#preset=blocks/cache`);
await page.locator(".drawing svg").first().waitFor();
line("sandbox shows a running system", milliseconds(await page.evaluate(() => performance.now())), "goal: 1000 ms");

// From letting go of a knob to the first numbers of the steady state.
await page.locator("#play").click();
await page.waitForTimeout(4000);
const waited = await page.evaluate(async () => {
  const slider = document.querySelector('input[data-path="services.shop.replicas"]');
  slider.value = String(Number(slider.value) + 1);
  for (const name of ["input", "change"]) slider.dispatchEvent(new Event(name, { bubbles: true }));
  const began = performance.now();
  const isThere = () => document.querySelector(".numbers .half") !== null && document.querySelector(".command").textContent.includes("replicas");
  while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - began;
});
line("from a change to the first numbers of the steady state", milliseconds(waited), "goal: 300 ms");

// Frames and long tasks while a curve is computed and the system plays.
await page.locator("#play").click();
const awake = await page.evaluate(async () => {
  const tasks = [];
  new PerformanceObserver((list) => tasks.push(...list.getEntries().map((it) => it.duration))).observe({ type: "longtask" });
  document.querySelector(".slider button").click();
  let frames = 0;
  const began = performance.now();
  const count = () => {
    frames += 1;
    if (performance.now() - began < 5000) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  await new Promise((resolve) => setTimeout(resolve, 5100));
  return { longest: Math.max(0, ...tasks), tasks: tasks.length, frames: frames / 5 };
});
line("longest task while a curve is computed (0: none over 50 ms)", milliseconds(awake.longest), "goal: 50 ms");
line("frames a second meanwhile", awake.frames.toFixed(0), "goal: 60");

// The same model in a worker and natively, in events a second.
const name = "models/shop.ron";
page = await fresh();
await page.goto(base);
const worker = assets.find((it) => it.startsWith("worker"));
const core = assets.find((it) => it.endsWith(".wasm"));
const answer = await page.evaluate(
  async ({ worker, core, model, seconds }) => {
    const it = new Worker(`./assets/${worker}`, { type: "module" });
    it.postMessage({ module: await WebAssembly.compileStreaming(fetch(`./assets/${core}`)) });
    const call = (ask) =>
      new Promise((resolve) => {
        it.onmessage = ({ data }) => resolve(data);
        it.postMessage({ id: 1, call: "bench", ask });
      });
    await call({ model, seconds: 1 });
    return call({ model, seconds });
  },
  { worker, core, model: { name, text: readFileSync(join(root, name), "utf8"), edits: [] }, seconds: 60 },
);
if (answer.wrong !== undefined) throw new Error(answer.wrong);
const inWorker = answer.answer.events / answer.answer.milliseconds / 1000;
const began = process.hrtime.bigint();
const told = execFileSync(archsim, ["run", name, "--horizon", "60s", "--warmup", "0s", "--replications", "4", "--jobs", "1", "--format", "json"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const native = JSON.parse(told).designs[0].events / (Number(process.hrtime.bigint() - began) / 1e3);
line("in a worker, million events a second", inWorker.toFixed(2));
line("natively on one thread, million events a second", native.toFixed(2));
line("in a worker over natively", `${((100 * inWorker) / native).toFixed(0)} %`, "goal: 50 %");

await browser.close();
server.close();
