//! Faults: what breaks, checked and with the stations that it is about.

mod added;
mod network;
mod overlap;
mod place;
mod spot;
mod steps;

pub use network::{Disturbance, End};
pub use steps::FaultStep;

use super::check::Lowering;
use super::laws::Unit;
use super::quantity;
use super::{CounterId, LawId, LevelId, MeasureKind, PlacedLaw, ServiceId, TimingId};
use crate::random::{Sampler, name_hash};
use crate::spec::{self, InFlight, Path};
use crate::time::{Duration, Time};
use std::ops::Range;

/// Something that breaks.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// What it is called.
    pub name: String,
    /// What it does.
    pub kind: FaultKind,
    /// When.
    pub when: When,
    /// How long it lasts, by one of [`super::Model::fault_laws`]; `None`: until the end, or no time at all where something is
    /// flushed.
    pub lasts: Option<LawId>,
    /// How many of its units can be repaired at once, if not all.
    pub crews: Option<u32>,
    /// What breaks by itself: these of [`super::Model::fault_units`].
    pub units: Range<u32>,
    /// How many of its units are broken.
    pub broken: LevelId,
    /// How often it happened.
    pub times: CounterId,
    /// Requests that it failed: lost with what crashed, or turned away while that was down.
    pub failed: CounterId,
    /// How long what is broken waited for a crew.
    pub waited: TimingId,
}

/// When a fault happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// Once.
    At(Time),
    /// Again and again, this long after all is well, by one of [`super::Model::fault_laws`].
    Every(LawId),
}

/// What breaks as one, by a clock of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct FaultUnit {
    /// Of which fault.
    pub fault: u32,
    /// What it is made of.
    pub parts: Vec<Broken>,
    /// Hash of its name: who its draws are for.
    pub site: u64,
}

/// What a fault does.
#[derive(Clone, PartialEq, Debug)]
pub enum FaultKind {
    /// Everything in flight is lost, and nobody is let in.
    Crash,
    /// Nobody is let in; what is in flight stands still.
    Suspension,
    /// Servers stand still.
    Stall,
    /// Work takes so many times as long.
    Slow(f64),
    /// What it holds is gone.
    Flush,
    /// Requests are answered with an error.
    Errors {
        /// By whom.
        of: Answering,
        /// Which share of them.
        share: f64,
    },
    /// Messages are late or lost.
    Network(Disturbance),
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

/// Whose answers may be errors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answering {
    /// A service.
    Service(ServiceId),
    /// A store, by its number among the names of all.
    Store(u32),
}

/// Faults of a model, at most.
pub const FAULTS_MAX: u32 = 10_000;
/// What breaks by itself, at most.
const UNITS_MAX: usize = 1_000_000;

impl Fault {
    /// Whether replicas or members are down while it lasts.
    pub fn takes_down(&self) -> bool {
        matches!(self.kind, FaultKind::Crash | FaultKind::Suspension | FaultKind::Stall)
    }

    /// Whether it happens by chance.
    pub fn is_random(&self) -> bool {
        matches!(self.when, When::Every(_))
    }
}

impl Lowering<'_> {
    pub(super) fn lower_faults(&mut self) {
        let spec = self.spec;
        let root = Path::root().key("faults");
        if spec.faults.len() > FAULTS_MAX as usize {
            let message = format!("{} faults are more than {FAULTS_MAX}", spec.faults.len());
            self.findings.error(&root, message);
            return;
        }
        self.lower_interruptions();
        let interruptions = self.model.faults.len();
        let names = self.names_of_faults();
        // Which of what is written each fault is.
        let mut written = Vec::new();
        for (index, fault) in spec.faults.iter().enumerate() {
            let path = root.index(index).key(fault.kind());
            let known = self.model.faults.len();
            self.lower_fault(&names[index], fault, &path);
            written.extend((self.model.faults.len() > known).then_some(index));
        }
        self.check_overlaps(interruptions, &written);
    }

    /// What each fault is called: by its own name, or by what it does; no two alike.
    fn names_of_faults(&mut self) -> Vec<String> {
        let spec = self.spec;
        let mut names: Vec<String> = Vec::new();
        let mut taken = std::collections::BTreeMap::new();
        for (index, fault) in spec.faults.iter().enumerate() {
            if let Some(name) = fault.times().name {
                let path = Path::root().key("faults").index(index).key(fault.kind()).key("name");
                if name.trim().is_empty() {
                    self.findings.error(&path, "an empty name says nothing");
                }
                if let Some(first) = taken.insert(name.clone(), index) {
                    let message = format!("fault {first} is called `{name}` too");
                    self.findings.error(&path, message).hint("their draws would be the same");
                }
            }
        }
        for fault in &spec.faults {
            let name = fault.times().name.cloned().unwrap_or_else(|| {
                let plain = fault.description();
                let mut name = plain.clone();
                let mut number = 1;
                while taken.contains_key(&name) {
                    number += 1;
                    name = format!("{plain} ({number})");
                }
                taken.insert(name.clone(), 0);
                name
            });
            names.push(name);
        }
        names
    }

    fn lower_fault(&mut self, name: &str, fault: &spec::Fault, path: &Path) {
        let times = fault.times();
        let of_name = format!("faults.{name}");
        let when = self.when(&times, fault.kind(), &of_name, path);
        let lasts = match times.lasts {
            None => Some(None),
            Some(law) => self
                .positive_law(law, "a fault", &path.key("lasts"))
                .map(|law| Some(self.place_of_fault(law, &format!("{of_name}.lasts")))),
        };
        let kind = self.kind_of_fault(fault, &of_name, path);
        let units = self.units_of_fault(fault, times.every.is_some(), path);
        let crews = match fault {
            spec::Fault::Crash { crews, .. } => *crews,
            _ => None,
        };
        self.check_crews(crews, &times, path);
        let (Some(when), Some(lasts), Some(kind), Some(units)) = (when, lasts, kind, units) else {
            return;
        };
        if matches!(when, When::Every(_)) && lasts.is_none() && kind != FaultKind::Flush {
            let message = "what breaks never works again, so that this happens to each once only";
            let hint = "say how long it takes until it does: lasts: exponential(\"1h\")";
            self.findings.warning(path, message).hint(hint);
        }
        let measures = &mut self.model.measures;
        let (broken, times) = (measures.level(), measures.counter());
        let (failed, waited) = (measures.counter(), measures.timing());
        let first = self.model.fault_units.len() as u32;
        let fault = Fault {
            name: name.to_owned(),
            kind,
            when,
            lasts,
            crews,
            units: first..first + units.len() as u32,
            broken,
            times,
            failed,
            waited,
        };
        let index = self.model.faults.len() as u32;
        self.model.fault_units.extend(units.into_iter().map(|(unit, parts)| FaultUnit {
            fault: index,
            parts,
            site: name_hash(&format!("{of_name}.{unit}")),
        }));
        if self.model.fault_units.len() > UNITS_MAX {
            let message = format!("faults of more than {UNITS_MAX} replicas and members");
            self.findings.error(path, message);
        }
        self.report_fault(&of_name, &fault);
        self.model.faults.push(fault);
    }

    fn report_fault(&mut self, of: &str, fault: &Fault) {
        let measures = &mut self.model.measures;
        if fault.is_random() {
            measures.report(of, "times", MeasureKind::Total(fault.times));
        }
        if fault.kind == FaultKind::Flush {
            return;
        }
        if fault.units.len() > 1 {
            measures.report(of, "down_on_average", MeasureKind::Mean(fault.broken));
            measures.report(of, "down_at_most", MeasureKind::Peak(fault.broken));
        } else {
            let name = if fault.takes_down() { "time_down" } else { "time" };
            measures.report(of, name, MeasureKind::TotalTime(fault.broken));
        }
        if fault.crews.is_some() {
            measures.report(of, "wait_for_crew", MeasureKind::MeanTime(fault.waited));
        }
        let delays = |it: &Disturbance| it.lost == 0.0;
        match &fault.kind {
            FaultKind::Slow(_) => {}
            FaultKind::Network(disturbance) if delays(disturbance) => {}
            _ => measures.report(of, "requests_failed", MeasureKind::Total(fault.failed)),
        }
    }

    /// When a fault happens: at one time, or again and again.
    fn when(
        &mut self,
        times: &spec::FaultTimes<'_>,
        kind: &str,
        name: &str,
        path: &Path,
    ) -> Option<When> {
        match (times.at, times.every) {
            (Some(at), None) => {
                let at = self.read(quantity::duration(at), &path.key("at"))?;
                let at = Time::ZERO + Duration::from_nanos(at);
                let horizon = self.model.run.horizon;
                if horizon != Duration::ZERO && at >= Time::ZERO + horizon {
                    let message = format!("the run ends at {horizon}, before this happens");
                    self.findings
                        .warning(&path.key("at"), message)
                        .hint("times of faults count from the start of the run, warm-up included");
                }
                Some(When::At(at))
            }
            (None, Some(every)) => {
                let law =
                    self.positive_law(every, "the time between faults", &path.key("every"))?;
                Some(When::Every(self.place_of_fault(law, &format!("{name}.every"))))
            }
            (Some(_), Some(_)) => {
                let message = "it happens at a time or again and again, not both";
                let hint = "keep `at` for a schedule, or `every` for faults at random";
                self.findings.error(&path.key("every"), message).hint(hint);
                None
            }
            (None, None) => {
                let message = format!("it is not said when this {kind} happens");
                let hint = "write at: \"60s\" for once, or every: exponential(\"720h\") for again and again";
                self.findings.error(path, message).hint(hint);
                None
            }
        }
    }

    /// A law of a fault, by its number among those.
    fn place_of_fault(&mut self, sampler: Sampler, name: &str) -> LawId {
        self.model.fault_laws.push(PlacedLaw { sampler, name: name_hash(name) });
        LawId(self.model.fault_laws.len() as u32 - 1)
    }

    /// A law of times that are not always nothing.
    fn positive_law(&mut self, law: &spec::Law, what: &str, path: &Path) -> Option<Sampler> {
        if let spec::Law::Constant(quantity) = law {
            self.positive_duration(quantity, what, path)?;
        }
        let sampler = self.law(law, Unit::Time, path)?;
        if sampler.mean() < 1.0 {
            let message = format!("{what} has to be longer than nothing");
            self.findings.error(path, message);
            return None;
        }
        Some(sampler)
    }

    fn check_crews(&mut self, crews: Option<u32>, times: &spec::FaultTimes<'_>, path: &Path) {
        let Some(crews) = crews else { return };
        let at = path.key("crews");
        if crews == 0 {
            let message = "without a crew nothing is ever repaired";
            self.findings.error(&at, message).hint("crews: 1, or none for as many as it takes");
        } else if times.lasts.is_none() {
            let message = "it is not said how long a crew takes";
            self.findings.error(&at, message).hint("write lasts: exponential(\"1h\")");
        } else if times.every.is_none() {
            let message = "a fault that happens once waits for no crew";
            self.findings.error(&at, message).hint("crews repair what breaks at random: every: …");
        }
    }

    fn kind_of_fault(&mut self, fault: &spec::Fault, name: &str, path: &Path) -> Option<FaultKind> {
        Some(match fault {
            spec::Fault::Crash { in_flight: InFlight::Lost, .. } => FaultKind::Crash,
            spec::Fault::Crash { .. } => FaultKind::Suspension,
            spec::Fault::Stall { .. } => FaultKind::Stall,
            spec::Fault::Flush { .. } => FaultKind::Flush,
            spec::Fault::Slow { factor, .. } => {
                let at = path.key("factor");
                if !(factor.is_finite() && *factor > 0.0) {
                    let message = format!("work cannot take {factor} times as long");
                    self.findings.error(&at, message).hint("such as 10 for a tenth of the speed");
                    return None;
                }
                if *factor < 1.0 {
                    let message = format!("at {factor} times as long it is faster, not slower");
                    self.findings.warning(&at, message);
                }
                FaultKind::Slow(*factor)
            }
            spec::Fault::Errors { of, share, .. } => {
                let share = self.share_of_fault(share, "fail", &path.key("share"));
                FaultKind::Errors { of: self.answering(of, path)?, share: share? }
            }
            spec::Fault::Latency { .. }
            | spec::Fault::Loss { .. }
            | spec::Fault::Partition { .. } => {
                FaultKind::Network(self.disturbance(fault, name, path)?)
            }
        })
    }

    /// A share above nothing.
    fn share_of_fault(&mut self, share: &spec::Quantity, what: &str, path: &Path) -> Option<f64> {
        let share = self.read(quantity::share(share), path)?;
        if !(share > 0.0 && share <= 1.0) {
            let message = format!("a share of {share} cannot {what}");
            let hint = "shares lie above 0 and up to 1, or \"100%\"";
            self.findings.error(path, message).hint(hint);
            return None;
        }
        Some(share)
    }
}
