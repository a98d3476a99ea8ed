//! Laws of random durations and counts.

use super::Quantity;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A probability law. A bare quantity (`"5ms"`) is the constant law.
///
/// Where two ways of giving the parameters are listed, exactly one is to be written.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields, remote = "Self")]
#[schemars(transform = super::schema::bare_quantity)]
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

/// The constant law is written as the bare quantity.
impl Serialize for Law {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Law::Constant(quantity) => quantity.serialize(serializer),
            law => Law::serialize(law, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Law {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Law, D::Error> {
        deserializer.deserialize_any(Laws)
    }
}

struct Laws;

impl<'de> Visitor<'de> for Laws {
    type Value = Law;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a law such as \"5ms\" or exponential(\"5ms\")")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Law, E> {
        Ok(Law::Constant(Quantity::Number(number as f64)))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Law, E> {
        Ok(Law::Constant(Quantity::Number(number as f64)))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Law, E> {
        Ok(Law::Constant(Quantity::Number(number)))
    }

    /// Text that starts like a number is a quantity; other text can only be the name of a law.
    fn visit_str<E: Error>(self, text: &str) -> Result<Law, E> {
        if text.trim_start().starts_with(|c: char| c.is_ascii_digit() || "+-.$".contains(c)) {
            return Ok(Law::Constant(Quantity::Text(text.to_owned())));
        }
        match text.trim() {
            "" => Err(E::custom(
                "expected a law such as \"5ms\" or exponential(\"5ms\"), found empty text",
            )),
            name => Law::deserialize(StrDeserializer::<E>::new(name)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Law, A::Error> {
        let law = Law::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<String>()? {
            Some(name) => Err(A::Error::custom(format!("expected one law, found `{name}` too"))),
            None => Ok(law),
        }
    }
}
