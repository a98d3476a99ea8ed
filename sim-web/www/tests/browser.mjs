// Drives the built page in Chromium as a person would, and compares its numbers with the command line's.
//
// node tests/browser.mjs CHROMIUM ARCHSIM [name of a test]

import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateSync, strToU8 } from "fflate";
import { chromium } from "playwright-core";
import { serve } from "../build/serve.mjs";

const [, , executablePath, archsim, only] = process.argv;
const www = dirname(dirname(fileURLToPath(import.meta.url)));
const root = join(www, "..", "..");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// From a folder below the host's root, as a project's page mostly is.
const server = await serve(join(www, "dist"), 0, "/some/folder/");
const base = `http://localhost:${server.address().port}/some/folder/`;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

const SLOW = { timeout: 120_000 };
const tests = [];
const test = (name, run, options = {}) => tests.push({ name, run, options });

function expect(is, says) {
  if (!is) throw new Error(says);
}

/** A link as the page makes them. */
function link({ name = "a.ron", text = null, edits = [], design = null, beside = [], version = "0.1.0" }) {
  const packed = deflateSync(strToU8(JSON.stringify([version, name, text, edits, design, beside])), { level: 9 });
  return `${base}#v1=${Buffer.from(packed).toString("base64url")}`;
}

const state = (page) => page.locator(".drawing svg").first();
const waitForRun = (page) => state(page).waitFor(SLOW);

/** The clock of the run, in seconds. */
async function now(page) {
  const [minutes, seconds] = (await page.locator("#now").textContent()).split(":");
  return Number(minutes) * 60 + Number(seconds);
}

async function until(what, says, timeout = 60_000) {
  const end = Date.now() + timeout;
  while (Date.now() < end) {
    if (await what()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(says);
}

async function accessible(page, where) {
  // As an extension would bring it: the page's policy lets no other script in.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  const told = violations.map((it) => `${it.id} (${it.nodes.slice(0, 3).map((node) => node.target.join(" ")).join("; ")})`);
  expect(told.length === 0, `${where}: ${told.join(", ")}`);
}

async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over <= 0, `${where}: ${over} px wider than the screen`);
}

for (const [size, width, height] of [["desktop", 1440, 900], ["phone", 360, 740]]) {
  for (const colorScheme of ["light", "dark"]) {
    test(
      `gallery and sandbox are accessible at ${size} size, ${colorScheme}`,
      async (page) => {
        await page.goto(base);
        await page.locator(".cards a").first().waitFor();
        await accessible(page, "gallery");
        await fits(page, "gallery");
        await page.goto(`${base}#preset=blocks/cache`);
        await waitForRun(page);
        await page.locator("#play").click();
        await page.getByRole("button", { name: "Open the model as text" }).click();
        await page.locator(".editor .code").waitFor();
        await page.locator("#design-b").selectOption({ index: 1 });
        await until(async () => (await page.locator(".drawing svg").count()) === 2, "no second drawing");
        await accessible(page, "sandbox");
        await fits(page, "sandbox");
      },
      { viewport: { width, height }, colorScheme },
    );
  }
}

/** Opens every preset of the gallery, one after the other, and waits until it runs. */
async function* presets(page) {
  await page.goto(base);
  const links = await page.locator(".cards a").evaluateAll((all) => all.map((it) => it.getAttribute("href")));
  expect(links.length >= 10, `only ${links.length} presets`);
  for (const href of links) {
    await page.goto(base);
    await page.goto(base + href);
    await waitForRun(page);
    yield href;
  }
}

test("presets play", async (page) => {
  for await (const href of presets(page)) {
    const before = await now(page);
    await until(async () => (await now(page)) > before, `${href} stands still`);
    expect((await page.locator("[role=alert]").count()) === 0, `${href}: ${await page.locator("[role=alert]").allTextContents()}`);
    const drawn = await page.locator(".sheet canvas").first().evaluate(async (canvas) => {
      for (let tries = 0; tries < 100; tries += 1) {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        if (data.some((value) => value > 0)) return true;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      return false;
    });
    expect(drawn, `${href}: no request is drawn`);
  }
});

/** What is wrong with where things and ways of the drawing are. */
const misplaced = () => {
  const box = (element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { left: x, top: y, right: x + width, bottom: y + height };
  };
  const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const within = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
  const svg = document.querySelector(".sheet svg");
  const areas = [...svg.querySelectorAll(".region-area")].map((it) => ({ name: it.textContent, region: it.dataset.region, ...box(it.querySelector("rect")) }));
  const things = [...svg.querySelectorAll(".thing")].map((it) => ({ name: it.querySelector(".name").textContent, region: it.dataset.region, ...box(it.querySelector(".body")) }));
  const wrong = [];
  areas.forEach((a, at) => areas.slice(at + 1).forEach((b) => overlap(a, b) && wrong.push(`${a.name} and ${b.name} overlap`)));
  things.forEach((a, at) => {
    things.slice(at + 1).forEach((b) => overlap(a, b) && wrong.push(`${a.name} and ${b.name} overlap`));
    for (const area of areas) {
      const isThere = area.region === a.region;
      if (isThere ? !within(a, area) : overlap(a, area)) wrong.push(`${a.name} of ${a.region} is ${isThere ? "not" : ""} in ${area.name}`);
    }
    if (!within(a, box(svg))) wrong.push(`${a.name} is off the sheet`);
  });
  for (const way of svg.querySelectorAll(".way path")) {
    const matrix = way.getScreenCTM();
    const long = way.getTotalLength();
    const at = (along) => way.getPointAtLength(along).matrixTransform(matrix);
    const near = ({ x, y }, edge) => things.findIndex((it) => x > it.left - edge && x < it.right + edge && y > it.top - edge && y < it.bottom + edge);
    const says = way.parentElement.textContent;
    const ends = [near(at(0), 2), near(at(long), 2)];
    if (ends.includes(-1)) wrong.push(`${says} leads to nothing`);
    for (let along = 6; along < long - 6; along += 4) {
      const crossed = near(at(along), -3);
      if (crossed >= 0) wrong.push(`${says} crosses ${things[crossed].name}`);
      if (crossed >= 0) break;
    }
  }
  return { areas: areas.length, things: things.length, wrong };
};

for (const [size, width, height] of [["desktop", 1440, 900], ["phone", 360, 740]]) {
  test(
    `things are in the areas of their regions, and nothing overlaps, at ${size} size`,
    async (page) => {
      for (const [model, areas, things, design = null] of [
        ["blocks/regions", 4, 7],
        ["blocks/regions", 4, 8, "eu_too"],
        ["blocks/five_regions", 5, 46],
        ["blocks/five_regions", 5, 46, "one_region"],
        ["blocks/partition", 2, 3],
        ["blocks/zones", 1, 3],
        ["blocks/zone_outage", 1, 3],
        ["enterprise", 2, 22],
        ["enterprise", 2, 17, "one region"],
        ["theory/geo-routing", 3],
        ["blocks/failover", 0, 3],
      ]) {
        await page.goto(base);
        await page.goto(link({ name: `models/${model}.ron`, text: readFileSync(join(root, `models/${model}.ron`), "utf8"), design }));
        await waitForRun(page);
        await until(async () => (await now(page)) > 0, `${model} stands still`);
        const found = await page.evaluate(misplaced);
        const where = `${model} ${design ?? ""}`;
        expect(found.wrong.length === 0, `${where}: ${found.wrong.slice(0, 5).join("; ")}`);
        expect(found.areas === areas, `${where} has ${found.areas} areas`);
        expect(things === undefined || found.things === things, `${where} has ${found.things} things`);
      }
    },
    { viewport: { width, height } },
  );
}

test("a region that is cut off, and a primary that is replaced, are seen", async (page) => {
  const text = (name) => readFileSync(join(root, `models/blocks/${name}.ron`), "utf8");
  await page.goto(link({ name: "cut.ron", text: text("partition").replaceAll('at: "60s"', 'at: "1s"') }));
  await waitForRun(page);
  await page.locator(".region-area.bad").filter({ hasText: "eu" }).filter({ hasText: "cut off from us" }).waitFor(SLOW);
  expect((await page.locator(".way.cut").count()) === 1, "no way is cut");
  const quick = text("failover").replace('at: "120s"', 'at: "2s"').replace('detection: "10s", promotion: "20s"', 'detection: "1s", promotion: "1s"');
  await page.goto(base);
  await page.goto(link({ name: "replaced.ron", text: quick }));
  await waitForRun(page);
  const primaries = () => page.locator(".thing.store .box").evaluateAll((all) => all.map((box) => box.querySelector(".primary").textContent).join("|"));
  await until(async () => (await primaries()) === "P||", "the first is not the primary");
  await until(async () => ["|P|", "||P"].includes(await primaries()), "nobody takes its place");
});

test("the drawing is zoomed by keys, buttons and wheel, and moved", async (page) => {
  await page.goto(link({ name: "models/blocks/five_regions.ron" }));
  await waitForRun(page);
  const stage = page.locator(".stage").first();
  const size = () => state(page).evaluate((svg) => svg.getBoundingClientRect().width);
  const changes = async (what, is, says) => {
    const before = await size();
    await what();
    await until(async () => is(await size(), before), says, 5000);
  };
  const larger = (after, before) => after > before * 1.1;
  const smaller = (after, before) => after < before / 1.1;
  const whole = () => stage.evaluate((it) => it.scrollWidth <= it.clientWidth && it.scrollHeight <= it.clientHeight);
  expect(!(await whole()), "it is small enough to be seen whole");
  await stage.focus();
  await changes(() => page.keyboard.press("+"), larger, "+ does not make it larger");
  await changes(() => page.keyboard.press("-"), smaller, "- does not make it smaller");
  await page.keyboard.press("0");
  await until(whole, "0 does not show the whole");
  const fitting = await size();
  await changes(() => page.getByRole("button", { name: "larger" }).click(), larger, "the button does not make it larger");
  await changes(() => page.getByRole("button", { name: "smaller" }).click(), smaller, "the button does not make it smaller");
  await page.getByRole("button", { name: "larger" }).click();
  await changes(() => page.getByRole("button", { name: /^fit/ }).click(), smaller, "the button does not make it fit");
  expect(Math.abs((await size()) - fitting) < 1, "it fits otherwise than before");
  // What is under the pointer stays there.
  const thing = page.locator(".thing").filter({ hasText: "orders" }).first();
  const middle = async () => thing.evaluate((it) => [it.getBoundingClientRect()].map(({ x, y, width, height }) => [x + width / 2, y + height / 2])[0]);
  await stage.scrollIntoViewIfNeeded();
  const [x, y] = await middle();
  await page.mouse.move(x, y);
  await page.keyboard.down("Control");
  for (let turn = 0; turn < 4; turn += 1) await changes(() => page.mouse.wheel(0, -200), larger, "the wheel does not make it larger");
  await page.keyboard.up("Control");
  const [nowX, nowY] = await middle();
  expect(Math.hypot(nowX - x, nowY - y) < 12, `it has moved by ${nowX - x}, ${nowY - y}`);
  const before = await size();
  await page.mouse.wheel(0, 100);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await size()) === before, "a wheel alone zooms");
  const scrolled = () => stage.evaluate((it) => it.scrollLeft);
  const was = await scrolled();
  const { x: left, y: top } = await stage.boundingBox();
  const free = await page.evaluate(([left, top]) => {
    for (let at = 60; at < 600; at += 10) if (document.elementFromPoint(left + at, top + 60)?.closest("[role=button]") === null) return at;
    return 60;
  }, [left, top]);
  await page.mouse.move(left + free, top + 60);
  await page.mouse.down();
  await page.mouse.move(left + free + 40, top + 60, { steps: 4 });
  await page.mouse.up();
  expect(Math.abs((await scrolled()) - was) >= 20, "it is not dragged");
});

test("the drawing is saved with what its colours mean", async (page) => {
  await page.goto(link({ name: "models/blocks/regions.ron" }));
  await waitForRun(page);
  await until(async () => (await now(page)) > 0, "the clock stands still");
  const saved = async (name) => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name, exact: true }).click()]);
    return readFileSync(await download.path());
  };
  const svg = (await saved("SVG")).toString("utf8");
  for (const says of ["web.browse", "failed", "how busy it is", ">eu<", "payment"]) expect(svg.includes(says), `no ${says} in the drawing`);
  const [, width, height] = /width="([\d.]+)" height="([\d.]+)" viewBox/.exec(svg) ?? [];
  const png = await saved("PNG");
  const sides = [png.readUInt32BE(16), png.readUInt32BE(20)];
  expect(Math.abs(sides[0] - 2 * width) < 3 && Math.abs(sides[1] - 2 * height) < 3, `${sides} for ${width}, ${height}`);
});

test("a story goes on to its end", async (page) => {
  await page.goto(`${base}#preset=blocks/cache`);
  await waitForRun(page);
  const first = await page.locator(".story p").textContent();
  while ((await page.getByRole("button", { name: "Next" }).count()) > 0) await page.getByRole("button", { name: "Next" }).click();
  expect((await page.locator(".story p").textContent()) !== first, "the story does not go on");
  await until(async () => (await page.locator(".drawing svg").count()) === 2, "the last step shows two designs");
});

/** Waits until the runs in the background are through. */
async function judged(page) {
  const bar = page.locator(".steady progress");
  await until(async () => (await bar.count()) === 0 && (await page.locator(".numbers td").filter({ hasText: "…" }).count()) === 0, "the runs do not end", 240_000);
}

test("every step of every story ends in something that can be told", async (page) => {
  const wrong = [];
  for await (const href of presets(page)) {
    const steps = page.locator(".story .step");
    for (let at = 0; at < (await steps.count()); at += 1) {
      if (at > 0) await steps.nth(at).click();
      await until(async () => (await steps.nth(at).getAttribute("aria-current")) === "step", "no step");
      await page.waitForTimeout(400);
      await judged(page);
      const told = await page.locator(".numbers").innerText();
      const poor = /run too short|too few|grows without end|does not settle|nothing can be told/.exec(told);
      if (poor !== null) wrong.push(`${href}, step ${at + 1}: ${poor[0]}`);
    }
  }
  expect(wrong.length === 0, wrong.join("; "));
});

test("a step of a story is the same from wherever one comes", async (page) => {
  await page.goto(`${base}#preset=blocks/cache`);
  await waitForRun(page);
  const steps = page.locator(".story .step");
  await steps.nth(2).click();
  await page.locator(".edits").getByText("clients.visitors.rate").waitFor(SLOW);
  await steps.nth(1).click();
  await until(async () => (await page.locator(".edits").count()) === 0, "what a later step has set is left");
  await steps.nth(3).click();
  await until(async () => (await page.locator(".drawing svg").count()) === 2, "no second drawing");
  await steps.nth(2).click();
  await until(async () => (await page.locator(".drawing svg").count()) === 1, "the second drawing is left");
  expect((await page.locator("#design-a").inputValue()) === "written", "another design");
});

/** Drags a slider to a value: those of large numbers go by factors, a hundred steps for ten times as much. */
async function drag(page, path, step) {
  await page.locator(`input[data-path="${path}"]`).evaluate((slider, step) => {
    slider.value = String(step);
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    slider.dispatchEvent(new Event("change", { bubbles: true }));
  }, step);
  await page.waitForTimeout(400);
  await judged(page);
}

test("a challenge is won by its knobs, and by no single one", async (page) => {
  const met = () => page.locator(".goals .met").count();
  const done = () => page.locator(".challenge.done").count();
  for (const [name, goals, ...moves] of [
    ["retry_storm", 3, ["services.payments.queue", 130], ["guards.patience.retry.backoff", 170]],
    ["slow_neighbour", 4, ["guards.advice.timeout", 100], ["services.shop.replicas", 3], ["services.advice.replicas", 1]],
  ]) {
    await page.goto(base);
    await page.goto(`${base}#preset=challenges/${name}`);
    await waitForRun(page);
    await judged(page);
    expect((await done()) === 0 && (await met()) < goals, `${name} is won by doing nothing`);
    for (const [number, [path, step]] of moves.entries()) {
      await drag(page, path, step);
      const isLast = number + 1 === moves.length;
      expect(((await done()) === 1) === isLast, `${name}, ${path}: ${await page.locator(".challenge").innerText()}`);
    }
    expect((await met()) === goals, `${name}: not all goals are met`);
    expect(/met \(\$?\d/.test(await page.locator(".goals").innerText()), "what was found is not said");
  }
});

test("who tries again is seen as such", async (page) => {
  await page.addInitScript(noting);
  await page.goto(`${base}#preset=blocks/retry_storm`);
  await waitForRun(page);
  await page.locator(".keys").getByText("tried again").waitFor();
  // 13 numbers a move, the last of them whether it is of a further attempt.
  const again = () => page.evaluate(() => globalThis.noted.told.some(({ moves }) => moves.some((it, at) => at % 13 === 12 && it === 1)));
  await until(again, "nobody tries again");
  await page.goto(base);
  await page.goto(`${base}#preset=blocks/hedge`);
  await waitForRun(page);
  expect((await page.locator(".keys").getByText("tried again").count()) === 0, "nobody tries again there");
});

test("who hears the page is told how it is now, and not all the time", async (page) => {
  await page.goto(base);
  await page.locator(".cards a").first().focus();
  await page.keyboard.press("Enter");
  await waitForRun(page);
  const focused = () => page.evaluate(() => document.activeElement?.tagName);
  expect((await focused()) === "H1", `a link leads to ${await focused()}`);
  expect((await page.title()).includes((await page.locator("h1").textContent()).trim()), await page.title());
  expect((await page.locator("#now").getAttribute("aria-live")) === "off", "the clock is read aloud");
  const spoken = page.locator("#spoken");
  await until(async () => /at \d:\d\d: .*answered.*p99/.test((await spoken.textContent()) ?? ""), "nothing is said");
  const first = await spoken.textContent();
  await page.waitForTimeout(6000);
  expect((await spoken.textContent()) === first, "it chatters");
  await page.locator("#play").click();
  await until(async () => (await spoken.textContent()).startsWith("Paused at"), "a pause is not told");
  const next = page.getByRole("button", { name: "Next" });
  while ((await next.count()) > 0) await next.press("Enter");
  expect((await focused()) === "P", `after the last step the focus is at ${await focused()}`);
});

test(
  "on a phone a knob and what it does are seen together",
  async (page) => {
    await page.goto(`${base}#preset=blocks/cache`);
    await waitForRun(page);
    const knobs = page.getByRole("button", { name: "Knobs" });
    await knobs.click();
    await page.locator(".drawing").evaluate((it) => it.scrollIntoView({ block: "start" }));
    const top = (selector) => page.locator(selector).first().evaluate((it) => it.getBoundingClientRect().top);
    expect((await top(".thing.client")) < 200 && (await top(".slider")) < 600, "they are not on one screen");
    const before = await page.locator(".thing.client .size").textContent();
    const slider = page.locator(".slider input").first();
    await slider.focus();
    for (let at = 0; at < 5; at += 1) await slider.press("ArrowRight");
    await until(async () => (await page.locator(".thing.client .size").textContent()) !== before, "nothing is seen");
    await accessible(page, "with knobs lifted");
    await page.keyboard.press("Escape");
    expect((await knobs.getAttribute("aria-expanded")) === "false", "Escape does not put them back");
  },
  { viewport: { width: 360, height: 740 } },
);

test("every card has a sketch", async (page) => {
  await page.goto(base);
  const cards = page.locator(".cards a");
  await cards.first().waitFor();
  for (const card of await cards.all()) {
    const sketch = card.locator("svg.sketch[aria-hidden=true]");
    expect((await sketch.locator("rect").count()) >= 2 && (await sketch.locator("path").count()) >= 1, `${await card.textContent()} has none`);
  }
});

test("one slow request is of the system that was broken", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron" }));
  await waitForRun(page);
  await until(async () => (await now(page)) > 1, "the clock stands still");
  const title = page.locator(".panel figcaption").filter({ hasText: /shop.view/ }).first();
  const look = async () => {
    await page.getByRole("button", { name: "p99 of shop.view" }).click();
    await title.waitFor(SLOW);
    return Math.max(...(await page.locator(".spans .span-time").allTextContents()).map((it) => Number.parseFloat(it.replace(/\s/g, "")) || 0));
  };
  const well = await look();
  await page.getByLabel("what to break").selectOption({ label: "freeze goods for 5 s" });
  await page.locator("#break-it").click();
  await page.locator(".edits li").waitFor(SLOW);
  await until(async () => (await title.count()) === 0, "what was before is still shown");
  const broken = await look();
  // One in twelve requests of the minute meets the five seconds.
  expect(broken > 20 * well, `${well} ms before, ${broken} ms after`);
});

test("a slider moves the running system and keeps the clock", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron" }));
  await waitForRun(page);
  const slider = page.locator('input[data-path="services.shop.replicas"]');
  await slider.waitFor(SLOW);
  await until(async () => (await now(page)) > 2, "the clock stands still");
  const boxes = () => page.locator(".thing.service .frame").count();
  expect((await boxes()) === 4, `${await boxes()} replicas at first`);
  await page.locator("#play").click();
  const before = await now(page);
  await slider.focus();
  await slider.press("ArrowRight");
  await slider.press("ArrowRight");
  await until(async () => (await boxes()) === 6, "the replicas do not follow the slider");
  expect(Math.abs((await now(page)) - before) < 0.2, "the clock has moved");
  const command = async () => (await page.locator(".command").first().textContent()).trim();
  await until(async () => (await command()).includes("--set services.shop.replicas=6"), "the command lacks the edit");
});

test("a knob that is turned is a change at its instant, for the command line too", async (page) => {
  await page.goto(link({ name: "models/blocks/hedge.ron", edits: [["run.horizon", "8s"], ["run.seed", "7"], ["run.warmup", "1s"], ["run.replications", "3"]] }));
  await waitForRun(page);
  await until(async () => (await now(page)) > 1, "the clock stands still");
  const slider = page.locator(".slider input").first();
  await slider.focus();
  await slider.press("ArrowRight");
  await page.locator(".edits").getByText(/at \d/).waitFor(SLOW);
  const before = await now(page);
  await until(async () => (await now(page)) > before, "the system stands still");
  expect(before >= 1, "the system has started over");
  await page.getByLabel("as it happened").check();
  const command = async () => (await page.locator(".command").first().textContent()).trim();
  await until(async () => (await command()).includes(" --at "), "the command does not say when");
  await agrees(page, await command());
});

test("a replica that is broken is seen, and felt", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron" }));
  await waitForRun(page);
  await until(async () => (await now(page)) > 1, "the clock stands still");
  const choice = page.getByLabel("what to break");
  await choice.selectOption({ label: "kill a replica of shop for 20 s" });
  await page.locator("#break-it").click();
  await page.locator(".frame.down").first().waitFor(SLOW);
  await page.getByLabel("Speed").selectOption("3");
  const errors = page.locator(".numbers tbody tr").filter({ hasText: "errors" }).locator("td").first();
  await until(async () => !["0 %", "–"].includes(await errors.textContent()), "no error is counted");
});

/** Notes what the page asks of its workers, and what they tell of runs. */
function noting() {
  const noted = { asks: [], told: [], made: undefined, module: undefined, Plain: Worker };
  globalThis.noted = noted;
  globalThis.Worker = class extends Worker {
    constructor(...made) {
      super(...made);
      noted.made = made;
      this.addEventListener("message", ({ data }) => {
        const chunk = data.answer?.chunk ?? data.answer;
        if (chunk?.states !== undefined) noted.told.push({ worker: this, parts: data.answer.parts, ...chunk });
      });
    }
    postMessage(message, ...rest) {
      if (message.module !== undefined) noted.module = message.module;
      noted.asks.push({ worker: this, call: message.call, ask: message.ask });
      super.postMessage(message, ...rest);
    }
  };
}

/** Compares the run that is looked at with one of its model from the start, at the instant to which it has come. */
const comparing = async () => {
  const { asks, told, made, module, Plain } = globalThis.noted;
  const { worker, ask: turned } = asks.findLast(({ call }) => call === "turn");
  const { ask: opened } = asks.findLast((it) => it.worker === worker && it.call === "open");
  const seen = told.findLast((it) => it.worker === worker);
  const anew = new Plain(...made);
  const answer = new Promise((resolve) => (anew.onmessage = ({ data }) => resolve(data.answer.chunk)));
  anew.postMessage({ module });
  anew.postMessage({ id: 1, call: "open", ask: { ...opened, model: turned.model, until: seen.now } });
  const whole = await answer;
  anew.terminate();
  const all = ({ now, events, fingerprint, states }) => JSON.stringify([now, events, fingerprint, Array.from(states.at(-1).state)]);
  return [all(seen), all(whole)];
};

test("what is broken is broken in the running system, and is the run of the link", async (page) => {
  await page.addInitScript(noting);
  const of = (call) => page.evaluate((call) => globalThis.noted.asks.filter((it) => it.call === call).length, call);
  for (const [model, ...breakages] of [
    ["models/blocks/cache.ron", "double the load of visitors for 20 s", "kill a replica of shop for 20 s", "flush redis"],
    ["models/blocks/zone_outage.ron", /^cut off region/, /^slow .* down, 5 times/],
    ["models/blocks/mtbf.ron", /^make .* 5 times slower/, /^freeze/],
  ]) {
    await page.goto(base);
    await page.goto(link({ name: model }));
    await waitForRun(page);
    await until(async () => (await now(page)) > 1, "the clock stands still");
    const opened = await of("open");
    const what = page.getByLabel("what to break");
    for (const says of breakages) {
      const labels = await what.locator("option").allTextContents();
      const label = labels.find((it) => (typeof says === "string" ? it.trim() === says : says.test(it.trim())));
      expect(label !== undefined, `${model} does not offer ${says}, but ${labels}`);
      await what.selectOption({ label: label.trim() });
      const before = await of("turn");
      await page.locator("#break-it").click();
      // The next may come while this one is still being looked at.
      await until(async () => (await of("turn")) > before, `${model}: ${label} starts over`);
    }
    const at = await now(page);
    await until(async () => (await now(page)) > at + 1, `${model}: it stands still`);
    // A load that is doubled for a while is two changes.
    const told = breakages.length + breakages.filter((it) => String(it).includes("double")).length;
    await until(async () => (await page.locator(".edits li").count()) === told, `${model}: not all is told`);
    expect((await page.locator("[role=alert]").count()) === 0, `${await page.locator("[role=alert]").allTextContents()}`);
    await page.locator("#play").click();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await of("open")) === opened, `${model} has been gone through again`);
    const [seen, whole] = await page.evaluate(comparing);
    expect(seen === whole, `${model}: the run has become ${seen.slice(0, 200)}, and is ${whole.slice(0, 200)} from the start`);
  }
});

/** What a measure of the run is at an instant that is known to a tenth of a second: it may have changed within that. */
const measured = ([of, name, seconds]) => {
  const { told } = globalThis.noted;
  const parts = told.findLast((it) => it.parts !== undefined).parts;
  const at = parts.measures.findIndex((it) => it[0] === of && it[1] === name);
  const states = told.flatMap((it) => it.states).filter((it) => it.at <= (seconds + 0.1) * 1e9);
  const before = states.findLastIndex((it) => it.at <= (seconds - 0.1) * 1e9);
  return states.slice(Math.max(0, before)).map(({ state }) => state[state.length - parts.measures.length + at]);
};

test("a cache within a thing is drawn with its hit ratio, and shows its parameters", async (page) => {
  await page.addInitScript(noting);
  for (const [preset, thing, name, size, field] of [
    ["challenges/flash_crowd", "service", "pages", "10 entries in each process", "ttl"],
    ["blocks/cdn", "client", "browser", "20 entries in each client", "entries"],
  ]) {
    await page.goto(base);
    await page.goto(`${base}#preset=${preset}`);
    await waitForRun(page);
    const chip = page.getByRole("button", { name: `cache ${name}: ${size}` }).first();
    await chip.waitFor(SLOW);
    const ratio = chip.locator(".ratio");
    await until(async () => Number.parseFloat(await ratio.textContent()) > 2, `${preset}: no hit ratio is shown`);
    await page.locator("#play").click();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const shown = Number((await ratio.textContent()).replace(" %", "")) / 100;
    const told = await page.evaluate(measured, [`caches.${name}`, "hit_ratio", await now(page)]);
    const isTold = told.some((it) => Math.abs(it - shown) <= 0.0006);
    expect(isTold && told.length < 50, `${preset}: the chip says ${shown}, the run ${told}`);
    const [track, hits] = await Promise.all([".track", ".hits"].map((of) => chip.locator(of).getAttribute("width")));
    expect(Math.abs(Number(hits) / Number(track) - shown) < 0.001, `${preset}: ${hits} of ${track} px is not ${shown}`);
    // It lies in its thing.
    const [inner, outer] = await Promise.all([chip, page.locator(`.thing.${thing} .body`).first()].map((it) => it.boundingBox()));
    const isIn = inner.x > outer.x && inner.y > outer.y && inner.x + inner.width < outer.x + outer.width && inner.y + inner.height < outer.y + outer.height;
    expect(isIn, `${preset}: the chip at ${JSON.stringify(inner)} is not in ${JSON.stringify(outer)}`);
    await chip.focus();
    await page.keyboard.press("Enter");
    await page.locator("#selected").filter({ hasText: `caches.${name}` }).waitFor(SLOW);
    await page.locator(".parameters label").filter({ hasText: field }).waitFor(SLOW);
    expect((await chip.getAttribute("aria-pressed")) === "true", `${preset}: the chip is not seen to be chosen`);
    await chip.click();
    await until(async () => (await page.locator("#selected").count()) === 0, `${preset}: it is chosen for ever`);
    await page.getByText("the drawing as a table").click();
    const row = page.getByRole("row").filter({ hasText: `cache ${name} in ` }).first();
    expect((await row.textContent()).includes(await ratio.textContent()), `${preset}: the table says ${await row.textContent()}`);
    await accessible(page, preset);
  }
});

test("a cache in which nothing fits is not drawn", async (page) => {
  await page.goto(link({ name: "models/blocks/cache_stampede.ron" }));
  await waitForRun(page);
  await page.locator(".chip").waitFor(SLOW);
  await page.goto(base);
  await page.goto(link({ name: "models/blocks/cache_stampede.ron", edits: [["caches.page.entries", "0"]] }));
  await waitForRun(page);
  expect((await page.locator(".chip").count()) === 0, "it is drawn");
});

test("all that a preset offers to break is accepted", async (page) => {
  await page.addInitScript(noting);
  const wrong = [];
  for await (const href of presets(page)) {
    await until(async () => (await now(page)) > 0, `${href} stands still`);
    const what = page.getByLabel("what to break");
    const labels = await what.locator("option").allTextContents();
    for (const [number, label] of labels.entries()) {
      await what.selectOption({ index: number });
      await page.locator("#break-it").click();
      // It is among the changes where it is accepted.
      const edits = page.locator(".edits li");
      await until(async () => (await edits.count()) > 0, "", 10_000).catch(async () => wrong.push(`${href}, ${label}: ${await page.locator("[role=alert]").allTextContents()}`));
      if ((await edits.count()) > 0) await page.getByRole("button", { name: "Take all back" }).click();
      await until(async () => (await edits.count()) === 0, `${href}, ${label} is not taken back`);
      await until(async () => (await now(page)) > 0, `${href} stands still after ${label}`);
    }
  }
  expect(wrong.length === 0, wrong.join("; "));
});

test("what other designs lack does not keep this one from being broken", async (page) => {
  await page.goto(`${base}#preset=shop`);
  await waitForRun(page);
  await until(async () => (await now(page)) > 0, "the clock stands still");
  const choice = page.getByLabel("what to break");
  await choice.selectOption({ label: "kill a replica of shop for 20 s" });
  await page.locator("#break-it").click();
  await page.locator(".edits").getByText("crash(of").waitFor(SLOW);
  expect((await page.locator("[role=alert]").count()) === 0, `${await page.locator("[role=alert]").allTextContents()}`);
  await page.getByRole("button", { name: "Open the model as text" }).click();
  await page.locator(".findings .error").filter({ hasText: "in `microservices`" }).first().waitFor(SLOW);
  await page.getByText("it runs.").waitFor();
});

/** Two designs of a model, running. */
async function beside(page, name, a, b, edits = []) {
  await page.goto(base);
  await page.goto(link({ name, design: a, beside: [b], edits }));
  await page.locator(".drawing svg").nth(1).waitFor(SLOW);
  await page.locator(".slider").first().waitFor(SLOW);
  await until(async () => (await now(page)) > 1, "the clock stands still");
}

/** The values of the sliders of a path, by whose they are. */
const sliders = (page, path) =>
  page.locator(`.slider:has(input[data-path="${path}"])`).evaluateAll((all) => Object.fromEntries(all.map((it) => [it.querySelector("input").dataset.whose, it.querySelector("output").textContent])));

/** Moves a slider by some steps. */
async function slide(page, path, whose, steps) {
  const slider = page.locator(`input[data-path="${path}"][data-whose="${whose}"]`);
  await slider.focus();
  for (let step = 0; step < steps; step += 1) await slider.press("ArrowRight");
}

test("one slider moves both designs where they are alike, and each has its own where not", async (page) => {
  const [bytes, replicas] = ["caches.redis.bytes", "services.shop.replicas"];
  const boxes = () => page.locator(".drawing").evaluateAll((all) => all.map((it) => it.querySelectorAll(".thing.service .frame").length).join());
  for (const [a, b] of [
    [null, "in each process"],
    ["in each process", null],
    ["in each process", "no cache"],
  ]) {
    await beside(page, "models/blocks/cache.ron", a, b);
    expect((await boxes()) === "4,4", `${await boxes()} replicas at first`);
    await slide(page, replicas, "AB", 2);
    await until(async () => (await boxes()) === "6,6", `${a} and ${b}: one slider has made ${await boxes()} replicas`);
    const before = await sliders(page, bytes);
    for (const whose of ["A", "B"]) {
      if (before[whose] === "0B") continue;
      await slide(page, bytes, whose, 4);
      await until(async () => (await sliders(page, bytes))[whose] !== before[whose], "the slider stands still");
      await page.locator(".edits li").filter({ hasText: bytes }).filter({ has: page.locator(".whose", { hasText: new RegExp(`^${whose}$`) }) }).first().waitFor(SLOW);
      const other = whose === "A" ? "B" : "A";
      await page.waitForTimeout(500);
      const after = await sliders(page, bytes);
      expect(after[other] === before[other] && after[whose] !== before[whose], `${a} and ${b}: moving ${whose} from ${JSON.stringify(before)} has led to ${JSON.stringify(after)}`);
      before[whose] = after[whose];
    }
    expect((await page.locator("[role=alert], .note").count()) === 0, `${await page.locator("[role=alert], .note").allTextContents()}`);
    // Whole runs are of what the sliders say, of each.
    const command = (await page.locator(".command").first().textContent()).trim();
    const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]).slice(1);
    const quick = ["--set", "run.horizon=4s", "--set", "run.warmup=1s", "--set", "run.replications=2", "--format", "json"];
    // Objectives that are missed are none of this.
    const { designs } = JSON.parse(spawnSync(archsim, [...words, ...quick], { cwd: root, encoding: "utf8" }).stdout);
    const most = designs.map((design) => design.blocks.find(({ path }) => path === "caches.redis")?.measures.find(({ name }) => name === "bytes")?.value.mean ?? 0);
    const wanted = Object.entries(before).map(([, text]) => Number.parseFloat(text) * 1e6);
    const replicasOf = (design) => (design === "in each process" || design === null ? 6 : 1);
    for (const [at, design] of [a, b].entries()) {
      const places = design === "in each process" ? replicasOf(design) : 1;
      expect(most[at] <= wanted[at] * places * 1.001, `${design}: ${most[at]} bytes are held, the slider says ${wanted[at]} in ${places}`);
    }
  }
});

test("what is broken breaks in both designs at once, or in the one that has it", async (page) => {
  await page.addInitScript(noting);
  const turns = () => page.evaluate(() => globalThis.noted.asks.filter((it) => it.call === "turn").map(({ ask }) => [ask.design, ask.at]));
  await beside(page, "models/blocks/cache.ron", "no cache", "in each process");
  const what = page.getByLabel("what to break");
  await what.selectOption({ label: "kill a replica of shop for 20 s" });
  await page.locator("#break-it").click();
  const down = () => page.locator(".drawing").evaluateAll((all) => all.map((it) => it.querySelectorAll(".frame.down").length).join());
  await until(async () => (await down()) === "1,1", "it is not down in both");
  const [first, second] = await turns();
  expect(first[1] === second[1] && first[0] !== second[0], `it breaks at ${first} and at ${second}`);
  // One alone, if that is asked for.
  await what.selectOption({ label: "freeze goods for 5 s" });
  await page.getByLabel("in B only").check();
  await page.locator("#break-it").click();
  const halted = () => page.locator(".drawing").evaluateAll((all) => all.map((it) => it.querySelectorAll(".frame.halted").length > 0).join());
  await until(async () => (await halted()) === "false,true", "it is not frozen in B alone");
  // What one does not have breaks in the other, whichever is the model as written.
  for (const [a, b, only] of [
    ["microservices", null, "A"],
    [null, "microservices", "A"],
    ["hybrid", "microservices", "B"],
  ]) {
    await beside(page, "models/shop.ron", a, b);
    const labels = (await what.locator("option").allTextContents()).map((it) => it.trim());
    const label = labels.find((it) => it.startsWith("kill a replica") && it.endsWith(`(only in ${only})`));
    expect(label !== undefined, `${a} beside ${b}: ${labels}`);
    await what.selectOption({ label });
    expect((await page.locator("#only-in").textContent()).startsWith(`Only in ${only}: `), "it is not said in words");
    await page.locator("#break-it").click();
    const wanted = only === "A" ? "1,0" : "0,1";
    await until(async () => (await down()) === wanted, `${a} beside ${b}: down is ${await down()}`);
    // And then both, without taking the first back.
    await what.selectOption({ label: "kill orders for 10 s" });
    await page.locator("#break-it").click();
    await until(async () => /^[12],[12]$/.test(await down()) && (await down()) !== wanted, `${a} beside ${b}: then down is ${await down()}`);
    expect((await page.locator("[role=alert]").count()) === 0, `${await page.locator("[role=alert]").allTextContents()}`);
    while ((await page.locator(".edits li").count()) > 0) {
      const left = await page.locator(".edits li").count();
      await page.locator(".edits li button").last().click();
      await until(async () => (await page.locator(".edits li").count()) === left - 1, "it is not taken back");
      expect((await page.locator("[role=alert]").count()) === 0, `taken back: ${await page.locator("[role=alert]").allTextContents()}`);
    }
  }
});

test("both designs tell what is in use, what their parts do and where they give first", async (page) => {
  await beside(page, "models/blocks/cache.ron", "no cache", "in each process", [["run.horizon", "8s"], ["run.warmup", "1s"], ["run.replications", "2"]]);
  for (const title of ["in use, A: no cache", "in use, B: in each process"]) await page.locator(".charts").getByText(title, { exact: true }).waitFor(SLOW);
  const heads = page.locator("section:has(> #parts) thead th");
  await until(async () => (await heads.allTextContents()).join() === "A: no cache,B: in each process", "not both have a column");
  await until(async () => (await page.locator(".verdicts").count()) === 2, "not both have a bottleneck");
  expect((await page.locator(".verdicts li").filter({ hasText: "in use" }).count()) === 2, await page.locator(".verdicts").allTextContents());
  // Where there is no room for two, they can be switched by keyboard.
  await page.setViewportSize({ width: 360, height: 740 });
  const choice = page.getByRole("radiogroup", { name: "what its parts do: of which design" });
  await choice.waitFor();
  expect((await heads.allTextContents()).join() === "A: no cache", "both are shown");
  await choice.getByRole("radio").first().focus();
  await page.keyboard.press("ArrowRight");
  await until(async () => (await heads.allTextContents()).join() === "B: in each process", "the keyboard does not switch");
  await fits(page, "two designs");
});

test("whole runs of a load that is doubled are of the doubled load, and say so", async (page) => {
  for (const [name, who, of, doubled] of [
    ["models/blocks/cache.ron", "visitors", "clients.visitors.rate", "1860/s"],
    ["models/shop.ron", "managers", "clients.managers.users", "8"],
  ]) {
    await page.goto(base);
    await page.goto(link({ name, edits: [["run.replications", "2"], ["run.horizon", "30s"], ["run.warmup", "5s"]] }));
    await waitForRun(page);
    await until(async () => (await now(page)) > 1, "the clock stands still");
    const what = page.getByLabel("what to break");
    await what.selectOption({ label: `double the load of ${who} for 20 s` });
    await page.locator("#break-it").click();
    await page.locator(".edits li").nth(1).waitFor(SLOW);
    const command = page.locator(".command").first();
    await until(async () => (await command.textContent()).includes(`${of}=${doubled}`), "whole runs are not of the doubled load");
    await page.locator("#taken").filter({ hasText: `${of} = ${doubled}` }).waitFor(SLOW);
    await page.getByLabel("as it happened").check();
    await until(async () => ((await command.textContent()).match(/ --at /g) ?? []).length === 2, "as it happened it does not end");
  }
});

test("what was broken can be taken back, and broken again", async (page) => {
  await page.goto(`${base}#preset=blocks/cache`);
  await waitForRun(page);
  const breakIt = async (label) => {
    await page.getByLabel("what to break").selectOption({ label });
    await page.locator("#break-it").click();
  };
  for (let times = 0; times < 3; times += 1) {
    await until(async () => (await now(page)) > 0.2, "the clock stands still");
    // One at the heels of the other.
    await breakIt("kill a replica of shop for 20 s");
    await breakIt("freeze goods for 5 s");
    await until(async () => (await page.locator(".edits li").count()) === 2, "it is not broken twice");
    const command = page.locator(".command").first();
    await until(async () => (await command.textContent()).includes("--set run.warmup=0s"), "what was broken may not be counted");
    await page.getByRole("button", { name: "Take all back" }).click();
    if (times === 1) await breakIt("freeze goods for 5 s");
    const left = times === 1 ? 1 : 0;
    await until(async () => (await page.locator(".edits li").count()) === left, "it is not taken back");
    if (left > 0) await page.getByRole("button", { name: "Take all back" }).click();
    await until(async () => (await page.locator(".edits li").count()) === 0, "it is not taken back");
    expect((await page.locator("[role=alert]").count()) === 0, `${await page.locator("[role=alert]").allTextContents()}`);
  }
});

test("a link carries model, edits and design", async (page) => {
  const text = readFileSync(join(root, "models/blocks/cache.ron"), "utf8").replace("930/s", "700/s");
  await page.goto(link({ name: "mine.ron", text, edits: [["services.shop.replicas", "3"]], design: "in each process" }));
  await waitForRun(page);
  const command = await page.locator(".command").first().textContent();
  expect(command.includes("archsim run model.ron ") && command.includes("--design 'in each process'") && command.includes("services.shop.replicas=3"), command);
  await page.locator("#link").click();
  await until(async () => page.url() !== "", "no link");
  const shared = page.url();
  await page.goto(base);
  await page.goto(shared);
  await waitForRun(page);
  expect((await page.locator(".command").first().textContent()).trim() === command.trim(), "the link leads elsewhere");
  await until(async () => (await page.locator(".slider output").allTextContents()).includes("700/s"), "the text is lost");
});

test("the numbers beside the drawing are the command line's", async (page) => {
  await page.goto(link({ name: "models/blocks/hedge.ron", edits: [["run.horizon", "8s"], ["run.seed", "7"], ["run.warmup", "1s"], ["run.replications", "3"]] }));
  await waitForRun(page);
  await agrees(page, (await page.locator(".command").first().textContent()).trim());
});

/** The fingerprint beside the drawing is that which a command prints. */
async function agrees(page, command) {
  const shown = page.locator("code.fingerprint").first();
  await shown.waitFor(SLOW);
  const words = [...command.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2]).slice(1);
  const said = JSON.parse(execFileSync(archsim, [...words, "--format", "json"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  expect(said.designs[0].fingerprint === (await shown.textContent()), `the page says ${await shown.textContent()}, ${command} says ${said.designs[0].fingerprint}`);
}

/** Every model of the repository, as paths from its root. */
function models(folder = join(root, "models")) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["prices", "regions"].includes(entry.name) ? [] : models(path);
    return entry.name.endsWith(".ron") ? [relative(root, path).replaceAll("\\", "/")] : [];
  });
}

test("every model has the fingerprints of the command line", async (page) => {
  const all = models().sort();
  const expected = new Map();
  const table = execFileSync(archsim, ["fingerprint", ...all], { cwd: root, encoding: "utf8", maxBuffer: 1e8, stdio: ["ignore", "pipe", "ignore"] });
  for (const row of table.trim().split("\n")) {
    const model = row.split("\t")[0];
    expected.set(model, `${expected.get(model) ?? ""}${row}\n`);
  }
  const wrong = [];
  for (const name of all) {
    await page.goto(base);
    await page.goto(link({ name, text: readFileSync(join(root, name), "utf8") }));
    await page
      .locator("#fingerprint")
      .click()
      .catch(async () => expect(false, `${name}: ${await page.locator("[role=alert]").allTextContents()}`));
    await until(async () => /\S{16}|#/.test((await page.locator("#fingerprints").textContent().catch(() => "")) ?? ""), `${name}: no fingerprint`, 240_000);
    const found = await page.locator("#fingerprints").textContent();
    if (found !== expected.get(name)) wrong.push(name);
  }
  expect(wrong.length === 0, `other fingerprints in the page: ${wrong.join(", ")}`);
  console.log(`     ${all.length} models, ${table.trim().split("\n").length} designs`);
});

test("an error of the text is shown at its place, with a hint", async (page) => {
  await page.goto(`${base}#preset=blocks/hedge`);
  await waitForRun(page);
  await page.getByRole("button", { name: "Open the model as text" }).click();
  const text = page.getByLabel("The model as text").last();
  await text.click(SLOW);
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("Control+f").catch(() => undefined);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+End");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type("    cleints: {},\n");
  const finding = page.locator(".findings .error").first();
  await finding.waitFor(SLOW);
  expect(/line \d+, column \d+/.test(await finding.textContent()), await finding.textContent());
  await until(async () => (await page.locator(".findings").textContent()).includes("clients"), "no hint");
  expect((await page.locator(".drawing svg").count()) === 1, "the drawing is gone");
});

test("hostile links do no harm", async (page) => {
  const alerts = () => page.locator("[role=alert]");
  for (const [fragment, says] of [
    ["#v1=!!!", "torn"],
    ["#v1=AAAA", "torn"],
    [`#v1=${"A".repeat(300_000)}`, "too long"],
    ["#v9=abc", "version"],
    ["#preset=../../secret", "no question"],
  ]) {
    await page.goto(base);
    await page.goto(base + fragment);
    await alerts().first().waitFor();
    expect((await alerts().first().textContent()).includes(says), `${fragment.slice(0, 20)}: ${await alerts().first().textContent()}`);
  }
  const torn = [['designs.x."a\\q[0]"', "["], ["designs.x.faults", "[1,"], ["changes[0]", '(at: "1s", set: {"\\q": 3})']];
  await page.goto(base);
  await page.goto(link({ name: "models/blocks/hedge.ron", edits: torn }));
  await alerts().first().waitFor();
  await page.locator(".edits li").nth(2).waitFor();
  const bomb = deflateSync(new Uint8Array(50_000_000), { level: 9 });
  await page.goto(base);
  await page.goto(`${base}#v1=${Buffer.from(bomb).toString("base64url")}`);
  await alerts().first().waitFor();
  const evil = "<img src=x onerror=alert(1)><script>alert(2)</script>";
  const text = `(question: ${JSON.stringify(evil)}, components: {"a": {"b": [work("1ms")]}}, services: {${JSON.stringify(evil)}: (components: ["a"])}, clients: {"c": (rate: "10/s", mix: "a.b")})`;
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await page.goto(base);
  await page.goto(link({ name: `${evil}.ron`, text }));
  await page.locator("h1").filter({ hasText: "onerror" }).waitFor(SLOW);
  await waitForRun(page);
  expect((await page.locator("img, #page script").count()) === 0 && dialogs === 0, "a model's text became part of the page");
});

test("a model without end can be stopped, and the page stays awake", async (page) => {
  const text = `(components: {"a": {"b": [repeat(1000000, [work("1ns")])]}}, services: {"s": (components: ["a"], cores: 0)}, clients: {"c": (rate: "100000/s", mix: "a.b")}, run: (horizon: "100h", replications: 1000))`;
  await page.goto(link({ name: "endless.ron", text }));
  await page.locator(".steady progress").waitFor(SLOW);
  await page.locator(".steady").getByRole("button", { name: "Stop" }).click();
  await until(async () => (await page.locator(".steady progress").count()) === 0, "it cannot be stopped");
  const late = await page.evaluate(async () => {
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return performance.now() - began;
  });
  expect(late < 2000, `the page sleeps for ${late} ms`);
  await page.getByRole("link", { name: "archsim" }).first().click();
  await page.locator(".cards a").first().waitFor();
});

test("everything can be done by keyboard", async (page) => {
  await page.goto(`${base}#preset=blocks/hedge`);
  await waitForRun(page);
  const thing = page.locator(".thing").nth(1);
  await thing.focus();
  await page.keyboard.press("Enter");
  await page.locator("#selected").waitFor();
  await page.locator("#play").focus();
  const label = await page.locator("#play").textContent();
  await page.keyboard.press("Space");
  expect((await page.locator("#play").textContent()) !== label, "Space does not pause");
  const before = await now(page);
  await page.getByRole("button", { name: "Step", exact: true }).focus();
  for (let at = 0; at < 3; at += 1) await page.keyboard.press("Enter");
  await page.getByText(/^Event /).waitFor(SLOW);
  expect((await now(page)) >= before, "a step goes back");
});

test("a step says what has happened, when to the digit, and marks where", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron" }));
  await waitForRun(page);
  await until(async () => (await now(page)) > 1, "the clock stands still");
  await page.locator("#play").click();
  const step = page.getByRole("button", { name: "Step", exact: true });
  const looked = async () => ({
    clock: await page.locator("#now").textContent(),
    says: await page.locator(".event strong").textContent(),
    rest: await page.locator(".event .hint").textContent(),
    at: await page.locator(".thing.happened .name").allTextContents(),
  });
  const seen = [];
  for (let steps = 0; steps < 40; steps += 1) {
    await step.click();
    const number = () => page.locator(".event .hint").textContent().catch(() => "");
    await until(async () => (await number()) !== (seen.at(-1)?.rest ?? ""), "a step does nothing");
    seen.push(await looked());
  }
  const names = await page.locator(".thing .name").allTextContents();
  for (const [at, { clock, says, rest, at: marked }] of seen.entries()) {
    expect(/\.\d{3,}$/.test(clock), `the clock shows ${clock}`);
    // Who is told of first is ringed.
    const told = names.filter((name) => says.includes(name));
    if (told.length > 0) expect(marked.length > 0 && marked.every((name) => says.includes(name)), `${says}, and what is marked is ${marked}`);
    const before = seen[at - 1];
    if (before === undefined) continue;
    const digits = (text) => Number(text.split(":")[0]) * 60 + Number(text.split(":")[1]);
    const isSame = rest.includes("at the same instant");
    const [was, is] = [digits(before.clock), digits(clock)];
    expect(isSame ? Math.abs(is - was) < 1e-3 : is > was, `${before.clock} and ${clock} are not told apart: ${rest}`);
  }
  for (const what of ["visitors send shop.", "has served a request", "is answered after"]) expect(seen.some(({ says }) => says.includes(what)), `in ${seen.length} steps nobody ${what}: ${seen.map(({ says }) => says).join(" | ")}`);
  expect(!seen.some(({ says }) => /[0-9a-f]{16}/.test(says)), "what happened is told in numbers");
  // Once it goes on nothing is marked.
  await page.locator("#play").click();
  await until(async () => (await page.locator(".thing.happened").count()) === 0, "the mark stays");
  // Of two designs it is said in which, and each has the events of both in order.
  await beside(page, "models/blocks/cache.ron", "no cache", "in each process");
  await page.locator("#play").click();
  const events = new Map();
  let [last, told] = [0, ""];
  for (let steps = 0; steps < 60; steps += 1) {
    await step.click();
    await until(async () => (await page.locator(".event").textContent().catch(() => told)) !== told, "a step does nothing");
    told = await page.locator(".event").textContent();
    const whose = await page.locator(".event .whose").textContent();
    const number = Number((await page.locator(".event .hint").textContent()).match(/Event ([\d,]+)/)[1].replaceAll(",", ""));
    expect(!events.has(whose) || events.get(whose) === number - 1, `in ${whose} event ${number} comes after ${events.get(whose)}`);
    events.set(whose, number);
    expect((await now(page)) >= last, "a step goes back");
    last = await now(page);
  }
  expect([...events.keys()].sort().join() === "A,B", `events of ${[...events.keys()]} alone`);
});

test("a curve says why points are missing", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron", design: "no cache", edits: [["run.horizon", "12s"], ["run.warmup", "2s"], ["run.replications", "2"]] }));
  await waitForRun(page);
  await page.getByRole("button", { name: "curve over visitors" }).click(SLOW);
  const gaps = page.locator(".gaps li");
  await gaps.first().waitFor(SLOW);
  const told = await gaps.allTextContents();
  expect(told.some((it) => /3000\/s: no p50, no p99: `goods` is offered \d+ %/.test(it)), `${told}`);
  // As many as the table has dashes.
  const chart = page.locator(".curve .chart").first();
  await chart.locator("summary").click();
  await chart.locator("tbody tr").first().waitFor();
  const missing = await chart.locator("tbody tr").evaluateAll((rows) => rows.filter((row) => [...row.querySelectorAll("td")].some((cell) => cell.textContent.trim() === "–")).length);
  const named = new Set(told.flatMap((it) => it.match(/×\s*([^:]+)/)[1].split(", ")));
  expect(missing > 0 && missing === named.size, `${missing} points are missing, told are ${told}`);
});

test("a client's rate is that of the last window", async (page) => {
  await page.goto(link({ name: "models/blocks/cache.ron" }));
  await waitForRun(page);
  const size = () => page.locator(".thing.client .size").textContent();
  const perSecond = async () => Number((await size()).replace(/\D/g, ""));
  await until(async () => (await now(page)) > 2, "the clock stands still");
  expect(Math.abs((await perSecond()) / 930 - 1) < 0.25, await size());
  await page.getByLabel("what to break").selectOption({ label: "double the load of visitors for 20 s" });
  await page.locator("#break-it").click();
  await until(async () => (await perSecond()) > 1500, `the load is doubled, and the client says ${await size()}`);
});

test(
  "who prefers less motion gets none",
  async (page) => {
    await page.goto(`${base}#preset=blocks/hedge`);
    await waitForRun(page);
    expect((await page.locator("#play").textContent()) === "Play", "it plays by itself");
    await page.getByText("as you prefer less motion").waitFor();
  },
  { reducedMotion: "reduce" },
);

test("a curve is drawn, and its points can be loaded", async (page) => {
  await page.goto(link({ name: "models/blocks/hedge.ron", edits: [["run.horizon", "6s"], ["run.warmup", "1s"]] }));
  await waitForRun(page);
  await page.locator(".slider button").first().click(SLOW);
  await page.locator(".curve .chart").first().waitFor(SLOW);
  await page.locator(".curve .row button").first().click();
  await page.locator(".edits").waitFor(SLOW);
});

test(
  "it works without a network once it was seen",
  async (page, context) => {
    await page.goto(base);
    await page.evaluate(() => navigator.serviceWorker.ready);
    await until(() => page.evaluate(async () => (await caches.keys()).length > 0), "nothing is kept");
    await page.waitForTimeout(1500);
    await context.setOffline(true);
    await page.goto(`${base}#preset=blocks/hedge`);
    await page.reload();
    await waitForRun(page);
    await until(async () => (await now(page)) > 0, "the clock stands still");
  },
  { serviceWorkers: "allow" },
);

let failed = 0;
const chosen = tests.filter(({ name }) => only === undefined || name.includes(only));
for (const { name, run, options } of chosen) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, serviceWorkers: "block", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // The browser says so of what the tests do: keep service workers out, look at a canvas.
    const isOurs = /Service Worker registration blocked|readback operations/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isOurs) complaints.push(message.text());
  });
  const began = Date.now();
  let why;
  try {
    await run(page, context);
    if (complaints.length > 0) why = `the console says: ${complaints.join("; ")}`;
  } catch (error) {
    why = error.message.split("\n").slice(0, 4).join(" ");
    await page.screenshot({ path: join(www, "node_modules", "failed.png") }).catch(() => undefined);
  }
  if (why !== undefined) failed += 1;
  console.log(`${why === undefined ? "ok  " : "FAIL"} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)${why === undefined ? "" : `\n     ${why}`}`);
  await context.close();
}
await browser.close();
server.close();
console.log(`${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
