//! Squares: von Neumann's middle square, counted by a Weyl sequence.
//!
//! B. Widynski, "Squares: A Fast Counter-Based RNG", arXiv:2004.06278. A counter-based generator has no
//! state to carry: the number at any counter can be had at once and in any order.

/// The 64-bit number at `counter` in the sequence chosen by `key`: five rounds, as in the paper.
///
/// The key should come from [`good_key`].
#[inline]
pub fn squares64(counter: u64, key: u64) -> u64 {
    let y = counter.wrapping_mul(key);
    let z = y.wrapping_add(key);
    let mut x = y;
    x = round(x, y).rotate_left(32);
    x = round(x, z).rotate_left(32);
    x = round(x, y).rotate_left(32);
    let t = round(x, z);
    x = t.rotate_left(32);
    t ^ (round(x, y) >> 32)
}

/// The square of `x` plus the Weyl term.
#[inline]
fn round(x: u64, weyl: u64) -> u64 {
    x.wrapping_mul(x).wrapping_add(weyl)
}

/// Turns any number into a key of the form the paper advises, so that similar numbers give unrelated keys.
///
/// The paper asks for an irregular bit pattern: an odd number without zero digits in base 16 whose digits
/// differ from each other within each half. Both halves are odd here, so that the key with its halves
/// exchanged is good too. There are 2^54 such keys.
pub const fn good_key(number: u64) -> u64 {
    let mixed = mix(number);
    (irregular_half(mixed as u32) as u64) << 32 | irregular_half((mixed >> 32) as u32) as u64
}

/// Eight different hexadecimal digits, none of them zero and the last one odd.
///
/// The choices are read off `number` taken as a fraction: multiply by how many there are to choose from,
/// take the whole part, go on with the rest.
const fn irregular_half(number: u32) -> u32 {
    let mut digits: [u32; 15] = [1, 3, 5, 7, 9, 11, 13, 15, 2, 4, 6, 8, 10, 12, 14];
    let mut fraction = number as u64;
    let mut half = 0;
    let mut place = 0;
    while place < 8 {
        let choices = if place == 0 { 8 } else { 15 - place as u64 };
        fraction = (fraction & 0xffff_ffff) * choices;
        let chosen = place + (fraction >> 32) as usize;
        half |= digits[chosen] << (4 * place);
        digits[chosen] = digits[place];
        place += 1;
    }
    half
}

/// A bijection that leaves no trace of the order of its arguments: the finaliser of SplitMix64.
///
/// G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, with the
/// constants of D. Stafford's variant 13.
#[inline]
pub const fn mix(number: u64) -> u64 {
    let x = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `squares-testset-1.csv` and `-2.csv` of K. Sheppard's `randomgen` (Python), written by the
    /// reference C code of the paper with the keys 0x3bc8bca4d301945b and 0x32d1638d0d582acf.
    #[test]
    fn agrees_with_published_vectors() {
        let first = [
            (0, 0x5167_ea8b_7923_d95b),
            (1, 0x0e03_102b_e2db_8c20),
            (2, 0xe59f_61d7_beb2_7f5d),
            (3, 0x943a_c4d0_8e1a_4431),
            (400, 0x5551_9cf4_16b4_5edc),
        ];
        let second = [
            (0, 0x84ef_8bb4_4b2a_9590),
            (1, 0x4666_b593_d6d0_64dc),
            (2, 0x366a_da38_7a5a_d93d),
            (3, 0x8788_c4c4_4edf_72ca),
            (400, 0xedce_fcef_512a_5343),
        ];
        for (counter, expected) in first {
            assert_eq!(squares64(counter, 0x3bc8_bca4_d301_945b), expected, "counter {counter}");
        }
        for (counter, expected) in second {
            assert_eq!(squares64(counter, 0x32d1_638d_0d58_2acf), expected, "counter {counter}");
        }
    }

    #[test]
    fn keys_have_the_advised_form() {
        for number in (0..20_000).chain([u64::MAX, u64::MAX - 1, 1 << 63]) {
            let key = good_key(number);
            for half in [key as u32, (key >> 32) as u32] {
                assert_eq!(half % 2, 1, "{key:x}");
                let seen = (0..8).fold(0u32, |seen, place| seen | 1 << (half >> (4 * place) & 15));
                assert_eq!(seen.count_ones(), 8, "{key:x} repeats a digit");
                assert_eq!(seen & 1, 0, "{key:x} has a zero");
            }
        }
    }

    #[test]
    fn keys_of_neighbours_differ() {
        let mut keys: Vec<u64> = (0..100_000).map(good_key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), 100_000);
    }

    /// Outputs 1 to 3 of SplitMix64 seeded with 1234567, as published with the reference code of S. Vigna
    /// (and on Rosetta Code).
    #[test]
    fn mix_agrees_with_splitmix64() {
        let golden = 0x9e37_79b9_7f4a_7c15u64;
        let outputs =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        for (i, expected) in outputs.into_iter().enumerate() {
            let state = golden.wrapping_mul(i as u64 + 1).wrapping_add(1_234_567);
            assert_eq!(mix(state), expected);
        }
    }
}
