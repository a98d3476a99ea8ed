//! What does a look-up in a cache cost? `cargo bench -p sim-core --bench cache`
//!
//! Requests under Zipf(0.8) for 1 M keys, most of which miss a cache of 100,000 entries: a `get`, and a `put` after
//! every miss, in nanoseconds a request, beside the bare `lru` crate doing the same; and what the keys themselves
//! cost, which is in neither. The figures are medians of rounds that take turns. Argument: number of requests.

use lru::LruCache;
use sim_core::component::cache::{Capacity, Contents, Entry, Lookup, Put, Replacement};
use sim_core::random::{Draw, Key, Permutation, Popularity};
use sim_core::time::{Duration, Time};
use std::hint::black_box;
use std::num::NonZeroUsize;
use std::time::Instant;

const KEYS: u64 = 1_000_000;
const ENTRIES: u32 = 100_000;
const ROUNDS: usize = 7;
const KEY: Key = Key::new(1, 0, 0);

const POLICIES: [(&str, Replacement); 8] = [
    ("LRU", Replacement::Lru),
    ("LFU", Replacement::Lfu),
    ("FIFO", Replacement::Fifo),
    ("random", Replacement::Random),
    ("CLOCK", Replacement::Clock),
    ("SIEVE", Replacement::Sieve),
    ("S3-FIFO", Replacement::S3Fifo),
    ("pinned", Replacement::Pinned { ranks: ENTRIES as u64 }),
];

fn entry() -> Entry {
    Entry { fetched: Time::ZERO, expires: Time::MAX, version: 0, bytes: 1 }
}

/// Nanoseconds for each number of `work`, and the sum that it makes of them.
fn timed(numbers: &[u64], mut work: impl FnMut(u64) -> u64) -> (f64, u64) {
    let start = Instant::now();
    let sum = numbers.iter().map(|&number| work(number)).fold(0, u64::wrapping_add);
    (start.elapsed().as_nanos() as f64 / numbers.len() as f64, black_box(sum))
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// Asks for every rank; the misses are counted.
fn lru_crate(cache: &mut LruCache<u64, Entry>, ranks: &[u64]) -> (f64, u64) {
    timed(ranks, |rank| {
        if cache.get(&rank).is_some() {
            return 0;
        }
        cache.put(rank, entry());
        1
    })
}

fn contents(cache: &mut Contents, ranks: &[u64]) -> (f64, u64) {
    let mut request = 0;
    timed(ranks, |rank| {
        request += 1;
        if let Lookup::Hit(_) = cache.get(rank, Time::ZERO, None) {
            return 0;
        }
        cache.put(rank, entry(), Put { now: Time::ZERO, request, rank });
        1
    })
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let requests: u64 = asked.unwrap_or(2_000_000);
    let law = Popularity::zipf(KEYS, 0.8).expect("a law");
    let spread = Permutation::new(KEYS, 1);
    let numbers: Vec<u64> = (0..requests).collect();
    let draw = |request: u64| law.sample(&mut Draw::new(request, KEY));
    let drawing = median((0..ROUNDS).map(|_| timed(&numbers, draw).0).collect());
    let spreading = |request: u64| spread.apply(request % KEYS);
    let spreading = median((0..ROUNDS).map(|_| timed(&numbers, spreading).0).collect());
    println!("a rank drawn from Zipf(0.8) of {KEYS} {drawing:>12.1} ns");
    println!("its key, by a permutation {spreading:>22.1} ns\n");

    let ranks: Vec<u64> = numbers.into_iter().map(draw).collect();
    let mut bare = LruCache::new(NonZeroUsize::new(ENTRIES as usize).expect("not zero"));
    let mut caches = POLICIES.map(|(_, replacement)| {
        Contents::new(Capacity::Entries(ENTRIES), replacement, Duration::ZERO, KEY)
    });
    lru_crate(&mut bare, &ranks);
    for cache in &mut caches {
        contents(cache, &ranks);
    }
    let mut figures = [const { Vec::new() }; POLICIES.len() + 1];
    let mut misses = [0; POLICIES.len() + 1];
    for _ in 0..ROUNDS {
        let rest = caches.iter_mut().map(|cache| contents(cache, &ranks));
        // The first before the others: an iterator would run it last.
        let first = lru_crate(&mut bare, &ranks);
        for (place, (nanos, missed)) in std::iter::once(first).chain(rest).enumerate() {
            figures[place].push(nanos);
            misses[place] = missed;
        }
    }
    let [bare, ours @ ..] = figures.map(median);
    let hits = |missed: u64| 100.0 * (1.0 - missed as f64 / requests as f64);
    println!("{:<12}{:>12}{:>12}{:>10}", "cache lookup", "ns", "hits %", "ratio");
    println!("{:<12}{bare:>12.1}{:>12.2}{:>10.2}", "lru crate", hits(misses[0]), 1.0);
    for (((name, _), nanos), missed) in POLICIES.iter().zip(ours).zip(&misses[1..]) {
        println!("{name:<12}{nanos:>12.1}{:>12.2}{:>10.2}", hits(*missed), nanos / bare);
    }
}
