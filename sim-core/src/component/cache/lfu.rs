//! LFU: the entry used least often goes; of several, the one not used for longest.
//!
//! Constant time by a list of entries for each number of uses: K. Shah, A. Mitra, D. Matani, "An O(1) algorithm
//! for implementing the LFU cache eviction scheme" (2010). An entry is counted from its admission on, its
//! admission included; what is evicted is forgotten, and nothing ages.

use super::slots::{List, NONE, Slots};

#[derive(Clone, Debug)]
pub(super) struct Lfu {
    /// Lists that are not empty, linked by rising numbers of uses; and free ones.
    levels: Vec<Level>,
    /// The level with the fewest uses.
    lowest: u32,
    /// The first free level.
    free: u32,
    /// For each slot, its level.
    level_of: Vec<u32>,
}

/// The entries that were used equally often, the latest used in front.
#[derive(Clone, Debug)]
struct Level {
    uses: u64,
    entries: List,
    lower: u32,
    higher: u32,
}

impl Default for Lfu {
    fn default() -> Lfu {
        Lfu { levels: Vec::new(), lowest: NONE, free: NONE, level_of: Vec::new() }
    }
}

impl Lfu {
    pub(super) fn insert(&mut self, slots: &mut Slots, at: u32) {
        if at as usize >= self.level_of.len() {
            self.level_of.resize(at as usize + 1, NONE);
        }
        self.put_above(slots, at, NONE, 1);
    }

    pub(super) fn touch(&mut self, slots: &mut Slots, at: u32) {
        let level = self.level_of[at as usize];
        let Level { uses, .. } = self.levels[level as usize];
        self.levels[level as usize].entries.unlink(slots, at);
        self.put_above(slots, at, level, uses + 1);
        self.drop_if_empty(level);
    }

    pub(super) fn remove(&mut self, slots: &mut Slots, at: u32) {
        let level = self.level_of[at as usize];
        self.levels[level as usize].entries.unlink(slots, at);
        self.drop_if_empty(level);
    }

    pub(super) fn evict(&mut self, slots: &mut Slots) -> Option<u32> {
        let level = self.lowest;
        let at = self.levels.get_mut(level as usize)?.entries.pop_back(slots)?;
        self.drop_if_empty(level);
        Some(at)
    }

    /// Puts the slot on the level for `uses`, which is or will be the next above `lower`.
    fn put_above(&mut self, slots: &mut Slots, at: u32, lower: u32, uses: u64) {
        let next = match lower {
            NONE => self.lowest,
            lower => self.levels[lower as usize].higher,
        };
        let level = match self.levels.get(next as usize) {
            Some(level) if level.uses == uses => next,
            _ => self.add(uses, lower, next),
        };
        self.levels[level as usize].entries.push_front(slots, at);
        self.level_of[at as usize] = level;
    }

    /// A new level between two neighbours.
    fn add(&mut self, uses: u64, lower: u32, higher: u32) -> u32 {
        let level = Level { uses, entries: List::EMPTY, lower, higher };
        let at = self.free;
        let at = match self.levels.get_mut(at as usize) {
            Some(free) => {
                self.free = free.higher;
                *free = level;
                at
            }
            None => {
                self.levels.push(level);
                self.levels.len() as u32 - 1
            }
        };
        self.join(lower, at);
        self.join(at, higher);
        at
    }

    fn drop_if_empty(&mut self, at: u32) {
        let Level { entries, lower, higher, .. } = self.levels[at as usize];
        if entries.is_empty() {
            self.join(lower, higher);
            self.levels[at as usize].higher = self.free;
            self.free = at;
        }
    }

    /// Makes two levels neighbours, either of which may be missing.
    fn join(&mut self, lower: u32, higher: u32) {
        match self.levels.get_mut(lower as usize) {
            Some(level) => level.higher = higher,
            None => self.lowest = higher,
        }
        if let Some(level) = self.levels.get_mut(higher as usize) {
            level.lower = lower;
        }
    }
}
