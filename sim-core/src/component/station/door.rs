//! What is done at stations that are doors: a server that has become free is offered to one after the other.

use super::{Line, Station};
use crate::component::{DoorLine, FrameId, Frames};
use crate::time::Time;

impl Station {
    /// The line, where it is one at a door.
    pub fn door(&mut self) -> Option<&mut DoorLine> {
        match &mut self.line {
            Line::Door(line) => Some(line),
            _ => None,
        }
    }

    /// Takes who is next out of the line at a door, for a server that is kept for it, and tells whether that was at the
    /// door. If nobody is left, the server is idle. `leaver`, if it is known, names the draw of who is next where that is
    /// drawn.
    pub fn call(
        &mut self,
        frames: &Frames,
        leaver: Option<FrameId>,
        now: Time,
    ) -> Option<(FrameId, bool)> {
        let Line::Door(line) = &mut self.line else { return None };
        let namer = |first: FrameId| {
            let frame = &frames[leaver.unwrap_or(first)];
            frame.id ^ u64::from(frame.pc).rotate_right(24)
        };
        let next = line.next(now, namer);
        match next {
            Some(_) => self.waiting -= 1,
            None => self.busy -= 1,
        }
        next
    }

    /// Keeps a free server of a door for whom [`Station::call`] says, if somebody waits there.
    pub fn keep_server(&mut self) -> bool {
        let keeps =
            matches!(self.line, Line::Door(_)) && self.busy < self.servers && self.waiting > 0;
        self.busy += u32::from(keeps);
        keeps
    }

    /// The utilisation that arrivals at a door see, if they ask, and how many wait where all servers are busy; one comes
    /// and looks.
    pub fn look(&mut self, now: Time) -> (Option<f64>, Option<u32>) {
        let (busy, servers) = (self.busy, self.servers);
        let waiting = (busy >= servers).then_some(self.waiting);
        (self.door().and_then(|line| line.see(now, busy, servers)), waiting)
    }
}
