//! What is seen of single requests and over time adds up to what clients felt, and looking changes nothing.

use super::{model, simulate};
use sim_core::component::{Ending, Spent};
use sim_core::metrics::Trial;
use sim_core::model::{Files, Model};
use sim_core::simulation::{Recorder, Seed};
use sim_core::spec::Spec;
use sim_core::telemetry::{Part, Sample, Series, Tracer, What, critical_path, watch};
use sim_core::time::{Duration, Time};
use std::path::Path;

/// Sums what clients are told of requests answered well.
#[derive(Default)]
struct Told {
    requests: u64,
    response: u128,
    spent: [u128; 5],
}

impl Recorder for Told {
    fn finished(&mut self, _: Time, _: u32, ending: Ending, took: Duration, spent: &Spent) {
        if ending == Ending::Done {
            self.requests += 1;
            self.response += u128::from(took.0);
            let parts =
                [spent.work, spent.queueing, spent.connecting, spent.network, spent.waiting];
            for (sum, part) in self.spent.iter_mut().zip(parts) {
                *sum += u128::from(part.0);
            }
        }
    }
}

const PARTS: [Part; 5] =
    [Part::Work, Part::Queueing, Part::Connecting, Part::Network, Part::Waiting];

fn trial(model: &Model, secs: f64) -> Trial {
    Trial {
        design: 0,
        seed: Seed { seed: 11, replication: 0 },
        warmup: Duration::ZERO,
        horizon: Duration::from_secs(secs).min(model.run.horizon),
        events_max: 15_000,
    }
}

/// Every model of the repository that has no recorded data, with all its designs.
fn every_model() -> Vec<(String, Model)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
    let mut models = Vec::new();
    for folder in ["blocks", "theory", "."] {
        let mut files: Vec<_> = std::fs::read_dir(root.join(folder))
            .expect("models are there")
            .map(|entry| entry.expect("models can be listed").path())
            .filter(|path| path.extension().is_some_and(|e| e == "ron"))
            .collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a model can be read");
            let spec = Spec::parse("model", &text).expect("models are well formed");
            let designs = spec.designs.keys().filter_map(|design| spec.design(design).ok());
            for (number, spec) in designs.chain([spec.clone()]).enumerate() {
                if let Ok(checked) = Model::check(&spec, &Files::default()) {
                    models.push((format!("{} {number}", file.display()), checked.model));
                }
            }
        }
    }
    assert!(models.len() > 40, "there are many models, not {}", models.len());
    models
}

#[test]
fn the_spans_of_a_trace_add_up_to_the_response() {
    for (name, model) in every_model() {
        let tracer = Tracer::new(&model, &[], Sample::Head { one_in: 1 }, 100_000, true);
        let ((told, tracer), now, _) =
            watch(&model, trial(&model, 30.0), (Told::default(), tracer));
        let traces = tracer.into_traces(now);
        let mut sums = [0u128; 5];
        let mut response = 0;
        let mut requests = 0;
        for (_, trace) in traces.iter().filter(|(_, trace)| trace.ending == Ending::Done) {
            let path = critical_path(trace);
            let whole: u64 = path.iter().map(|(_, time)| time.0).sum();
            assert_eq!(whole, trace.response.0, "{name}: {trace:#?}");
            for ((part, place), time) in path {
                let index = PARTS.iter().position(|&of| of == part);
                let index = index.unwrap_or_else(|| panic!("{name}: lost at {place:?} {trace:#?}"));
                sums[index] += u128::from(time.0);
            }
            response += u128::from(trace.response.0);
            requests += 1;
        }
        assert_eq!((requests, response), (told.requests, told.response), "{name}");
        assert_eq!(sums, told.spent, "{name}");
    }
}

#[test]
fn looking_changes_nothing() {
    for (name, model) in every_model() {
        let trial = trial(&model, 20.0);
        let plain = sim_core::metrics::run(&model, trial);
        let looks = (
            Tracer::new(&model, &[], Sample::Slowest, 10, true),
            Series::new(&model, Duration::from_secs(1.0)),
        );
        let run = |recorder| {
            let mut simulation =
                sim_core::simulation::Simulation::new(&model, trial.seed, recorder);
            simulation.run_until(Time::ZERO + trial.horizon, trial.events_max);
            (simulation.fingerprint(), simulation.events())
        };
        let (fingerprint, events) = run(looks);
        assert_eq!(fingerprint.events, plain.fingerprint.events, "{name}");
        assert_eq!(fingerprint.timings, plain.fingerprint.timings, "{name}");
        assert_eq!(events, plain.events, "{name}");
    }
}

fn shop() -> Model {
    model(
        r#"(
        components: { "a": { "x": [work(exponential("5ms")), read("d.read")] } },
        stores: { "d": database(servers: 2, queue: 3, queries: { "read": exponential("8ms") }) },
        services: { "a": (components: ["a"], replicas: 2) },
        clients: { "u": (rate: "220/s", mix: "a.x", timeout: "60ms") },
        run: (horizon: "60s", warmup: "0s"),
        )"#,
    )
}

#[test]
fn windows_of_a_series_add_up_to_the_totals() {
    let model = shop();
    let outcome = simulate(&model, 0);
    let (series, now, _) =
        watch(&model, outcome.trial, Series::new(&model, Duration::from_secs(0.7)));
    let series = series.close(now);
    assert_eq!(series.windows(), 86);
    let journey = &outcome.metrics.journeys[0];
    let sum =
        |of: fn(&sim_core::telemetry::Felt) -> u64| series.journey(0).iter().map(of).sum::<u64>();
    assert_eq!(sum(|felt| felt.sent), journey.sent);
    assert_eq!(sum(|felt| felt.done), journey.response.count());
    assert_eq!(sum(|felt| felt.refused), journey.refused);
    assert_eq!(sum(|felt| felt.timed_out), journey.timed_out);
    assert!(journey.refused > 0 && journey.timed_out > 0, "both happen");
    for (number, group) in model.stations.iter().enumerate() {
        let busy: f64 = (0..series.windows())
            .map(|window| {
                let (from, to) = series.bounds(window);
                series.station(&model, number, window)[1] * to.since(from).as_secs()
            })
            .sum();
        let levels = outcome.metrics.in_system_of(group);
        let expected: f64 = levels.map(|it| it.sum_up_to(group.servers) as f64 / 1e9).sum();
        assert!((busy - expected).abs() < 1e-6, "{}: {busy} of {expected}", group.name);
    }
}

#[test]
fn head_sampling_follows_from_the_request_alone() {
    let model = shop();
    let kept = |secs: f64| {
        let sample = Sample::Head { one_in: 50 };
        let tracer = Tracer::new(&model, &[], sample, 100_000, true);
        let trial = Trial { events_max: u64::MAX, ..trial(&model, secs) };
        let (tracer, now, _) = watch(&model, trial, tracer);
        let traces = tracer.into_traces(now);
        traces.into_iter().map(|(_, trace)| trace.request).collect::<Vec<_>>()
    };
    let (short, long) = (kept(30.0), kept(60.0));
    // 13,200 requests: 264 expected, and no more than four standard deviations away from it.
    assert!(long.len().abs_diff(264) < 65, "{}", long.len());
    assert!(short.iter().all(|request| long.contains(request)));
}

#[test]
fn the_slowest_is_as_slow_as_the_histogram_says() {
    let model = shop();
    let outcome = simulate(&model, 0);
    let tracer = Tracer::new(&model, &[], Sample::Slowest, 3, true);
    let (tracer, now, _) = watch(&model, outcome.trial, tracer);
    let traces = tracer.into_traces(now);
    let slowest = traces.iter().map(|(_, trace)| trace.response.0).max();
    assert_eq!(slowest, outcome.metrics.journeys[0].response.max());
    let errors = Tracer::new(&model, &[], Sample::Errors, 100_000, true);
    let (errors, now, _) = watch(&model, outcome.trial, errors);
    assert_eq!(errors.into_traces(now).len() as u64, outcome.metrics.journeys[0].errors());
}

/// Windows of one length cost on average what the run costs, as long as no price depends on how much is bought.
#[test]
fn windows_together_cost_what_the_run_costs() {
    let model = super::model(
        r#"(
        components: { "web": { "page": [work(exponential("5ms")), send("mails")] }, "post": { "send": [work("2ms")] } },
        services: {
            "web": (components: ["web"], replicas: 2, instance: "m"),
            "post": (components: ["post"], instance: "m"),
        },
        queues: { "mails": (consumers: { "post.send": (concurrency: 2) }, requests: "sqs") },
        network: (message: (request: "1kB", reply: "20kB")),
        clients: { "people": (rate: "100/s", mix: "web.page", hop: "5ms") },
        changes: [(at: "3s", set: { "services.web.replicas": 5 })],
        prices: (
            instances: { "m": (on_demand: "$0.5/h") },
            requests: { "sqs": "$0.4/1M" },
            internet: "$0.09/GB",
        ),
        run: (warmup: "0s", horizon: "6s"),
        )"#,
    );
    let whole = sim_core::cost::Bill::of(&model, &super::simulate(&model, 0).metrics).total();
    let seed = sim_core::simulation::Seed { seed: model.run.seed, replication: 0 };
    let window = sim_core::time::Duration::from_secs(0.5);
    let mut live = sim_core::telemetry::Live::new(&model, seed, window, 0);
    live.advance(sim_core::time::Time(6_000_000_001), u64::MAX);
    let bills: Vec<f64> = (0..12).filter_map(|number| live.window(number).bill).collect();
    assert_eq!(bills.len(), 12);
    let mean = bills.iter().sum::<f64>() / 12.0;
    assert!((mean / whole - 1.0).abs() < 1e-6, "{mean} of windows against {whole} of the run");
}

/// Attempts beyond the first are told apart: each has a span that says whether it is a retry or a hedge, as many as were
/// made.
#[test]
fn attempts_of_guards_are_told_apart() {
    for (guard, hedged) in [
        (r#"timeout: "12ms", retry: (attempts: 3), idempotent: true"#, false),
        (r#"hedge: (after: "12ms", at_most: 2), idempotent: true"#, true),
    ] {
        let model = model(&format!(
            r#"(
                components: {{"api": {{"get": [call("inner.do")]}}, "inner": {{"do": [work(exponential("10ms"))]}}}},
                services: {{"api": (components: ["api"], cores: 0), "inner": (components: ["inner"], cores: 0)}},
                guards: {{"g": (on: "inner.do", {guard})}},
                clients: {{"users": (rate: "20/s", mix: "api.get")}},
                run: (horizon: "30s", warmup: "0s"),
            )"#
        ));
        let tracer = Tracer::new(&model, &[], Sample::Head { one_in: 1 }, 100_000, true);
        let (tracer, now, _) = watch(&model, trial(&model, 30.0), tracer);
        let (mut calls, mut tried) = (0, [0u32; 3]);
        for (_, trace) in tracer.into_traces(now) {
            calls += 1;
            for span in &trace.spans {
                if let What::Attempt { number, is_hedge, .. } = span.what {
                    assert_eq!(is_hedge, hedged);
                    tried[number as usize] += 1;
                }
            }
        }
        // Each is made when the one before has taken 12 ms of an exponential time of 10 ms: of e^-1.2 of the calls, and of
        // those again where both have.
        let share = sim_core::math::exp(-1.2);
        let second = f64::from(tried[1]) / f64::from(calls);
        assert_eq!(tried[0], 0);
        assert!((second - share).abs() < 0.07, "{second} of {calls} calls have a second attempt");
        let third = f64::from(tried[2]) / f64::from(tried[1]);
        let most = if hedged { share * share } else { share };
        assert!((third - most).abs() < 0.12, "{third} of these have a third");
    }
}
