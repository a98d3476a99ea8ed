//! Faults in a run: what breaks loses or keeps what it was doing, and works again later.
//!
//! What is lost is found first and acted upon afterwards, both in an order that does not depend on how the slab or a
//! waiting line happens to lie. A frame for which an event is still scheduled, or which waits for an answer from
//! elsewhere, stays behind as a ghost until that has come; so nothing has to be searched for in the event queue.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Capacity, Ending, Frame, FrameId, FrameKind, NONE};
use crate::model::{Broken, DELIVER, FaultKind, Model, ServiceId, StationId, StationKind};
use crate::time::Duration;
use std::ops::Range;

/// What is broken now.
#[derive(Default)]
pub(super) struct FaultState {
    /// By station: which fault has taken it down, or [`NONE`]. Of a replica of a service, its cores stand for all.
    /// Empty where nothing ever breaks.
    down: Vec<u32>,
    /// By station: whether its servers stand still.
    halted: Vec<bool>,
    /// How many stations are down.
    pub(super) closed: u32,
    /// By fault: stations that do not serve, what they can do when they do, and whom they were serving.
    stopped: Vec<Vec<(u32, Capacity, Vec<FrameId>)>>,
    /// Frames that have moved to another place in the slab.
    moved: Vec<(FrameId, FrameId)>,
}

impl FaultState {
    pub(super) fn new(model: &Model) -> FaultState {
        if model.faults.is_empty() {
            return FaultState::default();
        }
        FaultState {
            down: vec![NONE; model.station_count()],
            halted: vec![false; model.station_count()],
            closed: 0,
            stopped: model.faults.iter().map(|_| Vec::new()).collect(),
            moved: Vec::new(),
        }
    }
}

/// A frame at a station that serves.
struct Present {
    station: u32,
    frame: FrameId,
    waits: bool,
}

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the beginning and the end of every fault; where one ends as another begins, it ends first.
    pub(super) fn schedule_faults(&mut self) {
        let mut changes: Vec<(crate::time::Time, bool, u32)> = Vec::new();
        for (index, fault) in (0..).zip(&self.model.faults) {
            changes.push((fault.from, true, 2 * index));
            changes.push((fault.until, false, 2 * index + 1));
        }
        changes.sort_unstable();
        for (at, _, index) in changes {
            if at.0 < u64::MAX {
                self.schedule(at, Happening::Fault(index));
            }
        }
    }

    /// A fault begins (an even number) or is over.
    #[inline(never)]
    pub(super) fn fault(&mut self, index: u32) {
        let model = self.model;
        let (number, begins) = (index / 2, index.is_multiple_of(2));
        let fault = &model.faults[number as usize];
        self.recorder.fault(self.now, number, begins);
        if fault.kind != FaultKind::Flush {
            self.recorder.level(self.now, fault.lasts, u64::from(begins));
        }
        match (&fault.of, begins) {
            (Broken::Cache(cache), true) => self.flush_cache(*cache),
            (of, false) => self.repair(number, fault.kind, of),
            (Broken::Replicas(service, replicas), true) => {
                self.break_replicas(number, fault.kind, *service, replicas);
            }
            (Broken::Store(stations), true) => match fault.kind {
                FaultKind::Crash => self.crash_store(stations.clone(), number),
                FaultKind::Suspension => {
                    self.set_down(stations.clone(), number);
                    stations.clone().for_each(|station| self.member_stops(station, false));
                    self.halt(number, stations.clone(), false);
                }
                FaultKind::Stall | FaultKind::Flush => self.halt(number, stations.clone(), true),
            },
        }
    }

    /// Stations of a store lose everyone who is there and take nobody until the fault is over.
    fn crash_store(&mut self, stations: Range<u32>, fault: u32) {
        self.set_down(stations.clone(), fault);
        for station in stations.clone() {
            let capacity = self.stations[station as usize].close();
            self.faults.stopped[fault as usize].push((station, capacity, Vec::new()));
        }
        stations.clone().for_each(|station| self.member_stops(station, true));
        let failed = self.fail_stations(stations);
        self.recorder.counted(self.model.faults[fault as usize].failed, failed);
    }

    fn break_replicas(
        &mut self,
        fault: u32,
        kind: FaultKind,
        service: ServiceId,
        replicas: &Range<u32>,
    ) {
        let first = self.model.services[service.0 as usize].cores.0;
        let cores = first + replicas.start..first + replicas.end;
        if kind != FaultKind::Crash {
            if kind == FaultKind::Suspension {
                self.set_down(cores.clone(), fault);
            }
            self.halt(fault, cores, true);
            return;
        }
        self.set_down(cores, fault);
        let failed = self.crash_service(service, replicas.clone());
        self.recorder.counted(self.model.faults[fault as usize].failed, failed);
    }

    /// What was broken works again.
    fn repair(&mut self, fault: u32, kind: FaultKind, of: &Broken) {
        let stations = match of {
            Broken::Cache(_) => return,
            Broken::Store(stations) => stations.clone(),
            Broken::Replicas(service, replicas) => {
                let first = self.model.services[service.0 as usize].cores.0;
                first + replicas.start..first + replicas.end
            }
        };
        for station in stations {
            if self.faults.down[station as usize] == fault {
                self.faults.down[station as usize] = NONE;
                self.faults.closed -= 1;
                if let Broken::Store(_) = of {
                    self.member_returns(station);
                }
            }
        }
        if let Broken::Replicas(service, replicas) = of
            && kind != FaultKind::Stall
        {
            for replica in replicas.clone() {
                let (balancer, number) = self.balancer_of(service.0, replica);
                if let Some(watch) = self.balancers[balancer].watch() {
                    watch.warm_up(number, self.now);
                }
            }
        }
        let mut started = Vec::new();
        for (station, capacity, halted) in std::mem::take(&mut self.faults.stopped[fault as usize])
        {
            let id = StationId(station);
            self.recorder.halted(self.now, id, false);
            self.faults.halted[station as usize] = false;
            let station = &mut self.stations[station as usize];
            station.restart(self.now, capacity, &self.frames, &halted, &mut started);
            for frame in started.drain(..) {
                self.start(frame);
            }
            self.reopen_door(id);
            let wake = self.stations[id.0 as usize].sharing().and_then(|s| s.schedule(self.now));
            if let Some(wake) = wake {
                self.schedule(wake, Happening::Wake(id.0));
            }
        }
    }

    fn set_down(&mut self, stations: Range<u32>, fault: u32) {
        self.faults.closed += stations.len() as u32;
        self.faults.down[stations.start as usize..stations.end as usize].fill(fault);
    }

    /// Whether a station is down; the cores of a replica stand for the replica.
    pub(super) fn is_down(&self, station: StationId) -> bool {
        self.faults.down.get(station.0 as usize).is_some_and(|&fault| fault != NONE)
    }

    /// Whether the servers of a station stand still.
    pub(super) fn is_halted(&self, station: StationId) -> bool {
        self.faults.halted.get(station.0 as usize).is_some_and(|&halted| halted)
    }

    /// A request that has come to something that is down fails.
    #[inline(never)]
    pub(super) fn turn_away(&mut self, at: FrameId, station: StationId) -> Flow {
        let fault = self.faults.down[station.0 as usize];
        self.recorder.counted(self.model.faults[fault as usize].failed, 1);
        self.end(at, Ending::Failed)
    }

    /// Servers of stations stand still until the fault is over; an open station goes on to let requests in.
    fn halt(&mut self, fault: u32, stations: Range<u32>, stays_open: bool) {
        let mut present = self.present(&stations).into_iter().filter(|it| !it.waits).peekable();
        for station in stations {
            let mut served = Vec::new();
            while let Some(it) = present.next_if(|it| it.station == station) {
                served.push(it.frame);
            }
            if self.stations[station as usize].sharing().is_none() {
                for &frame in &served {
                    self.frames[frame].interrupt(self.now);
                }
            }
            let capacity = self.stations[station as usize].halt(
                self.now,
                stays_open,
                &mut self.frames,
                &served,
            );
            self.recorder.halted(self.now, StationId(station), true);
            self.faults.halted[station as usize] = true;
            self.faults.stopped[fault as usize].push((station, capacity, served));
        }
    }

    /// Who is at the stations of a range that serve, by station, in the order in which they came.
    fn present(&self, stations: &Range<u32>) -> Vec<Present> {
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
            let frame = &mut self.frames[it.frame];
            let sojourn = self.now.since(frame.since);
            let shared = attained.binary_search_by_key(&it.frame, |&(frame, _)| frame);
            let left = match shared {
                Ok(place) => attained[place].1 as u64,
                Err(_) if it.waits => frame.due,
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
        at.clear();
    }

    /// A frame goes on in another place; in its own a ghost awaits the void events that are scheduled for it.
    pub(super) fn leave_ghost(&mut self, at: FrameId) -> FrameId {
        let ghost = &mut self.frames[at];
        let frame = Frame { void_events: 0, next: NONE, ..*ghost };
        ghost.give_up();
        (ghost.connection, ghost.holds) = (NONE, NONE);
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

    /// Frames for which nothing is scheduled end badly, some of them in other places than before. Returns how many.
    pub(super) fn end_all(&mut self, failed: &[FrameId], ending: Ending) -> u64 {
        let mut moved = std::mem::take(&mut self.faults.moved);
        moved.sort_unstable();
        if !moved.is_empty() {
            let frames = &self.frames;
            self.clients.iter_mut().for_each(|client| client.follow(&moved, frames));
        }
        for &at in failed {
            if let Flow::Switch(next) = self.end(at, ending) {
                self.run(next);
            }
        }
        failed.len() as u64
    }

    /// What replicas of a service were doing is lost, and who asked for it is told so. Returns how many requests that
    /// came through their doors they were.
    pub(super) fn crash_service(&mut self, service: ServiceId, replicas: Range<u32>) -> u64 {
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
                    limit: NONE,
                    station: NONE,
                    ending: Ending::Done,
                    ..*frame
                };
                told.push((frame.since, frame.id, at, teller));
            }
        }
        for &at in &lost {
            // Whoever passed a limit on the way in is under way no more.
            if self.frames[at].entered && self.frames[at].limit != NONE {
                self.leave_door(at, Ending::Failed);
                self.frames[at].limit = NONE;
            }
        }
        for (place, &at) in lost.iter().enumerate() {
            let is_idle = idle.binary_search(&at).is_ok() || waits_for_lost[place];
            self.lose(at, surviving[place], is_idle);
        }
        for replica in replicas {
            let (balancer, number) = self.balancer_of(service.0, replica);
            self.balancers[balancer].forget(number);
            self.forget_process_caches(service, replica);
        }
        told.sort_unstable_by_key(|&(since, id, at, _)| (since, id, at));
        let mut tellers = Vec::with_capacity(told.len());
        for (_, _, at, teller) in told {
            self.watch_answer(service.0, teller.replica, Ending::Failed);
            let moved = self.frames.insert(teller);
            self.faults.moved.push((at, moved));
            if R::TRACES {
                self.recorder.moved(at, moved);
            }
            tellers.push(moved);
        }
        self.end_all(&tellers, Ending::Failed)
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
