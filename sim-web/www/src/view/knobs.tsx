// Knobs: sliders on the model's favourites, all parameters of what was clicked, and what can be broken.

import { useEffect, useRef, useState } from "preact/hooks";
import { amount, type Amount, inUnit, unitOf, written } from "../amount";
import type { Design, TopologyNode } from "../engine/protocol";
import { bare, pathOf } from "../layout";
import type { Sandbox } from "../sandbox";
import { Changed } from "./changed";
import { designName, letter, Whose } from "./whose";

/** Which parameters are favourites, and how they are called. */
const FAVOURITES: [pattern: RegExp, label: (found: string[]) => string][] = [
  [/^clients\.([^.]+)\.rate$/, ([, name]) => `${name}: requests`],
  [/^clients\.([^.]+)\.users$/, ([, name]) => `${name}: users`],
  [/^services\.([^.]+)\.replicas$/, ([, name]) => `${name}: replicas`],
  [/^services\.([^.]+)\.cores$/, ([, name]) => `${name}: cores each`],
  [/^services\.([^.]+)\.threads$/, ([, name]) => `${name}: threads each`],
  [/^stores\.([^.]+)\.database\.servers$/, ([, name]) => `${name}: queries at once`],
  [/^stores\.([^.]+)\.database\.replication\.replicas$/, ([, name]) => `${name}: replicas`],
  [/^stores\.([^.]+)\.external\.quota\.rate$/, ([, name]) => `${name}: quota`],
  [/^caches\.([^.]+)\.(bytes|entries)$/, ([, name, what]) => `${name}: ${what}`],
  [/^caches\.([^.]+)\.ttl$/, ([, name]) => `${name}: time to live`],
  [/^queues\.([^.]+)\.consumers\.[^.]+(?:"[^"]*")?\.concurrency$/, ([, name]) => `${name}: workers`],
  [/^guards\.([^.]+)\.timeout$/, ([, name]) => `${name}: timeout`],
];

const SECTIONS = ["clients", "services", "stores", "caches", "queues", "guards"];
const FAVOURITES_MAX = 10;

interface Knob {
  path: string;
  label: string;
  of: Amount;
  /** The least and the most that can be chosen. */
  range?: [low: number, high: number];
}

/** A knob and the designs that it moves: both where they have the same there. */
interface Shared extends Knob {
  designs: Design[];
}

/** Of two designs, what both have alike once, what they have not for each. */
function shared(found: { design: Design; knobs: Knob[] }[]): Shared[] {
  const paths = [...new Set(found.flatMap(({ knobs }) => knobs.map(({ path }) => path)))];
  return paths.flatMap((path) => {
    const of = found.flatMap(({ design, knobs }): Shared[] => knobs.filter((knob) => knob.path === path).map((knob) => ({ ...knob, designs: [design] })));
    const [first, second] = of;
    const isAlike = second !== undefined && first!.of.value === second.of.value && first!.of.kind === second.of.kind;
    return isAlike ? [{ ...first!, designs: of.flatMap(({ designs }) => designs) }] : of;
  });
}

/** The knobs that a model names, with their values. */
async function named(sandbox: Sandbox, design: Design): Promise<Knob[]> {
  const { model } = sandbox;
  const wanted = sandbox.checked?.playground?.knobs ?? [];
  if (wanted.length === 0) return [];
  const values = await sandbox.tools.call("values", { model, design, paths: wanted.map(({ path }) => path) });
  return wanted.flatMap(({ path, label, from, to }): Knob[] => {
    const of = amount(values[path]);
    if (of === undefined) return [];
    const [low, high] = [amount(from)?.value ?? of.value / 10, amount(to)?.value ?? of.value * 10];
    return [{ path, label: label ?? path, of, range: [Math.min(low, of.value), Math.max(high, of.value)] }];
  });
}

/** What is usually turned, where the model names nothing. */
async function usual(sandbox: Sandbox, design: Design): Promise<Knob[]> {
  const { model } = sandbox;
  const found = await Promise.all(SECTIONS.map((below) => sandbox.tools.call("parameters", { model, design, below }).catch(() => [])));
  const all = found.flat() as [string, unknown][];
  return FAVOURITES.flatMap(([pattern, label]) =>
    all.flatMap(([path, value]) => {
      const [match, of] = [pattern.exec(path), amount(value)];
      return match === null || of === undefined || of.value === 0 ? [] : [{ path, label: label([...match]), of }];
    }),
  );
}

function useKnobs(sandbox: Sandbox): Shared[] {
  const [knobs, setKnobs] = useState<Shared[]>([]);
  const { designs } = sandbox;
  const key = JSON.stringify([sandbox.model, designs, sandbox.checked?.ok]);
  useEffect(() => {
    let isCurrent = true;
    const all = async (of: (sandbox: Sandbox, design: Design) => Promise<Knob[]>) => shared(await Promise.all(designs.map(async (design) => ({ design, knobs: await of(sandbox, design) }))));
    const find = async () => {
      const found = await all(named);
      return found.length > 0 ? found : (await all(usual)).slice(0, FAVOURITES_MAX);
    };
    void find().then(
      (found) => isCurrent && setKnobs(found),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return knobs;
}

export function Knobs({ sandbox }: { sandbox: Sandbox }) {
  const knobs = useKnobs(sandbox);
  return (
    <section class="panel knobs" aria-labelledby="knobs">
      <h2 id="knobs">Knobs</h2>
      <div class="choices" role="radiogroup" aria-label="A knob that is turned">
        {(["now", "restart"] as const).map((changing) => (
          <label key={changing}>
            <input
              type="radio"
              name="changing"
              checked={sandbox.changing === changing}
              onChange={() => {
                sandbox.changing = changing;
                sandbox.changed();
              }}
            />
            {changing === "now" ? "changes the running system" : "starts over"}
          </label>
        ))}
      </div>
      {sandbox.designs.length > 1 && <HowShared knobs={knobs} />}
      {knobs.map((knob) => (
        <Slider key={`${knob.path} of ${JSON.stringify(knob.designs)}`} knob={knob} sandbox={sandbox} />
      ))}
      <Changed sandbox={sandbox} />
    </section>
  );
}

/** What the letters of the sliders mean. */
function HowShared({ knobs }: { knobs: Shared[] }) {
  const isBoth = knobs.some(({ designs }) => designs.length > 1);
  const isOne = knobs.some(({ designs }) => designs.length === 1);
  const says = [isBoth && "A + B: both designs are the same here, and one slider moves both.", isOne && "A or B: they differ here, or only one has it, and each has a slider of its own."];
  return <p class="hint">{says.filter(Boolean).join(" ")}</p>;
}

/** Values of a curve, all that are whole or so many. */
const CURVE_POINTS = 10;

/** The values of a slider as `--vary` takes them: by equal factors where the slider goes so. */
function range(low: number, high: number, of: Amount, isSmall: boolean): string {
  if (isSmall) return `${low}..${high}${high - low < 16 ? "" : `:lin:${CURVE_POINTS}`}`;
  const unit = unitOf(low, of);
  const from = low > 0 ? low : high / 100;
  return `${inUnit(from, of, unit)}..${inUnit(high, of, unit)}:log:${CURVE_POINTS}`;
}

function Slider({ knob, sandbox }: { knob: Shared; sandbox: Sandbox }) {
  const { path, label, of, designs } = knob;
  const [value, setValue] = useState(of.value);
  const origin = useRef(of.value || 1);
  const timer = useRef<ReturnType<typeof setTimeout>>();
  const told = useRef(of.value);
  useEffect(() => {
    setValue(of.value);
    told.current = of.value;
  }, [of.value]);
  const isWhole = !of.isText && Number.isInteger(of.value);
  const isSmall = isWhole && (knob.range?.[1] ?? origin.current) <= 64;
  const [low, high] = knob.range ?? (isSmall ? [1, Math.max(8, origin.current * 3)] : [origin.current / 10, origin.current * 10]);
  // Small whole numbers go evenly, all others by the same factor from step to step.
  const toStep = (it: number) => (isSmall ? it : Math.log10(Math.max(it, low || 1e-9) / (low || 1e-9)) * 100);
  const fromStep = (step: number) => (isSmall ? step : low * 10 ** (step / 100));
  const round = (it: number) => (isWhole ? Math.max(1, Math.round(isSmall ? it : Number(it.toPrecision(2)))) : Number(it.toPrecision(2)));
  // While it is dragged it counts where it rests, and at once when it is let go.
  const set = (next: number, after: number) => {
    setValue(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (next === told.current) return;
      told.current = next;
      void sandbox.edit([[path, written(next, of)]], designs);
    }, after);
  };
  const whose = designs.map((design) => letter(sandbox, design)).join("");
  const id = `knob-${path}-${whose}`;
  return (
    <div class="slider">
      <label for={id}>
        <Whose sandbox={sandbox} designs={designs} />
        {label}
      </label>
      <output for={id}>{written(value, of)}</output>
      <input
        id={id}
        type="range"
        data-path={path}
        data-whose={whose}
        min={toStep(low)}
        max={toStep(high)}
        step={isSmall ? 1 : 1}
        value={toStep(value)}
        aria-valuetext={written(value, of)}
        onInput={(event) => set(round(fromStep(Number(event.currentTarget.value))), 120)}
        onChange={(event) => set(round(fromStep(Number(event.currentTarget.value))), 0)}
      />
      <button
        class="small"
        title={`Sweep ${path}: draw the curve over its values`}
        aria-label={`curve over ${label}${designs.length === 1 && sandbox.designs.length > 1 ? ` of ${whose}` : ""}`}
        onClick={() => {
          void sandbox.sweep(`${path}=${range(low, high, of, isSmall)}`, designs[0]);
        }}
      >
        curve
      </button>
    </div>
  );
}

/** A parameter of a thing, and of which designs it is so. */
interface Told {
  path: string;
  value: unknown;
  designs: Design[];
}

/** All parameters of a thing, of both designs where there are two. */
function useParameters(sandbox: Sandbox, path: string | undefined): Told[] {
  const [found, setFound] = useState<Told[]>([]);
  const { model, designs } = sandbox;
  const key = JSON.stringify([model, designs, path]);
  useEffect(() => {
    let isCurrent = true;
    const of = async (design: Design, below: string) => {
      const list = await sandbox.tools.call("parameters", { model, design, below }).catch(() => []);
      return list.map(([path, value]): Told => ({ path, value, designs: [design] }));
    };
    const find = async (below: string) => {
      const all = (await Promise.all(designs.map((design) => of(design, below)))).flat();
      return [...new Set(all.map((it) => it.path))].flatMap((path) => {
        const [first, second] = all.filter((it) => it.path === path);
        if (second === undefined) return [first!];
        return first!.value === second.value ? [{ ...first!, designs }] : [first!, second];
      });
    };
    if (path !== undefined) void find(path).then((told) => isCurrent && setFound(told));
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return found;
}

/** All parameters of the thing that was clicked, and how it can be broken. */
export function Selected({ sandbox }: { sandbox: Sandbox }) {
  const path = sandbox.selected;
  const found = useParameters(sandbox, path);
  if (path === undefined) return null;
  // The items of a list of names say what a thing is made of: the text is the place to change that.
  const shown = found.filter((it) => !it.path.endsWith("]"));
  return (
    <section class="panel" aria-labelledby="selected">
      <h2 id="selected">
        <code>{path}</code>
      </h2>
      <div class="parameters">
        {shown.map((told) => (
          <Parameter key={`${told.path} of ${JSON.stringify(told.designs)}`} told={told} below={path} sandbox={sandbox} />
        ))}
        {shown.length === 0 && <p class="hint">All of its parameters are at their defaults.</p>}
      </div>
    </section>
  );
}

function Parameter({ told: { path, value, designs }, below, sandbox }: { told: Told; below: string; sandbox: Sandbox }) {
  const name = path.slice(below.length).replace(/^\./, "") || below;
  return (
    <label>
      <span>
        <Whose sandbox={sandbox} designs={designs} />
        {name}
      </span>
      <input
        type="text"
        value={String(value ?? "")}
        spellcheck={false}
        onChange={(event) => void sandbox.edit([[path, event.currentTarget.value]], designs)}
      />
    </label>
  );
}

interface Breakage {
  says: string;
  /** What is broken, as it is called. */
  what: string;
  happens: (sandbox: Sandbox, designs: Design[]) => Promise<boolean>;
}

/** A fault, all but its instant. */
const fault = (what: string, says: string, kind: string, of: string, rest = ""): Breakage => ({
  says,
  what,
  happens: (sandbox, designs) => sandbox.happen("faults", (at) => `${kind}(of: ${JSON.stringify(of)}, at: "${at}"${rest})`, designs),
});

/** What can be done to a thing at an instant. */
function breakages({ kind, name }: TopologyNode, path: string): Breakage[] {
  switch (kind) {
    case "client":
      return [{ says: `double the load of ${name} for 20 s`, what: `load of ${name}`, happens: (sandbox, designs) => sandbox.surge(path, 20, designs) }];
    case "service":
      return [
        fault(name, `kill a replica of ${name} for 20 s`, "crash", path, ', replica: 0, lasts: "20s"'),
        fault(name, `make ${name} 5 times slower for 20 s`, "slow", path, ', factor: 5, lasts: "20s"'),
        fault(name, `freeze ${name} for 5 s`, "stall", path, ', lasts: "5s"'),
      ];
    case "store":
      return [
        fault(name, `slow ${name} down, 5 times, for 20 s`, "slow", path, ', factor: 5, lasts: "20s"'),
        fault(name, `freeze ${name} for 5 s`, "stall", path, ', lasts: "5s"'),
        fault(name, `kill ${name} for 10 s`, "crash", path, ', lasts: "10s"'),
      ];
    case "cache":
      return [fault(name, `flush ${name}`, "flush", path)];
    default:
      return [];
  }
}

/** By design the paths of clients whose load can be doubled: what comes by a schedule or from a record has its times. */
function useLoads(sandbox: Sandbox, clients: string[]): Map<Design, Set<string>> {
  const [found, setFound] = useState<Map<Design, Set<string>>>(new Map());
  const { model, designs } = sandbox;
  const key = JSON.stringify([model.text, designs, clients]);
  useEffect(() => {
    let isCurrent = true;
    const paths = clients.flatMap((path) => [`${path}.rate`, `${path}.users`]);
    const of = async (design: Design) => {
      const values = await sandbox.tools.call("values", { model, design, paths });
      return [design, new Set(clients.filter((path) => values[`${path}.rate`] != null || values[`${path}.users`] != null))] as const;
    };
    Promise.all(designs.map(of)).then(
      (all) => isCurrent && setFound(new Map(all)),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return found;
}

/** What can be broken, and in which of the designs. */
function useBreakages(sandbox: Sandbox): (Breakage & { designs: Design[] })[] {
  const { runs } = sandbox;
  const nodesOf = runs.map(({ parts }) => parts?.topology.nodes ?? []);
  const clients = new Set(nodesOf.flat().filter((node) => node.kind === "client").map(pathOf));
  const loads = useLoads(sandbox, [...clients]);
  const all = runs.flatMap(({ design, parts }, at) => {
    const nodes = nodesOf[at]!.filter((node) => node.kind !== "client" || loads.get(design)?.has(pathOf(node)) === true);
    const regions = (parts?.regions ?? []).map(([region]) => fault(`region ${region}`, `cut off region ${region} for 20 s`, "crash", `regions.${bare(region)}`, ', lasts: "20s"'));
    const inner = new Set(nodes.flatMap((node) => (node.caches ?? []).map(({ name }) => name)));
    const flushes = [...inner].map((name) => fault(name, `flush ${name}`, "flush", `caches.${bare(name)}`));
    return [...nodes.flatMap((node) => breakages(node, pathOf(node))), ...flushes, ...regions].map((it) => ({ ...it, design }));
  });
  const each = [...new Map(all.map((it) => [it.says, it])).values()];
  return each.map(({ design: _, ...it }) => ({ ...it, designs: all.filter(({ says }) => says === it.says).map(({ design }) => design) }));
}

export function BreakThings({ sandbox }: { sandbox: Sandbox }) {
  const all = useBreakages(sandbox);
  const [says, setSays] = useState<string>();
  const [side, setSide] = useState<Design | undefined>();
  const chosen = all.find((it) => it.says === says) ?? all[0];
  if (chosen === undefined) return null;
  const two = sandbox.designs.length > 1;
  const isBoth = chosen.designs.length > 1;
  // Both, unless one is asked for.
  const hit = side !== undefined && chosen.designs.includes(side) ? [side] : chosen.designs;
  return (
    <section class="panel" aria-labelledby="break">
      <h2 id="break">Break something</h2>
      <div class="row">
        <select aria-label="what to break" value={chosen.says} onChange={(event) => setSays(event.currentTarget.value)}>
          {all.map((it) => (
            <option key={it.says} value={it.says}>
              {it.says}
              {two && it.designs.length === 1 ? ` (only in ${letter(sandbox, it.designs[0]!)})` : ""}
            </option>
          ))}
        </select>
        <button class="bad" id="break-it" onClick={() => void breakIt(sandbox, chosen, hit)}>
          Break now
        </button>
      </div>
      {two && isBoth && (
        <div class="choices" role="radiogroup" aria-label="In which design">
          {[undefined, ...sandbox.designs].map((it) => (
            <label key={String(it)}>
              <input type="radio" name="break-in" checked={hit.length > 1 ? it === undefined : it === hit[0]} onChange={() => setSide(it)} />
              {it === undefined ? "in both at once" : `in ${letter(sandbox, it)} only`}
            </label>
          ))}
        </div>
      )}
      {two && !isBoth && <OnlyIn sandbox={sandbox} design={chosen.designs[0]!} what={chosen.what} />}
    </section>
  );
}

/** Says why something can be broken in one of two designs only. */
function OnlyIn({ sandbox, design, what }: { sandbox: Sandbox; design: Design; what: string }) {
  const other = sandbox.designs.find((it) => it !== design)!;
  return (
    <p class="hint" id="only-in">
      Only in {letter(sandbox, design)}: {letter(sandbox, other)} ({designName(other)}) has no {what}.
    </p>
  );
}

/** What is broken is broken at this instant, whatever turning a knob means; then one sees what follows. */
async function breakIt(sandbox: Sandbox, { happens }: Breakage, designs: Design[]): Promise<void> {
  await happens(sandbox, designs);
  sandbox.play(true);
}
