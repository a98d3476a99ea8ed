//! What a run measures: counts, histograms and where time went, for clients, operations and stations.

mod audit;
mod breakdown;
mod outcome;

pub use audit::Violation;
pub use breakdown::{Breakdown, Parts};
pub use outcome::{COURSE_POINTS, EVENTS_MAX, Outcome, Trial, run};

use crate::component::{Spent, Verdict};
use crate::engine::Digest;
use crate::model::{Model, OperationId, StationGroup, StationId};
use crate::simulation::Recorder;
use crate::stats::Histogram;
use crate::time::{Duration, Time};

/// Everything that is measured by default, since the warm-up. All counts are integers, so that merging in any grouping
/// gives the same bits.
#[derive(Clone, Debug)]
pub struct Metrics {
    /// Nanoseconds measured, over all that were merged.
    pub measured: u64,
    /// By journey: what clients felt.
    pub journeys: Vec<JourneyMetrics>,
    /// By operation in its service: what its callers got.
    pub operations: Vec<OperationMetrics>,
    /// By group of stations.
    pub stations: Vec<StationMetrics>,
    /// By station: the number there, weighted by the nanoseconds it was so.
    pub in_system: Vec<Histogram>,
    /// Index of the group of each station.
    group_of: Vec<u32>,
    /// The last change of each station.
    changed: Vec<Time>,
    started: Time,
    ended: Time,
    population: Population,
}

/// Requests that clients wait for, over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Population {
    /// At the end of the warm-up.
    pub at_start: u64,
    /// Now.
    pub now: u64,
}

/// What the clients of a journey felt.
#[derive(Clone, Debug, Default)]
pub struct JourneyMetrics {
    /// Requests sent.
    pub sent: u64,
    /// Requests refused by a full queue on the way.
    pub refused: u64,
    /// Requests that the client gave up.
    pub timed_out: u64,
    /// Response times of the requests answered well, in nanoseconds.
    pub response: Histogram,
    /// Where those times went.
    pub breakdown: Breakdown,
}

/// What callers of an operation got.
#[derive(Clone, Debug, Default)]
pub struct OperationMetrics {
    /// Calls that ended in an error.
    pub failed: u64,
    /// Durations of the calls answered well, in nanoseconds, from entering the service to the reply's leaving it.
    pub duration: Histogram,
}

/// What happened at a group of equal stations.
#[derive(Clone, Debug, Default)]
pub struct StationMetrics {
    /// Times spent waiting there by those who got what they came for, in nanoseconds.
    pub wait: Histogram,
    /// Service given, in nanoseconds. Of threads and connections, which are held and not served, 0.
    pub service: u128,
    /// The longest service asked for, in nanoseconds.
    pub longest_service: u64,
    /// Those present.
    present: Present,
    /// How long those present at the start of the measurements had been there, together, in nanoseconds modulo 2^64.
    age_at_start: u64,
    /// Requests turned away.
    pub refused: u64,
}

/// Requests present at a group of stations that serve.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Present {
    requests: u64,
    /// When they came, summed, in nanoseconds modulo 2^64.
    since: u64,
}

impl Present {
    /// How long they have been there, together, in nanoseconds modulo 2^64.
    fn age(self, now: Time) -> u64 {
        self.requests.wrapping_mul(now.0).wrapping_sub(self.since)
    }
}

impl JourneyMetrics {
    /// Requests that ended, well or not.
    pub fn ended(&self) -> u64 {
        self.response.count() + self.failed()
    }

    /// Requests that ended badly.
    pub fn failed(&self) -> u64 {
        self.refused + self.timed_out
    }
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new(model: &Model) -> Metrics {
        let group_of = (model.stations.iter().enumerate())
            .flat_map(|(index, group)| (0..group.count).map(move |_| index as u32))
            .collect::<Vec<_>>();
        Metrics {
            measured: 0,
            journeys: vec![JourneyMetrics::default(); model.journeys.len()],
            operations: vec![OperationMetrics::default(); model.operations.len()],
            stations: vec![StationMetrics::default(); model.stations.len()],
            in_system: vec![Histogram::default(); group_of.len()],
            changed: vec![Time::ZERO; group_of.len()],
            group_of,
            started: Time::ZERO,
            ended: Time::ZERO,
            population: Population::default(),
        }
    }

    /// Takes the measurements of another replication of the same model in.
    pub fn merge(&mut self, other: &Metrics) {
        self.measured += other.measured;
        self.population.at_start += other.population.at_start;
        self.population.now += other.population.now;
        for (mine, other) in self.journeys.iter_mut().zip(&other.journeys) {
            mine.sent += other.sent;
            mine.refused += other.refused;
            mine.timed_out += other.timed_out;
            mine.response.merge(&other.response);
            mine.breakdown.merge(&other.breakdown);
        }
        for (mine, other) in self.operations.iter_mut().zip(&other.operations) {
            mine.failed += other.failed;
            mine.duration.merge(&other.duration);
        }
        for (mine, other) in self.stations.iter_mut().zip(&other.stations) {
            mine.wait.merge(&other.wait);
            mine.service += other.service;
            mine.longest_service = mine.longest_service.max(other.longest_service);
            mine.refused += other.refused;
            mine.age_at_start = mine.age_at_start.wrapping_add(other.age_at_start);
        }
        for (mine, other) in self.in_system.iter_mut().zip(&other.in_system) {
            mine.merge(other);
        }
    }

    /// The number at each station of a group, weighted by the nanoseconds it was so.
    pub fn in_system_of(&self, group: &StationGroup) -> &[Histogram] {
        let first = group.first.0 as usize;
        &self.in_system[first..first + group.count as usize]
    }

    /// Requests that clients wait for, at the start and at the end.
    pub fn population(&self) -> Population {
        self.population
    }

    /// A digest of everything measured.
    pub fn digest(&self) -> Digest {
        let mut digest = Digest::default();
        for journey in &self.journeys {
            digest.fold(journey.sent);
            digest.fold(journey.refused);
            digest.fold(journey.timed_out);
            fold(&mut digest, &journey.response);
            journey.breakdown.fold_into(&mut digest);
        }
        for operation in &self.operations {
            digest.fold(operation.failed);
            fold(&mut digest, &operation.duration);
        }
        for station in &self.stations {
            fold(&mut digest, &station.wait);
            digest.fold(station.service as u64);
            digest.fold(station.refused);
        }
        for in_system in &self.in_system {
            fold(&mut digest, in_system);
        }
        digest
    }

    /// Ends the measurements at `now`; every station's last state has been told.
    pub(crate) fn close(&mut self, now: Time) {
        self.measured = now.since(self.started).0;
        self.ended = now;
    }

    fn forget(&mut self) {
        for journey in &mut self.journeys {
            (journey.sent, journey.refused, journey.timed_out) = (0, 0, 0);
            journey.response.clear();
            journey.breakdown.clear();
        }
        for operation in &mut self.operations {
            operation.failed = 0;
            operation.duration.clear();
        }
        for station in &mut self.stations {
            station.wait.clear();
            (station.service, station.refused) = (0, 0);
        }
        self.in_system.iter_mut().for_each(Histogram::clear);
    }
}

fn fold(digest: &mut Digest, histogram: &Histogram) {
    digest.fold(histogram.count());
    digest.fold(histogram.sum() as u64);
    for bucket in histogram.iter() {
        digest.fold(bucket.low);
        digest.fold(bucket.count);
    }
}

impl Recorder for Metrics {
    #[inline]
    fn arrived(&mut self, _: Time, journey: u32) {
        self.journeys[journey as usize].sent += 1;
        self.population.now += 1;
    }

    #[inline]
    fn finished(
        &mut self,
        _: Time,
        journey: u32,
        verdict: Verdict,
        response: Duration,
        spent: &Spent,
    ) {
        let journey = &mut self.journeys[journey as usize];
        self.population.now -= 1;
        match verdict {
            Verdict::Done => {
                journey.response.record(response.0);
                journey.breakdown.record(response, spent);
            }
            Verdict::Refused => journey.refused += 1,
            Verdict::TimedOut => journey.timed_out += 1,
        }
    }

    #[inline]
    fn replied(&mut self, _: Time, operation: OperationId, verdict: Verdict, duration: Duration) {
        let operation = &mut self.operations[operation.0 as usize];
        match verdict {
            Verdict::Done => operation.duration.record(duration.0),
            Verdict::Refused | Verdict::TimedOut => operation.failed += 1,
        }
    }

    #[inline]
    fn joined(&mut self, now: Time, station: StationId, demand: Duration) {
        let group = &mut self.stations[self.group_of[station.0 as usize] as usize];
        group.present.requests += 1;
        group.present.since = group.present.since.wrapping_add(now.0);
        group.longest_service = group.longest_service.max(demand.0);
    }

    #[inline]
    fn granted(&mut self, _: Time, station: StationId, wait: Duration) {
        self.stations[self.group_of[station.0 as usize] as usize].wait.record(wait.0);
    }

    #[inline]
    fn served(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let group = &mut self.stations[self.group_of[station.0 as usize] as usize];
        group.wait.record(wait.0);
        group.service += u128::from(service.0);
        group.present.requests -= 1;
        group.present.since = group.present.since.wrapping_sub(now.0 - wait.0 - service.0);
    }

    fn refused(&mut self, _: Time, station: StationId) {
        self.stations[self.group_of[station.0 as usize] as usize].refused += 1;
    }

    #[inline]
    fn occupancy(&mut self, now: Time, station: StationId, before: u32) {
        let since = std::mem::replace(&mut self.changed[station.0 as usize], now);
        self.in_system[station.0 as usize].record_n(u64::from(before), now.since(since).0);
    }

    fn restart(&mut self, now: Time) {
        self.forget();
        for station in &mut self.stations {
            station.age_at_start = station.present.age(now);
        }
        self.changed.fill(now);
        self.started = now;
        self.population.at_start = self.population.now;
    }
}
