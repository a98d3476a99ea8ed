//! Series over time as CSV, as JSON lines, and as a table.

use crate::model::Model;
use crate::report::block::{Block, Table, Tone};
use crate::report::cell::Cell;
use crate::report::text::{Style, render};
use crate::report::units::time_unit;
use crate::study::words::significant;
use crate::telemetry::{Felt, Series};
use crate::time::Duration;
use serde_json::{Value, json};
use std::fmt::Write;

/// What a row of a series is about: a kind, a name and, inside of that, another.
pub(super) struct Row<'a> {
    pub(super) scope: &'static str,
    pub(super) of: String,
    pub(super) part: String,
    pub(super) felt: &'a [Felt],
}

/// All scopes in which requests are counted.
pub(super) fn rows<'a>(series: &'a Series, model: &Model) -> Vec<Row<'a>> {
    let mut rows = Vec::new();
    for (number, journey) in model.journeys.iter().enumerate() {
        rows.push(Row {
            scope: "client",
            of: model.clients[journey.client as usize].name.clone(),
            part: model.operations[journey.operation.0 as usize].name.clone(),
            felt: series.journey(number),
        });
    }
    for (number, operation) in model.operations.iter().enumerate() {
        rows.push(Row {
            scope: "service",
            of: model.services[operation.service.0 as usize].name.clone(),
            part: operation.name.clone(),
            felt: series.operation(number),
        });
    }
    for (number, region) in model.places.regions.iter().enumerate() {
        if model.region_measures.get(number).is_some_and(Option::is_some) {
            rows.push(Row {
                scope: "region",
                of: region.name.clone(),
                part: String::new(),
                felt: series.region(number),
            });
        }
    }
    rows
}

/// The numbers of a window, by name; what is not known is absent.
fn numbers(felt: &Felt, seconds: f64) -> Vec<(&'static str, f64)> {
    let ended = felt.ended() as f64;
    let numbers = [
        ("rate", ended / seconds),
        ("sent", felt.sent as f64),
        ("errors", felt.errors() as f64 / ended),
        ("refused", felt.refused as f64 / ended),
        ("timed_out", felt.timed_out as f64 / ended),
        ("failed", felt.failed as f64 / ended),
        ("mean", felt.sum / felt.done as f64),
        ("p50", felt.p50),
        ("p95", felt.p95),
        ("p99", felt.p99),
    ];
    numbers.into_iter().filter(|(_, number)| number.is_finite()).collect()
}

/// Everything in long form: a scope, whose, which part, and its numbers in a window.
fn each(
    series: &Series,
    model: &Model,
    mut tell: impl FnMut(usize, &str, &str, &str, &[(&'static str, f64)]),
) {
    let rows = rows(series, model);
    for window in 0..series.windows() {
        let (from, to) = series.bounds(window);
        let seconds = to.since(from).as_secs();
        for row in &rows {
            tell(window, row.scope, &row.of, &row.part, &numbers(&row.felt[window], seconds));
        }
        for (number, group) in model.stations.iter().enumerate() {
            let [utilisation, busy, queue] = series.station(model, number, window);
            let refused = series.refused(number, window) as f64 / seconds;
            let mut numbers = vec![("busy", busy), ("queue", queue), ("refused_rate", refused)];
            if group.servers != crate::model::UNLIMITED {
                numbers.insert(0, ("utilisation", utilisation));
            }
            tell(window, "station", &group.name, "", &numbers);
        }
        for level in 0..model.measures.levels {
            if let Some((of, name)) = model.measures.name_of_level(crate::model::LevelId(level)) {
                let mean = series.level_mean(level as usize, window);
                tell(window, "level", of, name, &[("mean", mean)]);
            }
        }
    }
}

/// A series as CSV in long form.
pub fn series_csv(series: &Series, model: &Model) -> String {
    let mut text = String::from("from,to,scope,name,part,metric,value\n");
    each(series, model, |window, scope, of, part, numbers| {
        let (from, to) = series.bounds(window);
        for (metric, value) in numbers {
            let _ = writeln!(
                text,
                "{},{},{scope},{},{},{metric},{value}",
                from.as_secs(),
                to.as_secs(),
                quoted(of),
                quoted(part)
            );
        }
    });
    text
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A series as JSON, an object a line for each scope and window.
pub fn series_json_lines(series: &Series, model: &Model) -> String {
    let mut text = String::new();
    each(series, model, |window, scope, of, part, numbers| {
        let (from, to) = series.bounds(window);
        let mut line = json!({
            "from": from.as_secs(), "to": to.as_secs(), "scope": scope, "name": of,
        });
        if !part.is_empty() {
            line["part"] = part.into();
        }
        for &(metric, value) in numbers {
            line[metric] = Value::from(value);
        }
        text += &line.to_string();
        text.push('\n');
    });
    text
}

/// Rows of a table, at most; windows are left out evenly where there are more.
const ROWS_MAX: usize = 60;
/// Columns of a bar.
const BAR: f64 = 16.0;

/// A series of what clients felt as a table, and the busiest station beside it.
pub fn series_text(series: &Series, model: &Model, style: Style) -> String {
    let windows = series.windows();
    let mut blocks = Vec::new();
    let busiest = |window: usize| {
        (0..model.stations.len())
            .map(|group| (series.station(model, group, window)[0], group))
            .filter(|(utilisation, _)| utilisation.is_finite())
            .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
    };
    let rows = rows(series, model);
    for row in rows.iter().filter(|row| row.scope != "service") {
        let unit = time_unit(row.felt.iter().map(|felt| felt.p99));
        let most = row.felt.iter().map(Felt::ended).max().unwrap_or(0).max(1) as f64;
        let mut table = Table::new(&[
            ("time", ""),
            ("rate", "req/s"),
            ("", ""),
            ("errors", "%"),
            ("p50", unit.name),
            ("p99", unit.name),
            ("busiest", ""),
            ("in use", "%"),
        ]);
        for window in (0..windows).step_by(windows.div_ceil(ROWS_MAX).max(1)) {
            let (from, to) = series.bounds(window);
            let felt = &row.felt[window];
            let ended = felt.ended() as f64;
            let bar = "█".repeat((ended / most * BAR + 0.5) as usize);
            let errors = felt.errors() as f64 / ended;
            let tone = if errors > 0.0 { Tone::Bad } else { Tone::Plain };
            let number = |value: f64, unit: f64| match value.is_finite() {
                true => Cell::number(value, unit),
                false => Cell::text("–").tone(Tone::Faint),
            };
            let (in_use, group) = busiest(window).unwrap_or((f64::NAN, 0));
            table.row(
                Duration(from.0).to_string(),
                vec![
                    Cell::text(significant(ended / to.since(from).as_secs(), 3)),
                    Cell::text(format!("{bar:16}")),
                    number(errors, 0.01).tone(tone),
                    number(felt.p50, unit.seconds),
                    number(felt.p99, unit.seconds),
                    Cell::text(model.stations.get(group).map_or("", |group| &group.name)),
                    number(in_use, 0.01),
                ],
            );
        }
        let name = match row.part.as_str() {
            "" => format!("The clients of {}", row.of),
            part => format!("{part} for {}", row.of),
        };
        blocks.push(Block::Title(name));
        blocks.push(Block::Table(table));
    }
    if windows > ROWS_MAX {
        let step = windows.div_ceil(ROWS_MAX);
        let line = format!("every {step}th of {windows} windows is shown; --format csv has all");
        blocks.push(Block::Lines(vec![(line, Tone::Faint)]));
    }
    render(&blocks, style)
}
