//! What a run costs: the bill of a month, who caused it, and what of it was paid for and not used.
//!
//! Amounts are integers that were counted, or levels integrated; so a bill is the same however outcomes are merged.

use crate::metrics::Metrics;
use crate::model::{
    Amount, Charge, ChargeKind, CounterId, LevelId, MONTH, MeasureKind, Model, Seen, UNLIMITED,
};
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
            let dollars =
                charge.price.of(charge.amount.in_a_second(model, &Measured(metrics)) * MONTH);
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

/// What a replication has measured, or several.
struct Measured<'a>(&'a Metrics);

impl Seen for Measured<'_> {
    fn seconds(&self) -> f64 {
        self.0.measured as f64 / SECOND
    }

    fn level(&self, level: LevelId) -> f64 {
        self.0.measure(&MeasureKind::Mean(level))
    }

    fn rate(&self, counter: CounterId) -> f64 {
        self.0.measure(&MeasureKind::Rate(counter))
    }

    fn answered(&self, journey: usize) -> u64 {
        self.0.journeys[journey].response.count()
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
