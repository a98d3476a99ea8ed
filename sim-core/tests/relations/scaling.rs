//! Autoscalers: what a number of replicas that changes must not change, and what follows from the rules alone.

use super::{felt, measured, model, simulate};
use sim_core::model::Model;

/// A service with some fields, asked so much.
fn service(fields: &str, clients: &str, rest: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "a": {{ "x": [work(exponential("8ms"))] }} }},
        services: {{ "a": (components: ["a"], {fields}) }},
        clients: {{ "u": (mix: "a.x", {clients}) }},
        {rest}
        )"#
    ))
}

const RUN: &str = r#"run: (horizon: "60s", warmup: "0s")"#;

/// A measure of the service.
fn of(model: &Model, name: &str) -> f64 {
    measured(model, &simulate(model, 0).metrics, "services.a", name)
}

#[test]
fn a_number_that_cannot_change_changes_no_bit() {
    let scaler = r#"autoscaler: (min: 4, max: 4, policies: [target(cpu("60%"))], period: "1s")"#;
    let policies = [
        "round_robin",
        "random",
        "weighted([3, 1, 2, 1])",
        "least_outstanding(ties: drawn)",
        "power_of(d: 2, ties: drawn)",
    ];
    for policy in policies {
        let with = |scaler: &str| {
            let fields = format!("replicas: 4, threads: 9, balancer: {policy}, {scaler}");
            service(&fields, r#"rate: "300/s", timeout: "0.2s""#, RUN)
        };
        let (fixed, scaled) = (with(""), with(scaler));
        let (a, b) = (simulate(&fixed, 0), simulate(&scaled, 0));
        assert!(a.events < b.events, "somebody looks");
        assert_eq!(felt(&fixed, &a.metrics), felt(&scaled, &b.metrics), "{policy}");
    }
}

#[test]
fn replicas_that_are_never_needed_change_no_bit() {
    // In turns and by who has the fewest, those that do not exist are as if they were not in the model.
    for policy in ["round_robin", "least_outstanding(ties: first)"] {
        let with = |scaler: &str| {
            let fields = format!("replicas: 3, balancer: {policy}, {scaler}");
            service(&fields, r#"rate: "200/s""#, RUN)
        };
        let scaler = r#"autoscaler: (min: 3, max: 9, policies: [scheduled(at: [("1h", 9)])])"#;
        let (fixed, scaled) = (with(""), with(scaler));
        let (a, b) = (simulate(&fixed, 0), simulate(&scaled, 0));
        assert_eq!(felt(&fixed, &a.metrics), felt(&scaled, &b.metrics), "{policy}");
    }
}

/// From 10 to 20 s two more are wanted, that take 3 s in all to start; what is not served is paid for as well.
#[test]
fn what_starts_is_paid_for_and_serves_later() {
    let fields = |start_up: &str| {
        format!(
            r#"replicas: 1, {start_up}
            autoscaler: (min: 1, max: 3, policies: [scheduled(at: [("10s", 3), ("20s", 1)])])"#
        )
    };
    let start_up = r#"start_up: (boot: "1.5s", image_pull: "0.5s", warm_up: "1s"),"#;
    let slow = service(&fields(start_up), r#"rate: "1/s""#, RUN);
    let close =
        |value: f64, seconds: f64| assert!((value - seconds / 60.0).abs() < 1e-3, "{value}");
    close(of(&slow, "replicas"), 60.0 + 2.0 * 7.0);
    close(of(&slow, "replicas_paid"), 60.0 + 2.0 * 10.0);
    assert_eq!(of(&slow, "time_at_max"), 10.0);
    assert_eq!((of(&slow, "scale_outs"), of(&slow, "scale_ins")), (1.0, 1.0));
    assert_eq!(of(&slow, "replicas_peak"), 3.0);
    close(of(&service(&fields(""), r#"rate: "1/s""#, RUN), "replicas"), 60.0 + 2.0 * 10.0);
    // A replica that starts and is not wanted any more never serves.
    let late = service(&fields(r#"start_up: (boot: "11s"),"#), r#"rate: "1/s""#, RUN);
    close(of(&late, "replicas"), 60.0);
    close(of(&late, "replicas_paid"), 60.0 + 2.0 * 10.0);
}

/// One request of 8 s each second to one of ten replicas that are one from 30 s on: nine have work for 8 s.
#[test]
fn what_goes_finishes_what_it_has_or_is_cut_off() {
    let with = |drain: &str| {
        model(&format!(
            r#"(
            components: {{ "a": {{ "x": [work("8s")] }} }},
            services: {{ "a": (components: ["a"], replicas: 10, cores: 20, {drain}
                autoscaler: (min: 1, max: 10, policies: [scheduled(at: [("30.5s", 1)])])) }},
            clients: {{ "u": (rate: "1/s", arrivals: constant, mix: "a.x") }},
            {RUN}
            )"#
        ))
    };
    let whole = with("");
    let outcome = simulate(&whole, 0);
    assert_eq!(outcome.metrics.journeys[0].errors(), 0);
    assert_eq!(of(&whole, "cut_off"), 0.0);
    // The requests of 23 to 30 s are at eight replicas, of which one is the first (of 10 n + 1 s) or none.
    let paid = |model: &Model| 60.0 * of(model, "replicas_paid");
    let in_time: f64 = (23..=30).map(|sent| f64::from(sent) + 8.0 - 30.5).sum();
    assert!((paid(&whole) - (60.0 + 9.0 * 30.5 + in_time)).abs() < 8.1, "{}", paid(&whole));
    let cut = with(r#"drain: "2.25s","#);
    let outcome = simulate(&cut, 0);
    // Those of 23 and 24 s are done by then.
    let errors = outcome.metrics.journeys[0].failed;
    assert!((5..=6).contains(&errors), "{errors}");
    assert_eq!(of(&cut, "cut_off"), errors as f64);
}

/// 600 requests of 8 ms a second keep 4.8 cores busy; at 60 % that is 8 replicas.
#[test]
fn every_target_is_reached_where_theory_has_it() {
    let reached = |policy: &str, rest: &str| {
        let fields = format!(
            r#"replicas: 5, balancer: least_outstanding, {rest}
            autoscaler: (min: 1, max: 40, policies: [{policy}], period: "20s", tolerance: "2%",
                scale_in: (stabilisation: "0s"))"#
        );
        let run = r#"run: (horizon: "400s", warmup: "100s")"#;
        of(&service(&fields, r#"rate: "600/s""#, run), "replicas")
    };
    let near =
        |value: f64, truth: f64| assert!((value - truth).abs() < 0.5, "{value}, not {truth}");
    near(reached(r#"target(cpu("60%"))"#, ""), 8.2);
    near(reached(r#"target(requests("50/s"))"#, ""), 12.2);
    // Without waiting, as many are under way as are served.
    near(reached("target(concurrency(0.5))", "cores: 20,"), 9.9);
    near(reached(r#"ideal("60%")"#, ""), 8.0);
}

#[test]
fn who_is_down_is_replaced() {
    let with = |scaler: &str| {
        let fields = format!(r#"replicas: 4, start_up: (boot: "5s"), {scaler}"#);
        let faults = r#"faults: [crash(of: "services.a", replica: 2, at: "12s")],"#;
        service(&fields, r#"rate: "100/s", arrivals: constant"#, &format!("{faults} {RUN}"))
    };
    let failed = |model: &Model| simulate(model, 0).metrics.journeys[0].failed;
    // Until the look at 15 s a quarter of 300 requests fails; then three serve, and the fourth from 20 s on.
    let scaled = with(
        r#"autoscaler: (min: 4, max: 6, policies: [scheduled(at: [("0s", 4)])], period: "5s")"#,
    );
    assert!(failed(&scaled).abs_diff(75) <= 2, "{}", failed(&scaled));
    let serving = 60.0 * of(&scaled, "replicas");
    assert!((serving - (4.0 * 60.0 - 5.0)).abs() < 1e-6, "{serving}");
    assert!(failed(&with("")).abs_diff(1_200) <= 2);
}

/// 40 messages a second of 0.1 s each, by workers of which each replica has two: two replicas are just enough.
#[test]
fn workers_follow_the_replicas() {
    let with = |policies: &str| {
        model(&format!(
            r#"(
            components: {{ "a": {{ "x": [work("0.1s")] }}, "s": {{ "y": [send("q")] }} }},
            services: {{
                "a": (components: ["a"], replicas: 1, cores: 2,
                    autoscaler: (min: 1, max: 9, policies: {policies}, period: "5s", scale_in: (stabilisation: "0s"))),
                "s": (components: ["s"], cores: 0),
            }},
            queues: {{ "q": (consumers: {{ "a.x": (concurrency: 2) }}) }},
            clients: {{ "u": (rate: "40/s", arrivals: constant, mix: "s.y") }},
            run: (horizon: "100s", warmup: "0s")
            )"#
        ))
    };
    let backlog =
        |model: &Model| measured(model, &simulate(model, 0).metrics, "queues.q", "backlog_peak");
    // One replica does 20 a second: 20 more wait each second until 50 s.
    let late = with(r#"[scheduled(at: [("50s", 4)])]"#);
    assert!((backlog(&late) - 1_000.0).abs() < 5.0, "{}", backlog(&late));
    let one = with(r#"[scheduled(at: [("200s", 4)])]"#);
    assert!((backlog(&one) - 2_000.0).abs() < 5.0, "{}", backlog(&one));
    for target in [
        "target(backlog(20))",
        r#"target(backlog_age("2s"))"#,
        "step([add(above: backlog(20), replicas: 3)])",
    ] {
        let scaled = with(&format!("[{target}]"));
        // After the first look at most ten seconds pass until enough work.
        assert!(backlog(&scaled) < 400.0, "{target}: {}", backlog(&scaled));
        assert!(of(&scaled, "replicas") >= 2.0 * 0.95);
    }
}

/// The second day is known: replicas are there before the load, in place of a look and a start later.
#[test]
fn a_profile_that_was_learned_is_met() {
    let with = |policies: &str| {
        let fields = format!(
            r#"replicas: 2, cores: 1, balancer: least_outstanding, start_up: (boot: "20s"),
            autoscaler: (min: 2, max: 20, policies: [{policies}], period: "5s", scale_in: (stabilisation: "10s"))"#
        );
        let clients = r#"rate: "100/s", timeout: "2s", profile: [
            spike(at: "50s", lasts: "50s", factor: 8), spike(at: "150s", lasts: "50s", factor: 8),
            spike(at: "250s", lasts: "50s", factor: 8), spike(at: "350s", lasts: "50s", factor: 8)]"#;
        service(&fields, clients, r#"run: (horizon: "400s", warmup: "200s")"#)
    };
    let slow = |model: &Model| simulate(model, 0).metrics.journeys[0].timed_out;
    let target = r#"target(requests("75/s"))"#;
    let predictive = r#"predictive(target: requests("75/s"), season: "100s", ahead: "25s")"#;
    let (reacts, foresees) = (slow(&with(target)), slow(&with(&format!("{target}, {predictive}"))));
    assert!(reacts > 5_000 && foresees * 20 < reacts, "{reacts} and {foresees}");
}

#[test]
fn regions_scale_by_themselves() {
    let text = r#"(
        regions: {"eu": (), "us": ()},
        network: (between: {"eu": {"us": "80ms"}}),
        components: { "a": { "x": [work("10ms")] } },
        services: { "a": (components: ["a"], regions: {"eu": 2, "us": 1}, instance: "m",
            autoscaler: (min: 1, max: 9, policies: [target(requests("50/s"))], period: "5s", tolerance: 0)) },
        clients: {
            "e": (rate: "200/s", arrivals: constant, region: "eu", mix: "a.x"),
            "u": (rate: "50/s", arrivals: constant, region: "us", mix: "a.x"),
        },
        prices: (instances: {"m": (on_demand: "$1/h")}),
        run: (horizon: "100s", warmup: "20s"),
    )"#;
    let model = model(text);
    let metrics = simulate(&model, 0).metrics;
    let in_region =
        |region: &str| measured(&model, &metrics, &format!("services.a@{region}"), "replicas");
    assert!((in_region("eu") - 4.0).abs() < 0.3, "{}", in_region("eu"));
    assert!((in_region("us") - 1.0).abs() < 0.3, "{}", in_region("us"));
    let bill = sim_core::cost::Bill::of(&model, &metrics).total();
    let paid = (in_region("eu") + in_region("us")) * 730.0;
    assert!((bill - paid).abs() < 1e-6 * paid, "{bill}, not {paid}");
}
