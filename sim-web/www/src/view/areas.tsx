// Regions as areas of the drawing, and what becomes of messages between them.

import type { Parts } from "../engine/protocol";
import type { Layout } from "../layout";
import { conditionOf, linkBetween } from "../state";

/** As many tints as there are colours of operations. */
const TINTS = 6;
/** Of a link, open, disturbed or cut. */
const LINKS = ["", "disturbed", "cut"];
const DOWN = 1;

export function Areas({ layout }: { layout: Layout }) {
  return (
    <>
      {layout.areas.map(({ region, name, x, y, width, height }) => (
        <g key={region} class="region-area" data-region={region}>
          <rect class={`tint-${(region % TINTS) + 1}`} x={x} y={y} width={width} height={height} rx={12} />
          <text class="region-name" x={x + 12} y={y + 19}>
            {name}
            <tspan class="region-told" dx={8} />
          </text>
        </g>
      ))}
    </>
  );
}

/** Says of each area whether it is down or cut off from others, and shows ways on which nothing passes. */
export function updateAreas(frame: HTMLElement, layout: Layout, parts: Parts, state: Float64Array): void {
  if (layout.areas.length === 0) return;
  for (const it of frame.querySelectorAll<SVGGElement>(".region-area")) {
    const region = Number(it.dataset["region"]);
    const { says, isBad } = told(region, layout, parts, state);
    it.setAttribute("class", `region-area${isBad ? " bad" : ""}`);
    const text = it.querySelector(".region-told")!;
    if (text.textContent !== says) text.textContent = says;
  }
  frame.querySelectorAll<SVGGElement>(".way").forEach((it, at) => {
    const crosses = layout.ways[at]?.crosses;
    if (crosses === undefined) return;
    const link = LINKS[linkBetween(parts, state, ...crosses)]!;
    for (const other of LINKS.slice(1)) it.classList.toggle(other, other === link);
  });
}

/** What is wrong with a region. */
function told(region: number, layout: Layout, parts: Parts, state: Float64Array): { says: string; isBad: boolean } {
  const boxes = layout.nodes.filter((node) => node.region === region).flatMap((node) => node.boxes);
  if (boxes.length > 0 && boxes.every(({ station }) => conditionOf(state, station) === DOWN)) return { says: "down", isBad: true };
  const others = layout.areas.map((area) => area.region).filter((other) => other !== region);
  const names = (link: number) => others.filter((other) => linkBetween(parts, state, region, other) === link).map((other) => parts.regions[other]![0]);
  const [cut, disturbed] = [names(2), names(1)];
  const says = [cut.length > 0 ? `cut off from ${cut.join(", ")}` : "", disturbed.length > 0 ? `slow or lossy way to ${disturbed.join(", ")}` : ""];
  return { says: says.filter((it) => it !== "").join("; "), isBad: cut.length > 0 };
}
