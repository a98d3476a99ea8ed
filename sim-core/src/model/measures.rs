//! Measures: the numbers that blocks keep about themselves, beside what every request and station tells.
//!
//! A block (a cache, a queue, a replicated store) asks for counters, levels and timings when it is lowered and tells
//! the recorder of them while it runs. Which numbers the report makes of them is said here once, so that metrics,
//! intervals, tables and exports need to know no block.

use super::{SloFigure, StationId, SystemFigure};

/// Counts things that happen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CounterId(pub u32);

/// A whole number over time, such as entries of a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LevelId(pub u32);

/// Durations of something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimingId(pub u32);

/// A number that is reported of a thing.
#[derive(Clone, PartialEq, Debug)]
pub struct Measure {
    /// Of what: the path of the thing in the model, `caches.redis`.
    pub of: String,
    /// Its name, `hit_ratio`.
    pub name: &'static str,
    /// How it comes about.
    pub kind: MeasureKind,
}

/// How a measure comes about.
#[derive(Clone, PartialEq, Debug)]
pub enum MeasureKind {
    /// Events per second.
    Rate(CounterId),
    /// Amount (of bytes) per second.
    BytesRate(CounterId),
    /// The largest of some counts next to each other, over their sum.
    Busiest {
        /// The first.
        first: CounterId,
        /// How many.
        count: u32,
    },
    /// The utilisation of the busiest of some stations side by side.
    BusiestUtilisation {
        /// The first.
        first: StationId,
        /// How many.
        count: u32,
        /// Servers of each.
        servers: u32,
    },
    /// The utilisation of stations side by side of which a level says how many there are.
    Utilisation {
        /// The first.
        first: StationId,
        /// How many there can be.
        count: u32,
        /// Servers of each.
        servers: u32,
        /// How many there are.
        level: LevelId,
    },
    /// Events in a replication.
    Total(CounterId),
    /// Part over the sum of the others.
    Share {
        /// What is counted.
        part: CounterId,
        /// Of what: these together.
        whole: Vec<CounterId>,
    },
    /// One count over another: an average number of things for each of something.
    Ratio {
        /// What is counted.
        of: CounterId,
        /// For each of these.
        per: CounterId,
    },
    /// Mean of a level over time.
    Mean(LevelId),
    /// How long a level was 1 in a replication; what is at a higher level counts as often.
    TotalTime(LevelId),
    /// The highest that a level was.
    Peak(LevelId),
    /// Mean duration.
    MeanTime(TimingId),
    /// Median duration.
    MedianTime(TimingId),
    /// 99th percentile of a duration.
    P99Time(TimingId),
    /// The longest duration.
    LongestTime(TimingId),
    /// How available a system is.
    System {
        /// Which.
        system: u32,
        /// The number.
        figure: SystemFigure,
    },
    /// How a service level objective fares.
    Slo {
        /// Which.
        slo: u32,
        /// The number.
        figure: SloFigure,
    },
}

/// All measures of a model, and how many counters, levels and timings they rest on.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Measures {
    /// What is reported.
    pub reported: Vec<Measure>,
    /// How many counters there are.
    pub counters: u32,
    /// How many levels.
    pub levels: u32,
    /// How many timings.
    pub timings: u32,
    /// Levels that are worth a look over time: what controllers turn, and what piles up.
    pub watched: Vec<LevelId>,
}

impl Measures {
    /// A new counter.
    pub fn counter(&mut self) -> CounterId {
        self.counters += 1;
        CounterId(self.counters - 1)
    }

    /// So many new counters next to each other; the first of them.
    pub fn counters(&mut self, count: u32) -> CounterId {
        self.counters += count;
        CounterId(self.counters - count)
    }

    /// A new level, 0 at first.
    pub fn level(&mut self) -> LevelId {
        self.levels += 1;
        LevelId(self.levels - 1)
    }

    /// A new timing.
    pub fn timing(&mut self) -> TimingId {
        self.timings += 1;
        TimingId(self.timings - 1)
    }

    /// Reports a number of the thing at path `of`.
    pub fn report(&mut self, of: &str, name: &'static str, kind: MeasureKind) {
        self.reported.push(Measure { of: of.to_owned(), name, kind });
    }

    /// Says that a level is worth a look over time.
    pub fn watch(&mut self, level: LevelId) {
        self.watched.push(level);
    }

    /// Of which thing a level is, and its name there, if it is reported.
    pub fn name_of_level(&self, level: LevelId) -> Option<(&str, &'static str)> {
        let is_it = |measure: &&Measure| match measure.kind {
            MeasureKind::Mean(of) | MeasureKind::TotalTime(of) | MeasureKind::Peak(of) => {
                of == level
            }
            _ => false,
        };
        self.reported.iter().find(is_it).map(|measure| (measure.of.as_str(), measure.name))
    }
}
