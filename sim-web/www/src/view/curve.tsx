// What a slider does over its range: curves of latency and of the bill, and what is worth its money.

import type { SweepSummary, Value } from "../engine/summary";
import { dollars, time } from "../format";
import type { Sandbox } from "../sandbox";
import type { Progress } from "../engine/pool";
import { useAppearing } from "./appearing";
import { Chart } from "./chart";
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
  const points = curve.points.filter((point) => point.design !== null);
  const x = points.map((point) => point.settings[0]!.number);
  const of = (pick: (it: NonNullable<(typeof points)[number]["design"]>) => Value | undefined) => {
    const told = points.map((point) => pick(point.design!));
    return { values: told.map((it) => it?.mean ?? null), half: told.map((it) => it?.half_width ?? null) };
  };
  // By equal factors, as most sliders go, if the steps grow.
  const isLog = x[0]! > 0 && x.length > 2 && x.at(-1)! - x.at(-2)! > 2 * (x[1]! - x[0]!);
  const hasBill = points.some((point) => point.design!.bill !== undefined);
  const load = (place: number) => void sandbox.edit([[path, points[place]!.settings[0]!.text]], [sandbox.curveOf]);
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
        isLog={isLog}
        say={(value) => time(value)}
        onChoose={load}
        lines={[
          { label: "p50", colour: "--dot-3", ...of((it) => it.all.p50) },
          { label: "p99", colour: "--dot-1", ...of((it) => it.all.p99) },
        ]}
      />
      {hasBill && <Chart title="bill" unit="a month" x={x} xLabel={path} points isLog={isLog} say={(value) => dollars(value)} onChoose={load} lines={[{ label: "$ a month", colour: "--dot-2", ...of((it) => it.bill?.month) }]} />}
      {hasBill && <Front points={points} onChoose={load} />}
      <ul class="marks">
        {curve.marks.map((mark) => (
          <li key={mark.says}>{mark.says}</li>
        ))}
      </ul>
      <div class="row">
        {points.map((point, place) => (
          <button key={point.settings[0]!.text} class="small" onClick={() => load(place)}>
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

/** What is beaten by no other point in both the bill and the p99. */
function Front({ points, onChoose }: { points: Point[]; onChoose: (place: number) => void }) {
  const known = points
    .map((point, place) => ({ place, cost: point.design!.bill?.month.mean ?? null, p99: point.design!.all.p99.mean, text: point.settings[0]!.text }))
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
