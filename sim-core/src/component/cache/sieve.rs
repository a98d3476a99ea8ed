//! SIEVE: first in, first out, but what was used stays where it is and loses its mark.
//!
//! Y. Zhang, J. Yang, Y. Yue, Y. Vigfusson, K. V. Rashmi, "SIEVE is simpler than LRU: an efficient turn-key
//! eviction algorithm for web caches", NSDI 2024.

use super::policy::Flags;
use super::slots::{List, NONE, Slots};

#[derive(Clone, Debug)]
pub(super) struct Sieve {
    queue: List,
    visited: Flags,
    /// Goes from the oldest entry to the newest; [`NONE`] stands for the oldest.
    hand: u32,
}

impl Default for Sieve {
    fn default() -> Sieve {
        Sieve { queue: List::EMPTY, visited: Flags::default(), hand: NONE }
    }
}

impl Sieve {
    pub(super) fn insert(&mut self, slots: &mut Slots, at: u32) {
        self.visited.set(at, false);
        self.queue.push_front(slots, at);
    }

    pub(super) fn touch(&mut self, at: u32) {
        self.visited.set(at, true);
    }

    pub(super) fn remove(&mut self, slots: &mut Slots, at: u32) {
        if self.hand == at {
            self.hand = slots[at].prev;
        }
        self.queue.unlink(slots, at);
    }

    /// Every entry passed over loses its mark, so that two rounds suffice.
    pub(super) fn evict(&mut self, slots: &mut Slots) -> Option<u32> {
        if self.queue.is_empty() {
            return None;
        }
        loop {
            let at = if self.hand == NONE { self.queue.back } else { self.hand };
            self.hand = slots[at].prev;
            if !self.visited.take(at) {
                self.queue.unlink(slots, at);
                return Some(at);
            }
        }
    }
}
