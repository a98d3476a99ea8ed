//! Fingerprints of a model's runs, and a look at one event: the same on every machine.

use super::replicate::Alternative;
use crate::engine::Fingerprint;
use crate::metrics::{Metrics, Outcome, Trial, run};
use crate::model::Model;
use crate::simulation::{Seed, Simulation};
use crate::time::{Duration, Time};
use std::fmt;

/// Replications that a fingerprint is made of.
const REPLICATIONS: u64 = 2;
/// Events of each at most: enough to pass by every kind of thing, and quick.
const EVENTS_MAX: u64 = 200_000;

/// The fingerprint of one design of a model.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FingerprintRow {
    /// The design.
    pub design: String,
    /// Digests over its replications, in order.
    pub fingerprint: Fingerprint,
}

/// `design`, and the digests of events, results and timings, with tabs between.
impl fmt::Display for FingerprintRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fingerprint { events, timings, results } = self.fingerprint;
        write!(f, "{}\t{events}\t{results}\t{timings}", self.design)
    }
}

/// A row for each design. `map` runs the trials in any order and returns the outcomes in theirs; each trial's
/// `design` is an index into `designs`.
pub fn fingerprint(
    designs: &[Alternative],
    map: impl FnOnce(Vec<Trial>) -> Vec<Outcome>,
) -> Vec<FingerprintRow> {
    let trials = (0..designs.len())
        .flat_map(|d| (0..REPLICATIONS).map(move |r| (d, r)))
        .map(|(design, r)| trial(&designs[design].model, design, r))
        .collect();
    let mut rows: Vec<FingerprintRow> = designs
        .iter()
        .map(|d| FingerprintRow { design: d.name.clone(), fingerprint: Fingerprint::default() })
        .collect();
    for outcome in map(trials) {
        rows[outcome.trial.design].fingerprint.fold(outcome.fingerprint);
    }
    rows
}

/// The same, one trial after the other.
pub fn fingerprint_in_turn(designs: &[Alternative]) -> Vec<FingerprintRow> {
    fingerprint(designs, |trials| {
        trials.into_iter().map(|trial| run(&designs[trial.design].model, trial)).collect()
    })
}

fn trial(model: &Model, design: usize, replication: u64) -> Trial {
    let plan = model.run;
    let warmup = plan.warmup.unwrap_or(Duration(plan.horizon.0 / 10));
    let seed = Seed { seed: plan.seed, replication };
    Trial { design, seed, warmup, horizon: plan.horizon, events_max: EVENTS_MAX }
}

/// The `number`-th event of a replication (from 1) with its time, and the digest of the times and events up
/// to it: where two machines differ, halving finds the first. `None` if there are fewer events.
pub fn describe_event(model: &Model, replication: u64, number: u64) -> Option<String> {
    let seed = Seed { seed: model.run.seed, replication };
    // Nothing is measured; but for this recorder there is a simulation already.
    let mut simulation = Simulation::new(model, seed, Metrics::new(model));
    let before = number.checked_sub(1)?;
    for _ in 0..before {
        if !simulation.step() {
            return None;
        }
    }
    let (at, event) = simulation.describe_next()?;
    if at > Time::ZERO + model.run.horizon {
        return None;
    }
    simulation.step();
    let mut digest = simulation.fingerprint().events;
    digest.fold(simulation.fingerprint().timings.0);
    Some(format!("{number}\t{}\t{event}\t{digest}", at.0))
}
