//! Which share of look-ups will hit, without simulating.
//!
//! For requests that are independent of each other, with every item asked for by a Poisson process, Che's
//! approximation: an LRU cache holds what was asked for within the last T seconds, FIFO and RANDOM what was fetched
//! within them, and T is such that as much is held as fits (H. Che, Y. Tung, Z. Wang, "Hierarchical Web Caching
//! Systems", IEEE JSAC 20, 2002; C. Fricker, P. Robert, J. Roberts, "A versatile and accurate approximation for LRU
//! cache performance", ITC 24, 2012: mostly within 1 %). Times to live by renewal (J. Jung, A. Berger, H.
//! Balakrishnan, "Modeling TTL-based Internet caches", INFOCOM 2003). CLOCK, SIEVE and S3-FIFO are taken for LRU, LFU
//! for perfect knowledge. Layers further down get what the one above them misses, as if that were independent too.
//! Left out are the time that fetches take and the items that writes take out.

use super::{AccessId, Cache, CacheLayer, CacheSize};
use crate::math;
use crate::model::Model;
use crate::spec::CachePolicy;
use crate::time::Duration;
use std::collections::BTreeMap;

/// Keys of which popularity is taken one by one; as many groups stand for the others.
const GROUPS: usize = 128;
/// Halvings of the interval, in powers of two, in which T is looked for.
const HALVINGS: u32 = 60;

/// What is expected of a place that looks into a cache.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(in crate::model) struct Expected {
    /// Share of the look-ups that are answered at once.
    pub(in crate::model) hit: f64,
    /// Share of the look-ups that start a fetch in the background.
    pub(in crate::model) refreshed: f64,
}

/// What is expected of every place that looks into a cache.
pub(in crate::model) struct Hits(Vec<Expected>);

/// Items of one kind that are asked for alike.
#[derive(Clone, Copy)]
struct Alike {
    /// How many there are.
    count: f64,
    /// How often each is asked for in one place, per second.
    rate: f64,
    /// What each takes of the room.
    weight: f64,
}

impl Hits {
    /// If nothing ever hit.
    pub(in crate::model) fn none(model: &Model) -> Hits {
        Hits(vec![Expected::default(); model.accesses.len()])
    }

    /// If each access looked up so often per second.
    pub(in crate::model) fn of(model: &Model, rates: &[f64]) -> Hits {
        let mut hits = Hits::none(model);
        // By access, for each group of its keys: the share of look-ups that find something fresh.
        let mut fresh: Vec<Vec<f64>> = vec![Vec::new(); model.accesses.len()];
        let mut order: Vec<usize> = (0..model.caches.len()).collect();
        order.sort_by_key(|&cache| model.caches[cache].layer);
        for at in order {
            let mut parts: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
            for (index, access) in model.accesses.iter().enumerate() {
                if access.cache as usize == at {
                    parts.entry(access.first).or_default().push(index);
                }
            }
            for (first, accesses) in parts {
                let places = places(model, &model.caches[at], first);
                expect(model, at, places, &accesses, rates, &mut fresh, &mut hits.0);
            }
        }
        hits
    }

    pub(in crate::model) fn at(&self, access: AccessId) -> Expected {
        self.0[access.0 as usize]
    }
}

/// In how many places the look-ups of a part of a cache are spread.
fn places(model: &Model, cache: &Cache, first: u32) -> f64 {
    match cache.layer {
        CacheLayer::Client(of) => model.keys[of.0 as usize].popularity.count() as f64,
        CacheLayer::Process => {
            let service = cache.services.iter().find(|(_, place)| *place == first);
            service.map_or(1.0, |(id, _)| f64::from(model.services[id.0 as usize].replicas))
        }
        CacheLayer::Edge | CacheLayer::Shared | CacheLayer::Database => 1.0,
    }
}

/// Works out what some accesses of a cache can expect that share its places.
fn expect(
    model: &Model,
    at: usize,
    places: f64,
    accesses: &[usize],
    rates: &[f64],
    fresh: &mut [Vec<f64>],
    hits: &mut [Expected],
) {
    let cache = &model.caches[at];
    // For each kind of items its groups: shares of the keys and of each access.
    let mut kinds: BTreeMap<u32, Vec<Alike>> = BTreeMap::new();
    let mut shares: Vec<Vec<f64>> = Vec::with_capacity(accesses.len());
    for &index in accesses {
        let access = &model.accesses[index];
        let items = &cache.items[access.items as usize];
        let mut groups: Vec<(f64, f64)> = match items.keys {
            None => vec![(1.0, 1.0)],
            Some(keys) => {
                let groups = model.keys[keys.0 as usize].popularity.groups(GROUPS);
                groups.iter().map(|g| (g.count as f64, g.probability * g.count as f64)).collect()
            }
        };
        if let Some(above) = access.above {
            let above = &fresh[above.0 as usize];
            groups.iter_mut().zip(above).for_each(|(group, hit)| group.1 *= 1.0 - hit);
            let total: f64 = groups.iter().map(|group| group.1).sum();
            groups.iter_mut().for_each(|group| group.1 /= total.max(f64::MIN_POSITIVE));
        }
        let weight = match cache.size {
            CacheSize::Entries(_) => 1.0,
            CacheSize::Bytes(_) => items.mean_size(model).max(1.0),
        };
        let alike = kinds.entry(access.items).or_insert_with(|| {
            groups.iter().map(|&(count, _)| Alike { count, rate: 0.0, weight }).collect()
        });
        for (alike, &(count, share)) in alike.iter_mut().zip(&groups) {
            alike.rate += rates[index] * share / count / places;
        }
        shares.push(groups.into_iter().map(|group| group.1).collect());
    }
    let all: Vec<Alike> = kinds.values().flatten().copied().collect();
    let held = held(cache, &all);
    let mut held = held.into_iter();
    let by_kind: BTreeMap<u32, Vec<(f64, Alike)>> =
        kinds.into_iter().map(|(kind, alike)| (kind, held.by_ref().zip(alike).collect())).collect();
    for (&index, shares) in accesses.iter().zip(&shares) {
        let groups = &by_kind[&model.accesses[index].items];
        let window = cache.stale.as_secs();
        let mut expected = Expected::default();
        for ((hit, alike), share) in groups.iter().zip(shares) {
            let refreshed = (1.0 - hit) * -math::exp_m1(-alike.rate * window);
            expected.hit += share * (hit + refreshed);
            expected.refreshed += share * refreshed;
        }
        hits[index] = expected;
        fresh[index] = groups.iter().map(|(hit, _)| *hit).collect();
    }
}

/// For each group the share of its items that are there and fresh, which is that of the look-ups that find them so.
fn held(cache: &Cache, groups: &[Alike]) -> Vec<f64> {
    let room = match cache.size {
        CacheSize::Entries(entries) => f64::from(entries),
        CacheSize::Bytes(bytes) => bytes as f64,
    };
    if room <= 0.0 {
        return vec![0.0; groups.len()];
    }
    let live = |limit: f64| groups.iter().map(|g| share_held(cache, g.rate, limit)).collect();
    if matches!(cache.policy, CachePolicy::Pinned | CachePolicy::Lfu) {
        return most_popular(groups, room, live(f64::INFINITY));
    }
    let used = |limit: f64| -> f64 {
        groups.iter().map(|g| g.count * g.weight * share_held(cache, g.rate, limit)).sum()
    };
    if used(f64::INFINITY) <= room {
        return live(f64::INFINITY);
    }
    let (mut low, mut high) = (-64.0, 64.0);
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if used(math::pow(2.0, middle)) > room { high = middle } else { low = middle }
    }
    live(math::pow(2.0, low))
}

/// The share of time in which an item is there and fresh that is asked for `rate` times a second, where what is not
/// used (or, under FIFO and RANDOM, not fetched) for `limit` seconds is gone. Of each spell the first request misses,
/// and a mean number of hits follows.
fn share_held(cache: &Cache, rate: f64, limit: f64) -> f64 {
    let ttl = cache.ttl.map_or(f64::INFINITY, Duration::as_secs);
    let renewed = |time: f64| math::exp_m1(rate * time);
    let kept = match cache.policy {
        CachePolicy::Fifo | CachePolicy::Random => rate * limit,
        _ => renewed(limit),
    };
    let lives = if cache.sliding { renewed(ttl) } else { rate * ttl };
    if rate <= 0.0 {
        return 0.0;
    }
    let hits = kept.min(lives);
    if hits.is_finite() { hits / (1.0 + hits) } else { 1.0 }
}

/// What is there if the most popular that fit are, each as long as it lives.
fn most_popular(groups: &[Alike], room: f64, live: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|&a, &b| groups[b].rate.total_cmp(&groups[a].rate));
    let (mut left, mut held) = (room, vec![0.0; groups.len()]);
    for at in order {
        let needed = groups[at].count * groups[at].weight;
        let share = (left / needed).clamp(0.0, 1.0);
        held[at] = share * live[at];
        left -= needed;
    }
    held
}
