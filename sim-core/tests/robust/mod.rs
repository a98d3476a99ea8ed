//! No model, however torn, makes the simulator panic, hang or break its own laws.

mod extremes;
mod large;
mod mutation;

use mutation::{Mutation, mutate, mutations};
use proptest::test_runner::{Config, TestRunner};
use sim_core::metrics::{Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::telemetry::{Sample, Series, Tracer, critical_path, watch};
use sim_core::time::Duration;
use std::cell::Cell;
use std::time::Instant;

const SEEDS: [&str; 4] = [
    include_str!("caches.ron"),
    include_str!("everything.ron"),
    include_str!("plain.ron"),
    include_str!("../../../models/shop.ron"),
];

/// Longest time that a torn model may take to be read, checked and run for [`EVENTS`] events, in seconds.
const SECS_MAX: f64 = 10.0;
const EVENTS: u64 = 20_000;

/// Reads, checks and runs a model. Answers whether it ran; panics where it broke a law.
fn survives(text: &str) -> bool {
    let started = Instant::now();
    let Ok(spec) = Spec::parse("torn.ron", text) else { return false };
    let mut files = Files::default();
    files.insert(
        "prices/aws-us-east-1.ron",
        include_str!("../../../models/prices/aws-us-east-1.ron"),
    );
    files.insert("times.csv", "at,ms\n0,1.5\n0.5,2\n2,9\n100,3\n");
    let designs = spec.designs.keys().filter_map(|design| spec.design(design).ok());
    let mut specs: Vec<Spec> = designs.collect();
    specs.push(spec);
    let mut ran = false;
    for spec in specs {
        let Ok(checked) = Model::check(&spec, &files) else { continue };
        let model = checked.model;
        let trial = Trial {
            design: 0,
            seed: Seed { seed: model.run.seed, replication: 0 },
            warmup: model.run.warmup.unwrap_or(Duration(model.run.horizon.0 / 10)),
            horizon: model.run.horizon,
            events_max: EVENTS,
        };
        let outcome = run(&model, trial);
        assert!(outcome.violations.is_empty(), "{:?} in\n{text}", outcome.violations);
        let tracer = Tracer::new(&model, &[], Sample::Slowest, 3, true);
        let series = Series::new(&model, Duration(model.run.horizon.0.div_ceil(20).max(1)));
        let ((tracer, series), now, _) = watch(&model, trial, (tracer, series));
        let _ = series.close(now);
        for (_, trace) in tracer.into_traces(now) {
            let path: u64 = critical_path(&trace).iter().map(|(_, time)| time.0).sum();
            assert_eq!(path, trace.response.0, "{trace:?} in\n{text}");
        }
        ran = true;
    }
    let secs = started.elapsed().as_secs_f64();
    assert!(secs < SECS_MAX, "took {secs:.1} s:\n{text}");
    ran
}

fn tear(cases: u32) {
    let config =
        Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let (ran, all) = (Cell::new(0u32), Cell::new(0u32));
    let torn = (0..SEEDS.len(), proptest::collection::vec(mutations(), 1..5));
    let test = |(seed, mutations): (usize, Vec<Mutation>)| {
        all.set(all.get() + 1);
        ran.set(ran.get() + u32::from(survives(&mutate(SEEDS[seed], &mutations))));
        Ok(())
    };
    TestRunner::new(config).run(&torn, test).unwrap();
    // Mutations that leave nothing to run would test the reader only.
    assert!(ran.get() * 10 > all.get(), "{} of {} torn models ran", ran.get(), all.get());
}

#[test]
fn whole_models_run() {
    assert!(SEEDS.into_iter().all(survives));
}

#[test]
fn torn_models_are_refused_or_run() {
    tear(300);
}

#[test]
#[ignore = "an hour"]
fn many_torn_models_are_refused_or_run() {
    tear(200_000);
}
