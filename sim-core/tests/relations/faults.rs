//! What breaks, and what balancers make of it: shares that follow from the rules alone.

use super::{felt, model, simulate};
use sim_core::math::ln;
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

/// A hundred requests a second, evenly, to four replicas.
fn four(fields: &str, faults: &str, horizon: &str) -> Model {
    model(&format!(
        r#"(
        keys: {{ "customers": (count: 1) }},
        components: {{ "a": {{ "x": [work("1ms")] }} }},
        services: {{ "a": (components: ["a"], replicas: 4, {fields}) }},
        clients: {{ "u": (rate: "100/s", arrivals: constant, mix: "a.x") }},
        faults: [{faults}],
        run: (horizon: "{horizon}", warmup: "0s"),
        )"#
    ))
}

/// Requests sent and failed in a replication.
fn failed(model: &Model) -> (u64, u64) {
    let journey = &simulate(model, 0).metrics.journeys[0];
    (journey.sent, journey.failed)
}

/// A measure of a block.
fn measure(model: &Model, of: &str, name: &str) -> f64 {
    let metrics = simulate(model, 0).metrics;
    let measures = &model.measures.reported;
    let found = measures.iter().find(|measure| measure.of == of && measure.name == name);
    metrics.measure(&found.unwrap_or_else(|| panic!("{of} has no {name}")).kind)
}

const DOWN: &str = r#"crash(of: "services.a", replica: 2, at: "0s")"#;

/// What finds no copy that could take it fails for the crash of the copy, as what was on its way there does.
#[test]
fn who_finds_no_primary_failed_for_its_crash() {
    let of = |copies: &str, replica: u32| {
        let model = model(&format!(
            r#"(
            components: {{ "a": {{ "x": [write("d")] }} }},
            services: {{ "a": (components: ["a"], cores: 0) }},
            stores: {{ "d": database(servers: 0, write: "1ms", {copies}) }},
            clients: {{ "u": (rate: "100/s", arrivals: constant, mix: "a.x") }},
            faults: [crash(of: "stores.d", replica: {replica}, at: "10s", lasts: "30s")],
            run: (horizon: "60s", warmup: "0s"),
            )"#
        ));
        let of = format!("faults.crash stores.d replica {replica}");
        (failed(&model).1, measure(&model, &of, "requests_failed"))
    };
    let failover = r#"failover: (detection: "5s", promotion: "15s")"#;
    let replicas = r#"replicas: 1, mode: asynchronous(lag: "1ms")"#;
    for (copies, down) in [
        (format!("replication: ({replicas})"), 30),
        (format!("replication: ({replicas}, {failover})"), 20),
        ("quorum: (members: 3, read: 2, write: 3)".to_owned(), 30),
        ("quorum: (members: 3, read: 2, write: 2)".to_owned(), 0),
    ] {
        let (failed, told) = of(&copies, 0);
        assert!(failed.abs_diff(100 * down) <= 2, "{copies}: {failed}");
        assert_eq!(told, failed as f64, "{copies}");
    }
}

/// A search fails once, however many of its shards are down, were asked or would have been.
#[test]
fn a_search_fails_once_for_a_crash_of_its_shards() {
    for (of, name) in
        [("stores.i", "faults.crash stores.i"), ("stores.i\", replica: 1, name: \"it", "faults.it")]
    {
        let model = model(&format!(
            r#"(
            components: {{ "a": {{ "x": [read("i")] }} }},
            services: {{ "a": (components: ["a"], cores: 0) }},
            stores: {{ "i": search(shards: 3, servers: 0, query: exponential("50ms")) }},
            clients: {{ "u": (rate: "100/s", mix: "a.x") }},
            faults: [crash(of: "{of}", at: "10s", lasts: "30s")],
            run: (horizon: "60s", warmup: "0s"),
            )"#
        ));
        let told = measure(&model, name, "requests_failed");
        let failed = failed(&model).1;
        assert!(failed.abs_diff(3_000) < 300, "{of}: {failed}");
        assert_eq!(told, failed as f64, "{of}");
    }
}

#[test]
fn a_health_check_loses_what_comes_before_it_knows() {
    // Three checks, at 5, 10 and 15 seconds: until then every fourth request of each second goes there.
    let health = r#"health: (interval: "5s", timeout: "1s", unhealthy: 3)"#;
    let checked = four(health, DOWN, "60s");
    let (sent, errors) = failed(&checked);
    assert!(sent.abs_diff(6_000) <= 1 && errors.abs_diff(375) <= 1, "{errors} of {sent}");
    assert_eq!(measure(&checked, "faults.crash services.a replica 2", "time_down"), 60.0);
    assert_eq!(
        measure(&checked, "faults.crash services.a replica 2", "requests_failed"),
        errors as f64
    );
    let unhealthy = measure(&checked, "services.a", "replicas_unhealthy");
    assert!((unhealthy - 0.75).abs() < 1e-9, "45 of 60 seconds, not {unhealthy}");
    // Without it the share never falls; and where all are down, all are asked.
    assert!(failed(&four("", DOWN, "60s")).1.abs_diff(1_500) <= 1);
    let all = r#"crash(of: "services.a", at: "0s")"#;
    let (sent, errors) = failed(&four(health, all, "60s"));
    assert_eq!(sent, errors);
}

#[test]
fn a_check_of_a_stalled_replica_takes_as_long_as_its_timeout() {
    // Found out at 15 + 1 s; back at 29 s, found well at 30 and 35 s.
    let stall = r#"stall(of: "services.a", replica: 0, at: "0s", lasts: "29s")"#;
    let health = r#"health: (interval: "5s", timeout: "1s", unhealthy: 3, healthy: 2)"#;
    let unhealthy = measure(&four(health, stall, "60s"), "services.a", "replicas_unhealthy");
    assert!((unhealthy - 19.0 / 60.0).abs() < 1e-9, "{unhealthy}");
    // A stall that is over within the timeout is no failure.
    let short = r#"stall(of: "services.a", replica: 0, at: "4.9s", lasts: "0.5s")"#;
    let strict = r#"health: (interval: "5s", timeout: "1s", unhealthy: 1)"#;
    assert_eq!(measure(&four(strict, short, "60s"), "services.a", "replicas_unhealthy"), 0.0);
}

#[test]
fn an_ejected_replica_costs_so_many_errors_each_time_it_is_tried() {
    // Five errors take 0.2 s; then half a minute without any.
    let ejection = r#"ejection: (errors: 5, for: "30s", at_most: 0.5)"#;
    let ejected = four(ejection, DOWN, "100s");
    assert_eq!(measure(&ejected, "services.a", "ejections"), 4.0);
    assert_eq!(failed(&ejected).1, 20);
    // Three of four are down and two may be out: two replicas are left, one of which fails for ever.
    let three = r#"
        crash(of: "services.a", replica: 0, at: "0s"),
        crash(of: "services.a", replica: 1, at: "0s"),
        crash(of: "services.a", replica: 2, at: "0s"),
    "#;
    let long = r#"ejection: (errors: 5, for: "1h", at_most: "50%")"#;
    let ejected = four(long, three, "100s");
    assert_eq!(measure(&ejected, "services.a", "ejections"), 2.0);
    let (sent, errors) = failed(&ejected);
    let share = errors as f64 / sent as f64;
    assert!((share - 0.5).abs() < 0.002, "{share}");
}

#[test]
fn watching_what_never_fails_changes_no_bit() {
    let watch = r#"
        health: (interval: "1s", timeout: "0.5s"),
        ejection: (errors: 2, for: "5s"),
        slow_start: "10s",
    "#;
    let policies = [
        "round_robin",
        "random",
        "weighted([3, 1, 2, 1])",
        "least_outstanding(ties: drawn)",
        "power_of(d: 2, ties: drawn)",
    ];
    for policy in policies {
        let text = |watch: &str| {
            model(&format!(
                r#"(
                components: {{ "a": {{ "x": [work(exponential("8ms"))] }} }},
                services: {{ "a": (components: ["a"], replicas: 4, balancer: {policy}, {watch}) }},
                clients: {{ "u": (rate: "300/s", mix: "a.x", timeout: "0.2s") }},
                run: (horizon: "60s"),
                )"#
            ))
        };
        let (one, other) = (text(""), text(watch));
        let (a, b) = (simulate(&one, 0), simulate(&other, 0));
        assert!(a.events < b.events, "it is checked");
        assert_eq!(felt(&one, &a.metrics), felt(&other, &b.metrics), "{policy}");
    }
}

/// Requests that came to each station between two times.
struct Joined {
    from: Time,
    until: Time,
    requests: Vec<u64>,
}

impl Recorder for Joined {
    fn joined(&mut self, now: Time, station: StationId, _: Duration) {
        if now >= self.from && now < self.until {
            self.requests[station.0 as usize] += 1;
        }
    }
}

/// The share of the requests from `from` to `until` (in seconds) that each replica got.
fn shares(model: &Model, from: f64, until: f64) -> Vec<f64> {
    let at = |seconds: f64| Time::ZERO + Duration::from_secs(seconds);
    let requests = vec![0; model.station_count()];
    let joined = Joined { from: at(from), until: at(until), requests };
    let mut run = Simulation::new(model, Seed { seed: 1, replication: 0 }, joined);
    run.run_until(at(until), u64::MAX);
    let requests = &run.recorder.requests;
    let all: u64 = requests.iter().sum();
    requests.iter().map(|&requests| requests as f64 / all as f64).collect()
}

#[test]
fn a_slow_start_rises_along_a_straight_line() {
    let crash = r#"crash(of: "services.a", replica: 0, at: "1s", lasts: "9s")"#;
    for (policy, tolerance) in [("round_robin", 0.004), ("random", 0.015)] {
        let slow = four(&format!(r#"balancer: {policy}, slow_start: "100s""#), crash, "300s");
        // A weight of w beside three of 1 is a share of w / (3 + w); its mean from a to b is 1 - 3 ln((3+b)/(3+a)) / (b-a).
        for (a, b) in [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75), (0.75, 1.0)] {
            let expected = 1.0 - 3.0 * ln((3.0 + b) / (3.0 + a)) / (b - a);
            let share = shares(&slow, 10.0 + 100.0 * a, 10.0 + 100.0 * b)[0];
            assert!((share - expected).abs() < tolerance, "{policy}: {share}, not {expected}");
        }
        let after = shares(&slow, 110.0, 300.0)[0];
        assert!((after - 0.25).abs() < tolerance, "{policy}: {after}");
        let at_once = shares(&four(&format!("balancer: {policy}"), crash, "300s"), 10.0, 35.0)[0];
        assert!((at_once - 0.25).abs() < 2.0 * tolerance, "{policy}: {at_once}");
    }
}

#[test]
fn a_load_balancer_in_front_has_costs_of_its_own() {
    // Each request waits for the other that has come at the same time only where the balancer works.
    let fields = r#"front: (layer: 7, latency: "1ms", work: "2ms"), cores: 2"#;
    let text = four(fields, "", "60s");
    let outcome = simulate(&text, 0);
    let response = &outcome.metrics.journeys[0].response;
    assert!((response.mean() - 4e6).abs() < 4e3, "{}", response.mean());
    let front = text.stations.iter().position(|group| group.name == "a.front").unwrap();
    let worked = outcome.metrics.stations[front].service as f64 / 60e9;
    assert!((worked - 0.2).abs() < 1e-3, "100 requests a second of 2 ms each, not {worked}");
}

#[test]
fn connections_are_balanced_worse_than_requests() {
    let front = |connections: u32| format!("front: (layer: 4, connections: {connections})");
    // All on one connection: one replica has it all.
    let one = shares(&four(&front(1), "", "60s"), 0.0, 60.0);
    assert_eq!(one, [1.0, 0.0, 0.0, 0.0]);
    // Six over four replicas in turn: two have two connections each, so a third.
    let mut six = shares(&four(&front(6), "", "300s"), 1.0, 300.0);
    six.sort_by(f64::total_cmp);
    let sixth = 1.0 / 6.0;
    assert!(
        six.iter().zip([1.0, 1.0, 2.0, 2.0]).all(|(s, n)| (s - n * sixth).abs() < 0.02),
        "{six:?}"
    );
    // A crash breaks connections, and the new ones go elsewhere though nobody checks.
    let crash = r#"crash(of: "services.a", replica: 0, at: "10s", lasts: "20s")"#;
    let crashed = four(&front(1), crash, "60s");
    assert_eq!(failed(&crashed).1, 0);
    assert_eq!(shares(&crashed, 11.0, 60.0), [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn a_key_has_its_replica_and_a_bound_makes_it_spill() {
    let sticky = |bounded: &str| format!(r#"balancer: consistent_hash(key: "customers"{bounded})"#);
    // There is one customer.
    let one = shares(&four(&sticky(""), "", "60s"), 0.0, 60.0);
    assert_eq!(one.iter().filter(|&&share| share == 1.0).count(), 1, "{one:?}");
    // Its replica is down, and once that is known all go to the next one.
    let home = one.iter().position(|&share| share == 1.0).unwrap();
    let down = format!(r#"crash(of: "services.a", replica: {home}, at: "0s")"#);
    let health = format!(r#"{}, health: (interval: "1s", unhealthy: 2)"#, sticky(""));
    let moved = shares(&four(&health, &down, "60s"), 3.0, 60.0);
    assert!(moved[home] == 0.0 && moved.contains(&1.0), "{moved:?}");
    // A stalled replica keeps what it has: the bound sends the others on.
    let stall = format!(r#"stall(of: "services.a", replica: {home}, at: "1s")"#);
    let spilled = shares(&four(&sticky(", bounded: 1.25"), &stall, "60s"), 2.0, 60.0);
    assert!(spilled[home] < 0.01, "{spilled:?}");
}
