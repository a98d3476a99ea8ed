//! What faults do to a station: it stops serving, goes on, or loses everyone who is there.

use super::{Lane, Line, Station};
use crate::component::{FrameId, Frames, NONE};
use crate::time::Time;

/// What a station that does not serve can do when it does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    servers: u32,
    limit: u32,
}

impl Capacity {
    /// So many servers, and so many who may wait.
    pub fn new(servers: u32, limit: u32) -> Capacity {
        Capacity { servers, limit }
    }
}

impl Station {
    /// Its capacity is another from now on. Servers that are too many go as they become idle; those that come turn to who
    /// waits, who is added to `started`. At a door who is next is asked of the door.
    pub fn resize(
        &mut self,
        now: Time,
        capacity: Capacity,
        frames: &Frames,
        started: &mut Vec<FrameId>,
    ) {
        (self.servers, self.limit) = (capacity.servers, capacity.limit);
        match &mut self.line {
            Line::Sharing(sharing) => {
                sharing.restart(now, capacity.servers);
                let present = sharing.len();
                self.share(present);
            }
            Line::Door(_) => {}
            _ => self.turn_to_line(frames, started),
        }
    }

    /// Who waits here, in no order that means anything. Nobody does where all share.
    pub fn line(&self, frames: &Frames) -> Vec<FrameId> {
        let mut line = Vec::new();
        match &self.line {
            Line::Fifo(lane) | Line::Lifo(lane) => lane.collect(frames, &mut line),
            Line::Random(waiting, _) => line.extend(waiting),
            Line::Priority(lanes) | Line::Preemptive(lanes, _) => {
                for lane in lanes {
                    lane.collect(frames, &mut line);
                }
            }
            Line::Door(waiting) => line.extend(waiting.line()),
            Line::Sharing(_) => {}
        }
        line
    }

    /// One who waits here leaves. Returns whether it did wait; where all share nobody does.
    pub fn withdraw(&mut self, frames: &mut Frames, frame: FrameId) -> bool {
        let waited = match &mut self.line {
            Line::Fifo(lane) | Line::Lifo(lane) => lane.remove(frames, frame),
            Line::Random(line, _) => {
                let place = line.iter().position(|&it| it == frame);
                place.map(|place| line.remove(place)).is_some()
            }
            Line::Priority(lanes) | Line::Preemptive(lanes, _) => {
                lanes[frames[frame].lane as usize].remove(frames, frame)
            }
            Line::Door(line) => line.remove(frames, frame),
            Line::Sharing(_) => false,
        };
        self.waiting -= u32::from(waited);
        waited
    }

    /// Everyone here is gone.
    pub fn clear(&mut self) {
        (self.busy, self.waiting) = (0, 0);
        match &mut self.line {
            Line::Fifo(lane) | Line::Lifo(lane) => *lane = Lane::EMPTY,
            Line::Random(line, _) => line.clear(),
            Line::Priority(lanes) => lanes.fill(Lane::EMPTY),
            Line::Preemptive(lanes, serving) => {
                lanes.fill(Lane::EMPTY);
                serving.clear();
            }
            Line::Door(line) => line.clear(),
            Line::Sharing(sharing) => sharing.clear(),
        }
    }

    /// While its servers stand still, lets requests in as it did when they worked, or nobody.
    pub fn admit(&mut self, capacity: Capacity, is_open: bool) {
        self.limit = if is_open { capacity.limit.saturating_add(capacity.servers) } else { 0 };
    }

    /// Its servers stop until [`Station::restart`]; if it stays open, as many find room as before. `served` are those
    /// in service, whose events the caller makes void.
    pub fn halt(
        &mut self,
        now: Time,
        stays_open: bool,
        frames: &mut Frames,
        served: &[FrameId],
    ) -> Capacity {
        let capacity = Capacity { servers: self.servers, limit: self.limit };
        self.servers = 0;
        self.admit(capacity, stays_open);
        self.waiting += std::mem::take(&mut self.busy);
        match &mut self.line {
            // Who is most urgent goes on first, be it one who was served or one who comes meanwhile.
            Line::Preemptive(lanes, serving) => {
                serving.clear();
                for &frame in served.iter().rev() {
                    let lane = frames[frame].lane as usize;
                    lanes[lane].push_front(frames, frame);
                }
            }
            Line::Sharing(sharing) => sharing.halt(now),
            _ => {}
        }
        capacity
    }

    /// Its servers work again: first on those who were in service, then on those who wait. Whom they turn to is added
    /// to `started`. Of a station that all share, only the share begins anew.
    pub fn restart(
        &mut self,
        now: Time,
        capacity: Capacity,
        frames: &Frames,
        halted: &[FrameId],
        started: &mut Vec<FrameId>,
    ) {
        (self.servers, self.limit) = (capacity.servers, capacity.limit);
        if let Line::Sharing(sharing) = &mut self.line {
            sharing.restart(now, capacity.servers);
            let present = sharing.len();
            self.share(present);
            return;
        }
        if !matches!(self.line, Line::Preemptive(..)) {
            self.busy = halted.len() as u32;
            self.waiting -= self.busy;
            started.extend(halted);
        }
        if let Line::Door(_) = &self.line {
            // Who is next there is asked of the door.
            return;
        }
        self.turn_to_line(frames, started);
    }

    /// Free servers turn to those who wait.
    fn turn_to_line(&mut self, frames: &Frames, started: &mut Vec<FrameId>) {
        while self.busy < self.servers && self.waiting > 0 {
            // Where the next is drawn, the draw is named by somebody who is there.
            let namer = match &self.line {
                Line::Random(line, _) => line[0],
                _ => 0,
            };
            self.busy += 1;
            self.waiting -= 1;
            started.extend(self.next_in_line(frames, namer));
        }
    }
}

impl Lane {
    /// Takes a frame out, if it is there.
    fn remove(&mut self, frames: &mut Frames, frame: FrameId) -> bool {
        let (mut before, mut at) = (NONE, self.head);
        while at != frame {
            if at == NONE {
                return false;
            }
            (before, at) = (at, frames[at].next);
        }
        let after = frames[frame].next;
        if before == NONE {
            self.head = after;
        } else {
            frames[before].next = after;
        }
        if self.tail == frame {
            self.tail = before;
        }
        true
    }

    /// Adds those in the lane to `found`.
    fn collect(&self, frames: &Frames, found: &mut Vec<FrameId>) {
        let mut frame = self.head;
        while frame != NONE {
            found.push(frame);
            frame = frames[frame].next;
        }
    }
}
