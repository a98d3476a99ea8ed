//! How much there was of what is paid for, from what was seen in some time.

use super::super::{CounterId, Journey, LevelId, Model};
use super::Amount;

/// What was seen of a model in some time.
pub trait Seen {
    /// How long that was, in seconds.
    fn seconds(&self) -> f64;

    /// What a level was, on average.
    fn level(&self, level: LevelId) -> f64;

    /// What was counted, in a second.
    fn rate(&self, counter: CounterId) -> f64;

    /// Requests of a journey that were answered well.
    fn answered(&self, journey: usize) -> u64;
}

impl Amount {
    /// How much of it there was in a second, on average.
    pub fn in_a_second(&self, model: &Model, seen: &impl Seen) -> f64 {
        match self {
            Amount::Held(amount) => *amount,
            Amount::Replicas { service, reserved } => {
                let service = &model.services[service.0 as usize];
                let replicas = match service.billed {
                    Some(level) => seen.level(level),
                    None => f64::from(service.replicas),
                };
                (replicas - f64::from(*reserved)).max(0.0)
            }
            Amount::Counted(counters) => counters.iter().map(|&counter| seen.rate(counter)).sum(),
            Amount::CapacityUnits(balancers) => {
                let units = |dimensions: &Vec<(CounterId, f64)>| {
                    let taken =
                        dimensions.iter().map(|&(counter, per_unit)| seen.rate(counter) / per_unit);
                    taken.fold(0.0, f64::max)
                };
                balancers.iter().map(units).sum()
            }
            Amount::Answers => {
                let bytes = |(index, journey): (usize, &Journey)| {
                    let size = u128::from(model.transfers.reply_of(journey.operation));
                    u128::from(seen.answered(index)) * size
                };
                let bytes = model.journeys.iter().enumerate().map(bytes).sum::<u128>();
                bytes as f64 / seen.seconds()
            }
        }
    }

    /// The counters that it goes by.
    pub fn counters(&self) -> Vec<CounterId> {
        match self {
            Amount::Counted(counters) => counters.clone(),
            Amount::CapacityUnits(balancers) => {
                balancers.iter().flatten().map(|&(counter, _)| counter).collect()
            }
            Amount::Held(_) | Amount::Replicas { .. } | Amount::Answers => Vec::new(),
        }
    }
}
