//! Writes and their way to other copies.

use super::super::interpreter::Flow;
use super::super::{Happening, Recorder, Simulation};
use super::filed_under;
use crate::component::{Ending, FrameId};
use crate::model::{Copies, Store, Subject};
use crate::spec::WriteOrder;

impl<'m, R: Recorder> Simulation<'m, R> {
    /// A copy has run a write; the others are sent it, and the frame waits for `need` of them.
    pub(super) fn commit(&mut self, at: FrameId, of: Subject, need: u32) -> Flow {
        if self.is_lost(at, of) {
            return self.end(at, Ending::Failed);
        }
        let cluster = self.cluster(of);
        if cluster.shipping().is_none() {
            return Flow::Continue;
        }
        let frame = &self.frames[at];
        let (key, member) = (filed_under(of, frame.key), frame.chosen);
        let (shard, copy) = cluster.shard_and_copy(member);
        let conflict = match cluster.copies {
            Copies::Primaries { writes, conflicts, .. } => Some((writes, conflicts)),
            // While it stood still another has become the primary.
            _ if self.stores[of.store as usize].shards[shard as usize].primary != copy => {
                return self.end(at, Ending::Failed);
            }
            _ => None,
        };
        let others = (0..cluster.copies())
            .filter(|&other| other != copy && self.is_up(of, shard, other))
            .fold(0u32, |mask, other| mask | 1 << other);
        let now = self.now;
        let versions = &mut self.shard(of, shard).versions;
        let is_behind = conflict.is_some() && versions.shown(key, copy).stale_since.is_some();
        let version = versions.write(key, others, now);
        if need == 0 {
            versions.acknowledge(key, version, now);
        }
        if let Some((writes, conflicts)) = conflict {
            self.recorder.counted(writes, 1);
            self.recorder.counted(conflicts, u64::from(is_behind));
        }
        if let Some(recent) = &mut self.stores[of.store as usize].recent {
            recent.write(key, now);
        }
        self.frames[at].cargo = version;
        if others == 0 {
            return Flow::Continue;
        }
        self.carry_to_copies(of, shard, (member, others));
        let members = self.copies_in(of, shard, others);
        self.scatter_over(at, others.count_ones(), need.min(others.count_ones()), members)
    }

    /// Counts the messages that take a write from a member to the copies of a mask.
    fn carry_to_copies(&mut self, of: Subject, shard: u32, (member, others): (u32, u32)) {
        if self.model.places.is_one() {
            return;
        }
        let store: &'m Store = &self.model.stores[of.store as usize];
        let from = store.members[member as usize].place;
        for (_, other) in self.copies_in(of, shard, others) {
            let to = store.members[other as usize].place;
            self.carried(from, to, self.model.transfers.request);
        }
    }

    /// The copies of a mask, as branches to scatter: each with its member.
    pub(super) fn copies_in(
        &self,
        of: Subject,
        shard: u32,
        mask: u32,
    ) -> impl Iterator<Item = (u32, u32)> + use<'m, R> {
        let store: &'m Store = &self.model.stores[of.store as usize];
        let copies = (0..u32::BITS).filter(move |copy| mask & 1 << copy != 0);
        copies.map(move |copy| {
            let member = store.cluster.as_ref().map_or(0, |cluster| cluster.member(shard, copy));
            (copy, member)
        })
    }

    /// Those that a write waited for have it.
    pub(super) fn acknowledged(&mut self, at: FrameId, of: Subject) -> Flow {
        if self.is_lost(at, of) {
            return self.end(at, Ending::Failed);
        }
        let frame = &self.frames[at];
        let (key, version) = (filed_under(of, frame.key), frame.cargo);
        let (shard, _) = self.cluster(of).shard_and_copy(frame.chosen);
        let now = self.now;
        self.shard(of, shard).versions.acknowledge(key, version, now);
        Flow::Continue
    }

    /// A write sets out for another copy; in order, it arrives no sooner than the one before it.
    pub(super) fn ship(&mut self, at: FrameId, of: Subject) -> Flow {
        let frame = &self.frames[at];
        let cluster = self.cluster(of);
        let (shard, copy) = cluster.shard_and_copy(frame.chosen);
        let Some(shipping) = cluster.shipping() else { return Flow::Continue };
        let mut arrival = self.now + self.laws.time(shipping.lag, frame.id);
        let last = &mut self.shard(of, shard).last_arrival[copy as usize];
        if shipping.order == WriteOrder::InOrder {
            arrival = arrival.max(*last);
            *last = arrival;
        }
        self.frames[at].spent.network += arrival.since(self.now);
        self.schedule(arrival, Happening::Resume(at));
        Flow::Stop
    }

    /// A write has arrived at a copy, unless that or its primary is down: what was under way then is lost.
    pub(super) fn arrived(&mut self, at: FrameId, of: Subject) -> Flow {
        let frame = &self.frames[at];
        let (key, version) = (filed_under(of, frame.key), frame.cargo);
        let cluster = self.cluster(of);
        let (shard, copy) = cluster.shard_and_copy(frame.chosen);
        let lag = cluster.freshness().map(|freshness| freshness.lag);
        let (is_up, now) = (self.is_up(of, shard, copy), self.now);
        let state = self.shard(of, shard);
        if state.down_since.is_some() || !is_up {
            return self.end(at, Ending::Failed);
        }
        let took = state.versions.arrive(key, version, copy, now);
        if let (Some(lag), Some(took)) = (lag, took) {
            self.recorder.timed(lag, took);
        }
        Flow::Continue
    }
}
