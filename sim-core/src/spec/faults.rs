//! Faults: what breaks, when and for how long.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that breaks at a known time: a controller that turns things off and on by a schedule. What it does to
/// requests is counted beside it: how long it lasted, and how many requests it failed. Times count from the start of a
/// replication, its warm-up included.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Processes die. What a replica of a service was doing is lost: its callers see an error at once (the reply's hop
    /// later), what it asked of others runs on there, and nobody waits for that. While it is down, whoever is sent to it
    /// is refused at once: the balancer knows only what its health checks and its errors tell it. It comes back empty.
    /// Of a store, the queries waiting or in service fail, and so do new ones while it is down.
    Crash {
        /// What crashes, as a path: `"services.api"`, `"services.api.regions.eu"`, `"stores.orders"`.
        of: String,
        /// Which replica of a service, from 0; of a database of several members which of these, the primaries of all
        /// shards before the replicas. Absent: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// When.
        at: Quantity,
        /// How long it is down; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Quantity>,
        /// What becomes of the requests that it was working on.
        #[serde(default)]
        in_flight: InFlight,
    },
    /// Servers stop and go on later: a long garbage collection, a frozen disk, a virtual machine that is moved. The cores
    /// of a replica (all of its work), or the servers of a store, stand still; requests in service resume where they
    /// were, others wait in line. Messages and waits go on meanwhile.
    Stall {
        /// What stalls, as a path: `"services.api"`, `"services.api.regions.eu"`, `"stores.orders"`.
        of: String,
        /// Which replica of a service, from 0; of a database of several members which of these, the primaries of all
        /// shards before the replicas. Absent: all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// When.
        at: Quantity,
        /// How long it stands still; absent: until the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Quantity>,
    },
    /// A cache loses all that it holds, in every place; it goes on at once, empty.
    Flush {
        /// Which, as a path: `"caches.redis"`.
        of: String,
        /// When.
        at: Quantity,
    },
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

impl Fault {
    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Crash { .. } => "crash",
            Fault::Stall { .. } => "stall",
            Fault::Flush { .. } => "flush",
        }
    }
}
