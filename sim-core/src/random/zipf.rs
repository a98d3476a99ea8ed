//! Zipf's law over 1, 2, … n: the k-th most popular key is asked for in proportion to k^-s.
//!
//! W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
//! distributions", TOMACS 6 (1996): the integral of the density is inverted and what lies outside the bars is
//! rejected, so that a draw is exact and needs no table, however many keys there are.

use super::draw::Draw;
use crate::math;

/// Terms summed one by one before the Euler–Maclaurin formula is as exact as they are.
const HEAD: u64 = 256;

/// Zipf's law with its constants worked out.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Zipf {
    count: u64,
    exponent: f64,
    /// The sum of k^-s over all keys.
    total: f64,
    /// The integral up to the first bar's right edge, less the bar: where the area drawn from begins.
    area_first: f64,
    /// The integral up to the last bar's right edge.
    area_last: f64,
    /// A place this little to the left of its key is always under the bar.
    squeeze: f64,
}

impl Zipf {
    /// The law over 1..=`count` with `exponent` ≥ 0.
    pub(super) fn new(count: u64, exponent: f64) -> Zipf {
        let squeeze =
            2.0 - inverse_integral(integral(2.5, exponent) - power(2.0, exponent), exponent);
        Zipf {
            count,
            exponent,
            total: sum(1, count, exponent),
            area_first: integral(1.5, exponent) - 1.0,
            area_last: integral(count as f64 + 0.5, exponent),
            squeeze,
        }
    }

    /// A key from 1 to `count`. About one try in a hundred is rejected.
    #[inline]
    pub(super) fn sample(&self, draw: &mut Draw) -> u64 {
        loop {
            let area = self.area_last + draw.open() * (self.area_first - self.area_last);
            let place = inverse_integral(area, self.exponent);
            let key = ((place + 0.5) as u64).clamp(1, self.count);
            let k = key as f64;
            if k - place <= self.squeeze
                || area >= integral(k + 0.5, self.exponent) - power(k, self.exponent)
            {
                return key;
            }
        }
    }

    /// The probability of the keys `first`..=`last`; zero if there are none.
    pub(super) fn mass(&self, first: u64, last: u64) -> f64 {
        sum(first, last, self.exponent) / self.total
    }
}

fn power(x: f64, exponent: f64) -> f64 {
    math::pow(x, -exponent)
}

/// The integral of t^-s from 1 to `x`, accurate for s near 1 too.
fn integral(x: f64, exponent: f64) -> f64 {
    let log = math::ln(x);
    let z = (1.0 - exponent) * log;
    if z == 0.0 { log } else { math::exp_m1(z) / z * log }
}

/// The `x` up to which [`integral`] is `area`.
#[inline]
fn inverse_integral(area: f64, exponent: f64) -> f64 {
    let z = ((1.0 - exponent) * area).max(-1.0);
    math::exp(if z == 0.0 { area } else { math::ln_1p(z) / z * area })
}

/// The sum of k^-s over `first`..=`last`, to 1e-13 of itself.
fn sum(first: u64, last: u64, exponent: f64) -> f64 {
    let head_end = last.min(first.max(HEAD));
    let mut sum = 0.0;
    for k in first..=head_end {
        sum += power(k as f64, exponent);
    }
    if head_end < last { sum + euler_maclaurin(head_end + 1, last, exponent) } else { sum }
}

/// The sum of k^-s over `first`..=`last` from the integral, the ends and their derivatives; the terms left
/// out are below (s + 6)^7 / (2π first)^7 of the first summand.
fn euler_maclaurin(first: u64, last: u64, exponent: f64) -> f64 {
    let (a, b) = (first as f64, last as f64);
    if power(a, exponent) == 0.0 {
        return 0.0;
    }
    let area = power(a, exponent) * a * integral(b / a, exponent);
    let end = |x: f64| {
        let s = exponent;
        let third = s * (s + 1.0) * (s + 2.0) / (x * x * x);
        let fifth = third * (s + 3.0) * (s + 4.0) / (x * x);
        power(x, s) * (s / (12.0 * x) - third / 720.0 + fifth / 30_240.0)
    };
    area + 0.5 * (power(a, exponent) + power(b, exponent)) + end(a) - end(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Added from the smallest up, so that rounding does not matter.
    fn naive(first: u64, last: u64, exponent: f64) -> f64 {
        (first..=last).rev().map(|k| libm::pow(k as f64, -exponent)).sum()
    }

    #[test]
    fn sums_of_powers_are_those_of_adding_them_up() {
        for exponent in [0.0, 0.3, 0.8, 0.999_999, 1.0, 1.1, 1.3, 2.0, 5.0, 40.0] {
            for (first, last) in [(1, 1), (1, 257), (1, 100_000), (300, 301), (3_000, 90_000)] {
                let (found, expected) = (sum(first, last, exponent), naive(first, last, exponent));
                let what = format!("{first}..={last} to -{exponent}: {found}, not {expected}");
                assert!((found / expected - 1.0).abs() < 1e-12, "{what}");
            }
        }
        assert_eq!(sum(5, 4, 0.8), 0.0);
    }

    /// The constants of Euler, ζ(2) and ζ(3/2), as in every handbook.
    #[test]
    fn sums_to_ten_million_agree_with_the_limits() {
        let n = 1e7;
        let harmonic = math::ln(n) + 0.577_215_664_901_532_9 + 0.5 / n;
        assert!((sum(1, 10_000_000, 1.0) - harmonic).abs() < 1e-12);
        let zeta2 = std::f64::consts::PI * std::f64::consts::PI / 6.0 - 1.0 / n + 0.5 / (n * n);
        assert!((sum(1, 10_000_000, 2.0) - zeta2).abs() < 1e-12);
        let zeta = 2.612_375_348_685_488 - 2.0 / n.sqrt() + 0.5 / (n * n.sqrt());
        assert!((sum(1, 10_000_000, 1.5) - zeta).abs() < 1e-12);
    }

    #[test]
    fn the_integral_and_its_inverse_undo_each_other() {
        for exponent in [0.1, 0.8, 1.0 - 1e-12, 1.0, 1.0 + 1e-12, 1.3, 2.0] {
            for x in [1.0, 1.5, 2.5, 1e3, 1e7] {
                let back = inverse_integral(integral(x, exponent), exponent);
                assert!((back / x - 1.0).abs() < 1e-7, "{exponent} {x} {back}");
            }
        }
    }
}
