//! The plan: operations lowered to one flat array of instructions, the only form that is run.
//!
//! A running operation is a frame with a position in this array. What a user wrote as a call inside one service
//! becomes [`Instruction::Invoke`], between services [`Instruction::Call`]; queries, hops, connections and
//! serialisation are spelled out, so that running the plan needs no rule beyond each instruction's own.

use super::caches::CacheStep;
use super::{DoorStep, FaultStep, GuardStep, LimitStep, QueueStep};
use super::{HoldStep, OutsideStep, SearchStep, StoreStep, Travel, ViewStep};
use crate::random::Sampler;

/// A position in the plan.
pub type Pc = u32;

/// The law of one place in the model, with its own stream of draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LawId(pub u32);

/// An operation as it runs in one service.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OperationId(pub u32);

/// A station, one of [`super::Model::stations`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StationId(pub u32);

/// A population of keys, one of [`super::Model::keys`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeysId(pub u32);

/// A service, one of [`super::Model::services`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ServiceId(pub u32);

/// A station as seen from a frame: the replica's own, one that all share, or the member of a store that was chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resource(u32);

impl Resource {
    const SHARED: u32 = 1 << 31;
    const CHOSEN: u32 = 1 << 30;

    /// A station of which each replica has its own; `first` is replica 0's.
    pub fn per_replica(first: StationId) -> Resource {
        Resource(first.0)
    }

    /// A station that every caller shares.
    pub fn shared(station: StationId) -> Resource {
        Resource(station.0 | Resource::SHARED)
    }

    /// A store of several members, of which one has been chosen for the frame; `first` is member 0.
    pub fn chosen(first: StationId) -> Resource {
        Resource(first.0 | Resource::SHARED | Resource::CHOSEN)
    }

    /// The same for the store's own work (replaying writes, copying keys), which always finds a place to wait.
    pub fn member(first: StationId) -> Resource {
        Resource(first.0 | Resource::CHOSEN)
    }

    /// Whether a member of a store has to be chosen first.
    #[inline]
    pub fn is_chosen(self) -> bool {
        self.0 & Resource::CHOSEN != 0
    }

    /// Whether it is part of a store, which all share, and refuses whom it has no place for.
    #[inline]
    pub fn is_shared(self) -> bool {
        self.0 & Resource::SHARED != 0
    }

    /// The first of its stations.
    #[inline]
    pub fn first(self) -> StationId {
        StationId(self.0 & !(Resource::SHARED | Resource::CHOSEN))
    }

    /// The station that a frame on `replica` means, for which the member `chosen` has been chosen.
    #[inline]
    pub fn at(self, replica: u32, chosen: u32) -> StationId {
        let first = self.first().0;
        StationId(match (self.0 & Resource::SHARED, self.0 & Resource::CHOSEN) {
            (0, 0) => first + replica,
            (_, 0) => first,
            _ => first + chosen,
        })
    }
}

/// Why a request spends time without being served.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delay {
    /// A message travels.
    Network,
    /// The operation waits on purpose.
    Wait,
}

/// One instruction. A frame runs its instructions in order, at no cost, until one of them takes time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Instruction {
    /// A client's request begins: choose the operation, set the client's clock.
    Arrive,
    /// The answer has reached the client.
    Deliver,
    /// Enter a service: choose a replica, take a thread if threads are held, or be refused.
    Enter(ServiceId),
    /// Be served at a station for a drawn time.
    Serve {
        /// Where.
        station: Resource,
        /// For how long.
        law: LawId,
    },
    /// Let a drawn time pass.
    Pause {
        /// How long.
        law: LawId,
        /// What the time is accounted as.
        delay: Delay,
    },
    /// Find out which key the next query is about.
    Pick {
        /// Of which population.
        keys: KeysId,
        /// For another key than the request's own: the place that draws it.
        another: Option<u32>,
    },
    /// Look into a cache, or change what it holds.
    Cache(CacheStep),
    /// Take a connection, or wait for one. A frame holds at most one.
    Connect(Resource),
    /// Give the connection back.
    Disconnect,
    /// Call an operation of another service and wait for its answer.
    Call {
        /// Its [`Instruction::Enter`].
        entry: Pc,
        /// Which operation that is.
        operation: OperationId,
        /// The call site: an index into [`super::Model::sites`].
        site: u32,
        /// Network latency of the request; the law after it is the reply's. Absent: none.
        hop: Option<LawId>,
    },
    /// Call an operation of the same service.
    Invoke {
        /// Its first instruction.
        entry: Pc,
        /// Which operation that is.
        operation: OperationId,
        /// The call site.
        site: u32,
    },
    /// Go somewhere where distance counts.
    Travel(Travel),
    /// Something that a fault can act on.
    Fault(FaultStep),
    /// Start branches and wait until `need` of them have ended; of 0, go on at once and leave them to themselves.
    Fork {
        /// First of them in [`super::Model::branches`].
        first: u32,
        /// How many.
        count: u32,
        /// How many have to end well.
        need: u32,
    },
    /// Start the same branch once for each of some members of a store, and wait until `need` of them have ended.
    Scatter {
        /// What each runs: the instruction after next. The next one leads past it.
        count: u32,
        /// How many have to end well.
        need: u32,
    },
    /// What a query does at a store of several members.
    Store(StoreStep),
    /// A branch ends.
    Join,
    /// The frame was given up meanwhile: it ends without a word.
    Bury,
    /// Send to a queue, or work on what it holds.
    Queue(QueueStep),
    /// Ask a limit on requests.
    Limit(LimitStep),
    /// Come to a door where requests are impatient or shed.
    Door(DoorStep),
    /// Go to one of several places, drawn by weight.
    Choose {
        /// First of them in [`super::Model::ways`].
        first: u32,
        /// How many.
        count: u32,
        /// Its stream of draws.
        site: u32,
    },
    /// Go elsewhere.
    Jump(Pc),
    /// Run what follows as often as a law draws, up to the matching [`Instruction::Again`], then go on at `after`.
    Repeat {
        /// How often.
        law: LawId,
        /// Where to go on.
        after: Pc,
    },
    /// The body of a repeat ends.
    Again {
        /// Where the body begins.
        body: Pc,
        /// The loop: an index into [`super::Model::sites`].
        site: u32,
    },
    /// Take or give back a lock, a connection of a pooler, a place in a quota.
    Hold(HoldStep),
    /// Read, change or refresh a materialised view.
    View(ViewStep),
    /// Ask an external system or an object storage.
    Outside(OutsideStep),
    /// Choose shards of a search engine, and see what they know.
    Search(SearchStep),
    /// Call something through a guard, or make an attempt of such a call.
    Guard(GuardStep),
    /// Be counted by the load balancer in front of a service.
    Balanced {
        /// The service.
        service: ServiceId,
        /// What is asked.
        asked: OperationId,
    },
    /// Take an environment of a function, or wait until one has started.
    Function(ServiceId),
    /// Fail, if the version of the replica does that to some requests.
    Version(ServiceId),
    /// The operation ends well.
    Return,
}

/// Where every plan has its [`Instruction::Arrive`].
pub const ARRIVE: Pc = 0;
/// Where every plan has its [`Instruction::Deliver`].
pub const DELIVER: Pc = 1;
/// Where every plan has its [`Instruction::Bury`].
pub const BURY: Pc = 2;

/// A sampler and the place in the model that draws from it.
#[derive(Clone, PartialEq, Debug)]
pub struct PlacedLaw {
    /// Draws nanoseconds, or a count.
    pub sampler: Sampler,
    /// Hash of the place's name: it selects the stream of draws.
    pub name: u64,
}

/// One way of a choice: where it leads, and the cumulated share of draws that lead there or to one before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Way {
    /// Upper end of its share, as a fraction of `2^64`.
    pub until: u64,
    /// Where it leads.
    pub to: Pc,
}
