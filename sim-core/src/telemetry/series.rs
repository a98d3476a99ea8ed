//! Rate, errors, durations, utilisation and levels over time, in windows.

use crate::component::{Ending, Spent};
use crate::model::{CounterId, LevelId, Measures, Model, OperationId, StationId, TimingId};
use crate::simulation::Recorder;
use crate::stats::Histogram;
use crate::time::{Duration, SECOND, Time};
use serde::Serialize;

/// Windows of a series, at most.
pub const WINDOWS_MAX: u64 = 100_000;
/// Numbers that a series holds, at most.
const CELLS_MAX: u64 = 20_000_000;

/// What requests felt in a window; durations are of those answered well.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Felt {
    /// Requests sent; of operations and services, those that ended.
    pub sent: u64,
    /// Answered well.
    pub done: u64,
    /// Refused.
    pub refused: u64,
    /// Given up by their clients.
    pub timed_out: u64,
    /// Met a crash or a failure.
    pub failed: u64,
    /// Durations together, in seconds.
    pub sum: f64,
    /// Median duration in seconds; NaN where none was answered.
    pub p50: f64,
    /// 95th percentile.
    pub p95: f64,
    /// 99th percentile.
    pub p99: f64,
}

impl Felt {
    /// Requests that ended.
    pub fn ended(&self) -> u64 {
        self.done + self.errors()
    }

    /// Requests that ended badly.
    pub fn errors(&self) -> u64 {
        self.refused + self.timed_out + self.failed
    }
}

/// A scope whose requests are counted, window by window.
#[derive(Clone, Debug, Default)]
struct Scope {
    now: Felt,
    durations: Histogram,
    windows: Vec<Felt>,
}

impl Scope {
    fn close(&mut self) {
        let mut felt = std::mem::take(&mut self.now);
        felt.done = self.durations.count();
        felt.sum = self.durations.sum() as f64 / SECOND;
        let quantile = |p| self.durations.quantile(p) / SECOND;
        (felt.p50, felt.p95, felt.p99) = (quantile(0.5), quantile(0.95), quantile(0.99));
        self.windows.push(felt);
        self.durations.clear();
    }

    fn ended(&mut self, ending: Ending, duration: Duration) {
        match ending {
            Ending::Done => self.durations.record(duration.0),
            Ending::Refused => self.now.refused += 1,
            Ending::TimedOut => self.now.timed_out += 1,
            Ending::Failed => self.now.failed += 1,
        }
    }
}

/// How busy the stations of a group were, by window: nanoseconds times servers and times requests.
#[derive(Clone, Debug, Default)]
pub struct StationSeries {
    /// Servers in use.
    pub busy: Vec<u64>,
    /// Requests present.
    pub present: Vec<u64>,
    /// Requests turned away.
    pub refused: Vec<u64>,
}

/// A level over time, by window: value times nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct LevelSeries {
    /// Its integral.
    pub integral: Vec<u64>,
    value: u64,
    since: Time,
}

/// A recorder of series over time.
#[derive(Clone, Debug)]
pub struct Series {
    /// How long a window is.
    pub window: Duration,
    all: Scope,
    journeys: Vec<Scope>,
    operations: Vec<Scope>,
    regions: Vec<Scope>,
    /// By group.
    stations: Vec<StationSeries>,
    levels: Vec<LevelSeries>,
    /// By station: its group, its servers, and since when it is as it is.
    state: Vec<(u32, u32, Time)>,
    /// Groups of stations whose servers have changed: since when there are how many at each.
    resized: Vec<(u32, Time, u32)>,
    /// By counter and timing: the region whose requests, errors and durations they are.
    requests: Vec<Option<u32>>,
    errors: Vec<Option<u32>>,
    durations: Vec<Option<u32>>,
    /// The end of the present window.
    until: Time,
    /// When the run ended; [`Time::MAX`] as long as it goes on.
    pub ended: Time,
}

impl Series {
    /// How many windows a model can have a series of.
    pub fn windows_max(model: &Model) -> u64 {
        let scopes = 10 * (model.journeys.len() + model.operations.len()) as u64
            + 3 * model.stations.len() as u64
            + u64::from(model.measures.levels)
            + 10 * model.region_measures.len() as u64;
        WINDOWS_MAX.min(CELLS_MAX / scopes.max(1))
    }

    /// Nothing recorded yet; the windows begin with the run. What happens where two meet belongs to the first.
    pub fn new(model: &Model, window: Duration) -> Series {
        let measures = &model.measures;
        let mut requests = vec![None; measures.counters as usize];
        let mut errors = vec![None; measures.counters as usize];
        let mut durations = vec![None; measures.timings as usize];
        for (region, told) in (0..).zip(&model.region_measures) {
            if let Some(told) = told {
                requests[told.requests.0 as usize] = Some(region);
                errors[told.errors.0 as usize] = Some(region);
                durations[told.latency.0 as usize] = Some(region);
            }
        }
        let state = (0..).zip(&model.stations).flat_map(|(number, group)| {
            (0..group.count).map(move |_| (number, group.servers, Time::ZERO))
        });
        Series {
            window,
            all: Scope::default(),
            journeys: vec![Scope::default(); model.journeys.len()],
            operations: vec![Scope::default(); model.operations.len()],
            regions: vec![Scope::default(); model.region_measures.len()],
            stations: vec![StationSeries::default(); model.stations.len()],
            levels: vec![LevelSeries::default(); measures.levels as usize],
            state: state.collect(),
            resized: Vec::new(),
            requests,
            errors,
            durations,
            until: Time::ZERO + window,
            ended: Time::MAX,
        }
    }

    /// Makes place for measures behind those known, of which nothing has been told yet.
    pub fn grow(&mut self, measures: &Measures) {
        self.levels.resize(measures.levels as usize, LevelSeries::default());
        self.requests.resize(measures.counters as usize, None);
        self.errors.resize(measures.counters as usize, None);
        self.durations.resize(measures.timings as usize, None);
    }

    /// Ends the last window at `now`; a series goes on no more.
    #[must_use]
    pub fn close(mut self, now: Time) -> Series {
        self.hold_levels(now);
        self.roll(now);
        if now > Time(self.until.0 - self.window.0) || self.windows() == 0 {
            self.close_window();
        }
        self.ended = now;
        self
    }

    /// Ends the windows that are over at `now`, in a run that goes on.
    pub fn reach(&mut self, now: Time) {
        self.hold_levels(now);
        self.roll(now);
    }

    /// Levels that have not changed since are what they were, until now.
    fn hold_levels(&mut self, now: Time) {
        for level in 0..self.levels.len() {
            let value = self.levels[level].value;
            self.level(now, LevelId(level as u32), value);
        }
    }

    /// How many windows there are.
    pub fn windows(&self) -> usize {
        self.all.windows.len()
    }

    /// What all clients felt, by window.
    pub fn all(&self) -> &[Felt] {
        &self.all.windows
    }

    /// When a window begins and ends.
    pub fn bounds(&self, window: usize) -> (Time, Time) {
        let start = Time(self.window.0.saturating_mul(window as u64));
        (start, (start + self.window).min(self.ended))
    }

    /// What the clients of a journey felt, by window.
    pub fn journey(&self, journey: usize) -> &[Felt] {
        &self.journeys[journey].windows
    }

    /// What the callers of an operation felt.
    pub fn operation(&self, operation: usize) -> &[Felt] {
        &self.operations[operation].windows
    }

    /// What the clients of a region felt.
    pub fn region(&self, region: usize) -> &[Felt] {
        &self.regions[region].windows
    }

    /// How busy the stations of a group were in a window: utilisation, servers in use and requests waiting, on average.
    pub fn station(&self, model: &Model, group: usize, window: usize) -> [f64; 3] {
        let (from, to) = self.bounds(window);
        let nanos = to.since(from).0 as f64;
        let of = |of: &[u64]| of.get(window).copied().unwrap_or(0) as f64 / nanos;
        let series = &self.stations[group];
        let (busy, present) = (of(&series.busy), of(&series.present));
        let changed = self.resized.iter().rev().find(|it| it.0 as usize == group && it.1 < to);
        let model = &model.stations[group];
        let servers = match changed.map_or(model.servers, |it| it.2) {
            crate::model::UNLIMITED => f64::INFINITY,
            servers => f64::from(servers) * f64::from(model.count),
        };
        [busy / servers, busy, present - busy]
    }

    /// Requests that the stations of a group turned away in a window.
    pub fn refused(&self, group: usize, window: usize) -> u64 {
        self.stations[group].refused.get(window).copied().unwrap_or(0)
    }

    /// The mean of a level in a window.
    pub fn level_mean(&self, level: usize, window: usize) -> f64 {
        let (from, to) = self.bounds(window);
        let integral = self.levels[level].integral.get(window).copied().unwrap_or(0);
        integral as f64 / to.since(from).0 as f64
    }

    fn close_window(&mut self) {
        self.all.close();
        let scopes = self.journeys.iter_mut().chain(&mut self.operations);
        scopes.chain(&mut self.regions).for_each(Scope::close);
        self.until = self.until + self.window;
    }

    #[inline]
    fn roll(&mut self, now: Time) {
        while now > self.until {
            self.close_window();
        }
    }

    fn window_of(&self, at: Time) -> usize {
        (at.0.saturating_sub(1) / self.window.0) as usize
    }
}

/// Adds `value` times the time from `since` to `now`, to each window its part.
fn spread(windows: &mut Vec<u64>, window: Duration, since: Time, now: Time, value: u64) {
    if value == 0 {
        return;
    }
    let mut from = since.0;
    while from < now.0 {
        let number = from / window.0;
        let to = (number + 1).saturating_mul(window.0).min(now.0);
        let number = number as usize;
        if windows.len() <= number {
            windows.resize(number + 1, 0);
        }
        windows[number] = windows[number].saturating_add(value.saturating_mul(to - from));
        from = to;
    }
}

impl Recorder for Series {
    fn arrived(&mut self, now: Time, journey: u32) {
        self.roll(now);
        self.all.now.sent += 1;
        self.journeys[journey as usize].now.sent += 1;
    }

    fn finished(&mut self, now: Time, journey: u32, ending: Ending, took: Duration, _: &Spent) {
        self.roll(now);
        self.all.ended(ending, took);
        self.journeys[journey as usize].ended(ending, took);
    }

    fn replied(&mut self, now: Time, operation: OperationId, ending: Ending, duration: Duration) {
        self.roll(now);
        let scope = &mut self.operations[operation.0 as usize];
        scope.now.sent += 1;
        scope.ended(ending, duration);
    }

    fn resized(&mut self, now: Time, station: StationId, servers: u32) {
        let (group, before, _) = &mut self.state[station.0 as usize];
        *before = servers;
        self.resized.push((*group, now, servers));
    }

    fn refused(&mut self, now: Time, station: StationId) {
        let window = self.window_of(now);
        let refused = &mut self.stations[self.state[station.0 as usize].0 as usize].refused;
        if refused.len() <= window {
            refused.resize(window + 1, 0);
        }
        refused[window] += 1;
    }

    fn occupancy(&mut self, now: Time, station: StationId, before: u32) {
        let (group, servers, since) = self.state[station.0 as usize];
        self.state[station.0 as usize].2 = now;
        let series = &mut self.stations[group as usize];
        let busy = u64::from(before.min(servers));
        spread(&mut series.busy, self.window, since, now, busy);
        spread(&mut series.present, self.window, since, now, u64::from(before));
    }

    fn level(&mut self, now: Time, level: LevelId, value: u64) {
        let level = &mut self.levels[level.0 as usize];
        spread(&mut level.integral, self.window, level.since, now, level.value);
        (level.value, level.since) = (value, now);
    }

    fn counted(&mut self, counter: CounterId, times: u64) {
        if let Some(region) = self.requests[counter.0 as usize] {
            self.regions[region as usize].now.sent += times;
        }
        if let Some(region) = self.errors[counter.0 as usize] {
            self.regions[region as usize].now.failed += times;
        }
    }

    fn timed(&mut self, timing: TimingId, duration: Duration) {
        if let Some(region) = self.durations[timing.0 as usize] {
            self.regions[region as usize].ended(Ending::Done, duration);
        }
    }
}
