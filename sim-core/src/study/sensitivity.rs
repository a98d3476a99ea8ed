//! Sensitivity: which parameters matter, by the elementary effects of M. D. Morris ("Factorial Sampling Plans for
//! Preliminary Computational Experiments", Technometrics 33, 1991), with the mean of their sizes as F. Campolongo,
//! J. Cariboni and A. Saltelli proposed (Environmental Modelling & Software 22, 2007).

use super::axis::{Axis, AxisError, Values};
use super::curve::{Origin, Point, SweepSummary};
use super::estimate::{Status, Value};
use super::layout::{Metric, Unit};
use super::sample::{STEP, Sampling, Trajectory};
use super::summary::DesignSummary;
use crate::spec::Spec;
use crate::stats::Welford;
use schemars::JsonSchema;
use serde::Serialize;

/// Which parameters matter, the most first.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Sensitivity {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// What they were held against.
    pub metric: Metric,
    /// Trajectories through the ranges.
    pub trajectories: u32,
    /// The parameters.
    pub effects: Vec<Effect>,
    /// Steps between points of which one has no number to be sure of, such as where the system does not settle.
    pub steps_lost: usize,
    /// Steps in all.
    pub steps: usize,
    /// Whether it was cut short.
    pub interrupted: bool,
}

/// What a parameter does to a metric.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Effect {
    /// Its path.
    pub path: String,
    /// The lower end of its range, as written.
    pub from: String,
    /// The upper end.
    pub to: String,
    /// How much the metric changes from one end of its range to the other, up or down, on average over the settings of
    /// the others: in the metric's unit, scaled up from steps over two thirds of the range.
    pub size: Value,
    /// The same with its sign: where it is smaller than `size`, the parameter works both ways.
    pub signed: Value,
    /// The standard deviation of these effects: large where the parameter works in curves, or together with others.
    pub spread: f64,
    /// How many steps it rests on.
    pub steps: u64,
}

/// Reads the metric that effects are measured on: `p99`, `mean`, `errors`, `cost` and the like, of all requests together.
///
/// # Errors
/// What can be written.
pub fn metric_of(text: &str) -> Result<Metric, String> {
    let mut metrics = Metric::RED.to_vec();
    metrics.extend([Metric::InFlight, Metric::Cost]);
    let names: Vec<&str> = metrics.iter().map(|metric| metric.name()).collect();
    let names = names.join(", ");
    metrics.into_iter().find(|metric| metric.name() == text).ok_or(format!("metrics are {names}"))
}

/// A metric of all requests together.
pub(super) fn value_of(design: &DesignSummary, metric: Metric) -> Option<Value> {
    match metric {
        Metric::Cost => design.bill.as_ref().map(|bill| bill.month),
        Metric::InFlight => Some(design.in_flight),
        _ => {
            design.all.values().into_iter().find(|(own, _)| *own == metric).map(|(_, value)| value)
        }
    }
}

/// The parameters of a model that can be varied by a share: rates and numbers of clients, servers, replicas, times.
/// What is a whole number changes by 1 at least.
///
/// # Errors
/// There are none.
pub fn parameters(spec: &Spec, share: f64) -> Result<Vec<Axis>, AxisError> {
    const ROOTS: [&str; 7] =
        ["components.", "services.", "stores.", "queues.", "caches.", "network.", "clients."];
    let mut axes = Vec::new();
    for path in spec.paths() {
        let path = path.to_string();
        if !ROOTS.iter().any(|root| path.starts_with(root)) {
            continue;
        }
        let axis = match spec.get(&path) {
            Some(serde_json::Value::Number(number)) => number_axis(&path, number, share),
            Some(serde_json::Value::String(text)) => text_axis(&path, text, share),
            _ => None,
        };
        // What cannot be so, such as a share above 1 or a field that is no number, is no parameter.
        let fits = |axis: &Axis| [0.0, 1.0].iter().all(|u| axis.put(spec, &axis.at(*u)).is_ok());
        axes.extend(axis.filter(fits));
    }
    if axes.is_empty() {
        let hint = "say what to vary: --vary services.api.replicas=1..8";
        return Err(AxisError::new("the model has no number that could be varied", hint));
    }
    Ok(axes)
}

fn number_axis(path: &str, number: &serde_json::Number, share: f64) -> Option<Axis> {
    let now = number.as_f64().filter(|now| *now > 0.0)?;
    let (mut low, mut high) = (now * (1.0 - share), now * (1.0 + share));
    if number.is_u64() {
        (low, high) = (
            (now - (now * share).max(1.0)).round().max(1.0),
            (now + (now * share).max(1.0)).round(),
        );
    }
    Axis::parse(&format!("{path}={low}..{high}{}", if number.is_u64() { "" } else { ":2" })).ok()
}

fn text_axis(path: &str, text: &str, share: f64) -> Option<Axis> {
    let listed = Axis::parse(&format!("{path}={text}")).ok()?;
    let Values::List(settings) = &listed.values else { return None };
    let now = settings.first()?.number.filter(|now| *now > 0.0 && !listed.unit.is_empty())?;
    let end = |factor: f64| listed.setting(now * factor).text;
    Axis::parse(&format!("{path}={}..{}:2", end(1.0 - share), end(1.0 + share))).ok()
}

impl Sensitivity {
    /// The effects of the axes of a sweep along trajectories on a metric. `None` for a sweep over other points.
    pub fn of(sweep: SweepSummary, metric: Metric) -> Option<Sensitivity> {
        let Sampling::Morris(trajectories) = sweep.sampling else { return None };
        let axes = sweep.axes.len();
        let mut effects: Vec<(Welford, Welford)> = vec![Default::default(); axes];
        let number = |point: &Point| {
            let value = value_of(point.design.as_ref()?, metric)?;
            let is_known = matches!(value.status, Status::Confident | Status::NoInterval);
            is_known.then_some(value.mean)
        };
        let (mut lost, mut steps) = (0, 0);
        for pair in sweep.points.windows(2) {
            let step = pair[0].index % (axes + 1);
            if step == axes || pair[1].index != pair[0].index + 1 {
                continue;
            }
            steps += 1;
            let trajectory = Trajectory::of(sweep.origin.seed, axes, pair[0].index);
            let axis = trajectory.changes(step);
            match (number(&pair[0]), number(&pair[1])) {
                (Some(before), Some(after)) => {
                    let change = (after - before) / STEP;
                    let signed = if trajectory.grows(axis) { change } else { -change };
                    effects[axis].0.add(signed.abs());
                    effects[axis].1.add(signed);
                }
                _ => lost += 1,
            }
        }
        let mut ranked: Vec<Effect> = (sweep.axes.iter().zip(&effects))
            .map(|(axis, (size, signed))| Effect {
                path: axis.path.clone(),
                from: axis.at(0.0).text,
                to: axis.at(1.0).text,
                size: Value::sectioned(size, size.mean()),
                signed: Value::sectioned(signed, signed.mean()),
                spread: signed.variance().max(0.0).sqrt(),
                steps: size.count(),
            })
            .collect();
        let rank =
            |effect: &Effect| if effect.size.mean.is_nan() { -1.0 } else { effect.size.mean };
        ranked.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        Some(Sensitivity {
            origin: sweep.origin,
            question: sweep.question,
            metric,
            trajectories,
            effects: ranked,
            steps_lost: lost,
            steps,
            interrupted: sweep.interrupted,
        })
    }

    /// Whether the metric is a duration, so that a unit of time suits it.
    pub fn is_time(&self) -> bool {
        self.metric.unit() == Unit::Seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Files;
    use crate::study::{Effort, Points, Study, Sweep};

    fn sensitivity(axes: Vec<Axis>, spec: Spec, trajectories: u32) -> Sensitivity {
        let points = Points::new(axes, Sampling::Morris(trajectories), 1).unwrap();
        let mut sweep =
            Sweep::new(spec, Box::new(|_| Ok(Files::default())), points, Effort::default())
                .unwrap();
        sweep.run();
        Sensitivity::of(sweep.summary(Origin { seed: 1, ..Origin::default() }), Metric::Mean)
            .unwrap()
    }

    fn spec(steps: &str) -> Spec {
        let text = format!(
            r#"(
            components: {{"desk": {{"ask": [{steps}]}}}},
            services: {{"desk": (components: ["desk"])}},
            stores: {{"unused": database(servers: 3)}},
            clients: {{"users": (rate: "20/s", mix: "desk.ask")}},
            run: (horizon: "50s", replications: 3, warmup: "5s"),
        )"#
        );
        Spec::parse("desk.ron", &text).unwrap()
    }

    /// Two waits one after the other: the mean is their sum, so the effect of each is its range, whatever the other is,
    /// and a store that nobody asks has none at all.
    #[test]
    fn effects_of_a_sum_are_its_ranges() {
        let spec = spec(r#"wait("5ms"), wait("20ms")"#);
        let axes = [
            "components.desk.ask[0].wait=10ms..20ms:2",
            "stores.unused.database.servers=1..9",
            "components.desk.ask[1].wait=10ms..70ms:2",
        ];
        let axes = axes.iter().map(|axis| Axis::parse(axis).unwrap()).collect();
        let found = sensitivity(axes, spec, 4);
        let told: Vec<(&str, f64)> =
            found.effects.iter().map(|effect| (effect.path.as_str(), effect.size.mean)).collect();
        let expected =
            [("components.desk.ask[1].wait", 0.06), ("components.desk.ask[0].wait", 0.01)];
        for ((path, size), (name, truth)) in told.iter().zip(expected) {
            assert_eq!(*path, name);
            // What a histogram of nanoseconds sums is exact; the ends of a step are rounded to four digits.
            assert!((size - truth).abs() < 1e-4, "{path}: {size} for {truth}");
        }
        assert_eq!(told[2], ("stores.unused.database.servers", 0.0));
        assert!(found.effects[0].spread < 1e-4 && found.steps_lost == 0 && found.steps == 12);
    }

    #[test]
    fn parameters_are_what_the_model_counts_and_measures() {
        let spec = spec(r#"wait("5ms"), work(exponential("4ms"))"#);
        let axes = parameters(&spec, 0.2).unwrap();
        let paths: Vec<&str> = axes.iter().map(|axis| axis.path.as_str()).collect();
        for path in
            ["components.desk.ask[1].work.exponential", "clients.users.rate", "services.desk.cores"]
        {
            assert!(paths.contains(&path), "{paths:?}");
        }
        let rate = axes.iter().find(|axis| axis.path == "clients.users.rate").unwrap();
        assert_eq!((rate.at(0.0).text, rate.at(1.0).text), ("16/s".into(), "24/s".into()));
    }
}
