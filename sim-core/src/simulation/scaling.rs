//! Fleets in a run: replicas start, come into service, drain and go, as an autoscaler or a deployment wants.
//!
//! Everything that a replica consists of is there from the start; one that is not in service is sent nothing. So a
//! fleet whose number never changes runs as one of a fixed number, to the bit.

use super::rollouts::Rollout;
use super::{Happening, Recorder, Simulation};
use crate::component::{Autoscaler, NONE, Present, Sample};
use crate::model::{Fleet, FleetMetric, Model, ServiceId, StationId};
use crate::random::Key;
use crate::time::{Duration, Time};
use std::ops::Range;

/// All fleets of a run. Empty where no number of replicas changes.
#[derive(Default)]
pub(super) struct Scaling {
    pub(super) fleets: Vec<FleetState>,
    /// By balancer the fleet behind it, or [`NONE`].
    of_balancer: Vec<u32>,
    /// Fleets and what scheduled events of them stand for, and which of these places are free.
    turns: Vec<(u32, Turn)>,
    free: Vec<u32>,
}

/// A fleet in a run.
pub(super) struct FleetState {
    pub(super) replicas: Vec<Replica>,
    /// How many there are to be.
    pub(super) wanted: u32,
    scaler: Option<Autoscaler>,
    /// The version that takes over, or has.
    pub(super) version: u16,
    /// The version before it, to go back to.
    pub(super) stable: u16,
    pub(super) rollout: Option<Rollout>,
    /// The stream that tells which requests a version fails.
    pub(super) errors: Key,
    window: Window,
}

/// What is measured between two looks.
#[derive(Default)]
struct Window {
    since: Time,
    /// Requests that came.
    requests: u64,
    /// Requests under way, and their integral until `changed`, in nanoseconds.
    under_way: u32,
    under_way_nanos: u128,
    changed: Time,
}

/// A replica of a fleet.
#[derive(Clone, Copy)]
pub(super) struct Replica {
    pub(super) stage: Stage,
    pub(super) version: u16,
    /// How often it has changed its stage: tells events of the present one from those of earlier ones.
    turn: u32,
    /// How often it was started.
    starts: u32,
    /// Since when it has been in service, or since the last look.
    since: Time,
    /// How long it has been in service since then, before, in nanoseconds.
    served: u64,
}

/// What a replica is doing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stage {
    /// It does not exist.
    Off,
    /// It does not serve yet.
    Starting,
    /// It could serve, and is sent nothing: of the set that waits, in a blue-green deployment.
    Standby,
    /// It is in service.
    Serving,
    /// It finishes what it has.
    Draining,
}

/// What a scheduled event of a fleet stands for.
#[derive(Clone, Copy)]
pub(super) enum Turn {
    /// The autoscaler looks.
    Look,
    /// A schedule changes.
    Plan,
    /// A replica has started, if it is still at that turn.
    Started(u32, u32),
    /// A replica has no more time to drain.
    DrainOver(u32, u32),
    /// A deployment begins.
    Rollout(u32),
    /// A step of a deployment is over, if it is still that one.
    StepOver(u32),
    /// A new version is looked at, in that deployment.
    Judge(u32),
}

impl Turn {
    /// A number that tells it from the fleet's others.
    fn number(self) -> u64 {
        let (kind, of) = match self {
            Turn::Look => (0, 0),
            Turn::Plan => (1, 0),
            Turn::Started(replica, _) => (2, replica),
            Turn::DrainOver(replica, _) => (3, replica),
            Turn::Rollout(index) => (4, index),
            Turn::StepOver(_) => (5, 0),
            Turn::Judge(_) => (6, 0),
        };
        kind << 32 | u64::from(of)
    }
}

/// How busy cores are, where that is measured. Empty where it is not.
#[derive(Default)]
pub(super) struct Meter(Vec<Busy>);

#[derive(Clone, Copy, Default)]
struct Busy {
    servers: u32,
    since: Time,
    /// Nanoseconds of servers.
    nanos: u128,
}

impl Meter {
    /// The number at a station, `before` until now, is about to change.
    #[inline]
    pub(super) fn occupancy(&mut self, now: Time, station: StationId, before: u32) {
        if let Some(busy) = self.0.get_mut(station.0 as usize) {
            busy.nanos +=
                u128::from(before.min(busy.servers)) * u128::from(now.since(busy.since).0);
            busy.since = now;
        }
    }
}

impl Meter {
    /// A station has another number of servers from now on.
    pub(super) fn resized(&mut self, now: Time, station: StationId, present: u32, servers: u32) {
        self.occupancy(now, station, present);
        if let Some(busy) = self.0.get_mut(station.0 as usize) {
            busy.servers = servers;
        }
    }
}

impl Scaling {
    pub(super) fn new(model: &Model, key: impl Fn(u64) -> Key) -> (Scaling, Meter) {
        if model.fleets.is_empty() {
            return (Scaling::default(), Meter::default());
        }
        let balancers = model.services.iter().map(|service| service.fronts.len()).sum();
        let mut of_balancer = vec![NONE; balancers];
        let mut meter = Meter::default();
        for (index, fleet) in (0..).zip(&model.fleets) {
            of_balancer[fleet.balancer as usize] = index;
            if fleet.meters_cores() {
                let first = fleet.cores_at(model, 0).0 as usize;
                let end = first + fleet.replicas as usize;
                meter.0.resize(meter.0.len().max(end), Busy::default());
                meter.0[first..end].iter_mut().for_each(|busy| busy.servers = fleet.cores);
            }
        }
        let fleets = model.fleets.iter().map(|fleet| FleetState::new(fleet, &key)).collect();
        (Scaling { fleets, of_balancer, ..Scaling::default() }, meter)
    }

    /// Keeps what an event stands for. Returns its place.
    fn keep(&mut self, scheduled: (u32, Turn)) -> u32 {
        let Some(place) = self.free.pop() else {
            self.turns.push(scheduled);
            return self.turns.len() as u32 - 1;
        };
        self.turns[place as usize] = scheduled;
        place
    }
}

impl FleetState {
    fn new(fleet: &Fleet, key: impl Fn(u64) -> Key) -> FleetState {
        let replica = Replica {
            stage: Stage::Off,
            version: 0,
            turn: 0,
            starts: 0,
            since: Time::ZERO,
            served: 0,
        };
        FleetState {
            replicas: vec![replica; fleet.replicas as usize],
            wanted: fleet.start,
            scaler: fleet.autoscaler.as_ref().map(|rules| Autoscaler::new(rules, fleet.start)),
            version: 0,
            stable: 0,
            rollout: None,
            errors: key(fleet.site),
            window: Window::default(),
        }
    }

    /// How many replicas there are of a kind.
    pub(super) fn count(&self, is_it: impl Fn(&Replica) -> bool) -> u32 {
        self.replicas.iter().filter(|&replica| is_it(replica)).count() as u32
    }

    pub(super) fn serving(&self) -> u32 {
        self.count(|replica| replica.stage == Stage::Serving)
    }
}

impl Replica {
    /// Whether it is or will be able to serve.
    pub(super) fn is_up(&self) -> bool {
        matches!(self.stage, Stage::Starting | Stage::Standby | Stage::Serving)
    }
}

impl Fleet {
    /// The cores of one of its replicas.
    pub(super) fn cores_at(&self, model: &Model, number: u32) -> StationId {
        StationId(model.services[self.service.0 as usize].cores.0 + self.first + number)
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// Puts the first replicas of every fleet into service, and schedules what will change that.
    pub(super) fn start_fleets(&mut self) {
        let model = self.model;
        for (index, fleet) in (0..).zip(&model.fleets) {
            if let Some(rules) = &fleet.autoscaler
                && let Some(scaler) = &self.scaling.fleets[index as usize].scaler
                && let Some(planned) =
                    scaler.planned(rules, self.now, |at| fleet.offered_at(model, at))
            {
                self.scaling.fleets[index as usize].wanted = planned;
            }
            for number in 0..fleet.replicas {
                let serves = number < self.scaling.fleets[index as usize].wanted;
                let stage = if serves { Stage::Serving } else { Stage::Off };
                self.scaling.fleets[index as usize].replicas[number as usize].stage = stage;
                if !serves && let Some(watch) = self.balancers[fleet.balancer as usize].watch() {
                    watch.put_in_service(number, false, self.now);
                }
            }
        }
        for (index, fleet) in (0..).zip(&model.fleets) {
            self.tell_fleet(index);
            if let Some(rules) = &fleet.autoscaler {
                self.later(index, Turn::Look, self.now + rules.period);
                self.plan_ahead(index);
            }
            for (number, rollout) in (0..).zip(&fleet.rollouts) {
                self.later(index, Turn::Rollout(number), rollout.at);
            }
        }
    }

    /// Schedules something of a fleet.
    pub(super) fn later(&mut self, fleet: u32, turn: Turn, at: Time) {
        let place = self.scaling.keep((fleet, turn));
        self.schedule(at, Happening::Scale(place));
    }

    fn plan_ahead(&mut self, fleet: u32) {
        let rules = self.model.fleets[fleet as usize].autoscaler.as_ref();
        if let Some(at) = rules.and_then(|rules| rules.next_change(self.now)) {
            self.later(fleet, Turn::Plan, at);
        }
    }

    /// Who a scheduled event of a fleet is, whatever its place.
    pub(super) fn identity_of_turn(&self, place: u32) -> u64 {
        let (fleet, turn) = self.scaling.turns[place as usize];
        self.model.fleets[fleet as usize].site.wrapping_add(turn.number())
    }

    /// The same in words.
    pub(super) fn describe_turn(&self, place: u32) -> String {
        let (fleet, turn) = self.scaling.turns[place as usize];
        let service = self.model.fleets[fleet as usize].service;
        let name = &self.model.services[service.0 as usize].name;
        match turn {
            Turn::Look => format!("the autoscaler of {name} looks"),
            Turn::Plan => format!("the schedule of {name} changes"),
            Turn::Started(replica, _) => format!("replica {replica} of {name} has started"),
            Turn::DrainOver(replica, _) => format!("replica {replica} of {name} has to go"),
            Turn::Rollout(_) => format!("a deployment of {name} begins"),
            Turn::StepOver(_) => format!("a step of a deployment of {name} is over"),
            Turn::Judge(_) => format!("the new version of {name} is judged"),
        }
    }

    /// Something that was scheduled for a fleet happens.
    #[inline(never)]
    pub(super) fn scale(&mut self, place: u32) {
        let (fleet, turn) = self.scaling.turns[place as usize];
        self.scaling.free.push(place);
        match turn {
            Turn::Look => self.look_at(fleet),
            Turn::Plan => {
                self.plan_ahead(fleet);
                self.follow_plan(fleet);
            }
            Turn::Started(replica, turn) => self.started(fleet, replica, turn),
            Turn::DrainOver(replica, turn) => self.cut_off(fleet, replica, turn),
            Turn::Rollout(index) => self.begin_rollout(fleet, index),
            Turn::StepOver(step) => self.step_over(fleet, step),
            Turn::Judge(rollout) => self.judge_rollout(fleet, rollout),
        }
    }

    /// The autoscaler measures, decides, and will look again.
    fn look_at(&mut self, index: u32) {
        let model = self.model;
        let fleet = &model.fleets[index as usize];
        let Some(rules) = &fleet.autoscaler else { return };
        self.drop_broken(index);
        let sample = self.measure_fleet(index, &rules.metrics);
        let state = &mut self.scaling.fleets[index as usize];
        let present = Present { now: self.now, wanted: state.wanted, serving: state.serving() };
        let scaler = state.scaler.as_mut().expect("a fleet with rules has an autoscaler");
        let wanted = scaler.look(rules, present, sample, |at| fleet.offered_at(model, at));
        self.want(index, wanted);
        self.later(index, Turn::Look, self.now + rules.period);
    }

    /// A schedule has changed: what is planned is done at once, unless what was measured needs more.
    fn follow_plan(&mut self, index: u32) {
        let model = self.model;
        let fleet = &model.fleets[index as usize];
        let Some(rules) = &fleet.autoscaler else { return };
        let state = &self.scaling.fleets[index as usize];
        let offered = |at| fleet.offered_at(model, at);
        let planned = state.scaler.as_ref().and_then(|it| it.planned(rules, self.now, offered));
        if let Some(planned) = planned {
            let measures = !rules.metrics.is_empty();
            self.want(index, if measures { planned.max(state.wanted) } else { planned });
        }
    }

    /// So many replicas are wanted from now on.
    pub(super) fn want(&mut self, index: u32, wanted: u32) {
        let fleet = &self.model.fleets[index as usize];
        let before = std::mem::replace(&mut self.scaling.fleets[index as usize].wanted, wanted);
        if wanted > before {
            self.recorder.counted(fleet.told.scale_outs, 1);
        } else if wanted < before {
            self.recorder.counted(fleet.told.scale_ins, 1);
        }
        self.reconcile(index);
    }

    /// Measures what has happened since the last look.
    fn measure_fleet(&mut self, index: u32, metrics: &[FleetMetric]) -> Sample {
        let now = self.now;
        let fleet = &self.model.fleets[index as usize];
        let (mut served, mut busy, mut of_measured) = (0, 0, 0);
        for number in 0..fleet.replicas {
            let replica = &mut self.scaling.fleets[index as usize].replicas[number as usize];
            let is_serving = replica.stage == Stage::Serving;
            let here = replica.served + if is_serving { now.since(replica.since).0 } else { 0 };
            (replica.served, replica.since) = (0, now);
            served += u128::from(here);
            let cores = fleet.cores_at(self.model, number);
            let in_system = self.stations[cores.0 as usize].in_system();
            self.meter.occupancy(now, cores, in_system);
            if let Some(meter) = self.meter.0.get_mut(cores.0 as usize) {
                let nanos = std::mem::take(&mut meter.nanos);
                if is_serving {
                    (busy, of_measured) = (busy + nanos, of_measured + u128::from(here));
                }
            }
        }
        self.weigh_under_way(index);
        let window = &mut self.scaling.fleets[index as usize].window;
        let passed = now.since(std::mem::replace(&mut window.since, now)).0;
        let requests = std::mem::take(&mut window.requests);
        let under_way = std::mem::take(&mut window.under_way_nanos);
        // A look follows another after a period, during which somebody was in service: the last one stays.
        let replicas = served as f64 / (passed as f64).max(1.0);
        let served = (served as f64).max(1.0);
        let serving = f64::from(self.scaling.fleets[index as usize].serving().max(1));
        let value = |metric: &FleetMetric| match metric {
            FleetMetric::Cpu => {
                busy as f64 / (of_measured as f64).max(1.0) / f64::from(fleet.cores)
            }
            FleetMetric::Concurrency => under_way as f64 / served,
            FleetMetric::Requests => requests as f64 / (served * 1e-9),
            FleetMetric::QueueDepth => self.waiting_at(index) as f64 / serving,
            FleetMetric::Backlog => self.backlog_of(fleet.service) as f64 / serving,
            FleetMetric::BacklogAge => self.backlog_age_of(fleet.service).as_secs(),
        };
        let values = metrics.iter().map(value).collect();
        Sample { at: now, replicas, values }
    }

    /// Requests that wait at replicas in service, for a thread or a core.
    fn waiting_at(&self, index: u32) -> u64 {
        let fleet = &self.model.fleets[index as usize];
        let service = &self.model.services[fleet.service.0 as usize];
        let waiting = |(number, replica): (u32, &Replica)| {
            let at = |first: StationId| {
                let station = first.0 + fleet.first + number;
                u64::from(self.stations[station as usize].waiting())
            };
            let waits = at(service.cores) + service.threads.map_or(0, at);
            if replica.stage == Stage::Serving { waits } else { 0 }
        };
        (0..).zip(&self.scaling.fleets[index as usize].replicas).map(waiting).sum()
    }

    /// Integrates how many requests are under way.
    fn weigh_under_way(&mut self, index: u32) {
        let now = self.now;
        let window = &mut self.scaling.fleets[index as usize].window;
        let passed = now.since(std::mem::replace(&mut window.changed, now)).0;
        window.under_way_nanos += u128::from(window.under_way) * u128::from(passed);
    }

    /// The fleet behind a balancer.
    pub(super) fn fleet_behind(&self, balancer: usize) -> Option<u32> {
        self.scaling.of_balancer.get(balancer).copied().filter(|&fleet| fleet != NONE)
    }

    /// A request has been sent to a replica behind a balancer.
    pub(super) fn fleet_asked(&mut self, balancer: usize) {
        let Some(index) = self.fleet_behind(balancer) else { return };
        self.weigh_under_way(index);
        let window = &mut self.scaling.fleets[index as usize].window;
        window.requests += 1;
        window.under_way += 1;
    }

    /// A request has left a replica behind a balancer; who drains and has nothing left goes.
    pub(super) fn fleet_left(&mut self, balancer: usize, number: u32) {
        let Some(index) = self.fleet_behind(balancer) else { return };
        self.weigh_under_way(index);
        let state = &mut self.scaling.fleets[index as usize];
        state.window.under_way = state.window.under_way.saturating_sub(1);
        self.end_drain(index, number);
    }

    /// Who drains and has nothing left goes.
    fn end_drain(&mut self, index: u32, number: u32) {
        let balancer = self.model.fleets[index as usize].balancer;
        let replica = &self.scaling.fleets[index as usize].replicas[number as usize];
        let is_idle = self.balancers[balancer as usize].outstanding(number) == 0;
        if replica.stage == Stage::Draining && is_idle {
            self.change_stage(index, number, Stage::Off);
            self.reconcile(index);
        }
    }

    /// Replicas behind balancers have crashed: what was under way there is not any more.
    pub(super) fn fleet_crashed(&mut self, balancer: usize, number: u32) {
        let Some(index) = self.fleet_behind(balancer) else { return };
        self.weigh_under_way(index);
        let replicas = self.model.fleets[index as usize].replicas;
        let left = (0..replicas).map(|it| self.balancers[balancer].outstanding(it)).sum();
        self.scaling.fleets[index as usize].window.under_way = left;
        self.end_drain(index, number);
    }

    /// The controller takes replicas out that are down; the last one in service stays, so that there is somebody to ask.
    fn drop_broken(&mut self, index: u32) {
        let fleet = &self.model.fleets[index as usize];
        for number in 0..fleet.replicas {
            let state = &self.scaling.fleets[index as usize];
            let replica = state.replicas[number as usize];
            let is_last = replica.stage == Stage::Serving && state.serving() == 1;
            if replica.stage == Stage::Off
                || is_last
                || !self.is_down(fleet.cores_at(self.model, number))
            {
                continue;
            }
            self.change_stage(index, number, Stage::Off);
        }
    }

    /// Starts a replica, the lowest-numbered that is free and not broken; whether there was one.
    pub(super) fn start_replica(&mut self, index: u32, version: u16) -> bool {
        let fleet = &self.model.fleets[index as usize];
        let is_free = |&number: &u32| {
            let replica = &self.scaling.fleets[index as usize].replicas[number as usize];
            replica.stage == Stage::Off && !self.is_down(fleet.cores_at(self.model, number))
        };
        let Some(number) = (0..fleet.replicas).find(is_free) else { return false };
        let replica = &mut self.scaling.fleets[index as usize].replicas[number as usize];
        (replica.version, replica.starts) = (version, replica.starts + 1);
        let who = u64::from(replica.starts) << 32 | u64::from(fleet.first + number);
        let laws = &self.laws;
        let takes =
            fleet.start_up.iter().fold(Duration::ZERO, |sum, &law| sum + laws.time(law, who));
        self.change_stage(index, number, Stage::Starting);
        let turn = self.scaling.fleets[index as usize].replicas[number as usize].turn;
        if takes == Duration::ZERO {
            self.is_ready(index, number);
        } else {
            self.later(index, Turn::Started(number, turn), self.now + takes);
        }
        true
    }

    fn started(&mut self, index: u32, number: u32, turn: u32) {
        let replica = &self.scaling.fleets[index as usize].replicas[number as usize];
        if replica.stage == Stage::Starting && replica.turn == turn {
            self.is_ready(index, number);
            self.reconcile(index);
        }
    }

    /// A replica that has started is empty, and in service unless it is to wait.
    fn is_ready(&mut self, index: u32, number: u32) {
        let fleet = &self.model.fleets[index as usize];
        self.forget_process_caches(fleet.service, fleet.first + number);
        let waits = self.waits_for_its_set(index, number);
        self.change_stage(index, number, if waits { Stage::Standby } else { Stage::Serving });
    }

    /// Takes a replica away: at once if it does not serve, else when it has finished what it has.
    pub(super) fn remove_replica(&mut self, index: u32, number: u32) {
        let fleet = &self.model.fleets[index as usize];
        let outstanding = self.balancers[fleet.balancer as usize].outstanding(number);
        if outstanding == 0 {
            return self.change_stage(index, number, Stage::Off);
        }
        self.change_stage(index, number, Stage::Draining);
        if let Some(drain) = fleet.drain {
            let turn = self.scaling.fleets[index as usize].replicas[number as usize].turn;
            self.later(index, Turn::DrainOver(number, turn), self.now + drain);
        }
    }

    /// A replica has no more time to drain: what it has left fails.
    fn cut_off(&mut self, index: u32, number: u32, turn: u32) {
        let replica = &self.scaling.fleets[index as usize].replicas[number as usize];
        if replica.stage != Stage::Draining || replica.turn != turn {
            return;
        }
        let fleet = &self.model.fleets[index as usize];
        let which = fleet.first + number;
        let lost = self.crash_service(fleet.service, which..which + 1);
        self.recorder.counted(fleet.told.cut_off, lost);
        if self.scaling.fleets[index as usize].replicas[number as usize].stage == Stage::Draining {
            self.change_stage(index, number, Stage::Off);
            self.reconcile(index);
        }
    }

    /// A replica begins to do something else.
    pub(super) fn change_stage(&mut self, index: u32, number: u32, stage: Stage) {
        let fleet = &self.model.fleets[index as usize];
        let now = self.now;
        let replica = &mut self.scaling.fleets[index as usize].replicas[number as usize];
        let before = std::mem::replace(&mut replica.stage, stage);
        replica.turn += 1;
        if before == Stage::Serving {
            replica.served += now.since(replica.since).0;
        }
        replica.since = now;
        if (before == Stage::Serving) != (stage == Stage::Serving)
            && let Some(watch) = self.balancers[fleet.balancer as usize].watch()
        {
            watch.put_in_service(number, stage == Stage::Serving, now);
        }
        self.share_out(index);
        self.tell_fleet(index);
    }

    /// Tells how many replicas there are, and gives the workers of queues as many as serve.
    fn tell_fleet(&mut self, index: u32) {
        let fleet = &self.model.fleets[index as usize];
        let state = &self.scaling.fleets[index as usize];
        let serving = state.serving();
        let paid = state.count(|replica| replica.stage != Stage::Off);
        let is_at_max = fleet.autoscaler.as_ref().is_some_and(|rules| state.wanted == rules.max);
        self.recorder.level(self.now, fleet.told.serving, u64::from(serving));
        self.recorder.level(self.now, fleet.told.paid, u64::from(paid));
        self.recorder.level(self.now, fleet.told.at_max, u64::from(is_at_max));
        let service = &self.model.services[fleet.service.0 as usize];
        if service.spot.is_some() {
            self.tell_spot(fleet.service);
        } else if let (Some(first), 2..) = (service.fleet, service.fronts.len())
            && let Some(billed) = service.billed
        {
            let all = &self.scaling.fleets[first as usize..first as usize + service.fronts.len()];
            let paid = |fleet: &FleetState| fleet.count(|replica| replica.stage != Stage::Off);
            let paid = all.iter().map(paid).sum::<u32>();
            self.recorder.level(self.now, billed, u64::from(paid));
        }
        self.employ_workers(fleet.service);
        if !self.model.systems.is_empty() {
            self.rate_systems();
        }
    }

    /// Whether a replica of a service with fleets is in service.
    pub(super) fn is_in_service(&self, service: ServiceId, replica: u32) -> bool {
        let (balancer, number) = self.balancer_of(service.0, replica);
        self.fleet_behind(balancer).is_some_and(|index| {
            let fleet = &self.scaling.fleets[index as usize];
            fleet.replicas[number as usize].stage == Stage::Serving
        })
    }

    /// How many replicas there are to be in the regions that some replicas of a service are in.
    pub(super) fn wanted_replicas(&self, service: ServiceId, replicas: &Range<u32>) -> u32 {
        let fleets = self.model.fleets.iter().zip(&self.scaling.fleets);
        let meets = |fleet: &Fleet| {
            fleet.service == service
                && fleet.first < replicas.end
                && replicas.start < fleet.first + fleet.replicas
        };
        fleets.filter(|(fleet, _)| meets(fleet)).map(|(_, state)| state.wanted).sum()
    }

    /// Whether a replica is there to be paid for: where their number does not change, always.
    pub(super) fn has_replica(&self, service: crate::model::ServiceId, replica: u32) -> bool {
        let service = &self.model.services[service.0 as usize];
        let Some(first) = service.fleet else { return true };
        let front = service.front_of(replica);
        let number = replica - service.fronts[front].first;
        let fleet = &self.scaling.fleets[first as usize + front];
        fleet.replicas[number as usize].stage != Stage::Off
    }

    /// Replicas in service of a service, in all its regions.
    pub(super) fn in_service(&self, service: ServiceId) -> u32 {
        let service = &self.model.services[service.0 as usize];
        match service.fleet {
            None => service.replicas,
            Some(first) => {
                let fleets = first as usize..first as usize + service.fronts.len();
                self.scaling.fleets[fleets].iter().map(FleetState::serving).sum()
            }
        }
    }
}
