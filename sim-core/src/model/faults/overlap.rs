//! Faults that would break the same thing twice at known times.

use super::super::check::Lowering;
use super::{Broken, Fault, FaultKind, When};
use crate::model::Model;
use crate::random::Sampler;
use crate::spec::Path;
use crate::time::{Duration, Time};
use std::ops::Range;

/// Faults of one thing that each is compared with: those that began last.
const OVERLAPS_SEEN: usize = 1_000;

/// A part of a fault whose times are known.
struct Known<'m> {
    part: &'m Broken,
    /// Its place among the model's faults.
    fault: usize,
    from: Time,
    until: Time,
}

impl Lowering<'_> {
    /// What crashes, stalls or is slow by a schedule cannot do so twice at once. What breaks at random can meet
    /// anything. `written` is where each fault is written, from the `first` on.
    pub(super) fn check_overlaps(&mut self, first: usize, written: &[usize]) {
        let model = &self.model;
        let mut known: Vec<Known<'_>> = Vec::new();
        for (index, fault) in model.faults.iter().enumerate().skip(first) {
            let Some((from, until)) = fault.times(model) else { continue };
            let units = &model.fault_units[fault.units.start as usize..fault.units.end as usize];
            let parts = units.iter().flat_map(|unit| &unit.parts);
            known.extend(parts.map(|part| Known { part, fault: index, from, until }));
        }
        known.sort_by_key(|it| (it.part.thing(), it.from, it.fault));
        let mut found: Vec<(usize, usize, Time)> = Vec::new();
        for (place, later) in known.iter().enumerate() {
            let earlier = known[..place].iter().rev().take(OVERLAPS_SEEN).find(|earlier| {
                let is_same = model.faults[earlier.fault].is_like(&model.faults[later.fault]);
                is_same && earlier.part.meets(later.part) && earlier.until > later.from
            });
            let Some(earlier) = earlier else { continue };
            if !found.iter().any(|&(fault, ..)| fault == later.fault) {
                found.push((later.fault, earlier.fault, earlier.from));
            }
        }
        for (later, earlier, from) in found {
            let name = self.model.faults[earlier].name.clone();
            let (later, earlier) = (written[later - first], written[earlier - first]);
            let path = Path::root().key("faults").index(later).key(self.spec.faults[later].kind());
            let message = format!(
                "when this begins, the {name} that begins at {} (fault {earlier}) is not over",
                Duration(from.0)
            );
            self.findings
                .error(&path.key("at"), message)
                .hint("let one end before the next begins, or let them break different replicas");
        }
    }
}

impl Fault {
    /// From when to when a fault lasts, if that is known.
    pub fn times(&self, model: &Model) -> Option<(Time, Time)> {
        let When::At(from) = self.when else { return None };
        let lasts = match self.lasts {
            None => return Some((from, Time::MAX)),
            Some(law) => &model.fault_laws[law.0 as usize].sampler,
        };
        match *lasts {
            Sampler::Constant(nanos) => Some((from, from + Duration::from_nanos(nanos))),
            _ => None,
        }
    }

    /// Whether it and another do the same kind of thing: one stops what the other stops.
    fn is_like(&self, other: &Fault) -> bool {
        let slows = |fault: &Fault| matches!(fault.kind, FaultKind::Slow(_));
        self.takes_down() && other.takes_down() || slows(self) && slows(other)
    }
}

impl Broken {
    /// What all faults of the same service, or of stores, have in common.
    fn thing(&self) -> (u8, u32) {
        match self {
            Broken::Replicas(service, _) => (0, service.0),
            Broken::Store(_) => (1, 0),
            Broken::Cache(cache) => (2, *cache),
        }
    }

    /// What of it breaks; a flush is over at once and overlaps with nothing.
    fn range(&self) -> Range<u32> {
        match self {
            Broken::Replicas(_, range) | Broken::Store(range) => range.clone(),
            Broken::Cache(_) => 0..0,
        }
    }

    /// Whether some part is part of the other too.
    pub(in crate::model) fn meets(&self, other: &Broken) -> bool {
        let (a, b) = (self.range(), other.range());
        self.thing() == other.thing() && a.start < b.end && b.start < a.end
    }
}
