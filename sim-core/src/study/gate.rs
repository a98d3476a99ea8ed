//! A gate: whether a model may take the place of its baseline.

use super::compare::Difference;
use super::estimate::{Status, Value};
use super::layout::{Metric, Scope};
use super::objective::Verdict;
use super::summary::Summary;
use super::words::{give_or_take, percent};
use schemars::JsonSchema;
use serde::Serialize;

/// How much worse than the baseline a metric of all requests together may become.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Allowance {
    /// The metric: errors, a duration or the cost.
    pub metric: Metric,
    /// By which part of the baseline's value; of errors, by how many of all requests.
    pub share: f64,
}

impl Allowance {
    /// Reads `p99=5%`, `cost=0%` or `errors=0.1%`.
    ///
    /// # Errors
    /// What can be written.
    pub fn parse(text: &str) -> Result<Allowance, String> {
        const METRICS: [Metric; 7] = [
            Metric::Mean,
            Metric::P50,
            Metric::P95,
            Metric::P99,
            Metric::P999,
            Metric::Errors,
            Metric::Cost,
        ];
        let names = METRICS.map(Metric::name).join(", ");
        let wrong = || format!("write METRIC=SHARE such as p99=5%; metrics are {names}");
        let (name, share) = text.split_once('=').ok_or_else(wrong)?;
        let metric =
            METRICS.into_iter().find(|metric| metric.name() == name.trim()).ok_or_else(wrong)?;
        let share = share.trim().strip_suffix('%').ok_or_else(wrong)?;
        match share.trim().parse::<f64>() {
            Ok(share) if (0.0..=1000.0).contains(&share) => {
                Ok(Allowance { metric, share: share / 100.0 })
            }
            _ => Err(wrong()),
        }
    }
}

/// What a gate found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Gate {
    /// What was asked of the model, and what came of it.
    pub checks: Vec<Check>,
    /// The worst of them: missed, else undecided, else met.
    pub verdict: Verdict,
    /// Baseline and model.
    pub summary: Summary,
}

/// One thing that a gate asks for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Check {
    /// What is asked, in words.
    pub says: String,
    /// What was found, in words.
    pub found: String,
    /// What came of it.
    pub verdict: Verdict,
}

impl Gate {
    /// Judges the second of two designs: by its objectives, and by how much worse than the first it is.
    ///
    /// A difference counts by its whole interval: it is missed when all of it is above what is allowed, and met when all
    /// of it is at most that.
    pub fn of(summary: Summary, allowed: &[Allowance]) -> Gate {
        let mut checks = Vec::new();
        if let Some(design) = summary.designs.get(1) {
            checks.extend(design.objectives.iter().map(|objective| Check {
                says: objective.says.clone(),
                found: found(objective.value, objective.limit),
                verdict: objective.verdict,
            }));
        }
        for allowance in allowed {
            let difference =
                summary.comparisons.first().and_then(|c| c.get(&Scope::All, allowance.metric));
            checks.push(Check::of(*allowance, difference));
        }
        let verdict = checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::Met);
        Gate { checks, verdict, summary }
    }
}

impl Check {
    fn of(allowance: Allowance, difference: Option<&Difference>) -> Check {
        let name = allowance.metric.name();
        let points = if allowance.metric == Metric::Errors { " of all requests" } else { "" };
        let says =
            format!("{name} at most {}{points} above the baseline", percent(allowance.share));
        let Some(difference) = difference else {
            let found = "neither has such a number".to_owned();
            return Check { says, found, verdict: Verdict::Undecided };
        };
        let is_share = allowance.metric == Metric::Errors;
        let value = if is_share || difference.absolute.mean == 0.0 {
            difference.absolute
        } else {
            difference.relative
        };
        Check { says, found: difference.says.clone(), verdict: judge(value, allowance.share) }
    }
}

fn judge(value: Value, allowed: f64) -> Verdict {
    match value.status {
        Status::Unstable => Verdict::Missed,
        Status::Confident if value.high() <= allowed => Verdict::Met,
        Status::Confident if value.low() > allowed => Verdict::Missed,
        _ => Verdict::Undecided,
    }
}

/// The share of a limit that a value takes: the same in every unit.
fn found(value: Value, limit: f64) -> String {
    if value.status == Status::Unstable {
        return "it grows without end".into();
    }
    if !value.is_confident() || limit <= 0.0 {
        return "no number to be sure of".into();
    }
    let (share, half) = give_or_take(100.0 * value.mean / limit, 100.0 * value.half_width / limit);
    format!("{share} % of the limit ± {half} %")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(mean: f64, half_width: f64) -> Value {
        Value { mean, half_width, confidence: 0.95, status: Status::Confident }
    }

    #[test]
    fn the_whole_interval_decides() {
        assert_eq!(judge(value(0.02, 0.01), 0.05), Verdict::Met);
        assert_eq!(judge(value(0.04, 0.02), 0.05), Verdict::Undecided);
        assert_eq!(judge(value(0.09, 0.02), 0.05), Verdict::Missed);
        // The same numbers in every replication are not above.
        assert_eq!(judge(value(0.0, 0.0), 0.0), Verdict::Met);
        assert_eq!(judge(Value::none(Status::TooShort), 0.05), Verdict::Undecided);
        assert_eq!(judge(Value::none(Status::Unstable), 0.05), Verdict::Missed);
    }

    #[test]
    fn what_can_be_allowed() {
        assert_eq!(Allowance::parse("p99=5%"), Ok(Allowance { metric: Metric::P99, share: 0.05 }));
        for wrong in ["p99", "p98=5%", "p99=5", "cost=-1%", "cost=x%"] {
            assert!(Allowance::parse(wrong).is_err(), "{wrong}");
        }
    }
}
