//! Objectives: met, missed, or not to be told.

use super::estimate::{Status, Value};
use super::layout::Unit;
use super::words::significant;
use crate::model::{Goal, Objective};
use schemars::JsonSchema;
use serde::Serialize;

/// What came of an objective.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ObjectiveResult {
    /// The objective in words: `p99 of web.browse below 200 ms`.
    pub says: String,
    /// The unit of what was found and of the limit; dollars are of a month.
    pub unit: Unit,
    /// What was found.
    pub value: Value,
    /// What it is held against.
    pub limit: f64,
    /// Whether it is met.
    pub verdict: Verdict,
}

/// Whether an objective is met; the worst last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval keeps to the limit.
    Met,
    /// The interval straddles the limit, or there is none.
    Undecided,
    /// The whole interval is beyond the limit.
    Missed,
}

impl ObjectiveResult {
    pub(super) fn new(objective: &Objective, value: Value) -> ObjectiveResult {
        let of = objective.of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
        let (says, unit, limit) = match objective.goal {
            Goal::LatencyBelow { percentile, limit } => {
                let p = significant_trimmed(100.0 * percentile);
                (format!("p{p}{of} below {limit}"), Unit::Seconds, limit.as_secs())
            }
            Goal::ErrorsBelow(share) => {
                let percent = significant_trimmed(100.0 * share);
                (format!("errors{of} below {percent} %"), Unit::Share, share)
            }
            Goal::ThroughputAbove(rate) => {
                let least = significant(rate, 3);
                (format!("throughput{of} above {least}/s"), Unit::PerSecond, rate)
            }
            Goal::CostBelow(dollars) => {
                let most = significant_trimmed(dollars);
                (format!("cost below ${most}/month"), Unit::Dollars, dollars)
            }
        };
        let verdict = verdict(objective.goal, limit, value);
        ObjectiveResult { says, unit, value, limit, verdict }
    }
}

fn verdict(goal: Goal, limit: f64, value: Value) -> Verdict {
    if value.status == Status::Unstable && matches!(goal, Goal::LatencyBelow { .. }) {
        // Without a bound, every limit is passed in the end.
        return Verdict::Missed;
    }
    if !value.is_confident() {
        return Verdict::Undecided;
    }
    let (below, above) = (value.high() < limit, value.low() > limit);
    match goal {
        Goal::LatencyBelow { .. } | Goal::ErrorsBelow(_) | Goal::CostBelow(_) if below => {
            Verdict::Met
        }
        Goal::LatencyBelow { .. } | Goal::ErrorsBelow(_) | Goal::CostBelow(_) if above => {
            Verdict::Missed
        }
        Goal::ThroughputAbove(_) if above => Verdict::Met,
        Goal::ThroughputAbove(_) if below => Verdict::Missed,
        _ => Verdict::Undecided,
    }
}

fn significant_trimmed(number: f64) -> String {
    let text = format!("{number:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    fn value(mean: f64, half_width: f64, status: Status) -> Value {
        Value { mean, half_width, confidence: 0.95, status }
    }

    #[test]
    fn the_interval_decides() {
        let limit = Duration::from_secs(0.2);
        let latency = Goal::LatencyBelow { percentile: 0.99, limit };
        let told = |mean, half| verdict(latency, 0.2, value(mean, half, Status::Confident));
        assert_eq!(told(0.18, 0.01), Verdict::Met);
        assert_eq!(told(0.18, 0.03), Verdict::Undecided);
        assert_eq!(told(0.24, 0.03), Verdict::Missed);
        let throughput = |mean, half| {
            let value = value(mean, half, Status::Confident);
            verdict(Goal::ThroughputAbove(100.0), 100.0, value)
        };
        assert_eq!(throughput(110.0, 5.0), Verdict::Met);
        assert_eq!(throughput(110.0, 15.0), Verdict::Undecided);
        assert_eq!(throughput(80.0, 15.0), Verdict::Missed);
    }

    #[test]
    fn without_an_interval_nothing_is_told() {
        let limit = Duration::from_secs(0.2);
        let goal = Goal::LatencyBelow { percentile: 0.99, limit };
        let lone = value(0.1, f64::INFINITY, Status::NoInterval);
        assert_eq!(verdict(goal, 0.2, lone), Verdict::Undecided);
        assert_eq!(verdict(goal, 0.2, Value::none(Status::TooShort)), Verdict::Undecided);
        assert_eq!(verdict(goal, 0.2, Value::none(Status::Unstable)), Verdict::Missed);
    }

    #[test]
    fn is_said_in_words() {
        let limit = Duration::from_secs(0.2);
        let goal = Goal::LatencyBelow { percentile: 0.999, limit };
        let objective = Objective { of: Some("web.browse".into()), goal };
        let result = ObjectiveResult::new(&objective, value(0.1, 0.01, Status::Confident));
        assert_eq!(result.says, "p99.9 of web.browse below 200 ms");
        let objective = Objective { of: None, goal: Goal::ErrorsBelow(0.001) };
        let result = ObjectiveResult::new(&objective, value(0.0, 0.0, Status::Confident));
        assert_eq!(result.says, "errors below 0.1 %");
    }
}
