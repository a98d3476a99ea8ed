//! Whom a work-conserving server serves first changes who waits, never how much work is there: its busy periods are
//! the same to the nanosecond.

use super::model;
use sim_core::model::{StationId, StationKind};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

/// The busy periods of the only station: from when somebody is there to when nobody is.
#[derive(Default)]
struct Busy {
    present: u32,
    since: Time,
    periods: Vec<(Time, Time)>,
    /// Waits, summed: these have to differ between disciplines, or nothing was compared.
    waited: u128,
}

impl Recorder for Busy {
    fn joined(&mut self, now: Time, _: StationId, _: Duration) {
        if self.present == 0 {
            self.since = now;
        }
        self.present += 1;
    }

    fn served(&mut self, now: Time, _: StationId, wait: Duration, _: Duration) {
        self.waited += u128::from(wait.0) * u128::from(wait.0);
        self.present -= 1;
        if self.present == 0 {
            self.periods.push((self.since, now));
        }
    }
}

fn busy(discipline: &str) -> Busy {
    let model = model(&format!(
        r#"(
        components: {{ "a": {{ "x": [work(lognormal(mean: "8ms", cv: 1.5))], "y": [work(exponential("3ms"))] }} }},
        services: {{ "a": (components: ["a"], discipline: {discipline}) }},
        clients: {{
            "calm": (rate: "60/s", mix: {{"a.x": 2, "a.y": 1}}, priority: 1),
            "keen": (rate: "80/s", mix: "a.y"),
        }},
        )"#
    ));
    assert!(model.stations.len() == 1 && model.stations[0].kind == StationKind::Cores);
    let mut run = Simulation::new(&model, Seed { seed: 11, replication: 0 }, Busy::default());
    run.run_until(Time(300_000_000_000), u64::MAX);
    run.recorder
}

#[test]
fn disciplines_share_their_busy_periods() {
    let fifo = busy("fifo");
    assert!(fifo.periods.len() > 1_000, "{} busy periods", fifo.periods.len());
    for discipline in ["lifo", "random", "priority", "preemptive_priority"] {
        let other = busy(discipline);
        assert_eq!(fifo.periods, other.periods, "{discipline}");
        assert_ne!(fifo.waited, other.waited, "{discipline}");
    }
    // Shared among many, a server's work ends at whole nanoseconds too: each departure may be rounded by one.
    let shared = busy("processor_sharing");
    assert_eq!(fifo.periods.len(), shared.periods.len());
    for (a, b) in fifo.periods.iter().zip(&shared.periods) {
        assert!(a.0 == b.0 && a.1.0.abs_diff(b.1.0) <= 1_000, "{a:?} and {b:?}");
    }
    assert_ne!(fifo.waited, shared.waited);
}
