//! Stores against closed forms: each formula is computed here, and compared with the mean of replications within four
//! standard errors.

use super::{mean_and_error, mean_responses, model, simulate};
use sim_core::math::exp;
use sim_core::model::{Load, Model};

const REPLICATIONS: u64 = 20;

/// A model of clients that send `rate` requests per second to `a.x`, which does `step`.
fn asked(rate: f64, step: &str, rest: &str, horizon: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "a": {{ "x": [{step}] }} }},
        services: {{ "a": (components: ["a"], cores: 0) }},
        clients: {{ "c": (rate: "{rate}/s", mix: "a.x") }},
        {rest}
        run: (warmup: "20s", horizon: "{horizon}"),
        )"#
    ))
}

/// What a model's measure comes to in each replication.
fn measured(model: &Model, of: &str, name: &str) -> Vec<f64> {
    let found = model.measures.reported.iter().find(|m| m.of == of && m.name == name);
    let kind = &found.unwrap_or_else(|| panic!("`{of}` does not tell of {name}")).kind;
    (0..REPLICATIONS).map(|r| simulate(model, r).metrics.measure(kind)).collect()
}

fn agrees(what: &str, values: &[f64], exact: f64) {
    let (mean, error) = mean_and_error(values);
    assert!(error < 0.05 * exact, "{what}: {mean} ± {error} is too vague");
    assert!((mean - exact).abs() < 4.0 * error, "{what}: {mean} ± {error} against {exact}");
}

/// Probability that all of `servers` are busy in M/M/c/c.
fn erlang_b(offered: f64, servers: u32) -> f64 {
    (1..=servers).fold(1.0, |b, k| offered * b / (f64::from(k) + offered * b))
}

/// Mean wait in M/M/c, in seconds.
fn erlang_c_wait(rate: f64, service: f64, servers: u32) -> f64 {
    let (offered, c) = (rate * service, f64::from(servers));
    let blocked = erlang_b(offered, servers);
    let delayed = c * blocked / (c - offered * (1.0 - blocked));
    delayed * service / (c - offered)
}

fn locked(keys: u64) -> Model {
    let rest = format!(
        r#"keys: {{ "k": (count: {keys}) }},
        stores: {{ "d": database(servers: 0, write: exponential("10ms"), locks: writes) }},"#
    );
    asked(70.0, r#"write(store: "d", key: "k")"#, &rest, "520s")
}

/// However many servers there are, the writes of one row are M/M/1.
#[test]
fn one_lock_is_one_server() {
    let one = locked(1);
    agrees("response", &mean_responses(&one, REPLICATIONS), 1.0 / (100.0 - 70.0));
    agrees("lock wait", &measured(&one, "stores.d.locks", "wait"), 0.7 / (100.0 - 70.0));
    agrees("lock waits", &measured(&one, "stores.d.locks", "waits"), 0.7);
}

/// The row that is wanted most is known beforehand, and what it can do: of ten rows, each gets a tenth.
#[test]
fn the_load_of_locks_is_known_beforehand() {
    for (keys, utilisation) in [(1, 0.7), (10, 0.07)] {
        let load = Load::of(&locked(keys));
        let [lock] = load.ceilings[..] else { panic!("{:?}", load.ceilings) };
        assert!((lock.utilisation - utilisation).abs() < 1e-12, "{lock:?}");
        assert!((lock.capacity - 70.0 / utilisation).abs() < 1e-9, "{lock:?}");
        // There are servers without end.
        assert_eq!(load.ceiling_before_stations(), Some(&lock));
    }
    let few_servers = model(
        r#"(
        keys: { "k": (count: 10) },
        components: { "a": { "x": [write(store: "d", key: "k")] } },
        services: { "a": (components: ["a"], cores: 0) },
        stores: { "d": database(servers: 2, write: "10ms", locks: writes(hold: "20ms")) },
        clients: { "u": (rate: "100/s", mix: "a.x") },
        )"#,
    );
    // Servers are in use for 10 ms of each write, half of the time; a row is locked for 30 ms of a tenth of them.
    let load = Load::of(&few_servers);
    assert!((load.ceilings[0].utilisation - 0.3).abs() < 1e-12);
    assert_eq!(load.ceiling_before_stations(), None);
}

/// With k rows each is M/M/1 of its own; with very many nobody waits.
#[test]
fn many_locks_are_hardly_ever_taken() {
    agrees("response of ten", &mean_responses(&locked(10), REPLICATIONS), 1.0 / (100.0 - 7.0));
    agrees("response", &mean_responses(&locked(1_000_000_000), REPLICATIONS), 0.01);
    let (waits, _) = mean_and_error(&measured(&locked(1_000_000_000), "stores.d.locks", "waits"));
    assert!(waits < 1e-4, "{waits}");
}

/// Poisson writes at a rate λ, refreshed for nothing every T: a read at an instant within the period, each as likely,
/// sees all if nobody has written since its start. 1 - (1 - exp(-λT)) / λT.
fn stale_share(lambda_t: f64) -> f64 {
    1.0 - (1.0 - exp(-lambda_t)) / lambda_t
}

#[test]
fn a_view_is_as_stale_as_its_period_is_long() {
    for (period, writes) in [("1s", 0.5), ("1s", 2.0), ("5s", 1.0)] {
        let seconds = f64::from(period.as_bytes()[0] - b'0');
        let view = model(&format!(
            r#"(
            components: {{ "a": {{ "w": [write("d")], "r": [read("d.v")] }} }},
            services: {{ "a": (components: ["a"], cores: 0) }},
            stores: {{ "d": database(servers: 0, write: "0ms", views: {{
                "v": (read: "0ms", cost: "0ms", refresh: every("{period}")),
            }}) }},
            clients: {{
                "w": (rate: "{writes}/s", mix: "a.w"),
                "r": (rate: "20/s", mix: "a.r"),
            }},
            run: (warmup: "20s", horizon: "1020s"),
            )"#
        ));
        let told = measured(&view, "stores.d.views.v", "stale_reads");
        agrees("stale reads", &told, stale_share(writes * seconds));
        let (refreshes, _) = mean_and_error(&measured(&view, "stores.d.views.v", "refreshes"));
        assert!((refreshes * seconds - 1.0).abs() < 0.01, "{refreshes}");
    }
}

/// A refresh at every write, for nothing, leaves nothing stale; one that takes a while is a write's age.
#[test]
fn a_view_refreshed_at_every_write_is_as_old_as_a_refresh_takes() {
    let view = |cost: &str| {
        model(&format!(
            r#"(
            components: {{ "a": {{ "w": [write("d")], "r": [read("d.v")] }} }},
            services: {{ "a": (components: ["a"], cores: 0) }},
            stores: {{ "d": database(servers: 0, write: "0ms", views: {{
                "v": (read: "0ms", cost: "{cost}", refresh: on_write),
            }}) }},
            clients: {{ "w": (rate: "0.1/s", mix: "a.w"), "r": (rate: "50/s", mix: "a.r") }},
            run: (warmup: "20s", horizon: "2020s"),
            )"#
        ))
    };
    let (none, _) = mean_and_error(&measured(&view("0ms"), "stores.d.views.v", "stale_reads"));
    assert_eq!(none, 0.0);
    // Stale is what is read while a refresh runs: of a cycle of 1/λ + C that is C, but for the rare second write.
    let (some, error) =
        mean_and_error(&measured(&view("100ms"), "stores.d.views.v", "stale_reads"));
    assert!((some - 0.1 / (10.0 + 0.1)).abs() < 4.0 * error + 2e-4, "{some} ± {error}");
}

#[test]
fn a_pooler_is_a_queue_of_its_connections() {
    let pooled = |mode: &str| {
        let rest = format!(
            r#"stores: {{ "d": database(
                servers: 0, read: exponential("10ms"), pooler: (connections: 4, mode: {mode}),
            ) }},"#
        );
        asked(320.0, r#"read("d")"#, &rest, "120s")
    };
    let exact = 0.01 + erlang_c_wait(320.0, 0.01, 4);
    let transaction = mean_responses(&pooled("transaction"), REPLICATIONS);
    agrees("response", &transaction, exact);
    // Of a single query both modes are one.
    assert_eq!(transaction, mean_responses(&pooled("session"), REPLICATIONS));
}

/// The connection is held for two queries and the time between: three exponentials, M/E3/1.
#[test]
fn a_session_holds_its_connection_for_the_whole_request() {
    let rest = r#"stores: { "d": database(
        servers: 0, read: exponential("10ms"), pooler: (connections: 1, mode: session),
    ) },"#;
    let step = r#"read("d"), wait(exponential("10ms")), read("d")"#;
    let model = asked(20.0, step, rest, "1020s");
    // Pollaczek and Khinchine: W = λ E[S²] / 2(1 - ρ), E[S²] = (1 + 1/3) E[S]².
    let (load, service) = (0.6, 0.03);
    let wait = load * service * (4.0 / 3.0) / (2.0 * (1.0 - load));
    agrees("response", &mean_responses(&model, REPLICATIONS), service + wait);
}

/// A limit on concurrency without a queue is Erlang's loss formula, whatever the law of the latency.
#[test]
fn a_limited_system_outside_refuses_as_erlang_says() {
    for law in [r#"exponential("100ms")"#, r#"lognormal(mean: "100ms", cv: 2)"#] {
        let rest = format!(
            r#"stores: {{ "bank": external(
                latency: {law}, limit: concurrency(10), failures: "5%",
            ) }},"#
        );
        let model = asked(80.0, r#"write("bank")"#, &rest, "520s");
        let refused = erlang_b(8.0, 10);
        agrees("refused", &measured(&model, "stores.bank", "refused"), refused);
        let failed = 0.05 * (1.0 - refused);
        agrees("failed", &measured(&model, "stores.bank", "failed"), failed);
    }
}

#[test]
fn objects_are_read_from_the_tier_of_their_age() {
    let rest = r#"stores: { "o": object_storage(
        get: exponential("10ms"),
        tiers: { "standard": (), "cold": (), "archive": (retrieval: exponential("1s")) },
        lifecycle: [(after: "10d", to: "cold"), (after: "30d", to: "archive")],
        expires: "60d",
        ages: exponential("20d"),
        size: exponential("2MB"),
    ) },"#;
    let model = asked(100.0, r#"read("o")"#, rest, "120s");
    let (young, old, gone) = (1.0 - exp(-0.5), exp(-1.5) - exp(-3.0), exp(-3.0));
    agrees("gone", &measured(&model, "stores.o", "gone"), gone);
    agrees("standard", &measured(&model, "stores.o.standard", "of_all_gets"), young);
    agrees("archive", &measured(&model, "stores.o.archive", "of_all_gets"), old);
    agrees("bytes", &measured(&model, "stores.o.archive", "got_bytes"), old * 100.0 * 2e6);
    agrees("response", &mean_responses(&model, REPLICATIONS), 0.01 + old);
}

/// The slowest of n exponentials takes the n-th harmonic number of their mean.
#[test]
fn a_search_waits_for_its_slowest_shard() {
    let rest = r#"stores: { "i": search(shards: 8, servers: 0, query: exponential("10ms")) },"#;
    let model = asked(50.0, r#"read("i")"#, rest, "120s");
    let harmonic: f64 = (1..=8).map(|k| 1.0 / f64::from(k)).sum();
    agrees("response", &mean_responses(&model, REPLICATIONS), 0.01 * harmonic);
}

/// Searches at once that are limited are Erlang's loss system, whatever the law of the slowest shard; with two tokens for
/// every three that ask, a third is refused, of searches and writes alike.
#[test]
fn a_search_takes_as_much_as_its_limit_says() {
    let with = |limit: &str| {
        format!(
            r#"stores: {{ "i": search(
                shards: 8, servers: 0, query: exponential("10ms"), index: "1ms", limit: {limit},
            ) }},"#
        )
    };
    let harmonic: f64 = (1..=8).map(|k| 1.0 / f64::from(k)).sum();
    let at_once = asked(100.0, r#"read("i")"#, &with("concurrency(4)"), "320s");
    let lost = erlang_b(100.0 * 0.01 * harmonic, 4);
    agrees("refused", &measured(&at_once, "stores.i", "refused"), lost);
    let steps = r#"choose([(1, read("i")), (1, write("i"))])"#;
    let paced = asked(300.0, steps, &with(r#"token_bucket(rate: "200/s", burst: 50)"#), "320s");
    agrees("refused", &measured(&paced, "stores.i", "refused"), 1.0 / 3.0);
}

#[test]
fn a_search_is_stale_until_the_next_refresh() {
    let model = model(
        r#"(
        components: { "a": { "w": [write("i")], "r": [read("i")] } },
        services: { "a": (components: ["a"], cores: 0) },
        stores: { "i": search(shards: 3, servers: 0, query: "1ms", index: "0ms", refresh: "1s") },
        clients: { "w": (rate: "1.5/s", mix: "a.w"), "r": (rate: "10/s", mix: "a.r") },
        run: (warmup: "20s", horizon: "1020s"),
        )"#,
    );
    agrees("stale reads", &measured(&model, "stores.i", "stale_reads"), stale_share(1.5));
}

/// The offered load that is worked out beforehand is the load that is measured.
#[test]
fn the_load_of_poolers_and_refreshes_is_known_beforehand() {
    let text = |mode: &str| {
        format!(
            r#"(
            components: {{ "a": {{
                "x": [read("d"), wait("20ms"), parallel([read("d"), call("a.y")]), read("d.v")],
                "y": [write("d")],
            }} }},
            services: {{ "a": (components: ["a"], cores: 0) }},
            stores: {{ "d": database(
                servers: 40, read: "10ms", write: "30ms", pooler: (connections: 40, mode: {mode}),
                views: {{ "v": (read: "5ms", cost: "200ms", refresh: every("1s")) }},
            ) }},
            clients: {{ "c": (rate: "100/s", mix: "a.x") }},
            )"#
        )
    };
    for (mode, connections) in [("transaction", 5.5), ("session", 6.5)] {
        let spec = sim_core::spec::Spec::parse("load.ron", &text(mode)).expect("it can be read");
        let checked = sim_core::model::Model::check(&spec, &super::files()).expect("it is sound");
        let told = |name: &str| {
            let at = checked.model.stations.iter().position(|group| group.name == name);
            checked.load.stations[at.expect("it is there")].erlangs
        };
        assert!((told("d") - (1.0 + 1.0 + 3.0 + 0.5 + 0.2)).abs() < 1e-9, "{}", told("d"));
        assert!((told("d.pooler") - connections).abs() < 1e-9, "{mode}: {}", told("d.pooler"));
    }
}

/// All shards are asked by a search, one of them by a write; a database behind it keeps its own load.
#[test]
fn the_load_of_a_search_is_known_beforehand() {
    let rest = r#"stores: {
        "d": database(servers: 4, read: "1ms"),
        "i": search(shards: 5, servers: 2, query: "8ms", index: "20ms"),
    },"#;
    let steps = r#"read("d"), read("i"), write("i"), read("d")"#;
    let load = Load::of(&asked(10.0, steps, rest, "120s"));
    let erlangs: Vec<f64> = load.stations.iter().map(|station| station.erlangs).collect();
    // Cores, database, index: 2 × 1 ms, and 5 × 8 ms + 20 ms, ten times a second.
    let expected = [0.0, 0.02, 0.6];
    for (erlangs, expected) in erlangs.iter().zip(expected) {
        assert!((erlangs - expected).abs() < 1e-9, "{erlangs} against {expected}");
    }
}
