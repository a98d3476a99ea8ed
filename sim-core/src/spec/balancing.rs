//! What a balancer learns of its replicas: health checks, ejection, slow start.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Active health checks: a controller asks every replica every `interval`, at no cost. One that is up answers at once, one
/// that has crashed refuses at once, and of one that stalls nothing is heard until `timeout`. A replica that is found
/// unhealthy gets no requests; when none is healthy, all do (fail open). The first check is an `interval` after the
/// start, when all count as healthy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Health {
    /// Time between two checks of a replica; absent: `"5s"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Quantity>,
    /// How long an answer may take, at most `interval`; absent: `"1s"`, or `interval` if that is shorter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Quantity>,
    /// Failed checks in a row after which a replica is unhealthy.
    #[serde(default = "three")]
    pub unhealthy: u32,
    /// Good checks in a row after which it is healthy again.
    #[serde(default = "two")]
    pub healthy: u32,
}

fn three() -> u32 {
    3
}

fn two() -> u32 {
    2
}

/// Passive outlier ejection: a replica whose answers are errors several times in a row (refused, crashed or failed behind
/// it; timeouts are the clients' and not seen here) gets no requests for a while, and is then tried again. When none is
/// left, all get requests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ejection {
    /// Errors in a row after which a replica is ejected.
    #[serde(default = "five")]
    pub errors: u32,
    /// For how long; absent: `"30s"`.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Quantity>,
    /// The share of the replicas that may be ejected at the same time; absent: a half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<Quantity>,
}

fn five() -> u32 {
    5
}
