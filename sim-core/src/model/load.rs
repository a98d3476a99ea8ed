//! Offered load: what each station is asked for, and what it can give, by the utilisation law.
//!
//! Nothing is simulated: the expected service that a request asks of each station, times the rate of requests, is
//! the offered load in servers (Denning and Buzen, "The Operational Analysis of Queueing Network Models", ACM
//! Computing Surveys 10, 1978).

use super::caches::Hits;
use super::{AccessId, CacheStep, Instruction, Journey, LawId, Model, Pc, Source, UNLIMITED};
use crate::spec::Balancer;
use crate::time::{Duration, SECOND, Time};
use std::collections::BTreeMap;

/// What each station is offered and can take.
#[derive(Clone, PartialEq, Debug)]
pub struct Load {
    /// A row for each group of stations, in the model's order.
    pub stations: Vec<Offered>,
    /// Requests per second of each journey. Closed clients': as if nobody ever waited, which is the most they can send.
    pub rates: Vec<f64>,
    /// The shortest mean time, in seconds, in which each journey can be done: without any waiting for others.
    pub unloaded: Vec<f64>,
    /// Instructions that each journey takes on average.
    pub steps: Vec<f64>,
    /// The index in `stations` of the one that is used most, if any is used.
    pub bottleneck: Option<usize>,
}

/// What a group of stations is offered.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Offered {
    /// Servers kept busy on average, over all stations of the group, if none ever refused.
    pub erlangs: f64,
    /// Servers in all; infinite where there is no limit.
    pub servers: f64,
    /// Share of the time that a server of the busiest station of the group would be busy; above 1 it cannot keep up.
    pub utilisation: f64,
    /// Requests per second, of all clients in their present mix, at which the busiest station is always busy.
    pub capacity: f64,
    /// The same share at the peak of the clients' profiles.
    pub peak_utilisation: f64,
}

/// What one run of a piece of the plan asks for.
#[derive(Clone, Default)]
struct Demand {
    /// Nanoseconds of service by group of stations.
    service: BTreeMap<usize, f64>,
    /// Nanoseconds from beginning to end, if nobody else were there.
    time: f64,
    /// Instructions.
    steps: f64,
    /// Look-ups by access.
    lookups: BTreeMap<u32, f64>,
}

impl Demand {
    fn add(&mut self, other: &Demand, times: f64) {
        for (&group, nanos) in &other.service {
            *self.service.entry(group).or_default() += nanos * times;
        }
        for (&access, lookups) in &other.lookups {
            *self.lookups.entry(access).or_default() += lookups * times;
        }
        self.time += other.time * times;
        self.steps += other.steps * times;
    }
}

impl Load {
    /// The load of a model.
    pub fn of(model: &Model) -> Load {
        let span = match model.run.horizon {
            Duration::ZERO => model.recorded().unwrap_or(DAY),
            horizon => horizon,
        };
        let mean_rates = |demands: &[Demand]| {
            rates(model, demands, |traffic| traffic.mean_rate(Time::ZERO, Time::ZERO + span))
        };
        let mut demands = demands(model, &Hits::none(model));
        let mut rates = mean_rates(&demands);
        // What hits depends on how often it is asked for, and this on what the caches in front hit.
        for _ in 0..if model.accesses.is_empty() { 0 } else { CACHE_ROUNDS } {
            let mut lookups = vec![0.0; model.accesses.len()];
            for (demand, rate) in demands.iter().zip(&rates) {
                for (&access, times) in &demand.lookups {
                    lookups[access as usize] += times * rate;
                }
            }
            demands = self::demands(model, &Hits::of(model, &lookups));
            rates = mean_rates(&demands);
        }
        let peaks = rates_at_peak(model, &demands);
        let total: f64 = rates.iter().sum();
        let offered = erlangs(model, &demands, &rates);
        let offered_at_peak = erlangs(model, &demands, &peaks);
        let stations: Vec<Offered> = (model.stations.iter().enumerate())
            .map(|(index, group)| {
                let servers = if group.servers == UNLIMITED {
                    f64::INFINITY
                } else {
                    f64::from(group.servers) * f64::from(group.count)
                };
                let uneven = unevenness(model, index);
                let (erlangs, peak) = (offered[index], offered_at_peak[index]);
                let utilisation = uneven * erlangs / servers;
                Offered {
                    erlangs,
                    servers,
                    utilisation,
                    capacity: if utilisation > 0.0 { total / utilisation } else { f64::INFINITY },
                    peak_utilisation: uneven * peak / servers,
                }
            })
            .collect();
        let bottleneck = (0..stations.len())
            .filter(|&i| stations[i].utilisation > 0.0)
            .max_by(|&a, &b| stations[a].utilisation.total_cmp(&stations[b].utilisation));
        let unloaded = demands.iter().map(|d| d.time / SECOND).collect();
        let steps = demands.iter().map(|d| d.steps).collect();
        Load { stations, rates, unloaded, steps, bottleneck }
    }
}

/// What each journey asks for, if caches hit like that.
fn demands(model: &Model, hits: &Hits) -> Vec<Demand> {
    let mut walk = Walk { model, hits, known: BTreeMap::new() };
    let demand = |journey: &Journey| {
        let mut demand = walk.operation(journey.entry);
        if let Some(hop) = model.clients[journey.client as usize].hop {
            demand.time += walk.mean(hop) + walk.mean(LawId(hop.0 + 1));
        }
        demand
    };
    model.journeys.iter().map(demand).collect()
}

/// Servers kept busy on average in each group of stations, by journeys at these rates.
fn erlangs(model: &Model, demands: &[Demand], rates: &[f64]) -> Vec<f64> {
    let mut erlangs = vec![0.0; model.stations.len()];
    for (demand, rate) in demands.iter().zip(rates) {
        for (&group, nanos) in &demand.service {
            erlangs[group] += nanos * rate / SECOND;
        }
    }
    erlangs
}

/// How much more than its share the busiest replica is sent.
fn unevenness(model: &Model, group: usize) -> f64 {
    let first = model.stations[group].first;
    let service = model.services.iter().find(|s| s.cores == first || s.threads == Some(first));
    match service.map(|service| &service.balancer) {
        Some(Balancer::Weighted(weights)) => {
            let most = weights.iter().copied().fold(0.0, f64::max);
            most * weights.len() as f64 / weights.iter().sum::<f64>()
        }
        _ => 1.0,
    }
}

/// Requests per second by journey, open clients' by `rate`.
fn rates(
    model: &Model,
    demands: &[Demand],
    rate: impl Fn(&super::traffic::Traffic) -> f64,
) -> Vec<f64> {
    let mut rates = vec![0.0; model.journeys.len()];
    for client in &model.clients {
        let first = client.first_journey as usize;
        let shares = shares_of(&client.mix);
        let total = match &client.source {
            Source::Open(traffic) => rate(traffic),
            Source::Closed { users, think } => {
                let think = think.map_or(0.0, |law| model.laws[law.0 as usize].sampler.mean());
                let time: f64 =
                    shares.iter().zip(&demands[first..]).map(|(share, d)| share * d.time).sum();
                f64::from(*users) * SECOND / (think + time).max(1.0)
            }
        };
        for (i, share) in shares.iter().enumerate() {
            rates[first + i] = total * share;
        }
    }
    rates
}

fn rates_at_peak(model: &Model, demands: &[Demand]) -> Vec<f64> {
    rates(model, demands, |traffic| traffic.peak_rate())
}

/// Cumulated fractions of 2^64 back as shares.
fn shares_of(cumulated: &[u64]) -> Vec<f64> {
    let mut before = 0.0;
    cumulated
        .iter()
        .map(|&until| {
            let until = until as f64 / super::WHOLE;
            let share = until - before;
            before = until;
            share
        })
        .collect()
}

/// A walk over the plan that adds up expectations.
struct Walk<'m> {
    model: &'m Model,
    hits: &'m Hits,
    known: BTreeMap<Pc, Demand>,
}

impl Walk<'_> {
    fn mean(&self, law: LawId) -> f64 {
        self.model.laws[law.0 as usize].sampler.mean()
    }

    /// The demand of an operation that begins at `entry`.
    fn operation(&mut self, entry: Pc) -> Demand {
        if let Some(known) = self.known.get(&entry) {
            return known.clone();
        }
        let demand = self.walk(entry, None);
        self.known.insert(entry, demand.clone());
        demand
    }

    /// The demand from `pc` to the end of the operation, branch or loop body that it lies in, or to a jump to `stop`.
    fn walk(&mut self, mut pc: Pc, stop: Option<Pc>) -> Demand {
        let mut demand = Demand::default();
        let mut held: Vec<(usize, f64)> = Vec::new();
        let mut connection: Option<(usize, f64)> = None;
        loop {
            demand.steps += 1.0;
            match self.model.plan[pc as usize] {
                Instruction::Cache(CacheStep::LookUp(access)) => {
                    pc = self.look_up(&mut demand, access, pc + 1);
                    continue;
                }
                Instruction::Cache(CacheStep::PutBehind(write)) => {
                    let write = &self.model.cache_writes[write.0 as usize];
                    // At least: full batches.
                    self.branch(&mut demand, write.flush, 1.0 / f64::from(write.batch), false);
                }
                Instruction::Cache(_)
                | Instruction::Arrive
                | Instruction::Deliver
                | Instruction::Pick { .. } => {}
                Instruction::Enter(service) => {
                    if let Some(threads) = self.model.services[service.0 as usize].threads {
                        let group = self.model.group_of(super::Resource::per_replica(threads));
                        held.push((group, demand.time));
                    }
                }
                Instruction::Serve { station, law } => {
                    let mean = self.mean(law);
                    let group = self.model.group_of(station);
                    *demand.service.entry(group).or_default() += mean;
                    demand.time += mean;
                }
                Instruction::Pause { law, .. } => demand.time += self.mean(law),
                Instruction::Connect(pool) => {
                    connection = Some((self.model.group_of(pool), demand.time))
                }
                Instruction::Disconnect => {
                    if let Some((group, since)) = connection.take() {
                        *demand.service.entry(group).or_default() += demand.time - since;
                    }
                }
                Instruction::Call { entry, hop, .. } => self.call(&mut demand, entry, hop),
                Instruction::Invoke { entry, .. } => self.call(&mut demand, entry, None),
                Instruction::Fork { first, count, need } => {
                    self.fork(&mut demand, first, count, need)
                }
                // The branch is behind a jump past it.
                Instruction::Scatter { count, .. } => {
                    self.branch(&mut demand, pc + 2, f64::from(count), true);
                }
                Instruction::Choose { first, count, .. } => {
                    pc = self.choose(&mut demand, first, count);
                    continue;
                }
                Instruction::Jump(to) if Some(to) == stop => break,
                Instruction::Jump(to) => {
                    pc = to;
                    continue;
                }
                Instruction::Repeat { law, after } => {
                    let body = self.walk(pc + 1, None);
                    demand.add(&body, self.mean(law));
                    pc = after;
                    continue;
                }
                Instruction::Join
                | Instruction::Again { .. }
                | Instruction::Return
                | Instruction::Bury => break,
            }
            pc += 1;
        }
        for (group, since) in held {
            *demand.service.entry(group).or_default() += demand.time - since;
        }
        demand
    }

    /// A branch that runs so often at once, and may be waited for.
    fn branch(&mut self, demand: &mut Demand, begin: Pc, times: f64, awaited: bool) {
        let branch = self.walk(begin, None);
        if awaited {
            demand.time += branch.time;
        }
        demand.add(&Demand { time: 0.0, ..branch }, times);
    }

    /// The ways of a choice by their shares. Returns where they meet.
    fn choose(&mut self, demand: &mut Demand, first: u32, count: u32) -> Pc {
        let (ways, after) = self.model.ways_of(first, count);
        let shares = shares_of(&ways.iter().map(|way| way.until).collect::<Vec<_>>());
        for (share, way) in shares.iter().zip(ways) {
            let way = self.walk(way.to, Some(after));
            demand.add(&way, *share);
        }
        after
    }

    /// The ways of a look-up by what is expected to hit. Returns where they meet.
    fn look_up(&mut self, demand: &mut Demand, id: AccessId, found: Pc) -> Pc {
        let (access, expected) = (self.model.accesses[id.0 as usize], self.hits.at(id));
        *demand.lookups.entry(id.0).or_default() += 1.0;
        let found = self.walk(found, Some(access.after));
        demand.add(&found, expected.hit);
        let missed = self.walk(access.miss, Some(access.after));
        demand.add(&missed, 1.0 - expected.hit);
        if let Some(refresh) = access.refresh {
            self.branch(demand, refresh, expected.refreshed, false);
        }
        access.after
    }

    fn call(&mut self, demand: &mut Demand, entry: Pc, hop: Option<LawId>) {
        let called = self.operation(entry);
        demand.add(&called, 1.0);
        if let Some(hop) = hop {
            demand.time += self.mean(hop) + self.mean(LawId(hop.0 + 1));
        }
    }

    fn fork(&mut self, demand: &mut Demand, first: u32, count: u32, need: u32) {
        let mut times = Vec::with_capacity(count as usize);
        for branch in first..first + count {
            let branch = self.walk(self.model.branches[branch as usize], None);
            times.push(branch.time);
            demand.add(&Demand { time: 0.0, ..branch }, 1.0);
        }
        if need == 0 {
            return;
        }
        // As if no branch ever varied. Exact for constant times; a mean of random ones is at least this where all
        // branches are waited for.
        times.sort_by(f64::total_cmp);
        demand.time += times[need as usize - 1];
    }
}

impl Model {
    /// Chooses a horizon where the file gives none: time for some fifty thousand requests, as a round number.
    pub(super) fn choose_horizon(&mut self, load: &Load) {
        if self.run.horizon != Duration::ZERO {
            return;
        }
        if let Some(recorded) = self.recorded() {
            self.run.horizon = recorded;
            return;
        }
        let rate: f64 = load.rates.iter().sum();
        let wanted =
            REQUESTS_WANTED / rate.max(REQUESTS_WANTED / HORIZON_SECS[HORIZON_SECS.len() - 1]);
        let secs = HORIZON_SECS.into_iter().find(|&secs| secs >= wanted).unwrap_or(HORIZON_SECS[0]);
        self.run.horizon = Duration::from_secs(secs);
    }
}

impl Model {
    /// How long the longest recording lasts that clients replay.
    fn recorded(&self) -> Option<Duration> {
        let recorded = self.clients.iter().filter_map(|client| match &client.source {
            Source::Open(traffic) => traffic.recorded(),
            Source::Closed { .. } => None,
        });
        recorded.max()
    }
}

/// How often the hit ratios of caches and the load behind them are worked out from each other: once for each layer,
/// and once more for clients who wait.
const CACHE_ROUNDS: u32 = 6;
/// Rates are means over this time where the file gives no horizon.
const DAY: Duration = Duration(86_400_000_000_000);
/// Requests of one replication where the file gives no horizon.
const REQUESTS_WANTED: f64 = 50_000.0;
/// From 10 s to 30 days.
const HORIZON_SECS: [f64; 12] = [
    10.0,
    30.0,
    60.0,
    300.0,
    600.0,
    1800.0,
    3600.0,
    21_600.0,
    86_400.0,
    604_800.0,
    1_209_600.0,
    2_592_000.0,
];
