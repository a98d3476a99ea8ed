//! CLOCK: first in, first out, with a second chance.
//!
//! F. Corbató, "A paging experiment with the Multics system", MIT MAC-M-384 (1968). The hand that goes round a
//! ring is a queue whose used entries go back to its front; a new entry starts without the mark of use.

use super::policy::Flags;
use super::slots::{List, Slots};

#[derive(Clone, Debug)]
pub(super) struct Clock {
    queue: List,
    used: Flags,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { queue: List::EMPTY, used: Flags::default() }
    }
}

impl Clock {
    pub(super) fn insert(&mut self, slots: &mut Slots, at: u32) {
        self.used.set(at, false);
        self.queue.push_front(slots, at);
    }

    pub(super) fn touch(&mut self, at: u32) {
        self.used.set(at, true);
    }

    pub(super) fn remove(&mut self, slots: &mut Slots, at: u32) {
        self.queue.unlink(slots, at);
    }

    /// Every entry passed over loses its mark, so that one round suffices.
    pub(super) fn evict(&mut self, slots: &mut Slots) -> Option<u32> {
        loop {
            let at = self.queue.pop_back(slots)?;
            if !self.used.take(at) {
                return Some(at);
            }
            self.queue.push_front(slots, at);
        }
    }
}
