//! Designs compared: paired differences under common random numbers.

use super::estimate::{Status, Value};
use super::layout::{Metric, Scope};
use super::replicate::Replicate;
use super::words::{give_or_take, significant};
use schemars::JsonSchema;
use serde::Serialize;

/// One design against the first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Comparison {
    /// The first design.
    pub base: String,
    /// The design that is compared with it.
    pub design: String,
    /// Differences of what clients feel, for each metric that both have.
    pub differences: Vec<Difference>,
}

/// The difference of one metric, design less base.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Difference {
    /// Of what.
    pub scope: Scope,
    /// Which metric.
    pub metric: Metric,
    /// In the unit of the metric.
    pub absolute: Value,
    /// Relative to the base's value: 0.38 is 38 % more.
    pub relative: Value,
    /// What can be told.
    pub tendency: Tendency,
    /// In words: `p99 +38 % ± 4 %`.
    pub says: String,
}

/// What a difference tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tendency {
    /// The design's value is lower: the whole interval is below 0.
    Lower,
    /// The design's value is higher: the whole interval is above 0.
    Higher,
    /// The two are equal in every replication.
    Equal,
    /// The interval covers 0: no difference can be told.
    NotToBeTold,
    /// There is no number to compare.
    Unknown,
}

impl Comparison {
    /// Compares the `design`-th design with the first.
    pub(super) fn of(study: &Replicate, design: usize, values: &[Vec<Value>]) -> Comparison {
        let (tally, first) = (&study.tallies[design], &study.tallies[0]);
        let mut differences = Vec::new();
        for (column, (scope, metric)) in tally.layout.columns.iter().enumerate() {
            let felt = matches!(scope, Scope::All | Scope::Journey { .. });
            let Some(base) = study.pair(design, column).filter(|_| felt) else { continue };
            let (ours, theirs) = (values[design][column], values[0][base]);
            let pairs = &tally.differences[column];
            let difference = ours.mean - theirs.mean;
            let (absolute, relative) = if !difference.is_nan() {
                let ratio = Value::ratio(pairs, difference / theirs.mean, theirs.mean);
                (Value::sectioned(pairs.first(), difference), ratio)
            } else {
                let worst = [ours, theirs].into_iter().find(|value| value.mean.is_nan());
                let none = Value::none(worst.map_or(Status::NothingSeen, |value| value.status));
                (none, none)
            };
            differences.push(Difference::new(scope.clone(), *metric, absolute, relative));
        }
        debug_assert_eq!(first.replications, tally.replications);
        Comparison {
            base: study.designs[0].name.clone(),
            design: study.designs[design].name.clone(),
            differences,
        }
    }

    /// The difference of a metric.
    pub fn get(&self, scope: &Scope, metric: Metric) -> Option<&Difference> {
        self.differences.iter().find(|d| d.scope == *scope && d.metric == metric)
    }
}

impl Difference {
    fn new(scope: Scope, metric: Metric, absolute: Value, relative: Value) -> Difference {
        let tendency = match absolute.status {
            Status::Confident if absolute.mean == 0.0 && absolute.half_width == 0.0 => {
                Tendency::Equal
            }
            Status::Confident if absolute.high() < 0.0 => Tendency::Lower,
            Status::Confident if absolute.low() > 0.0 => Tendency::Higher,
            Status::Confident => Tendency::NotToBeTold,
            _ => Tendency::Unknown,
        };
        let name = metric.name().replace('_', " ");
        let says = match tendency {
            Tendency::Equal => format!("{name} the same"),
            Tendency::NotToBeTold => format!("{name}: no difference can be told"),
            Tendency::Unknown => format!("{name}: nothing can be told"),
            Tendency::Lower | Tendency::Higher => {
                format!("{name} {}", amount(metric, absolute, relative))
            }
        };
        Difference { scope, metric, absolute, relative, tendency, says }
    }
}

/// `+38 % ± 4 %`; shares as a difference in percentage points; several times as much as a factor.
fn amount(metric: Metric, absolute: Value, relative: Value) -> String {
    let is_share = matches!(metric.unit(), super::Unit::Share);
    let sign = if absolute.mean < 0.0 { '−' } else { '+' };
    if is_share || !relative.mean.is_finite() {
        let unit = if is_share { " points" } else { "" };
        let scale = if is_share { 100.0 } else { 1.0 };
        let (size, half) = give_or_take(scale * absolute.mean.abs(), scale * absolute.half_width);
        return format!("{sign}{size} ± {half}{unit}");
    }
    if relative.mean >= 2.0 {
        let (times, half) = give_or_take(1.0 + relative.mean, relative.half_width);
        return format!("× {times} ± {half}");
    }
    let (size, half) = give_or_take(100.0 * relative.mean.abs(), 100.0 * relative.half_width);
    // What is paid whatever happens varies by rounding only.
    if metric.unit() == super::Unit::Dollars && relative.half_width < 1e-9 {
        return format!("{sign}{} %", significant(100.0 * relative.mean.abs(), 3));
    }
    format!("{sign}{size} % ± {half} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(mean: f64, half_width: f64, base: f64) -> String {
        let status = Status::Confident;
        let absolute = Value { mean, half_width, confidence: 0.95, status };
        let relative = absolute.scaled(1.0 / base);
        Difference::new(Scope::All, Metric::P99, absolute, relative).says
    }

    #[test]
    fn verdicts_in_words() {
        assert_eq!(difference(0.38, 0.042, 1.0), "p99 +38 % ± 4 %");
        assert_eq!(difference(-0.05, 0.01, 0.5), "p99 −10 % ± 2 %");
        assert_eq!(difference(0.38, 0.5, 1.0), "p99: no difference can be told");
        assert_eq!(difference(0.0, 0.0, 1.0), "p99 the same");
        assert_eq!(difference(9.0, 0.3, 1.0), "p99 × 10.0 ± 0.3");
    }

    #[test]
    fn shares_differ_by_points() {
        let status = Status::Confident;
        let absolute = Value { mean: 0.012, half_width: 0.002, confidence: 0.95, status };
        let told =
            Difference::new(Scope::All, Metric::Errors, absolute, absolute.scaled(f64::INFINITY));
        assert_eq!(
            (told.says.as_str(), told.tendency),
            ("errors +1.2 ± 0.2 points", Tendency::Higher)
        );
    }
}
