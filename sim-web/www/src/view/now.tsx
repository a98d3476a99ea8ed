// How it is now, in few words: for who hears the page, and at the foot of a screen that is too small for all at once.

import { useEffect, useRef, useState } from "preact/hooks";
import { failing } from "../felt";
import { clock, number, rate, share, time } from "../format";
import type { Live } from "../live";
import type { Sandbox } from "../sandbox";
import { tell } from "./drawing";

/** Seconds between two reports to who hears the page: often enough to follow, seldom enough to do something else. */
const SPOKEN_EVERY = 20;

/** Things that are told of, at most. */
const TOLD = 3;

/** What is seen of a run, in a sentence or two. */
function saysOf(run: Live, now: number): string {
  const { parts } = run;
  const [window, state] = [run.windowAt(now), run.stateAt(now)];
  if (parts === undefined || state === undefined || window === undefined) return "nothing has ended yet.";
  const { all, from, until } = window;
  const things = parts.topology.nodes.map((node) => ({ name: node.name, ...tell({ node, region: undefined }, parts, state) }));
  const lines = things.filter(({ waiting }) => waiting >= 1).sort((a, b) => b.waiting - a.waiting);
  const full = things.filter(({ busy, servers }) => servers > 0 && busy >= servers).map(({ name }) => name);
  const said = [`${rate(all.done / (until - from))} answered, ${share(failing(all))} errors, p99 ${time(all.p99)}.`];
  if (lines.length > 0) said.push(`Waiting: ${lines.slice(0, TOLD).map(({ name, waiting }) => `${number(waiting)} at ${name}`).join(", ")}.`);
  if (full.length > 0) said.push(`All in use: ${full.slice(0, TOLD).join(", ")}.`);
  return said.join(" ");
}

/** How the runs are at this instant. */
function says({ runs, now, playing }: Sandbox): string {
  const each = runs.map((run, at) => (runs.length > 1 ? `${at === 0 ? "A" : "B"}: ${saysOf(run, now)}` : saysOf(run, now)));
  return `${playing ? "" : "Paused "}at ${clock(now, 0)}: ${each.join(" ")}`;
}

/** Tells who hears the page how it goes: now and then while it plays, and whenever it is paused. */
export function Spoken({ sandbox }: { sandbox: Sandbox }) {
  const [said, setSaid] = useState("");
  const { playing } = sandbox;
  useEffect(() => {
    const speak = () => setSaid(sandbox.main?.parts === undefined ? "" : says(sandbox));
    if (!playing) {
      speak();
      return undefined;
    }
    const first = setTimeout(speak, 3000);
    const others = setInterval(speak, SPOKEN_EVERY * 1000);
    return () => {
      clearTimeout(first);
      clearInterval(others);
    };
  }, [sandbox, playing]);
  return (
    <p class="unseen" role="status" id="spoken">
      {said}
    </p>
  );
}

/** At the foot of a small screen: the clock, what is felt, and the knobs over the drawing. */
export function Foot({ sandbox, open, onOpen }: { sandbox: Sandbox; open: boolean; onOpen: (open: boolean) => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      onOpen(false);
      button.current?.focus();
    };
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [open]);
  const felt = sandbox.runs.map((run) => run.windowAt(sandbox.now)?.all);
  const told = felt.map((it, at) => `${felt.length > 1 ? `${at === 0 ? "A" : "B"} ` : ""}p99 ${it === undefined ? "–" : time(it.p99)}${felt.length > 1 ? "" : ` · errors ${it === undefined ? "–" : share(failing(it))}`}`);
  return (
    <div class="foot" role="group" aria-label="Play and knobs">
      <button class="primary" onClick={() => sandbox.play(!sandbox.playing)}>
        {sandbox.playing ? "Pause" : "Play"}
      </button>
      <span class="foot-told">
        {told.join(" · ")}
      </span>
      <button ref={button} aria-expanded={open} onClick={() => onOpen(!open)}>
        Knobs
      </button>
    </div>
  );
}
