//! What can be seen of a run from outside, for whoever draws it.

use super::scaling::Stage;
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
    /// It is a replica that does not exist at present.
    Off,
    /// It is a replica that starts, and does not serve yet.
    Starting,
    /// It is a replica that is sent nothing: it finishes what it has, or waits for its turn.
    Aside,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Whether a station works; the cores of a replica stand for the replica.
    pub fn condition(&self, station: StationId) -> Condition {
        if self.is_down(station) {
            Condition::Down
        } else if self.is_halted(station) {
            Condition::Halted
        } else {
            self.stage(station).map_or(Condition::Up, |stage| match stage {
                Stage::Off => Condition::Off,
                Stage::Starting => Condition::Starting,
                Stage::Standby | Stage::Draining => Condition::Aside,
                Stage::Serving => Condition::Up,
            })
        }
    }

    /// What the replica that these are the cores of is doing, where the number of replicas changes.
    fn stage(&self, station: StationId) -> Option<Stage> {
        self.model.fleets.iter().zip(&self.scaling.fleets).find_map(|(fleet, state)| {
            let number = station.0.checked_sub(fleet.cores_at(self.model, 0).0)?;
            state.replicas.get(number as usize).map(|replica| replica.stage)
        })
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
