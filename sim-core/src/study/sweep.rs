//! A sweep: every point of some axes, each replicated as far as it takes, all under the same traffic.

use super::axis::Axis;
use super::bounds::Bounds;
use super::curve::{Origin, Point, SweepSummary, marks};
use super::layout::{Metric, Scope};
use super::replicate::{Alternative, Plan, Replicate, Until};
use super::sample::Points;
use super::{AS_WRITTEN, Study};
use crate::metrics::{Outcome, Trial};
use crate::model::{Files, Model};
use crate::spec::{Diagnostics, Spec};
use std::collections::BTreeMap;

/// Trials asked for at once: their outcomes are in memory together.
const BATCH_TRIALS: usize = 64;

/// What tells the contents of the files that a model refers to.
pub type FilesOf = Box<dyn Fn(&Spec) -> Result<Files, Diagnostics> + Send + Sync>;

/// How much to simulate at each point, where the model is not to decide.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Effort {
    /// When a point has enough replications; `None`: as the model says.
    pub until: Option<Until>,
}

/// Which part of the points is run here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

impl Shard {
    /// All of them.
    pub const ALL: Shard = Shard { number: 1, of: 1 };

    /// Reads `3/16`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Shard, String> {
        let parts = text
            .split_once('/')
            .and_then(|(n, of)| Some((n.trim().parse().ok()?, of.trim().parse().ok()?)));
        match parts {
            Some((number, of)) if of > 0 && (1..=of).contains(&number) => Ok(Shard { number, of }),
            Some((_, of)) if of > 0 => Err(format!("shards are numbered from 1/{of} to {of}/{of}")),
            _ => Err("write which part of how many, such as 3/16".into()),
        }
    }

    /// Whether a point belongs to it: every `of`-th, so that neighbours, which take equally long, are shared out.
    pub fn has(self, point: usize) -> bool {
        point as u64 % u64::from(self.of) == u64::from(self.number - 1)
    }
}

/// A row of numbers of one replication at one point.
#[derive(Clone, PartialEq, Debug)]
pub struct TrialRow {
    /// The point.
    pub point: usize,
    /// The replication.
    pub replication: u64,
    /// What it measured of what clients feel and of the bill; NaN where nothing was seen.
    pub numbers: Vec<(Scope, Metric, f64)>,
}

/// A sweep over the points of some axes.
///
/// Each point is a [`Replicate`] of its own with the same seed: the n-th replication of every point draws the same
/// numbers for the same requests, and a point needs as many replications as its own noise asks for. Points are opened in
/// order and forgotten but for their summary, so memory does not grow with the number of trials.
pub struct Sweep {
    base: Spec,
    files: FilesOf,
    points: Points,
    effort: Effort,
    shard: Shard,
    /// The next point to open.
    next: usize,
    open: BTreeMap<usize, Open>,
    done: BTreeMap<usize, Point>,
    /// Rows of replications, where they are wanted, by point.
    rows: Option<BTreeMap<usize, Vec<TrialRow>>>,
    rows_taken: usize,
    trials_told: u64,
    interrupted: bool,
}

/// A point that is being replicated.
struct Open {
    replicate: Replicate,
    bounds: Bounds,
    awaited: usize,
}

impl Sweep {
    /// A sweep of a model over points; `files` tells what the files hold that a model refers to.
    ///
    /// # Errors
    /// Each value of each axis is tried, with the first values of the others: what is wrong with the model then.
    pub fn new(
        base: Spec,
        files: FilesOf,
        points: Points,
        effort: Effort,
    ) -> Result<Sweep, Diagnostics> {
        let sweep = Sweep {
            base,
            files,
            points,
            effort,
            shard: Shard::ALL,
            next: 0,
            open: BTreeMap::new(),
            done: BTreeMap::new(),
            rows: None,
            rows_taken: 0,
            trials_told: 0,
            interrupted: false,
        };
        sweep.try_values()?;
        Ok(sweep)
    }

    /// The same over a part of the points only.
    pub fn shard(self, shard: Shard) -> Sweep {
        Sweep { shard, ..self }
    }

    /// The same, with a row kept for each replication until [`Sweep::take_rows`].
    pub fn keeping_rows(self) -> Sweep {
        Sweep { rows: Some(BTreeMap::new()), ..self }
    }

    /// Its points.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// Points of its shard.
    pub fn points_here(&self) -> usize {
        (0..self.points.len()).filter(|&point| self.shard.has(point)).count()
    }

    fn try_values(&self) -> Result<(), Diagnostics> {
        self.models().try_values()
    }

    fn models(&self) -> Models<'_> {
        Models { base: &self.base, files: &self.files, points: &self.points }
    }

    /// The design at a point.
    ///
    /// # Errors
    /// What is wrong with the model there.
    pub fn design_at(&self, point: usize) -> Result<Alternative, Diagnostics> {
        self.models().at(point)
    }

    /// How much is simulated at a point with this design.
    pub fn plan(&self, design: &Alternative) -> Plan {
        let plan = Plan::of(std::slice::from_ref(design));
        Plan { until: self.effort.until.unwrap_or(plan.until), ..plan }
    }

    /// Opens the next point of the shard; `false` when there is none.
    fn open_next(&mut self) -> bool {
        while self.next < self.points.len() && !self.shard.has(self.next) {
            self.next += 1;
        }
        let point = self.next;
        if point >= self.points.len() {
            return false;
        }
        self.next += 1;
        match self.design_at(point) {
            Ok(design) => {
                let (bounds, plan) = (Bounds::of(&design), self.plan(&design));
                let replicate = Replicate::new(vec![design], plan);
                self.open.insert(point, Open { replicate, bounds, awaited: 0 });
            }
            Err(findings) => self.refuse(point, &findings),
        }
        true
    }

    /// Values that are fine one by one and not together: the sweep goes on without the point.
    fn refuse(&mut self, point: usize, findings: &Diagnostics) {
        let reason =
            findings.iter().find(|finding| finding.severity == crate::spec::Severity::Error);
        let refused = Point {
            index: point,
            settings: self.points.get(point),
            design: None,
            refused: Some(reason.map_or(String::new(), |reason| reason.message.clone())),
            replications: 0,
            warmup: 0.0,
            bounds: None,
        };
        self.done.insert(point, refused);
    }

    fn close(&mut self, point: usize) {
        let Some(open) = self.open.remove(&point) else { return };
        let summary = open.replicate.summary();
        let mut designs = summary.designs;
        for design in &mut designs {
            // What a sweep tells of is what clients feel, the stations, the blocks and the bill.
            (design.operations, design.services) = (Vec::new(), Vec::new());
            design.time = Vec::new();
        }
        let closed = Point {
            index: point,
            settings: self.points.get(point),
            design: designs.pop(),
            refused: None,
            replications: summary.replications,
            warmup: summary.warmup,
            bounds: Some(open.bounds),
        };
        self.done.insert(point, closed);
    }

    /// The rows of replications that are done and count, in the order of the points.
    pub fn take_rows(&mut self) -> Vec<TrialRow> {
        let mut taken = Vec::new();
        let Some(rows) = &mut self.rows else { return taken };
        while self.rows_taken < self.points.len() {
            let point = self.rows_taken;
            if self.shard.has(point) && !self.done.contains_key(&point) {
                // Those of the first point that is not done need not wait for it, once it is known which count.
                let is_known = |open: &Open| open.replicate.knows_warmup();
                if self.open.get(&point).is_some_and(is_known)
                    && let Some(rows) = rows.get_mut(&point)
                {
                    taken.append(rows);
                }
                break;
            }
            taken.extend(rows.remove(&point).unwrap_or_default());
            self.rows_taken += 1;
        }
        taken
    }

    /// What is known so far; `origin` says where it comes from.
    pub fn summary(&self, origin: Origin) -> SweepSummary {
        let points: Vec<Point> = self.done.values().cloned().collect();
        let horizon = match self.open.values().next() {
            Some(open) => open.replicate.plan.horizon.as_secs(),
            None => (!self.points.is_empty())
                .then(|| self.design_at(0).ok().map(|design| self.plan(&design).horizon.as_secs()))
                .flatten()
                .unwrap_or(0.0),
        };
        SweepSummary {
            origin,
            question: self.base.question.clone(),
            axes: self.points.axes().to_vec(),
            sampling: self.points.sampling(),
            horizon,
            marks: marks(self.points.axes(), &points),
            points_in_all: self.points.len(),
            interrupted: self.interrupted,
            points,
        }
    }
}

/// The models at some points.
pub(super) struct Models<'a> {
    pub(super) base: &'a Spec,
    pub(super) files: &'a FilesOf,
    pub(super) points: &'a Points,
}
impl Models<'_> {
    /// Tries each value of each axis, with the first values of the others.
    pub(super) fn try_values(&self) -> Result<(), Diagnostics> {
        let first = self.points.get(0);
        for (number, axis) in self.points.axes().iter().enumerate() {
            let ends = [0.0, 1.0].map(|u| axis.at(u));
            let values = axis.settings().unwrap_or_else(|_| ends.to_vec());
            for value in values {
                let mut settings = first.clone();
                settings[number] = value;
                let spec = self.written(&settings)?;
                if !spec.services.is_empty() || number == 0 {
                    self.alternative(&spec, &settings)?;
                }
            }
        }
        Ok(())
    }

    /// The model at some values. Designs come first: the other axes change what a design has made.
    fn written(&self, settings: &[super::Setting]) -> Result<Spec, Diagnostics> {
        let set: Vec<(&Axis, &super::Setting)> = self.points.axes().iter().zip(settings).collect();
        let (designs, others): (Vec<_>, Vec<_>) =
            set.into_iter().partition(|(axis, _)| axis.is_design());
        let mut spec = self.base.clone();
        for (axis, setting) in designs.into_iter().chain(others) {
            spec = axis.put(&spec, setting)?;
        }
        Ok(spec)
    }

    fn alternative(
        &self,
        spec: &Spec,
        settings: &[super::Setting],
    ) -> Result<Alternative, Diagnostics> {
        let (mut alternative, _) = Alternative::of(spec, None, self.files)?;
        let named = self.points.axes().iter().zip(settings).find(|(axis, _)| axis.is_design());
        alternative.name = named.map_or(AS_WRITTEN.into(), |(_, setting)| setting.text.clone());
        Ok(alternative)
    }

    /// The design at a point.
    pub(super) fn at(&self, point: usize) -> Result<Alternative, Diagnostics> {
        let settings = self.points.get(point);
        self.alternative(&self.written(&settings)?, &settings)
    }
}

impl Study for Sweep {
    fn ask(&mut self) -> Option<Vec<Trial>> {
        if self.interrupted {
            return None;
        }
        let mut batch = Vec::new();
        let mut asked = 0;
        loop {
            // Those that are open first, so that few are.
            let finished: Vec<usize> = (self.open.iter_mut())
                .filter(|(point, _)| **point >= asked)
                .filter_map(|(&point, open)| {
                    let wanted = open.replicate.ask();
                    open.awaited = wanted.as_ref().map_or(0, Vec::len);
                    batch.extend(
                        wanted.iter().flatten().map(|trial| Trial { design: point, ..*trial }),
                    );
                    wanted.is_none().then_some(point)
                })
                .collect();
            finished.into_iter().for_each(|point| self.close(point));
            asked = self.next;
            if batch.len() >= BATCH_TRIALS || !self.open_next() {
                break;
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let mut outcomes = outcomes.into_iter().peekable();
        for (&point, open) in &mut self.open {
            let of_this = |outcome: &Outcome| outcome.trial.design == point;
            let told: Vec<Outcome> = std::iter::from_fn(|| outcomes.next_if(of_this))
                .map(|outcome| Outcome { trial: Trial { design: 0, ..outcome.trial }, ..outcome })
                .collect();
            if open.awaited == 0 {
                continue;
            }
            self.trials_told += told.len() as u64;
            if let Some(rows) = &mut self.rows {
                let kept = rows.entry(point).or_default();
                kept.extend(told.iter().map(|outcome| open.replicate.trial_row(point, outcome)));
            }
            self.interrupted |= told.len() < open.awaited;
            open.replicate.tell(told);
            // Replications before the warm-up was found do not count.
            if let Some(rows) = self.rows.as_mut().and_then(|rows| rows.get_mut(&point)) {
                rows.retain(|row| row.replication >= open.replicate.first());
            }
        }
    }

    fn model(&self, design: usize) -> &Model {
        self.open[&design].replicate.model(0)
    }

    fn progress(&self) -> (u64, u64) {
        let done: u64 = self.done.values().map(|point| point.replications).sum();
        let open = self.open.values().map(|open| open.replicate.progress());
        let (told, expected) = open.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        let started = self.done.len() + self.open.len();
        let to_come = self.points_here().saturating_sub(started) as u64;
        let each = (done + expected) / (started.max(1) as u64);
        (done + told, done + expected + to_come * each)
    }
}
