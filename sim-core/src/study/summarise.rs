//! From what a study was told to what it answers.

use super::estimate::{BEYOND_MIN, Status, Value};
use super::layout::{Metric, Scope, measure_unit};
use super::objective::ObjectiveResult;
use super::replicate::Replicate;
use super::settle::{Health, looks_needed};
use super::summary::{
    BillSummary, BlockSummary, DesignSummary, Measured, Red, StationSummary, Summary, TimeSpent,
};
use super::{Bottleneck, Comparison};
use crate::metrics::{Breakdown, Metrics};
use crate::model::{Goal, Measure, StationKind};
use crate::stats::Histogram;

impl Replicate {
    /// What is known so far.
    pub fn summary(&self) -> Summary {
        let values: Vec<Vec<Value>> = (0..self.designs.len()).map(|d| self.values(d)).collect();
        Summary {
            question: self.designs.first().and_then(|design| design.model.question.clone()),
            designs: (0..self.designs.len()).map(|d| self.design(d, &values[d])).collect(),
            comparisons: (1..self.designs.len())
                .map(|design| Comparison::of(self, design, &values))
                .collect(),
            seed: self.plan.seed,
            replications: self.tallies.first().map_or(0, |tally| tally.replications),
            horizon: self.plan.horizon.as_secs(),
            warmup: self.warmup.as_secs(),
            interrupted: self.is_interrupted(),
            version: env!("CARGO_PKG_VERSION"),
            command: None,
        }
    }

    /// Every column of a design as far as it can be believed.
    pub(super) fn values(&self, design: usize) -> Vec<Value> {
        let (tally, model) = (&self.tallies[design], &self.designs[design].model);
        let health = self.health(design);
        let pooled = tally.pooled(model);
        let observations = tally.layout.observations(model, &tally.metrics);
        let believed = |column: usize| {
            let (scope, metric) = &tally.layout.columns[column];
            let goal = match scope {
                Scope::Objective(index) => Some(model.objectives[*index].goal),
                _ => None,
            };
            let (metric, percentile) = match goal {
                Some(Goal::LatencyBelow { percentile, .. }) => (Metric::P99, Some(percentile)),
                Some(Goal::ErrorsBelow(_)) => (Metric::Errors, None),
                Some(Goal::ThroughputAbove(_)) => (Metric::Rate, None),
                Some(Goal::CostBelow(_)) => (Metric::Cost, None),
                None => (*metric, metric.percentile()),
            };
            let value = Value::sectioned(&tally.columns[column], pooled[column]);
            let value = if metric.is_share_of_requests() {
                value.of_trials(observations[column])
            } else {
                value
            };
            match doubt(&health, metric, percentile, observations[column], tally.replications) {
                Some(doubt) if value.is_confident() => Value::none(doubt),
                _ => value,
            }
        };
        (0..pooled.len()).map(believed).collect()
    }

    fn design(&self, design: usize, values: &[Value]) -> DesignSummary {
        let (tally, alternative) = (&self.tallies[design], &self.designs[design]);
        let model = &alternative.model;
        let mut columns = tally.layout.columns.iter().zip(values.iter().copied());
        let in_flight = columns.next().map_or(Value::none(Status::NothingSeen), |(_, value)| value);
        let mut red = || read_red(columns.by_ref());
        let all = red();
        let journeys: Vec<Red> = model.journeys.iter().map(|_| red()).collect();
        let operations = model.operations.iter().map(|_| red()).collect();
        let services = model.services.iter().map(|_| red()).collect();
        let mut next =
            || columns.next().map_or(Value::none(Status::NothingSeen), |(_, value)| value);
        let stations = (model.stations.iter().zip(&alternative.load.stations))
            .map(|(group, offered)| StationSummary {
                name: group.name.clone(),
                kind: kind(group.kind),
                stations: group.count,
                servers: offered.servers,
                utilisation: next(),
                busy: next(),
                queue: next(),
                wait: next(),
                wait_p99: next(),
                refused_rate: next(),
                offered: offered.erlangs,
                capacity: offered.capacity,
            })
            .collect();
        let blocks = blocks(&model.measures.reported, &mut next);
        let objectives = model
            .objectives
            .iter()
            .map(|objective| ObjectiveResult::new(objective, next()))
            .collect();
        let bill = BillSummary::read(model, || match columns.next() {
            Some(((scope, _), value)) => (scope.clone(), value),
            None => (Scope::All, Value::none(Status::NothingSeen)),
        });
        let scopes: Vec<Scope> = journeys.iter().map(|red| red.scope.clone()).collect();
        DesignSummary {
            name: alternative.name.clone(),
            model_hash: format!("{:016x}", alternative.hash),
            fingerprint: tally.fingerprint.to_string(),
            health: self.health_in_words(design),
            requests: tally.metrics.journeys.iter().map(|journey| journey.ended()).sum(),
            events: tally.events,
            in_flight,
            all,
            time: time_spent(&tally.metrics, &scopes),
            journeys,
            operations,
            services,
            stations,
            blocks,
            paths: self.path_summaries(design),
            bottleneck: Bottleneck::of(alternative, tally),
            objectives,
            bill,
            violations: tally.violations.iter().map(|violation| violation.to_string()).collect(),
        }
    }

    /// One replication has no interval, however well it went.
    fn health_in_words(&self, design: usize) -> Health {
        let health = self.health(design);
        if health.status != Status::Confident || self.tallies[design].replications >= 2 {
            return health;
        }
        Health {
            status: Status::NoInterval,
            reason: Some("one replication has no interval: it may be off by any amount".into()),
            advice: Some("run several: --replications 10".into()),
            ..health
        }
    }

    /// The first design's column for the same thing as a design's `column`.
    pub(super) fn pair(&self, design: usize, column: usize) -> Option<usize> {
        self.pairs[design][column]
    }
}

/// Why a number cannot be believed, if so: the state of the whole run, too few requests beyond a percentile,
/// or too few independent looks at it.
fn doubt(
    health: &Health,
    metric: Metric,
    percentile: Option<f64>,
    observations: u64,
    replications: u64,
) -> Option<Status> {
    match health.status {
        Status::Unstable if metric.is_unbounded() => return Some(Status::Unstable),
        Status::TooShort if metric.is_slow() => return Some(Status::TooShort),
        _ => {}
    }
    let p = percentile?;
    let beyond = observations as f64 * (1.0 - p);
    if beyond < BEYOND_MIN * replications as f64 {
        return Some(Status::TooFewRequests);
    }
    (health.looks < looks_needed(p)).then_some(Status::TooShort)
}

fn read_red<'a>(columns: &mut impl Iterator<Item = (&'a (Scope, Metric), Value)>) -> Red {
    let mut scope = Scope::All;
    let mut next = || match columns.next() {
        Some(((of, _), value)) => {
            scope.clone_from(of);
            value
        }
        None => Value::none(Status::NothingSeen),
    };
    let [rate, errors, refused, timed_out, failed, mean, p50, p95, p99, p999] =
        std::array::from_fn(|_| next());
    Red { scope, rate, errors, refused, timed_out, failed, mean, p50, p95, p99, p999 }
}

fn kind(kind: StationKind) -> &'static str {
    match kind {
        StationKind::Cores => "cores",
        StationKind::Threads => "threads",
        StationKind::Connections => "connections",
        StationKind::Store => "store",
        StationKind::Front => "balancer",
        StationKind::Workers => "workers",
        StationKind::Cache => "cache",
    }
}

/// The measures of each block together, in the order of the columns.
fn blocks(measures: &[Measure], mut next: impl FnMut() -> Value) -> Vec<BlockSummary> {
    let mut blocks: Vec<BlockSummary> = Vec::new();
    for measure in measures {
        let unit = measure_unit(&measure.kind);
        let measured = Measured { name: measure.name, unit, value: next() };
        match blocks.last_mut().filter(|block| block.path == measure.of) {
            Some(block) => block.measures.push(measured),
            None => {
                blocks.push(BlockSummary { path: measure.of.clone(), measures: vec![measured] })
            }
        }
    }
    blocks
}

/// All requests together first, then each journey if there are several.
fn time_spent(metrics: &Metrics, scopes: &[Scope]) -> Vec<TimeSpent> {
    let (mut breakdown, mut response) = (Breakdown::default(), Histogram::default());
    for journey in &metrics.journeys {
        breakdown.merge(&journey.breakdown);
        response.merge(&journey.response);
    }
    let spent = |scope: Scope, breakdown: &Breakdown, response: &Histogram| TimeSpent {
        scope,
        mean: breakdown.mean(),
        p99: breakdown.near(response.quantile(0.99) as u64),
    };
    let mut all = vec![spent(Scope::All, &breakdown, &response)];
    if scopes.len() > 1 {
        let journeys = scopes.iter().zip(&metrics.journeys);
        all.extend(journeys.map(|(s, j)| spent(s.clone(), &j.breakdown, &j.response)));
    }
    all
}
