//! Databases of several members: what their number must not change.

use super::{felt, model, simulate};

/// Reads and writes, with and without keys; `extra` says what the database consists of.
fn shop(extra: &str) -> String {
    format!(
        r#"(
        keys: {{"customers": (count: 1000, popularity: zipf(0.9))}},
        components: {{"app": {{
            "look": [work("1ms"), read(store: "orders", key: "customers"), read("orders")],
            "buy": [write(store: "orders", key: "customers")],
        }}}},
        services: {{"api": (components: ["app"], replicas: 2, pools: {{"orders": 4}})}},
        stores: {{"orders": database(servers: 2, read: exponential("4ms"), write: exponential("9ms"), {extra})}},
        network: (hop: exponential("0.5ms")),
        clients: {{"users": (rate: "150/s", mix: {{"app.look": 3, "app.buy": 1}})}},
        run: (horizon: "200s"),
        )"#
    )
}

#[test]
fn one_shard_is_none() {
    let (none, one) = (model(&shop("")), model(&shop(r#"shards: (count: 1, key: "customers")"#)));
    let (none, one) = (simulate(&none, 0), simulate(&one, 0));
    assert_eq!(none.fingerprint, one.fingerprint);
}

#[test]
fn replicas_that_nobody_reads_or_waits_for_change_nothing() {
    let replicas = r#"replication: (replicas: 2, mode: asynchronous(lag: exponential("80ms"), replay: "3ms"))"#;
    let (alone, followed) = (model(&shop("")), model(&shop(replicas)));
    let told = |model| felt(model, &simulate(model, 0).metrics);
    assert_eq!(told(&alone), told(&followed));
}

/// A quorum of one member of one, and replication to nobody in particular, are a database alone.
#[test]
fn a_quorum_of_one_is_a_database() {
    let mean = |extra: &str| {
        let model = model(&shop(extra));
        let metrics = simulate(&model, 0).metrics;
        metrics.journeys.iter().map(|journey| journey.response.mean()).sum::<f64>()
    };
    let (alone, quorum) = (mean(""), mean("quorum: (members: 1, read: 1, write: 1)"));
    assert!((alone / quorum - 1.0).abs() < 0.05, "{alone} {quorum}");
}

/// With a member in common, every read finds what was acknowledged before it began, whatever happens meanwhile.
#[test]
fn overlapping_quorums_are_never_stale() {
    let stale = |extra: &str| {
        let model = model(&shop(extra));
        let metrics = simulate(&model, 0).metrics;
        let measures = &model.measures.reported;
        metrics.measure(&measures.iter().find(|it| it.name == "stale_reads").unwrap().kind)
    };
    for (read, write) in [(1, 3), (2, 2), (3, 1)] {
        assert_eq!(stale(&format!("quorum: (members: 3, read: {read}, write: {write})")), 0.0);
    }
    assert!(stale("quorum: (members: 3, read: 1, write: 1)") > 0.0);
    let synchronous = r#"mode: synchronous(lag: exponential("20ms"), order: independent)"#;
    assert_eq!(stale(&format!("replication: (replicas: 2, {synchronous}, reads: replica)")), 0.0);
}
