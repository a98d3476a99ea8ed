//! What blocks count, keep and time: the raw material of the model's measures.

use crate::engine::Digest;
use crate::model::{MeasureKind, Measures};
use crate::stats::{Bytes, Histogram};
use crate::time::{Duration, SECOND, Time};

/// Counters, levels and timings, by their ids.
#[derive(Clone, Debug, Default)]
pub(super) struct BlockMetrics {
    pub(super) counts: Vec<u64>,
    pub(super) levels: Vec<Level>,
    pub(super) timings: Vec<Histogram>,
}

/// A whole number over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Level {
    value: u64,
    since: Time,
    /// Its integral, in units times nanoseconds.
    integral: u128,
    peak: u64,
}

impl Level {
    #[inline]
    pub(super) fn set(&mut self, now: Time, value: u64) {
        self.integral += u128::from(self.value) * u128::from(now.since(self.since).0);
        self.since = now;
        self.value = value;
        self.peak = self.peak.max(value);
    }

    fn restart(&mut self, now: Time) {
        *self = Level { value: self.value, since: now, integral: 0, peak: self.value };
    }
}

/// What it comes to: the number itself and its last change count while a run goes on.
impl Bytes for Level {
    fn write(&self, out: &mut Vec<u8>) {
        let Level { value: _, since: _, integral, peak } = self;
        integral.write(out);
        peak.write(out);
    }

    fn read(from: &mut &[u8]) -> Option<Level> {
        Some(Level { integral: Bytes::read(from)?, peak: Bytes::read(from)?, ..Level::default() })
    }
}

impl BlockMetrics {
    pub(super) fn new(measures: &Measures) -> BlockMetrics {
        BlockMetrics {
            counts: vec![0; measures.counters as usize],
            levels: vec![Level::default(); measures.levels as usize],
            timings: vec![Histogram::default(); measures.timings as usize],
        }
    }

    pub(super) fn merge(&mut self, other: &BlockMetrics) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(mine, other)| *mine += other);
        for (mine, other) in self.levels.iter_mut().zip(&other.levels) {
            mine.integral += other.integral;
            mine.peak = mine.peak.max(other.peak);
        }
        self.timings.iter_mut().zip(&other.timings).for_each(|(mine, other)| mine.merge(other));
    }

    pub(super) fn fold_into(&self, digest: &mut Digest) {
        self.counts.iter().for_each(|&count| digest.fold(count));
        self.levels.iter().for_each(|level| digest.fold(level.integral as u64));
        self.timings.iter().for_each(|timing| super::fold(digest, timing));
    }

    pub(super) fn restart(&mut self, now: Time) {
        self.counts.fill(0);
        self.levels.iter_mut().for_each(|level| level.restart(now));
        self.timings.iter_mut().for_each(Histogram::clear);
    }

    /// The levels last up to `now`.
    pub(super) fn close(&mut self, now: Time) {
        self.levels.iter_mut().for_each(|level| level.set(now, level.value));
    }

    /// The number that a measure comes to, NaN where nothing was seen: per second of `measured` nanoseconds, in
    /// seconds, as a share, or plain.
    pub(super) fn value(&self, kind: &MeasureKind, measured: u64, replications: u64) -> f64 {
        let seconds = measured as f64 / SECOND;
        let count = |id: &crate::model::CounterId| self.counts[id.0 as usize] as f64;
        let timing = |id: &crate::model::TimingId| &self.timings[id.0 as usize];
        match kind {
            MeasureKind::Rate(of) | MeasureKind::BytesRate(of) => count(of) / seconds,
            MeasureKind::Total(of) => count(of) / replications as f64,
            MeasureKind::Share { part, whole } => {
                count(part) / whole.iter().map(count).sum::<f64>()
            }
            MeasureKind::Busiest { first, count } => {
                let counts = &self.counts[first.0 as usize..(first.0 + count) as usize];
                let most = counts.iter().copied().max().unwrap_or(0);
                most as f64 / counts.iter().sum::<u64>() as f64
            }
            // Stations, objectives and systems are measured elsewhere.
            MeasureKind::BusiestUtilisation { .. }
            | MeasureKind::Utilisation { .. }
            | MeasureKind::Slo { .. }
            | MeasureKind::System { .. } => f64::NAN,
            MeasureKind::Ratio { of, per } => count(of) / count(per),
            MeasureKind::Mean(of) => self.levels[of.0 as usize].integral as f64 / measured as f64,
            MeasureKind::TotalTime(of) => {
                self.levels[of.0 as usize].integral as f64 / SECOND / replications as f64
            }
            MeasureKind::Peak(of) => self.levels[of.0 as usize].peak as f64,
            MeasureKind::MeanTime(of) => timing(of).mean() / SECOND,
            MeasureKind::MedianTime(of) => timing(of).quantile(0.5) / SECOND,
            MeasureKind::P99Time(of) => timing(of).quantile(0.99) / SECOND,
            MeasureKind::LongestTime(of) => timing(of).quantile(1.0) / SECOND,
        }
    }

    pub(super) fn timed(&mut self, timing: crate::model::TimingId, duration: Duration) {
        self.timings[timing.0 as usize].record(duration.0);
    }
}
