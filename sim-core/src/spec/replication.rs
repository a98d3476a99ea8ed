//! Copies of a database: replicas that follow a primary, quorums, and several primaries.

use super::{Database, Law, Path, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Read replicas of a database (of each of its shards): they follow the primary, which takes all writes. A replica has
/// as many servers as the primary.
///
/// A write is committed when the primary has run it. What a read returns is decided when its query ends: it is stale if
/// a write of the same key has been acknowledged that has not arrived at the replica. Queries without a key are about
/// the database as one thing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Replication {
    /// How many replicas.
    pub replicas: u32,
    /// When a client has the answer to its write, and how long writes are on their way.
    pub mode: ReplicationMode,
    /// Where reads go.
    #[serde(default)]
    pub reads: Reads,
    /// Named queries that always go to one more replica, which serves nothing else.
    #[serde(default)]
    pub analytics: Vec<String>,
    /// What happens when the primary crashes; absent: it is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failover: Option<Failover>,
}

/// Whether a client waits until its write has reached replicas.
///
/// The lag is the time from the commit at the primary until a replica has the write, or, where the client waits, until
/// the primary knows that it has. Replicas that are down are not waited for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ReplicationMode {
    /// The client has its answer once the primary has run the write.
    Asynchronous {
        /// How long a write is on its way to a replica.
        lag: Law,
        /// In which order writes arrive.
        #[serde(default)]
        order: WriteOrder,
        /// Work of applying a write, on a server of the replica. Absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay: Option<Law>,
    },
    /// The client waits until some replicas have the write.
    SemiSynchronous {
        /// How many.
        #[serde(default = "one")]
        acknowledgements: u32,
        /// How long a write is on its way to a replica.
        lag: Law,
        /// In which order writes arrive.
        #[serde(default)]
        order: WriteOrder,
        /// Work of applying a write, on a server of the replica. Absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay: Option<Law>,
    },
    /// The client waits until all replicas have the write.
    Synchronous {
        /// How long a write is on its way to a replica.
        lag: Law,
        /// In which order writes arrive.
        #[serde(default)]
        order: WriteOrder,
        /// Work of applying a write, on a server of the replica. Absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replay: Option<Law>,
    },
}

fn one() -> u32 {
    1
}

/// In which order writes arrive at a replica.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WriteOrder {
    /// As they were committed (a log is shipped): none overtakes another, so one that takes long delays those behind it.
    #[default]
    InOrder,
    /// Each on its own; of a key the newest version wins.
    Independent,
}

/// Where reads go.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Reads {
    /// To the primary.
    #[default]
    Primary,
    /// To a replica, each as likely; to the primary if no replica is up.
    Replica,
    /// To the primary or a replica, each as likely.
    Any,
    /// To the nearest that is up: one in the caller's zone, else in its region, else in the region with the shortest
    /// mean round trip; of several, each as likely.
    Nearest,
    /// To a replica, but for some time after a key was written to the primary, so that whoever wrote it sees it.
    ReadYourWrites {
        /// For how long.
        within: Quantity,
    },
    /// To several replicas at once; the newest of their answers is taken.
    Newest {
        /// How many.
        of: u32,
    },
}

/// What happens when a primary crashes. Until a replica has taken its place, writes and reads of the primary fail at
/// once. A primary that is back before its crash is detected goes on. After that a replica is promoted: the one that has
/// received most; what it had not received when the primary crashed is lost. The old primary, when it is back, is a
/// replica and has what the others have. Where nobody is up who could be promoted, the first that comes back is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Failover {
    /// How long it takes to find out.
    pub detection: Law,
    /// How long it takes from then on until a replica is the primary.
    pub promotion: Law,
}

/// Members without a leader (as in Dynamo): every query goes to all members of its shard, and the client waits for some
/// of them. Of the answers to a read the newest is taken; it is stale if a write that had been acknowledged before the
/// read began is newer. With `read + write > members` no read is stale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Quorum {
    /// How many members hold each key (N).
    pub members: u32,
    /// How many have to answer a read (R).
    pub read: u32,
    /// How many have to acknowledge a write (W).
    pub write: u32,
}

/// Several primaries (active-active), each of which takes reads and writes. A query goes to the one that is nearest to
/// its caller, as `reads: nearest` does. Writes are sent on to the others. A write is in conflict if another write of its
/// key is still on the way to the primary that takes it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Primaries {
    /// How many.
    pub count: u32,
    /// How long a write is on its way to another primary.
    pub lag: Law,
    /// Work of applying another primary's write, on a server. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay: Option<Law>,
    /// What becomes of conflicts.
    #[serde(default)]
    pub conflicts: Conflicts,
}

/// What becomes of conflicting writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Conflicts {
    /// The last one wins; the others are lost.
    #[default]
    LastWriterWins,
}

impl ReplicationMode {
    /// Its name as it is written.
    pub fn name(&self) -> &'static str {
        match self {
            ReplicationMode::Asynchronous { .. } => "asynchronous",
            ReplicationMode::SemiSynchronous { .. } => "semi_synchronous",
            ReplicationMode::Synchronous { .. } => "synchronous",
        }
    }

    /// What all modes have: lag, order and replay.
    pub fn shipping(&self) -> (&Law, WriteOrder, Option<&Law>) {
        match self {
            ReplicationMode::Asynchronous { lag, order, replay }
            | ReplicationMode::SemiSynchronous { lag, order, replay, .. }
            | ReplicationMode::Synchronous { lag, order, replay } => (lag, *order, replay.as_ref()),
        }
    }
}

impl Database {
    /// The laws of what makes it consist of several members, for a database written at `path`.
    pub fn member_laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        let mut laws = Vec::new();
        if let Some(reshard) = self.shards.as_ref().and_then(|shards| shards.reshard.as_ref()) {
            laws.push((path.key("shards").key("reshard").key("copy"), &reshard.copy));
        }
        if let Some(replication) = &self.replication {
            let at = path.key("replication").key("mode").key(replication.mode.name());
            let (lag, _, replay) = replication.mode.shipping();
            laws.push((at.key("lag"), lag));
            laws.extend(replay.map(|replay| (at.key("replay"), replay)));
            if let Some(failover) = &replication.failover {
                let at = path.key("replication").key("failover");
                laws.push((at.key("detection"), &failover.detection));
                laws.push((at.key("promotion"), &failover.promotion));
            }
        }
        if let Some(primaries) = &self.primaries {
            let at = path.key("primaries");
            laws.push((at.key("lag"), &primaries.lag));
            laws.extend(primaries.replay.as_ref().map(|replay| (at.key("replay"), replay)));
        }
        laws
    }
}
