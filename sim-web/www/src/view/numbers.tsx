// Numbers: live over a sliding window, and beside them the steady state with its intervals.

import { useEffect, useState } from "preact/hooks";
import type { Figure, Window } from "../engine/protocol";
import type { DesignSummary, Value } from "../engine/summary";
import { ended, errors, failing } from "../felt";
import { clock, dollars, number, rate, share, time, words } from "../format";
import type { Live } from "../live";
import type { Sandbox } from "../sandbox";
import { Chart } from "./chart";
import { designName as name, lettered, Sides, useSides } from "./whose";


/** Why there is no number, in words. */
export const WHY: Record<string, string> = { unstable: "grows without end", too_short: "run too short", too_few_requests: "too few requests", too_few_replications: "too few runs" };

/** A value with half of its interval, or why it is not known. */
export function Interval({ value, say }: { value: Value | undefined; say: (value: number | null) => string }) {
  if (value === undefined) return <span class="hint">…</span>;
  if (value.mean === null) return <span class="hint">{WHY[value.status] ?? words(value.status)}</span>;
  return (
    <>
      {say(value.mean)} <span class="half">± {value.half_width === null ? "?" : say(value.half_width)}</span>
    </>
  );
}

interface Row {
  label: string;
  live: (window: Window) => string;
  steady: (design: DesignSummary) => Value | undefined;
  say: (value: number | null) => string;
}

const ROWS: Row[] = [
  { label: "requests", live: (it) => rate(ended(it.all) / (it.until - it.from)), steady: (it) => it.all.rate, say: rate },
  { label: "errors", live: (it) => share(failing(it.all)), steady: (it) => it.all.errors, say: share },
  { label: "median", live: (it) => time(it.all.p50), steady: (it) => it.all.p50, say: time },
  { label: "p95", live: (it) => time(it.all.p95), steady: (it) => it.all.p95, say: time },
  { label: "p99", live: (it) => time(it.all.p99), steady: (it) => it.all.p99, say: time },
];

type Found = DesignSummary | undefined;

export function Numbers({ sandbox }: { sandbox: Sandbox }) {
  const { runs, summary } = sandbox;
  const designs = runs.map((run) => summary?.designs.find((it) => it.name === name(run.design)));
  return (
    <section class="panel numbers" aria-labelledby="numbers">
      <h2 id="numbers">Numbers</h2>
      <NumbersTable sandbox={sandbox} designs={designs} />
      <Steady sandbox={sandbox} />
      {sandbox.studyWrong !== undefined && <p class="wrong">{sandbox.studyWrong}</p>}
      {designs.map((design, at) => design !== undefined && <Verdicts key={at} design={design} title={runs.length > 1 ? lettered(sandbox, runs[at]!.design) : undefined} isFirstLook={sandbox.isFirstLook} />)}
      {runs.length > 1 && <Comparisons sandbox={sandbox} />}
    </section>
  );
}

function NumbersTable({ sandbox, designs }: { sandbox: Sandbox; designs: Found[] }) {
  const { runs, summary, now } = sandbox;
  const seen = (run: Live): Window | undefined => run.windowAt(now);
  return (
    <div class="scroll" tabindex={0} role="region" aria-label="Numbers">
      <table>
        <thead>
          <tr>
            <td />
            {runs.map((run) => (
              <th scope="col" key={name(run.design)} colspan={2}>
                {lettered(sandbox, run.design)}
              </th>
            ))}
          </tr>
          <tr>
            <td />
            {runs.flatMap((_, at) => [
              <th scope="col" key={`${at} live`}>
                last {number(sandbox.window / 1e9)} s
              </th>,
              <th scope="col" key={`${at} steady`}>
                {sandbox.isFirstLook && summary !== undefined ? "first look" : "whole runs"}
              </th>,
            ])}
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row) => (
            <tr key={row.label}>
              <th scope="row">{row.label}</th>
              {runs.flatMap((run, at) => {
                const [window, design] = [seen(run), designs[at]];
                return [
                  <td key={`${at} live`}>{window === undefined ? "–" : row.live(window)}</td>,
                  <td key={`${at} steady`}>{design === undefined ? "…" : <Interval value={row.steady(design)} say={row.say} />}</td>,
                ];
              })}
            </tr>
          ))}
          {runs.some((run) => seen(run)?.bill != null) && <Bill designs={designs} windows={runs.map(seen)} />}
        </tbody>
      </table>
    </div>
  );
}

function Bill({ designs, windows }: { designs: Found[]; windows: (Window | undefined)[] }) {
  return (
    <tr>
      <th scope="row">bill of a month</th>
      {designs.flatMap((design, at) => [
        <td key={`${at} live`}>{dollars(windows[at]?.bill)}</td>,
        <td key={`${at} steady`}>
          <Interval value={design?.bill?.month} say={dollars} />
        </td>,
      ])}
    </tr>
  );
}

/** How far the background runs are. */
function Steady({ sandbox }: { sandbox: Sandbox }) {
  const { summary, progress } = sandbox;
  if (progress !== undefined) {
    return (
      <div class="row steady">
        <progress value={progress.told} max={Math.max(progress.all, progress.told, 1)} aria-label="runs in the background" />
        <span class="hint">
          {Math.min(progress.told, progress.all)} of {progress.all} runs on {sandbox.pool.size} {sandbox.pool.size === 1 ? "worker" : "workers"}
          {summary !== undefined && <Taken sandbox={sandbox} />}
        </span>
        <button onClick={() => sandbox.cancel()}>Stop</button>
      </div>
    );
  }
  const says =
    summary === undefined
      ? "The steady state was not computed."
      : `${summary.replications} runs of ${number(summary.horizon)} s, ${number(summary.warmup)} s left out; 95 % intervals.${sandbox.isBroken ? " As something was broken, they count from the start: no warm-up is left out." : ""}`;
  return (
    <div class="row steady" aria-live="polite">
      <span class="hint">
        {says}
        <Taken sandbox={sandbox} />
      </span>
      <button onClick={() => sandbox.study()}>{summary === undefined ? "Compute" : "Again"}</button>
    </div>
  );
}

/** Says what whole runs take to last, although it is for a while only. */
function Taken({ sandbox }: { sandbox: Sandbox }) {
  const { taken, now } = sandbox;
  if (taken.length === 0) return null;
  const values = [...new Set(taken.map(({ knob }) => `${knob.path} = ${knob.value}`))];
  const [{ at }, until] = [taken[0]!, Math.min(...taken.map((it) => it.until))];
  return (
    <span id="taken">
      {" "}
      Of the system as it is at {clock(at)}, as if that lasted: <code>{values.join(", ")}</code>.{" "}
      {now < until ? `In the run it ends at ${clock(until)}.` : `In the run it has ended at ${clock(until)}: “Again” asks for the system without it.`}
    </span>
  );
}

/** What is to be said of a design; two or three short runs are too few for a verdict. */
function Verdicts({ design, title, isFirstLook }: { design: DesignSummary; title: string | undefined; isFirstLook: boolean }) {
  return (
    <ul class="verdicts" aria-label={`verdicts on ${design.name}`}>
      {title !== undefined && <li class="hint">{title}</li>}
      {design.bottleneck !== null && <li>{design.bottleneck.says}</li>}
      {design.health.reason !== null && <li class="wrong">{design.health.reason}</li>}
      {design.objectives.map((objective) => (
        <li key={objective.says} class={isFirstLook ? "undecided" : objective.verdict}>
          {objective.says}: {isFirstLook ? "…" : words(objective.verdict)}
        </li>
      ))}
    </ul>
  );
}

function Comparisons({ sandbox }: { sandbox: Sandbox }) {
  const told = ["p50", "p99", "mean", "errors", "cost"];
  return (
    <>
      {sandbox.summary?.comparisons.map((comparison) => (
        <div key={comparison.design} class="comparison">
          <h3>
            {comparison.design} against {comparison.base}, under the same traffic
          </h3>
          <ul>
            {comparison.differences
              .filter((difference) => difference.scope === "all" && told.includes(difference.metric))
              .map((difference) => (
                <li key={difference.metric}>{difference.says}</li>
              ))}
          </ul>
        </div>
      ))}
    </>
  );
}

const WINDOWS_SHOWN = 240;

/** Charts over time, of the run that is watched and of its twin. */
export function Charts({ sandbox }: { sandbox: Sandbox }) {
  const main = sandbox.main;
  if (main?.parts === undefined) return null;
  const shown = (run: Live) => run.windows.filter((it) => it.until * 1e9 <= sandbox.now).slice(-WINDOWS_SHOWN);
  const windows = shown(main);
  const twin = sandbox.runs[1] === undefined ? undefined : shown(sandbox.runs[1]);
  const x = windows.map((it) => Number(it.until.toPrecision(6)));
  const column = (of: Window[] | undefined, pick: (it: Window) => number | null) => windows.map((_, at) => (of?.[at] === undefined ? null : pick(of[at])));
  const both = (label: string, colours: [string, string], pick: (it: Window) => number | null) => [
    { label: twin === undefined ? label : `${label} A`, colour: colours[0], values: column(windows, pick) },
    ...(twin === undefined ? [] : [{ label: `${label} B`, colour: colours[1], values: column(twin, pick) }]),
  ];
  return (
    <section class={twin === undefined ? "charts" : "charts two"} aria-label="Over time">
      <Chart
        title="latency"
        unit=""
        x={x}
        say={(value) => time(value)}
        lines={[...both("p99", ["--dot-1", "--dot-2"], (it) => it.all.p99), ...(twin === undefined ? both("median", ["--dot-3", "--dot-4"], (it) => it.all.p50) : [])]}
      />
      <Chart
        title="requests"
        unit="per second"
        x={x}
        say={(value) => number(value)}
        lines={[
          ...both("answered well", ["--dot-3", "--dot-4"], (it) => it.all.done / (it.until - it.from)),
          ...both("errors", ["--bad", "--dot-5"], (it) => errors(it.all) / (it.until - it.from)),
        ]}
      />
      <InUse sandbox={sandbox} shown={shown} x={x} />
    </section>
  );
}

/** The groups of a run that were busiest lately, in the order of the model. */
function busiest(run: Live, windows: Window[]) {
  return (run.parts?.stations ?? [])
    .map((group, at) => ({ group, at }))
    .filter(({ group }) => group.servers !== null && ["cores", "store", "cache", "workers"].includes(group.kind))
    .map((it) => ({ ...it, most: Math.max(0, ...windows.slice(-30).map((window) => window.stations[it.at]?.[0] ?? 0)) }))
    .sort((a, b) => b.most - a.most || a.at - b.at)
    .slice(0, 3)
    .sort((a, b) => a.at - b.at);
}

/** How much of what serves is in use: a chart for each design, on a narrow screen for one of them. */
function InUse({ sandbox, shown, x }: { sandbox: Sandbox; shown: (run: Live) => Window[]; x: number[] }) {
  const { sides, choice } = useSides(sandbox, "in use");
  const colours = ["--dot-1", "--dot-2", "--dot-3"];
  return (
    <>
      {choice}
      {sides.map((side) => {
        const run = sandbox.runs[side]!;
        const windows = shown(run);
        const column = (at: number) => x.map((_, place) => windows[place]?.stations[at]?.[0] ?? null);
        return (
          <Chart
            key={name(run.design)}
            title={sandbox.runs.length > 1 ? `in use, ${lettered(sandbox, run.design)}` : "in use"}
            unit="share of servers"
            x={x}
            say={(value) => share(value)}
            lines={busiest(run, windows).map(({ group, at }, place) => ({ label: group.name, colour: colours[place]!, values: column(at) }))}
          />
        );
      })}
    </>
  );
}

/** A request near a percentile, as a waterfall. */
export function Waterfall({ sandbox }: { sandbox: Sandbox }) {
  const [figure, setFigure] = useState<Figure>();
  const [says, setSays] = useState<string>();
  const [side, setSide] = useState(0);
  const run = sandbox.runs[side] ?? sandbox.main;
  const design = run?.design ?? null;
  const key = JSON.stringify([sandbox.model, design]);
  useEffect(() => {
    setFigure(undefined);
    setSays(undefined);
  }, [key]);
  const { journeys = [], clients = [] } = run?.parts ?? {};
  // Where several clients ask for the same, it is said who.
  const name = ([client, operation]: [number, string]) => (journeys.filter(([, other]) => other === operation).length > 1 ? `${operation} of ${clients[client] ?? ""}` : operation);
  const ask = (journey: number) => {
    setSays("Looking for it…");
    setFigure(undefined);
    sandbox
      .slowRequest(journey, design)
      .then((found) => {
        setFigure(found);
        setSays(undefined);
      })
      .catch((error: Error) => setSays(error.message));
  };
  return (
    <section class="panel" aria-labelledby="waterfall">
      <h2 id="waterfall">One slow request</h2>
      {sandbox.runs.length > 1 && <Sides sandbox={sandbox} of="one slow request" side={side} onChoose={setSide} />}
      <div class="row">
        {journeys.slice(0, 8).map((it, journey) => (
          <button key={journey} onClick={() => ask(journey)}>
            p99 of {name(it)}
          </button>
        ))}
      </div>
      {sandbox.isBroken && <p class="hint">Of a whole run from its start, with all that was broken in it.</p>}
      {says !== undefined && <p class="hint">{says}</p>}
      {figure !== undefined && <Spans figure={figure} />}
    </section>
  );
}

function Spans({ figure }: { figure: Figure }) {
  const panel = figure.panels[0]!;
  const list = (panel.y.scale as { names?: string[] }).names ?? [];
  const rows = panel.series.flatMap((series) =>
    series.points.map((point) => {
      const [low, high] = point.x_interval ?? [0, point.x];
      return { y: point.y, low, high, kind: panel.keys[series.key]?.name ?? "" };
    }),
  );
  const end = Math.max(...rows.map((row) => row.high), 1e-9);
  const kinds = ["calls", "work", "queueing", "connections", "network", "waiting", "lost"];
  return (
    <figure>
      <figcaption class="hint">
        {figure.title}. {figure.caption}
      </figcaption>
      <ol class="spans">
        {list.map((label, at) => {
          const own = rows.filter((row) => Math.round(row.y) === at);
          return (
            <li key={at}>
              <span class="span-name">{label}</span>
              <svg viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={`${label.trim()}: ${own.map((row) => `${row.kind} ${number(row.high - row.low)} ${panel.x.unit}`).join(", ")}`}>
                {own.map((row, number) => (
                  <rect key={number} class={`span-${kinds.indexOf(row.kind)}`} x={(row.low / end) * 100} width={Math.max(0.4, ((row.high - row.low) / end) * 100)} y={0.5} height={5} />
                ))}
              </svg>
              <span class="span-time">
                {own[0] === undefined ? "" : `${number(Math.max(...own.map((row) => row.high)) - Math.min(...own.map((row) => row.low)))} ${panel.x.unit}`}
              </span>
            </li>
          );
        })}
      </ol>
    </figure>
  );
}
