//! A run in progress: the model's plan, the clock, and everything that is in flight.

mod availability;
mod balancing;
mod caches;
mod cancel;
mod changes;
mod clients;
mod doors;
mod faults;
mod functions;
mod guards;
mod holds;
mod interpreter;
mod keys;
mod laws;
mod limits;
mod look;
mod outside;
mod queues;
mod recorder;
mod rollouts;
mod scaling;
mod search;
#[cfg(test)]
mod store_tests;
mod stores;
#[cfg(test)]
mod tests;
mod travel;
mod views;

pub use look::{Condition, Link};
pub use recorder::Recorder;

use crate::component::{Balancing, Environments, FrameId, Frames, Messages, Station};
use crate::engine::{Event, Fingerprint, Queue};
use crate::model::{Change, Model, StationId};
use crate::random::{Key, name_hash};
use crate::time::Time;
use clients::ClientState;
use laws::Laws;
use std::collections::VecDeque;
use travel::Routing;

/// Which run of a model: everything that a result depends on, beside the model.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seed {
    /// The user's seed.
    pub seed: u64,
    /// Which replication.
    pub replication: u64,
}

/// Operations that may be in flight at once: calls, branches and loops count. About 300 MiB.
pub const MAX_IN_FLIGHT: usize = 2_000_000;

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// It came to its horizon.
    Horizon,
    /// Nothing is left to happen: a replay has ended.
    Finished,
    /// More than [`MAX_IN_FLIGHT`] operations were in flight: an overload without bound.
    Overloaded,
    /// The limit on the number of events was reached.
    Events,
}

/// A run in progress.
pub struct Simulation<'m, R> {
    model: &'m Model,
    /// What it will be, and when.
    changes: &'m [Change],
    /// Who measures.
    pub recorder: R,
    now: Time,
    events: u64,
    queue: Queue,
    frames: Frames,
    /// Frames that go on at this very instant.
    ready: VecDeque<FrameId>,
    stations: Vec<Station>,
    /// By service and its fronts.
    balancers: Vec<Balancing>,
    routing: Routing,
    clients: Vec<ClientState>,
    seed: Seed,
    laws: Laws<'m>,
    faults: faults::FaultState<'m>,
    /// The stream that says which messages are lost.
    network_key: Key,
    guards: guards::Guards,
    scaling: scaling::Scaling,
    /// How busy the cores of fleets are.
    meter: scaling::Meter,
    /// By service: replicas that have not answered a check yet.
    unanswered: Vec<Vec<u32>>,
    keys: Vec<keys::KeysState>,
    stores: Vec<stores::StoreState>,
    messages: Messages,
    consumers: Vec<queues::Consumer>,
    /// Messages in queues without a consumer, by queue.
    kept: Vec<u64>,
    limits: Vec<limits::Limiting>,
    environments: Vec<Environments>,
    doors: doors::Doors,
    caches: caches::Caches,
    /// Streams of draws, by site.
    site_keys: Vec<Key>,
    /// Streams of the failures of external systems.
    failure_keys: Vec<Key>,
    holdings: holds::Holdings,
    views: Vec<views::ViewState>,
    searches: Vec<search::SearchState>,
    fingerprint: Fingerprint,
    overloaded: bool,
    /// How often a call, a branch or a loop's turn has gone on without time passing, and how often it may.
    switches: u64,
    switches_max: u64,
}

/// Calls, branches and turns of loops that take no time, at most, for each event that a run may have: what happens at
/// one instant is not without bound either.
const SWITCHES_PER_EVENT: u64 = 100;

/// What an event means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Happening {
    /// A frame's service ends.
    Served(FrameId),
    /// A frame goes on: its message has arrived, its wait is over.
    Resume(FrameId),
    /// An open client sends.
    Arrival(u32),
    /// The next request may leave a shared station.
    Wake(u32),
    /// A message can be taken.
    Message(u32),
    /// A consumer's oldest message has lingered (even), or its oldest delivery has taken too long (odd).
    Broker(u32),
    /// The oldest request of a client may have waited too long.
    Deadline(u32),
    /// What breaks by itself breaks (twice its number) or works again (one more).
    Fault(u32),
    /// The replicas of a service are checked (twice its number), or those without an answer have no more time.
    Check(u32),
    /// A materialised view is due to be refreshed.
    Refresh(u32),
    /// A crashed primary is to be replaced: its station.
    Promotion(u32),
    /// The next key of a store is copied to another shard.
    Reshard(u32),
    /// The time of an attempt is over (twice its number), or it has been waited for long enough to make another.
    Guard(u32),
    /// A replica has started, an autoscaler looks, a deployment goes on: the place of what it stands for.
    Scale(u32),
    /// The patience of somebody at a station may be over.
    Patience(u32),
}

impl Happening {
    const INDEX_BITS: u32 = 28;

    #[inline]
    fn event(self) -> Event {
        let (kind, index) = match self {
            Happening::Served(frame) => (0, frame),
            Happening::Resume(frame) => (1, frame),
            Happening::Arrival(client) => (2, client),
            Happening::Wake(station) => (3, station),
            Happening::Deadline(client) => (4, client),
            Happening::Fault(change) => (5, change),
            Happening::Check(service) => (6, service),
            Happening::Refresh(view) => (7, view),
            Happening::Promotion(station) => (8, station),
            Happening::Reshard(store) => (9, store),
            Happening::Message(message) => (10, message),
            Happening::Broker(which) => (11, which),
            Happening::Guard(attempt) => (12, attempt),
            Happening::Scale(place) => (14, place),
            Happening::Patience(station) => (13, station),
        };
        Event(kind << Happening::INDEX_BITS | index)
    }

    #[inline]
    fn of(event: Event) -> Happening {
        let index = event.0 & ((1 << Happening::INDEX_BITS) - 1);
        match event.0 >> Happening::INDEX_BITS {
            0 => Happening::Served(index),
            1 => Happening::Resume(index),
            2 => Happening::Arrival(index),
            3 => Happening::Wake(index),
            4 => Happening::Deadline(index),
            5 => Happening::Fault(index),
            6 => Happening::Check(index),
            7 => Happening::Refresh(index),
            8 => Happening::Promotion(index),
            9 => Happening::Reshard(index),
            10 => Happening::Message(index),
            11 => Happening::Broker(index),
            12 => Happening::Guard(index),
            13 => Happening::Patience(index),
            _ => Happening::Scale(index),
        }
    }
}

impl<'m, R: Recorder> Simulation<'m, R> {
    /// A run at time zero: empty and idle, with the first arrivals scheduled.
    pub fn new(model: &'m Model, seed: Seed, recorder: R) -> Self {
        let key = |name: u64| Key::new(seed.seed, seed.replication, name);
        let lanes = model.clients.iter().map(|c| usize::from(c.lane) + 1).max().unwrap_or(1);
        let stations = model
            .stations
            .iter()
            .flat_map(|group| {
                let door = group.door.map(|door| &model.doors[door.0 as usize]);
                (0..group.count).map(move |_| Station::new(group, door, lanes, key(group.site)))
            })
            .collect();
        let (scaling, meter) = scaling::Scaling::new(model, key);
        let mut run = Simulation {
            model,
            changes: &model.changes,
            recorder,
            now: Time::ZERO,
            events: 0,
            queue: Queue::new(),
            frames: Frames::default(),
            ready: VecDeque::new(),
            stations,
            balancers: model
                .services
                .iter()
                .flat_map(|s| s.fronts.iter().map(move |front| (s, front)))
                .map(|(s, front)| Balancing::new(s, front, key(s.site)))
                .collect(),
            routing: Routing::new(model, key),
            clients: model.clients.iter().map(|c| ClientState::new(c, key)).collect(),
            seed,
            laws: Laws::new(&model.laws, key),
            faults: faults::FaultState::new(model, key),
            network_key: key(name_hash("faults.network")),
            guards: guards::Guards::new(model, key),
            scaling,
            meter,
            unanswered: vec![Vec::new(); model.services.len()],
            keys: model.keys.iter().map(|k| keys::KeysState::new(k, key)).collect(),
            stores: model.stores.iter().map(stores::StoreState::new).collect(),
            messages: Messages::default(),
            consumers: queues::Consumer::of(model),
            kept: vec![0; model.queues.len()],
            limits: limits::Limiting::of(model),
            environments: functions::environments(model),
            doors: doors::Doors::new(model),
            caches: caches::Caches::new(model, key),
            site_keys: model.sites.iter().map(|&s| key(s)).collect(),
            failure_keys: model.externals.iter().map(|external| key(external.site)).collect(),
            holdings: holds::Holdings::new(&model.holds),
            views: vec![views::ViewState::default(); model.views.len()],
            searches: vec![search::SearchState::default(); model.searches.len()],
            fingerprint: Fingerprint::default(),
            overloaded: false,
            switches: 0,
            switches_max: u64::MAX,
        };
        run.start_fleets();
        run.schedule_faults();
        run.start_checks();
        run.start_limits();
        run.warm_caches();
        run.start_clients();
        run.start_views();
        run.start_resharding();
        run
    }

    /// What is simulated.
    pub fn model(&self) -> &'m Model {
        self.model
    }

    /// The current instant.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Events handled so far.
    pub fn events(&self) -> u64 {
        self.events
    }

    /// The digests of what has happened so far; that of the results is the recorder's to add.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Requests that clients wait for.
    pub fn in_flight(&self) -> u64 {
        self.clients.iter().map(|c| c.in_flight).sum()
    }

    /// A station's present state.
    pub fn station(&self, station: StationId) -> &Station {
        &self.stations[station.0 as usize]
    }

    /// Runs every event up to and including `until`, but not more than `max_events` in all, and moves the clock
    /// there. Calls, branches and turns of loops that take no time count as a hundredth of an event each.
    pub fn run_until(&mut self, until: Time, max_events: u64) -> Stopped {
        if self.changes.is_empty() {
            self.run_unchanged(until, max_events)
        } else {
            self.run_through_changes(until, max_events)
        }
    }

    #[inline]
    fn run_unchanged(&mut self, until: Time, max_events: u64) -> Stopped {
        self.switches_max = max_events.saturating_mul(SWITCHES_PER_EVENT);
        while self.events < max_events
            && !self.is_exhausted()
            && let Some((at, event)) = self.queue.pop_until(until)
        {
            self.handle(at, event);
            if self.overloaded {
                return Stopped::Overloaded;
            }
        }
        if self.is_exhausted() {
            return Stopped::Events;
        }
        match self.queue.next_time() {
            Some(at) if at <= until => Stopped::Events,
            next => {
                self.now = self.now.max(until);
                if next.is_none() { Stopped::Finished } else { Stopped::Horizon }
            }
        }
    }

    fn is_exhausted(&self) -> bool {
        self.switches > self.switches_max
    }

    /// Ends the warm-up: the recorder forgets what it has seen.
    pub fn begin_measuring(&mut self) {
        self.recorder.restart(self.now);
    }

    /// Tells the recorder how long every station has been as it is, so that its integrals reach to the present.
    pub fn settle(&mut self) {
        for (index, station) in self.stations.iter().enumerate() {
            self.recorder.occupancy(self.now, StationId(index as u32), station.in_system());
        }
    }

    /// Handles the next event. Returns false if there is none.
    pub fn step(&mut self) -> bool {
        if self.is_change_next() {
            self.make_change();
            return true;
        }
        let next = self.queue.pop();
        if let Some((at, event)) = next {
            self.handle(at, event);
        }
        next.is_some()
    }

    #[inline]
    fn handle(&mut self, at: Time, event: Event) {
        debug_assert!(at >= self.now, "the clock never goes back");
        self.now = at;
        self.events += 1;
        self.fingerprint.timings.fold(at.0);
        let happening = Happening::of(event);
        if R::TRACES {
            self.recorder.turned(at);
        }
        self.fingerprint.events.fold(self.identity(happening));
        match happening {
            Happening::Served(frame) => self.served(frame),
            Happening::Resume(frame) => self.resume(frame),
            Happening::Arrival(client) => self.arrival(client),
            Happening::Wake(station) => self.wake(station),
            Happening::Deadline(client) => self.deadline(client),
            Happening::Fault(change) => self.fault(change),
            Happening::Check(service) => self.check(service),
            Happening::Refresh(view) => self.refresh_due(view),
            Happening::Promotion(station) => self.promotion(station),
            Happening::Reshard(store) => self.reshard(store),
            Happening::Message(message) => self.show(message),
            Happening::Broker(which) => self.broker(which),
            Happening::Guard(attempt) => self.guard_due(attempt),
            Happening::Scale(place) => self.scale(place),
            Happening::Patience(station) => self.patience_due(station),
        }
        while let Some(frame) = self.ready.pop_front()
            && !self.is_exhausted()
        {
            self.run(frame);
        }
    }

    /// What the next event is, in words, for whoever looks for the first difference between two runs.
    pub fn describe_next(&mut self) -> Option<(Time, String)> {
        if let Some(at) = self.next_change()
            && self.is_change_next()
        {
            return Some((at, "the model changes".to_owned()));
        }
        let (at, event) = self.queue.peek()?;
        let name = |station: u32| &self.model.station_group(StationId(station)).name;
        let text = match Happening::of(event) {
            Happening::Served(f) => format!("service ends for {:016x}", self.frames[f].id),
            Happening::Resume(f) => format!("{:016x} goes on", self.frames[f].id),
            Happening::Arrival(c) => format!("{} sends", self.model.clients[c as usize].name),
            Happening::Wake(s) => format!("{} looks for the next to leave", name(s)),
            Happening::Message(m) => format!("{:016x} can be taken", self.messages.get(m).id),
            Happening::Broker(which) => {
                let name = &self.model.subscriptions[which as usize / 2].name;
                format!("{name} look at their messages")
            }
            Happening::Deadline(c) => {
                format!("a deadline of {}", self.model.clients[c as usize].name)
            }
            Happening::Fault(change) => {
                let unit = &self.model.fault_units[change as usize / 2];
                let name = &self.model.faults[unit.fault as usize].name;
                format!("{name} {}", ["begins", "is over"][change as usize % 2])
            }
            Happening::Check(s) => {
                format!("{} is checked", self.model.services[s as usize / 2].name)
            }
            Happening::Refresh(v) => {
                format!("{} is due to be refreshed", self.model.views[v as usize].name)
            }
            Happening::Guard(attempt) => {
                let (name, what) = (self.guard_of(attempt), attempt % 2);
                format!(
                    "{name}: {}",
                    ["the time of an attempt is over", "a hedge is due"][what as usize]
                )
            }
            Happening::Scale(place) => self.describe_turn(place),
            Happening::Patience(s) => {
                format!("the patience of somebody at {} may be over", name(s))
            }
            Happening::Promotion(s) => format!("the primary at {} is to be replaced", name(s)),
            Happening::Reshard(s) => {
                format!("{} copies a key", self.model.stores[s as usize].name)
            }
        };
        Some((at, text))
    }

    /// Kind and subject of an event as a number that does not depend on where things are stored.
    #[inline]
    fn identity(&self, happening: Happening) -> u64 {
        match happening {
            Happening::Served(frame) => self.frames[frame].id,
            Happening::Resume(frame) => !self.frames[frame].id,
            Happening::Arrival(client) => self.model.clients[client as usize].site,
            Happening::Wake(station) => self.model.station_group(StationId(station)).site,
            Happening::Deadline(client) => !self.model.clients[client as usize].site,
            Happening::Fault(change) => {
                self.model.fault_units[change as usize / 2].site.wrapping_add(u64::from(change % 2))
            }
            Happening::Check(service) => {
                self.model.services[service as usize / 2].site.wrapping_add(u64::from(service % 2))
            }
            Happening::Refresh(view) => self.model.views[view as usize].site,
            Happening::Promotion(station) => !self.model.station_group(StationId(station)).site,
            Happening::Reshard(store) => {
                self.model.stores[store as usize].cluster.as_ref().map_or(0, |it| it.site)
            }
            Happening::Guard(attempt) => self.identity_of_attempt(attempt),
            Happening::Scale(place) => self.identity_of_turn(place),
            Happening::Patience(station) => {
                self.model.station_group(StationId(station)).site.rotate_left(1)
            }
            Happening::Message(message) => self.messages.get(message).id.rotate_left(1),
            Happening::Broker(which) => {
                self.model.subscriptions[which as usize / 2].site.wrapping_add(u64::from(which % 2))
            }
        }
    }

    #[inline]
    fn schedule(&mut self, at: Time, happening: Happening) {
        self.queue.push(at, happening.event());
    }
}
