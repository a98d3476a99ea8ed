//! Replications of one design, or of several under common random numbers.

use super::Study;
use super::estimate::{Status, Value};
use super::layout::{Metric, Scope};
use super::objective::{ObjectiveResult, Verdict};
use super::settle::{Asked, Health, judge, settled_after};
use super::sweep::TrialRow;
use super::tally::Tally;
use crate::metrics::{EVENTS_MAX, Metrics, Outcome, Trial};
use crate::model::traffic::Profile;
use crate::model::{Checked, Fault, Files, Load, Model, Objective, RunPlan, Source, When};
use crate::simulation::Seed;
pub use crate::spec::AS_WRITTEN;
use crate::spec::{Diagnostics, Spec};
use crate::stats::Welford;
use crate::telemetry::PathSums;
use crate::time::Duration;

/// One of the designs that are compared.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// Its name.
    pub name: String,
    /// What is run.
    pub model: Model,
    /// What its stations are offered.
    pub load: Load,
    /// Hash of what was written.
    pub hash: u64,
}

/// The designs of a model, in order: as written (`None`), unless it has nothing to run or a design that changes nothing
/// stands for it, and every named one.
pub fn designs_of(spec: &Spec) -> Vec<Option<&str>> {
    let stands_for_it = spec.designs.values().any(|edits| edits.is_empty());
    let as_written = !stands_for_it && !spec.services.is_empty();
    let designs = spec.designs.keys().map(|name| Some(name.as_str()));
    as_written.then_some(None).into_iter().chain(designs).collect()
}

impl Alternative {
    /// A design of a model, or the model as written, checked; `files` tells what the files hold that it refers to.
    ///
    /// # Errors
    /// What is wrong with the model.
    pub fn of(
        spec: &Spec,
        design: Option<&str>,
        files: impl FnOnce(&Spec) -> Result<Files, Diagnostics>,
    ) -> Result<(Alternative, Diagnostics), Diagnostics> {
        let edited = design.map(|design| spec.design(design)).transpose()?;
        let spec = edited.as_ref().unwrap_or(spec);
        let mut checked = Model::check(spec, &files(spec)?)?;
        let warnings = std::mem::take(&mut checked.warnings);
        Ok((Alternative::new(design.unwrap_or(AS_WRITTEN), checked, spec.hash()), warnings))
    }

    /// A checked model under a name; `hash` identifies what was written.
    pub fn new(name: impl Into<String>, checked: Checked, hash: u64) -> Alternative {
        Alternative { name: name.into(), model: checked.model, load: checked.load, hash }
    }

    /// Whether it is alike at all times, so that there may be a steady state: its traffic is, and nothing breaks or changes
    /// at an instant of its own.
    pub(super) fn is_stationary(&self) -> bool {
        let is_once = |fault: &Fault| matches!(fault.when, When::At(_));
        self.has_even_traffic()
            && self.model.changes.is_empty()
            && !self.model.faults.iter().any(is_once)
    }

    /// Whether its traffic is alike at all times.
    pub(super) fn has_even_traffic(&self) -> bool {
        self.model.clients.iter().all(|client| match &client.source {
            Source::Open(traffic) => {
                traffic.recorded().is_none()
                    && traffic.scheduled().is_none()
                    && traffic.profile == Profile::default()
            }
            Source::Closed { .. } => true,
        })
    }
}

/// How much to simulate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Plan {
    /// The seed of every draw.
    pub seed: u64,
    /// When to stop.
    pub until: Until,
    /// Simulated time of a replication, warm-up included.
    pub horizon: Duration,
    /// What no statistic sees; `None`: decided from the replications.
    pub warmup: Option<Duration>,
    /// Events of a replication at most.
    pub events_max: u64,
}

/// When a study has enough replications.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Until {
    /// After so many.
    Replications(u32),
    /// When the intervals of mean and 99th percentile of all that clients ask for are this narrow, relative
    /// to the values, or after so many.
    Precision {
        /// Half-width over value: 0.02.
        relative: f64,
        /// Replications at most.
        at_most: u32,
    },
    /// When every objective of every design is met or missed, or after so many. Looked at after 10, 20, 40 and so on, so
    /// that few looks give chance few occasions.
    Decided {
        /// Replications at most.
        at_most: u32,
    },
}

/// Replications at most where a precision is asked for, unless told otherwise.
pub const PRECISE_AT_MOST: u32 = 1_000;

impl Plan {
    /// How much to simulate of designs: what the first one's file says, with the longest of their horizons and the most
    /// of their replications, so that a design which needs more decides for all.
    pub fn of(designs: &[Alternative]) -> Plan {
        let runs = || designs.iter().map(|design| design.model.run);
        let mut run = runs().next().unwrap_or_default();
        run.horizon = runs().map(|run| run.horizon).max().unwrap_or_default();
        run.replications = runs().map(|run| run.replications).max().unwrap_or(run.replications);
        run.warmup = runs().filter_map(|run| run.warmup).max();
        Plan::from(run)
    }
}

impl From<RunPlan> for Plan {
    fn from(plan: RunPlan) -> Plan {
        Plan {
            seed: plan.seed,
            until: Until::Replications(plan.replications),
            horizon: plan.horizon,
            warmup: plan.warmup,
            events_max: EVENTS_MAX,
        }
    }
}

/// Replications of first batches; and the fewest that precision is judged by.
const FIRST_BATCH: u64 = 10;
/// Trials asked for at once: their outcomes are in memory together.
const BATCH_TRIALS: u64 = 64;

/// Replications of one design or several: the n-th replication of each draws the same numbers for the same
/// requests.
///
/// Without a fixed warm-up the first batch leaves out a tenth of the horizon. If the ensemble turns out to
/// settle later, as much is left out as it took, up to half the horizon, and the replications start anew.
/// They get new numbers: where a cut is made and what is measured after it must not follow from the same
/// draws, or the cut falls where the measurements please.
pub struct Replicate {
    pub(super) designs: Vec<Alternative>,
    pub(super) plan: Plan,
    pub(super) warmup: Duration,
    pub(super) tallies: Vec<Tally>,
    /// By design: what a second look at some replications found of the paths of requests.
    pub(super) paths: Vec<Vec<PathSums>>,
    /// For each column of each design the first design's column for the same.
    pub(super) pairs: Vec<Vec<Option<usize>>>,
    /// The first replication that counts; those before it were for finding the warm-up.
    first: u64,
    /// Replications told of, from the first that counts.
    told: u64,
    /// Replications to be had before the question whether they are enough is asked again.
    wanted: u64,
    warmup_is_decided: bool,
    /// Trials told of in vain, before the warm-up was known.
    discarded: u64,
    /// Trials asked for last.
    awaited: usize,
    interrupted: bool,
}

impl Replicate {
    /// Replications of `designs`, of which there is at least one. The others are compared with the first.
    pub fn new(designs: Vec<Alternative>, plan: Plan) -> Replicate {
        let stationary = designs.iter().all(Alternative::is_stationary);
        let warmup = match plan.warmup {
            Some(warmup) => warmup,
            None if stationary => Duration(plan.horizon.0 / 10),
            None => Duration::ZERO,
        };
        let tallies: Vec<Tally> = designs.iter().map(|design| Tally::new(&design.model)).collect();
        let pairs = tallies.iter().map(|tally| tallies[0].layout.pairs(&tally.layout)).collect();
        let wanted = match plan.until {
            Until::Replications(n) => u64::from(n),
            Until::Precision { at_most, .. } | Until::Decided { at_most } => {
                FIRST_BATCH.min(u64::from(at_most))
            }
        };
        Replicate {
            warmup_is_decided: plan.warmup.is_some() || !stationary,
            designs,
            plan,
            warmup,
            tallies,
            paths: Vec::new(),
            pairs,
            first: 0,
            told: 0,
            wanted,
            discarded: 0,
            awaited: 0,
            interrupted: false,
        }
    }

    /// Whether the caller told of fewer runs than were asked for.
    pub fn is_interrupted(&self) -> bool {
        self.interrupted
    }

    /// What was measured of a design, all replications together.
    pub fn metrics(&self, design: usize) -> &Metrics {
        &self.tallies[design].metrics
    }

    /// The first replications of a design that count, as they were run.
    pub(super) fn trials_again(&self, design: usize, at_most: u64) -> Vec<Trial> {
        let replications = self.first..self.first + self.told.min(at_most);
        replications.map(|replication| self.trial(replication, design)).collect()
    }

    /// Asks for so many more replications than it would.
    pub(super) fn extend(&mut self, more: u64) {
        self.wanted = self.told.max(self.wanted) + more;
        self.plan.until = Until::Replications(u32::try_from(self.wanted).unwrap_or(u32::MAX));
    }

    /// The numbers of the replications of the first design in a column.
    pub(super) fn numbers(&self, wanted: &(Scope, Metric)) -> Option<&Welford> {
        let column = self.tallies[0].layout.columns.iter().position(|column| column == wanted)?;
        Some(&self.tallies[0].columns[column])
    }

    /// Replications that count.
    pub(super) fn told(&self) -> u64 {
        self.told
    }

    /// The first replication that counts: those before it were for finding the warm-up.
    pub(super) fn first(&self) -> u64 {
        self.first
    }

    /// Whether it is decided from which replication on they count.
    pub(super) fn knows_warmup(&self) -> bool {
        self.warmup_is_decided
    }

    /// What clients felt and what it cost in one replication of the first design, at a point of a sweep.
    pub(super) fn trial_row(&self, point: usize, outcome: &Outcome) -> TrialRow {
        let numbers = self.tallies[0].row(&self.designs[0].model, outcome);
        let columns = self.tallies[0].layout.columns.iter().zip(numbers);
        let told =
            columns.filter(|((scope, _), _)| matches!(scope, Scope::All | Scope::Journey { .. }));
        TrialRow {
            point,
            replication: outcome.trial.seed.replication,
            numbers: told
                .map(|((scope, metric), number)| (scope.clone(), *metric, number))
                .collect(),
        }
    }

    fn trial(&self, replication: u64, design: usize) -> Trial {
        Trial {
            design,
            seed: Seed { seed: self.plan.seed, replication },
            warmup: self.warmup,
            horizon: self.plan.horizon,
            events_max: self.plan.events_max,
        }
    }

    pub(super) fn asked(&self) -> Asked {
        Asked { horizon: self.plan.horizon, from_start: self.plan.warmup == Some(Duration::ZERO) }
    }

    pub(super) fn health(&self, design: usize) -> Health {
        judge(&self.designs[design], &self.tallies[design], self.warmup, self.asked())
    }

    /// After the first batch: starts anew if the warm-up was too short.
    fn decide_warmup(&mut self) {
        self.warmup_is_decided = true;
        let needed = (0..self.designs.len())
            .filter(|&design| self.health(design).growth.is_none())
            .flat_map(|d| self.tallies[d].courses())
            .map(|courses| settled_after(&courses.average(), self.plan.horizon))
            .max()
            .unwrap_or_default();
        if needed > self.warmup {
            self.warmup = needed;
            self.discarded = self.told * self.designs.len() as u64;
            self.first = self.told;
            self.told = 0;
            self.tallies = self.designs.iter().map(|d| Tally::new(&d.model)).collect();
        }
    }

    /// How many replications it takes by what is known now.
    fn replications_needed(&self) -> u64 {
        let (relative, at_most) = match self.plan.until {
            Until::Replications(_) => return self.wanted,
            Until::Decided { at_most } => {
                let more = (2 * self.told).min(u64::from(at_most));
                return if self.is_decided() { self.told } else { more };
            }
            Until::Precision { relative, at_most } => (relative, at_most),
        };
        let widest = (0..self.designs.len())
            .filter(|&design| self.health(design).growth.is_none())
            .flat_map(|design| self.precisions(design))
            .fold(0.0, f64::max);
        if widest <= relative {
            return self.told;
        }
        // Half-widths shrink as the root of the number; no more than a doubling at once, since they are
        // estimates.
        let ratio = (widest / relative).min(1.5);
        let needed = (self.told as f64 * ratio * ratio).ceil() as u64;
        needed.clamp(self.told + 1, self.told * 2).min(u64::from(at_most))
    }

    /// Whether each objective of each design is met or missed, or cannot be told however often it is replicated.
    fn is_decided(&self) -> bool {
        (0..self.designs.len()).all(|design| {
            let judged = |(objective, value): (&Objective, Value)| {
                let verdict = ObjectiveResult::new(objective, value).verdict;
                verdict != Verdict::Undecided || value.status == Status::TooShort
            };
            let objectives = &self.designs[design].model.objectives;
            let columns = self.tallies[design].layout.columns.iter().zip(self.values(design));
            let values =
                columns.filter(|((_, metric), _)| *metric == Metric::Goal).map(|(_, value)| value);
            objectives.iter().zip(values).all(judged)
        })
    }

    /// Relative half-widths of means and 99th percentiles that clients feel, where there is enough to go by.
    fn precisions(&self, design: usize) -> Vec<f64> {
        let columns = self.tallies[design].layout.columns.iter().zip(self.values(design));
        columns
            .filter(|((scope, metric), value)| {
                matches!(scope, Scope::Journey { .. })
                    && matches!(metric, Metric::Mean | Metric::P99)
                    && value.is_confident()
            })
            .map(|(_, value)| value.relative_half_width())
            .filter(|width| width.is_finite())
            .collect()
    }
}

impl Study for Replicate {
    fn ask(&mut self) -> Option<Vec<Trial>> {
        if self.interrupted || self.told >= self.wanted {
            return None;
        }
        let designs = self.designs.len();
        let most = (BATCH_TRIALS / designs as u64).max(1);
        let most = if self.warmup_is_decided { most } else { most.max(FIRST_BATCH) };
        let until = self.wanted.min(self.told + most);
        let batch: Vec<Trial> = (self.first + self.told..self.first + until)
            .flat_map(|r| (0..designs).map(move |d| (r, d)))
            .map(|(replication, design)| self.trial(replication, design))
            .collect();
        self.awaited = batch.len();
        Some(batch)
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let designs = self.designs.len();
        self.interrupted |= outcomes.len() < self.awaited;
        let mut outcomes = outcomes.into_iter().peekable();
        while let Some(trial) = outcomes.peek().map(|outcome| outcome.trial) {
            let of_this = |o: &Outcome| o.trial.seed == trial.seed;
            let replication: Vec<Outcome> =
                std::iter::from_fn(|| outcomes.next_if(of_this)).collect();
            if replication.len() < designs || trial.seed.replication != self.first + self.told {
                break;
            }
            let mut first = Vec::new();
            for (design, outcome) in replication.into_iter().enumerate() {
                let row = self.tallies[design].add(&self.designs[design].model, outcome);
                if design == 0 {
                    first = row;
                } else {
                    self.tallies[design].compare(&row, &first, &self.pairs[design]);
                }
            }
            self.told += 1;
        }
        if !self.interrupted && !self.warmup_is_decided {
            self.decide_warmup();
        }
        if !self.interrupted && self.told >= self.wanted {
            self.wanted = self.replications_needed();
        }
    }

    fn model(&self, design: usize) -> &Model {
        &self.designs[design].model
    }

    fn progress(&self) -> (u64, u64) {
        let designs = self.designs.len() as u64;
        (self.discarded + self.told * designs, self.discarded + self.wanted * designs)
    }
}
