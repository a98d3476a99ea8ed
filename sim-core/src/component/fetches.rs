//! Fetches under way: who fetches which item of a cache, and who waits for it.

use super::{FrameId, NONE};
use crate::random::mix;
use hashbrown::HashTable;

/// Where an item is missing: a cache, a place in it, an item.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Missing {
    /// Which cache.
    pub cache: u32,
    /// Which of its places.
    pub place: u32,
    /// Which item.
    pub item: u64,
}

impl Missing {
    #[inline]
    fn hash(self) -> u64 {
        mix(self.item ^ mix(u64::from(self.cache) << 32 | u64::from(self.place)))
    }
}

/// A fetch under way.
#[derive(Clone, Copy, Debug)]
pub struct Fetch {
    /// Of what.
    pub missing: Missing,
    /// The fetch around this one that the same frame makes, or [`NONE`].
    pub outer: u32,
    /// The frames that wait for it, a list in the order in which they came; [`NONE`] if nobody does.
    pub first: FrameId,
    /// The last of them.
    pub last: FrameId,
}

/// All fetches under way that others may wait for. Nothing is allocated once it has grown to its largest.
#[derive(Clone, Debug, Default)]
pub struct Fetches {
    fetches: Vec<Fetch>,
    free: Vec<u32>,
    table: HashTable<u32>,
}

impl Fetches {
    /// The fetch of an item, if one is under way.
    #[inline]
    pub fn of(&self, missing: Missing) -> Option<u32> {
        self.table.find(missing.hash(), |&at| self.fetches[at as usize].missing == missing).copied()
    }

    /// A fetch begins; none of the same item may be under way. `outer` is the one around it.
    pub fn begin(&mut self, missing: Missing, outer: u32) -> u32 {
        let fetch = Fetch { missing, outer, first: NONE, last: NONE };
        let at = self.free.pop().unwrap_or(self.fetches.len() as u32);
        match self.fetches.get_mut(at as usize) {
            Some(free) => *free = fetch,
            None => self.fetches.push(fetch),
        }
        let fetches = &self.fetches;
        self.table.insert_unique(missing.hash(), at, |&at| fetches[at as usize].missing.hash());
        at
    }

    /// A fetch under way.
    pub fn get_mut(&mut self, fetch: u32) -> &mut Fetch {
        &mut self.fetches[fetch as usize]
    }

    /// A fetch ends, well or not.
    pub fn end(&mut self, fetch: u32) -> Fetch {
        let ended = self.fetches[fetch as usize];
        let found = self.table.find_entry(ended.missing.hash(), |&at| at == fetch);
        debug_assert!(found.is_ok(), "a fetch ends once");
        if let Ok(found) = found {
            found.remove();
        }
        self.free.push(fetch);
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fetch_of_an_item_in_a_place_is_known_until_it_ends() {
        let mut fetches = Fetches::default();
        let here = Missing { cache: 0, place: 1, item: 5 };
        let there = Missing { place: 2, ..here };
        let a = fetches.begin(here, NONE);
        let b = fetches.begin(there, a);
        assert_eq!((fetches.of(here), fetches.of(there)), (Some(a), Some(b)));
        assert_eq!(fetches.of(Missing { cache: 1, ..here }), None);
        assert_eq!(fetches.end(b).outer, a);
        assert_eq!((fetches.of(here), fetches.of(there)), (Some(a), None));
        assert_eq!(fetches.begin(there, NONE), b, "what is free is used again");
    }
}
