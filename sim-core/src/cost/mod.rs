//! What a run costs: the bill of a month, who caused it, and what of it was paid for and not used.
//!
//! Amounts are integers that were counted, or levels integrated; so a bill is the same however outcomes are merged.

use crate::metrics::Metrics;
use crate::model::{Amount, Charge, ChargeKind, CounterId, MONTH, MeasureKind, Model, UNLIMITED};
use crate::time::SECOND;

/// The bill of a month, in dollars, if it went on as measured.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Bill {
    /// By charge of the model.
    pub charges: Vec<f64>,
    /// What machines cost while they had nothing to do, of that.
    pub idle: f64,
    /// What the requests of each journey caused. What nobody's requests can be said to cause is in none.
    pub journeys: Vec<f64>,
}

impl Bill {
    /// The bill of what was measured, of one replication or of several merged.
    pub fn of(model: &Model, metrics: &Metrics) -> Bill {
        let mut bill = Bill { journeys: vec![0.0; model.journeys.len()], ..Bill::default() };
        for charge in &model.charges {
            let dollars = charge.price.of(amount(model, metrics, &charge.amount) * MONTH);
            bill.charges.push(dollars);
            if is_machine(charge.kind) {
                bill.idle += dollars * (1.0 - utilisation(model, metrics, charge));
            }
            let caused = |journey: usize| {
                let metrics = &metrics.journeys[journey];
                // Only answers are sent back; everything else is asked for by whoever comes.
                let requests = match charge.amount {
                    Amount::Answers => metrics.response.count(),
                    _ => metrics.ended(),
                };
                charge.caused.get(journey).copied().unwrap_or(0.0) * requests as f64
            };
            let whole: f64 = (0..model.journeys.len()).map(caused).sum();
            if whole > 0.0 {
                for (journey, part) in bill.journeys.iter_mut().enumerate() {
                    *part += dollars * caused(journey) / whole;
                }
            }
        }
        bill
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.charges.iter().sum()
    }
}

/// How much of something there was in a second, on average.
fn amount(model: &Model, metrics: &Metrics, amount: &Amount) -> f64 {
    let seconds = metrics.measured as f64 / SECOND;
    match amount {
        Amount::Held(amount) => *amount,
        Amount::Replicas { service, reserved } => {
            let service = &model.services[service.0 as usize];
            let replicas = match service.billed {
                Some(level) => metrics.measure(&MeasureKind::Mean(level)),
                None => f64::from(service.replicas),
            };
            (replicas - f64::from(*reserved)).max(0.0)
        }
        Amount::Counted(counters) => {
            let rate = |&counter| metrics.measure(&MeasureKind::Rate(counter));
            counters.iter().map(rate).sum()
        }
        Amount::CapacityUnits(balancers) => {
            let rate = |counter| metrics.measure(&MeasureKind::Rate(counter));
            let units = |dimensions: &Vec<(CounterId, f64)>| {
                let taken = dimensions.iter().map(|&(counter, per_unit)| rate(counter) / per_unit);
                taken.fold(0.0, f64::max)
            };
            balancers.iter().map(units).sum()
        }
        Amount::Answers => {
            let bytes = |(index, journey): (usize, &crate::model::Journey)| {
                let size = u128::from(model.transfers.reply_of(journey.operation));
                u128::from(metrics.journeys[index].response.count()) * size
            };
            model.journeys.iter().enumerate().map(bytes).sum::<u128>() as f64 / seconds
        }
    }
}

fn is_machine(kind: ChargeKind) -> bool {
    matches!(kind, ChargeKind::OnDemand | ChargeKind::Reserved | ChargeKind::Spot)
}

/// The share of the servers that a charge pays for in use; 1 where there is no limit to them, or none is known.
fn utilisation(model: &Model, metrics: &Metrics, charge: &Charge) -> f64 {
    let (mut busy, mut servers) = (0, 0.0);
    for group in charge.stations.iter().map(|&index| &model.stations[index]) {
        if group.servers == UNLIMITED {
            return 1.0;
        }
        busy += metrics.busy_of(group);
        let count = match model.fleet_of(group.first) {
            Some(fleet) => metrics.measure(&MeasureKind::Mean(fleet.told.paid)),
            None => f64::from(group.count),
        };
        servers += metrics.servers_of(group) * count;
    }
    if servers == 0.0 { 1.0 } else { busy as f64 / (servers * metrics.measured as f64) }
}
