//! Time spent at each value of a number that changes: requests in a system, servers at work.

use super::Bytes;
use crate::time::Time;

/// How long a whole number that changes over time stood at each of its values.
///
/// Times are whole nanoseconds and nothing is rounded, so that integrals are exact and merging in any order or
/// grouping gives the same bits. Memory follows the largest value: 8 bytes for each number up to it.
///
/// ```
/// use sim_core::stats::Levels;
/// use sim_core::time::Time;
///
/// let mut inside = Levels::default();
/// inside.change(Time(30), 0);
/// inside.change(Time(90), 1);
/// inside.change(Time(100), 4);
/// assert_eq!(inside.mean(), 1.0);
/// assert_eq!(inside.fraction_at_most(0), 0.3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Nanoseconds by number.
    nanos: Vec<u64>,
    /// The last change.
    since: Time,
}

/// How long it stood at each number. The last change is not kept: what is read back is over.
impl Bytes for Levels {
    fn write(&self, out: &mut Vec<u8>) {
        self.nanos.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Levels> {
        Some(Levels { nanos: Vec::read(from)?, since: Time::ZERO })
    }
}

impl Levels {
    /// The number, `level` since the last change, changes now. The total is the time that has passed, so it needs
    /// no guard against overflow.
    #[inline]
    pub fn change(&mut self, now: Time, level: u32) {
        let stood = now.since(std::mem::replace(&mut self.since, now)).0;
        match self.nanos.get_mut(level as usize) {
            Some(nanos) => *nanos += stood,
            None => self.grow(level, stood),
        }
    }

    #[cold]
    fn grow(&mut self, level: u32, stood: u64) {
        self.nanos.resize(level as usize + 1, 0);
        self.nanos[level as usize] = stood;
    }

    /// Forgets all that was before `now`, and keeps the memory.
    pub fn restart(&mut self, now: Time) {
        self.nanos.fill(0);
        self.since = now;
    }

    /// Adds the times of `other`, a system beside this one or another run of it. Times stop at 584 years.
    pub fn merge(&mut self, other: &Levels) {
        if self.nanos.len() < other.nanos.len() {
            self.nanos.resize(other.nanos.len(), 0);
        }
        for (mine, theirs) in self.nanos.iter_mut().zip(&other.nanos) {
            *mine = mine.saturating_add(*theirs);
        }
    }

    /// The numbers that were taken for some time, in rising order, and the nanoseconds of each.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        (0..).zip(self.nanos.iter().copied()).filter(|&(_, nanos)| nanos > 0)
    }

    /// Nanoseconds in all.
    pub fn nanos(&self) -> u128 {
        self.nanos.iter().map(|&nanos| u128::from(nanos)).sum()
    }

    /// Whether no time has passed.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The integral of the number over time, in nanoseconds: what requests spent there, if it counts requests.
    pub fn sum(&self) -> u128 {
        self.sum_up_to(u32::MAX)
    }

    /// The integral of the number or of `cap`, whichever is less: of requests at so many servers, the servers' time
    /// at work.
    pub fn sum_up_to(&self, cap: u32) -> u128 {
        self.iter().map(|(level, nanos)| u128::from(level.min(cap)) * u128::from(nanos)).sum()
    }

    /// The largest number; None if no time has passed.
    pub fn max(&self) -> Option<u32> {
        self.nanos.iter().rposition(|&nanos| nanos > 0).map(|level| level as u32)
    }

    /// The mean over time; NaN if no time has passed.
    pub fn mean(&self) -> f64 {
        self.sum() as f64 / self.nanos() as f64
    }

    /// The mean over time of the squared distance from the mean; NaN if no time has passed.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        let about_mean = |(level, nanos): (u32, u64)| {
            let off = f64::from(level) - mean;
            off * off * nanos as f64
        };
        self.iter().map(about_mean).sum::<f64>() / self.nanos() as f64
    }

    /// The smallest number that was not exceeded during a part `p` of the time; NaN if no time has passed.
    pub fn quantile(&self, p: f64) -> f64 {
        let rank = p.clamp(0.0, 1.0) * self.nanos() as f64;
        let mut below = 0;
        for (level, nanos) in self.iter() {
            below += u128::from(nanos);
            if below as f64 >= rank {
                return f64::from(level);
            }
        }
        f64::NAN
    }

    /// The part of the time during which the number was at most `level`; NaN if no time has passed.
    pub fn fraction_at_most(&self, level: u32) -> f64 {
        let below = self.iter().take_while(|&(number, _)| number <= level);
        below.map(|(_, nanos)| u128::from(nanos)).sum::<u128>() as f64 / self.nanos() as f64
    }
}

/// Equal when every number was taken for the same time.
impl PartialEq for Levels {
    fn eq(&self, other: &Levels) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Levels {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Stands at each level for so many nanoseconds.
    fn of(steps: &[(u32, u64)]) -> Levels {
        let mut levels = Levels::default();
        let mut now = 0;
        for &(level, nanos) in steps {
            now += nanos;
            levels.change(Time(now), level);
        }
        levels
    }

    /// 2 for 10^18 ns and 5 for 3·10^18, 127 years in all: mean 17/4, mean square 79/4.
    #[test]
    fn moments_of_a_century_by_hand() {
        const LONG: u64 = 1_000_000_000_000_000_000;
        let levels = of(&[(5, LONG), (2, LONG), (5, 2 * LONG)]);
        assert_eq!(levels.sum(), 17 * u128::from(LONG));
        assert_eq!((levels.mean(), levels.variance()), (4.25, 19.75 - 4.25 * 4.25));
        assert_eq!((levels.quantile(0.25), levels.quantile(0.26)), (2.0, 5.0));
        assert_eq!((levels.quantile(0.0), levels.quantile(1.0)), (2.0, 5.0));
        let part = |level| levels.fraction_at_most(level);
        assert_eq!((part(1), part(2), part(4), part(5)), (0.0, 0.25, 0.25, 1.0));
    }

    /// Three servers: 1, 3 and 3 of them at work for 10, 20 and 30 ns.
    #[test]
    fn servers_at_work_are_never_more_than_there_are() {
        let levels = of(&[(1, 10), (3, 20), (7, 30)]);
        assert_eq!(levels.sum_up_to(3), 10 + 60 + 90);
        assert_eq!(levels.sum(), 10 + 60 + 210);
    }

    #[test]
    fn a_number_taken_for_no_time_is_not_seen() {
        let levels = of(&[(0, 5), (9, 0), (1, 5)]);
        assert_eq!(levels, of(&[(0, 5), (1, 5)]));
        assert_eq!((levels.max(), levels.iter().count()), (Some(1), 2));
    }

    #[test]
    fn no_time_has_no_mean() {
        let levels = of(&[(3, 0)]);
        assert!(levels.is_empty());
        assert_eq!((levels.max(), levels.sum()), (None, 0));
        assert!(levels.mean().is_nan() && levels.variance().is_nan());
        assert!(levels.quantile(0.5).is_nan() && levels.fraction_at_most(3).is_nan());
    }

    #[test]
    fn a_restart_forgets_what_was_before() {
        let mut levels = of(&[(4, 100)]);
        levels.restart(Time(150));
        levels.change(Time(160), 2);
        assert_eq!(levels, of(&[(2, 10)]));
    }

    proptest! {
        #[test]
        fn merging_in_any_order_is_standing_longer(
            steps in prop::collection::vec((0u32..50, 0u64..1 << 40), 0..60),
            cut in 0usize..60,
        ) {
            let (left, right) = steps.split_at(cut.min(steps.len()));
            let mut forward = of(left);
            forward.merge(&of(right));
            let mut backward = of(right);
            backward.merge(&of(left));
            prop_assert_eq!(&forward, &of(&steps));
            prop_assert_eq!(&backward, &forward);
        }
    }
}
