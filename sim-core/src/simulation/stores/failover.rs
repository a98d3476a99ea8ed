//! Crashes of members, and who takes their place.

use super::super::{Happening, Recorder, Simulation};
use super::{Phase, StoreState};
use crate::model::{Copies, Failover, LawId, Replicated, StationId};
use crate::time::{Duration, Time};

/// How far apart the draws of shards are, and those of one shard.
const SHARDS_APART: u64 = 0xd1b5_4a32_d192_ed03;
const FAILOVERS_APART: u64 = 0x9e37_79b9_7f4a_7c15;

impl<R: Recorder> Simulation<'_, R> {
    /// A member of a store goes down, and what it works on is lost or stands still: until it is back nothing is sent to
    /// it. If it was the primary of its shard, a replica takes its place when the time of the failover has passed.
    pub(in crate::simulation) fn member_stops(&mut self, station: u32, loses: bool) {
        let Some((store, member)) = self.member_at(station) else { return };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        if loses {
            self.copy_again(store, station);
        }
        let (shard, copy) = cluster.shard_and_copy(member);
        let state = &mut self.stores[store];
        state.members[member as usize].is_down = true;
        let state = &mut self.stores[store];
        if loses {
            state.members[member as usize].crashed = Some(self.now);
            state.shards[shard as usize].versions.lose_all(copy);
        }
        let Copies::Replicated(Replicated { failover, .. }) = cluster.copies else { return };
        let state = &mut state.shards[shard as usize];
        if state.primary == copy && state.down_since.is_none() {
            state.down_since = Some(self.now);
            if let Some(failover) = failover {
                let at = self.now + self.draw_of_shard(store, shard, failover.detection);
                self.await_failover(store, shard, Phase::Detecting(at));
            }
        } else if let Phase::Promoting(_) = state.failover
            && self.candidate(store, shard).is_none()
        {
            self.await_failover(store, shard, Phase::Stranded);
        }
    }

    /// A member is back. A primary whose crash nobody has noticed goes on, and its replicas have what it has; any other is
    /// a replica and has what the others have.
    pub(in crate::simulation) fn member_returns(&mut self, station: u32) {
        let Some((store, member)) = self.member_at(station) else { return };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let (shard, copy) = cluster.shard_and_copy(member);
        let state = &mut self.stores[store];
        state.members[member as usize].is_down = false;
        let Copies::Replicated(replicated) = &cluster.copies else { return };
        let state = &mut state.shards[shard as usize];
        let Some(since) = state.down_since else { return };
        match (state.failover, replicated.failover) {
            (Phase::Idle | Phase::Detecting(_), _) if state.primary == copy => {
                (state.down_since, state.failover) = (None, Phase::Idle);
                state.versions.forget();
                self.recorder.timed(replicated.outage, self.now.since(since));
            }
            (Phase::Stranded, Some(failover)) => self.promote(store, shard, failover),
            _ => {}
        }
    }

    /// The store and the member that a station is.
    fn member_at(&self, station: u32) -> Option<(usize, u32)> {
        let stores = &self.model.stores;
        let after = stores.partition_point(|it| it.members[0].station <= StationId(station));
        let store = after.checked_sub(1)?;
        let member = station - stores[store].members[0].station.0;
        ((member as usize) < stores[store].members.len()).then_some((store, member))
    }

    /// A draw for the failover of a shard that begins now.
    fn draw_of_shard(&mut self, store: usize, shard: u32, law: LawId) -> Duration {
        let state = &mut self.stores[store].shards[shard as usize];
        state.draws += 1;
        let number = state.draws;
        let site = self.model.stores[store].cluster.as_ref().map_or(0, |cluster| cluster.site);
        let who = site
            .wrapping_add(SHARDS_APART.wrapping_mul(u64::from(shard) + 1))
            .wrapping_add(FAILOVERS_APART.wrapping_mul(number));
        self.laws.time(law, who)
    }

    fn await_failover(&mut self, store: usize, shard: u32, phase: Phase) {
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let state = &mut self.stores[store].shards[shard as usize];
        state.failover = phase;
        if let Phase::Detecting(at) | Phase::Promoting(at) = phase
            && at < Time::MAX
        {
            let member = cluster.member(shard, state.primary);
            let station = self.model.stores[store].members[member as usize].station;
            self.schedule(at, Happening::Promotion(station.0));
        }
    }

    /// A replica is on its way to being the primary, if one is up.
    fn promote(&mut self, store: usize, shard: u32, failover: Failover) {
        let phase = match self.candidate(store, shard) {
            Some(_) => {
                Phase::Promoting(self.now + self.draw_of_shard(store, shard, failover.promotion))
            }
            None => Phase::Stranded,
        };
        self.await_failover(store, shard, phase);
    }

    /// The time has come at which the crash of the primary at a station is noticed, or a replica is the primary.
    pub(in crate::simulation) fn promotion(&mut self, station: u32) {
        let Some((store, member)) = self.member_at(station) else { return };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let Copies::Replicated(Replicated { failover: Some(failover), .. }) = cluster.copies else {
            return;
        };
        let (shard, copy) = cluster.shard_and_copy(member);
        let state = &self.stores[store].shards[shard as usize];
        if state.primary != copy {
            return;
        }
        // It may be back, or have been back and crashed again: then this is about what is over.
        match state.failover {
            Phase::Detecting(at) if at == self.now => self.promote(store, shard, failover),
            Phase::Promoting(at) if at == self.now => {
                self.replace_primary(store, shard, failover);
                self.rate_systems();
            }
            _ => {}
        }
    }

    /// Who would be promoted now: of the replicas that are up the one that has received most; the old primary only where
    /// there is no other.
    fn candidate(&self, store: usize, shard: u32) -> Option<u32> {
        let cluster = self.model.stores[store].cluster.as_ref()?;
        let Copies::Replicated(replicated) = &cluster.copies else { return None };
        let StoreState { shards, members, .. } = &self.stores[store];
        let state = &shards[shard as usize];
        let is_up = |copy: &u32| !members[cluster.member(shard, *copy) as usize].is_down;
        let candidates = (0..=replicated.replicas).filter(is_up);
        candidates.min_by_key(|&copy| (copy == state.primary, state.versions.lost(copy)))
    }

    fn replace_primary(&mut self, store: usize, shard: u32, failover: Failover) {
        let Some(best) = self.candidate(store, shard) else {
            return self.await_failover(store, shard, Phase::Stranded);
        };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let Copies::Replicated(replicated) = &cluster.copies else { return };
        let state = &mut self.stores[store].shards[shard as usize];
        let since = state.down_since.take().unwrap_or(self.now);
        self.recorder.counted(failover.promotions, 1);
        self.recorder.counted(replicated.lost, state.versions.lost(best));
        if let Some(first) = state.versions.lost_since(best) {
            self.recorder.timed(failover.lost_since, since.since(first));
        }
        state.versions.forget();
        (state.primary, state.failover) = (best, Phase::Idle);
        self.recorder.timed(replicated.outage, self.now.since(since));
    }
}
