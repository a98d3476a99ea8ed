// Caches that are no things of their own: chips in what they lie in, and where these are.

import type { TopologyNode } from "./engine/protocol";

export interface Chip {
  name: string;
  /** How large it is, and where it lies. */
  size: string;
  /** The path of the cache in the model. */
  path: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

const HEIGHT = 24;
const GAP = 3;
const MARGIN = 8;
/** Chips of a thing, at most: the table has the others. */
const CHIPS_MAX = 6;
/** Room for the hit ratio. */
const RATIO = 62;
const LETTER = 6.8;

const drawn = (node: TopologyNode) => (node.caches ?? []).slice(0, CHIPS_MAX);

/** How much room a thing's chips need. */
export function room(node: TopologyNode): { width: number; height: number } {
  const chips = drawn(node);
  if (chips.length === 0) return { width: 0, height: 0 };
  const widest = Math.max(...chips.map(({ name }) => name.length * LETTER));
  return { width: Math.min(widest + RATIO + 2 * MARGIN + 14, 240), height: chips.length * (HEIGHT + GAP) + GAP };
}

/** The chips of a thing, one below the other from `top` on. */
export function chipsOf(node: TopologyNode, left: number, top: number, width: number, pathOf: (name: string) => string): Chip[] {
  const at = (row: number) => ({ x: left + MARGIN, y: top + GAP + row * (HEIGHT + GAP), width: width - 2 * MARGIN, height: HEIGHT });
  return drawn(node).map(({ name, size, layer }, row) => ({ name, size: `${size} ${layer}`, path: pathOf(name), ...at(row) }));
}

/** As much of a name as there is room for beside the hit ratio. */
export function shortened(name: string, width: number): string {
  const letters = Math.max(3, Math.floor((width - RATIO - 12) / LETTER));
  return name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
}
