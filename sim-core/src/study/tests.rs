//! Studies of systems whose answers are known.

use super::*;
use crate::metrics::run;
use crate::model::{Files, Model};
use crate::spec::Spec;
use crate::time::Duration;

/// One queue: exponential work of 10 ms, at a rate, and what else is written into the service and the client.
fn queue(rate: f64, service: &str, client: &str, rest: &str) -> Alternative {
    let text = format!(
        r#"(
            components: {{"desk": {{"ask": [work(exponential("10ms"))]}}}},
            services: {{"desk": (components: ["desk"], {service})}},
            clients: {{"users": (rate: "{rate}/s", mix: "desk.ask", {client})}},
            {rest}
        )"#
    );
    let spec = Spec::parse("queue.ron", &text).unwrap();
    let checked = Model::check(&spec, &Files::default()).unwrap();
    Alternative::new("queue", checked, spec.hash())
}

fn plan(secs: f64, replications: u32) -> Plan {
    Plan {
        seed: 1,
        until: Until::Replications(replications),
        horizon: Duration::from_secs(secs),
        warmup: Some(Duration::from_secs(secs / 10.0)),
        events_max: crate::metrics::EVENTS_MAX,
    }
}

fn study(designs: Vec<Alternative>, plan: Plan) -> Summary {
    let mut study = Replicate::new(designs, plan);
    study.run();
    study.summary()
}

/// M/M/1 at 50 %: mean 20 ms, percentiles those of an exponential with that mean, 1 request in flight.
#[test]
fn mm1_is_what_the_formula_says() {
    let summary = study(vec![queue(50.0, "", "", "")], plan(1000.0, 10));
    let all = &summary.designs[0].all;
    let near = |value: Value, truth: f64| {
        assert!(value.is_confident(), "{value:?}");
        // Three half-widths: one such test in thousands fails by chance.
        assert!((value.mean - truth).abs() < 3.0 * value.half_width, "{value:?} for {truth}");
        assert!(value.half_width < 0.05 * truth, "{value:?} for {truth}");
    };
    near(all.mean, 0.02);
    near(all.p50, 0.02 * crate::math::ln(2.0));
    near(all.p99, 0.02 * crate::math::ln(100.0));
    near(all.rate, 50.0);
    near(summary.designs[0].in_flight, 1.0);
    near(summary.designs[0].stations[0].utilisation, 0.5);
    near(summary.designs[0].stations[0].queue, 0.5);
    assert_eq!(all.errors.mean, 0.0);
}

/// 102 come in a second and 100 are served.
#[test]
fn overload_is_said_and_not_averaged() {
    let summary = study(vec![queue(102.0, "", "", "")], plan(2000.0, 10));
    let design = &summary.designs[0];
    assert_eq!(design.health.status, Status::Unstable);
    let growth = design.health.growth.unwrap();
    assert!((growth.mean - 2.0).abs() < 3.0 * growth.half_width, "{growth:?}");
    assert!(design.all.p99.mean.is_nan() && design.stations[0].wait.mean.is_nan());
    assert!((design.all.rate.mean - 100.0).abs() < 1.0);
}

/// Clients who give up keep the number in flight down, while the line at the server grows without end.
#[test]
fn overload_hides_behind_no_timeout() {
    let design = queue(130.0, "", r#"timeout: "1s""#, "");
    let summary = study(vec![design], plan(500.0, 5));
    assert_eq!(summary.designs[0].health.status, Status::Unstable);
}

/// M/M/1/K at a load of 2 with 4 places: a request is refused with probability 16/31 (with r = λ/μ:
/// r^K (1 - r) / (1 - r^(K+1))).
#[test]
fn a_queue_that_refuses_is_stable() {
    let design = queue(200.0, "queue: 3, threads: 1", "", "");
    let summary = study(vec![design], plan(300.0, 10));
    let design = &summary.designs[0];
    assert_eq!(design.health.status, Status::Confident, "{:?}", design.health);
    let errors = design.all.errors;
    assert!((errors.mean - 16.0 / 31.0).abs() < 3.0 * errors.half_width, "{errors:?}");
}

/// The rule of thumb that the confidence rests on: M/M/1 at 90 % needs some 10,000 requests in each
/// replication.
#[test]
fn short_runs_at_high_load_are_not_believed() {
    let health = |secs| study(vec![queue(90.0, "", "", "")], plan(secs, 10)).designs.remove(0);
    let short = health(1_000.0 / 90.0);
    assert_eq!(short.health.status, Status::TooShort);
    assert!(short.all.mean.mean.is_nan() && short.all.rate.is_confident());
    let advice = short.health.advice.unwrap();
    assert!(advice.contains("--horizon"), "{advice}");
    let long = health(10_000.0 / 90.0);
    assert_eq!(long.health.status, Status::Confident, "{:?}", long.health);
    // The far end of the tail needs more than the mean.
    assert!(long.all.mean.is_confident());
    assert_eq!(long.all.p99.status, Status::TooShort);
}

/// Where the load was changed on the way, what is written does not say how far saturation is: what was seen does.
#[test]
fn headroom_is_of_what_was_seen() {
    let bottleneck = |rest: &str| {
        let summary = study(vec![queue(20.0, "", "", rest)], plan(200.0, 5));
        summary.designs[0].bottleneck.clone().unwrap()
    };
    let as_written = bottleneck("");
    assert!((as_written.headroom - 5.0).abs() < 1e-9, "{}", as_written.says);
    // From 20 s on 80 come in a second.
    let changed = bottleneck(r#"changes: [(at: "20s", set: {"clients.users.rate": "80/s"})],"#);
    assert!((changed.headroom - 1.0 / 0.8).abs() < 0.1, "{}", changed.says);
    assert!(changed.says.contains("20 % by the load as written"), "{}", changed.says);
}

/// What breaks or changes at an instant leaves a spell behind that says nothing of a steady state: neither that there is
/// none, nor that the runs are too short. What breaks every now and then has one.
#[test]
fn what_happens_at_an_instant_is_judged_as_it_is() {
    let status = |rest: &str| {
        let summary = study(vec![queue(50.0, "", "", rest)], plan(200.0, 10));
        (summary.designs[0].health.status, summary.designs[0].all.p99.is_confident())
    };
    let stall = |when: &str| status(&format!("faults: [stall(of: \"services.desk\", {when})],"));
    assert_eq!(stall(r#"at: "160s", lasts: "40s""#), (Status::Confident, true));
    assert_eq!(stall(r#"at: "50s", lasts: "40s""#), (Status::Confident, true));
    let twice = r#"changes: [(at: "180s", set: {"clients.users.rate": "150/s"})],"#;
    assert_eq!(status(twice), (Status::Confident, true));
    assert_eq!(stall(r#"every: exponential("100s"), lasts: "40s""#), (Status::TooShort, false));
}

/// Growth that the traffic brings about is no instability.
#[test]
fn a_rising_profile_is_not_unstable() {
    let client = r#"profile: [ramp(from: "0s", to: "200s", factor: 8)]"#;
    let summary = study(vec![queue(10.0, "", client, "")], plan(200.0, 10));
    assert_eq!(summary.designs[0].health.status, Status::Confident);
}

#[test]
fn one_replication_has_no_interval() {
    let summary = study(vec![queue(50.0, "", "", "")], plan(200.0, 1));
    let design = &summary.designs[0];
    assert_eq!(
        (design.health.status, design.all.mean.status),
        (Status::NoInterval, Status::NoInterval)
    );
    assert!(design.all.mean.mean > 0.0 && design.all.mean.half_width == f64::INFINITY);
}

/// The same model twice: under common random numbers nothing differs, in no replication.
#[test]
fn equal_designs_are_equal_to_the_bit() {
    let designs = vec![queue(80.0, "", "", ""), queue(80.0, "", "", "")];
    let summary = study(designs, plan(100.0, 5));
    let comparison = &summary.comparisons[0];
    assert!(comparison.differences.len() > 10);
    let p50 = comparison.get(&Scope::All, Metric::P50).unwrap();
    assert_eq!((p50.tendency, p50.absolute.half_width), (Tendency::Equal, 0.0));
    assert_eq!(summary.designs[0].fingerprint, summary.designs[1].fingerprint);
}

/// Twice the cores: M/M/2 at 40 % instead of M/M/1 at 80 % takes 11.9 ms instead of 50 ms on average
/// (Erlang C: 1 / (μ (1 - ρ²)) = 10 ms / 0.84).
#[test]
fn a_difference_is_told_with_its_interval() {
    let designs = vec![queue(80.0, "", "", ""), queue(80.0, "cores: 2", "", "")];
    let summary = study(designs, plan(500.0, 10));
    let mean = summary.comparisons[0].get(&Scope::All, Metric::Mean).unwrap();
    assert_eq!(mean.tendency, Tendency::Lower);
    let truth = 0.01 / 0.84 - 0.05;
    assert!((mean.absolute.mean - truth).abs() < 3.0 * mean.absolute.half_width, "{mean:?}");
}

#[test]
fn objectives_are_judged_by_their_intervals() {
    let rest = r#"objectives: [
        latency(percentile: 99, below: "150ms"),
        latency(of: "desk.ask", percentile: 50, below: "10ms"),
        errors(below: "1%"),
        throughput(above: "50/s"),
    ],"#;
    let summary = study(vec![queue(50.0, "", "", rest)], plan(500.0, 10));
    let verdicts: Vec<Verdict> =
        summary.designs[0].objectives.iter().map(|objective| objective.verdict).collect();
    // 50/s is what comes: no interval around it lies above it for certain.
    assert_eq!(verdicts, [Verdict::Met, Verdict::Missed, Verdict::Met, Verdict::Undecided]);
    assert_eq!(summary.verdict(), Some(Verdict::Missed));
}

#[test]
fn precision_is_reached() {
    let asked = Until::Precision { relative: 0.03, at_most: 200 };
    let plan = Plan { until: asked, ..plan(200.0, 1) };
    let summary = study(vec![queue(50.0, "", "", "")], plan);
    let all = &summary.designs[0].all;
    assert!(all.mean.relative_half_width() <= 0.03 && all.p99.relative_half_width() <= 0.03);
    assert!((10..200).contains(&summary.replications), "{}", summary.replications);
    let bounded = Until::Precision { relative: 1e-6, at_most: 25 };
    let summary = study(vec![queue(50.0, "", "", "")], Plan { until: bounded, ..plan });
    assert_eq!(summary.replications, 25);
}

/// However the caller maps and however often it is told, the result is the same.
#[test]
fn only_whole_replications_count_after_an_interruption() {
    let designs = || vec![queue(50.0, "", "", ""), queue(50.0, "cores: 2", "", "")];
    let mut cut = Replicate::new(designs(), plan(50.0, 10));
    let batch = cut.ask().unwrap();
    assert_eq!(batch.len(), 20);
    let mut outcomes: Vec<Outcome> =
        batch.into_iter().map(|trial| run(cut.model(trial.design), trial)).collect();
    outcomes.remove(7);
    outcomes.truncate(11);
    cut.tell(outcomes);
    assert!(cut.ask().is_none() && cut.is_interrupted());
    let (cut, whole) = (cut.summary(), study(designs(), plan(50.0, 3)));
    assert!(cut.interrupted && !whole.interrupted);
    assert_eq!(cut.replications, 3);
    assert_eq!(cut.designs[1].fingerprint, whole.designs[1].fingerprint);
    assert_eq!(cut.designs[1].all.mean, whole.designs[1].all.mean);
}

/// Interrupted before anything was known, there is still something to show.
#[test]
fn nothing_told_is_nothing_seen() {
    let mut study = Replicate::new(vec![queue(50.0, "", "", "")], plan(50.0, 10));
    study.ask().unwrap();
    study.tell(Vec::new());
    let summary = study.summary();
    assert_eq!(summary.designs[0].all.mean.status, Status::NothingSeen);
    for format in [crate::report::Format::Text, crate::report::Format::Json] {
        assert!(
            !crate::report::render(&summary, format, crate::report::Style::default()).is_empty()
        );
    }
}

/// The decision is made on replications that are not measured.
#[test]
fn a_later_warmup_starts_with_new_replications() {
    // Every request takes 30 s, so for 30 s there are more and more.
    let text = r#"(
        components: {"desk": {"ask": [wait("30s")]}},
        services: {"desk": (components: ["desk"])},
        clients: {"users": (rate: "20/s", mix: "desk.ask")},
    )"#;
    let spec = Spec::parse("slow.ron", text).unwrap();
    let checked = Model::check(&spec, &Files::default()).unwrap();
    let plan = Plan { warmup: None, ..plan(100.0, 10) };
    let mut study = Replicate::new(vec![Alternative::new("slow", checked, spec.hash())], plan);
    let first = study.ask().unwrap();
    assert_eq!((first[0].seed.replication, first[0].warmup), (0, Duration::from_secs(10.0)));
    let outcomes = first.into_iter().map(|trial| run(study.model(0), trial)).collect();
    study.tell(outcomes);
    let second = study.ask().unwrap();
    assert_eq!(second[0].seed.replication, 10);
    let warmup = second[0].warmup.as_secs();
    assert!((25.0..=50.0).contains(&warmup), "{warmup}");
}

/// A first-order autoregression x' = a x + noise has an integrated autocorrelation time of (1 + a) / (1 - a).
#[test]
fn looks_of_an_autoregression() {
    use crate::random::{Draw, Key, normal};
    for a in [0.0, 0.5, 0.8] {
        let walk = |replication| {
            let key = Key::new(4, replication, 0);
            let mut x = 0.0;
            let step = |k| {
                x = a * x + normal(&mut Draw::new(k, key));
                x
            };
            (0..400).map(step).collect::<Vec<f64>>()
        };
        let courses: Vec<Vec<f64>> = (0..50).map(walk).collect();
        let truth = 400.0 * (1.0 - a) / (1.0 + a);
        let found = effective_size(&courses);
        assert!((found / truth - 1.0).abs() < 0.15, "{found} for {truth}");
    }
    assert_eq!(effective_size::<Vec<f64>>(&[]), 0.0);
    assert_eq!(effective_size(&[vec![2.0; 30]]), 30.0);
}

/// Sectioning around the mean of the replications is the usual interval, by hand: 1, 2, 3, 4, 5 has mean 3
/// and standard error √(2.5 / 5); around 4, the mean square distance is (10 + 5) / 4.
#[test]
fn sections_by_hand() {
    let replications = [1.0, 2.0, 3.0, 4.0, 5.0].into_iter().collect();
    let usual = Value::sectioned(&replications, 3.0);
    assert!((usual.half_width - 2.776 * 0.5f64.sqrt()).abs() < 1e-3);
    let aside = Value::sectioned(&replications, 4.0);
    assert!((aside.half_width - 2.776 * (3.75f64 / 5.0).sqrt()).abs() < 1e-3);
}

#[test]
fn fingerprints_do_not_depend_on_the_map() {
    let design = [queue(80.0, "", "", r#"run: (horizon: "60s"),"#)];
    let in_turn = fingerprint_in_turn(&design);
    let backwards = fingerprint(&design, |trials| {
        let mut outcomes: Vec<Outcome> =
            trials.into_iter().rev().map(|trial| run(&design[0].model, trial)).collect();
        outcomes.reverse();
        outcomes
    });
    assert_eq!(in_turn, backwards);
    assert_eq!(in_turn[0].to_string().split('\t').count(), 4);
}

#[test]
fn events_can_be_looked_at_one_by_one() {
    let design = queue(80.0, "", "", r#"run: (horizon: "1s"),"#);
    let first = describe_event(&design.model, 0, 1).unwrap();
    assert!(first.starts_with("1\t") && first.contains("users sends"), "{first}");
    let second = describe_event(&design.model, 0, 2).unwrap();
    assert_ne!(first.split('\t').next_back(), second.split('\t').next_back());
    assert!(describe_event(&design.model, 0, 0).is_none());
    assert!(describe_event(&design.model, 0, 100_000).is_none());
}

/// Found in a model whose orders had a service and a store: the idle one was looked at.
#[test]
fn a_service_and_a_store_of_one_name_are_told_apart() {
    let text = r#"(
        components: {"orders": {"place": [work("1ms"), write("orders")]}},
        services: {"orders": (components: ["orders"])},
        stores: {"orders": database(servers: 1, write: exponential("20ms"))},
        clients: {"users": (rate: "100/s", mix: "orders.place", timeout: "1s")},
    )"#;
    let spec = Spec::parse("orders.ron", text).unwrap();
    let checked = Model::check(&spec, &Files::default()).unwrap();
    let design = Alternative::new("as written", checked, spec.hash());
    let summary = study(vec![design], plan(100.0, 5));
    let design = &summary.designs[0];
    let names: Vec<&str> = design.stations.iter().map(|station| station.name.as_str()).collect();
    assert_eq!(names, ["services.orders", "stores.orders"]);
    assert_eq!(design.health.status, Status::Unstable);
    assert!(
        design.stations[0].utilisation.mean < 0.11 && design.stations[1].utilisation.mean > 0.97
    );
}
