// The presets: which model, and the story that it opens with.

import type { Design } from "./engine/protocol";
import { models } from "./models";

/** A step of a story: what it says, and what it does to the sandbox when it is reached. */
export interface Step {
  says: string;
  look?: string;
  design?: Design;
  beside?: Design;
  speed?: number;
  /** Values to put at paths. */
  set?: [path: string, value: string][];
  /** Whether changes of earlier steps are taken back first. */
  fresh?: boolean;
  seek?: number;
}

export interface Preset {
  /** The model's path. */
  path: string;
  question: string;
  topic: string;
  story: Step[];
}

const STORIES: [path: string, topic: string, story: Step[]][] = [
  [
    "models/blocks/cache.ron",
    "caches",
    [
      { design: "no cache", speed: 1, says: "No cache: 930 pages a second ask a database that can do about 785. Watch its line grow, and the p99 with it.", look: "goods" },
      { design: null, says: "Now a shared cache stands in front of it. It is warm from the start: about half of all reads hit, and the database is at ease.", look: "redis" },
      { set: [["clients.visitors.rate", "1600/s"]], says: "Nearly double the visitors. Does the cache still save the database? Look at its boxes, then at the p99.", look: "goods" },
      { fresh: true, design: null, beside: "in each process", says: "Side by side: one shared cache against a small one in each process, on the very same visitors. Drag any slider and see which one gives first." },
    ],
  ],
  [
    "models/shop.ron",
    "architecture",
    [
      { design: null, speed: 0.3, says: "One process does everything for this shop. Each dot is a request; the box fills as its cores get busy.", look: "shop" },
      { design: "microservices", says: "The same software, a service for each part: calls now cross the network. Watch how far a single order has to travel." },
      { design: null, beside: "microservices", says: "Both at once, on the same customers. Compare p99 and the bill: what do the extra hops cost?" },
      { design: null, set: [["clients.customers.rate", "1300/s"]], says: "Half as many customers again. Which of the two saturates first? The numbers name the bottleneck." },
    ],
  ],
  [
    "models/blocks/crash.ron",
    "failures",
    [
      { design: null, speed: 3, seek: 50, says: "Four replicas share the load. In ten seconds one of them crashes, and nobody notices: a quarter of all requests fail.", look: "api" },
      { design: "checked", seek: 55, says: "Now the balancer asks each replica every five seconds. The errors stop once it has noticed. How long does that take?" },
      { design: "checked", beside: "ejected", seek: 55, says: "Asking against counting errors: which one notices sooner?" },
    ],
  ],
  [
    "models/blocks/breaker.ron",
    "failures",
    [
      { design: null, speed: 3, seek: 55, says: "At one minute the recommendations freeze. Every page waits a second for them, and the shop's threads fill up. Checkout, which needs none, suffers too.", look: "shop" },
      { design: "left out, with a breaker", seek: 55, says: "A breaker stops asking after a few failures: pages go out without recommendations, and threads stay free." },
      { design: null, beside: "left out, with a breaker", seek: 55, says: "Side by side on the same visitors. Look at the errors and at the p99." },
    ],
  ],
  [
    "models/blocks/retry_storm.ron",
    "failures",
    [
      { design: null, speed: 1, says: "Impatient clients try again, and each try is load. After a short disturbance: does the system come back?" },
      { says: "Break something for a few seconds, then watch what remains after it is mended. Load that keeps itself alive is called a retry storm." },
    ],
  ],
  [
    "models/blocks/flash_crowd.ron",
    "load",
    [
      { design: "as it is", speed: 10, seek: 150, says: "At three minutes twenty times as many readers come. Two servers are not enough: watch the line.", look: "web" },
      { design: "twice the servers", beside: "a cache", seek: 150, says: "Twice the machines against one cache. Which gets through, and what does it cost?" },
    ],
  ],
  [
    "models/blocks/queue.ron",
    "queues",
    [
      { design: null, speed: 1, says: "Work that nobody has to wait for goes into a queue. The bar under it is how many messages wait." },
      { says: "Turn the number of workers down, or the requests up: when does the queue never empty again?" },
    ],
  ],
  ["models/blocks/replicas.ron", "databases", [{ design: null, speed: 0.3, says: "Reads go to replicas, writes to the primary. How far do the replicas lag behind? Turn up the writes and see." }, { says: "Slow the database down with “Break something”, and watch the lag." }]],
  ["models/blocks/shards.ron", "databases", [{ design: null, speed: 0.3, says: "Keys are spread over shards, but some keys are asked for more than others. Which box is the fullest?" }, { says: "More shards do not cool a hot key. Try it: the path is among the parameters of the store." }]],
  ["models/blocks/five_regions.ron", "regions", [{ design: null, speed: 0.3, says: "Clients in five regions, and light is only so fast. Watch how long a dot travels." }, { says: "Compare the designs: what does a second region buy, and what does it cost?" }]],
  ["models/blocks/hedge.ron", "latency", [{ design: null, speed: 0.1, says: "A few answers are slow, and they make the p99. A hedge asks a second time when the first takes long." }, { says: "What does the hedge cost in load? Look at “in use” in both designs." }]],
  ["models/blocks/rate_limit.ron", "load", [{ design: null, speed: 1, says: "Some clients ask for more than their share. A limit at the door refuses them early." }, { says: "Double the load of one client and see who suffers: with the limit, and without." }]],
  ["models/blocks/cache_stampede.ron", "caches", [{ design: null, speed: 1, says: "One page, 300 readers a second, and it expires every ten seconds. Watch what happens at the instant it does." }, { says: "The other designs let one reader fetch and the others wait, or spread the expiry." }]],
  ["models/blocks/bill.ron", "money", [{ design: null, speed: 1, says: "Everything here has a price. The bill of a month stands beside the numbers, with its interval." }, { says: "Turn down replicas until the objectives are missed: what is the cheapest that meets them?" }]],
];

const questionOf = (text: string): string => /question:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? /^\/\/\s*(.*)$/m.exec(text)?.[1] ?? "";

const TOPICS: [pattern: RegExp, topic: string][] = [
  [/cache|cdn/, "caches"],
  [/crash|fail|outage|retry|breaker|slow_|partition|mtbf|zone/, "failures"],
  [/queue|topic|nightly|rollout/, "queues"],
  [/region|active/, "regions"],
  [/bill|spot|reserved/, "money"],
  [/replica|shard|quorum|lock|view|pooler|search|scatter|object/, "databases"],
  [/limit|crowd|scal|door|shed|patience/, "load"],
];

/** All presets: those with a story of their own first. */
export const presets: Preset[] = [
  ...STORIES.filter(([path]) => models[path] !== undefined).map(([path, topic, story]) => ({ path, topic, story, question: questionOf(models[path]!) })),
  ...Object.entries(models)
    .filter(([path]) => !STORIES.some(([known]) => known === path))
    .map(([path, text]) => ({ path, topic: TOPICS.find(([pattern]) => pattern.test(path))?.[1] ?? "more", story: [], question: questionOf(text) })),
];
