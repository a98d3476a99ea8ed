//! A run over time: rate, latency, how busy it is, levels such as replicas, and faults.

use super::{Axis, Colour, Figure, Mark, Panel, Point, Series, Shape};
use crate::model::{Model, UNLIMITED};
use crate::report::units::{TimeUnit, time_unit};
use crate::telemetry::{EventKind, EventLog, Felt, Series as Recorded};
use crate::time::Time;

/// Stations and levels that are shown, at most.
const SHOWN_MAX: usize = 5;

/// A run in windows, with the faults of its log as marks.
pub fn timeline(series: &Recorded, model: &Model, log: &EventLog<'_>) -> Figure {
    let unit = time_unit([series.ended.as_secs()]);
    let ends: Vec<(Time, Time)> = (0..series.windows()).map(|w| series.bounds(w)).collect();
    let run = Run { series, model, ends, unit };
    let mut panels = vec![run.rate(), run.latency()];
    panels.extend(run.utilisation());
    panels.extend(run.levels());
    let last = panels.len() - 1;
    for (number, panel) in panels.iter_mut().enumerate() {
        panel.height = if number == 1 { 0.6 } else { 0.45 };
        panel.x.covers.extend([0.0, run.at(series.ended)]);
        // Said once, on top; below only drawn.
        panel.marks.extend(faults(log, model, unit, series.ended, number == 0));
        debug_assert!(number <= last);
    }
    Figure {
        name: "timeline",
        title: "One run over time".into(),
        caption: "What all clients felt in each window of one replication; shaded: faults.".into(),
        panels,
    }
}

struct Run<'a> {
    series: &'a Recorded,
    model: &'a Model,
    ends: Vec<(Time, Time)>,
    unit: TimeUnit,
}

impl Run<'_> {
    fn at(&self, time: Time) -> f64 {
        time.as_secs() / self.unit.seconds
    }

    fn panel(&self, y: Axis) -> Panel {
        Panel::new(Axis::linear("time", self.unit.name), y)
    }

    /// A number for each window, in words as `says` has it.
    fn add(
        &self,
        panel: &mut Panel,
        (name, colour, shape): (&str, Colour, Shape),
        of: impl Fn(usize) -> f64,
        unit: &str,
    ) {
        let key = panel.key(name, colour);
        let point = |(window, &(from, to)): (usize, &(Time, Time))| {
            let middle = (self.at(from) + self.at(to)) / 2.0;
            let x = if shape == Shape::Steps { self.at(from) } else { middle };
            let number = of(window);
            let (when, much) = (super::scale::short(self.at(from)), super::scale::short(number));
            let says = format!("{name}: {much} {unit} from {when} {}", self.unit.name);
            Point::new(x, number).says(says)
        };
        let mut points: Vec<Point> = self.ends.iter().enumerate().map(point).collect();
        if let (Shape::Steps, Some(last)) = (shape, points.last().cloned()) {
            points.push(Point::new(self.at(self.series.ended), last.y));
        }
        panel.series.push(Series { key, shape, points });
    }

    /// What all journeys felt in a window.
    fn felt(&self, window: usize) -> Vec<&Felt> {
        (0..self.model.journeys.len()).filter_map(|j| self.series.journey(j).get(window)).collect()
    }

    fn per_second(&self, window: usize, of: impl Fn(&Felt) -> u64) -> f64 {
        let (from, to) = self.ends[window];
        let count: u64 = self.felt(window).into_iter().map(of).sum();
        count as f64 / to.since(from).as_secs()
    }

    fn rate(&self) -> Panel {
        let mut panel = self.panel(Axis::linear("requests", "/s"));
        self.add(
            &mut panel,
            ("sent", Colour::Neutral, Shape::Steps),
            |w| self.per_second(w, |f| f.sent),
            "/s",
        );
        self.add(
            &mut panel,
            ("answered well", Colour::Number(0), Shape::Steps),
            |w| self.per_second(w, |f| f.done),
            "/s",
        );
        if (0..self.ends.len()).any(|w| self.per_second(w, Felt::errors) > 0.0) {
            self.add(
                &mut panel,
                ("ended badly", Colour::Bad, Shape::Steps),
                |w| self.per_second(w, Felt::errors),
                "/s",
            );
        }
        panel
    }

    /// A percentile of each journey cannot be merged: the journey that asks most is shown.
    fn latency(&self) -> Panel {
        let done = |journey: &usize| {
            self.series.journey(*journey).iter().map(|felt| felt.done).sum::<u64>()
        };
        let journeys = 0..self.model.journeys.len();
        let busiest = journeys.max_by_key(|j| (done(j), std::cmp::Reverse(*j))).unwrap_or(0);
        let felt = self.series.journey(busiest);
        let unit = time_unit(felt.iter().map(|felt| felt.p99));
        let journey = &self.model.journeys[busiest];
        let operation = &self.model.operations[journey.operation.0 as usize].name;
        let mut panel = self.panel(Axis::log(format!("latency of {operation}"), unit.name));
        let of = |of: fn(&Felt) -> f64| move |window: usize| of(&felt[window]) / unit.seconds;
        for (number, (name, percentile)) in PERCENTILES.into_iter().enumerate() {
            let colour = Colour::Number(number);
            self.add(&mut panel, (name, colour, Shape::Line), of(percentile), unit.name);
        }
        panel
    }

    /// The stations that are busiest at some time.
    fn utilisation(&self) -> Option<Panel> {
        let peak = |group: usize| {
            (0..self.ends.len())
                .map(|w| self.series.station(self.model, group, w)[0])
                .fold(0.0, f64::max)
        };
        let limited = |group: &usize| self.model.stations[*group].servers != UNLIMITED;
        let mut groups: Vec<(usize, f64)> = (0..self.model.stations.len())
            .filter(limited)
            .map(|group| (group, peak(group)))
            .collect();
        groups.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        groups.truncate(SHOWN_MAX);
        groups.retain(|(_, peak)| *peak > 0.0);
        if groups.is_empty() {
            return None;
        }
        let mut panel = self.panel(Axis::linear("in use", "%").covering([100.0]));
        for (number, (group, _)) in groups.into_iter().enumerate() {
            let name = self.model.stations[group].name.clone();
            let of = |window| 100.0 * self.series.station(self.model, group, window)[0];
            self.add(&mut panel, (&name, Colour::Number(number), Shape::Line), of, "%");
        }
        Some(panel)
    }

    /// Levels that are worth a look, and change.
    fn levels(&self) -> Option<Panel> {
        let mut panel = self.panel(Axis::linear("levels", ""));
        for &level in &self.model.measures.watched {
            let Some((of, name)) = self.model.measures.name_of_level(level) else { continue };
            let at = |window: usize| self.series.level_mean(level.0 as usize, window);
            let changes = (1..self.ends.len()).any(|window| at(window) != at(0));
            if changes && panel.keys.len() < SHOWN_MAX {
                let colour = Colour::Number(panel.keys.len());
                let name = format!("{of} {}", name.replace('_', " "));
                self.add(&mut panel, (&name, colour, Shape::Steps), at, "");
            }
        }
        (!panel.keys.is_empty()).then_some(panel)
    }
}

type Told = (&'static str, fn(&Felt) -> f64);

const PERCENTILES: [Told; 3] =
    [("median", |felt| felt.p50), ("p95", |felt| felt.p95), ("p99", |felt| felt.p99)];

/// Faults between their beginning and their end; those of an instant as lines.
fn faults(
    log: &EventLog<'_>,
    model: &Model,
    unit: TimeUnit,
    end: Time,
    is_said: bool,
) -> Vec<Mark> {
    let events: Vec<_> = log.events.iter().filter(|event| event.kind == EventKind::Fault).collect();
    let mut marks = Vec::new();
    for (number, event) in events.iter().enumerate().filter(|(_, event)| event.value == 1) {
        let over = events[number..].iter().find(|other| other.of == event.of && other.value == 0);
        let from = event.at.as_secs() / unit.seconds;
        let until = over.map_or(end, |over| over.at).as_secs() / unit.seconds;
        let name = model.faults.get(event.of as usize).map_or("", |fault| fault.name.as_str());
        let says = if is_said { name.to_owned() } else { String::new() };
        marks.push(match until > from {
            true => Mark::Between(from, until, says, Colour::Bad),
            false => Mark::AtX(from, says, Colour::Bad),
        });
    }
    marks
}
