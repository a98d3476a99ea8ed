//! Doors of services and stores where requests are impatient, or are shed when there are too many.

use super::check::Lowering;
use super::laws::Unit;
use super::{
    CounterId, Instruction, LawId, LevelId, LimitStep, MeasureKind, Model, ServiceId, StationId,
    Travel, UNLIMITED, quantity,
};
use crate::random::name_hash;
use crate::spec::{
    self, Coverage, Criticalities, Criticality, CriticalityBound, Discipline, Mix, Path, Quantity,
};
use crate::time::Duration;

/// What happens at some doors, one of [`super::Model::doors`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DoorId(pub u32);

/// What the plan does at doors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DoorStep {
    /// Choose a replica of a service and come to its door.
    Choose(ServiceId),
    /// Come to the door of the replica that has been chosen.
    Enter(ServiceId),
    /// Come to the door of a store.
    Query(StationId),
}

/// What happens at the doors of the replicas of a service, or at that of a store.
#[derive(Clone, PartialEq, Debug)]
pub struct Door {
    /// Hash of its name.
    pub site: u64,
    /// How long requests wait.
    pub patience: Option<LawId>,
    /// Whether patience covers service too.
    pub covers_service: bool,
    /// Which requests are refused.
    pub shedding: Option<Shedding>,
    /// What it counts.
    pub told: DoorMeasures,
}

/// Which requests are refused when there are too many.
#[derive(Clone, PartialEq, Debug)]
pub enum Shedding {
    /// Those whose turn comes, ever more often while waits are above the target for an interval.
    Codel {
        /// The wait that is still good.
        target: Duration,
        /// For how long waits have to be above it.
        interval: Duration,
    },
    /// Those who have waited for longer than a timeout that is shorter in an overload, when the newest are first.
    AdaptiveLifo {
        /// How long the line is not empty before it is an overload, and the timeout of those who came before.
        interval: Duration,
        /// The timeout of those who come in an overload.
        timeout: Duration,
    },
    /// Those who matter least.
    Criticality(CriticalityBounds),
}

/// From where on each criticality is refused, the most critical first.
#[derive(Clone, PartialEq, Debug)]
pub struct CriticalityBounds {
    /// From how many that wait on.
    pub queue: [u32; 4],
    /// From which utilisation on; above 1: never.
    pub utilisation: [f64; 4],
    /// The time constant of utilisation.
    pub window: Duration,
}

/// What is counted at doors.
#[derive(Clone, PartialEq, Debug)]
pub struct DoorMeasures {
    /// Requests that were served, at once or after a wait.
    pub passed: CounterId,
    /// Requests whose patience ended before.
    pub abandoned: CounterId,
    /// Requests whose patience ended in service.
    pub given_up: CounterId,
    /// Requests refused by what sheds.
    pub shed: CounterId,
    /// The same by criticality, and those that were served, where that decides.
    pub by_criticality: Option<[(CounterId, CounterId); 4]>,
    /// How many of the doors are in an overload: CoDel is dropping, the newest are first.
    pub active: Option<LevelId>,
}

/// Names under which shares by criticality are reported.
const SHED: [&str; 4] =
    ["shed_critical_plus", "shed_critical", "shed_sheddable_plus", "shed_sheddable"];

/// CoDel's target and interval, in nanoseconds: 5 ms and 100 ms, as RFC 8289 has them, and Maurer for adaptive LIFO.
const TARGET: f64 = 5e6;
const INTERVAL: f64 = 1e8;
/// The time constant of utilisation, in nanoseconds: 1 s.
const WINDOW: f64 = 1e9;

/// What is written about a door, and at what: its servers, and in which order they serve.
pub(super) struct Written<'s> {
    pub(super) name: String,
    pub(super) patience: Option<&'s spec::Law>,
    pub(super) covers: Coverage,
    pub(super) shed: Option<&'s spec::Shedding>,
    pub(super) queue: u32,
    pub(super) servers: u32,
    pub(super) discipline: Discipline,
}

impl Model {
    /// Whether requests are refused as they come to a station, for what they are.
    pub(super) fn sheds_at_once(&self, station: StationId) -> bool {
        let door = self.station_group(station).door.map(|door| &self.doors[door.0 as usize]);
        door.is_some_and(|door| matches!(door.shedding, Some(Shedding::Criticality(_))))
    }
}

impl Lowering<'_> {
    /// The door of a service: a limit if there is one, then the balancer and the threads.
    pub(super) fn compile_door(&mut self, service: ServiceId) {
        let door = self.model.services[service.0 as usize].door;
        let enter = match self.model.places.is_one() {
            _ if door.is_some() => Instruction::Door(DoorStep::Choose(service)),
            true => Instruction::Enter(service),
            false => Instruction::Travel(Travel::Enter(service)),
        };
        let limit = self.model.services[service.0 as usize].limit;
        match limit.map(|limit| (limit, self.model.limits[limit.0 as usize].count)) {
            None => {
                self.emit(enter);
            }
            Some((limit, 1)) => {
                self.emit(Instruction::Limit(LimitStep::Service(limit)));
                self.emit(enter);
            }
            Some((limit, _)) => {
                self.emit(Instruction::Limit(LimitStep::Replica(limit, service)));
                self.emit(match door {
                    Some(_) => Instruction::Door(DoorStep::Enter(service)),
                    None => Instruction::Limit(LimitStep::Enter(service)),
                });
            }
        }
        self.compile_function(service);
        if self.model.services[service.0 as usize].has_errors {
            self.emit(Instruction::Version(service));
        }
    }

    /// The door of a service, whose line is that of its threads where requests hold them.
    pub(super) fn service_door(
        &mut self,
        name: &str,
        service: &spec::Service,
        (servers, discipline): (u32, Discipline),
        path: &Path,
    ) -> Option<DoorId> {
        let written = Written {
            name: format!("services.{name}"),
            patience: service.patience.as_ref(),
            covers: service.patience_covers,
            shed: service.shed.as_ref(),
            queue: service.queue.unwrap_or(UNLIMITED),
            servers,
            discipline,
        };
        self.door(&written, path)
    }

    /// The door of a database.
    pub(super) fn database_door(
        &mut self,
        name: &str,
        database: &spec::Database,
        path: &Path,
    ) -> Option<DoorId> {
        let written = Written {
            name: format!("stores.{name}"),
            patience: database.patience.as_ref(),
            covers: database.patience_covers,
            shed: database.shed.as_ref(),
            queue: database.queue.unwrap_or(UNLIMITED),
            servers: if database.servers == 0 { UNLIMITED } else { database.servers },
            discipline: database.discipline,
        };
        let is_plain = database.shards.is_none()
            && database.replication.is_none()
            && database.quorum.is_none()
            && database.primaries.is_none();
        if !is_plain && let Some(field) = written.field() {
            let message =
                "queries leave the line of a database in one place only, not of shards and copies";
            let hint = "write it at the services that ask, or a `timeout` in a guard on the store";
            self.findings.error(&path.key(field), message).hint(hint);
            return None;
        }
        self.door(&written, path)
    }

    fn door(&mut self, written: &Written<'_>, path: &Path) -> Option<DoorId> {
        if written.covers == Coverage::Service && written.patience.is_none() {
            let at = path.key("patience_covers");
            self.findings
                .error(&at, "there is no patience that could cover service")
                .hint("add one, such as patience: \"500ms\"");
        }
        let field = written.field()?;
        if !self.is_line_sound(written, &path.key(field)) {
            return None;
        }
        let patience = match written.patience {
            None => None,
            Some(law) => {
                let at = path.key("patience");
                let sampler = self.law(law, Unit::Time, &at)?;
                if sampler.mean() <= 0.0 {
                    self.findings
                        .error(&at, "who has no patience at all never waits")
                        .hint("write queue: 0 in its place, or a time such as \"500ms\"");
                }
                Some(self.place(sampler, &format!("{}.patience", written.name)))
            }
        };
        let shedding = match written.shed {
            Some(shed) => Some(self.shedding(shed, written, &path.key("shed"))?),
            None => None,
        };
        let told = self.door_measures(written, patience.is_some(), shedding.as_ref());
        self.model.doors.push(Door {
            site: name_hash(&format!("{}.door", written.name)),
            patience,
            covers_service: written.covers == Coverage::Service,
            shedding,
            told,
        });
        Some(DoorId(self.model.doors.len() as u32 - 1))
    }

    /// Whether there is a line that one can leave.
    fn is_line_sound(&mut self, written: &Written<'_>, at: &Path) -> bool {
        let problem = match written.discipline {
            _ if written.servers == UNLIMITED => Some((
                "nobody ever waits here: there is no limit to how many are served at once",
                "give it `cores` (a service), `threads` or `servers` (a database)",
            )),
            Discipline::ProcessorSharing => Some((
                "nobody waits at a door where all share the servers",
                "write another discipline, or, for a service, `threads` that requests hold",
            )),
            Discipline::PreemptivePriority => Some((
                "who is interrupted waits again, and not at the door",
                "write discipline: priority, or, for a service, `threads` that requests hold",
            )),
            _ => None,
        };
        if let Some((message, hint)) = problem {
            self.findings.error(at, message).hint(hint);
        }
        problem.is_none()
    }

    fn shedding(
        &mut self,
        shed: &spec::Shedding,
        written: &Written<'_>,
        path: &Path,
    ) -> Option<Shedding> {
        let is_fifo = written.discipline == Discipline::Fifo;
        match shed {
            spec::Shedding::Codel { target, interval } => {
                let at = path.key("codel");
                if !is_fifo {
                    let message = "CoDel judges by the wait of who came first";
                    self.findings.error(&at, message).hint("leave `discipline` at fifo");
                }
                let target = self.short(target.as_ref(), TARGET, "a target", &at.key("target"))?;
                let interval =
                    self.short(interval.as_ref(), INTERVAL, "an interval", &at.key("interval"))?;
                if target >= interval {
                    let message =
                        "waits cannot be above the target for an interval that is no longer";
                    let hint = "write a target of 5 to 10 % of the interval (RFC 8289)";
                    self.findings.error(&at.key("target"), message).hint(hint);
                }
                Some(Shedding::Codel { target, interval })
            }
            spec::Shedding::AdaptiveLifo { interval, timeout } => {
                let at = path.key("adaptive_lifo");
                if !is_fifo {
                    let message = "adaptive LIFO is an order of its own: first in, first out until there is an overload";
                    self.findings.error(&at, message).hint("leave `discipline` at fifo");
                }
                let interval =
                    self.short(interval.as_ref(), INTERVAL, "an interval", &at.key("interval"))?;
                let timeout =
                    self.short(timeout.as_ref(), TARGET, "a timeout", &at.key("timeout"))?;
                if timeout > interval {
                    let message =
                        "who comes in an overload may wait for longer than who comes before it";
                    let hint = "write a timeout that is shorter than the interval";
                    self.findings.error(&at.key("timeout"), message).hint(hint);
                }
                Some(Shedding::AdaptiveLifo { interval, timeout })
            }
            spec::Shedding::Criticality { queue, utilisation, window } => {
                let at = path.key("criticality");
                self.criticality(queue, utilisation, window.as_ref(), written, &at)
            }
        }
    }

    fn short(
        &mut self,
        written: Option<&Quantity>,
        default: f64,
        what: &str,
        path: &Path,
    ) -> Option<Duration> {
        let nanos = match written {
            Some(quantity) => self.positive_duration(quantity, what, path)?,
            None => default,
        };
        Some(Duration::from_nanos(nanos))
    }

    fn criticality(
        &mut self,
        queue: &CriticalityBound,
        utilisation: &CriticalityBound,
        window: Option<&Quantity>,
        written: &Written<'_>,
        path: &Path,
    ) -> Option<Shedding> {
        if queue.is_empty() && utilisation.is_empty() {
            self.findings
                .error(path, "it says of no criticality when it is refused")
                .hint("write queue: (sheddable: 20) or utilisation: (sheddable: \"80%\")");
            return None;
        }
        if let (Some(_), true) = (window, utilisation.is_empty()) {
            let message = "nothing is decided by utilisation, which this is the window of";
            self.findings.error(&path.key("window"), message).hint("leave `window` out");
        }
        let window = self.short(window, WINDOW, "a window", &path.key("window"))?;
        let queue = self.waiting_bounds(queue, written.queue, &path.key("queue"));
        let utilisation = self.utilisation_bounds(utilisation, &path.key("utilisation"));
        Some(Shedding::Criticality(CriticalityBounds { queue, utilisation, window }))
    }

    /// From how many that wait on; `limit` is how many can.
    fn waiting_bounds(&mut self, written: &CriticalityBound, limit: u32, path: &Path) -> [u32; 4] {
        let mut bounds = [UNLIMITED; 4];
        for (index, criticality) in Criticality::ALL.into_iter().enumerate() {
            let Some(bound) = written.all()[index] else { continue };
            let at = path.key(criticality.name());
            let Some(bound) = self.read(quantity::count(bound).map(|n| n as f64), &at) else {
                continue;
            };
            bounds[index] = bound.min(f64::from(UNLIMITED - 1)) as u32;
            if bounds[index] >= limit {
                let message =
                    format!("this is never reached: `queue` lets no more than {limit} wait");
                self.findings.warning(&at, message);
            }
        }
        self.check_order(&bounds.map(f64::from), written, path);
        bounds
    }

    /// From which utilisation on; above 1 where there is no bound.
    fn utilisation_bounds(&mut self, written: &CriticalityBound, path: &Path) -> [f64; 4] {
        let mut bounds = [f64::INFINITY; 4];
        for (index, criticality) in Criticality::ALL.into_iter().enumerate() {
            let Some(share) = written.all()[index] else { continue };
            let at = path.key(criticality.name());
            let Some(share) = self.read(quantity::share(share), &at) else { continue };
            bounds[index] = share;
            if share <= 0.0 {
                let message = "from a utilisation of 0 on it is always refused";
                self.findings.error(&at, message).hint("write a share such as \"80%\"");
            }
        }
        self.check_order(&bounds, written, path);
        bounds
    }

    /// The more critical is refused later.
    fn check_order(&mut self, bounds: &[f64; 4], written: &CriticalityBound, path: &Path) {
        for (index, criticality) in Criticality::ALL.into_iter().enumerate() {
            let worse = (index + 1..4).find(|&other| bounds[other] > bounds[index]);
            if let (Some(_), Some(worse)) = (written.all()[index], worse) {
                let (mine, other) = (criticality.name(), Criticality::ALL[worse].name());
                let message = match written.all()[worse] {
                    Some(_) => format!("`{mine}` is refused before `{other}`, which matters less"),
                    None => {
                        format!("`{mine}` is refused and `{other}`, which matters less, never is")
                    }
                };
                let hint = "write a smaller bound for what matters less, or one at all";
                self.findings.error(&path.key(mine), message).hint(hint);
            }
        }
    }

    fn door_measures(
        &mut self,
        written: &Written<'_>,
        is_impatient: bool,
        shedding: Option<&Shedding>,
    ) -> DoorMeasures {
        let carried = self.criticalities_carried();
        let measures = &mut self.model.measures;
        let [passed, abandoned, given_up, shed] = std::array::from_fn(|_| measures.counter());
        let share = |part| MeasureKind::Share { part, whole: vec![passed, abandoned, shed] };
        if is_impatient {
            let of = format!("{}.patience", written.name);
            measures.report(&of, "abandoned", share(abandoned));
            if written.covers == Coverage::Service {
                measures.report(&of, "given_up", share(given_up));
            }
        }
        let of = format!("{}.shed", written.name);
        let (mut by_criticality, mut active) = (None, None);
        if shedding.is_some() {
            measures.report(&of, "shed", share(shed));
        }
        match shedding {
            Some(Shedding::Criticality(_)) => {
                let counters: [(CounterId, CounterId); 4] =
                    std::array::from_fn(|_| (measures.counter(), measures.counter()));
                for (index, (shed, passed)) in counters.into_iter().enumerate() {
                    if carried[index] {
                        let kind = MeasureKind::Share { part: shed, whole: vec![shed, passed] };
                        measures.report(&of, SHED[index], kind);
                    }
                }
                by_criticality = Some(counters);
            }
            Some(Shedding::Codel { .. } | Shedding::AdaptiveLifo { .. }) => {
                let level = measures.level();
                measures.report(&of, "active", MeasureKind::Mean(level));
                measures.watch(level);
                active = Some(level);
            }
            None => {}
        }
        DoorMeasures { passed, abandoned, given_up, shed, by_criticality, active }
    }

    /// Which criticalities requests can carry.
    fn criticalities_carried(&self) -> [bool; 4] {
        let mut carried = [false; 4];
        for client in self.spec.clients.values() {
            let mut of = |operation: &str| {
                carried[client.criticality.of(operation) as usize] = true;
            };
            match &client.mix {
                Mix::Only(operation) => of(operation),
                Mix::Weighted(operations) => operations.keys().for_each(|operation| of(operation)),
            }
        }
        carried
    }

    /// Clients whose requests say how much they matter where nobody asks.
    pub(super) fn warn_of_idle_criticality(&mut self) {
        let asks = |door: &Door| matches!(door.shedding, Some(Shedding::Criticality(_)));
        if self.model.doors.iter().any(asks) {
            return;
        }
        let spec = self.spec;
        for (name, client) in &spec.clients {
            if !client.criticality.is_default() {
                let path = Path::root().key("clients").key(name).key("criticality");
                let message = "no service and no database sheds by criticality";
                let hint = "write shed: criticality(queue: (sheddable: 20)) where it is to matter";
                self.findings.warning(&path, message).hint(hint);
            }
        }
    }

    /// What clients say about the criticality of operations is about operations that they ask for.
    pub(super) fn check_criticality(&mut self, client: &spec::Client, path: &Path) {
        let at = path.key("criticality");
        let Criticalities::ByOperation(named) = &client.criticality else { return };
        for operation in named.keys() {
            let asks = match &client.mix {
                Mix::Only(only) => only == operation,
                Mix::Weighted(operations) => operations.contains_key(operation),
            };
            if !asks {
                let message = format!("these clients do not ask for `{operation}`");
                let error = self.findings.error(&at.key(operation), message);
                error.on_key = true;
                error.hint("name operations of their `mix`");
            }
        }
    }
}

impl Written<'_> {
    /// The field that makes it a door.
    fn field(&self) -> Option<&'static str> {
        self.patience.map(|_| "patience").or(self.shed.map(|_| "shed"))
    }
}
