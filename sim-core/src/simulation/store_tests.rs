//! What stores make requests wait for, with constant times, worked out by hand.

use super::tests::{run, service};
use crate::component::Ending;

/// Answers as operation, ending and response time in milliseconds, in the order in which clients got them.
fn answers(steps: &str, stores: &str, times: &[(&str, &[u64])]) -> Vec<(Ending, f64)> {
    let rest = format!(
        r#"stores: {{{stores}}}, keys: {{"one": (count: 1), "many": (count: 1000000), "other": (count: 1)}},"#
    );
    run(&service(steps, "cores: 0", &rest), times).iter().map(|a| (a.1, a.2)).collect()
}

fn responses(steps: &str, stores: &str, times: &[u64]) -> Vec<f64> {
    answers(steps, stores, &[("t", times)]).iter().map(|answer| answer.1).collect()
}

/// Two operations: `c.first` at the times of `f`, `c.second` at those of `s`.
fn two(first: &str, second: &str, stores: &str, files: &[(&str, &[u64])]) -> Vec<(String, f64)> {
    // A recording begins with its first row.
    let later = files[1].1[0];
    let text = format!(
        r#"(
            keys: {{"one": (count: 1)}},
            components: {{"c": {{"first": [{first}], "second": [wait("{later}ms"), {second}]}}}},
            services: {{"s": (components: ["c"], cores: 0)}},
            stores: {{{stores}}},
            clients: {{
                "f": (arrivals: replay(file: "f", column: "t"), mix: "c.first"),
                "s": (arrivals: replay(file: "s", column: "t"), mix: "c.second"),
            }},
        )"#
    );
    let since = |operation: &str| if operation == "c.second" { later as f64 } else { 0.0 };
    let told = run(&text, files).into_iter();
    told.map(|(operation, _, time, _)| (operation.clone(), time - since(&operation))).collect()
}

const WRITE: &str = r#"write(store: "d", key: "one")"#;
const READ: &str = r#"read(store: "d", key: "one")"#;

#[test]
fn writes_of_one_key_take_turns_whatever_the_servers() {
    let locked = r#""d": database(servers: 0, write: "10ms", locks: writes)"#;
    assert_eq!(responses(WRITE, locked, &[0, 0, 25]), [10.0, 20.0, 10.0]);
    let held = r#""d": database(servers: 0, write: "10ms", locks: writes(hold: "5ms"))"#;
    assert_eq!(responses(WRITE, held, &[0, 0, 25]), [15.0, 30.0, 20.0]);
    let free = r#""d": database(servers: 0, write: "10ms")"#;
    assert_eq!(responses(WRITE, free, &[0, 0, 25]), [10.0, 10.0, 10.0]);
    let both = r#"parallel([write(store: "d", key: "one"), write(store: "d", key: "other")])"#;
    assert_eq!(responses(both, locked, &[0]), [10.0], "keys of two populations are two rows");
}

#[test]
fn reads_share_a_lock_and_overtake_no_write() {
    let store = |locks: &str| {
        format!(r#""d": database(servers: 0, read: "10ms", write: "10ms", locks: {locks})"#)
    };
    let files: &[(&str, &[u64])] = &[("f", &[0, 1, 3]), ("s", &[2])];
    // Two read together until 11; the write that came at 2 is done at 21, the read that came after it at 31.
    let expected = [("c.first", 10.0), ("c.first", 10.0), ("c.second", 19.0), ("c.first", 28.0)];
    let told = two(READ, WRITE, &store("all"), files);
    assert_eq!(told.iter().map(|a| (a.0.as_str(), a.1)).collect::<Vec<_>>(), expected);
    // A snapshot waits for nobody.
    let told = two(READ, WRITE, &store("writes"), files);
    assert!(told.iter().all(|answer| answer.1 == 10.0), "{told:?}");
}

#[test]
fn a_write_without_a_key_locks_everything() {
    let store = r#""d": database(servers: 0, write: "10ms", locks: writes)"#;
    let files: &[(&str, &[u64])] = &[("f", &[0, 12]), ("s", &[1])];
    // It waits for the row's lock until 10, and the next row's write for it until 20.
    let expected = [("c.first", 10.0), ("c.second", 19.0), ("c.first", 18.0)];
    let told = two(WRITE, r#"write("d")"#, store, files);
    assert_eq!(told.iter().map(|a| (a.0.as_str(), a.1)).collect::<Vec<_>>(), expected);
}

#[test]
fn who_is_refused_gives_its_lock_back() {
    let store =
        r#""d": database(servers: 1, queue: 0, read: "10ms", write: "10ms", locks: writes)"#;
    let steps = format!(r#"parallel([read("d"), {WRITE}])"#);
    // The read has the only server, so the write is refused; were its lock lost, nobody could write at 20.
    let told = answers(&steps, store, &[("t", &[0])]);
    assert_eq!(told[0].0, Ending::Refused);
    let files: &[(&str, &[u64])] = &[("f", &[0, 1]), ("s", &[20])];
    let told = two(WRITE, WRITE, store, files);
    let third = told.iter().find(|answer| answer.0 == "c.second").map(|answer| answer.1);
    assert_eq!(third, Some(10.0));
}

#[test]
fn a_session_keeps_its_connection_between_queries() {
    let store = |mode: &str| {
        format!(
            r#""d": database(servers: 0, read: "10ms", pooler: (connections: 1, mode: {mode}))"#
        )
    };
    let steps = r#"read("d"), wait("10ms"), read("d")"#;
    // By session: one after the other, 30 ms each. By transaction: the second reads while the first waits.
    assert_eq!(responses(steps, &store("session"), &[0, 0]), [30.0, 60.0]);
    assert_eq!(responses(steps, &store("transaction"), &[0, 0]), [30.0, 40.0]);
    // One connection is enough for a request, wherever in the service its queries are.
    let nested = r#"repeat(2, [read("d"), repeat(2, [read("d")])]), read("d")"#;
    assert_eq!(responses(nested, &store("session"), &[0, 0]), [70.0, 140.0]);
    let branches = r#"read("d"), parallel([read("d"), [wait("1ms"), read("d")]])"#;
    assert_eq!(responses(branches, &store("session"), &[0, 0]), [21.0, 42.0]);
    // Branches that find none take their own.
    let branches = r#"parallel([read("d"), [wait("1ms"), read("d"), wait("5ms")]])"#;
    assert_eq!(responses(branches, &store("session"), &[0]), [25.0]);
}

#[test]
fn a_poolers_line_has_an_end_and_its_hop_holds_the_connection() {
    let store = r#""d": database(servers: 0, read: "10ms", hop: "1ms",
        pooler: (connections: 1, hop: "2ms", queue: 1))"#;
    let told = answers(r#"read("d")"#, store, &[("t", &[0, 0, 0])]);
    // Held from 1 to 15, then from 15 to 29; the third is refused at 1.
    assert_eq!(told, [(Ending::Refused, 1.0), (Ending::Done, 16.0), (Ending::Done, 30.0)]);
}

#[test]
fn a_refresh_shows_what_was_written_before_it_began() {
    let store = |refresh: &str| {
        format!(
            r#""d": database(servers: 1, write: "0ms", views: {{
                "v": (read: "1ms", cost: "10ms", refresh: {refresh}),
            }})"#
        )
    };
    // The refresh that is due at 130 takes the only server until 140.
    let files: &[(&str, &[u64])] = &[("f", &[0]), ("s", &[50, 135])];
    let told = two(r#"write("d")"#, r#"read("d.v")"#, &store(r#"every("130ms")"#), files);
    assert_eq!(told.iter().map(|a| a.1).collect::<Vec<_>>(), [0.0, 1.0, 6.0]);
    // Two writes are two refreshes, one after the other, from 0 to 10 and, behind the first read, from 11 to 21.
    let files: &[(&str, &[u64])] = &[("f", &[0, 0]), ("s", &[5, 12, 25])];
    let told = two(r#"write("d")"#, r#"read("d.v")"#, &store("on_write"), files);
    let reads: Vec<f64> = told.iter().filter(|a| a.0 == "c.second").map(|a| a.1).collect();
    assert_eq!(reads, [6.0, 10.0, 1.0]);
}

#[test]
fn an_external_system_limits_fails_and_is_given_up() {
    let bank = |fields: &str| format!(r#""d": external(latency: "100ms", {fields})"#);
    let ask = r#"read("d")"#;
    let told = |fields: &str, times: &[u64]| answers(ask, &bank(fields), &[("t", times)]);
    let done = |ms: f64| (Ending::Done, ms);
    assert_eq!(told("", &[0, 0]), [done(100.0), done(100.0)]);
    let refused = (Ending::Refused, 0.0);
    assert_eq!(told("limit: concurrency(1)", &[0, 1, 100]), [refused, done(100.0), done(100.0)]);
    let bucket = r#"limit: token_bucket(rate: "10/s", burst: 2)"#;
    // At 150 the bucket has one token and a half.
    assert_eq!(told(bucket, &[0, 0, 0, 150, 151])[..2], [refused, done(100.0)]);
    assert_eq!(
        told(bucket, &[0, 0, 0, 150, 151]).iter().filter(|a| a.0 == Ending::Done).count(),
        3
    );
    let leaky = r#"limit: leaky_bucket(rate: "20/s", queue: 1)"#;
    assert_eq!(told(leaky, &[0, 0, 0]), [refused, done(100.0), done(150.0)]);
    assert_eq!(told(r#"failures: "100%""#, &[0]), [(Ending::Failed, 100.0)]);
    assert_eq!(told(r#"timeout: "40ms""#, &[0]), [(Ending::Failed, 40.0)]);
    // Who gives up or fails no longer counts.
    let limited = r#"timeout: "40ms", limit: concurrency(1)"#;
    assert_eq!(told(limited, &[0, 41]), [(Ending::Failed, 40.0), (Ending::Failed, 40.0)]);
}

#[test]
fn old_objects_take_their_time() {
    let store = |age: &str| {
        format!(
            r#""d": object_storage(get: "10ms", put: "20ms", ages: "{age}",
                tiers: {{"hot": (), "cold": (retrieval: "1s"), "ice": (retrieval: "3s")}},
                lifecycle: [(after: "1d", to: "cold"), (after: "9d", to: "ice")])"#
        )
    };
    let steps = r#"write("d"), read("d")"#;
    for (age, response) in [("23h", 30.0), ("1d", 1030.0), ("8d", 1030.0), ("10d", 3030.0)] {
        assert_eq!(responses(steps, &store(age), &[0]), [response]);
    }
}

#[test]
fn a_search_asks_every_shard_and_a_key_only_its_own() {
    let store = r#""d": search(shards: 4, query: "10ms", index: "5ms")"#;
    // The first two searches have all shards in turn.
    assert_eq!(responses(r#"read("d")"#, store, &[0, 0]), [10.0, 20.0]);
    assert_eq!(responses(READ, store, &[0, 0]), [10.0, 20.0]);
    let apart = r#"parallel([read(store: "d", key: another("many")), write("d")])"#;
    let told = responses(apart, store, &[0, 100, 200, 300, 400, 500, 600, 700]);
    assert!(told.contains(&10.0) && told.contains(&15.0), "some meet at a shard: {told:?}");
}
