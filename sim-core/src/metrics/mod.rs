//! What a run measures: counts, histograms and where time went, for clients, operations and stations.

mod audit;
mod availability;
mod blocks;
mod breakdown;
mod kept;
mod outcome;
mod slos;

pub use audit::Violation;
pub use breakdown::{Breakdown, Parts};
pub use outcome::{COURSE_POINTS, EVENTS_MAX, Outcome, Trial, run};

use crate::component::{Ending, Spent};
use crate::engine::Digest;
use crate::model::{
    CounterId, LevelId, MeasureKind, Model, OperationId, StationGroup, StationId, TimingId,
    UNLIMITED,
};
use crate::simulation::Recorder;
use crate::stats::{Histogram, Levels};
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
    /// What blocks count, keep and time.
    blocks: blocks::BlockMetrics,
    /// By service level objective.
    slos: Vec<slos::SloMetrics>,
    /// By system whose availability is told.
    systems: Vec<availability::SystemMetrics>,
    /// When faults began and were over, where there is a service level objective.
    outages: Vec<slos::Outage>,
    /// The faults that last, and which of those they are.
    lasting: Vec<(u32, usize)>,
    /// How many replications these are.
    replications: u64,
    /// By station: who was there.
    presence: Vec<Presence>,
    /// By group of stations: how many servers each has at the start.
    servers: Vec<u32>,
    started: Time,
    ended: Time,
    population: Population,
}

/// Faults whose times are remembered, at most; of later ones it is not known what alerts make of them.
const OUTAGES_MAX: usize = 100_000;

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
    /// Requests that met a crash or a failure on the way.
    pub failed: u64,
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
    /// Requests turned away.
    pub refused: u64,
    /// Requests that a fault has thrown out, waiting or in service.
    pub dropped: u64,
    /// How long those waited there, in nanoseconds. What service they got is part of `service`.
    pub dropped_wait: u128,
}

/// Requests at a station.
#[derive(Clone, Debug, Default)]
struct Presence {
    /// The group of the station.
    group: u32,
    /// How many were there for how long.
    levels: Levels,
    /// Of a station that serves: how many are there now.
    requests: u64,
    /// When those came, summed, in nanoseconds modulo 2^64.
    since: u64,
    /// How long those at the start of the measurements had been there, together, in nanoseconds modulo 2^64.
    age_at_start: u64,
    /// The longest service asked for, in nanoseconds.
    longest_service: u64,
    /// How long its servers have stood still, in nanoseconds.
    halted: u64,
    /// Since when they do, if they do.
    halted_since: Option<Time>,
    /// Where the number of servers has changed: what that makes of its levels.
    resized: Option<Box<Resized>>,
}

/// A station whose number of servers has changed.
///
/// Levels tell how long how many were there, not when. So what was busy under another number of servers than the last is
/// kept as a difference to what the levels say of the last.
#[derive(Clone, Debug, Default)]
struct Resized {
    /// How many servers there are.
    servers: u32,
    /// The most that there were.
    most: u32,
    /// Server-nanoseconds in use beside those that the levels tell.
    busy: i128,
    /// Server-nanoseconds there were beside those of `servers`.
    there: i128,
}

impl Presence {
    /// How long those present have been there, together, in nanoseconds modulo 2^64.
    fn age(&self, now: Time) -> u64 {
        self.requests.wrapping_mul(now.0).wrapping_sub(self.since)
    }

    /// Servers in use, in server-nanoseconds, at a station that has `servers` unless they have changed.
    fn busy(&self, servers: u32) -> u128 {
        match &self.resized {
            None => self.levels.sum_up_to(servers),
            Some(it) => self.levels.sum_up_to(it.servers).saturating_add_signed(it.busy),
        }
    }

    /// Servers there were in so many nanoseconds, in server-nanoseconds.
    fn there(&self, nanos: u64, servers: u32) -> f64 {
        match &self.resized {
            None => nanos as f64 * f64::from(servers),
            Some(it) => nanos as f64 * f64::from(it.servers) + it.there as f64,
        }
    }

    /// The most servers that there were.
    fn most(&self, servers: u32) -> u32 {
        self.resized.as_ref().map_or(servers, |it| it.most)
    }

    /// How long its servers have stood still until now, in nanoseconds.
    fn halted(&self, now: Time) -> u64 {
        self.halted + self.halted_since.map_or(0, |since| now.since(since).0)
    }
}

impl JourneyMetrics {
    /// Requests that ended, well or not.
    pub fn ended(&self) -> u64 {
        self.response.count() + self.errors()
    }

    /// Requests that ended badly.
    pub fn errors(&self) -> u64 {
        self.refused + self.timed_out + self.failed
    }
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new(model: &Model) -> Metrics {
        let presence = (0..).zip(&model.stations).flat_map(|(index, group)| {
            (0..group.count).map(move |_| Presence { group: index, ..Presence::default() })
        });
        Metrics {
            measured: 0,
            journeys: vec![JourneyMetrics::default(); model.journeys.len()],
            operations: vec![OperationMetrics::default(); model.operations.len()],
            stations: vec![StationMetrics::default(); model.stations.len()],
            blocks: blocks::BlockMetrics::new(&model.measures),
            slos: slos::SloMetrics::of(model),
            systems: availability::SystemMetrics::of(model),
            outages: Vec::new(),
            lasting: Vec::new(),
            replications: 0,
            presence: presence.collect(),
            servers: model.stations.iter().map(|group| group.servers).collect(),
            started: Time::ZERO,
            ended: Time::ZERO,
            population: Population::default(),
        }
    }

    /// Takes the measurements of another replication of the same model in.
    pub fn merge(&mut self, other: &Metrics) {
        self.measured = self.measured.saturating_add(other.measured);
        self.population.at_start += other.population.at_start;
        self.population.now += other.population.now;
        for (mine, other) in self.journeys.iter_mut().zip(&other.journeys) {
            mine.sent += other.sent;
            mine.refused += other.refused;
            mine.timed_out += other.timed_out;
            mine.failed += other.failed;
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
            mine.refused += other.refused;
            mine.dropped += other.dropped;
            mine.dropped_wait += other.dropped_wait;
        }
        self.slos.iter_mut().zip(&other.slos).for_each(|(mine, other)| mine.merge(other));
        self.systems.iter_mut().zip(&other.systems).for_each(|(mine, other)| mine.merge(other));
        self.replications += other.replications;
        self.blocks.merge(&other.blocks);
        for (mine, other) in self.presence.iter_mut().zip(&other.presence) {
            mine.levels.merge(&other.levels);
            if let Some(other) = &other.resized {
                let mine = mine.resized.get_or_insert_default();
                (mine.servers, mine.most) = (other.servers, mine.most.max(other.most));
                (mine.busy, mine.there) = (mine.busy + other.busy, mine.there + other.there);
            }
        }
    }

    /// How long which number was at each station of a group.
    pub fn in_system_of(&self, group: &StationGroup) -> impl Iterator<Item = &Levels> {
        self.presence_at(group).iter().map(|presence| &presence.levels)
    }

    /// Servers of a group that were in use, in server-nanoseconds.
    pub fn busy_of(&self, group: &StationGroup) -> u128 {
        self.presence_at(group).iter().map(|presence| presence.busy(group.servers)).sum()
    }

    /// How many servers each station of a group had, on average.
    pub fn servers_of(&self, group: &StationGroup) -> f64 {
        let presence = self.presence_at(group);
        if group.servers == UNLIMITED || presence.iter().all(|it| it.resized.is_none()) {
            return f64::from(group.servers);
        }
        let there: f64 = presence.iter().map(|it| it.there(self.measured, group.servers)).sum();
        there / (self.measured as f64).max(1.0) / presence.len() as f64
    }

    fn presence_at(&self, group: &StationGroup) -> &[Presence] {
        let first = group.first.0 as usize;
        &self.presence[first..first + group.count as usize]
    }

    /// The number that a measure of the model comes to, on average over the replications; NaN where nothing was seen.
    /// In seconds, per second, as a share or plain.
    pub fn measure(&self, kind: &MeasureKind) -> f64 {
        match *kind {
            MeasureKind::BusiestUtilisation { first, count, servers } => {
                let stations = &self.presence[first.0 as usize..(first.0 + count) as usize];
                let busy = stations.iter().map(|it| it.busy(servers)).max();
                busy.unwrap_or(0) as f64 / stations[0].there(self.measured, servers)
            }
            MeasureKind::Utilisation { first, count, servers, level } => {
                let stations = &self.presence[first.0 as usize..(first.0 + count) as usize];
                let busy = stations.iter().map(|it| it.busy(servers)).sum::<u128>();
                let there = self.measure(&MeasureKind::Mean(level));
                busy as f64 / (there * stations[0].there(self.measured, servers))
            }
            MeasureKind::Slo { slo, figure } => {
                self.slos[slo as usize].figure(figure, self.measured, self.replications)
            }
            MeasureKind::System { system, figure } => {
                self.systems[system as usize].figure(figure, self.replications)
            }
            _ => self.blocks.value(kind, self.measured, self.replications),
        }
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
            digest.fold(journey.failed);
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
            if station.dropped > 0 {
                digest.fold(station.dropped);
                digest.fold(station.dropped_wait as u64);
            }
        }
        self.blocks.fold_into(&mut digest);
        self.slos.iter().for_each(|slo| slo.fold_into(&mut digest));
        self.systems.iter().for_each(|system| system.fold_into(&mut digest));
        for (level, nanos) in self.presence.iter().flat_map(|presence| presence.levels.iter()) {
            digest.fold(u64::from(level));
            digest.fold(nanos);
        }
        digest
    }

    /// Ends the measurements at `now`; every station's last state has been told
    /// ([`crate::simulation::Simulation::settle`]).
    pub fn close(&mut self, now: Time) {
        self.measured = now.since(self.started).0;
        self.replications = 1;
        self.blocks.close(now);
        self.slos.iter_mut().for_each(|slo| slo.close(now, &self.outages));
        self.systems.iter_mut().for_each(|system| system.close(now));
        self.ended = now;
    }

    fn group_of(&mut self, station: StationId) -> &mut StationMetrics {
        &mut self.stations[self.presence[station.0 as usize].group as usize]
    }

    fn forget(&mut self) {
        for journey in &mut self.journeys {
            (journey.sent, journey.refused) = (0, 0);
            (journey.timed_out, journey.failed) = (0, 0);
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
            (station.dropped, station.dropped_wait) = (0, 0);
        }
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
        now: Time,
        journey: u32,
        ending: Ending,
        response: Duration,
        spent: &Spent,
    ) {
        for slo in &mut self.slos {
            slo.finished(now, journey, ending, response);
        }
        let journey = &mut self.journeys[journey as usize];
        self.population.now -= 1;
        match ending {
            Ending::Done => {
                journey.response.record(response.0);
                journey.breakdown.record(response, spent);
            }
            Ending::Refused => journey.refused += 1,
            Ending::TimedOut => journey.timed_out += 1,
            Ending::Failed => journey.failed += 1,
        }
    }

    #[inline]
    fn replied(&mut self, _: Time, operation: OperationId, ending: Ending, duration: Duration) {
        let operation = &mut self.operations[operation.0 as usize];
        match ending {
            Ending::Done => operation.duration.record(duration.0),
            Ending::Refused | Ending::TimedOut | Ending::Failed => operation.failed += 1,
        }
    }

    #[inline]
    fn joined(&mut self, now: Time, station: StationId, demand: Duration) {
        let presence = &mut self.presence[station.0 as usize];
        presence.requests += 1;
        presence.since = presence.since.wrapping_add(now.0);
        presence.longest_service = presence.longest_service.max(demand.0);
    }

    #[inline]
    fn granted(&mut self, _: Time, station: StationId, wait: Duration) {
        self.group_of(station).wait.record(wait.0);
    }

    #[inline]
    fn served(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let presence = &mut self.presence[station.0 as usize];
        presence.requests -= 1;
        presence.since = presence.since.wrapping_sub(now.0 - wait.0 - service.0);
        let group = &mut self.stations[presence.group as usize];
        group.wait.record(wait.0);
        group.service += u128::from(service.0);
    }

    fn dropped(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        let presence = &mut self.presence[station.0 as usize];
        presence.requests -= 1;
        presence.since = presence.since.wrapping_sub(now.0 - wait.0 - service.0);
        let group = &mut self.stations[presence.group as usize];
        group.dropped += 1;
        group.dropped_wait += u128::from(wait.0);
        group.service += u128::from(service.0);
    }

    fn halted(&mut self, now: Time, station: StationId, stopped: bool) {
        let presence = &mut self.presence[station.0 as usize];
        presence.halted = presence.halted(now);
        presence.halted_since = stopped.then_some(now);
    }

    fn resized(&mut self, now: Time, station: StationId, servers: u32) {
        let Presence { group, levels, resized, .. } = &mut self.presence[station.0 as usize];
        let before = self.servers[*group as usize];
        let it = resized.get_or_insert_with(|| {
            Box::new(Resized { servers: before, most: before, ..Resized::default() })
        });
        let busy = |servers| levels.sum_up_to(servers) as i128;
        it.busy += busy(it.servers) - busy(servers);
        it.there +=
            i128::from(now.since(self.started).0) * (i128::from(it.servers) - i128::from(servers));
        (it.servers, it.most) = (servers, it.most.max(servers));
    }

    fn refused(&mut self, _: Time, station: StationId) {
        self.group_of(station).refused += 1;
    }

    #[inline]
    fn occupancy(&mut self, now: Time, station: StationId, before: u32) {
        self.presence[station.0 as usize].levels.change(now, before);
    }

    #[inline]
    fn counted(&mut self, counter: CounterId, times: u64) {
        self.blocks.counts[counter.0 as usize] += times;
    }

    #[inline]
    fn level(&mut self, now: Time, level: LevelId, value: u64) {
        self.blocks.levels[level.0 as usize].set(now, value);
    }

    #[inline]
    fn timed(&mut self, timing: TimingId, duration: Duration) {
        self.blocks.timed(timing, duration);
    }

    fn fault(&mut self, now: Time, fault: u32, begins: bool) {
        if self.slos.is_empty() {
            return;
        }
        if begins && self.outages.len() < OUTAGES_MAX {
            self.lasting.push((fault, self.outages.len()));
            self.outages.push((now, Time::MAX));
        } else if let Some(place) = self.lasting.iter().position(|&(other, _)| other == fault) {
            let (_, outage) = self.lasting.swap_remove(place);
            self.outages[outage].1 = now;
        }
    }

    fn system(&mut self, now: Time, system: u32, is_up: bool, is_whole: bool) {
        self.systems[system as usize].set(now, is_up, is_whole);
    }

    fn restart(&mut self, now: Time) {
        self.forget();
        self.slos.iter_mut().for_each(|slo| slo.restart(now));
        self.systems.iter_mut().for_each(|system| system.restart(now));
        self.blocks.restart(now);
        for presence in &mut self.presence {
            presence.age_at_start = presence.age(now);
            presence.levels.restart(now);
            if let Some(resized) = &mut presence.resized {
                let servers = resized.servers;
                **resized = Resized { servers, most: servers, ..Resized::default() };
            }
            presence.halted = 0;
            presence.halted_since = presence.halted_since.map(|_| now);
        }
        self.started = now;
        self.population.at_start = self.population.now;
    }
}
