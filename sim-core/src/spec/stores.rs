//! Stores: what components read and write.

use super::{Discipline, Law, Named, Primaries, Quorum, Replication, Shards};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Store {
    /// A database that runs so many queries at once and queues the rest.
    Database(Database),
}

/// A database.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// How many queries run at once. 0 stands for more than will ever be needed.
    pub servers: u32,
    /// How long a query of a plain `read` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Law>,
    /// How long a query of a plain `write` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Law>,
    /// How long a named query (`read("store.query")`) takes.
    #[serde(default)]
    pub queries: Named<Law>,
    /// In which order waiting queries run.
    #[serde(default)]
    pub discipline: Discipline,
    /// How many queries may wait; one more is refused. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// One-way latency between a caller in the same zone and the store; absent: the network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// How keys are spread over shards; absent: all are in one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// Read replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// Members without a leader, of which some have to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// Several primaries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primaries: Option<Primaries>,
    /// The region that it is in, or the zone: `"eu"` is the first zone of eu, `"eu/b"` another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}
