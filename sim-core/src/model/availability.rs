//! Availability: when systems are up, checked and with the replicas and members that decide.

use super::check::{Lowering, sorted};
use super::faults::Broken;
use super::{MeasureKind, Service, quantity};
use crate::spec::{self, Path, Rule, Segment};
use crate::time::Duration;

/// A system whose availability is told.
#[derive(Clone, PartialEq, Debug)]
pub struct System {
    /// What it is, as a path: `availability.shop`, `services.api`.
    pub name: String,
    /// When it is up.
    pub up: Up,
    /// Over which windows its down time is told; `None`: the measured part of a replication.
    pub window: Option<Duration>,
    /// Down times of which it is told in which share of the windows there is no more.
    pub at_most: Vec<Duration>,
}

/// When a system is up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Up {
    /// While so many of these are.
    AtLeast(u32, Vec<Up>),
    /// While so many of these replicas are.
    Replicas {
        /// How many.
        needs: u32,
        /// Of which.
        of: Vec<Broken>,
    },
    /// While the members of a store can take writes: an index into the model's stores.
    Members(u32),
    /// While these stations of a store are.
    Stations(std::ops::Range<u32>),
}

/// A number of a system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SystemFigure {
    /// The share of the time in which it is up.
    Availability,
    /// How long it is down, in a replication.
    TimeDown,
    /// How often it goes down, in a replication.
    Outages,
    /// Mean time that it is down when it is.
    TimeToRepair,
    /// Mean time until it goes down, from when all of its parts are up.
    TimeToFailure,
    /// The longest that it is down.
    LongestOutage,
    /// Mean down time in a window.
    WindowMean,
    /// Standard deviation of the down time in a window.
    WindowDeviation,
    /// Share of the windows in which it is never down.
    WindowsWithoutOutage,
    /// Share of the windows in which it is not down for longer than this one of `at_most`.
    WindowsWithin(u32),
}

/// Windows in a replication, at most.
const WINDOWS_MAX: u64 = 1_000_000;
/// Down times that are asked for of a system, at most.
const AT_MOST_MAX: usize = 100;

impl Lowering<'_> {
    pub(super) fn lower_availability(&mut self) {
        let spec = self.spec;
        self.check_needs();
        for (name, availability) in sorted(&spec.availability) {
            let path = Path::root().key("availability").key(name);
            if let Some(system) = self.system(name, availability, &path) {
                if !self.can_go_down(&system.up) {
                    let message =
                        format!("no fault takes down anything of `{name}`: it is always up");
                    let hint =
                        "let something crash: faults: [crash(of: \"services.api\", every: …)]";
                    self.findings.warning(&path.key("up"), message).hint(hint);
                }
                self.add_system(system);
            }
        }
        self.add_parts_as_systems();
    }

    fn check_needs(&mut self) {
        let spec = self.spec;
        for (name, service) in &spec.services {
            let Some(needs) = service.needs else { continue };
            let at = Path::root().key("services").key(name).key("needs");
            let lowered = self.model.services.iter().find(|it| it.name == *name);
            let Some(replicas) = lowered.map(|it| it.replicas) else { continue };
            if needs == 0 {
                let message = "a service that needs no replica is always up";
                self.findings.error(&at, message).hint("needs: 1 is what counts without it");
            } else if needs > replicas {
                let message =
                    format!("it needs {needs} replicas to be up and has {replicas}: it never is");
                self.findings.error(&at, message).hint("lower `needs` or raise `replicas`");
            }
        }
    }

    fn system(
        &mut self,
        name: &str,
        availability: &spec::Availability,
        path: &Path,
    ) -> Option<System> {
        let up = self.rule(&availability.up, &path.key("up"));
        let window = match &availability.window {
            None => None,
            Some(window) => {
                let at = path.key("window");
                Some(Duration::from_nanos(self.positive_duration(window, "a window", &at)?))
            }
        };
        if availability.at_most.len() > AT_MOST_MAX {
            let message = format!("at most {AT_MOST_MAX} down times can be asked for");
            self.findings.error(&path.key("at_most"), message);
            return None;
        }
        let mut at_most = Vec::new();
        for (index, most) in availability.at_most.iter().enumerate() {
            let at = path.key("at_most").index(index);
            let most = Duration::from_nanos(self.read(quantity::duration(most), &at)?);
            if window.is_some_and(|window| most >= window) {
                let message = "a window is not longer than that: down time never is more";
                self.findings.warning(&at, message).hint("ask for less, or lengthen `window`");
            }
            at_most.push(most);
        }
        Some(System { name: format!("availability.{name}"), up: up?, window, at_most })
    }

    fn rule(&mut self, rule: &Rule, path: &Path) -> Option<Up> {
        let (needs, of, at) = match rule {
            Rule::Part(part) => return self.part(part, path),
            Rule::All(of) => (of.len() as u32, of, path.key("all")),
            Rule::Any(of) => (1, of, path.key("any")),
            Rule::AtLeast(needs, of) => (*needs, of, path.key("at_least").index(1)),
        };
        if of.is_empty() {
            self.findings.error(&at, "a system of nothing is neither up nor down");
            return None;
        }
        if needs == 0 || needs as usize > of.len() {
            let message = match needs {
                0 => "of which none has to be up, the system always is".to_owned(),
                _ => format!("{needs} of {} cannot be up: it never is", of.len()),
            };
            let hint = format!("from 1 to {}", of.len());
            self.findings.error(&path.key("at_least").index(0), message).hint(hint);
            return None;
        }
        let parts: Vec<Option<Up>> =
            of.iter().enumerate().map(|(i, rule)| self.rule(rule, &at.index(i))).collect();
        Some(Up::AtLeast(needs, parts.into_iter().collect::<Option<_>>()?))
    }

    /// A part of the model by its path.
    fn part(&mut self, part: &str, at: &Path) -> Option<Up> {
        let parsed = self.part_path(part, at)?;
        match parsed.segments() {
            [Segment::Key(section), Segment::Key(name)] if &**section == "services" => {
                let service = self.broken_service(name, None, at)?;
                let needs = self.needs(name);
                Some(Up::Replicas { needs, of: vec![service] })
            }
            [
                Segment::Key(section),
                Segment::Key(name),
                Segment::Key(field),
                Segment::Key(place),
            ] if (&**section, &**field) == ("services", "regions") => {
                let of = self.broken_in_place(name, place, at)?;
                Some(Up::Replicas { needs: 1, of })
            }
            [Segment::Key(section), Segment::Key(name)] if &**section == "stores" => {
                let store = self.model.stores.iter().position(|store| store.name == **name);
                if let Some(store) = store.filter(|&it| self.model.stores[it].cluster.is_some()) {
                    return Some(Up::Members(store as u32));
                }
                match self.broken_store(name, None, at)? {
                    Broken::Store(stations) => Some(Up::Stations(stations)),
                    _ => None,
                }
            }
            _ => {
                let message = format!("`{part}` is no part that is up or down");
                let hint = "write the path of a service, its replicas in a region or a store: \
                            \"services.api\", \"services.api.regions.eu\", \"stores.orders\"";
                self.findings.error(at, message).hint(hint);
                None
            }
        }
    }

    fn needs(&self, service: &str) -> u32 {
        self.spec.services.get(service).and_then(|service| service.needs).unwrap_or(1)
    }

    /// Services and stores that faults at random take down, and services that say what they need, are told of by
    /// themselves.
    fn add_parts_as_systems(&mut self) {
        let mut parts: Vec<(String, Up)> = Vec::new();
        for (index, service) in (0..).zip(&self.model.services) {
            let Service { name, replicas, .. } = service;
            let id = super::ServiceId(index);
            let needs = self.needs(name);
            let up = Up::Replicas { needs, of: vec![Broken::Replicas(id, 0..*replicas)] };
            let says = self.spec.services.get(name).is_some_and(|it| it.needs.is_some());
            if says || self.breaks_at_random(&up) {
                parts.push((format!("services.{name}"), up));
            }
        }
        for (name, _) in sorted(&self.spec.stores) {
            let Some(stations) = self.stations_of_store(name) else { continue };
            let cluster = self.model.stores.iter().position(|store| store.name == *name);
            let up = match cluster.filter(|&it| self.model.stores[it].cluster.is_some()) {
                Some(store) => Up::Members(store as u32),
                None => Up::Stations(stations),
            };
            if self.breaks_at_random(&up) {
                parts.push((format!("stores.{name}"), up));
            }
        }
        for (name, up) in parts {
            self.add_system(System { name, up, window: None, at_most: Vec::new() });
        }
    }

    fn breaks_at_random(&self, up: &Up) -> bool {
        self.is_taken_down(up, |fault| fault.is_random())
    }

    fn can_go_down(&self, up: &Up) -> bool {
        self.is_taken_down(up, |_| true)
    }

    /// Whether some part is taken down by one of the faults that count.
    fn is_taken_down(&self, up: &Up, counts: impl Fn(&super::Fault) -> bool + Copy) -> bool {
        let meets = |part: &Broken| {
            let units = self.model.fault_units.iter().filter(|unit| {
                let fault = &self.model.faults[unit.fault as usize];
                fault.takes_down() && counts(fault)
            });
            units.flat_map(|unit| &unit.parts).any(|broken| broken.meets(part))
        };
        match up {
            Up::AtLeast(_, of) => of.iter().any(|up| self.is_taken_down(up, counts)),
            Up::Replicas { of, .. } => of.iter().any(meets),
            Up::Members(store) => {
                let members = &self.model.stores[*store as usize].members;
                let first = members[0].station.0;
                meets(&Broken::Store(first..first + members.len() as u32))
            }
            Up::Stations(stations) => meets(&Broken::Store(stations.clone())),
        }
    }

    fn add_system(&mut self, system: System) {
        use SystemFigure::{
            Availability, LongestOutage, Outages, TimeDown, TimeToFailure, TimeToRepair,
            WindowDeviation, WindowMean, WindowsWithin, WindowsWithoutOutage,
        };
        let index = self.model.systems.len() as u32;
        let measures = &mut self.model.measures;
        let mut report = |of: &str, name, figure| {
            measures.report(of, name, MeasureKind::System { system: index, figure });
        };
        report(&system.name, "availability", Availability);
        report(&system.name, "time_down", TimeDown);
        report(&system.name, "outages", Outages);
        report(&system.name, "time_to_repair", TimeToRepair);
        report(&system.name, "longest_outage", LongestOutage);
        report(&system.name, "time_to_failure", TimeToFailure);
        let is_asked = system.window.is_some() || !system.at_most.is_empty();
        if is_asked {
            let window = system.window.map_or("a replication".to_owned(), length);
            let of = format!("{}: in {window}", system.name);
            report(&of, "down", WindowMean);
            report(&of, "down_sd", WindowDeviation);
            report(&of, "without_outage", WindowsWithoutOutage);
            for (number, most) in (0..).zip(&system.at_most) {
                let of = format!("{}: at most {} in {window}", system.name, length(*most));
                report(&of, "probability", WindowsWithin(number));
            }
        }
        self.model.systems.push(system);
    }

    /// Says of windows that no run is as long as; the horizon is known by now.
    pub(super) fn warn_of_windows(&mut self) {
        let run = self.model.run;
        let measured = run.horizon - run.warmup.unwrap_or(Duration::ZERO);
        for (name, _) in sorted(&self.spec.availability) {
            let full = format!("availability.{name}");
            let system = self.model.systems.iter().find(|system| system.name == full);
            let Some(window) = system.and_then(|system| system.window) else { continue };
            let at = Path::root().key("availability").key(name).key("window");
            if window > measured {
                let message = format!(
                    "no window of {} ends in the {} that are measured of a run",
                    length(window),
                    length(measured)
                );
                let warning = self.findings.warning(&at, message);
                warning.hint("simulate longer (run: (horizon: …)), or shorten the window");
            } else if measured.0 / window.0 > WINDOWS_MAX {
                let message = format!(
                    "{} windows in a run are more than {WINDOWS_MAX}",
                    measured.0 / window.0
                );
                self.findings.error(&at, message).hint("lengthen the window");
            }
        }
    }
}

/// A length of time as one says it: `720 h`, `30 min`.
fn length(time: Duration) -> String {
    super::slos::length(time)
}
