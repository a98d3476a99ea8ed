//! Deployments: what a new version costs while it takes over, and what of a bad one is felt.

use super::{measured, model, simulate};
use sim_core::model::Model;

/// A hundred requests a second of 8 ms each to four replicas, and a deployment.
fn four(deployment: &str, fields: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "a": {{ "x": [work("8ms")] }} }},
        services: {{ "a": (components: ["a"], replicas: 4, start_up: (boot: "10s"), {fields}
            deployments: [{deployment}]) }},
        clients: {{ "u": (rate: "100/s", arrivals: constant, mix: "a.x") }},
        run: (horizon: "200s", warmup: "0s"),
        )"#
    ))
}

/// A measure of the service.
fn of(model: &Model, name: &str) -> f64 {
    measured(model, &simulate(model, 0).metrics, "services.a", name)
}

/// Requests that failed.
fn failed(model: &Model) -> u64 {
    simulate(model, 0).metrics.journeys[0].failed
}

fn near(value: f64, truth: f64, by: f64) {
    assert!((value - truth).abs() <= by, "{value}, not {truth}");
}

#[test]
fn a_rolling_deployment_takes_a_start_for_each_replica_or_so_many_at_once() {
    // What is added beside what there is: four replicas serve at any time, and one more is paid for while it starts.
    for (surge, starts) in [(1, 4.0), (2, 2.0), (4, 1.0)] {
        let rolled = four(&format!(r#"rolling(at: "50s", surge: {surge})"#), "");
        near(of(&rolled, "rollout"), 10.0 * starts, 0.1);
        near(200.0 * of(&rolled, "replicas"), 800.0, 0.1);
        near(200.0 * of(&rolled, "replicas_paid"), 800.0 + 40.0, 0.5);
        assert_eq!((of(&rolled, "rolled_out"), failed(&rolled)), (1.0, 0));
    }
    // What takes the place of what has gone: three serve meanwhile.
    let missing = four(r#"rolling(at: "50s", surge: 0, unavailable: 1)"#, "");
    near(of(&missing, "rollout"), 40.0, 0.1);
    near(200.0 * of(&missing, "replicas"), 800.0 - 40.0, 0.1);
    near(200.0 * of(&missing, "replicas_paid"), 800.0, 0.5);
    assert_eq!(failed(&missing), 0);
}

#[test]
fn a_slower_version_keeps_cores_busy_for_longer() {
    let rolled = |work: f64| {
        let version = format!(r#"rolling(at: "60s", surge: 4, version: (work: {work}))"#);
        of(&four(&version, ""), "cpu")
    };
    // 0.8 of 4 cores; from 70 s on so many times as much. Four more replicas are paid for during ten seconds.
    for work in [1.0, 2.0, 3.5] {
        let busy = 0.8 * (70.0 + work * 130.0);
        near(rolled(work), busy / (4.0 * 200.0 + 40.0), 1e-3);
    }
}

#[test]
fn a_canary_is_felt_by_its_share_of_the_requests() {
    let canary = |balancer: &str, roll_back: &str| {
        let deployment = format!(
            r#"canary(at: "10s", steps: [("5%", "50s"), ("25%", "40s")], version: (errors: "40%"), {roll_back})"#
        );
        four(&deployment, &format!("balancer: {balancer},"))
    };
    // One replica has a share of 5 % from 20 to 70 s and then of 25 % to 110 s; then three more start, one by one, and all are new.
    for (balancer, by) in [("round_robin", 0.06), ("random", 0.09)] {
        let bad = canary(balancer, "");
        let of_steps = 0.4 * 100.0 * (0.05 * 50.0 + 0.25 * 40.0);
        let rest = 0.4 * 100.0 * 60.0;
        // While the rest is rolled out the share rises from a quarter to all.
        let between = 0.4 * 100.0 * 10.0 * (0.25 + 0.5 + 0.75);
        near(failed(&bad) as f64 / (of_steps + between + rest), 1.0, by);
        assert_eq!(of(&bad, "rolled_out"), 1.0);
    }
    // At 5 requests a second 20 answers have come after 4 s; the second look finds too many errors.
    let taken_back = canary("round_robin", r#"roll_back: (errors: "10%", every: "5s")"#);
    assert_eq!((of(&taken_back, "rolled_back"), of(&taken_back, "rolled_out")), (1.0, 0.0));
    let errors = failed(&taken_back);
    assert!((3..=16).contains(&errors), "{errors}");
    near(200.0 * of(&taken_back, "replicas"), 800.0, 15.0);
}

#[test]
fn a_second_set_serves_at_once_and_the_first_can_come_back() {
    let blue_green =
        |fields: &str| four(&format!(r#"blue_green(at: "50s", keep: "30s", {fields})"#), "");
    // Eight are paid for while four start, and while the old four are kept; four serve.
    let good = blue_green("");
    near(of(&good, "rollout"), 40.0, 0.1);
    near(200.0 * of(&good, "replicas"), 800.0, 1e-6);
    near(200.0 * of(&good, "replicas_paid"), 800.0 + 4.0 * 40.0, 0.2);
    assert_eq!(failed(&good), 0);
    // All requests go to the bad version for as long as it takes to look twice at most.
    let bad = blue_green(r#"version: (errors: "50%"), roll_back: (errors: "5%", every: "5s")"#);
    let errors = failed(&bad) as f64;
    assert!(errors > 0.0 && errors <= 0.55 * 100.0 * 5.0, "{errors}");
    assert_eq!(of(&bad, "rolled_back"), 1.0);
    // A slow version is told by its times.
    let slow = blue_green(r#"version: (work: 20), roll_back: (latency_p99: "50ms", every: "5s")"#);
    assert_eq!(of(&slow, "rolled_back"), 1.0);
    near(200.0 * of(&slow, "replicas"), 800.0, 1.0);
}

#[test]
fn a_rolling_version_goes_back_as_it_came() {
    let bad = four(
        r#"rolling(at: "50s", version: (errors: "100%"), roll_back: (errors: "5%", every: "1s", requests: 10))"#,
        "",
    );
    // One of four is bad from 60 s until the look after, and then while another old one starts.
    let errors = failed(&bad) as f64;
    near(errors, 25.0 * 11.0, 30.0);
    assert_eq!((of(&bad, "rolled_back"), of(&bad, "rolled_out")), (1.0, 0.0));
    near(200.0 * of(&bad, "replicas"), 800.0, 0.1);
}

/// A version that takes over while an autoscaler grows: both are done in the end.
#[test]
fn a_deployment_and_an_autoscaler_do_not_know_each_other() {
    let scaler =
        r#"autoscaler: (min: 1, max: 8, policies: [scheduled(at: [("15s", 7), ("120s", 3)])]),"#;
    for deployment in [
        r#"rolling(at: "10s", surge: 2, version: (work: 1.5))"#,
        r#"canary(at: "10s", steps: [("10%", "20s"), ("50%", "20s")], version: (work: 1.5))"#,
        r#"blue_green(at: "10s", version: (work: 1.5), keep: "5s")"#,
    ] {
        let both = four(deployment, scaler);
        assert_eq!(of(&both, "rolled_out"), 1.0, "{deployment}");
        assert_eq!(failed(&both), 0, "{deployment}");
        // Until 15 s four, then seven as soon as they have started, and three from 120 s on.
        let served = 200.0 * of(&both, "replicas");
        assert!(
            (4.0 * 25.0 + 7.0 * 95.0 + 3.0 * 80.0 - served).abs() < 80.0,
            "{deployment}: {served}"
        );
    }
}
