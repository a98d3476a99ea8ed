//! Draws by name: every random number is a pure function of who draws it and for which request.

use super::squares::{good_key, mix, squares64};
use rand::rand_core::{Infallible, TryRng};

/// Who draws, in which run: a family of random numbers, one [`Draw`] for every counter.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Key(u64);

impl Key {
    /// The key of `name` (see [`name_hash`]) in one replication of a run.
    ///
    /// Equal arguments give equal keys, in any order of asking; arguments that differ in a single bit give
    /// unrelated ones. Two of n keys coincide with probability about n²/2^55.
    pub const fn new(seed: u64, replication: u64, name: u64) -> Key {
        let run = mix(mix(seed ^ SALT).wrapping_add(replication));
        Key(good_key(run.wrapping_add(mix(name))))
    }

    /// The key of a part of this one: a step of a component, say.
    pub const fn part(self, name: u64) -> Key {
        Key(good_key(self.0.wrapping_add(mix(name))))
    }
}

/// Keeps seed 0 away from the fixed point of the mixer.
const SALT: u64 = 0x9e37_79b9_7f4a_7c15;

/// The number that stands for a name: FNV-1a, 64 bits, finished by a mixer. It will not change.
///
/// G. Fowler, L. Noll, K.-P. Vo, "The FNV Non-Cryptographic Hash Algorithm" (IETF draft-eastlake-fnv).
pub const fn name_hash(name: &str) -> u64 {
    mix(fnv1a(name.as_bytes()))
}

/// FNV-1a, 64 bits.
const fn fnv1a(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    let mut i = 0;
    while i < bytes.len() {
        hash = (hash ^ bytes[i] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

/// The generator for one draw: a pure function of its counter and key.
///
/// The first number is `squares64(counter, key)`. A sampler that needs more takes them from here too: each
/// further number is counted by the one before under the key with its halves exchanged, so that it cannot
/// meet the numbers of neighbouring counters.
///
/// ```
/// use sim_core::random::{Draw, Key, name_hash};
///
/// let checkout = Key::new(1, 0, name_hash("checkout"));
/// let request = 41;
/// let first = Draw::new(request, checkout).uniform();
/// assert_eq!(first, Draw::new(request, checkout).uniform());
/// ```
#[derive(Clone, Debug)]
pub struct Draw {
    counter: u64,
    key: u64,
}

impl Draw {
    /// The draw number `counter` of the family `key`.
    #[inline]
    pub const fn new(counter: u64, key: Key) -> Draw {
        Draw { counter, key: key.0 }
    }

    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let bits = squares64(self.counter, self.key);
        self.counter = bits;
        self.key = self.key.rotate_left(32);
        bits
    }

    /// Uniform in [0, 1): a multiple of 2^-53.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in (0, 1): an odd multiple of 2^-53, so that logarithms of it and of its complement are
    /// finite.
    #[inline]
    pub fn open(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Uniform among 0, 1, … `n` - 1; zero if `n` is zero.
    ///
    /// D. Lemire, "Fast Random Integer Generation in an Interval", TOMACS 29 (2019), without the rejection:
    /// with 64 bits for a 32-bit range no probability is off by more than 2^-32 of itself.
    #[inline]
    pub fn below(&mut self, n: u32) -> u32 {
        ((u128::from(self.bits()) * u128::from(n)) >> 64) as u32
    }

    /// True with probability `p`; always if `p` ≥ 1, never if `p` ≤ 0.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }
}

/// Makes a draw a source for any distribution written for `rand`.
impl TryRng for Draw {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.bits() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.bits())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.bits().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand::seq::SliceRandom;

    const DRAWS: u64 = 200_000;

    fn key(name: &str) -> Key {
        Key::new(1, 0, name_hash(name))
    }

    /// Landon Curt Noll's published test vectors for 64-bit FNV-1a.
    #[test]
    fn fnv1a_agrees_with_published_vectors() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn the_first_number_is_that_of_squares() {
        let key = key("api");
        for counter in [0, 1, 2, u64::MAX] {
            assert_eq!(Draw::new(counter, key).next_u64(), squares64(counter, key.0));
        }
    }

    /// The rule that keeps further numbers away from those of other counters.
    #[test]
    fn further_numbers_are_counted_by_the_one_before_under_the_exchanged_key() {
        let key = key("api");
        let mut draw = Draw::new(17, key);
        let (first, second, third) = (draw.bits(), draw.bits(), draw.bits());
        assert_eq!(second, squares64(first, key.0.rotate_left(32)));
        assert_eq!(third, squares64(second, key.0));
    }

    #[test]
    fn every_argument_changes_the_key() {
        let keys = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 0), (1, 1, 0), (2, 0, 0), (1, 0, 1)]
            .map(|(seed, replication, name)| Key::new(seed, replication, name));
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key));
            assert_ne!(key.part(1), key.part(2));
            assert_ne!(key.part(1), *key);
        }
    }

    /// Pearson's statistic of pairs of numbers in [0, 1) over a grid of 16 by 16.
    ///
    /// 255 degrees of freedom: mean 255, standard deviation 22.6; above 370 once in 500,000 tests.
    fn check_pairs(what: &str, pair: impl Fn(u64) -> (f64, f64)) {
        let mut cells = [0u32; 256];
        for i in 0..DRAWS {
            let (x, y) = pair(i);
            assert!((0.0..1.0).contains(&x) && (0.0..1.0).contains(&y));
            cells[(x * 16.0) as usize * 16 + (y * 16.0) as usize] += 1;
        }
        let expected = DRAWS as f64 / 256.0;
        let chi2: f64 =
            cells.iter().map(|n| f64::from(*n) - expected).map(|off| off * off / expected).sum();
        assert!((160.0..370.0).contains(&chi2), "{what}: {chi2}");
    }

    fn first(counter: u64, key: Key) -> f64 {
        Draw::new(counter, key).uniform()
    }

    #[test]
    fn neighbouring_counters_are_independent() {
        let api = key("api");
        for salt in [0, 1 << 20, 1 << 32, 0xdead_beef << 32, u64::MAX - DRAWS] {
            for distance in [1, 2, 64, 1 << 16, 1 << 32] {
                let what = format!("salt {salt:x}, distance {distance}");
                check_pairs(&what, |i| {
                    let counter = salt.wrapping_add(i);
                    (first(counter, api), first(counter.wrapping_add(distance), api))
                });
            }
        }
    }

    #[test]
    fn related_keys_are_independent() {
        let related = [
            (Key::new(1, 0, 0), Key::new(2, 0, 0)),
            (Key::new(1, 0, 0), Key::new(1, 1, 0)),
            (Key::new(1, 0, 0), Key::new(0, 1, 0)),
            (Key::new(1, 0, 5), Key::new(1, 0, 6)),
            (key("db-1"), key("db-2")),
            (key("db").part(0), key("db").part(1)),
            (key("db"), key("db").part(0)),
        ];
        for (a, b) in related {
            check_pairs(&format!("{a:?} and {b:?}"), |i| (first(i, a), first(i, b)));
        }
    }

    #[test]
    fn one_counter_over_many_keys_is_uniform() {
        let of_replication = |i, request| first(request, Key::new(7, i, 3));
        check_pairs("replications", |i| (of_replication(i, 0), of_replication(i + 1, 0)));
        check_pairs("requests", |i| (of_replication(i, 0), of_replication(i, 1)));
    }

    /// A draw's second and third number depend neither on its first nor on those of its neighbours.
    #[test]
    fn further_numbers_are_independent() {
        let api = key("api");
        let numbers = |i| {
            let mut draw = Draw::new(i, api);
            [draw.uniform(), draw.uniform(), draw.uniform()]
        };
        check_pairs("first and second", |i| (numbers(i)[0], numbers(i)[1]));
        check_pairs("second and third", |i| (numbers(i)[1], numbers(i)[2]));
        check_pairs("first and third", |i| (numbers(i)[0], numbers(i)[2]));
        check_pairs("second and next first", |i| (numbers(i)[1], numbers(i + 1)[0]));
        check_pairs("second and next second", |i| (numbers(i)[1], numbers(i + 1)[1]));
    }

    /// The low bits choose a ziggurat's layer, so they must be as good as the high ones.
    #[test]
    fn every_bit_is_fair() {
        let api = key("api");
        let mut ones = [0u32; 64];
        let mut changes = [0u32; 64];
        for i in 0..DRAWS {
            let bits = Draw::new(i, api).bits();
            let change = bits ^ Draw::new(i + 1, api).bits();
            for place in 0..64 {
                ones[place] += (bits >> place & 1) as u32;
                changes[place] += (change >> place & 1) as u32;
            }
        }
        // Standard deviation √(200,000) / 2 = 224; five of them.
        for count in ones.into_iter().chain(changes) {
            assert!((98_880..=101_120).contains(&count), "{count}");
        }
    }

    #[test]
    fn ranges() {
        let api = key("api");
        let mut counts = [0u32; 7];
        for i in 0..70_000 {
            counts[Draw::new(i, api).below(7) as usize] += 1;
            let open = Draw::new(i, api).open();
            assert!(open > 0.0 && open < 1.0);
        }
        // Binomial: mean 10,000, standard deviation 92.6; five of them.
        assert!(counts.iter().all(|n| (9_537..=10_463).contains(n)), "{counts:?}");
        assert_eq!((Draw::new(1, api).below(0), Draw::new(1, api).below(1)), (0, 0));
        assert!(Draw::new(1, api).chance(1.0) && !Draw::new(1, api).chance(0.0));
    }

    /// It serves the algorithms of `rand`, and filling bytes is drawing numbers.
    #[test]
    fn is_a_generator_for_rand() {
        let api = key("api");
        let mut items = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        items.shuffle(&mut Draw::new(3, api));
        items.sort_unstable();
        assert_eq!(items, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        let mut bytes = [0; 11];
        Draw::new(3, api).fill_bytes(&mut bytes);
        let mut draw = Draw::new(3, api);
        assert_eq!(bytes[..8], draw.next_u64().to_le_bytes());
        assert_eq!(bytes[8..], draw.next_u64().to_le_bytes()[..3]);
    }
}
