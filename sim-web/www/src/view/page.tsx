// The sandbox: the drawing with its clock, and around it knobs, numbers, text and links.

import type { ComponentType } from "preact";
import { useEffect, useReducer, useState } from "preact/hooks";
import type { Design } from "../engine/protocol";
import { clock, time } from "../format";
import type { Preset } from "../gallery";
import { type Sandbox, SPEEDS } from "../sandbox";
import { Curve } from "./curve";
import { Disclosure } from "./disclosure";
import { Distribution } from "./distribution";
import { Drawing, DrawingTable, isCalm } from "./drawing";
import { BreakThings, Knobs, Selected } from "./knobs";
import { Foot, Spoken } from "./now";
import { Charts, Numbers, Waterfall } from "./numbers";
import { PartsTable } from "./parts";
import { Share } from "./share";
import { Challenge, Story, tell } from "./story";
import { designName, lettered, Whose } from "./whose";

/** Begins: with the first step of the model's story, if it is to be told. */
async function begin(sandbox: Sandbox, isTold: boolean): Promise<void> {
  const story = isTold ? await sandbox.story() : [];
  await (story.length > 0 ? tell(sandbox, story, 0) : sandbox.start());
}

/** Begins, and goes on frame by frame; numbers are read, so four times a second is enough for them. */
function useSandbox(sandbox: Sandbox, preset: Preset | undefined): void {
  const [, refresh] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => sandbox.subscribe(refresh), [sandbox]);
  useEffect(() => {
    let isCurrent = true;
    const begun = begin(sandbox, preset !== undefined);
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
  // On a small screen the knobs can lie over the foot of the page, so that one sees what they do.
  const [lifted, setLifted] = useState(false);
  useSandbox(sandbox, preset);
  const openEditor = async () => {
    if (Editor === undefined) {
      const { Editor: loaded } = await import("./editor");
      setEditor(() => loaded);
    }
    setEditing(!editing);
  };
  const playground = sandbox.checked?.playground ?? undefined;
  const story = playground?.story ?? [];
  const two = sandbox.runs.length > 1;
  return (
    <main class="sandbox">
      <header class="title">
        <a href="#" class="back">
          ← all questions
        </a>
        <h1 tabindex={-1}>{sandbox.checked?.question ?? preset?.question ?? "Your model"}</h1>
      </header>
      {playground?.challenge !== undefined && <Challenge sandbox={sandbox} task={playground.challenge} />}
      {preset !== undefined && story.length > 0 && <Story sandbox={sandbox} story={story} />}
      {sandbox.wrong !== undefined && (
        <p class="wrong" role="alert">
          {sandbox.wrong}
        </p>
      )}
      {sandbox.note !== undefined && (
        <p class="note" role="status">
          {sandbox.note}
        </p>
      )}
      <Designs sandbox={sandbox} />
      <Spoken sandbox={sandbox} />
      <div class={lifted ? "columns lifted" : "columns"}>
        <div class="main-column">
          <Clock sandbox={sandbox} />
          <div class={two ? "drawings two" : "drawings"}>
            {sandbox.runs.map((run) => (
              <Drawing key={designName(run.design)} sandbox={sandbox} run={run} title={lettered(sandbox, run.design)} />
            ))}
          </div>
          <Numbers sandbox={sandbox} />
          {sandbox.runs.map((run) => (
            <Disclosure key={designName(run.design)} summary={two ? `${lettered(sandbox, run.design)}, as a table` : "the drawing as a table"}>
              {() => <DrawingTable run={run} sandbox={sandbox} />}
            </Disclosure>
          ))}
          <Charts sandbox={sandbox} />
          <Curve sandbox={sandbox} />
          <PartsTable sandbox={sandbox} />
          <Distribution sandbox={sandbox} />
          <Waterfall sandbox={sandbox} />
        </div>
        <div class="side-column">
          <Knobs sandbox={sandbox} />
          <Selected sandbox={sandbox} />
          <BreakThings sandbox={sandbox} />
          <Share sandbox={sandbox} />
          <button class="wide" aria-expanded={editing} onClick={() => void openEditor()}>
            {editing ? "Close the text" : "Open the model as text"}
          </button>
        </div>
      </div>
      {editing && Editor !== undefined && <Editor sandbox={sandbox} />}
      <Foot sandbox={sandbox} open={lifted} onOpen={setLifted} />
    </main>
  );
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
  const running = sandbox.speed >= 1 ? 1 : sandbox.speed >= 0.1 ? 2 : 4;
  // What stands still can be read to the millisecond, and further where events are closer.
  const places = sandbox.playing ? running : Math.max(3, running, sandbox.places);
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
            {/* A story may go at a speed between two of them. */}
            {[...new Set([...SPEEDS, sandbox.speed])].sort((a, b) => a - b).map((speed) => (
              <option key={speed} value={String(speed)}>
                {Number.isFinite(speed) ? `${speed}×` : "as fast as it goes"}
              </option>
            ))}
          </select>
        </label>
        {/* It is read when it is asked for, not whenever it moves. */}
        <output class="time" id="now" aria-label="simulated time" aria-live="off">
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
      {!sandbox.playing && <Event sandbox={sandbox} />}
      {main?.stopped === "overloaded" && <p class="wrong">The run has ended: more than two million operations are in flight, and it would grow without end.</p>}
    </section>
  );
}

/** What happened at the instant that was stepped to. */
function Event({ sandbox }: { sandbox: Sandbox }) {
  const { event, gap } = sandbox;
  if (event?.says === undefined) return null;
  const after = gap === undefined ? "" : gap === 0 ? ", at the same instant" : `, ${time(gap / 1e9)} later`;
  return (
    <p class="event" aria-live="polite">
      <Whose sandbox={sandbox} designs={[event.design]} />
      <strong>{event.says}</strong>{" "}
      <span class="hint">
        Event {event.events.toLocaleString("en-GB")}
        {after}.
      </span>
    </p>
  );
}
