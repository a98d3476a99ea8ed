//! Regions: one is none, distance adds exactly itself, and what crosses is counted.

use super::{buckets, felt, model, simulate};
use sim_core::metrics::Metrics;
use sim_core::model::{Load, Model, ServiceId, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::stats::Histogram;
use sim_core::time::{Duration, Time};

/// A service that calls another, which writes to a store; parts stand for what regions say.
fn shop(regions: &str, front: &str, back: &str, store: &str, network: &str, client: &str) -> Model {
    model(&format!(
        r#"(
        components: {{
            "web": {{ "get": [work(exponential("3ms")), call("bank.pay"), call("bank.pay")] }},
            "bank": {{ "pay": [work(exponential("2ms")), write("books")] }},
        }},
        {regions}
        services: {{
            "web": (components: ["web"], balancer: random, {front}),
            "bank": (components: ["bank"], balancer: power_of(d: 2, ties: drawn), threads: 9, {back}),
        }},
        stores: {{ "books": database(servers: 1, write: exponential("1ms"), {store}) }},
        network: (hop: exponential("1ms"), serialisation: "0.1ms", {network}),
        clients: {{ "c": (rate: "300/s", mix: "web.get", hop: uniform("1ms", "2ms"), {client}) }},
        run: (horizon: "50s"),
        )"#
    ))
}

#[test]
fn one_region_is_none_bit_for_bit() {
    let none = shop("", "replicas: 3", "replicas: 4", "", "", "");
    let one = shop(
        r#"regions: {"eu": (zones: ["a"])},"#,
        r#"regions: {"eu": 3}"#,
        r#"regions: {"eu/a": 4}, routing: nearest"#,
        r#"region: "eu""#,
        r#"between: {"eu": {"eu": "50ms"}}, zones: "9ms""#,
        r#"region: "eu""#,
    );
    let unsaid = shop("regions: {\"eu\": ()},", "replicas: 3", "replicas: 4", "", "", "");
    let plain = simulate(&none, 3);
    for region in [one, unsaid] {
        let told = simulate(&region, 3);
        assert_eq!(told.fingerprint, plain.fingerprint);
        assert_eq!(told.events, plain.events);
        assert_eq!(Load::of(&region), Load::of(&none));
    }
}

#[test]
fn all_in_one_of_two_regions_is_as_without() {
    let none = shop("", "replicas: 3", "replicas: 4", "", "", "");
    let one = shop(
        r#"regions: {"eu": (), "us": (zones: ["a", "b"])},"#,
        r#"regions: {"eu": 3}, routing: weighted({"eu": 1})"#,
        r#"regions: {"eu": 4}"#,
        r#"region: "eu""#,
        r#"between: {"eu": {"us": "0ms"}}"#,
        r#"region: "eu""#,
    );
    assert_eq!(felt(&one, &simulate(&one, 1).metrics), felt(&none, &simulate(&none, 1).metrics));
    let (a, b) = (Load::of(&one), Load::of(&none));
    assert_eq!((a.rates, a.unloaded), (b.rates, b.unloaded));
}

/// The responses of all clients together.
fn responses(model: &Model) -> Histogram {
    let mut all = Histogram::new();
    let metrics = simulate(model, 0).metrics;
    metrics.journeys.iter().for_each(|journey| all.merge(&journey.response));
    all
}

fn overseas(network: &str, client: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "web": {{ "get": [work("1ms")] }} }},
        regions: {{"eu": (), "us": ()}},
        services: {{ "web": (components: ["web"], cores: 0, regions: {{"us": 2}}) }},
        network: ({network}),
        clients: {{ "c": (rate: "100/s", mix: "web.get", hop: "3ms", {client}) }},
        run: (horizon: "100s"),
        )"#
    ))
}

#[test]
fn distance_adds_a_round_trip() {
    let near = overseas(r#"between: {"us": {"eu": "80ms"}}"#, r#"region: "eu""#);
    let far = overseas(r#"between: {"us": {"eu": "130ms"}}"#, r#"region: "eu""#);
    // 1 ms of work, two hops of 3 ms and the round trip.
    assert_eq!(responses(&near).quantile(0.0), responses(&near).quantile(1.0));
    assert!((responses(&near).mean() - 87e6).abs() < 1.0);
    assert!((responses(&far).mean() - 137e6).abs() < 1.0);
    assert!((Load::of(&far).unloaded[0] - 0.137).abs() < 1e-12);
}

#[test]
fn a_connection_costs_round_trips_as_far_as_it_goes() {
    let tls = |terminate: &str, reuse: &str| {
        let network = format!(
            r#"between: {{"us": {{"eu": "80ms"}}}}, tls: (round_trips: 2, terminate: {terminate}, reuse: {reuse}, work: "2ms")"#
        );
        overseas(&network, r#"region: "eu""#)
    };
    for (terminate, reuse, expected) in [
        ("gateway", 0.0, 87.0 + 2.0 * 6.0 + 2.0),
        ("service", 0.0, 87.0 + 2.0 * 86.0 + 2.0),
        ("service", 1.0, 87.0),
    ] {
        let model = tls(terminate, &reuse.to_string());
        let mean = responses(&model).mean() / 1e6;
        assert!((mean - expected).abs() < 1e-6, "{terminate} {reuse}: {mean} ms, not {expected}");
        assert!((Load::of(&model).unloaded[0] * 1e3 - expected).abs() < 1e-9);
    }
    // A tenth of the requests opens one: within five standard errors of 10,000 draws.
    let model = tls("service", "0.9");
    let share = (responses(&model).mean() / 1e6 - 87.0) / 174.0;
    assert!((share - 0.1).abs() < 5.0 * 0.003, "{share}");
    assert!((Load::of(&model).unloaded[0] * 1e3 - 87.0 - 17.4).abs() < 1e-9);
}

#[test]
fn zones_are_between_replicas_that_call_each_other() {
    // Four of ten calls stay in their zone: a and a with probability (1/2)(2/5), b and b with (1/2)(2/5).
    let model = model(
        r#"(
        components: { "web": { "get": [call("bank.pay")] }, "bank": { "pay": [read("books")] } },
        regions: {"eu": (zones: ["a", "b", "c"])},
        services: {
            "web": (components: ["web"], cores: 0, regions: {"eu/a": 1, "eu/b": 1}, balancer: random),
            "bank": (components: ["bank"], cores: 0, regions: {"eu": 5}, balancer: random),
        },
        stores: { "books": database(servers: 0, read: "1ms", region: "eu/c") },
        network: (hop: "0.2ms", zones: "8ms"),
        clients: { "c": (rate: "500/s", mix: "web.get") },
        run: (horizon: "100s"),
        )"#,
    );
    // Of the bank's replicas, two are in a, two in b and one in c, beside the store.
    let call = 2.0 * (0.4 * 0.2 + 0.6 * 4.0);
    let query = 1.0 + 2.0 * (0.2 * 0.2 + 0.8 * 4.0);
    assert!((Load::of(&model).unloaded[0] * 1e3 - call - query).abs() < 1e-9);
    let mean = responses(&model).mean() / 1e6;
    assert!((mean - call - query).abs() < 0.1, "{mean} ms");
}

/// The number that a measure comes to.
fn measured(model: &Model, metrics: &Metrics, of: &str, name: &str) -> f64 {
    let mut all = model.measures.reported.iter();
    let found = all.find(|measure| measure.of == of && measure.name == name);
    let measure = found.unwrap_or_else(|| panic!("nothing tells {name} of {of}"));
    metrics.measure(&measure.kind)
}

#[test]
fn what_crosses_is_counted() {
    let model = shop(
        r#"regions: {"eu": (), "us": ()},"#,
        r#"regions: {"eu": 2, "us": 2}"#,
        r#"regions: {"us": 4}"#,
        r#"region: "us""#,
        r#"between: {"us": {"eu": "80ms"}}, message: (request: "2KB", reply: "7KB"), sizes: {"web.get": "30KB"}"#,
        r#"regions: {"eu": 0.25, "us": 0.75}"#,
    );
    let told = simulate(&model, 0).metrics;
    let measure = |of: &str, name: &str| measured(&model, &told, of, name);
    let clients = measure("regions.eu", "requests");
    assert!((clients / 75.0 - 1.0).abs() < 0.1, "{clients} requests/s from eu");
    // Each request from eu calls the bank twice; what is on the way at the end has not been answered.
    for (way, size) in [("network.eu→us", 2_000.0), ("network.us→eu", 7_000.0)] {
        assert!((measure(way, "messages") / clients - 2.0).abs() < 0.02, "{way}");
        assert!((measure(way, "traffic") / measure(way, "messages") - size).abs() < 1e-6, "{way}");
    }
    let out = "network.eu→internet";
    assert!((measure(out, "messages") / clients - 1.0).abs() < 0.01);
    assert!((measure(out, "traffic") / measure(out, "messages") - 30_000.0).abs() < 1e-6);
    assert!(measure("regions.eu", "p50") > measure("regions.us", "p50") + 0.15, "two round trips");
    let no_message = model.measures.reported.iter().all(|m| m.of != "network.us→us");
    assert!(no_message, "nothing is between zones");
}

/// Readers in the second zone of us, copies wherever `regions` says, and something that breaks.
fn readers(regions: &str, copies: &str, faults: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "web": {{ "get": [read("books")], "put": [write("books")] }} }},
        regions: {{"ap": (), "eu": (), "us": (zones: ["a", "b"])}},
        services: {{ "web": (components: ["web"], cores: 0, regions: {{"us/b": 2}}) }},
        stores: {{ "books": database(servers: 0, read: "1ms", write: "1ms", {copies}, regions: [{regions}]) }},
        network: (
            hop: "0.2ms", zones: "8ms",
            between: {{"us": {{"eu": "80ms", "ap": "140ms"}}, "eu": {{"ap": "200ms"}}}},
            message: (request: "2KB", reply: "7KB"),
        ),
        clients: {{ "c": (rate: "100/s", mix: {{"web.get": 1, "web.put": 1}}, region: "us") }},
        faults: [{faults}],
        run: (horizon: "100s"),
        )"#
    ))
}

#[test]
fn the_nearest_copy_is_read() {
    let copies = r#"replication: (replicas: 2, mode: asynchronous(lag: "50ms"), reads: nearest)"#;
    let crash = r#"crash(of: "stores.books", replica: 2, at: "0s")"#;
    let primaries = r#"primaries: (count: 3, lag: "50ms")"#;
    for (regions, copies, faults, expected) in [
        (r#""eu", "ap", "us/b""#, copies, "", 1.4),
        (r#""eu", "ap", "us/a""#, copies, "", 9.0),
        // Where it is down, the nearest of the others; where the region has none as well.
        (r#""ap", "eu", "us/a""#, copies, crash, 81.0),
        (r#""ap", "eu", "ap""#, copies, "", 81.0),
        (r#""eu", "ap", "us/a""#, primaries, "", 9.0),
        (r#""eu", "ap", "us/a""#, primaries, crash, 81.0),
    ] {
        let model = readers(regions, copies, faults);
        let metrics = simulate(&model, 0).metrics;
        let get = model
            .journeys
            .iter()
            .position(|it| model.operations[it.operation.0 as usize].name == "web.get");
        let response = &metrics.journeys[get.unwrap()].response;
        assert_eq!(response.quantile(0.0), response.quantile(1.0), "{regions} {faults}");
        let mean = response.mean() / 1e6;
        assert!((mean - expected).abs() < 1e-6, "{regions} {faults}: {mean} ms, not {expected}");
    }
}

#[test]
fn writes_that_are_sent_on_are_counted() {
    let put = |model: &Model, metrics: &Metrics| {
        let all = model.journeys.iter().zip(&metrics.journeys);
        let is_put = |operation: usize| model.operations[operation].name == "web.put";
        let puts = all.filter(|(it, _)| is_put(it.operation.0 as usize));
        puts.map(|(_, of)| of.ended()).sum::<u64>() as f64 / 100.0
    };
    let replicas = r#"replication: (replicas: 3, mode: asynchronous(lag: "50ms"))"#;
    // The primary is in us/a: a write crosses the zones on its way there, and once more to each copy elsewhere.
    let model = readers(r#""us/a", "us/a", "us/b", "eu""#, replicas, "");
    let metrics = simulate(&model, 0).metrics;
    let measure = |of: &str, name: &str| measured(&model, &metrics, of, name);
    let puts = put(&model, &metrics);
    assert!((measure("network.us→eu", "messages") / puts - 1.0).abs() < 0.01);
    assert!((measure("network.us→eu", "traffic") / puts / 2000.0 - 1.0).abs() < 0.01);
    // Reads go to the primary too.
    let gets = 100.0 - puts;
    let between = (2.0 * (puts + gets) + puts) / measure("network.us between zones", "messages");
    assert!((between - 1.0).abs() < 0.05, "{between}");
    let nothing_comes_back = model.measures.reported.iter().all(|m| m.of != "network.eu→us");
    assert!(nothing_comes_back);
}

/// How many requests each station has served.
#[derive(Default)]
struct Served(Vec<u64>);

impl Recorder for Served {
    fn served(&mut self, _: Time, station: StationId, _: Duration, _: Duration) {
        self.0.resize(self.0.len().max(station.0 as usize + 1), 0);
        self.0[station.0 as usize] += 1;
    }
}

#[test]
fn a_region_that_is_down_gets_nothing() {
    for routing in ["nearest", r#"failover(["eu", "us", "ap"])"#, r#"table({"eu": "eu"})"#] {
        let model = model(&format!(
            r#"(
            components: {{ "web": {{ "get": [work("1ms")] }} }},
            regions: {{"ap": (), "eu": (), "us": ()}},
            services: {{ "web": (components: ["web"], regions: {{"ap": 1, "eu": 1, "us": 1}}, routing: {routing}) }},
            network: (between: {{"us": {{"eu": "80ms", "ap": "145ms"}}, "eu": {{"ap": "225ms"}}}}),
            clients: {{ "c": (rate: "100/s", mix: "web.get", region: "eu") }},
            )"#
        ));
        let mut run = Simulation::new(&model, Seed { seed: 1, replication: 0 }, Served::default());
        let until = |run: &mut Simulation<'_, Served>, secs: u64| {
            run.run_until(Time(secs * 1_000_000_000), u64::MAX);
            let mut served = std::mem::take(&mut run.recorder.0);
            served.resize(3, 0);
            served.iter().map(|&n| n > 100).collect::<Vec<_>>()
        };
        let (eu, us) = (1, 2);
        assert_eq!(until(&mut run, 10), [false, true, false], "{routing}: its own");
        run.set_region_healthy(ServiceId(0), eu, false);
        assert_eq!(until(&mut run, 20), [false, false, true], "{routing}: the next");
        run.set_region_healthy(ServiceId(0), us, false);
        run.set_region_healthy(ServiceId(0), eu, true);
        assert_eq!(until(&mut run, 30), [false, true, false], "{routing}: its own again");
        run.set_region_healthy(ServiceId(0), eu, false);
        assert_eq!(until(&mut run, 40), [true, false, false], "{routing}: the last");
    }
}

#[test]
fn weights_share_what_is_up() {
    let model = overseas_weighted();
    let mut run = Simulation::new(&model, Seed { seed: 1, replication: 0 }, Served::default());
    run.run_until(Time(400_000_000_000), u64::MAX);
    let served = std::mem::take(&mut run.recorder.0);
    let all: u64 = served.iter().sum();
    let share = served[0] as f64 / all as f64;
    // Within five standard errors.
    assert!((share - 0.6).abs() < 5.0 * (0.24 / all as f64).sqrt(), "{share}");
    run.set_region_healthy(ServiceId(0), 0, false);
    run.run_until(Time(401_000_000_000), u64::MAX);
    run.recorder.0.clear();
    run.run_until(Time(800_000_000_000), u64::MAX);
    let served = &run.recorder.0;
    assert_eq!(served[0], 0);
    let share = served[1] as f64 / (served[1] + served[2]) as f64;
    assert!((share - 0.75).abs() < 0.02, "{share}");
}

fn overseas_weighted() -> Model {
    model(
        r#"(
        components: { "web": { "get": [work("1ms")] } },
        regions: {"ap": (), "eu": (), "us": ()},
        services: { "web": (
            components: ["web"], regions: {"ap": 1, "eu": 1, "us": 1},
            routing: weighted({"ap": 6, "eu": 3, "us": 1}),
        ) },
        network: (between: {"us": {"eu": "80ms", "ap": "145ms"}}),
        clients: { "c": (users: 10, think: exponential("100ms"), mix: "web.get", region: "us") },
        )"#,
    )
}

#[test]
fn users_stay_where_they_are() {
    // Each of ten users is in one region for good: responses of one user never change by 80 ms.
    let model = model(
        r#"(
        components: { "web": { "get": [work("1ms")] } },
        regions: {"eu": (), "us": ()},
        services: { "web": (components: ["web"], cores: 0, regions: {"us": 1}) },
        network: (between: {"us": {"eu": "80ms"}}),
        clients: { "c": (users: 1, think: "10ms", mix: "web.get", regions: {"eu": 1, "us": 1}) },
        run: (horizon: "100s"),
        )"#,
    );
    for replication in 0..10 {
        let told = simulate(&model, replication).metrics;
        let (_, _, times) = buckets(&told.journeys[0].response);
        assert_eq!(times.len(), 1, "always as far");
    }
}

#[test]
fn a_region_whose_replicas_have_crashed_is_left_out() {
    let model = model(
        r#"(
        components: { "web": { "get": [work("1ms")] } },
        regions: {"eu": (zones: ["a", "b"]), "us": ()},
        services: { "web": (
            components: ["web"], cores: 0, threads: 50, regions: {"eu": 2, "us": 1},
            health: (interval: "1s", timeout: "500ms", unhealthy: 1, healthy: 1),
        ) },
        network: (between: {"us": {"eu": "80ms"}}),
        clients: { "c": (rate: "100/s", mix: "web.get", region: "eu") },
        faults: [
            crash(of: "services.web", replica: 0, at: "10.1s", lasts: "20s"),
            crash(of: "services.web", replica: 1, at: "20.1s", lasts: "10s"),
            crash(of: "services.web.regions.eu", at: "40.1s", lasts: "10s"),
        ],
        run: (horizon: "60s"),
        )"#,
    );
    let mut run = Simulation::new(&model, Seed { seed: 1, replication: 0 }, Served::default());
    // Two checks and two seconds after each change.
    for (from, until, expected) in [
        (0, 10, [true, true, false]),
        (12, 20, [false, true, false]),
        (22, 30, [false, false, true]),
        (32, 40, [true, true, false]),
        (42, 50, [false, false, true]),
        (52, 60, [true, true, false]),
    ] {
        run.run_until(Time(from * 1_000_000_000), u64::MAX);
        run.recorder.0 = vec![0; 3];
        run.run_until(Time(until * 1_000_000_000), u64::MAX);
        let busy: Vec<bool> = run.recorder.0.iter().map(|&served| served > 100).collect();
        assert_eq!(busy, expected, "from {from} s: {:?}", run.recorder.0);
    }
    // Only what came between a crash and the next check has failed: at most a second's requests.
    let told = simulate(&model, 0).metrics;
    let failed = told.journeys[0].failed;
    assert!(failed > 20 && failed < 300, "{failed} of {}", told.journeys[0].sent);
}
