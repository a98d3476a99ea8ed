//! External systems, and the quotas that others set.

use super::{Law, MessageSizes, Named, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A system of somebody else: a bank, a mail provider. It has no queue that we would see: it answers after a time, whatever
/// it is asked for, unless it limits what it takes.
///
/// Plain reads and writes take its `latency`, which has the network in it. The time counts as waiting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct External {
    /// From asking to the answer, over the network and back.
    pub latency: Law,
    /// The same for a named query (`read("store.query")`).
    #[serde(default)]
    pub queries: Named<Law>,
    /// How much it takes; what is beyond is refused at once. Absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Quota>,
    /// Share of the answers that are errors: the query has failed, when they come. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Quantity>,
    /// After how long without an answer the caller gives up: the query has failed then. Absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Quantity>,
    /// How large a request to it and its answer are, where they go through a `network.nat`. Absent: as `network.message`
    /// says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageSizes>,
    /// What each request costs that it takes: an item of `prices.requests`. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
}

/// How much somebody else's system takes; what is beyond is refused.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Quota {
    /// Requests at a rate, and so many at once after a pause: a bucket that starts full of tokens and is refilled
    /// continuously; each request takes one.
    TokenBucket {
        /// Tokens added per time.
        rate: Quantity,
        /// Tokens that the bucket holds.
        burst: u32,
    },
    /// Requests one by one, evenly spaced; they wait for their turn.
    LeakyBucket {
        /// Requests per time.
        rate: Quantity,
        /// How many may wait.
        queue: u32,
    },
    /// So many requests at once.
    Concurrency(u32),
}
