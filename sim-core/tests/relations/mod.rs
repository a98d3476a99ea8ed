//! Relations between runs that need no oracle: what a change to a model must not change, or must change exactly so.

mod breakage;
mod caches;
mod changes;
mod cost;
mod deployments;
mod disciplines;
mod doors;
mod faults;
mod going_on;
mod guards;
mod kept;
mod limits;
mod other_stores;
mod paths;
mod queues;
mod regions;
mod scale;
mod scaling;
mod slos;
mod stores;
mod telemetry;

mod text;
mod zones;

use sim_core::metrics::{Metrics, Outcome, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::stats::Histogram;
use sim_core::time::Duration;

/// The model that a text means.
pub(crate) fn model(text: &str) -> Model {
    let spec =
        Spec::parse("relation.ron", text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    let checked = Model::check(&spec, &files());
    checked.unwrap_or_else(|errors| panic!("{errors}\n{text}")).model
}

/// The files that the model with one of everything and the shop refer to.
pub(crate) fn files() -> Files {
    let mut files = Files::default();
    files.insert(
        "prices/aws-us-east-1.ron",
        include_str!("../../../models/prices/aws-us-east-1.ron"),
    );
    files.insert("times.csv", "at,ms\n0,1.5\n0.5,2\n2,9\n100,3\n");
    files
}

/// One replication as the model's file has it, without a limit on events.
fn simulate(model: &Model, replication: u64) -> Outcome {
    let trial = Trial {
        design: 0,
        seed: Seed { seed: model.run.seed, replication },
        warmup: model.run.warmup.unwrap_or(Duration::ZERO),
        horizon: model.run.horizon,
        events_max: u64::MAX,
    };
    let outcome = run(model, trial);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

/// A histogram as it can be compared.
fn buckets(histogram: &Histogram) -> (u128, u128, Vec<(u64, u64)>) {
    let buckets = histogram.iter().map(|bucket| (bucket.low, bucket.count)).collect();
    (histogram.sum(), histogram.sum_of_squares(), buckets)
}

/// What clients felt, by the names of client and operation.
fn felt(model: &Model, metrics: &Metrics) -> Vec<String> {
    let told = model.journeys.iter().zip(&metrics.journeys).map(|(journey, told)| {
        let client = &model.clients[journey.client as usize].name;
        let operation = &model.operations[journey.operation.0 as usize].name;
        let (counts, times) = ((told.sent, told.refused, told.timed_out), buckets(&told.response));
        format!("{client} {operation} {counts:?} {times:?}")
    });
    told.collect()
}

/// What a block measured.
fn measured(model: &Model, metrics: &Metrics, of: &str, name: &str) -> f64 {
    let reported = &model.measures.reported;
    let found = reported.iter().find(|measure| measure.of == of && measure.name == name);
    metrics.measure(&found.unwrap_or_else(|| panic!("no {name} of {of}")).kind)
}

/// Whether a value known by theory lies within the 99.9 % interval of what so many replications measured, and that is
/// no wider than a part of the value.
fn agrees(model: &Model, replications: u64, (of, name): (&str, &str), truth: f64, width: f64) {
    let seen: Vec<f64> = (0..replications)
        .map(|replication| measured(model, &simulate(model, replication).metrics, of, name))
        .collect();
    let (mean, error) = mean_and_error(&seen);
    // Student's t for 0.999 and 9 or more degrees of freedom.
    let half = 4.78 * error;
    assert!(replications >= 10 && half <= width * truth, "{of} {name}: {mean} ± {half}");
    assert!((mean - truth).abs() <= half, "{of} {name}: {mean} ± {half}, not {truth}");
}

/// Mean and standard error of numbers.
fn mean_and_error(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Mean response time in seconds over all journeys of each of so many replications.
fn mean_responses(model: &Model, replications: u64) -> Vec<f64> {
    let mean = |replication| {
        let metrics = simulate(model, replication).metrics;
        let mut all = Histogram::new();
        metrics.journeys.iter().for_each(|journey| all.merge(&journey.response));
        all.mean() / 1e9
    };
    (0..replications).map(mean).collect()
}
