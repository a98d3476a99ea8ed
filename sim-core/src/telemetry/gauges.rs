//! What blocks count and keep, as it happens: hit ratios, messages in queues, replicas at work.

use crate::model::{CounterId, LevelId, MeasureKind, Measures, Model, TimingId};
use crate::simulation::Recorder;
use crate::time::{Duration, Time};

/// Counts of a window.
#[derive(Clone, Debug, Default)]
struct Counts {
    counters: Vec<u64>,
    /// How often something was timed, and the times together.
    timings: Vec<(u64, u64)>,
}

/// A recorder of the numbers of blocks in the window before the present one, and of their present levels.
#[derive(Clone, Debug)]
pub struct Gauges {
    window: Duration,
    until: Time,
    levels: Vec<u64>,
    present: Counts,
    before: Counts,
    /// Counters that are paid for, and what they came to in each window that is over, side by side.
    paid: Vec<CounterId>,
    bought: Vec<u64>,
}

impl Gauges {
    /// Nothing seen yet.
    pub fn new(model: &Model, window: Duration) -> Gauges {
        let measures = &model.measures;
        let none = Counts {
            counters: vec![0; measures.counters as usize],
            timings: vec![(0, 0); measures.timings as usize],
        };
        Gauges {
            window,
            until: Time::ZERO + window,
            levels: vec![0; measures.levels as usize],
            present: none.clone(),
            before: none,
            paid: model.charges.iter().flat_map(|charge| charge.amount.counters()).collect(),
            bought: Vec::new(),
        }
    }

    /// Makes place for measures behind those known, of which nothing has been told yet.
    pub fn grow(&mut self, measures: &Measures) {
        self.levels.resize(measures.levels as usize, 0);
        for counts in [&mut self.present, &mut self.before] {
            counts.counters.resize(measures.counters as usize, 0);
            counts.timings.resize(measures.timings as usize, (0, 0));
        }
    }

    /// Ends the windows that are over at `now`.
    pub fn reach(&mut self, now: Time) {
        while now > self.until {
            let count = |counter: &CounterId| self.present.counters[counter.0 as usize];
            self.bought.extend(self.paid.iter().map(count));
            std::mem::swap(&mut self.before, &mut self.present);
            self.present.counters.fill(0);
            self.present.timings.fill((0, 0));
            self.until = self.until + self.window;
        }
    }

    /// What a counter that is paid for came to in a window that is over.
    pub fn bought(&self, counter: CounterId, window: usize) -> u64 {
        let place = self.paid.iter().position(|&paid| paid == counter);
        place.and_then(|at| self.bought.get(window * self.paid.len() + at)).copied().unwrap_or(0)
    }

    /// What a measure came to in the last whole window; a level is what it is now. NaN where nothing was seen, and for what
    /// can be told of a whole run only.
    pub fn value(&self, kind: &MeasureKind) -> f64 {
        let count = |counter: &CounterId| self.before.counters[counter.0 as usize] as f64;
        match kind {
            MeasureKind::Rate(counter) | MeasureKind::BytesRate(counter) => {
                count(counter) / self.window.as_secs()
            }
            MeasureKind::Total(counter) => count(counter),
            MeasureKind::Share { part, whole } => {
                count(part) / whole.iter().map(count).sum::<f64>()
            }
            MeasureKind::Ratio { of, per } => count(of) / count(per),
            MeasureKind::Busiest { first, count: number } => {
                let counts = (first.0..first.0 + number).map(|it| count(&CounterId(it)));
                counts.clone().fold(0.0, f64::max) / counts.sum::<f64>()
            }
            MeasureKind::Mean(level) => self.levels[level.0 as usize] as f64,
            MeasureKind::MeanTime(timing) => {
                let (times, nanos) = self.before.timings[timing.0 as usize];
                Duration(nanos).as_secs() / times as f64
            }
            _ => f64::NAN,
        }
    }
}

impl Recorder for Gauges {
    const TRACES: bool = true;

    fn turned(&mut self, now: Time) {
        self.reach(now);
    }

    fn counted(&mut self, counter: CounterId, times: u64) {
        self.present.counters[counter.0 as usize] += times;
    }

    fn level(&mut self, _: Time, level: LevelId, value: u64) {
        self.levels[level.0 as usize] = value;
    }

    fn timed(&mut self, timing: TimingId, duration: Duration) {
        let (times, nanos) = &mut self.present.timings[timing.0 as usize];
        *times += 1;
        *nanos = nanos.saturating_add(duration.0);
    }
}
