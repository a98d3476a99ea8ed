//! S3-FIFO: a small queue that lets most newcomers go soon, a main queue for what was used, and ghosts.
//!
//! J. Yang, Y. Zhang, Z. Qiu, Y. Yue, K. V. Rashmi, "FIFO queues are all you need for cache eviction", SOSP
//! 2023, algorithm 1: the small queue is due from a tenth of the cache on; what was used more than once there
//! moves to the main queue, and what was not becomes a ghost, of which there are nine for every ten entries.
//! Only both queues together are bounded, so that one eviction gives up one entry.

use super::Capacity;
use super::ghosts::Ghosts;
use super::slots::{List, Slots};

/// The small queue's part of the cache is one in so many.
const SMALL_PART: u64 = 10;
/// Uses are counted up to here.
const USES_MAX: u8 = 3;

#[derive(Clone, Debug)]
pub(super) struct S3Fifo {
    capacity: Capacity,
    small: List,
    main: List,
    small_weight: u64,
    held: usize,
    marks: Vec<Mark>,
    ghosts: Ghosts,
}

/// What is known of a slot.
#[derive(Clone, Copy, Debug)]
struct Mark {
    uses: u8,
    in_main: bool,
}

impl S3Fifo {
    pub(super) fn new(capacity: Capacity) -> S3Fifo {
        S3Fifo {
            capacity,
            small: List::EMPTY,
            main: List::EMPTY,
            small_weight: 0,
            held: 0,
            marks: Vec::new(),
            ghosts: Ghosts::default(),
        }
    }

    pub(super) fn resize(&mut self, capacity: Capacity) {
        self.capacity = capacity;
    }

    pub(super) fn insert(&mut self, slots: &mut Slots, at: u32) {
        let in_main = self.ghosts.recall(slots[at].item);
        let mark = Mark { uses: 0, in_main };
        if at as usize >= self.marks.len() {
            self.marks.resize(at as usize + 1, mark);
        }
        self.marks[at as usize] = mark;
        self.held += 1;
        if in_main {
            self.main.push_front(slots, at);
        } else {
            self.small_weight += self.weight(slots, at);
            self.small.push_front(slots, at);
        }
    }

    pub(super) fn touch(&mut self, at: u32) {
        let mark = &mut self.marks[at as usize];
        mark.uses = (mark.uses + 1).min(USES_MAX);
    }

    pub(super) fn reweigh(&mut self, at: u32, old: u64, new: u64) {
        if !self.marks[at as usize].in_main {
            self.small_weight = self.small_weight - old + new;
        }
    }

    pub(super) fn remove(&mut self, slots: &mut Slots, at: u32) {
        self.held -= 1;
        if self.marks[at as usize].in_main {
            self.main.unlink(slots, at);
        } else {
            self.small_weight -= self.weight(slots, at);
            self.small.unlink(slots, at);
        }
    }

    pub(super) fn evict(&mut self, slots: &mut Slots) -> Option<u32> {
        let small_is_due = self.small_weight.saturating_mul(SMALL_PART) >= self.capacity.limit();
        let victim = if small_is_due {
            self.evict_small(slots).or_else(|| self.evict_main(slots))
        } else {
            self.evict_main(slots).or_else(|| self.evict_small(slots))
        };
        victim.inspect(|_| self.held -= 1)
    }

    fn evict_small(&mut self, slots: &mut Slots) -> Option<u32> {
        while let Some(at) = self.small.pop_back(slots) {
            self.small_weight -= self.weight(slots, at);
            if self.marks[at as usize].uses <= 1 {
                let ghosts = self.held - self.held / SMALL_PART as usize;
                self.ghosts.push(slots[at].item, ghosts);
                return Some(at);
            }
            self.marks[at as usize] = Mark { uses: 0, in_main: true };
            self.main.push_front(slots, at);
        }
        None
    }

    /// Every entry passed over loses one of at most three uses, so that four rounds suffice.
    fn evict_main(&mut self, slots: &mut Slots) -> Option<u32> {
        while let Some(at) = self.main.pop_back(slots) {
            let mark = &mut self.marks[at as usize];
            if mark.uses == 0 {
                return Some(at);
            }
            mark.uses -= 1;
            self.main.push_front(slots, at);
        }
        None
    }

    fn weight(&self, slots: &Slots, at: u32) -> u64 {
        self.capacity.weight(slots[at].entry.bytes)
    }
}
