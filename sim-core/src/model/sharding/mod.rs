//! Sharding: which shard of a store a key lives on.
//!
//! A hot shard is no parameter: it follows from the scheme and the popularity of the keys.

mod directory;
mod ring;
#[cfg(test)]
mod tests;

use super::shares;
use crate::random::mix;
use directory::Directory;
use ring::Ring;

pub use directory::DirectoryEntry;
pub use ring::RING_POINTS_MAX;

/// How keys are spread over shards.
#[derive(Clone, PartialEq, Debug)]
pub enum Scheme {
    /// The key modulo the number of shards: the key of rank `r` (from 1) lives on shard `(r - 1) mod shards`.
    Modulo,
    /// A hash of the key modulo the number of shards. Spreads any keys evenly; with one more shard, all but one in
    /// `shards + 1` of them move.
    Hash,
    /// Contiguous ranges of keys, in order.
    Range {
        /// The key at which each shard's range ends, itself excluded, in ascending order; the last shard takes what
        /// is beyond. Empty: ranges as equal as can be.
        until: Vec<u64>,
    },
    /// A ring of hashes: a key lives on the shard of the next point clockwise. With one more shard, one key in
    /// `shards + 1` moves.
    ///
    /// D. Karger et al., "Consistent Hashing and Random Trees", STOC 1997.
    Consistent {
        /// Points on the ring for each shard: `n` shards with `v` points each have shares with a coefficient of
        /// variation of `√((n - 1) / (n v + 1))`. Together at most [`RING_POINTS_MAX`], at least one for each shard.
        vnodes: u32,
    },
    /// A table says where keys live; a hash does for those that it does not name.
    Directory(Vec<DirectoryEntry>),
    /// By date: a key is an age in periods, 0 the newest. The newest periods are on the last shard, those before
    /// on the one before it; the first also holds everything older.
    Time {
        /// Periods that a shard holds, at least one.
        periods: u64,
    },
    /// By the home region of the key's owner: shard `r` belongs to region `r`. Owners are spread over the regions at
    /// random, by a hash, whatever the popularity of the key.
    Region {
        /// How much of the keys each region owns, as a weight.
        weights: Vec<f64>,
    },
}

/// A placement of keys on shards.
#[derive(Clone, PartialEq, Debug)]
pub struct Sharding {
    placement: Placement,
    shards: u32,
    keys: u64,
    salt: u64,
}

#[derive(Clone, PartialEq, Debug)]
enum Placement {
    Modulo,
    Hash,
    /// The first `longer` shards have one key more than the `width` of the others.
    Even {
        longer: u64,
        width: u64,
    },
    Range(Vec<u64>),
    Ring(Ring),
    Directory(Directory),
    Time {
        periods: u64,
    },
    /// Cumulated shares, as fractions of `2^64`.
    Region(Vec<u64>),
}

/// Up to so many keys are looked at one by one. Of what is beyond, the same number of representatives is.
const COUNTED: u64 = 1 << 20;

impl Sharding {
    /// Spreads the keys `0..keys`, the most popular first, over `shards`; `seed` is for what hashes.
    pub fn new(scheme: &Scheme, shards: u32, keys: u64, seed: u64) -> Sharding {
        let (shards, keys) = (shards.max(1), keys.max(1));
        let salt = mix(seed);
        let many = u64::from(shards);
        let placement = match scheme {
            Scheme::Modulo => Placement::Modulo,
            Scheme::Hash => Placement::Hash,
            Scheme::Range { until } if until.is_empty() => {
                Placement::Even { longer: keys % many, width: keys / many }
            }
            Scheme::Range { until } => Placement::Range(until.clone()),
            Scheme::Consistent { vnodes } => Placement::Ring(Ring::new(shards, *vnodes, salt)),
            Scheme::Directory(entries) => Placement::Directory(Directory::new(entries)),
            Scheme::Time { periods } => Placement::Time { periods: (*periods).max(1) },
            Scheme::Region { weights } => Placement::Region(shares(weights)),
        };
        Sharding { placement, shards, keys, salt }
    }

    /// How many shards there are.
    pub fn shards(&self) -> u32 {
        self.shards
    }

    /// How many keys there are.
    pub fn keys(&self) -> u64 {
        self.keys
    }

    /// The shard that a key lives on.
    #[inline]
    pub fn shard_of(&self, key: u64) -> u32 {
        let many = u64::from(self.shards);
        let last = self.shards - 1;
        match &self.placement {
            Placement::Modulo => (key % many) as u32,
            Placement::Hash => self.by_hash(key),
            Placement::Even { longer, width } => {
                let key = key.min(self.keys - 1);
                let ahead = longer * (width + 1);
                let shard = if key < ahead {
                    key / (width + 1)
                } else {
                    // Only where the width is not zero: otherwise all keys are ahead.
                    longer + (key - ahead) / width
                };
                shard as u32
            }
            Placement::Range(until) => {
                until.partition_point(|&end| end <= key).min(last as usize) as u32
            }
            Placement::Ring(ring) => ring.owner(self.hash(key)),
            Placement::Directory(table) => match table.shard_of(key) {
                Some(shard) => shard.min(last),
                None => self.by_hash(key),
            },
            Placement::Time { periods } => last - (key / periods).min(u64::from(last)) as u32,
            Placement::Region(shares) => {
                let point = self.hash(key);
                shares.partition_point(|&until| until < point).min(last as usize) as u32
            }
        }
    }

    fn by_hash(&self, key: u64) -> u32 {
        (self.hash(key) % u64::from(self.shards)) as u32
    }

    #[inline]
    fn hash(&self, key: u64) -> u64 {
        mix(key.wrapping_add(self.salt))
    }

    /// The share of keys that live on another shard under `other`, a placement of the same keys: what resharding
    /// copies.
    ///
    /// Exact up to 2^20 keys. Beyond, two rings are compared arc by arc, and of other schemes a sample is counted.
    /// Shards by date are told apart by their place behind the newest, which all of them keep when one is added.
    pub fn moved(&self, other: &Sharding) -> f64 {
        match (&self.placement, &other.placement) {
            (Placement::Ring(ring), Placement::Ring(others)) if self.keys > COUNTED => {
                ring.moved(others)
            }
            (Placement::Time { .. }, Placement::Time { .. }) => {
                let back = |sharding: &Sharding, key| sharding.shards - sharding.shard_of(key);
                self.share_where(|key| back(self, key) != back(other, key))
            }
            _ => self.share_where(|key| self.shard_of(key) != other.shard_of(key)),
        }
    }

    fn share_where(&self, holds: impl Fn(u64) -> bool) -> f64 {
        let count: u64 = self.groups().filter(|&(key, _)| holds(key)).map(|(_, size)| size).sum();
        count as f64 / self.keys as f64
    }

    /// The share of the load on each shard if keys are asked for with these probabilities, which need not add up
    /// to one.
    ///
    /// Exact up to 2^20 keys. Beyond these, the most popular, a group of neighbours counts as one of them does.
    pub fn shares(&self, probability: impl Fn(u64) -> f64) -> Vec<f64> {
        let mut shares = vec![0.0; self.shards as usize];
        for (key, size) in self.groups() {
            shares[self.shard_of(key) as usize] += probability(key) * size as f64;
        }
        let total: f64 = shares.iter().sum();
        if total > 0.0 {
            shares.iter_mut().for_each(|share| *share /= total);
        }
        shares
    }

    /// The same of keys that are all as popular. Exact: beyond 2^20 keys a ring is measured arc by arc.
    pub fn even_shares(&self) -> Vec<f64> {
        match &self.placement {
            Placement::Ring(ring) if self.keys > COUNTED => ring.arcs(self.shards),
            _ => self.shares(|_| 1.0),
        }
    }

    /// The first keys each, then groups of neighbours: one key, drawn so that no pattern of the scheme is met in
    /// step, and how many it stands for.
    fn groups(&self) -> impl Iterator<Item = (u64, u64)> {
        let head = self.keys.min(COUNTED);
        let tail = self.keys - head;
        let width = tail.div_ceil(COUNTED).max(1);
        let group = move |first: u64| {
            let size = width.min(tail - first);
            (head + first + mix(first) % size, size)
        };
        (0..head)
            .map(|key| (key, 1))
            .chain((0..tail.div_ceil(width)).map(move |n| group(n * width)))
    }
}
