//! Items that left not long ago, without their values.

use crate::random::mix;
use hashbrown::HashTable;
use std::collections::VecDeque;

/// The last items that left, first in, first out.
#[derive(Clone, Default, Debug)]
pub(super) struct Ghosts {
    queue: VecDeque<u64>,
    /// The number of the queue's first item, counted from the very first, modulo 2^32.
    first: u32,
    /// The number of each item that has not come back; the queue keeps those that have until their turn.
    numbers: HashTable<u32>,
}

impl Ghosts {
    /// Remembers an item that leaves (and was recalled when it came), and no more than the last `limit` of them.
    pub(super) fn push(&mut self, item: u64, limit: usize) {
        let number = self.first.wrapping_add(self.queue.len() as u32);
        self.queue.push_back(item);
        let (queue, first) = (&self.queue, self.first);
        let hash = |&number: &u32| mix(queue[number.wrapping_sub(first) as usize]);
        self.numbers.insert_unique(mix(item), number, hash);
        while self.queue.len() > limit {
            let Some(oldest) = self.queue.front().copied() else { return };
            let number = self.first;
            if let Ok(found) = self.numbers.find_entry(mix(oldest), |&other| other == number) {
                found.remove();
            }
            self.queue.pop_front();
            self.first = self.first.wrapping_add(1);
        }
    }

    /// Whether the item left not long ago; it is then forgotten.
    pub(super) fn recall(&mut self, item: u64) -> bool {
        let (queue, first) = (&self.queue, self.first);
        let is_it = |&number: &u32| queue[number.wrapping_sub(first) as usize] == item;
        self.numbers.find_entry(mix(item), is_it).map(|found| found.remove()).is_ok()
    }
}
