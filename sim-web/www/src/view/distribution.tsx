// How long requests take: a histogram over the logarithm of the time, and below it how many take longer.

import { useEffect, useState } from "preact/hooks";
import type { Figure } from "../engine/protocol";
import { number } from "../format";
import type { Sandbox } from "../sandbox";
import { Disclosure } from "./disclosure";

const ROOM = { width: 640, left: 58, right: 14, bars: 110, tail: 150, gap: 16, below: 30 };

/** The foot of the histogram. */
const FOOT = 8 + ROOM.bars;
/** The least share that is shown, in percent. */
const LEAST = 0.05;

/** Powers of ten in a range, and the ends of it. */
function decades(low: number, high: number): number[] {
  const ticks: number[] = [];
  for (let exponent = Math.ceil(Math.log10(low) - 1e-9); 10 ** exponent <= high * 1.0001; exponent += 1) ticks.push(10 ** exponent);
  return ticks;
}

/** Asks for the distribution whenever whole runs have come to their end. */
function useDistribution(sandbox: Sandbox): Figure | undefined {
  const [figure, setFigure] = useState<Figure>();
  const { summary, progress } = sandbox;
  useEffect(() => {
    let isCurrent = true;
    if (summary === undefined || progress !== undefined) return;
    sandbox.pool.distribution().then(
      (found) => isCurrent && setFigure(found),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [summary, progress === undefined]);
  return summary === undefined ? undefined : figure;
}

type Panel = Figure["panels"][number];
type Place = (value: number) => number;

/** Where times and shares lie in the picture. */
function scales(density: Panel, beyond: Panel) {
  const times = [...density.series, ...beyond.series].flatMap((series) => series.points.map((point) => point.x)).filter((x) => x > 0);
  const [low, high] = [Math.min(...times), Math.max(...times)];
  const span = Math.max(Math.log10(high / low), 0.1);
  const inner = ROOM.width - ROOM.left - ROOM.right;
  const most = Math.max(1e-9, ...density.series.flatMap((series) => series.points.map((point) => point.y)));
  const top = FOOT + ROOM.gap;
  const ticks = decades(low / 10, high).flatMap((tick) => (span < 2.2 ? [tick, tick * 2, tick * 5] : [tick]));
  return {
    x: (time: number) => ROOM.left + (Math.log10(Math.max(time, low) / low) / span) * inner,
    bar: (share: number) => FOOT - (share / most) * ROOM.bars,
    tail: (share: number) => top + (Math.log10(100 / Math.max(share, LEAST)) / Math.log10(100 / LEAST)) * ROOM.tail,
    bottom: top + ROOM.tail,
    ticks: ticks.filter((tick) => tick >= low * 0.999 && tick <= high),
  };
}

export function Distribution({ sandbox }: { sandbox: Sandbox }) {
  const figure = useDistribution(sandbox);
  if (figure === undefined || figure.panels.length < 2) return null;
  const [density, beyond] = figure.panels as [Panel, Panel];
  if (density.series.every((series) => series.points.length === 0)) return null;
  const { x, bar, tail, bottom, ticks } = scales(density, beyond);
  const labels = beyond.series.flatMap((series) => series.points).filter((point) => point.x_interval !== undefined);
  return (
    <section class="panel distribution" aria-labelledby="distribution">
      <h2 id="distribution">{figure.title}</h2>
      <ul class="keys">
        {density.keys.map(({ name }, at) => (
          <li key={name}>
            <span class={`stroke dot-${at + 1}`} />
            {name}
          </li>
        ))}
      </ul>
      <svg viewBox={`0 0 ${ROOM.width} ${bottom + ROOM.below}`} role="img" aria-label={`${figure.title}: ${labels.map((point) => point.says).join("; ")}`}>
        <Grid ticks={ticks} x={x} tail={tail} bottom={bottom} label={density.x.unit === "" ? density.x.label : `${density.x.label}, ${density.x.unit}`} />
        {density.series.map((series) => (
          <path key={series.key} class={`area area-${series.key + 1}`} d={steps(series.points, x, bar)} />
        ))}
        {beyond.series.map((series, at) => (
          <Tail key={at} series={series} x={x} tail={tail} />
        ))}
      </svg>
      <Disclosure summary="as a table">
        {() => (
          <ul>
            {labels.map((point) => (
              <li key={point.says}>{point.says}</li>
            ))}
          </ul>
        )}
      </Disclosure>
    </section>
  );
}

function Grid({ ticks, x, tail, bottom, label }: { ticks: number[]; x: Place; tail: Place; bottom: number; label: string }) {
  return (
    <>
      {ticks.map((tick) => (
        <g key={tick} class="tick">
          <line x1={x(tick)} x2={x(tick)} y1={8} y2={bottom} />
          <text x={x(tick)} y={bottom + 14}>
            {number(tick)}
          </text>
        </g>
      ))}
      {[100, 10, 1, 0.1].map((share) => (
        <g key={share} class="tick share">
          <line x1={ROOM.left} x2={ROOM.width - ROOM.right} y1={tail(share)} y2={tail(share)} />
          <text x={ROOM.left - 6} y={tail(share) + 4}>
            {share} %
          </text>
        </g>
      ))}
      <text class="axis" x={ROOM.left} y={bottom + 27}>
        {label}
      </text>
      <text class="axis" x={0} y={18}>
        requests
      </text>
      <text class="axis" x={ROOM.left + 4} y={FOOT + 12}>
        share that takes longer
      </text>
    </>
  );
}

/** The line of those that take longer, or its percentiles with their intervals. */
function Tail({ series, x, tail }: { series: Panel["series"][number]; x: Place; tail: Place }) {
  if (series.shape !== "dots") {
    const points = series.points.filter((point) => point.y >= LEAST);
    return <polyline class={`tail tail-${series.key + 1}`} points={points.map((point) => `${x(point.x)},${tail(point.y)}`).join(" ")} />;
  }
  return (
    <>
      {series.points.map((point) => (
        <g key={point.says} class={`mark mark-${series.key + 1}`}>
          <title>{point.says}</title>
          {point.x_interval !== undefined && <line x1={x(point.x_interval[0])} x2={x(point.x_interval[1])} y1={tail(point.y)} y2={tail(point.y)} />}
          <circle cx={x(point.x)} cy={tail(point.y)} r={3.5} />
        </g>
      ))}
    </>
  );
}

/** The outline of a histogram, closed at its foot. */
function steps(points: { x: number; y: number }[], x: Place, y: Place): string {
  const [first] = points;
  if (first === undefined) return "";
  let path = `M${x(first.x)},${FOOT}`;
  points.forEach((point, at) => {
    const next = points[at + 1] ?? point;
    path += ` L${x(point.x)},${y(point.y)} L${x(next.x)},${y(point.y)}`;
  });
  return `${path} L${x(points.at(-1)!.x)},${FOOT} Z`;
}
