//! Clients: who sends requests, and when.

use super::{Criticalities, Law, Limit, Named, Quantity};
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// A population of clients that behave alike.
///
/// Open clients send at a `rate`, whatever happens to their requests; closed clients are a number of `users`,
/// each of whom waits for the answer, thinks, and asks again. Exactly one of `rate` (or an `arrivals` process
/// with a rate of its own) and `users` is to be written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Client {
    /// Mean number of requests per unit of time, before `profile`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<Quantity>,
    /// How requests follow each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// How the rate changes over the run: factors on it, all at work at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profile: Vec<Profile>,
    /// Closed clients: how many users.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// Closed clients: time between an answer and the next request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub think: Option<Law>,
    /// What they ask for.
    pub mix: Mix,
    /// How urgent their requests are: the lowest number first.
    #[serde(default)]
    pub priority: u8,
    /// How much it matters that their requests are answered, for services that shed the least critical first:
    /// `sheddable`, or by operation `{"shop.browse": sheddable}`.
    #[serde(default, skip_serializing_if = "Criticalities::is_default")]
    pub criticality: Criticalities,
    /// How long a client waits before it gives up. The servers finish what they began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Quantity>,
    /// A limit on their requests, kept by a gateway in front of all services. Limits on how many are under way see the
    /// latency since the client sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// The population of keys of which each has a token bucket of its own: `limit_per: "customers"`. Absent: these
    /// clients share one limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit_per: Option<String>,
    /// One-way latency between the client and the services, or, where there are regions, to the edge of its region, from
    /// where the network's round trips count; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// The region that they are in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The regions that they are in, by share: each request of open clients, and each user, is in one of them.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub regions: Named<f64>,
}

/// What clients ask for: one `"component.operation"`, or several with weights.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Mix {
    /// Always the same operation.
    Only(String),
    /// Operations by weight.
    Weighted(Named<f64>),
}

impl<'de> Deserialize<'de> for Mix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Mix, D::Error> {
        deserializer.deserialize_any(Mixes)
    }
}

struct Mixes;

impl<'de> Visitor<'de> for Mixes {
    type Value = Mix;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"component.operation\", or several with weights: { \"a.b\": 8, \"a.c\": 1 }")
    }

    fn visit_str<E: Error>(self, operation: &str) -> Result<Mix, E> {
        Ok(Mix::Only(operation.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Mix, A::Error> {
        Named::deserialize(MapAccessDeserializer::new(map)).map(Mix::Weighted)
    }
}

/// How the requests of open clients follow each other.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Arrivals {
    /// Independently of each other: many people who do not know each other.
    #[default]
    Poisson,
    /// Evenly: a clock.
    Constant,
    /// With independent gaps of a law; where `rate` is written too, the law gives the shape only.
    Renewal(Law),
    /// In batches of a size drawn from a law, the batches as a Poisson process; `rate` counts requests.
    Batches(Law),
    /// A Markov-modulated Poisson process: it stays in each state an exponential time.
    Mmpp(Vec<MmppState>),
    /// By a clock: one request (a job) each time. The n-th comes at `first + n · every`, plus its jitter.
    Schedule {
        /// Time from one to the next: `"24h"` for every night.
        every: Quantity,
        /// When the first comes; absent: after `every`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<Quantity>,
        /// How late each comes; never later than the next one. Absent: not at all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jitter: Option<Law>,
    },
    /// At recorded times.
    Replay {
        /// A CSV file with a header line or an access log in combined format, relative to the model.
        file: String,
        /// The column of a CSV file with the times: seconds as numbers, or dates such as `2024-01-31
        /// 10:00:00.5`. Absent: the file is an access log.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
        /// How many times faster than recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        speed: Option<f64>,
    },
}

/// One state of an MMPP, with the state after it drawn from the others alike (with two states: the other
/// one).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MmppState {
    /// Rate of requests in this state; where the client's `rate` is written too, all are scaled to it.
    pub rate: Quantity,
    /// Mean time spent in it.
    pub lasts: Quantity,
}

/// A factor on the rate over simulated time.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Profile {
    /// Straight lines through points of time and factor; constant before the first and after the last.
    Piecewise(Vec<(Quantity, f64)>),
    /// `1 + amplitude · sin(2π (t + shift) / period)`; at most one in a profile.
    Sinusoid {
        /// Length of a period; `"24h"` for days.
        period: Quantity,
        /// From 0 to 1.
        amplitude: f64,
        /// How far into a period the run starts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shift: Option<Quantity>,
    },
    /// From 1 to `factor` along a straight line, and on at `factor`.
    Ramp {
        /// When it begins.
        from: Quantity,
        /// When `factor` is reached.
        to: Quantity,
        /// Factor at the end.
        factor: f64,
    },
    /// `factor` for a while, at once.
    Spike {
        /// When it begins.
        at: Quantity,
        /// How long it lasts.
        lasts: Quantity,
        /// Factor meanwhile.
        factor: f64,
    },
    /// A crowd that comes at once and leaves little by little: up to `factor` along a straight line, there for a while,
    /// then what is above 1 halves again and again. (Ari, Hong, Miller, Brandt and Long, "Managing flash crowds on the
    /// Internet", 2003, call these the ramp-up, the sustained traffic and the ramp-down.) The decline is drawn as eight
    /// straight lines a half-life, and is over after seven.
    FlashCrowd {
        /// When it begins.
        at: Quantity,
        /// How long it takes to come.
        rise: Quantity,
        /// Factor at its height.
        factor: f64,
        /// How long it stays there; absent: it begins to leave at once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<Quantity>,
        /// How long it takes until half of those above the usual have left.
        half_life: Quantity,
    },
    /// Requests only from `from` to `until`: bots that come by, a test of the load, customers who arrive later.
    Present {
        /// When they come; absent: from the start.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Quantity>,
        /// When they leave; absent: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Quantity>,
    },
}
