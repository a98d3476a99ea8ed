//! Queries that go to several copies of a shard at once: quorums, and reads that take the newest answer.

use super::super::interpreter::Flow;
use super::super::{Recorder, Simulation};
use super::filed_under;
use crate::component::{Ending, FrameId, NONE};
use crate::model::{AskFor, StationId, Subject};
use crate::random::Draw;

impl<R: Recorder> Simulation<'_, R> {
    /// Sends a query to several copies. What a read has to find, the newest version that was acknowledged before, goes
    /// along as cargo; 0 says that it has been found.
    pub(super) fn ask(&mut self, at: FrameId, of: Subject, query: AskFor, need: u32) -> Flow {
        let frame = &self.frames[at];
        let (shard, key) = (frame.chosen, filed_under(of, frame.key));
        let mask = self.copies_to_ask(at, (of, shard), query, need);
        let count = mask.count_ones();
        if count < need {
            return self.find_nobody(at, of);
        }
        let now = self.now;
        let versions = &mut self.shard(of, shard).versions;
        self.frames[at].cargo = match query {
            AskFor::Write => versions.write(key, mask, now),
            AskFor::Read | AskFor::Newest { .. } => versions.acknowledged(key),
        };
        let members = self.copies_in(of, shard, mask);
        self.scatter_over(at, count, need, members)
    }

    /// The copies that are up, as a bit for each; of replicas no more than are asked, beginning at any.
    fn copies_to_ask(
        &self,
        at: FrameId,
        (of, shard): (Subject, u32),
        query: AskFor,
        need: u32,
    ) -> u32 {
        let copies = self.cluster(of).copies();
        let up = |copy: &u32| self.is_up(of, shard, *copy);
        let mask = |mask: u32, copy: u32| mask | 1 << copy;
        let AskFor::Newest { site } = query else {
            return (0..copies).filter(up).fold(0, mask);
        };
        let primary = self.stores[of.store as usize].shards[shard as usize].primary;
        let draw = Draw::new(self.frames[at].id, self.site_keys[site as usize]).bits();
        let first = ((u128::from(draw) * u128::from(copies)) >> 64) as u32;
        let turn = (0..copies).map(|turn| (first + turn) % copies);
        let replicas = turn.filter(|&copy| copy != primary).filter(up);
        replicas.take(need as usize).fold(0, mask)
    }

    /// A query has come to a copy.
    pub(super) fn admit(&mut self, at: FrameId, of: Subject, query: AskFor) -> Flow {
        let member = self.frames[at].chosen;
        let state = &self.stores[of.store as usize];
        let first = self.model.stores[of.store as usize].members[0].station;
        let station = StationId(first.0 + member);
        let is_down = state.members[member as usize].is_down;
        if is_down || self.stations[station.0 as usize].is_full() {
            self.miss(at, of, query);
            return match is_down {
                true => self.end(at, Ending::Failed),
                false => self.refuse(at, station),
            };
        }
        Flow::Continue
    }

    /// A write will not reach the copy that it was sent to.
    fn miss(&mut self, at: FrameId, of: Subject, query: AskFor) {
        if query == AskFor::Write {
            let frame = &self.frames[at];
            let (key, version) = (filed_under(of, frame.key), frame.cargo);
            let (shard, copy) = self.cluster(of).shard_and_copy(frame.chosen);
            self.shard(of, shard).versions.lose(key, version, copy);
        }
    }

    /// A copy has run a query: a write has arrived there, or it is known whether a read finds there what it has to.
    pub(super) fn answer(&mut self, at: FrameId, of: Subject, query: AskFor) -> Flow {
        if self.is_lost(at, of) {
            self.miss(at, of, query);
            return self.end(at, Ending::Failed);
        }
        let frame = &self.frames[at];
        let (key, version, now) = (filed_under(of, frame.key), frame.cargo, self.now);
        let (shard, copy) = self.cluster(of).shard_and_copy(frame.chosen);
        let versions = &mut self.shard(of, shard).versions;
        match query {
            AskFor::Write => {
                versions.arrive(key, version, copy, now);
            }
            AskFor::Read | AskFor::Newest { .. } => {
                if versions.has(key, version, copy) {
                    self.frames[at].cargo = 0;
                }
            }
        }
        Flow::Continue
    }

    /// An answer has come back. Only those count that were waited for.
    pub(super) fn tell(&mut self, at: FrameId) -> Flow {
        let frame = &self.frames[at];
        if frame.cargo == 0 {
            let waiter = self.frames[frame.parent].parent;
            if waiter != NONE {
                self.frames[waiter].cargo = 0;
            }
        }
        Flow::Continue
    }

    /// Enough copies have answered.
    pub(super) fn settled(&mut self, at: FrameId, of: Subject, query: AskFor) -> Flow {
        let frame = &self.frames[at];
        let (key, version, shard, now) =
            (filed_under(of, frame.key), frame.cargo, frame.chosen, self.now);
        let freshness = self.cluster(of).freshness();
        let versions = &mut self.shard(of, shard).versions;
        if query == AskFor::Write {
            versions.acknowledge(key, version, now);
            return Flow::Continue;
        }
        let since = versions.acknowledged_at(key, version);
        let Some(freshness) = freshness else { return Flow::Continue };
        self.recorder.counted(freshness.reads, 1);
        if version != 0 {
            self.recorder.counted(freshness.stale, 1);
            if let Some(since) = since {
                self.recorder.timed(freshness.staleness, now.since(since));
            }
        }
        Flow::Continue
    }
}
