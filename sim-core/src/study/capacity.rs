//! Capacity: the highest load at which a design meets its objectives.
//!
//! A bracket is closed around it: below, every objective is met; above, one is missed. Each load that is tried is
//! replicated until its verdict is sure or its budget is spent; where it stays undecided, the bracket closes on the loads
//! around it, and what is left between the two is what the noise does not tell.

use super::axis::{Axis, AxisError, Values};
use super::curve::Origin;
use super::objective::{ObjectiveResult, Verdict};
use super::replicate::{Alternative, Plan, Replicate, Until};
use super::summary::DesignSummary;
use super::sweep::FilesOf;
use super::words::{percent, significant};
use super::{AS_WRITTEN, Study};
use crate::metrics::{Outcome, Trial};
use crate::model::Model;
use crate::spec::{Diagnostics, Spec};
use schemars::JsonSchema;
use serde::Serialize;

/// Loads that are tried for a design, at most.
const PROBES_MAX: usize = 40;
/// Replications of one load, at most.
const REPLICATIONS_MAX: u32 = 160;

/// What a search for capacity found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CapacitySummary {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// The path that stands for the load.
    pub path: String,
    /// The unit of the load.
    pub unit: String,
    /// How close the bracket was to be closed, as a part of the load.
    pub tolerance: f64,
    /// The designs.
    pub designs: Vec<Capacity>,
    /// Whether it was cut short.
    pub interrupted: bool,
}

/// The capacity of one design.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Capacity {
    /// Its name.
    pub name: String,
    /// The highest load that was seen to meet all objectives, with no lower one seen to miss them.
    pub met: Option<f64>,
    /// The lowest load that was seen to miss one.
    pub missed: Option<f64>,
    /// The objective that is missed there first.
    pub limited_by: Option<String>,
    /// What is used most there.
    pub bottleneck: Option<String>,
    /// All of it in a sentence.
    pub says: String,
    /// The loads that were tried, in order of the search.
    pub probes: Vec<Probe>,
}

/// A load that was tried.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Probe {
    /// The load.
    pub at: f64,
    /// What it came to: the worst verdict of all objectives.
    pub verdict: Verdict,
    /// Replications that it took.
    pub replications: u64,
    /// The objectives.
    pub objectives: Vec<ObjectiveResult>,
    /// What is used most.
    pub bottleneck: Option<String>,
    /// Whether the runs were long enough to tell.
    pub advice: Option<String>,
}

/// A search for the capacity of designs.
pub struct CapacitySearch {
    searches: Vec<Search>,
    files: FilesOf,
    axis: Axis,
    tolerance: f64,
    question: Option<String>,
    /// Numbers the loads that are tried, over all designs.
    tried: usize,
    interrupted: bool,
}

/// The search for one design.
struct Search {
    name: String,
    spec: Spec,
    /// Where it begins.
    start: f64,
    /// The ends of the range that was asked for.
    range: Option<(f64, f64)>,
    /// Where the busiest station is saturated by the utilisation law, if the load is proportional to it.
    saturation: f64,
    whole: bool,
    probes: Vec<Probe>,
    open: Option<Open>,
    /// What is wrong with the model at a load.
    failed: Option<String>,
}

struct Open {
    number: usize,
    at: f64,
    replicate: Replicate,
    awaited: usize,
}

impl CapacitySearch {
    /// A search over an axis for some designs (`None`: as written), closed to `tolerance` as a part of the load. The axis
    /// may be a range; without values the search begins at what the model says.
    ///
    /// # Errors
    /// What is wrong with the model or the axis; `Err(Ok(…))` is about the axis.
    pub fn new(
        base: &Spec,
        designs: &[Option<String>],
        load: &str,
        files: FilesOf,
        tolerance: f64,
    ) -> Result<CapacitySearch, Refused> {
        let mut searches = Vec::new();
        let mut axis = None;
        for design in designs {
            let spec = match design {
                Some(name) => base.design(name)?,
                None => base.clone(),
            };
            let (own, range) = load_axis(load, &spec)?;
            let start = range.map_or_else(|| written_number(&own, &spec), |(low, _)| Ok(low))?;
            let name = design.clone().unwrap_or(AS_WRITTEN.into());
            let here = own.put(&spec, &own.setting(start))?;
            let (alternative, _) = Alternative::of(&here, None, &files)?;
            if alternative.model.objectives.is_empty() {
                let message = format!("{name} has no objective that a load could miss");
                let hint = "add some: objectives: [latency(percentile: 99, below: \"200ms\")]";
                return Err(AxisError::new(message, hint).into());
            }
            let busiest = alternative.load.bottleneck;
            let used = busiest.map_or(0.0, |b| alternative.load.stations[b].utilisation);
            let whole = spec.get(&own.path).is_some_and(serde_json::Value::is_u64);
            let saturation = if used > 0.0 { start / used } else { f64::INFINITY };
            searches.push(Search {
                name,
                spec,
                start,
                range,
                saturation,
                whole,
                probes: Vec::new(),
                open: None,
                failed: None,
            });
            axis = Some(own);
        }
        let Some(axis) = axis else {
            return Err(AxisError::new("there is no design", "name one with --designs").into());
        };
        Ok(CapacitySearch {
            searches,
            files,
            axis,
            tolerance,
            question: base.question.clone(),
            tried: 0,
            interrupted: false,
        })
    }

    /// What is known so far.
    pub fn summary(&self, origin: Origin) -> CapacitySummary {
        let designs = self.searches.iter().map(|search| search.result(&self.axis, self.tolerance));
        CapacitySummary {
            origin,
            question: self.question.clone(),
            path: self.axis.path.clone(),
            unit: self.axis.unit.clone(),
            tolerance: self.tolerance,
            designs: designs.collect(),
            interrupted: self.interrupted,
        }
    }
}

/// Why a search cannot be begun.
#[derive(Clone, Debug)]
pub enum Refused {
    /// What is asked for makes no sense.
    Axis(AxisError),
    /// The model is wrong.
    Model(Diagnostics),
}

impl From<AxisError> for Refused {
    fn from(error: AxisError) -> Refused {
        Refused::Axis(error)
    }
}

impl From<Diagnostics> for Refused {
    fn from(findings: Diagnostics) -> Refused {
        Refused::Model(findings)
    }
}

/// Reads `PATH` or `PATH=100/s..1000/s`.
pub(super) fn load_axis(text: &str, spec: &Spec) -> Result<(Axis, Option<(f64, f64)>), Refused> {
    if text.contains('=') {
        let axis = Axis::parse(text)?;
        let Values::Range { from, to, .. } = axis.values else {
            let message = format!("{text} is no range of loads");
            return Err(
                AxisError::new(message, "write PATH=100/s..1000/s, or the path alone").into()
            );
        };
        axis.check(spec)?;
        return Ok((axis, Some((from, to))));
    }
    let now = match spec.get(text) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        Some(other) => {
            let message = format!("{text} is {other}, and no load");
            return Err(AxisError::new(message, "name a rate or a number of users").into());
        }
        None => {
            // The model says best what there is instead.
            spec.with_text(text, "1")?;
            let message = format!("{text} has no value to begin with");
            return Err(
                AxisError::new(message, format!("write a range: {text}=100/s..1000/s")).into()
            );
        }
    };
    Ok((Axis::parse(&format!("{text}={now}"))?, None))
}

fn written_number(axis: &Axis, spec: &Spec) -> Result<f64, Refused> {
    let number = match &axis.values {
        Values::List(settings) => settings.first().and_then(|setting| setting.number),
        Values::Range { from, .. } => Some(*from),
    };
    number.filter(|number| *number > 0.0).ok_or_else(|| {
        let now = spec.get(&axis.path).map_or(String::new(), ToString::to_string);
        let message = format!("{} is {now}, and no load above 0", axis.path);
        AxisError::new(message, "name a rate or a number of users").into()
    })
}

impl Search {
    fn highest_met(&self) -> Option<f64> {
        let missed = self.lowest_missed().unwrap_or(f64::INFINITY);
        let met =
            self.probes.iter().filter(|probe| probe.verdict == Verdict::Met && probe.at < missed);
        met.map(|probe| probe.at).max_by(f64::total_cmp)
    }

    fn lowest_missed(&self) -> Option<f64> {
        let missed = self.probes.iter().filter(|probe| probe.verdict == Verdict::Missed);
        missed.map(|probe| probe.at).min_by(f64::total_cmp)
    }

    /// Loads between the bracket's ends that stayed undecided: the lowest and the highest.
    fn undecided(&self) -> Option<(f64, f64)> {
        let (low, high) =
            (self.highest_met().unwrap_or(0.0), self.lowest_missed().unwrap_or(f64::INFINITY));
        let between = self.probes.iter().filter(|probe| probe.verdict == Verdict::Undecided);
        let between: Vec<f64> =
            between.map(|probe| probe.at).filter(|at| low < *at && *at < high).collect();
        let lowest = between.iter().copied().min_by(f64::total_cmp)?;
        Some((lowest, between.iter().copied().max_by(f64::total_cmp)?))
    }

    /// The load to try next; `None` when the bracket is closed.
    fn next(&self, tolerance: f64) -> Option<f64> {
        if self.probes.len() >= PROBES_MAX || self.failed.is_some() {
            return None;
        }
        let (low, high) = match (self.highest_met(), self.lowest_missed()) {
            (None, None) => match self.undecided() {
                None => return Some(self.start),
                Some((lowest, highest)) => {
                    let down = (lowest / 2.0).max(self.range.map_or(0.0, |(low, _)| low));
                    let up = self.range.map_or(highest * 1.5, |(_, high)| high);
                    // Both ways in turn: nothing is known yet.
                    let target = if self.probes.len() % 2 == 1 { down } else { up };
                    return self.fresh(target);
                }
            },
            (None, Some(missed)) => match self.range {
                Some((low, _)) if missed > low => {
                    return self.fresh(0.5 * (low + missed)).or(self.fresh(low));
                }
                Some(_) => return None,
                None if missed < self.start * 1e-6 => return None,
                None => return self.fresh(missed / 2.0),
            },
            (Some(met), None) => {
                return self.higher(self.undecided().map_or(met, |(_, highest)| highest.max(met)));
            }
            (Some(met), Some(missed)) => (met, missed),
        };
        let close = |a: f64, b: f64, part: f64| {
            (b - a) <= part * tolerance * high || (self.whole && b - a <= 1.0)
        };
        match self.undecided() {
            None => (!close(low, high, 1.0)).then(|| self.fresh(0.5 * (low + high))).flatten(),
            Some((lowest, _)) if !close(low, lowest, 0.5) => self.fresh(0.5 * (low + lowest)),
            Some((_, highest)) if !close(highest, high, 0.5) => self.fresh(0.5 * (highest + high)),
            Some(_) => None,
        }
    }

    /// Above a load that meets all while none is known that does not: towards saturation, then beyond it.
    fn higher(&self, met: f64) -> Option<f64> {
        if let Some((_, high)) = self.range {
            return self.fresh(high);
        }
        if met > self.start * 1e6 {
            return None;
        }
        let gap = self.saturation - met;
        let target = if gap > 0.05 * self.saturation && gap.is_finite() {
            met + 0.7 * gap
        } else {
            (met * 2.0).min((self.saturation * 1.05).max(met * 1.1))
        };
        self.fresh(target)
    }

    /// A load as it can be written, unless it was tried already.
    fn fresh(&self, at: f64) -> Option<f64> {
        let at = match self.whole {
            true => at.round(),
            false => significant(at, 4).parse().unwrap_or(at),
        };
        let is_known = self.probes.iter().any(|probe| probe.at == at);
        (at > 0.0 && !is_known).then_some(at)
    }

    fn result(&self, axis: &Axis, tolerance: f64) -> Capacity {
        let (met, missed) = (self.highest_met(), self.lowest_missed());
        let at = |load: Option<f64>| self.probes.iter().find(|probe| Some(probe.at) == load);
        let above = at(missed);
        let limiting = above.and_then(|probe| {
            probe.objectives.iter().find(|objective| objective.verdict == Verdict::Missed)
        });
        let written = |load: f64| axis.setting(load).text;
        let undecided = self.undecided().is_some();
        let advice = self.probes.iter().find_map(|probe| probe.advice.clone());
        let mut says = match (&self.failed, met, missed) {
            (Some(reason), ..) => format!("it cannot be told: {reason}"),
            (None, Some(met), Some(missed)) => {
                let gap = percent((missed - met) / missed);
                let why = if undecided { ": between them noise does not tell" } else { "" };
                format!("between {} and {}, {gap} apart{why}", written(met), written(missed))
            }
            (None, Some(met), None) => {
                format!("at least {}, and no load was found that misses", written(met))
            }
            (None, None, Some(missed)) => {
                format!("below {}, the lowest load tried", written(missed))
            }
            (None, None, None) => {
                "no load could be told to meet the objectives, or to miss them".into()
            }
        };
        if let Some(limiting) = limiting {
            says += &format!("; above, {} is missed", limiting.says);
        }
        if let Some(advice) = advice.filter(|_| met.is_none() || missed.is_none() || undecided) {
            says += &format!("; {advice}");
        }
        let is_closed = self.next(tolerance).is_none();
        if !is_closed {
            says += "; the search was not at its end";
        }
        Capacity {
            name: self.name.clone(),
            met,
            missed,
            limited_by: limiting.map(|objective| objective.says.clone()),
            bottleneck: above.or_else(|| at(met)).and_then(|probe| probe.bottleneck.clone()),
            says,
            probes: self.probes.clone(),
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let summary = open.replicate.summary();
        let Some(design) = summary.designs.into_iter().next() else { return };
        let DesignSummary { objectives, health, bottleneck, .. } = design;
        let verdict = objectives.iter().map(|objective| objective.verdict).max();
        self.probes.push(Probe {
            at: open.at,
            verdict: verdict.unwrap_or(Verdict::Met),
            replications: summary.replications,
            objectives,
            bottleneck: bottleneck.map(|bottleneck| bottleneck.station),
            advice: health.advice.filter(|_| verdict == Some(Verdict::Undecided)),
        });
    }
}

impl Study for CapacitySearch {
    fn ask(&mut self) -> Option<Vec<Trial>> {
        let mut batch = Vec::new();
        for index in 0..self.searches.len() {
            while !self.interrupted {
                let search = &mut self.searches[index];
                if let Some(open) = &mut search.open {
                    let wanted = open.replicate.ask();
                    open.awaited = wanted.as_ref().map_or(0, Vec::len);
                    match wanted {
                        Some(trials) => {
                            let number = open.number;
                            batch.extend(trials.into_iter().map(|t| Trial { design: number, ..t }));
                            break;
                        }
                        None => search.close(),
                    }
                }
                let Some(at) = search.next(self.tolerance) else { break };
                let spec = self.axis.put(&search.spec, &self.axis.setting(at));
                match spec.and_then(|spec| Alternative::of(&spec, None, &self.files)) {
                    Ok((design, _)) => {
                        let plan = Plan::of(std::slice::from_ref(&design));
                        let plan =
                            Plan { until: Until::Decided { at_most: REPLICATIONS_MAX }, ..plan };
                        let replicate = Replicate::new(vec![design], plan);
                        search.open = Some(Open { number: self.tried, at, replicate, awaited: 0 });
                        self.tried += 1;
                    }
                    Err(findings) => {
                        let reason =
                            findings.iter().next().map_or(String::new(), |f| f.message.clone());
                        search.failed =
                            Some(format!("at {}: {reason}", self.axis.setting(at).text));
                    }
                }
            }
        }
        (!batch.is_empty()).then_some(batch)
    }

    fn tell(&mut self, outcomes: Vec<Outcome>) {
        let mut outcomes = outcomes.into_iter().peekable();
        for open in self.searches.iter_mut().filter_map(|search| search.open.as_mut()) {
            let number = open.number;
            let told: Vec<Outcome> =
                std::iter::from_fn(|| outcomes.next_if(|o| o.trial.design == number))
                    .map(|outcome| Outcome {
                        trial: Trial { design: 0, ..outcome.trial },
                        ..outcome
                    })
                    .collect();
            self.interrupted |= told.len() < open.awaited;
            open.replicate.tell(told);
        }
    }

    fn model(&self, design: usize) -> &Model {
        let mut open = self.searches.iter().filter_map(|search| search.open.as_ref());
        open.find(|open| open.number == design)
            .expect("its trials were asked for")
            .replicate
            .model(0)
    }

    fn progress(&self) -> (u64, u64) {
        let probes = self.searches.iter().flat_map(|search| &search.probes);
        let done: u64 = probes.map(|probe| probe.replications).sum();
        let open = self
            .searches
            .iter()
            .filter_map(|search| Some(search.open.as_ref()?.replicate.progress()));
        let (told, expected) = open.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        (done + told, done + expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::model::Files;

    fn search(design: &str, load: &str, objective: &str) -> CapacitySummary {
        let text = format!(
            r#"(
            components: {{"desk": {{"ask": [work(exponential("10ms"))]}}}},
            services: {{"desk": (components: ["desk"])}},
            clients: {{"users": (rate: "10/s", mix: "desk.ask")}},
            designs: {{"two desks": {{"services.desk.cores": 2}}}},
            objectives: [{objective}],
            run: (horizon: "1000s", warmup: "50s"),
        )"#
        );
        let spec = Spec::parse("desk.ron", &text).unwrap();
        let design = (design != AS_WRITTEN).then(|| design.to_owned());
        let files = Box::new(|_: &Spec| Ok(Files::default()));
        let mut search = CapacitySearch::new(&spec, &[design], load, files, 0.03).unwrap();
        search.run();
        search.summary(Origin::default())
    }

    /// M/M/1: the response time is exponential with rate μ - λ, so its 95th percentile is ln 20 / (μ - λ). It is below
    /// 100 ms up to λ = 100 - ln 20 / 0.1 = 70.04/s.
    #[test]
    fn capacity_of_a_queue_with_an_objective_on_p95() {
        let truth = 100.0 - math::ln(20.0) / 0.1;
        for load in ["clients.users.rate", "clients.users.rate=20/s..150/s"] {
            let found = search(AS_WRITTEN, load, r#"latency(percentile: 95, below: "100ms")"#);
            let capacity = &found.designs[0];
            let (met, missed) = (capacity.met.unwrap(), capacity.missed.unwrap());
            assert!(met < truth && truth < missed, "{} is told: {}", truth, capacity.says);
            assert!((missed - met) / truth < 0.08, "{}", capacity.says);
            assert_eq!(capacity.limited_by.as_deref(), Some("p95 below 100 ms"));
        }
    }

    /// The utilisation law: 200 a second are too much for two desks whatever is asked of them, and 150 are not.
    #[test]
    fn capacity_of_a_generous_objective_is_saturation() {
        let found =
            search("two desks", "clients.users.rate", r#"latency(percentile: 50, below: "10s")"#);
        let capacity = &found.designs[0];
        assert!(capacity.missed.unwrap() <= 212.0, "{}", capacity.says);
        assert!(capacity.met.unwrap() >= 150.0, "{}", capacity.says);
    }

    /// What a load can never meet is said, and so is what it never misses.
    #[test]
    fn a_bracket_may_not_close() {
        let never = search(
            AS_WRITTEN,
            "clients.users.rate=10/s..80/s",
            r#"latency(percentile: 50, below: "1ms")"#,
        );
        assert_eq!((never.designs[0].met, never.designs[0].missed), (None, Some(10.0)));
        let always = search(
            AS_WRITTEN,
            "clients.users.rate=10/s..50/s",
            r#"latency(percentile: 50, below: "9s")"#,
        );
        assert_eq!((always.designs[0].met, always.designs[0].missed), (Some(50.0), None));
        assert!(always.designs[0].says.contains("at least 50/s"), "{}", always.designs[0].says);
    }
}
