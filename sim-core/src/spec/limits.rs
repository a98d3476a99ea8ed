//! Limits on requests: by rate, or by how many are under way.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A limit on the requests that a service takes or that its clients may send. What is refused is an error at once; its
/// answer still crosses the network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Limit {
    /// A bucket that is full of tokens at first and refilled at a steady rate; each request takes one or is refused
    /// (ITU-T I.371: the generic cell rate algorithm).
    TokenBucket {
        /// Tokens per unit of time.
        rate: Quantity,
        /// Tokens that the bucket holds, at least one.
        burst: u32,
    },
    /// A bucket that leaks at a steady rate: requests pass evenly spaced and wait for their turn.
    LeakyBucket {
        /// Requests per unit of time.
        rate: Quantity,
        /// How many may wait; one more is refused.
        queue: u32,
    },
    /// So many requests under way.
    Concurrency(u32),
    /// A number of requests under way that rises by a step and falls by a factor: additive increase, multiplicative
    /// decrease (Chiu and Jain 1989). It rises only while at least half of it is used.
    Aimd {
        /// The limit at first.
        #[serde(default = "twenty")]
        start: u32,
        /// It never falls below this.
        #[serde(default = "one")]
        min: u32,
        /// It never rises above this.
        #[serde(default = "thousand")]
        max: u32,
        /// A success adds this divided by the limit.
        #[serde(default = "step")]
        increase: f64,
        /// A failure multiplies the limit by this, from 0 to 1.
        #[serde(default = "factor")]
        decrease: f64,
        /// A success that takes longer counts as a failure; absent: 5 s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slow: Option<Quantity>,
    },
    /// A number of requests under way that follows the gradient of latency, what is usual over what is now, as the
    /// Gradient2 limit of Netflix's concurrency-limits; the defaults are its defaults.
    Gradient {
        /// The limit at first.
        #[serde(default = "twenty")]
        start: u32,
        /// It never falls below this.
        #[serde(default = "twenty")]
        min: u32,
        /// It never rises above this.
        #[serde(default = "two_hundred")]
        max: u32,
        /// How much of the way to its new value the limit goes, from 0 to 1.
        #[serde(default = "smoothing")]
        smoothing: f64,
        /// Requests that may queue: by so many the limit grows while latency is as usual.
        #[serde(default = "four")]
        queue: u32,
        /// How many times the usual latency is still good.
        #[serde(default = "tolerance")]
        tolerance: f64,
        /// The limit changes once in so long; absent: 1 s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Quantity>,
        /// Windows that the usual latency remembers.
        #[serde(default = "six_hundred")]
        memory: u32,
    },
}

fn one() -> u32 {
    1
}

fn four() -> u32 {
    4
}

fn twenty() -> u32 {
    20
}

fn two_hundred() -> u32 {
    200
}

fn six_hundred() -> u32 {
    600
}

fn thousand() -> u32 {
    1_000
}

fn step() -> f64 {
    1.0
}

fn factor() -> f64 {
    0.9
}

fn smoothing() -> f64 {
    0.2
}

fn tolerance() -> f64 {
    1.5
}
