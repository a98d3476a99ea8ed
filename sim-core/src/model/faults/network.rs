//! Faults of the network: messages that are late or lost.

use super::super::check::Lowering;
use super::super::laws::Unit;
use super::super::{LawId, ServiceId};
use super::place::place_name;
use crate::spec::{self, Path, Segment};
use crate::time::Duration;
use std::ops::Range;

/// What happens to messages between two ends, in either direction.
#[derive(Clone, PartialEq, Debug)]
pub struct Disturbance {
    /// Between which.
    pub between: [End; 2],
    /// How much longer each takes, by one of [`crate::model::Model::fault_laws`].
    pub adds: Option<LawId>,
    /// The share of them that are lost.
    pub lost: f64,
    /// After how long a lost one is sent again; each time twice as long.
    pub resend: Duration,
    /// After how long the sender gives up.
    pub gives_up: Duration,
}

/// An end of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum End {
    /// A replica of a service.
    Service(ServiceId),
    /// A store, by its number among the names of all.
    Store(Range<u32>),
    /// Whatever is at one of these places.
    Places(Range<u16>),
    /// Whatever is not the other end.
    Others,
}

impl Lowering<'_> {
    pub(super) fn disturbance(
        &mut self,
        fault: &spec::Fault,
        name: &str,
        path: &Path,
    ) -> Option<Disturbance> {
        let none = (Duration::ZERO, Duration::ZERO);
        match fault {
            spec::Fault::Latency { between, adds, .. } => {
                let between = self.ends(between, path);
                let adds = self.law(adds, Unit::Time, &path.key("adds"));
                let adds = self.place_of_fault(adds?, &format!("{name}.adds"));
                let (resend, gives_up) = none;
                Some(Disturbance {
                    between: between?,
                    adds: Some(adds),
                    lost: 0.0,
                    resend,
                    gives_up,
                })
            }
            spec::Fault::Loss { between, share, resend, gives_up, .. } => {
                let between = self.ends(between, path);
                let lost = self.share_of_fault(share, "be lost", &path.key("share"));
                let (resend, gives_up) = self.resending(resend, gives_up, path)?;
                Some(Disturbance { between: between?, adds: None, lost: lost?, resend, gives_up })
            }
            spec::Fault::Partition { between, resend, gives_up, .. } => {
                let between = self.ends(between, path);
                let (resend, gives_up) = self.resending(resend, gives_up, path)?;
                Some(Disturbance { between: between?, adds: None, lost: 1.0, resend, gives_up })
            }
            _ => None,
        }
    }

    /// When a lost message is sent again, and when its sender gives up.
    fn resending(
        &mut self,
        resend: &spec::Quantity,
        gives_up: &spec::Quantity,
        path: &Path,
    ) -> Option<(Duration, Duration)> {
        let first = self.positive_duration(
            resend,
            "the time until a message is sent again",
            &path.key("resend"),
        );
        let last =
            self.positive_duration(gives_up, "the patience of a sender", &path.key("gives_up"));
        let (first, last) = (Duration::from_nanos(first?), Duration::from_nanos(last?));
        if first > last {
            let message = format!(
                "a message is sent again after {first}, and given up after {last}: it is sent once only"
            );
            self.findings.warning(&path.key("resend"), message);
        }
        Some((first, last))
    }

    fn ends(&mut self, between: &[String], path: &Path) -> Option<[End; 2]> {
        let at = path.key("between");
        match between {
            [one] => Some([self.end_of_message(one, &at.index(0))?, End::Others]),
            [one, other] => {
                let ends = [
                    self.end_of_message(one, &at.index(0)),
                    self.end_of_message(other, &at.index(1)),
                ];
                let [Some(one), Some(other)] = ends else { return None };
                if one == other {
                    let message = "no message goes from here to here over the network";
                    let hint = "name two that differ, or one alone: between it and all others";
                    self.findings.error(&at, message).hint(hint);
                    return None;
                }
                Some([one, other])
            }
            _ => {
                let message =
                    format!("a fault of the network is between two, not {}", between.len());
                let hint = "between: [\"regions.eu\", \"regions.us\"], or one alone: between it and all others";
                self.findings.error(&at, message).hint(hint);
                None
            }
        }
    }

    fn end_of_message(&mut self, of: &str, at: &Path) -> Option<End> {
        let parsed = self.part_path(of, at)?;
        match parsed.segments() {
            [Segment::Key(section), Segment::Key(name)] if &**section == "services" => {
                let found = self.model.services.iter().position(|service| service.name == **name);
                if found.is_none() {
                    self.unknown("services", "service", name, at);
                }
                found.map(|index| End::Service(ServiceId(index as u32)))
            }
            [Segment::Key(section), Segment::Key(name)] if &**section == "stores" => {
                let stations = self.stations_of_store(name);
                if stations.is_none() && self.spec.stores.contains_key(&**name) {
                    let message = format!("messages to `{name}` are part of its own latency");
                    let hint = "errors(of: …) says that it fails";
                    self.findings.error(at, message).hint(hint);
                } else if stations.is_none() {
                    self.unknown("stores", "store", name, at);
                }
                stations.map(End::Store)
            }
            segments if place_name(segments).is_some() => {
                self.places_in(&place_name(segments)?, at, false).map(End::Places)
            }
            _ => {
                let message = format!("`{of}` is no end of a message");
                let hint = "write the path of a service, a store, a region or a zone: \"services.api\", \
                            \"stores.orders\", \"regions.eu\", \"regions.eu.zones.b\"";
                self.findings.error(at, message).hint(hint);
                None
            }
        }
    }
}
