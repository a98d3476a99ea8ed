//! Checking caches, and what is known of each before anything is compiled.

use super::{Cache, CacheLayer, CacheMeasures, CacheSize, Items, LedgerId, Way, Writes};
use crate::model::check::{Lowering, operations, sorted};
use crate::model::laws::Unit;
use crate::model::placement::meant;
use crate::model::{KeysId, Ranking, StationGroup, StationId, StationKind, UNLIMITED, quantity};
use crate::random::name_hash;
use crate::spec::{
    self, CachePolicy, CacheReads, CacheWrites, Choice, Discipline, Invalidation, Layer, Path,
    Query, Step, did_you_mean,
};
use crate::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Clients that may have a cache each.
const CLIENTS_MAX: u64 = 1_000_000;
/// Entries a cache may start with.
const WARM_MAX: f64 = 10_000_000.0;

/// What components read and write, by store: queries as written, and the population of the key.
#[derive(Default)]
pub(in crate::model) struct Accesses<'a> {
    reads: BTreeMap<&'a str, BTreeSet<(&'a str, Option<&'a str>)>>,
    writes: BTreeMap<&'a str, BTreeSet<Option<&'a str>>>,
}

impl<'a> Accesses<'a> {
    fn add(&mut self, steps: &'a [Step]) {
        for step in steps {
            match step {
                Step::Read(query) => {
                    let (store, key) = parts(query);
                    self.reads.entry(store).or_default().insert((&query.store, key));
                }
                Step::Write(query) => {
                    let (store, key) = parts(query);
                    self.writes.entry(store).or_default().insert(key);
                }
                Step::Parallel { branches, .. } => branches.iter().for_each(|b| self.add(b)),
                Step::Choose(ways) => ways.iter().for_each(|Choice(_, steps)| self.add(steps)),
                Step::Repeat(_, steps) => self.add(steps),
                Step::Work(_) | Step::Wait(_) | Step::Call(_) | Step::Send(_) => {}
            }
        }
    }
}

/// The store of a query, and the population of its key.
fn parts(query: &Query) -> (&str, Option<&str>) {
    let store = query.store.split_once('.').map_or(&*query.store, |(store, _)| store);
    (store, query.key.as_ref().map(spec::Key::population))
}

impl<'a> Lowering<'a> {
    /// Checks all caches and lowers them, in the order of their names.
    pub(in crate::model) fn lower_caches(&mut self) {
        let spec = self.spec;
        if spec.caches.is_empty() {
            return;
        }
        let mut accesses = Accesses::default();
        operations(spec).for_each(|(_, _, steps)| accesses.add(steps));
        let mut layers: BTreeMap<(&str, u8), &str> = BTreeMap::new();
        for (name, cache) in sorted(&spec.caches) {
            let path = Path::root().key("caches").key(name);
            if let Some(other) = layers.insert((&cache.of, rank(&cache.at)), name) {
                let message = format!("`{other}` is in the same layer in front of `{}`", cache.of);
                let hint =
                    "one layer has one cache: make it larger, or put the other into another layer";
                self.findings.error(&path.key("at"), message).hint(hint);
            }
            let found = if spec.is_written(&["stores", &cache.of]) {
                self.check_of_store(name, cache, &accesses, &path)
            } else {
                self.check_of_operation(cache, &accesses, &path)
            };
            let Some(items) = found else { continue };
            if let Some((lowered, way)) = self.lower_cache(name, cache, items, &accesses, &path) {
                let at = self.model.caches.len() as u32;
                self.places.caches.entry(cache.of.clone()).or_default().push(at);
                self.places.ways.push(way);
                self.model.caches.push(lowered);
            }
        }
        let caches = &self.model.caches;
        for layers in self.places.caches.values_mut() {
            layers.sort_by_key(|&at| caches[at as usize].layer);
        }
    }

    /// What a cache of a store holds; `None` where that makes no sense, which has been said.
    fn check_of_store(
        &mut self,
        name: &str,
        cache: &'a spec::Cache,
        accesses: &Accesses<'a>,
        path: &Path,
    ) -> Option<Vec<Items>> {
        if cache.key.is_some() {
            let message = "a cache of a store takes its keys from the steps that read";
            self.findings.error(&path.key("key"), message).hint("leave `key` out");
        }
        if matches!(cache.at, Layer::Client { .. } | Layer::Edge { .. }) {
            let message = "clients and edges hold answers of operations, and know no store";
            let hint =
                "write of: \"component.operation\" with its key, or at: process or shared(…)";
            self.findings.error(&path.key("at"), message).hint(hint);
        }
        let known = self.check_queries(cache, path);
        let wanted = |query: &str| match &cache.queries {
            None => true,
            Some(names) => query
                .split_once('.')
                .is_some_and(|(_, query)| names.iter().any(|name| name == query)),
        };
        let reads = accesses.reads.get(cache.of.as_str()).into_iter().flatten();
        let read: Vec<_> = reads.filter(|(query, _)| wanted(query)).collect();
        if known && read.is_empty() && self.spec.is_read("components", self.spec.components.len()) {
            let message = format!("no step reads what `{name}` is to hold of `{}`", cache.of);
            let hint = format!("a step that does is read(store: \"{}\", key: …)", cache.of);
            self.findings.error(&path.key("of"), message).hint(hint);
        }
        let written = accesses.writes.get(cache.of.as_str());
        let mut items = Vec::new();
        for (query, key) in read {
            let keys = key.and_then(|key| self.keys_id(key));
            let changes = written.is_some_and(|w| key.is_none() || w.contains(key));
            let ledger = changes.then(|| self.ledger(&cache.of, *key));
            items.push(Items { name: (*query).to_owned(), keys, ledger });
        }
        Some(items)
    }

    /// Whether the store has all queries that its cache is to hold.
    fn check_queries(&mut self, cache: &spec::Cache, path: &Path) -> bool {
        let Some(names) = &cache.queries else { return true };
        let Some(spec::Store::Database(database)) = self.spec.stores.get(&cache.of) else {
            return false;
        };
        let mut known = true;
        for (i, query) in names.iter().enumerate() {
            if !database.queries.contains_key(query) {
                known = false;
                let near = did_you_mean(query, database.queries.keys().map(String::as_str));
                let message = format!("store `{}` has no query `{query}`", cache.of);
                let hint = near.map(|near| format!("did you mean `{near}`?"));
                self.findings.error(&path.key("queries").index(i), message).hint = hint;
            }
        }
        known
    }

    fn check_of_operation(
        &mut self,
        cache: &'a spec::Cache,
        accesses: &Accesses<'a>,
        path: &Path,
    ) -> Option<Vec<Items>> {
        if !cache.of.contains('.') {
            let hint = meant(&cache.of, self.spec.names("stores"));
            let message = format!("there is no store `{}`", cache.of);
            let hint = hint.or_else(|| Some("an operation is \"component.operation\"".into()));
            self.findings.error(&path.key("of"), message).hint = hint;
            return None;
        }
        self.operation(&cache.of, &path.key("of"))?;
        let mut wrong = |field: &str, message: &str, hint: &str| {
            self.findings.error(&path.key(field), message).hint(hint);
        };
        if matches!(cache.at, Layer::Database) {
            wrong("at", "an operation has no database inside", "write at: shared(…) or process");
        }
        if cache.queries.is_some() {
            wrong("queries", "an operation has no queries", "leave `queries` out");
        }
        if matches!(cache.writes, Some(CacheWrites::Through | CacheWrites::Behind { .. })) {
            let hint = "`invalidate` removes the answers that a write has changed";
            wrong("writes", "answers of an operation cannot be written", hint);
        }
        if matches!(cache.invalidation, Some(Invalidation::Version { .. })) {
            let hint = "write invalidation: event(delay: \"100ms\"), or let entries expire";
            wrong("invalidation", "an operation tells no versions, only a store does", hint);
        }
        let Some(key) = &cache.key else {
            let message = "it does not say which key tells one answer from another";
            self.findings.error(path, message).hint("add key: \"products\", a name of `keys`");
            return None;
        };
        self.check_key(key, &path.key("key"));
        let keys = self.keys_id(key.population())?;
        let key = Some(key.population());
        let is_written = accesses.writes.values().any(|keys| keys.contains(&key));
        let ledger = is_written.then(|| self.ledger("", key));
        Some(vec![Items { name: cache.of.clone(), keys: Some(keys), ledger }])
    }

    /// Where versions of a store under keys of a population are kept; of all stores if it is "".
    fn ledger(&mut self, store: &str, key: Option<&str>) -> LedgerId {
        let next = LedgerId(self.places.ledgers.len() as u32);
        let name = (store.to_owned(), key.map(str::to_owned));
        let id = *self.places.ledgers.entry(name).or_insert(next);
        self.model.ledgers = self.places.ledgers.len() as u32;
        id
    }

    fn lower_cache(
        &mut self,
        name: &str,
        cache: &'a spec::Cache,
        items: Vec<Items>,
        accesses: &Accesses<'a>,
        path: &Path,
    ) -> Option<(Cache, Way)> {
        let (size, layer) = (self.cache_size(cache, &items, path), self.cache_layer(cache, path));
        let (ttl, jitter) = self.cache_times(cache, path);
        let stale = match &cache.stale_while_revalidate {
            Some(time) => self.value(time, Unit::Time, &path.key("stale_while_revalidate")),
            None => Some(0.0),
        };
        self.check_ranking(cache, &items, path);
        let writes = self.cache_writes(cache, accesses, path);
        let way = self.way(name, cache, writes?, path);
        let (size, layer, way) = (size?, layer?, way?);
        let is_none = size.is_zero();
        let measures = CacheMeasures::new(&mut self.model.measures);
        let lowered = Cache {
            name: name.to_owned(),
            site: name_hash(&format!("caches.{name}")),
            layer,
            size,
            policy: cache.policy,
            ttl,
            jitter: jitter?,
            sliding: cache.sliding,
            // Nobody waits for what will not be there.
            coalesce: !is_none && cache.coalesce.unwrap_or(way.through),
            stale: if is_none { Duration::ZERO } else { Duration::from_nanos(stale?) },
            checked: matches!(cache.invalidation, Some(Invalidation::Version { .. })),
            warm: cache.warm,
            items,
            services: Vec::new(),
            places: u32::from(matches!(layer, CacheLayer::Shared | CacheLayer::Database)),
            measures,
        };
        let behind = matches!(way.writes, Writes::Behind { .. });
        measures.report(&mut self.model.measures, &lowered, behind);
        Some((lowered, way))
    }

    fn cache_size(
        &mut self,
        cache: &spec::Cache,
        items: &[Items],
        path: &Path,
    ) -> Option<CacheSize> {
        let size = match (cache.entries, &cache.bytes) {
            (Some(entries), None) => CacheSize::Entries(entries),
            (None, Some(bytes)) => {
                CacheSize::Bytes(self.read(quantity::bytes(bytes), &path.key("bytes"))? as u64)
            }
            (Some(_), Some(_)) => {
                let message = "a cache is so many `entries` large or so many `bytes`, not both";
                let hint = "leave one out; `memory` is what it may use";
                self.findings.error(&path.key("bytes"), message).hint(hint);
                return None;
            }
            (None, None) => {
                let hint = "add entries: 10_000, or bytes: \"64MB\"";
                self.findings.error(path, "it does not say how large the cache is").hint(hint);
                return None;
            }
        };
        let Some(memory) = &cache.memory else { return Some(size) };
        let memory = self.read(quantity::bytes(memory), &path.key("memory"))?;
        let mean = items.iter().map(|items| items.mean_size(&self.model)).fold(0.0, f64::max);
        let (needed, field) = match size {
            CacheSize::Entries(entries) => (f64::from(entries) * mean, "entries"),
            CacheSize::Bytes(bytes) => (bytes as f64, "bytes"),
        };
        if needed > memory {
            let message = format!(
                "full, this cache takes {needed:.0} bytes and may use {memory:.0} bytes of memory"
            );
            let hint = format!("{:.0} entries of {mean:.0} bytes fit", memory / mean.max(1.0));
            self.findings.error(&path.key(field), message).hint(hint);
        }
        Some(size)
    }

    fn cache_layer(&mut self, cache: &spec::Cache, path: &Path) -> Option<CacheLayer> {
        Some(match &cache.at {
            Layer::Edge { .. } => CacheLayer::Edge,
            Layer::Process => CacheLayer::Process,
            Layer::Shared { .. } => CacheLayer::Shared,
            Layer::Database => CacheLayer::Database,
            Layer::Client { of } => {
                let at = path.key("at").key("client").key("of");
                let Some(keys) = self.keys_id(of) else {
                    let hint = meant(of, self.spec.names("keys"));
                    self.findings.error(&at, format!("there are no keys `{of}`")).hint = hint;
                    return None;
                };
                let count = self.model.keys[keys.0 as usize].popularity.count();
                if count > CLIENTS_MAX {
                    let message = format!(
                        "{count} clients with a cache each: there can be at most {CLIENTS_MAX}"
                    );
                    let hint = "let a smaller population stand for all, at the same rate for each";
                    self.findings.error(&at, message).hint(hint);
                }
                CacheLayer::Client(keys)
            }
        })
    }

    /// The time to live and its jitter.
    fn cache_times(&mut self, cache: &spec::Cache, path: &Path) -> (Option<Duration>, Option<f64>) {
        let ttl = cache.ttl.as_ref().and_then(|ttl| {
            self.positive_duration(ttl, "a time to live", &path.key("ttl"))
                .map(Duration::from_nanos)
        });
        if cache.ttl.is_none() {
            let needing = [
                ("sliding", cache.sliding),
                ("jitter", cache.jitter.is_some()),
                ("stale_while_revalidate", cache.stale_while_revalidate.is_some()),
            ];
            for (field, _) in needing.into_iter().filter(|(_, written)| *written) {
                let message = format!("`{field}` is about when entries expire, and these never do");
                self.findings.error(&path.key(field), message).hint("add ttl: \"5min\"");
            }
        }
        let jitter = match &cache.jitter {
            Some(jitter) => self.read(quantity::share(jitter), &path.key("jitter")),
            None => Some(0.0),
        };
        if jitter.is_some_and(|jitter| !(0.0..1.0).contains(&jitter)) {
            let hint = "write jitter: \"10%\" for times to live from 90 % to 110 %";
            let message = "jitter is a share of the time to live, from 0 to less than 1";
            self.findings.error(&path.key("jitter"), message).hint(hint);
        }
        (ttl, jitter)
    }

    /// What holds or loads the most popular has to know them.
    fn check_ranking(&mut self, cache: &spec::Cache, items: &[Items], path: &Path) {
        let field = match (cache.policy, cache.warm) {
            (CachePolicy::Pinned, _) => "policy",
            (_, true) => "warm",
            _ => return,
        };
        let of = |keys: KeysId| &self.model.keys[keys.0 as usize];
        let changing = items
            .iter()
            .filter_map(|items| items.keys)
            .find(|&keys| of(keys).ranking != Ranking::Common || of(keys).changes.is_some());
        if let Some(keys) = changing {
            let name = &of(keys).name;
            let message = format!(
                "which of the keys `{name}` are the most popular is not the same for all or ever"
            );
            let hint = "lru finds out by itself; leave it to that, or `per` and `changes` out";
            self.findings.error(&path.key(field), message).hint(hint);
        }
        if cache.warm && matches!(cache.at, Layer::Client { .. }) {
            let hint = "leave `warm` out";
            self.findings.error(&path.key("warm"), "clients start with nothing").hint(hint);
        }
        let entries = f64::from(cache.entries.unwrap_or(0));
        if cache.warm && entries > WARM_MAX {
            let message = format!("a cache can start with {WARM_MAX:.0} entries at most");
            self.findings.error(&path.key("warm"), message).hint("give the run a warm-up instead");
        }
    }

    fn cache_writes(
        &mut self,
        cache: &spec::Cache,
        accesses: &Accesses<'a>,
        path: &Path,
    ) -> Option<Writes> {
        let at = path.key("writes");
        let afar = matches!(cache.at, Layer::Client { .. } | Layer::Edge { .. });
        let told = matches!(cache.invalidation, Some(Invalidation::Event { .. }));
        let default = if afar && !told { CacheWrites::Around } else { CacheWrites::Invalidate };
        let writes = cache.writes.as_ref().unwrap_or(&default);
        let is_database = matches!(cache.at, Layer::Database);
        if is_database && !matches!(writes, CacheWrites::Invalidate | CacheWrites::Around) {
            let hint = "leave `writes` out: the store removes what a write has changed";
            self.findings.error(&at, "a store writes to no cache inside it").hint(hint);
        }
        let is_client = matches!(cache.at, Layer::Client { .. });
        if is_client && (told || matches!(writes, CacheWrites::Invalidate)) {
            let field = if told { "invalidation" } else { "writes" };
            let message = "nobody can take from a client what it holds";
            let hint = "give its entries a short `ttl`, and leave this out";
            self.findings.error(&path.key(field), message).hint(hint);
        }
        if told && *writes == CacheWrites::Around {
            let message = "writes go `around` this cache, so there is nothing to tell it";
            self.findings.error(&at, message).hint("leave one of them out");
        }
        Some(match writes {
            CacheWrites::Invalidate => Writes::Invalidate,
            CacheWrites::Through => Writes::Through,
            CacheWrites::Around => Writes::Around,
            CacheWrites::Behind { delay, batch } => {
                let is_store = self.spec.is_written(&["stores", &cache.of]);
                if is_store && !accesses.writes.contains_key(cache.of.as_str()) {
                    let message = format!("no step writes `{}`: nothing is ever behind", cache.of);
                    self.findings.error(&at, message).hint("leave `writes` out");
                }
                if is_store && !matches!(cache.at, Layer::Process | Layer::Shared { .. }) {
                    let message = "only a process or a shared cache can take writes first";
                    self.findings.error(&at, message).hint("leave `writes` out");
                }
                if *batch == 0 {
                    let at = at.key("behind").key("batch");
                    self.findings.error(&at, "a batch has at least one write");
                }
                let delay = self.value(delay, Unit::Time, &at.key("behind").key("delay"))?;
                Writes::Behind { delay: Duration::from_nanos(delay), batch: *batch }
            }
        })
    }

    /// The laws around a cache, and the station of a shared one.
    fn way(&mut self, name: &str, cache: &spec::Cache, writes: Writes, path: &Path) -> Option<Way> {
        let mut way = Way {
            station: None,
            lookup: None,
            fill: None,
            hop: None,
            delay: None,
            check: None,
            through: cache.reads == CacheReads::Through,
            writes,
        };
        let at = path.key("at");
        match &cache.at {
            Layer::Edge { hop: Some(hop) } => {
                way.hop = Some(self.law(hop, Unit::Time, &at.key("edge").key("hop"))?);
            }
            Layer::Shared { servers, lookup, fill, hop, queue, .. } => {
                let at = at.key("shared");
                let lookup = self.law(lookup, Unit::Time, &at.key("lookup"));
                let fill = match fill {
                    Some(fill) => self.law(fill, Unit::Time, &at.key("fill")),
                    None => lookup.clone(),
                };
                (way.lookup, way.fill) = (lookup, fill);
                way.hop = match hop {
                    Some(hop) => self.law(hop, Unit::Time, &at.key("hop")),
                    None => self.places.hop.clone(),
                };
                way.station = Some(self.place_cache(name, *servers, queue.unwrap_or(UNLIMITED)));
            }
            _ => {}
        }
        let at = path.key("invalidation");
        match &cache.invalidation {
            Some(Invalidation::Event { delay }) => {
                let law = self.law(delay, Unit::Time, &at.key("event").key("delay"))?;
                way.delay = Some(law);
            }
            Some(Invalidation::Version { check: Some(check) }) => {
                way.check = Some(self.law(check, Unit::Time, &at.key("version").key("check"))?);
            }
            _ => {}
        }
        Some(way)
    }

    fn place_cache(&mut self, name: &str, servers: u32, queue: u32) -> StationId {
        let first = self.next_station();
        self.model.stations.push(StationGroup {
            name: name.to_owned(),
            kind: StationKind::Cache,
            first,
            count: 1,
            servers: if servers == 0 { UNLIMITED } else { servers },
            discipline: Discipline::Fifo,
            queue,
            door: None,
            site: name_hash(&format!("caches.{name}.servers")),
        });
        first
    }
}

/// Which of two layers in front of the same thing is asked first: the lower.
fn rank(layer: &Layer) -> u8 {
    match layer {
        Layer::Client { .. } => 0,
        Layer::Edge { .. } => 1,
        Layer::Process => 2,
        Layer::Shared { .. } => 3,
        Layer::Database => 4,
    }
}
