//! Which keys are asked for how often: laws over ranks.

use super::draw::Draw;
use super::fit::LawError;
use super::zipf::Zipf;
use crate::math;
use std::ops::Range;

/// The most keys that a law can tell apart: whole numbers in a float.
const COUNT_MAX: u64 = 1 << 53;

/// A law over the ranks 0, 1, … of keys; rank 0 is the most popular key, and no rank is less popular than the
/// next.
///
/// Which key has which rank is for a [`Permutation`](super::Permutation) to say.
///
/// ```
/// use sim_core::random::{Draw, Key, Popularity};
///
/// let products = Popularity::zipf(10_000_000, 0.8).unwrap();
/// let rank = products.sample(&mut Draw::new(7, Key::new(1, 0, 42)));
/// assert!(rank < products.count());
/// // A fifth of the keys gets two thirds of the requests.
/// assert!((0.6..0.8).contains(&products.mass(0..2_000_000)));
/// ```
#[derive(Clone, PartialEq, Debug)]
pub struct Popularity {
    count: u64,
    law: Law,
}

#[derive(Clone, PartialEq, Debug)]
enum Law {
    Uniform,
    Zipf(Zipf),
    HotSet { hot: u64, hot_share: f64 },
    Weighted(Weighted),
}

/// Neighbouring ranks of nearly the same probability; see [`Popularity::groups`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Group {
    /// The most popular rank of the group.
    pub first: u64,
    /// How many ranks there are.
    pub count: u64,
    /// Their mean probability.
    pub probability: f64,
}

/// Every constructor fails with a [`LawError`] when there are no keys or more than 2^53, or a number is outside
/// the range it names.
impl Popularity {
    /// Every key alike.
    pub fn uniform(count: u64) -> Result<Popularity, LawError> {
        check_count(count)?;
        Ok(Popularity { count, law: Law::Uniform })
    }

    /// Zipf's law: the k-th key in proportion to k^-`exponent`, where `exponent` ≥ 0.
    pub fn zipf(count: u64, exponent: f64) -> Result<Popularity, LawError> {
        check_count(count)?;
        if !(exponent.is_finite() && exponent >= 0.0) {
            return Err(LawError("the exponent must be finite and not negative"));
        }
        if exponent == 0.0 {
            return Popularity::uniform(count);
        }
        Ok(Popularity { count, law: Law::Zipf(Zipf::new(count, exponent)) })
    }

    /// `share_of_requests` of the requests ask for `share_of_keys` of the keys, and within both parts every key
    /// is alike: 0.9 and 0.1, say. The number of hot keys is rounded, to one at least.
    pub fn hot_set(
        count: u64,
        share_of_requests: f64,
        share_of_keys: f64,
    ) -> Result<Popularity, LawError> {
        check_count(count)?;
        if !(share_of_keys > 0.0 && share_of_keys <= 1.0) {
            return Err(LawError("the share of keys must lie above 0 and not above 1"));
        }
        if !(0.0..=1.0).contains(&share_of_requests) {
            return Err(LawError("the share of requests must lie between 0 and 1"));
        }
        let hot = ((count as f64 * share_of_keys + 0.5) as u64).clamp(1, count);
        if hot == count {
            return Popularity::uniform(count);
        }
        if share_of_requests < hot as f64 / count as f64 {
            return Err(LawError("the hot keys must get at least their share of the requests"));
        }
        Ok(Popularity { count, law: Law::HotSet { hot, hot_share: share_of_requests } })
    }

    /// One key for each weight, in proportion to it; the largest weight has rank 0, wherever it stands.
    ///
    /// # Errors
    /// Also when a weight is negative or not finite, or all are zero.
    pub fn weighted(weights: Vec<f64>) -> Result<Popularity, LawError> {
        check_count(weights.len() as u64)?;
        if weights.len() > u32::MAX as usize {
            return Err(LawError("there may be 2^32 - 1 weights at most"));
        }
        Ok(Popularity { count: weights.len() as u64, law: Law::Weighted(Weighted::new(weights)?) })
    }

    /// Whether each key is as probable as any other.
    pub fn is_uniform(&self) -> bool {
        matches!(self.law, Law::Uniform)
    }

    /// How many keys there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The rank of the key that a request asks for.
    #[inline]
    pub fn sample(&self, draw: &mut Draw) -> u64 {
        match &self.law {
            Law::Uniform => below(draw, self.count),
            Law::Zipf(zipf) => zipf.sample(draw) - 1,
            Law::HotSet { hot, hot_share } => {
                if draw.chance(*hot_share) {
                    below(draw, *hot)
                } else {
                    hot + below(draw, self.count - hot)
                }
            }
            Law::Weighted(weighted) => weighted.sample(draw),
        }
    }

    /// How probable it is that a request asks for the key of this rank; zero beyond the last.
    pub fn probability(&self, rank: u64) -> f64 {
        self.mass(rank..rank.saturating_add(1))
    }

    /// How probable it is that a request asks for one of these ranks, to 1e-12; in constant time.
    pub fn mass(&self, ranks: Range<u64>) -> f64 {
        let Range { start, end } = ranks;
        let end = end.min(self.count);
        if start >= end {
            return 0.0;
        }
        match &self.law {
            Law::Uniform => (end - start) as f64 / self.count as f64,
            Law::Zipf(zipf) => zipf.mass(start + 1, end),
            Law::HotSet { hot, hot_share } => {
                let hot_keys = end.min(*hot) - start.min(*hot);
                let cold_keys = (end - start) - hot_keys;
                hot_share * hot_keys as f64 / *hot as f64
                    + (1.0 - hot_share) * cold_keys as f64 / (self.count - hot) as f64
            }
            Law::Weighted(weighted) => weighted.below(end) - weighted.below(start),
        }
    }

    /// All ranks in order, in at most 2 `n` groups of nearly the same probability (`n` ≥ 1): the first `n` ranks
    /// alone, the others in groups that grow in proportion to their rank. Sums over all keys become sums over
    /// groups.
    pub fn groups(&self, n: usize) -> Vec<Group> {
        let mut edges = match &self.law {
            Law::Uniform => vec![0],
            Law::HotSet { hot, .. } => vec![0, *hot],
            Law::Zipf(_) | Law::Weighted(_) => growing_edges(self.count, n.max(1) as u64),
        };
        edges.push(self.count);
        let group = |edge: &[u64]| {
            let count = edge[1] - edge[0];
            let probability = self.mass(edge[0]..edge[1]) / count as f64;
            Group { first: edge[0], count, probability }
        };
        edges.windows(2).map(group).collect()
    }
}

/// 0, 1, … `n`, and from there on at most `n` - 1 steps of equal proportion to below `count`.
fn growing_edges(count: u64, n: u64) -> Vec<u64> {
    let growth = math::pow(count as f64 / n as f64, 1.0 / n as f64);
    let mut edges: Vec<u64> = (0..n.min(count)).collect();
    let mut edge = n;
    while edge < count {
        edges.push(edge);
        edge = (edge + 1).max((edge as f64 * growth).ceil() as u64);
    }
    edges
}

/// Uniform among 0, 1, … `n` - 1, where `n` ≤ 2^53: no probability is off by more than 2^-11 of itself, and
/// below 2^32 keys by no more than 2^-32.
#[inline]
fn below(draw: &mut Draw, n: u64) -> u64 {
    ((u128::from(draw.bits()) * u128::from(n)) >> 64) as u64
}

fn check_count(count: u64) -> Result<(), LawError> {
    match count {
        0 => Err(LawError("there must be at least one key")),
        1..=COUNT_MAX => Ok(()),
        _ => Err(LawError("there may be 2^53 keys at most")),
    }
}

/// Weights that were measured, most popular first.
#[derive(Clone, PartialEq, Debug)]
struct Weighted {
    /// The probability of all ranks up to and with this one; the last is 1.
    cumulated: Box<[f64]>,
    /// For the k-th of as many equal parts of [0, 1] as there are ranks: the rank in which the part starts.
    /// (H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE Trans. 6,
    /// 1974.)
    guide: Box<[u32]>,
}

impl Weighted {
    fn new(mut weights: Vec<f64>) -> Result<Weighted, LawError> {
        if !weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0) {
            return Err(LawError("every weight must be finite and not negative"));
        }
        weights.sort_by(|a, b| b.total_cmp(a));
        let mut sum = 0.0;
        for weight in &mut weights {
            sum += *weight;
            *weight = sum;
        }
        if !(sum > 0.0 && sum.is_finite()) {
            return Err(LawError("the weights must have a finite sum above 0"));
        }
        let cumulated: Box<[f64]> = weights.into_iter().map(|weight| weight / sum).collect();
        let count = cumulated.len();
        let mut rank = 0;
        let guide = (0..count)
            .map(|part| {
                let start = part as f64 / count as f64;
                while cumulated[rank] <= start {
                    rank += 1;
                }
                rank as u32
            })
            .collect();
        Ok(Weighted { cumulated, guide })
    }

    #[inline]
    fn sample(&self, draw: &mut Draw) -> u64 {
        let p = draw.uniform();
        let part = (p * self.guide.len() as f64) as usize;
        let mut rank = self.guide[part.min(self.guide.len() - 1)] as usize;
        // Rounding in `part` may put it one too high.
        while rank > 0 && p < self.cumulated[rank - 1] {
            rank -= 1;
        }
        while self.cumulated[rank] <= p {
            rank += 1;
        }
        rank as u64
    }

    /// The probability of the ranks below this one.
    fn below(&self, rank: u64) -> f64 {
        if rank == 0 { 0.0 } else { self.cumulated[rank as usize - 1] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Key, name_hash};
    use statrs::distribution::{ChiSquared, ContinuousCDF};

    const DRAWS: u64 = 40_000;

    /// The laws that are tried, one of every shape, over `count` keys.
    fn laws(count: u64) -> Vec<(String, Popularity)> {
        let mut laws: Vec<_> = [0.0, 0.5, 0.8, 1.0, 1.1, 1.3, 2.0]
            .map(|s| (format!("zipf {s} of {count}"), Popularity::zipf(count, s).unwrap()))
            .into();
        laws.push((format!("uniform of {count}"), Popularity::uniform(count).unwrap()));
        laws.push((format!("hot of {count}"), Popularity::hot_set(count, 0.9, 0.1).unwrap()));
        if count <= 10_000 {
            let weights = (0..count).map(|k| ((k * 7) % 11) as f64 + 0.25).collect();
            laws.push((format!("weights of {count}"), Popularity::weighted(weights).unwrap()));
        }
        laws
    }

    const COUNTS: [u64; 5] = [1, 2, 10, 10_000, 10_000_000];

    /// Ranges of ranks in each of which at least 20 draws are expected.
    fn bins(law: &Popularity) -> Vec<(Range<u64>, f64)> {
        let mut bins: Vec<(Range<u64>, f64)> = Vec::new();
        let mut open = 0..0;
        for group in law.groups(60) {
            open.end = group.first + group.count;
            let expected = law.mass(open.clone()) * DRAWS as f64;
            if expected >= 20.0 {
                bins.push((open.clone(), expected));
                open.start = open.end;
            }
        }
        if let Some(last) = bins.last_mut() {
            last.0.end = law.count();
            last.1 = law.mass(last.0.clone()) * DRAWS as f64;
        }
        bins
    }

    /// Pearson's test, at one false alarm in a million.
    #[test]
    fn draws_follow_their_probabilities() {
        for (name, law) in COUNTS.into_iter().flat_map(laws) {
            let bins = bins(&law);
            let mut found = vec![0u32; bins.len()];
            let key = Key::new(5, 0, name_hash(&name));
            for i in 0..DRAWS {
                let rank = law.sample(&mut Draw::new(i, key));
                assert!(rank < law.count(), "{name}: {rank}");
                found[bins.partition_point(|bin| bin.0.end <= rank)] += 1;
            }
            let chi2: f64 = bins
                .iter()
                .zip(found)
                .map(|((_, expected), n)| {
                    let off = f64::from(n) - expected;
                    off * off / expected
                })
                .sum();
            if bins.len() > 1 {
                let oracle = ChiSquared::new(bins.len() as f64 - 1.0).unwrap();
                assert!(oracle.sf(chi2) > 1e-6, "{name}: {chi2} in {} bins", bins.len());
            }
        }
    }

    /// Ranks below ten of a long law one by one, where coarser bins would hide a fault.
    #[test]
    fn the_most_popular_keys_get_their_share() {
        for exponent in [0.5, 0.8, 1.0, 1.3, 2.0] {
            let law = Popularity::zipf(10_000_000, exponent).unwrap();
            let mut found = [0u32; 10];
            for i in 0..DRAWS {
                let rank = law.sample(&mut Draw::new(i, Key::new(6, 0, 1)));
                if let Some(n) = found.get_mut(rank as usize) {
                    *n += 1;
                }
            }
            for (rank, n) in found.into_iter().enumerate() {
                let mean = law.probability(rank as u64) * DRAWS as f64;
                let off = (f64::from(n) - mean).abs();
                assert!(off <= 5.0 * mean.sqrt() + 1.0, "{exponent} {rank}: {n} for {mean}");
            }
        }
    }

    #[test]
    fn probabilities_sum_to_one() {
        for (name, law) in COUNTS.into_iter().flat_map(laws) {
            let count = law.count();
            assert!((law.mass(0..count) - 1.0).abs() < 1e-12, "{name}");
            assert_eq!(law.mass(0..u64::MAX), law.mass(0..count), "{name}");
            assert_eq!(law.probability(count), 0.0, "{name}");
            assert_eq!(law.probability(u64::MAX), 0.0, "{name}");
            for cut in [0, 1, count / 3, count / 2] {
                let sum = law.mass(0..cut) + law.mass(cut..count);
                assert!((sum - 1.0).abs() < 1e-12, "{name} at {cut}: {sum}");
            }
            if count <= 10_000 {
                let sum: f64 = (0..count).map(|rank| law.probability(rank)).sum();
                assert!((sum - 1.0).abs() < 1e-10, "{name}: {sum}");
            }
        }
    }

    #[test]
    fn no_key_is_less_popular_than_the_next() {
        for (name, law) in COUNTS.into_iter().flat_map(laws) {
            for rank in 0..law.count().min(2_000) {
                let (this, next) = (law.probability(rank), law.probability(rank + 1));
                assert!(this >= next * (1.0 - 1e-9), "{name}: {rank}");
            }
        }
    }

    /// The definition: the k-th key in proportion to k^-s.
    #[test]
    fn zipf_is_a_power_of_the_rank() {
        for exponent in [0.5, 1.0, 1.3] {
            let law = Popularity::zipf(10_000_000, exponent).unwrap();
            for rank in [1u64, 9, 999, 9_999_999] {
                let ratio = law.probability(rank) / law.probability(0);
                let expected = libm::pow((rank + 1) as f64, -exponent);
                assert!((ratio / expected - 1.0).abs() < 1e-9, "{exponent} {rank}");
            }
        }
    }

    #[test]
    fn hot_keys_get_their_share_of_the_requests() {
        let law = Popularity::hot_set(1_000, 0.9, 0.1).unwrap();
        assert!((law.mass(0..100) - 0.9).abs() < 1e-12);
        assert!((law.probability(99) / law.probability(100) - 81.0).abs() < 1e-9);
    }

    #[test]
    fn the_largest_weight_has_rank_zero() {
        let law = Popularity::weighted(vec![0.0, 1.0, 5.0, 2.0]).unwrap();
        let found: Vec<f64> = (0..4).map(|rank| law.probability(rank)).collect();
        for (found, expected) in found.into_iter().zip([0.625, 0.25, 0.125, 0.0]) {
            assert!((found - expected).abs() < 1e-15, "{found} for {expected}");
        }
    }

    #[test]
    fn groups_cover_every_rank_once_with_nearly_equal_probabilities() {
        for (name, law) in COUNTS.into_iter().flat_map(laws) {
            for n in [1, 10, 500] {
                let groups = law.groups(n);
                assert!(groups.len() <= 2 * n.max(1), "{name}: {} groups", groups.len());
                let mut next = 0;
                for group in &groups {
                    assert_eq!(group.first, next, "{name}");
                    assert!(group.count > 0);
                    next += group.count;
                }
                assert_eq!(next, law.count(), "{name}");
                let sum: f64 = groups.iter().map(|g| g.probability * g.count as f64).sum();
                assert!((sum - 1.0).abs() < 1e-9, "{name}: {sum}");
                // Ranks grow by 10^(4.3 / 500), so that probabilities fall by 4 % at most.
                for g in groups.iter().filter(|_| n == 500 && !name.starts_with("weights")) {
                    let (top, low) =
                        (law.probability(g.first), law.probability(g.first + g.count - 1));
                    assert!(low >= 0.96 * top, "{name}: {g:?} from {top} to {low}");
                }
            }
        }
    }

    #[test]
    fn what_makes_no_law_is_refused() {
        let refused = [
            Popularity::uniform(0),
            Popularity::uniform(COUNT_MAX + 1),
            Popularity::zipf(0, 1.0),
            Popularity::zipf(10, -0.1),
            Popularity::zipf(10, f64::NAN),
            Popularity::zipf(10, f64::INFINITY),
            Popularity::hot_set(0, 0.9, 0.1),
            Popularity::hot_set(10, 1.1, 0.1),
            Popularity::hot_set(10, f64::NAN, 0.1),
            Popularity::hot_set(10, 0.9, 0.0),
            Popularity::hot_set(10, 0.9, 1.1),
            Popularity::hot_set(10, 0.1, 0.5),
            Popularity::weighted(vec![]),
            Popularity::weighted(vec![0.0, 0.0]),
            Popularity::weighted(vec![1.0, -1.0]),
            Popularity::weighted(vec![1.0, f64::NAN]),
            Popularity::weighted(vec![f64::MAX, f64::MAX]),
        ];
        for law in refused {
            assert!(law.is_err(), "{law:?}");
        }
    }

    /// Exponents that no population has must still end, in a key.
    #[test]
    fn extreme_exponents_draw_the_first_key() {
        for exponent in [50.0, 1e3, 1e300] {
            let law = Popularity::zipf(1_000, exponent).unwrap();
            for i in 0..1_000 {
                assert_eq!(law.sample(&mut Draw::new(i, Key::new(1, 0, 0))), 0, "{exponent}");
            }
            assert!((law.mass(0..1_000) - 1.0).abs() < 1e-12);
        }
    }
}
