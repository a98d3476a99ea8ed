//! Which keys requests carry.

use super::interpreter::Flow;
use super::{Recorder, Simulation};
use crate::component::{Frame, FrameId};
use crate::model::{KeysId, Population, Ranking};
use crate::random::{Draw, Key};
use crate::time::Time;

/// The streams of draws of a population, and where the present ranking comes from.
pub(super) struct KeysState {
    /// Which rank a request asks for.
    rank: Key,
    /// Which ranking is in force.
    ranking: Key,
    /// How large what is stored under a key is.
    size: Key,
}

impl KeysState {
    pub(super) fn new(population: &Population, key: impl Fn(u64) -> Key) -> KeysState {
        let key = key(population.site);
        KeysState { rank: key, ranking: key.part(RANKING), size: key.part(SIZE) }
    }
}

/// The parts of a population's key that rankings and sizes draw from.
const RANKING: u64 = 1;
const SIZE: u64 = 2;

impl<R: Recorder> Simulation<'_, R> {
    /// Sets the key that the frame's next query is about.
    pub(super) fn pick(&mut self, at: FrameId, keys: KeysId, another: Option<u32>) -> Flow {
        let frame = &self.frames[at];
        let who = match another {
            None => frame.request,
            Some(site) => frame.id.wrapping_add(self.model.sites[site as usize]),
        };
        let key = self.key_of(keys, who, frame);
        self.frames[at].key = key;
        Flow::Continue
    }

    /// The key of a population that `who` asks for: a rank drawn by popularity, in the ranking that is in force for
    /// this request.
    pub(super) fn key_of(&self, keys: KeysId, who: u64, frame: &Frame) -> u64 {
        let (population, state) = (&self.model.keys[keys.0 as usize], &self.keys[keys.0 as usize]);
        let rank = population.popularity.sample(&mut Draw::new(who, state.rank));
        let owner = match population.ranking {
            Ranking::Common => 0,
            Ranking::PerKey(owner) => self.key_of(owner, frame.request, frame).wrapping_add(1),
            Ranking::PerRegion => u64::from(frame.place) + 1,
        };
        let epoch = match population.changes {
            Some(changes) => self.now.since(Time::ZERO).0 / changes.0,
            None => 0,
        };
        if owner == 0 && epoch == 0 {
            return rank;
        }
        let which = Draw::new(owner, state.ranking.part(epoch)).bits();
        population.permuted(which).apply(rank)
    }

    /// How large what is stored under a key is, in bytes; the same at every time.
    pub(super) fn size_of(&self, keys: KeysId, key: u64) -> u64 {
        let (population, state) = (&self.model.keys[keys.0 as usize], &self.keys[keys.0 as usize]);
        population.size.sample(&mut Draw::new(key, state.size)) as u64
    }
}
