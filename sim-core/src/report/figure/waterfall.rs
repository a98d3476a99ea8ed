//! A request as a waterfall: what it did when, and what it waited for.

use super::{Axis, Colour, Figure, Panel, Point, Series, Shape};
use crate::model::Model;
use crate::report::telemetry::{label, order};
use crate::report::units::time_unit;
use crate::telemetry::{Part, Trace, What};
use crate::time::Duration;

/// Rows at most; what hardly shows is left out first.
const ROWS_MAX: usize = 40;

/// How time is spent, in the order of the legend.
const WAYS: [(&str, Colour); 7] = [
    ("calls", Colour::Neutral),
    ("work", Colour::Number(0)),
    ("queueing", Colour::Number(1)),
    ("connections", Colour::Number(4)),
    ("network", Colour::Number(5)),
    ("waiting", Colour::Number(3)),
    ("lost", Colour::Bad),
];

fn way(what: What) -> usize {
    match what {
        What::Request | What::Operation { .. } | What::Branch | What::Attempt { .. } => 0,
        What::Time(Part::Work, _) => 1,
        What::Time(Part::Queueing, _) => 2,
        What::Time(Part::Connecting, _) => 3,
        What::Time(Part::Network, _) => 4,
        What::Time(Part::Waiting, _) => 5,
        What::Time(Part::Lost, _) => 6,
    }
}

/// A request from being sent to being answered, a row for each span.
pub fn waterfall(trace: &Trace, model: &Model) -> Figure {
    let (operation, client) = trace.name(model);
    let mut lengths: Vec<u64> = trace.spans.iter().map(|span| span.duration().0).collect();
    lengths.sort_unstable_by(|a, b| b.cmp(a));
    let least = lengths.get(ROWS_MAX).map_or(0, |length| length + 1);
    let rows: Vec<(u32, usize)> = order(trace)
        .into_iter()
        .filter(|&(number, _)| trace.spans[number as usize].duration().0 >= least)
        .take(ROWS_MAX)
        .collect();
    let seconds = |number: u32| {
        let span = &trace.spans[number as usize];
        let since = |time: crate::time::Time| time.since(trace.sent()).as_secs();
        (since(span.start), since(span.end))
    };
    let unit = time_unit(rows.iter().map(|&(number, _)| seconds(number).1));
    // Names are shifted to the right by how deep they are.
    let name = |&(number, depth): &(u32, usize)| {
        format!("{}{}", "\u{a0}\u{a0}".repeat(depth.min(6)), label(trace, number, model))
    };
    let names = rows.iter().map(name).collect();
    let mut panel =
        Panel::new(Axis::linear("since it was sent", unit.name), Axis::names("", names));
    panel.height = 0.72;
    for (of, (name, colour)) in WAYS.into_iter().enumerate() {
        let of_this =
            rows.iter().enumerate().filter(|(_, row)| way(trace.spans[row.0 as usize].what) == of);
        let points: Vec<Point> = of_this
            .map(|(row, &(number, _))| {
                let (from, to) = seconds(number);
                let took = trace.spans[number as usize].duration();
                let says = format!("{}: {took}", label(trace, number, model));
                let stretch = Some((from / unit.seconds, to / unit.seconds));
                Point {
                    x_interval: stretch,
                    ..Point::new(from / unit.seconds, row as f64).says(says)
                }
            })
            .collect();
        if !points.is_empty() {
            let key = panel.key(name, colour);
            panel.series.push(Series { key, shape: Shape::Spans, points });
        }
    }
    let left_out = order(trace).len() - rows.len() + trace.left_out as usize;
    let sent = Duration(trace.sent().0);
    let shorter = if left_out > 0 {
        format!(" {left_out} shorter spans are not shown.")
    } else {
        String::new()
    };
    Figure {
        name: "waterfall",
        title: format!("{operation} for {client} took {}", trace.response),
        caption: format!(
            "One request near the 99th percentile, sent at {sent} of simulated time.{shorter}"
        ),
        panels: vec![panel],
    }
}
