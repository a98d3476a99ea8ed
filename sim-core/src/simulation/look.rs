//! What can be seen of a run from outside, for whoever draws it.

use super::faults::Peer;
use super::scaling::Stage;
use super::{Recorder, Simulation};
use crate::component::{BreakerState, NONE};
use crate::model::{Copies, FaultKind, StationId};

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

/// What becomes of messages between two regions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Link {
    /// They pass.
    Open,
    /// Some are lost, or they take longer.
    Disturbed,
    /// None passes.
    Cut,
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

    /// What the faults of the present do to messages between two whole regions, whoever sends them.
    pub fn link(&self, from: u16, to: u16) -> Link {
        let peers = |region: u16| {
            let region = &self.model.places.regions[usize::from(region)];
            let last = region.first + region.zones.len() as u16 - 1;
            [region.first, last].map(|place| Peer { service: NONE, station: NONE, place })
        };
        let (from, to) = (peers(from), peers(to));
        let faults = self.faults.active.iter().filter_map(|&unit| {
            let unit = &self.model.fault_units[unit as usize];
            match &self.model.faults[unit.fault as usize].kind {
                FaultKind::Network(it) => {
                    let is_whole = it.concerns(from[0], to[0]) && it.concerns(from[1], to[1]);
                    is_whole.then_some(it.lost)
                }
                _ => None,
            }
        });
        match faults.reduce(f64::max) {
            None => Link::Open,
            Some(lost) if lost < 1.0 => Link::Disturbed,
            Some(_) => Link::Cut,
        }
    }

    /// The stations that take writes of a store with several copies, by its number among the model's stores.
    pub fn primaries(&self, store: usize) -> impl Iterator<Item = StationId> {
        let model = self.model;
        let of = &model.stores[store];
        let cluster = of.cluster.as_ref();
        let members = move |shard: u32| match cluster.map(|cluster| (cluster, &cluster.copies)) {
            Some((cluster, Copies::Replicated(_))) => {
                let primary = self.stores[store].primary(shard);
                cluster.member(shard, primary)..cluster.member(shard, primary) + 1
            }
            Some((cluster, Copies::Primaries { count, .. })) => {
                cluster.member(shard, 0)..cluster.member(shard, 0) + count
            }
            _ => 0..0,
        };
        let shards = 0..cluster.map_or(0, |cluster| cluster.shards);
        shards.flat_map(members).map(|member| of.members[member as usize].station)
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
