//! What was written: a model file as types, without behaviour.
//!
//! The text, in RON or in JSON of the same shape, becomes one generic tree; edits by [`Path`] change the
//! tree; the types are read from it, with all [`Diagnostics`] at once. Every quantity stays as the text (or
//! number) that was written; giving it a meaning, and saying what is wrong with it, is the work of
//! [`crate::model`].
//!
//! ```
//! use sim_core::spec::Spec;
//!
//! let text = r#"(
//!     components: { "web": { "browse": [work(exponential("5ms"))] } },
//!     services: { "front": (components: ["web"], replicas: 2) },
//!     designs: { "scaled": { "services.front.replicas": 4 } },
//! )"#;
//! let spec = Spec::parse("shop.ron", text)?;
//! assert_eq!(spec.design("scaled")?.services["front"].replicas, 4);
//! assert_eq!(spec.with("services.front.replicas", 8.into())?.services["front"].replicas, 8);
//!
//! let wrong = spec.with("services.frnt.replicas", 8.into()).unwrap_err();
//! assert!(wrong.to_string().contains("did you mean services.front.replicas?"));
//! # Ok::<(), sim_core::spec::Diagnostics>(())
//! ```

mod availability;
mod balancing;
mod caches;
mod changes;
mod clients;
mod deployments;
mod diagnostic;
mod edit;
mod external;
mod faults;
mod files;
mod guards;
mod hash;
mod keys;
mod law;
mod limits;
mod locks;
mod network;
mod object_storage;
mod objective;
mod outline;
mod parse;
mod path;
mod patience;
mod playground;
mod poolers;
mod prices;
mod quantity;
mod queues;
mod read;
mod reader;
mod reference;
mod regions;
mod replication;
mod scaling;
mod schema;
mod search;
mod services;
mod sharding;
mod shedding;
mod slos;
mod source;
mod step;
mod stores;
mod studies;
#[cfg(test)]
mod tests;
mod views;
mod write;

pub use availability::{Availability, Rule};
pub use balancing::{Ejection, Front, Health};
pub use caches::{Cache, CachePolicy, CacheReads, CacheWrites, Invalidation, Layer};
pub use changes::Change;
pub use clients::{Arrivals, Client, Mix, MmppState, Profile};
pub use deployments::{Deployment, RollBack, Version};
pub use diagnostic::{Diagnostic, Diagnostics, Severity, Span, did_you_mean};
pub use external::{External, Quota};
pub use faults::{Fault, FaultTimes, InFlight};
pub use guards::{Breaker, Budget, Bulkhead, Ending, GivenUp, Guard, Hedge, Jitter, Retry};
pub use keys::{Key, Keys, Popularity, Query};
pub use law::Law;
pub use limits::Limit;
pub use locks::Locks;
pub use network::{MessageSizes, Nat, NatEach, Network, Terminate, Tls};
pub use object_storage::{LifecycleRule, ObjectStorage, Tier, TierStorage};
pub use objective::Objective;
pub use parse::{NAME_MAX, TEXT_MAX};
pub use path::{Path, Segment};
pub use patience::Coverage;
pub use playground::{AS_WRITTEN, Knob, Playground, StoryStep};
pub use poolers::{PoolMode, Pooler};
pub use prices::{
    CapacityUnit, FunctionPrice, Graduated, InstancePrice, PriceBook, PriceStep, Purchase,
    Reservation, UpFront, Volume,
};
pub use quantity::Quantity;
pub use queues::{Consumer, Full, Message, Per, Queue};
pub use reference::Page;
pub use regions::{Region, Routing};
pub use replication::{
    Conflicts, Failover, Primaries, Quorum, Reads, Replication, ReplicationMode, WriteOrder,
};
pub use scaling::{Autoscaler, Pace, ScalingMetric, ScalingPolicy, ScalingStep, StartUp};
pub use search::Search;
pub use services::{Balancer, Discipline, Function, Service, Ties, WhileWaiting};
pub use sharding::{Assignment, Partition, Reshard, Shards};
pub use shedding::{Criticalities, Criticality, CriticalityBound, Shedding};
pub use slos::{Before, BurnAlert, Slo};
pub use source::Notation;
pub use step::{Choice, Count, Step};
pub use stores::{Database, Store};
pub use studies::{
    CapacityStudy, OptimizeStudy, SensitivityMethod, SensitivityStudy, Study, SweepStudy,
};
pub use views::{Refresh, View};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Things by name, in the order they were written.
pub type Named<T> = IndexMap<String, T>;

/// A component: its operations by name, each a list of steps.
pub type Component = Named<Vec<Step>>;

/// A whole model file.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The question the model answers, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What requests are about: customers, products.
    #[serde(default)]
    pub keys: Named<Keys>,
    /// What the software does: operations made of steps, whatever runs them.
    #[serde(default)]
    pub components: Named<Component>,
    /// What runs where: which components share a process, how many replicas, of what size.
    #[serde(default)]
    pub services: Named<Service>,
    /// Databases, and whatever else components read and write.
    #[serde(default)]
    pub stores: Named<Store>,
    /// Where things run; absent: all in one place.
    #[serde(default)]
    pub regions: Named<Region>,
    /// Queues between those who send messages and those who work on them.
    #[serde(default)]
    pub queues: Named<Queue>,
    /// Caches in front of stores and operations.
    #[serde(default)]
    pub caches: Named<Cache>,
    /// What callers do about calls that are slow or fail.
    #[serde(default)]
    pub guards: Named<Guard>,
    /// What lies between services.
    #[serde(default)]
    pub network: Network,
    /// Who sends requests, and when.
    #[serde(default)]
    pub clients: Named<Client>,
    /// What breaks, and when.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// What is changed while the system runs, and when.
    #[serde(default)]
    pub changes: Vec<Change>,
    /// Systems whose availability is told.
    #[serde(default)]
    pub availability: Named<Availability>,
    /// Named alternatives: each a set of edits, path to value.
    #[serde(default)]
    pub designs: Named<Named<serde_json::Value>>,
    /// What things cost; absent: there is no bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PriceBook>,
    /// What a design has to achieve.
    #[serde(default)]
    pub objectives: Vec<Objective>,
    /// Service level objectives: error budgets and the alerts on them.
    #[serde(default)]
    pub slos: Named<Slo>,
    /// How long and how often to simulate, unless the command says otherwise.
    #[serde(default)]
    pub run: Run,
    /// Questions that take many runs to answer, by name.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub studies: Named<Study>,
    /// How the playground shows the model: knobs, a story, a challenge.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub playground: Option<Playground>,
    #[serde(skip)]
    source: Option<source::Source>,
}

/// How long and how often to simulate; the command line overrides each.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Simulated time of one replication, warm-up included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
    /// Simulated time at the start that no statistic sees; absent: decided from the replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Quantity>,
    /// How many independent replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// The seed of every draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}
