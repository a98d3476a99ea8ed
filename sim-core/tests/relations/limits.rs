//! Limits against what is known of them by theory.

use super::{agrees, felt, measured, model, simulate};
use sim_core::model::Load;

/// A service of unlimited cores with these fields, asked at a rate for work of 50 ms on average.
fn limited(service: &str, client: &str, work: &str) -> String {
    format!(
        r#"(
        keys: {{"customers": (count: 200_000)}},
        components: {{"api": {{"get": [{work}]}}}},
        services: {{"api": (components: ["api"], cores: 0{service})}},
        clients: {{"users": (rate: "80/s", mix: "api.get"{client})}},
        run: (horizon: "1020s", warmup: "20s"),
    )"#
    )
}

const WORK: &str = r#"wait(exponential("50ms"))"#;

/// So many under way are the servers of Erlang's loss system: 4 erlangs on 6 (A. K. Erlang 1917), at the door as at the
/// gateway.
#[test]
fn a_limit_on_concurrency_is_erlangs_loss_system() {
    let mut blocked = 1.0;
    for servers in 1..=6 {
        blocked = 4.0 * blocked / (f64::from(servers) + 4.0 * blocked);
    }
    let limit = ", limit: concurrency(6)";
    let door = model(&limited(limit, "", WORK));
    agrees(&door, 12, ("services.api.limit", "refused"), blocked, 0.05);
    let gateway = model(&limited("", limit, WORK));
    agrees(&gateway, 12, ("clients.users.limit", "refused"), blocked, 0.05);
    let metrics = simulate(&gateway, 0).metrics;
    assert_eq!(metrics.operations[0].failed, 0, "the service hears nothing of it");
    assert!(metrics.journeys[0].refused > 0);
}

/// Requests leave a leaky bucket as they leave a server of constant speed: M/D/1 (L. Kleinrock, "Queueing Systems I",
/// 1975, 5.6).
#[test]
fn a_leaky_bucket_is_an_md1_queue() {
    let model = model(&limited(r#", limit: leaky_bucket(rate: "100/s", queue: 100000)"#, "", WORK));
    let wait = 0.8 / (2.0 * 100.0 * 0.2);
    agrees(&model, 12, ("services.api.limit", "delay"), wait, 0.05);
}

/// A limit of each replica is as many limits.
#[test]
fn each_replica_may_keep_a_limit_of_its_own() {
    let refused = |fields: &str| {
        let model = model(&limited(fields, "", r#"wait("50ms")"#));
        measured(&model, &simulate(&model, 0).metrics, "services.api.limit", "refused")
    };
    let together = refused(", replicas: 4, limit: concurrency(1)");
    let each = refused(", replicas: 4, limit: concurrency(1), limit_per: replica");
    // 4 erlangs on one server, and one on each of four.
    assert!((together - 0.8).abs() < 0.02, "{together}");
    assert!(each < 0.5, "{each}");
}

/// Limits that are never reached change nothing, to the bit.
#[test]
fn what_limits_nobody_changes_nothing() {
    let run = |service: &str, client: &str| {
        let model = model(&limited(service, client, WORK));
        felt(&model, &simulate(&model, 1).metrics)
    };
    let free = run("", "");
    for limit in [
        r#"token_bucket(rate: "1000/s", burst: 1000)"#,
        r#"concurrency(1000)"#,
        r#"aimd(start: 500)"#,
        r#"gradient(start: 500, min: 500, max: 1000)"#,
    ] {
        let limit = format!(", limit: {limit}");
        assert_eq!(free, run(&limit, ""), "{limit}");
        assert_eq!(free, run("", &limit), "{limit}");
        assert_eq!(free, run(&format!("{limit}, limit_per: replica, replicas: 1"), ""), "{limit}");
    }
}

/// One bucket for each of many customers refuses none of those who come once; one for all refuses most.
#[test]
fn a_bucket_for_each_key_limits_each_key() {
    let refused = |per: &str| {
        let limit = format!(r#", limit: token_bucket(rate: "10/s", burst: 5){per}"#);
        let model = model(&limited("", &limit, WORK));
        measured(&model, &simulate(&model, 0).metrics, "clients.users.limit", "refused")
    };
    assert!((refused("") - 0.875).abs() < 0.01, "{}", refused(""));
    assert_eq!(refused(r#", limit_per: "customers""#), 0.0);
}

/// A limit that moves finds about what a system can do: 4 servers of 50 ms do 80 a second, and 160 come.
#[test]
fn aimd_settles_where_the_system_is_busy_and_answers_well() {
    let limit = r#", limit: aimd(start: 50, max: 200, slow: "150ms", decrease: 0.8)"#;
    let text = limited(limit, "", r#"work(exponential("50ms"))"#);
    let model = model(&text.replace("cores: 0", "cores: 4").replace("80/s", "160/s"));
    let metrics = simulate(&model, 0).metrics;
    let level = measured(&model, &metrics, "services.api.limit", "limit");
    let passed = measured(&model, &metrics, "services.api.limit", "passed");
    assert!((4.0..40.0).contains(&level), "{level}");
    assert!((70.0..84.0).contains(&passed), "{passed}");
}

/// A limit by gradient knows from quiet times what is usual, and holds the line when twice as many come as can be served.
#[test]
fn a_gradient_keeps_a_peak_from_those_who_are_let_in() {
    let p99 = |limit: &str| {
        let peak = r#", profile: [piecewise([("0s", 0.5), ("300s", 0.5), ("301s", 2), ("360s", 2), ("361s", 0.5)])]"#;
        let text = limited(limit, peak, r#"work(exponential("50ms"))"#);
        let model = model(&text.replace("cores: 0", "cores: 4").replace("1020s", "500s"));
        simulate(&model, 0).metrics.journeys[0].response.quantile(0.99) / 1e9
    };
    let (free, limited) = (p99(""), p99(", limit: gradient(min: 4)"));
    assert!(free > 20.0, "{free}");
    assert!(limited < 3.0, "{limited}");
}

/// What limits take is known beforehand: requests per second of a bucket, and places that are held for the time of a request
/// (J. D. C. Little 1961).
#[test]
fn the_load_of_limits_is_known_beforehand() {
    let store = r#"read("bank")"#;
    let with_bank = |limit: &str| {
        limited("", "", store).replacen(
            "clients:",
            &format!(r#"stores: {{"bank": external(latency: "50ms", limit: {limit})}}, clients:"#),
            1,
        )
    };
    let gateway = r#", limit: token_bucket(rate: "100/s", burst: 9)"#;
    let bulkhead = limited("", "", WORK).replacen(
        "clients:",
        r#"guards: {"users": (on: "clients.users", bulkhead: (calls: 16))}, clients:"#,
        1,
    );
    for (text, utilisation) in [
        (limited(", limit: concurrency(5)", "", WORK), 0.8),
        (limited(", replicas: 4, limit: concurrency(2), limit_per: replica", "", WORK), 0.5),
        (limited(r#", limit: leaky_bucket(rate: "64/s", queue: 9)"#, "", WORK), 1.25),
        (limited("", gateway, WORK), 0.8),
        (bulkhead, 0.25),
        (with_bank("concurrency(8)"), 0.5),
        (with_bank(r#"token_bucket(rate: "200/s", burst: 1)"#), 0.4),
    ] {
        let load = Load::of(&model(&text));
        let [limit] = load.ceilings[..] else { panic!("{text}: {:?}", load.ceilings) };
        assert!((limit.utilisation - utilisation).abs() < 1e-9, "{text}: {limit:?}");
        assert!((limit.capacity - 80.0 / utilisation).abs() < 1e-6, "{text}: {limit:?}");
    }
    // What changes, or what each has for itself, has no such bound.
    for limit in [", limit: aimd(min: 2, max: 90)", ", limit: gradient(min: 2, max: 90)"] {
        assert_eq!(Load::of(&model(&limited(limit, "", WORK))).ceilings, []);
    }
    let each = limited("", &format!(r#"{gateway}, limit_per: "customers""#), WORK);
    assert_eq!(Load::of(&model(&each)).ceilings, []);
}
