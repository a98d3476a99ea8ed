//! Stations: the only thing that takes time. Servers in front of which requests wait.
//!
//! Cores of a replica, servers of a store, threads and connections are all stations. The first two hold a request
//! for as long as it asks; of the latter the holder decides when to leave.

mod door;
mod outage;

pub use outage::Capacity;

use super::{DoorLine, FrameId, Frames, NONE, Sharing};
use crate::model::{Door, StationGroup};
use crate::random::{Draw, Key};
use crate::spec::Discipline;
use crate::time::Time;

/// What becomes of a request that comes to a station.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// A server is free: it is served now.
    Served,
    /// It waits.
    Waits,
    /// It is served now, and this one, less urgent, is interrupted.
    Interrupts(FrameId),
    /// It is served now; this is a door.
    PassesDoor,
    /// It waits; this is a door.
    ComesToDoor,
}

/// What a request leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Departure {
    /// Nobody waits: its server is idle.
    Idle,
    /// The next in line has its server.
    Next(FrameId),
    /// Others wait at a door: its server is kept for whom [`Station::call`] says.
    Door,
}

/// Servers and a waiting line.
#[derive(Debug)]
pub struct Station {
    servers: u32,
    busy: u32,
    waiting: u32,
    limit: u32,
    line: Line,
}

/// The waiting line of a station, in the order of its discipline.
#[derive(Debug)]
enum Line {
    /// First in, first out.
    Fifo(Lane),
    /// Last in, first out.
    Lifo(Lane),
    /// Any, each as likely.
    Random(Vec<FrameId>, Key),
    /// One lane for each priority, the most urgent first.
    Priority(Box<[Lane]>),
    /// The same, and those being served, who may be interrupted.
    Preemptive(Box<[Lane]>, Vec<FrameId>),
    /// First in, first out or another order; who waits is impatient, or may be shed.
    Door(Box<DoorLine>),
    /// Nobody waits: all share the servers.
    Sharing(Box<Sharing>),
}

/// A list of frames linked through themselves.
#[derive(Clone, Copy, Debug)]
struct Lane {
    head: FrameId,
    tail: FrameId,
}

impl Lane {
    const EMPTY: Lane = Lane { head: NONE, tail: NONE };

    #[inline]
    fn push_back(&mut self, frames: &mut Frames, frame: FrameId) {
        frames[frame].next = NONE;
        if self.head == NONE {
            self.head = frame;
        } else {
            frames[self.tail].next = frame;
        }
        self.tail = frame;
    }

    #[inline]
    fn push_front(&mut self, frames: &mut Frames, frame: FrameId) {
        frames[frame].next = self.head;
        if self.head == NONE {
            self.tail = frame;
        }
        self.head = frame;
    }

    #[inline]
    fn pop_front(&mut self, frames: &Frames) -> Option<FrameId> {
        let frame = self.head;
        if frame == NONE {
            return None;
        }
        self.head = frames[frame].next;
        Some(frame)
    }
}

impl Station {
    /// An idle station; `lanes` is the number of different priorities in the model.
    pub fn new(group: &StationGroup, door: Option<&Door>, lanes: usize, key: Key) -> Station {
        if let Some(door) = door {
            let line = DoorLine::new(group.discipline, door.shedding.as_ref(), lanes, key);
            return Station::with(group, Line::Door(Box::new(line)));
        }
        let lanes = || vec![Lane::EMPTY; lanes.max(1)].into_boxed_slice();
        let line = match group.discipline {
            Discipline::Fifo => Line::Fifo(Lane::EMPTY),
            Discipline::Lifo => Line::Lifo(Lane::EMPTY),
            Discipline::Random => Line::Random(Vec::new(), key),
            Discipline::Priority => Line::Priority(lanes()),
            Discipline::PreemptivePriority => Line::Preemptive(lanes(), Vec::new()),
            Discipline::ProcessorSharing => Line::Sharing(Box::new(Sharing::new(group.servers))),
        };
        Station::with(group, line)
    }

    fn with(group: &StationGroup, line: Line) -> Station {
        Station { servers: group.servers, busy: 0, waiting: 0, limit: group.queue, line }
    }

    /// Requests here, served or waiting.
    #[inline]
    pub fn in_system(&self) -> u32 {
        self.busy + self.waiting
    }

    /// Servers at work.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// Requests that wait.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Whether one more would find all servers busy and the line full.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.busy >= self.servers && self.waiting >= self.limit
    }

    /// The sharing of the servers, if that is the discipline.
    #[inline]
    pub fn sharing(&mut self) -> Option<&mut Sharing> {
        match &mut self.line {
            Line::Sharing(sharing) => Some(sharing),
            _ => None,
        }
    }

    /// A request comes; the caller has seen that the station is not full where that matters. Not for processor
    /// sharing, where nobody waits ([`Station::share`]).
    #[inline]
    pub fn arrive(&mut self, frames: &mut Frames, frame: FrameId, now: Time) -> Admission {
        if self.busy < self.servers {
            self.busy += 1;
            if let Line::Preemptive(..) | Line::Door(_) = &self.line {
                return self.serve_at_once(frame);
            }
            return Admission::Served;
        }
        self.waiting += 1;
        if let Line::Fifo(lane) = &mut self.line {
            lane.push_back(frames, frame);
            return Admission::Waits;
        }
        self.line_up(frames, frame, now)
    }

    /// What else there is to do where a server is free.
    fn serve_at_once(&mut self, frame: FrameId) -> Admission {
        match &mut self.line {
            Line::Door(_) => Admission::PassesDoor,
            Line::Preemptive(_, serving) => {
                serving.push(frame);
                Admission::Served
            }
            _ => Admission::Served,
        }
    }

    /// Takes a place in a line other than first in, first out.
    fn line_up(&mut self, frames: &mut Frames, frame: FrameId, now: Time) -> Admission {
        match &mut self.line {
            Line::Fifo(lane) => lane.push_back(frames, frame),
            Line::Lifo(lane) => lane.push_front(frames, frame),
            Line::Random(line, _) => line.push(frame),
            Line::Priority(lanes) => lanes[frames[frame].lane as usize].push_back(frames, frame),
            Line::Preemptive(lanes, serving) => {
                let lane = frames[frame].lane;
                let Some(victim) = least_urgent(frames, serving, lane) else {
                    lanes[lane as usize].push_back(frames, frame);
                    return Admission::Waits;
                };
                let interrupted = std::mem::replace(&mut serving[victim], frame);
                frames[interrupted].interrupt(now);
                let lane = frames[interrupted].lane as usize;
                lanes[lane].push_front(frames, interrupted);
                return Admission::Interrupts(interrupted);
            }
            Line::Door(line) => {
                line.push(frames, frame, now);
                return Admission::ComesToDoor;
            }
            Line::Sharing(_) => unreachable!("a shared station has no line"),
        }
        Admission::Waits
    }

    /// A request leaves; the next in line, if any, takes its server and is returned, unless that is one too many. Where the
    /// next is drawn, the draw is named by who leaves.
    #[inline]
    pub fn leave(&mut self, frames: &Frames, frame: FrameId) -> Departure {
        if let Line::Preemptive(_, serving) = &mut self.line {
            let at = serving.iter().position(|&f| f == frame).expect("it was being served");
            serving.swap_remove(at);
        }
        if self.waiting == 0 || self.busy > self.servers {
            self.busy -= 1;
            return Departure::Idle;
        }
        let next = match &mut self.line {
            Line::Fifo(lane) => lane.pop_front(frames),
            Line::Door(_) => return Departure::Door,
            _ => self.next_in_line(frames, frame),
        };
        self.waiting -= 1;
        next.map_or(Departure::Idle, Departure::Next)
    }

    /// Takes the next out of a line other than first in, first out.
    fn next_in_line(&mut self, frames: &Frames, frame: FrameId) -> Option<FrameId> {
        match &mut self.line {
            Line::Fifo(lane) | Line::Lifo(lane) => lane.pop_front(frames),
            Line::Random(line, key) => {
                // Who leaves, and after which of its steps.
                let leaver = frames[frame].id ^ u64::from(frames[frame].pc).rotate_right(24);
                let at = Draw::new(leaver, *key).below(line.len() as u32);
                Some(line.swap_remove(at as usize))
            }
            Line::Priority(lanes) => lanes.iter_mut().find_map(|lane| lane.pop_front(frames)),
            Line::Preemptive(lanes, serving) => {
                let next = lanes.iter_mut().find_map(|lane| lane.pop_front(frames));
                serving.extend(next);
                next
            }
            Line::Door(_) | Line::Sharing(_) => unreachable!("these have no line to take it from"),
        }
    }

    /// The number in a shared station changes by one.
    #[inline]
    pub fn share(&mut self, in_system: u32) {
        self.busy = in_system.min(self.servers);
        self.waiting = in_system - self.busy;
    }
}

/// The position in `serving` of the least urgent request, if less urgent than `lane`; among equals the latest to
/// have come.
fn least_urgent(frames: &Frames, serving: &[FrameId], lane: u8) -> Option<usize> {
    let (at, &worst) =
        serving.iter().enumerate().max_by_key(|&(_, &f)| (frames[f].lane, frames[f].since))?;
    (frames[worst].lane > lane).then_some(at)
}
