//! A large model: a thousand services of ten operations each.

use sim_core::metrics::{Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::study::{Alternative, Plan, Replicate, Study, Until};
use sim_core::time::Duration;
use std::fmt::Write;
use std::time::Instant;

const SERVICES: usize = 1_000;
const OPERATIONS: usize = 10;

/// Each operation works, reads and calls two operations of services further on.
fn text() -> String {
    let mut components = String::new();
    let mut services = String::new();
    let mut stores = String::new();
    let mut mix = String::new();
    for s in 0..SERVICES {
        write!(components, "\"c{s}\": {{ ").unwrap();
        for o in 0..OPERATIONS {
            write!(components, "\"o{o}\": [work(exponential(\"1ms\")), read(\"db{}\"), ", s / 10)
                .unwrap();
            for k in 1..3 {
                let next = s * 2 + k + o;
                if next < SERVICES {
                    write!(components, "call(\"c{next}.o{}\"), ", (o + k) % OPERATIONS).unwrap();
                }
            }
            components.push_str("], ");
        }
        components.push_str("},\n");
        let pool = format!("pools: {{\"db{}\": 10}}", s / 10);
        writeln!(services, "\"s{s}\": (components: [\"c{s}\"], replicas: 2, threads: 20, {pool}),")
            .unwrap();
        for o in 0..OPERATIONS {
            write!(mix, "\"c{s}.o{o}\": 1, ").unwrap();
        }
    }
    for d in 0..SERVICES / 10 {
        writeln!(stores, "\"db{d}\": database(servers: 8, read: exponential(\"2ms\")),").unwrap();
    }
    format!(
        "(components: {{ {components} }}, services: {{ {services} }}, stores: {{ {stores} }}, \
         network: (hop: \"0.5ms\", serialisation: \"0.1ms\"), \
         clients: {{ \"all\": (rate: \"100/s\", mix: {{ {mix} }}) }}, run: (horizon: \"10s\"))"
    )
}

/// `cargo test --release -p sim-core --test main -- --nocapture large` prints how long it takes.
#[test]
fn a_thousand_services_are_read_checked_and_run() {
    let text = text();
    let started = Instant::now();
    let spec = sim_core::spec::Spec::parse("large.ron", &text).unwrap_or_else(|e| panic!("{e}"));
    let read = started.elapsed();
    let checked =
        Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let all = started.elapsed();
    let model = &checked.model;
    assert_eq!((model.services.len(), model.journeys.len()), (SERVICES, SERVICES * OPERATIONS));
    let trial = Trial {
        design: 0,
        seed: Seed { seed: 1, replication: 0 },
        warmup: Duration::ZERO,
        horizon: model.run.horizon,
        events_max: 200_000,
    };
    let outcome = run(model, trial);
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    println!(
        "{} KB: read {read:?}, checked {:?}, run {:?}",
        text.len() >> 10,
        all - read,
        started.elapsed() - all
    );
    // A quadratic look-up would take minutes.
    assert!(all.as_secs() < 20, "{all:?}");
    let told = Instant::now();
    let plan = Plan {
        seed: 1,
        until: Until::Replications(1),
        horizon: Duration::from_secs(0.1),
        warmup: Some(Duration::ZERO),
        events_max: 200_000,
    };
    let mut study = Replicate::new(vec![Alternative::new("large", checked, spec.hash())], plan);
    study.run();
    let summary = study.summary();
    assert_eq!(summary.designs[0].operations.len(), SERVICES * OPERATIONS);
    println!("told {:?}", told.elapsed());
    assert!(told.elapsed().as_secs() < 20, "{:?}", told.elapsed());
}
