//! What an outage leaves behind.

use crate::campaign::Replication;
use crate::case::Case;
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

#[test]
fn backlog_drain() {
    let Some(mut case) = Case::open("backlog-drain", &["outage_s"]) else { return };
    let model = case.model("");
    case.measure("", |seed| Outage::new(&model, seed));
    case.close();
}

/// Who had to wait at the server.
#[derive(Default)]
struct Delayed {
    requests: u64,
    /// How long the first of them waited.
    first: Duration,
    /// When the service of the last of them began.
    last: Time,
}

impl Recorder for Delayed {
    fn served(&mut self, now: Time, _: StationId, wait: Duration, service: Duration) {
        if wait == Duration::ZERO {
            return;
        }
        if self.requests == 0 {
            self.first = wait;
        }
        self.requests += 1;
        self.last = Time(now.0 - service.0);
    }
}

/// One outage, from an idle system to the end of its backlog.
struct Outage<'m> {
    until: Time,
    horizon: Duration,
    run: Simulation<'m, Delayed>,
    backlog: u32,
}

impl<'m> Outage<'m> {
    fn new(model: &'m Model, seed: Seed) -> Outage<'m> {
        let run = Simulation::new(model, seed, Delayed::default());
        let (_, until) = model.faults[0].times(model).expect("a schedule");
        Outage { until, horizon: model.run.horizon, run, backlog: 0 }
    }
}

impl Replication for Outage<'_> {
    fn extend(&mut self, _: f64) {
        if self.run.now() == Time::ZERO {
            self.run.run_until(Time(self.until.0 - 1), u64::MAX);
            self.backlog = self.run.station(StationId(0)).in_system();
            self.run.run_until(Time::ZERO + self.horizon, u64::MAX);
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        let seen = &self.run.recorder;
        Some(match name {
            "backlog_at_end" => f64::from(self.backlog),
            "drain_time" => seen.last.since(self.until).as_secs(),
            "delay_of_first_delayed" => seen.first.as_secs(),
            "delayed_requests" => seen.requests as f64,
            _ => return None,
        })
    }

    fn events(&self) -> u64 {
        self.run.events()
    }
}
