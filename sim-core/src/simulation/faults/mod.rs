//! Faults in a run: a controller that breaks things by the clock, and lets them work again.
//!
//! What is broken is counted, station by station: it works again when the last of the faults is over that hold it.

mod lost;
mod network;
mod spot;
mod steps;

use super::interpreter::Flow;
use super::laws::Laws;
use super::{Happening, Recorder, Simulation};
use crate::component::{Capacity, Crews, Ending, FrameId};
use crate::model::{Broken, FAULTS_MAX, FaultKind, Model, ServiceId, StationId, StationKind, When};
use crate::random::Key;
use crate::time::{Duration, Time};
use std::ops::Range;

pub(super) use network::{Passage, Peer};

/// How far apart the draws of one unit are.
const OCCURRENCES_APART: u64 = 0x9e37_79b9_7f4a_7c15;

/// What is broken now.
#[derive(Default)]
pub(super) struct FaultState<'m> {
    /// The laws of faults.
    pub(super) laws: Laws<'m>,
    /// By station: what holds it. Of a replica of a service, its cores stand for all. Empty where nothing ever breaks.
    stations: Vec<Held>,
    /// How many stations are down.
    pub(super) closed: u32,
    /// By unit.
    units: Vec<Unit>,
    /// By fault: who repairs its units, and how many of these are broken.
    crews: Vec<Crews>,
    broken: Vec<u64>,
    /// Units that are broken now, of the kinds that are looked up by those whom they concern: what is slow, answers with
    /// errors, or disturbs the network.
    pub(super) active: Vec<u32>,
    /// Frames that have moved to another place in the slab.
    moved: Vec<(FrameId, FrameId)>,
}

/// What breaks by itself.
#[derive(Clone, Copy, Default)]
struct Unit {
    /// How often it has broken, and whether it is.
    times: u64,
    is_broken: bool,
    /// When it broke last, and until when that lasts, if it is known.
    since: Time,
    until: Time,
}

/// What holds a station.
#[derive(Clone, Default)]
struct Held {
    /// Faults that let nobody in or kept what was there: how many, and which came last.
    downs: u32,
    by: u32,
    /// Faults for which its servers stand still, and those among them for which it takes nobody.
    stops: u32,
    closes: u32,
    /// What it can do when it works, and whom it was serving.
    stopped: Option<(Capacity, Vec<FrameId>)>,
}

impl<'m> FaultState<'m> {
    /// What a station can do that stands still, once it works again. Returns whether it does stand still.
    pub(super) fn keep_capacity(&mut self, station: u32, capacity: Capacity) -> bool {
        let held = self.stations.get_mut(station as usize).and_then(|held| held.stopped.as_mut());
        held.map(|(kept, _)| *kept = capacity).is_some()
    }

    pub(super) fn new(model: &'m Model, key: impl Fn(u64) -> Key) -> FaultState<'m> {
        let mut state = FaultState::default();
        state.grow(model, key);
        state
    }

    /// Makes place for all faults of a model, of which it knows the first.
    fn grow(&mut self, model: &'m Model, key: impl Fn(u64) -> Key) {
        if model.faults.is_empty() {
            return;
        }
        self.laws.grow(&model.fault_laws, key);
        self.stations.resize(model.station_count(), Held::default());
        self.units.resize(model.fault_units.len(), Unit::default());
        let added = model.faults.iter().skip(self.crews.len());
        self.crews.extend(added.map(|fault| Crews::new(fault.crews)));
        self.broken.resize(model.faults.len(), 0);
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the first time that each unit breaks.
    pub(super) fn schedule_faults(&mut self) {
        for (at, unit) in self.first_faults(0) {
            self.schedule_fault(at, Happening::Fault(2 * unit));
        }
        self.queue.keep_room(FAULTS_MAX);
        for service in 0..self.model.services.len() as u32 {
            self.tell_spot(ServiceId(service));
        }
        self.rate_systems();
    }

    /// Takes in the faults that the model has beside those known, all of which begin later: each begins as it would if it had
    /// been there from the start, before all else that is due at its instant.
    pub(super) fn add_faults(&mut self) {
        let (known, seed) = (self.faults.units.len() as u32, self.seed);
        self.faults.grow(self.model, |name| Key::new(seed.seed, seed.replication, name));
        for (at, unit) in self.first_faults(known) {
            if at < Time::MAX {
                self.queue.push_early(at, Happening::Fault(2 * unit).event());
            }
        }
    }

    /// When each unit from a number on breaks first, in order.
    fn first_faults(&self, from: u32) -> Vec<(Time, u32)> {
        let units = (from..).zip(&self.model.fault_units[from as usize..]);
        let mut first: Vec<(Time, u32)> = units
            .map(|(number, unit)| match self.model.faults[unit.fault as usize].when {
                When::At(at) => (at, number),
                When::Every(law) => (self.now + self.draw_of_unit(number, law), number),
            })
            .collect();
        first.sort_unstable();
        first
    }

    /// What would be at the end of time never is.
    fn schedule_fault(&mut self, at: Time, change: Happening) {
        if at < Time::MAX {
            self.schedule(at, change);
        }
    }

    /// A draw for the present time that a unit is well or broken; time always goes on.
    fn draw_of_unit(&self, unit: u32, law: crate::model::LawId) -> Duration {
        let times = self.faults.units[unit as usize].times;
        let site = self.model.fault_units[unit as usize].site;
        let who = site.wrapping_add(OCCURRENCES_APART.wrapping_mul(times));
        self.faults.laws.time(law, who).max(Duration(1))
    }

    /// A unit breaks (an even number), or works again.
    #[inline(never)]
    pub(super) fn fault(&mut self, index: u32) {
        let (unit, begins) = (index / 2, index.is_multiple_of(2));
        let number = self.model.fault_units[unit as usize].fault;
        let fault = &self.model.faults[number as usize];
        self.recorder.fault(self.now, unit, begins);
        self.faults.units[unit as usize].is_broken = begins && fault.kind != FaultKind::Flush;
        if begins {
            self.recorder.counted(fault.times, 1);
            self.count_broken(number, true);
            self.faults.units[unit as usize].since = self.now;
            self.begin_fault(number, unit);
            if fault.kind == FaultKind::Flush {
                self.over(number, unit);
            } else if self.faults.crews[number as usize].call(unit) {
                self.begin_repair(number, unit);
            }
        } else {
            self.end_fault(unit);
            self.count_broken(number, false);
            if let Some(next) = self.faults.crews[number as usize].leave() {
                self.begin_repair(number, next);
            }
            self.over(number, unit);
        }
        self.bill_of_unit(unit);
        self.rate_systems();
    }

    fn count_broken(&mut self, fault: u32, begins: bool) {
        let broken = &mut self.faults.broken[fault as usize];
        *broken = if begins { *broken + 1 } else { *broken - 1 };
        let model = &self.model.faults[fault as usize];
        if model.kind != FaultKind::Flush {
            self.recorder.level(self.now, model.broken, *broken);
        }
    }

    /// What is broken will work again after a time, if it ever does.
    fn begin_repair(&mut self, fault: u32, unit: u32) {
        let model = &self.model.faults[fault as usize];
        let state = self.faults.units[unit as usize];
        if model.crews.is_some() {
            self.recorder.timed(model.waited, self.now.since(state.since));
        }
        let until = match model.lasts {
            Some(law) => self.now + self.draw_of_unit(unit, law),
            None => Time::MAX,
        };
        self.faults.units[unit as usize].until = until;
        self.schedule_fault(until, Happening::Fault(2 * unit + 1));
    }

    /// All is well with a unit, until it breaks again.
    fn over(&mut self, fault: u32, unit: u32) {
        self.faults.units[unit as usize].times += 1;
        if let When::Every(law) = self.model.faults[fault as usize].when {
            let at = self.now + self.draw_of_unit(unit, law);
            self.schedule_fault(at, Happening::Fault(2 * unit));
        }
    }

    /// A unit breaks. First all of it stops; then what it was doing is lost.
    fn begin_fault(&mut self, fault: u32, unit: u32) {
        let model = self.model;
        let parts = &model.fault_units[unit as usize].parts;
        match model.faults[fault as usize].kind {
            FaultKind::Flush => {
                for part in parts {
                    if let Broken::Cache(cache) = part {
                        self.flush_cache(*cache);
                    }
                }
            }
            FaultKind::Slow(_) | FaultKind::Errors { .. } | FaultKind::Network(_) => {
                self.faults.active.push(unit);
            }
            FaultKind::Stall => {
                for part in parts {
                    self.stop_stations(self.stations_of(part), true);
                }
            }
            FaultKind::Suspension => {
                for part in parts {
                    let stations = self.stations_of(part);
                    let is_store = matches!(part, Broken::Store(_));
                    let fell = self.take_down(stations.clone(), fault);
                    if is_store {
                        fell.into_iter().for_each(|station| self.member_stops(station, false));
                    }
                    self.stop_stations(stations, !is_store);
                }
            }
            FaultKind::Crash => {
                for part in parts {
                    let stations = self.stations_of(part);
                    self.take_down(stations.clone(), fault);
                    if let Broken::Store(_) = part {
                        self.stop_stations(stations, false);
                    }
                }
                for part in parts {
                    let failed = match part {
                        Broken::Store(stations) => {
                            stations.clone().for_each(|station| self.member_stops(station, true));
                            self.fail_stations(stations.clone())
                        }
                        Broken::Replicas(service, replicas) => {
                            self.crash_service(*service, replicas.clone())
                        }
                        Broken::Cache(_) => 0,
                    };
                    self.recorder.counted(model.faults[fault as usize].failed, failed);
                }
            }
        }
    }

    /// A fault is over for a unit: what no other holds works again.
    fn end_fault(&mut self, unit: u32) {
        let model = self.model;
        let broken = &model.fault_units[unit as usize];
        let kind = &model.faults[broken.fault as usize].kind;
        if !model.faults[broken.fault as usize].takes_down() {
            self.faults.active.retain(|&active| active != unit);
            return;
        }
        for part in &broken.parts {
            let stations = self.stations_of(part);
            if *kind != FaultKind::Stall {
                self.let_up(part, stations.clone());
            }
            match (part, kind) {
                (Broken::Store(_), FaultKind::Stall) => self.restart_stations(stations, false),
                (Broken::Store(_), _) => self.restart_stations(stations, true),
                (_, FaultKind::Crash) => {}
                _ => self.restart_stations(stations, false),
            }
        }
    }

    /// What is down for no other reason is up again.
    fn let_up(&mut self, part: &Broken, stations: Range<u32>) {
        let mut risen = Vec::new();
        for station in stations.clone() {
            let held = &mut self.faults.stations[station as usize];
            held.downs -= 1;
            if held.downs == 0 {
                self.faults.closed -= 1;
                risen.push(station);
            }
        }
        match part {
            Broken::Store(_) => risen.into_iter().for_each(|station| self.member_returns(station)),
            Broken::Replicas(service, replicas) => {
                for station in risen {
                    let replica = replicas.start + (station - stations.start);
                    let (balancer, number) = self.balancer_of(service.0, replica);
                    if let Some(watch) = self.balancers[balancer].watch() {
                        watch.warm_up(number, self.now);
                    }
                }
            }
            Broken::Cache(_) => {}
        }
    }

    /// The stations that stand for what is broken.
    fn stations_of(&self, part: &Broken) -> Range<u32> {
        match part {
            Broken::Cache(_) => 0..0,
            Broken::Store(stations) => stations.clone(),
            Broken::Replicas(service, replicas) => {
                let first = self.first_cores(*service);
                first + replicas.start..first + replicas.end
            }
        }
    }

    fn first_cores(&self, service: ServiceId) -> u32 {
        self.model.services[service.0 as usize].cores.0
    }

    /// Nobody is let in from now on. Returns the stations that were up until now.
    fn take_down(&mut self, stations: Range<u32>, fault: u32) -> Vec<u32> {
        let mut fell = Vec::new();
        for station in stations {
            let held = &mut self.faults.stations[station as usize];
            (held.downs, held.by) = (held.downs + 1, fault);
            if held.downs == 1 {
                self.faults.closed += 1;
                fell.push(station);
            }
        }
        fell
    }

    /// Whether a station is down; the cores of a replica stand for the replica.
    pub(super) fn is_down(&self, station: StationId) -> bool {
        self.faults.stations.get(station.0 as usize).is_some_and(|held| held.downs > 0)
    }

    /// Whether the servers of a station stand still.
    pub(super) fn is_halted(&self, station: StationId) -> bool {
        self.faults.stations.get(station.0 as usize).is_some_and(|held| held.stops > 0)
    }

    /// A request that has come to something that is down fails.
    #[inline(never)]
    pub(super) fn turn_away(&mut self, at: FrameId, station: StationId) -> Flow {
        let fault = self.faults.stations[station.0 as usize].by;
        let felt = u64::from(self.is_felt(at));
        self.recorder.counted(self.model.faults[fault as usize].failed, felt);
        self.end(at, Ending::Failed)
    }

    /// Servers of stations stand still for one more reason; an open station goes on to let requests in.
    fn stop_stations(&mut self, stations: Range<u32>, stays_open: bool) {
        let mut present = self.present(&stations).into_iter().filter(|it| !it.waits).peekable();
        for station in stations {
            let mut served = Vec::new();
            while let Some(it) = present.next_if(|it| it.station == station) {
                served.push(it.frame);
            }
            let held = &mut self.faults.stations[station as usize];
            held.stops += 1;
            held.closes += u32::from(!stays_open);
            let at = &mut self.stations[station as usize];
            if let Some((capacity, _)) = &held.stopped {
                at.admit(*capacity, held.closes == 0);
                continue;
            }
            if at.sharing().is_none() {
                for &frame in &served {
                    self.frames[frame].interrupt(self.now);
                }
            }
            let capacity = at.halt(self.now, stays_open, &mut self.frames, &served);
            self.faults.stations[station as usize].stopped = Some((capacity, served));
            self.recorder.halted(self.now, StationId(station), true);
        }
    }

    /// Servers of stations work again, where there is no other reason for which they stand still.
    fn restart_stations(&mut self, stations: Range<u32>, was_closed: bool) {
        let mut started = Vec::new();
        for number in stations {
            let id = StationId(number);
            let held = &mut self.faults.stations[number as usize];
            held.stops -= 1;
            held.closes -= u32::from(was_closed);
            let station = &mut self.stations[number as usize];
            if held.stops > 0 {
                if let Some((capacity, _)) = &held.stopped {
                    station.admit(*capacity, held.closes == 0);
                }
                continue;
            }
            let Some((capacity, served)) = held.stopped.take() else { continue };
            self.recorder.halted(self.now, id, false);
            station.restart(self.now, capacity, &self.frames, &served, &mut started);
            self.get_going(id, &mut started);
        }
    }

    /// A station has servers again, or more of them: who has taken one begins, and who is next is found where that is asked
    /// of a door or of time.
    pub(super) fn get_going(&mut self, station: StationId, started: &mut Vec<FrameId>) {
        for frame in started.drain(..) {
            self.turn_to(station, frame);
        }
        self.reopen_door(station);
        let sharing = self.stations[station.0 as usize].sharing();
        if let Some(wake) = sharing.and_then(|it| it.schedule(self.now)) {
            self.schedule(wake, Happening::Wake(station.0));
        }
    }

    /// A server of a station is there for a frame that waited: it serves it, or is the thread or connection that it goes on with.
    pub(super) fn turn_to(&mut self, station: StationId, frame: FrameId) {
        let wait = self.now.since(self.frames[frame].since);
        let spent = &mut self.frames[frame].spent;
        match self.model.station_group(station).kind {
            StationKind::Threads => spent.queueing += wait,
            StationKind::Connections => spent.connecting += wait,
            _ => return self.start(frame),
        }
        self.recorder.granted(self.now, station, wait);
        self.ready.push_back(frame);
    }
}
