//! Laws of random durations and counts.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A probability law. A bare quantity (`"5ms"`) is the constant law.
///
/// Where two ways of giving the parameters are listed, exactly one is to be written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Law {
    /// Always the same.
    Constant(Quantity),
    /// Exponential, by its mean.
    Exponential(Quantity),
    /// Uniform between a low and a high bound.
    Uniform(Quantity, Quantity),
    /// Normal by mean and standard deviation; what falls below 0 counts as 0.
    Normal {
        /// Mean of the uncut law.
        mean: Quantity,
        /// Standard deviation of the uncut law.
        sd: Quantity,
    },
    /// Lognormal: by `mean` and `cv`, by `mean` and `sigma`, or by `median` and `p99`.
    Lognormal {
        /// Mean.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mean: Option<Quantity>,
        /// Coefficient of variation: standard deviation over mean.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
        /// Standard deviation of the logarithm.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sigma: Option<f64>,
        /// Median.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        median: Option<Quantity>,
        /// 99th percentile.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        p99: Option<Quantity>,
    },
    /// Gamma, by `mean` and either `shape` or `cv`.
    Gamma {
        /// Mean.
        mean: Quantity,
        /// Shape: 1 is the exponential, smaller is burstier.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<f64>,
        /// Coefficient of variation: standard deviation over mean.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cv: Option<f64>,
    },
    /// Erlang: the sum of `k` equal exponentials, `mean` in all.
    Erlang {
        /// How many phases.
        k: u32,
        /// Mean of the sum.
        mean: Quantity,
    },
    /// Hyperexponential: one of several exponentials, as pairs of probability and mean.
    Hyperexponential(Vec<(f64, Quantity)>),
    /// Weibull, by its mean and shape.
    Weibull {
        /// Mean.
        mean: Quantity,
        /// Shape: 1 is the exponential, smaller has the heavier tail.
        shape: f64,
    },
    /// Pareto, by its shape and smallest value.
    Pareto {
        /// Tail exponent; the mean is finite above 1.
        shape: f64,
        /// Smallest value.
        min: Quantity,
    },
    /// Pareto cut at a largest value (renormalised).
    BoundedPareto {
        /// Tail exponent.
        shape: f64,
        /// Smallest value.
        min: Quantity,
        /// Largest value.
        max: Quantity,
    },
    /// Geometric on 1, 2, 3, ..., by its mean: for counts.
    Geometric(Quantity),
    /// One of several laws, by weight.
    Mixture(Vec<(f64, Law)>),
    /// Piecewise linear through quantiles, as pairs of probability and value, from 0 to 1.
    Quantiles(Vec<(f64, Quantity)>),
    /// The values of one column of a CSV file with a header line, each as likely.
    Column {
        /// File, relative to the model.
        file: String,
        /// Name of the column.
        column: String,
        /// Unit of its numbers, such as `"ms"`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unit: Option<String>,
    },
}
