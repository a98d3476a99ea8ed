//! What was meant: a checked, indexed, immutable model, ready to run.

mod autoscaler;
mod availability;
mod balancing;
mod caches;
mod changes;
mod check;
mod clients;
mod compile;
mod components;
pub mod data;
mod deployments;
mod doors;
mod external;
mod faults;
mod front;
mod functions;
mod guards;
mod holds;
mod keys;
mod laws;
mod limits;
mod load;
mod locks;
mod measures;
mod object_storage;
mod objectives;
mod placement;
mod plan;
mod poolers;
mod prices;
pub mod quantity;
mod queues;
mod regions;
mod scaling;
mod search;
mod sharding;
mod slos;
mod stores;
pub mod traffic;
mod views;
mod warnings;

pub use autoscaler::{AutoscalerRules, FleetMetric, PaceRule, PolicyRule, StepRule};
pub use availability::{System, SystemFigure, Up};
pub use balancing::{EjectionRule, HealthRule, WatchRules};
pub use caches::{
    Access, AccessId, Cache, CacheLayer, CacheMeasures, CacheSize, CacheStep, CacheWrite, Commit,
    CommitId, Items, LedgerId, UNKEYED_BYTES, WriteId,
};
pub use changes::{Change, instants, spec_at};
pub use check::Checked;
pub use data::Files;
pub use deployments::{RollBackRule, RolloutKind, RolloutRules};
pub use doors::{CriticalityBounds, Door, DoorId, DoorMeasures, DoorStep, Shedding};
pub use external::{External, OutsideStep, Quota, QuotaRule};
pub use faults::{
    Answering, Broken, Disturbance, End, FAULTS_MAX, Fault, FaultKind, FaultStep, FaultUnit, When,
};
pub use functions::Function;
pub use guards::{
    BreakerRules, Guard, GuardMeasures, GuardStep, GuardedCall, HedgeRule, RetryRule,
};
pub use holds::{HoldStep, Holds};
pub use keys::{Population, Ranking};
pub use limits::{Aimd, Gradient, Limit, LimitId, LimitPlace, LimitStep};
pub use load::{Caused, Ceiling, CeilingOf, Load, Offered, PaidByRequest};
pub use locks::{LockSite, LockTable};
pub use measures::{CounterId, LevelId, Measure, MeasureKind, Measures, TimingId};
pub use object_storage::{ObjectStorage, Tier};
pub use objectives::{Goal, Objective, REPLICATIONS_MAX, RunPlan};
pub use plan::{
    ARRIVE, BURY, DELIVER, Delay, Instruction, KeysId, LawId, OperationId, Pc, PlacedLaw, Resource,
    ServiceId, StationId, Way,
};
pub use regions::{
    Distance, Front, Handshake, Places, Region, RegionMeasures, Route, Transfer, Transfers, Travel,
};

pub use poolers::Pooler;
pub use prices::{Amount, Balanced, Charge, ChargeKind, Seen, Tariff};
pub use quantity::MONTH;
pub use queues::{Queue, QueueId, QueueStep, Subscription, Terms, Told};
pub use scaling::{Fleet, FleetMeasures};
pub use search::{Search, SearchStep};
pub use sharding::{DirectoryEntry, RING_POINTS_MAX, Scheme, Sharding};
pub use slos::{BurnAlert, LOOKS_MAX, Slo, SloFigure};
pub use stores::{
    AskFor, COPIES_MAX, Cluster, Copies, Failover, Freshness, Member, ReadPolicy, Replicated,
    Resharding, Sharded, Shipping, Store, StoreStep, Subject,
};
pub use views::{View, ViewStep};

use crate::spec::{Balancer, Criticality, Discipline};
use crate::time::Duration;
use traffic::Traffic;

/// More servers than will ever be needed.
pub const UNLIMITED: u32 = u32::MAX;

/// Repetitions of a `repeat`, at most; a law that draws more is cut there.
pub const REPEATS_MAX: u32 = 1_000_000;

/// What a model file means. Things are sorted by name, so that the order in the file changes no result.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Model {
    /// The question that the model answers.
    pub question: Option<String>,
    /// Every operation of every service.
    pub plan: Vec<Instruction>,
    /// Laws by [`LawId`].
    pub laws: Vec<PlacedLaw>,
    /// Hashes of the names of places that are not laws: call sites, loops, choices.
    pub sites: Vec<u64>,
    /// Where the branches of forks begin.
    pub branches: Vec<Pc>,
    /// The ways of choices.
    pub ways: Vec<Way>,
    /// Populations of keys by [`KeysId`].
    pub keys: Vec<Population>,
    /// Operations by [`OperationId`].
    pub operations: Vec<Operation>,
    /// Services by [`ServiceId`].
    pub services: Vec<Service>,
    /// Stores.
    pub stores: Vec<Store>,
    /// Queues by [`QueueId`].
    pub queues: Vec<Queue>,
    /// The consumers of queues, those of one queue side by side.
    pub subscriptions: Vec<Subscription>,
    /// Limits on requests by [`LimitId`].
    pub limits: Vec<LimitPlace>,
    /// Doors where requests are impatient or shed, by [`DoorId`].
    pub doors: Vec<Door>,
    /// Stations in groups: the replicas of one service have equal stations side by side.
    pub stations: Vec<StationGroup>,
    /// Guards on calls.
    pub guards: Vec<Guard>,
    /// Places in the plan whose calls go through a guard.
    pub guarded_calls: Vec<GuardedCall>,
    /// What requests can hold of stores.
    pub holds: Holds,
    /// Materialised views.
    pub views: Vec<View>,
    /// External systems.
    pub externals: Vec<External>,
    /// Object storage.
    pub objects: Vec<ObjectStorage>,
    /// Search engines.
    pub searches: Vec<Search>,
    /// Clients.
    pub clients: Vec<Client>,
    /// What clients ask for: one for each client and operation of its mix.
    pub journeys: Vec<Journey>,
    /// Where things can run, and how far it is.
    pub places: Places,
    /// How clients open connections, if that takes time.
    pub handshake: Option<Handshake>,
    /// Traffic between regions and to clients.
    pub transfers: Transfers,
    /// What the clients of each region feel; empty where there are not several regions.
    pub region_measures: Vec<Option<RegionMeasures>>,
    /// Replicas whose number or version changes.
    pub fleets: Vec<Fleet>,
    /// What breaks: what is written comes last, so that a fault that is added moves none of the others.
    pub faults: Vec<Fault>,
    /// Laws of faults, numbered apart from those of the rest.
    pub fault_laws: Vec<PlacedLaw>,
    /// What breaks by itself, by the number of the fault.
    pub fault_units: Vec<FaultUnit>,
    /// Systems whose availability is told.
    pub systems: Vec<System>,
    /// Caches, by name.
    pub caches: Vec<Cache>,
    /// Places in the plan that look into caches, by [`AccessId`].
    pub accesses: Vec<Access>,
    /// Places in the plan that change what caches hold, by [`WriteId`].
    pub cache_writes: Vec<CacheWrite>,
    /// Places in the plan at which stores have writes, by [`CommitId`].
    pub commits: Vec<Commit>,
    /// How many ledgers of versions there are.
    pub ledgers: u32,
    /// What blocks measure of themselves.
    pub measures: Measures,
    /// What is paid for; empty without prices.
    pub charges: Vec<Charge>,
    /// What a design has to achieve.
    pub objectives: Vec<Objective>,
    /// Service level objectives, by name.
    pub slos: Vec<Slo>,
    /// How long and how often to simulate, unless told otherwise.
    pub run: RunPlan,
    /// What it is later in a run, in order of time.
    pub changes: Vec<Change>,
}

/// An operation as it runs in one service.
#[derive(Clone, PartialEq, Debug)]
pub struct Operation {
    /// `component.operation`.
    pub name: String,
    /// Where it runs.
    pub service: ServiceId,
}

/// A service.
#[derive(Clone, PartialEq, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// How many replicas; where their number changes, the most that there can be.
    pub replicas: u32,
    /// The first of its fleets, one for each of its fronts, where the number or the version of its replicas changes.
    pub fleet: Option<u32>,
    /// Whether its versions differ in how long their work takes.
    pub work_varies: bool,
    /// Whether one of its versions fails requests.
    pub has_errors: bool,
    /// Replicas that are paid for; `None`: always the same number.
    pub billed: Option<LevelId>,
    /// The fault by which spare capacity is taken back.
    pub spot: Option<u32>,
    /// What makes it a function.
    pub function: Option<Function>,
    /// What its load balancers count that are paid by what passes them.
    pub balanced: Option<Balanced>,
    /// Cores of replica 0; those of replica `r` are `r` stations further.
    pub cores: StationId,
    /// Threads of replica 0 where requests hold theirs while they wait.
    pub threads: Option<StationId>,
    /// Its replicas by region; where there is only one place, one front of all.
    pub fronts: Vec<Front>,
    /// How many fronts the services before it have: the balancers in front of them are numbered so.
    pub first_front: u32,
    /// To which front a request goes.
    pub route: Route,
    /// How much longer work becomes for each request that is at the cores already.
    pub contention: Duration,
    /// The place of each replica; empty where there is only one.
    pub replica_places: Vec<u16>,
    /// How a replica is chosen, in each front.
    pub balancer: Balancer,
    /// What the balancer watches.
    pub watch: Option<WatchRules>,
    /// Whether calls stay in the zone that they come from.
    pub zone_affinity: bool,
    /// How many connections are balanced; `None`: requests are.
    pub connections: Option<u32>,
    /// The keys that decide, if keys do.
    pub sticky: Option<KeysId>,
    /// How many requests may wait at the door of a replica.
    pub queue: u32,
    /// The limit at its door.
    pub limit: Option<LimitId>,
    /// What else happens there.
    pub door: Option<DoorId>,
    /// Hash of the name: the balancer's stream of draws.
    pub site: u64,
}

/// Equal stations side by side.
#[derive(Clone, PartialEq, Debug)]
pub struct StationGroup {
    /// Name as reported: `api` (its cores), `api.threads`, `orders`, `api.pools.orders`.
    pub name: String,
    /// What it is.
    pub kind: StationKind,
    /// The first of them.
    pub first: StationId,
    /// How many.
    pub count: u32,
    /// Servers of each.
    pub servers: u32,
    /// In which order it serves.
    pub discipline: Discipline,
    /// How many may wait at each; one more is refused.
    pub queue: u32,
    /// What happens there to those who wait, if they do not simply wait.
    pub door: Option<DoorId>,
    /// Hash of the name: its stream of draws.
    pub site: u64,
}

/// What a station is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StationKind {
    /// The cores of a replica.
    Cores,
    /// The threads of a replica.
    Threads,
    /// The connections of a replica to a store.
    Connections,
    /// The servers of a store.
    Store,
    /// The cores of the load balancer in front of a service.
    Front,
    /// The workers of a queue's consumer.
    Workers,
    /// The servers of a shared cache.
    Cache,
}

impl StationKind {
    /// The section of the model in which what it belongs to is written.
    pub fn section(self) -> &'static str {
        match self {
            StationKind::Store => "stores",
            StationKind::Cache => "caches",
            StationKind::Workers => "queues",
            StationKind::Cores
            | StationKind::Threads
            | StationKind::Connections
            | StationKind::Front => "services",
        }
    }
}

/// A population of clients.
#[derive(Clone, PartialEq, Debug)]
pub struct Client {
    /// Its name.
    pub name: String,
    /// Hash of the name: the start of its requests' identities.
    pub site: u64,
    /// When requests are sent.
    pub source: Source,
    /// Its first journey; the others follow.
    pub first_journey: u32,
    /// The mix: for each journey the cumulated share, as a fraction of `2^64`.
    pub mix: Vec<u64>,
    /// The lane of its requests where priorities count: 0 is served first.
    pub lane: u8,
    /// How long it waits for an answer.
    pub timeout: Option<Duration>,
    /// Latency of its requests; the law after it is the replies'.
    pub hop: Option<LawId>,
    /// The share of them in each region; empty where there is only one place.
    pub regions: Vec<f64>,
    /// The limit that a gateway keeps on its requests.
    pub limit: Option<LimitId>,
}

/// When clients send requests.
#[derive(Clone, PartialEq, Debug)]
pub enum Source {
    /// Whatever happens to the requests before.
    Open(Traffic),
    /// So many users, each waiting for an answer and thinking before the next request.
    Closed {
        /// How many.
        users: u32,
        /// Time between an answer and the next request.
        think: Option<LawId>,
    },
}

/// An operation that a client asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct Journey {
    /// Which client (an index).
    pub client: u32,
    /// Where its instructions begin.
    pub entry: Pc,
    /// The operation.
    pub operation: OperationId,
    /// How much its answer matters.
    pub criticality: Criticality,
}

impl Model {
    /// How many stations there are, replicas counted.
    pub fn station_count(&self) -> usize {
        self.stations.iter().map(|g| g.count as usize).sum()
    }

    /// Whether some clients wait for their answers before they ask again, so that what comes depends on how it goes.
    pub fn has_closed_clients(&self) -> bool {
        self.clients.iter().any(|client| matches!(client.source, Source::Closed { .. }))
    }

    /// The ways of a choice, and where they meet again.
    #[inline]
    pub fn ways_of(&self, first: u32, count: u32) -> (&[Way], Pc) {
        let last = (first + count) as usize;
        (&self.ways[first as usize..last], self.ways[last].to)
    }

    /// The group that a station belongs to.
    pub fn station_group(&self, station: StationId) -> &StationGroup {
        let after = self.stations.partition_point(|group| group.first <= station);
        &self.stations[after - 1]
    }
}

/// All of a draw: 2^64.
const WHOLE: f64 = 18_446_744_073_709_551_616.0;

/// Weights as cumulated shares of `2^64`; the last is all of it.
pub fn shares(weights: &[f64]) -> Vec<u64> {
    let total: f64 = weights.iter().sum();
    let mut sum = 0.0;
    let mut shares: Vec<u64> = weights
        .iter()
        .map(|weight| {
            sum += weight;
            (sum / total * WHOLE) as u64
        })
        .collect();
    if let Some(last) = shares.last_mut() {
        *last = u64::MAX;
    }
    shares
}
