//! What a run tells to whoever measures it.

use crate::component::{Ending, FrameId, Frames, Spent};
use crate::model::{CounterId, Instruction, LevelId, OperationId, StationId, TimingId};
use crate::time::{Duration, Time};

/// Told of everything that a statistic may want, at the instant at which it happens.
///
/// A push interface, monomorphised into the run: what a recorder does not look at costs nothing, and nothing is
/// stored that it does not store. Times are given where the party concerned feels them.
pub trait Recorder {
    /// A client has sent a request.
    fn arrived(&mut self, now: Time, journey: u32) {
        let _ = (now, journey);
    }

    /// A client has its answer, or has given up. `response` is the time since it sent the request; `spent` tells
    /// where it went, and adds up to it unless the client gave up.
    fn finished(
        &mut self,
        now: Time,
        journey: u32,
        ending: Ending,
        response: Duration,
        spent: &Spent,
    ) {
        let _ = (now, journey, ending, response, spent);
    }

    /// An operation has ended in its service; for one called over the network, when its reply is sent.
    fn replied(&mut self, now: Time, operation: OperationId, ending: Ending, duration: Duration) {
        let _ = (now, operation, ending, duration);
    }

    /// A request has come to a station that serves, with its demand.
    fn joined(&mut self, now: Time, station: StationId, demand: Duration) {
        let _ = (now, station, demand);
    }

    /// A request has been served and leaves the station, having waited so long there and got so much service.
    fn served(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let _ = (now, station, wait, service);
    }

    /// A request has left a station that serves before its service was over, having waited so long there and got so
    /// much service: it was cancelled, lost by a fault, or has left the line at a door.
    fn dropped(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let _ = (now, station, wait, service);
    }

    /// The servers of a station have stopped, or work again.
    fn halted(&mut self, now: Time, station: StationId, stopped: bool) {
        let _ = (now, station, stopped);
    }

    /// A station has so many servers from now on; its occupancy until now has been told.
    fn resized(&mut self, now: Time, station: StationId, servers: u32) {
        let _ = (now, station, servers);
    }

    /// A request has got a permit (a thread, a connection), having waited so long for it.
    fn granted(&mut self, now: Time, station: StationId, wait: Duration) {
        let _ = (now, station, wait);
    }

    /// A station was full, or sheds, and has turned a request away.
    fn refused(&mut self, now: Time, station: StationId) {
        let _ = (now, station);
    }

    /// The number at a station (served and waiting), `before` until now, is about to change.
    fn occupancy(&mut self, now: Time, station: StationId, before: u32) {
        let _ = (now, station, before);
    }

    /// Something that a block counts has happened `times` times.
    fn counted(&mut self, counter: CounterId, times: u64) {
        let _ = (counter, times);
    }

    /// A level that a block keeps is `value` from now on.
    fn level(&mut self, now: Time, level: LevelId, value: u64) {
        let _ = (now, level, value);
    }

    /// Something that a block times took so long.
    fn timed(&mut self, timing: TimingId, duration: Duration) {
        let _ = (timing, duration);
    }

    /// What breaks by itself, by its number among [`crate::model::Model::fault_units`], breaks or works again.
    fn fault(&mut self, now: Time, unit: u32, begins: bool) {
        let _ = (now, unit, begins);
    }

    /// A fault has begun or is over: whether a system, by its number in the model, is up now, and whether all of its
    /// parts are.
    fn system(&mut self, now: Time, system: u32, is_up: bool, is_whole: bool) {
        let _ = (now, system, is_up, is_whole);
    }

    /// Whether single requests are followed: only then is anything of what follows told. A constant, so that a run
    /// that nobody follows is compiled without it.
    const TRACES: bool = false;

    /// The next event is handled: what is told from now on is about nobody until a frame is named.
    fn turned(&mut self, now: Time) {
        let _ = now;
    }

    /// A client's request begins, as this frame.
    fn sent(&mut self, now: Time, at: FrameId, frames: &Frames) {
        let _ = (now, at, frames);
    }

    /// A frame is about to run an instruction; what time has passed since its last one was that one's.
    fn stepped(&mut self, now: Time, at: FrameId, frames: &Frames, instruction: Instruction) {
        let _ = (now, at, frames, instruction);
    }

    /// A frame has come to a station, to be served there or for a permit.
    fn came(&mut self, at: FrameId, station: StationId) {
        let _ = (at, station);
    }

    /// A guard makes an attempt of a call: which guard, which of the attempts, from 0, and whether it is a hedge.
    fn attempted(&mut self, now: Time, at: FrameId, frames: &Frames, attempt: (u32, u32, bool)) {
        let _ = (now, at, frames, attempt);
    }

    /// What was one frame is another from now on; a ghost is left in its place.
    fn moved(&mut self, from: FrameId, to: FrameId) {
        let _ = (from, to);
    }

    /// Nobody waits for a frame any more, and it stops; it ends as a ghost, now or later.
    fn cancelled(&mut self, at: FrameId) {
        let _ = at;
    }

    /// A frame ends: its answer leaves.
    fn ended(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        let _ = (now, at, frames, ending);
    }

    /// A client has the answer to the request of this frame, or has given it up.
    fn answered(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        let _ = (now, at, frames, ending);
    }

    /// The warm-up is over: forget everything.
    fn restart(&mut self, now: Time) {
        let _ = now;
    }
}

/// Measures nothing.
impl Recorder for () {}

/// Hands every call on: to both of two recorders, and to one that may be absent.
macro_rules! hand_on {
    ($($told:ident($($what:ident: $of:ty),*);)*) => {
        /// Two recorders at once.
        impl<A: Recorder, B: Recorder> Recorder for (A, B) {
            const TRACES: bool = A::TRACES || B::TRACES;
            $(fn $told(&mut self, $($what: $of),*) {
                self.0.$told($($what),*);
                self.1.$told($($what),*);
            })*
        }

        /// A recorder that is there or not.
        impl<R: Recorder> Recorder for Option<R> {
            const TRACES: bool = R::TRACES;
            $(fn $told(&mut self, $($what: $of),*) {
                if let Some(recorder) = self {
                    recorder.$told($($what),*);
                }
            })*
        }
    };
}

hand_on! {
    arrived(now: Time, journey: u32);
    finished(now: Time, journey: u32, ending: Ending, took: Duration, spent: &Spent);
    replied(now: Time, operation: OperationId, ending: Ending, duration: Duration);
    joined(now: Time, station: StationId, demand: Duration);
    served(now: Time, station: StationId, wait: Duration, service: Duration);
    dropped(now: Time, station: StationId, wait: Duration, service: Duration);
    halted(now: Time, station: StationId, stopped: bool);
    resized(now: Time, station: StationId, servers: u32);
    granted(now: Time, station: StationId, wait: Duration);
    refused(now: Time, station: StationId);
    occupancy(now: Time, station: StationId, before: u32);
    counted(counter: CounterId, times: u64);
    level(now: Time, level: LevelId, value: u64);
    timed(timing: TimingId, duration: Duration);
    fault(now: Time, unit: u32, begins: bool);
    system(now: Time, system: u32, is_up: bool, is_whole: bool);
    turned(now: Time);
    sent(now: Time, at: FrameId, frames: &Frames);
    stepped(now: Time, at: FrameId, frames: &Frames, instruction: Instruction);
    came(at: FrameId, station: StationId);
    attempted(now: Time, at: FrameId, frames: &Frames, attempt: (u32, u32, bool));
    moved(from: FrameId, to: FrameId);
    cancelled(at: FrameId);
    ended(now: Time, at: FrameId, frames: &Frames, ending: Ending);
    answered(now: Time, at: FrameId, frames: &Frames, ending: Ending);
    restart(now: Time);
}
