//! Student's t law: how far a mean of few replications may lie from the truth.

use crate::math;

/// The probability that a number from Student's law with `df` > 0 degrees of freedom is at most `t`.
///
/// Abramowitz and Stegun 26.7.1: half the regularised incomplete beta function of df / (df + t²).
pub fn student_t_cdf(t: f64, df: f64) -> f64 {
    let tail = 0.5 * beyond(t, df);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The number below which Student's law with `df` > 0 degrees of freedom lies with probability `p`:
/// infinite at 0 and 1, NaN outside.
///
/// For an interval of confidence c over n replications: p = (1 + c) / 2, df = n - 1.
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if p < 0.5 {
        return -student_t_quantile(1.0 - p, df);
    }
    if p.is_nan() || p > 1.0 || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if p == 1.0 {
        return f64::INFINITY;
    }
    let outside = 2.0 * (1.0 - p);
    // `beyond` falls with t: double until the root is enclosed.
    let (mut low, mut high) = (0.0, 1.0);
    while beyond(high, df) > outside && high < f64::MAX / 2.0 {
        low = high;
        high *= 2.0;
    }
    // Newton's steps, which double the digits, kept within what encloses the root; where one leaves it, a half.
    let scale = density_scale(df);
    let mut t = low + (high - low) / 2.0;
    loop {
        let excess = beyond(t, df) - outside;
        if excess > 0.0 {
            low = t;
        } else {
            high = t;
        }
        let slope = 2.0 * scale * math::exp(-(df + 1.0) / 2.0 * math::ln_1p(t * t / df));
        let newton = t + excess / slope;
        let next = if low < newton && newton < high { newton } else { low + (high - low) / 2.0 };
        // No double lies between, or the step is within the rounding of `beyond`.
        if next <= low || next >= high || (next - t).abs() <= 4.0 * f64::EPSILON * t {
            return next;
        }
        t = next;
    }
}

/// The density of Student's law at 0: Γ((df + 1) / 2) / (√(df π) Γ(df / 2)).
fn density_scale(df: f64) -> f64 {
    let ratio = math::ln_gamma((df + 1.0) / 2.0) - math::ln_gamma(df / 2.0);
    math::exp(ratio) / (df * std::f64::consts::PI).sqrt()
}

/// The probability that a number from Student's law is farther from 0 than `t`.
fn beyond(t: f64, df: f64) -> f64 {
    let square = t * t;
    if square < df {
        // Near the centre the other form of the argument keeps its digits.
        1.0 - incomplete_beta(0.5, df / 2.0, square / (df + square))
    } else {
        incomplete_beta(df / 2.0, 0.5, df / (df + square))
    }
}

/// The regularised incomplete beta function, a, b > 0 and 0 ≤ x ≤ 1.
///
/// The continued fraction of DLMF 8.17.22, which converges fast for x < (a + 1) / (a + b + 2); beyond, the
/// symmetry of DLMF 8.17.4.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(b, a, 1.0 - x);
    }
    let ln_beta = math::ln_gamma(a) + math::ln_gamma(b) - math::ln_gamma(a + b);
    let front = math::exp(a * math::ln(x) + b * math::ln_1p(-x) - ln_beta);
    front / a / beta_fraction(a, b, x)
}

/// 1 + d1 / (1 + d2 / (1 + …)) by Lentz's method, until a factor changes nothing.
fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let (mut value, mut c, mut d) = (1.0, 1.0, 0.0);
    for k in 1..10_000 {
        let m = f64::from(k / 2);
        let coefficient = if k % 2 == 0 {
            m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m))
        } else {
            -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0))
        };
        d = 1.0 / away_from_zero(1.0 + coefficient * d);
        c = away_from_zero(1.0 + coefficient / c);
        value *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, StudentsT};

    #[test]
    fn distribution_agrees_with_statrs() {
        for df in [1.0, 2.0, 3.5, 9.0, 30.0, 499.0, 1e5] {
            let oracle = StudentsT::new(0.0, 1.0, df).unwrap();
            for t in [-40.0, -3.0, -1.0, -0.01, 0.0, 0.3, 1.0, 1.96, 2.5, 6.0, 100.0] {
                let (found, expected) = (student_t_cdf(t, df), oracle.cdf(t));
                assert!((found - expected).abs() < 1e-9, "df {df}, t {t}: {found}, {expected}");
            }
        }
    }

    /// Cauchy's law far out: P(X < -t) = arctan(1/t) / π, which is 1 / (π t) to double precision.
    #[test]
    fn far_tails_keep_their_digits() {
        for t in [1e9, 1e12, 1e15] {
            let expected = 1.0 / (std::f64::consts::PI * t);
            assert!((student_t_cdf(-t, 1.0) / expected - 1.0).abs() < 1e-12, "{t}");
        }
    }

    /// Closed forms: one degree of freedom is Cauchy's law, t = tan(π (p - 1/2)); with two,
    /// t = (2p - 1) √(2 / (1 - (2p - 1)²)).
    #[test]
    fn quantiles_agree_with_closed_forms() {
        for p in [0.5, 0.6, 0.9, 0.975, 0.995, 0.9999] {
            let cauchy = libm::tan(std::f64::consts::PI * (p - 0.5));
            assert!((student_t_quantile(p, 1.0) - cauchy).abs() < 1e-9 * (1.0 + cauchy));
            let a = 2.0 * p - 1.0;
            let two = a * (2.0 / (1.0 - a * a)).sqrt();
            assert!((student_t_quantile(p, 2.0) - two).abs() < 1e-9 * (1.0 + two));
        }
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, to its three decimals.
    #[test]
    fn quantiles_agree_with_the_printed_table() {
        let table = [
            (0.95, 1.0, 6.314),
            (0.975, 4.0, 2.776),
            (0.975, 9.0, 2.262),
            (0.975, 19.0, 2.093),
            (0.995, 19.0, 2.861),
            (0.9, 29.0, 1.311),
            (0.975, 100.0, 1.984),
        ];
        for (p, df, expected) in table {
            assert!((student_t_quantile(p, df) - expected).abs() < 5.1e-4, "p {p}, df {df}");
            assert!((student_t_quantile(1.0 - p, df) + expected).abs() < 5.1e-4, "p {p}, df {df}");
        }
    }

    #[test]
    fn edges() {
        assert_eq!(student_t_quantile(0.5, 7.0), 0.0);
        assert_eq!(student_t_quantile(1.0, 7.0), f64::INFINITY);
        assert_eq!(student_t_quantile(0.0, 7.0), f64::NEG_INFINITY);
        assert!(student_t_quantile(1.1, 7.0).is_nan() && student_t_quantile(0.9, 0.0).is_nan());
        // With very many degrees of freedom the law is normal: 1.959964 for 95 %.
        assert!((student_t_quantile(0.975, 1e7) - 1.959_964).abs() < 1e-6);
    }
}
