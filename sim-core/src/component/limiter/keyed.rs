//! A token bucket for each key: for each customer, say.

use super::Pass;
use super::pace::Pace;
use crate::random::mix;
use crate::time::Time;
use hashbrown::HashTable;

/// Up to so many keys have a bucket each at all times: 1 MiB.
const DENSE: u64 = 1 << 16;

/// Of more keys, only buckets that are not full are remembered, and of these so many at most: about 40 MiB. Beyond, an
/// old one counts as full again.
pub const BUCKETS_MAX: usize = 1 << 20;

/// Steps of the hand for a new key. Where a part `f` of all buckets is not full, one in `f^-8` new keys takes more
/// memory: little is left once half of them are full.
const STEPS: usize = 8;

/// Token buckets of one size, one for each key, all full at first.
#[derive(Debug)]
pub struct KeyedBuckets {
    pace: Pace,
    states: States,
}

/// When each bucket is full again, as [`Pace`] counts.
#[derive(Debug)]
enum States {
    Dense(Box<[u128]>),
    Sparse(Sparse),
}

impl KeyedBuckets {
    /// Buckets of `burst` tokens, refilled with `rate` per second each, for the keys `0..keys`.
    pub fn new(rate: f64, burst: u32, keys: u64) -> KeyedBuckets {
        let states = if keys <= DENSE {
            States::Dense(vec![0; keys.max(1) as usize].into())
        } else {
            States::Sparse(Sparse::default())
        };
        KeyedBuckets { pace: Pace::tokens(rate, burst), states }
    }

    /// All buckets are of another size, or refilled at another rate, from now on; each holds what it held, as far as that fits.
    pub fn change(&mut self, rate: f64, burst: u32, now: Time) {
        let then = Pace::tokens(rate, burst);
        let pace = std::mem::replace(&mut self.pace, then);
        let refill = |full: &mut u128| *full = pace.refilled(*full, now, &then);
        match &mut self.states {
            States::Dense(states) => states.iter_mut().for_each(refill),
            States::Sparse(sparse) => sparse.buckets.iter_mut().for_each(|it| refill(&mut it.1)),
        }
    }

    /// A request of `key` comes and takes a token, or is refused.
    #[inline]
    pub fn admit(&mut self, now: Time, key: u64) -> Pass {
        let full = match &mut self.states {
            States::Dense(states) => {
                let last = states.len() as u64 - 1;
                &mut states[key.min(last) as usize]
            }
            States::Sparse(sparse) => sparse.state(now, key),
        };
        if self.pace.admit(full, now).is_some() { Pass::Now } else { Pass::No }
    }

    /// Buckets in memory.
    pub fn len(&self) -> usize {
        match &self.states {
            States::Dense(states) => states.len(),
            States::Sparse(sparse) => sparse.buckets.len(),
        }
    }

    /// Whether no bucket is in memory.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The buckets that are not full, and some that have filled up since.
///
/// For each new key a hand goes round until it meets a full bucket, which gives its place away, or some steps at most.
/// So buckets are forgotten about as fast as new ones come, and nothing stops to sweep.
#[derive(Default, Debug)]
struct Sparse {
    /// Key and state.
    buckets: Vec<(u64, u128)>,
    /// Places in `buckets`, by key.
    places: HashTable<u32>,
    hand: usize,
}

impl Sparse {
    #[inline]
    fn state(&mut self, now: Time, key: u64) -> &mut u128 {
        let known = self.places.find(mix(key), |&place| self.buckets[place as usize].0 == key);
        let place = match known {
            Some(&place) => place as usize,
            None => self.add(now, key),
        };
        &mut self.buckets[place].1
    }

    fn add(&mut self, now: Time, key: u64) -> usize {
        let place = match self.place_of_a_full_one(now) {
            Some(place) => {
                let old = self.buckets[place].0;
                let entry = self.places.find_entry(mix(old), |&other| other as usize == place);
                if let Ok(entry) = entry {
                    entry.remove();
                }
                self.buckets[place] = (key, 0);
                place
            }
            None => {
                self.buckets.push((key, 0));
                self.buckets.len() - 1
            }
        };
        let buckets = &self.buckets;
        self.places.insert_unique(mix(key), place as u32, |&place| mix(buckets[place as usize].0));
        place
    }

    /// A full bucket if the hand meets one; when there are as many as may be, the one it comes to.
    fn place_of_a_full_one(&mut self, now: Time) -> Option<usize> {
        let many = self.buckets.len();
        for _ in 0..many.min(STEPS) {
            self.hand = (self.hand + 1) % many;
            if Pace::is_full(self.buckets[self.hand].1, now) {
                return Some(self.hand);
            }
        }
        (many >= BUCKETS_MAX).then_some(self.hand)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key};

    /// What is forgotten was full, so a crowd of keys is limited as if each had its bucket for good.
    #[test]
    fn forgetting_full_buckets_changes_no_decision() {
        let crowd = Key::new(1, 0, 7);
        let mut sparse = KeyedBuckets::new(2.0, 3, u64::MAX);
        let mut dense = KeyedBuckets::new(2.0, 3, 5_000);
        let mut refused = 0;
        for request in 0..200_000 {
            // 1,000 per second, half of them from 100 keys that ask for 5 per second each.
            let now = Time(request * 1_000_000);
            let mut draw = Draw::new(request, crowd);
            let busy = draw.chance(0.5);
            let key = u64::from(draw.below(if busy { 100 } else { 5_000 }));
            let pass = dense.admit(now, key);
            assert_eq!(sparse.admit(now, key), pass);
            refused += u32::from(pass == Pass::No);
        }
        // Each of 100 keys asks 5.1 times per second and is let through twice, after a burst of 3: of 102,000 requests
        // 61,700 are refused, and some more where a bucket overflows.
        assert!((61_000..64_000).contains(&refused), "{refused}");
        // Not full are 100 at all times, and those of 500 per second that asked within the last half second.
        assert!((350..1_400).contains(&sparse.len()), "{}", sparse.len());
    }

    #[test]
    fn memory_is_bounded_whatever_comes() {
        let mut buckets = KeyedBuckets::new(0.0, 1, u64::MAX);
        for key in 0..BUCKETS_MAX as u64 + 1_000 {
            assert_eq!(buckets.admit(Time::ZERO, key), Pass::Now);
        }
        assert_eq!(buckets.len(), BUCKETS_MAX);
        assert_eq!(buckets.admit(Time::ZERO, BUCKETS_MAX as u64), Pass::No);
    }
}
