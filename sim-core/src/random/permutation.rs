//! Which key has which rank: a bijection of 0, 1, … without a table.

use super::squares::mix;

/// A way to number 0, 1, … `count` - 1 anew, chosen by a seed: every customer, region or hour can have its own
/// most popular keys.
///
/// A Feistel network permutes the numbers of as many bits as `count` needs; a number that falls outside goes
/// through it again until it falls inside, less than twice on average. (J. Black, P. Rogaway, "Ciphers with
/// arbitrary finite domains", CT-RSA 2002.)
///
/// ```
/// use sim_core::random::Permutation;
///
/// let of_europe = Permutation::new(1_000_000, 7);
/// assert!(of_europe.apply(0) < 1_000_000 && of_europe.apply(0) != of_europe.apply(1));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permutation {
    count: u64,
    seed: u64,
    /// Bits of the lower half.
    low_bits: u32,
    low_mask: u64,
    high_mask: u64,
}

/// Rounds of the network: four are a pseudo-random permutation if the round function is random (M. Luby, C.
/// Rackoff, SIAM J. Comput. 17, 1988).
const ROUNDS: u64 = 4;

impl Permutation {
    /// The permutation of 0, 1, … `count` - 1 that belongs to `seed`.
    pub const fn new(count: u64, seed: u64) -> Permutation {
        let bits = u64::BITS - count.saturating_sub(1).leading_zeros();
        let low_bits = bits.div_ceil(2);
        Permutation {
            count,
            seed: mix(seed ^ SALT),
            low_bits,
            low_mask: (1 << low_bits) - 1,
            high_mask: (1 << (bits - low_bits)) - 1,
        }
    }

    /// The key of this rank. A rank that is not below `count` stays as it is.
    #[inline]
    pub fn apply(&self, rank: u64) -> u64 {
        if rank >= self.count {
            return rank;
        }
        let mut number = self.network(rank);
        while number >= self.count {
            number = self.network(number);
        }
        number
    }

    /// The rank of this key: what [`Permutation::apply`] makes it of.
    #[inline]
    pub fn rank_of(&self, key: u64) -> u64 {
        if key >= self.count {
            return key;
        }
        let mut number = self.network_back(key);
        while number >= self.count {
            number = self.network_back(number);
        }
        number
    }

    /// Two halves by turns change each other.
    #[inline]
    fn network(&self, number: u64) -> u64 {
        let mut low = number & self.low_mask;
        let mut high = number >> self.low_bits;
        let mut round_key = self.seed;
        for _ in 0..ROUNDS / 2 {
            low ^= mix(high ^ round_key) & self.low_mask;
            high ^= mix(low ^ round_key.rotate_left(32)) & self.high_mask;
            round_key = round_key.wrapping_add(SALT);
        }
        high << self.low_bits | low
    }

    /// The same changes, the last first.
    #[inline]
    fn network_back(&self, number: u64) -> u64 {
        let mut low = number & self.low_mask;
        let mut high = number >> self.low_bits;
        for round in (0..ROUNDS / 2).rev() {
            let round_key = self.seed.wrapping_add(SALT.wrapping_mul(round));
            high ^= mix(low ^ round_key.rotate_left(32)) & self.high_mask;
            low ^= mix(high ^ round_key) & self.low_mask;
        }
        high << self.low_bits | low
    }
}

/// Keeps seed 0 away from the fixed point of the mixer, and rounds apart.
const SALT: u64 = 0x9e37_79b9_7f4a_7c15;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_exactly_one_rank() {
        for count in (0..70).chain([127, 128, 129, 1_000, 4_095, 65_537]) {
            for seed in 0..5 {
                let permutation = Permutation::new(count, seed);
                let mut seen = vec![false; count as usize];
                for rank in 0..count {
                    let key = permutation.apply(rank) as usize;
                    assert!(!seen[key], "{count} keys, seed {seed}: {key} again");
                    assert_eq!(permutation.rank_of(key as u64), rank, "{count} keys, seed {seed}");
                    seen[key] = true;
                }
                assert_eq!(permutation.apply(count), count);
            }
        }
    }

    /// Over many seeds every key is as likely to have a rank as any other. Pearson's statistic has mean 10 and
    /// standard deviation 4.5; above 50 once in four million.
    #[test]
    fn seeds_give_every_key_every_rank() {
        for rank in [0, 1, 10] {
            let mut found = [0u32; 11];
            for seed in 0..11_000 {
                found[Permutation::new(11, seed).apply(rank) as usize] += 1;
            }
            let chi2: f64 =
                found.iter().map(|n| f64::from(*n) - 1_000.0).map(|d| d * d / 1_000.0).sum();
            assert!(chi2 < 50.0, "rank {rank}: {chi2}");
        }
    }

    /// A random permutation has one fixed point on average, and so do two permutations agree in one place.
    #[test]
    fn two_seeds_agree_as_rarely_as_chance() {
        let count = 100_000;
        let agree = |a: u64, b: u64| {
            let (a, b) = (Permutation::new(count, a), Permutation::new(count, b));
            (0..count).filter(|&rank| a.apply(rank) == b.apply(rank)).count()
        };
        let sum: usize = (0..20).map(|seed| agree(seed, seed + 1)).sum();
        // Poisson with mean 20; five standard deviations.
        assert!(sum <= 42, "{sum}");
    }

    /// Neighbouring ranks lie apart: a cut of the keys into 16 ranges finds each of the top ranks anywhere.
    #[test]
    fn the_most_popular_keys_are_spread_evenly() {
        let permutation = Permutation::new(10_000_000, 3);
        let mut found = [0u32; 16];
        for rank in 0..16_000 {
            found[(permutation.apply(rank) / 625_000) as usize] += 1;
        }
        let chi2: f64 =
            found.iter().map(|n| f64::from(*n) - 1_000.0).map(|d| d * d / 1_000.0).sum();
        // 15 degrees of freedom: above 60 once in four million.
        assert!(chi2 < 60.0, "{chi2}");
    }
}
