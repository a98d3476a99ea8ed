//! Compiling: operations as steps to instructions.

use super::caches::{CacheLayer, CacheStep, Front};
use super::check::Lowering;
use super::laws::Unit;
use super::stores::Compiled;
use super::views::view_law;
use super::{
    Delay, DoorStep, HoldStep, Instruction, LawId, Operation, OperationId, OutsideStep, Pc,
    QueueStep, Resource, ServiceId, Travel, ViewStep, Way, shares,
};
use crate::random::{Sampler, name_hash};
use crate::spec::{Choice, Count, Key, Law, Message, Path, Query, Step, Store};
use std::collections::BTreeMap;

/// An operation in a service, as it runs for whoever asks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    service: ServiceId,
    operation: String,
    asked: Asked,
}

/// How an operation is asked for: what its messages cost on its side.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    /// From inside the service.
    Inside,
    /// By another service: it encodes and decodes messages.
    Remotely,
    /// By clients: some connections are opened.
    ByClients,
}

/// What is still to be compiled, and who waits for its place.
#[derive(Default)]
pub(super) struct Linking {
    /// Where the operation begins, and where what is in front of it does.
    entries: BTreeMap<Target, Pc>,
    doors: BTreeMap<Target, Pc>,
    operations: BTreeMap<(ServiceId, String), OperationId>,
    todo: Vec<Target>,
    calls: Vec<(Pc, Target)>,
}

/// Emits what happens at a store; it is handed what emits the store's own part.
type AtStore<'f, 'a> = dyn FnMut(&mut Lowering<'a>, &mut dyn FnMut(&mut Lowering<'a>)) + 'f;

impl<'a> Lowering<'a> {
    /// Compiles every operation that a client's request can reach. The model has been found free of errors.
    pub(super) fn compile(&mut self) {
        self.model.plan = vec![Instruction::Arrive, Instruction::Deliver, Instruction::Bury];
        let mut linking = Linking::default();
        let mut entries = Vec::new();
        for index in 0..self.model.journeys.len() {
            let name = self.places.journeys[index].clone();
            let service = self.provider(None, &name).expect("checked");
            self.model.journeys[index].operation = self.operation_id(&mut linking, service, &name);
            let asked = if self.opens_connections() { Asked::ByClients } else { Asked::Inside };
            let target = Target { service, operation: name, asked };
            entries.push((index, target.clone()));
            linking.todo.push(target);
        }
        let consumers = self.begin_consumers(&mut linking);
        while let Some(target) = linking.todo.pop() {
            if !linking.entries.contains_key(&target) {
                self.compile_operation(&target, &mut linking);
            }
        }
        self.compile_refreshes();
        self.compile_resharding();
        for (index, target) in &entries {
            // A client enters the service, though without the costs of a message between services.
            let door = self.set_out(target.service, linking.doors[target]);
            self.model.journeys[*index].entry = door;
        }
        self.compile_cached(&entries, &mut linking);
        self.compile_guarded_clients();
        self.compile_gateways();
        self.link_consumers(&linking, consumers);
        for (pc, target) in &linking.calls {
            match &mut self.model.plan[*pc as usize] {
                Instruction::Call { entry, .. }
                | Instruction::Travel(Travel::Call { entry, .. }) => *entry = linking.doors[target],
                Instruction::Invoke { entry, .. } => *entry = linking.entries[target],
                _ => unreachable!("only calls are linked"),
            }
        }
    }

    /// Asks for the operations that work on messages.
    fn begin_consumers(&mut self, linking: &mut Linking) -> Vec<Target> {
        let names = self.places.consumers.clone();
        let target = |operation: String| {
            let service = self.provider(None, &operation).expect("checked");
            Target { service, operation, asked: Asked::Inside }
        };
        let targets: Vec<Target> = names.into_iter().map(target).collect();
        for (index, target) in targets.iter().enumerate() {
            let operation = self.operation_id(linking, target.service, &target.operation);
            self.model.subscriptions[index].operation = operation;
        }
        linking.todo.extend(targets.iter().cloned());
        targets
    }

    /// Compiles what the workers of each consumer do: `[receive] work`.
    fn link_consumers(&mut self, linking: &Linking, targets: Vec<Target>) {
        for (index, target) in targets.iter().enumerate() {
            self.model.subscriptions[index].entry = linking.doors[target];
            self.model.subscriptions[index].start = self.model.plan.len() as Pc;
            if let Some(law) = self.model.subscriptions[index].receive {
                self.emit(Instruction::Pause { law, delay: Delay::Network });
            }
            self.emit(Instruction::Queue(QueueStep::Work));
        }
    }

    /// Compiles `[front] [door] body [Return]`; the entry is that of the body, the door that of what is before it.
    fn compile_operation(&mut self, target: &Target, linking: &mut Linking) {
        let (component, operation) = target.operation.split_once('.').expect("checked");
        let spec = self.spec;
        let steps = &spec.components[component][operation];
        let path = Path::root().key("components").key(component).key(operation);
        linking.doors.insert(target.clone(), self.model.plan.len() as Pc);
        if self.model.services[target.service.0 as usize].balanced.is_some() {
            let operation = self.operation_id(linking, target.service, &target.operation);
            self.emit(Instruction::Balanced { service: target.service, asked: operation });
        }
        self.compile_front(target.service);
        self.compile_door(target.service);
        self.compile_errors_of_service(target.service);
        linking.entries.insert(target.clone(), self.model.plan.len() as Pc);
        match target.asked {
            Asked::Inside => {}
            Asked::Remotely => self.serialise(target.service, &format!("{path}.receive")),
            Asked::ByClients => self.open_connection(target.service, &path),
        }
        self.compile_steps(steps, target.service, &path, linking);
        if target.asked == Asked::Remotely {
            self.serialise(target.service, &format!("{path}.answer"));
        }
        self.emit(Instruction::Return);
    }

    pub(super) fn compile_steps(
        &mut self,
        steps: &[Step],
        service: ServiceId,
        path: &Path,
        linking: &mut Linking,
    ) {
        for (i, step) in steps.iter().enumerate() {
            self.compile_step(step, service, &path.index(i), linking);
        }
    }

    fn compile_step(
        &mut self,
        step: &Step,
        service: ServiceId,
        path: &Path,
        linking: &mut Linking,
    ) {
        match step {
            Step::Work(law) => {
                let law = self.placed(law, Unit::Time, path);
                self.work(service, law);
            }
            Step::Wait(law) => {
                let law = self.placed(law, Unit::Time, path);
                self.emit(Instruction::Pause { law, delay: Delay::Wait });
            }
            Step::Call(target) => {
                self.compile_guarded(target, service, path, linking, &mut |this, linking| {
                    this.compile_call(target, service, path, linking);
                });
            }
            Step::Read(query) | Step::Write(query) => {
                let kind = if matches!(step, Step::Read(_)) { "read" } else { "write" };
                let on = format!("stores.{}", query.name());
                self.compile_guarded(&on, service, path, linking, &mut |this, _| {
                    this.compile_query(query, kind, service, path);
                });
            }
            Step::Send(message) => self.compile_send(message, path),
            Step::Parallel { branches, first } => {
                let count = branches.len() as u32;
                let need = first.unwrap_or(count);
                let fork = self.emit(Instruction::Fork { first: 0, count, need });
                let over = self.emit(Instruction::Jump(0));
                let at = path.key("parallel");
                let places: Vec<Pc> = branches
                    .iter()
                    .enumerate()
                    .map(|(i, steps)| {
                        let place = self.model.plan.len() as Pc;
                        self.compile_steps(steps, service, &at.index(i), linking);
                        self.emit(Instruction::Join);
                        place
                    })
                    .collect();
                let first = self.model.branches.len() as u32;
                self.model.branches.extend(places);
                self.model.plan[fork as usize] = Instruction::Fork { first, count, need };
                self.land(over);
            }
            Step::Choose(ways) => self.compile_choose(ways, service, path, linking),
            Step::Repeat(count, steps) => {
                let path = path.key("repeat");
                let law = match count {
                    Count::Times(times) => {
                        let sampler = Sampler::Constant(f64::from(*times));
                        self.place(sampler, &path.to_string())
                    }
                    Count::Drawn(law) => self.placed(law, Unit::Number, &path),
                };
                let repeat = self.emit(Instruction::Repeat { law, after: 0 });
                let body = repeat + 1;
                self.compile_steps(steps, service, &path.index(1), linking);
                let site = self.site(&format!("{path}.again"));
                self.emit(Instruction::Again { body, site });
                let after = self.model.plan.len() as Pc;
                self.model.plan[repeat as usize] = Instruction::Repeat { law, after };
            }
        }
    }

    fn compile_choose(
        &mut self,
        choices: &[Choice],
        service: ServiceId,
        path: &Path,
        linking: &mut Linking,
    ) {
        let site = self.site(&path.to_string());
        let count = choices.len() as u32;
        let choose = self.emit(Instruction::Choose { first: 0, count, site });
        let weights: Vec<f64> = choices.iter().map(|choice| choice.0).collect();
        let mut ways = Vec::with_capacity(choices.len());
        let mut exits = Vec::with_capacity(choices.len());
        for (i, (choice, until)) in choices.iter().zip(shares(&weights)).enumerate() {
            ways.push(Way { until, to: self.model.plan.len() as Pc });
            self.compile_steps(&choice.1, service, &path.key("choose").index(i).index(1), linking);
            exits.push(self.emit(Instruction::Jump(0)));
        }
        let first = self.model.ways.len() as u32;
        self.model.ways.extend(ways);
        self.model.plan[choose as usize] = Instruction::Choose { first, count, site };
        // The entry behind the last way tells where the ways meet again.
        self.model.ways.push(Way { until: u64::MAX, to: self.model.plan.len() as Pc });
        for exit in exits {
            self.land(exit);
        }
    }

    fn compile_call(&mut self, name: &str, caller: ServiceId, path: &Path, linking: &mut Linking) {
        let layers = self.caches_of_operation(name, false);
        if layers.is_empty() {
            return self.emit_call(name, caller, path, linking);
        }
        let key = self.key_of_operation(&layers).expect("checked");
        self.pick(key, path);
        let keys = self.keys_id(key.population());
        let path_name = path.to_string();
        let front = Front { name, service: Some(caller), keys, client_hop: None, path: path_name };
        self.emit_layers(&layers, None, &front, &mut |this, _| {
            this.emit_call(name, caller, path, linking);
        });
    }

    fn emit_call(&mut self, name: &str, caller: ServiceId, path: &Path, linking: &mut Linking) {
        let service = self.provider(Some(caller), name).expect("checked");
        let operation = self.operation_id(linking, service, name);
        let site = self.site(&path.to_string());
        let asked = if service == caller { Asked::Inside } else { Asked::Remotely };
        let target = Target { service, operation: name.to_owned(), asked };
        if service == caller {
            let pc = self.emit(Instruction::Invoke { entry: 0, operation, site });
            linking.calls.push((pc, target.clone()));
        } else {
            self.serialise(caller, &format!("{path}.encode"));
            let hop = self.places.hop.clone().map(|hop| self.place_hop(&hop, &path.to_string()));
            let pc = self.emit(match self.model.places.is_one() {
                true => Instruction::Call { entry: 0, operation, site, hop },
                false => Instruction::Travel(Travel::Call { entry: 0, operation, site, near: hop }),
            });
            linking.calls.push((pc, target.clone()));
            self.serialise(caller, &format!("{path}.decode"));
        }
        linking.todo.push(target);
    }

    /// Lets the requests of clients whose answers are cached on their way pass the caches first: the call of the
    /// operation is then the caches', and has the request's identity.
    fn compile_cached(&mut self, entries: &[(usize, Target)], linking: &mut Linking) {
        let is_fronted =
            |target: &Target| !self.caches_of_operation(&target.operation, true).is_empty();
        let fronted: Vec<bool> = entries.iter().map(|(_, target)| is_fronted(target)).collect();
        for client in 0..self.model.clients.len() {
            let of_client = |index: usize| self.model.journeys[index].client as usize == client;
            let journeys: Vec<&(usize, Target)> =
                entries.iter().filter(|(index, _)| of_client(*index)).collect();
            if !journeys.iter().any(|(index, _)| fronted[*index]) {
                continue;
            }
            let hop = self.model.clients[client].hop.take();
            for (index, target) in journeys {
                self.model.journeys[*index].entry = self.model.plan.len() as Pc;
                self.compile_cached_journey(*index, target, hop, linking);
            }
        }
    }

    fn compile_cached_journey(
        &mut self,
        journey: usize,
        target: &Target,
        client_hop: Option<LawId>,
        linking: &mut Linking,
    ) {
        let layers = self.caches_of_operation(&target.operation, true);
        let client = &self.model.clients[self.model.journeys[journey].client as usize].name;
        let path = Path::root().key("clients").key(client).key(&target.operation);
        let key = self.key_of_operation(&layers);
        if let Some(key) = key {
            self.pick(key, &path);
        }
        let keys = key.and_then(|key| self.keys_id(key.population()));
        let operation = self.model.journeys[journey].operation;
        // A client's way leads to the first servers that lie where the services are.
        let hop = match layers.iter().find_map(|&at| self.places.ways[at as usize].as_shared()) {
            Some(hop) => hop.map(|hop| self.place_hop(&hop, &path.to_string())),
            None => client_hop,
        };
        self.model.sites.push(0);
        let site = self.model.sites.len() as u32 - 1;
        let name = &target.operation;
        let front = Front { name, service: None, keys, client_hop, path: path.to_string() };
        self.emit_layers(&layers, None, &front, &mut |this, _| {
            let is_one = this.model.places.is_one();
            let call = match is_one {
                true => Instruction::Call { entry: 0, operation, site, hop },
                false => {
                    Instruction::Travel(Travel::Call { entry: 0, operation, site, near: None })
                }
            };
            // Where there are regions, the last mile is on this side of the way between them.
            let last_mile = hop.filter(|_| !is_one);
            this.emit_there(last_mile);
            let pc = this.emit(call);
            this.emit_back(last_mile);
            linking.calls.push((pc, target.clone()));
        });
        self.emit(Instruction::Return);
    }

    fn compile_query(&mut self, query: &Query, kind: &str, service: ServiceId, path: &Path) {
        if let Some(key) = &query.key {
            self.pick(key, path);
        }
        if self.model.caches.is_empty() {
            return self
                .emit_query(query, kind, service, path, true, &mut |this, serve| serve(this));
        }
        if kind == "read" {
            return self.compile_read(query, service, path);
        }
        let name = path.to_string();
        self.emit_write(query, service, &name, &mut |this, pooled, step| {
            this.emit_query(query, kind, service, path, pooled, &mut |this, serve| {
                serve(this);
                if let Some(step) = step {
                    this.emit(Instruction::Cache(step));
                }
            });
        });
    }

    /// A read, with the caches in front of its store and inside it.
    fn compile_read(&mut self, query: &Query, service: ServiceId, path: &Path) {
        let mut layers = self.caches_of_read(query);
        let is_inside = |&at: &u32| self.model.caches[at as usize].layer == CacheLayer::Database;
        let inside: Vec<u32> = layers.iter().copied().filter(is_inside).collect();
        layers.truncate(layers.len() - inside.len());
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        let front = Front {
            name: &query.store,
            service: Some(service),
            keys,
            client_hop: None,
            path: path.to_string(),
        };
        let ways = &self.places.ways;
        let pooled = !layers.iter().any(|&at| ways[at as usize].through);
        let ledger = self.ledger_of(layers.iter().chain(&inside), &front);
        self.emit_layers(&layers, None, &front, &mut |this, above| {
            this.emit_query(query, "read", service, path, pooled, &mut |this, serve| {
                this.emit_layers(&inside, above, &front, &mut |this, _| {
                    serve(this);
                    if let Some(ledger) = ledger {
                        let step = CacheStep::Observe(ledger, keys.is_some());
                        this.emit(Instruction::Cache(step));
                    }
                });
            });
        });
    }

    /// A query, with a connection of the service's if it has a pool; `at_store` emits what happens at the store.
    fn emit_query(
        &mut self,
        query: &Query,
        kind: &str,
        service: ServiceId,
        path: &Path,
        pooled: bool,
        at_store: &mut AtStore<'_, 'a>,
    ) {
        let (name, law) = self.query(&query.store, kind).expect("checked");
        let law = law.clone();
        let law = self.placed(&law, Unit::Time, path);
        let pool = self.places.pools.get(&(service.0, name.to_owned())).copied();
        let pool = pool.filter(|_| pooled);
        if let Some(pool) = pool {
            self.emit(Instruction::Connect(pool));
        }
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        match &self.spec.stores[name] {
            Store::Database(_) => self.compile_database(query, kind, law, path, at_store),
            Store::Search(_) => {
                let (station, hop) = self.places.stores[name].clone();
                let hop = hop.map(|hop| self.place_hop(&hop, &path.to_string()));
                let (there, back) = self.way_to(Resource::shared(station), hop, path);
                there.map(|there| self.emit(there));
                at_store(self, &mut |this| {
                    this.compile_errors_of_store(name, path);
                    this.compile_search(query, kind, law, path);
                });
                back.map(|back| self.emit(back));
            }
            Store::ObjectStorage(_) => {
                let objects = self.places.objects[name];
                let step = match kind {
                    "read" => OutsideStep::Get { objects, law, keys },
                    _ => OutsideStep::Put { objects, law, keys },
                };
                at_store(self, &mut |this| {
                    this.compile_errors_of_store(name, path);
                    this.compile_outside(name, step);
                });
            }
            Store::External(_) => {
                let step = OutsideStep::Ask { external: self.places.externals[name], law };
                at_store(self, &mut |this| {
                    this.compile_errors_of_store(name, path);
                    this.compile_outside(name, step);
                });
            }
        }
        if kind == "write" && !matches!(self.spec.stores[name], Store::Database(_)) {
            self.compile_written(query);
        }
        if pool.is_some() {
            self.emit(Instruction::Disconnect);
        }
    }

    /// How a query comes to its store and back, if that takes time.
    pub(super) fn way_to(
        &mut self,
        store: Resource,
        near: Option<LawId>,
        path: &Path,
    ) -> (Option<Instruction>, Option<Instruction>) {
        if self.model.places.is_one() && !self.has_network_faults() {
            let travel = |law| Instruction::Pause { law, delay: Delay::Network };
            return (near.map(travel), near.map(|near| travel(LawId(near.0 + 1))));
        }
        let site = self.site(&path.to_string());
        let there = Travel::Fetch { store, site, near };
        let back = Travel::Return { store, site, near };
        (Some(Instruction::Travel(there)), Some(Instruction::Travel(back)))
    }

    /// A query at a database, with the way there and back.
    fn compile_database(
        &mut self,
        query: &Query,
        kind: &str,
        law: LawId,
        path: &Path,
        at_store: &mut AtStore<'_, 'a>,
    ) {
        let name = query.name();
        let (station, hop) = self.places.stores[name].clone();
        let hop = hop.map(|hop| self.place_hop(&hop, &path.to_string()));
        let view = self.view_of(&query.store);
        let members = self.cluster_id(name).filter(|_| view.is_none());
        let store = Resource::shared(station);
        let (there, back) = match members {
            // The members are as far as they are, each for itself.
            Some(_) => (None, None),
            None => self.way_to(store, hop, path),
        };
        there.map(|there| self.emit(there));
        let pooler = self.compile_pooler(name);
        let pooler_hop = pooler.as_ref().and_then(|pooler| pooler.hop.clone());
        let pooler_hop = pooler_hop.map(|hop| self.place_hop(&hop, &format!("{path}.pooler")));
        self.travel(pooler_hop);
        let locks = if view.is_none() { self.compile_locks(query, kind) } else { 0 };
        if let Some(view) = view {
            self.emit(Instruction::View(ViewStep::Read(view)));
        }
        at_store(self, &mut |this| {
            this.compile_errors_of_store(name, path);
            match members {
                Some(members) => {
                    this.compile_at_members(members, Compiled { query, kind, law, hop, path })
                }
                None => {
                    if this.model.sheds_at_once(station) {
                        this.emit(Instruction::Door(DoorStep::Query(station)));
                    }
                    this.emit(Instruction::Serve { station: store, law });
                }
            }
        });
        if locks > 0
            && let Some(hold) = self.lock_hold(name).cloned()
        {
            let law = self.placed(&hold, Unit::Time, &path.key("hold"));
            self.emit(Instruction::Pause { law, delay: Delay::Wait });
        }
        if kind == "write" {
            self.compile_written(query);
        }
        for _ in 0..locks {
            self.emit(Instruction::Hold(HoldStep::GiveBack));
        }
        self.travel(pooler_hop.map(|hop| LawId(hop.0 + 1)));
        if pooler.is_some_and(|pooler| !pooler.session) {
            self.emit(Instruction::Hold(HoldStep::GiveBack));
        }
        back.map(|back| self.emit(back));
    }

    fn travel(&mut self, hop: Option<LawId>) {
        if let Some(law) = hop {
            self.emit(Instruction::Pause { law, delay: Delay::Network });
        }
    }

    /// The way to the broker, handing over, and the way of its acknowledgement.
    fn compile_send(&mut self, message: &Message, path: &Path) {
        let (queue, hop) = self.places.queues[&message.queue].clone();
        if let Some(key) = &message.key {
            self.pick(key, path);
        }
        let hop = hop.map(|hop| self.place_hop(&hop, &path.to_string()));
        let travel = |law| Instruction::Pause { law, delay: Delay::Network };
        if let Some(hop) = hop {
            self.emit(travel(hop));
        }
        let site = self.site(&path.to_string());
        self.emit(Instruction::Queue(QueueStep::Send { queue, site }));
        if let Some(hop) = hop {
            self.emit(travel(LawId(hop.0 + 1)));
        }
    }

    /// The store and the law of a query: `store` for its plain reads or writes, `store.query` for a named one or a view.
    pub(super) fn query<'t>(&self, target: &'t str, kind: &str) -> Option<(&'t str, &Law)> {
        let (name, query) = match target.split_once('.') {
            Some((name, query)) => (name, Some(query)),
            None => (target, None),
        };
        let store = self.spec.stores.get(name)?;
        let law = match (query, kind) {
            (Some(query), "read") => store.queries().get(query).or_else(|| view_law(store, query)),
            (Some(query), _) => store.queries().get(query),
            (None, _) => plain_law(store, kind).1,
        };
        Some((name, law?))
    }

    fn pick(&mut self, key: &Key, path: &Path) {
        let keys = self.keys_id(key.population()).expect("checked");
        let another = match key {
            Key::Own(_) => None,
            Key::Another(_) => Some(self.site(&format!("{path}.key"))),
        };
        self.emit(Instruction::Pick { keys, another });
    }

    fn serialise(&mut self, service: ServiceId, name: &str) {
        if let Some(work) = self.places.serialisation.clone() {
            let law = self.place(work, name);
            self.work(service, law);
        }
    }

    /// Work on a core of the service.
    pub(super) fn work(&mut self, service: ServiceId, law: LawId) -> Pc {
        let service = &self.model.services[service.0 as usize];
        let cores = Resource::per_replica(service.cores);
        let is_even = service.is_even();
        self.emit(match is_even {
            true => Instruction::Serve { station: cores, law },
            false => Instruction::Travel(Travel::Work { cores, law }),
        })
    }

    pub(super) fn placed(&mut self, law: &Law, unit: Unit, path: &Path) -> LawId {
        let sampler = self.law(law, unit, path).unwrap_or(Sampler::Constant(0.0));
        self.place(sampler, &path.to_string())
    }

    fn operation_id(
        &mut self,
        linking: &mut Linking,
        service: ServiceId,
        name: &str,
    ) -> OperationId {
        let next = OperationId(self.model.operations.len() as u32);
        let id = *linking.operations.entry((service, name.to_owned())).or_insert(next);
        if id == next {
            self.model.operations.push(Operation { name: name.to_owned(), service });
        }
        id
    }

    pub(super) fn site(&mut self, name: &str) -> u32 {
        self.model.sites.push(name_hash(name));
        self.model.sites.len() as u32 - 1
    }

    pub(super) fn emit(&mut self, instruction: Instruction) -> Pc {
        self.model.plan.push(instruction);
        self.model.plan.len() as Pc - 1
    }

    /// Lets a jump lead to what is emitted next.
    pub(super) fn land(&mut self, jump: Pc) {
        self.model.plan[jump as usize] = Instruction::Jump(self.model.plan.len() as Pc);
    }
}

/// The law of a store's plain reads or writes, and the name of its field.
pub(super) fn plain_law<'s>(store: &'s Store, kind: &str) -> (&'static str, Option<&'s Law>) {
    match (store, kind) {
        (Store::Database(database), "read") => ("read", database.read.as_ref()),
        (Store::Database(database), _) => ("write", database.write.as_ref()),
        (Store::ObjectStorage(objects), "read") => ("get", objects.get.as_ref()),
        (Store::ObjectStorage(objects), _) => ("put", objects.put.as_ref()),
        (Store::Search(search), "read") => ("query", search.query.as_ref()),
        (Store::Search(search), _) => ("index", search.index.as_ref()),
        (Store::External(external), _) => ("latency", Some(&external.latency)),
    }
}
