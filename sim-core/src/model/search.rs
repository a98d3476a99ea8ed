//! Search: an index in shards, refreshed now and then.

use super::check::Lowering;
use super::laws::Unit;
use super::{
    CounterId, Instruction, KeysId, LawId, MeasureKind, Resource, StationGroup, StationId,
    StationKind, TimingId, UNLIMITED,
};
use crate::random::name_hash;
use crate::spec::{self, Path, Query};
use crate::time::Duration;

/// Shards of an index, at most.
const SHARDS_MAX: u32 = 1_000;

/// What happens to an index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SearchStep {
    /// A read comes: it sees the last refresh.
    Read(u32),
    /// Choose the shard of the frame's key; without keys, any, drawn by a site.
    Route {
        /// Which index.
        search: u32,
        /// What the frame's key is one of.
        keys: Option<KeysId>,
        /// The stream of draws.
        site: u32,
    },
    /// All shards, from the first.
    All,
    /// A write has been indexed.
    Indexed(u32),
}

/// A search engine's index.
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    /// Its name.
    pub name: String,
    /// How many shards.
    pub shards: u32,
    /// The station of the first of them.
    pub station: StationId,
    /// Time between refreshes; absent: writes are seen at once.
    pub refresh: Option<Duration>,
    /// Reads that saw every write.
    pub fresh: CounterId,
    /// Reads that did not.
    pub stale: CounterId,
    /// Of these: how long ago the first write was that they did not see.
    pub staleness: TimingId,
    /// Writes.
    pub indexed: CounterId,
}

impl Lowering<'_> {
    pub(super) fn place_search(&mut self, name: &str, written: &spec::Search, path: &Path) {
        for (field, law) in [("query", &written.query), ("index", &written.index)] {
            if let Some(law) = law {
                self.law(law, Unit::Time, &path.key(field));
            }
        }
        if written.shards == 0 || written.shards > SHARDS_MAX {
            let message = format!("{} shards: there are from 1 to {SHARDS_MAX}", written.shards);
            self.findings.error(&path.key("shards"), message);
        }
        let shards = written.shards.clamp(1, SHARDS_MAX);
        let refresh = written.refresh.as_ref().and_then(|refresh| {
            let at = path.key("refresh");
            self.positive_duration(refresh, "the time between refreshes", &at)
        });
        let refused = self.place_quota(name, written.limit.as_ref(), &path.key("limit"));
        let hop = match &written.hop {
            Some(law) => self.law(law, Unit::Time, &path.key("hop")),
            None => self.places.hop.clone(),
        };
        let first = self.next_station();
        self.model.stations.push(StationGroup {
            name: name.to_owned(),
            kind: StationKind::Store,
            first,
            count: shards,
            servers: if written.servers == 0 { UNLIMITED } else { written.servers },
            discipline: written.discipline,
            queue: written.queue.unwrap_or(UNLIMITED),
            door: None,
            site: name_hash(&format!("stores.{name}")),
        });
        self.places.stores.insert(name.to_owned(), (first, hop));
        let measures = &mut self.model.measures;
        let lowered = Search {
            name: name.to_owned(),
            shards,
            station: first,
            refresh: refresh.map(|nanos| Duration(nanos as u64)),
            fresh: measures.counter(),
            stale: measures.counter(),
            staleness: measures.timing(),
            indexed: measures.counter(),
        };
        let of = format!("stores.{name}");
        let whole = vec![lowered.fresh, lowered.stale];
        measures.report(&of, "stale_reads", MeasureKind::Share { part: lowered.stale, whole });
        measures.report(&of, "staleness", MeasureKind::MeanTime(lowered.staleness));
        measures.report(&of, "staleness_p99", MeasureKind::P99Time(lowered.staleness));
        measures.report(&of, "indexed", MeasureKind::Rate(lowered.indexed));
        if let Some(refused) = refused {
            let whole = vec![lowered.fresh, lowered.stale, lowered.indexed, refused];
            measures.report(&of, "refused", MeasureKind::Share { part: refused, whole });
        }
        self.places.searches.insert(name.to_owned(), self.model.searches.len() as u32);
        self.model.searches.push(lowered);
    }

    /// A query at its shard or at all of them, within the quota of the index, without the way there.
    pub(super) fn compile_search(&mut self, query: &Query, kind: &str, law: LawId, path: &Path) {
        self.within_quota(query.name(), |this| match kind {
            "read" => this.compile_searching(query, law, path),
            _ => this.compile_indexing(query, law, path),
        });
    }

    /// A read: of the shard of its key, or of all shards.
    fn compile_searching(&mut self, query: &Query, law: LawId, path: &Path) {
        let search = self.places.searches[query.name()];
        self.emit(Instruction::Search(SearchStep::Read(search)));
        if query.key.is_some() {
            return self.compile_at_one_shard(query, law, path);
        }
        let station = Resource::chosen(self.places.stores[query.name()].0);
        self.emit(Instruction::Search(SearchStep::All));
        let count = self.model.searches[search as usize].shards;
        self.emit(Instruction::Scatter { count, need: count });
        let over = self.emit(Instruction::Jump(0));
        self.emit(Instruction::Serve { station, law });
        self.emit(Instruction::Join);
        self.land(over);
    }

    /// A write: indexed by the shard of its key, or by any.
    fn compile_indexing(&mut self, query: &Query, law: LawId, path: &Path) {
        let search = self.places.searches[query.name()];
        self.compile_at_one_shard(query, law, path);
        self.emit(Instruction::Search(SearchStep::Indexed(search)));
    }

    fn compile_at_one_shard(&mut self, query: &Query, law: LawId, path: &Path) {
        let search = self.places.searches[query.name()];
        let keys = query.key.as_ref().and_then(|key| self.keys_id(key.population()));
        let site = self.site(&format!("{path}.shard"));
        self.emit(Instruction::Search(SearchStep::Route { search, keys, site }));
        let station = Resource::chosen(self.places.stores[query.name()].0);
        self.emit(Instruction::Serve { station, law });
    }
}
