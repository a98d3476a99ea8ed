//! Which entry goes when room is needed: one policy, told of every insertion, use and removal.

use super::clock::Clock;
use super::lfu::Lfu;
use super::s3fifo::S3Fifo;
use super::sieve::Sieve;
use super::slots::{List, Slots};
use super::{Capacity, Replacement};
use crate::random::Draw;

/// A replacement policy at work.
#[derive(Clone, Debug)]
pub(super) enum Policy {
    Lru(List),
    Lfu(Lfu),
    Fifo(List),
    /// Every held slot, in no order that means anything; a slot's `next` is its place here.
    Random(Vec<u32>),
    Clock(Clock),
    Sieve(Sieve),
    S3Fifo(S3Fifo),
    Pinned {
        ranks: u64,
    },
}

impl Policy {
    pub(super) fn new(replacement: Replacement, capacity: Capacity) -> Policy {
        match replacement {
            Replacement::Lru => Policy::Lru(List::EMPTY),
            Replacement::Lfu => Policy::Lfu(Lfu::default()),
            Replacement::Fifo => Policy::Fifo(List::EMPTY),
            Replacement::Random => Policy::Random(Vec::new()),
            Replacement::Clock => Policy::Clock(Clock::default()),
            Replacement::Sieve => Policy::Sieve(Sieve::default()),
            Replacement::S3Fifo => Policy::S3Fifo(S3Fifo::new(capacity)),
            Replacement::Pinned { ranks } => Policy::Pinned { ranks },
        }
    }

    /// The cache has another size from now on.
    pub(super) fn resize(&mut self, replacement: Replacement, capacity: Capacity) {
        match (self, replacement) {
            (Policy::S3Fifo(queues), _) => queues.resize(capacity),
            (Policy::Pinned { ranks }, Replacement::Pinned { ranks: now }) => *ranks = now,
            _ => {}
        }
    }

    /// Whether an item of this rank may come in at all.
    #[inline]
    pub(super) fn admits(&self, rank: u64) -> bool {
        match self {
            Policy::Pinned { ranks } => rank < *ranks,
            _ => true,
        }
    }

    /// The slot, which is new, holds an item.
    #[inline]
    pub(super) fn insert(&mut self, slots: &mut Slots, at: u32) {
        match self {
            Policy::Lru(list) | Policy::Fifo(list) => list.push_front(slots, at),
            Policy::Lfu(lfu) => lfu.insert(slots, at),
            Policy::Random(held) => {
                slots[at].next = held.len() as u32;
                held.push(at);
            }
            Policy::Clock(clock) => clock.insert(slots, at),
            Policy::Sieve(sieve) => sieve.insert(slots, at),
            Policy::S3Fifo(queues) => queues.insert(slots, at),
            Policy::Pinned { .. } => {}
        }
    }

    /// The item in this slot was used.
    #[inline]
    pub(super) fn touch(&mut self, slots: &mut Slots, at: u32) {
        match self {
            Policy::Lru(list) => list.move_to_front(slots, at),
            Policy::Lfu(lfu) => lfu.touch(slots, at),
            Policy::Clock(clock) => clock.touch(at),
            Policy::Sieve(sieve) => sieve.touch(at),
            Policy::S3Fifo(queues) => queues.touch(at),
            Policy::Fifo(_) | Policy::Random(_) | Policy::Pinned { .. } => {}
        }
    }

    /// The weight of the item in this slot has changed.
    pub(super) fn reweigh(&mut self, at: u32, old: u64, new: u64) {
        if let Policy::S3Fifo(queues) = self {
            queues.reweigh(at, old, new);
        }
    }

    /// The item in this slot goes for another reason than room.
    pub(super) fn remove(&mut self, slots: &mut Slots, at: u32) {
        match self {
            Policy::Lru(list) | Policy::Fifo(list) => list.unlink(slots, at),
            Policy::Lfu(lfu) => lfu.remove(slots, at),
            Policy::Random(held) => take(held, slots, slots[at].next),
            Policy::Clock(clock) => clock.remove(slots, at),
            Policy::Sieve(sieve) => sieve.remove(slots, at),
            Policy::S3Fifo(queues) => queues.remove(slots, at),
            Policy::Pinned { .. } => {}
        }
    }

    /// Takes out the entry to give up, if the policy gives up any.
    #[inline]
    pub(super) fn evict(&mut self, slots: &mut Slots, draw: &mut Draw) -> Option<u32> {
        match self {
            Policy::Lru(list) | Policy::Fifo(list) => list.pop_back(slots),
            Policy::Lfu(lfu) => lfu.evict(slots),
            Policy::Random(held) => {
                let place = draw.below(held.len() as u32);
                let victim = held.get(place as usize).copied();
                victim.inspect(|_| take(held, slots, place))
            }
            Policy::Clock(clock) => clock.evict(slots),
            Policy::Sieve(sieve) => sieve.evict(slots),
            Policy::S3Fifo(queues) => queues.evict(slots),
            Policy::Pinned { .. } => None,
        }
    }
}

/// Takes the slot at `place` out; the last one takes its place.
fn take(held: &mut Vec<u32>, slots: &mut Slots, place: u32) {
    held.swap_remove(place as usize);
    if let Some(&moved) = held.get(place as usize) {
        slots[moved].next = place;
    }
}

/// A flag for every slot.
#[derive(Clone, Default, Debug)]
pub(super) struct Flags(Vec<bool>);

impl Flags {
    /// Sets the flag of a slot, which may be new.
    #[inline]
    pub(super) fn set(&mut self, at: u32, value: bool) {
        let at = at as usize;
        if at >= self.0.len() {
            self.0.resize(at + 1, false);
        }
        self.0[at] = value;
    }

    /// Clears the flag and says whether it was set.
    #[inline]
    pub(super) fn take(&mut self, at: u32) -> bool {
        std::mem::take(&mut self.0[at as usize])
    }
}
