//! Caches with constant times.

use super::{responses, run};
use crate::component::Ending;
use crate::time::Duration;

/// One service with a cache like this in front of a store that takes 10 ms, asked at these times.
fn cached(cache: &str) -> String {
    format!(
        r#"(
            components: {{"c": {{"o": [read("s")]}}}},
            services: {{"s": (components: ["c"], cores: 0)}},
            stores: {{"s": database(servers: 0, read: "10ms", hop: "3ms")}},
            caches: {{"cache": (of: "s", entries: 5, {cache})}},
            clients: {{"u": (arrivals: replay(file: "t", column: "t"), mix: "c.o")}},
        )"#
    )
}

#[test]
fn a_late_fetch_does_not_renew_a_time_to_live() {
    // Both miss; the first fills at 16, and what it has put in expires at 116.
    let answers =
        responses(&cached(r#"at: process, ttl: "100ms""#), &[("t", &[0, 5, 50, 115, 117])]);
    assert_eq!(answers, [16.0, 16.0, 0.0, 0.0, 16.0]);
}

#[test]
fn hits_renew_a_sliding_time_to_live() {
    let text = cached(r#"at: process, ttl: "100ms", sliding: true"#);
    assert_eq!(responses(&text, &[("t", &[0, 100, 190, 289, 390])]), [16.0, 0.0, 0.0, 0.0, 16.0]);
}

#[test]
fn who_comes_during_a_fetch_waits_for_it() {
    let text = cached("at: process, coalesce: true");
    let answers = run(&text, &[("t", &[0, 4, 9, 20])]);
    let mut times: Vec<_> = answers.iter().map(|answer| answer.2).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times, [0.0, 7.0, 12.0, 16.0]);
    for (_, _, response, spent) in answers.iter().filter(|answer| answer.2 < 16.0) {
        assert_eq!(spent.waiting, Duration((response * 1e6) as u64), "it only waits");
    }
}

#[test]
fn an_old_answer_is_given_while_one_fetch_renews_it() {
    // Filled at 16, expired at 116; the refresh that the third starts ends at 146, and expires at 246.
    let text = cached(r#"at: process, ttl: "100ms", stale_while_revalidate: "50ms""#);
    let answers = responses(&text, &[("t", &[0, 115, 130, 140, 150, 240, 297])]);
    assert_eq!(answers, [16.0, 0.0, 0.0, 0.0, 0.0, 0.0, 16.0]);
}

#[test]
fn a_look_up_in_a_shared_cache_takes_its_time() {
    let shared = r#"at: shared(servers: 1, lookup: "1ms", fill: "0s", hop: "2ms")"#;
    let files: &[(&str, &[u64])] = &[("t", &[0, 100, 100])];
    // Hop, look-up, hop; after a miss the store's two hops and its query. The second of two waits for the first.
    assert_eq!(responses(&cached(shared), files), [21.0, 5.0, 6.0]);
    assert_eq!(responses(&cached(&format!("{shared}, reads: through")), files), [21.0, 5.0, 6.0]);
}

#[test]
fn a_cache_inside_the_store_saves_the_query_and_not_the_way() {
    assert_eq!(responses(&cached("at: database"), &[("t", &[0, 50])]), [16.0, 6.0]);
}

#[test]
fn a_version_that_is_checked_costs_the_way_to_the_store() {
    let text = cached(r#"at: process, invalidation: version(check: "1ms")"#);
    assert_eq!(responses(&text, &[("t", &[0, 50])]), [16.0, 7.0]);
}

/// Reads and writes of one key at these times; a write takes 5 ms.
fn written(cache: &str) -> String {
    format!(
        r#"(
            keys: {{"k": (count: 1)}},
            components: {{"c": {{
                "get": [read(store: "s", key: "k")],
                "set": [write(store: "s", key: "k")],
            }}}},
            services: {{"s": (components: ["c"], cores: 0)}},
            stores: {{"s": database(servers: 0, read: "10ms", write: "5ms")}},
            caches: {{"cache": (of: "s", entries: 5, {cache})}},
            clients: {{
                "r": (arrivals: replay(file: "r", column: "t"), mix: "c.get"),
                "w": (arrivals: replay(file: "w", column: "t"), mix: "c.set"),
            }},
        )"#
    )
}

#[test]
fn a_write_does_what_the_pattern_says() {
    let files: &[(&str, &[u64])] = &[("r", &[0, 20, 40, 60]), ("w", &[0, 30])];
    let times = |cache: &str| responses(&written(cache), files);
    assert_eq!(times("at: process"), [5.0, 10.0, 0.0, 5.0, 10.0, 0.0], "removed");
    assert_eq!(times("at: process, writes: through"), [5.0, 10.0, 0.0, 5.0, 0.0, 0.0], "put in");
    assert_eq!(times("at: process, writes: around"), [5.0, 10.0, 0.0, 5.0, 0.0, 0.0], "left alone");
    assert_eq!(
        times(r#"at: process, writes: behind(delay: "7ms")"#),
        [0.0, 10.0, 0.0, 0.0, 0.0, 0.0],
        "answered before the store has it"
    );
    assert_eq!(
        times("at: database"),
        [5.0, 10.0, 0.0, 5.0, 10.0, 0.0],
        "removed where it is written"
    );
}

/// A page of an operation at an edge, 1 ms from its readers, 4 ms from the servers.
#[test]
fn an_edge_answers_for_an_operation_until_it_hears_of_a_change() {
    let text = r#"(
        keys: {"k": (count: 1)},
        components: {"c": {
            "get": [read(store: "s", key: "k")],
            "set": [write(store: "s", key: "k")],
        }},
        services: {"s": (components: ["c"], cores: 0)},
        stores: {"s": database(servers: 0, read: "10ms", write: "5ms")},
        caches: {"cdn": (of: "c.get", key: "k", at: edge(hop: "1ms"), entries: 5,
            invalidation: event(delay: "20ms"))},
        clients: {
            "r": (arrivals: replay(file: "r", column: "t"), mix: "c.get", hop: "4ms"),
            "w": (arrivals: replay(file: "w", column: "t"), mix: "c.set"),
        },
    )"#;
    // Writes are done at 5 and 95, and the edge hears of them at 25 and 115.
    let answers = responses(text, &[("r", &[0, 50, 80, 113, 120]), ("w", &[0, 90])]);
    assert_eq!(answers, [5.0, 20.0, 20.0, 2.0, 5.0, 2.0, 20.0]);
}

/// The store takes one query and lets none wait: while another is in it, a fetch fails, and with it who waits.
#[test]
fn a_fetch_that_fails_fails_for_those_who_wait_for_it() {
    let text = r#"(
        keys: {"k": (count: 1)},
        components: {"c": {
            "get": [wait("1ms"), call("c.fetch")],
            "fetch": [wait("5ms"), read("s")],
            "block": [read("s.long")],
        }},
        services: {"s": (components: ["c"], cores: 0)},
        stores: {"s": database(servers: 1, read: "1ms", queries: {"long": "50ms"}, queue: 0)},
        caches: {"page": (of: "c.fetch", key: "k", at: process, entries: 5, coalesce: true)},
        clients: {
            "b": (arrivals: replay(file: "b", column: "t"), mix: "c.block"),
            "r": (arrivals: replay(file: "r", column: "t"), mix: "c.get"),
        },
    )"#;
    let answers = run(text, &[("b", &[0]), ("r", &[0, 3, 50])]);
    let got: Vec<_> = answers.iter().map(|answer| (answer.1, answer.2)).collect();
    let expected =
        [(Ending::Refused, 6.0), (Ending::Refused, 3.0), (Ending::Done, 50.0), (Ending::Done, 7.0)];
    assert_eq!(got, expected);
}

#[test]
fn a_warm_cache_hits_at_once() {
    assert_eq!(responses(&cached("at: process, warm: true"), &[("t", &[0])]), [0.0]);
}
