//! Doors in a run: whose patience is over, and who is shed.
//!
//! A request is at the door of a service until something of it is served: it has its thread or, where threads are not held,
//! a core. Who leaves from a line at the turn of another ends in an event of its own at the same instant, so that a
//! refusal in the midst of a departure disturbs nothing.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Over};
use crate::model::{
    CriticalityBounds, DELIVER, Door, DoorStep, Model, ServiceId, Shedding, StationGroup,
    StationId, StationKind,
};
use crate::time::{Duration, Time};

/// The doors of a run; the lines at them are those of stations.
#[derive(Default)]
pub(super) struct Doors {
    /// By station whether it is in an overload, and by door how many are.
    active: Vec<bool>,
    active_of: Vec<u64>,
}

impl Doors {
    pub(super) fn new(model: &Model) -> Doors {
        if model.doors.is_empty() {
            return Doors::default();
        }
        Doors { active: vec![false; model.station_count()], active_of: vec![0; model.doors.len()] }
    }
}

/// By what the stay of a request at a place is told from its other stays there and elsewhere.
fn stay(frame: &Frame, since: Time) -> u64 {
    frame.id ^ since.0.rotate_left(32)
}

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(super) fn door_step(&mut self, at: FrameId, step: DoorStep) -> Flow {
        match step {
            DoorStep::Choose(service) => {
                if self.model.places.is_one() {
                    self.choose(at, service.0);
                } else {
                    self.choose_in_front(at, service);
                }
                self.come_to_service(at, service)
            }
            DoorStep::Enter(service) => self.come_to_service(at, service),
            DoorStep::Query(station) => match self.is_shed(at, station) {
                true => self.refuse(at, station),
                false => Flow::Continue,
            },
        }
    }

    fn come_to_service(&mut self, at: FrameId, service: ServiceId) -> Flow {
        let target = &self.model.services[service.0 as usize];
        let replica = self.frames[at].replica;
        let cores = StationId(target.cores.0 + replica);
        let line = target.threads.map_or(cores, |threads| StationId(threads.0 + replica));
        let is_closed = self.is_down(cores) || self.stations[line.0 as usize].is_full();
        if !is_closed {
            if self.is_shed(at, line) {
                return self.refuse(at, line);
            }
            self.frames[at].at_door = true;
            let (door, _) = self.door_of(line);
            if door.covers_service {
                self.frames[at].started = self.now;
                self.expect(at, line);
            }
        }
        self.enter_chosen(at, service.0)
    }

    /// What happens at a station that is a door, and what kind of station it is.
    fn door_of(&self, station: StationId) -> (&Door, &StationGroup) {
        let group = self.model.station_group(station);
        let door = group.door.expect("only doors have such lines");
        (&self.model.doors[door.0 as usize], group)
    }

    /// Whether a request that comes to a door is refused for what it is.
    fn is_shed(&mut self, at: FrameId, station: StationId) -> bool {
        let model = self.model;
        let door = model.station_group(station).door.map(|door| &model.doors[door.0 as usize]);
        let Some(Door { shedding: Some(Shedding::Criticality(bounds)), told, .. }) = door else {
            return false;
        };
        let criticality = self.frames[at].criticality as usize;
        let CriticalityBounds { queue, utilisation, .. } = bounds;
        let (seen, waiting) = self.stations[station.0 as usize].look(self.now);
        let is_shed = seen.is_some_and(|seen| seen >= utilisation[criticality])
            || waiting.is_some_and(|waiting| waiting >= queue[criticality]);
        if is_shed {
            self.recorder.counted(told.shed, 1);
            if let Some(counters) = told.by_criticality {
                self.recorder.counted(counters[criticality].0, 1);
            }
        }
        is_shed
    }

    /// A request takes a place in the line of a door, be it at the door or let in before.
    #[inline(never)]
    pub(super) fn comes_to_door(&mut self, at: FrameId, station: StationId) {
        let (door, group) = self.door_of(station);
        let (patience, covers_service) = (door.patience, door.covers_service);
        let kind = group.kind;
        if !self.is_at_door(at, kind) {
            return;
        }
        let until = match patience.filter(|_| !covers_service) {
            Some(law) => Some(self.now + self.laws.time(law, self.frames[at].id)),
            None => None,
        };
        if let Some(line) = self.stations[station.0 as usize].door() {
            line.wait(&self.frames, at, self.now, until);
        }
        if covers_service && kind == StationKind::Store {
            self.expect(at, station);
        }
        self.watch_patience(station);
        self.tell_overload(station);
    }

    /// A request that has come to a door is served at once.
    #[inline(never)]
    pub(super) fn passes_door(&mut self, at: FrameId, station: StationId) {
        let (door, group) = self.door_of(station);
        let (covers_service, kind) = (door.covers_service, group.kind);
        if !self.is_at_door(at, kind) {
            return;
        }
        self.let_in(at, station);
        if covers_service && kind == StationKind::Store {
            self.expect(at, station);
            self.watch_patience(station);
        }
    }

    /// Whether a frame at a station of this kind waits at the door: queries of stores always do, what works for a request
    /// only until something of it has been served.
    fn is_at_door(&self, at: FrameId, kind: StationKind) -> bool {
        kind == StationKind::Store
            || self.entrant(at).is_some_and(|entrant| self.frames[entrant].at_door)
    }

    /// The frame that came through the door of the service which a frame works in.
    fn entrant(&self, mut at: FrameId) -> Option<FrameId> {
        while !self.frames[at].entered {
            at = self.frames[at].parent;
            if at == NONE {
                return None;
            }
        }
        Some(at)
    }

    /// Something of a request at a door is served.
    fn let_in(&mut self, at: FrameId, station: StationId) {
        let (door, group) = self.door_of(station);
        let (passed, by_criticality) = (door.told.passed, door.told.by_criticality);
        if group.kind != StationKind::Store
            && let Some(entrant) = self.entrant(at)
        {
            self.frames[entrant].at_door = false;
        }
        self.recorder.counted(passed, 1);
        if let Some(counters) = by_criticality {
            self.recorder.counted(counters[self.frames[at].criticality as usize].1, 1);
        }
    }

    /// A server of a door that serves is free: the next is served.
    #[inline(never)]
    pub(super) fn next_at_door(&mut self, station: StationId, leaver: FrameId) {
        if let Some(next) = self.open_door(station, Some(leaver)) {
            self.start(next);
        }
    }

    /// The servers of a door that stood still work again: they turn to those who wait.
    pub(super) fn reopen_door(&mut self, station: StationId) {
        while self.stations[station.0 as usize].keep_server() {
            if let Some(next) = self.open_door(station, None) {
                self.start(next);
            }
        }
    }

    /// Who is to have a server of a door that is kept. Those before it whom CoDel drops are refused.
    #[inline(never)]
    pub(super) fn open_door(
        &mut self,
        station: StationId,
        leaver: Option<FrameId>,
    ) -> Option<FrameId> {
        let kind = self.door_of(station).1.kind;
        let next = loop {
            let at_station = &mut self.stations[station.0 as usize];
            let Some((next, was_at_door)) = at_station.call(&self.frames, leaver, self.now) else {
                break None;
            };
            if was_at_door && self.is_at_door(next, kind) {
                let wait = self.now.since(self.frames[next].since);
                let line = self.stations[station.0 as usize].door();
                if line.is_some_and(|line| line.drops(self.now, wait)) {
                    self.drop_waiting(next, station, Ending::Refused);
                    self.frames[next].ending = Ending::Refused;
                    self.schedule(self.now, Happening::Resume(next));
                    continue;
                }
                self.let_in(next, station);
            }
            break Some(next);
        };
        self.tell_overload(station);
        next
    }

    /// Somebody has been taken out of the line at a door, and is to end so.
    fn drop_waiting(&mut self, at: FrameId, station: StationId, ending: Ending) {
        let (door, group) = self.door_of(station);
        let is_shed = ending == Ending::Refused;
        let counter = if is_shed { door.told.shed } else { door.told.abandoned };
        let is_permit = group.kind == StationKind::Threads;
        self.recorder.counted(counter, 1);
        if is_shed {
            self.recorder.refused(self.now, station);
        }
        let frame = &mut self.frames[at];
        let wait = self.now.since(frame.since);
        frame.spent.queueing += wait;
        if is_permit {
            frame.holds_thread = false;
        } else {
            frame.station = NONE;
            self.recorder.dropped(self.now, station, wait, Duration::ZERO);
        }
    }

    /// Draws how long a request is patient with a service or store from now on, service included.
    fn expect(&mut self, at: FrameId, station: StationId) {
        let (door, group) = self.door_of(station);
        let kind = group.kind;
        let Some(law) = door.patience else { return };
        let frame = &self.frames[at];
        let until = self.now + self.laws.time(law, frame.id);
        let number = stay(frame, self.now);
        let frames = &self.frames;
        let Some(line) = self.stations[station.0 as usize].door() else { return };
        line.expect(until, number, at, |number, frame| {
            is_present(frames, station, kind, number, frame)
        });
        self.watch_patience(station);
    }

    /// Sees to it that the first whose patience may be over is looked at then.
    fn watch_patience(&mut self, station: StationId) {
        let (kind, frames) = (self.door_of(station).1.kind, &self.frames);
        let is_present = |number, frame| is_present(frames, station, kind, number, frame);
        let line = self.stations[station.0 as usize].door();
        if let Some(at) = line.and_then(|line| line.schedule(self.now, is_present)) {
            self.schedule(at, Happening::Patience(station.0));
        }
    }

    /// The patience of some at a station may be over.
    #[inline(never)]
    pub(super) fn patience_due(&mut self, station: u32) {
        let id = StationId(station);
        let kind = self.door_of(id).1.kind;
        let now = self.now;
        if !self.stations[station as usize].door().is_some_and(|line| line.wakes(now)) {
            return;
        }
        loop {
            let frames = &self.frames;
            let is_present = |number, frame| is_present(frames, id, kind, number, frame);
            let over =
                self.stations[station as usize].door().and_then(|it| it.over(now, is_present));
            match over {
                Some(Over::Impatient(at)) => self.abandon(at, id, Ending::TimedOut),
                Some(Over::Shed(at)) => self.abandon(at, id, Ending::Refused),
                Some(Over::Present(at)) if kind == StationKind::Store => self.stop_query(at, id),
                Some(Over::Present(at)) => self.stop_request(at, id),
                None => break,
            }
        }
        self.watch_patience(id);
        self.tell_overload(id);
    }

    /// One who waits in the line of a door leaves, unless something of its request has been served meanwhile.
    fn abandon(&mut self, at: FrameId, station: StationId, ending: Ending) {
        if self.is_at_door(at, self.door_of(station).1.kind) && self.leaves_line(at, station) {
            self.drop_waiting(at, station, ending);
            self.end_all(&[at], ending);
        }
    }

    /// Takes one out of the line of a door. Returns whether it waited there.
    fn leaves_line(&mut self, at: FrameId, station: StationId) -> bool {
        let line = &mut self.stations[station.0 as usize];
        let before = line.in_system();
        let waited = line.withdraw(&mut self.frames, at);
        if waited {
            self.recorder.occupancy(self.now, station, before);
            self.meter.occupancy(self.now, station, before);
        }
        waited
    }

    /// The time of a query is over, wherever it is at its store.
    fn stop_query(&mut self, at: FrameId, station: StationId) {
        if self.leaves_line(at, station) {
            self.drop_waiting(at, station, Ending::TimedOut);
            self.end_all(&[at], Ending::TimedOut);
            return;
        }
        let given_up = self.door_of(station).0.told.given_up;
        self.recorder.counted(given_up, 1);
        if !self.is_halted(station) {
            self.leave_station(at, station);
        }
        // A store that stands still keeps what is left of the query until it goes on; an event that is void has to come.
        let is_free = self.frames[at].station == NONE && self.frames[at].void_events == 0;
        let query = if is_free { at } else { self.leave_ghost(at) };
        self.frames[query].station = NONE;
        self.end_all(&[query], Ending::TimedOut);
    }

    /// The time of a request is over, wherever it is in its service: what works for it is cancelled, and who asked is told.
    fn stop_request(&mut self, at: FrameId, station: StationId) {
        let told = &self.door_of(station).0.told;
        let frame = self.frames[at];
        let counter = if frame.at_door { told.abandoned } else { told.given_up };
        self.recorder.counted(counter, 1);
        let teller = self.leave_ghost(at);
        self.frames[teller] = Frame {
            connection: NONE,
            holds: NONE,
            fetch: NONE,
            limit: NONE,
            station: NONE,
            entered: false,
            holds_thread: false,
            at_door: false,
            ..self.frames[teller]
        };
        let took = self.now.since(frame.started);
        // What is left behind is cancelled as it was.
        self.frames[at] = Frame { parent: NONE, ..frame };
        self.cancel(at);
        self.watch_answer(frame.service, frame.replica, Ending::TimedOut, took);
        self.end_all(&[teller], Ending::TimedOut);
    }

    /// The level that says at how many doors there is an overload.
    fn tell_overload(&mut self, station: StationId) {
        let group = self.model.station_group(station);
        let Some(door) = group.door else { return };
        let Some(level) = self.model.doors[door.0 as usize].told.active else { return };
        let line = self.stations[station.0 as usize].door();
        let is_active = line.is_some_and(|line| line.is_active(self.now));
        let before = std::mem::replace(&mut self.doors.active[station.0 as usize], is_active);
        if before != is_active {
            let active = &mut self.doors.active_of[door.0 as usize];
            *active = *active + u64::from(is_active) - u64::from(before);
            self.recorder.level(self.now, level, *active);
        }
    }
}

/// Whether a deadline that covers service has a meaning still: the query is at the store, the request in the service.
fn is_present(
    frames: &Frames,
    station: StationId,
    kind: StationKind,
    number: u64,
    at: FrameId,
) -> bool {
    let frame = &frames[at];
    match kind {
        StationKind::Store => {
            frame.station == station.0
                && frame.kind != FrameKind::Ghost
                && stay(frame, frame.since) == number
        }
        _ => {
            frame.entered
                && frame.kind == FrameKind::Operation
                && frame.pc != DELIVER
                && stay(frame, frame.started) == number
        }
    }
}
