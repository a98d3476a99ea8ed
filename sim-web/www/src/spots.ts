// Places in a run, and where they are drawn.

import type { Parts, Spot } from "./engine/protocol";
import { isIn, type Layout } from "./layout";

/** The thing of a drawing that a place in the run is in and, of a station, its box; -1 where there is none. A client's member is the region that it is in. */
export function placeOf(parts: Parts, { nodes }: Layout, [kind, number, member]: Spot): [node: number, box: number] {
  const find = (kinds: string[], name: string | undefined, region?: number) =>
    nodes.findIndex((it) => kinds.includes(it.node.kind) && it.node.name === name && (region === undefined || it.region === undefined || it.region === region));
  switch (kind) {
    case 0:
      return [find(["client"], parts.clients[number], member), -1];
    case 1: {
      const name = parts.services[number]?.[0];
      const cores = coresOf(parts, name, member);
      const at = find(["service"], name, parts.places[cores]?.[0]);
      return [at, nodes[at]?.boxes.findIndex((it) => it.station === cores) ?? -1];
    }
    case 2: {
      const group = parts.stations[number]!;
      const at = nodes.findIndex(({ node, region }) => node.stations.includes(number) && isIn(parts, group.first + member, region));
      const isHeld = group.kind === "threads" || group.kind === "connections";
      // Threads and connections are drawn as the replica that has them.
      const box = nodes[at]?.boxes.findIndex(({ station, group: of }) => station === group.first + member || (isHeld && station - parts.stations[of]!.first === member));
      return [at, box ?? -1];
    }
    case 3:
      return [find(["external", "store"], parts.externals[number]), -1];
    case 4:
      return [find(["store"], parts.objects[number]), -1];
    case 5:
      return [find(["queue"], parts.queues[number]), -1];
    case 7:
      return [find(["cache"], parts.caches[number]), -1];
    default:
      return [-1, -1];
  }
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
