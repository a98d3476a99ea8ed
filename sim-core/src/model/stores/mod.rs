//! Stores of several members: shards, each with its copies, and the steps by which queries find them.
//!
//! A member is a station. The members of a database lie side by side: first those that take writes, shard by shard,
//! then the replicas, shard by shard, then those for analytics. Copy 0 of a shard is its primary when a run begins.

mod check;
mod compile;
mod load;
mod place;

pub(super) use compile::Compiled;

use super::sharding::Sharding;
use super::{CounterId, KeysId, LawId, Pc, Resource, StationId, TimingId};
use crate::spec::WriteOrder;
use crate::time::Duration;

/// Copies of a shard, at most.
pub const COPIES_MAX: u32 = 32;

/// A store.
#[derive(Clone, PartialEq, Debug)]
pub struct Store {
    /// Its name.
    pub name: String,
    /// Its members, in the order of their stations.
    pub members: Vec<Member>,
    /// What it consists of if it has more than one member.
    pub cluster: Option<Cluster>,
}

/// A member of a store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its servers.
    pub station: StationId,
    /// Where it is: an index into the places of the model.
    pub place: u16,
}

/// What a store of several members consists of.
#[derive(Clone, PartialEq, Debug)]
pub struct Cluster {
    /// How many shards there are, at most at the same time.
    pub shards: u32,
    /// How keys are spread over them, if there is more than one.
    pub sharding: Option<Sharded>,
    /// The copies of a shard.
    pub copies: Copies,
    /// Hash of the store's name: its streams of draws.
    pub site: u64,
}

/// How keys are spread over shards.
#[derive(Clone, PartialEq, Debug)]
pub struct Sharded {
    /// The population of keys that decides.
    pub keys: KeysId,
    /// Where each key lives at first.
    pub placement: Sharding,
    /// The part of the keyed queries that the busiest shard gets.
    pub hottest: f64,
    /// Counts queries, a counter for each shard.
    pub asked: CounterId,
    /// A change while they serve.
    pub reshard: Option<Resharding>,
}

/// A change of the number of shards while they serve.
#[derive(Clone, PartialEq, Debug)]
pub struct Resharding {
    /// When it begins, from the start of the run.
    pub at: Duration,
    /// Where each key lives then.
    pub placement: Sharding,
    /// Time between the beginnings of two copies.
    pub every: Duration,
    /// What copies a key.
    pub program: Pc,
    /// Counts keys that have been copied.
    pub moved: CounterId,
    /// Times the whole.
    pub duration: TimingId,
}

/// The copies of a shard.
#[derive(Clone, PartialEq, Debug)]
pub enum Copies {
    /// One.
    Single,
    /// A primary and replicas.
    Replicated(Replicated),
    /// Members without a leader.
    Quorum {
        /// How many.
        members: u32,
        /// How many have to answer a read.
        read: u32,
        /// How many have to acknowledge a write.
        write: u32,
        /// What is measured.
        freshness: Freshness,
    },
    /// Several primaries.
    Primaries {
        /// How many.
        count: u32,
        /// How writes reach the others.
        shipping: Shipping,
        /// What is measured.
        freshness: Freshness,
        /// Counts writes.
        writes: CounterId,
        /// Counts writes in conflict.
        conflicts: CounterId,
    },
}

/// A primary and its replicas.
#[derive(Clone, PartialEq, Debug)]
pub struct Replicated {
    /// How many replicas take reads.
    pub replicas: u32,
    /// Whether there is one more, for analytics.
    pub analytics: bool,
    /// How many replicas a client's write waits for.
    pub acknowledgements: u32,
    /// How writes reach replicas.
    pub shipping: Shipping,
    /// Where reads go.
    pub reads: ReadPolicy,
    /// Who replaces the primary when it crashes; `None`: it is waited for.
    pub failover: Option<Failover>,
    /// What is measured.
    pub freshness: Freshness,
    /// Counts writes that were lost when a replica became the primary.
    pub lost: CounterId,
    /// Times how long no primary was up.
    pub outage: TimingId,
}

/// How a crashed primary is replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failover {
    /// How long it takes to find out.
    pub detection: LawId,
    /// How long it takes from then on until a replica is the primary.
    pub promotion: LawId,
    /// Counts replicas that have become the primary.
    pub promotions: CounterId,
    /// Times how far the writes go back that are lost with a primary: from the first of them to the crash.
    pub lost_since: TimingId,
}

/// How writes travel between copies.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shipping {
    /// How long.
    pub lag: LawId,
    /// In which order they arrive.
    pub order: WriteOrder,
    /// Work on arrival.
    pub replay: Option<LawId>,
}

/// Where reads go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadPolicy {
    /// To the primary.
    Primary,
    /// To a replica.
    Replica,
    /// To any.
    Any,
    /// To the nearest to the caller.
    Nearest,
    /// To a replica, unless the key was written within this time.
    OwnWrites(Duration),
    /// To so many replicas, of whose answers the newest counts.
    Newest(u32),
}

/// What is measured of how old answers are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Freshness {
    /// Counts reads.
    pub reads: CounterId,
    /// Counts stale ones.
    pub stale: CounterId,
    /// Times how long ago the first write was acknowledged that a stale answer misses.
    pub staleness: TimingId,
    /// Counts, over all reads, the writes of their key that were still on the way.
    pub behind: CounterId,
    /// Times writes on their way to other copies.
    pub lag: TimingId,
}

/// What a query is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Subject {
    /// Which store: an index into the model's.
    pub store: u32,
    /// Of which population its key is; absent: the store as one thing.
    pub keys: Option<KeysId>,
}

/// What a query does at a store of several members.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StoreStep {
    /// Find the shard of the key.
    Shard(Subject),
    /// Start the branch behind the next instruction at every shard, and wait for all.
    Spread(Subject),
    /// At a shard: choose the copy that is read.
    Read {
        /// Of what.
        of: Subject,
        /// Its stream of draws.
        site: u32,
        /// From the replica for analytics.
        analytics: bool,
    },
    /// At a shard: find the copy that takes writes.
    Write {
        /// Of what.
        of: Subject,
        /// Its stream of draws.
        site: u32,
    },
    /// A copy has been read.
    Seen(Subject),
    /// A copy has been written: start the branch behind the next instruction for each other copy, and wait for `need`.
    Commit {
        /// Of what.
        of: Subject,
        /// How many have to acknowledge.
        need: u32,
    },
    /// Those that were waited for have the write.
    Acknowledged(Subject),
    /// The write is on its way to another copy.
    Ship(Subject),
    /// It has arrived there.
    Arrived(Subject),
    /// At a shard: start the branch behind the next instruction at several copies, and wait for `need`.
    Ask {
        /// About what.
        of: Subject,
        /// What for.
        query: AskFor,
        /// How many have to answer.
        need: u32,
    },
    /// A copy is reached: it refuses if it is full, and fails if it is down.
    Admit {
        /// Of what.
        of: Subject,
        /// What for.
        query: AskFor,
    },
    /// A copy answers.
    Answer {
        /// Of what.
        of: Subject,
        /// What for.
        query: AskFor,
    },
    /// An answer has come back.
    Tell,
    /// Enough copies have answered.
    Settled {
        /// Of what.
        of: Subject,
        /// What for.
        query: AskFor,
    },
    /// A key has been read at its old shard.
    Fetched(u32),
    /// It has been written at its new shard.
    Moved(u32),
}

/// What several copies are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AskFor {
    /// All members of the quorum: what they hold.
    Read,
    /// All members of the quorum: to take a write.
    Write,
    /// Some replicas: what they hold.
    Newest {
        /// The stream of draws that chooses them.
        site: u32,
    },
}

impl Store {
    /// Its servers as a query sees them for which a member has been chosen.
    pub fn chosen(&self) -> Resource {
        Resource::chosen(self.members[0].station)
    }
}

impl Cluster {
    /// How many copies each shard has.
    pub fn copies(&self) -> u32 {
        match &self.copies {
            Copies::Single => 1,
            Copies::Replicated(it) => 1 + it.replicas + u32::from(it.analytics),
            Copies::Quorum { members: count, .. } | Copies::Primaries { count, .. } => *count,
        }
    }

    /// The member that is a copy of a shard.
    #[inline]
    pub fn member(&self, shard: u32, copy: u32) -> u32 {
        match &self.copies {
            Copies::Single => shard,
            Copies::Replicated(it) => match copy {
                0 => shard,
                _ if copy <= it.replicas => self.shards + shard * it.replicas + copy - 1,
                _ => self.shards * (1 + it.replicas) + shard,
            },
            Copies::Quorum { members: count, .. } | Copies::Primaries { count, .. } => {
                shard * count + copy
            }
        }
    }

    /// Which copy of which shard a member is.
    #[inline]
    pub fn shard_and_copy(&self, member: u32) -> (u32, u32) {
        match &self.copies {
            Copies::Single => (member, 0),
            Copies::Replicated(it) => {
                if member < self.shards {
                    return (member, 0);
                }
                let replica = member - self.shards;
                if replica < self.shards * it.replicas {
                    (replica / it.replicas, replica % it.replicas + 1)
                } else {
                    (replica - self.shards * it.replicas, it.replicas + 1)
                }
            }
            Copies::Quorum { members: count, .. } | Copies::Primaries { count, .. } => {
                (member / count, member % count)
            }
        }
    }

    /// How writes reach other copies, if that takes messages of their own.
    pub fn shipping(&self) -> Option<Shipping> {
        match &self.copies {
            Copies::Replicated(Replicated { shipping, .. })
            | Copies::Primaries { shipping, .. } => Some(*shipping),
            Copies::Single | Copies::Quorum { .. } => None,
        }
    }

    /// What is measured of how old answers are.
    pub fn freshness(&self) -> Option<Freshness> {
        match &self.copies {
            Copies::Replicated(Replicated { freshness, .. })
            | Copies::Quorum { freshness, .. }
            | Copies::Primaries { freshness, .. } => Some(*freshness),
            Copies::Single => None,
        }
    }

    /// Whether a read takes the newest of several answers.
    pub fn takes_newest(&self) -> bool {
        matches!(
            self.copies,
            Copies::Replicated(Replicated { reads: ReadPolicy::Newest(_), .. })
                | Copies::Quorum { .. }
        )
    }

    /// How long a key counts as just written, if that matters.
    pub fn own_writes(&self) -> Option<Duration> {
        match &self.copies {
            Copies::Replicated(Replicated { reads: ReadPolicy::OwnWrites(within), .. }) => {
                Some(*within)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters() -> Vec<Cluster> {
        let freshness = Freshness {
            reads: CounterId(0),
            stale: CounterId(0),
            staleness: TimingId(0),
            behind: CounterId(0),
            lag: TimingId(0),
        };
        let shipping = Shipping { lag: LawId(0), order: WriteOrder::InOrder, replay: None };
        let replicated = |replicas, analytics| {
            Copies::Replicated(Replicated {
                replicas,
                analytics,
                acknowledgements: 0,
                shipping,
                reads: ReadPolicy::Primary,
                failover: None,
                freshness,
                lost: CounterId(0),
                outage: TimingId(0),
            })
        };
        let copies = [
            Copies::Single,
            replicated(2, false),
            replicated(3, true),
            replicated(0, true),
            Copies::Quorum { members: 3, read: 1, write: 1, freshness },
        ];
        copies.map(|copies| Cluster { shards: 4, sharding: None, copies, site: 0 }).into()
    }

    #[test]
    fn every_copy_of_every_shard_is_one_member() {
        for cluster in clusters() {
            let count = 4 * cluster.copies();
            let mut seen = vec![false; count as usize];
            for (shard, copy) in (0..4).flat_map(|s| (0..cluster.copies()).map(move |c| (s, c))) {
                let member = cluster.member(shard, copy);
                assert!(!std::mem::replace(&mut seen[member as usize], true));
                assert_eq!(cluster.shard_and_copy(member), (shard, copy));
            }
            assert!(seen.iter().all(|&seen| seen));
        }
    }

    #[test]
    fn an_instruction_stays_small() {
        assert!(size_of::<crate::model::Instruction>() <= 24);
    }
}
