//! What a run tells to whoever measures it.

use crate::component::{Ending, Spent};
use crate::model::{CounterId, LevelId, OperationId, StationId, TimingId};
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
    /// much service: a fault.
    fn dropped(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let _ = (now, station, wait, service);
    }

    /// The servers of a station have stopped, or work again.
    fn halted(&mut self, now: Time, station: StationId, stopped: bool) {
        let _ = (now, station, stopped);
    }

    /// A request has got a permit (a thread, a connection), having waited so long for it.
    fn granted(&mut self, now: Time, station: StationId, wait: Duration) {
        let _ = (now, station, wait);
    }

    /// A station was full and has turned a request away.
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

    /// The warm-up is over: forget everything.
    fn restart(&mut self, now: Time) {
        let _ = now;
    }
}

/// Measures nothing.
impl Recorder for () {}
