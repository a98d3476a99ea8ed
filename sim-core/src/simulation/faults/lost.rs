//! What a crash loses: who is at stations and on replicas, and who is told.
//!
//! What is lost is found first and acted upon afterwards, both in an order that does not depend on how the slab or a
//! waiting line happens to lie. A frame for which an event is still scheduled, or which waits for an answer from
//! elsewhere, stays behind as a ghost until that has come; so nothing has to be searched for in the event queue.

use super::super::interpreter::Flow;
use super::super::{Recorder, Simulation};
use crate::component::{Ending, Frame, FrameId, FrameKind, NONE};
use crate::model::{DELIVER, ServiceId, StationId, StationKind};
use crate::time::Duration;
use std::ops::Range;

/// A frame at a station that serves.
pub(super) struct Present {
    pub(super) station: u32,
    pub(super) frame: FrameId,
    pub(super) waits: bool,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Who is at the stations of a range that serve, by station, in the order in which they came.
    pub(super) fn present(&self, stations: &Range<u32>) -> Vec<Present> {
        let mut waiting: Vec<FrameId> = stations
            .clone()
            .flat_map(|station| self.stations[station as usize].line(&self.frames))
            .collect();
        waiting.sort_unstable();
        let mut present: Vec<Present> = (self.frames.in_use().into_iter())
            .filter(|&frame| stations.contains(&self.frames[frame].station))
            .map(|frame| Present {
                station: self.frames[frame].station,
                frame,
                waits: waiting.binary_search(&frame).is_ok(),
            })
            .collect();
        present.sort_by_key(|it| {
            let frame = &self.frames[it.frame];
            (it.station, frame.since, frame.id)
        });
        present
    }

    /// Everyone at some stations of a store, waiting or in service, fails; the stations are empty then. Returns how
    /// many they were.
    pub(super) fn fail_stations(&mut self, stations: Range<u32>) -> u64 {
        let mut failed = Vec::new();
        for it in self.throw_out(&stations) {
            let frame = &mut self.frames[it];
            if frame.kind == FrameKind::Ghost {
                self.bury_idle(it);
            } else if frame.void_events > 0 {
                let moved = self.leave_ghost(it);
                failed.push(moved);
            } else {
                failed.push(it);
            }
        }
        self.end_all(&failed, Ending::Failed)
    }

    /// Empties stations that serve. Whom they served has a void event scheduled still. Returns those who were there.
    fn throw_out(&mut self, stations: &Range<u32>) -> Vec<FrameId> {
        let present = self.present(stations);
        let mut attained: Vec<(FrameId, f64)> = Vec::new();
        for station in stations.clone() {
            if let Some(sharing) = self.stations[station as usize].sharing() {
                attained.extend(sharing.left(self.now));
            }
        }
        attained.sort_unstable_by_key(|&(frame, _)| frame);
        for it in &present {
            let is_halted = self.is_halted(StationId(it.station));
            let frame = &mut self.frames[it.frame];
            let sojourn = self.now.since(frame.since);
            let shared = attained.binary_search_by_key(&it.frame, |&(frame, _)| frame);
            let left = match shared {
                Ok(place) => attained[place].1 as u64,
                Err(_) if it.waits || is_halted => frame.due,
                Err(_) => {
                    frame.interrupt(self.now);
                    frame.due
                }
            };
            frame.station = NONE;
            let service = Duration(frame.demand.0.saturating_sub(left).min(sojourn.0));
            self.recorder.dropped(self.now, StationId(it.station), sojourn - service, service);
        }
        for station in stations.clone() {
            self.empty(StationId(station));
        }
        present.into_iter().map(|it| it.frame).collect()
    }

    fn empty(&mut self, station: StationId) {
        let at = &mut self.stations[station.0 as usize];
        self.recorder.occupancy(self.now, station, at.in_system());
        self.meter.occupancy(self.now, station, at.in_system());
        at.clear();
        if let Some(held) = self.faults.stations.get_mut(station.0 as usize)
            && let Some((_, served)) = &mut held.stopped
        {
            served.clear();
        }
    }

    /// A frame goes on in another place; in its own a ghost awaits the void events that are scheduled for it.
    pub(in crate::simulation) fn leave_ghost(&mut self, at: FrameId) -> FrameId {
        let ghost = &mut self.frames[at];
        let frame = Frame { void_events: 0, next: NONE, ..*ghost };
        ghost.give_up();
        (ghost.connection, ghost.holds, ghost.fetch) = (NONE, NONE, NONE);
        let moved = self.frames.insert(frame);
        self.faults.moved.push((at, moved));
        if R::TRACES {
            self.recorder.moved(at, moved);
        }
        moved
    }

    /// A ghost that is nowhere ends, unless void events are still to come.
    fn bury_idle(&mut self, at: FrameId) {
        if self.frames[at].void_events == 0 {
            self.bury(at);
        }
    }

    /// Frames for which nothing is scheduled end badly, some of them in other places than before. Returns for how many of
    /// them something fails that somebody waits for.
    pub(in crate::simulation) fn end_all(&mut self, failed: &[FrameId], ending: Ending) -> u64 {
        let mut moved = std::mem::take(&mut self.faults.moved);
        moved.sort_unstable();
        if !moved.is_empty() {
            let frames = &self.frames;
            self.clients.iter_mut().for_each(|client| client.follow(&moved, frames));
        }
        let mut felt = 0;
        for &at in failed {
            felt += u64::from(self.is_felt(at));
            if let Flow::Switch(next) = self.end(at, ending) {
                self.run(next);
            }
        }
        felt
    }

    /// Whether something fails that somebody waits for when a frame does: not one of a fork's branches, such as a shard's
    /// part of a search, while the others may do, nor another one after that has failed.
    pub(in crate::simulation) fn is_felt(&self, at: FrameId) -> bool {
        let parent = self.frames[at].parent;
        if parent == NONE {
            return true;
        }
        let fork = &self.frames[parent];
        fork.kind != FrameKind::Fork || (fork.parent != NONE && fork.left <= fork.need)
    }

    /// What replicas of a service were doing is lost, and who asked for it is told so. Returns how many requests that
    /// came through their doors they were.
    pub(in crate::simulation) fn crash_service(
        &mut self,
        service: ServiceId,
        replicas: Range<u32>,
    ) -> u64 {
        let lost = self.lost_with(service, &replicas);
        let is_lost = |frame: FrameId| lost.binary_search(&frame).is_ok();
        // Children that survive: how many for each of the lost, and which of the lost wait for a lost one.
        let mut surviving = vec![0u32; lost.len()];
        let mut waits_for_lost = vec![false; lost.len()];
        for frame in self.frames.in_use() {
            if let Ok(parent) = lost.binary_search(&self.frames[frame].parent) {
                match is_lost(frame) {
                    true => waits_for_lost[parent] = true,
                    false => surviving[parent] += 1,
                }
            }
        }
        let mut idle = self.empty_replicas(service, &replicas);
        idle.sort_unstable();
        let mut told = Vec::new();
        for &at in &lost {
            let frame = &self.frames[at];
            if frame.entered && !is_lost(frame.parent) {
                let teller = Frame {
                    connection: NONE,
                    holds_thread: false,
                    entered: false,
                    void_events: 0,
                    next: NONE,
                    holds: NONE,
                    fetch: NONE,
                    limit: NONE,
                    station: NONE,
                    ending: Ending::Done,
                    ..*frame
                };
                told.push((frame.since, frame.id, at, teller));
            }
        }
        self.leave_limits(&lost);
        for (place, &at) in lost.iter().enumerate() {
            let is_idle = idle.binary_search(&at).is_ok() || waits_for_lost[place];
            self.lose(at, surviving[place], is_idle);
        }
        for replica in replicas {
            let (balancer, number) = self.balancer_of(service.0, replica);
            self.balancers[balancer].forget(number);
            self.fleet_crashed(balancer, number);
            self.lose_environments(service, replica);
            self.forget_process_caches(service, replica);
        }
        told.sort_unstable_by_key(|&(since, id, at, _)| (since, id, at));
        let mut tellers = Vec::with_capacity(told.len());
        for (_, _, at, teller) in told {
            let took = self.now.since(teller.started);
            self.watch_answer(service.0, teller.replica, Ending::Failed, took);
            let moved = self.frames.insert(teller);
            self.faults.moved.push((at, moved));
            if R::TRACES {
                self.recorder.moved(at, moved);
            }
            tellers.push(moved);
        }
        self.end_all(&tellers, Ending::Failed)
    }

    /// Whoever passed a limit on the way in is under way no more.
    fn leave_limits(&mut self, lost: &[FrameId]) {
        for &at in lost {
            if self.frames[at].entered && self.frames[at].limit != NONE {
                self.leave_door(at, Ending::Failed);
                self.frames[at].limit = NONE;
            }
        }
    }

    /// The frames that run on some replicas of a service, in the order of the slab. A message on its way to a service,
    /// or an answer on its way to a client, is on no replica.
    fn lost_with(&self, service: ServiceId, replicas: &Range<u32>) -> Vec<FrameId> {
        let is_lost = |frame: &Frame| {
            let is_message = frame.kind == FrameKind::Operation
                && self.model.operations[frame.operation as usize].service != service;
            frame.service == service.0
                && replicas.contains(&frame.replica)
                && frame.kind != FrameKind::Ghost
                && frame.pc != DELIVER
                && !is_message
        };
        let in_use = self.frames.in_use().into_iter();
        in_use.filter(|&frame| is_lost(&self.frames[frame])).collect()
    }

    /// Empties all stations of some replicas. Returns those who were there and for whom nothing is scheduled now.
    fn empty_replicas(&mut self, service: ServiceId, replicas: &Range<u32>) -> Vec<FrameId> {
        let first = self.model.group_of(crate::model::Resource::per_replica(
            self.model.services[service.0 as usize].cores,
        ));
        // Of each kind of its stations there is a group for each region, side by side.
        let kinds = self.model.services[service.0 as usize].fronts.len();
        let own = self.model.stations[first..].iter().step_by(kinds).skip(1);
        let permits = own.take_while(|group| {
            matches!(group.kind, StationKind::Threads | StationKind::Connections)
        });
        let mut idle = Vec::new();
        for group in permits {
            let (from, to) = (group.first.0 + replicas.start, group.first.0 + replicas.end);
            for station in from..to {
                idle.extend(self.stations[station as usize].line(&self.frames));
                self.empty(StationId(station));
            }
            if group.kind == StationKind::Connections {
                // These are gone: nobody gives them back.
                for frame in self.frames.in_use() {
                    let connection = &mut self.frames[frame].connection;
                    if (from..to).contains(connection) {
                        *connection = NONE;
                    }
                }
            }
        }
        let cores = self.model.stations[first].first.0;
        let thrown_out = self.throw_out(&(cores + replicas.start..cores + replicas.end));
        for &frame in thrown_out.iter().chain(&idle) {
            if self.frames[frame].kind == FrameKind::Ghost {
                self.bury_idle(frame);
            }
        }
        idle.extend(thrown_out);
        idle.retain(|&frame| self.frames[frame].void_events == 0);
        idle
    }

    /// A frame ends without a word: now if it is idle, else when what it waits for comes back. A fork waits for those
    /// of its branches that survive.
    fn lose(&mut self, at: FrameId, surviving: u32, is_idle: bool) {
        if self.frames[at].kind == FrameKind::Guarded {
            return self.lose_guarded(at);
        }
        let frame = &mut self.frames[at];
        if frame.kind == FrameKind::Fork {
            (frame.left, frame.parent) = (surviving, NONE);
            if surviving == 0 {
                self.frames.remove(at);
            }
            return;
        }
        frame.give_up();
        if is_idle && surviving == 0 {
            self.bury(at);
        }
    }
}
