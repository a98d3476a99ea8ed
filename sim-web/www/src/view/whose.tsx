// Two designs side by side: which is A, which is B, whose something is, and a switch between them where there is no room for both.

import { useState } from "preact/hooks";
import type { Design } from "../engine/protocol";
import type { Sandbox } from "../sandbox";
import { useNarrow } from "./narrow";

/** A design as reports name it. */
export const designName = (design: Design): string => design ?? "as written";

const LETTERS = ["A", "B"];

/** The letter of a design that is looked at, where there are two. */
export const letter = (sandbox: Sandbox, design: Design): string => LETTERS[sandbox.designs.indexOf(design)] ?? "";

/** A design with its letter, where there are two: `A: no cache`. */
export const lettered = (sandbox: Sandbox, design: Design): string => (sandbox.designs.length > 1 ? `${letter(sandbox, design)}: ${designName(design)}` : designName(design));

/** Whose something is, where there are two designs: `A + B`, `A`. */
export function Whose({ sandbox, designs }: { sandbox: Sandbox; designs: Design[] }) {
  if (sandbox.designs.length < 2) return null;
  const names = designs.map((design) => lettered(sandbox, design)).join(", ");
  return (
    <span class="whose" title={names}>
      {designs.map((design) => letter(sandbox, design)).join(" + ")}
    </span>
  );
}

/** Where there is no room for two columns. */
const NARROW = 640;

/** The places of the designs that are shown side by side: all, or on a narrow screen that which is chosen with the switch. */
export function useSides(sandbox: Sandbox, of: string): { sides: number[]; choice: preact.JSX.Element | null } {
  const [side, setSide] = useState(0);
  const narrow = useNarrow(NARROW);
  const all = sandbox.runs.map((_, at) => at);
  if (!narrow || all.length < 2) return { sides: all, choice: null };
  return { sides: [Math.min(side, all.length - 1)], choice: <Sides sandbox={sandbox} of={of} side={side} onChoose={setSide} /> };
}

/** A switch between the two designs. */
export function Sides({ sandbox, of, side, onChoose }: { sandbox: Sandbox; of: string; side: number; onChoose: (side: number) => void }) {
  return (
    <div class="sides" role="radiogroup" aria-label={`${of}: of which design`}>
      {sandbox.runs.map(({ design }, at) => (
        <label key={at} class={at === side ? "chosen" : ""}>
          <input type="radio" name={`sides-${of}`} checked={at === side} onChange={() => onChoose(at)} />
          {lettered(sandbox, design)}
        </label>
      ))}
    </div>
  );
}
