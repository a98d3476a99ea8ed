// What leaves the page: links, commands, files, fingerprints.

import { useEffect, useState } from "preact/hooks";
import { turned } from "../changes";
import { models } from "../models";
import { SAVED, type Sandbox } from "../sandbox";
import { pack } from "../share";
import { pictureAsPng, pictureAsSvg } from "./picture";

/** Saves something as a file. */
function save(name: string, content: string | Blob, type = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

/** The command that gives the numbers of whole runs; it takes a moment to be found. */
function useCommand(sandbox: Sandbox): string {
  const [command, setCommand] = useState("");
  const { model, design, beside, asNow } = sandbox;
  useEffect(() => {
    let isCurrent = true;
    sandbox.command().then(
      (text) => isCurrent && setCommand(text),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [model, design, beside, asNow]);
  return command;
}

export function Share({ sandbox }: { sandbox: Sandbox }) {
  const [said, setSaid] = useState("");
  const command = useCommand(sandbox);
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
        <button onClick={() => void copy(command, "The command is copied.", "The command stands below.")}>Copy as command</button>
      </div>
      <pre class="command" tabindex={0} role="region" aria-label="the command that gives the same numbers">
        {command}
      </pre>
      {turned(sandbox.model).length > 0 && <WholeRuns sandbox={sandbox} />}
      {!isPreset && <HowToSave sandbox={sandbox} />}
      <div class="row">
        <button onClick={() => save(SAVED, sandbox.model.text)}>RON</button>
        <button disabled={sandbox.summary === undefined} onClick={() => report("csv", "archsim.csv")}>
          CSV
        </button>
        <button disabled={sandbox.summary === undefined} onClick={() => report("markdown", "archsim.md")}>
          Report
        </button>
        <button onClick={() => saveSvg()}>SVG</button>
        <button onClick={() => void savePng()}>PNG</button>
      </div>
      <Fingerprints sandbox={sandbox} />
      <p class="hint" aria-live="polite">
        {said}
      </p>
    </section>
  );
}

/** Whether whole runs are of the system as it is, or of all that has happened to it. */
function WholeRuns({ sandbox }: { sandbox: Sandbox }) {
  return (
    <div class="choices" role="radiogroup" aria-label="Whole runs are">
      {[true, false].map((asNow) => (
        <label key={String(asNow)}>
          <input
            type="radio"
            name="as-now"
            checked={sandbox.asNow === asNow}
            onChange={() => {
              sandbox.asNow = asNow;
              sandbox.study();
            }}
          />
          {asNow ? "as it is now" : "as it happened"}
        </label>
      ))}
    </div>
  );
}

/** Under which name the model of the command is to be saved. */
function HowToSave({ sandbox }: { sandbox: Sandbox }) {
  const { name } = sandbox.model;
  return (
    <p class="hint">
      For the command, save the model with “RON” below, under the name <code>{SAVED}</code>
      {(sandbox.checked?.files.length ?? 0) > 0 && (
        <>
          {" "}
          beside <code>{name}</code>, as it refers to other files, and call it from there
        </>
      )}
      .
    </p>
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

function saveSvg(): void {
  const svg = pictureAsSvg();
  if (svg !== undefined) save("archsim.svg", svg, "image/svg+xml");
}

async function savePng(): Promise<void> {
  const png = await pictureAsPng();
  if (png !== null) save("archsim.png", png, "image/png");
}
