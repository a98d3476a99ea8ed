//! Which systems are up in a run: told whenever something has broken or works again.

use super::{Recorder, Simulation};
use crate::model::{Broken, Copies, ServiceId, StationId, Up};
use std::ops::Range;

/// What a system is made of: how many of its parts are up, of how many.
#[derive(Clone, Copy, Default)]
struct Parts {
    up: u32,
    all: u32,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Tells of every system whether it is up.
    pub(super) fn rate_systems(&mut self) {
        let model = self.model;
        for (number, system) in (0..).zip(&model.systems) {
            let mut parts = Parts::default();
            let is_up = self.is_system_up(&system.up, &mut parts);
            self.recorder.system(self.now, number, is_up, is_up && parts.up == parts.all);
        }
    }

    /// Whether a system is up; counts its parts.
    fn is_system_up(&self, up: &Up, parts: &mut Parts) -> bool {
        match up {
            Up::AtLeast(needs, of) => {
                let up = of.iter().filter(|up| self.is_system_up(up, parts)).count();
                up >= *needs as usize
            }
            Up::Replicas { needs, of } => {
                let mut up = 0;
                for part in of {
                    if let Broken::Replicas(service, replicas) = part {
                        up += self.serving_replicas(*service, replicas.clone(), parts);
                    }
                }
                up >= *needs
            }
            Up::Members(store) => self.are_members_up(*store, parts),
            Up::Stations(stations) => {
                self.serving(stations.clone(), parts) == stations.len() as u32
            }
        }
    }

    /// How many of some replicas work. Where their number changes, those count that are in service, of as many as are
    /// wanted.
    fn serving_replicas(&self, service: ServiceId, replicas: Range<u32>, parts: &mut Parts) -> u32 {
        let target = &self.model.services[service.0 as usize];
        let first = target.cores.0;
        if target.fleet.is_none() {
            return self.serving(first + replicas.start..first + replicas.end, parts);
        }
        let serves = |&replica: &u32| {
            self.is_working(StationId(first + replica)) && self.is_in_service(service, replica)
        };
        let up = replicas.clone().filter(serves).count() as u32;
        let wanted = self.wanted_replicas(service, &replicas);
        parts.up += up.min(wanted);
        parts.all += wanted;
        up
    }

    /// How many of some stations work.
    fn serving(&self, stations: Range<u32>, parts: &mut Parts) -> u32 {
        let works = |&station: &u32| self.is_working(StationId(station));
        let up = stations.clone().filter(works).count() as u32;
        parts.up += up;
        parts.all += stations.len() as u32;
        up
    }

    fn is_working(&self, station: StationId) -> bool {
        !self.is_down(station) && !self.is_halted(station)
    }

    /// Whether every shard of a store takes writes.
    fn are_members_up(&self, store: u32, parts: &mut Parts) -> bool {
        let of = &self.model.stores[store as usize];
        let first = of.members[0].station.0;
        let members = of.members.len() as u32;
        let up = self.serving(first..first + members, parts);
        let Some(cluster) = &of.cluster else { return up == members };
        let state = &self.stores[store as usize];
        (0..cluster.shards).all(|shard| {
            let works = |copy: &u32| {
                let member = cluster.member(shard, *copy) as usize;
                self.is_working(of.members[member].station)
            };
            let working = (0..cluster.copies()).filter(works).count() as u32;
            match &cluster.copies {
                Copies::Single => working == 1,
                Copies::Replicated(_) => state.has_primary(shard, works),
                Copies::Quorum { read, write, .. } => working >= *read.max(write),
                Copies::Primaries { .. } => working > 0,
            }
        })
    }
}
