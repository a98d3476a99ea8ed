// Knobs that are turned while the system runs: changes of the model, each at its instant.
//
// Each has a place in the list of changes of the model as written. Where it is not the same for all designs, a design has one
// of its own at that place, or one there that changes nothing.

import type { Checked, Design, Edit, Model } from "./engine/protocol";
import { clock } from "./format";

/** A value that is put at a path at an instant; `place` is that among the model's edits. */
export interface Turned {
  /** As the model has it: exact, with its unit. */
  at: string;
  path: string;
  value: string;
  place: number;
  /** Its place among the changes. */
  slot: number;
  /** Of which design it is; absent where it is of all that have none of their own at its place. */
  of: string | undefined;
}

/** What is put at a path at an instant, by design. */
export interface Put {
  at: string;
  path: string;
  values: Map<Design, string>;
}

/** The path at which an edit of a design is made. */
export type PathIn = (design: Design, path: string) => Promise<string>;

/** An item of a list that an edit is about, of the model or of a design: `faults[2]`, `designs.a."faults[2]"`. */
interface Item {
  of: string | undefined;
  list: string;
  index: number;
}

/** What a text in JSON stands for; nothing where it is torn, as a link may be. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A text without its quotes. */
const unquoted = (text: string): string | undefined => {
  const value = parsed(text);
  return typeof value === "string" ? value : undefined;
};

const ITEM = /^(?:(designs\.(?:[^."]+|"(?:[^"\\]|\\.)*"))\.")?(.*)\[(\d+)\]"?$/s;

function itemOf(path: string): Item | undefined {
  const found = ITEM.exec(path);
  if (found === null) return undefined;
  // What is within the quotes of a design's path has its own quotes escaped.
  const [of, list] = [found[1], found[1] === undefined ? found[2] : unquoted(`"${found[2]}"`)];
  return list === undefined ? undefined : { of, list, index: Number(found[3]) };
}

const pathOf = ({ of, list, index }: Item): string => (of === undefined ? `${list}[${index}]` : `${of}.${JSON.stringify(`${list}[${index}]`)}`);

const WRITTEN = /^\(at: "([\d.]+s)", set: \{(?:("(?:[^"\\]|\\.)*"): (.*))?\}\)$/s;

const seconds = (at: string): number => Number.parseFloat(at);

/** A value as `--set` takes it, as RON. */
const ron = (value: string): string => (/^-?\d+(\.\d+)?$|[([{"]|^(true|false)$/.test(value) ? value : JSON.stringify(value));

/** The same back. */
const plain = (text: string): string => unquoted(text) ?? text;

const change = (at: string, path?: string, value?: string): string => `(at: "${at}", set: {${path === undefined ? "" : `${JSON.stringify(path)}: ${ron(value!)}`}})`;

/** A change that the page has made, also one that changes nothing. */
type Read = Omit<Turned, "path" | "value"> & { path: string | undefined; value: string | undefined };

function read([path, text]: Edit, place: number): Read | undefined {
  const item = itemOf(path);
  if (item?.list !== "changes") return undefined;
  const found = WRITTEN.exec(text);
  if (found === null) return undefined;
  const target = found[2] === undefined ? undefined : unquoted(found[2]);
  if (found[2] !== undefined && target === undefined) return undefined;
  return { at: found[1]!, path: target, value: target === undefined ? undefined : plain(found[3]!), place, slot: item.index, of: item.of };
}

const reads = (model: Model): Read[] => model.edits.flatMap((edit, place) => read(edit, place) ?? []);

const isTurned = (it: Read): it is Turned => it.path !== undefined;

/** The knobs that were turned while it ran, in order. */
export const turned = (model: Model): Turned[] => reads(model).filter(isTurned);

/** Whether an edit is a change that changes nothing, or a list as it was: a design is left out of something. */
export const isNothing = (edit: Edit): boolean => {
  const found = read(edit, 0);
  return (found !== undefined && found.path === undefined) || wholeOf(edit) !== undefined;
};

/** What is before the edits of a design's own. */
const owner = async (design: Design, pathIn: PathIn): Promise<string | undefined> => (design === null ? undefined : itemOf(await pathIn(design, "changes[0]"))?.of);

/** The knobs that were turned for one design, in order of time. */
function turnedIn(model: Model, of: string | undefined): Turned[] {
  const all = reads(model);
  return all
    .filter((it) => it.of === of || (it.of === undefined && !all.some((own) => own.slot === it.slot && own.of === of)))
    .filter(isTurned)
    .sort((a, b) => seconds(a.at) - seconds(b.at) || a.slot - b.slot);
}

/** Which of the designs an edit is about: all where it does not say. */
export async function designsOf(model: Model, place: number, designs: Design[], pathIn: PathIn): Promise<Design[]> {
  const [path] = model.edits[place]!;
  const whose = await Promise.all(designs.map((design) => owner(design, pathIn)));
  const knob = reads(model).find((it) => it.place === place);
  if (knob !== undefined) return designs.filter((_, at) => turnedIn(model, whose[at]).some((it) => it.place === place));
  if (path.startsWith("designs.")) return designs.filter((_, at) => whose[at] !== undefined && path.startsWith(`${whose[at]}.`));
  // A design that has the list as a whole has nothing of what was added since.
  const item = itemOf(path);
  const wholes = item === undefined ? [] : wholesOf(model.edits, item.list);
  return designs.filter((_, at) => !wholes.some((it) => it.of === whose[at] && item!.index >= it.length));
}

/** The instant of a knob as a clock shows it. */
export const shown = (knob: Turned): string => clock(seconds(knob.at) * 1e9);

/** Nanoseconds as the seconds of a change: to the millisecond. */
export const instantOf = (nanos: number): string => `${Number((nanos / 1e9).toFixed(3))}s`;

/** The edits that put values at a place among the changes: one for all, or one for each that has its own. */
async function slotted({ at, path, values }: Put, slot: number, looked: Design[], pathIn: PathIn): Promise<Edit[]> {
  const [first] = values.values();
  const isOfAll = looked.every((design) => values.get(design) === first);
  const whole = isOfAll ? first : values.get(null);
  const edits: Edit[] = [[`changes[${slot}]`, whole === undefined ? change(at) : change(at, path, whole)]];
  for (const design of isOfAll ? [] : looked) {
    const value = values.get(design);
    if (design !== null) edits.push([await pathIn(design, `changes[${slot}]`), value === undefined ? change(at) : change(at, path, value)]);
  }
  return edits;
}

/** The model in which values are put at paths, each at its instant; what was put there at this very instant is replaced, and
 * what would be put there later is this too. */
export async function turn(model: Model, checked: Checked, puts: Put[], looked: Design[], pathIn: PathIn): Promise<Model> {
  let next = checked.changes.length;
  let all = model.edits;
  for (const put of puts) {
    const known = reads({ ...model, edits: all });
    const wanted = await slotted(put, next, looked, pathIn);
    const shape = (it: Read | undefined) => `${it?.of} ${it?.path}`;
    const shapes = wanted.map((edit, place) => shape(read(edit, place))).join();
    const slots = new Set(known.filter((it) => it.at === put.at).map((it) => it.slot));
    const same = [...slots].find((slot) => known.filter((it) => it.slot === slot).map(shape).join() === shapes);
    const fresh = new Map((await slotted(put, same ?? next, looked, pathIn)).map(([path, value]) => [path, value]));
    all = all.map(([path, value], place): Edit => {
      const later = known.find((it) => it.place === place && it.path === put.path && seconds(it.at) > seconds(put.at));
      const becomes = later === undefined ? undefined : wanted.map(read).find((it) => it?.of === later.of)?.value;
      return [path, becomes === undefined ? (fresh.get(path) ?? value) : change(later!.at, put.path, becomes)];
    });
    if (same !== undefined) continue;
    all = [...all, ...fresh];
    next += 1;
  }
  return { ...model, edits: all };
}

/** What is at a path as it is now: what was put there last; where that is all to come, what will be. */
function lasting(knobs: Turned[], now: number): Map<string, Turned> {
  const found = new Map<string, Turned>();
  for (const knob of knobs) {
    const before = found.get(knob.path);
    const isPast = (it: Turned) => seconds(it.at) * 1e9 <= now + 1;
    if (before === undefined || isPast(knob) || !isPast(before)) found.set(knob.path, knob);
  }
  return found;
}

/** What is taken to last although something else comes: a load that is doubled for a while. With when it is over. */
export async function passing(model: Model, now: number, designs: Design[], pathIn: PathIn): Promise<{ knob: Turned; until: number }[]> {
  const all = new Map<number, { knob: Turned; until: number }>();
  for (const design of designs) {
    const knobs = turnedIn(model, await owner(design, pathIn));
    for (const knob of lasting(knobs, now).values()) {
      const next = knobs.find((it) => it.path === knob.path && seconds(it.at) > seconds(knob.at) && it.value !== knob.value);
      if (next !== undefined) all.set(knob.place, { knob, until: seconds(next.at) * 1e9 });
    }
  }
  return [...all.values()];
}

/** The model as it is at an instant, as if it had been written so. `valuesIn` gives what is at paths of a design. */
export async function settled(model: Model, now: number, designs: Design[], pathIn: PathIn, valuesIn: (model: Model, design: Design, paths: string[]) => Promise<Record<string, unknown>>): Promise<Model> {
  const slots = reads(model);
  if (slots.length === 0) return model;
  const bare = { ...model, edits: model.edits.filter((_, place) => !slots.some((it) => it.place === place)) };
  const by = await Promise.all(designs.map(async (design) => lasting(turnedIn(model, await owner(design, pathIn)), now)));
  const paths = [...new Set(by.flatMap((it) => [...it.keys()]))];
  const fresh = new Map<string, string>();
  const after = (): Model => ({ ...model, edits: [...bare.edits.filter(([path]) => !fresh.has(path)), ...fresh] });
  const text = (value: unknown) => (typeof value === "string" ? value : JSON.stringify(value ?? undefined));
  // Designs have what is written of the model, unless they say otherwise; what it becomes is not meant for who was left out.
  for (const design of [...designs].sort((a, b) => Number(a !== null) - Number(b !== null))) {
    const own = by[designs.indexOf(design)]!;
    const [was, is] = await Promise.all([bare, after()].map((it) => valuesIn(it, design, paths)));
    for (const path of paths) {
      const value = own.get(path)?.value ?? text(was![path]);
      if (value !== undefined && value !== text(is![path])) fresh.set(await pathIn(design, path), value);
    }
  }
  return after();
}

/** A list that a design has as a whole, because something that was added to that of the model is not its own. */
interface Whole {
  of: string;
  list: string;
  length: number;
}

const WHOLE = /^(designs\.(?:[^."]+|"(?:[^"\\]|\\.)*"))\.(.+)$/s;

/** Such a list among the edits: it holds what the model had when the first thing was added that is not its own. */
function wholeOf([path, text]: Edit): Whole | undefined {
  const found = WHOLE.exec(path);
  if (found === null || !text.startsWith("[")) return undefined;
  const list = found[2]!.startsWith('"') ? unquoted(found[2]!) : found[2]!;
  const items = parsed(text);
  return list === undefined || !Array.isArray(items) ? undefined : { of: found[1]!, list, length: items.length };
}

const wholesOf = (edits: Edit[], list: string): Whole[] => edits.flatMap((edit) => wholeOf(edit) ?? []).filter((it) => it.list === list);

/** The edits with one more item at the end of a list of the model as written, which has so many. What designs have of their own
 * comes after it; those that are left out get the list as it is, as a whole. */
export async function appended(edits: Edit[], list: string, there: unknown[], value: string, leftOut: Design[], pathIn: PathIn): Promise<Edit[]> {
  const without = await Promise.all(leftOut.map(async (design) => ({ of: await owner(design, pathIn), path: await pathIn(design, list) })));
  const wholes = wholesOf(edits, list).map(({ of }) => of);
  const isOwn = (path: string, of?: string) => {
    const item = itemOf(path);
    return item?.of !== undefined && item.list === list && (of === undefined || item.of === of);
  };
  let all = edits.map(([path, text]): Edit => {
    const item = itemOf(path);
    const isAfter = isOwn(path) && !wholes.includes(item!.of!) && !without.some(({ of }) => of === item!.of);
    return [isAfter ? pathOf({ ...item!, index: item!.index + 1 }) : path, text];
  });
  for (const { of, path } of without.filter(({ of }) => !wholes.includes(of!))) {
    const first = all.findIndex(([other]) => isOwn(other, of));
    const at = first < 0 ? all.length : first;
    all = [...all.slice(0, at), [path, JSON.stringify(there)], ...all.slice(at)];
  }
  return [...all, [`${list}[${there.length}]`, value]];
}

/** Without one edit; what was added to a list after it moves up. */
export function takenBack(model: Model, place: number): Edit[] {
  const { edits } = model;
  const item = itemOf(edits[place]![0]);
  const knob = reads(model).find((it) => it.place === place);
  const slot = knob === undefined ? [] : reads(model).filter((it) => it.slot === knob.slot);
  // Others have it still.
  if (slot.filter(isTurned).length > 1) return edits.map((edit, at): Edit => (at === place ? [edit[0], change(knob!.at)] : edit));
  const rest = edits.filter((_, at) => at !== place && !slot.some((it) => it.place === at));
  if (item === undefined) return rest;
  const isOfModel = item.of === undefined;
  const wholes = isOfModel ? wholesOf(rest, item.list) : [];
  const isLacking = ({ of, index }: Item, whole = wholes.find((it) => it.of === of)) => whole !== undefined && item.index >= whole.length && index >= whole.length;
  const moved = rest.map(([path, text]): Edit => {
    const found = itemOf(path);
    const whole = wholeOf([path, text]);
    if (isOfModel && whole?.list === item.list && item.index < whole.length) return [path, JSON.stringify((JSON.parse(text) as unknown[]).filter((_, at) => at !== item.index))];
    const isOfIt = found !== undefined && found.list === item.list && (found.of === item.of || knob !== undefined || (isOfModel && !isLacking(found)));
    return [isOfIt && found.index > item.index ? pathOf({ ...found, index: found.index - 1 }) : path, text];
  });
  // Who lacks nothing any more has the list of the model again.
  const lacks = ({ list, length }: Whole) => moved.some(([path]) => itemOf(path)?.of === undefined && itemOf(path)?.list === list && itemOf(path)!.index >= length);
  return moved.filter((edit) => {
    const whole = isOfModel ? wholeOf(edit) : undefined;
    return whole === undefined || whole.list !== item.list || lacks(whole);
  });
}
