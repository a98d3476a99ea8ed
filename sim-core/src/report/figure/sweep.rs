//! What came of varying something: curves against it, and a heat map of two such things.
//!
//! The input is a plain table: where a point is, and numbers with their intervals.

use super::{Axis, Colour, Figure, Mark, Panel, Point, Scale, Series, Shape, in_words, interval};
use crate::math::ln;
use crate::report::units::time_unit;
use crate::study::{Status, Value};

/// Something that was varied.
#[derive(Clone, PartialEq, Debug)]
pub struct Varied {
    /// What: `clients.users.rate`.
    pub label: String,
    /// In which unit.
    pub unit: String,
    /// Whether it was varied by ratios.
    pub is_log: bool,
    /// Places worth pointing out: where, and in words: the knee, saturation.
    pub marks: Vec<(f64, String)>,
}

/// What came of one design, or of one setting of everything else, along what was varied.
#[derive(Clone, PartialEq, Debug)]
pub struct Curve {
    /// Its name.
    pub name: String,
    /// Its points, in rising order.
    pub points: Vec<CurvePoint>,
}

/// What came of a point.
#[derive(Clone, PartialEq, Debug)]
pub struct CurvePoint {
    /// Where it is.
    pub x: f64,
    /// Median, 95th and 99th percentile of the latency, in seconds.
    pub latency: [Value; 3],
    /// Dollars a month; `None` without prices.
    pub cost: Option<Value>,
    /// What each objective is about, in seconds, shares, requests per second or dollars.
    pub objectives: Vec<Value>,
}

const PERCENTILES: [&str; 3] = ["median", "p95", "p99"];

impl Varied {
    fn axis(&self) -> Axis {
        let axis = Axis::linear(self.label.as_str(), self.unit.as_str());
        match self.is_log {
            true => Axis { covers: Vec::new(), scale: Scale::Log, ..axis },
            false => Axis { covers: Vec::new(), ..axis },
        }
    }

    fn marks(&self) -> impl Iterator<Item = Mark> {
        self.marks.iter().map(|(at, says)| Mark::AtX(*at, says.clone(), Colour::Neutral))
    }

    fn at(&self, x: f64) -> String {
        format!("at {}{}", super::scale::short(x), self.unit)
    }
}

/// Latency along what was varied: of one curve the median, p95 and p99, each a line in the band of its intervals; of several
/// their p99. `limit` is an objective on p99, in seconds.
pub fn latency_against(varied: &Varied, curves: &[Curve], limit: Option<(f64, String)>) -> Figure {
    let told = curves.iter().flat_map(|curve| &curve.points).map(|point| point.latency[2].mean);
    let unit = time_unit(told.chain(limit.iter().map(|limit| limit.0)));
    let title = if curves.len() == 1 { "latency" } else { "p99" };
    let mut panel = Panel::new(varied.axis(), Axis::log(title, unit.name));
    for (number, curve) in curves.iter().enumerate() {
        for which in if curves.len() == 1 { 0..3 } else { 2..3 } {
            let (name, colour) = match curves.len() {
                1 => (PERCENTILES[which], which),
                _ => (curve.name.as_str(), number),
            };
            let key = panel.key(name, Colour::Number(colour));
            let of = |point: &CurvePoint| point.latency[which];
            add(&mut panel, key, varied, curve, of, (unit.seconds, unit.name));
        }
    }
    panel.marks.extend(varied.marks());
    if let Some((limit, says)) = limit {
        panel.marks.push(Mark::AtY(limit / unit.seconds, says, Colour::Bad));
    }
    Figure {
        name: "latency-against",
        title: format!("Latency against {}", varied.label),
        caption: "Bands are 95 % intervals; a line ends where nothing is to be sure of.".into(),
        panels: vec![panel],
    }
}

/// What some objectives on latencies are about, along what was varied, a panel for each: `which` has the place of each, its
/// limit in seconds and what it says. `None` without any.
pub fn objectives_against(
    varied: &Varied,
    curves: &[Curve],
    which: &[(usize, f64, String)],
) -> Option<Figure> {
    let mut panels = Vec::new();
    for (place, limit, says) in which {
        let told = curves.iter().flat_map(|curve| &curve.points);
        let told = told.filter_map(|point| Some(point.objectives.get(*place)?.mean));
        let unit = time_unit(told.chain([*limit]));
        let label = says.split(" below ").next().unwrap_or(says);
        let mut panel = Panel::new(varied.axis(), Axis::log(label, unit.name));
        for (number, curve) in curves.iter().enumerate() {
            let key = panel.key(curve.name.as_str(), Colour::Number(number));
            let of = |point: &CurvePoint| point.objectives.get(*place).copied().unwrap_or(NONE);
            add(&mut panel, key, varied, curve, of, (unit.seconds, unit.name));
        }
        panel.marks.push(Mark::AtY(limit / unit.seconds, says.clone(), Colour::Bad));
        panel.height = 0.8;
        panels.push(panel);
    }
    (!panels.is_empty()).then(|| Figure {
        name: "objectives-against",
        title: format!("Objectives against {}", varied.label),
        caption: "What each objective is about, and its limit; bands are 95 % intervals.".into(),
        panels,
    })
}

/// Nothing was seen.
const NONE: Value = Value {
    status: Status::NothingSeen,
    mean: f64::NAN,
    half_width: f64::INFINITY,
    confidence: 0.95,
};

/// Cost along what was varied, in all; `None` where nothing has a price.
pub fn cost_against(varied: &Varied, curves: &[Curve]) -> Option<Figure> {
    let mut panel = Panel::new(varied.axis(), Axis::linear("cost of a month", "$"));
    for (number, curve) in curves.iter().enumerate() {
        let key = panel.key(curve.name.as_str(), Colour::Number(number));
        add(&mut panel, key, varied, curve, |point| point.cost.unwrap_or(NONE), (1.0, "$"));
    }
    panel.marks.extend(varied.marks());
    let has_any = panel.series.iter().any(|series| !series.points.is_empty());
    has_any.then(|| Figure {
        name: "cost-against",
        title: format!("Cost against {}", varied.label),
        caption: "A month as measured; bands are 95 % intervals.".into(),
        panels: vec![panel],
    })
}

/// A line in the band of its intervals, in runs without what is not to be sure of.
fn add(
    panel: &mut Panel,
    key: usize,
    varied: &Varied,
    curve: &Curve,
    of: impl Fn(&CurvePoint) -> Value,
    (unit, name): (f64, &str),
) {
    let label = panel.keys[key].name.clone();
    let one = |point: &CurvePoint| {
        let value = of(point);
        let is_told = matches!(value.status, Status::Confident | Status::NoInterval);
        let y = if is_told { value.mean / unit } else { f64::NAN };
        let y_interval = interval(value, unit).filter(|_| is_told);
        let says = format!("{label} {}: {}", varied.at(point.x), in_words(value, unit, name));
        Point { y_interval, ..Point::new(point.x, y).says(says) }
    };
    let points: Vec<Point> = curve.points.iter().map(one).collect();
    panel.series.push(Series { key, shape: Shape::Band, points: points.clone() });
    let lone = |point: Point| Point { y_interval: None, ..point };
    let line = points.into_iter().map(lone).collect();
    panel.series.push(Series { key, shape: Shape::Line, points: line });
}

/// A number at each pair of values of two things: cells from dark, little, to bright, much. `values` is by the second, then the
/// first.
pub fn heat_map(
    metric: &str,
    (unit, name): (f64, &str),
    across: (&Varied, &[f64]),
    up: (&Varied, &[f64]),
    values: &[Vec<Value>],
) -> Figure {
    let told = |value: &Value| matches!(value.status, Status::Confident | Status::NoInterval);
    let means: Vec<f64> = values
        .iter()
        .flatten()
        .filter(|value| told(value))
        .map(|value| value.mean / unit)
        .collect();
    let (low, high) =
        means.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &m| (l.min(m), h.max(m)));
    let is_log = low > 0.0 && high / low > 8.0;
    let place = |mean: f64| match (is_log, high > low) {
        (_, false) => 0.5,
        (true, _) => ln(mean / low) / ln(high / low),
        (false, _) => (mean - low) / (high - low),
    };
    let names =
        |of: &[f64]| of.iter().map(|number| super::scale::short(*number)).collect::<Vec<_>>();
    // Numbers rise from the bottom, rows are counted from the top.
    let rows: Vec<String> = names(up.1).into_iter().rev().collect();
    let title = |varied: &Varied| Axis::linear(varied.label.as_str(), varied.unit.as_str()).title();
    let mut panel =
        Panel::new(Axis::names(title(across.0), names(across.1)), Axis::names(title(up.0), rows));
    let steps = if high > low { 0..=4 } else { 2..=2 };
    for step in steps {
        let along = f64::from(step) / 4.0;
        let at = if is_log {
            low * crate::math::pow(high / low, along)
        } else {
            low + along * (high - low)
        };
        let share = (1000.0 * along) as u16;
        let key = panel.key(format!("{} {name}", super::scale::short(at)), Colour::Amount(share));
        panel.series.push(Series { key, shape: Shape::Cells, points: Vec::new() });
    }
    let last = up.1.len().saturating_sub(1);
    let cells = values.iter().enumerate().flat_map(|(row, values)| {
        values.iter().enumerate().map(move |(column, value)| (row, column, value))
    });
    for (row, column, value) in cells {
        let mut point = Point::new(column as f64, (last - row.min(last)) as f64);
        let words = in_words(*value, unit, name);
        point.says =
            format!("{} and {}: {words}", across.0.at(across.1[column]), up.0.at(up.1[row]));
        if told(value) {
            let share = (1000.0 * place(value.mean / unit)).clamp(0.0, 1000.0) as u16;
            (point.colour, point.label) =
                (Some(Colour::Amount(share)), super::scale::short(round(value.mean / unit)));
        } else {
            (point.colour, point.label) =
                (Some(Colour::Neutral), crate::report::Cell::value(*value, unit).text);
        }
        panel.series[0].points.push(point);
    }
    Figure {
        name: "heat-map",
        title: format!("{metric} against {} and {}", across.0.label, up.0.label),
        caption: "Dark is little, bright is much; grey: no number to be sure of.".into(),
        panels: vec![panel],
    }
}

/// Three digits are enough in a cell.
fn round(number: f64) -> f64 {
    crate::study::words::significant(number, 3).parse().unwrap_or(number)
}
