//! Replicas whose number changes.

use crate::campaign::Replication;
use crate::case::Case;
use sim_core::cost::Bill;
use sim_core::metrics::{self, Metrics, Trial};
use sim_core::model::{MeasureKind, Model, StationId};
use sim_core::simulation::{Seed, Simulation};
use sim_core::time::Duration;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn autoscaler_delay() {
    // The model says what changes and by how much, not what it is afterwards.
    let Some(mut case) = Case::open("autoscaler-delay", &["arrival_rate_per_s", "servers"]) else {
        return;
    };
    let in_system = |run: &Simulation<'_, ()>| {
        let stations = 0..run.model().station_count() as u32;
        let workers = run.model().subscriptions[0].station;
        let served = |station: u32| f64::from(run.station(StationId(station)).in_system());
        let at_cores = stations.filter(|&station| station != workers.0).map(served);
        run.backlog() as f64 + at_cores.sum::<f64>()
    };
    let instants = &[60.0, 75.0, 90.0, 100.0, 120.0];
    case.counted_from_empty("", instants, in_system, |at, name| {
        Some(at(name.strip_prefix("in_system_mean_at_")?.parse().ok()?).mean())
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn autoscale_cost() {
    // The rate is written as a formula; what a replica does follows from its work.
    let elsewhere = ["per_replica_per_s", "usd_per_replica_h", "horizon_h", "target_utilisation"];
    let Some(mut case) = Case::open("autoscale-cost", &elsewhere) else { return };
    // All requests of a day, and not a hundredth of them.
    case.leave_to_long_form(&["requests"]);
    for design in ["", "hundredth", "fixed hundredth"] {
        if design.is_empty() && !case.expects("requests") {
            continue;
        }
        let model = case.model(design);
        case.measure(design, |seed| Days::new(&model, seed));
    }
    case.close();
}

/// Days of a fleet, each simulated anew.
struct Days<'m> {
    model: &'m Model,
    seed: Seed,
    days: u64,
    metrics: Metrics,
    events: u64,
}

impl<'m> Days<'m> {
    fn new(model: &'m Model, seed: Seed) -> Days<'m> {
        Days { model, seed, days: 0, metrics: Metrics::new(model), events: 0 }
    }
}

impl Replication for Days<'_> {
    fn extend(&mut self, length: f64) {
        while self.days < length as u64 {
            // Days of one replication have numbers that no other replication has.
            let replication = self.seed.replication << 32 | self.days;
            let trial = Trial {
                design: 0,
                seed: Seed { replication, ..self.seed },
                warmup: Duration::ZERO,
                horizon: self.model.run.horizon,
                events_max: u64::MAX,
            };
            let outcome = metrics::run(self.model, trial);
            self.metrics.merge(&outcome.metrics);
            self.events += outcome.events;
            self.days += 1;
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        let service = &self.model.services[0];
        let hours = self.model.run.horizon.as_secs() / 3600.0;
        let bill = Bill::of(self.model, &self.metrics);
        let cost = bill.total() * hours / 730.0;
        let utilisation = 1.0 - bill.idle / bill.total();
        let sent = self.metrics.journeys[0].sent as f64 / self.days as f64;
        let Some(fleet) = self.model.fleets.first() else {
            return Some(match name {
                "fixed_replica_hours" => f64::from(service.replicas) * hours,
                "fixed_cost" => cost,
                "fixed_mean_utilisation" => utilisation,
                _ => return None,
            });
        };
        let replicas = |level| self.metrics.measure(&MeasureKind::Mean(level)) * hours;
        Some(match name {
            "requests" if sent > 1e6 => sent,
            // At every moment as large a part of a replica as its target needs: what was paid for and used, by the target.
            "fluid_replica_hours" => replicas(fleet.told.paid) * utilisation / 0.7,
            "stepwise_replica_hours" => replicas(fleet.told.serving),
            "stepwise_cost" => cost,
            _ => return None,
        })
    }

    fn events(&self) -> u64 {
        self.events
    }
}
