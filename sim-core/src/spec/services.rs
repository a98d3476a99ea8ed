//! Services: the processes that components run in.

use super::{
    Autoscaler, Coverage, Deployment, Ejection, Front, Health, Law, Limit, Named, Per, Purchase,
    Quantity, Routing, Shedding, StartUp,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A service: one process image, run as a number of equal replicas behind a balancer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The components that run in this process. A call between two of them is a function call.
    pub components: Vec<String>,
    /// How many replicas; of one with an autoscaler, how many at the start.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub replicas: u32,
    /// The most replicas that changes while it runs bring, where they change their number; 0 where they do not.
    #[serde(skip)]
    pub(crate) room: u32,
    /// How many replicas have to be up for the service to count as up in `availability`; absent: one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<u32>,
    /// In place of `replicas`, how many in each region, which are spread over its zones in turn, or in each zone:
    /// `{"eu": 4, "us/a": 2}`.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub regions: Named<u32>,
    /// How fast the cores are in a region, if not everywhere alike: at 0.5 the same work takes twice as long.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub speeds: Named<f64>,
    /// How much longer the work of a request becomes for each request that is at the cores already when it begins: locks,
    /// caches and memory that they share. Absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contention: Option<Quantity>,
    /// To which of its regions a request goes; absent: to the nearest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing: Option<Routing>,
    /// What changes the number of replicas; absent: nothing does. `replicas`, or `min` if that is more, are there at the
    /// start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaler: Option<Autoscaler>,
    /// Other versions that take over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deployments: Vec<Deployment>,
    /// How long a replica takes until it serves, if an autoscaler or a deployment starts it, or an environment of a
    /// function; absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_up: Option<StartUp>,
    /// How long a replica that is taken away may work on what it has; what is left then fails. Absent: until it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drain: Option<Quantity>,
    /// Cores of a replica; `work` needs one. 0 stands for more than will ever be needed.
    #[serde(default = "one")]
    pub cores: u32,
    /// Threads of a replica; absent: as many as there are requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Whether a request keeps its thread while it waits for a call, a query or a `wait`.
    #[serde(default)]
    pub while_waiting: WhileWaiting,
    /// In which order waiting requests are served.
    #[serde(default)]
    pub discipline: Discipline,
    /// How many requests may wait at the door of a replica; one more is refused. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// How long a request waits at the door of a replica before it leaves with an error: for its thread or, where threads
    /// are not held, for its first core. One whose turn comes at the very end is in time. Each request draws its own.
    /// Absent: as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Law>,
    /// Whether patience is over when service begins, or covers service too.
    #[serde(default, skip_serializing_if = "Coverage::is_waiting")]
    pub patience_covers: Coverage,
    /// Which requests are refused at the door of a replica when there are too many. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shed: Option<Shedding>,
    /// How the replica of a request is chosen.
    #[serde(default)]
    pub balancer: Balancer,
    /// How the balancer finds out which replicas can be sent requests; absent: it sends them to all, be they up or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// Whether the balancer leaves replicas out for a while whose answers are errors; absent: it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ejection: Option<Ejection>,
    /// For how long a replica that comes back (after a crash, found healthy, after an ejection) gets less than its
    /// share, rising from nothing to all of it along a straight line. Where the fewest outstanding decide, its number is
    /// divided by that. Absent: it gets its share at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_start: Option<Quantity>,
    /// Whether calls go to replicas in the caller's zone, by the same policy, while one of them may be sent something, and
    /// only then to others of the region (Kubernetes' `PreferClose`, an AWS load balancer without cross-zone balancing).
    /// It saves the way between zones and its price; a zone with many callers and few replicas gets too much. Requests of
    /// clients and messages of queues come from no zone. Absent: zones do not count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub zone_affinity: bool,
    /// The load balancer, where it is a machine of its own; absent: balancing costs nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front: Option<Front>,
    /// A limit on its requests, at the door: before they wait for a thread or a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Whether each replica keeps the limit for itself or all together.
    #[serde(default)]
    pub limit_per: Per,
    /// Connections to a store that each replica keeps, by store; absent: no limit.
    #[serde(default)]
    pub pools: Named<u32>,
    /// Whether it is a function, in the sense of serverless computing: it has no replicas, and is paid by the time of its
    /// requests. Absent: it runs on machines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Function>,
    /// On what machine a replica runs: a size of `prices.instances`. Absent: it is not on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// How its machines are bought.
    #[serde(default, skip_serializing_if = "Purchase::is_on_demand")]
    pub purchase: Purchase,
    /// Work of people to operate it, in a month: `"8h"`. Absent: none is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Quantity>,
}

fn one() -> u32 {
    1
}

fn is_one(replicas: &u32) -> bool {
    *replicas == 1
}

/// What happens to the thread of a request that waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WhileWaiting {
    /// The thread stays with the request until the answer is sent (blocking calls).
    #[default]
    Hold,
    /// The thread serves others meanwhile (asynchronous calls).
    Release,
}

/// The order in which waiting requests are served.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Discipline {
    /// First in, first out.
    #[default]
    Fifo,
    /// Last in, first out, without interrupting the one in service.
    Lifo,
    /// Each waiting request is as likely to be next.
    Random,
    /// All requests share the cores at once, at most one core each.
    ProcessorSharing,
    /// The most urgent first (lowest priority number), without interrupting the one in service.
    Priority,
    /// The most urgent first; it interrupts a less urgent one, which later resumes where it was.
    PreemptivePriority,
}

/// A function: every request has an environment to itself, from coming in until it is answered. The one that was used
/// last and is free is taken; where none is free a new one is started, and the request waits for that (a cold start, of
/// the service's `start_up`). There is always room for one more: `cores` and `threads` count for nothing, and a
/// `limit: concurrency(1000)` bounds how many there are. Each region or zone that it is placed in has environments of its
/// own, which are lost when that crashes.
///
/// Paid is the time of every request, its cold start and its waiting included, rounded up and times the memory; and the
/// request. Environments that wait cost nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Function {
    /// How it is priced: a kind of `prices.functions`. Absent: it is not on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// The memory of an environment: `"0.5GB"`. What the law of its work is at this memory is not known here.
    pub memory: Quantity,
    /// How long an environment is kept that nobody uses. Absent: `"10min"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Quantity>,
}

/// How a balancer chooses a replica.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Balancer {
    /// Each replica in turn.
    #[default]
    RoundRobin,
    /// Any replica, each as likely.
    Random,
    /// Any replica, by weight; one weight per replica.
    Weighted(Vec<f64>),
    /// The replica with the fewest requests outstanding.
    LeastOutstanding {
        /// Who wins among equals.
        #[serde(default)]
        ties: Ties,
    },
    /// The one with the fewest requests outstanding among `d` different replicas drawn at random.
    PowerOf {
        /// How many replicas are drawn.
        d: u32,
        /// Who wins among equals.
        #[serde(default)]
        ties: Ties,
    },
    /// The replica that the request's key lies on, on a ring of hashes: the same for the same key, and when a replica
    /// fails only its keys move (Karger et al., "Consistent Hashing and Random Trees", STOC 1997).
    ConsistentHash {
        /// The population of keys.
        key: String,
        /// Points of each replica on the ring: the more, the more even the shares.
        #[serde(default = "hundred")]
        vnodes: u32,
        /// How many times the mean a replica may have outstanding before its keys spill to the next on the ring
        /// (Mirrokni, Thorup and Zadimoghaddam, "Consistent Hashing with Bounded Loads", SODA 2018); more than 1, such
        /// as 1.25. Absent: no bound.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounded: Option<f64>,
    },
}

fn hundred() -> u32 {
    100
}

/// Who wins among equally loaded replicas.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// The lowest-numbered (for `power_of`: the first drawn).
    #[default]
    First,
    /// Drawn, each as likely.
    Drawn,
}
