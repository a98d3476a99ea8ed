//! A model that is changed while it runs: the run is that of the model as it is at each time.

use super::{felt, model, simulate};
use sim_core::metrics::Outcome;
use sim_core::model::Model;

/// One of most things that can change.
fn written(changes: &str) -> String {
    format!(
        r#"(
        components: {{
            "web": {{
                "page": [work(exponential("3ms")), choose([(7, [call("goods.list")]), (3, [call("goods.one")])])],
            }},
            "goods": {{
                "list": [work(lognormal(mean: "4ms", cv: 1)), read("db")],
                "one": [work("1ms"), read("db")],
            }},
        }},
        services: {{
            "web": (components: ["web"], replicas: 2, cores: 2, threads: 2, queue: 50),
            "goods": (components: ["goods"], replicas: 2, balancer: least_outstanding),
        }},
        stores: {{ "db": database(servers: 2, read: exponential("2ms"), hop: "0.3ms") }},
        guards: {{ "careful": (on: "goods.list", timeout: "10ms", retry: (attempts: 2, backoff: "5ms")) }},
        network: (hop: "0.5ms"),
        clients: {{
            "people": (rate: "150/s", mix: "web.page", hop: "5ms", timeout: "1s"),
            "robots": (users: 8, think: exponential("50ms"), mix: "goods.one"),
        }},
        changes: [{changes}],
        run: (horizon: "20s", warmup: "2s", seed: 7),
        )"#
    )
}

fn outcome(changes: &str) -> (Model, Outcome) {
    let model = model(&written(changes));
    let outcome = simulate(&model, 0);
    (model, outcome)
}

/// What can change, to another value, and to the same.
const CHANGES: [(&str, &str, &str); 14] = [
    ("clients.people.rate", r#""300/s""#, r#""150/s""#),
    ("clients.people.timeout", r#""0.05s""#, r#""1s""#),
    ("clients.robots.users", "20", "8"),
    ("clients.robots.think.exponential", r#""20ms""#, r#""50ms""#),
    ("services.web.cores", "1", "2"),
    ("services.web.threads", "1", "2"),
    ("services.web.queue", "1", "50"),
    ("services.goods.cores", "4", "1"),
    ("stores.db.database.servers", "1", "2"),
    ("stores.db.database.read.exponential", r#""4ms""#, r#""2ms""#),
    ("guards.careful.timeout", r#""4ms""#, r#""10ms""#),
    ("guards.careful.retry.attempts", "1", "2"),
    ("network.hop", r#""3ms""#, r#""0.5ms""#),
    ("services.web.replicas", "4", "2"),
];

#[test]
fn a_change_to_what_is_written_changes_nothing() {
    let (model, plain) = outcome("");
    for (path, _, same) in CHANGES {
        let (_, changed) = outcome(&format!(r#"(at: "8s", set: {{ "{path}": {same} }})"#));
        assert_eq!(changed.fingerprint, plain.fingerprint, "{path}");
        assert_eq!(felt(&model, &changed.metrics), felt(&model, &plain.metrics), "{path}");
    }
}

#[test]
fn a_change_at_the_start_is_part_of_the_model() {
    for (path, other, _) in CHANGES {
        let set = format!(r#"(at: "0s", set: {{ "{path}": {other} }})"#);
        let (_, changed) = outcome(&set);
        let text = written("")
            .replace("run:", &format!(r#"designs: {{ "d": {{ "{path}": {other} }} }}, run:"#));
        let spec = sim_core::spec::Spec::parse("m.ron", &text).expect("it can be read");
        let design = spec.design("d").expect("it is there");
        let design = Model::check(&design, &super::files()).expect("it is right").model;
        assert_eq!(changed.fingerprint, simulate(&design, 0).fingerprint, "{path}");
    }
}

/// Until a change nothing differs, and after it something does: what is there, is used.
#[test]
fn a_change_counts_from_its_instant_on() {
    for (path, other, _) in CHANGES {
        let until = |horizon: &str, changes: &str| {
            let text =
                written(changes).replace(r#"horizon: "20s""#, &format!(r#"horizon: "{horizon}""#));
            simulate(&model(&text), 0)
        };
        let set = format!(r#"(at: "8s", set: {{ "{path}": {other} }})"#);
        let (before, plain) = (until("8s", &set), until("8s", ""));
        assert_eq!(before.fingerprint.events, plain.fingerprint.events, "{path}");
        assert_eq!(before.fingerprint.timings, plain.fingerprint.timings, "{path}");
        let (after, plain) = (until("20s", &set), until("20s", ""));
        assert_ne!(after.fingerprint.timings, plain.fingerprint.timings, "{path}");
    }
}

/// There and back in the same instant is nothing, whatever lies between.
#[test]
fn there_and_back_is_nothing() {
    let (_, plain) = outcome("");
    for (path, other, same) in &CHANGES[..12] {
        // Who was admitted in between is there: capacities are not among these.
        if path.contains("cores")
            || path.contains("threads")
            || path.contains("servers")
            || path.contains("users")
        {
            continue;
        }
        let set = format!(
            r#"(at: "8s", set: {{ "{path}": {other} }}), (at: "8s", set: {{ "{path}": {same} }})"#
        );
        let (_, changed) = outcome(&set);
        // Arrivals that were moved twice may have an event more.
        assert_eq!(changed.fingerprint.results, plain.fingerprint.results, "{path}");
    }
}

const QUEUE: &str = r#"(
    components: { "a": { "x": [work(exponential("10ms"))] } },
    services: { "s": (components: ["a"], cores: CORES) },
    clients: { "c": (rate: "RATE", mix: "a.x") },
    changes: [(at: "500s", set: { SET })],
    run: (horizon: "HORIZON", warmup: "WARMUP", seed: 5),
)"#;

fn queue(values: [(&str, &str); 5]) -> Model {
    model(&values.iter().fold(QUEUE.to_owned(), |text, (name, value)| text.replace(name, value)))
}

/// Mean response times over some replications, in seconds.
fn mean_response(model: &Model, replications: u64) -> f64 {
    let (mut sum, mut count) = (0, 0);
    for replication in 0..replications {
        let response = &simulate(model, replication).metrics.journeys[0].response.clone();
        (sum, count) = (sum + response.sum(), count + response.count());
    }
    sum as f64 / count as f64 / 1e9
}

/// M/M/1 answers in 1/(μ - λ) on average: 20 ms at 50/s, 40 ms at 75/s, 12.5 ms at 20/s.
#[test]
fn a_queue_obeys_theory_before_and_after_its_rate_changes() {
    for (rate, other, before, after) in
        [("50/s", "75/s", 0.020, 0.040), ("75/s", "20/s", 0.040, 0.0125)]
    {
        let set = format!(r#""clients.c.rate": "{other}""#);
        let of = |warmup, horizon| {
            let values = [
                ("CORES", "1"),
                ("RATE", rate),
                ("SET", &*set),
                ("WARMUP", warmup),
                ("HORIZON", horizon),
            ];
            mean_response(&queue(values), 10)
        };
        let (seen_before, seen_after) = (of("20s", "500s"), of("530s", "1000s"));
        // The standard error is below 2 %: some 300,000 requests, correlated over about (1 + ρ)/(1 - ρ)² of them.
        assert!((seen_before / before - 1.0).abs() < 0.06, "{rate}: {seen_before} before");
        assert!((seen_after / after - 1.0).abs() < 0.06, "{rate}: {seen_after} after");
    }
}

/// M/M/c after cores come or go: 1 → 2 at 80/s (M/M/2: 1/(μ(1-ρ²)) = 11.9 ms), and back; the utilisation is that of the
/// servers that were there.
#[test]
fn servers_come_and_go() {
    for (cores, other, after, used) in [("1", "2", 0.0119, 0.4), ("2", "1", 0.05, 0.8)] {
        let set = format!(r#""services.s.cores": {other}"#);
        let values = [
            ("CORES", cores),
            ("RATE", "80/s"),
            ("SET", &*set),
            ("WARMUP", "560s"),
            ("HORIZON", "1000s"),
        ];
        let model = queue(values);
        let seen = mean_response(&model, 10);
        assert!((seen / after - 1.0).abs() < 0.08, "{seen} s with {other} cores");
        let metrics = simulate(&model, 0).metrics;
        let group = &model.stations[0];
        let servers = metrics.servers_of(group);
        assert_eq!(servers, other.parse::<f64>().unwrap());
        let busy = metrics.busy_of(group) as f64 / metrics.measured as f64 / servers;
        assert!((busy - used).abs() < 0.03, "{busy} of {other} in use");
        // Half of the time one, half of it two.
        let whole = queue([
            ("CORES", cores),
            ("RATE", "80/s"),
            ("SET", &*set),
            ("WARMUP", "0s"),
            ("HORIZON", "1000s"),
        ]);
        let metrics = simulate(&whole, 0).metrics;
        assert!((metrics.servers_of(&whole.stations[0]) - 1.5).abs() < 1e-9);
        let busy = metrics.busy_of(&whole.stations[0]) as f64 / metrics.measured as f64;
        assert!((busy - 0.8).abs() < 0.03, "{busy} in use on average");
    }
}

/// Replicas come at once; those that go finish what they have, and nothing fails.
#[test]
fn replicas_come_and_go_without_an_error() {
    let (model, outcome) = outcome(
        r#"(at: "6s", set: { "services.goods.replicas": 5 }), (at: "12s", set: { "services.goods.replicas": 1 })"#,
    );
    assert!(outcome.metrics.journeys.iter().all(|journey| journey.failed == 0));
    let replicas = super::measured(&model, &outcome.metrics, "services.goods", "replicas");
    // 4 s of 2, 6 s of 5, 8 s of 1, in 18 s after the warm-up.
    assert!((replicas - (4.0 * 2.0 + 6.0 * 5.0 + 8.0) / 18.0).abs() < 1e-9, "{replicas}");
}

/// Kept as bytes and read again, an outcome says the same of servers that have changed.
#[test]
fn servers_that_have_changed_are_kept() {
    let (model, outcome) = outcome(r#"(at: "9s", set: { "services.web.cores": 1 })"#);
    let read = Outcome::from_bytes(&model, &outcome.to_bytes()).expect("these are its bytes");
    for group in &model.stations {
        assert_eq!(read.metrics.servers_of(group), outcome.metrics.servers_of(group));
        assert_eq!(read.metrics.busy_of(group), outcome.metrics.busy_of(group));
    }
}
