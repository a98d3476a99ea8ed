//! The model's laws in a run: each with its own stream of draws.

use crate::model::{LawId, PlacedLaw};
use crate::random::{Draw, Key, Sampler};
use crate::time::Duration;

/// Laws by [`LawId`], side by side with the keys of their streams: a draw touches one place.
#[derive(Default)]
pub(super) struct Laws<'m>(Vec<(&'m Sampler, Key)>);

impl<'m> Laws<'m> {
    pub(super) fn new(laws: &'m [PlacedLaw], key: impl Fn(u64) -> Key) -> Laws<'m> {
        Laws(laws.iter().map(|law| (&law.sampler, key(law.name))).collect())
    }

    /// Takes in those of `laws` that are behind the ones known.
    pub(super) fn grow(&mut self, laws: &'m [PlacedLaw], key: impl Fn(u64) -> Key) {
        let added = laws.iter().skip(self.0.len());
        self.0.extend(added.map(|law| (&law.sampler, key(law.name))));
    }

    /// The laws are these from now on; each keeps its stream.
    pub(super) fn change(&mut self, laws: &'m [PlacedLaw]) {
        for (law, (sampler, _)) in laws.iter().zip(&mut self.0) {
            *sampler = &law.sampler;
        }
    }

    /// A draw of `law` for the frame with identity `id`.
    #[inline]
    pub(super) fn number(&self, law: LawId, id: u64) -> f64 {
        let (sampler, key) = self.0[law.0 as usize];
        sampler.sample(&mut Draw::new(id, key))
    }

    /// The same, of a law of times.
    #[inline]
    pub(super) fn time(&self, law: LawId, id: u64) -> Duration {
        Duration::from_nanos(self.number(law, id))
    }
}
