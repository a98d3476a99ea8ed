//! Looking closely at one replication: traces of single requests, series over time, and a log of what happened.
//!
//! Each is a [`Recorder`], so a run that nobody looks at costs nothing; and because a run is
//! a function of its trial, looking changes nothing and a second look sees the same requests.

mod events;
mod gauges;
mod live;
mod movements;
mod path;
mod sample;
mod series;
mod trace;
mod tracer;
mod witness;

pub use events::{EVENTS_KEPT_MAX, EventKind, EventLog, LoggedEvent};
pub use gauges::Gauges;
pub use live::{Live, StationState, Step, Window, nearest};
pub use movements::{Fate, MOVES_MAX, Move, Movements, Spot};
pub use path::{PathShare, PathSum, PathSums, critical_path};
pub use sample::Sample;
pub use series::{Felt, LevelSeries, Series, StationSeries, WINDOWS_MAX};
pub use trace::{Part, Place, Span, SpanEvent, Trace, What};
pub use tracer::{SPANS_MAX, TRACES_MAX, Tracer};
pub use witness::Witness;

use crate::metrics::Trial;
use crate::model::Model;
use crate::simulation::{Recorder, Simulation, Stopped};
use crate::time::{Duration, Time};

/// Runs a trial for a recorder, the warm-up included. Returns the recorder, when the run ended, and why.
pub fn watch<R: Recorder>(model: &Model, trial: Trial, recorder: R) -> (R, Time, Stopped) {
    let mut simulation = Simulation::new(model, trial.seed, recorder);
    let mut stopped = Stopped::Horizon;
    if trial.warmup > Duration::ZERO {
        stopped = simulation.run_until(Time::ZERO + trial.warmup, trial.events_max);
        simulation.begin_measuring();
    }
    if matches!(stopped, Stopped::Horizon | Stopped::Finished) {
        stopped = simulation.run_until(Time::ZERO + trial.horizon, trial.events_max);
    }
    simulation.settle();
    let now = simulation.now();
    (simulation.recorder, now, stopped)
}
