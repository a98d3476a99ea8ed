//! Poolers: connections to a database that all callers share.

use super::Law;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A pooler in front of a database, such as PgBouncer: callers connect to it, and it has few connections to the database.
///
/// The pools of services, if there are any, stay in front of it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pooler {
    /// Connections to the database.
    pub connections: u32,
    /// How long a caller keeps one.
    #[serde(default)]
    pub mode: PoolMode,
    /// One-way latency between the pooler and the database; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// How many may wait for a connection; one more is refused. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
}

/// How long a caller keeps a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PoolMode {
    /// For one query.
    #[default]
    Transaction,
    /// From the first query of a request in a service until its answer leaves that service. Branches of a `parallel` use
    /// the connection that the request has; if it has none, each takes its own until it ends.
    Session,
}
