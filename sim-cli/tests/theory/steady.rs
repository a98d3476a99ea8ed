//! Long runs, of which the start is not measured.

use crate::campaign::Replication;
use sim_core::metrics::{JourneyMetrics, Metrics, StationMetrics};
use sim_core::model::{Model, StationGroup};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::stats::{Histogram, Levels};
use sim_core::time::{Duration, SECOND, Time};

/// A replication in its steady state; `F` reads a value by its name.
pub(crate) struct Steady<'m, R, F> {
    model: &'m Model,
    run: Simulation<'m, R>,
    warmup: Time,
    read: F,
}

impl<'m, R: Recorder, F> Steady<'m, R, F> {
    /// A replication that has its warm-up, as the model has it, behind it.
    pub(crate) fn new(model: &'m Model, seed: Seed, recorder: R, read: F) -> Self {
        let run = Simulation::new(model, seed, recorder);
        let warmup = Time::ZERO + model.run.warmup.expect("the model says how long its warm-up is");
        Steady { model, run, warmup, read }
    }
}

impl<R, F> Replication for Steady<'_, R, F>
where
    R: Recorder + Send,
    F: Fn(&Window<'_, R>, &str) -> Option<f64> + Send,
{
    fn extend(&mut self, length: f64) {
        if self.run.now() == Time::ZERO {
            self.run.run_until(self.warmup, u64::MAX);
            self.run.begin_measuring();
        }
        let planned = self.model.run.horizon.as_secs() - self.warmup.as_secs();
        self.run.run_until(self.warmup + Duration::from_secs(planned * length), u64::MAX);
        self.run.settle();
    }

    fn value(&self, name: &str) -> Option<f64> {
        let now = self.run.now();
        let seconds = now.since(self.warmup).as_secs();
        let window = Window { model: self.model, recorder: &self.run.recorder, now, seconds };
        (self.read)(&window, name)
    }

    fn events(&self) -> u64 {
        self.run.events()
    }
}

/// What a recorder saw from the end of the warm-up until now.
pub(crate) struct Window<'a, R> {
    pub(crate) model: &'a Model,
    pub(crate) recorder: &'a R,
    pub(crate) now: Time,
    pub(crate) seconds: f64,
}

impl<'a> Window<'a, Metrics> {
    /// What the clients of this name felt; they have one journey.
    pub(crate) fn client(&self, name: &str) -> &'a JourneyMetrics {
        let client = self.model.clients.iter().find(|client| client.name == name);
        let client = client.unwrap_or_else(|| panic!("there are no clients `{name}`"));
        &self.recorder.journeys[client.first_journey as usize]
    }

    /// Mean response time of these clients, in seconds.
    pub(crate) fn response_mean(&self, client: &str) -> f64 {
        self.client(client).response.mean() / SECOND
    }

    /// Answers that these clients got per second.
    pub(crate) fn throughput(&self, client: &str) -> f64 {
        self.client(client).response.count() as f64 / self.seconds
    }

    /// Mean duration of calls of an operation, in seconds.
    pub(crate) fn operation_mean(&self, name: &str) -> f64 {
        let index = self.model.operations.iter().position(|operation| operation.name == name);
        let index = index.unwrap_or_else(|| panic!("there is no operation `{name}`"));
        self.recorder.operations[index].duration.mean() / SECOND
    }

    /// A measure that a block reports of itself: `guards.users` of its `calls`.
    pub(crate) fn told(&self, of: &str, name: &str) -> f64 {
        let mut measures = self.model.measures.reported.iter();
        let measure = measures.find(|it| it.of == of && it.name == name);
        let measure = measure.unwrap_or_else(|| panic!("{of} tells of no `{name}`"));
        self.closed().measure(&measure.kind)
    }

    /// What was measured until now; the run may go on after this look at it.
    pub(crate) fn closed(&self) -> Metrics {
        let mut metrics = self.recorder.clone();
        metrics.close(self.now);
        metrics
    }

    /// A group of stations.
    pub(crate) fn station(&self, name: &str) -> Stations<'a> {
        let index = self.model.stations.iter().position(|group| group.name == name);
        let index = index.unwrap_or_else(|| panic!("there is no station `{name}`"));
        let group = &self.model.stations[index];
        let in_system = self.recorder.in_system_of(group).collect();
        Stations { group, seen: &self.recorder.stations[index], in_system, seconds: self.seconds }
    }

    /// A value of the clients `users` or the service `server`, by the name that truth.json has for it.
    pub(crate) fn standard(&self, name: &str) -> Option<f64> {
        let client = self.client("users");
        if let Some(statistic) = name.strip_prefix("sojourn_") {
            return of_times(&client.response, statistic);
        }
        match name {
            "p_reject" => Some(client.refused as f64 / client.sent as f64),
            "throughput" => Some(self.throughput("users")),
            _ => self.station("server").standard(name),
        }
    }
}

/// What was seen at a group of equal stations.
pub(crate) struct Stations<'a> {
    group: &'a StationGroup,
    pub(crate) seen: &'a StationMetrics,
    pub(crate) in_system: Vec<&'a Levels>,
    seconds: f64,
}

impl Stations<'_> {
    /// Mean number there, at all of them together.
    pub(crate) fn in_system_mean(&self) -> f64 {
        self.in_system.iter().map(|levels| levels.mean()).sum()
    }

    /// Mean number of busy servers.
    pub(crate) fn busy_mean(&self) -> f64 {
        let busy = |levels: &&Levels| levels.sum_up_to(self.group.servers) as f64;
        self.in_system.iter().map(busy).sum::<f64>() / (self.seconds * SECOND)
    }

    /// Busy servers as a part of all.
    pub(crate) fn utilisation(&self) -> f64 {
        self.busy_mean() / f64::from(self.group.servers) / f64::from(self.group.count)
    }

    /// The part of the time in which at least `n` are at the first of the stations.
    pub(crate) fn p_at_least(&self, n: u32) -> f64 {
        if n == 0 { 1.0 } else { 1.0 - self.in_system[0].fraction_at_most(n - 1) }
    }

    /// The part of the requests served that had to wait.
    pub(crate) fn p_wait(&self) -> f64 {
        1.0 - self.seen.wait.fraction_at_most(0)
    }

    /// Requests served per second.
    pub(crate) fn throughput(&self) -> f64 {
        self.seen.wait.count() as f64 / self.seconds
    }

    /// A value by the name that truth.json has for it.
    pub(crate) fn standard(&self, name: &str) -> Option<f64> {
        if let Some(statistic) = name.strip_prefix("wait_") {
            return of_times(&self.seen.wait, statistic);
        }
        Some(match name {
            "in_system_mean" => self.in_system_mean(),
            "in_system_var" => self.in_system[0].variance(),
            "queue_len_mean" => self.in_system_mean() - self.busy_mean(),
            "busy_mean" => self.busy_mean(),
            "utilisation" => self.utilisation(),
            "throughput" => self.throughput(),
            "p_idle" | "p_idle_time_average" => 1.0 - self.p_at_least(1),
            "p_wait" => self.p_wait(),
            "p_no_wait" | "p_arrival_no_wait" => 1.0 - self.p_wait(),
            _ => return None,
        })
    }
}

/// A statistic of times, in seconds: `mean`, `var`, `sd`, the second moment `m2`, or a percentile such as `p99_9`.
pub(crate) fn of_times(times: &Histogram, statistic: &str) -> Option<f64> {
    Some(match statistic {
        "mean" => times.mean() / SECOND,
        "var" => times.variance() / (SECOND * SECOND),
        "sd" => times.standard_deviation() / SECOND,
        "m2" => times.sum_of_squares() as f64 / times.count() as f64 / (SECOND * SECOND),
        _ => {
            let percent: f64 = statistic.strip_prefix('p')?.replace('_', ".").parse().ok()?;
            times.quantile(percent / 100.0) / SECOND
        }
    })
}
