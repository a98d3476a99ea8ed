//! Every policy as its authors describe it, over plain vectors, and random traces on which the real one must
//! agree to the last entry.

use super::*;
use proptest::prelude::*;

const KEY: Key = Key::new(3, 0, 14);
const FOREVER: Duration = Duration(u64::MAX);

#[derive(Clone, Copy)]
struct Held {
    item: u64,
    entry: Entry,
    uses: u64,
    used_at: u64,
}

/// A cache without links, tables or sweeps.
struct Naive {
    capacity: Capacity,
    replacement: Replacement,
    /// In the order of insertion; the small queue of S3-FIFO.
    held: Vec<Held>,
    /// The main queue of S3-FIFO.
    main: Vec<Held>,
    /// What left the small queue of S3-FIFO, and whether it has not come back.
    ghosts: Vec<(u64, bool)>,
    /// The place of SIEVE's hand.
    hand: usize,
    steps: u64,
}

impl Naive {
    fn new(capacity: Capacity, replacement: Replacement) -> Naive {
        let (held, main, ghosts) = (vec![], vec![], vec![]);
        Naive { capacity, replacement, held, main, ghosts, hand: 0, steps: 0 }
    }

    fn find(&mut self, item: u64) -> Option<&mut Held> {
        self.held.iter_mut().chain(&mut self.main).find(|held| held.item == item)
    }

    fn weight(&self, entries: &[Held]) -> u64 {
        entries.iter().map(|held| self.capacity.weight(held.entry.bytes)).sum()
    }

    fn touch(&mut self, item: u64) {
        self.steps += 1;
        let steps = self.steps;
        if let Some(held) = self.find(item) {
            held.uses += 1;
            held.used_at = steps;
        }
    }

    fn get(&mut self, item: u64, now: Time, renew: Option<Duration>) -> Lookup {
        let Some(held) = self.find(item) else { return Lookup::Miss };
        if now >= held.entry.expires {
            return Lookup::Expired(held.entry);
        }
        if let Some(renew) = renew {
            held.entry.expires = now + renew;
        }
        let entry = held.entry;
        self.touch(item);
        Lookup::Hit(entry)
    }

    fn remove(&mut self, item: u64) -> Option<Entry> {
        if let Some(place) = self.main.iter().position(|held| held.item == item) {
            return Some(self.main.remove(place).entry);
        }
        let place = self.held.iter().position(|held| held.item == item)?;
        Some(self.take(place).entry)
    }

    fn take(&mut self, place: usize) -> Held {
        if self.replacement == Replacement::Random {
            return self.held.swap_remove(place);
        }
        let held = self.held.remove(place);
        if place < self.hand {
            self.hand -= 1;
        }
        if self.hand == self.held.len() {
            self.hand = 0;
        }
        held
    }

    fn put(&mut self, item: u64, entry: Entry, put: Put) -> u32 {
        let weight = self.capacity.weight(entry.bytes);
        if let Some(old) = self.find(item).map(|held| held.entry) {
            let used = self.weight(&self.held) + self.weight(&self.main);
            if used - self.capacity.weight(old.bytes) + weight <= self.capacity.limit() {
                self.find(item).unwrap().entry = entry;
                self.touch(item);
                return 0;
            }
            self.remove(item);
        }
        let barred = matches!(self.replacement, Replacement::Pinned { ranks } if put.rank >= ranks);
        if weight > self.capacity.limit() || barred {
            return 0;
        }
        let mut draw = Draw::new(put.request, KEY);
        let mut evicted = 0;
        while self.weight(&self.held) + self.weight(&self.main) + weight > self.capacity.limit() {
            if matches!(self.replacement, Replacement::Pinned { .. }) {
                return evicted;
            }
            self.evict(&mut draw);
            evicted += 1;
        }
        self.steps += 1;
        let new = Held { item, entry, uses: 0, used_at: self.steps };
        match self.ghosts.iter_mut().find(|ghost| **ghost == (item, true)) {
            Some(ghost) => {
                ghost.1 = false;
                self.main.push(new);
            }
            None => self.held.push(new),
        }
        evicted
    }

    fn evict(&mut self, draw: &mut Draw) {
        let by = |held: &[Held], order: fn(&Held) -> (u64, u64)| {
            (0..held.len()).min_by_key(|&place| order(&held[place])).unwrap()
        };
        let place = match self.replacement {
            Replacement::Lru => by(&self.held, |held| (held.used_at, 0)),
            Replacement::Lfu => by(&self.held, |held| (held.uses, held.used_at)),
            Replacement::Random => draw.below(self.held.len() as u32) as usize,
            Replacement::Clock => {
                while self.held[0].uses > 0 {
                    self.held[0].uses = 0;
                    self.held.rotate_left(1);
                }
                0
            }
            Replacement::Sieve => {
                while self.held[self.hand].uses > 0 {
                    self.held[self.hand].uses = 0;
                    self.hand = (self.hand + 1) % self.held.len();
                }
                self.hand
            }
            Replacement::S3Fifo => return self.evict_s3fifo(),
            Replacement::Fifo | Replacement::Pinned { .. } => 0,
        };
        self.take(place);
    }

    fn resize(&mut self, (capacity, replacement): (Capacity, Replacement), request: u64) -> u32 {
        (self.capacity, self.replacement) = (capacity, replacement);
        let mut draw = Draw::new(request, KEY);
        let mut evicted = 0;
        loop {
            let is_full = self.weight(&self.held) + self.weight(&self.main) > capacity.limit();
            match replacement {
                Replacement::Pinned { ranks } => {
                    let last = (0..self.held.len()).max_by_key(|&place| self.held[place].item);
                    match last.filter(|&place| is_full || self.held[place].item >= ranks) {
                        Some(place) => _ = self.held.remove(place),
                        None => return evicted,
                    }
                }
                _ if is_full => self.evict(&mut draw),
                _ => return evicted,
            }
            evicted += 1;
        }
    }

    fn evict_s3fifo(&mut self) {
        let all = self.held.len() + self.main.len();
        let small_is_due = 10 * self.weight(&self.held) >= self.capacity.limit();
        if small_is_due || self.main.is_empty() {
            while !self.held.is_empty() {
                let oldest = self.held.remove(0);
                if oldest.uses < 2 {
                    self.ghosts.push((oldest.item, true));
                    let ghosts_max = all - all / 10;
                    self.ghosts.drain(..self.ghosts.len().saturating_sub(ghosts_max));
                    return;
                }
                self.main.push(Held { uses: 0, ..oldest });
            }
        }
        while self.main[0].uses > 0 {
            self.main[0].uses = self.main[0].uses.min(3) - 1;
            self.main.rotate_left(1);
        }
        self.main.remove(0);
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// Looks up and, unless it is a hit, puts in.
    Ask(u64),
    /// Writes whatever is there.
    Write(u64),
    Remove(u64),
    Clear,
    /// Makes it larger or smaller.
    Resize(u32),
}

/// A step, the size of the value, how long it lives and the time until the next step.
type Timed = (Step, u32, u64, u64);

fn step() -> impl Strategy<Value = Timed> {
    // The smaller of two makes low items popular.
    let item = || (0u64..30, 0u64..30).prop_map(|(a, b)| a.min(b));
    let step = prop_oneof![
        60 => item().prop_map(Step::Ask),
        6 => item().prop_map(Step::Write),
        3 => item().prop_map(Step::Remove),
        1 => Just(Step::Clear),
        1 => (1u32..25).prop_map(Step::Resize),
    ];
    let life = prop_oneof![3 => Just(u64::MAX), 1 => 1u64..400];
    (step, 0u32..12, life, 0u64..10)
}

fn replacement() -> impl Strategy<Value = Replacement> {
    prop_oneof![
        Just(Replacement::Lru),
        Just(Replacement::Lfu),
        Just(Replacement::Fifo),
        Just(Replacement::Random),
        Just(Replacement::Clock),
        Just(Replacement::Sieve),
        Just(Replacement::S3Fifo),
        (0u64..12).prop_map(|ranks| Replacement::Pinned { ranks }),
    ]
}

fn capacity() -> impl Strategy<Value = Capacity> {
    prop_oneof![
        4 => (0u32..25).prop_map(Capacity::Entries),
        4 => (0u64..120).prop_map(Capacity::Bytes),
        1 => Just(Capacity::Unbounded),
    ]
}

/// The entry that a step puts in and the circumstances.
fn put_of(number: usize, bytes: u32, life: u64, now: Time, item: u64) -> (Entry, Put) {
    let version = number as u32;
    let entry = Entry { fetched: now, expires: now + Duration(life), version, bytes };
    (entry, Put { now, request: number as u64, rank: item })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    /// The same hits, the same number of evictions and the same contents after every step.
    #[test]
    fn contents_are_those_of_the_naive_cache(
        capacity in capacity(),
        replacement in replacement(),
        renew in prop::option::of(1u64..300),
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let (mut capacity, mut replacement) = (capacity, replacement);
        let mut real = Contents::new(capacity, replacement, FOREVER, KEY);
        let mut naive = Naive::new(capacity, replacement);
        let renew = renew.map(Duration);
        let mut now = Time::ZERO;
        for (number, (step, bytes, life, pause)) in steps.into_iter().enumerate() {
            now = now + Duration(pause);
            match step {
                Step::Ask(item) => {
                    let (entry, put) = put_of(number, bytes, life, now, item);
                    let found = real.get(item, now, renew);
                    prop_assert_eq!(found, naive.get(item, now, renew));
                    if !matches!(found, Lookup::Hit(_)) {
                        prop_assert_eq!(real.put(item, entry, put), naive.put(item, entry, put));
                    }
                }
                Step::Write(item) => {
                    let (entry, put) = put_of(number, bytes, life, now, item);
                    prop_assert_eq!(real.put(item, entry, put), naive.put(item, entry, put));
                }
                Step::Remove(item) => prop_assert_eq!(real.remove(item), naive.remove(item)),
                Step::Clear => {
                    real.clear();
                    naive = Naive::new(capacity, replacement);
                }
                Step::Resize(size) => {
                    capacity = match capacity {
                        Capacity::Entries(_) => Capacity::Entries(size),
                        Capacity::Bytes(_) => Capacity::Bytes(5 * u64::from(size)),
                        Capacity::Unbounded => capacity,
                    };
                    if let Replacement::Pinned { ranks } = &mut replacement {
                        *ranks = u64::from(size / 2);
                    }
                    let (room, request) = ((capacity, replacement), number as u64);
                    let expected = naive.resize(room, request);
                    prop_assert_eq!(real.resize(room, FOREVER, request, |item| item), expected);
                }
            }
            for item in 0..30 {
                let expected = naive.find(item).map(|held| held.entry);
                prop_assert_eq!(real.peek(item).copied(), expected, "item {}", item);
            }
            let all = || naive.held.iter().chain(&naive.main);
            prop_assert_eq!(real.len(), all().count());
            prop_assert_eq!(real.is_empty(), all().count() == 0);
            let bytes: u64 = all().map(|held| u64::from(held.entry.bytes)).sum();
            let fresh = all().filter(|held| held.entry.is_fresh(now)).count();
            prop_assert_eq!((real.bytes(), real.live(now)), (bytes, fresh));
        }
    }

    /// Sweeping frees places, never a fresh entry: where there is room for all, every look-up that hits without
    /// sweeps hits with them; and a cache of any size stays within it.
    #[test]
    fn sweeping_takes_only_what_has_expired(
        capacity in capacity(),
        replacement in replacement(),
        spared in 0u64..200,
        steps in prop::collection::vec(step(), 1..250),
    ) {
        let spared = Duration(spared);
        let mut roomy = Contents::new(Capacity::Unbounded, Replacement::Lru, spared, KEY);
        let mut tight = Contents::new(capacity, replacement, spared, KEY);
        let mut naive = Naive::new(Capacity::Unbounded, Replacement::Lru);
        let mut now = Time::ZERO;
        for (number, (step, bytes, life, pause)) in steps.into_iter().enumerate() {
            now = now + Duration(pause);
            if let Step::Ask(item) | Step::Write(item) = step {
                let (entry, put) = put_of(number, bytes, life, now, item);
                let (found, expected) = (roomy.get(item, now, None), naive.get(item, now, None));
                match expected {
                    Lookup::Expired(entry) if entry.expires + spared <= now => {
                        prop_assert!(found == expected || found == Lookup::Miss);
                    }
                    _ => prop_assert_eq!(found, expected),
                }
                tight.get(item, now, None);
                roomy.put(item, entry, put);
                naive.put(item, entry, put);
                tight.put(item, entry, put);
                let fresh = naive.held.iter().filter(|held| held.entry.is_fresh(now));
                prop_assert_eq!(roomy.live(now), fresh.count());
                let weights = tight.slots.iter().map(|slot| capacity.weight(slot.entry.bytes));
                prop_assert_eq!(tight.used, weights.sum::<u64>());
                prop_assert!(tight.used <= capacity.limit());
            }
        }
    }
}
