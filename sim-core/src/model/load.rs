//! Offered load: what each station is asked for, and what it can give, by the utilisation law.
//!
//! Nothing is simulated: the expected service that a request asks of each station, times the rate of requests, is
//! the offered load in servers (Denning and Buzen, "The Operational Analysis of Queueing Network Models", ACM
//! Computing Surveys 10, 1978).

use super::caches::Hits;
use super::{
    AccessId, CacheStep, Front, HoldStep, Instruction, Journey, KeysId, LawId, LimitStep, Model,
    OutsideStep, Pc, QueueStep, Resource, ServiceId, Source, StationId, StoreStep, Subject, Travel,
    UNLIMITED, ViewStep,
};
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
    /// For each database and population of keys whose rows are locked against all others (without keys: all of the
    /// database): how many of these locks are held on average, if nobody ever waited.
    pub locks: Vec<(u32, Option<KeysId>, f64)>,
    /// Messages per second sent to each queue; infinite where messages beget messages without end. As if every
    /// delivery ended well.
    pub messages: Vec<f64>,
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
pub(super) struct Demand {
    /// Nanoseconds of service by group of stations.
    service: BTreeMap<usize, f64>,
    /// Nanoseconds of holding exclusive locks, by database and population of keys.
    locks: BTreeMap<(u32, Option<KeysId>), f64>,
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
        for (&lock, nanos) in &other.locks {
            *self.locks.entry(lock).or_default() += nanos * times;
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
        self.time += other.time * times;
        self.steps += other.steps * times;
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
        let mut locks: BTreeMap<(u32, Option<KeysId>), f64> = BTreeMap::new();
        now.each(|demand, rate| {
            for (&lock, nanos) in &demand.locks {
                *locks.entry(lock).or_default() += nanos * rate / SECOND;
            }
        });
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
        let locks = locks.into_iter().map(|((table, keys), held)| (table, keys, held)).collect();
        Load { stations, rates, unloaded, steps, locks, messages, bottleneck }
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

/// What is held at a point of a walk, and since when.
#[derive(Default)]
struct Held {
    /// Threads, by group of stations.
    threads: Vec<(usize, f64)>,
    /// A connection of the service's own pool.
    connection: Option<(usize, f64)>,
    /// Locks, connections of poolers, places in quotas.
    of_stores: Vec<(HoldStep, f64)>,
}

/// A walk over the plan that adds up expectations.
pub(super) struct Walk<'m> {
    pub(super) model: &'m Model,
    hits: &'m Hits,
    /// What is known of an operation that begins there, by the region that it runs in.
    known: BTreeMap<(Pc, u16), Demand>,
    /// The groups of stations among which a member has been chosen, with the part or number of queries that each gets.
    routed: Vec<(usize, f64)>,
    /// How much more than its share the busiest member gets.
    uneven: f64,
}

/// Where a piece of the plan runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Here {
    /// In which region; of a client's request, the client's.
    pub(super) region: u16,
    /// In which service, and which of its fronts; unset before it is entered.
    pub(super) front: Option<(ServiceId, usize)>,
    /// Whether this piece itself came in through the door.
    pub(super) entered: bool,
}

impl Walk<'_> {
    /// What a client's request asks for, on average over the regions that clients are in.
    fn journey(&mut self, journey: &Journey) -> Demand {
        let regions = &self.model.clients[journey.client as usize].regions;
        if regions.is_empty() {
            return self.operation(journey.entry, Here::default());
        }
        let total: f64 = regions.iter().sum();
        let mut demand = Demand::default();
        for (region, share) in regions.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let here = Here { region: region as u16, ..Here::default() };
            let there = self.operation(journey.entry, here);
            demand.add(&there, share / total);
        }
        demand
    }

    /// The group of a resource's stations in the region that a piece runs in: those of a service lie side by side.
    fn group_of(&self, resource: super::Resource, here: Here) -> usize {
        let own = if resource.is_shared() { 0 } else { here.front.map_or(0, |(_, front)| front) };
        self.model.group_of(resource) + own
    }

    pub(super) fn mean(&self, law: LawId) -> f64 {
        self.model.laws[law.0 as usize].sampler.mean()
    }

    /// The demand of an operation that begins at `entry`.
    pub(super) fn operation(&mut self, entry: Pc, here: Here) -> Demand {
        if let Some(known) = self.known.get(&(entry, here.region)) {
            return known.clone();
        }
        let demand = self.walk(entry, None, here);
        self.known.insert((entry, here.region), demand.clone());
        demand
    }

    /// The demand from `first` to the end of the operation, branch or loop body that it lies in, or to a jump to `stop`.
    fn walk(&mut self, first: Pc, stop: Option<Pc>, mut here: Here) -> Demand {
        let mut pc = first;
        here.entered = false;
        let mut demand = Demand::default();
        let mut held = Held::default();
        loop {
            demand.steps += 1.0;
            match self.model.plan[pc as usize] {
                Instruction::Cache(CacheStep::LookUp(access)) => {
                    pc = self.look_up(&mut demand, access, pc + 1, here);
                    continue;
                }
                Instruction::Cache(CacheStep::PutBehind(write)) => {
                    let write = &self.model.cache_writes[write.0 as usize];
                    // At least: full batches.
                    let times = 1.0 / f64::from(write.batch);
                    self.branch(&mut demand, write.flush, times, false, here);
                }
                Instruction::Store(step) => self.store(&mut demand, step, pc, here),
                Instruction::Travel(Travel::SetOut(service)) => {
                    let Instruction::Jump(entry) = self.model.plan[pc as usize + 1] else { break };
                    self.set_out(&mut demand, entry, service, here);
                    break;
                }
                Instruction::Fork { first, count, need } => {
                    self.fork(&mut demand, first, count, need, here)
                }
                // The branch is behind a jump past it.
                Instruction::Scatter { count, .. } => {
                    // The branch is behind a jump past it.
                    self.branch(&mut demand, pc + 2, f64::from(count), true, here);
                }
                Instruction::Choose { first, count, .. } => {
                    pc = self.choose(&mut demand, first, count, here);
                    continue;
                }
                Instruction::Jump(to) if Some(to) == stop => break,
                Instruction::Jump(to) => {
                    pc = to;
                    continue;
                }
                Instruction::Repeat { law, after } => {
                    let body = self.walk(pc + 1, None, here);
                    demand.add(&body, self.mean(law));
                    pc = after;
                    continue;
                }
                Instruction::Queue(QueueStep::Work)
                | Instruction::Join
                | Instruction::Again { .. }
                | Instruction::Return
                | Instruction::Bury => break,
                straight => self.step(&mut demand, &mut held, straight, &mut here),
            }
            pc += 1;
        }
        for (group, since) in held.threads {
            *demand.service.entry(group).or_default() += demand.time - since;
        }
        if here.entered {
            demand.end_sessions(self.model);
        }
        demand
    }

    /// An instruction after which the next one comes.
    fn step(&mut self, demand: &mut Demand, held: &mut Held, step: Instruction, here: &mut Here) {
        match step {
            Instruction::Enter(service)
            | Instruction::Limit(LimitStep::Enter(service))
            | Instruction::Travel(Travel::Enter(service)) => {
                let entered = &self.model.services[service.0 as usize];
                here.front = Some((service, entered.front_in(here.region).unwrap_or(0)));
                here.entered = true;
                if let Some(threads) = entered.threads {
                    let group = self.group_of(Resource::per_replica(threads), *here);
                    held.threads.push((group, demand.time));
                }
            }
            Instruction::Serve { station, law } if station.is_chosen() => {
                let mean = self.mean(law);
                for &(group, part) in &self.routed {
                    *demand.service.entry(group).or_default() += mean * part;
                    let excess = mean * part * (self.uneven - 1.0);
                    *demand.excess.entry(group).or_default() += excess;
                }
                demand.time += mean;
            }
            Instruction::Serve { station, law } => {
                let mean = self.mean(law);
                let group = self.group_of(station, *here);
                *demand.service.entry(group).or_default() += mean;
                demand.time += mean;
            }
            Instruction::Travel(Travel::Work { cores, law }) => {
                let mean = self.mean(law) / self.speed(*here);
                *demand.service.entry(self.group_of(cores, *here)).or_default() += mean;
                demand.time += mean;
            }
            Instruction::Travel(Travel::Call { entry, operation, near, .. }) => {
                let service = self.model.operations[operation.0 as usize].service;
                self.call_over(demand, entry, service, near, *here);
            }
            Instruction::Travel(
                Travel::Fetch { store, near, .. } | Travel::Return { store, near, .. },
            ) => demand.time += self.way_to(store, near, *here),
            Instruction::Pause { law, .. } => demand.time += self.mean(law),
            Instruction::Connect(pool) => {
                held.connection = Some((self.group_of(pool, *here), demand.time));
            }
            Instruction::Disconnect => {
                if let Some((group, since)) = held.connection.take() {
                    *demand.service.entry(group).or_default() += demand.time - since;
                }
            }
            Instruction::Call { entry, hop, .. } => self.call(demand, entry, hop, *here),
            Instruction::Invoke { entry, .. } => self.call(demand, entry, None, *here),
            Instruction::Hold(step) => self.hold(demand, &mut held.of_stores, step),
            Instruction::View(ViewStep::Written(view)) => {
                *demand.writes.entry(view).or_default() += 1.0;
            }
            Instruction::Queue(QueueStep::Send { queue, .. }) => {
                *demand.sends.entry(queue.0 as usize).or_default() += 1.0;
            }
            Instruction::Outside(step) => demand.time += self.outside(step),
            _ => {}
        }
    }

    /// Something of a store is taken or given back; what is taken is in `holding` with its time.
    fn hold(&self, demand: &mut Demand, holding: &mut Vec<(HoldStep, f64)>, step: HoldStep) {
        let holds = &self.model.holds;
        match step {
            HoldStep::Session(pooler) => demand.begin_session(pooler, 1.0, demand.time),
            HoldStep::Pooler(pooler) if holds.poolers[pooler as usize].session => {}
            HoldStep::Lock(_) | HoldStep::Pooler(_) | HoldStep::Quota(_) => {
                holding.push((step, demand.time));
            }
            HoldStep::GiveBack => match holding.pop() {
                Some((HoldStep::Lock(site), since)) if holds.sites[site as usize].exclusive => {
                    let site = holds.sites[site as usize];
                    let held = demand.locks.entry((site.table, site.keys)).or_default();
                    *held += demand.time - since;
                }
                Some((HoldStep::Pooler(pooler), since)) => {
                    let station = holds.poolers[pooler as usize].station;
                    let group = self.model.group_of(Resource::shared(station));
                    *demand.service.entry(group).or_default() += demand.time - since;
                }
                _ => {}
            },
        }
    }

    /// How long an answer from outside takes.
    fn outside(&self, step: OutsideStep) -> f64 {
        match step {
            OutsideStep::Ask { law, .. } | OutsideStep::Put { law, .. } => self.mean(law),
            OutsideStep::Get { law, objects, .. } => {
                let objects = &self.model.objects[objects as usize];
                self.mean(law) + self.model.mean_retrieval(objects)
            }
        }
    }

    /// Adds the ways of a choice, each by its share. Returns where they meet again.
    fn choose(&mut self, demand: &mut Demand, first: u32, count: u32, here: Here) -> Pc {
        let (ways, after) = self.model.ways_of(first, count);
        let shares = shares_of(&ways.iter().map(|way| way.until).collect::<Vec<_>>());
        for (share, way) in shares.iter().zip(ways) {
            let way = self.walk(way.to, Some(after), here);
            demand.add(&way, *share);
        }
        after
    }

    /// A branch that runs so often at once, and may be waited for.
    fn branch(&mut self, demand: &mut Demand, begin: Pc, times: f64, awaited: bool, here: Here) {
        let branch = self.walk(begin, None, here);
        if awaited {
            demand.time += branch.time;
        }
        demand.add(&Demand { time: 0.0, ..branch }, times);
    }

    /// The ways of a look-up by what is expected to hit. Returns where they meet.
    fn look_up(&mut self, demand: &mut Demand, id: AccessId, found: Pc, here: Here) -> Pc {
        let (access, expected) = (self.model.accesses[id.0 as usize], self.hits.at(id));
        *demand.lookups.entry(id.0).or_default() += 1.0;
        let found = self.walk(found, Some(access.after), here);
        demand.add(&found, expected.hit);
        let missed = self.walk(access.miss, Some(access.after), here);
        demand.add(&missed, 1.0 - expected.hit);
        if let Some(refresh) = access.refresh {
            self.branch(demand, refresh, expected.refreshed, false, here);
        }
        access.after
    }

    fn call(&mut self, demand: &mut Demand, entry: Pc, hop: Option<LawId>, here: Here) {
        let called = self.operation(entry, here);
        demand.add(&called, 1.0);
        if let Some(hop) = hop {
            demand.time += self.mean(hop) + self.mean(LawId(hop.0 + 1));
        }
    }

    /// A step of a query at a store of several members.
    fn store(&mut self, demand: &mut Demand, step: StoreStep, pc: Pc, here: Here) {
        let store = |of: Subject| &self.model.stores[of.store as usize];
        match step {
            StoreStep::Shard(of) => self.uneven = store(of).unevenness(of),
            StoreStep::Spread(of) => {
                let shards = f64::from(store(of).shards_at_first());
                self.uneven = store(of).unevenness(of);
                let branch = self.walk(pc + 2, None, here);
                demand.add(&Demand { time: 0.0, ..branch.clone() }, shards);
                demand.time += branch.time;
            }
            StoreStep::Read { of, analytics, .. } => {
                self.routed = self.model.groups_read(of, analytics);
            }
            StoreStep::Write { of, .. } => {
                self.routed = vec![(self.model.group_of(store(of).chosen()), 1.0)];
            }
            StoreStep::Commit { of, need } => {
                self.routed = self.model.groups_followed(of);
                if !self.routed.is_empty() {
                    let branch = self.walk(pc + 2, None, here);
                    let time = if need > 0 { branch.time } else { 0.0 };
                    demand.add(&Demand { time, ..branch }, 1.0);
                }
            }
            StoreStep::Ask { of, query, need } => {
                self.routed = self.model.groups_asked(of, query, need);
                let branch = self.walk(pc + 2, None, here);
                demand.add(&branch, 1.0);
            }
            StoreStep::Ship(of) => {
                let cluster = store(of).cluster.as_ref();
                let lag = cluster.and_then(|cluster| cluster.shipping()).map(|it| it.lag);
                demand.time += lag.map_or(0.0, |lag| self.mean(lag));
            }
            StoreStep::Seen(_)
            | StoreStep::Acknowledged(_)
            | StoreStep::Arrived(_)
            | StoreStep::Admit { .. }
            | StoreStep::Answer { .. }
            | StoreStep::Tell
            | StoreStep::Settled { .. }
            | StoreStep::Fetched(_)
            | StoreStep::Moved(_) => {}
        }
    }

    fn fork(&mut self, demand: &mut Demand, first: u32, count: u32, need: u32, here: Here) {
        let mut times = Vec::with_capacity(count as usize);
        for branch in first..first + count {
            let mut branch = self.walk(self.model.branches[branch as usize], None, here);
            // A connection that the request has is used; the branch's own is given back at its end.
            branch.sessions.retain(|pooler, session| {
                let has = demand.sessions.get(pooler).map_or(0.0, |session| session.taken);
                session.taken *= 1.0 - has;
                session.since *= 1.0 - has;
                session.taken > 0.0
            });
            branch.end_sessions(self.model);
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
