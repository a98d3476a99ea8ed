// Knobs that are turned while the system runs: changes of the model, each at its instant.

import type { Checked, Design, Edit, Model } from "./engine/protocol";
import { clock } from "./format";

/** A value that is put at a path at an instant; `place` is that among the model's edits. */
export interface Turned {
  /** As the model has it: exact, with its unit. */
  at: string;
  path: string;
  value: string;
  place: number;
}

const WRITTEN = /^\(at: "([\d.]+s)", set: \{("(?:[^"\\]|\\.)*"): (.*)\}\)$/s;

/** A value as `--set` takes it, as RON. */
const ron = (value: string): string => (/^-?\d+(\.\d+)?$|[([{"]|^(true|false)$/.test(value) ? value : JSON.stringify(value));

/** The same back. */
const plain = (text: string): string => {
  if (!/^"(?:[^"\\]|\\.)*"$/.test(text)) return text;
  return JSON.parse(text) as string;
};

/** What a change edit of the model says, if it is one that the page has made. */
function read([path, text]: Edit, place: number): Turned | undefined {
  if (!/^changes\[\d+\]$/.test(path)) return undefined;
  const found = WRITTEN.exec(text);
  return found === null ? undefined : { at: found[1]!, path: JSON.parse(found[2]!) as string, value: plain(found[3]!), place };
}

/** The knobs that were turned while it ran, in order. */
export const turned = (model: Model): Turned[] => model.edits.flatMap((edit, place) => read(edit, place) ?? []);

/** The instant of a knob as a clock shows it. */
export const shown = (knob: Turned): string => clock(Number.parseFloat(knob.at) * 1e9);

/** Nanoseconds as the seconds of a change: to the millisecond. */
export const instantOf = (nanos: number): string => `${Number((nanos / 1e9).toFixed(3))}s`;

/** The model in which values are put at paths, each at its instant; what was put there at this very instant is replaced. */
export function turn(model: Model, checked: Checked, knobs: Omit<Turned, "place">[]): Model {
  let next = checked.changes.length;
  const all = [...model.edits];
  for (const { at, path, value } of knobs) {
    const text = `(at: "${at}", set: {${JSON.stringify(path)}: ${ron(value)}})`;
    const before = turned(model).find((it) => it.at === at && it.path === path);
    if (before !== undefined) all[before.place] = [all[before.place]![0], text];
    else {
      all.push([`changes[${next}]`, text]);
      next += 1;
    }
  }
  return { ...model, edits: all };
}

/** The model as it is once all knobs are turned: as if it had been written so. `pathIn` gives the path of an edit of a design. */
export async function settled(model: Model, designs: Design[], pathIn: (design: Design, path: string) => Promise<string>): Promise<Model> {
  const knobs = turned(model);
  if (knobs.length === 0) return model;
  const last = new Map(knobs.map(({ path, value }) => [path, value]));
  const paths = await Promise.all([...last].flatMap(([path, value]) => designs.map(async (design): Promise<Edit> => [await pathIn(design, path), value])));
  const known = new Set(paths.map(([path]) => path));
  const kept = model.edits.filter(([path], place) => !known.has(path) && !knobs.some((knob) => knob.place === place));
  return { ...model, edits: [...kept, ...paths] };
}

/** Whether something was broken by a click: a fault or a spike that is among the model's edits. */
export const isBroken = ({ edits }: Model): boolean =>
  edits.some((edit, place) => /\b(faults|profile)(\[\d+\])?"?$/.test(read(edit, place)?.path ?? edit[0]));
