//! What breaks first, and how far from it a design is.

use super::replicate::Alternative;
use super::tally::Tally;
use super::words::{percent, significant};
use crate::model::{Ceiling, CeilingOf, Source, StationId, StationKind};
use schemars::JsonSchema;
use serde::Serialize;

/// The station that is used most, or a lock or a limit that is wanted more than that.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Bottleneck {
    /// Its name.
    pub station: String,
    /// Share of its servers in use, as measured.
    pub utilisation: f64,
    /// Its offered load as a share of what it can do, by the utilisation law.
    pub offered: f64,
    /// How many times the present load it takes to saturate it, at most if more was seen than the load as written asks for;
    /// infinite (in JSON: null) if nothing is asked of it.
    pub headroom: f64,
    /// All of this in a sentence.
    pub says: String,
}

/// Whether servers have plainly done more than what is written asks of them: something was tried again, or the load was changed
/// on the way.
fn exceeds(utilisation: f64, offered: f64) -> bool {
    utilisation > 1.1 * offered + 0.01
}

impl Bottleneck {
    /// A lock or a limit that is wanted more than any server. How much of it was taken is not measured, so this is the offered
    /// load.
    fn ceiling(design: &Alternative, ceiling: &Ceiling) -> Bottleneck {
        let Ceiling { of, utilisation, .. } = *ceiling;
        let name = design.model.ceiling_in_words(of);
        let share = percent(utilisation);
        let headroom = 1.0 / utilisation;
        let times = significant(headroom, 2);
        let is_lock = matches!(of, CeilingOf::Lock { .. });
        let says = match (is_lock, utilisation >= 1.0) {
            (true, true) => format!("{name}, wanted {share} of the time."),
            (true, false) => {
                format!(
                    "{name}, held {share} of the time: saturated at about {times} times this load."
                )
            }
            (false, true) => format!("{name}, asked for {share} of what it takes."),
            (false, false) => format!(
                "{name}, asked for {share} of what it takes: it refuses what is beyond {times} times this load."
            ),
        };
        let station = design.model.ceiling_name(of);
        Bottleneck { station, utilisation, offered: utilisation, headroom, says }
    }

    pub(super) fn of(design: &Alternative, tally: &Tally) -> Option<Bottleneck> {
        let measured = |station: &usize| tally.utilisation(*station);
        let busiest = (0..design.model.stations.len())
            .filter(|station| measured(station) > 0.0)
            .max_by(|a, b| measured(a).total_cmp(&measured(b)))?;
        let saturated = |station: usize| design.load.stations[station].utilisation >= 1.0;
        let station = design.load.bottleneck.filter(|&s| saturated(s)).unwrap_or(busiest);
        let group = &design.model.stations[station];
        let offered = design.load.stations[station];
        let utilisation = measured(&station);
        let closed = design.model.clients.iter().all(|c| matches!(c.source, Source::Closed { .. }));
        let is_permit = matches!(
            group.kind,
            StationKind::Threads | StationKind::Connections | StationKind::Workers
        );
        let service = design.model.services.iter().find(|service| {
            let is_of =
                |first: StationId| (first.0..first.0 + service.replicas).contains(&group.first.0);
            is_of(service.cores) || service.threads.is_some_and(is_of)
        });
        let keeps_zones = service.is_some_and(|service| service.zone_affinity);
        let scales = service.is_some_and(|service| service.fleet.is_some());
        // What is held while others are waited for is held longer as the load rises; and what scales has more to offer.
        let more = !is_permit && !scales && exceeds(utilisation, offered.utilisation);
        let headroom = 1.0 / if closed || more { utilisation } else { offered.utilisation };
        let name = match group.kind {
            StationKind::Cores => format!("the cores of {}", group.name),
            StationKind::Store | StationKind::Cache => group.name.clone(),
            StationKind::Front => format!("the load balancer {}", group.name),
            StationKind::Threads => {
                format!("the threads of {}", group.name.trim_end_matches(".threads"))
            }
            StationKind::Workers => format!("the workers {}", group.name),
            StationKind::Connections => format!("the connections {}", group.name),
        };
        if let Some(ceiling) = design.load.ceiling_before_stations()
            && !closed
            && ceiling.utilisation > utilisation
        {
            return Some(Bottleneck::ceiling(design, ceiling));
        }
        let load = percent(utilisation);
        let says = if closed {
            format!(
                "{name}, {load} in use; users who wait send no more, so nothing grows without end."
            )
        } else if offered.utilisation >= 1.0 {
            let offered = percent(offered.utilisation);
            format!("{name}, {load} in use, and offered {offered} of what it can do.")
        } else if more {
            let (offered, times) = (percent(offered.utilisation), significant(headroom, 2));
            format!(
                "{name}, {load} in use, {offered} by the load as written: saturated at {times} times what was seen, at most."
            )
        } else {
            let times = significant(headroom, 2);
            // Of zones that keep their calls one is full before the others.
            let about = if is_permit || keeps_zones { "at most" } else { "about" };
            format!("{name}, {load} in use: saturated at {about} {times} times this load.")
        };
        let station = group.name.clone();
        Some(Bottleneck { station, utilisation, offered: offered.utilisation, headroom, says })
    }
}
