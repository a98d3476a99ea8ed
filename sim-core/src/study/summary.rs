//! The answer as data: every number with its interval; texts, tables and charts are views of it.

use super::bottleneck::Bottleneck;
use super::compare::Comparison;
use super::estimate::Value;
use super::layout::{Metric, Scope, Unit};
use super::objective::{ObjectiveResult, Verdict};
use super::path::PathSummary;
use super::settle::Health;
use crate::metrics::Parts;
use crate::model::Model;
use schemars::JsonSchema;
use serde::Serialize;

/// What a study found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// The question that the model answers.
    pub question: Option<String>,
    /// The designs, in the order asked for.
    pub designs: Vec<DesignSummary>,
    /// Every other design against the first.
    pub comparisons: Vec<Comparison>,
    /// The seed of every draw.
    pub seed: u64,
    /// Replications of each design.
    pub replications: u64,
    /// Seconds simulated in each replication.
    pub horizon: f64,
    /// Seconds left out at the start of each.
    pub warmup: f64,
    /// Whether it was cut short, so that less is known than was asked for.
    pub interrupted: bool,
    /// Version of the simulator.
    pub version: &'static str,
    /// The command that gives the same; `None` where none was typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// What came of one design.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DesignSummary {
    /// Its name.
    pub name: String,
    /// Hash of what was written, in hexadecimal.
    pub model_hash: String,
    /// Digests of what happened: events, timings, results.
    pub fingerprint: String,
    /// Whether it settles and was simulated long enough.
    pub health: Health,
    /// Requests that ended while measuring, in all replications.
    pub requests: u64,
    /// Events simulated in all replications.
    pub events: u64,
    /// Requests that clients wait for.
    pub in_flight: Value,
    /// All that clients ask for.
    pub all: Red,
    /// What each population of clients asks for, by operation.
    pub journeys: Vec<Red>,
    /// Operations in their services, as their callers see them.
    pub operations: Vec<Red>,
    /// Services, as their callers see them.
    pub services: Vec<Red>,
    /// Stations.
    pub stations: Vec<StationSummary>,
    /// What caches, queues, replicas and other blocks tell of themselves.
    pub blocks: Vec<BlockSummary>,
    /// Where the time of clients' requests went: all together, then by journey where there are several.
    pub time: Vec<TimeSpent>,
    /// Where the time of slow requests goes, by journey, where it was looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub paths: Vec<PathSummary>,
    /// What breaks first.
    pub bottleneck: Option<Bottleneck>,
    /// Objectives.
    pub objectives: Vec<ObjectiveResult>,
    /// What it costs; `None` where nothing has a price.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bill: Option<BillSummary>,
    /// Invariants that did not hold: a bug in the simulator.
    pub violations: Vec<String>,
}

/// Rate, errors, duration.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Red {
    /// Of what.
    pub scope: Scope,
    /// Requests that ended, per second.
    pub rate: Value,
    /// Share of them that ended badly.
    pub errors: Value,
    /// Share of them that were refused.
    pub refused: Value,
    /// Share of them that the client gave up.
    pub timed_out: Value,
    /// Share of them that met a crash or a failure.
    pub failed: Value,
    /// Mean duration in seconds, of those that ended well; so are the percentiles.
    pub mean: Value,
    /// Median.
    pub p50: Value,
    /// 95th percentile.
    pub p95: Value,
    /// 99th percentile.
    pub p99: Value,
    /// 99.9th percentile.
    pub p999: Value,
}

impl Red {
    /// Its numbers by metric, in the order of [`Metric::RED`].
    pub fn values(&self) -> [(Metric, Value); 10] {
        let values = [
            self.rate,
            self.errors,
            self.refused,
            self.timed_out,
            self.failed,
            self.mean,
            self.p50,
            self.p95,
            self.p99,
            self.p999,
        ];
        std::array::from_fn(|i| (Metric::RED[i], values[i]))
    }
}

/// A group of equal stations.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StationSummary {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: &'static str,
    /// How many there are.
    pub stations: u32,
    /// Servers in all; infinite (in JSON: null) where there is no limit.
    pub servers: f64,
    /// Share of the servers in use.
    pub utilisation: Value,
    /// Servers in use.
    pub busy: Value,
    /// Requests waiting at each station.
    pub queue: Value,
    /// Mean time spent waiting, in seconds.
    pub wait: Value,
    /// 99th percentile of it.
    pub wait_p99: Value,
    /// Requests turned away per second.
    pub refused_rate: Value,
    /// Servers that would be busy if nothing were refused, by the utilisation law.
    pub offered: f64,
    /// Requests per second, of all clients in their present mix, at which it is always busy (infinite: null).
    pub capacity: f64,
}

impl StationSummary {
    /// Its numbers by metric, in the order of [`Metric::STATION`].
    pub fn values(&self) -> [(Metric, Value); 6] {
        let values =
            [self.utilisation, self.busy, self.queue, self.wait, self.wait_p99, self.refused_rate];
        std::array::from_fn(|i| (Metric::STATION[i], values[i]))
    }
}

/// What a block tells of itself.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BlockSummary {
    /// Its path in the model, `caches.redis`.
    pub path: String,
    /// Its measures.
    pub measures: Vec<Measured>,
}

/// A measure of a block.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Measured {
    /// Its name, `hit_ratio`.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// The number.
    pub value: Value,
}

/// What a design costs, in dollars a month, if it went on as measured.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BillSummary {
    /// In all.
    pub month: Value,
    /// For a thousand requests, dollars.
    pub per_thousand: Value,
    /// Machines while they had nothing to do, of that.
    pub idle: Value,
    /// What is paid for.
    pub charges: Vec<Line>,
    /// What each population of clients caused. What nobody's requests caused is in none.
    pub clients: Vec<Line>,
    /// What the requests of each population for each operation caused.
    pub journeys: Vec<Line>,
}

/// A line of a bill.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Line {
    /// What for, or who.
    pub scope: Scope,
    /// Dollars a month.
    pub month: Value,
}

impl BillSummary {
    /// The bill of a model from its columns, in their order.
    pub(super) fn read(
        model: &Model,
        mut next: impl FnMut() -> (Scope, Value),
    ) -> Option<BillSummary> {
        if model.charges.is_empty() {
            return None;
        }
        let [month, per_thousand, idle] = std::array::from_fn(|_| next().1);
        let mut lines = |count: usize| -> Vec<Line> {
            (0..count).map(|_| next()).map(|(scope, month)| Line { scope, month }).collect()
        };
        let charges = lines(model.charges.len());
        let clients = lines(model.clients.len());
        let journeys = lines(model.journeys.len());
        Some(BillSummary { month, per_thousand, idle, charges, clients, journeys })
    }
}

/// Where time went, in seconds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct TimeSpent {
    /// Of which requests.
    pub scope: Scope,
    /// Of all of them, on average.
    pub mean: Parts,
    /// Of those about as long as the 99th percentile, on average.
    pub p99: Parts,
}

impl Summary {
    /// What the best design comes to: the worst verdict on its objectives. `None` without objectives.
    ///
    /// A comparison looks for a design that meets all of them; that others do not is part of the answer.
    pub fn verdict(&self) -> Option<Verdict> {
        let worst = |objectives: &[ObjectiveResult]| objectives.iter().map(|o| o.verdict).max();
        self.designs.iter().filter_map(|design| worst(&design.objectives)).min()
    }

    /// Whether a run broke an invariant: a bug in the simulator.
    pub fn has_violations(&self) -> bool {
        self.designs.iter().any(|design| !design.violations.is_empty())
    }
}
