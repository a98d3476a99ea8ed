//! What can be seen of a run from outside, for whoever draws it.

use super::{Recorder, Simulation};
use crate::component::BreakerState;
use crate::model::StationId;

/// Whether something works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// It works.
    Up,
    /// It has crashed.
    Down,
    /// Its servers stand still.
    Halted,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Whether a station works; the cores of a replica stand for the replica.
    pub fn condition(&self, station: StationId) -> Condition {
        if self.is_down(station) {
            Condition::Down
        } else if self.is_halted(station) {
            Condition::Halted
        } else {
            Condition::Up
        }
    }

    /// What the breaker of a guard is, by the guard's number in the model; `None` if it has none.
    pub fn breaker(&self, guard: usize) -> Option<BreakerState> {
        self.guards.breaker(guard)
    }

    /// Messages that wait for a consumer, by its number among the model's subscriptions.
    pub fn messages_waiting(&self, subscription: usize) -> u32 {
        self.consumers[subscription].waiting()
    }

    /// When the next event happens; `None` if nothing is left to happen.
    pub fn next_time(&mut self) -> Option<crate::time::Time> {
        self.queue.next_time()
    }
}
