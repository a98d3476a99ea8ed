//! The workloads: a model, the loop that does the same, and what is required of the model.

use sim_core::metrics::{EVENTS_MAX, Outcome, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::spec::Spec;
use sim_core::time::{Duration, Time};

use super::floor::{self, Floor};
use super::{Options, median, require, timed};
use crate::test::Report;

/// A system to be simulated.
pub(super) struct Workload {
    pub(super) name: &'static str,
    /// The model's text.
    pub(super) text: &'static str,
    /// Its requests per second.
    rate: f64,
    /// Requests of a round.
    pub(super) requests: f64,
    /// The same by hand.
    floor: fn(u64, u64) -> Floor,
    /// Nanoseconds that a request may take on a calm core, with all default measurements.
    limit: f64,
    /// Events pending at most times.
    pub(super) pending: usize,
    /// Random numbers drawn for a request.
    pub(super) draws: f64,
}

/// M/M/1, a web, a fork-join.
pub(super) const WORKLOADS: [Workload; 3] = [
    Workload {
        name: "W1 M/M/1",
        text: include_str!("w1.ron"),
        rate: 80.0,
        requests: 5e6,
        floor: floor::mm1,
        limit: 110.0,
        pending: 2,
        draws: 2.0,
    },
    Workload {
        name: "W3 web",
        text: include_str!("w3.ron"),
        rate: 4480.0,
        requests: 2e6,
        floor: floor::web,
        limit: 380.0,
        pending: 32,
        draws: 4.2,
    },
    Workload {
        name: "W4 fork-join",
        text: include_str!("w4.ron"),
        rate: 0.6,
        requests: 0.5e6,
        floor: floor::fork_join,
        limit: 1400.0,
        pending: 7,
        draws: 11.0,
    },
];

impl Workload {
    /// The model.
    ///
    /// # Panics
    /// The models of the benchmark are right; a test checks them.
    pub(super) fn model(&self) -> Model {
        let spec = Spec::parse(self.name, self.text).expect("a model that can be read");
        Model::check(&spec, &Files::default()).expect("a model that can be run").model
    }

    /// Simulated time in which about so many requests come.
    pub(super) fn time_of(&self, requests: f64) -> Duration {
        Duration::from_secs(requests / self.rate)
    }

    /// A replication with all default measurements.
    pub(super) fn run(&self, model: &Model, requests: f64, replication: u64) -> Outcome {
        run(
            model,
            Trial {
                design: 0,
                seed: Seed { seed: 1, replication },
                warmup: self.time_of(requests * 0.05),
                horizon: self.time_of(requests),
                events_max: EVENTS_MAX,
            },
        )
    }

    /// The same events, told to another recorder.
    pub(super) fn run_with(&self, model: &Model, requests: f64, recorder: impl Recorder) -> u64 {
        let mut simulation = Simulation::new(model, Seed { seed: 1, replication: 0 }, recorder);
        simulation.run_until(Time::ZERO + self.time_of(requests), EVENTS_MAX);
        simulation.events()
    }
}

/// Runs models and loops in turn, prints a line for each workload and compares it with its limit.
pub(super) fn step(options: Options) -> Report {
    println!(
        "{:<14}{:>12}{:>12}{:>12}{:>12}{:>12}{:>8}",
        "", "requests/s", "ns/request", "least", "ns/event", "floor, ns", "ratio"
    );
    let mut report = Report::default();
    for workload in &WORKLOADS {
        let model = workload.model();
        let requests = workload.requests * options.scale();
        let (mut ours, mut floors, mut ratios, mut events) = (vec![], vec![], vec![], 0);
        for round in 0..options.rounds() as u64 {
            let (mine, outcome) = timed(|| workload.run(&model, requests, round));
            let (by_hand, floor) = timed(|| (workload.floor)(requests as u64, round));
            events = outcome.events;
            ours.push(mine / requests);
            floors.push(by_hand / floor.requests as f64);
            ratios.push(mine / requests / floors[floors.len() - 1]);
            let text = format!("{}: the same mean and p99 as the loop by hand", workload.name);
            report.add(require(agree(&outcome, &floor), text));
        }
        let least = ours.iter().copied().fold(f64::INFINITY, f64::min);
        let (mine, floor) = (median(ours), median(floors));
        println!(
            "{:<14}{:>12.0}{mine:>12.1}{least:>12.1}{:>12.1}{floor:>12.1}{:>8.2}",
            workload.name,
            1e9 / mine,
            mine * requests / events as f64,
            median(ratios),
        );
        let text = format!("{}: under {} ns a request", workload.name, workload.limit);
        report.add(require(mine < workload.limit, text));
    }
    report
}

/// Whether a model and a loop have simulated the same system: as far as runs of 20,000 requests tell.
fn agree(outcome: &Outcome, floor: &Floor) -> bool {
    let response = &outcome.metrics.journeys[0].response;
    let off = |nanos: f64, secs: f64| (nanos / (secs * 1e9) - 1.0).abs();
    off(response.mean(), floor.mean_s) < 0.07 && off(response.quantile(0.99), floor.p99_s) < 0.12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_floors_agree() {
        for workload in &WORKLOADS {
            let requests = workload.requests * 0.06;
            let outcome = workload.run(&workload.model(), requests, 0);
            assert_eq!(outcome.violations, []);
            let floor = (workload.floor)(requests as u64, 1);
            assert!(agree(&outcome, &floor), "{}", workload.name);
        }
    }

    #[test]
    fn another_system_does_not_agree() {
        let [mm1, _, fork_join] = &WORKLOADS;
        let outcome = mm1.run(&mm1.model(), 20_000.0, 0);
        assert!(!agree(&outcome, &(fork_join.floor)(20_000, 1)));
    }
}
