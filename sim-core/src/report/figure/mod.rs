//! Figures: what is to be seen, as values; drawing them is a view.
//!
//! A [`Figure`] has panels below each other, a [`Panel`] two axes, series and marks. Numbers are in the unit that the axis
//! names, intervals come with their points. [`svg`](svg::svg) draws one; the same figure makes the pictures of `archsim plot`,
//! of a report and of a page.

mod designs;
mod distribution;
mod scale;
mod study;
pub mod svg;
mod sweep;
mod terminal;
#[cfg(test)]
pub(in crate::report) mod tests;
mod timeline;
mod waterfall;

pub use designs::{cost_against_latency, objectives, side_by_side};
pub use distribution::distribution;
pub use scale::{Scale, Tick};
pub use study::{sobol, sweep, tornado};
pub use sweep::{
    Curve, CurvePoint, Varied, cost_against, heat_map, latency_against, objectives_against,
};
pub use terminal::text;
pub use timeline::timeline;
pub use waterfall::waterfall;

use crate::study::Value;
use serde::Serialize;

/// A picture as a value.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Figure {
    /// Its name, as on the command line and in files: `distribution`.
    pub name: &'static str,
    /// What it shows, in a few words.
    pub title: String,
    /// How to read it, in a sentence or two.
    pub caption: String,
    /// Its panels, from top to bottom.
    pub panels: Vec<Panel>,
}

/// What a colour stands for: an entry of the legend.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Its colour.
    pub colour: Colour,
}

/// A colour by what it means; the theme says which it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// One of several alike, told apart by number.
    Number(usize),
    /// Neither one nor another.
    Neutral,
    /// A limit, something missed or broken.
    Bad,
    /// As it should be.
    Good,
    /// An amount between 0 and 1, from little to much.
    Amount(Share),
}

/// An amount in thousandths.
pub type Share = u16;

/// Two axes and what is drawn between them.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Panel {
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// What its series are, by [`Series::key`].
    pub keys: Vec<Key>,
    /// What is drawn, the first at the bottom.
    pub series: Vec<Series>,
    /// Lines and points that are said in words.
    pub marks: Vec<Mark>,
    /// Its height beside those of the other panels; 1 is usual.
    pub height: f64,
}

/// An axis.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Axis {
    /// What is along it: `latency`.
    pub label: String,
    /// In which unit; empty where there is none.
    pub unit: String,
    /// How numbers become places.
    pub scale: Scale,
    /// What it has to cover beside the data: zero, the whole of a share.
    pub covers: Vec<f64>,
}

/// Points that belong together.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Series {
    /// Which of the panel's keys it is.
    pub key: usize,
    /// How it is drawn.
    pub shape: Shape,
    /// Its points, in the order in which they are joined.
    pub points: Vec<Point>,
}

/// How a series is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Joined points.
    Line,
    /// A level that holds until the next point.
    Steps,
    /// Points joined by a dashed line.
    Dashes,
    /// Points alone, with their intervals.
    Dots,
    /// Bars from zero along x, each at its place on y, with their intervals.
    Bars,
    /// A stretch of x from `low` to `high`, at its place on y.
    Spans,
    /// Between the interval's ends of each point along y, joined.
    Band,
    /// A cell at a place of both axes; its colour is an amount.
    Cells,
}

/// A point with its interval.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Point {
    /// Along x.
    pub x: f64,
    /// Along y.
    pub y: f64,
    /// The interval along x, or the stretch of a span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_interval: Option<(f64, f64)>,
    /// The interval along y.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub y_interval: Option<(f64, f64)>,
    /// In words, for who points at it.
    pub says: String,
    /// A few words beside it; empty where there are none.
    pub label: String,
    /// Its own colour, where it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<Colour>,
}

/// Something worth pointing out.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// A line at a number of x: an objective, the knee.
    AtX(f64, String, Colour),
    /// A line at a number of y.
    AtY(f64, String, Colour),
    /// A stretch of x: a fault.
    Between(f64, f64, String, Colour),
}

impl Axis {
    /// A straight axis that begins at zero.
    pub fn linear(label: impl Into<String>, unit: impl Into<String>) -> Axis {
        Axis { label: label.into(), unit: unit.into(), scale: Scale::Linear, covers: vec![0.0] }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>, unit: impl Into<String>) -> Axis {
        Axis { label: label.into(), unit: unit.into(), scale: Scale::Log, covers: Vec::new() }
    }

    /// An axis with a place for each of some names; of a vertical one the first is on top.
    pub fn names(label: impl Into<String>, names: Vec<String>) -> Axis {
        Axis {
            label: label.into(),
            unit: String::new(),
            scale: Scale::Names(names),
            covers: Vec::new(),
        }
    }

    /// The same, covering some more numbers.
    #[must_use]
    pub fn covering(mut self, numbers: impl IntoIterator<Item = f64>) -> Axis {
        self.covers.extend(numbers.into_iter().filter(|number| number.is_finite()));
        self
    }

    /// `latency, ms`.
    pub fn title(&self) -> String {
        match (self.label.as_str(), self.unit.as_str()) {
            (label, "") => label.to_owned(),
            ("", unit) => unit.to_owned(),
            (label, unit) => format!("{label}, {unit}"),
        }
    }
}

impl Panel {
    /// Nothing drawn yet.
    pub fn new(x: Axis, y: Axis) -> Panel {
        Panel { x, y, keys: Vec::new(), series: Vec::new(), marks: Vec::new(), height: 1.0 }
    }

    /// A new key; series refer to it by what is returned.
    pub fn key(&mut self, name: impl Into<String>, colour: Colour) -> usize {
        self.keys.push(Key { name: name.into(), colour });
        self.keys.len() - 1
    }
}

impl Point {
    /// A point without an interval.
    pub fn new(x: f64, y: f64) -> Point {
        Point {
            x,
            y,
            x_interval: None,
            y_interval: None,
            says: String::new(),
            label: String::new(),
            colour: None,
        }
    }

    /// The same, said in words.
    #[must_use]
    pub fn says(self, says: impl Into<String>) -> Point {
        Point { says: says.into(), ..self }
    }
}

/// The ends of a number's interval in a unit of `unit` times its own, if it has any.
fn interval(value: Value, unit: f64) -> Option<(f64, f64)> {
    let has_one = value.is_confident() && value.half_width.is_finite();
    has_one.then(|| (value.low() / unit, value.high() / unit))
}

/// A number with its interval in words, in a unit of `unit` times its own: `41.2 ± 0.9 ms`.
fn in_words(value: Value, unit: f64, name: &str) -> String {
    let cell = super::cell::Cell::value(value, unit);
    let half = cell.below.strip_prefix('±').map_or(String::new(), |half| format!(" ± {half}"));
    let space = if name.is_empty() || name.starts_with('/') { "" } else { " " };
    format!("{}{half}{space}{name}", cell.text)
}
