// The sandbox: the drawing with its clock, and around it knobs, numbers, text and links.

import type { ComponentType } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Design } from "../engine/protocol";
import { clock } from "../format";
import { models } from "../models";
import { type Sandbox, SPEEDS } from "../sandbox";
import { SECTIONS } from "../layout";
import { pack } from "../share";
import type { Preset } from "../stories";
import { Disclosure } from "./disclosure";
import { Drawing, DrawingTable, isCalm } from "./drawing";
import { BreakThings, Curve, Knobs, Selected } from "./knobs";
import { Charts, Numbers, Waterfall } from "./numbers";

const designName = (design: Design): string => design ?? "as written";

/** Begins, and goes on frame by frame; numbers are read, so four times a second is enough for them. */
function useSandbox(sandbox: Sandbox, preset: Preset | undefined): void {
  const [, refresh] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => sandbox.subscribe(refresh), [sandbox]);
  useEffect(() => {
    let isCurrent = true;
    const begun = preset !== undefined && preset.story.length > 0 ? tell(sandbox, preset, 0) : sandbox.start();
    // A viewer who likes less motion starts it.
    void begun.then(() => {
      if (isCurrent && !isCalm()) sandbox.play(true);
    });
    return () => {
      isCurrent = false;
    };
  }, [sandbox]);
  useEffect(() => {
    let last = performance.now();
    let read = 0;
    let request = requestAnimationFrame(function tick(at) {
      request = requestAnimationFrame(tick);
      const seconds = Math.min(0.1, (at - last) / 1000);
      last = at;
      sandbox.tick(seconds);
      read += seconds;
      if (sandbox.playing && read > 0.25) {
        read = 0;
        refresh();
      }
    });
    return () => cancelAnimationFrame(request);
  }, [sandbox]);
}

export function SandboxPage({ sandbox, preset }: { sandbox: Sandbox; preset: Preset | undefined }) {
  const [Editor, setEditor] = useState<ComponentType<{ sandbox: Sandbox }>>();
  const [editing, setEditing] = useState(false);
  useSandbox(sandbox, preset);
  const openEditor = async () => {
    if (Editor === undefined) {
      const { Editor: loaded } = await import("./editor");
      setEditor(() => loaded);
    }
    setEditing(!editing);
  };
  const two = sandbox.runs.length > 1;
  const title = (design: Design, at: number) => (two ? `${at === 0 ? "A" : "B"}: ${designName(design)}` : designName(design));
  return (
    <main class="sandbox">
      <header class="title">
        <a href="#" class="back">
          ← all questions
        </a>
        <h1>{sandbox.checked?.question ?? preset?.question ?? "Your model"}</h1>
      </header>
      {preset !== undefined && preset.story.length > 0 && <Story sandbox={sandbox} preset={preset} />}
      {sandbox.wrong !== undefined && (
        <p class="wrong" role="alert">
          {sandbox.wrong}
        </p>
      )}
      <Designs sandbox={sandbox} />
      <div class="columns">
        <div class="main-column">
          <Clock sandbox={sandbox} />
          <div class={two ? "drawings two" : "drawings"}>
            {sandbox.runs.map((run, at) => (
              <Drawing key={designName(run.design)} sandbox={sandbox} run={run} title={title(run.design, at)} />
            ))}
          </div>
          {two && <Numbers sandbox={sandbox} />}
          {sandbox.main !== undefined && <Disclosure summary="the drawing as a table">{() => <DrawingTable run={sandbox.main!} sandbox={sandbox} />}</Disclosure>}
          <Charts sandbox={sandbox} />
          <Curve sandbox={sandbox} />
          <Waterfall sandbox={sandbox} />
        </div>
        <div class="side-column">
          {!two && <Numbers sandbox={sandbox} />}
          <BreakThings sandbox={sandbox} />
          <Selected sandbox={sandbox} />
          <Knobs sandbox={sandbox} />
          <Share sandbox={sandbox} />
          <button class="wide" aria-expanded={editing} onClick={() => void openEditor()}>
            {editing ? "Close the text" : "Open the model as text"}
          </button>
        </div>
      </div>
      {editing && Editor !== undefined && <Editor sandbox={sandbox} />}
    </main>
  );
}

function Story({ sandbox, preset }: { sandbox: Sandbox; preset: Preset }) {
  const [step, setStep] = useState(0);
  const go = (next: number) => {
    setStep(next);
    void tell(sandbox, preset, next).then(() => {
      if (!isCalm()) sandbox.play(true);
    });
  };
  return (
    <section class="story" aria-label="Story">
      <ol class="steps" aria-label="Steps">
        {preset.story.map((_, at) => (
          <li key={at}>
            <button class={at === step ? "step current" : "step"} aria-current={at === step ? "step" : undefined} aria-label={`step ${at + 1}`} onClick={() => go(at)}>
              {at + 1}
            </button>
          </li>
        ))}
      </ol>
      <p aria-live="polite">{preset.story[step]!.says}</p>
      {step + 1 < preset.story.length ? (
        <button class="primary" onClick={() => go(step + 1)}>
          Next
        </button>
      ) : (
        <span class="hint">The sandbox is yours.</span>
      )}
    </section>
  );
}

/** Puts the sandbox where a step of a story wants it. */
async function tell(sandbox: Sandbox, preset: Preset, at: number): Promise<void> {
  const step = preset.story[at]!;
  if (step.speed !== undefined) sandbox.setSpeed(step.speed);
  if (step.design !== undefined || step.beside !== undefined) {
    sandbox.design = step.design ?? (step.design === null ? null : sandbox.design);
    sandbox.beside = step.beside;
  }
  const kept = step.fresh === true || at === 0 ? [] : sandbox.model.edits;
  const edits = [...kept.filter(([path]) => !step.set?.some(([other]) => other === path)), ...(step.set ?? [])];
  await sandbox.apply({ ...sandbox.model, edits }, step.seek === undefined ? 0 : step.seek * 1e9);
  const node = sandbox.main?.parts?.topology.nodes.find(({ name }) => name === step.look);
  sandbox.selected = node === undefined ? undefined : `${SECTIONS[node.kind]}.${node.name}`;
  sandbox.changed();
}

function Designs({ sandbox }: { sandbox: Sandbox }) {
  const designs = sandbox.checked?.designs ?? [];
  if (designs.length < 2) return null;
  const key = (design: Design | undefined) => (design === undefined ? "none" : design === null ? "written" : `design ${design}`);
  const find = (value: string): Design | undefined => designs.find((design) => key(design) === value);
  return (
    <div class="designs row">
      <label>
        Design{" "}
        <select id="design-a" value={key(sandbox.design)} onChange={(event) => void sandbox.look(find(event.currentTarget.value) ?? null, sandbox.beside)}>
          {designs.map((design) => (
            <option key={key(design)} value={key(design)}>
              {designName(design)}
            </option>
          ))}
        </select>
      </label>
      <label>
        beside{" "}
        <select id="design-b" value={key(sandbox.beside)} onChange={(event) => void sandbox.look(sandbox.design, find(event.currentTarget.value))}>
          <option value="none">nothing</option>
          {designs
            .filter((design) => design !== sandbox.design)
            .map((design) => (
              <option key={key(design)} value={key(design)}>
                {designName(design)}
              </option>
            ))}
        </select>
      </label>
      {sandbox.beside !== undefined && <span class="hint">The same requests with the same demands go to both.</span>}
    </div>
  );
}

function Clock({ sandbox }: { sandbox: Sandbox }) {
  const places = sandbox.speed >= 1 ? 1 : sandbox.speed >= 0.1 ? 2 : 4;
  const main = sandbox.main;
  return (
    <section class="clock" aria-label="Clock">
      <div class="row">
        <button class="primary" id="play" onClick={() => sandbox.play(!sandbox.playing)}>
          {sandbox.playing ? "Pause" : "Play"}
        </button>
        <button onClick={() => void sandbox.step()}>Step</button>
        <button onClick={() => void sandbox.seek(0)}>Restart</button>
        <label class="speed">
          Speed{" "}
          <select value={String(sandbox.speed)} onChange={(event) => sandbox.setSpeed(Number(event.currentTarget.value))}>
            {SPEEDS.map((speed) => (
              <option key={speed} value={String(speed)}>
                {Number.isFinite(speed) ? `${speed}×` : "as fast as it goes"}
              </option>
            ))}
          </select>
        </label>
        <output class="time" id="now" aria-label="simulated time">
          {clock(sandbox.now, places)}
        </output>
        <span class="hint">
          of {clock(sandbox.horizon, 0)}
        </span>
      </div>
      <input
        type="range"
        aria-label="instant"
        aria-valuetext={`${clock(sandbox.now)} of ${clock(sandbox.horizon, 0)}`}
        min={0}
        max={1000}
        value={Math.round((sandbox.now / sandbox.horizon) * 1000)}
        onChange={(event) => void sandbox.seek((Number(event.currentTarget.value) / 1000) * sandbox.horizon)}
      />
      {main?.says !== undefined && !sandbox.playing && (
        <p class="hint" aria-live="polite">
          Event {main.events.toLocaleString("en-GB")}: {main.says}
        </p>
      )}
      {main?.stopped === "overloaded" && <p class="wrong">The run has ended: more than two million operations are in flight, and it would grow without end.</p>}
    </section>
  );
}

/** Saves a text as a file. */
function save(name: string, text: string, type = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

function Share({ sandbox }: { sandbox: Sandbox }) {
  const [said, setSaid] = useState("");
  const isPreset = models[sandbox.model.name] === sandbox.model.text;
  const copy = (text: string, done: string, otherwise: string) =>
    navigator.clipboard.writeText(text).then(
      () => setSaid(done),
      () => setSaid(otherwise),
    );
  const link = async () => {
    const version = await sandbox.tools.call("version", {});
    const { name, text, edits } = sandbox.model;
    history.replaceState(null, "", pack({ name, ...(isPreset ? {} : { text }), edits, design: sandbox.design, beside: sandbox.beside, version }));
    await copy(location.href, "The link is copied, and in the address bar.", "The link is in the address bar.");
  };
  const report = (format: "markdown" | "csv", name: string) =>
    void sandbox.pool.report(format).then(
      (text) => save(name, text),
      (error: Error) => setSaid(error.message),
    );
  return (
    <section class="panel" aria-labelledby="share">
      <h2 id="share">Share</h2>
      <div class="row">
        <button id="link" onClick={() => void link()}>
          Copy link
        </button>
        <button onClick={() => void copy(sandbox.command(), "The command is copied.", "The command stands below.")}>Copy as command</button>
      </div>
      <pre class="command" tabindex={0} role="region" aria-label="the command that gives the same numbers">
        {sandbox.command()}
      </pre>
      {!isPreset && <p class="hint">The model of the command is the file that “RON” below saves.</p>}
      <div class="row">
        <button onClick={() => save("model.ron", sandbox.model.text)}>RON</button>
        <button disabled={sandbox.summary === undefined} onClick={() => report("csv", "archsim.csv")}>
          CSV
        </button>
        <button disabled={sandbox.summary === undefined} onClick={() => report("markdown", "archsim.md")}>
          Report
        </button>
        <button onClick={saveDrawing}>SVG</button>
      </div>
      <Fingerprints sandbox={sandbox} />
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </section>
  );
}

/** The fingerprints of what was computed, and on demand those of all designs. */
function Fingerprints({ sandbox }: { sandbox: Sandbox }) {
  const [rows, setRows] = useState<string>();
  const summary = sandbox.isFirstLook ? undefined : sandbox.summary;
  const compute = async () => {
    setRows("…");
    const { model, tools } = sandbox;
    const text = model.edits.length === 0 ? model.text : await tools.call("toRon", { model });
    setRows(await tools.call("fingerprint", { model: { ...model, text, edits: [] } }));
  };
  return (
    <>
      {summary !== undefined && (
        <ul class="fingerprints">
          {summary.designs.map((design) => (
            <li key={design.name}>
              {design.name}: <code class="fingerprint">{design.fingerprint}</code>
            </li>
          ))}
        </ul>
      )}
      <div class="row">
        <button id="fingerprint" onClick={() => void compute()}>
          Fingerprints of all designs
        </button>
      </div>
      {rows !== undefined && (
        <pre id="fingerprints" class="command" tabindex={0} role="region" aria-label="fingerprints of all designs, as archsim fingerprint prints them">
          {rows}
        </pre>
      )}
    </>
  );
}

/** The drawing as it is, with the colours that it has now written into it. */
function saveDrawing(): void {
  const svg = document.querySelector<SVGSVGElement>(".sheet svg");
  if (svg === null) return;
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg.querySelectorAll("*"), copy.querySelectorAll("*")];
  from.forEach((element, at) => {
    const style = getComputedStyle(element);
    for (const property of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font", "text-anchor", "opacity"]) to[at]!.setAttribute(property, style.getPropertyValue(property));
  });
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  save("archsim.svg", new XMLSerializer().serializeToString(copy), "image/svg+xml");
}
