//! The figures of studies: of a sweep and of a sensitivity analysis, from what they found.

use super::{
    Axis, Colour, Curve, CurvePoint, Figure, Mark, Panel, Point, Series, Shape, Varied,
    cost_against, designs::what_speed_costs, heat_map, in_words, interval, latency_against,
    objectives_against,
};
use crate::report::units::time_unit;
use crate::study::{
    Effect, ObjectiveResult, Sensitivity, SobolIndices, Spacing, Status, SweepSummary, Unit, Value,
    Values, curves,
};

/// Curves in one figure, at most: more could not be told apart.
const CURVES_MAX: usize = 7;
/// Panels of objectives, at most.
const PANELS_MAX: usize = 4;
/// Parameters in a tornado, at most.
const EFFECTS_MAX: usize = 20;

/// What a sweep shows: of one axis of numbers latency and cost along it, a curve for each setting of the others; of two, each
/// value with each, p99 as a heat map first.
pub fn sweep(summary: &SweepSummary) -> Vec<Figure> {
    let numeric: Vec<usize> =
        (0..summary.axes.len()).filter(|&axis| summary.axes[axis].is_numeric()).collect();
    let mut figures = Vec::new();
    if let ([across, up], 2) = (numeric.as_slice(), summary.axes.len()) {
        figures.extend(grid(summary, *across, *up));
    }
    // Load goes along the axis where it is varied.
    let is_load = |axis: &&usize| summary.axes[**axis].path.starts_with("clients.");
    if let Some(&first) = numeric.iter().find(is_load).or(numeric.first()) {
        let (varied, along) = along(summary, first);
        if !along.is_empty() {
            figures.push(latency_against(&varied, &along, limit(summary)));
            figures.extend(objectives_against(&varied, &along, &latencies(summary)));
            figures.extend(cost_against(&varied, &along));
        }
    }
    figures.extend(front(summary));
    figures
}

/// What speed costs, where all points serve the same load.
fn front(summary: &SweepSummary) -> Option<Figure> {
    if summary.axes.iter().any(|axis| axis.path.starts_with("clients.")) {
        return None;
    }
    let told = summary.points.iter().filter_map(|point| Some((point, point.design.as_ref()?)));
    let told = told.map(|(point, design)| {
        let at: Vec<&str> = point.settings.iter().map(|setting| setting.text.as_str()).collect();
        (at.join(", "), design)
    });
    what_speed_costs(&told.collect::<Vec<_>>())
}

/// Objectives on latencies of some requests: each with its place, limit and words, so many at most as can be told apart.
fn latencies(summary: &SweepSummary) -> Vec<(usize, f64, String)> {
    let design = summary.points.iter().find_map(|point| point.design.as_ref());
    let objectives = design.iter().flat_map(|design| design.objectives.iter().enumerate());
    let is_latency = |says: &str| says.starts_with('p') && says.contains(" of ");
    let own = objectives.filter(|(_, objective)| is_latency(&objective.says));
    own.map(|(place, objective)| (place, objective.limit, objective.says.clone()))
        .take(PANELS_MAX)
        .collect()
}

fn varied(summary: &SweepSummary, axis: usize) -> Varied {
    let axis = &summary.axes[axis];
    let is_log = matches!(axis.values, Values::Range { spacing: Spacing::Logarithmic, .. });
    Varied { label: axis.path.clone(), unit: axis.unit.clone(), is_log, marks: Vec::new() }
}

/// The curves along an axis.
fn along(summary: &SweepSummary, axis: usize) -> (Varied, Vec<Curve>) {
    let mut varied = varied(summary, axis);
    let found = curves(&summary.axes, &summary.points);
    let own: Vec<_> = found.iter().filter(|curve| curve.axis.path == varied.label).collect();
    if own.len() == 1 {
        let marks = summary.marks.iter().filter(|mark| mark.axis == varied.label);
        varied.marks = marks.map(|mark| (mark.at, kind(mark.kind).to_owned())).collect();
    }
    let point = |&(x, point): &(f64, &crate::study::Point)| {
        let design = point.design.as_ref()?;
        let all = &design.all;
        let cost = design.bill.as_ref().map(|bill| bill.month);
        let objectives = design.objectives.iter().map(|objective| objective.value).collect();
        Some(CurvePoint { x, latency: [all.p50, all.p95, all.p99], cost, objectives })
    };
    let curve = |curve: &&crate::study::Curve<'_>| Curve {
        name: match curve.others.is_empty() {
            true => "as written".to_owned(),
            false => crate::report::reach::named(&curve.others),
        },
        points: curve.points.iter().filter_map(point).collect(),
    };
    (varied, own.iter().take(CURVES_MAX).map(curve).collect())
}

fn kind(kind: crate::study::MarkKind) -> &'static str {
    match kind {
        crate::study::MarkKind::Knee => "knee",
        crate::study::MarkKind::Saturation => "saturation",
    }
}

/// The objective on the p99 of all requests, if there is one.
fn limit(summary: &SweepSummary) -> Option<(f64, String)> {
    let designs = summary.points.iter().filter_map(|point| point.design.as_ref());
    let is_it = |objective: &&ObjectiveResult| objective.says.starts_with("p99 below");
    let found = designs.flat_map(|design| &design.objectives).find(is_it)?;
    Some((found.limit, found.says.clone()))
}

/// The 99th percentile at each pair of values; `None` where pairs are missing, as in a sample.
fn grid(summary: &SweepSummary, across: usize, up: usize) -> Option<Figure> {
    let of = |axis: usize| {
        let numbers = summary.points.iter().filter_map(|point| point.settings[axis].number);
        let mut numbers: Vec<f64> = numbers.collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        numbers
    };
    let (xs, ys) = (of(across), of(up));
    if xs.len() * ys.len() != summary.points.len() || xs.len() < 2 || ys.len() < 2 {
        return None;
    }
    let none = Value {
        mean: f64::NAN,
        half_width: f64::INFINITY,
        confidence: 0.95,
        status: Status::NothingSeen,
    };
    let mut values = vec![vec![none; xs.len()]; ys.len()];
    for point in &summary.points {
        let place = |axis: usize, numbers: &[f64]| {
            let own = point.settings[axis].number?;
            numbers.iter().position(|number| *number == own)
        };
        let (x, y) = (place(across, &xs)?, place(up, &ys)?);
        values[y][x] = point.design.as_ref().map_or(none, |design| design.all.p99);
    }
    let unit = time_unit(values.iter().flatten().map(|value| value.mean));
    let axes = (varied(summary, across), varied(summary, up));
    Some(heat_map("p99", (unit.seconds, unit.name), (&axes.0, &xs), (&axes.1, &ys), &values))
}

/// What moves a metric most, on top: how much it changes from the lower end of each parameter's range to the upper. `None`
/// where nothing is to be told.
pub fn tornado(found: &Sensitivity) -> Option<Figure> {
    let told = |effect: &&Effect| effect.size.mean.is_finite();
    let mut effects: Vec<&Effect> = found.effects.iter().filter(told).collect();
    effects.sort_by(|a, b| b.size.mean.total_cmp(&a.size.mean).then(a.path.cmp(&b.path)));
    let left_out = effects.len().saturating_sub(EFFECTS_MAX);
    effects.truncate(EFFECTS_MAX);
    let (unit, name) = match found.metric.unit() {
        Unit::Seconds => {
            let unit = time_unit(effects.iter().map(|effect| effect.size.mean));
            (unit.seconds, unit.name)
        }
        Unit::Share => (0.01, "points"),
        Unit::Dollars => (1.0, "$"),
        Unit::PerSecond => (1.0, "/s"),
        _ => (1.0, ""),
    };
    let names = effects.iter().map(|effect| effect.path.clone()).collect();
    let metric = found.metric.name();
    let axis = Axis::linear(format!("change of {metric}"), name);
    let mut panel = Panel::new(axis, Axis::names("", names));
    panel.marks.push(Mark::AtX(0.0, String::new(), Colour::Neutral));
    let ways = [
        ("more of it raises it", Colour::Number(1), Way::Up),
        ("more of it lowers it", Colour::Number(0), Way::Down),
        ("both, as the others are", Colour::Number(6), Way::Both),
    ];
    for (says, colour, way) in ways {
        let of_this = effects.iter().enumerate().filter(|(_, effect)| Way::of(effect) == way);
        let bar = |(row, effect): (usize, &&Effect)| {
            let value = if way == Way::Both { effect.size } else { effect.signed };
            let words = in_words(value, unit, name);
            let says = format!("{} from {} to {}: {words}", effect.path, effect.from, effect.to);
            let point = Point::new(value.mean / unit, row as f64).says(says);
            Point { x_interval: interval(value, unit), ..point }
        };
        let points: Vec<Point> = of_this.map(bar).collect();
        if !points.is_empty() {
            let key = panel.key(says, colour);
            panel.series.push(Series { key, shape: Shape::Bars, points });
        }
    }
    let rest = match left_out {
        0 => String::new(),
        n => format!(" {n} parameters that matter less are not shown."),
    };
    (!panel.series.is_empty()).then(|| Figure {
        name: "tornado",
        title: format!("What moves {metric} most"),
        caption: format!(
            "From the lower to the upper end of each range, on average over the others (Morris); whiskers are 95 % intervals.{rest}"
        ),
        panels: vec![panel],
    })
}

/// Which parameter brings which share of a metric's variance, the largest on top: by itself, and with what it does together
/// with others. `None` where nothing is to be told.
pub fn sobol(found: &SobolIndices) -> Option<Figure> {
    let told: Vec<_> =
        found.parameters.iter().filter(|index| index.total.mean.is_finite()).collect();
    let left_out = told.len().saturating_sub(EFFECTS_MAX);
    let told = &told[..told.len() - left_out];
    let metric = found.metric.name();
    let names = told.iter().map(|index| index.path.clone()).collect();
    let axis = Axis::linear(format!("share of the variance of {metric}"), "%");
    let mut panel = Panel::new(axis, Axis::names("", names));
    panel.marks.push(Mark::AtX(0.0, String::new(), Colour::Neutral));
    // What a parameter does by itself lies over what it does in all, and leaves the rest to be seen.
    for (says, colour, is_total) in
        [("with others", Colour::Number(6), true), ("by itself", Colour::Number(0), false)]
    {
        let bar = |(row, index): (usize, &&crate::study::SobolIndex)| {
            let value = if is_total { index.total } else { index.first };
            let words = in_words(value, 0.01, "%");
            let from = format!("{} from {} to {}", index.path, index.from, index.to);
            let point = Point::new(value.mean / 0.01, row as f64);
            let point = point.says(format!("{from}, {says}: {words}"));
            if is_total { Point { x_interval: interval(value, 0.01), ..point } } else { point }
        };
        let points = told.iter().enumerate().map(bar).collect();
        let key = panel.key(says, colour);
        panel.series.push(Series { key, shape: Shape::Bars, points });
    }
    let rest = match left_out {
        0 => String::new(),
        n => format!(" {n} parameters that bring less are not shown."),
    };
    (!told.is_empty()).then(|| Figure {
        name: "sobol",
        title: format!("What varies {metric} most"),
        caption: format!(
            "The share of each parameter in the variance over all ranges (Sobol'); whiskers are 95 % intervals of the share with \
             others.{rest}"
        ),
        panels: vec![panel],
    })
}

/// Which way a parameter moves a metric.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
    Both,
}

impl Way {
    fn of(effect: &Effect) -> Way {
        match effect.signed.mean {
            signed if signed.abs() < 0.5 * effect.size.mean => Way::Both,
            signed if signed < 0.0 => Way::Down,
            _ => Way::Up,
        }
    }
}
