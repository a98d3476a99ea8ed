//! Crashes of members, and who takes their place.

use super::super::{Happening, Recorder, Simulation};
use super::StoreState;
use crate::model::{Copies, Replicated, StationId};

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
        let shard = &mut state.shards[shard as usize];
        if loses {
            state.members[member as usize].crashed = Some(self.now);
            shard.versions.lose_all(copy);
        }
        if let Copies::Replicated(Replicated { failover, .. }) = cluster.copies
            && shard.primary == copy
        {
            shard.down_since = Some(self.now);
            if let Some(takes) = failover {
                self.schedule(self.now + takes, Happening::Promotion(station));
            }
        }
    }

    /// A member is back. A primary that nobody has replaced goes on, and its replicas have what it has; any other is a
    /// replica and has what the others have.
    pub(in crate::simulation) fn member_returns(&mut self, station: u32) {
        let Some((store, member)) = self.member_at(station) else { return };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let (shard, copy) = cluster.shard_and_copy(member);
        let state = &mut self.stores[store];
        state.members[member as usize].is_down = false;
        let Copies::Replicated(replicated) = &cluster.copies else { return };
        let state = &mut state.shards[shard as usize];
        let Some(since) = state.down_since else { return };
        if state.primary == copy {
            state.down_since = None;
            state.versions.forget();
            self.recorder.timed(replicated.outage, self.now.since(since));
        } else if replicated.failover.is_some_and(|takes| self.now.since(since) >= takes) {
            self.replace_primary(store, shard);
        }
    }

    /// The store and the member that a station is.
    fn member_at(&self, station: u32) -> Option<(usize, u32)> {
        let stores = &self.model.stores;
        let after = stores.partition_point(|it| it.members[0].station <= StationId(station));
        let store = after.checked_sub(1)?;
        Some((store, station - stores[store].members[0].station.0))
    }

    /// The time has passed after which the crashed primary at a station is to be replaced.
    pub(in crate::simulation) fn promotion(&mut self, station: u32) {
        let Some((store, member)) = self.member_at(station) else { return };
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let Copies::Replicated(Replicated { failover: Some(takes), .. }) = cluster.copies else {
            return;
        };
        let (shard, copy) = cluster.shard_and_copy(member);
        let state = &self.stores[store].shards[shard as usize];
        // It may be back, or have been back and crashed again.
        let is_due = state.down_since.is_some_and(|since| self.now.since(since) >= takes);
        if is_due && state.primary == copy {
            self.replace_primary(store, shard);
        }
    }

    /// The replica that has received most becomes the primary, if one is up.
    fn replace_primary(&mut self, store: usize, shard: u32) {
        let Some(cluster) = &self.model.stores[store].cluster else { return };
        let Copies::Replicated(replicated) = &cluster.copies else { return };
        let StoreState { shards, members, .. } = &mut self.stores[store];
        let state = &mut shards[shard as usize];
        let is_up = |copy: &u32| !members[cluster.member(shard, *copy) as usize].is_down;
        let candidates = (0..=replicated.replicas).filter(is_up);
        let Some(best) = candidates.min_by_key(|&copy| state.versions.lost(copy)) else { return };
        self.recorder.counted(replicated.lost, state.versions.lost(best));
        state.versions.forget();
        state.primary = best;
        if let Some(since) = state.down_since.take() {
            self.recorder.timed(replicated.outage, self.now.since(since));
        }
    }
}
