//! Doors in a run: whose patience is over, and who is shed.
//!
//! A request is at the door of a service until something of it is served: it has its thread or, where threads are not held,
//! a core. Who leaves from a line at the turn of another ends in an event of its own at the same instant, so that a
//! refusal in the midst of a departure disturbs nothing.

use super::holds::Held;
use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Over};
use crate::model::{
    CriticalityBounds, Door, DoorStep, Model, ServiceId, Shedding, StationGroup, StationId,
    StationKind,
};
use crate::time::Duration;

/// The doors of a run; the lines at them are those of stations.
#[derive(Default)]
pub(super) struct Doors {
    /// By station whether it is in an overload, and by door how many are.
    active: Vec<bool>,
    active_of: Vec<u64>,
    /// Requests in services whose patience covers service.
    stays: Vec<Stay>,
    free: Vec<u32>,
    begun: u64,
}

/// A request in a service, until it ends there.
#[derive(Clone, Copy)]
struct Stay {
    /// Which of all, by which it is told from what had its place before; [`OVER`] when it has ended.
    number: u64,
    frame: FrameId,
}

const OVER: u64 = u64::MAX;

impl Doors {
    pub(super) fn new(model: &Model) -> Doors {
        if model.doors.is_empty() {
            return Doors::default();
        }
        Doors {
            active: vec![false; model.station_count()],
            active_of: vec![0; model.doors.len()],
            ..Doors::default()
        }
    }

    /// Returns the number of the stay and its place.
    fn begin_stay(&mut self, frame: FrameId) -> (u64, u32) {
        let stay = Stay { number: self.begun, frame };
        self.begun += 1;
        let place = self.free.pop().unwrap_or(self.stays.len() as u32);
        match self.stays.get_mut(place as usize) {
            Some(free) => *free = stay,
            None => self.stays.push(stay),
        }
        (stay.number, place)
    }

    pub(super) fn end_stay(&mut self, place: u32) {
        self.stays[place as usize].number = OVER;
        self.free.push(place);
    }
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
                self.turn_to(station, next);
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
        let until = self.now + self.laws.time(law, self.frames[at].id);
        let (number, of) = match kind {
            StationKind::Store => (query(&self.frames[at]), at),
            _ => {
                let stay = self.doors.begin_stay(at);
                self.remember(at, Held::Stay(stay.1));
                stay
            }
        };
        if let Some(line) = self.stations[station.0 as usize].door() {
            let is_present = is_present(&self.frames, &self.doors.stays, station, kind);
            line.expect(until, number, of, is_present);
        }
        self.watch_patience(station);
    }

    /// Sees to it that the first whose patience may be over is looked at then.
    fn watch_patience(&mut self, station: StationId) {
        let kind = self.door_of(station).1.kind;
        let is_present = is_present(&self.frames, &self.doors.stays, station, kind);
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
            let is_present = is_present(&self.frames, &self.doors.stays, id, kind);
            let over =
                self.stations[station as usize].door().and_then(|it| it.over(now, is_present));
            match over {
                Some(Over::Impatient(at)) => self.abandon(at, id, Ending::TimedOut),
                Some(Over::Shed(at)) => self.abandon(at, id, Ending::Refused),
                Some(Over::Present(query)) if kind == StationKind::Store => {
                    self.stop_present(query, id);
                }
                Some(Over::Present(stay)) => {
                    self.stop_present(self.doors.stays[stay as usize].frame, id);
                }
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

    /// The time of a request or query is over, wherever it is in its service or store.
    fn stop_present(&mut self, at: FrameId, door: StationId) {
        if self.leaves_line(at, door) {
            self.drop_waiting(at, door, Ending::TimedOut);
            self.end_all(&[at], Ending::TimedOut);
            return;
        }
        let frame = self.frames[at];
        let told = &self.door_of(door).0.told;
        let is_at_door = frame.entered && frame.at_door;
        self.recorder.counted(if is_at_door { told.abandoned } else { told.given_up }, 1);
        if frame.station != NONE {
            self.stop_served(at, StationId(frame.station));
        } else {
            self.stop_working(at);
        }
    }

    /// Who is at a station that serves is given up: nobody else works for it.
    fn stop_served(&mut self, at: FrameId, station: StationId) {
        if !self.is_halted(station) {
            self.leave_station(at, station);
        }
        // A station that stands still keeps what is left of it until it goes on; an event that is void has to come.
        let is_free = self.frames[at].station == NONE && self.frames[at].void_events == 0;
        let stopped = if is_free { at } else { self.leave_ghost(at) };
        self.frames[stopped].station = NONE;
        self.end_all(&[stopped], Ending::TimedOut);
    }

    /// What works for a request is cancelled, and who asked is told.
    fn stop_working(&mut self, at: FrameId) {
        let frame = self.frames[at];
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

/// By what a query at a store is told from others of the same frame.
fn query(frame: &Frame) -> u64 {
    frame.id ^ frame.since.0.rotate_left(32)
}

/// Which deadlines that cover service have a meaning still: the query is at the store, the request in the service.
fn is_present(
    frames: &Frames,
    stays: &[Stay],
    station: StationId,
    kind: StationKind,
) -> impl Fn(u64, u32) -> bool {
    move |number, of| match kind {
        StationKind::Store => {
            let frame = &frames[of];
            frame.station == station.0 && frame.kind != FrameKind::Ghost && query(frame) == number
        }
        _ => {
            let stay = stays[of as usize];
            stay.number == number && frames[stay.frame].kind != FrameKind::Ghost
        }
    }
}
