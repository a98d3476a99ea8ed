//! Trials and their outcomes: one replication, asked for and told as plain values.

use super::{Metrics, Violation};
use crate::engine::Fingerprint;
use crate::model::Model;
use crate::simulation::{Seed, Simulation, Stopped};
use crate::time::{Duration, Time};

/// One replication to be run: everything that its outcome depends on, beside the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Trial {
    /// Which of the models compared, counted from 0.
    pub design: usize,
    /// Seed and number of the replication.
    pub seed: Seed,
    /// Simulated time at the start that no statistic sees.
    pub warmup: Duration,
    /// Simulated time in all.
    pub horizon: Duration,
    /// Events at most: no run is without bound.
    pub events_max: u64,
}

/// Events of a replication where nobody sets another limit: about ten minutes of computing.
pub const EVENTS_MAX: u64 = 10_000_000_000;

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What was asked for.
    pub trial: Trial,
    /// What was measured.
    pub metrics: Metrics,
    /// Requests in flight at equal intervals from the start, warm-up included: by this an unsettled run is recognised.
    pub course: Vec<f64>,
    /// Messages waiting in queues at the same instants; nobody waits for them, so they are looked at for themselves. Empty
    /// where no queue has a consumer.
    pub backlog: Vec<f64>,
    /// What happened, as digests.
    pub fingerprint: Fingerprint,
    /// Why it ended.
    pub stopped: Stopped,
    /// Events handled.
    pub events: u64,
    /// Invariants that did not hold; a bug if there are any.
    pub violations: Vec<Violation>,
}

/// Points of [`Outcome::course`].
pub const COURSE_POINTS: u64 = 200;

/// Runs a trial.
pub fn run(model: &Model, trial: Trial) -> Outcome {
    let mut simulation = Simulation::new(model, trial.seed, Metrics::new(model));
    let warmup = Time::ZERO + trial.warmup;
    let horizon = Time::ZERO + trial.horizon;
    let mut course = Vec::with_capacity(COURSE_POINTS as usize);
    let mut backlog = Vec::new();
    let mut stopped = Stopped::Horizon;
    // Without a warm-up what happens at time zero is measured too.
    let mut is_warm = trial.warmup == Duration::ZERO;
    for point in 1..=COURSE_POINTS {
        let until = at_fraction(trial.horizon, point);
        if !is_warm && until >= warmup {
            stopped = simulation.run_until(warmup, trial.events_max);
            simulation.begin_measuring();
            is_warm = true;
        }
        if is_going_on(stopped) {
            stopped = simulation.run_until(until, trial.events_max);
        }
        if !is_going_on(stopped) {
            break;
        }
        course.push(simulation.in_flight() as f64);
        if !model.subscriptions.is_empty() {
            backlog.push(simulation.backlog() as f64);
        }
    }
    debug_assert!(simulation.now() <= horizon);
    simulation.settle();
    let now = simulation.now();
    simulation.recorder.close(now);
    let violations = simulation.recorder.audit(model);
    let mut fingerprint = simulation.fingerprint();
    fingerprint.results = simulation.recorder.digest();
    let events = simulation.events();
    Outcome {
        trial,
        metrics: simulation.recorder,
        course,
        backlog,
        fingerprint,
        stopped,
        events,
        violations,
    }
}

/// A run that has nothing left to happen still reaches its horizon, idle.
fn is_going_on(stopped: Stopped) -> bool {
    matches!(stopped, Stopped::Horizon | Stopped::Finished)
}

fn at_fraction(horizon: Duration, point: u64) -> Time {
    Time((u128::from(horizon.0) * u128::from(point) / u128::from(COURSE_POINTS)) as u64)
}
