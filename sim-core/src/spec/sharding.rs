//! How the keys of a database are spread over shards.

use super::{Law, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Shards of a database: each holds a part of the keys and has servers of its own, as many as the database says.
///
/// A query whose key is the shard key goes to the shard of that key. A read without it asks all shards and waits for
/// the slowest (scatter-gather); a write without it is an error. Hot shards are no parameter: they follow from the
/// scheme and the popularity of the keys.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// How many.
    pub count: u32,
    /// How the shard of a key is found.
    #[serde(default)]
    pub by: Partition,
    /// The population of keys that decides.
    pub key: String,
    /// A change of the number of shards while they serve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reshard: Option<Reshard>,
}

/// How the shard of a key is found.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Partition {
    /// A hash of the key modulo the number of shards. With one more shard nearly all keys move.
    #[default]
    Hash,
    /// The key modulo the number of shards: the most popular key is on the first, the next on the second.
    Modulo,
    /// Contiguous ranges of keys, the most popular first.
    Range {
        /// The key at which each shard but the last ends, itself excluded, in ascending order. Absent: ranges as equal
        /// as can be.
        #[serde(default)]
        until: Vec<u64>,
    },
    /// A ring of hashes on which each shard has several points: with one more shard, one key in as many moves as there
    /// are shards (D. Karger et al., "Consistent Hashing and Random Trees", STOC 1997).
    Consistent {
        /// Points on the ring for each shard (virtual nodes): more make the shares more even.
        #[serde(default = "hundred")]
        vnodes: u32,
    },
    /// A table says where keys live; a hash does for those that it does not name. Of entries that overlap the later
    /// one holds.
    Directory(Vec<Assignment>),
    /// By date: a key is an age in periods, 0 the newest. The newest periods are on the last shard, and the first also
    /// holds everything older.
    Time {
        /// Periods that a shard holds.
        periods: u64,
    },
    /// By the home region of the key's owner: each shard belongs to a region.
    Region {
        /// How much of the keys each region owns, as a weight. Absent: all as much.
        #[serde(default)]
        weights: Vec<f64>,
    },
}

fn hundred() -> u32 {
    100
}

/// Keys from `first` to `last`, both included, live on a shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The first key; 0 is the most popular.
    pub first: u64,
    /// The last key. Absent: the first alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
    /// Where they live; 0 is the first shard.
    pub shard: u32,
}

/// A change of the number of shards while they serve. Keys are copied one by one in an arbitrary order; a key is read
/// and written at its old shard until it has been copied, and at the new one from then on. Keys whose shard stays the
/// same are not copied.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reshard {
    /// When copying begins, counted from the start of the run.
    pub at: Quantity,
    /// How many shards there are then.
    pub to: u32,
    /// How many keys are begun per unit of time.
    pub rate: Quantity,
    /// How long a key occupies a server of its old shard, and then one of its new shard.
    pub copy: Law,
}
