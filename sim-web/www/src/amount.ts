// Values of a model as numbers that a slider can move, and back: `930/s`, `16MB`, `5min`, 4.

/** Units by kind, from small to large, each with its size in the kind's first. */
const KINDS: Record<string, [unit: string, size: number][]> = {
  time: [
    ["ns", 1e-9],
    ["us", 1e-6],
    ["µs", 1e-6],
    ["ms", 1e-3],
    ["s", 1],
    ["min", 60],
    ["h", 3600],
    ["d", 86_400],
  ],
  bytes: [
    ["B", 1],
    ["kB", 1e3],
    ["KiB", 1024],
    ["MB", 1e6],
    ["MiB", 1024 ** 2],
    ["GB", 1e9],
    ["GiB", 1024 ** 3],
    ["TB", 1e12],
  ],
};

/** The units that values are written in, each from one of it on. */
const WRITTEN: Record<string, string[]> = { time: ["us", "ms", "s", "min", "h", "d"], bytes: ["B", "kB", "MB", "GB", "TB"] };

/** A number and what it counts: a kind of units, or a unit of its own. */
export interface Amount {
  value: number;
  kind: string;
  /** Whether it is written as a text, with its unit. */
  isText: boolean;
}

export function amount(value: unknown): Amount | undefined {
  if (typeof value === "number") return { value, kind: "", isText: false };
  if (typeof value !== "string") return undefined;
  const found = /^(\d[\d_]*(?:\.\d+)?)\s*([a-zA-Zµ%/$]*)$/.exec(value);
  if (found === null) return undefined;
  const [number, unit] = [Number(found[1]!.replaceAll("_", "")), found[2]!];
  for (const [kind, units] of Object.entries(KINDS)) {
    const size = units.find(([name]) => name === unit)?.[1];
    if (size !== undefined) return { value: number * size, kind, isText: true };
  }
  return { value: number, kind: unit, isText: true };
}

/** An amount in the model's words, with three digits. */
export function written(value: number, { kind }: Pick<Amount, "kind">): string {
  return inUnit(value, { kind }, unitOf(value, { kind }));
}

/** The unit in which an amount is written best. */
export function unitOf(value: number, { kind }: Pick<Amount, "kind">): string {
  return WRITTEN[kind]?.filter((name) => value >= sizeOf(kind, name) * 0.9995).at(-1) ?? WRITTEN[kind]?.[0] ?? kind;
}

/** An amount in a unit, with three digits. */
export const inUnit = (value: number, { kind }: Pick<Amount, "kind">, unit: string): string => `${Number((value / sizeOf(kind, unit)).toPrecision(3))}${unit}`;

const sizeOf = (kind: string, unit: string): number => KINDS[kind]?.find(([name]) => name === unit)?.[1] ?? 1;
