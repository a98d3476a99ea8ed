//! Regions: where things run, and which region answers a request.

use super::Named;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A region: data centres close to each other. Without any, everything runs in one place.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Its zones: parts that fail apart from each other. Absent: it is one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub zones: Vec<String>,
}

/// To which of a service's regions a request goes. Inside the region the service's `balancer` chooses the replica.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Routing {
    /// The one with the shortest mean round trip from the caller's region; the next one while it is down.
    #[default]
    Nearest,
    /// Any, drawn by weight, wherever the caller is. A region without a weight gets nothing.
    Weighted(Named<f64>),
    /// The first of a list that is up, wherever the caller is.
    Failover(Vec<String>),
    /// By the caller's region, as written (`{"ap": "us"}`); the nearest for callers that are not in the table.
    Table(Named<String>),
}
