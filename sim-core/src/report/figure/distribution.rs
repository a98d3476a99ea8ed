//! How latencies are distributed: a histogram over their logarithm, and how many take longer.

use super::{Axis, Colour, Figure, Panel, Point, Series, Shape, in_words, interval};
use crate::math::{exp, ln};
use crate::metrics::Metrics;
use crate::report::units::time_unit;
use crate::stats::Histogram;
use crate::study::{DesignSummary, Value};
use crate::time::SECOND;

/// Bars of a histogram to a factor of ten.
const BARS: f64 = 20.0;

/// The latencies of all requests answered well, of each design: what it found and what it measured.
pub fn distribution(designs: &[(&DesignSummary, &Metrics)]) -> Figure {
    let histograms: Vec<Histogram> = designs.iter().map(|(_, metrics)| all(metrics)).collect();
    let longest = histograms.iter().map(|h| h.quantile(0.999) / SECOND);
    let unit = time_unit(longest);
    let mut density =
        Panel::new(Axis::log("latency", unit.name), Axis::linear("share of requests", "%"));
    let mut beyond =
        Panel::new(Axis::log("latency", unit.name), Axis::log("requests that take longer", "%"));
    density.height = 0.65;
    for (number, ((design, _), histogram)) in designs.iter().zip(&histograms).enumerate() {
        let key = density.key(design.name.as_str(), Colour::Number(number));
        beyond.key(design.name.as_str(), Colour::Number(number));
        let nanos = unit.seconds * SECOND;
        density.series.push(Series {
            key,
            shape: Shape::Steps,
            points: bars(histogram, nanos, &design.name, unit.name),
        });
        beyond.series.push(Series {
            key,
            shape: Shape::Line,
            points: tail(histogram, nanos, &design.name, unit.name),
        });
        let percentile = |(value, share, name): (Value, f64, &str)| {
            let x = value.mean / unit.seconds;
            let says =
                format!("{}: {name} {}", design.name, in_words(value, unit.seconds, unit.name));
            let x_interval = interval(value, unit.seconds)?;
            Some(Point { x_interval: Some(x_interval), ..Point::new(x, share).says(says) })
        };
        let all = &design.all;
        let told = [
            (all.p50, 50.0, "p50"),
            (all.p95, 5.0, "p95"),
            (all.p99, 1.0, "p99"),
            (all.p999, 0.1, "p99.9"),
        ];
        let points = told.into_iter().filter_map(percentile).collect();
        beyond.series.push(Series { key, shape: Shape::Dots, points });
    }
    // Both panels show the same stretch of latencies, or they could not be read together.
    let xs = |panel: &Panel| {
        panel.series.iter().flat_map(|s| &s.points).map(|p| p.x).collect::<Vec<_>>()
    };
    let shown: Vec<f64> = [xs(&density), xs(&beyond)].concat();
    for panel in [&mut density, &mut beyond] {
        panel.x.covers.extend(shown.iter().copied());
    }
    beyond.y.covers.extend([0.1, 100.0]);
    Figure {
        name: "distribution",
        title: "How long requests take".into(),
        caption: "Above: the share of requests in each twentieth of a decade. Below: the share that takes longer; marked are \
                  p50, p95, p99 and p99.9 with their 95 % intervals."
            .into(),
        panels: vec![density, beyond],
    }
}

/// Latencies of all journeys together.
fn all(metrics: &Metrics) -> Histogram {
    let mut all = Histogram::new();
    metrics.journeys.iter().for_each(|journey| all.merge(&journey.response));
    all
}

/// Shares of requests over equal steps of the logarithm; the first and the last are empty.
fn bars(histogram: &Histogram, unit: f64, whose: &str, name: &str) -> Vec<Point> {
    let step = std::f64::consts::LN_10 / BARS;
    let place = |nanos: u64| (ln((nanos.max(1)) as f64 / unit) / step).floor() as i64;
    let mut counts: Vec<(i64, u64)> = Vec::new();
    for bucket in histogram.iter() {
        let at = place(bucket.low / 2 + bucket.high / 2);
        match counts.last_mut() {
            Some((last, count)) if *last == at => *count += bucket.count,
            _ => counts.push((at, bucket.count)),
        }
    }
    // A few strays do not stretch the picture.
    let counted = |(_, count): &&(i64, u64)| *count as f64 >= 1e-4 * histogram.count() as f64;
    let ends = (counts.iter().find(counted), counts.iter().rfind(counted));
    let (Some(&(first, _)), Some(&(last, _))) = ends else { return Vec::new() };
    counts.retain(|(at, _)| (first..=last).contains(at));
    let at = |place: i64| exp(place as f64 * step);
    let mut points = vec![Point::new(at(first), 0.0)];
    let mut next = counts.iter().peekable();
    for place in first..=last {
        let count = next.next_if(|(at, _)| *at == place).map_or(0, |(_, count)| *count);
        let share = 100.0 * count as f64 / histogram.count() as f64;
        let (from, to) = (super::scale::short(at(place)), super::scale::short(at(place + 1)));
        let says =
            format!("{whose}: {} % between {from} and {to} {name}", super::scale::short(share));
        points.push(Point::new(at(place), share).says(says));
    }
    points.push(Point::new(at(last + 1), 0.0));
    points
}

/// How many take longer, at shares that are evenly spaced in their logarithm, as far as ten requests tell.
fn tail(histogram: &Histogram, unit: f64, whose: &str, name: &str) -> Vec<Point> {
    let count = histogram.count() as f64;
    let shares = [0.99, 0.95, 0.9, 0.8, 0.7, 0.6].into_iter();
    let falling = (0..).map(|step| 0.5 * exp(-f64::from(step) * std::f64::consts::LN_10 / 12.0));
    shares
        .chain(falling.take_while(|share| share * count >= 10.0).take(80))
        .filter(|_| count > 0.0)
        .map(|share| {
            let at = histogram.quantile(1.0 - share) / unit;
            let (percent, time) = (super::scale::short(100.0 * share), super::scale::short(at));
            let says = format!("{whose}: {percent} % take longer than {time} {name}");
            Point::new(at, 100.0 * share).says(says)
        })
        .collect()
}
