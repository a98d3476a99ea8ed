//! The audit that ends every run: identities that hold on every path, whatever the model.

use super::{Metrics, StationMetrics};
use crate::model::{Model, StationGroup, StationKind, UNLIMITED};
use crate::stats::Histogram;
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
    /// Checks conservation of requests and, at every station that serves, Little's law and the utilisation law.
    ///
    /// Both laws are exact over a window if what is cut at its edges is accounted for; here they are asked to hold up
    /// to the most that the edges can account for.
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
            if matches!(group.kind, StationKind::Cores | StationKind::Store) {
                violations.extend(self.audit_station(group, station, self.in_system_of(group)));
            }
        }
        violations
    }

    fn audit_station(
        &self,
        group: &StationGroup,
        station: &StationMetrics,
        in_system: &[Histogram],
    ) -> Option<Violation> {
        let wrong = |law: &str, a: f64, b: f64| {
            Some(Violation(format!("{law} does not hold at `{}`: {a} against {b} ns", group.name)))
        };
        let time_at_station: f64 = in_system.iter().map(|h| h.sum() as f64).sum();
        let sojourns = (station.wait.sum() + station.service) as f64;
        let most_present: f64 = in_system.iter().map(|h| h.max().unwrap_or(0) as f64).sum();
        let longest = (station.wait.max().unwrap_or(0) + station.longest_service) as f64;
        // Those present at an edge of the window count in one of the two sums only in part: those at the start with at
        // most the longest sojourn seen, those at the end with at most the whole window.
        let still_here = most_present * self.measured as f64;
        let slack = most_present * longest + still_here.min(most_present * longest * 2.0 + still_here * f64::from(u8::from(station.wait.count() < 1000))) + rounding(time_at_station);
        if (time_at_station - sojourns).abs() > slack {
            return wrong("Little's law", time_at_station, sojourns);
        }
        if group.servers == UNLIMITED {
            return None;
        }
        let busy: f64 = in_system.iter().map(|h| busy_nanos(h, group.servers)).sum();
        if (busy - station.service as f64).abs() > slack {
            return wrong("the utilisation law", busy, station.service as f64);
        }
        let possible = self.measured as f64 * f64::from(group.servers) * in_system.len() as f64;
        if busy > possible + rounding(possible) {
            return wrong("a utilisation of at most 1", busy, possible);
        }
        None
    }
}

/// Server-nanoseconds in use: with n requests at c servers, min(n, c) are.
pub(crate) fn busy_nanos(in_system: &Histogram, servers: u32) -> f64 {
    in_system.iter().map(|bucket| bucket.low.min(u64::from(servers)) as f64 * bucket.count as f64).sum()
}

fn rounding(value: f64) -> f64 {
    1e-9 * value + 1.0
}
