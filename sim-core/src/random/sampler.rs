//! Laws of non-negative numbers: demands, pauses, sizes and counts.

use super::draw::Draw;
use super::empirical::Empirical;
use super::ziggurat::{exponential, normal};
use crate::math;

/// A law from which non-negative numbers are drawn.
///
/// The numbers have the unit of the parameters: nanoseconds, bytes or a count. The constructors check their
/// arguments and offer the parameters that people have at hand (mean and variation, median and 99th
/// percentile).
///
/// ```
/// use sim_core::random::{Draw, Key, Sampler};
///
/// let service = Sampler::lognormal_percentiles(8e6, 40e6).unwrap();
/// let nanos = service.sample(&mut Draw::new(7, Key::new(1, 0, 42)));
/// assert!(nanos > 0.0);
/// ```
#[derive(Clone, PartialEq, Debug)]
pub enum Sampler {
    /// Always this number.
    Constant(f64),
    /// Without memory.
    Exponential {
        /// Its mean, and its standard deviation too.
        mean: f64,
    },
    /// Every number in a range alike.
    Uniform {
        /// The smallest number.
        low: f64,
        /// The largest.
        high: f64,
    },
    /// The normal law cut at 0: what would be negative becomes 0.
    Normal {
        /// Mean before the cut.
        mean: f64,
        /// Standard deviation before the cut.
        sd: f64,
    },
    /// A number whose logarithm is normal.
    LogNormal {
        /// The median: exp of the logarithm's mean.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// The gamma law; Erlang's law of k stages where `shape` is k.
    Gamma {
        /// 1 / (coefficient of variation)².
        shape: f64,
        /// Mean / shape.
        scale: f64,
    },
    /// One of several exponential laws, at least one, picked anew for every number: more variable than
    /// exponential.
    Hyperexponential(Box<[Branch]>),
    /// A power of an exponential number: heavy-tailed for `shape` < 1, nearly constant for a large one.
    Weibull {
        /// The inverse of the power.
        shape: f64,
        /// The 63.2nd percentile.
        scale: f64,
    },
    /// A power-law tail: P(X > x) = (minimum / x)^shape.
    Pareto {
        /// The tail index: the mean is infinite up to 1, the variance up to 2.
        shape: f64,
        /// The smallest number.
        minimum: f64,
    },
    /// A power-law tail with an end.
    BoundedPareto(Box<BoundedPareto>),
    /// Counts 1, 2, 3 …: the number of tries up to the first success.
    Geometric {
        /// -1 / ln(1 - p), where p is the probability of success; 0 if every try succeeds.
        decay: f64,
        /// What each try counts: 1 unless scaled.
        unit: f64,
    },
    /// One of several laws, at least one, picked anew for every number.
    Mixture(Box<[Part]>),
    /// Measured values or quantiles.
    Empirical(Box<Empirical>),
}

/// One law of a hyperexponential.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Branch {
    /// How often it is picked; the probabilities of all branches sum to 1.
    pub probability: f64,
    /// The mean of the exponential law.
    pub mean: f64,
}

/// One law of a mixture.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    /// How often it is picked; the probabilities of all parts sum to 1.
    pub probability: f64,
    /// The law.
    pub sampler: Sampler,
}

/// The parameters of a bounded Pareto law; see [`Sampler::bounded_pareto`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BoundedPareto {
    /// The tail index.
    pub shape: f64,
    /// The smallest number.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
    /// (minimum / maximum)^shape: the part of the unbounded law that lies beyond the maximum.
    pub beyond: f64,
}

impl Sampler {
    /// Draws a number.
    ///
    /// Most laws take a single 64-bit number from `draw` nearly always; gamma takes two or more, the
    /// branching laws one more to pick a branch.
    #[inline]
    pub fn sample(&self, draw: &mut Draw) -> f64 {
        // The commonest law takes less time than a jump through a table.
        match self {
            Sampler::Exponential { mean } => mean * exponential(draw),
            any => any.sample_any(draw),
        }
    }

    /// Draws a number of any law.
    fn sample_any(&self, draw: &mut Draw) -> f64 {
        match self {
            Sampler::Constant(value) => *value,
            Sampler::Exponential { mean } => mean * exponential(draw),
            Sampler::Uniform { low, high } => low + (high - low) * draw.uniform(),
            Sampler::Normal { mean, sd } => (mean + sd * normal(draw)).max(0.0),
            Sampler::LogNormal { median, sigma } => median * math::exp(sigma * normal(draw)),
            Sampler::Hyperexponential(branches) => {
                pick(branches, draw, |b| b.probability).mean * exponential(draw)
            }
            Sampler::Gamma { shape, scale } => scale * standard_gamma(*shape, draw),
            Sampler::Weibull { shape, scale } => {
                scale * math::exp(math::ln(exponential(draw)) / shape)
            }
            Sampler::Pareto { shape, minimum } => minimum * math::exp(exponential(draw) / shape),
            Sampler::BoundedPareto(law) => law.at(1.0 - draw.uniform()),
            Sampler::Geometric { decay, unit } => {
                // A cast rounds down as `floor` does and needs no call where the processor has no
                // instruction.
                unit * (1.0 + (exponential(draw) * decay) as i64 as f64)
            }
            Sampler::Mixture(parts) => pick(parts, draw, |p| p.probability).sampler.sample(draw),
            Sampler::Empirical(law) => law.at(draw.uniform()),
        }
    }
}

/// Picks one of `all` with the probability that it tells; the last one catches what rounding leaves.
#[inline]
fn pick<'a, T>(all: &'a [T], draw: &mut Draw, probability: impl Fn(&T) -> f64) -> &'a T {
    let mut rest = draw.uniform();
    let (last, others) = all.split_last().expect("a branching law has branches");
    for one in others {
        rest -= probability(one);
        if rest < 0.0 {
            return one;
        }
    }
    last
}

/// A number of the gamma law with scale 1.
///
/// G. Marsaglia, W. W. Tsang, "A Simple Method for Generating Gamma Variables", ACM TOMS 26 (2000); their
/// section 6 for shapes below 1, with the power taken of an exponential number.
#[inline(never)]
fn standard_gamma(shape: f64, draw: &mut Draw) -> f64 {
    let raised = if shape < 1.0 { shape + 1.0 } else { shape };
    let d = raised - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let value = loop {
        let z = normal(draw);
        let root = 1.0 + c * z;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = 1.0 - draw.uniform();
        let z2 = z * z;
        if u < 1.0 - 0.0331 * z2 * z2 || math::ln(u) < 0.5 * z2 + d * (1.0 - v + math::ln(v)) {
            break d * v;
        }
    };
    if shape < 1.0 { value * math::exp(-exponential(draw) / shape) } else { value }
}

impl BoundedPareto {
    /// The number that a part `upper` of the law reaches or exceeds, 0 < `upper` ≤ 1.
    pub fn at(&self, upper: f64) -> f64 {
        let tail = self.beyond + (1.0 - self.beyond) * upper;
        (self.minimum * math::exp(math::ln(tail) / -self.shape)).min(self.maximum).max(self.minimum)
    }
}
