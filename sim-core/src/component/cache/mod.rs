//! What a cache holds: real entries under a replacement policy, with expiry, versions and sizes.
//!
//! Nothing here waits or costs anything; a cache that takes time has a station in front of it.
//!
//! Conventions, where real caches differ:
//! - An entry is fresh before the instant at which it expires, and expired from that instant on.
//! - An expired entry keeps its place until it is overwritten, evicted or removed, or until a `put` sweeps by
//!   ([`SWEPT_PER_PUT`] places each, as Redis and Caffeine do a little of it with other work). It can be served
//!   stale for as long as it is there; `keep_expired` says how long the sweep spares it.
//! - A hit counts as a use. So does writing over a held item. Finding an expired entry does not, nor does
//!   `peek`.
//! - An item too large for the whole cache is not admitted, and what was held of it is dropped: a cache never
//!   goes on serving what was written over.
//! - A held item whose new value does not fit beside the others is taken out and put in as a new one.
//! - Of a cache in bytes, entries without bytes count as one byte, so that their number is bounded too.

mod clock;
mod ghosts;
mod lfu;
mod policy;
mod s3fifo;
mod sieve;
mod slots;

#[cfg(test)]
mod reference;
#[cfg(test)]
mod theory_tests;

use crate::random::{Draw, Key, mix};
use crate::time::{Duration, Time};
use hashbrown::HashTable;
use policy::Policy;
use slots::{SLOTS_MAX, Slots};

/// How many places a `put` looks at for expired entries. An unbounded cache of short-lived entries so holds
/// little more than the fresh ones: all places have been seen after half as many puts.
pub const SWEPT_PER_PUT: u32 = 2;

/// How much fits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capacity {
    /// So many entries, of whatever size.
    Entries(u32),
    /// So many bytes in all.
    Bytes(u64),
    /// Everything, up to the 2^32 - 3 entries that can be numbered.
    Unbounded,
}

impl Capacity {
    /// What an entry of so many bytes takes of [`Capacity::limit`].
    #[inline]
    fn weight(self, bytes: u32) -> u64 {
        match self {
            Capacity::Bytes(_) => u64::from(bytes.max(1)),
            Capacity::Entries(_) | Capacity::Unbounded => 1,
        }
    }

    fn limit(self) -> u64 {
        match self {
            Capacity::Entries(entries) => u64::from(entries.min(SLOTS_MAX)),
            Capacity::Bytes(bytes) => bytes,
            Capacity::Unbounded => u64::from(SLOTS_MAX),
        }
    }
}

/// Which entry goes when room is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Replacement {
    /// The least recently used.
    Lru,
    /// The least frequently used since it came in; of several, the least recently used.
    Lfu,
    /// The oldest.
    Fifo,
    /// Any, with equal probability.
    Random,
    /// The oldest that was not used since the hand passed.
    Clock,
    /// As [`Replacement::Clock`], but survivors keep their place (NSDI 2024).
    Sieve,
    /// A small queue in front of a main one, and a memory of what left the small one (SOSP 2023).
    S3Fifo,
    /// None: only the most popular items come in, and stay. With as many `ranks` as fit this is LFU with perfect
    /// knowledge, the best that any policy can do for independent requests.
    Pinned {
        /// Items of this rank and beyond are not admitted.
        ranks: u64,
    },
}

/// What is known of a held item: 24 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// When the value was read at its source.
    pub fetched: Time,
    /// When it expires; [`Time::MAX`] is never.
    pub expires: Time,
    /// The version of the value, to tell a stale one.
    pub version: u32,
    /// The size of the value.
    pub bytes: u32,
}

impl Entry {
    /// Whether it may be served as fresh.
    #[inline]
    pub fn is_fresh(&self, now: Time) -> bool {
        now < self.expires || self.expires == Time::MAX
    }
}

/// What a look-up finds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// A fresh entry, now used.
    Hit(Entry),
    /// An expired one, still held: it can be served stale while it is fetched anew.
    Expired(Entry),
    /// Nothing.
    Miss,
}

/// The circumstances of a `put`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Put {
    /// The time of the run.
    pub now: Time,
    /// The identity of the request, from which random victims are drawn.
    pub request: u64,
    /// How popular the item is, from 0; only [`Replacement::Pinned`] asks.
    pub rank: u64,
}

/// The contents of a cache.
#[derive(Clone, Debug)]
pub struct Contents {
    capacity: Capacity,
    replacement: Replacement,
    key: Key,
    keep_expired: Duration,
    slots: Slots,
    /// The slots by item.
    table: HashTable<u32>,
    policy: Policy,
    /// The weight of all entries.
    used: u64,
    bytes: u64,
    /// Where the sweep for expired entries has come to.
    swept: u32,
    /// Whether an entry was ever to expire: if not, there is nothing to sweep.
    expiring: bool,
}

impl Contents {
    /// An empty cache, which takes no memory yet. Random victims are drawn from `key`; expired entries are spared
    /// for `keep_expired`.
    pub fn new(
        capacity: Capacity,
        replacement: Replacement,
        keep_expired: Duration,
        key: Key,
    ) -> Contents {
        Contents {
            capacity,
            replacement,
            key,
            keep_expired,
            slots: Slots::new(capacity.limit().min(u64::from(SLOTS_MAX)) as u32),
            table: HashTable::new(),
            policy: Policy::new(replacement, capacity),
            used: 0,
            bytes: 0,
            swept: 0,
            expiring: false,
        }
    }

    /// Looks the item up, which uses it if it is fresh. With `renew` a hit also makes it expire that much after
    /// `now` (sliding expiry).
    #[inline]
    pub fn get(&mut self, item: u64, now: Time, renew: Option<Duration>) -> Lookup {
        let Some(at) = self.find(item) else { return Lookup::Miss };
        let entry = &mut self.slots[at].entry;
        if !entry.is_fresh(now) {
            return Lookup::Expired(*entry);
        }
        if let Some(renew) = renew {
            entry.expires = now + renew;
            self.expiring = true;
        }
        let entry = *entry;
        self.policy.touch(&mut self.slots, at);
        Lookup::Hit(entry)
    }

    /// What is held of the item, fresh or not, without using it.
    pub fn peek(&self, item: u64) -> Option<&Entry> {
        self.find(item).map(|at| &self.slots[at].entry)
    }

    /// Puts the item in, or a new value of it, and says how many others had to go for it.
    ///
    /// It is held afterwards unless it is too large or the policy does not admit it.
    pub fn put(&mut self, item: u64, entry: Entry, put: Put) -> u32 {
        self.expiring |= entry.expires != Time::MAX;
        self.sweep(put.now);
        let weight = self.capacity.weight(entry.bytes);
        if let Some(at) = self.find(item) {
            if self.rewrite(at, entry) {
                return 0;
            }
            self.take(at);
        }
        if weight > self.capacity.limit() || !self.policy.admits(put.rank) {
            return 0;
        }
        let mut draw = Draw::new(put.request, self.key);
        let mut evicted = 0;
        while self.used + weight > self.capacity.limit() || self.len() >= SLOTS_MAX as usize {
            let Some(victim) = self.policy.evict(&mut self.slots, &mut draw) else {
                return evicted;
            };
            self.discard(victim);
            evicted += 1;
        }
        let at = self.slots.hold(item, entry);
        let slots = &self.slots;
        self.table.insert_unique(mix(item), at, |&at| mix(slots[at].item));
        self.policy.insert(&mut self.slots, at);
        self.used += weight;
        self.bytes += u64::from(entry.bytes);
        evicted
    }

    /// It is as large as this from now on, of the same kind, and spares expired entries for so long. What still fits stays;
    /// victims are chosen as by a `put` of `request`, and of pinned entries those of the highest `rank` go. Returns how many
    /// had to.
    pub fn resize(
        &mut self,
        (capacity, replacement): (Capacity, Replacement),
        keep_expired: Duration,
        request: u64,
        rank: impl Fn(u64) -> u64,
    ) -> u32 {
        (self.capacity, self.replacement) = (capacity, replacement);
        self.keep_expired = keep_expired;
        self.slots.limit(capacity.limit().min(u64::from(SLOTS_MAX)) as u32);
        self.policy.resize(replacement, capacity);
        let mut evicted = 0;
        if let Replacement::Pinned { ranks } = replacement {
            let rank_at = |at: u32| self.slots.held(at).map(|slot| (rank(slot.item), at));
            let mut held: Vec<(u64, u32)> = (0..self.slots.len()).filter_map(rank_at).collect();
            held.sort_unstable();
            while let Some((rank, at)) = held.pop()
                && (rank >= ranks || self.used > capacity.limit())
            {
                self.take(at);
                evicted += 1;
            }
        }
        let mut draw = Draw::new(request, self.key);
        while self.used > capacity.limit()
            && let Some(victim) = self.policy.evict(&mut self.slots, &mut draw)
        {
            self.discard(victim);
            evicted += 1;
        }
        evicted
    }

    /// Takes the item out.
    pub fn remove(&mut self, item: u64) -> Option<Entry> {
        self.find(item).map(|at| self.take(at))
    }

    /// Empties the cache, as a restart does: the policy forgets what it knew, too.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.table.clear();
        self.policy = Policy::new(self.replacement, self.capacity);
        (self.used, self.bytes, self.swept) = (0, 0, 0);
    }

    /// How many entries are held, fresh or not.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The size of all values held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many entries are fresh. It looks at every one.
    pub fn live(&self, now: Time) -> usize {
        self.slots.iter().filter(|slot| slot.entry.is_fresh(now)).count()
    }

    #[inline]
    fn find(&self, item: u64) -> Option<u32> {
        self.table.find(mix(item), |&at| self.slots[at].item == item).copied()
    }

    /// Writes a new value over the held one, if it fits beside the others.
    fn rewrite(&mut self, at: u32, entry: Entry) -> bool {
        let old = self.slots[at].entry;
        let (old_weight, weight) =
            (self.capacity.weight(old.bytes), self.capacity.weight(entry.bytes));
        let used = self.used - old_weight + weight;
        if used > self.capacity.limit() {
            return false;
        }
        self.used = used;
        self.bytes = self.bytes - u64::from(old.bytes) + u64::from(entry.bytes);
        self.slots[at].entry = entry;
        self.policy.reweigh(at, old_weight, weight);
        self.policy.touch(&mut self.slots, at);
        true
    }

    /// Takes the entry out of the policy, the table and its slot.
    fn take(&mut self, at: u32) -> Entry {
        self.policy.remove(&mut self.slots, at);
        self.discard(at)
    }

    /// Takes the entry, of which the policy knows no more, out of the table and its slot.
    fn discard(&mut self, at: u32) -> Entry {
        let slots::Slot { item, entry, .. } = self.slots[at];
        if let Ok(found) = self.table.find_entry(mix(item), |&other| other == at) {
            found.remove();
        }
        self.used -= self.capacity.weight(entry.bytes);
        self.bytes -= u64::from(entry.bytes);
        self.slots.release(at);
        entry
    }

    /// Looks at the next few places and drops what has been expired for long enough.
    #[inline]
    fn sweep(&mut self, now: Time) {
        if !self.expiring {
            return;
        }
        for _ in 0..SWEPT_PER_PUT.min(self.slots.len()) {
            let at = self.swept;
            self.swept = if at + 1 < self.slots.len() { at + 1 } else { 0 };
            if self.slots.held(at).is_some_and(|slot| {
                let gone = slot.entry.expires + self.keep_expired;
                gone <= now && gone != Time::MAX
            }) {
                self.take(at);
            }
        }
    }
}
