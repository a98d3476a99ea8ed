//! A run in progress: the model's plan, the clock, and everything that is in flight.

mod caches;
mod clients;
mod interpreter;
mod keys;
mod laws;
mod recorder;
#[cfg(test)]
mod tests;

pub use recorder::Recorder;

use crate::component::{Balancing, FrameId, Frames, Station};
use crate::engine::{Event, Fingerprint, Queue};
use crate::model::{Model, StationId};
use crate::random::Key;
use crate::time::Time;
use clients::ClientState;
use laws::Laws;
use std::collections::VecDeque;

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
    /// Who measures.
    pub recorder: R,
    now: Time,
    events: u64,
    queue: Queue,
    frames: Frames,
    /// Frames that go on at this very instant.
    ready: VecDeque<FrameId>,
    stations: Vec<Station>,
    balancers: Vec<Balancing>,
    clients: Vec<ClientState>,
    laws: Laws<'m>,
    keys: Vec<keys::KeysState>,
    caches: caches::Caches,
    /// Streams of draws, by site.
    site_keys: Vec<Key>,
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
    /// The oldest request of a client may have waited too long.
    Deadline(u32),
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
            _ => Happening::Deadline(index),
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
                (0..group.count).map(move |_| Station::new(group, lanes, key(group.site)))
            })
            .collect();
        let mut run = Simulation {
            model,
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
                .map(|s| Balancing::new(&s.balancer, s.replicas, key(s.site)))
                .collect(),
            clients: model.clients.iter().map(|c| ClientState::new(c, key)).collect(),
            laws: Laws::new(model, key),
            keys: model.keys.iter().map(|k| keys::KeysState::new(k, key)).collect(),
            caches: caches::Caches::new(model, key),
            site_keys: model.sites.iter().map(|&s| key(s)).collect(),
            fingerprint: Fingerprint::default(),
            overloaded: false,
            switches: 0,
            switches_max: u64::MAX,
        };
        run.warm_caches();
        run.start_clients();
        run
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
        self.fingerprint.events.fold(self.identity(happening));
        match happening {
            Happening::Served(frame) => self.served(frame),
            Happening::Resume(frame) => self.resume(frame),
            Happening::Arrival(client) => self.arrival(client),
            Happening::Wake(station) => self.wake(station),
            Happening::Deadline(client) => self.deadline(client),
        }
        while let Some(frame) = self.ready.pop_front()
            && !self.is_exhausted()
        {
            self.run(frame);
        }
    }

    /// What the next event is, in words, for whoever looks for the first difference between two runs.
    pub fn describe_next(&mut self) -> Option<(Time, String)> {
        let (at, event) = self.queue.peek()?;
        let name = |station: u32| &self.model.station_group(StationId(station)).name;
        let text = match Happening::of(event) {
            Happening::Served(f) => format!("service ends for {:016x}", self.frames[f].id),
            Happening::Resume(f) => format!("{:016x} goes on", self.frames[f].id),
            Happening::Arrival(c) => format!("{} sends", self.model.clients[c as usize].name),
            Happening::Wake(s) => format!("{} looks for the next to leave", name(s)),
            Happening::Deadline(c) => {
                format!("a deadline of {}", self.model.clients[c as usize].name)
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
        }
    }

    #[inline]
    fn schedule(&mut self, at: Time, happening: Happening) {
        self.queue.push(at, happening.event());
    }
}
