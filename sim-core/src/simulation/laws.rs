//! The model's laws in a run: each with its own stream of draws.

use crate::model::{LawId, Model};
use crate::random::{Draw, Key, Sampler};
use crate::time::Duration;

/// Laws by [`LawId`], side by side with the keys of their streams: a draw touches one place.
pub(super) struct Laws<'m>(Vec<(&'m Sampler, Key)>);

impl<'m> Laws<'m> {
    pub(super) fn new(model: &'m Model, key: impl Fn(u64) -> Key) -> Laws<'m> {
        Laws(model.laws.iter().map(|law| (&law.sampler, key(law.name))).collect())
    }

    /// The laws are those of another model from now on; each keeps its stream.
    pub(super) fn change(&mut self, model: &'m Model) {
        for (law, (sampler, _)) in model.laws.iter().zip(&mut self.0) {
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
