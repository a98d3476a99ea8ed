//! Processor sharing: all requests at a station are served at once.
//!
//! With `n` requests on `c` servers each is served at rate `min(1, c/n)`. All have the same rate, so it is enough to
//! follow the service that a request present all along would have attained; a request leaves when that has grown by
//! its demand.

use super::FrameId;
use crate::time::{Duration, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The requests that share a station.
#[derive(Debug)]
pub struct Sharing {
    servers: u32,
    /// Service attained, in nanoseconds, by a request that has been here since the station was last empty.
    attained: f64,
    updated: Time,
    /// When the event is due that looks for the next to leave; later than all time if there is none.
    wake: Time,
    arrivals: u64,
    /// Attained service at which each leaves (the bits of a positive float order as the float does), then order of
    /// arrival.
    leaving: BinaryHeap<Reverse<(u64, u64, FrameId)>>,
}

/// Rounding of floats: service attained may fall short by this much.
const TOLERANCE_NANOS: f64 = 1e-3;

/// Above this (about an hour of service without a break) a float no longer tells apart what the tolerance does.
const ATTAINED_MAX: f64 = 4e12;

impl Sharing {
    /// An empty station of so many servers.
    pub fn new(servers: u32) -> Sharing {
        Sharing {
            servers,
            attained: 0.0,
            updated: Time::ZERO,
            wake: Time::MAX,
            arrivals: 0,
            leaving: BinaryHeap::new(),
        }
    }

    /// Requests here.
    pub fn len(&self) -> u32 {
        self.leaving.len() as u32
    }

    /// How much service, in nanoseconds, each of those here still needs.
    pub fn left(&self, now: Time) -> impl Iterator<Item = (FrameId, f64)> {
        let attained = self.attained + now.since(self.updated).0 as f64 * self.rate();
        let left =
            move |&Reverse((until, _, frame))| (frame, (f64::from_bits(until) - attained).max(0.0));
        self.leaving.iter().map(left)
    }

    /// Everyone here is gone; an event that is scheduled has no meaning any more.
    pub fn clear(&mut self) {
        self.leaving.clear();
        (self.attained, self.wake) = (0.0, Time::MAX);
    }

    /// Nobody is served from now on.
    pub fn halt(&mut self, now: Time) {
        self.advance(now);
        (self.servers, self.wake) = (0, Time::MAX);
    }

    /// Everyone is served again; [`Sharing::schedule`] tells when the first leaves.
    pub fn restart(&mut self, now: Time, servers: u32) {
        self.advance(now);
        self.servers = servers;
    }

    /// Whether nobody is here.
    pub fn is_empty(&self) -> bool {
        self.leaving.is_empty()
    }

    /// A request comes with its demand. Returns when to call [`Sharing::leave`], if an event is to be scheduled.
    pub fn arrive(&mut self, now: Time, frame: FrameId, demand: Duration) -> Option<Time> {
        self.advance(now);
        if self.attained > ATTAINED_MAX {
            self.rebase();
        }
        let until = self.attained + demand.0 as f64;
        self.leaving.push(Reverse((until.to_bits(), self.arrivals, frame)));
        self.arrivals += 1;
        self.schedule(now)
    }

    /// At an event scheduled before: the next request to leave now, if any; call until there is none, then
    /// [`Sharing::schedule`].
    pub fn leave(&mut self, now: Time) -> Option<FrameId> {
        self.advance(now);
        let &Reverse((until, _, frame)) = self.leaving.peek()?;
        if f64::from_bits(until) > self.attained + TOLERANCE_NANOS {
            return None;
        }
        self.leaving.pop();
        if self.leaving.is_empty() {
            self.attained = 0.0;
        }
        Some(frame)
    }

    /// One who is here leaves before its service is over; [`Sharing::schedule`] tells when the next one does. Returns how
    /// much service it still needed, in nanoseconds.
    pub fn remove(&mut self, now: Time, frame: FrameId) -> u64 {
        self.advance(now);
        let attained = self.attained;
        let mut left = 0.0;
        self.leaving.retain(|&Reverse((until, _, other))| {
            if other == frame {
                left = (f64::from_bits(until) - attained).max(0.0);
            }
            other != frame
        });
        // The others are served faster from now on: an event that is scheduled comes too late for them.
        self.wake = Time::MAX;
        if self.leaving.is_empty() {
            self.attained = 0.0;
        }
        left as u64
    }

    /// Whether the event of this instant still has a meaning; one that an earlier departure overtook has not.
    pub fn wakes(&mut self, now: Time) -> bool {
        let due = self.wake == now;
        if due {
            self.wake = Time::MAX;
        }
        due
    }

    /// When the next event has to be, if it is not scheduled already. Arrivals only delay departures: an event that
    /// comes early finds nobody ready and is scheduled anew.
    pub fn schedule(&mut self, now: Time) -> Option<Time> {
        let &Reverse((until, _, _)) = self.leaving.peek()?;
        if self.servers == 0 {
            return None;
        }
        let left = (f64::from_bits(until) - self.attained).max(0.0);
        let at = now + Duration((left / self.rate() - TOLERANCE_NANOS / 2.0).ceil() as u64);
        if at >= self.wake {
            return None;
        }
        self.wake = at;
        Some(at)
    }

    fn advance(&mut self, now: Time) {
        if !self.leaving.is_empty() {
            self.attained += now.since(self.updated).0 as f64 * self.rate();
        }
        self.updated = now;
    }

    /// Counts attained service from now on.
    fn rebase(&mut self) {
        let attained = std::mem::take(&mut self.attained);
        let entries = std::mem::take(&mut self.leaving).into_vec();
        let moved = entries.into_iter().map(|Reverse((until, order, frame))| {
            let left = (f64::from_bits(until) - attained).max(0.0);
            Reverse((left.to_bits(), order, frame))
        });
        self.leaving = moved.collect();
    }

    /// The rate at which each request is served.
    fn rate(&self) -> f64 {
        let present = self.leaving.len() as f64;
        (f64::from(self.servers) / present).min(1.0)
    }
}
