//! A walk over the plan that adds up what each operation asks for.

use super::{CeilingOf, Demand, shares_of};
use crate::model::caches::Hits;
use crate::model::{
    AccessId, CacheStep, DoorStep, GuardStep, GuardedCall, HoldStep, Instruction, Journey, LawId,
    LimitStep, LockSite, Model, OutsideStep, PaidByRequest, Pc, QueueStep, Resource, SearchStep,
    ServiceId, StoreStep, Subject, Travel, ViewStep,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is held at a point of a walk, and since when.
#[derive(Default)]
struct Held {
    /// Threads, by group of stations.
    threads: Vec<(usize, f64)>,
    /// A connection of the service's own pool.
    connection: Option<(usize, f64)>,
    /// The environment of a function.
    environment: Option<(ServiceId, f64)>,
    /// Limits at doors that were passed.
    limits: Vec<(CeilingOf, f64)>,
    /// Locks, connections of poolers, places in quotas.
    of_stores: Vec<(HoldStep, f64)>,
}

impl Held {
    /// A limit at a door is passed.
    fn pass(&mut self, step: LimitStep, time: f64) {
        let limit = match step {
            LimitStep::Clients(limit) => CeilingOf::Gateway(limit),
            LimitStep::Service(limit) | LimitStep::Replica(limit, _) => CeilingOf::Limit(limit),
            LimitStep::Enter(_) => return,
        };
        self.limits.push((limit, time));
    }

    /// The operation ends: what is held until then is given back.
    fn give_back(self, demand: &mut Demand) {
        for (group, since) in self.threads {
            *demand.service.entry(group).or_default() += demand.time - since;
        }
        for (limit, since) in self.limits {
            demand.take(limit, 1.0, demand.time - since);
        }
        if let Some((service, since)) = self.environment {
            let time = PaidByRequest::FunctionTime(service);
            *demand.asks.entry(time).or_default() += demand.time - since;
        }
    }
}

/// A walk over the plan that adds up expectations.
pub(in crate::model) struct Walk<'m> {
    pub(in crate::model) model: &'m Model,
    pub(super) hits: &'m Hits,
    /// What is known of an operation that begins there, by the region that it runs in.
    pub(super) known: BTreeMap<(Pc, u16), Demand>,
    /// The groups of stations among which a member has been chosen, with the part or number of queries that each gets.
    pub(super) routed: Vec<(usize, f64)>,
    /// How much more than its share the busiest member gets.
    pub(super) uneven: f64,
}

/// Where a piece of the plan runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::model) struct Here {
    /// In which region; of a client's request, the client's.
    pub(in crate::model) region: u16,
    /// In which service, and which of its fronts; unset before it is entered.
    pub(in crate::model) front: Option<(ServiceId, usize)>,
    /// Whether this piece itself came in through the door.
    pub(in crate::model) entered: bool,
}

impl Walk<'_> {
    /// What a client's request asks for, on average over the regions that clients are in.
    pub(super) fn journey(&mut self, journey: &Journey) -> Demand {
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

    pub(in crate::model) fn mean(&self, law: LawId) -> f64 {
        self.model.laws[law.0 as usize].sampler.mean()
    }

    /// The demand of an operation that begins at `entry`.
    pub(in crate::model) fn operation(&mut self, entry: Pc, here: Here) -> Demand {
        self.prepare(entry, here);
        if let Some(known) = self.known.get(&(entry, here.region)) {
            return known.clone();
        }
        let demand = self.walk(entry, None, here);
        self.known.insert((entry, here.region), demand.clone());
        demand
    }

    /// Walks what an operation calls before itself, with a stack of our own: a chain of calls may be longer than the
    /// machine's stack is deep.
    fn prepare(&mut self, entry: Pc, here: Here) {
        let regions = self.model.places.regions.len().max(1) as u16;
        let mut todo = vec![(entry, here.region)];
        let mut opened = BTreeSet::new();
        while let Some(&(pc, region)) = todo.last() {
            if self.known.contains_key(&(pc, region)) {
                todo.pop();
            } else if opened.insert((pc, region)) {
                let called = self.called(pc);
                let everywhere = called.flat_map(|pc| (0..regions).map(move |at| (pc, at)));
                todo.extend(everywhere.filter(|called| !self.known.contains_key(called)));
            } else {
                todo.pop();
                if !todo.is_empty() {
                    let at = Here { region, ..here };
                    let demand = self.walk(pc, None, at);
                    self.known.insert((pc, region), demand);
                }
            }
        }
    }

    /// Where the operations begin that one calls which begins at `entry`: its instructions lie together.
    fn called(&self, entry: Pc) -> impl Iterator<Item = Pc> + use<> {
        let plan = &self.model.plan;
        let mut pc = entry as usize;
        // What is in front of a door leads to it by a jump.
        while let [
            Instruction::Limit(LimitStep::Clients(_)) | Instruction::Travel(Travel::SetOut(_)),
            Instruction::Jump(to),
            ..,
        ] = plan[pc..]
        {
            pc = to as usize;
        }
        let ends = |instruction: &&Instruction| !matches!(instruction, Instruction::Return);
        let entries = plan[pc..].iter().take_while(ends).filter_map(|step| match step {
            Instruction::Call { entry, .. }
            | Instruction::Invoke { entry, .. }
            | Instruction::Travel(Travel::Call { entry, .. }) => Some(*entry),
            _ => None,
        });
        entries.collect::<Vec<Pc>>().into_iter()
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
                // Of a guarded call one attempt is expected; retries come with trouble, which is not expected.
                Instruction::Guard(GuardStep::Call(call)) => {
                    let GuardedCall { guard, attempt, .. } =
                        self.model.guarded_calls[call as usize];
                    let since = demand.time;
                    self.branch(&mut demand, attempt + 1, 1.0, true, here);
                    demand.take(CeilingOf::Bulkhead(guard), 1.0, demand.time - since);
                }
                Instruction::Scatter { count, .. } => {
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
        held.give_back(&mut demand);
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
            | Instruction::Door(DoorStep::Choose(service) | DoorStep::Enter(service))
            | Instruction::Travel(Travel::Enter(service)) => {
                self.enter(demand, held, service, here);
            }
            Instruction::Limit(passed) => held.pass(passed, demand.time),
            Instruction::Serve { station, law } if station.is_chosen() => {
                self.serve_routed(demand, self.mean(law));
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
            Instruction::Outside(step) => self.outside(demand, step),
            // That there is an environment is expected.
            Instruction::Function(service) => {
                *demand.asks.entry(PaidByRequest::Function(service)).or_default() += 1.0;
                held.environment = Some((service, demand.time));
            }
            Instruction::Balanced { service, asked } => {
                let units = self.model.units_of_request(service, asked);
                *demand.asks.entry(PaidByRequest::Balanced(service)).or_default() += units;
            }
            Instruction::Search(SearchStep::Read(search) | SearchStep::Route { search, .. }) => {
                let shards = Resource::chosen(self.model.searches[search as usize].station);
                self.routed = vec![(self.model.group_of(shards), 1.0)];
                self.uneven = 1.0;
            }
            _ => {}
        }
    }

    /// A replica of a service begins with it, with a thread of its own where requests hold theirs.
    fn enter(&self, demand: &Demand, held: &mut Held, service: ServiceId, here: &mut Here) {
        let entered = &self.model.services[service.0 as usize];
        here.front = Some((service, entered.front_in(here.region).unwrap_or(0)));
        here.entered = true;
        if let Some(threads) = entered.threads {
            let group = self.group_of(Resource::per_replica(threads), *here);
            held.threads.push((group, demand.time));
        }
    }

    /// Service where it was routed to, in parts.
    fn serve_routed(&self, demand: &mut Demand, mean: f64) {
        for &(group, part) in &self.routed {
            *demand.service.entry(group).or_default() += mean * part;
            let excess = mean * part * (self.uneven - 1.0);
            *demand.excess.entry(group).or_default() += excess;
        }
        demand.time += mean;
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
                    let LockSite { table, keys, .. } = holds.sites[site as usize];
                    demand.take(CeilingOf::Lock { table, keys }, 1.0, demand.time - since);
                }
                Some((HoldStep::Quota(quota), since)) => {
                    demand.take(CeilingOf::Quota(quota), 1.0, demand.time - since);
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

    /// An answer from outside.
    fn outside(&self, demand: &mut Demand, step: OutsideStep) {
        let (of, time) = match step {
            OutsideStep::Ask { external, law } => {
                (PaidByRequest::External(external), self.mean(law))
            }
            OutsideStep::Put { objects, law, .. } => (PaidByRequest::Put(objects), self.mean(law)),
            OutsideStep::Get { law, objects, .. } => {
                let retrieval = self.model.mean_retrieval(&self.model.objects[objects as usize]);
                (PaidByRequest::Get(objects), self.mean(law) + retrieval)
            }
        };
        demand.time += time;
        *demand.asks.entry(of).or_default() += 1.0;
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
        *demand.asks.entry(PaidByRequest::Cache(access.cache)).or_default() += 1.0;
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
