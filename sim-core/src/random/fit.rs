//! From the parameters that people have at hand to a law.

use super::empirical::Empirical;
use super::sampler::{BoundedPareto, Branch, Part, Sampler};
use crate::math;
use std::fmt;

/// Why the parameters do not make a law: a sentence for the person who wrote them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LawError(pub(super) &'static str);

impl fmt::Display for LawError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for LawError {}

/// The 99th percentile of the standard normal law.
const NORMAL_P99: f64 = 2.326_347_874_040_841;

/// Every constructor fails with a [`LawError`] when a number is not finite or outside the range it names.
impl Sampler {
    /// Always `value` ≥ 0.
    pub fn constant(value: f64) -> Result<Sampler, LawError> {
        not_negative(value, "the value must be finite and not negative")?;
        Ok(Sampler::Constant(value))
    }

    /// Exponential with `mean` ≥ 0.
    pub fn exponential(mean: f64) -> Result<Sampler, LawError> {
        not_negative(mean, MEAN)?;
        Ok(Sampler::Exponential { mean })
    }

    /// Uniform in [`low`, `high`), 0 ≤ `low` ≤ `high`.
    pub fn uniform(low: f64, high: f64) -> Result<Sampler, LawError> {
        not_negative(low, "the lower end must be finite and not negative")?;
        require(high >= low && high.is_finite(), "the upper end must not lie below the lower end")?;
        Ok(Sampler::Uniform { low, high })
    }

    /// Normal with `mean` (of any sign) and standard deviation `sd` ≥ 0 before what is negative becomes 0.
    pub fn normal(mean: f64, sd: f64) -> Result<Sampler, LawError> {
        require(mean.is_finite(), "the mean must be finite")?;
        not_negative(sd, "the standard deviation must be finite and not negative")?;
        Ok(Sampler::Normal { mean, sd })
    }

    /// Log-normal; `mu` and `sigma` ≥ 0 are mean and standard deviation of the logarithm.
    pub fn lognormal(mu: f64, sigma: f64) -> Result<Sampler, LawError> {
        not_negative(sigma, SIGMA)?;
        let median = math::exp(mu);
        require(median > 0.0 && median.is_finite(), "the logarithm's mean is out of range")?;
        Ok(Sampler::LogNormal { median, sigma })
    }

    /// Log-normal with `mean` > 0 and coefficient of variation `cv` ≥ 0.
    pub fn lognormal_cv(mean: f64, cv: f64) -> Result<Sampler, LawError> {
        positive(mean, POSITIVE_MEAN)?;
        not_negative(cv, CV)?;
        let sigma = math::ln_1p(cv * cv).sqrt();
        Sampler::lognormal_sigma(mean, sigma)
    }

    /// Log-normal with `mean` > 0 and `sigma` ≥ 0, the standard deviation of the logarithm.
    pub fn lognormal_sigma(mean: f64, sigma: f64) -> Result<Sampler, LawError> {
        positive(mean, POSITIVE_MEAN)?;
        not_negative(sigma, SIGMA)?;
        let median = mean * math::exp(-0.5 * sigma * sigma);
        require(median > 0.0, "so much variation leaves no median above 0")?;
        Ok(Sampler::LogNormal { median, sigma })
    }

    /// Log-normal with `median` > 0 and 99th percentile `p99` ≥ `median`.
    pub fn lognormal_percentiles(median: f64, p99: f64) -> Result<Sampler, LawError> {
        positive(median, "the median must be finite and positive")?;
        require(
            p99 >= median && p99.is_finite(),
            "the 99th percentile must not lie below the median",
        )?;
        Ok(Sampler::LogNormal { median, sigma: math::ln(p99 / median) / NORMAL_P99 })
    }

    /// Gamma with `mean` ≥ 0 and `shape` > 0; for shape 1 the exponential law itself.
    pub fn gamma(mean: f64, shape: f64) -> Result<Sampler, LawError> {
        not_negative(mean, MEAN)?;
        positive(shape, SHAPE)?;
        if shape == 1.0 {
            return Sampler::exponential(mean);
        }
        let scale = mean / shape;
        require(scale.is_finite(), "the shape is too small for the mean")?;
        Ok(Sampler::Gamma { shape, scale })
    }

    /// Gamma with `mean` ≥ 0 and coefficient of variation `cv` ≥ 0; constant for 0.
    pub fn gamma_cv(mean: f64, cv: f64) -> Result<Sampler, LawError> {
        not_negative(cv, CV)?;
        if cv == 0.0 {
            return Sampler::constant(mean);
        }
        Sampler::gamma(mean, 1.0 / (cv * cv))
    }

    /// Erlang: the sum of `stages` ≥ 1 independent exponential numbers, with `mean` ≥ 0 in all.
    pub fn erlang(stages: u32, mean: f64) -> Result<Sampler, LawError> {
        require(stages > 0, "an Erlang law needs a stage")?;
        Sampler::gamma(mean, f64::from(stages))
    }

    /// Hyperexponential: branches of (weight, mean). Only the weights' proportions matter.
    pub fn hyperexponential(branches: &[(f64, f64)]) -> Result<Sampler, LawError> {
        let total = total_weight(branches.iter().map(|branch| branch.0))?;
        for (_, mean) in branches {
            not_negative(*mean, MEAN)?;
        }
        let branch = |&(weight, mean): &(f64, f64)| Branch { probability: weight / total, mean };
        Ok(Sampler::Hyperexponential(branches.iter().map(branch).collect()))
    }

    /// Weibull with `shape` and `scale` > 0 (the 63.2nd percentile).
    pub fn weibull(shape: f64, scale: f64) -> Result<Sampler, LawError> {
        positive(shape, SHAPE)?;
        positive(scale, "the scale must be finite and positive")?;
        Ok(Sampler::Weibull { shape, scale })
    }

    /// Weibull with `mean` and `shape` > 0.
    pub fn weibull_mean(mean: f64, shape: f64) -> Result<Sampler, LawError> {
        positive(mean, POSITIVE_MEAN)?;
        positive(shape, SHAPE)?;
        let scale = mean / math::gamma(1.0 + 1.0 / shape);
        require(scale > 0.0, "the shape is too small for the mean")?;
        Ok(Sampler::Weibull { shape, scale })
    }

    /// Pareto with tail index `shape` > 0 and smallest number `minimum` > 0.
    pub fn pareto(shape: f64, minimum: f64) -> Result<Sampler, LawError> {
        positive(shape, SHAPE)?;
        positive(minimum, "the minimum must be finite and positive")?;
        Ok(Sampler::Pareto { shape, minimum })
    }

    /// Pareto cut to [`minimum`, `maximum`] and made whole again: tail index `shape` > 0, 0 < `minimum` ≤
    /// `maximum`.
    pub fn bounded_pareto(shape: f64, minimum: f64, maximum: f64) -> Result<Sampler, LawError> {
        positive(shape, SHAPE)?;
        positive(minimum, "the minimum must be finite and positive")?;
        require(
            maximum >= minimum && maximum.is_finite(),
            "the maximum must not lie below the minimum",
        )?;
        let beyond = math::pow(minimum / maximum, shape);
        Ok(Sampler::BoundedPareto(Box::new(BoundedPareto { shape, minimum, maximum, beyond })))
    }

    /// Geometric on 1, 2, 3 … with `mean` ≥ 1.
    pub fn geometric(mean: f64) -> Result<Sampler, LawError> {
        require(
            mean >= 1.0 && mean.is_finite(),
            "the mean of a count from 1 up must be at least 1",
        )?;
        let decay = if mean > 1.0 { -1.0 / math::ln_1p(-1.0 / mean) } else { 0.0 };
        Ok(Sampler::Geometric { decay, unit: 1.0 })
    }

    /// Mixture: parts of (weight, law). Only the weights' proportions matter.
    pub fn mixture(parts: Vec<(f64, Sampler)>) -> Result<Sampler, LawError> {
        let total = total_weight(parts.iter().map(|part| part.0))?;
        let part =
            |(weight, sampler): (f64, Sampler)| Part { probability: weight / total, sampler };
        Ok(Sampler::Mixture(parts.into_iter().map(part).collect()))
    }

    /// The law of measured values; see [`Empirical::from_values`].
    pub fn empirical(values: &[f64]) -> Result<Sampler, LawError> {
        Ok(Sampler::Empirical(Box::new(Empirical::from_values(values)?)))
    }

    /// The law through quantiles (p, value); see [`Empirical::from_quantiles`].
    pub fn quantiles(points: &[(f64, f64)]) -> Result<Sampler, LawError> {
        Ok(Sampler::Empirical(Box::new(Empirical::from_quantiles(points)?)))
    }
}

const MEAN: &str = "the mean must be finite and not negative";
const POSITIVE_MEAN: &str = "the mean must be finite and positive";
const SHAPE: &str = "the shape must be finite and positive";
const SIGMA: &str = "the logarithm's standard deviation must be finite and not negative";
const CV: &str = "the coefficient of variation must be finite and not negative";

/// The sum of the weights, none of them negative and not all of them 0.
fn total_weight(weights: impl Iterator<Item = f64> + Clone) -> Result<f64, LawError> {
    for weight in weights.clone() {
        not_negative(weight, "every weight must be finite and not negative")?;
    }
    let total = weights.sum();
    positive(total, "the weights must have a sum that is positive and finite")?;
    Ok(total)
}

fn require(holds: bool, message: &'static str) -> Result<(), LawError> {
    if holds { Ok(()) } else { Err(LawError(message)) }
}

fn not_negative(value: f64, message: &'static str) -> Result<(), LawError> {
    require(value >= 0.0 && value.is_finite(), message)
}

fn positive(value: f64, message: &'static str) -> Result<(), LawError> {
    require(value > 0.0 && value.is_finite(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_that_make_no_law_are_refused() {
        let nan = f64::NAN;
        let refused = [
            Sampler::constant(-1.0),
            Sampler::exponential(nan),
            Sampler::exponential(f64::INFINITY),
            Sampler::uniform(2.0, 1.0),
            Sampler::uniform(-1.0, 1.0),
            Sampler::normal(1.0, -1.0),
            Sampler::lognormal(nan, 1.0),
            Sampler::lognormal(1e4, 1.0),
            Sampler::lognormal_cv(0.0, 1.0),
            Sampler::lognormal_cv(1.0, 1e300),
            Sampler::lognormal_sigma(1.0, 100.0),
            Sampler::lognormal_percentiles(2.0, 1.0),
            Sampler::gamma(1.0, 0.0),
            Sampler::gamma(1e300, 1e-300),
            Sampler::gamma_cv(1.0, -1.0),
            Sampler::erlang(0, 1.0),
            Sampler::hyperexponential(&[]),
            Sampler::hyperexponential(&[(0.0, 1.0)]),
            Sampler::hyperexponential(&[(2.0, 1.0), (-1.0, 1.0)]),
            Sampler::weibull(1.0, 0.0),
            Sampler::weibull_mean(1.0, 1e-3),
            Sampler::pareto(0.0, 1.0),
            Sampler::bounded_pareto(1.0, 2.0, 1.0),
            Sampler::geometric(0.99),
            Sampler::mixture(Vec::new()),
            Sampler::empirical(&[]),
            Sampler::empirical(&[1.0, nan]),
            Sampler::quantiles(&[(0.0, 1.0)]),
            Sampler::quantiles(&[(0.1, 1.0), (1.0, 2.0)]),
            Sampler::quantiles(&[(0.0, 2.0), (1.0, 1.0)]),
            Sampler::quantiles(&[(0.0, 1.0), (0.7, 2.0), (0.6, 3.0), (1.0, 4.0)]),
        ];
        for (place, law) in refused.into_iter().enumerate() {
            assert!(law.is_err(), "number {place} makes {law:?}");
        }
    }

    #[test]
    fn limits_are_laws() {
        assert_eq!(Sampler::gamma_cv(3.0, 0.0), Sampler::constant(3.0));
        assert_eq!(Sampler::lognormal_cv(3.0, 0.0).unwrap().quantile(0.9), Some(3.0));
        assert_eq!(Sampler::lognormal_percentiles(3.0, 3.0).unwrap().mean(), 3.0);
        assert_eq!(Sampler::uniform(3.0, 3.0).unwrap().variance(), 0.0);
        assert_eq!(Sampler::bounded_pareto(1.5, 3.0, 3.0).unwrap().mean(), 3.0);
        assert_eq!(Sampler::exponential(0.0).unwrap().mean(), 0.0);
    }

    #[test]
    fn the_message_says_what_is_wrong() {
        let error = Sampler::geometric(0.5).unwrap_err();
        assert_eq!(error.to_string(), "the mean of a count from 1 up must be at least 1");
    }
}
