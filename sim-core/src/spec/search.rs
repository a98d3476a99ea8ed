//! Search: an index in shards.

use super::stores::written;
use super::{Discipline, Law, Named, Path, Quantity, Quota};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A search engine, such as Elasticsearch: an index in shards.
///
/// A `read` asks all shards at once and waits for the last (scatter and gather); one with a key asks only the shard of its
/// key. A `write` is indexed by the shard of its key, or by any, and is seen by reads from the next refresh on. A read is
/// stale if one of the index's writes, when it comes, is not yet to be seen.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// How many shards.
    pub shards: u32,
    /// How many queries each shard runs at once. 0 stands for more than will ever be needed.
    #[serde(default = "one")]
    pub servers: u32,
    /// How long a shard takes for its part of a search.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<Law>,
    /// How long a shard takes to index a write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<Law>,
    /// The same for a named query (`read("store.query")`).
    #[serde(default)]
    pub queries: Named<Law>,
    /// Time between refreshes, all of the index at once. Absent: writes are seen at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Quantity>,
    /// In which order waiting queries run.
    #[serde(default)]
    pub discipline: Discipline,
    /// How many queries may wait at a shard; one more is refused. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// How much the index takes, searches and writes together, whatever its shards could do: what a hosted search engine lets
    /// through. What is beyond is refused at once. Absent: everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Quota>,
    /// One-way latency between a caller and the store; absent: the network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
}

fn one() -> u32 {
    1
}

impl Search {
    pub(super) fn laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        written([
            (path.key("query"), self.query.as_ref()),
            (path.key("index"), self.index.as_ref()),
            (path.key("hop"), self.hop.as_ref()),
        ])
    }
}
