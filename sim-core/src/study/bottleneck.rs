//! What breaks first, and how far from it a design is.

use super::replicate::Alternative;
use super::tally::Tally;
use super::words::{percent, significant};
use crate::model::{Source, StationKind};
use schemars::JsonSchema;
use serde::Serialize;

/// The station that is used most.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Bottleneck {
    /// Its name.
    pub station: String,
    /// Share of its servers in use, as measured.
    pub utilisation: f64,
    /// Its offered load as a share of what it can do, by the utilisation law.
    pub offered: f64,
    /// How many times the present load it takes to saturate it; infinite (in JSON: null) if nothing is asked
    /// of it.
    pub headroom: f64,
    /// All of this in a sentence.
    pub says: String,
}

impl Bottleneck {
    pub(super) fn of(design: &Alternative, tally: &Tally) -> Option<Bottleneck> {
        let measured = |station: &usize| tally.utilisation(&design.model, *station);
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
        let headroom = if closed { 1.0 / utilisation } else { 1.0 / offered.utilisation };
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
        let load = percent(utilisation);
        let says = if closed {
            format!(
                "{name}, {load} in use; users who wait send no more, so nothing grows without end."
            )
        } else if offered.utilisation >= 1.0 {
            let offered = percent(offered.utilisation);
            format!("{name}, {load} in use, and offered {offered} of what it can do.")
        } else {
            let times = significant(headroom, 2);
            // What is held while others are waited for is held longer as the load rises.
            let about = if is_permit { "at most" } else { "about" };
            format!("{name}, {load} in use: saturated at {about} {times} times this load.")
        };
        let station = group.name.clone();
        Some(Bottleneck { station, utilisation, offered: offered.utilisation, headroom, says })
    }
}
