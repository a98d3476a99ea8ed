// Knobs: sliders on the model's favourites, all parameters of what was clicked, and what can be broken.

import { useEffect, useRef, useState } from "preact/hooks";
import { amount, type Amount, inUnit, unitOf, written } from "../amount";
import type { TopologyNode } from "../engine/protocol";
import type { Sandbox } from "../sandbox";
import { Changed } from "./changed";

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

/** The knobs that a model names, with their values. */
async function named(sandbox: Sandbox): Promise<Knob[]> {
  const { model, design } = sandbox;
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
async function usual(sandbox: Sandbox): Promise<Knob[]> {
  const { model, design } = sandbox;
  const found = await Promise.all(SECTIONS.map((below) => sandbox.tools.call("parameters", { model, design, below }).catch(() => [])));
  const all = found.flat() as [string, unknown][];
  const known = FAVOURITES.flatMap(([pattern, label]) =>
    all.flatMap(([path, value]) => {
      const [match, of] = [pattern.exec(path), amount(value)];
      return match === null || of === undefined || of.value === 0 ? [] : [{ path, label: label([...match]), of }];
    }),
  );
  return known.slice(0, FAVOURITES_MAX);
}

function useKnobs(sandbox: Sandbox): Knob[] {
  const [knobs, setKnobs] = useState<Knob[]>([]);
  const key = JSON.stringify([sandbox.model, sandbox.design, sandbox.checked?.ok]);
  useEffect(() => {
    let isCurrent = true;
    const find = async () => {
      const found = await named(sandbox);
      return found.length > 0 ? found : usual(sandbox);
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
      {knobs.map((knob) => (
        <Slider key={knob.path} knob={knob} sandbox={sandbox} />
      ))}
      <Changed sandbox={sandbox} />
    </section>
  );
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

function Slider({ knob, sandbox }: { knob: Knob; sandbox: Sandbox }) {
  const { path, label, of } = knob;
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
      void sandbox.edit([[path, written(next, of)]]);
    }, after);
  };
  const id = `knob-${path}`;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{written(value, of)}</output>
      <input
        id={id}
        type="range"
        data-path={path}
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
        aria-label={`curve over ${label}`}
        onClick={() => {
          void sandbox.sweep(`${path}=${range(low, high, of, isSmall)}`);
        }}
      >
        curve
      </button>
    </div>
  );
}

/** All parameters of the thing that was clicked, and how it can be broken. */
export function Selected({ sandbox }: { sandbox: Sandbox }) {
  const path = sandbox.selected;
  const [found, setFound] = useState<[string, unknown][]>([]);
  const key = JSON.stringify([sandbox.model, sandbox.design, path]);
  useEffect(() => {
    let isCurrent = true;
    if (path !== undefined) {
      const { model, design } = sandbox;
      sandbox.tools
        .call("parameters", { model, design, below: path })
        .then((list) => isCurrent && setFound(list))
        .catch(() => isCurrent && setFound([]));
    }
    return () => {
      isCurrent = false;
    };
  }, [key]);
  if (path === undefined) return null;
  // The items of a list of names say what a thing is made of: the text is the place to change that.
  const shown = found.filter(([of]) => !of.endsWith("]"));
  return (
    <section class="panel" aria-labelledby="selected">
      <h2 id="selected">
        <code>{path}</code>
      </h2>
      <div class="parameters">
        {shown.map(([of, value]) => (
          <Parameter key={of} path={of} below={path} value={value} sandbox={sandbox} />
        ))}
        {shown.length === 0 && <p class="hint">All of its parameters are at their defaults.</p>}
      </div>
    </section>
  );
}

function Parameter({ path, below, value, sandbox }: { path: string; below: string; value: unknown; sandbox: Sandbox }) {
  const name = path.slice(below.length).replace(/^\./, "") || below;
  return (
    <label>
      <span>{name}</span>
      <input
        type="text"
        value={String(value ?? "")}
        spellcheck={false}
        onChange={(event) => void sandbox.edit([[path, event.currentTarget.value]])}
      />
    </label>
  );
}

interface Breakage {
  says: string;
  happens: (sandbox: Sandbox) => Promise<boolean>;
}

/** A fault, all but its instant. */
const fault = (says: string, kind: string, of: string, rest = ""): Breakage => ({
  says,
  happens: (sandbox) => sandbox.happen("faults", (at) => `${kind}(of: ${JSON.stringify(of)}, at: "${at}"${rest})`),
});

/** What can be done to a thing at an instant. */
function breakages(node: TopologyNode, path: string): Breakage[] {
  switch (node.kind) {
    case "client":
      return [{ says: `double the load of ${node.name} for 20 s`, happens: (sandbox) => sandbox.surge(path, 20) }];
    case "service":
      return [
        fault(`kill a replica of ${node.name} for 20 s`, "crash", path, ', replica: 0, lasts: "20s"'),
        fault(`make ${node.name} 5 times slower for 20 s`, "slow", path, ', factor: 5, lasts: "20s"'),
        fault(`freeze ${node.name} for 5 s`, "stall", path, ', lasts: "5s"'),
      ];
    case "store":
      return [
        fault(`slow ${node.name} down, 5 times, for 20 s`, "slow", path, ', factor: 5, lasts: "20s"'),
        fault(`freeze ${node.name} for 5 s`, "stall", path, ', lasts: "5s"'),
        fault(`kill ${node.name} for 10 s`, "crash", path, ', lasts: "10s"'),
      ];
    case "cache":
      return [fault(`flush ${node.name}`, "flush", path)];
    default:
      return [];
  }
}

/** The paths of clients whose load can be doubled: what comes by a schedule or from a record has its times. */
function useLoads(sandbox: Sandbox, clients: string[]): Set<string> {
  const [found, setFound] = useState<Set<string>>(new Set());
  const { model, design } = sandbox;
  const key = JSON.stringify([model.text, design, clients]);
  useEffect(() => {
    let isCurrent = true;
    const paths = clients.flatMap((path) => [`${path}.rate`, `${path}.users`]);
    sandbox.tools.call("values", { model, design, paths }).then(
      (values) => isCurrent && setFound(new Set(clients.filter((path) => values[`${path}.rate`] != null || values[`${path}.users`] != null))),
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [key]);
  return found;
}

export function BreakThings({ sandbox }: { sandbox: Sandbox }) {
  const nodes = sandbox.main?.parts?.topology.nodes ?? [];
  const [what, setWhat] = useState(0);
  const sections = { client: "clients", service: "services", cache: "caches", queue: "queues", store: "stores", external: "stores" };
  const bare = (name: string) => (/^[\w-]+$/.test(name) ? name : JSON.stringify(name));
  const pathOf = (node: TopologyNode) => `${sections[node.kind]}.${bare(node.name)}`;
  const loads = useLoads(sandbox, nodes.filter((node) => node.kind === "client").map(pathOf));
  const all = nodes.filter((node) => node.kind !== "client" || loads.has(pathOf(node))).flatMap((node) => breakages(node, pathOf(node)));
  const inner = new Set(nodes.flatMap((node) => (node.caches ?? []).map(({ name }) => name)));
  for (const name of inner) all.push(fault(`flush ${name}`, "flush", `caches.${bare(name)}`));
  const regions = sandbox.main?.parts?.regions ?? [];
  for (const [region] of regions) all.push(fault(`cut off region ${region} for 20 s`, "crash", `regions.${bare(region)}`, ', lasts: "20s"'));
  const chosen = all[Math.min(what, all.length - 1)];
  if (chosen === undefined) return null;
  return (
    <section class="panel" aria-labelledby="break">
      <h2 id="break">Break something</h2>
      <div class="row">
        <select aria-label="what to break" value={String(what)} onChange={(event) => setWhat(Number(event.currentTarget.value))}>
          {all.map(({ says }, number) => (
            <option key={says} value={String(number)}>
              {says}
            </option>
          ))}
        </select>
        <button class="bad" id="break-it" onClick={() => void breakIt(sandbox, chosen)}>
          Break now
        </button>
      </div>
    </section>
  );
}

/** What is broken is broken at this instant, whatever turning a knob means; then one sees what follows. */
async function breakIt(sandbox: Sandbox, { happens }: Breakage): Promise<void> {
  await happens(sandbox);
  sandbox.play(true);
}
