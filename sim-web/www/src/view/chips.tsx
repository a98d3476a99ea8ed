// Caches that lie in a thing, in a client, a process or a database: small, in the thing, each with its hit ratio.

import { type Chip, shortened } from "../chips";
import type { Parts } from "../engine/protocol";
import { share } from "../format";
import type { Placed } from "../layout";
import type { Sandbox } from "../sandbox";
import { measured, toldOf } from "../told";
import { selects } from "./selecting";

/** How the measures call a cache. */
const measuresOf = (name: string): string => `caches.${name}`;

/** The chips of a thing. They lie beside it in the document, not in it: a button has no buttons inside. */
export function Chips({ placed, sandbox }: { placed: Placed; sandbox: Sandbox }) {
  return (
    <>
      {placed.chips.map((chip, row) => (
        <g
          key={chip.name}
          class={`chip${sandbox.selected === chip.path ? " selected" : ""}`}
          data-of={placed.number}
          data-row={row}
          transform={`translate(${chip.x} ${chip.y})`}
          aria-description="cache: show its parameters"
          {...selects(sandbox, chip.path)}
        >
          <title>{says(chip, [])}</title>
          <rect class="body" width={chip.width} height={chip.height} rx={6} />
          <text x={8} y={14}>
            {shortened(chip.name, chip.width)}
            {/* Where dots leave a client, at its right, nothing is to be read. */}
            <tspan class="ratio" {...(placed.node.kind === "client" ? { dx: 6 } : { x: chip.width - 8, "text-anchor": "end" })}>
              –
            </tspan>
          </text>
          <rect class="track" x={8} y={chip.height - 6} width={chip.width - 16} height={3} rx={1.5} />
          <rect class="hits" x={8} y={chip.height - 6} width={0} height={3} rx={1.5} />
        </g>
      ))}
    </>
  );
}

const says = (chip: Chip, told: string[]): string => [`cache ${chip.name}: ${chip.size}`, ...told].join("; ");

/** Paints the hit ratios as they are at an instant; `first`: where measures begin in a state. */
export function updateChips(frame: HTMLElement, nodes: Placed[], parts: Parts, state: Float64Array, first: number): void {
  for (const it of frame.querySelectorAll<SVGGElement>(".chip")) {
    const chip = nodes[Number(it.dataset["of"])]?.chips[Number(it.dataset["row"])];
    if (chip === undefined) continue;
    const of = measuresOf(chip.name);
    const hits = measured(of, "hit_ratio", "share", parts, state, first);
    it.querySelector(".ratio")!.textContent = share(hits);
    it.querySelector(".hits")!.setAttribute("width", String((Number.isFinite(hits) ? hits : 0) * (chip.width - 16)));
    const title = it.querySelector("title")!;
    const told = says(chip, toldOf(of, parts, state, first));
    if (title.textContent !== told) title.textContent = told;
  }
}

/** The caches of a thing as rows of the table of all things. */
export function CacheRows({ placed, parts, state, first }: { placed: Placed; parts: Parts; state: Float64Array; first: number }) {
  return (
    <>
      {(placed.node.caches ?? []).map(({ name, size, layer }) => (
        <tr key={name}>
          <th scope="row">
            cache {name} in {placed.node.name}
          </th>
          <td>
            {size} {layer}
          </td>
          <td>–</td>
          <td>–</td>
          <td>{toldOf(measuresOf(name), parts, state, first).join(", ") || "–"}</td>
          <td>–</td>
        </tr>
      ))}
    </>
  );
}
