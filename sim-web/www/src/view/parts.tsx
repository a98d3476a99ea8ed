// What the parts of a system do, and what they cost: what stores, caches, queues and guards tell of themselves in whole runs.

import type { DesignSummary, Value } from "../engine/summary";
import { dollars, number, rate, share, time, words } from "../format";
import type { Sandbox } from "../sandbox";
import { Interval } from "./numbers";
import { lettered, useSides } from "./whose";

const SAY: Record<string, (value: number | null) => string> = {
  seconds: time,
  per_second: rate,
  bytes_per_second: (value) => `${number(value)} B/s`,
  share,
  dollars,
};

interface Told {
  name: string;
  unit: string;
  value: Value;
}

/** By part what is told of it: the charges of a part come after what it does. */
function told(design: DesignSummary): Map<string, Told[]> {
  const parts = new Map(design.blocks.map(({ path, measures }) => [path, measures]));
  for (const { scope, month } of design.bill?.charges ?? []) {
    const { of, kind } = scope.charge;
    parts.set(of, [...(parts.get(of) ?? []), { name: `${kind} a month`, unit: "dollars", value: month }]);
  }
  return parts;
}

export function PartsTable({ sandbox }: { sandbox: Sandbox }) {
  const { runs, summary } = sandbox;
  const { sides, choice } = useSides(sandbox, "what its parts do");
  const found = sides.flatMap((side) => {
    const { design } = runs[side]!;
    const summed = summary?.designs.find((it) => it.name === (design ?? "as written"));
    return summed === undefined ? [] : [{ name: lettered(sandbox, design), told: told(summed) }];
  });
  const designs = found.map(({ name }) => name);
  const all = found.map((it) => it.told);
  const parts = [...new Set(all.flatMap((it) => [...it.keys()]))];
  if (parts.length === 0) return null;
  return (
    <section class="panel" aria-labelledby="parts">
      <h2 id="parts">What its parts do</h2>
      {choice}
      <div class="scroll" tabindex={0} role="region" aria-label="What its parts do">
        <table>
          <thead>
            <tr>
              <td />
              {designs.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          {parts.map((part) => (
            <tbody key={part}>
              <tr>
                <th scope="rowgroup" colspan={1 + designs.length}>
                  <code>{part}</code>
                </th>
              </tr>
              {[...new Map(all.flatMap((it) => it.get(part) ?? []).map((it) => [it.name, it])).values()].map(({ name, unit }) => (
                <tr key={name}>
                  <th scope="row">{words(name)}</th>
                  {all.map((it, at) => {
                    const found = it.get(part)?.find((other) => other.name === name);
                    return <td key={at}>{found === undefined ? "–" : <Interval value={found.value} say={SAY[unit] ?? number} />}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}
