//! The numbers of a sweep as tables for programs, column by column: CSV has them as lines, Parquet as they are.

use super::csv;
use super::objectives::word;
use super::sweep::{marks_of, worst};
use crate::study::{Axis, DesignSummary, Metric, Point, Setting, SweepSummary, TrialRow, Value};
use std::fmt::Write;

/// A column of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What is in it, from top to bottom.
    pub cells: Cells,
}

/// The cells of a column.
#[derive(Clone, PartialEq, Debug)]
pub enum Cells {
    /// Places and how often something was done.
    Counts(Vec<u64>),
    /// Numbers; not finite where there is none.
    Numbers(Vec<f64>),
    /// Words; empty where there are none.
    Words(Vec<String>),
    /// What an axis of numbers is set to: as it is written, and in the unit of the axis.
    Settings(Vec<String>, Vec<f64>),
}

impl Column {
    fn new(name: impl Into<String>, cells: Cells) -> Column {
        Column { name: name.into(), cells }
    }

    fn len(&self) -> usize {
        match &self.cells {
            Cells::Counts(counts) => counts.len(),
            Cells::Numbers(numbers) => numbers.len(),
            Cells::Words(words) | Cells::Settings(words, _) => words.len(),
        }
    }

    fn field(&self, line: usize) -> String {
        match &self.cells {
            Cells::Counts(counts) => counts[line].to_string(),
            Cells::Numbers(numbers) => csv::number(numbers[line]),
            Cells::Words(words) | Cells::Settings(words, _) => csv::quoted(&words[line]),
        }
    }
}

/// Columns as lines of CSV, with their names first.
pub(super) fn lines(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|column| csv::quoted(&column.name)).collect();
    let mut out = names.join(",") + "\n";
    for line in 0..columns.first().map_or(0, Column::len) {
        let fields: Vec<String> = columns.iter().map(|column| column.field(line)).collect();
        let _ = writeln!(out, "{}", fields.join(","));
    }
    out
}

/// Points and their settings, a line for each of `at`.
fn places<'a>(
    axes: &[Axis],
    at: impl Iterator<Item = (usize, &'a [Setting])> + Clone,
) -> Vec<Column> {
    let mut columns = vec![Column::new(
        "point",
        Cells::Counts(at.clone().map(|(point, _)| point as u64).collect()),
    )];
    columns.extend(axes.iter().enumerate().map(|(number, axis)| {
        let settings = at.clone().map(|(_, settings)| &settings[number]);
        let words = settings.clone().map(|setting| setting.text.clone()).collect();
        let cells = if axis.is_numeric() {
            Cells::Settings(
                words,
                settings.map(|setting| setting.number.unwrap_or(f64::NAN)).collect(),
            )
        } else {
            Cells::Words(words)
        };
        Column::new(axis.path.as_str(), cells)
    }));
    columns
}

/// A line for each point.
pub fn wide(sweep: &SweepSummary) -> Vec<Column> {
    let points = &sweep.points;
    let mut columns =
        places(&sweep.axes, points.iter().map(|point| (point.index, point.settings.as_slice())));
    let words = |name: &str, of: &dyn Fn(&Point) -> Option<String>| {
        let words = points.iter().map(|point| of(point).unwrap_or_default()).collect();
        Column::new(name, Cells::Words(words))
    };
    let numbers = |name: &str, of: &dyn Fn(&Point) -> Option<f64>| {
        let numbers = points.iter().map(|point| of(point).unwrap_or(f64::NAN)).collect();
        Column::new(name, Cells::Numbers(numbers))
    };
    let busiest = |point: &Point| point.design.as_ref()?.bottleneck.clone();
    let replications = points.iter().map(|point| point.replications).collect();
    columns.extend([
        words("status", &|point| match &point.design {
            Some(design) => Some(csv::status(design.health.status)),
            None => Some("refused".into()),
        }),
        Column::new("replications", Cells::Counts(replications)),
        words("busiest", &|point| Some(busiest(point)?.station)),
        numbers("busiest_utilisation", &|point| Some(busiest(point)?.utilisation)),
        numbers("busiest_offered", &|point| Some(busiest(point)?.offered)),
        numbers("rate_at_most", &|point| point.bounds.as_ref()?.rate_at_most),
        numbers("mean_at_least", &|point| point.bounds.as_ref()?.mean_at_least),
        words("objectives", &|point| Some(word(worst(point.design.as_ref()?)?).0.to_owned())),
        words("marks", &|point| Some(marks_of(sweep, point).join(" "))),
    ]);
    let example = points.iter().find_map(|point| point.design.as_ref());
    for name in example.map_or(Vec::new(), |design| told(design).map(|(name, _)| name).collect()) {
        let of = |point: &Point| told(point.design.as_ref()?).find(|(other, _)| *other == name);
        columns.push(numbers(name, &|point| Some(of(point)?.1.mean)));
        columns
            .push(numbers(&format!("{name}_half_width"), &|point| Some(of(point)?.1.half_width)));
    }
    columns
}

/// What stands in the wide form for each point.
fn told(design: &DesignSummary) -> impl Iterator<Item = (&'static str, Value)> {
    let felt = design.all.values().into_iter().map(|(metric, value)| (metric.name(), value));
    let cost = design.bill.as_ref().map(|bill| (Metric::Cost.name(), bill.month));
    std::iter::once(("in_flight", design.in_flight)).chain(felt).chain(cost)
}

/// A line for each number of each point.
pub fn long(sweep: &SweepSummary) -> Vec<Column> {
    let mut at: Vec<&Point> = Vec::new();
    let mut words: [Vec<String>; 7] = Default::default();
    let mut numbers: [Vec<f64>; 2] = Default::default();
    for point in &sweep.points {
        let Some(design) = &point.design else { continue };
        csv::each(design, |scope, metric, unit, value| {
            at.push(point);
            let (kind, client, name) = csv::columns(scope);
            let status = csv::status(value.status);
            let line = [&design.name, kind, client, &name, metric, unit, &status];
            words.iter_mut().zip(line).for_each(|(words, word)| words.push(word.to_owned()));
            let line = [value.mean, value.half_width];
            numbers.iter_mut().zip(line).for_each(|(numbers, number)| numbers.push(number));
        });
    }
    let mut columns =
        places(&sweep.axes, at.iter().map(|point| (point.index, point.settings.as_slice())));
    let [design, rest @ .., status] = words;
    // Where the design is an axis, it is there already.
    if !sweep.axes.iter().any(Axis::is_design) {
        columns.push(Column::new("design", Cells::Words(design)));
    }
    let names = ["scope", "client", "name", "metric", "unit"];
    columns.extend(
        names.into_iter().zip(rest).map(|(name, words)| Column::new(name, Cells::Words(words))),
    );
    let names = ["mean", "half_width"];
    columns.extend(
        names
            .into_iter()
            .zip(numbers)
            .map(|(name, numbers)| Column::new(name, Cells::Numbers(numbers))),
    );
    columns.push(Column::new("status", Cells::Words(status)));
    columns
}

/// A line for each number of some replications, with the settings of their points.
pub fn trials(axes: &[Axis], rows: &[(TrialRow, Vec<Setting>)]) -> Vec<Column> {
    let each = rows.iter().flat_map(|(row, settings)| {
        row.numbers.iter().map(move |number| (row, settings.as_slice(), number))
    });
    let mut columns = places(axes, each.clone().map(|(row, settings, _)| (row.point, settings)));
    let replications = each.clone().map(|(row, ..)| row.replication).collect();
    columns.push(Column::new("replication", Cells::Counts(replications)));
    let mut words: [Vec<String>; 5] = Default::default();
    for (_, _, (scope, metric, _)) in each.clone() {
        let (kind, client, name) = csv::columns(scope);
        let line = [kind, client, &name, metric.name(), csv::unit(metric.unit())];
        words.iter_mut().zip(line).for_each(|(words, word)| words.push(word.to_owned()));
    }
    let names = ["scope", "client", "name", "metric", "unit"];
    columns.extend(
        names.into_iter().zip(words).map(|(name, words)| Column::new(name, Cells::Words(words))),
    );
    let values = each.map(|(.., (_, _, value))| *value).collect();
    columns.push(Column::new("value", Cells::Numbers(values)));
    columns
}
