// Charts over time, each with the table of its numbers.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { number } from "../format";
import { Disclosure } from "./disclosure";

export interface Line {
  label: string;
  /** A custom property of the theme. */
  colour: string;
  values: (number | null)[];
  /** Half of the interval of each. */
  half?: (number | null)[];
  /** Points alone, or a line over gaps. */
  bare?: boolean;
}

interface Props {
  title: string;
  unit: string;
  x: number[];
  xLabel?: string;
  lines: Line[];
  say: (value: number | null) => string;
  /** Called with the place of the point that was chosen. */
  onChoose?: (place: number) => void;
  points?: boolean;
  /** Whether equal ratios lie equally far apart. */
  isLog?: boolean;
  /** Whether what is missing is marked with a cross at its place, and no line goes over it. */
  gaps?: boolean;
}

/** How far apart the ticks of whole numbers can be. */
const WHOLE = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((digit) => digit * 10 ** power));

const property = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** The ends of the interval of a line's point; nothing where there is none. */
function interval({ values, half }: Line, at: number): [number, number] | undefined {
  const [middle, width] = [values[at], half?.[at]];
  return middle == null || width == null ? undefined : [middle - width, middle + width];
}

/** Draws the intervals of points as upright strokes. */
function strokes(plot: uPlot, lines: Line[]): void {
  const { ctx } = plot;
  ctx.save();
  ctx.lineWidth = Math.max(1, devicePixelRatio * 1.5);
  for (const line of lines) {
    ctx.strokeStyle = property(line.colour);
    for (const [at, x] of (plot.data[0] as number[]).entries()) {
      const ends = interval(line, at);
      if (ends === undefined) continue;
      const across = plot.valToPos(x, "x", true);
      ctx.beginPath();
      for (const end of ends) ctx.lineTo(across, plot.valToPos(end, "y", true));
      ctx.stroke();
    }
  }
  ctx.restore();
}

/** Draws a cross at the foot of the plot where points of a line are missing; those of several lines stand on each other. */
function crosses(plot: uPlot, lines: Line[]): void {
  const { ctx, bbox } = plot;
  const size = 4 * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = Math.max(1, devicePixelRatio * 2);
  for (const [at, x] of (plot.data[0] as number[]).entries()) {
    const missing = lines.filter((line) => line.values[at] == null);
    for (const [place, line] of missing.entries()) {
      const across = plot.valToPos(x, "x", true);
      const up = bbox.top + bbox.height - size * (1.6 + 2.8 * place);
      ctx.strokeStyle = property(line.colour);
      ctx.beginPath();
      for (const side of [-1, 1]) {
        ctx.moveTo(across - size, up - side * size);
        ctx.lineTo(across + size, up + side * size);
      }
      ctx.stroke();
    }
  }
  ctx.restore();
}

/** Draws the lines into a place, and again when they change. */
function usePlot({ x, lines, say, onChoose, points = false, isLog = false, gaps = false }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const drawn = useRef(lines);
  drawn.current = lines;
  const shape = lines.map((line) => line.label + line.colour).join() + (document.documentElement.dataset["theme"] ?? "");
  useEffect(() => {
    const element = place.current!;
    const ink = property("--soft");
    const grid = { stroke: property("--line"), width: 1 };
    const isWhole = !isLog && x.every(Number.isInteger) && x.length < 60;
    const axis = { stroke: ink, grid, ticks: grid, font: "11px system-ui", space: 64 };
    const it = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: 150,
        scales: {
          x: isLog ? { time: false, distr: 3, range: (it) => [it.data[0].at(0)!, it.data[0].at(-1)!] } : { time: false },
          y: {
            range: (_, low, high) => {
              const ends = drawn.current.flatMap((line) => line.values.map((_, at) => interval(line, at)?.[1] ?? 0));
              return [Math.min(0, low ?? 0), Math.max(Math.max(high ?? 1, ...ends) * 1.08, 1e-9)];
            },
          },
        },
        hooks: { draw: [(it) => strokes(it, drawn.current), (it) => gaps && crosses(it, drawn.current)] },
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        // Between whole numbers of something there is nothing.
        axes: [
          { ...axis, space: 72, values: (_, ticks: (number | null)[]) => ticks.map((tick) => (tick === null ? "" : number(tick, 6))), ...(isWhole ? { incrs: WHOLE } : {}) },
          { ...axis, space: 30, size: 56, values: (_, ticks) => ticks.map((tick) => say(tick)) },
        ],
        series: [
          {},
          ...lines.map((line) => ({ label: line.label, stroke: property(line.colour), width: line.bare === true ? 0 : 2, spanGaps: points && !gaps, points: { show: points, size: 7, width: 2, stroke: property(line.colour) } })),
        ],
      },
      [x, ...lines.map((line) => line.values)],
      element,
    );
    plot.current = it;
    const observer = new ResizeObserver(() => it.setSize({ width: Math.max(200, element.clientWidth), height: 150 }));
    observer.observe(element);
    const choose = () => {
      const at = it.cursor.idx;
      if (at !== null && at !== undefined) onChoose?.(at);
    };
    if (onChoose !== undefined) it.over.addEventListener("click", choose);
    return () => {
      observer.disconnect();
      it.destroy();
    };
  }, [shape]);
  useEffect(() => plot.current?.setData([x, ...lines.map((line) => line.values)]), [x.length, x.at(-1), x[0], shape]);
  return place;
}

export function Chart(props: Props) {
  const { title, unit, lines, say } = props;
  const place = usePlot(props);
  const last = lines.map((line) => `${line.label} ${say(line.values.at(-1) ?? null)}`).join(", ");
  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong> <span class="hint">{unit}</span>
        <ul class="keys">
          {lines.map((line) => (
            <li key={line.label}>
              <span class={`stroke ${line.colour.slice(2)}`} />
              {line.label}
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={place} role="img" aria-label={`${title}: ${last}`} />
      <Disclosure summary="as a table" of={title}>{() => <Numbers {...props} />}</Disclosure>
    </figure>
  );
}

const ordinal = (it: number): string => `${it}${it % 100 > 10 && it % 100 < 14 ? "th" : (["th", "st", "nd", "rd"][it % 10] ?? "th")}`;

/** The numbers of a chart, sixty rows at most. */
function Numbers({ title, x, xLabel = "s", lines, say }: Props) {
  const step = Math.max(1, Math.ceil(x.length / 60));
  return (
    <div class="scroll" tabindex={0} role="region" aria-label={`${title}, as a table`}>
      <table>
        <caption>
          {title}
          {step > 1 && `, every ${ordinal(step)} window`}
        </caption>
        <thead>
          <tr>
            <th scope="col">{xLabel}</th>
            {lines.map((line) => (
              <th scope="col" key={line.label}>
                {line.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.map((at, row) =>
            row % step === 0 ? (
              <tr key={row}>
                <th scope="row">{at}</th>
                {lines.map((line) => (
                  <td key={line.label}>
                    {say(line.values[row] ?? null)}
                    {line.half?.[row] != null && ` ± ${say(line.half[row]!)}`}
                  </td>
                ))}
              </tr>
            ) : null,
          )}
        </tbody>
      </table>
    </div>
  );
}
