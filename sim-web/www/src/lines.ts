// Lines between things, as paths to draw and as points that dots go along, and heights that suit neighbours.

import type { Point } from "./layout";

/** Points of a curve between two turns. */
const STEPS = 10;
/** How round corners are. */
const RADIUS = 9;

const drawn = (points: Point[]): string => points.map(({ x, y }, at) => `${at === 0 ? "M" : "L"}${x.toFixed(1)},${y.toFixed(1)}`).join(" ");

/** A smooth line that is level at each of its points. */
export function curve(turns: Point[]): { points: Point[]; path: string } {
  const points = [turns[0]!];
  turns.slice(1).forEach((end, at) => {
    const start = turns[at]!;
    const steps = Math.abs(end.y - start.y) < 1 ? 1 : STEPS;
    for (let step = 1; step <= steps; step += 1) {
      const t = step / steps;
      points.push({ x: start.x + t * (end.x - start.x), y: start.y + t * t * (3 - 2 * t) * (end.y - start.y) });
    }
  });
  return { points, path: drawn(points) };
}

/** The point half-way along a line. */
export function halfWay(points: Point[]): Point {
  const lengths = points.slice(1).map((point, at) => Math.hypot(point.x - points[at]!.x, point.y - points[at]!.y));
  let left = lengths.reduce((sum, length) => sum + length, 0) / 2;
  for (const [at, length] of lengths.entries()) {
    const [a, b] = [points[at]!, points[at + 1]!];
    if (left <= length && length > 0) return { x: a.x + ((b.x - a.x) * left) / length, y: a.y + ((b.y - a.y) * left) / length };
    left -= length;
  }
  return points.at(-1)!;
}

/** A line along its points with rounded corners. */
export function track(turns: Point[]): { points: Point[]; path: string } {
  const points = [turns[0]!];
  for (let at = 1; at + 1 < turns.length; at += 1) {
    const [before, corner, after] = [turns[at - 1]!, turns[at]!, turns[at + 1]!];
    const [into, out] = [towards(corner, before), towards(corner, after)];
    points.push(into, { x: (into.x + 2 * corner.x + out.x) / 4, y: (into.y + 2 * corner.y + out.y) / 4 }, out);
  }
  points.push(turns.at(-1)!);
  return { points, path: drawn(points) };
}

/** A little way from one point to another. */
function towards(from: Point, to: Point): Point {
  const far = Math.hypot(to.x - from.x, to.y - from.y);
  const share = far === 0 ? 0 : Math.min(RADIUS, far / 2) / far;
  return { x: from.x + share * (to.x - from.x), y: from.y + share * (to.y - from.y) };
}

/** The places nearest to those wanted, in the same order, each as far from the one before it as is said: isotonic regression by
 * pooling adjacent violators. */
export function settle(wanted: number[], separations: number[]): number[] {
  let before = 0;
  const offsets = wanted.map((_, at) => (before += at === 0 ? 0 : separations[at - 1]!));
  const pools: { sum: number; count: number }[] = [];
  wanted.forEach((place, at) => {
    pools.push({ sum: place - offsets[at]!, count: 1 });
    while (pools.length > 1) {
      const [a, b] = [pools.at(-2)!, pools.at(-1)!];
      if (a.sum / a.count <= b.sum / b.count) break;
      pools.splice(-2, 2, { sum: a.sum + b.sum, count: a.count + b.count });
    }
  });
  const places = pools.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
  return places.map((place, at) => place + offsets[at]!);
}
