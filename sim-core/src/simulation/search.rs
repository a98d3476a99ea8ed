//! Search engines in a run: which shard, and what a read sees.

use super::interpreter::Flow;
use super::{Recorder, Simulation};
use crate::component::FrameId;
use crate::model::SearchStep;
use crate::random::{Draw, mix};
use crate::time::{Duration, Time};

/// The writes since the last refresh of an index.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct SearchState {
    /// The first of them, and after how many refreshes that was.
    first: Option<(u64, Time)>,
}

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(super) fn search(&mut self, at: FrameId, step: SearchStep) -> Flow {
        match step {
            SearchStep::Read(search) => self.read_index(search),
            SearchStep::All => self.frames[at].chosen = 0,
            SearchStep::Route { search, keys, site } => {
                let frame = &mut self.frames[at];
                let shards = u128::from(self.model.searches[search as usize].shards);
                let bits = match keys {
                    Some(keys) => {
                        mix(frame.key.wrapping_add(self.model.keys[keys.0 as usize].site))
                    }
                    None => Draw::new(frame.id, self.site_keys[site as usize]).bits(),
                };
                frame.chosen = ((u128::from(bits) * shards) >> 64) as u32;
            }
            SearchStep::Indexed(search) => {
                let model = &self.model.searches[search as usize];
                self.recorder.counted(model.indexed, 1);
                let refreshes = self.refreshes(model.refresh);
                let state = &mut self.searches[search as usize];
                if state.first.is_none_or(|(before, _)| before != refreshes) {
                    state.first = Some((refreshes, self.now));
                }
            }
        }
        Flow::Continue
    }

    fn read_index(&mut self, search: u32) {
        let model = &self.model.searches[search as usize];
        let refreshes = self.refreshes(model.refresh);
        match self.searches[search as usize].first {
            Some((after, since)) if model.refresh.is_some() && after == refreshes => {
                self.recorder.counted(model.stale, 1);
                self.recorder.timed(model.staleness, self.now.since(since));
            }
            _ => self.recorder.counted(model.fresh, 1),
        }
    }

    /// How often an index has been refreshed until now.
    fn refreshes(&self, every: Option<Duration>) -> u64 {
        every.map_or(0, |every| self.now.since(Time::ZERO).0 / every.0)
    }
}
