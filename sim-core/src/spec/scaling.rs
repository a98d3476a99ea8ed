//! Autoscalers: how many replicas of a service there are, by what is measured, by the clock or by what is expected.

use super::{Law, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What passes between the decision to start a replica and its first request: one after the other.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartUp {
    /// Until its machine has booted. Absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<Law>,
    /// Until its image has been pulled. Absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_pull: Option<Law>,
    /// Until it is ready: caches filled, code compiled, checks passed. Absent: no time. One that then gets less than
    /// its share at first has a `slow_start`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<Law>,
}

/// A controller of the number of replicas, as a horizontal pod autoscaler of Kubernetes or a scaling policy of AWS.
///
/// Every `period` it looks at what its policies want and takes the largest: `ceil(replicas × value / target)` of a
/// target, the number in force of a schedule, and so on. `replicas` of the service are there at the start. Where a
/// service runs in several regions, each region has its own: all numbers count for each. Which replicas there are: a new
/// one is the lowest-numbered that is free and not broken; one that goes is first one that is still starting, then the
/// highest-numbered, which gets no more requests and finishes what it has (`drain` of the service). One that crashes is
/// taken out at the next look, and replaced; the last one stays.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Autoscaler {
    /// Never fewer.
    #[serde(default = "one")]
    pub min: u32,
    /// Never more.
    pub max: u32,
    /// What decides; the largest number that one of them wants counts.
    pub policies: Vec<ScalingPolicy>,
    /// Time from one look to the next; what is measured is measured over it. Absent: `"15s"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Quantity>,
    /// How old what it sees is: the time until a measurement is known. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Quantity>,
    /// How far a value may be from its target, as a part of it, without anything being done. Absent: `"10%"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Quantity>,
    /// How quickly measured policies add replicas.
    #[serde(default, skip_serializing_if = "Pace::is_default")]
    pub scale_out: Pace,
    /// How quickly they take them away. Its `stabilisation` is `"5min"` where nothing is written.
    #[serde(default, skip_serializing_if = "Pace::is_default")]
    pub scale_in: Pace,
}

fn one() -> u32 {
    1
}

/// How quickly an autoscaler goes one way. What a schedule, a forecast or the ideal wants is not held back.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// It goes no further than it would have gone at any time this long: a short peak or trough moves nothing. Absent:
    /// no time to scale out, `"5min"` to scale in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stabilisation: Option<Quantity>,
    /// After a step this way, no other one this way for so long. Absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown: Option<Quantity>,
    /// Replicas by which one look may change the number. Absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<u32>,
}

impl Pace {
    fn is_default(&self) -> bool {
        *self == Pace::default()
    }
}

/// What an autoscaler measures, with the value that counts. Of replicas in service; those that still start count
/// neither way.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScalingMetric {
    /// The share of the cores in use, over the period: `cpu("60%")`.
    Cpu(Quantity),
    /// Requests under way at a replica, on average over the period.
    Concurrency(f64),
    /// Requests that a replica gets, over the period: `requests("100/s")`.
    Requests(Quantity),
    /// Requests that wait at a replica, for a thread or a core, at the time of the look.
    QueueDepth(f64),
    /// Messages that wait in the queues whose messages the service works on, for each replica, at the time of the look.
    Backlog(f64),
    /// How long the oldest of these messages has waited, at the time of the look: `backlog_age("30s")`.
    BacklogAge(Quantity),
}

/// What an autoscaler goes by.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScalingPolicy {
    /// Target tracking: as many replicas as bring a value to its target, `ceil(replicas × value / target)`, where the
    /// replicas are those that were measured. Within `tolerance` of what is there, booting replicas included, nothing is
    /// done (the algorithm of Kubernetes' horizontal pod autoscaler).
    Target(ScalingMetric),
    /// Step scaling: of the rules that hold, the largest addition, or, if none adds, the largest removal. Replicas that
    /// still start count as added already.
    Step(Vec<ScalingStep>),
    /// By the clock, with as many as follow: `scheduled(at: [("8h", 10), ("20h", 4)], every: "24h")`.
    Scheduled {
        /// Times from the start, in order, and the replicas from then on.
        at: Vec<(Quantity, u32)>,
        /// After how long it all begins again. Absent: it does not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Quantity>,
    },
    /// Target tracking of a forecast: what the profile of `season` (a day) and its trend let expect, learned as the run
    /// goes on (additive triple exponential smoothing: P. R. Winters, "Forecasting Sales by Exponentially Weighted Moving
    /// Averages", 1960). Until a whole season has been seen it wants nothing: let another policy act beside it. Of
    /// `cpu` it learns what the cores did, not what was asked of them: a day in which they were all busy is forecast as
    /// no more than that. Where that can be, let it learn `requests` instead.
    Predictive {
        /// What is to be at its target; not the age of a backlog.
        target: ScalingMetric,
        /// How long the profile is: `"24h"`.
        season: Quantity,
        /// How far it looks ahead: the time until a new replica serves, at least. The highest forecast on the way
        /// counts.
        ahead: Quantity,
        /// What a new value weighs in the level, from 0 to 1.
        #[serde(default = "level")]
        level: f64,
        /// What a new slope weighs in the trend, from 0 to 1.
        #[serde(default)]
        trend: f64,
        /// What a new value weighs in its place of the season, from 0 to 1.
        #[serde(default = "seasonal")]
        seasonal: f64,
    },
    /// What a perfect forecast would want: the load that clients are known to offer now or when a replica started now
    /// would serve, whichever is more, at this share of the cores in use. No delay, no tolerance. What it costs is a
    /// bound that no controller can be below.
    Ideal(Quantity),
}

fn level() -> f64 {
    0.2
}

fn seasonal() -> f64 {
    0.3
}

/// A rule of step scaling.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ScalingStep {
    /// Above a value, so many more: `add(above: cpu("80%"), replicas: 2)`.
    Add {
        /// The value.
        above: ScalingMetric,
        /// How many.
        replicas: u32,
    },
    /// Below a value, so many fewer.
    Remove {
        /// The value.
        below: ScalingMetric,
        /// How many.
        replicas: u32,
    },
}
