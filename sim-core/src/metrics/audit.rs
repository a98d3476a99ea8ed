//! The audit that ends every run: identities that hold on every path, whatever the model.

use super::{Metrics, Presence, StationMetrics};
use crate::model::{Model, StationGroup, StationKind, UNLIMITED};
use crate::time::Time;
use std::fmt;

/// An identity that did not hold: a bug in the simulator.
#[derive(Clone, PartialEq, Debug)]
pub struct Violation(pub String);

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Metrics {
    /// Checks conservation of requests and, at every station that serves, Little's law (exact to the nanosecond) and
    /// the utilisation law (up to the service in progress at the window's edges).
    pub fn audit(&self, model: &Model) -> Vec<Violation> {
        let mut violations = Vec::new();
        let (mut sent, mut ended) = (0, 0);
        for journey in &self.journeys {
            sent += journey.sent;
            ended += journey.ended();
        }
        let population = self.population;
        if population.at_start + sent != ended + population.now {
            violations.push(Violation(format!(
                "{} in flight and {sent} sent, but {ended} ended and {} in flight",
                population.at_start, population.now
            )));
        }
        for (group, station) in model.stations.iter().zip(&self.stations) {
            let serves = matches!(
                group.kind,
                StationKind::Cores | StationKind::Store | StationKind::Front | StationKind::Cache
            );
            if serves {
                violations.extend(self.audit_station(group, station, self.presence_at(group)));
            }
        }
        violations
    }

    fn audit_station(
        &self,
        group: &StationGroup,
        station: &StationMetrics,
        presence: &[Presence],
    ) -> Option<Violation> {
        let wrong = |law: &str, a: f64, b: f64| {
            Some(Violation(format!("{law} does not hold at `{}`: {a} against {b} ns", group.name)))
        };
        // Little's law on a window: the time that requests spent at the station, seen from the station, is that of those
        // who left, without what they had spent before, and with what those still present have spent so far.
        let nanos = |of: fn(&Presence, Time) -> u64| {
            presence.iter().fold(0, |sum: u64, it| sum.wrapping_add(of(it, self.ended)))
        };
        let seen = nanos(|it, _| it.levels.sum() as u64);
        let aged = nanos(|it, ended| it.age(ended).wrapping_sub(it.age_at_start));
        let left = station.wait.sum() + station.dropped_wait + station.service;
        let told = (left as u64).wrapping_add(aged);
        if seen != told {
            return wrong("Little's law", seen as f64, told as f64);
        }
        if group.servers == UNLIMITED {
            return None;
        }
        let busy: f64 = presence.iter().map(|it| it.busy(group.servers) as f64).sum();
        let most_present: f64 =
            presence.iter().map(|it| f64::from(it.levels.max().unwrap_or(0))).sum();
        let longest = presence.iter().map(|it| it.longest_service).max().unwrap_or(0);
        let in_progress = 2.0 * most_present * longest as f64;
        // A server that stands still keeps whom it serves, and serves nobody.
        let halted: f64 = presence
            .iter()
            .map(|it| it.halted(self.ended) as f64 * f64::from(it.most(group.servers)))
            .sum();
        let in_progress = in_progress + halted;
        if (busy - station.service as f64).abs() > in_progress + rounding(busy) {
            return wrong("the utilisation law", busy, station.service as f64);
        }
        let possible: f64 = presence.iter().map(|it| it.there(self.measured, group.servers)).sum();
        if busy > possible + rounding(possible) {
            return wrong("a utilisation of at most 1", busy, possible);
        }
        None
    }
}

fn rounding(value: f64) -> f64 {
    1e-9 * value + 1.0
}
