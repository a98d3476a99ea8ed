//! Designs side by side: what clients feel, what it costs, and one against the other.

use super::{Axis, Colour, Figure, Mark, Panel, Point, Series, Shape, in_words, interval};
use crate::report::units::{TimeUnit, time_unit};
use crate::study::{DesignSummary, Status, Summary, Value, Verdict};

/// Latencies of all designs, errors where there are any, and the bill where there is one: a row for each design.
pub fn side_by_side(summary: &Summary) -> Figure {
    let names: Vec<String> = summary.designs.iter().map(|design| design.name.clone()).collect();
    let unit = latency_unit(summary);
    let rows = || Axis::names("", names.clone());
    let mut latency = Panel::new(Axis::log("latency of all requests", unit.name), rows());
    for (number, (name, of)) in PERCENTILES.into_iter().enumerate() {
        let key = latency.key(name, Colour::Number(number));
        let point = |(row, design): (usize, &DesignSummary)| {
            let value = of(design);
            let says =
                format!("{}: {name} {}", design.name, in_words(value, unit.seconds, unit.name));
            along_x(value, unit.seconds, row as f64).map(|point| point.says(says))
        };
        let points = summary.designs.iter().enumerate().filter_map(point).collect();
        latency.series.push(Series { key, shape: Shape::Dots, points });
    }
    let mut panels = vec![latency];
    let errors = summary.designs.iter().any(|design| design.all.errors.mean > 0.0);
    if errors {
        let axis = Axis::linear("requests that end badly", "%");
        let of = |design: &DesignSummary| Some(design.all.errors);
        panels.push(bars(
            summary,
            Panel::new(axis, rows()),
            ("errors", Colour::Bad),
            (0.01, "%"),
            of,
        ));
    }
    if summary.designs.iter().any(|design| design.bill.is_some()) {
        let axis = Axis::linear("cost of a month", "$");
        let of = |design: &DesignSummary| design.bill.as_ref().map(|bill| bill.month);
        panels.push(bars(
            summary,
            Panel::new(axis, rows()),
            ("cost", Colour::Number(4)),
            (1.0, "$"),
            of,
        ));
    }
    Figure {
        name: "designs",
        title: "The designs side by side".into(),
        caption: caption(summary, "Under the same traffic; whiskers are 95 % intervals."),
        panels,
    }
}

type Told = (&'static str, fn(&DesignSummary) -> Value);

const PERCENTILES: [Told; 3] = [
    ("median", |design| design.all.p50),
    ("p95", |design| design.all.p95),
    ("p99", |design| design.all.p99),
];

fn latency_unit(summary: &Summary) -> TimeUnit {
    time_unit(summary.designs.iter().map(|design| design.all.p99.mean))
}

/// A point at a number along x with its interval; none where there is no number.
fn along_x(value: Value, unit: f64, row: f64) -> Option<Point> {
    let is_told = matches!(value.status, Status::Confident | Status::NoInterval);
    // None of what is measured here can be below zero.
    let x_interval = interval(value, unit).map(|(low, high)| (low.max(0.0), high));
    let point = Point { x_interval, ..Point::new(value.mean / unit, row) };
    is_told.then_some(point)
}

fn bars(
    summary: &Summary,
    mut panel: Panel,
    (key, colour): (&str, Colour),
    (unit, name): (f64, &str),
    of: impl Fn(&DesignSummary) -> Option<Value>,
) -> Panel {
    let key = panel.key(key, colour);
    let point = |(row, design): (usize, &DesignSummary)| {
        let value = of(design)?;
        let says = if name == "$" {
            format!("{}: {} a month", design.name, crate::report::bill::dollars(value.mean))
        } else {
            format!("{}: {}", design.name, in_words(value, unit, name))
        };
        Some(along_x(value, unit, row as f64)?.says(says))
    };
    let points = summary.designs.iter().enumerate().filter_map(point).collect();
    panel.series.push(Series { key, shape: Shape::Bars, points });
    panel
}

/// What is left out is said.
fn caption(summary: &Summary, says: &str) -> String {
    let untold = |design: &&DesignSummary| {
        !matches!(design.all.p99.status, Status::Confident | Status::NoInterval)
    };
    let names: Vec<&str> =
        summary.designs.iter().filter(untold).map(|design| design.name.as_str()).collect();
    match names.as_slice() {
        [] => says.to_owned(),
        names => {
            let names = names.join(", ");
            format!("{says} Of {names} there is no p99 to be sure of.")
        }
    }
}

/// How each design keeps to each objective: a panel for each, with its limit as a line. `None` without objectives.
pub fn objectives(summary: &Summary) -> Option<Figure> {
    let mut says: Vec<&str> = Vec::new();
    for objective in summary.designs.iter().flat_map(|design| &design.objectives) {
        if !says.contains(&objective.says.as_str()) {
            says.push(&objective.says);
        }
    }
    let all = summary.designs.iter().flat_map(|design| &design.objectives);
    let mut verdicts: Vec<Verdict> = all.map(|objective| objective.verdict).collect();
    verdicts.sort_unstable();
    verdicts.dedup();
    let panels: Vec<Panel> = says.iter().map(|says| objective(summary, says, &verdicts)).collect();
    (!panels.is_empty()).then(|| Figure {
        name: "objectives",
        title: "The objectives, and how the designs keep to them".into(),
        caption: "Dashed: the limit. Whiskers are 95 % intervals; one that straddles the limit decides nothing.".into(),
        panels,
    })
}

fn objective(summary: &Summary, says: &str, verdicts: &[Verdict]) -> Panel {
    let names: Vec<String> = summary.designs.iter().map(|design| design.name.clone()).collect();
    let found =
        |design: &'_ DesignSummary| design.objectives.iter().find(|o| o.says == says).cloned();
    let results: Vec<_> = summary.designs.iter().map(found).collect();
    let limit = results.iter().flatten().map(|result| result.limit).next().unwrap_or(f64::NAN);
    let means = results.iter().flatten().map(|result| result.value.mean);
    let (unit, name) = match says {
        says if says.starts_with("errors") => (0.01, "%"),
        says if says.starts_with("throughput") => (1.0, "/s"),
        says if says.starts_with("cost") => (1.0, "$"),
        _ => {
            let unit = time_unit(means.chain([limit]));
            (unit.seconds, unit.name)
        }
    };
    let mut panel = Panel::new(Axis::linear(says, ""), Axis::names("", names));
    let limit_says = format!("limit {} {name}", super::scale::short(limit / unit));
    panel.marks.push(Mark::AtX(limit / unit, limit_says, Colour::Bad));
    for &verdict in verdicts {
        let colour = match verdict {
            Verdict::Met => Colour::Good,
            Verdict::Missed => Colour::Bad,
            Verdict::Undecided => Colour::Neutral,
        };
        let key = panel.key(word(verdict), colour);
        let of_this =
            results.iter().enumerate().filter_map(|(row, result)| Some((row, result.as_ref()?)));
        let points: Vec<Point> = of_this
            .filter(|(_, result)| result.verdict == verdict)
            .filter_map(|(row, result)| {
                let words = in_words(result.value, unit, name);
                let says = format!("{}: {words}, {}", summary.designs[row].name, word(verdict));
                Some(along_x(result.value, unit, row as f64)?.says(says))
            })
            .collect();
        panel.series.push(Series { key, shape: Shape::Dots, points });
    }
    panel
}

fn word(verdict: Verdict) -> &'static str {
    crate::report::objectives::word(verdict).0
}

/// What a month costs against the 99th percentile, with the designs that no other beats in both. `None` where fewer than
/// two designs have a price and a latency.
pub fn cost_against_latency(summary: &Summary) -> Option<Figure> {
    let designs = summary.designs.iter().map(|design| (design.name.clone(), design));
    let figure = what_speed_costs(&designs.collect::<Vec<_>>())?;
    Some(Figure { caption: caption(summary, &figure.caption), ..figure })
}

/// Names beside the points of a front, at most.
const NAMED_MAX: usize = 8;

/// The same of designs under names of their own. Where there are many only those on the front are named.
pub(super) fn what_speed_costs(designs: &[(String, &DesignSummary)]) -> Option<Figure> {
    let unit = time_unit(designs.iter().map(|(_, design)| design.all.p99.mean));
    let told = |(name, design): &(String, &DesignSummary)| {
        let month = design.bill.as_ref()?.month;
        let p99 = design.all.p99;
        let says = format!(
            "{name}: {} a month, p99 {}",
            crate::report::bill::dollars(month.mean),
            in_words(p99, unit.seconds, unit.name)
        );
        let point = along_x(p99, unit.seconds, month.mean)?;
        let y_interval = interval(month, 1.0).filter(|(low, high)| high - low > 1e-6 * high);
        Some(Point { y_interval, label: name.clone(), ..point.says(says) })
    };
    let points: Vec<Point> = designs.iter().filter_map(told).collect();
    if points.len() < 2 {
        return None;
    }
    let front = front(&points);
    let is_on = |point: &Point| front.iter().any(|on| on.label == point.label);
    let (mut on, mut off): (Vec<Point>, Vec<Point>) = points.into_iter().partition(is_on);
    if on.len() + off.len() > NAMED_MAX {
        off.iter_mut().for_each(|point| point.label.clear());
        on.iter_mut().skip(NAMED_MAX).for_each(|point| point.label.clear());
    }
    let lows = on.iter().chain(&off).map(|point| point.y).fold(f64::INFINITY, f64::min);
    let highs = on.iter().chain(&off).map(|point| point.y).fold(0.0, f64::max);
    let near = |label: &str, unit| Axis { covers: Vec::new(), ..Axis::linear(label, unit) };
    let mut panel = Panel::new(
        near("p99 of all requests", unit.name),
        near("cost of a month", "$").covering([0.95 * lows, 1.05 * highs]),
    );
    let key = panel.key("on the front: none is both cheaper and faster", Colour::Number(0));
    panel.series.push(Series { key, shape: Shape::Dashes, points: staircase(&front) });
    panel.series.push(Series { key, shape: Shape::Dots, points: on });
    if !off.is_empty() {
        let key = panel.key("beaten in both", Colour::Number(1));
        panel.series.push(Series { key, shape: Shape::Dots, points: off });
    }
    let caption = "Lower and further left is better; whiskers are 95 % intervals, the front is by the estimates.".into();
    let title = "What speed costs".into();
    Some(Figure { name: "cost-latency", title, caption, panels: vec![panel] })
}

/// The points that no other beats along both axes, from left to right.
pub(super) fn front(points: &[Point]) -> Vec<Point> {
    let beats = |a: &Point, b: &Point| a.x <= b.x && a.y <= b.y && (a.x < b.x || a.y < b.y);
    let mut front: Vec<Point> = points
        .iter()
        .filter(|point| !points.iter().any(|other| beats(other, point)))
        .cloned()
        .collect();
    front.sort_by(|a, b| a.x.total_cmp(&b.x).then(a.y.total_cmp(&b.y)));
    front
}

/// The line below and left of which there is no design.
fn staircase(front: &[Point]) -> Vec<Point> {
    let mut line: Vec<Point> = Vec::new();
    for point in front {
        if let Some(before) = line.last().map(|before| before.y) {
            line.push(Point::new(point.x, before));
        }
        line.push(Point::new(point.x, point.y));
    }
    line
}
