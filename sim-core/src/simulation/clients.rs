//! Clients in a run: they send, wait, give up, think and send again.

use super::interpreter::Flow;
use super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::{Ending, Frame, FrameId, FrameKind, Frames, NONE};
use crate::model::{ARRIVE, Client, Source};
use crate::random::{Draw, Key};
use crate::time::Time;
use crate::workload::{Arrival, Arrivals};
use std::collections::VecDeque;

/// A population of clients in a run.
pub(super) struct ClientState {
    /// When an open client sends next.
    arrivals: Option<Arrivals>,
    /// When the arrival comes that is scheduled, and how many requests it brings.
    due: Time,
    batch: u32,
    /// Arrivals that were drawn and have not come.
    ahead: u32,
    /// The arrival after that, drawn ahead: the processor draws while it waits for the order of events.
    following: Option<Arrival>,
    /// Identity of its next request.
    next_id: u64,
    /// Stream of draws of the mix.
    mix: Key,
    /// Requests it waits for.
    pub(super) in_flight: u64,
    /// When it gives up which request; the timeout is the same for all, so in order.
    deadlines: VecDeque<(Time, FrameId, u64)>,
    /// Whether an event for the first of them is scheduled.
    watching: bool,
    /// When deadlines were looked at last.
    last_call: Time,
    /// Of a closed client: users that leave before they send again, and the next requests of those who have left.
    leaving: u32,
    left: Vec<u64>,
}

impl ClientState {
    pub(super) fn new(client: &Client, key: impl Fn(u64) -> Key) -> ClientState {
        let key = key(client.site);
        let mut arrivals = match &client.source {
            Source::Open(traffic) => Some(Arrivals::new(traffic, key)),
            Source::Closed { .. } => None,
        };
        let following = arrivals.as_mut().and_then(Arrivals::next);
        ClientState {
            arrivals,
            due: Time::MAX,
            batch: 0,
            ahead: 1,
            following,
            next_id: client.site,
            mix: key.part(MIX),
            in_flight: 0,
            deadlines: VecDeque::new(),
            watching: false,
            last_call: Time::MAX,
            leaving: 0,
            left: Vec::new(),
        }
    }
}

impl ClientState {
    /// Requests have moved to other places in the slab, given in order: their deadlines follow them.
    pub(super) fn follow(&mut self, moved: &[(FrameId, FrameId)], frames: &Frames) {
        for (_, frame, id) in &mut self.deadlines {
            if let Ok(place) = moved.binary_search_by_key(frame, |&(from, _)| from)
                && frames[moved[place].1].id == *id
            {
                *frame = moved[place].1;
            }
        }
    }
}

/// The part of a client's key that its mix draws from.
const MIX: u64 = 1;

/// Identities of a closed user's requests lie together; those of the next user this much further.
const REQUESTS_PER_USER: u64 = 1 << 32;

impl<R: Recorder> Simulation<'_, R> {
    /// Schedules the first request of every client.
    pub(super) fn start_clients(&mut self) {
        for index in 0..self.model.clients.len() as u32 {
            match &self.model.clients[index as usize].source {
                Source::Open(_) => self.schedule_arrival(index),
                Source::Closed { users, .. } => {
                    for _ in 0..*users {
                        self.user_comes(index);
                    }
                }
            }
        }
    }

    /// One more user of a closed client.
    pub(super) fn user_comes(&mut self, client: u32) {
        let state = &mut self.clients[client as usize];
        let id = state.left.pop().unwrap_or_else(|| {
            let id = state.next_id;
            state.next_id = id.wrapping_add(REQUESTS_PER_USER);
            id
        });
        self.think(client, id);
    }

    fn schedule_arrival(&mut self, client: u32) {
        let state = &mut self.clients[client as usize];
        let Some(arrival) = state.following else {
            (state.due, state.ahead) = (Time::MAX, 1);
            return;
        };
        (state.due, state.batch, state.ahead) = (arrival.at, arrival.size, 2);
        self.queue.push(arrival.at, Happening::Arrival(client).event());
        state.following = state.arrivals.as_mut().and_then(Arrivals::next);
    }

    /// An open client sends.
    #[inline]
    pub(super) fn arrival(&mut self, client: u32) {
        let state = &self.clients[client as usize];
        let batch = state.batch;
        if state.due != self.now {
            // A change of the traffic has moved it.
            return;
        }
        self.schedule_arrival(client);
        if self.frames.len() + batch as usize > MAX_IN_FLIGHT {
            self.overloaded = true;
            return;
        }
        for _ in 0..batch {
            let state = &mut self.clients[client as usize];
            let id = state.next_id;
            state.next_id = id.wrapping_add(1);
            let frame = self.new_request(client, id);
            match self.begin(frame) {
                Flow::Continue => self.run(frame),
                Flow::Switch(_) | Flow::Stop => {}
            }
        }
    }

    /// A closed client's user thinks before sending request `id`.
    fn think(&mut self, client: u32, id: u64) {
        let Source::Closed { think, .. } = self.model.clients[client as usize].source else {
            return;
        };
        let state = &mut self.clients[client as usize];
        if state.leaving > 0 {
            state.leaving -= 1;
            state.left.push(id);
            return;
        }
        // Who gives up and asks again leaves the old request behind: users are no bound on what is in flight.
        self.overloaded |= self.frames.len() > MAX_IN_FLIGHT;
        let frame = self.new_request(client, id);
        match think {
            Some(law) => {
                let at = self.now + self.laws.time(law, id);
                self.schedule(at, Happening::Resume(frame));
            }
            None => self.schedule(self.now, Happening::Resume(frame)),
        }
    }

    fn new_request(&mut self, client: u32, id: u64) -> FrameId {
        let mut frame = Frame::new(id, ARRIVE, NONE, self.now);
        frame.journey = client;
        frame.lane = self.model.clients[client as usize].lane;
        self.frames.insert(frame)
    }

    /// A request begins: its operation is drawn, the client's clock starts.
    #[inline]
    pub(super) fn begin(&mut self, at: FrameId) -> Flow {
        let frame = &mut self.frames[at];
        let index = frame.journey as usize;
        let client = &self.model.clients[index];
        let mut journey = client.first_journey;
        if client.mix.len() > 1 {
            let point = Draw::new(frame.id, self.clients[index].mix).bits();
            journey +=
                client.mix.iter().position(|&until| point <= until).unwrap_or(client.mix.len() - 1)
                    as u32;
        }
        let target = &self.model.journeys[journey as usize];
        frame.journey = journey;
        frame.operation = target.operation.0;
        frame.criticality = target.criticality;
        frame.pc = target.entry;
        frame.sent = self.now;
        let id = frame.id;
        if !self.model.places.is_one() {
            let place = self.home(index as u32, id);
            self.frames[at].place = place;
        }
        self.clients[index].in_flight += 1;
        self.recorder.arrived(self.now, journey);
        if R::TRACES {
            self.recorder.sent(self.now, at, &self.frames);
        }
        if let Some(timeout) = client.timeout {
            self.watch(index as u32, self.now + timeout, at, id);
        }
        match client.hop {
            Some(hop) => self.travel(at, hop),
            None => Flow::Continue,
        }
    }

    fn watch(&mut self, client: u32, deadline: Time, at: FrameId, id: u64) {
        let frames = &self.frames;
        let state = &mut self.clients[client as usize];
        while let Some(&(_, frame, id)) = state.deadlines.front()
            && !is_awaited(&frames[frame], id)
        {
            state.deadlines.pop_front();
        }
        if state.deadlines.back().is_some_and(|&(last, ..)| last > deadline) {
            return self.watch_sooner(client, deadline, at, id);
        }
        state.deadlines.push_back((deadline, at, id));
        if !state.watching {
            state.watching = true;
            self.schedule(deadline, Happening::Deadline(client));
        }
    }

    /// The same where a change has made the timeout shorter, so that others have to wait for longer.
    #[cold]
    fn watch_sooner(&mut self, client: u32, deadline: Time, at: FrameId, id: u64) {
        let state = &mut self.clients[client as usize];
        let place = state.deadlines.partition_point(|&(other, ..)| other <= deadline);
        state.deadlines.insert(place, (deadline, at, id));
        if place == 0 {
            self.schedule(deadline, Happening::Deadline(client));
        }
    }

    /// The traffic of an open client, or the number of users of a closed one, is another from now on.
    pub(super) fn change_source(&mut self, client: u32, before: &Source, after: &Source) {
        let state = &mut self.clients[client as usize];
        match (before, after) {
            (Source::Open(before), Source::Open(after)) if before != after => {
                let Some(arrivals) = &mut state.arrivals else { return };
                let [scheduled, following] = arrivals.change(after, self.now);
                state.following = following;
                match (state.ahead, scheduled) {
                    (2, Some(arrival)) => {
                        state.due = arrival.at;
                        self.queue.push(arrival.at, Happening::Arrival(client).event());
                    }
                    (2, None) => state.due = Time::MAX,
                    _ => self.schedule_arrival(client),
                }
            }
            (Source::Closed { users: before, .. }, Source::Closed { users: after, .. }) => {
                state.leaving += before.saturating_sub(*after);
                let more = after.saturating_sub(*before);
                let stay = more.min(state.leaving);
                state.leaving -= stay;
                for _ in stay..more {
                    self.user_comes(client);
                }
            }
            _ => {}
        }
    }

    /// Gives up on the requests whose time is over, and looks again when the next one's is.
    ///
    /// An answer at the very deadline is in time: the event that finds a deadline come puts another behind all that
    /// is due at this instant, and only that one gives up.
    pub(super) fn deadline(&mut self, client: u32) {
        let state = &mut self.clients[client as usize];
        state.watching = false;
        let is_last_call = std::mem::replace(&mut state.last_call, self.now) == self.now;
        while let Some(&(deadline, frame, id)) = self.clients[client as usize].deadlines.front() {
            let awaited = is_awaited(&self.frames[frame], id);
            if awaited && (deadline > self.now || !is_last_call) {
                self.clients[client as usize].watching = true;
                self.schedule(deadline, Happening::Deadline(client));
                return;
            }
            self.clients[client as usize].deadlines.pop_front();
            if awaited {
                self.answered(frame, Ending::TimedOut);
            }
        }
    }

    /// The answer has reached the client, unless it has given up before. The request is over.
    #[inline]
    pub(super) fn deliver(&mut self, at: FrameId) {
        let frame = &self.frames[at];
        if !frame.abandoned {
            self.answered(at, frame.ending);
        }
        self.frames.remove(at);
    }

    /// For its client a request is over.
    #[inline]
    fn answered(&mut self, at: FrameId, ending: Ending) {
        let frame = &mut self.frames[at];
        frame.abandoned = true;
        let (id, response) = (frame.id, self.now.since(frame.sent));
        let client = self.model.journeys[frame.journey as usize].client;
        self.clients[client as usize].in_flight -= 1;
        self.recorder.finished(self.now, frame.journey, ending, response, &frame.spent);
        if R::TRACES {
            self.recorder.answered(self.now, at, &self.frames, ending);
        }
        if !self.model.region_measures.is_empty() {
            self.felt_in_region(at, ending, response);
        }
        if let Source::Closed { .. } = self.model.clients[client as usize].source {
            self.think(client, id.wrapping_add(1));
        }
    }
}

/// The number of the closed client's user who sends a request of this identity.
pub(super) fn user_of(client: &Client, request: u64) -> u64 {
    request.wrapping_sub(client.site) / REQUESTS_PER_USER
}

/// Whether the slot still holds request `id`, and its client still waits for it.
fn is_awaited(frame: &Frame, id: u64) -> bool {
    frame.id == id && frame.kind == FrameKind::Operation && frame.parent == NONE && !frame.abandoned
}
