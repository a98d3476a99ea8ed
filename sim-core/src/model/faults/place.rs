//! What a fault breaks: paths to replicas, members, caches, and to all that lies in a region or a zone.

use super::super::check::Lowering;
use super::super::placement::meant;
use super::{Answering, Broken};
use crate::model::{ServiceId, StationGroup, StationId, StationKind};
use crate::spec::{self, Path, Segment};
use std::ops::Range;

/// What breaks by itself, each with what tells it from the others.
type Units = Vec<(String, Vec<Broken>)>;

impl Lowering<'_> {
    /// What breaks: one by one where it breaks at random, unless it is a region or a zone, which breaks as one.
    pub(super) fn units_of_fault(
        &mut self,
        fault: &spec::Fault,
        at_random: bool,
        path: &Path,
    ) -> Option<Units> {
        let as_one = |parts| Some(vec![("all".to_owned(), parts)]);
        match fault {
            spec::Fault::Flush { of, .. } => {
                let cache = self.flushed(of, path)?;
                as_one(vec![cache])
            }
            // What they are about is looked at with the rest of them.
            spec::Fault::Errors { .. }
            | spec::Fault::Latency { .. }
            | spec::Fault::Loss { .. }
            | spec::Fault::Partition { .. } => as_one(Vec::new()),
            spec::Fault::Crash { of, replica, .. }
            | spec::Fault::Stall { of, replica, .. }
            | spec::Fault::Slow { of, replica, .. } => {
                let parts = self.broken(of, *replica, path)?;
                if !at_random || of.starts_with("regions.") {
                    return as_one(parts);
                }
                Some(parts.iter().flat_map(Broken::one_by_one).collect())
            }
        }
    }

    /// The cache that a path says.
    fn flushed(&mut self, of: &str, path: &Path) -> Option<Broken> {
        let name = of.strip_prefix("caches.");
        let Some(name) = name else {
            let error = self
                .findings
                .error(&path.key("of"), format!("`{of}` is nothing that can be flushed"));
            error.hint("write the path of a cache: \"caches.redis\"");
            return None;
        };
        let found = self.model.caches.iter().position(|cache| cache.name == name);
        if found.is_none() {
            self.unknown("caches", "cache", name, &path.key("of"));
        }
        found.map(|cache| Broken::Cache(cache as u32))
    }

    /// Whose answers a path says.
    pub(in crate::model) fn answering(&mut self, of: &str, path: &Path) -> Option<Answering> {
        if let Some(name) = of.strip_prefix("services.")
            && let Some(index) = self.model.services.iter().position(|it| it.name == name)
        {
            return Some(Answering::Service(ServiceId(index as u32)));
        }
        if let Some(name) = of.strip_prefix("stores.")
            && let Some(number) = self.store_number(name)
        {
            return Some(Answering::Store(number));
        }
        match of.split_once('.') {
            Some(("services", name)) => self.unknown("services", "service", name, &path.key("of")),
            Some(("stores", name)) => self.unknown("stores", "store", name, &path.key("of")),
            _ => {
                let message = format!("`{of}` is nothing that answers requests");
                let hint =
                    "write the path of a service or a store: \"services.api\", \"stores.orders\"";
                self.findings.error(&path.key("of"), message).hint(hint);
            }
        }
        None
    }

    /// The place of a store among the names of all, sorted.
    pub(in crate::model) fn store_number(&self, name: &str) -> Option<u32> {
        let spec = self.spec;
        spec.stores
            .contains_key(name)
            .then(|| spec.stores.keys().filter(|other| other.as_str() < name).count() as u32)
    }

    /// The path of a part of the model, written at another.
    pub(in crate::model) fn part_path(&mut self, part: &str, at: &Path) -> Option<Path> {
        match Path::parse(part) {
            Ok(path) => Some(path),
            Err(message) => {
                self.findings.error(at, message);
                None
            }
        }
    }

    /// What a path says that breaks.
    fn broken(&mut self, of: &str, replica: Option<u32>, path: &Path) -> Option<Vec<Broken>> {
        let at = path.key("of");
        let parsed = self.part_path(of, &at)?;
        let in_place = |this: &mut Self| {
            if replica.is_some() {
                let message = "all replicas in the region break";
                this.findings.error(&path.key("replica"), message).hint("leave `replica` out");
            }
        };
        let one = path.key("replica");
        let one = replica.map(|replica| (replica, &one));
        match parsed.segments() {
            [Segment::Key(section), Segment::Key(name)] if &**section == "services" => {
                self.broken_service(name, one, &at).map(|it| vec![it])
            }
            [
                Segment::Key(section),
                Segment::Key(name),
                Segment::Key(field),
                Segment::Key(region),
            ] if (&**section, &**field) == ("services", "regions") => {
                in_place(self);
                self.broken_in_place(name, region, &at)
            }
            [Segment::Key(section), Segment::Key(name)] if &**section == "stores" => {
                self.broken_store(name, one, &at).map(|it| vec![it])
            }
            segments if place_name(segments).is_some() => {
                in_place(self);
                self.broken_place(&place_name(segments)?, path)
            }
            _ => {
                self.findings.error(&at, format!("`{of}` is nothing that can break")).hint(
                    "write the path of a service, its replicas in a region, a store, a region or a zone: \
                     \"services.api\", \"services.api.regions.eu\", \"stores.orders\", \"regions.eu\", \
                     \"regions.eu.zones.b\"",
                );
                None
            }
        }
    }

    pub(in crate::model) fn broken_service(
        &mut self,
        name: &str,
        replica: Option<(u32, &Path)>,
        at: &Path,
    ) -> Option<Broken> {
        let found = self.model.services.iter().position(|service| service.name == name);
        let Some(index) = found else {
            self.unknown("services", "service", name, at);
            return None;
        };
        let replicas = self.model.services[index].replicas;
        let range = match replica {
            None => 0..replicas,
            Some((one, _)) if one < replicas => one..one + 1,
            Some((one, path)) => {
                let message = format!("`{name}` has no replica {one}");
                let hint = match replicas {
                    1 => "it has one replica, number 0".to_owned(),
                    many => format!("its {many} replicas are numbered from 0 to {}", many - 1),
                };
                self.findings.error(path, message).hint(hint);
                return None;
            }
        };
        Some(Broken::Replicas(ServiceId(index as u32), range))
    }

    /// All replicas of a service in one region or zone.
    pub(in crate::model) fn broken_in_place(
        &mut self,
        name: &str,
        place: &str,
        at: &Path,
    ) -> Option<Vec<Broken>> {
        let Broken::Replicas(id, _) = self.broken_service(name, None, at)? else { return None };
        let places = self.places_in(place, at, false)?;
        let found = self.replicas_in(id, &places);
        if found.is_empty() {
            let message = format!("no replica of `{name}` runs in `{place}`");
            self.findings.error(at, message).hint("name one of its own `regions`");
            return None;
        }
        Some(found)
    }

    /// The replicas of a service at some places, those side by side together.
    fn replicas_in(&self, id: ServiceId, places: &Range<u16>) -> Vec<Broken> {
        let service = &self.model.services[id.0 as usize];
        let place = |replica: u32| service.replica_places.get(replica as usize).copied();
        let is_there = |replica: &u32| places.contains(&place(*replica).unwrap_or(0));
        side_by_side((0..service.replicas).filter(is_there))
            .into_iter()
            .map(|range| Broken::Replicas(id, range))
            .collect()
    }

    /// All that lies in a region, or in one of its zones.
    fn broken_place(&mut self, name: &str, path: &Path) -> Option<Vec<Broken>> {
        let places = self.places_in(name, &path.key("of"), false)?;
        let mut parts = Vec::new();
        for service in 0..self.model.services.len() {
            parts.extend(self.replicas_in(ServiceId(service as u32), &places));
        }
        let stores = self.model.stations.iter().filter(|it| it.kind == StationKind::Store);
        for group in stores {
            let stations = group.first.0..group.first.0 + group.count;
            let is_there =
                |station: &u32| places.contains(&self.model.places.of_station(StationId(*station)));
            parts.extend(side_by_side(stations.filter(is_there)).into_iter().map(Broken::Store));
        }
        if parts.is_empty() {
            let message = format!("nothing that could break is placed in `{name}`");
            let hint = "services have `regions`, stores a `region`";
            self.findings.error(&path.key("of"), message).hint(hint);
            return None;
        }
        Some(parts)
    }

    pub(in crate::model) fn broken_store(
        &mut self,
        name: &str,
        member: Option<(u32, &Path)>,
        at: &Path,
    ) -> Option<Broken> {
        let Some(stations) = self.stations_of_store(name) else {
            if self.spec.stores.contains_key(name) {
                let message = format!("`{name}` has no servers here that could break");
                let hint = "of systems outside, errors(of: …) says that they fail";
                self.findings.error(at, message).hint(hint);
            } else {
                self.unknown("stores", "store", name, at);
            }
            return None;
        };
        let (first, members) = (stations.start, stations.len() as u32);
        match member {
            None => Some(Broken::Store(stations)),
            Some((one, _)) if members > 1 && one < members => {
                Some(Broken::Store(first + one..first + one + 1))
            }
            Some((one, path)) => {
                let (message, hint) = match members {
                    1 => (
                        format!("`{name}` is a store and has no replicas to choose from"),
                        "leave `replica` out: all of the store breaks".to_owned(),
                    ),
                    many => (
                        format!("`{name}` has no member {one}"),
                        format!(
                            "its {many} members are numbered from 0, primaries before replicas"
                        ),
                    ),
                };
                self.findings.error(path, message).hint(hint);
                None
            }
        }
    }

    /// The stations of a store, if it has any.
    pub(in crate::model) fn stations_of_store(&self, name: &str) -> Option<Range<u32>> {
        let database = self.model.stores.iter().find(|store| store.name == name);
        let members = database.map(|it| (it.members[0].station.0, it.members.len() as u32));
        let is_it = |group: &&StationGroup| group.kind == StationKind::Store && group.name == name;
        let group = || self.model.stations.iter().find(is_it);
        let found = members.or_else(|| group().map(|group| (group.first.0, group.count)));
        found.map(|(first, members)| first..first + members)
    }

    /// What is misspelt is said; what is written and has errors of its own is left to those.
    pub(in crate::model) fn unknown(&mut self, section: &str, kind: &str, name: &str, at: &Path) {
        if !self.spec.is_written(&[section, name]) {
            let hint = meant(name, self.spec.names(section));
            let message = format!("there is no {kind} `{name}`");
            self.findings.error(at, message).hint = hint;
        }
    }
}

impl Broken {
    /// Its replicas or members, each by itself.
    fn one_by_one(&self) -> Units {
        match self {
            Broken::Replicas(service, replicas) => replicas
                .clone()
                .map(|one| (one.to_string(), vec![Broken::Replicas(*service, one..one + 1)]))
                .collect(),
            Broken::Store(stations) => (0u32..)
                .zip(stations.clone())
                .map(|(number, one)| (number.to_string(), vec![Broken::Store(one..one + 1)]))
                .collect(),
            Broken::Cache(cache) => vec![("all".to_owned(), vec![Broken::Cache(*cache)])],
        }
    }
}

/// The region or zone of a path such as `regions.eu` or `regions.eu.zones.b`, as services name it: `eu`, `eu/b`.
pub(super) fn place_name(segments: &[Segment]) -> Option<String> {
    match segments {
        [Segment::Key(section), Segment::Key(region)] if &**section == "regions" => {
            Some(region.to_string())
        }
        [Segment::Key(section), Segment::Key(region), Segment::Key(zones), Segment::Key(zone)]
            if (&**section, &**zones) == ("regions", "zones") =>
        {
            Some(format!("{region}/{zone}"))
        }
        _ => None,
    }
}

/// Rising numbers as ranges of those that follow each other.
fn side_by_side(numbers: impl Iterator<Item = u32>) -> Vec<Range<u32>> {
    let mut ranges: Vec<Range<u32>> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some(last) if last.end == number => last.end += 1,
            _ => ranges.push(number..number + 1),
        }
    }
    ranges
}
