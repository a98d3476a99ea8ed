//! Compiling: operations as steps to instructions.

use super::caches::{CacheLayer, CacheStep, Front};
use super::check::Lowering;
use super::laws::Unit;
use super::{
    Delay, Instruction, LawId, Operation, OperationId, Pc, Resource, ServiceId, Way, shares,
};
use crate::random::{Sampler, name_hash};
use crate::spec::{Choice, Count, Database, Key, Law, Path, Query, Step, Store};
use std::collections::BTreeMap;

/// An operation in a service; over the network it also encodes and decodes its messages.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    service: ServiceId,
    operation: String,
    remote: bool,
}

/// What is still to be compiled, and who waits for its place.
#[derive(Default)]
struct Linking {
    entries: BTreeMap<Target, Pc>,
    operations: BTreeMap<(ServiceId, String), OperationId>,
    todo: Vec<Target>,
    calls: Vec<(Pc, Target)>,
}

impl Lowering<'_> {
    /// Compiles every operation that a client's request can reach. The model has been found free of errors.
    pub(super) fn compile(&mut self) {
        self.model.plan = vec![Instruction::Arrive, Instruction::Deliver, Instruction::Bury];
        let mut linking = Linking::default();
        let mut entries = Vec::new();
        for index in 0..self.model.journeys.len() {
            let name = self.places.journeys[index].clone();
            let service = self.provider(None, &name).expect("checked");
            self.model.journeys[index].operation = self.operation_id(&mut linking, service, &name);
            let target = Target { service, operation: name, remote: false };
            entries.push((index, target.clone()));
            linking.todo.push(target);
        }
        while let Some(target) = linking.todo.pop() {
            if !linking.entries.contains_key(&target) {
                self.compile_operation(&target, &mut linking);
            }
        }
        for (index, target) in &entries {
            // A client enters the service, though without the costs of a message between services.
            self.model.journeys[*index].entry = linking.entries[target] - 1;
        }
        self.compile_fronts(&entries, &mut linking);
        for (pc, target) in &linking.calls {
            let place = linking.entries[target];
            match &mut self.model.plan[*pc as usize] {
                Instruction::Call { entry, .. } => *entry = place - 1,
                Instruction::Invoke { entry, .. } => *entry = place,
                _ => unreachable!("only calls are linked"),
            }
        }
    }

    /// Compiles `[Enter] body [Return]`; the entry is that of the body.
    fn compile_operation(&mut self, target: &Target, linking: &mut Linking) {
        let (component, operation) = target.operation.split_once('.').expect("checked");
        let spec = self.spec;
        let steps = &spec.components[component][operation];
        let path = Path::root().key("components").key(component).key(operation);
        self.emit(Instruction::Enter(target.service));
        linking.entries.insert(target.clone(), self.model.plan.len() as Pc);
        if target.remote {
            self.serialise(target.service, &format!("{path}.receive"));
        }
        self.compile_steps(steps, target.service, &path, linking);
        if target.remote {
            self.serialise(target.service, &format!("{path}.answer"));
        }
        self.emit(Instruction::Return);
    }

    fn compile_steps(
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
                let station = Resource::per_replica(self.model.services[service.0 as usize].cores);
                self.emit(Instruction::Serve { station, law });
            }
            Step::Wait(law) => {
                let law = self.placed(law, Unit::Time, path);
                self.emit(Instruction::Pause { law, delay: Delay::Wait });
            }
            Step::Call(target) => self.compile_call(target, service, path, linking),
            Step::Read(query) => self.compile_query(query, "read", service, path),
            Step::Write(query) => self.compile_query(query, "write", service, path),
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
        let target = Target { service, operation: name.to_owned(), remote: service != caller };
        if service == caller {
            let pc = self.emit(Instruction::Invoke { entry: 0, operation, site });
            linking.calls.push((pc, target.clone()));
        } else {
            self.serialise(caller, &format!("{path}.encode"));
            let hop = self.places.hop.clone().map(|hop| self.place_hop(&hop, &path.to_string()));
            let pc = self.emit(Instruction::Call { entry: 0, operation, site, hop });
            linking.calls.push((pc, target.clone()));
            self.serialise(caller, &format!("{path}.decode"));
        }
        linking.todo.push(target);
    }

    /// Lets the requests of clients whose answers are cached on their way pass the caches first: the call of the
    /// operation is then the caches', and has the request's identity.
    fn compile_fronts(&mut self, entries: &[(usize, Target)], linking: &mut Linking) {
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
                self.compile_front(*index, target, hop, linking);
            }
        }
    }

    fn compile_front(
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
            let pc = this.emit(Instruction::Call { entry: 0, operation, site, hop });
            linking.calls.push((pc, target.clone()));
        });
        self.emit(Instruction::Return);
    }

    fn compile_query(&mut self, query: &Query, kind: &str, service: ServiceId, path: &Path) {
        if let Some(key) = &query.key {
            self.pick(key, path);
        }
        if self.model.caches.is_empty() {
            return self.emit_query(query, kind, service, path, true, &mut |this, serve| {
                this.emit(serve);
            });
        }
        if kind == "read" {
            return self.compile_read(query, service, path);
        }
        let name = path.to_string();
        self.emit_write(query, service, &name, &mut |this, pooled, step| {
            this.emit_query(query, kind, service, path, pooled, &mut |this, serve| {
                this.emit(serve);
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
                    this.emit(serve);
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
        at_store: &mut dyn FnMut(&mut Self, Instruction),
    ) {
        let (name, law) = self.query(&query.store, kind).expect("checked");
        let (station, hop) = self.places.stores[name].clone();
        let law = law.clone();
        let law = self.placed(&law, Unit::Time, path);
        let pool = self.places.pools.get(&(service.0, name.to_owned())).copied();
        let pool = pool.filter(|_| pooled);
        if let Some(pool) = pool {
            self.emit(Instruction::Connect(pool));
        }
        let hop = hop.map(|hop| self.place_hop(&hop, &path.to_string()));
        self.emit_there(hop);
        at_store(self, Instruction::Serve { station: Resource::shared(station), law });
        self.emit_back(hop);
        if pool.is_some() {
            self.emit(Instruction::Disconnect);
        }
    }

    /// The store and the law of a query: `store` for its plain reads or writes, `store.query` for a named one.
    pub(super) fn query<'t>(&self, target: &'t str, kind: &str) -> Option<(&'t str, &Law)> {
        let (name, query) = match target.split_once('.') {
            Some((name, query)) => (name, Some(query)),
            None => (target, None),
        };
        let Store::Database(Database { read, write, queries, .. }) = self.spec.stores.get(name)?;
        let law = match (query, kind) {
            (Some(query), _) => queries.get(query),
            (None, "read") => read.as_ref(),
            (None, _) => write.as_ref(),
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
            let station = Resource::per_replica(self.model.services[service.0 as usize].cores);
            self.emit(Instruction::Serve { station, law });
        }
    }

    fn placed(&mut self, law: &Law, unit: Unit, path: &Path) -> LawId {
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

    fn site(&mut self, name: &str) -> u32 {
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
