//! Optimisation: the alternative with the lowest cost, or another metric, of those that meet the objectives.
//!
//! What cannot keep up by the utilisation law is left out without simulating. The others are replicated ten times each, and
//! from then on replications go where they decide: see `ocba.rs`.

use super::axis::Setting;
use super::bounds::Bounds;
use super::curve::Origin;
use super::estimate::Status;
use super::layout::{Metric, Scope};
use super::objective::Verdict;
use super::ocba::{Constraint, Indifference, Known, Ranking};
use super::replicate::{Alternative, Plan, Replicate, Until};
use super::sample::Points;
use super::sensitivity::value_of;
use super::summary::DesignSummary;
use super::sweep::{FilesOf, Models};
use super::words::percent;
use super::{Axis, AxisError, Refused, Study};
use crate::metrics::{Outcome, Trial};
use crate::model::{Goal, Model, UNLIMITED};
use crate::spec::Spec;
use crate::stats::Welford;
use schemars::JsonSchema;
use serde::Serialize;

/// Alternatives, at most: what is known of each is in memory until the end.
const CANDIDATES_MAX: usize = 1_000;
/// Replications that each alternative has to begin with.
const FIRST: u32 = 10;
/// Replications given out at once.
const ROUND: u64 = 32;

/// What is asked of an optimisation.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OptimizePlan {
    /// What is to be small, of all requests together.
    pub minimize: Metric,
    /// How sure the choice is to be.
    pub confidence: f64,
    /// Differences smaller than this part of the best's value, or of a limit, do not matter.
    pub indifference: f64,
    /// Trials at most.
    pub budget: u64,
}

/// What an optimisation found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OptimizeSummary {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// What was to be small.
    pub minimize: Metric,
    /// What was varied.
    pub axes: Vec<Axis>,
    /// The index of the best in `candidates`, if any meets the objectives.
    pub best: Option<usize>,
    /// The probability that it is the best, at least.
    pub confidence: f64,
    /// The probability that was asked for.
    pub asked: f64,
    /// The difference that does not matter, as a part.
    pub indifference: f64,
    /// Trials that were run.
    pub trials: u64,
    /// The alternatives, in order.
    pub candidates: Vec<Candidate>,
    /// Whether it was cut short.
    pub interrupted: bool,
}

/// An alternative.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Candidate {
    /// Its values, one for each axis.
    pub settings: Vec<Setting>,
    /// How it stands.
    pub standing: Standing,
    /// Why it was not simulated.
    pub screened: Option<String>,
    /// What came of it.
    pub design: Option<DesignSummary>,
    /// Replications that it was given.
    pub replications: u64,
    /// Whether no other is better in cost, 99th percentile or errors without being worse in another of them.
    pub pareto: bool,
}

/// How an alternative stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// The best of those that meet the objectives.
    Best,
    /// It seems to meet them, and is not the best.
    Fits,
    /// It seems to miss an objective.
    Misses,
    /// It was left out by its operational bounds, or is no model.
    Screened,
}

/// An optimisation over the points of some axes.
pub struct Optimize {
    question: Option<String>,
    points: Points,
    plan: OptimizePlan,
    candidates: Vec<Open>,
    trials: u64,
    is_done: bool,
    interrupted: bool,
}

struct Open {
    replicate: Option<Replicate>,
    screened: Option<String>,
    awaited: usize,
}

impl Optimize {
    /// An optimisation over points; `files` tells what the files hold that a model refers to.
    ///
    /// # Errors
    /// What is wrong with the model or the plan.
    pub fn new(
        base: &Spec,
        files: &FilesOf,
        points: Points,
        plan: OptimizePlan,
    ) -> Result<Optimize, Refused> {
        if points.len() > CANDIDATES_MAX {
            let message = format!(
                "there are {} alternatives; at most {CANDIDATES_MAX} are compared",
                points.len()
            );
            return Err(AxisError::new(
                message,
                "take fewer values, or a sample: --sample sobol:256",
            )
            .into());
        }
        let models = Models { base, files, points: &points };
        models.try_values()?;
        let mut candidates = Vec::new();
        for point in 0..points.len() {
            let (replicate, screened) = match models.at(point) {
                Ok(design) if plan.minimize == Metric::Cost && design.model.charges.is_empty() => {
                    let hint =
                        "add prices: (book: …) and instances to the model, or --minimize p99";
                    return Err(
                        AxisError::new("without prices no cost can be minimized", hint).into()
                    );
                }
                Ok(design) => match cannot_keep_up(&design) {
                    Some(reason) => (None, Some(reason)),
                    None => {
                        let own = Plan::of(std::slice::from_ref(&design));
                        let own = Plan { until: Until::Replications(FIRST), ..own };
                        (Some(Replicate::new(vec![design], own)), None)
                    }
                },
                Err(findings) => (
                    None,
                    Some(findings.iter().next().map_or(String::new(), |f| f.message.clone())),
                ),
            };
            candidates.push(Open { replicate, screened, awaited: 0 });
        }
        let question = base.question.clone();
        Ok(Optimize {
            question,
            points,
            plan,
            candidates,
            trials: 0,
            is_done: false,
            interrupted: false,
        })
    }

    /// What is known of each alternative so far.
    fn known(&self) -> Vec<Known> {
        self.candidates
            .iter()
            .map(|candidate| known(candidate.replicate.as_ref(), self.plan.minimize))
            .collect()
    }

    /// What is known so far; `origin` says where it comes from.
    pub fn summary(&self, origin: Origin) -> OptimizeSummary {
        let known = self.known();
        let ranking = Ranking::of(&known, Indifference(self.plan.indifference));
        let mut candidates: Vec<Candidate> = (self.candidates.iter().enumerate())
            .map(|(index, open)| {
                let design = open.replicate.as_ref().and_then(|r| r.summary().designs.pop());
                let fits = !known[index].is_out
                    && known[index]
                        .constraints
                        .iter()
                        .all(|constraint| constraint.excess.mean() < 0.0);
                let standing = match (&open.replicate, ranking.best == Some(index)) {
                    (None, _) => Standing::Screened,
                    (_, true) => Standing::Best,
                    _ if fits => Standing::Fits,
                    _ => Standing::Misses,
                };
                Candidate {
                    settings: self.points.get(index),
                    standing,
                    screened: open.screened.clone(),
                    design: design.map(|design| DesignSummary {
                        operations: Vec::new(),
                        services: Vec::new(),
                        time: Vec::new(),
                        ..design
                    }),
                    replications: open.replicate.as_ref().map_or(0, Replicate::told),
                    pareto: false,
                }
            })
            .collect();
        for index in pareto(&candidates) {
            candidates[index].pareto = true;
        }
        OptimizeSummary {
            origin,
            question: self.question.clone(),
            minimize: self.plan.minimize,
            axes: self.points.axes().to_vec(),
            best: ranking.best,
            confidence: ranking.confidence(),
            asked: self.plan.confidence,
            indifference: self.plan.indifference,
            trials: self.trials,
            candidates,
            interrupted: self.interrupted,
        }
    }

    /// Gives out the next replications, or finds that there are enough.
    fn next_round(&mut self) {
        let known = self.known();
        let ranking = Ranking::of(&known, Indifference(self.plan.indifference));
        if ranking.confidence() >= self.plan.confidence || self.trials >= self.plan.budget {
            self.is_done = true;
            return;
        }
        let given = ranking.allot(ROUND.min(self.plan.budget - self.trials));
        self.is_done = given.iter().all(|more| *more == 0);
        for (candidate, more) in self.candidates.iter_mut().zip(given) {
            if let (Some(replicate), true) = (&mut candidate.replicate, more > 0) {
                replicate.extend(more);
            }
        }
    }
}

/// Why a design can be left out without simulating: an open load beyond what a station with an endless queue can do, so that
/// no limit on a latency is kept in the end.
fn cannot_keep_up(design: &Alternative) -> Option<String> {
    let bounds = Bounds::of(design);
    let busiest = design.load.bottleneck?;
    let station = &design.model.stations[busiest];
    let limits_latency =
        design.model.objectives.iter().any(|o| matches!(o.goal, Goal::LatencyBelow { .. }));
    let offered = bounds.utilisation.filter(|offered| *offered > 1.0)?;
    let applies = bounds.mean_at_least.is_some() && bounds.users_at_saturation.is_none();
    (applies && limits_latency && station.queue == UNLIMITED)
        .then(|| format!("`{}` is offered {} of what it can do", station.name, percent(offered)))
}

fn known(replicate: Option<&Replicate>, minimize: Metric) -> Known {
    let Some(replicate) = replicate else { return Known { is_out: true, ..Known::default() } };
    let value = replicate.numbers(&(Scope::All, minimize)).copied().unwrap_or_default();
    let objectives = &replicate.designs[0].model.objectives;
    let constraint = |(index, objective): (usize, &crate::model::Objective)| {
        let found = replicate
            .numbers(&(Scope::Objective(index), Metric::Goal))
            .copied()
            .unwrap_or_default();
        let (limit, sign) = match objective.goal {
            Goal::LatencyBelow { limit, .. } => (limit.as_secs(), 1.0),
            Goal::ErrorsBelow(limit) | Goal::CostBelow(limit) => (limit, 1.0),
            Goal::ThroughputAbove(limit) => (limit, -1.0),
        };
        Constraint { limit, excess: shifted(&found, sign, limit) }
    };
    let constraints = objectives.iter().enumerate().map(constraint).collect();
    let limits_latency = objectives.iter().any(|o| matches!(o.goal, Goal::LatencyBelow { .. }));
    let is_unstable = replicate.told() > 1 && replicate.health(0).status == Status::Unstable;
    let is_out = is_unstable && (limits_latency || minimize.is_unbounded());
    Known { value, constraints, is_out }
}

/// The numbers less their limit, or the limit less the numbers: with the same spread.
fn shifted(numbers: &Welford, sign: f64, limit: f64) -> Welford {
    numbers.mapped(sign, -sign * limit)
}

/// The alternatives that no other dominates in cost, 99th percentile and errors.
fn pareto(candidates: &[Candidate]) -> Vec<usize> {
    let numbers = |candidate: &Candidate| -> Option<Vec<f64>> {
        let design = candidate.design.as_ref()?;
        let metrics = [Metric::Cost, Metric::P99, Metric::Errors].into_iter();
        let values: Vec<f64> =
            metrics.filter_map(|metric| value_of(design, metric)).map(|value| value.mean).collect();
        values.iter().all(|value| value.is_finite()).then_some(values)
    };
    let all: Vec<Option<Vec<f64>>> = candidates.iter().map(numbers).collect();
    let dominates = |a: &[f64], b: &[f64]| {
        a.len() == b.len()
            && a.iter().zip(b).all(|(a, b)| a <= b)
            && a.iter().zip(b).any(|(a, b)| a < b)
    };
    (0..all.len())
        .filter(|&i| {
            all[i]
                .as_ref()
                .is_some_and(|own| !all.iter().flatten().any(|other| dominates(other, own)))
        })
        .collect()
}

impl OptimizeSummary {
    /// Whether the best is sure to be it, and to meet every objective.
    pub fn verdict(&self) -> Verdict {
        match self.best {
            None if self.confidence >= self.asked => Verdict::Missed,
            Some(_) if self.confidence >= self.asked => Verdict::Met,
            _ => Verdict::Undecided,
        }
    }
}

impl Study for Optimize {
    fn ask(&mut self) -> Option<Vec<Trial>> {
        while !self.interrupted && !self.is_done {
            let mut batch = Vec::new();
            for (index, candidate) in self.candidates.iter_mut().enumerate() {
                candidate.awaited = 0;
                let Some(replicate) = candidate.replicate.as_mut().filter(|_| batch.len() < 64)
                else {
                    continue;
                };
                if let Some(trials) = replicate.ask() {
                    candidate.awaited = trials.len();
                    batch.extend(trials.into_iter().map(|trial| Trial { design: index, ..trial }));
                }
            }
            if !batch.is_empty() {
                return Some(batch);
            }
            self.next_round();
        }
        None
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let mut outcomes = outcomes.into_iter().peekable();
        for (index, candidate) in
            self.candidates.iter_mut().enumerate().filter(|(_, c)| c.awaited > 0)
        {
            let told: Vec<Outcome> =
                std::iter::from_fn(|| outcomes.next_if(|o| o.trial.design == index))
                    .map(|outcome| Outcome {
                        trial: Trial { design: 0, ..outcome.trial },
                        ..outcome
                    })
                    .collect();
            self.trials += told.len() as u64;
            self.interrupted |= told.len() < candidate.awaited;
            if let Some(replicate) = &mut candidate.replicate {
                replicate.tell(told);
            }
        }
    }

    fn model(&self, design: usize) -> &Model {
        self.candidates[design].replicate.as_ref().expect("its trials were asked for").model(0)
    }

    fn progress(&self) -> (u64, u64) {
        let progress =
            self.candidates.iter().filter_map(|c| c.replicate.as_ref()).map(Study::progress);
        progress.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Files;
    use crate::study::Sampling;

    /// M/M/1 with a rate of 50/s: work of w seconds takes w / (1 - 50 w) on average, and its 95th percentile is ln 20 as
    /// much.
    fn optimum(axes: &[&str], minimize: Metric, objective: &str) -> OptimizeSummary {
        let text = format!(
            r#"(
            components: {{"desk": {{"ask": [work(exponential("10ms"))]}}}},
            services: {{"desk": (components: ["desk"])}},
            clients: {{"users": (rate: "50/s", mix: "desk.ask")}},
            objectives: [{objective}],
            run: (horizon: "200s", warmup: "20s"),
        )"#
        );
        let spec = Spec::parse("desk.ron", &text).unwrap();
        let axes = axes.iter().map(|axis| Axis::parse(axis).unwrap()).collect();
        let points = Points::new(axes, Sampling::Grid, 1).unwrap();
        let files: FilesOf = Box::new(|_| Ok(Files::default()));
        let plan = OptimizePlan { minimize, confidence: 0.95, indifference: 0.01, budget: 2_000 };
        let mut optimize = Optimize::new(&spec, &files, points, plan).unwrap();
        optimize.run();
        optimize.summary(Origin::default())
    }

    /// 50 queues M/M/1 whose mean times are 10 ms, 10.3 ms, 10.6 ms and so on: at 50/s, T takes work of T / (1 + 50 T).
    fn fifty(seed: u64, budget: u64) -> Optimize {
        let mean = |k: u32| 0.010 + 0.0003 * f64::from(k);
        let work = (0..50).map(mean).map(|t| format!("{:.6}ms", 1e3 * t / (1.0 + 50.0 * t)));
        let axis = format!(
            "components.desk.ask[0].work.exponential={}",
            work.collect::<Vec<_>>().join(",")
        );
        let text = format!(
            r#"(
            components: {{"desk": {{"ask": [work(exponential("10ms"))]}}}},
            services: {{"desk": (components: ["desk"])}},
            clients: {{"users": (rate: "50/s", mix: "desk.ask")}},
            run: (horizon: "14s", warmup: "4s", seed: {seed}),
        )"#
        );
        let spec = Spec::parse("desk.ron", &text).unwrap();
        let points = Points::new(vec![Axis::parse(&axis).unwrap()], Sampling::Grid, 1).unwrap();
        let files: FilesOf = Box::new(|_| Ok(Files::default()));
        let minimize = Metric::Mean;
        let plan = OptimizePlan { minimize, confidence: 0.95, indifference: 1e-3, budget };
        Optimize::new(&spec, &files, points, plan).unwrap()
    }

    /// Trials until the same confidence is reached where all have equally many.
    fn equally(seed: u64) -> u64 {
        // Without a budget it ends after the first replications of all.
        let mut optimize = fifty(seed, 0);
        optimize.run();
        while Ranking::of(&optimize.known(), Indifference(1e-3)).confidence() < 0.95 {
            let replicates = optimize.candidates.iter_mut().filter_map(|c| c.replicate.as_mut());
            replicates.for_each(|replicate| replicate.extend(1));
            optimize.is_done = false;
            optimize.run();
        }
        optimize.trials
    }

    /// So many times the best of fifty is looked for: how often it is found, after how many trials in all, and how many there
    /// would have been if all had had equally many.
    fn best_of_fifty(studies: std::ops::Range<u64>) -> (usize, u64, u64) {
        let found = studies.clone().map(|seed| {
            let mut optimize = fifty(seed, 1_000_000);
            optimize.run();
            let found = optimize.summary(Origin::default());
            (found.best == Some(0), found.trials)
        });
        let found: Vec<(bool, u64)> = found.collect();
        let right = found.iter().filter(|(right, _)| *right).count();
        (right, found.iter().map(|(_, trials)| trials).sum(), studies.map(equally).sum())
    }

    #[test]
    fn the_best_of_fifty_queues_is_found_with_a_third_of_the_trials() {
        let (right, trials, equal) = best_of_fifty(1..2);
        assert_eq!(right, 1);
        assert!(trials * 3 <= equal, "{trials} trials, {equal} if equal");
    }

    /// As often as is said: of 100 studies 95 % less three standard errors of such a share, 88.5 %.
    #[test]
    #[ignore = "100 studies: cargo test --release -p sim-core --lib best_of_fifty -- --include-ignored"]
    fn the_best_of_fifty_queues_is_found_as_often_as_is_said() {
        let (right, trials, equal) = best_of_fifty(1..101);
        println!("{right} of 100 are right, after {trials} trials; {equal} if equal");
        assert!(right >= 89, "{right} of 100");
        assert!(trials * 3 <= equal, "{trials} trials, {equal} if equal");
    }

    #[test]
    fn the_fastest_of_ten_is_found_and_the_slow_ones_are_left_alone() {
        let work = "components.desk.ask[0].work.exponential=5ms,18ms,17ms,16ms,4.8ms,15ms,14ms,22ms,13ms,12ms";
        let found = optimum(&[work], Metric::Mean, r#"latency(percentile: 95, below: "10s")"#);
        assert_eq!((found.best, found.verdict()), (Some(4), Verdict::Met));
        assert!(found.confidence >= 0.95 && found.confidence <= 1.0);
        assert_eq!(found.candidates[7].standing, Standing::Screened, "22 ms at 50/s is 110 %");
        assert!(found.candidates[7].screened.as_ref().unwrap().contains("110 %"));
        let slow = found.candidates[1].replications;
        assert_eq!(slow, 10, "an M/M/1 at 90 % is slower beyond doubt");
    }

    /// The most work that still keeps p95 below 100 ms is w = 1 / (50 + 10 ln 20) = 12.5 ms. Asked for the lowest median of
    /// those that fit among 9, 11, 14 and 16 ms there is one answer, and the others stand as they should.
    #[test]
    fn objectives_rule_out() {
        let work = "components.desk.ask[0].work.exponential=16ms,11ms,14ms,9ms";
        let found = optimum(&[work], Metric::P50, r#"latency(percentile: 95, below: "100ms")"#);
        let standings: Vec<Standing> =
            found.candidates.iter().map(|candidate| candidate.standing).collect();
        assert_eq!(standings, [Standing::Misses, Standing::Fits, Standing::Misses, Standing::Best]);
        let none = optimum(&[work], Metric::P50, r#"latency(percentile: 95, below: "9ms")"#);
        assert_eq!((none.best, none.verdict()), (None, Verdict::Missed));
    }
}
