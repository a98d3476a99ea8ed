//! Many short runs from empty, looked at in the same instants.

use crate::campaign::Replication;
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Seed, Simulation};
use sim_core::stats::Welford;
use sim_core::time::{Duration, Time};

/// What is counted in a run: the number at the first station, or in all of the system.
pub(crate) type Count = fn(&Simulation<'_, ()>) -> f64;

/// The number at the first station.
pub(crate) fn at_first_station(run: &Simulation<'_, ()>) -> f64 {
    f64::from(run.station(StationId(0)).in_system())
}

/// The number at the first station over time, over many runs. All of them together count as one replication, so that
/// variances have intervals too.
pub(crate) struct FromEmpty<'m, F> {
    model: &'m Model,
    seed: Seed,
    instants: &'static [f64],
    count: Count,
    seen: Vec<Welford>,
    events: u64,
    read: F,
}

/// Runs of a replication of length 1.
const RUNS: f64 = 100.0;

impl<'m, F> FromEmpty<'m, F> {
    /// No run yet; `instants` are in seconds.
    pub(crate) fn new(
        model: &'m Model,
        seed: Seed,
        instants: &'static [f64],
        count: Count,
        read: F,
    ) -> Self {
        FromEmpty {
            model,
            seed,
            instants,
            count,
            seen: vec![Welford::new(); instants.len()],
            events: 0,
            read,
        }
    }

    fn run(&mut self, number: u64) {
        // Runs of one replication have numbers that no other replication has.
        let replication = self.seed.replication << 32 | number;
        let mut run = Simulation::new(self.model, Seed { replication, ..self.seed }, ());
        for (instant, seen) in self.instants.iter().zip(&mut self.seen) {
            run.run_until(Time::ZERO + Duration::from_secs(*instant), u64::MAX);
            seen.add((self.count)(&run));
        }
        self.events += run.events();
    }
}

impl<F: Fn(&dyn Fn(f64) -> Welford, &str) -> Option<f64> + Send> Replication for FromEmpty<'_, F> {
    fn extend(&mut self, length: f64) {
        for number in self.seen[0].count()..(RUNS * length) as u64 {
            self.run(number);
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        let at = |instant: f64| {
            let index = self.instants.iter().position(|&known| known == instant);
            self.seen[index.unwrap_or_else(|| panic!("nobody looked at {instant} s"))]
        };
        (self.read)(&at, name)
    }

    fn events(&self) -> u64 {
        self.events
    }
}
