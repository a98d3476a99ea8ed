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
/// further number is counted by the one before under the key with its halves exchanged, so that it cannot meet
/// the numbers of neighbouring counters.
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

    /// Uniform in (0, 1): an odd multiple of 2^-53, so that logarithms of it and of its complement are finite.
    #[inline]
    pub fn open(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) * (1.0 / (1u64 << 52) as f64)
    }

    /// Uniform among 0, 1, … `n` - 1; zero if `n` is zero.
    ///
    /// D. Lemire, "Fast Random Integer Generation in an Interval", TOMACS 29 (2019), without the rejection: with
    /// 64 bits for a 32-bit range no probability is off by more than 2^-32 of itself.
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
