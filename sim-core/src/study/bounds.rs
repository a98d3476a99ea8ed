//! Operational bounds: what a design can do at best, in microseconds and without simulating.
//!
//! P. J. Denning and J. P. Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10 (1978);
//! asymptotic bounds as in E. D. Lazowska et al., "Quantitative System Performance" (1984), chapter 5. They hold whatever
//! the laws of arrivals and service are.

use super::estimate::Value;
use super::replicate::Alternative;
use super::summary::Red;
use super::words::{percent, significant};
use crate::model::{LawId, Model, Source, StationKind};
use crate::time::SECOND;
use serde::Serialize;

/// Bounds on what clients feel.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Bounds {
    /// Requests per second, at most.
    pub rate_at_most: Option<f64>,
    /// The mean of the response time in seconds, at least.
    pub mean_at_least: Option<f64>,
    /// Of users who wait: how many keep the bottleneck busy all the time if nobody waited before; where the asymptotes cross.
    pub users_at_saturation: Option<f64>,
    /// What the busiest station would be in use for, by the utilisation law; 1 and above it is saturated.
    pub utilisation: Option<f64>,
    /// Why there is no bound on the mean, where there is none.
    pub none: Option<String>,
}

impl Bounds {
    /// The bounds of a design.
    pub fn of(design: &Alternative) -> Bounds {
        let (model, load) = (&design.model, &design.load);
        let utilisation = load.bottleneck.map(|busiest| load.stations[busiest].utilisation);
        let mut bounds = Bounds {
            rate_at_most: None,
            mean_at_least: None,
            users_at_saturation: None,
            utilisation,
            none: None,
        };
        if !design.is_stationary() {
            bounds.none = Some("the traffic changes over time".into());
            return bounds;
        }
        let rate: f64 = load.rates.iter().sum();
        let weighted = load.rates.iter().zip(&load.unloaded).map(|(rate, time)| rate * time);
        let demand = weighted.sum::<f64>() / rate;
        match users(model) {
            Users::None => {
                bounds.rate_at_most = Some(rate);
                bounds.mean_at_least = Some(demand);
            }
            Users::Alone(users, think) => {
                let capacity = load.bottleneck.map_or(f64::INFINITY, |b| load.stations[b].capacity);
                bounds.rate_at_most = Some(rate.min(capacity));
                bounds.mean_at_least = Some(demand.max(users / capacity - think));
                bounds.users_at_saturation =
                    Some((demand + think) * capacity).filter(|n| n.is_finite());
            }
            Users::Mixed => {
                bounds.none = Some("several populations share the stations, and users wait".into());
            }
        }
        if let Some(shortcut) = shortcut(model) {
            (bounds.mean_at_least, bounds.none) = (None, Some(shortcut.into()));
        }
        bounds
    }

    /// Whether what was simulated keeps to them, as far as its intervals can tell. Where requests fail, the mean is of
    /// others than those the bound is about.
    pub fn agree(&self, felt: &Red) -> bool {
        let is_broken = |value: Value, bound: f64, high: bool| {
            let end = if high { value.low() - bound } else { bound - value.high() };
            end > 0.0
        };
        let too_fast = self.mean_at_least.filter(|_| felt.errors.mean == 0.0);
        let too_fast = too_fast.is_some_and(|least| is_broken(felt.mean, least, false));
        let too_many = self.rate_at_most.is_some_and(|most| is_broken(felt.rate, most, true));
        !too_fast && !too_many
    }

    /// In words.
    pub fn says(&self) -> String {
        let mut parts = Vec::new();
        if let Some(least) = self.mean_at_least {
            parts.push(format!("mean at least {} ms", significant(1e3 * least, 3)));
        }
        if let Some(most) = self.rate_at_most {
            parts.push(format!("at most {} requests/s", significant(most, 3)));
        }
        if let Some(users) = self.users_at_saturation {
            parts.push(format!("saturated from about {} users on", significant(users, 3)));
        }
        if let Some(utilisation) = self.utilisation {
            parts.push(format!("busiest station offered {}", percent(utilisation)));
        }
        if let Some(none) = &self.none {
            parts.push(format!("no bound on the mean: {none}"));
        }
        parts.join(", ")
    }
}

/// Who sends requests.
enum Users {
    /// Nobody who waits.
    None,
    /// One population of so many users, who think for so many seconds.
    Alone(f64, f64),
    /// Several populations, some of which wait.
    Mixed,
}

fn users(model: &Model) -> Users {
    let mut closed = model.clients.iter().filter_map(|client| match client.source {
        Source::Closed { users, think } => Some((users, think)),
        Source::Open(_) => None,
    });
    match (closed.next(), model.clients.len()) {
        (None, _) => Users::None,
        (Some((users, think)), 1) => {
            let mean = |law: LawId| model.laws[law.0 as usize].sampler.mean() / SECOND;
            Users::Alone(f64::from(users), think.map_or(0.0, mean))
        }
        _ => Users::Mixed,
    }
}

/// What may answer a request sooner than by doing all that is written.
fn shortcut(model: &Model) -> Option<&'static str> {
    if model.stations.iter().any(|station| station.kind == StationKind::Cache)
        || !model.caches.is_empty()
    {
        return Some("what caches hold is known only roughly beforehand");
    }
    if !model.guards.is_empty() {
        return Some("guards cut calls short or repeat them");
    }
    if !model.faults.is_empty() {
        return Some("faults change what there is to do");
    }
    (!model.limits.is_empty()).then_some("limits turn requests away")
}
