// What a slider does over its range: curves of latency and of the bill, and what is worth its money.

import type { DesignSummary, SweepSummary, Value } from "../engine/summary";
import { dollars, time, words } from "../format";
import type { Sandbox } from "../sandbox";
import type { Progress } from "../engine/pool";
import { useAppearing } from "./appearing";
import { Chart } from "./chart";
import { WHY } from "./numbers";
import { lettered } from "./whose";

type Point = SweepSummary["points"][number];

/** The curve over a slider's values. */
export function Curve({ sandbox }: { sandbox: Sandbox }) {
  const { curve, curveProgress } = sandbox;
  if (curveProgress !== undefined) return <Drawing sandbox={sandbox} progress={curveProgress} />;
  if (curve === undefined) return null;
  return <Drawn sandbox={sandbox} curve={curve} />;
}

function Drawing({ sandbox, progress }: { sandbox: Sandbox; progress: Progress }) {
  const panel = useAppearing<HTMLElement>();
  return (
    <section class="panel" aria-label="Curve" ref={panel}>
      <h2>Curve</h2>
      <div class="row">
        <progress value={progress.told} max={Math.max(progress.all, progress.told, 1)} aria-label="runs of the curve" />
        <button
          onClick={() => {
            sandbox.curves.cancel();
            sandbox.curveProgress = undefined;
            sandbox.changed();
          }}
        >
          Stop
        </button>
      </div>
    </section>
  );
}

function Drawn({ sandbox, curve }: { sandbox: Sandbox; curve: SweepSummary }) {
  const panel = useAppearing<HTMLElement>();
  const path = curve.axes[0]!.path;
  const { points } = curve;
  const x = points.map((point) => point.settings[0]!.number);
  const of = (pick: (it: DesignSummary) => Value | undefined) => {
    const told = points.map(({ design }) => (design === null ? undefined : pick(design)));
    return { values: told.map((it) => it?.mean ?? null), half: told.map((it) => it?.half_width ?? null) };
  };
  // By equal factors, as most sliders go, if the steps grow.
  const isLog = x[0]! > 0 && x.length > 2 && x.at(-1)! - x.at(-2)! > 2 * (x[1]! - x[0]!);
  const hasBill = points.some((point) => point.design?.bill !== undefined);
  const load = (place: number) => points[place]!.design !== null && void sandbox.edit([[path, points[place]!.settings[0]!.text]], [sandbox.curveOf]);
  return (
    <section class="panel curve" ref={panel} aria-labelledby="curve">
      <h2 id="curve">
        Curve over <code>{path}</code>
        {sandbox.runs.length > 1 && `, ${lettered(sandbox, sandbox.curveOf)}`}
      </h2>
      <p class="hint">Click a point to load it. Shorter runs than the steady state: where it bends is what counts. Upright strokes are 95 % intervals.</p>
      <Chart
        title="latency"
        unit=""
        x={x}
        xLabel={path}
        points
        gaps
        isLog={isLog}
        say={(value) => time(value)}
        onChoose={load}
        lines={[
          { label: "p50", colour: "--dot-3", ...of((it) => it.all.p50) },
          { label: "p99", colour: "--dot-1", ...of((it) => it.all.p99) },
        ]}
      />
      <Gaps points={points} hasBill={hasBill} />
      {hasBill && <Chart title="bill" unit="a month" x={x} xLabel={path} points gaps isLog={isLog} say={(value) => dollars(value)} onChoose={load} lines={[{ label: "$ a month", colour: "--dot-2", ...of((it) => it.bill?.month) }]} />}
      {hasBill && <Front points={points} onChoose={load} />}
      <ul class="marks">
        {curve.marks.map((mark) => (
          <li key={mark.says}>{mark.says}</li>
        ))}
      </ul>
      <div class="row">
        {points.map((point, place) => (
          <button key={point.settings[0]!.text} class="small" disabled={point.design === null} onClick={() => load(place)}>
            {point.settings[0]!.text}
          </button>
        ))}
      </div>
      <p class="hint">
        <code>{sandbox.sweepCommand(path, points.map((it) => it.settings[0]!.text))}</code>
      </p>
    </section>
  );
}

/** Why a number of a point is missing, in words; nothing where it is there. */
function why({ design, refused }: Point, value: Value | undefined): string | undefined {
  if (design === null) return `there is no such system: ${refused ?? "it is not right"}`;
  if (value === undefined || value.mean !== null) return undefined;
  const { reason, advice } = design.health;
  // What is said of the system as a whole is said where it is the reason.
  const isWhole = value.status === design.health.status && reason !== null;
  return isWhole ? [reason, advice].filter(Boolean).join("; ") : (WHY[value.status] ?? words(value.status));
}

/** Says of all points that are missing why they are. */
function Gaps({ points, hasBill }: { points: Point[]; hasBill: boolean }) {
  const all = points.flatMap((point) => {
    const told = [
      { name: "p50", why: why(point, point.design?.all.p50) },
      { name: "p99", why: why(point, point.design?.all.p99) },
      ...(hasBill ? [{ name: "bill", why: why(point, point.design?.bill?.month) }] : []),
    ].filter((it) => it.why !== undefined);
    return [...new Set(told.map((it) => it.why!))].map((reason) => ({
      at: point.settings[0]!.text,
      lacks: point.design === null ? "" : `: no ${told.filter((it) => it.why === reason).map(({ name }) => name).join(", no ")}`,
      reason,
    }));
  });
  const gaps = [...new Set(all.map(({ lacks, reason }) => `${lacks}: ${reason}`))].map((says) => ({ says, at: all.filter(({ lacks, reason }) => `${lacks}: ${reason}` === says).map(({ at }) => at) }));
  if (gaps.length === 0) return null;
  return (
    <ul class="gaps" aria-label="Points that are missing">
      {gaps.map(({ at, says }) => (
        <li key={says}>
          <span class="cross" aria-hidden="true">
            ×
          </span>{" "}
          <strong>{at.join(", ")}</strong>
          {says}.
        </li>
      ))}
    </ul>
  );
}

/** What is beaten by no other point in both the bill and the p99. */
function Front({ points, onChoose }: { points: Point[]; onChoose: (place: number) => void }) {
  const known = points
    .map(({ design, settings }, place) => ({ place, cost: design?.bill?.month.mean ?? null, p99: design?.all.p99.mean ?? null, text: settings[0]!.text }))
    .flatMap(({ cost, p99, ...rest }) => (cost === null || p99 === null ? [] : [{ ...rest, cost, p99 }]))
    .sort((a, b) => a.cost - b.cost || a.p99 - b.p99);
  const front = known.filter((it) => !known.some((other) => other.cost <= it.cost && other.p99 <= it.p99 && (other.cost < it.cost || other.p99 < it.p99)));
  // Where all cost the same there is nothing to weigh.
  if (known.length < 2 || known[0]!.cost === known.at(-1)!.cost) return null;
  return (
    <>
      <Chart
        title="p99 against the bill"
        unit="$ a month"
        x={known.map((it) => it.cost)}
        xLabel="$ a month"
        points
        say={(value) => time(value)}
        onChoose={(at) => onChoose(known[at]!.place)}
        lines={[
          { label: "all points", colour: "--dot-3", bare: true, values: known.map((it) => it.p99) },
          { label: "Pareto front", colour: "--dot-1", values: known.map((it) => (front.includes(it) ? it.p99 : null)) },
        ]}
      />
      <p class="hint">Beaten by none in both: {front.map((it) => it.text).join(", ")}.</p>
    </>
  );
}
