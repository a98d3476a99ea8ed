//! Expected hit ratios against published ones, and the load behind caches.

use super::Hits;
use crate::model::{AccessId, Files, Load, Model};
use crate::spec::Spec;

fn model(cache: &str, keys: &str) -> Model {
    let text = format!(
        r#"(
        keys: {{"k": ({keys})}},
        components: {{"app": {{"get": [read(store: "db", key: "k")]}}}},
        services: {{"app": (components: ["app"], cores: 0)}},
        stores: {{"db": database(servers: 1, read: "1ms")}},
        caches: {{"c": (of: "db", {cache})}},
        clients: {{"u": (rate: "500/s", mix: "app.get")}},
        )"#
    );
    let spec = Spec::parse("caches.ron", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let checked = Model::check(&spec, &Files::default());
    checked.unwrap_or_else(|errors| panic!("{errors}")).model
}

fn hit_ratio(cache: &str, keys: &str) -> f64 {
    let model = model(cache, keys);
    Hits::of(&model, &[500.0]).at(AccessId(0)).hit
}

fn assert_close(found: f64, expected: f64, within: f64) {
    assert!((found / expected - 1.0).abs() < within, "{found}, not {expected}");
}

/// Che's approximation itself, solved by others for the same system; exact for perfect knowledge.
#[test]
fn hit_ratios_of_policies_are_those_of_the_literature() {
    let keys = "count: 500, popularity: zipf(0.8)";
    let of = |policy: &str| hit_ratio(&format!("at: process, entries: 50, policy: {policy}"), keys);
    assert_close(of("lru"), 0.350_956_344_8, 1e-3);
    assert_close(of("fifo"), 0.308_036_658_4, 1e-3);
    assert_close(of("random"), 0.308_036_658_4, 1e-3);
    assert_close(of("pinned"), 0.505_476_541_4, 1e-6);
}

/// Times to live have closed forms.
#[test]
fn hit_ratios_under_times_to_live_are_exact() {
    let keys = "count: 1000, popularity: zipf(0.9)";
    let of =
        |rest: &str| hit_ratio(&format!("at: process, entries: 1000, ttl: \"20s\"{rest}"), keys);
    assert_close(of(""), 0.920_636_363_3, 1e-4);
    assert_close(of(", sliding: true"), 0.988_467_482_7, 1e-4);
}

#[test]
fn without_room_nothing_hits_and_with_room_for_all_everything() {
    let keys = "count: 1000, popularity: zipf(0.9)";
    assert_eq!(hit_ratio("at: process, entries: 0", keys), 0.0);
    assert_close(hit_ratio("at: process, entries: 1000", keys), 1.0, 1e-9);
}

/// What comes to the store is what misses, and a layer behind a larger one of its kind finds next to nothing.
#[test]
fn the_load_behind_a_cache_is_what_misses() {
    let keys = "count: 500, popularity: zipf(0.8)";
    let behind = |cache: &str| {
        let model = model(cache, keys);
        let at = model.stations.iter().position(|group| group.name == "db").expect("the store");
        Load::of(&model).stations[at].erlangs
    };
    assert_close(behind("at: process, entries: 0"), 0.5, 1e-9);
    assert_close(behind("at: process, entries: 50"), 0.5 * (1.0 - 0.350_956_344_8), 1e-3);
    let two = r#"at: process, entries: 50), "d": (of: "db", at: database, entries: 10"#;
    let (one, two) = (behind("at: process, entries: 50"), behind(two));
    assert!(two < one && two > 0.95 * one, "{two} behind two layers, {one} behind one");
}
