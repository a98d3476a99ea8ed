//! Bills: each price by hand arithmetic, and what must not change them or must change them exactly so.

use super::{model, simulate};
use sim_core::cost::Bill;
use sim_core::metrics::Metrics;
use sim_core::model::{Model, PaidByRequest};

/// A service of four replicas, a database of two members, a queue, and two clients, one of which does three times the
/// work; `prices` as given.
fn shop(service: &str, database: &str, prices: &str) -> Model {
    model(&format!(
        r#"(
            components: {{
                "api": {{"get": [work("1ms"), read("db")], "sum": [work("3ms")], "mail": [send("mails")]}},
                "mailer": {{"send": [work("1ms")]}},
            }},
            services: {{
                "api": (components: ["api"], replicas: 4 {service}),
                "mailer": (components: ["mailer"]),
            }},
            stores: {{"db": database(servers: 4, read: "1ms", replication: (replicas: 1, mode: asynchronous(lag: "1ms")) {database})}},
            queues: {{"mails": (consumers: {{"mailer.send": (concurrency: 2)}}, requests: "sqs")}},
            network: (message: (request: "1kB", reply: "10kB")),
            clients: {{
                "people": (rate: "100/s", arrivals: constant, mix: "api.get"),
                "bots": (rate: "100/s", arrivals: constant, mix: "api.sum"),
                "post": (rate: "10/s", arrivals: constant, mix: "api.mail"),
            }},
            prices: (requests: {{"sqs": "$0.40/1M"}}, {prices}),
            run: (horizon: "20s", warmup: "10s"),
        )"#
    ))
}

const MACHINES: &str = r#"instances: {"m": (
    on_demand: "$0.10/h", reserved_1_year: "$0.06/h", reserved_3_years: "$0.04/h", spot: "$0.03/h",
)}"#;

/// A machine of $0.10 for a month of 730 hours.
const MACHINE: f64 = 73.0;

fn bill(model: &Model) -> (Bill, Metrics) {
    let metrics = simulate(model, 0).metrics;
    (Bill::of(model, &metrics), metrics)
}

/// What is paid for a thing in a way.
fn line(model: &Model, bill: &Bill, of: &str, kind: &str) -> f64 {
    let is_it = |c: &&sim_core::model::Charge| c.of == of && c.kind.name() == kind;
    let charges = model.charges.iter().zip(&bill.charges);
    charges.filter(|(charge, _)| is_it(charge)).map(|(_, dollars)| dollars).sum()
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-3 * expected.abs(), "{found} is not {expected}");
}

#[track_caller]
fn assert_exact(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found} is not {expected}");
}

#[test]
fn machines_by_purchase() {
    for (purchase, kind, dollars) in [
        ("", "on_demand", 4.0 * MACHINE),
        (", purchase: on_demand", "on_demand", 4.0 * MACHINE),
        (", purchase: spot", "spot", 4.0 * 0.3 * MACHINE),
        (", purchase: reserved(years: 1)", "reserved", 4.0 * 0.6 * MACHINE),
        (", purchase: reserved(years: 3, replicas: 3)", "reserved", 3.0 * 0.4 * MACHINE),
        (", purchase: reserved(years: 3, replicas: 3)", "on_demand", MACHINE),
    ] {
        let model = shop(&format!(r#", instance: "m" {purchase}"#), "", MACHINES);
        let (bill, _) = bill(&model);
        assert_exact(line(&model, &bill, "services.api", kind), dollars);
    }
}

#[test]
fn databases_storage_and_people() {
    let database = r#", instance: "m", storage: (class: "gp3", size: "200GB"), operations: "7.3h""#;
    let prices = format!(r#"{MACHINES}, storage: {{"gp3": "$0.08/GB-month"}}, people: "$80/h""#);
    let model = shop("", database, &prices);
    let (bill, _) = bill(&model);
    assert_exact(line(&model, &bill, "stores.db", "on_demand"), 2.0 * MACHINE);
    assert_exact(line(&model, &bill, "stores.db", "storage"), 2.0 * 200.0 * 0.08);
    assert_exact(line(&model, &bill, "stores.db", "operations"), 7.3 * 80.0);
}

#[test]
fn requests_and_answers() {
    let model = shop("", "", r#"internet: "$0.09/GB""#);
    let (bill, _) = bill(&model);
    let month = 730.0 * 3600.0;
    // Ten mails a second: each is handed over, delivered and settled.
    assert_near(line(&model, &bill, "queues.mails", "requests"), 30.0 * month * 0.40 / 1e6);
    // 210 answers a second of 10 kB.
    assert_near(
        line(&model, &bill, "network.internet", "traffic"),
        210.0 * 1e4 * month * 0.09 / 1e9,
    );
}

#[test]
fn a_fixed_pool_costs_its_hours() {
    // 46 replicas at $0.12 for 24 of the 730 hours.
    let text = r#"(
        components: {"api": {"get": [work("50ms")]}},
        services: {"api": (components: ["api"], replicas: 46, instance: "m")},
        clients: {"users": (rate: "400/s", arrivals: constant, mix: "api.get")},
        prices: (instances: {"m": (on_demand: "$0.12/h")}),
        run: (horizon: "20s", warmup: "10s"),
    )"#;
    let model = model(text);
    let (bill, _) = bill(&model);
    assert_exact(bill.total() * 24.0 / 730.0, 132.48);
    // 20 of them are busy on average.
    assert_near(1.0 - bill.idle / bill.total(), 0.434_782_608_695_652_16);
}

#[test]
fn machines_are_idle_when_nothing_is_done() {
    let (bill, _) = bill(&shop(r#", instance: "m""#, "", MACHINES));
    // 100 × 1 ms and 100 × 3 ms a second on four cores: a tenth.
    assert_near(bill.idle, 0.9 * 4.0 * MACHINE);
}

#[test]
fn work_is_paid_by_who_caused_it() {
    let model = shop(r#", instance: "m""#, "", MACHINES);
    let (bill, _) = bill(&model);
    let of = |client: &str| {
        let index = model.clients.iter().position(|c| c.name == client).unwrap();
        let own = model.journeys.iter().zip(&bill.journeys);
        own.filter(|(j, _)| j.client as usize == index).map(|(_, dollars)| dollars).sum::<f64>()
    };
    assert_near(of("bots"), 3.0 * MACHINE);
    assert_near(of("people"), MACHINE);
    // Only those who send messages pay for the queue.
    assert_exact(of("post"), line(&model, &bill, "queues.mails", "requests"));
    assert_exact(bill.journeys.iter().sum(), bill.total());
}

#[test]
fn twice_the_price_is_twice_the_bill() {
    let prices = |factor: f64| {
        let (m, gp3, people, internet) =
            (0.1 * factor, 0.08 * factor, 80.0 * factor, 0.09 * factor);
        format!(
            r#"instances: {{"m": (on_demand: "${m}/h")}}, storage: {{"gp3": "${gp3}/GB-month"}},
               people: "${people}/h", internet: "${internet}/GB""#
        )
    };
    let build = |factor| {
        let mut model = shop(
            r#", instance: "m", operations: "3h""#,
            r#", instance: "m", storage: (class: "gp3", size: "20GB")"#,
            &prices(factor),
        );
        model.charges.retain(|charge| charge.of != "queues.mails");
        model
    };
    let (once, _) = bill(&build(1.0));
    let (twice, _) = bill(&build(2.0));
    let double: Vec<f64> = once.charges.iter().map(|dollars| 2.0 * dollars).collect();
    assert_eq!(twice.charges, double);
    assert_eq!((twice.total(), twice.idle), (2.0 * once.total(), 2.0 * once.idle));
}

#[test]
fn bills_add_up_over_time_and_merge_in_any_grouping() {
    let model = shop(r#", instance: "m""#, "", &format!(r#"{MACHINES}, internet: "$0.09/GB""#));
    let parts: Vec<Metrics> = (0..3).map(|r| simulate(&model, r).metrics).collect();
    let merged = |order: [usize; 3]| {
        let mut all = parts[order[0]].clone();
        all.merge(&parts[order[1]]);
        all.merge(&parts[order[2]]);
        Bill::of(&model, &all)
    };
    let all = merged([0, 1, 2]);
    assert_eq!(all, merged([2, 0, 1]));
    let mut late = parts[1].clone();
    late.merge(&parts[2]);
    let mut nested = parts[0].clone();
    nested.merge(&late);
    assert_eq!(all, Bill::of(&model, &nested));
    // Equal times: the bill of all is the mean of the bills.
    let mean = parts.iter().map(|part| Bill::of(&model, part).total()).sum::<f64>() / 3.0;
    assert_exact(all.total(), mean);
}

#[test]
fn prices_change_nothing_that_happens() {
    let priced = simulate(&shop(r#", instance: "m""#, "", MACHINES), 0);
    let mut free = shop(r#", instance: "m""#, "", MACHINES);
    free.charges.clear();
    assert_eq!(priced.fingerprint, simulate(&free, 0).fingerprint);
}

/// What is paid by the request or the byte read, of what is outside, by counts that are known.
#[test]
fn requests_outside_are_paid_by_who_makes_them() {
    let model = model(
        r#"(
            keys: {"photos": (count: 1000, size: "2MB")},
            components: {"api": {
                "look": [read("bank"), repeat(3, [read(store: "files", key: "photos")])],
                "save": [write(store: "files", key: "photos")],
                "page": [read(store: "db", key: "photos")],
            }},
            services: {"api": (components: ["api"], cores: 0)},
            stores: {
                "bank": external(latency: "5ms", failures: "50%", requests: "bank"),
                "files": object_storage(
                    get: "1ms",
                    put: "1ms",
                    tiers: {"cold": (storage: (class: "cold", size: "5TB"))},
                    gets: "get", puts: "put",
                ),
                "db": database(servers: 0, read: "1ms", storage: (class: "cold", size: "1TB", iops: 500)),
            },
            caches: {"cdn": (of: "api.page", key: "photos", at: edge(), entries: 10, requests: "cdn")},
            clients: {
                "readers": (rate: "20/s", arrivals: constant, mix: "api.look"),
                "writers": (rate: "10/s", arrivals: constant, mix: "api.save"),
                "viewers": (rate: "40/s", arrivals: constant, mix: "api.page"),
            },
            prices: (
                storage: {"cold": "$0.01/GB-month"},
                iops: {"cold": "$0.065/IOPS-month"},
                retrieval: {"cold": "$0.02/GB"},
                requests: {"bank": "$0.01/request", "get": "$0.4/1M", "put": "$5/1M", "cdn": "$0.01/10k"},
            ),
            run: (horizon: "20s", warmup: "10s"),
        )"#,
    );
    let (bill, metrics) = bill(&model);
    let month = 730.0 * 3600.0;
    let line = |of: &str, kind: &str| line(&model, &bill, of, kind);
    assert_near(line("stores.bank", "requests"), 20.0 * month * 0.01);
    // Half of them fail at the bank, and look at no photo.
    let well = metrics.journeys.iter().map(|it| it.response.count()).sum::<u64>();
    let looks = (well - 500) as f64 / 10.0;
    assert_near(line("stores.files", "gets"), 3.0 * looks * 0.4 * month / 1e6);
    assert_near(line("stores.files", "puts"), 10.0 * 5.0 * month / 1e6);
    assert_near(line("stores.files.cold", "retrieval"), 3.0 * looks * 2e6 * month * 0.02 / 1e9);
    assert_exact(line("stores.files.cold", "storage"), 5_000.0 * 0.01);
    assert_exact(line("stores.db", "iops"), 500.0 * 0.065);
    assert_near(line("caches.cdn", "requests"), 40.0 * month * 0.01 / 1e4);
    // Writers pay for what they put, and nothing of what readers ask for.
    let put = model.charges.iter().zip(&bill.charges);
    let put = put.filter(|(charge, _)| matches!(charge.asks, Some(PaidByRequest::Put(_))));
    assert_exact(bill.journeys[2], put.map(|(_, dollars)| dollars).sum());
}

/// What is stored is what is put in the time that it stays, by J. D. C. Little's law (1961); each object moves once by each
/// rule.
#[test]
fn tiers_hold_what_is_put_while_it_stays() {
    let model = model(
        r#"(
            keys: {"photos": (count: 1000, size: "2MB")},
            components: {"api": {"save": [write(store: "files", key: "photos")]}},
            services: {"api": (components: ["api"], cores: 0)},
            stores: {"files": object_storage(
                put: "1ms",
                tiers: {
                    "hot": (storage: (class: "hot")),
                    "cold": (storage: (class: "cold")),
                    "archive": (storage: (class: "cold", size: "7TB")),
                },
                lifecycle: [(after: "10d", to: "cold", requests: "move"), (after: "40d", to: "archive")],
                expires: "400d",
            )},
            clients: {"writers": (rate: "10/s", arrivals: constant, mix: "api.save")},
            prices: (
                storage: {"hot": "$0.02/GB-month", "cold": "$0.01/GB-month"},
                requests: {"move": "$0.01/1k"},
            ),
            run: (horizon: "20s", warmup: "10s"),
        )"#,
    );
    let (bill, _) = bill(&model);
    let line = |of: &str, kind: &str| line(&model, &bill, of, kind);
    let gigabytes_a_day = 10.0 * 2e-3 * 86_400.0;
    assert_near(line("stores.files.hot", "storage"), 10.0 * gigabytes_a_day * 0.02);
    assert_near(line("stores.files.cold", "storage"), 30.0 * gigabytes_a_day * 0.01);
    assert_near(line("stores.files.cold", "moves"), 10.0 * 730.0 * 3600.0 * 0.01 / 1e3);
    assert_exact(line("stores.files.archive", "storage"), 7_000.0 * 0.01);
    // Writers cause what they put, and nobody what was there before.
    assert_near(bill.journeys[0] + 70.0, bill.charges.iter().sum());
}

#[test]
fn graduated_prices_and_prices_between_regions() {
    let prices = r#"internet: [(to: "1TB", price: "$0.09/GB"), (to: "2TB", price: "$0.05/GB"), (price: "$0.01/GB")]"#;
    let model = shop("", "", prices);
    let (bill, _) = bill(&model);
    // 210 answers a second of 10 kB are 5.5188 TB a month.
    let beyond = 210.0 * 1e4 * 730.0 * 3600.0 / 1e9 - 2_000.0;
    assert_near(line(&model, &bill, "network.internet", "traffic"), 90.0 + 50.0 + beyond * 0.01);
}

#[test]
fn what_is_paid_up_front_is_spread_over_the_years() {
    let prices = r#"instances: {"m": (
        on_demand: "$0.10/h", reserved_1_year: (up_front: "$87.60", hour: "$0.03/h"), reserved_3_years: (up_front: "$525.60"),
    )}"#;
    for (years, hour) in [(1, 0.04), (3, 0.02)] {
        let purchase = format!(r#", instance: "m", purchase: reserved(years: {years})"#);
        let model = shop(&purchase, "", prices);
        let (bill, _) = bill(&model);
        assert_exact(line(&model, &bill, "services.api", "reserved"), 4.0 * 730.0 * hour);
    }
}

/// The load balancer of a service that 100 requests a second pass, of which half open a connection; prices as given.
fn balanced(units: &str, reply: &str) -> (Model, Bill) {
    let model = model(&format!(
        r#"(
            components: {{"api": {{"get": [work("1ms")], "list": [work("3ms")]}}}},
            services: {{"api": (components: ["api"], cores: 0, front: (layer: 7, instance: "alb"))}},
            network: (message: (request: "1kB", reply: "{reply}"), tls: (reuse: "50%")),
            clients: {{
                "people": (rate: "80/s", arrivals: constant, mix: "api.get"),
                "bots": (rate: "20/s", arrivals: constant, mix: "api.list"),
            }},
            prices: (
                instances: {{"alb": (on_demand: "$0.0225/h")}},
                capacity_units: {{"alb": (price: "$0.008/h", {units})}},
            ),
            run: (horizon: "110s", warmup: "10s"),
        )"#
    ));
    let (bill, _) = bill(&model);
    (model, bill)
}

#[test]
fn a_load_balancer_is_paid_by_its_fullest_dimension() {
    let of = "services.api.front";
    let (model, hours) = balanced(r#"bytes: "1GB/h""#, "9kB");
    assert_exact(line(&model, &hours, of, "on_demand"), 0.0225 * 730.0);
    // 100 requests a second of 1 kB and 9 kB are 3.6 GB an hour.
    assert_near(line(&model, &hours, of, "capacity_units"), 3.6 * 0.008 * 730.0);
    // Small replies: half of the requests open connections, 50 a second are two units.
    let (model, bill) = balanced(r#"connections: "25/s", bytes: "1GB/h""#, "1kB");
    let units = line(&model, &bill, of, "capacity_units") / (0.008 * 730.0);
    assert!((units - 2.0).abs() < 0.06, "{units} capacity units");
    // Each client pays for what it sends.
    assert_near(bill.journeys[0] / bill.journeys.iter().sum::<f64>(), 0.2);
    // Without a price of units only hours are paid.
    let none = shop(r#", front: (layer: 7, instance: "m")"#, "", MACHINES);
    let (bill, _) = self::bill(&none);
    assert_exact(line(&none, &bill, of, "on_demand"), MACHINE);
    assert_exact(line(&none, &bill, of, "capacity_units"), 0.0);
}

#[test]
fn each_region_has_its_load_balancer_and_its_gateways() {
    let build = |each: &str| {
        model(&format!(
            r#"(
                components: {{"api": {{"get": [work("1ms"), read("bank")]}}}},
                regions: {{"eu": (zones: ["a", "b"]), "us": (zones: ["a", "b", "c"])}},
                services: {{"api": (
                    components: ["api"], regions: {{"eu": 2, "us": 3}}, cores: 0, front: (layer: 7, instance: "alb"),
                )}},
                stores: {{"bank": external(latency: "1ms", failures: "50%", message: (request: "2kB", reply: "8kB"))}},
                network: (
                    between: {{"eu": {{"us": "80ms"}}}},
                    message: (request: "1kB", reply: "9kB"),
                    nat: (instance: "nat", each: {each}),
                ),
                clients: {{
                    "eu": (rate: "100/s", arrivals: constant, mix: "api.get", regions: {{"eu": 1}}),
                    "us": (rate: "300/s", arrivals: constant, mix: "api.get", regions: {{"us": 1}}),
                }},
                prices: (
                    instances: {{"alb": (on_demand: "$0.02/h"), "nat": (on_demand: "$0.045/h")}},
                    capacity_units: {{"alb": (price: "$0.008/h", bytes: "1GB/h")}},
                    processed: {{"nat": "$0.045/GB"}},
                ),
                run: (horizon: "20s", warmup: "10s"),
            )"#
        ))
    };
    for (each, gateways) in [("region", 2.0), ("zone", 5.0)] {
        let model = build(each);
        let (bill, _) = bill(&model);
        assert_exact(line(&model, &bill, "services.api.front", "on_demand"), 2.0 * 0.02 * 730.0);
        assert_near(
            line(&model, &bill, "services.api.front", "capacity_units"),
            4.0 * 3.6 * 0.008 * 730.0,
        );
        assert_exact(line(&model, &bill, "network.nat", "on_demand"), gateways * 0.045 * 730.0);
        // 400 questions a second of 2 kB with answers of 8 kB, errors included.
        assert_near(
            line(&model, &bill, "network.nat→bank", "traffic"),
            400.0 * 1e4 * 730.0 * 3600.0 * 0.045 / 1e9,
        );
    }
}

/// A function with 1 GB; prices of its time and its requests.
fn function(steps: &str, start_up: &str, rounding: &str, rate: &str) -> Model {
    model(&format!(
        r#"(
            components: {{"api": {{"get": {steps}}}}},
            services: {{"api": (
                components: ["api"], function: (price: "lambda", memory: "1GB", keep: "5s"), start_up: ({start_up}),
            )}},
            clients: {{"people": (rate: "{rate}", arrivals: constant, mix: "api.get")}},
            prices: (
                functions: {{"lambda": (duration: "$0.00001/GB-s", {rounding})}},
                requests: {{"lambda": "$0.20/1M"}},
            ),
            run: (horizon: "110s", warmup: "10s"),
        )"#
    ))
}

#[test]
fn a_function_is_paid_by_time_rounded_up_and_by_request() {
    let month = 730.0 * 3600.0;
    for (rounding, paid) in
        [(r#"rounding: "1ms""#, 0.023), (r#"rounding: "100ms""#, 0.1), ("", 0.023)]
    {
        let model = function(r#"[work("2.4ms"), wait("20ms")]"#, "", rounding, "50/s");
        let (bill, _) = bill(&model);
        assert_near(line(&model, &bill, "services.api", "duration"), 50.0 * paid * 1e-5 * month);
        assert_near(line(&model, &bill, "services.api", "requests"), 50.0 * month * 0.20 / 1e6);
        assert_exact(bill.idle, 0.0);
        assert_exact(bill.journeys.iter().sum(), bill.total());
    }
}

#[test]
fn environments_are_started_as_they_are_needed_and_kept_for_a_while() {
    // One at a time, each within the time that an environment is kept: only the first, in the warm-up, is cold.
    let warm = function(r#"[work("2ms")]"#, r#"boot: "500ms""#, "", "1/s");
    let (paid, metrics) = bill(&warm);
    assert_eq!(metrics.journeys[0].response.max(), Some(2_000_000));
    // Every ten seconds each comes too late for the environment of the one before.
    let cold = function(r#"[work("2ms")]"#, r#"boot: "500ms""#, "", "6/min");
    let (cold_paid, metrics) = bill(&cold);
    assert_eq!(metrics.journeys[0].response.min(), Some(502_000_000));
    // The cold start is paid, too.
    let each = |model: &Model, bill: &Bill, rate: f64| {
        line(model, bill, "services.api", "duration") / rate
    };
    assert_near(each(&cold, &cold_paid, 0.1) / each(&warm, &paid, 1.0), 251.0);
}
