//! The only door to transcendental functions.
//!
//! The standard library's `ln`, `exp` and `powf` call the platform's libm and differ in the last bit
//! between x86-64 and wasm32; the `libm` crate computes the same bits everywhere. `clippy.toml` forbids the
//! methods of `f64` that are replaced here. Square roots, products and sums are exact by IEEE 754 and need
//! no door.

mod exp;

/// Natural logarithm.
#[inline]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Natural logarithm of `1 + x`, accurate for small `x`.
#[inline]
pub fn ln_1p(x: f64) -> f64 {
    libm::log1p(x)
}

/// Exponential function.
#[inline]
pub fn exp(x: f64) -> f64 {
    exp::exp(x)
}

/// `x` to the power `y`.
#[inline]
pub fn pow(x: f64, y: f64) -> f64 {
    libm::pow(x, y)
}

/// Sine of an angle in radians.
#[inline]
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of an angle in radians.
#[inline]
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// The gamma function.
#[inline]
pub fn gamma(x: f64) -> f64 {
    libm::tgamma(x)
}

/// Natural logarithm of the gamma function.
#[inline]
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// The error function.
#[inline]
pub fn erf(x: f64) -> f64 {
    libm::erf(x)
}

/// `exp(x) - 1`, accurate for small `x`.
#[inline]
pub fn exp_m1(x: f64) -> f64 {
    libm::expm1(x)
}

/// The density of the standard normal law.
pub fn normal_density(x: f64) -> f64 {
    const PEAK: f64 = 0.398_942_280_401_432_7; // 1 / sqrt(2 pi)
    PEAK * exp(-0.5 * x * x)
}

/// The probability that a standard normal number is at most `x`.
pub fn normal_cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// The number below which a standard normal number lies with probability `p`; infinite at 0 and 1, NaN
/// outside.
///
/// Newton's steps on the logarithm of the distribution function, which is concave: from the left of the
/// root they rise to it without ever passing it. The start lies to the left because Φ(-t) ≤ exp(-t²/2) / 2.
pub fn normal_quantile(p: f64) -> f64 {
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p.is_nan() || p < 0.0 {
        return f64::NAN;
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    let mut x = -(-2.0 * ln(2.0 * p)).sqrt();
    for _ in 0..60 {
        let below = normal_cdf(x);
        let step = ln(below / p) * below / normal_density(x);
        x -= step;
        if step.abs() <= 1e-15 * x.abs() {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{Continuous, ContinuousCDF, Normal};

    #[test]
    fn normal_law_agrees_with_statrs() {
        let oracle = Normal::new(0.0, 1.0).unwrap();
        for x in [-30.0, -6.0, -2.5, -1.0, -1e-3, 0.0, 0.4, 1.0, 3.0, 8.0] {
            assert!((normal_cdf(x) / oracle.cdf(x) - 1.0).abs() < 1e-9, "{x}");
            assert!((normal_density(x) / oracle.pdf(x) - 1.0).abs() < 1e-12, "{x}");
        }
    }

    /// Percentiles as printed in every table, to 15 digits (Wichura, AS 241, gives the last two).
    #[test]
    fn normal_quantiles_are_those_of_the_tables() {
        let table = [
            (0.975, 1.959_963_984_540_054),
            (0.99, 2.326_347_874_040_841),
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
        ];
        for (p, expected) in table {
            assert!(
                (normal_quantile(p) / expected - 1.0).abs() < 1e-13,
                "{p}: {}",
                normal_quantile(p)
            );
        }
        assert_eq!(normal_quantile(0.5), 0.0);
        assert_eq!(
            (normal_quantile(0.0), normal_quantile(1.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        assert!(normal_quantile(-0.1).is_nan() && normal_quantile(f64::NAN).is_nan());
    }

    #[test]
    fn normal_quantile_inverts_the_distribution() {
        for k in 1..1_000 {
            let p = f64::from(k) / 1_000.0;
            assert!((normal_cdf(normal_quantile(p)) - p).abs() < 1e-15, "{p}");
        }
        for exponent in 1..300 {
            let p = libm::pow(10.0, f64::from(-exponent));
            assert!((normal_cdf(normal_quantile(p)) / p - 1.0).abs() < 1e-11, "{p}");
        }
    }
}
