//! A log of what happened in a run.

use crate::component::{Ending, Spent};
use crate::model::{LevelId, Model, StationId};
use crate::simulation::Recorder;
use crate::time::{Duration, Time};

/// Entries kept, at most.
pub const EVENTS_KEPT_MAX: usize = 10_000_000;

/// Kinds of what can be logged.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EventKind {
    /// A client has sent a request.
    Arrival,
    /// A client has its answer.
    Answer,
    /// A request ended badly for its client.
    Error,
    /// A station was full, or sheds, and has turned a request away.
    Refusal,
    /// A fault begins or is over.
    Fault,
    /// A request has left a station before its service was over.
    Drop,
    /// The servers of a station have stopped or work again.
    Halt,
    /// A level that a block keeps has changed: replicas, limits, backlogs.
    Level,
}

impl EventKind {
    /// All of them.
    pub const ALL: [EventKind; 8] = [
        EventKind::Arrival,
        EventKind::Answer,
        EventKind::Error,
        EventKind::Refusal,
        EventKind::Fault,
        EventKind::Drop,
        EventKind::Halt,
        EventKind::Level,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            EventKind::Arrival => "arrival",
            EventKind::Answer => "answer",
            EventKind::Error => "error",
            EventKind::Refusal => "refusal",
            EventKind::Fault => "fault",
            EventKind::Drop => "drop",
            EventKind::Halt => "halt",
            EventKind::Level => "level",
        }
    }
}

/// Something that happened.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LoggedEvent {
    /// When.
    pub at: Time,
    /// What.
    pub kind: EventKind,
    /// To whom: a journey, a station, a fault, a level, by number.
    pub of: u32,
    /// The rest: an ending and a response, whether something begins, a value.
    pub value: u64,
    /// How a request ended.
    pub ending: Ending,
}

/// A recorder that writes down what happens, as far as it is asked for and up to a number of entries.
#[derive(Debug)]
pub struct EventLog<'m> {
    model: &'m Model,
    kinds: Vec<EventKind>,
    limit: usize,
    /// What happened, in order.
    pub events: Vec<LoggedEvent>,
    /// What happened after the log was full.
    pub left_out: u64,
    measuring: bool,
}

impl<'m> EventLog<'m> {
    /// Logs these kinds, at most `limit` entries; from the start or from the end of the warm-up.
    pub fn new(
        model: &'m Model,
        kinds: Vec<EventKind>,
        limit: usize,
        from_start: bool,
    ) -> EventLog<'m> {
        let limit = limit.min(EVENTS_KEPT_MAX);
        EventLog { model, kinds, limit, events: Vec::new(), left_out: 0, measuring: from_start }
    }

    fn log(&mut self, at: Time, kind: EventKind, of: u32, value: u64, ending: Ending) {
        if !self.measuring || !self.kinds.contains(&kind) {
            return;
        }
        if self.events.len() >= self.limit {
            self.left_out += 1;
            return;
        }
        self.events.push(LoggedEvent { at, kind, of, value, ending });
    }

    /// The path of what keeps a level, and the level's name.
    pub fn level_name(&self, level: u32) -> Option<(&'m str, &'static str)> {
        self.model.measures.name_of_level(LevelId(level))
    }
}

impl Recorder for EventLog<'_> {
    fn arrived(&mut self, now: Time, journey: u32) {
        self.log(now, EventKind::Arrival, journey, 0, Ending::Done);
    }

    fn finished(&mut self, now: Time, journey: u32, ending: Ending, took: Duration, _: &Spent) {
        let kind = if ending == Ending::Done { EventKind::Answer } else { EventKind::Error };
        self.log(now, kind, journey, took.0, ending);
    }

    fn refused(&mut self, now: Time, station: StationId) {
        self.log(now, EventKind::Refusal, station.0, 0, Ending::Refused);
    }

    fn dropped(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        self.log(now, EventKind::Drop, station.0, wait.0 + service.0, Ending::Failed);
    }

    fn halted(&mut self, now: Time, station: StationId, stopped: bool) {
        self.log(now, EventKind::Halt, station.0, u64::from(stopped), Ending::Done);
    }

    fn fault(&mut self, now: Time, fault: u32, begins: bool) {
        self.log(now, EventKind::Fault, fault, u64::from(begins), Ending::Done);
    }

    fn level(&mut self, now: Time, level: LevelId, value: u64) {
        if self.level_name(level.0).is_some() {
            self.log(now, EventKind::Level, level.0, value, Ending::Done);
        }
    }

    fn restart(&mut self, _: Time) {
        self.measuring = true;
    }
}
