//! Stores of several members in a run: where queries go, and what they find there.

mod ask;
mod failover;
mod replicate;
mod reshard;
#[cfg(test)]
mod tests;

use super::interpreter::Flow;
use super::{Recorder, Simulation};
use crate::component::{Ending, FrameId, RecentWrites, Versions};
use crate::model::{Cluster, Copies, ReadPolicy, Store, StoreStep, Subject};
use crate::random::Draw;
use crate::time::Time;
use reshard::Moving;

/// The members of a store in a run; of a store with one member there is nothing to know.
pub(super) struct StoreState {
    shards: Vec<ShardState>,
    members: Vec<MemberState>,
    /// Keys that were just written, where that decides where they are read.
    recent: Option<RecentWrites>,
    /// How far the change of the number of shards is.
    moving: Option<Moving>,
}

/// A shard.
struct ShardState {
    /// The copy that takes writes.
    primary: u32,
    /// Which copies miss which writes.
    versions: Versions,
    /// By copy: when the last write arrives that was sent there.
    last_arrival: Vec<Time>,
    /// Since when the primary is down.
    down_since: Option<Time>,
    /// How far its replacement is.
    failover: Phase,
    /// How many times were drawn for that.
    draws: u64,
}

/// How far the replacement of a primary is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Phase {
    /// Nobody is to be replaced, or nobody replaces.
    #[default]
    Idle,
    /// At this time it is found out that the primary is down.
    Detecting(Time),
    /// At this time a replica is the primary.
    Promoting(Time),
    /// Nobody is up who could be promoted.
    Stranded,
}

/// A member.
#[derive(Clone, Copy, Default)]
struct MemberState {
    is_down: bool,
    /// When it crashed last.
    crashed: Option<Time>,
}

impl StoreState {
    pub(super) fn new(store: &Store) -> StoreState {
        let cluster = store.cluster.as_ref();
        let copies = cluster.map_or(1, Cluster::copies);
        let shard = |_| ShardState {
            primary: 0,
            versions: Versions::new(copies),
            last_arrival: vec![Time::ZERO; copies as usize],
            down_since: None,
            failover: Phase::Idle,
            draws: 0,
        };
        StoreState {
            shards: (0..cluster.map_or(0, |it| it.shards)).map(shard).collect(),
            members: vec![MemberState::default(); store.members.len()],
            recent: cluster.and_then(Cluster::own_writes).map(RecentWrites::new),
            moving: cluster.and_then(Moving::new),
        }
    }

    /// The copy of a shard that takes writes, whether it works or not.
    pub(super) fn primary(&self, shard: u32) -> u32 {
        self.shards[shard as usize].primary
    }

    /// Whether a shard has a primary that works.
    pub(super) fn has_primary(&self, shard: u32, works: impl Fn(&u32) -> bool) -> bool {
        let shard = &self.shards[shard as usize];
        shard.down_since.is_none() && works(&shard.primary)
    }
}

/// What the writes that copies miss are filed under: the key in its population, or the store as one thing.
fn filed_under(of: Subject, key: u64) -> u64 {
    /// Above the largest key of a population.
    const KEY_BITS: u32 = 40;
    match of.keys {
        Some(keys) => u64::from(keys.0) << KEY_BITS | key,
        None => u64::MAX,
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// A step of a query at a store of several members.
    #[inline(never)]
    pub(super) fn store(&mut self, at: FrameId, step: StoreStep) -> Flow {
        match step {
            StoreStep::Shard(of) => self.find_shard(at, of),
            StoreStep::Spread(of) => self.spread(at, of),
            StoreStep::Read { of, site, analytics } => {
                let copy = self.copy_to_read(at, of, site, analytics);
                self.go_to(at, of, copy)
            }
            StoreStep::Write { of, site } => {
                let copy = self.copy_to_write(at, of, site);
                self.go_to(at, of, copy)
            }
            StoreStep::Seen(of) => self.seen(at, of),
            StoreStep::Commit { of, need } => self.commit(at, of, need),
            StoreStep::Acknowledged(of) => self.acknowledged(at, of),
            StoreStep::Ship(of) => self.ship(at, of),
            StoreStep::Arrived(of) => self.arrived(at, of),
            StoreStep::Ask { of, query, need } => self.ask(at, of, query, need),
            StoreStep::Admit { of, query } => self.admit(at, of, query),
            StoreStep::Answer { of, query } => self.answer(at, of, query),
            StoreStep::Tell => self.tell(at),
            StoreStep::Settled { of, query } => self.settled(at, of, query),
            StoreStep::Fetched(store) => self.fetched(at, store),
            StoreStep::Moved(store) => self.moved(at, store),
        }
    }

    fn cluster(&self, of: Subject) -> &Cluster {
        self.model.stores[of.store as usize].cluster.as_ref().expect("steps are of clusters only")
    }

    fn shard(&mut self, of: Subject, shard: u32) -> &mut ShardState {
        &mut self.stores[of.store as usize].shards[shard as usize]
    }

    /// Leaves the number of the key's shard in `chosen`.
    fn find_shard(&mut self, at: FrameId, of: Subject) -> Flow {
        let key = self.frames[at].key;
        let shard = match &self.cluster(of).sharding {
            Some(sharded) => {
                let asked = sharded.asked;
                let shard = self.shard_of(of.store, key);
                self.recorder.counted(crate::model::CounterId(asked.0 + shard), 1);
                shard
            }
            None => 0,
        };
        self.frames[at].chosen = shard;
        Flow::Continue
    }

    /// Asks every shard that there is now.
    fn spread(&mut self, at: FrameId, of: Subject) -> Flow {
        let count = self.shards_in_use(of.store);
        if let Some(sharded) = &self.cluster(of).sharding {
            let asked = sharded.asked;
            for shard in 0..count {
                self.recorder.counted(crate::model::CounterId(asked.0 + shard), 1);
            }
        }
        self.scatter_over(at, count, count, (0..count).map(|shard| (shard, shard)))
    }

    /// The query goes to a copy of the shard in `chosen`, or fails at once if there is none to go to.
    fn go_to(&mut self, at: FrameId, of: Subject, copy: Option<u32>) -> Flow {
        let Some(copy) = copy else { return self.find_nobody(at, of) };
        let member = self.cluster(of).member(self.frames[at].chosen, copy);
        self.frames[at].chosen = member;
        Flow::Continue
    }

    /// A query finds nobody at its shard who could take it: it fails for what broke a copy, the primary before others.
    fn find_nobody(&mut self, at: FrameId, of: Subject) -> Flow {
        let store = &self.model.stores[of.store as usize];
        let (shard, cluster) = (self.frames[at].chosen, self.cluster(of));
        let primary = self.stores[of.store as usize].shards[shard as usize].primary;
        let copies = std::iter::once(primary).chain(0..cluster.copies());
        let mut stations =
            copies.map(|copy| store.members[cluster.member(shard, copy) as usize].station);
        match stations.find(|&station| self.is_down(station)) {
            Some(station) => self.turn_away(at, station),
            None => self.end(at, Ending::Failed),
        }
    }

    fn is_up(&self, of: Subject, shard: u32, copy: u32) -> bool {
        let member = self.cluster(of).member(shard, copy);
        !self.stores[of.store as usize].members[member as usize].is_down
    }

    /// The primary of a shard, if it is up.
    fn primary(&self, of: Subject, shard: u32) -> Option<u32> {
        let primary = self.stores[of.store as usize].shards[shard as usize].primary;
        self.is_up(of, shard, primary).then_some(primary)
    }

    /// One of the copies that are up and fit, each as likely.
    fn any_copy(
        &self,
        at: FrameId,
        (of, shard): (Subject, u32),
        site: u32,
        fits: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let fits = |copy: &u32| self.is_up(of, shard, *copy) && fits(*copy);
        let copies = self.cluster(of).copies();
        let count = (0..copies).filter(fits).count();
        if count <= 1 {
            return (0..copies).find(fits);
        }
        let draw = Draw::new(self.frames[at].id, self.site_keys[site as usize]).bits();
        let which = (u128::from(draw) * count as u128) >> 64;
        (0..copies).filter(fits).nth(which as usize)
    }

    /// The copy nearest to the caller of those that are up and fit; of several, each as likely.
    fn nearest_copy(
        &self,
        at: FrameId,
        (of, shard): (Subject, u32),
        site: u32,
        fits: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let members = &self.model.stores[of.store as usize].members;
        let cluster = self.cluster(of);
        let place = self.frames[at].place;
        let nearness = |copy: u32| {
            let member = members[cluster.member(shard, copy) as usize];
            self.model.places.nearness(place, member.place)
        };
        let fits = |copy: u32| self.is_up(of, shard, copy) && fits(copy);
        let nearest =
            (0..cluster.copies()).filter(|&copy| fits(copy)).filter_map(nearness).min()?;
        self.any_copy(at, (of, shard), site, |copy| fits(copy) && nearness(copy) == Some(nearest))
    }

    fn copy_to_read(
        &mut self,
        at: FrameId,
        of: Subject,
        site: u32,
        analytics: bool,
    ) -> Option<u32> {
        let shard = self.frames[at].chosen;
        let place = (of, shard);
        let replicated = match &self.cluster(of).copies {
            Copies::Single | Copies::Quorum { .. } => return self.primary(of, shard),
            Copies::Primaries { .. } => return self.nearest_copy(at, place, site, |_| true),
            Copies::Replicated(replicated) => replicated,
        };
        let (last, reads) = (replicated.replicas, replicated.reads);
        let primary = self.stores[of.store as usize].shards[shard as usize].primary;
        let replica = |this: &Self| {
            this.any_copy(at, place, site, |copy| copy != primary && copy <= last)
                .or_else(|| this.primary(of, shard))
        };
        if analytics {
            return if self.is_up(of, shard, last + 1) { Some(last + 1) } else { replica(self) };
        }
        match reads {
            ReadPolicy::Primary => self.primary(of, shard),
            ReadPolicy::Any => self.any_copy(at, place, site, |copy| copy <= last),
            ReadPolicy::Nearest => self.nearest_copy(at, place, site, |copy| copy <= last),
            ReadPolicy::OwnWrites(_) => {
                let (key, now) = (filed_under(of, self.frames[at].key), self.now);
                let recent = self.stores[of.store as usize].recent.as_mut();
                match recent.is_some_and(|recent| recent.contains(key, now)) {
                    true => self.primary(of, shard),
                    false => replica(self),
                }
            }
            ReadPolicy::Replica | ReadPolicy::Newest(_) => replica(self),
        }
    }

    fn copy_to_write(&mut self, at: FrameId, of: Subject, site: u32) -> Option<u32> {
        let shard = self.frames[at].chosen;
        match &self.cluster(of).copies {
            Copies::Primaries { .. } => self.nearest_copy(at, (of, shard), site, |_| true),
            _ => self.primary(of, shard),
        }
    }

    /// Whether the member that served a frame has crashed since the frame came to it.
    fn is_lost(&self, at: FrameId, of: Subject) -> bool {
        let frame = &self.frames[at];
        let member = self.stores[of.store as usize].members[frame.chosen as usize];
        member.is_down || member.crashed.is_some_and(|crashed| crashed >= frame.since)
    }

    /// A read has seen what a copy has.
    fn seen(&mut self, at: FrameId, of: Subject) -> Flow {
        if self.is_lost(at, of) {
            return self.end(at, Ending::Failed);
        }
        let Some(freshness) = self.cluster(of).freshness() else { return Flow::Continue };
        let frame = &self.frames[at];
        let key = filed_under(of, frame.key);
        let (shard, copy) = self.cluster(of).shard_and_copy(frame.chosen);
        let shown = self.shard(of, shard).versions.shown(key, copy);
        self.recorder.counted(freshness.reads, 1);
        if shown.behind > 0 {
            self.recorder.counted(freshness.behind, u64::from(shown.behind));
        }
        if let Some(since) = shown.stale_since {
            self.recorder.counted(freshness.stale, 1);
            self.recorder.timed(freshness.staleness, self.now.since(since));
        }
        Flow::Continue
    }
}
