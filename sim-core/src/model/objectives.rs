//! Objectives, and how long to simulate.

use super::check::Lowering;
use super::quantity;
use crate::spec::{self, Path};
use crate::time::Duration;

/// What a design has to achieve.
#[derive(Clone, PartialEq, Debug)]
pub struct Objective {
    /// The operation it is about, as `component.operation`; `None`: all that clients ask for.
    pub of: Option<String>,
    /// What is asked.
    pub goal: Goal,
}

/// What an objective asks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Goal {
    /// A percentile of the latency stays below a limit.
    LatencyBelow {
        /// As a share: 0.99.
        percentile: f64,
        /// The limit.
        limit: Duration,
    },
    /// The share of requests that end badly stays below a limit.
    ErrorsBelow(f64),
    /// Requests answered well per second stay above a limit.
    ThroughputAbove(f64),
    /// The bill of a month, in dollars, stays below a limit.
    CostBelow(f64),
}

/// How long and how often to simulate where the command line does not say.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RunPlan {
    /// Simulated time of a replication, warm-up included.
    pub horizon: Duration,
    /// What no statistic sees; `None`: decided from the replications.
    pub warmup: Option<Duration>,
    /// How many replications.
    pub replications: u32,
    /// The seed.
    pub seed: u64,
}

impl Default for RunPlan {
    fn default() -> RunPlan {
        RunPlan { horizon: Duration::ZERO, warmup: None, replications: 10, seed: 1 }
    }
}

/// Replications of a run, at most.
pub const REPLICATIONS_MAX: u32 = 1_000_000;

impl Lowering<'_> {
    pub(super) fn lower_objectives(&mut self) {
        let spec = self.spec;
        for (i, objective) in spec.objectives.iter().enumerate() {
            let path = Path::root().key("objectives").index(i);
            let (name, of) = match objective {
                spec::Objective::Latency { of, .. } => ("latency", of),
                spec::Objective::Errors { of, .. } => ("errors", of),
                spec::Objective::Throughput { of, .. } => ("throughput", of),
                spec::Objective::Cost { .. } => ("cost", &None),
            };
            let path = path.key(name);
            if let Some(of) = of {
                self.check_asked_for(of, &path.key("of"));
            }
            if let Some(goal) = self.goal(objective, &path) {
                self.model.objectives.push(Objective { of: of.clone(), goal });
            }
        }
    }

    /// An error where no client asks for the operation that something is said of.
    pub(super) fn check_asked_for(&mut self, of: &str, path: &Path) {
        let spec = self.spec;
        if !self.places.journeys.iter().any(|asked| asked == of)
            && spec.is_read("clients", spec.clients.len())
        {
            let near = spec::did_you_mean(of, self.places.journeys.iter().map(String::as_str));
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            let message = format!("no client asks for `{of}`, so nothing can be said of it");
            self.findings.error(path, message).hint = hint;
        }
    }

    fn goal(&mut self, objective: &spec::Objective, path: &Path) -> Option<Goal> {
        match objective {
            spec::Objective::Latency { percentile, below, .. } => {
                let limit = self.positive_duration(below, "a limit", &path.key("below"));
                if !(*percentile > 0.0 && *percentile < 100.0) {
                    let message = format!(
                        "{percentile} is no percentile: it lies between 0 and 100, such as 99"
                    );
                    self.findings.error(&path.key("percentile"), message);
                    return None;
                }
                if *percentile <= 1.0 {
                    let message =
                        format!("percentile {percentile} is that of the fastest few requests");
                    let warning = self.findings.warning(&path.key("percentile"), message);
                    warning
                        .hint(format!("for a share of {percentile}, write {}", percentile * 100.0));
                }
                let limit = Duration::from_nanos(limit?);
                Some(Goal::LatencyBelow { percentile: percentile / 100.0, limit })
            }
            spec::Objective::Errors { below, .. } => {
                let at = path.key("below");
                let share = self.read(quantity::share(below), &at)?;
                if !(share > 0.0 && share <= 1.0) {
                    let message =
                        format!("a share of errors below {share} can be neither met nor missed");
                    self.findings
                        .error(&at, message)
                        .hint("shares lie between 0 and 1, or \"0%\" and \"100%\"");
                    return None;
                }
                Some(Goal::ErrorsBelow(share))
            }
            spec::Objective::Throughput { above, .. } => {
                Some(Goal::ThroughputAbove(self.read(quantity::rate(above), &path.key("above"))?))
            }
            spec::Objective::Cost { below } => {
                let limit = self.read(quantity::money_rate(below), &path.key("below"))?;
                if self.spec.prices.is_none() {
                    let message = "without prices there is no bill to keep below a limit";
                    let hint = "add prices: (book: \"prices.ron\"), and say what things run on: instance: \"m5.large\"";
                    self.findings.error(path, message).hint(hint);
                }
                Some(Goal::CostBelow(limit * quantity::MONTH))
            }
        }
    }

    pub(super) fn lower_run(&mut self) {
        let path = Path::root().key("run");
        let run = &self.spec.run;
        let mut plan = RunPlan::default();
        if let Some(horizon) = &run.horizon
            && let Some(nanos) =
                self.positive_duration(horizon, "the horizon", &path.key("horizon"))
        {
            plan.horizon = Duration::from_nanos(nanos);
        }
        if let Some(warmup) = &run.warmup
            && let Some(nanos) = self.read(quantity::duration(warmup), &path.key("warmup"))
        {
            plan.warmup = Some(Duration::from_nanos(nanos));
            if plan.horizon != Duration::ZERO && nanos >= plan.horizon.0 as f64 {
                let message = "the warm-up leaves nothing of the horizon to be measured";
                self.findings.error(&path.key("warmup"), message);
            }
        }
        plan.seed = run.seed.unwrap_or(plan.seed);
        plan.replications = run.replications.unwrap_or(plan.replications);
        if plan.replications == 0 || plan.replications > REPLICATIONS_MAX {
            let message = format!("from 1 to {REPLICATIONS_MAX} replications can be run");
            self.findings.error(&path.key("replications"), message);
        }
        self.model.run = plan;
    }
}
