//! Changes in a run: at its instant the model is another, with the same things in the same places.

use super::{Recorder, Simulation, Stopped};
use crate::component::Capacity;
use crate::model::{Model, StationGroup, StationId};
use crate::time::Time;

impl<'m, R: Recorder> Simulation<'m, R> {
    /// When the model changes next.
    pub(super) fn next_change(&self) -> Option<Time> {
        self.changes.first().map(|change| change.at)
    }

    /// Whether that is before all else that is to happen.
    pub(crate) fn is_change_next(&mut self) -> bool {
        let next = self.queue.next_time().unwrap_or(Time::MAX);
        self.next_change().is_some_and(|at| at < next)
    }

    /// Runs up to `until`, and makes the changes on the way: each once all that is due at its instant has happened.
    pub(super) fn run_through_changes(&mut self, until: Time, max_events: u64) -> Stopped {
        while let Some(at) = self.next_change().filter(|&at| at <= until) {
            match self.run_unchanged(at, max_events) {
                Stopped::Horizon | Stopped::Finished => self.make_change(),
                stopped => return stopped,
            }
        }
        self.run_unchanged(until, max_events)
    }

    /// Makes the next change, which is due now.
    pub(super) fn make_change(&mut self) {
        let Some((change, rest)) = self.changes.split_first() else { return };
        self.changes = rest;
        self.now = self.now.max(change.at);
        self.go_on_as(&change.model);
    }

    /// Goes on as a run of `model`, if that has the same things in the same places, and beside them at most faults that begin
    /// later ([`Model::continues`]). It is then the run that `model` has from the start, provided that they differ in these
    /// and in changes only, and in no change of an instant before now.
    pub fn follow(&mut self, model: &'m Model) -> bool {
        let added = model.fault_units.len().saturating_sub(self.model.fault_units.len());
        if !model.continues(self.model, self.now) || self.queue.room() < added as u64 {
            return false;
        }
        let past = model.changes.partition_point(|change| change.at <= self.now);
        self.changes = &model.changes[past..];
        self.go_on_as(model.at(self.now));
        if added > 0 {
            self.add_faults();
        }
        true
    }

    /// From now on the run is one of another model, which has the same things in the same places
    /// ([`Model::has_frame_of`]). What is under way goes on.
    pub fn go_on_as(&mut self, model: &'m Model) {
        let before = std::mem::replace(&mut self.model, model);
        self.laws.change(&model.laws);
        self.faults.laws.change(&model.fault_laws);
        for (group, was) in model.stations.iter().zip(&before.stations) {
            if (group.servers, group.queue) != (was.servers, was.queue) {
                self.resize_stations(group, was);
            }
        }
        for (index, (fleet, was)) in (0..).zip(model.fleets.iter().zip(&before.fleets)) {
            if fleet.autoscaler.is_none() && fleet.start != was.start {
                self.want(index, fleet.start);
            }
        }
        for (index, (cache, was)) in (0..).zip(model.caches.iter().zip(&before.caches)) {
            if (cache.size, cache.stale) != (was.size, was.stale) {
                self.resize_cache(index);
            }
        }
        self.change_limits(before);
        for (index, (client, was)) in (0..).zip(model.clients.iter().zip(&before.clients)) {
            self.change_source(index, &was.source, &client.source);
        }
        while let Some(frame) = self.ready.pop_front() {
            self.run(frame);
        }
    }

    /// Limits, quotas, bulkheads and the workers of consumers are those of the present model from now on.
    fn change_limits(&mut self, before: &Model) {
        let model = self.model;
        for (index, (place, was)) in model.limits.iter().zip(&before.limits).enumerate() {
            if place.limit != was.limit {
                self.change_limit(index);
            }
        }
        let quotas = model.holds.quotas.iter().zip(&before.holds.quotas);
        for (index, (quota, was)) in quotas.enumerate() {
            if quota.rule != was.rule {
                self.holdings.change_quota(index, quota.rule, self.now);
            }
        }
        for (index, (guard, was)) in model.guards.iter().zip(&before.guards).enumerate() {
            if guard.bulkhead != was.bulkhead {
                self.change_bulkhead(index);
            }
        }
        for (index, (to, was)) in (0..).zip(model.subscriptions.iter().zip(&before.subscriptions)) {
            if (to.workers, to.per_replica, to.terms) != (was.workers, was.per_replica, was.terms) {
                self.change_consumer(index);
            }
        }
    }

    /// The stations of a group have other servers, or room for others to wait.
    fn resize_stations(&mut self, group: &StationGroup, was: &StationGroup) {
        let capacity = Capacity::new(group.servers, group.queue);
        let mut started = Vec::new();
        for number in group.first.0..group.first.0 + group.count {
            let id = StationId(number);
            let station = &mut self.stations[number as usize];
            if group.servers != was.servers {
                self.recorder.occupancy(self.now, id, station.in_system());
                self.recorder.resized(self.now, id, group.servers);
                self.meter.resized(self.now, id, station.in_system(), group.servers);
            }
            if self.faults.keep_capacity(number, capacity) {
                continue;
            }
            station.resize(self.now, capacity, &self.frames, &mut started);
            self.get_going(id, &mut started);
        }
    }
}
