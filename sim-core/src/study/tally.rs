//! What is kept of a design's replications: sums that do not grow with their number.

use super::layout::Layout;
use super::settle::{late_slope, point_at};
use crate::engine::Fingerprint;
use crate::metrics::{Metrics, Outcome, Violation};
use crate::model::Model;
use crate::simulation::Stopped;
use crate::stats::{Pairs, Welford};

/// Courses kept one by one; more would tell nothing new.
const COURSES_MAX: usize = 100;

/// The replications of one design so far.
pub(super) struct Tally {
    pub(super) layout: Layout,
    pub(super) replications: u64,
    /// A column each over the replications.
    pub(super) columns: Vec<Welford>,
    /// The differences to the first design in the same replication, each with the first design's number, for each
    /// column that both have.
    pub(super) differences: Vec<Pairs>,
    /// Everything merged.
    pub(super) metrics: Metrics,
    /// Mean number of requests in flight.
    pub(super) in_flight: Welford,
    /// Requests in flight.
    pub(super) requests: Courses,
    /// Messages waiting.
    pub(super) messages: Courses,
    pub(super) fingerprint: Fingerprint,
    pub(super) events: u64,
    /// Runs stopped because too much was in flight.
    pub(super) overloaded: u64,
    /// Runs stopped at their limit of events.
    pub(super) cut_short: u64,
    pub(super) violations: Vec<Violation>,
}

/// Numbers at equal intervals of simulated time, in each replication.
pub(super) struct Courses {
    /// Of what.
    pub(super) of: &'static str,
    sum: Vec<f64>,
    /// The first of them, one by one.
    pub(super) kept: Vec<Vec<f64>>,
    /// Slopes of their second halves.
    pub(super) slopes: Welford,
    replications: u64,
}

impl Courses {
    fn new(of: &'static str) -> Courses {
        Courses { of, sum: Vec::new(), kept: Vec::new(), slopes: Welford::new(), replications: 0 }
    }

    fn add(&mut self, course: Vec<f64>) {
        if self.replications == 0 {
            self.sum.clone_from(&course);
        } else {
            self.sum.truncate(course.len());
            self.sum.iter_mut().zip(&course).for_each(|(sum, point)| *sum += point);
        }
        self.slopes.extend(Some(late_slope(&course)).filter(|slope| !slope.is_nan()));
        if self.kept.len() < COURSES_MAX {
            self.kept.push(course);
        }
        self.replications += 1;
    }

    /// The average over the replications.
    pub(super) fn average(&self) -> Vec<f64> {
        self.sum.iter().map(|sum| sum / self.replications as f64).collect()
    }
}

impl Tally {
    pub(super) fn new(model: &Model) -> Tally {
        let layout = Layout::new(model);
        let columns = layout.columns.len();
        Tally {
            layout,
            replications: 0,
            columns: vec![Welford::new(); columns],
            differences: vec![Pairs::default(); columns],
            metrics: Metrics::new(model),
            in_flight: Welford::new(),
            requests: Courses::new("requests in flight"),
            messages: Courses::new("messages waiting"),
            fingerprint: Fingerprint::default(),
            events: 0,
            overloaded: 0,
            cut_short: 0,
            violations: Vec::new(),
        }
    }

    /// One number for each column, of one replication.
    pub(super) fn row(&self, model: &Model, outcome: &Outcome) -> Vec<f64> {
        let from = point_at(outcome.trial.warmup, outcome.trial.horizon);
        let in_flight: Welford = outcome.course.iter().skip(from).copied().collect();
        self.layout.row(model, &outcome.metrics, in_flight.mean())
    }

    /// Takes in the next replication; returns its row.
    pub(super) fn add(&mut self, model: &Model, outcome: Outcome) -> Vec<f64> {
        let row = self.row(model, &outcome);
        self.in_flight.extend(Some(row[0]).filter(|mean| !mean.is_nan()));
        for (column, number) in self.columns.iter_mut().zip(&row) {
            column.extend(Some(*number).filter(|number| !number.is_nan()));
        }
        self.metrics.merge(&outcome.metrics);
        self.requests.add(outcome.course);
        self.messages.add(outcome.backlog);
        self.replications += 1;
        self.fingerprint.fold(outcome.fingerprint);
        self.events += outcome.events;
        self.overloaded += u64::from(outcome.stopped == Stopped::Overloaded);
        self.cut_short += u64::from(outcome.stopped == Stopped::Events);
        self.violations.extend(outcome.violations);
        row
    }

    /// Compares the row just added with that of the first design.
    pub(super) fn compare(&mut self, row: &[f64], first: &[f64], pairs: &[Option<usize>]) {
        for ((difference, number), pair) in self.differences.iter_mut().zip(row).zip(pairs) {
            let Some(base) = pair.map(|column| first[column]) else { continue };
            if !(number - base).is_nan() {
                difference.add(number - base, base);
            }
        }
    }

    /// One number for each column, of all replications together.
    pub(super) fn pooled(&self, model: &Model) -> Vec<f64> {
        self.layout.row(model, &self.metrics, self.in_flight.mean())
    }

    /// Requests in flight, and messages waiting where there are queues.
    pub(super) fn courses(&self) -> impl Iterator<Item = &Courses> {
        let messages = Some(&self.messages).filter(|courses| !courses.sum.is_empty());
        std::iter::once(&self.requests).chain(messages)
    }

    /// Requests turned away anywhere.
    pub(super) fn refusals(&self) -> u64 {
        let at_stations: u64 = self.metrics.stations.iter().map(|station| station.refused).sum();
        let on_the_way: u64 = self.metrics.journeys.iter().map(|journey| journey.refused).sum();
        at_stations + on_the_way
    }

    /// The share of a station's servers in use.
    pub(super) fn utilisation(&self, station: usize) -> f64 {
        self.columns[self.layout.utilisation(station)].mean()
    }
}
