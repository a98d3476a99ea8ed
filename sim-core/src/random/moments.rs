//! What is known of a law without drawing from it.

use super::sampler::{BoundedPareto, Sampler};
use crate::math;

impl Sampler {
    /// The mean; infinite for a Pareto law of shape ≤ 1.
    pub fn mean(&self) -> f64 {
        match self {
            Sampler::Constant(value) => *value,
            Sampler::Exponential { mean } => *mean,
            Sampler::Uniform { low, high } => (low + high) / 2.0,
            Sampler::Normal { mean, sd } => cut_normal_moments(*mean, *sd).0,
            Sampler::LogNormal { median, sigma } => median * math::exp(0.5 * sigma * sigma),
            Sampler::Gamma { shape, scale } => shape * scale,
            Sampler::Hyperexponential(branches) => {
                branches.iter().map(|branch| branch.probability * branch.mean).sum()
            }
            Sampler::Weibull { shape, scale } => scale * math::gamma(1.0 + 1.0 / shape),
            Sampler::Pareto { shape, minimum } => match *shape {
                shape if shape > 1.0 => minimum * shape / (shape - 1.0),
                _ => f64::INFINITY,
            },
            Sampler::BoundedPareto(law) => law.moment(1),
            Sampler::Geometric { decay, unit } => unit / success(*decay),
            Sampler::Mixture(parts) => {
                parts.iter().map(|part| part.probability * part.sampler.mean()).sum()
            }
            Sampler::Empirical(law) => law.mean(),
        }
    }

    /// The variance; infinite for a Pareto law of shape ≤ 2.
    pub fn variance(&self) -> f64 {
        match self {
            Sampler::Constant(_) => 0.0,
            Sampler::Exponential { mean } => mean * mean,
            Sampler::Uniform { low, high } => (high - low) * (high - low) / 12.0,
            Sampler::Normal { mean, sd } => cut_normal_moments(*mean, *sd).1,
            Sampler::LogNormal { sigma, .. } => {
                let mean = self.mean();
                mean * mean * math::exp_m1(sigma * sigma)
            }
            Sampler::Gamma { shape, scale } => shape * scale * scale,
            Sampler::Hyperexponential(branches) => {
                let mean = self.mean();
                let spread = |m: f64| m * m + (m - mean) * (m - mean);
                branches.iter().map(|branch| branch.probability * spread(branch.mean)).sum()
            }
            Sampler::Weibull { shape, scale } => {
                let (g1, g2) = (math::gamma(1.0 + 1.0 / shape), math::gamma(1.0 + 2.0 / shape));
                scale * scale * (g2 - g1 * g1)
            }
            Sampler::Pareto { shape, minimum } => match *shape {
                a if a > 2.0 => minimum * minimum * a / ((a - 1.0) * (a - 1.0) * (a - 2.0)),
                _ => f64::INFINITY,
            },
            Sampler::BoundedPareto(law) => {
                let mean = law.moment(1);
                (law.moment(2) - mean * mean).max(0.0)
            }
            Sampler::Geometric { decay, unit } => {
                let p = success(*decay);
                unit * unit * (1.0 - p) / (p * p)
            }
            Sampler::Mixture(parts) => mixture_variance(
                parts.iter().map(|part| (part.probability, &part.sampler)),
                self.mean(),
            ),
            Sampler::Empirical(law) => law.variance(),
        }
    }

    /// The law of `factor` ≥ 0 times the number: the same draw gives `factor` times what it gave.
    ///
    /// Exact to the last bit for powers of two, to rounding otherwise.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Sampler {
        let mut law = self.clone();
        match &mut law {
            Sampler::Constant(value) => *value *= factor,
            Sampler::Exponential { mean } => *mean *= factor,
            Sampler::Uniform { low, high } => {
                *low *= factor;
                *high *= factor;
            }
            Sampler::Normal { mean, sd } => {
                *mean *= factor;
                *sd *= factor;
            }
            Sampler::LogNormal { median, .. } => *median *= factor,
            Sampler::Gamma { scale, .. } | Sampler::Weibull { scale, .. } => *scale *= factor,
            Sampler::Hyperexponential(branches) => {
                branches.iter_mut().for_each(|branch| branch.mean *= factor);
            }
            Sampler::Pareto { minimum, .. } => *minimum *= factor,
            Sampler::BoundedPareto(law) => {
                law.minimum *= factor;
                law.maximum *= factor;
            }
            Sampler::Geometric { unit, .. } => *unit *= factor,
            Sampler::Mixture(parts) => {
                parts.iter_mut().for_each(|part| part.sampler = part.sampler.scaled(factor));
            }
            Sampler::Empirical(law) => **law = law.scaled(factor),
        }
        law
    }

    /// The smallest number the law can give.
    pub fn min(&self) -> f64 {
        match self {
            Sampler::Constant(value) => *value,
            Sampler::Uniform { low, .. } => *low,
            Sampler::Normal { mean, sd } if *sd == 0.0 => mean.max(0.0),
            Sampler::LogNormal { median, sigma } if *sigma == 0.0 => *median,
            Sampler::Pareto { minimum, .. } => *minimum,
            Sampler::BoundedPareto(law) => law.minimum,
            Sampler::Geometric { unit, .. } => *unit,
            Sampler::Mixture(parts) => {
                parts.iter().map(|part| part.sampler.min()).fold(f64::INFINITY, f64::min)
            }
            Sampler::Empirical(law) => law.at(0.0),
            Sampler::Exponential { .. }
            | Sampler::Normal { .. }
            | Sampler::LogNormal { .. }
            | Sampler::Gamma { .. }
            | Sampler::Hyperexponential(_)
            | Sampler::Weibull { .. } => 0.0,
        }
    }

    /// The number below which the law lies with probability `p` in (0, 1), where a formula gives it: not
    /// for gamma, hyperexponential and mixture.
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let exponential = -math::ln_1p(-p);
        let number = match self {
            Sampler::Constant(value) => *value,
            Sampler::Exponential { mean } => mean * exponential,
            Sampler::Uniform { low, high } => low + (high - low) * p,
            Sampler::Normal { mean, sd } => (mean + sd * math::normal_quantile(p)).max(0.0),
            Sampler::LogNormal { median, sigma } => {
                median * math::exp(sigma * math::normal_quantile(p))
            }
            Sampler::Weibull { shape, scale } => scale * math::pow(exponential, 1.0 / shape),
            Sampler::Pareto { shape, minimum } => minimum * math::exp(exponential / shape),
            Sampler::BoundedPareto(law) => law.at(1.0 - p),
            Sampler::Geometric { decay, unit } => unit * (exponential * decay).ceil().max(1.0),
            Sampler::Empirical(law) => law.at(p),
            Sampler::Gamma { .. } | Sampler::Hyperexponential(_) | Sampler::Mixture(_) => {
                return None;
            }
        };
        Some(number)
    }
}

/// Mean and variance of max(0, X) for a normal X: with a = mean / sd, the mean is sd (a Φ(a) + φ(a)) and
/// the mean square sd² ((a² + 1) Φ(a) + a φ(a)).
fn cut_normal_moments(mean: f64, sd: f64) -> (f64, f64) {
    if sd == 0.0 {
        return (mean.max(0.0), 0.0);
    }
    let a = mean / sd;
    let (below, density) = (math::normal_cdf(a), math::normal_density(a));
    let first = a * below + density;
    let second = (a * a + 1.0) * below + a * density;
    (sd * first, sd * sd * (second - first * first).max(0.0))
}

/// The probability of success of a geometric law, given -1 / ln(1 - p).
fn success(decay: f64) -> f64 {
    if decay == 0.0 { 1.0 } else { -math::exp_m1(-1.0 / decay) }
}

/// The mean of the parts' variances and of their means' squared distances from the common mean.
fn mixture_variance<'a>(parts: impl Iterator<Item = (f64, &'a Sampler)>, mean: f64) -> f64 {
    let spread = |law: &Sampler| {
        let distance = law.mean() - mean;
        law.variance() + distance * distance
    };
    parts.map(|(probability, law)| probability * spread(law)).sum()
}

impl BoundedPareto {
    /// The mean of the n-th power, n ≥ 1: a L^a (H^(n-a) - L^(n-a)) / ((n - a) (1 - (L/H)^a)), as L^n times
    /// a function of the ratio H/L. The fraction is (exp(d ln(H/L)) - 1) / d, whose limit at d = n - a = 0
    /// is ln(H/L).
    fn moment(&self, n: i32) -> f64 {
        let power = if n == 1 { self.minimum } else { self.minimum * self.minimum };
        if self.minimum == self.maximum {
            return power;
        }
        let log_ratio = math::ln(self.maximum / self.minimum);
        let d = f64::from(n) - self.shape;
        let growth = if d == 0.0 { log_ratio } else { math::exp_m1(d * log_ratio) / d };
        let within = -math::exp_m1(-self.shape * log_ratio);
        power * self.shape * growth / within
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key};

    /// One law of each kind.
    fn all() -> Vec<Sampler> {
        [
            Sampler::constant(3.0),
            Sampler::exponential(3.0),
            Sampler::uniform(1.0, 3.0),
            Sampler::normal(2.0, 1.5),
            Sampler::lognormal_cv(3.0, 1.2),
            Sampler::gamma(3.0, 0.7),
            Sampler::hyperexponential(&[(0.9, 1.0), (0.1, 9.0)]),
            Sampler::weibull(0.8, 3.0),
            Sampler::pareto(3.5, 3.0),
            Sampler::bounded_pareto(1.2, 3.0, 900.0),
            Sampler::geometric(3.0),
            Sampler::mixture(vec![
                (1.0, Sampler::Constant(3.0)),
                (3.0, Sampler::Exponential { mean: 9.0 }),
            ]),
            Sampler::quantiles(&[(0.0, 3.0), (0.8, 4.0), (1.0, 9.0)]),
        ]
        .map(Result::unwrap)
        .to_vec()
    }

    fn sample(law: &Sampler, request: u64) -> f64 {
        law.sample(&mut Draw::new(request, Key::new(4, 0, 0)))
    }

    #[test]
    fn scaling_by_a_power_of_two_is_exact() {
        for law in all() {
            let (double, quarter) = (law.scaled(2.0), law.scaled(0.25));
            for request in 0..2_000 {
                let number = sample(&law, request);
                assert_eq!(sample(&double, request), 2.0 * number, "{law:?}");
                assert_eq!(sample(&quarter, request), 0.25 * number, "{law:?}");
            }
            assert_eq!(double.mean(), 2.0 * law.mean(), "{law:?}");
            assert_eq!(double.variance(), 4.0 * law.variance(), "{law:?}");
            assert_eq!(double.min(), 2.0 * law.min(), "{law:?}");
        }
    }

    #[test]
    fn scaling_by_any_factor_is_exact_to_rounding() {
        for law in all() {
            let scaled = law.scaled(0.7);
            for request in 0..2_000 {
                let number = 0.7 * sample(&law, request);
                let off = (sample(&scaled, request) - number).abs();
                assert!(off <= 1e-15 * (number + law.mean()), "{law:?}");
            }
            assert_eq!(sample(&law.scaled(0.0), 1), 0.0, "{law:?}");
        }
    }

    #[test]
    fn no_number_is_below_the_smallest() {
        for law in all() {
            assert!((0..20_000).all(|request| sample(&law, request) >= law.min()), "{law:?}");
        }
        assert_eq!(Sampler::pareto(2.0, 3.0).unwrap().min(), 3.0);
        assert_eq!(Sampler::geometric(2.0).unwrap().min(), 1.0);
    }

    /// By hand: tries are at most 2 with probability 1 - (2/3)² = 5/9, at most 3 with 19/27.
    #[test]
    fn quantiles_of_counts() {
        let law = Sampler::geometric(3.0).unwrap();
        let quantiles = [0.3, 0.4, 0.6, 0.8].map(|p| law.quantile(p));
        assert_eq!(quantiles, [Some(1.0), Some(2.0), Some(3.0), Some(4.0)]);
        assert_eq!(Sampler::exponential(1.0).unwrap().quantile(0.5), Some(std::f64::consts::LN_2));
    }
}
