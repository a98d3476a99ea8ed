//! Cancelling: what is under way on behalf of a frame stops, wherever it is.

use super::{Happening, Recorder, Simulation};
use crate::component::{Departure, Ending, FrameId, FrameKind, NONE};
use crate::model::StationId;
use crate::time::Duration;

impl<R: Recorder> Simulation<'_, R> {
    /// Stops a frame and all that works for it: they leave queues and servers at once and give back what they hold. What
    /// is on its way, or waits for a lock, is met by nobody when it arrives. Takes a walk through everything in flight.
    #[inline(never)]
    pub(super) fn cancel(&mut self, root: FrameId) {
        let (mut doomed, has_child) = self.descendants(root);
        doomed.sort_unstable_by_key(|&at| (self.frames[at].id, at));
        for &at in &doomed {
            if self.frames[at].kind == FrameKind::Guarded {
                self.lose_guarded(at);
            } else if self.frames[at].kind == FrameKind::Fork {
                self.frames.remove(at);
            } else {
                let waits_for_doomed = has_child.binary_search(&at).is_ok();
                self.stop(at, waits_for_doomed);
            }
        }
    }

    /// A frame and those that work for it, and in order those of them that wait for one of them.
    fn descendants(&self, root: FrameId) -> (Vec<FrameId>, Vec<FrameId>) {
        let used: Vec<FrameId> = (self.frames.in_use().into_iter())
            .filter(|&at| {
                self.frames[at].parent != NONE && self.frames[at].kind != FrameKind::Ghost
            })
            .collect();
        let (mut doomed, mut waiting) = (vec![root], Vec::new());
        let mut next = 0;
        while let Some(&parent) = doomed.get(next) {
            next += 1;
            let children = doomed.len();
            doomed.extend(used.iter().copied().filter(|&at| self.frames[at].parent == parent));
            if doomed.len() > children {
                waiting.push(parent);
            }
        }
        waiting.sort_unstable();
        (doomed, waiting)
    }

    /// A frame stops where it is. It ends now, unless an event is still scheduled for it or somebody will call it.
    fn stop(&mut self, at: FrameId, waits_for_doomed: bool) {
        let frame = &self.frames[at];
        if frame.kind == FrameKind::Ghost {
            return;
        }
        let (station, connection) = (frame.station, frame.connection);
        let is_idle = if station != NONE {
            // Who is at a station that stands still is met by nobody when it goes on.
            let leaves = !self.is_halted(StationId(station));
            if leaves {
                self.leave_station(at, StationId(station));
            }
            leaves
        } else if waits_for_doomed {
            true
        } else {
            connection != NONE && self.leave_line(at, StationId(connection), true)
                || self.leave_threads_line(at)
        };
        self.leave_service(at);
        if is_idle {
            self.let_go(at, None);
        }
        self.frames[at].give_up();
        if R::TRACES {
            self.recorder.cancelled(at);
        }
        if is_idle && self.frames[at].void_events == 0 {
            self.bury(at);
        }
    }

    /// Leaves a station that serves, waiting or in service.
    pub(super) fn leave_station(&mut self, at: FrameId, id: StationId) {
        let now = self.now;
        let sojourn = now.since(self.frames[at].since);
        let demand = self.frames[at].demand.0;
        let station = &mut self.stations[id.0 as usize];
        self.recorder.occupancy(now, id, station.in_system());
        self.meter.occupancy(now, id, station.in_system());
        let left = if let Some(sharing) = station.sharing() {
            let left = sharing.remove(now, at);
            let (present, wake) = (sharing.len(), sharing.schedule(now));
            station.share(present);
            if let Some(wake) = wake {
                self.schedule(wake, Happening::Wake(id.0));
            }
            left
        } else if station.withdraw(&mut self.frames, at) {
            self.frames[at].due
        } else {
            // The event of its service is void.
            self.frames[at].interrupt(now);
            let left = self.frames[at].due;
            let station = &mut self.stations[id.0 as usize];
            match station.leave(&self.frames, at) {
                Departure::Idle => {}
                Departure::Next(next) => self.start(next),
                Departure::Door => self.next_at_door(id, at),
            }
            left
        };
        self.frames[at].station = NONE;
        let service = Duration(demand.saturating_sub(left).min(sojourn.0));
        self.recorder.dropped(now, id, sojourn - service, service);
    }

    /// Leaves the line for a permit. Returns whether it waited there.
    fn leave_line(&mut self, at: FrameId, pool: StationId, is_connection: bool) -> bool {
        let station = &mut self.stations[pool.0 as usize];
        let before = station.in_system();
        if !station.withdraw(&mut self.frames, at) {
            return false;
        }
        self.recorder.occupancy(self.now, pool, before);
        let frame = &mut self.frames[at];
        if is_connection {
            frame.connection = NONE;
        } else {
            frame.holds_thread = false;
        }
        true
    }

    pub(super) fn leave_threads_line(&mut self, at: FrameId) -> bool {
        let frame = &self.frames[at];
        let (holds, replica) = (frame.holds_thread, frame.replica);
        let service = frame.service as usize;
        holds
            && self.model.services[service]
                .threads
                .is_some_and(|threads| self.leave_line(at, StationId(threads.0 + replica), false))
    }

    /// What its service knows of it: the balancer, the limit at the door, its thread.
    fn leave_service(&mut self, at: FrameId) {
        let frame = &self.frames[at];
        let (service, replica) = (frame.service, frame.replica);
        let (entered, holds_thread, limit) = (frame.entered, frame.holds_thread, frame.limit);
        if !entered || frame.kind != FrameKind::Operation {
            return;
        }
        if limit != NONE {
            self.leave_door(at, Ending::Failed);
            self.frames[at].limit = NONE;
        }
        let (balancer, number) = self.balancer_of(service, replica);
        self.balancers[balancer].answered(number);
        self.fleet_left(balancer, number);
        let took = self.now.since(self.frames[at].started);
        self.leave_environment(service, replica, took);
        if holds_thread
            && let Some(threads) = self.model.services[service as usize].threads
            && let Some(next) = self.release(at, StationId(threads.0 + replica))
        {
            let wait = self.now.since(self.frames[next].since);
            self.frames[next].spent.queueing += wait;
        }
    }
}
