//! Studies: which runs to ask for, and what their outcomes say together.
//!
//! A study asks for [`Trial`]s and is told [`Outcome`]s. Running them is a `map` that the caller owns, so the
//! same study runs in a loop, on a pool of threads, on workers of a browser or on a cluster, with the same
//! result:
//! ```text
//! while let Some(batch) = study.ask() {
//!     study.tell(batch.into_iter().map(|trial| run(study.model(trial.design), trial)).collect());
//! }
//! let summary = study.summary();
//! ```

mod axis;
mod bottleneck;
mod bounds;
mod capacity;
mod compare;
mod curve;
mod estimate;
mod fingerprint;
mod gate;
mod layout;
mod named;
mod objective;
mod ocba;
mod optimize;
mod path;
mod replicate;
mod sample;
mod sensitivity;
mod settle;
mod sobol;
mod summarise;
mod summary;
mod sweep;
mod tally;
#[cfg(test)]
mod tests;
pub(crate) mod words;

pub use axis::{Axis, AxisError, Setting, Spacing, VALUES_MAX, Values};
pub use bottleneck::Bottleneck;
pub use bounds::Bounds;
pub use capacity::{Capacity, CapacitySearch, CapacitySummary, Probe, Refused};
pub use compare::{Comparison, Difference, Tendency};
pub use curve::{Curve, Mark, MarkKind, Origin, Point, SweepSummary, curves};
pub use estimate::{CONFIDENCE, Status, Value};
pub use fingerprint::{FingerprintRow, describe_event, fingerprint, fingerprint_in_turn};
pub use gate::{Allowance, Check, Gate};
pub use layout::{Metric, Scope, Unit};
pub use named::check_studies;
pub use objective::{ObjectiveResult, Verdict};
pub use optimize::{Candidate, Optimize, OptimizePlan, OptimizeSummary, Standing};
pub use path::{PathStep, PathSummary, look_at_paths};
pub use replicate::{AS_WRITTEN, Alternative, PRECISE_AT_MOST, Plan, Replicate, Until, designs_of};
pub use sample::{POINTS_MAX, Points, Sampling};
pub use sensitivity::{Effect, Sensitivity, metric_of, parameters};
pub use settle::{Health, effective_size};
pub use sobol::{SobolIndex, SobolIndices};
pub use summary::{
    BillSummary, BlockSummary, DesignSummary, Line, Measured, Red, StationSummary, Summary,
    TimeSpent,
};
pub use sweep::{Effort, FilesOf, Shard, Sweep, TrialRow};

use crate::metrics::{Outcome, Trial};
use crate::model::Model;

/// A question that takes several runs to answer.
pub trait Study {
    /// The runs that are wanted next, in order; `None` when the question is answered.
    fn ask(&mut self) -> Option<Vec<Trial>>;

    /// Takes the outcomes of the runs asked for last, in the same order. Some may be missing if the caller
    /// was interrupted; the study then asks for nothing more.
    fn tell(&mut self, outcomes: Vec<Outcome>);

    /// The model of a design.
    fn model(&self, design: usize) -> &Model;

    /// Runs told of, and runs expected in all as far as is known.
    fn progress(&self) -> (u64, u64);

    /// Asks, runs and tells until the question is answered, one run after the other.
    fn run(&mut self)
    where
        Self: Sized,
    {
        while let Some(batch) = self.ask() {
            let run = |trial: Trial| crate::metrics::run(self.model(trial.design), trial);
            let outcomes = batch.into_iter().map(run).collect();
            self.tell(outcomes);
        }
    }
}
