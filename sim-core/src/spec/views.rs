//! Materialised views: answers computed beforehand.

use super::{Law, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A materialised view of a database: `read("store.view")` reads what the last refresh has computed.
///
/// A refresh is a query on the database's own servers. What it computes is as of its start, and is seen when it ends: a
/// read that comes to the database is stale if a write has ended since the start of the last refresh that has ended. A
/// view is fresh at first. One refresh of a view runs at a time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// How long a read of it takes.
    pub read: Law,
    /// How long a refresh takes.
    pub cost: Law,
    /// When it is refreshed.
    pub refresh: Refresh,
    /// Whose writes change what it shows: stores, or `store.query` for one named query. Absent: this database's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<String>,
}

/// When a view is refreshed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Refresh {
    /// Again and again after this time; left out if the last is still running.
    Every(Quantity),
    /// At every write. Writes during a refresh cause one more after it.
    OnWrite,
}
