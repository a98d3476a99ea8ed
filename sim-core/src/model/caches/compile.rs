//! Compiling caches: what a read, a call or a write does at the layers in its way.

use super::{
    Access, AccessId, CacheLayer, CacheStep, CacheWrite, Commit, CommitId, LedgerId, WriteId,
    Writes,
};
use crate::model::check::Lowering;
use crate::model::{Delay, Instruction, KeysId, LawId, Pc, Resource, ServiceId, StationId};
use crate::random::Sampler;
use crate::spec::{Key, Query};
use crate::time::Duration;

/// What is asked for, and who asks.
pub(in crate::model) struct Front<'s> {
    /// The query as written, or the operation.
    pub(in crate::model) name: &'s str,
    /// The service that asks; `None` for a client.
    pub(in crate::model) service: Option<ServiceId>,
    /// The population of its key.
    pub(in crate::model) keys: Option<KeysId>,
    /// Of a client's request: the way to the services.
    pub(in crate::model) client_hop: Option<LawId>,
    /// Where it is written: names of draws begin with it.
    pub(in crate::model) path: String,
}

/// Emits what happens behind the caches; it is told the access in front of it.
pub(in crate::model) type Fetch<'f, 'a> = dyn FnMut(&mut Lowering<'a>, Option<AccessId>) + 'f;

impl<'a> Lowering<'a> {
    /// The caches in front of a read, from the outermost to the innermost.
    pub(in crate::model) fn caches_of_read(&self, query: &Query) -> Vec<u32> {
        let store = query.store.split_once('.').map_or(&*query.store, |(store, _)| store);
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        self.caches_of(store, |at| self.items_of(at, &query.store, keys).is_some())
    }

    /// The caches in front of an operation, as a service meets them, or else a client.
    pub(in crate::model) fn caches_of_operation(&self, name: &str, by_client: bool) -> Vec<u32> {
        self.caches_of(name, |at| match self.model.caches[at as usize].layer {
            CacheLayer::Client(_) | CacheLayer::Edge => by_client,
            CacheLayer::Process => !by_client,
            CacheLayer::Shared | CacheLayer::Database => true,
        })
    }

    fn caches_of(&self, name: &str, wanted: impl Fn(u32) -> bool) -> Vec<u32> {
        let all = self.places.caches.get(name).into_iter().flatten();
        all.copied().filter(|&at| wanted(at)).collect()
    }

    /// The key of an operation's answers, as its caches have it.
    pub(in crate::model) fn key_of_operation(&self, caches: &[u32]) -> Option<&'a Key> {
        let name = &self.model.caches[*caches.first()? as usize].name;
        self.spec.caches.get(name)?.key.as_ref()
    }

    fn items_of(&self, cache: u32, name: &str, keys: Option<KeysId>) -> Option<u32> {
        let items = &self.model.caches[cache as usize].items;
        let at = items.iter().position(|items| items.name == name && items.keys == keys)?;
        Some(at as u32)
    }

    /// Where versions are kept of what some of these caches hold.
    pub(in crate::model) fn ledger_of<'l>(
        &self,
        mut layers: impl Iterator<Item = &'l u32>,
        front: &Front<'_>,
    ) -> Option<LedgerId> {
        let &cache = layers.next()?;
        let items = self.items_of(cache, front.name, front.keys)?;
        self.model.caches[cache as usize].items[items as usize].ledger
    }

    /// Emits the look-ups of some layers and, behind them, what `fetch` emits.
    pub(in crate::model) fn emit_layers(
        &mut self,
        layers: &[u32],
        above: Option<AccessId>,
        front: &Front<'_>,
        fetch: &mut Fetch<'_, 'a>,
    ) {
        let Some((&cache, below)) = layers.split_first() else { return fetch(self, above) };
        let way = self.places.ways[cache as usize].clone();
        let lowered = &self.model.caches[cache as usize];
        let (is_none, renews, checked) =
            (lowered.size.is_zero(), lowered.stale != Duration::ZERO, lowered.checked);
        let name = format!("{}.{}", front.path, lowered.name);
        let access = self.access(cache, above, front);
        let through = way.through || front.service.is_none();
        let hop = if is_none { None } else { self.approach(cache, way.hop.as_ref(), front, &name) };
        let station = if is_none { None } else { way.station };
        self.emit_there(hop);
        self.emit_served(station, way.lookup.as_ref(), &format!("{name}.lookup"));
        self.emit(Instruction::Cache(CacheStep::LookUp(access)));
        if !through {
            self.emit_back(hop);
        }
        if checked && !is_none {
            self.emit_check(access, cache, way.check.as_ref(), &name);
        }
        if through {
            self.emit_back(hop);
        }
        let found = self.emit(Instruction::Jump(0));
        let miss = self.pc();
        if !through {
            self.emit_back(hop);
        }
        self.emit_layers(below, Some(access), front, fetch);
        self.emit(Instruction::Cache(CacheStep::Fill(access)));
        if through {
            self.emit_back(hop);
        }
        self.emit_aside(station, |this| {
            let hop = if through { None } else { way.hop.as_ref() };
            let hop = hop.map(|hop| this.place_hop(hop, &format!("{name}.fill")));
            this.emit_there(hop);
            this.emit_served(station, way.fill.as_ref(), &format!("{name}.fill"));
        });
        let filled = self.emit(Instruction::Jump(0));
        let refresh = renews.then(|| {
            let refresh = self.pc();
            self.emit_layers(below, Some(access), front, fetch);
            self.emit(Instruction::Cache(CacheStep::Fill(access)));
            self.emit_served(station, way.fill.as_ref(), &format!("{name}.fill"));
            self.emit(Instruction::Join);
            refresh
        });
        self.land(found);
        self.land(filled);
        let after = self.pc();
        let it = &mut self.model.accesses[access.0 as usize];
        (it.miss, it.refresh, it.after) = (miss, refresh, after);
    }

    fn access(&mut self, cache: u32, above: Option<AccessId>, front: &Front<'_>) -> AccessId {
        let first = front.service.map_or(0, |service| self.first_place_in(cache, service));
        let items = self.items_of(cache, front.name, front.keys).expect("a layer in the way");
        let access = Access { cache, first, items, miss: 0, refresh: None, after: 0, above };
        self.model.accesses.push(access);
        AccessId(self.model.accesses.len() as u32 - 1)
    }

    /// The first place of a process cache in a service; other caches have no places in services.
    fn first_place_in(&mut self, cache: u32, service: ServiceId) -> u32 {
        let replicas = self.model.services[service.0 as usize].replicas;
        let cache = &mut self.model.caches[cache as usize];
        if cache.layer != CacheLayer::Process {
            return 0;
        }
        if let Some(&(_, first)) = cache.services.iter().find(|(known, _)| *known == service) {
            return first;
        }
        let first = cache.places;
        cache.services.push((service, first));
        cache.places += replicas;
        first
    }

    /// The way from who asks to the cache.
    fn approach(
        &mut self,
        cache: u32,
        hop: Option<&Sampler>,
        front: &Front<'_>,
        name: &str,
    ) -> Option<LawId> {
        let is_shared = self.model.caches[cache as usize].layer == CacheLayer::Shared;
        match front.service {
            // Servers that answer clients lie where the services are.
            None if is_shared => front.client_hop,
            _ => hop.map(|hop| self.place_hop(hop, name)),
        }
    }

    /// A hit asks the store for the version of what it has.
    fn emit_check(&mut self, access: AccessId, cache: u32, law: Option<&Sampler>, name: &str) {
        let of = &self.model.caches[cache as usize].name;
        let store = self.spec.caches[of].of.clone();
        let (station, hop) = self.places.stores[&store].clone();
        let hop = hop.map(|hop| self.place_hop(&hop, &format!("{name}.version")));
        self.emit_there(hop);
        self.emit_served(Some(station), law, &format!("{name}.version"));
        self.emit_back(hop);
        self.emit(Instruction::Cache(CacheStep::Check(access)));
    }

    /// Emits a branch that nobody waits for, if there are servers that it needs.
    fn emit_aside(&mut self, station: Option<StationId>, branch: impl FnOnce(&mut Self)) {
        if station.is_none() {
            return;
        }
        let first = self.model.branches.len() as u32;
        self.emit(Instruction::Fork { first, count: 1, need: 0 });
        let over = self.emit(Instruction::Jump(0));
        let begin = self.pc();
        self.model.branches.push(begin);
        branch(self);
        self.emit(Instruction::Join);
        self.land(over);
    }

    /// Emits a branch that something else starts, and says where it begins.
    fn emit_apart(&mut self, branch: impl FnOnce(&mut Self)) -> Pc {
        let over = self.emit(Instruction::Jump(0));
        let begin = self.pc();
        branch(self);
        self.emit(Instruction::Join);
        self.land(over);
        begin
    }

    fn emit_served(&mut self, station: Option<StationId>, law: Option<&Sampler>, name: &str) {
        if let (Some(station), Some(law)) = (station, law) {
            let law = self.place(law.clone(), name);
            self.emit(Instruction::Serve { station: Resource::shared(station), law });
        }
    }

    pub(in crate::model) fn emit_there(&mut self, hop: Option<LawId>) {
        if let Some(law) = hop {
            self.emit(Instruction::Pause { law, delay: Delay::Network });
        }
    }

    pub(in crate::model) fn emit_back(&mut self, hop: Option<LawId>) {
        self.emit_there(hop.map(|hop| LawId(hop.0 + 1)));
    }

    fn pc(&self) -> Pc {
        self.model.plan.len() as Pc
    }
}

/// Compiling writes.
impl Lowering<'_> {
    /// What a write to a store changes at the instant at which the store has it; `None` if nobody keeps any of it.
    pub(in crate::model) fn commit_of(&mut self, query: &Query) -> Option<CommitId> {
        let store = query.store.split_once('.').map_or(&*query.store, |(store, _)| store);
        let key = query.key.as_ref().map(Key::population);
        let keys = key.and_then(|key| self.keys_id(key));
        let ledger = |store: &str, key: Option<&str>| {
            let name = (store.to_owned(), key.map(str::to_owned));
            self.places.ledgers.get(&name).copied()
        };
        let keyed: Vec<LedgerId> =
            key.into_iter().flat_map(|_| [ledger(store, key), ledger("", key)]).flatten().collect();
        let whole: Vec<LedgerId> = ledger(store, None).into_iter().collect();
        let mut commit = Commit { keyed, whole, ..Commit::default() };
        for cache in 0..self.model.caches.len() as u32 {
            let lowered = &self.model.caches[cache as usize];
            let of = &self.spec.caches[&lowered.name].of;
            let is_of_store = of == store;
            let is_of_key = of.contains('.') && keys.is_some() && lowered.items[0].keys == keys;
            let way = &self.places.ways[cache as usize];
            if !(is_of_store || is_of_key)
                || lowered.size.is_zero()
                || matches!(way.writes, Writes::Around)
            {
                continue;
            }
            let inside = lowered.layer == CacheLayer::Database || is_of_key;
            let name = format!("{}.invalidation", lowered.name);
            if let Some(delay) = way.delay.clone() {
                let write = self.cache_write(cache, None, keys);
                let law = self.place(delay, &format!("caches.{name}"));
                let told = self.emit_apart(|this| {
                    this.emit(Instruction::Pause { law, delay: Delay::Wait });
                    this.emit(Instruction::Cache(CacheStep::Remove(write)));
                });
                commit.told.push(told);
            } else if inside {
                commit.removed.push(self.cache_write(cache, None, keys));
            }
        }
        if commit == Commit::default() {
            return None;
        }
        self.model.commits.push(commit);
        Some(CommitId(self.model.commits.len() as u32 - 1))
    }

    fn cache_write(
        &mut self,
        cache: u32,
        service: Option<ServiceId>,
        keys: Option<KeysId>,
    ) -> WriteId {
        let first = service.map(|service| self.first_place_in(cache, service));
        let items = &self.model.caches[cache as usize].items;
        let which = |wanted: &dyn Fn(Option<KeysId>) -> bool| {
            let all = items.iter().enumerate().filter(|(_, items)| wanted(items.keys));
            all.map(|(at, _)| at as u32).collect()
        };
        let keyed = which(&|of| of.is_some() && of == keys);
        let whole = which(&|of| of.is_none());
        let batch = match self.places.ways[cache as usize].writes {
            Writes::Behind { batch, .. } => batch,
            _ => 1,
        };
        let write = CacheWrite { cache, first, keyed, whole, batch, flush: 0, after: 0 };
        self.model.cache_writes.push(write);
        WriteId(self.model.cache_writes.len() as u32 - 1)
    }

    /// Emits a write that passes the caches of its store; `query` emits the store's part, with or without a
    /// connection of the service's, and what follows it there.
    pub(in crate::model) fn emit_write(
        &mut self,
        query: &Query,
        service: ServiceId,
        path: &str,
        at_store: &mut dyn FnMut(&mut Self, bool, Option<CacheStep>),
    ) {
        let store = query.store.split_once('.').map_or(&*query.store, |(store, _)| store);
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        let commit = self.commit_of(query);
        let caches = self.caches_of(store, |at| {
            let cache = &self.model.caches[at as usize];
            !cache.size.is_zero() && cache.layer != CacheLayer::Database
        });
        let behind = caches.iter().copied().find_map(|cache| {
            match self.places.ways[cache as usize].writes {
                Writes::Behind { delay, .. } => Some((cache, delay)),
                _ => None,
            }
        });
        if behind.is_none() {
            at_store(self, true, commit.map(CacheStep::Commit));
        }
        for &cache in caches.iter().rev() {
            let write = self.cache_write(cache, Some(service), keys);
            let step = match self.places.ways[cache as usize].writes {
                Writes::Invalidate => CacheStep::Remove(write),
                Writes::Through => CacheStep::Put(write),
                Writes::Behind { .. } => CacheStep::PutBehind(write),
                Writes::Around => continue,
            };
            let way = self.places.ways[cache as usize].clone();
            let name = format!("{path}.{}", self.model.caches[cache as usize].name);
            let hop = way.hop.map(|hop| self.place_hop(&hop, &name));
            self.emit_there(hop);
            self.emit_served(way.station, way.fill.as_ref(), &format!("{name}.fill"));
            self.emit(Instruction::Cache(step));
            self.emit_back(hop);
            if let Some((_, delay)) = behind.filter(|(behind, _)| *behind == cache) {
                self.emit_behind(write, delay, &name, commit, at_store);
            }
        }
    }

    /// Emits what the store gets later of the writes of a batch.
    fn emit_behind(
        &mut self,
        write: WriteId,
        delay: Duration,
        name: &str,
        commit: Option<CommitId>,
        at_store: &mut dyn FnMut(&mut Self, bool, Option<CacheStep>),
    ) {
        let law = self.place(Sampler::Constant(delay.0 as f64), &format!("{name}.behind"));
        let flush = self.emit_apart(|this| {
            this.emit(Instruction::Pause { law, delay: Delay::Wait });
            this.emit(Instruction::Cache(CacheStep::Drain(write)));
            at_store(this, false, commit.map(CacheStep::CommitBatch));
            let after = this.pc();
            this.model.cache_writes[write.0 as usize].after = after;
        });
        self.model.cache_writes[write.0 as usize].flush = flush;
    }
}
