//! Locks by key: rows or keys that one request writes while others wait for it.

use crate::random::mix;
use hashbrown::HashTable;

/// What a lock lets others do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Others may share it: a read.
    Shared,
    /// Nobody else may hold it: a write.
    Exclusive,
}

/// What becomes of who asks for a lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Acquired {
    /// The lock is held from now on.
    Granted,
    /// Others come first; [`Locks::next`] hands it over.
    Waits,
}

/// Locks of any number of keys, each with its line of waiters: first in, first out, and readers next to each other in
/// the line share. Nobody overtakes: a reader that comes while a writer waits is behind it, so no writer starves.
///
/// Holders are numbers that mean something to the caller only. A key that nobody holds takes no room.
#[derive(Default, Debug)]
pub struct Locks {
    /// Places in `locks`, by key.
    places: HashTable<u32>,
    locks: Slab<Lock>,
    waiters: Slab<Waiter>,
    holders: u32,
}

#[derive(Clone, Copy, Debug)]
struct Lock {
    key: u64,
    /// How it is held, and by how many; nobody holds it only while it is being handed over.
    mode: Mode,
    holders: u32,
    head: u32,
    tail: u32,
}

#[derive(Clone, Copy, Debug)]
struct Waiter {
    holder: u32,
    mode: Mode,
    next: u32,
}

/// The end of a list.
const END: u32 = u32::MAX;

impl Locks {
    /// Locks that nobody holds.
    pub fn new() -> Locks {
        Locks::default()
    }

    /// Asks for the lock of a key. Whoever holds it must not ask for it again: it would wait for itself.
    #[inline]
    pub fn acquire(&mut self, key: u64, holder: u32, mode: Mode) -> Acquired {
        let Some(place) = self.find(key) else {
            let free = Lock { key, mode, holders: 1, head: END, tail: END };
            let place = self.locks.insert(free);
            let locks = &self.locks;
            self.places.insert_unique(mix(key), place, |&place| mix(locks[place].key));
            self.holders += 1;
            return Acquired::Granted;
        };
        let lock = &mut self.locks[place];
        if lock.head == END && (lock.mode, mode) == (Mode::Shared, Mode::Shared) {
            lock.holders += 1;
            self.holders += 1;
            return Acquired::Granted;
        }
        let waiter = self.waiters.insert(Waiter { holder, mode, next: END });
        match lock.head {
            END => lock.head = waiter,
            _ => self.waiters[lock.tail].next = waiter,
        }
        lock.tail = waiter;
        Acquired::Waits
    }

    /// One of those who hold the lock of a key gives it up. Then [`Locks::next`] says who gets it, until it says nobody.
    #[inline]
    pub fn release(&mut self, key: u64) {
        let Some(place) = self.find(key) else { return };
        let lock = &mut self.locks[place];
        lock.holders -= 1;
        self.holders -= 1;
        if lock.holders == 0 && lock.head == END {
            self.forget(key, place);
        }
    }

    /// The next waiter to hold the lock of a key from now on, if it can be granted to one: a writer once nobody holds it,
    /// then nobody more; or one reader after the other, up to the next writer.
    #[inline]
    pub fn next(&mut self, key: u64) -> Option<u32> {
        let place = self.find(key)?;
        let lock = &mut self.locks[place];
        if lock.head == END {
            return None;
        }
        let first = self.waiters[lock.head];
        if lock.holders > 0 && (lock.mode, first.mode) != (Mode::Shared, Mode::Shared) {
            return None;
        }
        self.waiters.remove(lock.head);
        lock.head = first.next;
        lock.mode = first.mode;
        lock.holders += 1;
        self.holders += 1;
        Some(first.holder)
    }

    /// Takes a waiter out of the line of a key: it has given up. Those behind it may be granted the lock then, as
    /// [`Locks::next`] says. Returns whether it waited there.
    pub fn give_up(&mut self, key: u64, holder: u32) -> bool {
        let Some(place) = self.find(key) else { return false };
        let lock = &mut self.locks[place];
        let (mut before, mut at) = (END, lock.head);
        while at != END && self.waiters[at].holder != holder {
            (before, at) = (at, self.waiters[at].next);
        }
        if at == END {
            return false;
        }
        let next = self.waiters[at].next;
        match before {
            END => lock.head = next,
            _ => self.waiters[before].next = next,
        }
        if lock.tail == at {
            lock.tail = before;
        }
        if lock.holders == 0 && lock.head == END {
            self.forget(key, place);
        }
        self.waiters.remove(at);
        true
    }

    /// How many wait, for all keys.
    pub fn waiting(&self) -> u32 {
        self.waiters.len()
    }

    /// How many hold a lock; who holds two counts twice.
    pub fn held(&self) -> u32 {
        self.holders
    }

    #[inline]
    fn find(&self, key: u64) -> Option<u32> {
        self.places.find(mix(key), |&place| self.locks[place].key == key).copied()
    }

    fn forget(&mut self, key: u64, place: u32) {
        if let Ok(entry) = self.places.find_entry(mix(key), |&other| other == place) {
            entry.remove();
        }
        self.locks.remove(place);
    }
}

/// Items in places that are used again.
#[derive(Debug)]
struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    #[inline]
    fn insert(&mut self, item: T) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.items[place as usize] = item;
                place
            }
            None => {
                self.items.push(item);
                self.items.len() as u32 - 1
            }
        }
    }

    /// The item stays until its place is used again, and must not be looked at.
    #[inline]
    fn remove(&mut self, place: u32) {
        self.free.push(place);
    }

    fn len(&self) -> u32 {
        (self.items.len() - self.free.len()) as u32
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;
    #[inline]
    fn index(&self, place: u32) -> &T {
        &self.items[place as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, place: u32) -> &mut T {
        &mut self.items[place as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, VecDeque};

    /// A lock as one would draw it: who holds it and who is in line.
    #[derive(Default)]
    struct Naive {
        holding: Vec<(u32, Mode)>,
        line: VecDeque<(u32, Mode)>,
    }

    impl Naive {
        /// Lets in everybody at the front of the line who may come in. Returns who came.
        fn let_in(&mut self) -> Vec<u32> {
            let mut came = Vec::new();
            while let Some(&(who, mode)) = self.line.front() {
                let shares =
                    |&(_, other): &(u32, Mode)| (other, mode) == (Mode::Shared, Mode::Shared);
                if !self.holding.iter().all(shares) {
                    break;
                }
                self.line.pop_front();
                self.holding.push((who, mode));
                came.push(who);
            }
            came
        }
    }

    fn handed_over(locks: &mut Locks, key: u64) -> Vec<u32> {
        std::iter::from_fn(|| locks.next(key)).collect()
    }

    /// Few keys, so that they are fought for. A step: the key, what to do, and which of the holders or waiters does it.
    fn steps() -> impl Strategy<Value = Vec<(u64, u8, usize)>> {
        prop::collection::vec((0u64..4, 0u8..7, 0usize..16), 0..300)
    }

    proptest! {
        #[test]
        fn locks_do_what_a_naive_line_does(steps in steps()) {
            let mut locks = Locks::new();
            let mut naive: BTreeMap<u64, Naive> = BTreeMap::new();
            for ((key, what, which), who) in steps.into_iter().zip(0..) {
                let line = naive.entry(key).or_default();
                match what {
                    0..=3 => {
                        let mode = if what < 2 { Mode::Shared } else { Mode::Exclusive };
                        line.line.push_back((who, mode));
                        let granted = line.let_in() == [who];
                        let expected = if granted { Acquired::Granted } else { Acquired::Waits };
                        prop_assert_eq!(locks.acquire(key, who, mode), expected);
                    }
                    4 | 5 if !line.holding.is_empty() => {
                        line.holding.swap_remove(which % line.holding.len());
                        locks.release(key);
                    }
                    6 if !line.line.is_empty() => {
                        let gone = line.line.remove(which % line.line.len()).map(|(who, _)| who);
                        prop_assert!(locks.give_up(key, gone.unwrap()));
                        prop_assert!(!locks.give_up(key, gone.unwrap()));
                    }
                    _ => {}
                }
                prop_assert_eq!(handed_over(&mut locks, key), line.let_in());
                // Mutual exclusion, of the model and so of both.
                let writers = line.holding.iter().filter(|(_, mode)| *mode == Mode::Exclusive).count();
                prop_assert!(writers == 0 || line.holding.len() == 1);
                let held: usize = naive.values().map(|line| line.holding.len()).sum();
                let waiting: usize = naive.values().map(|line| line.line.len()).sum();
                prop_assert_eq!((locks.held() as usize, locks.waiting() as usize), (held, waiting));
            }
            // Nobody is lost: as all leave, all come in, and nothing stays behind.
            for (&key, line) in &mut naive {
                while line.holding.pop().is_some() {
                    locks.release(key);
                    prop_assert_eq!(handed_over(&mut locks, key), line.let_in());
                }
            }
            prop_assert_eq!((locks.held(), locks.waiting(), locks.locks.len()), (0, 0, 0));
        }
    }

    #[test]
    fn a_million_keys_one_after_the_other_take_the_room_of_one() {
        let mut locks = Locks::new();
        for key in 0..1_000_000 {
            assert_eq!(locks.acquire(key, 1, Mode::Exclusive), Acquired::Granted);
            assert_eq!(locks.acquire(key, 2, Mode::Exclusive), Acquired::Waits);
            locks.release(key);
            assert_eq!((locks.next(key), locks.next(key)), (Some(2), None));
            locks.release(key);
            assert_eq!(locks.next(key), None);
        }
        let room = (locks.locks.items.len(), locks.waiters.items.len(), locks.places.len());
        assert_eq!(room, (1, 1, 0));
    }

    /// The reader that comes last could share with the one who holds, but a writer came before.
    #[test]
    fn no_writer_starves() {
        let mut locks = Locks::new();
        assert_eq!(locks.acquire(7, 1, Mode::Shared), Acquired::Granted);
        assert_eq!(locks.acquire(7, 2, Mode::Exclusive), Acquired::Waits);
        assert_eq!(locks.acquire(7, 3, Mode::Shared), Acquired::Waits);
        assert_eq!(locks.acquire(7, 4, Mode::Shared), Acquired::Waits);
        locks.release(7);
        assert_eq!(handed_over(&mut locks, 7), [2]);
        locks.release(7);
        assert_eq!(handed_over(&mut locks, 7), [3, 4]);
    }
}
