//! A model that is changed while it runs: the run is that of the model as it is at each time.

use super::{buckets, felt, model, simulate};
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

/// Caches, limits of every kind, queues and pools, of which the larger part is used up.
pub(super) fn crowded(changes: &str) -> String {
    format!(
        r#"(
        keys: {{ "goods": (count: 2000, popularity: zipf(0.9), size: exponential("2kB")), "users": (count: 40) }},
        components: {{
            "web": {{ "page": [read(store: "db", key: "goods"), read("db.top"), read("stock")], "order": [call("pay.charge"), send("mails")] }},
            "pay": {{ "charge": [work("1ms"), read("bank"), write("log")] }},
            "disk": {{ "check": [read("files"), wait("20ms")] }},
            "mail": {{ "send": [work("5ms"), wait("150ms")], "count": [work(exponential("8ms"))] }},
        }},
        services: {{
            "web": (components: ["web"], replicas: 2, limit: concurrency(5), pools: {{"stock": 2}}),
            "pay": (components: ["pay"], limit: aimd(start: 2, min: 1, max: 2, slow: "90ms"), limit_per: service),
            "mail": (components: ["mail"], replicas: 2, cores: 2),
            "disk": (components: ["disk"], limit: gradient(start: 1, min: 1, max: 1)),
        }},
        stores: {{
            "db": database(servers: 2, read: "3ms", queries: {{"top": "11ms"}}),
            "stock": database(servers: 6, read: "11ms", pooler: (connections: 2)),
            "log": database(servers: 1, write: exponential("4ms")),
            "bank": external(latency: exponential("20ms"), limit: concurrency(1)),
            "files": object_storage(get: "5ms", limit: leaky_bucket(rate: "30/s", queue: 4)),
        }},
        caches: {{
            "page": (of: "db", at: process, entries: 60, policy: random),
            "redis": (of: "db", at: shared(servers: 1, lookup: "0.1ms"), bytes: "300kB", ttl: "4s", policy: s3_fifo, stale_while_revalidate: "1s"),
        }},
        queues: {{
            "mails": (
                consumers: {{"mail.send": (concurrency: 2), "mail.count": (concurrency: 1, concurrency_per: service)}},
                limit: 5,
            ),
        }},
        guards: {{ "narrow": (on: "stores.log", bulkhead: (calls: 1, queue: 4)) }},
        network: (hop: "0.5ms"),
        clients: {{
            "people": (rate: "150/s", mix: {{"web.page": 2, "web.order": 1}}, timeout: "1s", limit: token_bucket(rate: "130/s", burst: 4)),
            "robots": (rate: "40/s", mix: "disk.check", limit: leaky_bucket(rate: "35/s", queue: 10)),
            "agents": (rate: "60/s", mix: "web.page", limit: token_bucket(rate: "1/s", burst: 3), limit_per: "users"),
        }},
        changes: [{changes}],
        run: (horizon: "20s", warmup: "2s", seed: 7),
        )"#
    )
}

/// What of that can change: to more, to less, and to the same.
pub(super) const AMOUNTS: [(&str, &str, &str, &str); 17] = [
    ("services.web.limit.concurrency", "30", "2", "5"),
    ("services.web.pools.stock", "9", "1", "2"),
    (
        "services.pay.limit.aimd",
        "(start: 2, min: 1, max: 30, slow: \"90ms\")",
        "(start: 1, min: 1, max: 1)",
        "(start: 2, min: 1, max: 2, slow: \"90ms\")",
    ),
    (
        "services.disk.limit.gradient",
        "(start: 1, min: 1, max: 30)",
        "(start: 2, min: 2, max: 2)",
        "(start: 1, min: 1, max: 1)",
    ),
    ("stores.stock.database.pooler.connections", "8", "1", "2"),
    ("stores.bank.external.limit.concurrency", "9", "2", "1"),
    ("stores.files.object_storage.limit.leaky_bucket.rate", r#""300/s""#, r#""3/s""#, r#""30/s""#),
    ("caches.page.entries", "600", "5", "60"),
    ("caches.redis.bytes", r#""3MB""#, r#""9kB""#, r#""300kB""#),
    (r#"queues.mails.consumers.\"mail.send\".concurrency"#, "5", "1", "2"),
    (r#"queues.mails.consumers.\"mail.count\".concurrency"#, "9", "2", "1"),
    ("queues.mails.limit", "400", "1", "5"),
    ("guards.narrow.bulkhead.calls", "50", "2", "1"),
    ("clients.people.limit.token_bucket.rate", r#""300/s""#, r#""30/s""#, r#""130/s""#),
    ("clients.people.limit.token_bucket.burst", "200", "1", "4"),
    ("clients.robots.limit.leaky_bucket.rate", r#""90/s""#, r#""9/s""#, r#""35/s""#),
    ("clients.agents.limit.token_bucket.burst", "30", "1", "3"),
];

/// A model with changes, and a path of it with another value and the one that is written.
type Case = (fn(&str) -> String, &'static str, &'static str, &'static str);

fn cases() -> Vec<Case> {
    let of_most =
        CHANGES.map(|(path, other, same)| (written as fn(&str) -> String, path, other, same));
    let of_amounts = AMOUNTS.into_iter().flat_map(|(path, more, less, same)| {
        [more, less].map(|other| (crowded as fn(&str) -> String, path, other, same))
    });
    of_most.into_iter().chain(of_amounts).collect()
}

fn run(text: &str) -> Outcome {
    simulate(&model(text), 0)
}

#[test]
fn a_change_to_what_is_written_changes_nothing() {
    for of in [written, crowded] {
        let plain = model(&of(""));
        let told = simulate(&plain, 0);
        for (_, path, _, same) in cases().into_iter().filter(|case| case.0("") == of("")) {
            let changed = run(&of(&format!(r#"(at: "8s", set: {{ "{path}": {same} }})"#)));
            assert_eq!(changed.fingerprint, told.fingerprint, "{path}");
            assert_eq!(felt(&plain, &changed.metrics), felt(&plain, &told.metrics), "{path}");
        }
    }
}

#[test]
fn a_change_at_the_start_is_part_of_the_model() {
    for (of, path, other, _) in cases() {
        let changed = run(&of(&format!(r#"(at: "0s", set: {{ "{path}": {other} }})"#)));
        let design = format!(r#"designs: {{ "d": {{ "{path}": {other} }} }}, run:"#);
        let spec = sim_core::spec::Spec::parse("m.ron", &of("").replace("run:", &design));
        let design = spec.and_then(|spec| spec.design("d")).expect("it is there");
        let design = Model::check(&design, &super::files()).expect("it is right").model;
        assert_eq!(changed.fingerprint, simulate(&design, 0).fingerprint, "{path}");
    }
}

/// Until a change nothing differs, and after it something does: what is there, is used.
#[test]
fn a_change_counts_from_its_instant_on() {
    let mut unused = Vec::new();
    for (of, path, other, _) in cases() {
        let until = |horizon: &str, changes: &str| {
            let written = r#"horizon: "20s""#;
            run(&of(changes).replace(written, &format!(r#"horizon: "{horizon}""#)))
        };
        let set = format!(r#"(at: "8s", set: {{ "{path}": {other} }})"#);
        let (before, plain) = (until("7.999s", &set), until("7.999s", ""));
        assert_eq!(before.fingerprint.events, plain.fingerprint.events, "{path}");
        assert_eq!(before.fingerprint.timings, plain.fingerprint.timings, "{path}");
        let (after, plain) = (until("20s", &set), until("20s", ""));
        if after.fingerprint.timings == plain.fingerprint.timings {
            unused.push((path, other));
        }
    }
    assert_eq!(unused, []);
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

/// Who waits for a thread, a connection, a place or a worker when there are more of them goes on at once.
#[test]
fn who_waits_goes_on_when_there_is_more() {
    let text = |threads: u32, set: &str| {
        format!(
            r#"(
            components: {{ "a": {{ "x": [wait("1s"), read("db")], "y": [send("q")], "z": [wait("1s")] }}, "b": {{ "w": [wait("2s")] }} }},
            services: {{
                "s": (components: ["a"], cores: 9, threads: {threads}, pools: {{"db": 1}}),
                "t": (components: ["b"], cores: 9, threads: {threads}, patience: "9s"),
            }},
            stores: {{ "db": database(servers: 9, read: "1s", pooler: (connections: 1)) }},
            queues: {{ "q": (consumers: {{"a.z": (concurrency: 1)}}) }},
            clients: {{
                "c": (users: 6, think: "10s", mix: "a.x"),
                "d": (users: 6, think: "10s", mix: "a.y"),
                "e": (users: 6, think: "10s", mix: "b.w"),
            }},
            changes: [(at: "11.5s", set: {{ {set} }})],
            run: (horizon: "16s", warmup: "0s"),
            )"#
        )
    };
    let many = r#""services.s.threads": 20, "services.t.threads": 20, "services.s.pools.db": 9, "stores.db.database.pooler.connections": 9,
        "queues.q.consumers.\"a.z\".concurrency": 9"#;
    let model = model(&text(3, many));
    let outcome = simulate(&model, 0);
    // Three begin at 10 s and want to read at 11 s, of whom one may; all others go on at 11.5 s.
    let told = |journey: usize| buckets(&outcome.metrics.journeys[journey].response);
    let (sum, _, times) = told(0);
    assert_eq!(times.iter().map(|(_, count)| count).sum::<u64>(), 6);
    assert_eq!(sum, 1_000_000_000 * (2 + 2 * 2 + 3 * 3) + 500_000_000 * (2 + 3));
    // Three of these had waited with patience.
    assert_eq!(told(2).0, 1_000_000_000 * (3 * 2 + 3 * 3) + 500_000_000 * 3);
    let (sent, done) = (outcome.metrics.journeys[1].sent, told(1).2.len());
    assert!(sent >= 6 && done == 1, "messages are handed over at once");
}
