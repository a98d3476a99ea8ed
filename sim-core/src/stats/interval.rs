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

    /// The mean of b - a over pairs of replications that saw the same random numbers.
    ///
    /// What the two have in common cancels, so the interval is narrower than that of two separate means.
    /// Pairs beyond the end of the shorter list are left out.
    pub fn paired_difference(a: &[f64], b: &[f64], confidence: f64) -> Estimate {
        a.iter().zip(b).map(|(a, b)| b - a).collect::<Welford>().estimate(confidence)
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

    #[test]
    fn a_common_part_cancels_in_pairs() {
        let (a, b) = ([10.0, 50.0, 90.0], [11.0, 51.0, 91.0]);
        let difference = Estimate::paired_difference(&a, &b, 0.95);
        assert_eq!((difference.mean, difference.half_width), (1.0, 0.0));
        assert_eq!(difference.relative_half_width(), 0.0);
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
