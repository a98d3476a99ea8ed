//! Services: the processes that components run in, and the network between them.

use super::{Law, Limit, Named, Per};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A service: one process image, run as a number of equal replicas behind a balancer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// The components that run in this process. A call between two of them is a function call.
    pub components: Vec<String>,
    /// How many replicas.
    #[serde(default = "one")]
    pub replicas: u32,
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
    /// How the replica of a request is chosen.
    #[serde(default)]
    pub balancer: Balancer,
    /// A limit on its requests, at the door: before they wait for a thread or a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// Whether each replica keeps the limit for itself or all together.
    #[serde(default)]
    pub limit_per: Per,
    /// Connections to a store that each replica keeps, by store; absent: no limit.
    #[serde(default)]
    pub pools: Named<u32>,
}

fn one() -> u32 {
    1
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

/// What a message between two services costs. Calls inside one service are free.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// One-way latency of each message (a call has two: request and reply).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// Work to encode or decode one message, on a core of the side that does it (four times a call).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serialisation: Option<Law>,
}
