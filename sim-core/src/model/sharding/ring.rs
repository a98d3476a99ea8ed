//! The ring of consistent hashing.

use crate::random::mix;

/// The most points that a ring has, of all shards together: it is looked up by binary search, for every request.
pub const RING_POINTS_MAX: u32 = 1_000_000;

/// Points in ascending order, and the shard of each.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Ring {
    points: Box<[u64]>,
    shards: Box<[u32]>,
}

impl Ring {
    /// A point depends on its shard and its number there only, so that a shard that joins leaves the others in place.
    pub(super) fn new(shards: u32, vnodes: u32, salt: u64) -> Ring {
        let vnodes = vnodes.min(RING_POINTS_MAX / shards).max(1);
        // Keys are hashed from the salt itself.
        let salt = mix(!salt);
        let of_shard = |shard: u32| {
            let base = mix(salt.wrapping_add(u64::from(shard)));
            (0..vnodes).map(move |vnode| (mix(base.wrapping_add(u64::from(vnode))), shard))
        };
        let mut ring: Vec<(u64, u32)> = (0..shards).flat_map(of_shard).collect();
        ring.sort_unstable();
        let (points, shards): (Vec<u64>, Vec<u32>) = ring.into_iter().unzip();
        Ring { points: points.into(), shards: shards.into() }
    }

    /// The shard of the first point that is not before `hash`.
    #[inline]
    pub(super) fn owner(&self, hash: u64) -> u32 {
        self.owner_at(self.points.partition_point(|&point| point < hash))
    }

    /// The owner of the arc that ends at a point; of the one beyond the last it is the first.
    #[inline]
    fn owner_at(&self, place: usize) -> u32 {
        self.shards[if place == self.shards.len() { 0 } else { place }]
    }

    /// The part of the circle that each of `shards` owns.
    pub(super) fn arcs(&self, shards: u32) -> Vec<f64> {
        let mut arcs = vec![0.0; shards as usize];
        let mut before = self.points.last().copied().unwrap_or_default();
        for (&point, &shard) in self.points.iter().zip(&self.shards) {
            arcs[shard as usize] += point.wrapping_sub(before) as f64 / u64::MAX as f64;
            before = point;
        }
        arcs
    }

    /// The part of the circle that belongs to another shard on the other ring.
    pub(super) fn moved(&self, other: &Ring) -> f64 {
        let (mut mine, mut theirs, mut start, mut moved) = (0, 0, 0, 0);
        loop {
            let ends = (self.points.get(mine).copied(), other.points.get(theirs).copied());
            let end = ends.0.unwrap_or(u64::MAX).min(ends.1.unwrap_or(u64::MAX));
            if self.owner_at(mine) != other.owner_at(theirs) {
                moved += end - start;
            }
            if ends == (None, None) {
                return moved as f64 / u64::MAX as f64;
            }
            start = end;
            mine += usize::from(ends.0 == Some(end));
            theirs += usize::from(ends.1 == Some(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Welford;

    const SHARDS: u32 = 10;

    /// The mean of a figure of rings with other seeds contains the truth in an interval that fails once in 10,000.
    fn check_mean(rings: u64, vnodes: u32, truth: f64, figure: impl Fn(&[f64]) -> f64) {
        let mut seen = Welford::new();
        seen.extend(
            (0..rings).map(|seed| figure(&Ring::new(SHARDS, vnodes, mix(seed)).arcs(SHARDS))),
        );
        let estimate = seen.estimate(0.9999);
        assert!(estimate.contains(truth), "{vnodes} points each: {truth} is not in {estimate:?}");
    }

    /// The mean square of what a share is off its mean, in units of the mean: the squared coefficient of variation.
    fn squared_cv(arcs: &[f64]) -> f64 {
        let n = arcs.len() as f64;
        arcs.iter().map(|arc| (arc * n - 1.0) * (arc * n - 1.0)).sum::<f64>() / n
    }

    fn max_over_mean(arcs: &[f64]) -> f64 {
        arcs.iter().copied().fold(0.0, f64::max) * arcs.len() as f64
    }

    fn min_over_mean(arcs: &[f64]) -> f64 {
        arcs.iter().copied().fold(1.0, f64::min) * arcs.len() as f64
    }

    /// Uniform spacings: a share of `v` of `n v` arcs follows Beta(v, (n - 1) v).
    #[test]
    fn shares_vary_as_sums_of_uniform_spacings_do() {
        for (vnodes, cv) in [(1, 0.904_534_033_7), (10, 0.298_511_157_1), (100, 0.094_820_931_2)] {
            check_mean(2_000, vnodes, cv * cv, squared_cv);
        }
    }

    /// The longest of `n` spacings is `H_n / n` in the mean, the shortest `1 / n²`.
    #[test]
    fn the_longest_and_the_shortest_arc_have_their_means() {
        let harmonic: f64 = (1..=SHARDS).map(|k| 1.0 / f64::from(k)).sum();
        check_mean(20_000, 1, harmonic, max_over_mean);
        check_mean(20_000, 1, 1.0 / f64::from(SHARDS), min_over_mean);
    }

    /// Known by simulation to ± 0.0006 only, far less than the interval here.
    #[test]
    fn a_hundred_points_leave_the_largest_share_sixteen_percent_above_the_mean() {
        check_mean(2_000, 100, 1.159_20, max_over_mean);
    }

    #[test]
    fn who_joins_takes_its_share_of_the_circle_and_nobody_else_moves() {
        let mut seen = Welford::new();
        for seed in 0..300 {
            let (before, after) = (Ring::new(10, 100, mix(seed)), Ring::new(11, 100, mix(seed)));
            seen.extend([before.moved(&after)]);
            assert_eq!(before.moved(&after), after.moved(&before));
            assert_eq!(before.moved(&before), 0.0);
            for key in (0..1_000).map(mix) {
                let (old, new) = (before.owner(key), after.owner(key));
                assert!(old == new || new == 10);
            }
        }
        assert!(seen.estimate(0.9999).contains(1.0 / 11.0), "{seen:?}");
    }

    #[test]
    fn points_are_bounded_and_every_shard_has_one() {
        assert_eq!(Ring::new(1_000, 5_000, 1).points.len(), RING_POINTS_MAX as usize);
        assert_eq!(Ring::new(3, 0, 1).points.len(), 3);
    }
}
