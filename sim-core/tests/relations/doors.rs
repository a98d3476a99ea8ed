//! Patience and load shedding: what they must not change, and what is known of them by theory.

use super::{agrees, felt, measured, model, simulate};
use sim_core::math::exp;

/// A service with these fields in front of a database with those, asked at a rate.
fn shop(service: &str, database: &str, rate: &str) -> String {
    format!(
        r#"(
        components: {{"api": {{
            "get": [work(exponential("20ms")), read("d"), work(exponential("5ms"))],
            "both": [parallel([[work(exponential("10ms"))], [call("api.get")]])],
        }}}},
        services: {{"api": (components: ["api"], cores: 2, replicas: 2, while_waiting: release{service})}},
        stores: {{"d": database(servers: 2, read: exponential("15ms"){database})}},
        clients: {{
            "users": (rate: "{rate}", mix: {{"api.get": 3, "api.both": 1}}, timeout: "400ms"),
            "batch": (rate: "10/s", mix: "api.get", priority: 1, criticality: sheddable),
        }},
        run: (horizon: "200s", warmup: "20s"),
    )"#
    )
}

/// Policies that never act change nothing, to the bit, whatever the order of the line, at services, threads and databases,
/// also where clients give up and a replica crashes and comes back.
#[test]
fn what_never_triggers_changes_nothing() {
    let run = |text: &str| {
        let model = model(text);
        let outcome = simulate(&model, 1);
        (felt(&model, &outcome.metrics), outcome.events)
    };
    let patient = r#"patience: exponential("100000h")"#;
    let covering = r#"patience: exponential("100000h"), patience_covers: service"#;
    let shedding = [
        r#"shed: codel(target: "100h", interval: "200h")"#,
        r#"shed: adaptive_lifo(interval: "200h", timeout: "100h")"#,
        "shed: criticality(queue: (sheddable: 1000000))",
        r#"shed: criticality(queue: (critical: 1000000, sheddable_plus: 1000000, sheddable: 1000000))"#,
    ];
    let crash =
        r#"faults: [crash(of: "services.api", replica: 1, at: "50s", lasts: "5s")], clients:"#;
    for order in ["fifo", "lifo", "random", "priority"] {
        for threads in ["", ", threads: 3"] {
            let fields = format!(", discipline: {order}{threads}");
            let at = |policy: &str, of_store: bool| {
                let policy = format!(", {policy}");
                let (service, store) = if of_store { ("", &*policy) } else { (&*policy, "") };
                let service = format!("{fields}{service}");
                let held = shop(&service, &format!(", discipline: {order}{store}"), "110/s");
                let held = if threads.is_empty() { held } else { held.replace("release", "hold") };
                held.replace("clients:", crash)
            };
            let plain = run(&at("queue: 1000000", false));
            let mut policies = vec![patient, covering];
            policies.extend(shedding.iter().filter(|_| order == "fifo"));
            for policy in policies {
                for of_store in [false, true] {
                    let text = at(policy, of_store);
                    assert!(plain == run(&text), "not the same as without: {text}");
                }
            }
        }
    }
}

/// A bound on those who wait that is the same for every criticality is a bound on the queue, to the bit.
#[test]
fn one_bound_for_all_is_the_bound_of_the_queue() {
    let run = |service: &str, database: &str| {
        let model = model(&shop(service, database, "150/s"));
        felt(&model, &simulate(&model, 0).metrics)
    };
    let all = "shed: criticality(queue: (critical_plus: 4, critical: 4, sheddable_plus: 4, sheddable: 4))";
    let bounded = run(", queue: 4", ", queue: 4");
    assert_eq!(bounded, run(&format!(", {all}"), ", queue: 4"));
    assert_eq!(bounded, run(", queue: 4", &format!(", {all}")));
    assert!(bounded.iter().any(|line| !line.contains(", 0, 0)")), "some are refused: {bounded:?}");
}

fn one_server(fields: &str, rate: u32) -> String {
    format!(
        r#"(
        components: {{"api": {{"get": [work(exponential("10ms"))]}}}},
        services: {{"api": (components: ["api"]{fields})}},
        clients: {{"users": (rate: "{rate}/s", mix: "api.get")}},
        run: (horizon: "2020s", warmup: "20s"),
    )"#
    )
}

/// M/M/1+D: with constant patience `t` the virtual wait has the density `p0 λ exp(-(μ-λ) w)` up to `t` and
/// `p0 λ exp(λ t - μ w)` above; those leave who would meet more than `t` (D. Y. Barrer, "Queuing with Impatient Customers
/// and Ordered Service", Operations Research 5, 1957).
#[test]
fn constant_patience_is_barrers_queue() {
    for (arrivals, patience) in [(90u32, 0.03f64), (120, 0.05)] {
        let (a, s) = (f64::from(arrivals), 100.0);
        let below = (1.0 - exp(-(s - a) * patience)) / (s - a);
        let above = exp(-(s - a) * patience) / s;
        let empty = 1.0 / (1.0 + a * (below + above));
        let model = model(&one_server(&format!(r#", patience: "{patience}s""#), arrivals));
        agrees(&model, 10, ("services.api.patience", "abandoned"), empty * a * above, 0.1);
        let waits = &simulate(&model, 0).metrics.stations[0].wait;
        assert!(waits.quantile(1.0) <= patience * 1e9 * 1.001, "nobody served has waited longer");
    }
}

/// Where nobody has to wait, patience that covers service cuts exponential work short: `exp(-t / s)` are given up, and the
/// servers are busy for `s (1 - exp(-t / s))` with each.
#[test]
fn patience_that_covers_service_cuts_it_short() {
    for threads in ["", ", threads: 500"] {
        let fields =
            format!(r#", cores: 500{threads}, patience: "20ms", patience_covers: service"#);
        let model = model(&one_server(&fields, 1000).replace("2020s", "220s"));
        let given_up = exp(-2.0);
        agrees(&model, 10, ("services.api.patience", "given_up"), given_up, 0.02);
        let metrics = simulate(&model, 0).metrics;
        let busy = metrics.stations[0].service as f64 / 200e9;
        let expected = 10.0 * (1.0 - given_up);
        assert!((busy / expected - 1.0).abs() < 0.03, "{busy} of {expected}");
    }
}

/// At 130 % of what it can do a line grows for ever; CoDel refuses about what is too much, keeps the server busy, and waits
/// stay short. Without it nobody is answered in time in the end.
#[test]
fn codel_bounds_the_waits_of_an_overload() {
    let model = model(&one_server(", shed: codel", 130));
    let metrics = simulate(&model, 0).metrics;
    let shed = measured(&model, &metrics, "services.api.shed", "shed");
    let excess = 1.0 - 100.0 / 130.0;
    assert!((excess..excess + 0.06).contains(&shed), "{shed}");
    let waits = &metrics.stations[0].wait;
    assert!(waits.mean() / 1e9 < 0.5, "{}", waits.mean() / 1e9);
    let answered = metrics.journeys[0].response.count() as f64 / 2000.0;
    assert!((92.0..102.0).contains(&answered), "{answered}");
    // Below what it can do, it hardly ever acts.
    let calm = super::model(&one_server(", shed: codel", 50));
    let shed = measured(&calm, &simulate(&calm, 0).metrics, "services.api.shed", "shed");
    assert!(shed < 0.01, "{shed}");
}

/// In an overload adaptive LIFO answers those whom it answers at once: no wait is longer than the interval, most are shorter
/// than the timeout, and the server is as busy as can be.
#[test]
fn adaptive_lifo_answers_the_newest_in_an_overload() {
    let model = model(&one_server(r#", shed: adaptive_lifo(timeout: "40ms")"#, 200));
    let metrics = simulate(&model, 0).metrics;
    let waits = &metrics.stations[0].wait;
    assert!(waits.quantile(1.0) <= 100.1e6, "{}", waits.quantile(1.0));
    // In order, everybody who is answered has waited for about as long as they may.
    let in_order = super::model(&one_server(r#", patience: "100ms""#, 200));
    let in_order = simulate(&in_order, 0).metrics.stations[0].wait.quantile(0.5);
    assert!(waits.quantile(0.5) < 0.3 * in_order, "{} of {in_order}", waits.quantile(0.5));
    let answered = metrics.journeys[0].response.count() as f64 / 2000.0;
    assert!((95.0..102.0).contains(&answered), "{answered}");
    let active = measured(&model, &metrics, "services.api.shed", "active");
    assert!(active > 0.3 && active <= 1.0, "{active}");
}

/// Two criticalities together are too much; the one that matters alone is not, and it alone is answered as a rule. Bounds
/// on utilisation hold it near the bound.
#[test]
fn what_matters_less_makes_room() {
    let text = r#"(
        components: {"api": {"page": [work(exponential("10ms"))], "crawl": [work(exponential("10ms"))]}},
        services: {"api": (components: ["api"], cores: 4, shed: SHED)},
        clients: {"users": (rate: "800/s", mix: {"api.page": 1, "api.crawl": 3}, criticality: {"api.crawl": sheddable})},
        run: (horizon: "220s", warmup: "20s"),
    )"#;
    for shed in [
        "criticality(queue: (sheddable: 1))",
        r#"criticality(utilisation: (sheddable: "75%"), window: "500ms")"#,
    ] {
        let model = model(&text.replace("SHED", shed));
        let metrics = simulate(&model, 0).metrics;
        let of = |name| measured(&model, &metrics, "services.api.shed", name);
        assert_eq!(of("shed_critical"), 0.0, "{shed}");
        assert!((0.6..0.95).contains(&of("shed_sheddable")), "{shed}: {}", of("shed_sheddable"));
        let busy = metrics.stations[0].service as f64 / 200e9 / 4.0;
        let aim = if shed.contains("queue") { 0.85..1.0 } else { 0.7..0.8 };
        assert!(aim.contains(&busy), "{shed}: {busy}");
    }
}
