//! What a balancer learns of its replicas: health checks, ejection, slow start.

use super::{Law, Quantity};
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

/// A load balancer that stands in front of a service as a machine of its own, with its own costs. Without it balancing is
/// free, and each request is balanced by itself.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Front {
    /// 7: it reads requests and balances each of them. 4: it balances connections. Callers share `connections` of them,
    /// each request travels on any, and the replica is chosen when a connection is made: few long-lived connections are
    /// balanced badly, whatever the policy. A connection is made anew when its replica crashes or may get no more
    /// requests.
    pub layer: u8,
    /// Of layer 4: how many connections are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// What it adds to the latency of each request, without being busy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Law>,
    /// Work on each request, for which it needs a core; requests wait for one in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Law>,
    /// Its cores. 0 stands for more than will ever be needed.
    #[serde(default = "one")]
    pub cores: u32,
    /// What it is on the bill, in each region of its service: a size of `prices.instances`, and what passes it by
    /// `prices.capacity_units`, if they have a price for it. Absent: it is not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
}

fn one() -> u32 {
    1
}
