//! What a sweep found out, as data: points with what came of them, and where the curves bend.

use super::axis::{Axis, Setting};
use super::bounds::Bounds;
use super::estimate::Status;
use super::sample::Sampling;
use super::summary::DesignSummary;
use super::words::significant;
use schemars::JsonSchema;
use serde::Serialize;

/// Where a result comes from: enough to have it again.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
pub struct Origin {
    /// Version of the simulator.
    pub version: String,
    /// Hash of the model before anything was varied, in hexadecimal.
    pub model_hash: String,
    /// The seed of every draw.
    pub seed: u64,
    /// The command that gives the same.
    pub command: String,
}

/// What a sweep found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SweepSummary {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// What was varied.
    pub axes: Vec<Axis>,
    /// How the points were chosen.
    pub sampling: Sampling,
    /// Seconds simulated in each replication.
    pub horizon: f64,
    /// Knees and points of saturation.
    pub marks: Vec<Mark>,
    /// The points, in order.
    pub points: Vec<Point>,
    /// Points in all, also those that were not run.
    pub points_in_all: usize,
    /// Whether it was cut short, so that points are missing.
    pub interrupted: bool,
}

/// A point of a sweep.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Point {
    /// Its place in the order of points, from 0.
    pub index: usize,
    /// Its values, one for each axis.
    pub settings: Vec<Setting>,
    /// What came of it, without what its services look like inside; `None` where there is no such model.
    pub design: Option<DesignSummary>,
    /// Why there is no such model.
    pub refused: Option<String>,
    /// Replications that count.
    pub replications: u64,
    /// Seconds left out at the start of each.
    pub warmup: f64,
    /// What it can do at best, by operational analysis.
    pub bounds: Option<Bounds>,
}

/// A place on a curve.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Mark {
    /// What is there.
    pub kind: MarkKind,
    /// The path that changes along the curve.
    pub axis: String,
    /// What the other axes are set to, as `path=value`.
    pub others: Vec<String>,
    /// Where it is, in the unit of the axis.
    pub at: f64,
    /// The points around it, in the unit of the axis.
    pub between: (f64, f64),
    /// In a sentence, with the method.
    pub says: String,
}

/// What is marked on a curve.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MarkKind {
    /// Where more load begins to cost more time than it brings answers: the highest ratio of requests answered well per
    /// second to their mean time, L. Kleinrock's power ("Power and Deterministic Rules of Thumb", ICC 1979).
    Knee,
    /// Where the busiest station is offered all that it can do, by the utilisation law; or, where no law tells, between
    /// which points the system ceases to settle. Of users who wait: where the asymptotes cross.
    Saturation,
}

/// Points that differ in one axis only, in its order.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    /// The axis.
    pub axis: &'a Axis,
    /// What the other axes are set to, as `path=value`.
    pub others: Vec<String>,
    /// The points with the number that the axis has there.
    pub points: Vec<(f64, &'a Point)>,
}

/// The curves of some points: for each axis of numbers and each setting of the others.
pub fn curves<'a>(axes: &'a [Axis], points: &'a [Point]) -> Vec<Curve<'a>> {
    let mut curves: Vec<Curve<'a>> = Vec::new();
    for (number, axis) in axes.iter().enumerate().filter(|(_, axis)| axis.is_numeric()) {
        let first = curves.len();
        let mut index = std::collections::BTreeMap::new();
        for point in points {
            let others = axes.iter().zip(&point.settings).enumerate();
            let others: Vec<String> = others
                .filter(|(other, _)| *other != number)
                .map(|(_, (axis, setting))| format!("{}={}", axis.path, setting.text))
                .collect();
            let Some(at) = point.settings[number].number else { continue };
            let place = *index.entry(others.clone()).or_insert_with(|| {
                curves.push(Curve { axis, others, points: Vec::new() });
                curves.len() - 1
            });
            curves[place].points.push((at, point));
        }
        for curve in &mut curves[first..] {
            curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
        }
    }
    curves.retain(|curve| curve.points.len() > 1);
    curves
}

/// Knees and points of saturation of the curves.
pub(super) fn marks(axes: &[Axis], points: &[Point]) -> Vec<Mark> {
    curves(axes, points)
        .iter()
        .flat_map(|curve| [curve.knee(), curve.saturation()])
        .flatten()
        .collect()
}

impl Point {
    /// Requests answered well per second over their mean time; `None` where either cannot be believed.
    fn power(&self) -> Option<f64> {
        let all = &self.design.as_ref()?.all;
        let is_known = all.mean.is_confident() && all.rate.is_confident() && all.mean.mean > 0.0;
        is_known.then(|| all.rate.mean * (1.0 - all.errors.mean) / all.mean.mean)
    }

    /// Whether it does not settle, or is offered more than it can do.
    pub fn is_saturated(&self) -> bool {
        let unstable = self.design.as_ref().is_some_and(|d| d.health.status == Status::Unstable);
        let waits = self.bounds.as_ref().is_some_and(|bounds| bounds.users_at_saturation.is_some());
        unstable || (!waits && self.offered().is_some_and(|offered| offered >= 1.0))
    }

    fn offered(&self) -> Option<f64> {
        self.bounds.as_ref()?.utilisation
    }
}

impl Curve<'_> {
    /// The knee, if the load grows along the curve and it lies inside.
    fn knee(&self) -> Option<Mark> {
        let rates = self.points.iter().filter_map(|(_, point)| {
            Some(point.design.as_ref()?.all.rate).filter(|rate| rate.is_confident())
        });
        let rates: Vec<f64> = rates.map(|rate| rate.mean).collect();
        let (first, last) = (*rates.first()?, *rates.last()?);
        if last < 1.2 * first {
            return None;
        }
        let powers: Vec<Option<f64>> = self.points.iter().map(|(_, point)| point.power()).collect();
        let best = (0..powers.len()).filter(|&i| powers[i].is_some()).max_by(|&a, &b| {
            powers[a].partial_cmp(&powers[b]).unwrap_or(std::cmp::Ordering::Equal)
        })?;
        let inside = best > 0 && best + 1 < powers.len();
        let between = (self.points.get(best.wrapping_sub(1))?.0, self.points.get(best + 1)?.0);
        let at = self.points[best].0;
        let says = format!(
            "Knee at about {}: most answers per second for their mean time (Kleinrock's power), of the points from {} to {}.",
            self.written(at),
            self.written(between.0),
            self.written(between.1),
        );
        inside.then(|| self.mark(MarkKind::Knee, at, between, says))
    }

    fn saturation(&self) -> Option<Mark> {
        if let Some(mark) = self.saturation_of_users() {
            return Some(mark);
        }
        let pair = self
            .points
            .windows(2)
            .find(|pair| pair[0].1.is_saturated() != pair[1].1.is_saturated())?;
        let between = (pair[0].0, pair[1].0);
        let crossing = match (pair[0].1.offered(), pair[1].1.offered()) {
            // Offered load is as the rate, and as one over the number of servers: straight lines both.
            (Some(a), Some(b)) if a < 1.0 && b >= 1.0 => Some((1.0 - a) / (b - a)),
            (Some(a), Some(b)) if a >= 1.0 && b < 1.0 => {
                Some((1.0 / a - 1.0) / (1.0 / a - 1.0 / b))
            }
            _ => None,
        };
        let (low, high) = (self.written(between.0), self.written(between.1));
        let (at, says) = match crossing {
            Some(part) => {
                let at = between.0 + part * (between.1 - between.0);
                let at = if part >= 1.0 { between.1 } else { at };
                (
                    at,
                    format!(
                        "Saturated at {}: there the busiest station is offered all that it can do (utilisation law).",
                        self.written(at)
                    ),
                )
            }
            None => {
                let unsettled = if pair[1].1.is_saturated() { &high } else { &low };
                let says = format!(
                    "Saturated between {low} and {high}: at {unsettled} the system does not settle."
                );
                (0.5 * (between.0 + between.1), says)
            }
        };
        Some(self.mark(MarkKind::Saturation, at, between, says))
    }

    /// Where the asymptotes cross, if users are what changes along the curve.
    fn saturation_of_users(&self) -> Option<Mark> {
        if !self.axis.path.ends_with(".users") {
            return None;
        }
        let at =
            self.points.iter().find_map(|(_, point)| point.bounds.as_ref()?.users_at_saturation)?;
        let pair = self.points.windows(2).find(|pair| pair[0].0 <= at && at <= pair[1].0)?;
        let says = format!(
            "Saturated from about {} users on: there the asymptotic bounds cross.",
            significant(at, 3)
        );
        Some(self.mark(MarkKind::Saturation, at, (pair[0].0, pair[1].0), says))
    }

    fn mark(&self, kind: MarkKind, at: f64, between: (f64, f64), says: String) -> Mark {
        let (axis, others) = (self.axis.path.clone(), self.others.clone());
        Mark { kind, axis, others, at, between, says }
    }

    fn written(&self, number: f64) -> String {
        let short = significant(number, 3).parse().unwrap_or(number);
        let exact = self.points.iter().any(|(at, _)| *at == number);
        self.axis.setting(if exact { number } else { short }).text
    }
}
