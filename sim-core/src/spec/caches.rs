//! Caches: where answers are kept close to who asks. A matter of deployment: no step names one.

use super::{Key, Law, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A cache in front of a store, or of an operation, with real contents: what it holds follows from the keys that
/// requests carry, its size, its policy and its time to live.
///
/// An item is what one query finds under one key; a read without a key is one item, the store as a whole. Layers in
/// front of one thing are asked in the order client, edge, process, shared, database. A cache of a store answers its
/// reads; writes pass it by, and `writes` says what becomes of what it holds. A cache of an operation answers for all
/// of the operation. A cache of no entries is asked by nobody and costs nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cache {
    /// What it is in front of: a store, or an operation `"component.operation"`.
    pub of: String,
    /// Where it lies.
    pub at: Layer,
    /// Of an operation: which key tells one answer from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// Of a store: only these named queries. Absent: all reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<Vec<String>>,
    /// How many entries fit, in each place where it lies. Either this or `bytes` is to be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<u32>,
    /// How many bytes fit, in each place where it lies; keys say how large what is stored under them is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Quantity>,
    /// What it may use of the memory in each place: a cache that is larger is an error. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Quantity>,
    /// Which entry goes when room is needed.
    #[serde(default)]
    pub policy: CachePolicy,
    /// How long after its fetch an entry expires. The first fetch to end starts the time; one that ends while the
    /// entry is fresh renews the value, not the time. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Quantity>,
    /// Spreads the times to live evenly by this share of `ttl` to either side, drawn at each fill, so that entries
    /// that came together do not expire together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jitter: Option<Quantity>,
    /// Whether a hit starts the time to live again.
    #[serde(default)]
    pub sliding: bool,
    /// Who fetches what is missing.
    #[serde(default)]
    pub reads: CacheReads,
    /// What a write does. Absent: `invalidate`, except at a client or an edge, which writes do not pass: `around`
    /// there, unless `invalidation` says how they hear of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub writes: Option<CacheWrites>,
    /// How places that a write does not pass (process caches of other replicas, edges) hear of it. Absent: not at
    /// all; their entries go when they expire.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalidation: Option<Invalidation>,
    /// Whether a miss waits for a fetch of the same item that is under way in the same place, and shares its answer or
    /// its failure. Absent: not where the application fetches (`reads: aside`), and so where the cache does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coalesce: Option<bool>,
    /// For how long after its end an entry still answers at once, while one fetch in the background renews it
    /// (RFC 5861). Absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale_while_revalidate: Option<Quantity>,
    /// Whether it starts full of the most popular items, their times to live half over on average. Otherwise it starts
    /// cold.
    #[serde(default)]
    pub warm: bool,
    /// What each request costs that it is asked: an item of `prices.requests`, as of a CDN. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
}

/// Where a cache lies.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
#[expect(clippy::large_enum_variant, reason = "a file has few caches")]
pub enum Layer {
    /// With the client (a browser, an app): each key of a population has its own. For operations.
    Client {
        /// The population, `"customers"`.
        of: String,
    },
    /// Near the clients (a CDN): one in each region. For operations. The client's own `hop` lies behind it.
    Edge {
        /// One-way latency between a client and the edge; absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hop: Option<Law>,
    },
    /// In the memory of the process that asks: each replica of the service has its own, and looks it up at no cost.
    Process,
    /// A server of its own that all share (Redis, memcached), where look-ups queue. It is in no zone and breaks with none.
    Shared {
        /// How many look-ups it serves at once. 0 stands for more than will ever be needed.
        servers: u32,
        /// How long a look-up takes.
        lookup: Law,
        /// How long storing or removing a value takes. After a miss this happens in the background. Absent: as long
        /// as a look-up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fill: Option<Law>,
        /// One-way latency between a caller and the cache; absent: the network's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hop: Option<Law>,
        /// How many may wait for a look-up; one more is refused. Absent: no limit.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<u32>,
        /// On what machine it runs: a size of `prices.instances`. Absent: it is not on the bill.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instance: Option<String>,
    },
    /// Inside the store (a query cache, a buffer of rows): a hit saves the query, not the way there.
    Database,
}

/// Which entry goes when room is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CachePolicy {
    /// The least recently used.
    #[default]
    Lru,
    /// The least frequently used since it came in; of several, the least recently used.
    Lfu,
    /// The oldest.
    Fifo,
    /// Any, each as likely.
    Random,
    /// The oldest that was not used since the hand passed.
    Clock,
    /// As `clock`, but what survives keeps its place (Zhang et al., NSDI 2024).
    Sieve,
    /// A small queue in front of a main one, and a memory of what left the small one (Yang et al., SOSP 2023).
    S3Fifo,
    /// The most popular items and no others: what perfect knowledge of a popularity that never changes can do.
    Pinned,
}

/// Who fetches what a cache does not hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CacheReads {
    /// The application: it asks the cache, then the store, then fills the cache.
    #[default]
    Aside,
    /// The cache: the application waits for it, and uses no connection of its own.
    Through,
}

/// What a write does to what a cache holds.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum CacheWrites {
    /// When the store has it, the item is removed, and so is what the store as a whole answered.
    Invalidate,
    /// When the store has it, the new value is put into the cache; only then is the write answered.
    Through,
    /// The write is answered when the cache has it; the store gets it later. What is not yet there when the cache is
    /// lost is lost, and counted.
    Behind {
        /// How long after the first write of a batch the store gets it.
        delay: Quantity,
        /// How many writes one query of the store takes at most.
        #[serde(default = "one")]
        batch: u32,
    },
    /// Nothing: entries go when they expire.
    Around,
}

fn one() -> u32 {
    1
}

/// How caches that a write does not pass hear of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Invalidation {
    /// By a message that goes out when the store has the write, and removes the item in every place when it arrives.
    Event {
        /// How long it takes.
        delay: Law,
    },
    /// Not at all: each hit asks the store for the version of the item, and fetches it anew if it is another (as a
    /// conditional request does). Costs the way to the store and back at each hit.
    Version {
        /// How long the store takes to tell a version. Absent: no time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        check: Option<Law>,
    },
}
