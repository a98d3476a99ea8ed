//! `archsim events`: what happened in a run, as JSON lines.

use crate::args::{EventsArgs, LoggedKind};
use crate::failure::{Failure, Success};
use crate::look::Look;
use sim_core::report::telemetry::events_json_lines;
use sim_core::telemetry::{EventKind, EventLog};

pub(crate) fn run(args: &EventsArgs) -> Result<Success, Failure> {
    let look = Look::at(&args.look)?;
    let model = &look.design.model;
    let kinds = args.kinds.iter().map(|kind| kind.kind()).collect();
    let log = EventLog::new(model, kinds, args.limit, look.measures_the_start());
    let (log, _) = look.watch(log);
    look.write(&events_json_lines(&log, model))?;
    Ok(Success::Fine)
}

impl LoggedKind {
    fn kind(self) -> EventKind {
        match self {
            LoggedKind::Arrival => EventKind::Arrival,
            LoggedKind::Answer => EventKind::Answer,
            LoggedKind::Error => EventKind::Error,
            LoggedKind::Refusal => EventKind::Refusal,
            LoggedKind::Fault => EventKind::Fault,
            LoggedKind::Drop => EventKind::Drop,
            LoggedKind::Halt => EventKind::Halt,
            LoggedKind::Level => EventKind::Level,
        }
    }
}
