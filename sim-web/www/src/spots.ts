// Which thing of a drawing, and which box of it, is meant where a run tells that something is somewhere.

import type { NodeKind, Parts, Spot } from "./engine/protocol";
import { isIn, type Placed } from "./layout";

/** What is called by name: of which kind it is, and its name. */
function named(parts: Parts, [kind, number]: Spot): [kinds: NodeKind[], name: string | undefined] {
  switch (kind) {
    case 0:
      return [["client"], parts.clients[number]];
    case 1:
      return [["service"], parts.services[number]?.[0]];
    case 3:
      return [["external", "store"], parts.externals[number]];
    case 4:
      return [["store"], parts.objects[number]];
    case 5:
      return [["queue"], parts.queues[number]];
    case 7:
      return [["cache"], parts.caches[number]];
    default:
      return [[], undefined];
  }
}

/** The things at a spot: one, or the clients of all regions where it is not known which. */
export function thingsAt(parts: Parts, things: Placed[], spot: Spot): Placed[] {
  const [kind, number, member] = spot;
  if (kind === 2) {
    const station = parts.stations[number]!.first + member;
    return things.filter(({ node, region }) => node.stations.includes(number) && isIn(parts, station, region));
  }
  const [kinds, name] = named(parts, spot);
  const region = kind === 0 ? member : kind === 1 ? (parts.places[coresOf(parts, name, member)]?.[0] ?? -1) : -1;
  return things.filter((it) => kinds.includes(it.node.kind) && it.node.name === name && (region < 0 || it.region === undefined || it.region === region));
}

/** The box of a thing that is meant by a spot, by its number; -1 where there is none. */
export function boxAt(parts: Parts, { node, boxes }: Placed, [kind, number, member]: Spot): number {
  if (kind === 1) {
    const cores = coresOf(parts, node.name, member);
    return boxes.findIndex(({ station }) => station === cores);
  }
  if (kind !== 2) return -1;
  const group = parts.stations[number]!;
  // Threads and connections are drawn as the replica that has them.
  const isHeld = group.kind === "threads" || group.kind === "connections";
  return boxes.findIndex(({ station, group: of }) => station === group.first + member || (isHeld && station - parts.stations[of]!.first === member));
}

/** The station that stands for a replica of a service: its cores, which are counted group by group. */
function coresOf(parts: Parts, service: string | undefined, replica: number): number {
  const node = parts.topology.nodes.find(({ kind, name }) => kind === "service" && name === service);
  let before = 0;
  for (const number of node?.stations ?? []) {
    const group = parts.stations[number]!;
    if (group.kind !== "cores") continue;
    if (replica < before + group.count) return group.first + replica - before;
    before += group.count;
  }
  return -1;
}
