//! Faults: what breaks, when and for how long.

use super::{Law, Path, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that breaks: a controller that turns things off and on, by a schedule or at random.
///
/// By a schedule it happens once, `at` a time that counts from the start of a replication, its warm-up included. At
/// random it happens again and again: `every` draws how long something works until it breaks, `lasts` how long it takes
/// until it works again. Of a service or a store each replica or member then breaks by itself, with a clock of its own;
/// a region or a zone breaks as one. What several faults break at once works again when the last of them is over, and
/// its clocks go on meanwhile: what is down for one reason can break for another.
///
/// Replicas that are not in service (not started yet by an autoscaler) break like the others, unseen; none is started while it
/// is broken. What copies of a store tell each other, and messages to queues, no fault of the network keeps from arriving.
///
/// What a fault does is counted beside it: how often it happened, how long it lasted, and how many requests it failed.
/// Draws are named by the fault, so that two designs see the same faults.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Processes die. What a replica of a service was doing is lost: its callers see an error at once (the reply's hop
    /// later), what it asked of others runs on there, and nobody waits for that. While it is down, whoever is sent to it
    /// is refused at once: the balancer knows only what its health checks and its errors tell it. It comes back empty.
    /// Of a store, the queries waiting or in service fail, and so do new ones while it is down.
    Crash {
        /// What it is called in reports, and the name of its draws; absent: `crash services.api`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What crashes, as a path: `"services.api"`, `"services.api.regions.eu"`, `"stores.orders"`, or all that is
        /// placed in a region or a zone: `"regions.eu"`, `"regions.eu.zones.b"`.
        of: String,
        /// Which replica of a service, from 0; of a database of several members which of these, the primaries of all
        /// shards before the replicas. Absent: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long it works until it crashes (its mean is the MTTF).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it is down (the mean is the MTTR); where `crews` repair it, how long that takes them. Absent: until
        /// the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
        /// How many can be repaired at once; what crashes meanwhile waits its turn. Absent: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        crews: Option<u32>,
        /// What becomes of the requests that it was working on.
        #[serde(default)]
        in_flight: InFlight,
    },
    /// Servers stop and go on later: a long garbage collection, a frozen disk, a virtual machine that is moved. The cores
    /// of a replica (all of its work), or the servers of a store, stand still; requests in service resume where they
    /// were, others wait in line. Messages and waits go on meanwhile.
    Stall {
        /// What it is called in reports, and the name of its draws; absent: `stall services.api`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What stalls, as a path, as of a crash.
        of: String,
        /// Which replica of a service, from 0; of a database of several members which of these, the primaries of all
        /// shards before the replicas. Absent: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long it works until it stalls.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it stands still; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
    /// An instance that answers, only slowly: a noisy neighbour, a throttled processor, a failing disk. Work that comes to
    /// the cores of a replica, or queries that come to the servers of a store, take `factor` times as long while it lasts.
    Slow {
        /// What it is called in reports, and the name of its draws; absent: `slow services.api`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What is slow, as a path, as of a crash.
        of: String,
        /// Which replica of a service, or which member of a database, from 0. Absent: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// How many times as long work takes; where several faults slow something down, their product.
        factor: f64,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long it is well until it is slow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it is slow; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
    /// A cache loses all that it holds, in every place; it goes on at once, empty.
    Flush {
        /// What it is called in reports, and the name of its draws; absent: `flush caches.redis`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Which, as a path: `"caches.redis"`.
        of: String,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long it holds what it has until it loses it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
    },
    /// A dependency answers some requests with an error, at once: a bad deployment, an exhausted quota, a corrupt shard.
    Errors {
        /// What it is called in reports, and the name of its draws; absent: `errors stores.orders`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// What fails, as a path: `"services.payment"` (requests at its door), `"stores.orders"` (queries).
        of: String,
        /// The share of the requests that fail: `"10%"`.
        share: Quantity,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long it is well until it fails.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it fails; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
    /// Messages between services, and between services and stores, take longer.
    Latency {
        /// What it is called in reports, and the name of its draws; absent: `latency regions.eu - regions.us`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Between which two: paths of services, stores, regions or zones. One alone: between it and all others.
        between: Vec<String>,
        /// How much longer each message takes.
        adds: Law,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long the network is well until it is slow.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it is slow; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
    /// Some messages are lost on their way. Who sent one sends it again after a time without acknowledgement, each time
    /// twice as long (RFC 6298), until it gives up and the call fails.
    Loss {
        /// What it is called in reports, and the name of its draws; absent: `loss regions.eu - regions.us`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Between which two: paths of services, stores, regions or zones. One alone: between it and all others.
        between: Vec<String>,
        /// The share of the messages that are lost: `"1%"`.
        share: Quantity,
        /// After how long a lost message is sent again the first time.
        #[serde(default = "first_resend")]
        resend: Quantity,
        /// After how long the sender gives up.
        #[serde(default = "patience")]
        gives_up: Quantity,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long the network is well until it loses messages.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it loses messages; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
    /// No message passes: a loss of all of them. What is sent again after it is over passes; before, who sent it gives up.
    Partition {
        /// What it is called in reports, and the name of its draws; absent: `partition regions.eu - regions.us`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Between which two: paths of services, stores, regions or zones. One alone: between it and all others.
        between: Vec<String>,
        /// After how long a lost message is sent again the first time.
        #[serde(default = "first_resend")]
        resend: Quantity,
        /// After how long the sender gives up.
        #[serde(default = "patience")]
        gives_up: Quantity,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<Quantity>,
        /// In place of `at`: how long the network is whole until it is parted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it is parted; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
}

/// The smallest time that Linux waits for an acknowledgement.
fn first_resend() -> Quantity {
    Quantity::Text("200ms".to_owned())
}

/// What many clients wait for a connection.
fn patience() -> Quantity {
    Quantity::Text("10s".to_owned())
}

/// What becomes of the requests that something was working on when it crashed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InFlight {
    /// They fail.
    #[default]
    Lost,
    /// They go on where they were once it is up again; their clients wait.
    Resumed,
}

/// What all faults have in common.
#[derive(Clone, Copy, Debug)]
pub struct FaultTimes<'a> {
    /// Its name, if it has one.
    pub name: Option<&'a String>,
    /// When it happens, once.
    pub at: Option<&'a Quantity>,
    /// How long all is well before it happens.
    pub every: Option<&'a Law>,
    /// How long it lasts.
    pub lasts: Option<&'a Law>,
}

impl Fault {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Crash { .. } => "crash",
            Fault::Stall { .. } => "stall",
            Fault::Slow { .. } => "slow",
            Fault::Flush { .. } => "flush",
            Fault::Errors { .. } => "errors",
            Fault::Latency { .. } => "latency",
            Fault::Loss { .. } => "loss",
            Fault::Partition { .. } => "partition",
        }
    }

    /// What all have in common.
    pub fn times(&self) -> FaultTimes<'_> {
        let (name, at, every, lasts) = match self {
            Fault::Crash { name, at, every, lasts, .. }
            | Fault::Stall { name, at, every, lasts, .. }
            | Fault::Slow { name, at, every, lasts, .. }
            | Fault::Errors { name, at, every, lasts, .. }
            | Fault::Latency { name, at, every, lasts, .. }
            | Fault::Loss { name, at, every, lasts, .. }
            | Fault::Partition { name, at, every, lasts, .. } => (name, at, every, lasts.as_ref()),
            Fault::Flush { name, at, every, .. } => (name, at, every, None),
        };
        FaultTimes { name: name.as_ref(), at: at.as_ref(), every: every.as_ref(), lasts }
    }

    /// What it is called where it has no name: `crash services.api`, `partition regions.eu - regions.us`.
    pub fn description(&self) -> String {
        let of = match self {
            Fault::Crash { of, replica, .. }
            | Fault::Stall { of, replica, .. }
            | Fault::Slow { of, replica, .. } => match replica {
                Some(replica) => format!("{of} replica {replica}"),
                None => of.clone(),
            },
            Fault::Flush { of, .. } | Fault::Errors { of, .. } => of.clone(),
            Fault::Latency { between, .. }
            | Fault::Loss { between, .. }
            | Fault::Partition { between, .. } => between.join(" - "),
        };
        format!("{} {of}", self.kind())
    }

    /// Its laws, each with where it is written in a fault at `path`.
    pub fn laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        let path = path.key(self.kind());
        let times = self.times();
        let adds = match self {
            Fault::Latency { adds, .. } => Some(adds),
            _ => None,
        };
        super::stores::written([
            (path.key("every"), times.every),
            (path.key("lasts"), times.lasts),
            (path.key("adds"), adds),
        ])
    }
}
