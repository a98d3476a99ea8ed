//! A series as OpenMetrics text with simulated timestamps.

use super::Epoch;
use super::series::rows;
use crate::model::{LevelId, Model, UNLIMITED};
use crate::telemetry::{Felt, Series};
use std::fmt::Write;

/// Counts requests of a window.
type Count = fn(&Felt) -> u64;

/// A series as OpenMetrics: counters grow from window to window, quantiles and gauges are those of the window that
/// ends at the timestamp.
pub fn openmetrics(series: &Series, model: &Model, epoch: Epoch) -> String {
    let mut text = String::new();
    let at = |window: usize| {
        let end = series.bounds(window).1;
        format!("{}.{:09}", epoch + end.0 / 1_000_000_000, end.0 % 1_000_000_000)
    };
    let rows = rows(series, model);
    let labels = |scope: &str, of: &str, part: &str| {
        let mut labels = format!("{scope}=\"{}\"", escaped(of));
        if !part.is_empty() {
            let _ = write!(labels, ",operation=\"{}\"", escaped(part));
        }
        labels
    };
    for scope in ["client", "service", "region"] {
        let of_scope = || rows.iter().filter(move |row| row.scope == scope);
        if of_scope().next().is_none() {
            continue;
        }
        let name = format!("archsim_{scope}_requests");
        head(&mut text, &name, "counter", "Requests that ended, by how.");
        for row in of_scope() {
            let outcomes: [(&str, Count); 4] = [
                ("done", |felt| felt.done),
                ("refused", |felt| felt.refused),
                ("timed_out", |felt| felt.timed_out),
                ("failed", |felt| felt.failed),
            ];
            for (outcome, count) in outcomes {
                let labels = labels(scope, &row.of, &row.part);
                let mut sum = 0;
                for (window, felt) in row.felt.iter().enumerate() {
                    sum += count(felt);
                    let _ = writeln!(
                        text,
                        "{name}_total{{{labels},outcome=\"{outcome}\"}} {sum} {}",
                        at(window)
                    );
                }
            }
        }
        durations(
            &mut text,
            scope,
            of_scope().map(|row| (labels(scope, &row.of, &row.part), row.felt)),
            &at,
        );
    }
    gauges(&mut text, series, model, &at);
    text += "# EOF\n";
    text
}

fn head(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# TYPE {name} {kind}\n# HELP {name} {help}");
}

fn durations<'a>(
    text: &mut String,
    scope: &str,
    rows: impl Iterator<Item = (String, &'a [Felt])>,
    at: &impl Fn(usize) -> String,
) {
    let name = format!("archsim_{scope}_duration_seconds");
    let _ = writeln!(
        text,
        "# TYPE {name} summary\n# UNIT {name} seconds\n# HELP {name} Durations of requests answered well."
    );
    for (labels, windows) in rows {
        let (mut count, mut sum) = (0, 0.0);
        for (window, felt) in windows.iter().enumerate() {
            let at = at(window);
            count += felt.done;
            sum += felt.sum;
            for (quantile, value) in [("0.5", felt.p50), ("0.95", felt.p95), ("0.99", felt.p99)] {
                if value.is_finite() {
                    let _ =
                        writeln!(text, "{name}{{{labels},quantile=\"{quantile}\"}} {value} {at}");
                }
            }
            let _ = writeln!(text, "{name}_count{{{labels}}} {count} {at}");
            let _ = writeln!(text, "{name}_sum{{{labels}}} {sum} {at}");
        }
    }
}

fn gauges(text: &mut String, series: &Series, model: &Model, at: &impl Fn(usize) -> String) {
    let gauges = [
        ("archsim_station_utilisation_ratio", "Share of the servers in use.", 0),
        ("archsim_station_busy", "Servers in use.", 1),
        ("archsim_station_queue", "Requests waiting.", 2),
    ];
    for (name, help, index) in gauges {
        head(text, name, "gauge", help);
        for (number, group) in model.stations.iter().enumerate() {
            if index == 0 && group.servers == UNLIMITED {
                continue;
            }
            for window in 0..series.windows() {
                let value = series.station(model, number, window)[index];
                let station = escaped(&group.name);
                let _ = writeln!(text, "{name}{{station=\"{station}\"}} {value} {}", at(window));
            }
        }
    }
    head(text, "archsim_level", "gauge", "Levels that blocks keep: replicas, backlogs, limits.");
    for level in 0..model.measures.levels {
        let Some((of, name)) = model.measures.name_of_level(LevelId(level)) else { continue };
        for window in 0..series.windows() {
            let value = series.level_mean(level as usize, window);
            let _ = writeln!(
                text,
                "archsim_level{{of=\"{}\",level=\"{name}\"}} {value} {}",
                escaped(of),
                at(window)
            );
        }
    }
}

/// The text of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
