//! The rule by which a measured value passes: the interval contains the truth, and is narrow enough to mean something.

use crate::truth::{Expected, Kind};
use sim_core::stats::Estimate;
use std::fmt;

/// What came of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Passed,
    /// The truth is outside the interval, or the bound is crossed.
    Missed,
    /// The interval is too wide to say.
    Vague,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Passed => "passed",
            Verdict::Missed => "MISSED",
            Verdict::Vague => "TOO WIDE",
        })
    }
}

/// The other simulation had about as many replications as ours: what makes its 95 % interval one of 99.9 % is the ratio
/// of the t quantiles at 19 degrees of freedom, 3.883 / 2.093.
const WIDER: f64 = 1.855;

/// Room for the rounding of floating-point numbers, relative to the value.
const ROUNDING: f64 = 1e-9;

/// Judges one number per replication.
pub(crate) fn judge(expected: &Expected, replications: &[f64]) -> Verdict {
    if excess(expected, replications) > 1.0 {
        return Verdict::Vague;
    }
    let Estimate { mean, half_width, .. } = Estimate::of(replications, 0.999);
    let value = expected.value;
    let room = value.abs() * ROUNDING;
    let passes = match expected.kind {
        Kind::Exact => (mean - value).abs() <= half_width + room,
        Kind::Numeric(tolerance) => (mean - value).abs() <= half_width + value.abs() * tolerance,
        Kind::Simulated(other) => {
            let other = other * WIDER;
            (mean - value).abs() <= (half_width * half_width + other * other).sqrt()
        }
        Kind::Approximate(tolerance) => (mean / value - 1.0).abs() <= tolerance,
        Kind::Upper => mean <= value + half_width + room,
        Kind::Lower => mean >= value - half_width - room,
    };
    if passes { Verdict::Passed } else { Verdict::Missed }
}

/// How many times too wide the 95 % interval is; 1 and less is narrow enough.
pub(crate) fn excess(expected: &Expected, replications: &[f64]) -> f64 {
    let estimate = Estimate::of(replications, 0.95);
    // A residual of 0 has no size of its own: it is relative already.
    let size = match expected.kind {
        Kind::Upper | Kind::Lower => estimate.mean.abs(),
        _ if expected.value == 0.0 => 1.0,
        _ => expected.value.abs(),
    };
    let excess = estimate.half_width / (relative_width(expected) * size);
    if excess.is_nan() { f64::INFINITY } else { excess }
}

/// The half-width asked for, relative to the value: less of tails, which few requests reach.
fn relative_width(expected: &Expected) -> f64 {
    let name = expected.name.as_str();
    let is_probability =
        name.starts_with("p_") || name.contains("_p_") || name.starts_with("request_failure_");
    if is_probability {
        return if expected.value < 0.01 { 0.05 } else { 0.01 };
    }
    match name {
        _ if name.contains("p99_9") => 0.05,
        _ if name.contains("p99") => 0.02,
        _ => 0.01,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(name: &str, value: f64, kind: Kind) -> Expected {
        Expected { name: name.to_owned(), value, kind }
    }

    /// Twenty numbers with the mean 10 and the standard error `error`.
    fn around_ten(error: f64) -> Vec<f64> {
        // ± d has the unbiased variance 20 d² / 19, and so the standard error d / √19.
        (0..20).map(|i| 10.0 + if i % 2 == 0 { 1.0 } else { -1.0 } * error * 19f64.sqrt()).collect()
    }

    #[test]
    fn an_interval_that_contains_the_truth_passes() {
        // The half-widths of 95 and 99.9 % are 2.093 and 3.883 standard errors: 0.08 and 0.155.
        let numbers = around_ten(0.04);
        assert_eq!(judge(&expected("mean", 10.15, Kind::Exact), &numbers), Verdict::Passed);
        assert_eq!(judge(&expected("mean", 10.17, Kind::Exact), &numbers), Verdict::Missed);
        assert_eq!(judge(&expected("mean", 10.17, Kind::Numeric(0.01)), &numbers), Verdict::Passed);
        assert_eq!(
            judge(&expected("mean", 10.3, Kind::Simulated(0.16)), &numbers),
            Verdict::Passed
        );
        assert_eq!(
            judge(&expected("mean", 10.5, Kind::Simulated(0.16)), &numbers),
            Verdict::Missed
        );
        assert_eq!(
            judge(&expected("mean", 10.5, Kind::Approximate(0.05)), &numbers),
            Verdict::Passed
        );
        assert_eq!(
            judge(&expected("mean", 10.7, Kind::Approximate(0.05)), &numbers),
            Verdict::Missed
        );
    }

    #[test]
    fn a_wide_interval_passes_nothing_but_tails() {
        // 95 %: 0.1256, which is 1.26 % of the value.
        let numbers = around_ten(0.06);
        assert_eq!(judge(&expected("mean", 10.0, Kind::Exact), &numbers), Verdict::Vague);
        assert_eq!(judge(&expected("wait_p99", 10.0, Kind::Exact), &numbers), Verdict::Passed);
        let numbers = around_ten(0.2);
        assert_eq!(judge(&expected("wait_p99", 10.0, Kind::Exact), &numbers), Verdict::Vague);
        assert_eq!(judge(&expected("wait_p99_9", 10.0, Kind::Exact), &numbers), Verdict::Passed);
    }

    #[test]
    fn small_probabilities_may_be_wider_and_others_named_after_a_percentile_not() {
        assert_eq!(relative_width(&expected("p_reject", 0.009, Kind::Exact)), 0.05);
        assert_eq!(relative_width(&expected("p_over_leaf_p99_n1", 0.011, Kind::Exact)), 0.01);
    }

    #[test]
    fn bounds_are_one_sided() {
        let numbers = around_ten(0.01);
        assert_eq!(judge(&expected("mean", 11.0, Kind::Upper), &numbers), Verdict::Passed);
        assert_eq!(judge(&expected("mean", 9.0, Kind::Upper), &numbers), Verdict::Missed);
        assert_eq!(judge(&expected("mean", 9.0, Kind::Lower), &numbers), Verdict::Passed);
        assert_eq!(judge(&expected("mean", 11.0, Kind::Lower), &numbers), Verdict::Missed);
        assert_eq!(judge(&expected("mean", f64::NAN, Kind::Exact), &numbers), Verdict::Vague);
    }

    #[test]
    fn a_value_without_spread_has_to_be_the_truth() {
        let numbers = [67.0; 20];
        assert_eq!(judge(&expected("p99", 67.0, Kind::Exact), &numbers), Verdict::Passed);
        assert_eq!(judge(&expected("p99", 66.0, Kind::Exact), &numbers), Verdict::Missed);
    }
}
