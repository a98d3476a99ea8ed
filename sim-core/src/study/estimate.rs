//! A number with its interval, or the reason why there is none.

use crate::stats::{Pairs, Welford, student_t_quantile};
use schemars::JsonSchema;
use serde::Serialize;

/// The confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;

/// Requests beyond a percentile that each replication needs on average before the percentile is believed.
pub(super) const BEYOND_MIN: f64 = 10.0;

/// A number and half its interval's width.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Value {
    /// The estimate; NaN (in JSON: null) where there is none to be believed.
    pub mean: f64,
    /// Half the width of its interval; infinite (in JSON: null) without one.
    pub half_width: f64,
    /// How often such an interval covers the truth.
    pub confidence: f64,
    /// Whether it can be believed.
    pub status: Status,
}

/// Whether a number can be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The interval covers the truth as often as it says.
    Confident,
    /// One replication has no interval.
    NoInterval,
    /// Nothing of the kind has happened.
    NothingSeen,
    /// Too few requests lie beyond the percentile.
    TooFewRequests,
    /// The run is too short for the load: its replications differ by chance more than they can show.
    TooShort,
    /// The system does not settle: there is no such number.
    Unstable,
}

impl Value {
    /// The estimate over replications, `center` being that of all of them merged.
    ///
    /// Sectioning: the interval is Student's t over replications as usual, but around the estimate from all
    /// data, whose bias is smaller by the number of replications. P. W. Glynn and S. Asmussen, "Stochastic
    /// Simulation", 2007, section III.5; for means over equal windows it is the usual interval.
    pub(super) fn sectioned(replications: &Welford, center: f64) -> Value {
        let n = replications.count();
        let value =
            |half_width, status| Value { mean: center, half_width, confidence: CONFIDENCE, status };
        if n == 0 || center.is_nan() {
            return Value { mean: f64::NAN, ..value(f64::INFINITY, Status::NothingSeen) };
        }
        if n == 1 {
            return value(f64::INFINITY, Status::NoInterval);
        }
        let (df, bias) = ((n - 1) as f64, replications.mean() - center);
        let variance = replications.variance() + bias * bias * n as f64 / df;
        let error = (variance / n as f64).sqrt();
        value(student_t_quantile((1.0 + CONFIDENCE) / 2.0, df) * error, Status::Confident)
    }

    /// The ratio of `pairs`' numbers, `center` being that of all replications merged; see [`Pairs::residual`].
    pub(super) fn ratio(pairs: &Pairs, center: f64, base: f64) -> Value {
        let around = Value::sectioned(&pairs.residual(center), 0.0).scaled(1.0 / base);
        if center.is_finite() {
            Value { mean: center, ..around }
        } else {
            Value::none(around.status)
        }
    }

    /// The share of `trials` that it is, with an interval that reaches as far as so many trials leave open: that
    /// nothing was seen of something rare does not say that it never happens.
    ///
    /// E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22 (1927): about
    /// 3.8 / n where nothing was seen.
    pub(super) fn of_trials(self, trials: u64) -> Value {
        if !self.is_confident() || trials == 0 {
            return self;
        }
        const Z: f64 = 1.959_963_984_540_054;
        let (n, p) = (trials as f64, self.mean);
        let spread = Z * (p * (1.0 - p) * n + Z * Z / 4.0).max(0.0).sqrt();
        let high = (p * n + Z * Z / 2.0 + spread) / (n + Z * Z);
        Value { half_width: self.half_width.max(high - p), ..self }
    }

    /// No number, for a reason.
    pub(crate) fn none(status: Status) -> Value {
        Value { mean: f64::NAN, half_width: f64::INFINITY, confidence: CONFIDENCE, status }
    }

    /// The same in another unit.
    pub(super) fn scaled(self, factor: f64) -> Value {
        Value { mean: self.mean * factor, half_width: self.half_width * factor.abs(), ..self }
    }

    /// The interval's lower end.
    pub fn low(&self) -> f64 {
        self.mean - self.half_width
    }

    /// The interval's upper end.
    pub fn high(&self) -> f64 {
        self.mean + self.half_width
    }

    /// Whether there is a number with an interval to be believed.
    pub fn is_confident(&self) -> bool {
        self.status == Status::Confident
    }

    /// The half-width as a part of the number's size.
    pub fn relative_half_width(&self) -> f64 {
        if self.half_width == 0.0 { 0.0 } else { self.half_width / self.mean.abs() }
    }
}
