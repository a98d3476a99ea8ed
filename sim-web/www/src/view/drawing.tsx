// The system as it is at an instant: boxes that fill, lines that wait, dots that move.

import { Fragment } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Dots } from "../dots";
import type { Parts } from "../engine/protocol";
import { number } from "../format";
import { isIn, layOut, type Layout, type Placed, SECTIONS, type Way } from "../layout";
import type { Live } from "../live";
import type { Sandbox } from "../sandbox";
import { placeOf } from "../spots";
import { places, primariesOf } from "../state";
import { toldOf } from "../told";
import { Areas, updateAreas } from "./areas";
import { CacheRows, Chips, updateChips } from "./chips";
import { useNarrow } from "./narrow";
import { selects } from "./selecting";
import { useZoom, type Zoom, ZoomButtons, zoomByKey } from "./zoom";

/** How a box looks: up, down, halted, off, starting, draining or waiting. */
const CONDITIONS = ["frame", "frame down", "frame halted", "frame off", "frame starting", "frame aside"];

/** Of the canvas that dots are drawn on. */
const PIXELS_MAX = 8e6;

const BREAKER = ["shut", "open", "half open"];

/** Colours of operations: told apart also without red and green. */
const OPERATIONS = ["--dot-1", "--dot-2", "--dot-3", "--dot-4", "--dot-5", "--dot-6"];

export const isCalm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

interface Elements {
  primaries: (SVGTextElement | null)[];
  fills: SVGRectElement[];
  frames: SVGRectElement[];
  line: SVGTextElement;
  bar: SVGRectElement;
  told: SVGTextElement;
  group: SVGGElement;
}

/** What the drawing says of a thing at an instant. */
export function tell(placed: Pick<Placed, "node" | "region">, parts: Parts, state: Float64Array): { waiting: number; busy: number; servers: number; told: string } {
  const at = places(parts);
  let [waiting, busy, servers] = [0, 0, 0];
  for (const number of placed.node.stations) {
    const group = parts.stations[number]!;
    for (let member = 0; member < group.count; member += 1) {
      if (!isIn(parts, group.first + member, placed.region)) continue;
      const place = at.station(group.first + member);
      waiting += state[place + 1]!;
      if (group.kind === "cores" || group.kind === "store" || group.kind === "cache" || group.kind === "workers") {
        busy += state[place]!;
        servers += group.servers ?? Infinity;
      }
    }
  }
  if (placed.node.kind === "queue") {
    parts.subscriptions.forEach((queue, subscription) => {
      if (parts.queues[queue] === placed.node.name) waiting += state[at.messages + subscription]!;
    });
  }
  const told = toldOf(`${SECTIONS[placed.node.kind]}.${placed.node.name}`, parts, state, at.measures);
  const is = role(placed, parts, state);
  // A primary lags behind nobody.
  const own = told.filter((says) => is !== "primary" || !says.startsWith("lags"));
  return { waiting, busy, servers, told: [is, ...own].filter((says) => says !== "").slice(0, 2).join(" · ") };
}

/** The region that a part is in, by name. */
const regionOf = (placed: Placed, parts: Parts): string | undefined => (placed.region === undefined ? undefined : parts.regions[placed.region]![0]);

/** What the part of a store in a region is: the primary, or followers, or how many of it are primaries. */
function role(placed: Pick<Placed, "node" | "region">, parts: Parts, state: Float64Array): string {
  if (placed.region === undefined || placed.node.kind !== "store") return "";
  const primaries = primariesOf(parts, state);
  const all = placed.node.stations.flatMap((group) => Array.from({ length: parts.stations[group]!.count }, (_, member) => parts.stations[group]!.first + member));
  if (!all.some((station) => primaries.has(station))) return "";
  const here = all.filter((station) => isIn(parts, station, placed.region));
  const count = here.filter((station) => primaries.has(station)).length;
  if (count === 0) return here.length === 1 ? "follower" : "followers";
  return here.length === 1 ? "primary" : `${number(count)} ${count === 1 ? "primary" : "primaries"}`;
}

/** How wide a place is. */
function useRoom(place: { current: HTMLElement | null }, again: unknown): number {
  const [room, setRoom] = useState(0);
  useEffect(() => {
    const stage = place.current;
    if (stage === null) return;
    const observer = new ResizeObserver(() => setRoom(stage.clientWidth));
    observer.observe(stage);
    return () => observer.disconnect();
  }, [again]);
  return room;
}

/** On a screen narrower than this things are laid out from top to bottom. */
const PORTRAIT = 720;

/** Paints, frame by frame, what changes: dots at once, what is read rather than watched ten times a second. */
function usePainting(sandbox: Sandbox, run: Live, layout: Layout | undefined, frame: { current: HTMLElement | null }, canvas: { current: HTMLCanvasElement | null }) {
  const parts = run.parts;
  const last = useRef<{ dots: Dots; opened: number }>();
  const dots = useMemo(() => {
    if (parts === undefined || layout === undefined) return undefined;
    const before = last.current?.opened === run.opened ? last.current.dots : undefined;
    const fresh = new Dots(parts, layout, before);
    last.current = { dots: fresh, opened: run.opened };
    return fresh;
  }, [layout, parts, run.opened]);
  useEffect(() => {
    if (layout === undefined || dots === undefined || parts === undefined) return;
    const elements = collect(frame.current!, layout);
    let last = performance.now();
    let request = 0;
    let painted = -1;
    let slow = 0;
    const paint = (at: number) => {
      request = requestAnimationFrame(paint);
      const seconds = Math.min(0.1, (at - last) / 1000);
      last = at;
      const state = run.stateAt(sandbox.now);
      for (const moves of run.takeMoves()) if (!isCalm()) dots.add(moves);
      dots.advance(sandbox.now, sandbox.playing ? seconds : seconds / 2, sandbox.playing ? sandbox.speed : 1);
      drawDots(canvas.current!, layout, dots);
      slow += seconds;
      if (state !== undefined && (slow > (isCalm() ? 0.5 : 0.1) || painted !== sandbox.version)) {
        update(elements, layout, parts, state);
        updateChips(frame.current!, layout.nodes, parts, state, places(parts).measures);
        updateBreakers(frame.current!, layout, parts, state);
        updateAreas(frame.current!, layout, parts, state);
        painted = sandbox.version;
        slow = 0;
      }
    };
    request = requestAnimationFrame(paint);
    return () => cancelAnimationFrame(request);
  }, [layout, dots, parts]);
}

/** Smaller than this nothing can be read; on a phone, where less has to be seen at once, things are larger. */
const LEGIBLE = 0.62;
const LEGIBLE_PORTRAIT = 0.8;

/** As large as there is room for, and whole, within what is pleasant to read. */
function pleasantScale(layout: Layout, room: number, portrait: boolean): number {
  const whole = (0.8 * innerHeight) / layout.height;
  const high = portrait ? Infinity : whole >= LEGIBLE ? whole : 0.7;
  return Math.max(portrait && layout.areas.length === 0 ? LEGIBLE_PORTRAIT : LEGIBLE, Math.min(1.45, room / layout.width, high));
}

export function Drawing({ sandbox, run, title }: { sandbox: Sandbox; run: Live; title: string }) {
  const parts = run.parts;
  const portrait = useNarrow(PORTRAIT);
  const isNarrow = portrait || sandbox.runs.length > 1;
  const key = parts === undefined ? "" : JSON.stringify([parts.topology, parts.stations, portrait, isNarrow]);
  const layout = useMemo(() => (parts === undefined ? undefined : layOut(parts, portrait, isNarrow)), [key]);
  const frame = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const room = useRoom(frame, layout === undefined);
  const pleasant = layout === undefined || room === 0 ? 1 : pleasantScale(layout, room, portrait);
  const zoom = useZoom(frame, layout, pleasant, layout === undefined ? "" : `${layout.nodes.length} ${layout.areas.length} ${portrait}`);
  usePainting(sandbox, run, layout, frame, canvas);
  if (parts === undefined || layout === undefined) return <div class="drawing waiting">{run.wrong === undefined ? "Building the model…" : ""}</div>;
  const state = run.stateAt(sandbox.now);
  const marked = new Set(run.marked.map((spot) => placeOf(parts, layout, spot)[0]));
  const hasPrimaries = state !== undefined && primariesOf(parts, state).size > 0;
  return (
    <figure class="drawing" aria-label={title}>
      <div class="stage" ref={frame} tabindex={0} role="region" aria-label={`${title}, drawn`} aria-keyshortcuts="Plus - 0" onKeyDown={(event) => zoomByKey(zoom, event)}>
        <div class="sheet">
          <svg width={layout.width * zoom.scale} height={layout.height * zoom.scale} viewBox={`0 0 ${layout.width} ${layout.height}`} role="group" aria-label={`${title}: ${layout.nodes.length} things`}>
            <Areas layout={layout} />
            {layout.ways.map((way, at) => (
              <g key={at} class={way.isAsync ? "way async" : "way"}>
                <path d={way.path} />
                <title>{way.says.join(", ")}</title>
              </g>
            ))}
            {layout.ways.map((way, at) => way.guards.length > 0 && <BreakerSwitch key={at} way={way} number={at} parts={parts} />)}
            {layout.nodes.map((node) => (
              <Fragment key={node.number}>
                <Thing node={node} regionName={regionOf(node, parts)} sandbox={sandbox} run={run} isMarked={marked.has(node.number)} />
                <Chips placed={node} sandbox={sandbox} />
              </Fragment>
            ))}
          </svg>
          <canvas ref={canvas} aria-hidden="true" />
        </div>
      </div>
      <Caption parts={parts} run={run} isFast={!Number.isFinite(sandbox.speed)} hasPrimaries={hasPrimaries} zoom={zoom} />
    </figure>
  );
}

/** A switch on a way: shut, open, or half open. Where no guard of the way has a breaker nothing is seen. */
function BreakerSwitch({ way, number: at, parts }: { way: Way; number: number; parts: Parts }) {
  return (
    <g class="breaker none" data-way={at} transform={`translate(${way.middle.x} ${way.middle.y})`}>
      <title>breaker of {way.guards.map((guard) => parts.guards[guard]).join(", ")}</title>
      <rect x={-13} y={-8} width={26} height={16} rx={8} />
      <circle cx={-6} cy={0} r={2} />
      <circle cx={6} cy={0} r={2} />
      <line class="lever" x1={-6} y1={0} x2={6} y2={0} />
      <text x={0} y={20} />
    </g>
  );
}

/** What the colours mean, and how many of the requests are drawn. */
function Caption({ parts, run, isFast, hasPrimaries, zoom }: { parts: Parts; run: Live; isFast: boolean; hasPrimaries: boolean; zoom: Zoom }) {
  const journeys = [...new Map(parts.journeys.map(([, operation], at) => [operation, at])).entries()];
  const some = run.oneIn > 1 ? `1 in ${number(run.oneIn)} requests is drawn.` : "Every request is drawn.";
  const drawn = isFast ? "At this speed no requests are drawn." : some;
  return (
    <figcaption>
      <ul class="keys">
        {journeys.slice(0, 6).map(([operation, at]) => (
          <li key={operation}>
            <span class={`dot dot-${(at % OPERATIONS.length) + 1}`} />
            {operation}
          </li>
        ))}
        {parts.tries_again && (
          <li>
            <span class="dot ring" />
            tried again
          </li>
        )}
        <li>
          <span class="cross">×</span> failed
        </li>
      </ul>
      <span class="hint">{isCalm() ? "Dots are not shown, as you prefer less motion." : drawn} Height and colour of a box: how busy it is.{hasPrimaries ? " P: the primary, which takes the writes." : ""}</span>
      <ZoomButtons zoom={zoom} />
    </figcaption>
  );
}

function Thing({ node, regionName, sandbox, run, isMarked }: { node: Placed; regionName: string | undefined; sandbox: Sandbox; run: Live; isMarked: boolean }) {
  return (
    <g
      class={`thing ${node.node.kind}${sandbox.selected === node.path ? " selected" : ""}${isMarked ? " happened" : ""}`}
      data-number={node.number}
      data-region={node.region}
      transform={`translate(${node.x} ${node.y})`}
      aria-description={`${node.node.kind}${regionName === undefined ? "" : ` in ${regionName}`}: show its parameters`}
      {...selects(sandbox, node.path)}
    >
      <rect class="body" width={node.width} height={node.height} rx={node.node.kind === "client" ? 22 : node.node.kind === "store" ? 14 : 8} />
      <text class="name" x={node.width / 2} y={19}>
        {node.node.name.length > 28 ? `${node.node.name.slice(0, 27)}…` : node.node.name}
      </text>
      <text class="size" x={node.width / 2} y={34}>
        {run.sizeAt(node.node, sandbox.now)}
        {node.more > 0 ? ` (${node.more} not drawn)` : ""}
      </text>
      {node.areas.map((area) => (
        <rect key={`${area.x} ${area.y}`} class="area" x={area.x} y={area.y} width={area.width} height={area.height} rx={5} />
      ))}
      {node.labels.map((label) => (
        <text key={`${label.x} ${label.y}`} class="zone" x={label.x} y={label.y}>
          {label.text}
        </text>
      ))}
      {node.boxes.map((box) => (
        <g key={box.station} class="box">
          <rect class="frame" x={box.x - node.x} y={box.y - node.y} width={box.width} height={box.height} rx={3} />
          <rect class="fill" x={box.x - node.x} y={box.y - node.y} width={box.width} height={box.height} rx={3} />
          {node.node.kind === "store" && <text class="primary" x={box.x - node.x + box.width / 2} y={box.y - node.y + 11} />}
        </g>
      ))}
      <rect class="bar" x={8} y={node.height - 6} width={0} height={3} rx={1.5} />
      <text class="line" x={node.width / 2} y={node.height - 10} />
      <text class="told" x={node.width / 2} y={node.height + 13} />
    </g>
  );
}

function collect(frame: HTMLElement, layout: Layout): Map<number, Elements> {
  const found = new Map<number, Elements>();
  for (const { number: at } of layout.nodes) {
    const group = frame.querySelector<SVGGElement>(`[data-number="${at}"]`)!;
    found.set(at, {
      group,
      primaries: [...group.querySelectorAll(".box")].map((box) => box.querySelector<SVGTextElement>(".primary")),
      fills: [...group.querySelectorAll<SVGRectElement>(".fill")],
      frames: [...group.querySelectorAll<SVGRectElement>(".frame")],
      line: group.querySelector<SVGTextElement>(".line")!,
      bar: group.querySelector<SVGRectElement>(".bar")!,
      told: group.querySelector<SVGTextElement>(".told")!,
    });
  }
  return found;
}

const level = (busy: number): string => (busy < 0.5 ? "calm" : busy < 0.8 ? "busy" : busy < 0.95 ? "hot" : "full");

/** Averages what flickers, so that it can be read. */
const averages = new WeakMap<SVGRectElement, number>();

function update(elements: Map<number, Elements>, layout: Layout, parts: Parts, state: Float64Array): void {
  const at = places(parts);
  const primaries = primariesOf(parts, state);
  for (const placed of layout.nodes) {
    const it = elements.get(placed.number);
    if (it === undefined) continue;
    placed.boxes.forEach((box, member) => {
      const place = at.station(box.station);
      const condition = state[place + 2]!;
      const servers = box.servers ?? 64;
      const present = Math.min(1, state[place]! / servers);
      const fill = it.fills[member]!;
      const busy = (averages.get(fill) ?? present) * 0.75 + present * 0.25;
      averages.set(fill, busy);
      const height = Math.max(busy * box.height, busy > 0 ? 1.5 : 0);
      fill.setAttribute("y", String(box.y - placed.y + box.height - height));
      fill.setAttribute("height", String(height));
      fill.setAttribute("class", `fill ${level(busy)}`);
      const mark = it.primaries[member];
      const says = primaries.has(box.station) ? "P" : "";
      if (mark !== null && mark !== undefined && mark.textContent !== says) mark.textContent = says;
      it.frames[member]!.setAttribute("class", CONDITIONS[condition] ?? "frame");
    });
    const { waiting, told } = tell(placed, parts, state);
    const isLong = placed.node.kind !== "client";
    it.line.textContent = isLong && waiting >= 1 ? `${number(waiting)} waiting` : placed.node.kind === "client" ? "" : " ";
    it.line.setAttribute("class", waiting >= 100 ? "line long" : "line");
    it.bar.setAttribute("width", String(waiting > 0 ? Math.min(1, Math.log10(1 + waiting) / 4) * (placed.width - 16) : 0));
    it.told.textContent = told;
  }
}

/** How the breakers of a way are: the worst of them tells. */
function updateBreakers(frame: HTMLElement, layout: Layout, parts: Parts, state: Float64Array): void {
  const first = places(parts).breakers;
  for (const it of frame.querySelectorAll<SVGGElement>(".breaker")) {
    const way = layout.ways[Number(it.dataset["way"])]!;
    const states = way.guards.map((guard) => state[first + guard]!).filter((breaker) => breaker >= 0);
    const worst = states.includes(1) ? 1 : states.includes(2) ? 2 : states.length > 0 ? 0 : -1;
    it.setAttribute("class", `breaker ${worst < 0 ? "none" : BREAKER[worst]!.replace(" ", "-")}`);
    it.querySelector("text")!.textContent = worst > 0 ? BREAKER[worst]! : "";
  }
}

function drawDots(canvas: HTMLCanvasElement, layout: Layout, dots: Dots): void {
  // As fine as the screen, within what can be drawn sixty times a second.
  const wanted = (devicePixelRatio || 1) * (canvas.clientWidth / layout.width || 1);
  const ratio = Math.min(3, Math.max(1, wanted), Math.sqrt(PIXELS_MAX / (layout.width * layout.height)));
  const [width, height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, layout.width, layout.height);
  const style = themed();
  dots.draw(context, style.operations, style.bad, style.paper);
}

let theme: { key: string; operations: string[]; bad: string; paper: string } | undefined;

function themed() {
  const root = document.documentElement;
  const key = `${root.dataset["theme"] ?? ""}${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (theme?.key !== key) {
    const style = getComputedStyle(root);
    theme = { key, operations: OPERATIONS.map((name) => style.getPropertyValue(name).trim()), bad: style.getPropertyValue("--bad").trim(), paper: style.getPropertyValue("--card").trim() };
  }
  return theme;
}

/** Whom a thing asks, by name; those in other regions with where they are. */
function asks(placed: Placed, layout: Layout, parts: Parts): string {
  const asked = layout.ways.filter((way) => way.from === placed.number).map((way) => layout.nodes[way.to]!);
  const says = asked.map((it) => (it.region === placed.region || it.region === undefined ? it.node.name : `${it.node.name} in ${regionOf(it, parts)}`));
  return [...new Set(says)].join(", ");
}

/** A summary for those who do not see the drawing, and for whoever prefers a table. */
export function DrawingTable({ run, sandbox }: { run: Live; sandbox: Sandbox }) {
  const parts = run.parts;
  const state = run.stateAt(sandbox.now);
  const layout = useMemo(() => (parts === undefined ? undefined : layOut(parts, false)), [parts]);
  if (parts === undefined || state === undefined || layout === undefined) return null;
  return (
    <table>
      <caption>Every thing at this instant</caption>
      <thead>
        <tr>
          <th scope="col">thing</th>
          <th scope="col">size</th>
          <th scope="col">busy</th>
          <th scope="col">waiting</th>
          <th scope="col">tells</th>
          <th scope="col">asks</th>
        </tr>
      </thead>
      <tbody>
        {layout.nodes.map((placed) => {
          const { busy, servers, waiting, told } = tell(placed, parts, state);
          return (
            <Fragment key={placed.number}>
              <tr>
                <th scope="row">
                  {placed.node.kind} {placed.node.name}
                  {placed.region === undefined ? "" : ` in ${regionOf(placed, parts)}`}
                </th>
                <td>{run.sizeAt(placed.node, sandbox.now)}</td>
                <td>{servers > 0 ? (Number.isFinite(servers) ? `${busy} of ${servers}` : busy) : "–"}</td>
                <td>{waiting}</td>
                <td>{told || "–"}</td>
                <td>{asks(placed, layout, parts) || "–"}</td>
              </tr>
              <CacheRows placed={placed} parts={parts} state={state} first={places(parts).measures} />
            </Fragment>
          );
        })}
      </tbody>
    </table>
  );
}
