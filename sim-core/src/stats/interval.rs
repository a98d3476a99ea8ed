//! Means with the interval in which the truth is believed to lie.

use super::student::student_t_quantile;

/// Mean and variance of numbers that come one at a time, without cancellation.
///
/// B. P. Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics
/// 4 (1962).
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Welford {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Welford {
    /// Nothing seen yet.
    pub const fn new() -> Welford {
        Welford { count: 0, mean: 0.0, squares: 0.0 }
    }

    /// Takes a number in.
    #[inline]
    pub fn add(&mut self, number: f64) {
        self.count += 1;
        let before = number - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (number - self.mean);
    }

    /// What `scale` times each number plus `shift` would have come to.
    pub fn mapped(self, scale: f64, shift: f64) -> Welford {
        match self.count {
            0 => self,
            count => Welford {
                count,
                mean: scale * self.mean + shift,
                squares: scale * scale * self.squares,
            },
        }
    }

    /// How many numbers came.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their mean; NaN if none came.
    pub fn mean(&self) -> f64 {
        if self.count == 0 { f64::NAN } else { self.mean }
    }

    /// The unbiased estimate of the variance they were drawn with (divisor n - 1); NaN for fewer than two.
    pub fn variance(&self) -> f64 {
        if self.count < 2 { f64::NAN } else { self.squares / (self.count - 1) as f64 }
    }

    /// The mean with its t interval; see [`Estimate`].
    pub fn estimate(&self, confidence: f64) -> Estimate {
        let half_width = if self.count < 2 {
            f64::INFINITY
        } else {
            let df = (self.count - 1) as f64;
            let error = (self.variance() / self.count as f64).sqrt();
            student_t_quantile((1.0 + confidence) / 2.0, df) * error
        };
        Estimate { mean: self.mean(), half_width, n: self.count }
    }
}

impl Extend<f64> for Welford {
    fn extend<T: IntoIterator<Item = f64>>(&mut self, numbers: T) {
        numbers.into_iter().for_each(|number| self.add(number));
    }
}

impl FromIterator<f64> for Welford {
    fn from_iter<T: IntoIterator<Item = f64>>(numbers: T) -> Welford {
        let mut all = Welford::new();
        all.extend(numbers);
        all
    }
}

/// Two numbers of each replication, such as a difference and what it is held against: means, variances, covariance.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Pairs {
    first: Welford,
    second: Welford,
    /// Sum of the products of both distances from the means.
    products: f64,
}

impl Pairs {
    /// Takes a pair in.
    pub fn add(&mut self, first: f64, second: f64) {
        let before = first - self.first.mean;
        self.first.add(first);
        self.second.add(second);
        self.products += before * (second - self.second.mean);
    }

    /// The first numbers alone.
    pub fn first(&self) -> &Welford {
        &self.first
    }

    /// How `first - ratio * second` is spread over the replications.
    ///
    /// By the delta method its mean's variance, over the square of the second number's mean, is that of the ratio of the
    /// means (W. G. Cochran, "Sampling Techniques", 1977, section 6.4). Both numbers vary, and what they have in common
    /// cancels.
    pub fn residual(&self, ratio: f64) -> Welford {
        let squares = self.first.squares + ratio * ratio * self.second.squares;
        Welford {
            count: self.first.count,
            mean: self.first.mean - ratio * self.second.mean,
            squares: (squares - 2.0 * ratio * self.products).max(0.0),
        }
    }
}

/// A mean over independent replications and the half-width of its interval.
///
/// The interval is Student's t: it covers the true mean in a part of all experiments equal to the
/// confidence, as long as the replications' means are about normal.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Estimate {
    /// The mean; NaN without replications.
    pub mean: f64,
    /// Half the interval's width; infinite for fewer than two replications.
    pub half_width: f64,
    /// How many replications.
    pub n: u64,
}

impl Estimate {
    /// The mean of one number per replication; `confidence` is a fraction such as 0.95.
    pub fn of(replications: &[f64], confidence: f64) -> Estimate {
        replications.iter().copied().collect::<Welford>().estimate(confidence)
    }

    /// The interval's lower end.
    pub fn low(&self) -> f64 {
        self.mean - self.half_width
    }

    /// The interval's upper end.
    pub fn high(&self) -> f64 {
        self.mean + self.half_width
    }

    /// Whether the interval covers `value`.
    pub fn contains(&self, value: f64) -> bool {
        self.low() <= value && value <= self.high()
    }

    /// The half-width as a part of the mean's size: 0 for an interval without width, infinite around a mean
    /// of 0.
    pub fn relative_half_width(&self) -> f64 {
        if self.half_width == 0.0 { 0.0 } else { self.half_width / self.mean.abs() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key, normal};

    /// By hand: 2, 4, 4, 4, 5, 5, 7, 9 has mean 5 and squared distances that sum to 32.
    #[test]
    fn welford_by_hand() {
        let all: Welford = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].into_iter().collect();
        assert_eq!((all.count(), all.mean()), (8, 5.0));
        assert!((all.variance() - 32.0 / 7.0).abs() < 1e-14);
    }

    #[test]
    fn welford_does_not_cancel() {
        let all: Welford = [1e9 + 4.0, 1e9 + 7.0, 1e9 + 13.0, 1e9 + 16.0].into_iter().collect();
        assert_eq!((all.mean(), all.variance()), (1e9 + 10.0, 30.0));
    }

    /// Mean 3, standard error √(2.5 / 5), t(0.975, 4) = 2.776 of the printed tables.
    #[test]
    fn interval_by_hand() {
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.95);
        assert_eq!((estimate.mean, estimate.n), (3.0, 5));
        assert!((estimate.half_width - 2.776 * 0.5f64.sqrt()).abs() < 1e-3);
        assert!(estimate.contains(1.1) && !estimate.contains(1.0));
        assert!((estimate.relative_half_width() - estimate.half_width / 3.0).abs() < 1e-15);
    }

    #[test]
    fn too_few_replications_say_nothing() {
        assert_eq!(Estimate::of(&[4.0], 0.95).half_width, f64::INFINITY);
        let none = Estimate::of(&[], 0.95);
        assert!(none.mean.is_nan() && none.half_width == f64::INFINITY);
    }

    /// By hand: 1, 2, 6 and 2, 3, 4 have means 3 and 3, squares 14 and 2, products 5 (2 · 1 - 1 · 0 + 3 · 1).
    #[test]
    fn pairs_by_hand() {
        let mut pairs = Pairs::default();
        [(1.0, 2.0), (2.0, 3.0), (6.0, 4.0)].into_iter().for_each(|(a, b)| pairs.add(a, b));
        let residual = pairs.residual(0.5);
        assert_eq!((residual.count(), residual.mean()), (3, 1.5));
        assert!((residual.variance() - (14.0 + 0.25 * 2.0 - 5.0) / 2.0).abs() < 1e-14);
    }

    /// A design that is always a tenth slower: however much replications differ, the ratio does not.
    #[test]
    fn what_is_in_proportion_cancels() {
        let mut pairs = Pairs::default();
        [10.0, 50.0, 90.0].into_iter().for_each(|base| pairs.add(0.1 * base, base));
        assert!(pairs.residual(0.1).variance() < 1e-20 && pairs.first().variance() > 1.0);
    }

    /// 95 % intervals of a ratio of two correlated means, 20 replications: of 2,000 experiments 1,900 cover, give or
    /// take four standard deviations (4 · 9.7) and what the delta method leaves out.
    #[test]
    fn intervals_of_ratios_cover() {
        let key = Key::new(12, 0, 0);
        let covering = (0..2_000u64).filter(|experiment| {
            let mut pairs = Pairs::default();
            for k in 0..20 {
                let mut draw = Draw::new(experiment * 20 + k, key);
                let base = 10.0 + 2.0 * normal(&mut draw);
                pairs.add(5.0 + base * 0.3 + normal(&mut draw), base);
            }
            let ratio = pairs.first.mean / pairs.second.mean;
            let off = pairs.residual(ratio).estimate(0.95).half_width / pairs.second.mean;
            (ratio - 0.8).abs() <= off
        });
        let covering = covering.count();
        assert!((1_855..=1_945).contains(&covering), "{covering}");
    }

    /// The meaning of a 90 % interval: of 4,000 experiments with 5 normal replications each, 3,600 cover
    /// the truth, give or take four standard deviations (4 · 19).
    #[test]
    fn intervals_cover_as_often_as_they_say() {
        let key = Key::new(11, 0, 0);
        let covering = (0..4_000u64).filter(|experiment| {
            let replication = |k| 7.0 + 2.0 * normal(&mut Draw::new(experiment * 5 + k, key));
            (0..5).map(replication).collect::<Welford>().estimate(0.9).contains(7.0)
        });
        let covering = covering.count();
        assert!((3_524..=3_676).contains(&covering), "{covering}");
    }
}
