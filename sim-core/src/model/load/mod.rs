//! Offered load: what each station is asked for, and what it can give, by the utilisation law.
//!
//! Nothing is simulated: the expected service that a request asks of each station, times the rate of requests, is
//! the offered load in servers (Denning and Buzen, "The Operational Analysis of Queueing Network Models", ACM
//! Computing Surveys 10, 1978).

mod ceilings;
mod walk;

pub use ceilings::{Ceiling, CeilingOf};
pub(in crate::model) use walk::{Here, Walk};

use super::caches::Hits;
use super::{Front, LawId, Model, Resource, ServiceId, Source, StationId, UNLIMITED};
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
    /// Locks and limits. Of the rows of a database that are locked against all others, for each population of keys the lock
    /// that is wanted most.
    pub ceilings: Vec<Ceiling>,
    /// Messages per second sent to each queue; infinite where messages beget messages without end. As if every
    /// delivery ended well.
    pub messages: Vec<f64>,
    /// What one request of each journey asks for in all, messages that it sends included.
    pub caused: Vec<Caused>,
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

/// What one request asks for, messages that it sends and what these send included.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Caused {
    /// Nanoseconds of service, by group of stations.
    pub service: Vec<f64>,
    /// Messages, by queue.
    pub messages: Vec<f64>,
    /// Requests to what is paid by the request.
    pub asks: BTreeMap<PaidByRequest, f64>,
}

/// What can be paid by the request, each by its index in the model.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PaidByRequest {
    /// An external system.
    External(u32),
    /// An object storage that objects are got from.
    Get(u32),
    /// An object storage that objects are put into.
    Put(u32),
    /// A cache.
    Cache(u32),
    /// The load balancer of a service; a request counts as the units that it would take in a second, alone.
    Balanced(ServiceId),
    /// A function.
    Function(ServiceId),
    /// The time of a function, in nanoseconds.
    FunctionTime(ServiceId),
}

/// What one run of a piece of the plan asks for.
#[derive(Clone, Default)]
pub(super) struct Demand {
    /// Nanoseconds of service by group of stations.
    service: BTreeMap<usize, f64>,
    /// How often exclusive locks are taken and limits passed, and for how many nanoseconds in all.
    ceilings: BTreeMap<CeilingOf, (f64, f64)>,
    /// Writes that a view shows.
    writes: BTreeMap<u32, f64>,
    /// Connections of poolers that are kept until the request leaves its service.
    sessions: BTreeMap<u32, Session>,
    /// What the busiest station of a group would be asked for beyond that, if all of the group were as busy.
    excess: BTreeMap<usize, f64>,
    /// Nanoseconds from beginning to end, if nobody else were there.
    pub(super) time: f64,
    /// Instructions.
    steps: f64,
    /// Messages sent, by queue.
    sends: BTreeMap<usize, f64>,
    /// Look-ups by access.
    lookups: BTreeMap<u32, f64>,
    /// Requests to what may be paid by the request.
    asks: BTreeMap<PaidByRequest, f64>,
}

/// A connection that is kept.
#[derive(Clone, Copy, Default)]
struct Session {
    /// How likely it is that there is one.
    taken: f64,
    /// When it was taken, times that.
    since: f64,
}

impl Demand {
    pub(super) fn add(&mut self, other: &Demand, times: f64) {
        for (&pooler, session) in &other.sessions {
            let since = self.time + session.since / session.taken;
            self.begin_session(pooler, session.taken * times.min(1.0), since);
        }
        for (&of, &(taken, nanos)) in &other.ceilings {
            self.take(of, taken * times, nanos * times);
        }
        for (&view, writes) in &other.writes {
            *self.writes.entry(view).or_default() += writes * times;
        }
        for (&group, nanos) in &other.service {
            *self.service.entry(group).or_default() += nanos * times;
        }
        for (&group, nanos) in &other.excess {
            *self.excess.entry(group).or_default() += nanos * times;
        }
        for (&queue, messages) in &other.sends {
            *self.sends.entry(queue).or_default() += messages * times;
        }
        for (&access, lookups) in &other.lookups {
            *self.lookups.entry(access).or_default() += lookups * times;
        }
        for (&of, asks) in &other.asks {
            *self.asks.entry(of).or_default() += asks * times;
        }
        self.time += other.time * times;
        self.steps += other.steps * times;
    }

    /// A lock or a place within a limit is taken so often, and held for so long in all.
    fn take(&mut self, of: CeilingOf, times: f64, nanos: f64) {
        let taken = self.ceilings.entry(of).or_default();
        *taken = (taken.0 + times, taken.1 + nanos);
    }

    /// With this probability a connection is taken for a session, unless there is one.
    fn begin_session(&mut self, pooler: u32, likely: f64, since: f64) {
        let session = self.sessions.entry(pooler).or_default();
        let new = (1.0 - session.taken) * likely;
        session.taken += new;
        session.since += new * since;
    }

    /// The request leaves its service: its sessions end.
    fn end_sessions(&mut self, model: &Model) {
        for (pooler, session) in std::mem::take(&mut self.sessions) {
            let station = model.holds.poolers[pooler as usize].station;
            let group = model.group_of(Resource::shared(station));
            let held = session.taken * self.time - session.since;
            *self.service.entry(group).or_default() += held;
        }
    }
}

impl Load {
    /// The lock or limit within the system that is wanted most, if it is wanted more than any server of a station.
    pub fn ceiling_before_stations(&self) -> Option<&Ceiling> {
        let station = self.bottleneck.map_or(0.0, |first| self.stations[first].utilisation);
        let is_within = |ceiling: &&Ceiling| !matches!(ceiling.of, CeilingOf::Gateway(_));
        let wanted = self.ceilings.iter().filter(is_within);
        let wanted = wanted.filter(|ceiling| ceiling.utilisation > station);
        wanted.max_by(|a, b| a.utilisation.total_cmp(&b.utilisation))
    }

    /// The load of a model.
    pub fn of(model: &Model) -> Load {
        let span = match model.run.horizon {
            Duration::ZERO => model.recorded().unwrap_or(DAY),
            horizon => horizon,
        };
        let mean_rates = |demands: &[Demand]| {
            rates(model, demands, |traffic| traffic.mean_rate(Time::ZERO, Time::ZERO + span))
        };
        let (mut demands, mut consumers) = demands(model, &Hits::none(model));
        let mut rates = mean_rates(&demands);
        // What hits depends on how often it is asked for, and this on what the caches in front hit.
        for _ in 0..if model.accesses.is_empty() { 0 } else { CACHE_ROUNDS } {
            let mut lookups = vec![0.0; model.accesses.len()];
            let messages = messages_of(model, &demands, &rates, &consumers);
            let (journeys, works) = ((&*demands, &*rates), (&*consumers, &*messages));
            Asked { model, journeys, consumers: works }.each(|demand, rate| {
                for (&access, times) in &demand.lookups {
                    lookups[access as usize] += times * rate;
                }
            });
            (demands, consumers) = self::demands(model, &Hits::of(model, &lookups));
            rates = mean_rates(&demands);
        }
        let peaks = rates_at_peak(model, &demands);
        let total: f64 = rates.iter().sum();
        let messages = messages_of(model, &demands, &rates, &consumers);
        let at_peak = messages_of(model, &demands, &peaks, &consumers);
        let now = Asked { model, journeys: (&demands, &rates), consumers: (&consumers, &messages) };
        let peak = Asked { journeys: (&demands, &peaks), consumers: (&consumers, &at_peak), ..now };
        let offered = now.offered();
        let excess = now.erlangs(|demand| &demand.excess);
        let offered_at_peak = peak.offered();
        let excess_at_peak = peak.erlangs(|demand| &demand.excess);
        let stations: Vec<Offered> = (model.stations.iter().enumerate())
            .map(|(index, group)| {
                let servers = if group.servers == UNLIMITED {
                    f64::INFINITY
                } else {
                    f64::from(group.servers) * f64::from(group.count)
                };
                let uneven = unevenness(model, index);
                let (erlangs, peak) = (offered[index], offered_at_peak[index]);
                let utilisation = uneven * (erlangs + excess[index]) / servers;
                Offered {
                    erlangs,
                    servers,
                    utilisation,
                    capacity: if utilisation > 0.0 { total / utilisation } else { f64::INFINITY },
                    peak_utilisation: uneven * (peak + excess_at_peak[index]) / servers,
                }
            })
            .collect();
        let bottleneck = (0..stations.len())
            .filter(|&i| stations[i].utilisation > 0.0)
            .max_by(|&a, &b| stations[a].utilisation.total_cmp(&stations[b].utilisation));
        let unloaded = demands.iter().map(|d| d.time / SECOND).collect();
        let steps = demands.iter().map(|d| d.steps).collect();
        let ceilings = ceilings::ceilings(&now, &peak, total);
        let caused = match model.charges.is_empty() && !model.has_ideal() {
            true => Vec::new(),
            false => caused(model, &demands, &consumers),
        };
        Load { stations, rates, unloaded, steps, ceilings, messages, caused, bottleneck }
    }
}

/// What each journey and each message asks for, if caches hit like that.
fn demands(model: &Model, hits: &Hits) -> (Vec<Demand>, Vec<Demand>) {
    let known = BTreeMap::new();
    let mut walk = Walk { model, hits, known, routed: Vec::new(), uneven: 1.0 };
    let mut journeys: Vec<Demand> =
        model.journeys.iter().map(|journey| walk.journey(journey)).collect();
    for (demand, journey) in journeys.iter_mut().zip(&model.journeys) {
        if let Some(hop) = model.clients[journey.client as usize].hop {
            let opened = model.handshake.map_or(0.0, |tls| tls.opened * f64::from(tls.round_trips));
            demand.time += (1.0 + opened) * (walk.mean(hop) + walk.mean(LawId(hop.0 + 1)));
        }
    }
    let consumers = consumers(&mut walk);
    (journeys, consumers)
}

/// What each message asks for, by subscription: of the worker too, who has it as one of a full batch.
fn consumers(walk: &mut Walk<'_>) -> Vec<Demand> {
    let model = walk.model;
    let demand = |subscription: &super::Subscription| {
        let mut demand = walk.operation(subscription.entry, Here::default());
        let receive = subscription.receive.map_or(0.0, |law| walk.mean(law));
        let group = model.group_of(Resource::shared(subscription.station));
        let held = demand.time + receive / f64::from(subscription.terms.batch);
        *demand.service.entry(group).or_default() += held;
        demand
    };
    model.subscriptions.iter().map(demand).collect()
}

/// Messages per second to each queue: what journeys send at these rates, what messages make consumers send, and so on
/// (the traffic equations of J. R. Jackson, "Networks of Waiting Lines", Operations Research 5, 1957).
fn messages_of(model: &Model, demands: &[Demand], rates: &[f64], consumers: &[Demand]) -> Vec<f64> {
    let mut outside = vec![0.0; model.queues.len()];
    for (demand, rate) in demands.iter().zip(rates) {
        demand.sends.iter().for_each(|(&queue, sent)| outside[queue] += sent * rate);
    }
    let mut total = outside.clone();
    let mut grows = vec![false; total.len()];
    for _ in 0..ROUNDS_MAX {
        let mut next = outside.clone();
        for (subscription, demand) in model.subscriptions.iter().zip(consumers) {
            let rate = total[subscription.queue.0 as usize];
            demand.sends.iter().for_each(|(&queue, sent)| next[queue] += sent * rate);
        }
        grows = next.iter().zip(&total).map(|(now, before)| now - before > 1e-9 * now).collect();
        total = next;
        if !grows.contains(&true) {
            break;
        }
    }
    let endless = |(&rate, &grows): (&f64, &bool)| if grows { f64::INFINITY } else { rate };
    total.iter().zip(&grows).map(endless).collect()
}

/// What one request of each journey causes.
fn caused(model: &Model, demands: &[Demand], consumers: &[Demand]) -> Vec<Caused> {
    let of = |journey: usize| {
        let mut service = vec![0.0; model.stations.len()];
        let mut asks = BTreeMap::new();
        let mut add = |demand: &Demand, times: f64| {
            demand.service.iter().for_each(|(&group, nanos)| service[group] += nanos * times);
            for (&of, each) in &demand.asks {
                *asks.entry(of).or_default() += each * times;
            }
        };
        let once = std::slice::from_ref(&demands[journey]);
        let messages = messages_of(model, once, &[1.0], consumers);
        add(&demands[journey], 1.0);
        for (subscription, demand) in model.subscriptions.iter().zip(consumers) {
            // Messages that beget messages without end are nobody's.
            let times = messages[subscription.queue.0 as usize];
            add(demand, if times.is_finite() { times } else { 0.0 });
        }
        Caused { service, messages, asks }
    };
    (0..demands.len()).map(of).collect()
}

/// What journeys and messages ask for at some rates.
#[derive(Clone, Copy)]
struct Asked<'a> {
    model: &'a Model,
    journeys: (&'a [Demand], &'a [f64]),
    /// By subscription, with the messages per second to each queue.
    consumers: (&'a [Demand], &'a [f64]),
}

impl Asked<'_> {
    fn each(self, mut take: impl FnMut(&Demand, f64)) {
        self.journeys.0.iter().zip(self.journeys.1).for_each(|(demand, &rate)| take(demand, rate));
        for (demand, subscription) in self.consumers.0.iter().zip(&self.model.subscriptions) {
            take(demand, self.consumers.1[subscription.queue.0 as usize]);
        }
    }

    /// Servers kept busy on average in each group of stations.
    fn erlangs(self, of: impl Fn(&Demand) -> &BTreeMap<usize, f64>) -> Vec<f64> {
        let mut erlangs = vec![0.0; self.model.stations.len()];
        self.each(|demand, rate| {
            for (&group, nanos) in of(demand) {
                erlangs[group] += nanos * rate / SECOND;
            }
        });
        erlangs
    }

    /// Servers kept busy by what clients ask for and by refreshing views.
    fn offered(self) -> Vec<f64> {
        let mut erlangs = self.erlangs(|demand| &demand.service);
        for (index, view) in (0..).zip(&self.model.views) {
            // One refresh at a time: at every write, or as often as it is due.
            let cost = self.model.laws[view.cost.0 as usize].sampler.mean() / SECOND;
            let mut writes = 0.0;
            self.each(|demand, rate| {
                writes += demand.writes.get(&index).copied().unwrap_or(0.0) * rate;
            });
            let refreshes = view.every.map_or(writes, |every| 1.0 / every.as_secs());
            erlangs[self.model.group_of(view.station)] += (refreshes * cost).min(1.0);
        }
        erlangs
    }
}

/// How much more than its share the busiest replica is sent.
fn unevenness(model: &Model, group: usize) -> f64 {
    let first = model.stations[group].first.0;
    let front = model.services.iter().find_map(|service| {
        let is_first = |front: &&Front| {
            let is_of = |station: StationId| station.0 + front.first == first;
            is_of(service.cores) || service.threads.is_some_and(is_of)
        };
        service.fronts.iter().find(is_first).map(|front| service.balancer_of(front))
    });
    match front {
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
pub(in crate::model) fn shares_of(cumulated: &[u64]) -> Vec<f64> {
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
/// How often messages may make consumers send further ones before it counts as without end.
const ROUNDS_MAX: u32 = 10_000;
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
