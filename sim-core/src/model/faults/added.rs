//! Faults that come to a model while it runs: they count as if they had been there from the start.

use super::{Fault, FaultKind, FaultStep, When};
use crate::model::{Instruction, LawId, MeasureKind, Model, SloFigure};
use crate::time::Time;

impl Model {
    /// Whether a run of another model that has come to `now` can go on as a run of this one: it has the same things in the
    /// same places ([`Model::has_frame_of`]), and beside them at most faults that begin later.
    pub fn continues(&self, other: &Model, now: Time) -> bool {
        let known = other.faults.len();
        let Some(added) = self.faults.get(known..).filter(|added| !added.is_empty()) else {
            return self.has_frame_of(other);
        };
        let begins_later = |fault: &Fault| matches!(fault.when, When::At(at) if at > now);
        added.iter().all(begins_later)
            && self.measures_last(added)
            && self.fault_laws.starts_with(&other.fault_laws)
            && self.plan.iter().map(when_well).eq(other.plan.iter().map(when_well))
            && self.frame().without_faults_from(known) == other.frame()
    }

    /// Whether no other thing has asked for measures after these faults, so that without them all others are where they are.
    fn measures_last(&self, added: &[Fault]) -> bool {
        let (measures, many) = (&self.measures, added.len() as u32);
        let Some(first) = added.first() else { return true };
        first.times.0 + 2 * many == measures.counters
            && first.broken.0 + many == measures.levels
            && first.waited.0 + many == measures.timings
    }

    /// The model without its faults from a number on, which come last wherever things are numbered.
    fn without_faults_from(mut self, known: usize) -> Model {
        let added = self.faults.split_off(known);
        let Some(first) = added.first() else { return self };
        self.fault_units.truncate(first.units.start as usize);
        if let Some(law) = added.iter().flat_map(Fault::laws).min_by_key(|law| law.0) {
            self.fault_laws.truncate(law.0 as usize);
        }
        let measures = &mut self.measures;
        measures.counters = first.times.0;
        measures.levels = first.broken.0;
        measures.timings = first.waited.0;
        let is_of_added = |of: &str| {
            of.strip_prefix("faults.").is_some_and(|of| added.iter().any(|fault| fault.name == of))
        };
        // Alerts are compared with faults where there are any.
        let is_about_faults = |kind: &MeasureKind| {
            let MeasureKind::Slo { figure, .. } = kind else { return false };
            matches!(figure, SloFigure::Detect(_) | SloFigure::Reset(_))
        };
        let is_well = self.faults.is_empty();
        measures.reported.retain(|measure| {
            !(is_of_added(&measure.of) || is_well && is_about_faults(&measure.kind))
        });
        self
    }
}

impl Fault {
    /// Its laws, by their numbers in [`Model::fault_laws`].
    fn laws(&self) -> impl Iterator<Item = LawId> {
        let every = match self.when {
            When::Every(law) => Some(law),
            When::At(_) => None,
        };
        let adds = match &self.kind {
            FaultKind::Network(disturbance) => disturbance.adds,
            _ => None,
        };
        every.into_iter().chain(self.lasts).chain(adds)
    }
}

/// An instruction as it is where nothing can be slow: who is at it goes on in the same way.
fn when_well(instruction: &Instruction) -> Instruction {
    match *instruction {
        Instruction::Fault(FaultStep::Serve { station, law }) => {
            Instruction::Serve { station, law }
        }
        other => other,
    }
}
