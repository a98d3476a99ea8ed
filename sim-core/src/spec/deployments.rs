//! Deployments: another version of a service takes over while it serves.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Another version of a service takes over. Its replicas start as those of an autoscaler do (`start_up`), and the old
/// ones drain (`drain`). One that begins before the one before is over takes over from what there is. Times count from
/// the start of a replication, its warm-up included.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Deployment {
    /// One after the other, as a Deployment of Kubernetes does.
    Rolling {
        /// When it begins.
        at: Quantity,
        /// Replicas that there may be beyond those wanted.
        #[serde(default = "one")]
        surge: u32,
        /// Replicas that may be missing from service.
        #[serde(default)]
        unavailable: u32,
        /// What the new version is like.
        #[serde(default)]
        version: Version,
        /// When it is taken back. Absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roll_back: Option<RollBack>,
    },
    /// A whole second set starts beside the first; once all of it is ready, all requests go there at once.
    BlueGreen {
        /// When it begins.
        at: Quantity,
        /// How long the old set is kept, idle, to go back to. Absent: not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<Quantity>,
        /// What the new version is like.
        #[serde(default)]
        version: Version,
        /// When it is taken back. Absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roll_back: Option<RollBack>,
    },
    /// A share of the requests first, more of them step by step, then all. As many replicas are new as the share needs;
    /// the balancer sends them the share itself (where it counts what is outstanding, by dividing that number).
    Canary {
        /// When it begins.
        at: Quantity,
        /// Shares of the requests, and how long each lasts from when its replicas serve: `[("5%", "10min")]`.
        steps: Vec<(Quantity, Quantity)>,
        /// What the new version is like.
        #[serde(default)]
        version: Version,
        /// When it is taken back. Absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        roll_back: Option<RollBack>,
    },
}

fn one() -> u32 {
    1
}

/// What a version does differently from what the model says.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Version {
    /// How many times as long its work takes.
    #[serde(default = "same")]
    pub work: f64,
    /// The share of its requests that fail, as soon as they have come in. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Quantity>,
}

fn same() -> f64 {
    1.0
}

impl Default for Version {
    fn default() -> Version {
        Version { work: same(), errors: None }
    }
}

/// What makes a new version go back to the one before, while it takes over. Only what its own replicas have answered
/// since the look before counts. A rolling deployment rolls back as it came; the others send all requests to the old
/// version at once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RollBack {
    /// More than this share of its answers being errors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<Quantity>,
    /// The 99th percentile of its times, from coming in to the answer, being longer than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_p99: Option<Quantity>,
    /// Time from one look to the next. Absent: `"10s"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Quantity>,
    /// Answers that it takes to judge.
    #[serde(default = "twenty")]
    pub requests: u32,
}

fn twenty() -> u32 {
    20
}

impl Deployment {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Deployment::Rolling { .. } => "rolling",
            Deployment::BlueGreen { .. } => "blue_green",
            Deployment::Canary { .. } => "canary",
        }
    }

    /// What all kinds have: when, what the new version is like, when it is taken back.
    pub fn terms(&self) -> (&Quantity, &Version, Option<&RollBack>) {
        match self {
            Deployment::Rolling { at, version, roll_back, .. }
            | Deployment::BlueGreen { at, version, roll_back, .. }
            | Deployment::Canary { at, version, roll_back, .. } => {
                (at, version, roll_back.as_ref())
            }
        }
    }
}
