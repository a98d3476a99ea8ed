//! Changing the number of shards while they serve.

use super::super::interpreter::Flow;
use super::super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::{Frame, FrameId, FrameKind, NONE};
use crate::model::{Cluster, Resharding, Sharded};
use crate::random::{Permutation, mix};
use crate::time::Time;
use std::collections::BTreeSet;

/// Keys that are looked at for one that has to move, at most, before time passes.
const LOOKED_AT: u64 = 10_000;

/// How far a change of the number of shards is.
pub(super) struct Moving {
    /// In which order keys are copied.
    order: Permutation,
    /// How many keys there are.
    keys: u64,
    /// How many of them have been looked at.
    looked_at: u64,
    /// Those that are being copied.
    under_way: BTreeSet<u64>,
    /// Those of them that were lost with a member on the way.
    again: Vec<u64>,
    begun: bool,
}

impl Moving {
    pub(super) fn new(cluster: &Cluster) -> Option<Moving> {
        let reshard = cluster.sharding.as_ref()?.reshard.as_ref()?;
        let keys = reshard.placement.keys();
        Some(Moving {
            order: Permutation::new(keys, cluster.site),
            keys,
            looked_at: 0,
            under_way: BTreeSet::new(),
            again: Vec::new(),
            begun: false,
        })
    }

    /// The next key that has to move, if one is found soon.
    fn next(&mut self, sharded: &Sharded, reshard: &Resharding) -> Option<u64> {
        if let Some(key) = self.again.pop() {
            return Some(key);
        }
        for _ in 0..LOOKED_AT.min(self.keys - self.looked_at) {
            let key = self.order.apply(self.looked_at);
            self.looked_at += 1;
            if sharded.placement.shard_of(key) != reshard.placement.shard_of(key) {
                self.under_way.insert(key);
                return Some(key);
            }
        }
        None
    }

    /// Whether a key lives where the new number of shards puts it.
    fn has_moved(&self, key: u64) -> bool {
        self.begun
            && (self.is_over()
                || self.order.rank_of(key) < self.looked_at && !self.under_way.contains(&key))
    }

    fn is_over(&self) -> bool {
        self.looked_at == self.keys && self.under_way.is_empty()
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the beginnings.
    pub(in crate::simulation) fn start_resharding(&mut self) {
        for store in 0..self.stores.len() as u32 {
            if let Some((_, reshard)) = self.resharding(store) {
                let begins = Time::ZERO + reshard.at;
                self.schedule(begins, Happening::Reshard(store));
            }
        }
    }

    fn resharding(&self, store: u32) -> Option<(&Sharded, &Resharding)> {
        let cluster = self.model.stores[store as usize].cluster.as_ref()?;
        let sharded = cluster.sharding.as_ref()?;
        Some((sharded, sharded.reshard.as_ref()?))
    }

    /// The shard on which a key lives now.
    pub(super) fn shard_of(&self, store: u32, key: u64) -> u32 {
        let cluster = self.model.stores[store as usize].cluster.as_ref();
        let Some(sharded) = cluster.and_then(|cluster| cluster.sharding.as_ref()) else { return 0 };
        match (&sharded.reshard, &self.stores[store as usize].moving) {
            (Some(reshard), Some(moving)) if moving.has_moved(key) => {
                reshard.placement.shard_of(key)
            }
            _ => sharded.placement.shard_of(key),
        }
    }

    /// How many shards have keys now.
    pub(super) fn shards_in_use(&self, store: u32) -> u32 {
        let cluster = self.model.stores[store as usize].cluster.as_ref();
        let Some(sharded) = cluster.and_then(|cluster| cluster.sharding.as_ref()) else { return 1 };
        let before = sharded.placement.shards();
        match (&sharded.reshard, &self.stores[store as usize].moving) {
            (Some(reshard), Some(moving)) if moving.begun => match moving.is_over() {
                true => reshard.placement.shards(),
                false => before.max(reshard.placement.shards()),
            },
            _ => before,
        }
    }

    /// The next key that has to move is copied.
    pub(in crate::simulation) fn reshard(&mut self, store: u32) {
        let Some(cluster) = &self.model.stores[store as usize].cluster else { return };
        let Some(sharded) = &cluster.sharding else { return };
        let Some(reshard) = &sharded.reshard else { return };
        let state = &mut self.stores[store as usize];
        let Some(moving) = &mut state.moving else { return };
        moving.begun = true;
        if let Some(key) = moving.next(sharded, reshard) {
            let shard = sharded.placement.shard_of(key);
            let id = mix(cluster.site.wrapping_add(key));
            let mut frame = Frame::new(id, reshard.program, NONE, self.now);
            // Nobody waits for it.
            frame.kind = FrameKind::Ghost;
            frame.key = key;
            frame.chosen = cluster.member(shard, state.shards[shard as usize].primary);
            let frame = self.frames.insert(frame);
            self.ready.push_back(frame);
            self.overloaded |= self.frames.len() > MAX_IN_FLIGHT;
        }
        if moving.looked_at < moving.keys || !moving.again.is_empty() {
            self.schedule(self.now + reshard.every, Happening::Reshard(store));
        } else {
            self.finish_resharding(store);
        }
    }

    /// A key has been read at its old shard; it goes to the new one.
    pub(super) fn fetched(&mut self, at: FrameId, store: u32) -> Flow {
        let Some((_, reshard)) = self.resharding(store) else { return self.bury(at) };
        let shard = reshard.placement.shard_of(self.frames[at].key);
        let primary = self.stores[store as usize].shards[shard as usize].primary;
        let cluster = self.model.stores[store as usize].cluster.as_ref();
        self.frames[at].chosen = cluster.map_or(0, |cluster| cluster.member(shard, primary));
        Flow::Continue
    }

    /// A key has been copied: from now on it is read and written at its new shard.
    pub(super) fn moved(&mut self, at: FrameId, store: u32) -> Flow {
        let key = self.frames[at].key;
        if let Some((_, reshard)) = self.resharding(store) {
            let moved = reshard.moved;
            self.recorder.counted(moved, 1);
        }
        if let Some(moving) = &mut self.stores[store as usize].moving {
            moving.under_way.remove(&key);
        }
        self.finish_resharding(store);
        self.bury(at)
    }

    /// Keys that are being copied at a station that crashes are copied again.
    pub(super) fn copy_again(&mut self, store: usize, station: u32) {
        let Some((_, reshard)) = self.resharding(store as u32) else { return };
        let program = reshard.program..reshard.program + 4;
        let is_lost = |frame: &Frame| {
            frame.station == station
                && frame.kind == FrameKind::Ghost
                && program.contains(&frame.pc)
        };
        let lost = self.frames.in_use().into_iter().map(|at| &self.frames[at]);
        let mut keys: Vec<u64> = lost.filter(|frame| is_lost(frame)).map(|it| it.key).collect();
        keys.sort_unstable();
        let Some(moving) = &mut self.stores[store].moving else { return };
        let is_idle = moving.looked_at == moving.keys && moving.again.is_empty();
        moving.again.extend(&keys);
        if is_idle && !keys.is_empty() {
            self.schedule(self.now, Happening::Reshard(store as u32));
        }
    }

    /// Tells how long it took, if it is over.
    fn finish_resharding(&mut self, store: u32) {
        let is_over = self.stores[store as usize].moving.as_ref().is_some_and(Moving::is_over);
        if let Some((_, reshard)) = self.resharding(store)
            && is_over
        {
            let (duration, took) = (reshard.duration, self.now.since(Time::ZERO + reshard.at));
            self.recorder.timed(duration, took);
        }
    }
}
