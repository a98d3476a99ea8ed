//! Faults: what breaks, checked and with the stations that it is about.

use super::check::Lowering;
use super::placement::meant;
use super::quantity;
use super::{CounterId, LevelId, MeasureKind, ServiceId, StationGroup, StationKind};
use crate::random::name_hash;
use crate::spec::{self, InFlight, Path, Segment};
use crate::time::{Duration, Time};
use std::ops::Range;

/// Something that breaks.
#[derive(Clone, Debug)]
pub struct Fault {
    /// What it is, in words.
    pub name: String,
    /// What it does.
    pub kind: FaultKind,
    /// To what.
    pub of: Broken,
    /// When it begins.
    pub from: Time,
    /// When it is over.
    pub until: Time,
    /// 1 while it lasts.
    pub lasts: LevelId,
    /// Requests that it failed: lost with what crashed, or turned away while that was down.
    pub failed: CounterId,
    /// Hash of its name.
    pub site: u64,
}

/// What a fault does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// Everything in flight is lost, and nobody is let in.
    Crash,
    /// Nobody is let in; what is in flight stands still.
    Suspension,
    /// Servers stand still.
    Stall,
    /// What it holds is gone.
    Flush,
}

/// What a fault breaks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Broken {
    /// Replicas of a service.
    Replicas(ServiceId, Range<u32>),
    /// Stations of a store.
    Store(Range<u32>),
    /// A cache, by its number.
    Cache(u32),
}

/// Faults of a model, at most.
const FAULTS_MAX: usize = 10_000;

impl Lowering<'_> {
    pub(super) fn lower_faults(&mut self) {
        let spec = self.spec;
        let root = Path::root().key("faults");
        if spec.faults.len() > FAULTS_MAX {
            let message = format!("{} faults are more than {FAULTS_MAX}", spec.faults.len());
            self.findings.error(&root, message);
            return;
        }
        for (index, fault) in spec.faults.iter().enumerate() {
            let path = root.index(index).key(fault.kind());
            self.lower_fault(index, fault, &path);
        }
        self.check_overlaps();
    }

    fn lower_fault(&mut self, index: usize, fault: &spec::Fault, path: &Path) {
        let (of, replica, at, lasts) = match fault {
            spec::Fault::Crash { of, replica, at, lasts, .. }
            | spec::Fault::Stall { of, replica, at, lasts } => (of, *replica, at, lasts.as_ref()),
            spec::Fault::Flush { of, at } => (of, None, at, None),
        };
        let kind = match fault {
            spec::Fault::Crash { in_flight: InFlight::Lost, .. } => FaultKind::Crash,
            spec::Fault::Crash { .. } => FaultKind::Suspension,
            spec::Fault::Stall { .. } => FaultKind::Stall,
            spec::Fault::Flush { .. } => FaultKind::Flush,
        };
        let from = self.read(quantity::duration(at), &path.key("at"));
        let lasts = match lasts {
            None => Some(Duration(u64::MAX)),
            Some(lasts) => self
                .positive_duration(lasts, "a fault", &path.key("lasts"))
                .map(Duration::from_nanos),
        };
        let broken = match kind {
            FaultKind::Flush => self.flushed(of, path),
            _ => self.broken(of, replica, path),
        };
        let (Some(from), Some(lasts), Some(broken)) = (from, lasts, broken) else { return };
        let from = Time::ZERO + Duration::from_nanos(from);
        let horizon = self.model.run.horizon;
        if horizon != Duration::ZERO && from >= Time::ZERO + horizon {
            let message = format!("the run ends at {horizon}, before this happens");
            self.findings
                .warning(&path.key("at"), message)
                .hint("times of faults count from the start of the run, warm-up included");
        }
        let measures = &mut self.model.measures;
        let (level, failed) = (measures.level(), measures.counter());
        let name = format!("faults.{index}");
        if kind != FaultKind::Flush {
            measures.report(&name, "time_down", MeasureKind::TotalTime(level));
            measures.report(&name, "requests_failed", MeasureKind::Total(failed));
        }
        self.model.faults.push(Fault {
            name: format!("{} of {of}", fault.kind()),
            kind,
            of: broken,
            from,
            until: Time(from.0.saturating_add(lasts.0)),
            lasts: level,
            failed,
            site: name_hash(&name),
        });
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
            self.unknown("caches", "cache", name, path);
        }
        found.map(|cache| Broken::Cache(cache as u32))
    }

    /// What a path says that breaks.
    fn broken(&mut self, of: &str, replica: Option<u32>, path: &Path) -> Option<Broken> {
        let at = path.key("of");
        let parsed = match Path::parse(of) {
            Ok(parsed) => parsed,
            Err(message) => {
                self.findings.error(&at, message);
                return None;
            }
        };
        match parsed.segments() {
            [Segment::Key(section), Segment::Key(name)] if &**section == "services" => {
                self.broken_service(name, replica, path)
            }
            [
                Segment::Key(section),
                Segment::Key(name),
                Segment::Key(field),
                Segment::Key(region),
            ] if (&**section, &**field) == ("services", "regions") => {
                if replica.is_some() {
                    let message = "all replicas in the region break";
                    self.findings.error(&path.key("replica"), message).hint("leave `replica` out");
                }
                self.broken_region(name, region, path)
            }
            [Segment::Key(section), Segment::Key(name)] if &**section == "stores" => {
                self.broken_store(name, replica, path)
            }
            _ => {
                self.findings.error(&at, format!("`{of}` is nothing that can break")).hint(
                    "write the path of a service, its replicas in a region or a store: \"services.api\", \
                     \"services.api.regions.eu\", \"stores.orders\"",
                );
                None
            }
        }
    }

    fn broken_service(&mut self, name: &str, replica: Option<u32>, path: &Path) -> Option<Broken> {
        let found = self.model.services.iter().position(|service| service.name == name);
        let Some(index) = found else {
            self.unknown("services", "service", name, path);
            return None;
        };
        let replicas = self.model.services[index].replicas;
        let range = match replica {
            None => 0..replicas,
            Some(one) if one < replicas => one..one + 1,
            Some(one) => {
                let message = format!("`{name}` has no replica {one}");
                let hint = match replicas {
                    1 => "it has one replica, number 0".to_owned(),
                    many => format!("its {many} replicas are numbered from 0 to {}", many - 1),
                };
                self.findings.error(&path.key("replica"), message).hint(hint);
                return None;
            }
        };
        Some(Broken::Replicas(ServiceId(index as u32), range))
    }

    /// All replicas of a service in one region.
    fn broken_region(&mut self, name: &str, region: &str, path: &Path) -> Option<Broken> {
        let Some(Broken::Replicas(id, _)) = self.broken_service(name, None, path) else {
            return None;
        };
        let at = path.key("of");
        let region = self.region_index(region, &at, false)?;
        let service = &self.model.services[id.0 as usize];
        let Some(front) = service.front_in(region) else {
            let region = &self.model.places.regions[usize::from(region)].name;
            let message = format!("no replica of `{name}` runs in `{region}`");
            self.findings.error(&at, message).hint("name one of its own `regions`");
            return None;
        };
        let front = &service.fronts[front];
        Some(Broken::Replicas(id, front.first..front.first + front.replicas))
    }

    fn broken_store(&mut self, name: &str, member: Option<u32>, path: &Path) -> Option<Broken> {
        let database = self.model.stores.iter().find(|store| store.name == name);
        let members = database.map(|it| (it.members[0].station.0, it.members.len() as u32));
        let is_it = |group: &&StationGroup| group.kind == StationKind::Store && group.name == name;
        let group = || self.model.stations.iter().find(is_it);
        let found = members.or_else(|| group().map(|group| (group.first.0, group.count)));
        let Some((first, members)) = found else {
            self.unknown("stores", "store", name, path);
            return None;
        };
        match member {
            None => Some(Broken::Store(first..first + members)),
            Some(one) if members > 1 && one < members => {
                Some(Broken::Store(first + one..first + one + 1))
            }
            Some(one) => {
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
                self.findings.error(&path.key("replica"), message).hint(hint);
                None
            }
        }
    }

    /// What is misspelt is said; what is written and has errors of its own is left to those.
    fn unknown(&mut self, section: &str, kind: &str, name: &str, path: &Path) {
        if !self.spec.is_written(&[section, name]) {
            let hint = meant(name, self.spec.names(section));
            let message = format!("there is no {kind} `{name}`");
            self.findings.error(&path.key("of"), message).hint = hint;
        }
    }

    /// Nothing can break twice at once.
    fn check_overlaps(&mut self) {
        let spec = self.spec;
        // Where something is wrong with a fault, faults and what is written no longer go in step.
        if self.model.faults.len() != spec.faults.len() {
            return;
        }
        let faults = &self.model.faults;
        let mut order: Vec<usize> = (0..faults.len()).collect();
        order.sort_by_key(|&i| (faults[i].of.thing(), faults[i].from, i));
        for (place, &later) in order.iter().enumerate() {
            let earlier = order[..place].iter().rev().take(OVERLAPS_SEEN).find(|&&earlier| {
                faults[earlier].of.meets(&faults[later].of)
                    && faults[earlier].until > faults[later].from
            });
            let Some(&earlier) = earlier else { continue };
            let path = Path::root().key("faults").index(later).key(spec.faults[later].kind());
            let message = format!(
                "when this begins, the {} that begins at {} (fault {earlier}) is not over",
                faults[earlier].name,
                Duration(faults[earlier].from.0)
            );
            self.findings
                .error(&path.key("at"), message)
                .hint("let one end before the next begins, or let them break different replicas");
        }
    }
}

/// Faults of one thing that each is compared with: those that began last.
const OVERLAPS_SEEN: usize = 1_000;

impl Broken {
    /// What all faults of the same service, or of stores, have in common.
    fn thing(&self) -> (u8, u32) {
        match self {
            Broken::Replicas(service, _) => (0, service.0),
            Broken::Store(_) => (1, 0),
            Broken::Cache(cache) => (2, *cache),
        }
    }

    /// What of it breaks; a flush is over at once and overlaps with nothing.
    fn range(&self) -> Range<u32> {
        match self {
            Broken::Replicas(_, range) | Broken::Store(range) => range.clone(),
            Broken::Cache(_) => 0..0,
        }
    }

    /// Whether some part is part of the other too.
    fn meets(&self, other: &Broken) -> bool {
        let (a, b) = (self.range(), other.range());
        self.thing() == other.thing() && a.start < b.end && b.start < a.end
    }
}
