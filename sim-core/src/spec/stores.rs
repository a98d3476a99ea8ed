//! Stores: what components read and write.

use super::{
    Coverage, Discipline, External, Law, Locks, Named, ObjectStorage, Path, Pooler, Primaries,
    Purchase, Quantity, Quorum, Replication, Search, Shards, Shedding, View, Volume,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A store.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "a model has few stores, and they stay in place")]
pub enum Store {
    /// A database that runs so many queries at once and queues the rest.
    Database(Database),
    /// Files or other objects, in tiers that cost more or less to read from.
    ObjectStorage(ObjectStorage),
    /// An index in shards that answer a search together.
    Search(Search),
    /// A system outside, which answers after a time and may limit or fail.
    External(External),
}

impl Store {
    /// Its named queries.
    pub fn queries(&self) -> &Named<Law> {
        match self {
            Store::Database(database) => &database.queries,
            Store::ObjectStorage(objects) => &objects.queries,
            Store::Search(search) => &search.queries,
            Store::External(external) => &external.queries,
        }
    }

    /// Where the fields of a store at `path` are written.
    pub fn fields_path(&self, path: &Path) -> Path {
        path.key(match self {
            Store::Database(_) => "database",
            Store::ObjectStorage(_) => "object_storage",
            Store::Search(_) => "search",
            Store::External(_) => "external",
        })
    }

    /// Its laws, each with where it is written in a store at `path`.
    pub fn laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        let path = &self.fields_path(path);
        let mut laws = match self {
            Store::Database(database) => database.laws(path),
            Store::ObjectStorage(objects) => objects.laws(path),
            Store::Search(search) => search.laws(path),
            Store::External(external) => vec![(path.key("latency"), &external.latency)],
        };
        let at = path.key("queries");
        laws.extend(self.queries().iter().map(|(name, law)| (at.key(name), law)));
        laws
    }
}

/// The laws among these that are written.
pub(super) fn written<'a>(
    laws: impl IntoIterator<Item = (Path, Option<&'a Law>)>,
) -> Vec<(Path, &'a Law)> {
    laws.into_iter().filter_map(|(path, law)| Some((path, law?))).collect()
}

/// A database.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// How many queries run at once. 0 stands for more than will ever be needed.
    pub servers: u32,
    /// How long a query of a plain `read` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Law>,
    /// How long a query of a plain `write` takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Law>,
    /// How long a named query (`read("store.query")`) takes.
    #[serde(default)]
    pub queries: Named<Law>,
    /// In which order waiting queries run.
    #[serde(default)]
    pub discipline: Discipline,
    /// How many queries may wait; one more is refused. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<u32>,
    /// How long a query waits before it leaves with an error; one whose turn comes at the very end is in time. Each draws
    /// its own. Absent: as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patience: Option<Law>,
    /// Whether patience is over when a query begins to run, or covers its run too.
    #[serde(default, skip_serializing_if = "Coverage::is_waiting")]
    pub patience_covers: Coverage,
    /// Which queries are refused when there are too many. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shed: Option<Shedding>,
    /// One-way latency between a caller in the same zone and the store; absent: the network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// How keys are spread over shards; absent: all are in one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shards: Option<Shards>,
    /// Read replicas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replication: Option<Replication>,
    /// Members without a leader, of which some have to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<Quorum>,
    /// Several primaries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primaries: Option<Primaries>,
    /// The region that it is in, or the zone: `"eu"` is the first zone of eu, `"eu/b"` another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// In place of `region`, where the copies of each shard are: the first (the primary, at first) in the first of these,
    /// the next in the next, in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub regions: Vec<String>,
    /// Which queries lock what they are about; absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locks: Option<Locks>,
    /// Materialised views, read like named queries.
    #[serde(default)]
    pub views: Named<View>,
    /// A pooler between all callers and the database; absent: callers connect by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pooler: Option<Pooler>,
    /// On what machine each member runs: a size of `prices.instances`. Absent: it is not on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// How its machines are bought.
    #[serde(default, skip_serializing_if = "Purchase::is_on_demand")]
    pub purchase: Purchase,
    /// The storage of each member. Absent: none is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Volume>,
    /// Work of people to operate it, in a month: `"8h"`. Absent: none is paid for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operations: Option<Quantity>,
}

impl Database {
    fn laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        let hold = self.locks.as_ref().and_then(Locks::hold);
        let pooler = self.pooler.as_ref().and_then(|pooler| pooler.hop.as_ref());
        let locks = self.locks.as_ref().map_or("writes", Locks::name);
        let mut laws = written([
            (path.key("read"), self.read.as_ref()),
            (path.key("write"), self.write.as_ref()),
            (path.key("hop"), self.hop.as_ref()),
            (path.key("patience"), self.patience.as_ref()),
            (path.key("locks").key(locks).key("hold"), hold),
            (path.key("pooler").key("hop"), pooler),
        ]);
        for (name, view) in &self.views {
            let at = path.key("views").key(name);
            laws.extend([(at.key("read"), &view.read), (at.key("cost"), &view.cost)]);
        }
        laws.extend(self.member_laws(path));
        laws
    }
}
