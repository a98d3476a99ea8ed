//! Compiling queries of stores that have several members.

use super::{AskFor, Copies, ReadPolicy, Replicated, StoreStep, Subject};
use crate::model::check::Lowering;
use crate::model::laws::Unit;
use crate::model::{Instruction, LawId, Pc, Resource};
use crate::spec::{Database, Path, Query, Store};

/// A query that is being compiled.
#[derive(Clone, Copy)]
pub(in crate::model) struct Compiled<'q> {
    pub(in crate::model) query: &'q Query,
    pub(in crate::model) kind: &'q str,
    /// How long it takes at a member.
    pub(in crate::model) law: LawId,
    /// The way there; the law after it is the way back.
    pub(in crate::model) hop: Option<LawId>,
    pub(in crate::model) path: &'q Path,
}

impl Lowering<'_> {
    /// The number of a store that has several members.
    pub(in crate::model) fn cluster_id(&self, name: &str) -> Option<u32> {
        let at = self.model.stores.iter().position(|store| store.name == name)?;
        self.model.stores[at].cluster.as_ref().map(|_| at as u32)
    }

    /// What a query does between taking and giving back its connection.
    pub(in crate::model) fn compile_at_members(&mut self, store: u32, compiled: Compiled<'_>) {
        let keys = compiled.query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        let of = Subject { store, keys };
        let name = &self.model.stores[store as usize].name;
        let shard_key = self.shard_key(name);
        if shard_key.is_none() || shard_key == keys {
            self.emit_store(StoreStep::Shard(of));
            self.compile_at_shard(of, compiled);
        } else {
            self.emit_store(StoreStep::Spread(of));
            self.branch(|this| this.compile_at_shard(of, compiled));
        }
    }

    fn compile_at_shard(&mut self, of: Subject, compiled: Compiled<'_>) {
        let cluster =
            self.model.stores[of.store as usize].cluster.clone().expect("several members");
        let site = self.site(&format!("{}.member", compiled.path));
        let chosen = self.model.stores[of.store as usize].chosen();
        let (there, back) = self.way_to(chosen, compiled.hop, compiled.path);
        let is_read = compiled.kind == "read";
        let analytics = is_read && self.is_analytical(compiled.query);
        match &cluster.copies {
            Copies::Quorum { read, write, .. } => {
                let (query, need) =
                    if is_read { (AskFor::Read, *read) } else { (AskFor::Write, *write) };
                self.compile_ask(of, query, need, compiled);
            }
            Copies::Replicated(Replicated { reads: ReadPolicy::Newest(need), .. })
                if is_read && !analytics =>
            {
                self.compile_ask(of, AskFor::Newest { site }, *need, compiled);
            }
            _ if is_read => {
                self.emit_store(StoreStep::Read { of, site, analytics });
                self.go(there);
                self.emit(Instruction::Serve { station: chosen, law: compiled.law });
                self.emit_store(StoreStep::Seen(of));
                self.go(back);
            }
            copies => {
                self.emit_store(StoreStep::Write { of, site });
                self.go(there);
                self.emit(Instruction::Serve { station: chosen, law: compiled.law });
                let need = match copies {
                    Copies::Replicated(it) => it.acknowledgements,
                    _ => 0,
                };
                self.emit_store(StoreStep::Commit { of, need });
                if let Some(shipping) = cluster.shipping() {
                    self.branch(|this| {
                        this.emit_store(StoreStep::Ship(of));
                        if let Some(law) = shipping.replay {
                            let station = Resource::member(chosen.first());
                            this.emit(Instruction::Serve { station, law });
                        }
                        this.emit_store(StoreStep::Arrived(of));
                    });
                }
                if need > 0 {
                    self.emit_store(StoreStep::Acknowledged(of));
                }
                self.go(back);
            }
        }
    }

    /// A query that goes to several copies of a shard at once.
    fn compile_ask(&mut self, of: Subject, query: AskFor, need: u32, compiled: Compiled<'_>) {
        let chosen = self.model.stores[of.store as usize].chosen();
        let (there, back) = self.way_to(chosen, compiled.hop, compiled.path);
        self.emit_store(StoreStep::Ask { of, query, need });
        self.branch(|this| {
            this.go(there);
            this.emit_store(StoreStep::Admit { of, query });
            let station = Resource::member(chosen.first());
            this.emit(Instruction::Serve { station, law: compiled.law });
            this.emit_store(StoreStep::Answer { of, query });
            this.go(back);
            if query != AskFor::Write {
                this.emit_store(StoreStep::Tell);
            }
        });
        self.emit_store(StoreStep::Settled { of, query });
    }

    /// What copies keys while a store is resharded, for every store that is.
    pub(in crate::model) fn compile_resharding(&mut self) {
        let spec = self.spec;
        for store in 0..self.model.stores.len() {
            let name = self.model.stores[store].name.clone();
            let Some(Store::Database(Database { shards: Some(shards), .. })) =
                spec.stores.get(&name)
            else {
                continue;
            };
            let Some(reshard) = &shards.reshard else { continue };
            let path = Path::root().key("stores").key(&name).key("database").key("shards");
            let at = path.key("reshard").key("copy");
            let Some(sampler) = self.law(&reshard.copy, Unit::Time, &at) else { continue };
            let station = Resource::member(self.model.stores[store].chosen().first());
            let law = self.place(sampler.clone(), &format!("stores.{name}.fetch"));
            let program = self.emit(Instruction::Serve { station, law });
            self.emit_store(StoreStep::Fetched(store as u32));
            let law = self.place(sampler, &format!("stores.{name}.store"));
            self.emit(Instruction::Serve { station, law });
            self.emit_store(StoreStep::Moved(store as u32));
            let cluster = self.model.stores[store].cluster.as_mut();
            let sharded = cluster.and_then(|cluster| cluster.sharding.as_mut());
            if let Some(reshard) = sharded.and_then(|sharded| sharded.reshard.as_mut()) {
                reshard.program = program;
            }
        }
    }

    fn is_analytical(&self, query: &Query) -> bool {
        let Some((store, query)) = query.store.split_once('.') else { return false };
        let Some(Store::Database(Database { replication: Some(it), .. })) =
            self.spec.stores.get(store)
        else {
            return false;
        };
        it.analytics.iter().any(|known| known == query)
    }

    /// A jump past what `body` emits, which ends with a join.
    fn branch(&mut self, body: impl FnOnce(&mut Self)) {
        let over: Pc = self.emit(Instruction::Jump(0));
        body(self);
        self.emit(Instruction::Join);
        self.land(over);
    }

    /// A message, if it takes time.
    fn go(&mut self, way: Option<Instruction>) {
        way.map(|way| self.emit(way));
    }

    fn emit_store(&mut self, step: StoreStep) {
        self.emit(Instruction::Store(step));
    }
}
