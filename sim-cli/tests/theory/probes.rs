//! Recorders for what is not measured by default.

use sim_core::component::{Ending, Spent};
use sim_core::model::StationId;
use sim_core::simulation::Recorder;
use sim_core::time::{Duration, Time};

/// Response times of all clients, answered well or not: little to store where there are thousands of stations.
#[derive(Clone, Copy, Default)]
pub(crate) struct Responses {
    requests: u64,
    nanos: u128,
    squares: u128,
}

impl Responses {
    /// In seconds.
    pub(crate) fn mean(&self) -> f64 {
        self.nanos as f64 * 1e-9 / self.requests as f64
    }

    /// In seconds squared.
    pub(crate) fn variance(&self) -> f64 {
        let mean = self.mean();
        self.squares as f64 * 1e-18 / self.requests as f64 - mean * mean
    }
}

impl Recorder for Responses {
    fn finished(&mut self, _: Time, _: u32, _: Ending, response: Duration, _: &Spent) {
        self.requests += 1;
        self.nanos += u128::from(response.0);
        self.squares += u128::from(response.0) * u128::from(response.0);
    }

    fn restart(&mut self, _: Time) {
        *self = Responses::default();
    }
}

/// Mean of sojourn over demand, of the requests whose demand is close to one size.
#[derive(Clone, Copy)]
pub(crate) struct Slowdown {
    size: f64,
    requests: u64,
    sum: f64,
}

impl Slowdown {
    /// Of demands within a tenth of `size`, in seconds. Under processor sharing the expected sojourn is proportional to
    /// the demand, so the width does not matter.
    pub(crate) fn near(size: f64) -> Slowdown {
        Slowdown { size, requests: 0, sum: 0.0 }
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.requests as f64
    }
}

impl Recorder for Slowdown {
    fn served(&mut self, _: Time, _: StationId, wait: Duration, service: Duration) {
        let demand = service.as_secs();
        if (demand - self.size).abs() <= 0.1 * self.size {
            self.requests += 1;
            self.sum += (wait.as_secs() + demand) / demand;
        }
    }

    fn restart(&mut self, _: Time) {
        *self = Slowdown::near(self.size);
    }
}

/// Unfinished work at stations where nobody is interrupted: a request that waits `w` and is served for `s` adds
/// `s` for a time `w` and then a triangle, `s w + s² / 2` in all (R. W. Wolff, "Stochastic Modeling and the Theory of
/// Queues", 1989, section 5-13).
#[derive(Clone, Copy, Default)]
pub(crate) struct Unfinished {
    area: f64,
}

impl Unfinished {
    /// The integral over time of the unfinished work, in seconds squared.
    pub(crate) fn work(&self) -> f64 {
        self.area
    }
}

impl Recorder for Unfinished {
    fn served(&mut self, _: Time, _: StationId, wait: Duration, service: Duration) {
        let (wait, service) = (wait.as_secs(), service.as_secs());
        self.area += service * wait + service * service / 2.0;
    }

    fn restart(&mut self, _: Time) {
        self.area = 0.0;
    }
}

/// The number at each of two stations, integrated over time in seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Pair {
    present: [u32; 2],
    changed: Time,
    idle: f64,
    imbalance: f64,
}

impl Pair {
    /// How long both were empty.
    pub(crate) fn idle(&self) -> f64 {
        self.idle
    }

    /// The integral of the difference between the two.
    pub(crate) fn imbalance(&self) -> f64 {
        self.imbalance
    }
}

impl Recorder for Pair {
    fn occupancy(&mut self, now: Time, _: StationId, _: u32) {
        let seconds = now.since(std::mem::replace(&mut self.changed, now)).as_secs();
        let [a, b] = self.present;
        self.imbalance += f64::from(a.abs_diff(b)) * seconds;
        self.idle += if a + b == 0 { seconds } else { 0.0 };
    }

    fn joined(&mut self, _: Time, station: StationId, _: Duration) {
        self.present[station.0 as usize] += 1;
    }

    fn served(&mut self, _: Time, station: StationId, _: Duration, _: Duration) {
        self.present[station.0 as usize] -= 1;
    }

    fn restart(&mut self, now: Time) {
        *self = Pair { present: self.present, changed: now, ..Pair::default() };
    }
}

/// What each station of a store served.
#[derive(Clone, Default)]
pub(crate) struct Members {
    served: Vec<Served>,
}

#[derive(Clone, Copy, Default)]
struct Served {
    queries: u64,
    /// Nanoseconds of service.
    busy: u64,
    /// Nanoseconds waited.
    waited: u64,
}

impl Members {
    /// The stations that serve: the others are cores that no step needs.
    fn serving(&self) -> impl Iterator<Item = &Served> {
        self.served.iter().filter(|it| it.queries > 0)
    }

    fn all(&self) -> Served {
        self.serving().fold(Served::default(), |sum, it| Served {
            queries: sum.queries + it.queries,
            busy: sum.busy + it.busy,
            waited: sum.waited + it.waited,
        })
    }

    fn hottest(&self) -> Served {
        self.served.iter().copied().max_by_key(|it| it.queries).unwrap_or_default()
    }

    /// The part of the queries that the busiest gets.
    pub(crate) fn hot_share(&self) -> f64 {
        self.hottest().queries as f64 / self.all().queries as f64
    }

    /// The utilisation of the busiest and of the idlest in so many seconds, of one server each.
    pub(crate) fn utilisations(&self, seconds: f64) -> (f64, f64) {
        let least = self.serving().min_by_key(|it| it.queries).copied().unwrap_or_default();
        let of = |it: Served| it.busy as f64 * 1e-9 / seconds;
        (of(self.hottest()), of(least))
    }

    /// The mean utilisation.
    pub(crate) fn utilisation(&self, seconds: f64) -> f64 {
        self.all().busy as f64 * 1e-9 / seconds / self.serving().count() as f64
    }

    /// Mean time at a member, of all queries and of those at the busiest.
    pub(crate) fn sojourns(&self) -> (f64, f64) {
        let of = |it: Served| (it.busy + it.waited) as f64 * 1e-9 / it.queries as f64;
        (of(self.all()), of(self.hottest()))
    }
}

impl Recorder for Members {
    fn served(&mut self, _: Time, station: StationId, wait: Duration, service: Duration) {
        let at = station.0 as usize;
        if self.served.len() <= at {
            self.served.resize(at + 1, Served::default());
        }
        let served = &mut self.served[at];
        served.queries += 1;
        served.busy += service.0;
        served.waited += wait.0;
    }

    fn restart(&mut self, _: Time) {
        self.served.fill(Served::default());
    }
}
