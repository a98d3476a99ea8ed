//! The path of slow requests: where those near the 99th percentile spent their time, and those near the median.

use super::estimate::Value;
use super::replicate::Replicate;
use crate::metrics::Trial;
use crate::model::Model;
use crate::stats::Welford;
use crate::telemetry::{Part, PathSum, PathSums, Place, Sample, Tracer, watch};
use crate::time::{Duration, SECOND};
use schemars::JsonSchema;
use serde::Serialize;

/// Replications that are looked at a second time, at most.
const LOOKS: u64 = 5;

/// Where the time of the requests for an operation went, along what they waited for.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PathSummary {
    /// The client.
    pub client: String,
    /// `component.operation`.
    pub operation: String,
    /// Requests between the percentiles 98.5 and 99.5 that were looked at.
    pub slow_requests: u64,
    /// Requests between the percentiles 45 and 55 that were looked at.
    pub usual_requests: u64,
    /// What their time was spent on, what costs the slow ones most first; the parts add up to their responses.
    pub steps: Vec<PathStep>,
}

/// A way of spending time at a place.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PathStep {
    /// In words: `queueing for orders`.
    pub says: String,
    /// Work, queueing, connecting, network, waiting.
    pub part: &'static str,
    /// The station, service, client or system.
    pub place: String,
    /// Mean seconds of slow requests.
    pub slow: Value,
    /// Mean seconds of usual requests.
    pub usual: Value,
}

/// Runs a trial once more and adds up where requests spent their time.
pub fn look_at_paths(model: &Model, trial: Trial, bands: PathSums) -> PathSums {
    let from_start = trial.warmup == Duration::ZERO;
    let tracer = Tracer::new(model, &[], Sample::Nothing, 0, from_start).with_paths(bands);
    watch(model, trial, tracer).0.paths.unwrap_or_default()
}

impl Replicate {
    /// The replications of a design that are worth a second look for the paths of their requests, and between which
    /// response times requests are slow or usual: known when the study has its answer.
    pub fn paths_to_look_at(&self, design: usize) -> (Vec<Trial>, PathSums) {
        let metrics = &self.tallies[design].metrics;
        let bands = metrics.journeys.iter().map(|journey| {
            let at = |p| Duration::from_nanos(journey.response.quantile(p));
            match journey.response.is_empty() {
                true => [(Duration(1), Duration::ZERO); 2],
                false => [(at(0.985), at(0.995)), (at(0.45), at(0.55))],
            }
        });
        (self.trials_again(design, LOOKS), PathSums::new(bands.collect()))
    }

    /// What came of looking at them; the next summary tells of it.
    pub fn tell_paths(&mut self, design: usize, looks: Vec<PathSums>) {
        self.paths.resize(self.designs.len(), Vec::new());
        self.paths[design] = looks;
    }

    /// The paths of a design, if they were looked at.
    pub(super) fn path_summaries(&self, design: usize) -> Vec<PathSummary> {
        let Some(looks) = self.paths.get(design).filter(|looks| !looks.is_empty()) else {
            return Vec::new();
        };
        let model = &self.designs[design].model;
        let mut all = looks[0].clone();
        looks[1..].iter().for_each(|look| all.merge(look));
        let journeys = model.journeys.iter().enumerate().map(|(number, journey)| {
            let [slow, usual] = all.of(number);
            let value = |of: (Part, Place), which: usize| {
                let mut means = Welford::new();
                let seen = looks.iter().map(|look| &look.of(number)[which]);
                means.extend(seen.filter(|sum| sum.requests > 0).map(|sum| mean(sum, of)));
                Value::sectioned(&means, mean(&all.of(number)[which], of))
            };
            let mut of: Vec<(Part, Place)> =
                slow.nanos.keys().chain(usual.nanos.keys()).copied().collect();
            of.sort_unstable();
            of.dedup();
            let more = |of: &(Part, Place)| mean(slow, *of) - mean(usual, *of);
            of.sort_by(|a, b| more(b).total_cmp(&more(a)));
            let step = |of: (Part, Place)| PathStep {
                says: of.1.says(of.0, model),
                part: of.0.name(),
                place: of.1.name(model),
                slow: value(of, 0),
                usual: value(of, 1),
            };
            PathSummary {
                client: model.clients[journey.client as usize].name.clone(),
                operation: model.operations[journey.operation.0 as usize].name.clone(),
                slow_requests: slow.requests,
                usual_requests: usual.requests,
                steps: of.into_iter().map(step).collect(),
            }
        });
        journeys.filter(|path| path.slow_requests > 0 && path.usual_requests > 0).collect()
    }
}

/// Mean seconds that requests spent so.
fn mean(sum: &PathSum, of: (Part, Place)) -> f64 {
    let nanos = sum.nanos.get(&of).copied().unwrap_or(0);
    nanos as f64 / sum.requests.max(1) as f64 / SECOND
}
