//! Hit ratios that are known, and relations that hold on every trace.

use super::*;
use crate::random::{Permutation, Popularity, exponential};
use crate::stats::Estimate;

const ALL: [Replacement; 7] = [
    Replacement::Lru,
    Replacement::Lfu,
    Replacement::Fifo,
    Replacement::Random,
    Replacement::Clock,
    Replacement::Sieve,
    Replacement::S3Fifo,
];

const KEY: Key = Key::new(11, 0, 1);

fn entry(now: Time, expires: Time) -> Entry {
    Entry { fetched: now, expires, version: 0, bytes: 1 }
}

fn cache(capacity: Capacity, replacement: Replacement) -> Contents {
    Contents::new(capacity, replacement, Duration::ZERO, KEY)
}

/// Asks for the item of this rank, puts it in if it is not held, and says whether it was.
fn ask(cache: &mut Contents, rank: u64, request: u64) -> bool {
    let hit = matches!(cache.get(rank, Time::ZERO, None), Lookup::Hit(_));
    if !hit {
        cache.put(rank, entry(Time::ZERO, Time::MAX), Put { now: Time::ZERO, request, rank });
    }
    hit
}

/// The mean of batches is `expected`, by their 99.9 % interval, and is known well: the half-width of the 95 %
/// interval is at most 1 % of it.
fn check_mean(what: &str, expected: f64, batches: &[f64]) {
    let (wide, usual) = (Estimate::of(batches, 0.999), Estimate::of(batches, 0.95));
    assert!(wide.contains(expected), "{what}: {wide:?}, not {expected}");
    assert!(usual.relative_half_width() <= 0.01, "{what}: {usual:?}");
}

/// Hit ratios of 40 batches of 20,000 independent requests under Zipf(0.8) over 500 keys, the first 20,000
/// requests left out.
fn zipf_batches(replacement: Replacement) -> Vec<f64> {
    let law = Popularity::zipf(500, 0.8).unwrap();
    let mut cache = cache(Capacity::Entries(50), replacement);
    let size = 20_000;
    let mut batch = |first: u64| {
        let asked = first..first + size;
        let hits = asked.filter(|&request| {
            let rank = law.sample(&mut Draw::new(request, KEY.part(2)));
            ask(&mut cache, rank, request)
        });
        hits.count() as f64 / size as f64
    };
    batch(0);
    (1..=40).map(|number| batch(number * size)).collect()
}

/// King 1971 by a Poissonised integral for LRU; Gelenbe 1973 for FIFO and RANDOM, whose product form is one.
#[test]
fn hit_ratios_under_zipf_are_those_of_theory() {
    check_mean("LRU", 0.350_963_332, &zipf_batches(Replacement::Lru));
    check_mean("FIFO", 0.308_876_482, &zipf_batches(Replacement::Fifo));
    check_mean("RANDOM", 0.308_876_482, &zipf_batches(Replacement::Random));
    check_mean("ideal LFU", 0.505_476_541, &zipf_batches(Replacement::Pinned { ranks: 50 }));
}

/// For independent requests frequency is all there is to know: what looks for it beats FIFO, and nothing beats
/// perfect knowledge of it.
#[test]
fn policies_that_notice_use_lie_between_fifo_and_perfect_knowledge() {
    for replacement in
        [Replacement::Clock, Replacement::Lfu, Replacement::Sieve, Replacement::S3Fifo]
    {
        let batches = zipf_batches(replacement);
        let mean = batches.iter().sum::<f64>() / batches.len() as f64;
        assert!((0.32..0.505).contains(&mean), "{replacement:?}: {mean}");
    }
}

#[test]
fn without_room_nothing_hits() {
    for replacement in ALL.into_iter().chain([Replacement::Pinned { ranks: 9 }]) {
        for capacity in [Capacity::Entries(0), Capacity::Bytes(0)] {
            let mut cache = cache(capacity, replacement);
            assert!((0..100).all(|request| !ask(&mut cache, request % 3, request)));
            assert_eq!((cache.len(), cache.bytes()), (0, 0));
        }
    }
}

#[test]
fn with_room_for_all_only_the_first_request_for_a_key_misses() {
    let law = Popularity::zipf(300, 0.8).unwrap();
    for replacement in ALL.into_iter().chain([Replacement::Pinned { ranks: 300 }]) {
        for capacity in [Capacity::Entries(300), Capacity::Bytes(300), Capacity::Unbounded] {
            let mut cache = cache(capacity, replacement);
            let mut seen = [false; 300];
            for request in 0..3_000 {
                let rank = law.sample(&mut Draw::new(request, KEY));
                let hit = ask(&mut cache, rank, request);
                assert_eq!(hit, seen[rank as usize], "{replacement:?} {capacity:?}");
                seen[rank as usize] = true;
            }
        }
    }
}

/// R. Mattson et al., "Evaluation techniques for storage hierarchies" (1970): what a small LRU cache holds, a
/// larger one holds too.
#[test]
fn a_hit_in_an_lru_cache_is_a_hit_in_every_larger_one() {
    let law = Popularity::zipf(200, 0.7).unwrap();
    let mut caches: Vec<Contents> =
        (0..60).map(|n| cache(Capacity::Entries(4 * n), Replacement::Lru)).collect();
    for request in 0..8_000 {
        // Every thousand requests other keys are popular.
        let of_the_hour = Permutation::new(200, request / 1_000);
        let item = of_the_hour.apply(law.sample(&mut Draw::new(request, KEY)));
        let hits: Vec<bool> = caches.iter_mut().map(|cache| ask(cache, item, request)).collect();
        assert!(hits.is_sorted(), "request {request} for {item}: {hits:?}");
    }
}

/// L. Belady, R. Nelson, G. Shedler, "An anomaly in space-time characteristics of certain programs running in a
/// paging machine" (1969): nine faults with three frames, ten with four.
#[test]
fn fifo_has_beladys_anomaly() {
    let faults = |frames: u32| {
        let mut cache = cache(Capacity::Entries(frames), Replacement::Fifo);
        let trace = [1, 2, 3, 4, 1, 2, 5, 1, 2, 3, 4, 5];
        trace.into_iter().filter(|&page| !ask(&mut cache, page, 0)).count()
    };
    assert_eq!((faults(3), faults(4)), (9, 10));
}

/// Poisson requests at `rate` per second for the keys of `law`, entries that live for `life` seconds: hit ratios
/// and mean numbers of fresh entries of 30 batches of 20,000 requests, three left out.
fn ttl_batches(law: &Popularity, rate: f64, life: f64, sliding: bool) -> (Vec<f64>, Vec<f64>) {
    let life = Duration::from_secs(life);
    let mut cache = cache(Capacity::Unbounded, Replacement::Lru);
    let (mut now, mut request) = (Time::ZERO, 0);
    let pause = law.count().div_ceil(5);
    let mut batch = || {
        let (mut hits, mut fresh) = (0.0, 0.0);
        for step in 0..20_000 {
            let mut draw = Draw::new(request, KEY.part(3));
            request += 1;
            now = now + Duration::from_secs(exponential(&mut draw) / rate);
            let rank = law.sample(&mut draw);
            // Arrivals of a Poisson process see the mean over time.
            if step % pause == 0 {
                fresh += cache.live(now) as f64 * pause as f64 / 20_000.0;
            }
            match cache.get(rank, now, sliding.then_some(life)) {
                Lookup::Hit(_) => hits += 1.0 / 20_000.0,
                Lookup::Expired(_) | Lookup::Miss => {
                    cache.put(rank, entry(now, now + life), Put { now, request, rank });
                }
            }
        }
        (hits, fresh)
    };
    (0..33).map(|_| batch()).skip(3).unzip()
}

/// A renewal argument: of the requests of a key with rate λ a part λT / (1 + λT) hits, and 1 - exp(-λT) if hits
/// renew the entry. By PASTA the same part of time finds the key fresh. (J. Jung, A. Berger, H. Balakrishnan,
/// "Modeling TTL-based Internet caches", INFOCOM 2003.)
fn check_ttl(keys: u64, rate: f64, life: f64) {
    let law = Popularity::zipf(keys, 0.9).unwrap();
    let fixed = |load: f64| load / (1.0 + load);
    let renewed = |load: f64| 1.0 - libm::exp(-load);
    let formulas: [(bool, &dyn Fn(f64) -> f64); 2] = [(false, &fixed), (true, &renewed)];
    for (sliding, hit) in formulas {
        let sum = |weigh: fn(f64) -> f64| -> f64 {
            let parts = (0..keys).map(|rank| law.probability(rank));
            parts.map(|p| weigh(p) * hit(p * rate * life)).sum()
        };
        let (hits, fresh) = ttl_batches(&law, rate, life, sliding);
        let what = format!("{keys} keys, sliding: {sliding}");
        check_mean(&format!("hits of {what}"), sum(|p| p), &hits);
        check_mean(&format!("fresh entries of {what}"), sum(|_| 1.0), &fresh);
    }
}

#[test]
fn hit_ratios_of_entries_that_expire_are_those_of_theory() {
    check_ttl(1, 3.0, 2.0);
    check_ttl(1_000, 500.0, 20.0);
}

/// The look-ups of ever new keys never find the old ones, and yet they do not pile up.
#[test]
fn expired_entries_are_swept_from_an_unbounded_cache() {
    let mut cache = cache(Capacity::Unbounded, Replacement::Fifo);
    for number in 0..20_000 {
        let now = Time(number);
        let put = Put { now, request: number, rank: number };
        cache.put(number, entry(now, now + Duration(100)), put);
        assert!(cache.len() <= 300, "{} entries where 100 are fresh", cache.len());
    }
    assert_eq!(cache.live(Time(19_999)), 100);
}

#[test]
fn an_entry_is_fresh_until_the_instant_it_expires() {
    let mut cache = cache(Capacity::Unbounded, Replacement::Lru);
    let held = entry(Time(5), Time(10));
    cache.put(1, held, Put { now: Time(5), ..Put::default() });
    assert_eq!(cache.get(1, Time(9), None), Lookup::Hit(held));
    assert_eq!(cache.get(1, Time(10), None), Lookup::Expired(held));
    let forever = entry(Time(5), Time::MAX);
    cache.put(2, forever, Put { now: Time(5), ..Put::default() });
    assert_eq!(cache.get(2, Time::MAX, None), Lookup::Hit(forever));
    let renewed = Entry { expires: Time(19), ..held };
    assert_eq!(cache.get(1, Time(9), Some(Duration(10))), Lookup::Hit(renewed));
}

/// A cache that still served the old value of what grew too large would serve it for ever.
#[test]
fn what_is_too_large_is_not_held_and_neither_is_its_old_value() {
    for replacement in ALL {
        let mut cache = cache(Capacity::Bytes(10), replacement);
        let sized = |bytes: u32| Entry { bytes, ..entry(Time::ZERO, Time::MAX) };
        assert_eq!(cache.put(1, sized(4), Put::default()), 0);
        assert_eq!(cache.put(2, sized(6), Put::default()), 0);
        assert_eq!(cache.put(1, sized(11), Put::default()), 0);
        assert_eq!((cache.peek(1), cache.bytes(), cache.len()), (None, 6, 1));
        assert_eq!(cache.put(3, sized(10), Put::default()), 1);
        assert_eq!((cache.peek(2), cache.bytes(), cache.len()), (None, 10, 1));
    }
}

/// LRU holds what was used last, so that a smaller cache holds a part of what a larger one does (Mattson et al. 1970): made
/// smaller it goes on as one that has always been so.
#[test]
fn a_shrunken_lru_cache_is_one_that_was_always_small() {
    let law = Popularity::zipf(500, 0.8).unwrap();
    let rank = |request: u64| law.sample(&mut Draw::new(request, KEY.part(2)));
    let mut shrunken = cache(Capacity::Entries(200), Replacement::Lru);
    let mut small = cache(Capacity::Entries(30), Replacement::Lru);
    for request in 0..5_000 {
        ask(&mut shrunken, rank(request), request);
        ask(&mut small, rank(request), request);
    }
    let room = (Capacity::Entries(30), Replacement::Lru);
    assert_eq!(shrunken.resize(room, Duration::ZERO, 0, |item| item), 170);
    for request in 5_000..10_000 {
        let hit = ask(&mut shrunken, rank(request), request);
        assert_eq!(hit, ask(&mut small, rank(request), request));
    }
    let room = (Capacity::Entries(200), Replacement::Lru);
    assert_eq!(shrunken.resize(room, Duration::ZERO, 0, |item| item), 0);
    assert_eq!(shrunken.len(), 30);
}
