//! What figures and reports are made of: designs simulated, and one replication looked at closely.

use crate::failure::Failure;
use crate::model::plan;
use crate::pool::Pool;
use crate::verb::trace::journeys;
use sim_core::metrics::{Metrics, Trial};
use sim_core::model::Model;
use sim_core::report::figure::{self, Figure};
use sim_core::simulation::Seed;
use sim_core::study::{Alternative, DesignSummary, Plan, Replicate, Summary};
use sim_core::telemetry::{EventKind, EventLog, Series, nearest, watch};
use sim_core::time::Duration;

/// Windows of a timeline.
const WINDOWS: u64 = 100;
/// Faults that are marked, at most.
const FAULTS_MAX: usize = 200;

/// Designs that were simulated.
pub(crate) struct Findings {
    pub(crate) study: Replicate,
    pub(crate) summary: Summary,
}

impl Findings {
    /// Simulates designs.
    pub(crate) fn of(
        designs: Vec<Alternative>,
        args: &crate::args::RunArgs,
        pool: &Pool,
    ) -> Result<Findings, Failure> {
        let plan = plan(&designs, args)?;
        let mut study = Replicate::new(designs, plan);
        pool.drive(&mut study);
        let summary = study.summary();
        Ok(Findings { study, summary })
    }

    /// Each design with what was measured of it.
    pub(crate) fn measured(&self) -> Vec<(&DesignSummary, &Metrics)> {
        let designs = self.summary.designs.iter().enumerate();
        designs.map(|(number, design)| (design, self.study.metrics(number))).collect()
    }
}

/// The first replication of a design, from its very start.
fn trial(plan: &Plan, warmup: Duration) -> Trial {
    let seed = Seed { seed: plan.seed, replication: 0 };
    Trial { design: 0, seed, warmup, horizon: plan.horizon, events_max: plan.events_max }
}

/// One run of a design over time.
pub(crate) fn timeline(model: &Model, plan: &Plan) -> Figure {
    let trial = trial(plan, Duration::ZERO);
    let windows = WINDOWS.min(Series::windows_max(model)).max(1);
    let window = Duration(trial.horizon.0.div_ceil(windows).max(1));
    let (series, now, _) = watch(model, trial, Series::new(model, window));
    let mut log = EventLog::new(model, vec![EventKind::Fault], FAULTS_MAX, true);
    if !model.faults.is_empty() {
        // The same run again, so that what is marked is what happened.
        log = watch(model, trial, log).0;
    }
    figure::timeline(&series.close(now), model, &log)
}

/// One request near the 99th percentile of an operation; without one named, of the one that is asked for most.
pub(crate) fn waterfall(model: &Model, plan: &Plan, of: Option<&str>) -> Result<Figure, Failure> {
    let trial = trial(plan, plan.warmup.unwrap_or(Duration::ZERO));
    let wanted = journeys(model, of)?;
    let first = sim_core::metrics::run(model, trial);
    let response = |journey: &u32| &first.metrics.journeys[*journey as usize].response;
    let busiest =
        wanted.iter().copied().max_by_key(|j| (response(j).count(), std::cmp::Reverse(*j)));
    let journey = busiest.filter(|journey| !response(journey).is_empty());
    let nothing = || Failure::Io("no request was answered that could be shown".into());
    let journey = journey.ok_or_else(nothing)?;
    let target = Duration::from_nanos(response(&journey).quantile(0.99));
    let trace = nearest(model, trial, journey, target).ok_or_else(nothing)?;
    Ok(figure::waterfall(&trace, model))
}
