//! From what was written to a graph.

use super::{Edge, InnerCache, Kind, Node, Topology};
use crate::model::{Cache, CacheLayer, CacheSize, Checked, StationGroup};
use crate::spec::{Layer, Mix, Spec, Step, Store};
use crate::study::words::significant;

/// Things of which there is a number.
pub(super) fn counted(number: u32, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

/// A size in bytes as people read it: `16 MB`.
fn bytes(size: u64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let size = size as f64;
    let (unit, name) = UNITS.into_iter().find(|(unit, _)| size >= *unit).unwrap_or((1.0, "B"));
    let number = significant(size / unit, 3);
    let short = match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => &number,
    };
    format!("{short} {name}")
}

/// How large a cache is: `20 entries`.
fn cache_size(cache: &Cache) -> String {
    match cache.size {
        CacheSize::Entries(1) => "1 entry".to_owned(),
        CacheSize::Entries(entries) => format!("{entries} entries"),
        CacheSize::Bytes(size) => bytes(size),
    }
}

/// Where a cache lies.
fn layer(cache: &Cache) -> &'static str {
    match cache.layer {
        CacheLayer::Client(_) => "in each client",
        CacheLayer::Edge => "at the edge",
        CacheLayer::Process => "in each process",
        CacheLayer::Shared => "shared",
        CacheLayer::Database => "in the database",
    }
}

pub(super) struct Walk<'a> {
    pub(super) spec: &'a Spec,
    pub(super) checked: &'a Checked,
    pub(super) nodes: Vec<Node>,
    pub(super) edges: Vec<Edge>,
}

pub(super) fn topology(name: String, spec: &Spec, checked: &Checked) -> Topology {
    let mut walk = Walk { spec, checked, nodes: Vec::new(), edges: Vec::new() };
    walk.clients_and_services();
    walk.what_keeps_things();
    walk.inner_caches();
    walk.client_edges();
    walk.service_edges();
    walk.queue_edges();
    walk.cache_edges();
    walk.guarded_edges();
    walk.regional_edges();
    Topology { name, nodes: walk.nodes, edges: walk.edges }
}

impl Walk<'_> {
    fn add(&mut self, name: &str, kind: Kind, size: String, parts: Vec<String>) {
        // A thing is as busy as the busiest of its stations: its own, those of its members and those in its
        // regions.
        let section = section(kind);
        let is_own = |group: &StationGroup| {
            // Where two things have one name, their stations have the section's before it.
            let given = group.name.strip_prefix(section).and_then(|rest| rest.strip_prefix('.'));
            let rest = given.unwrap_or(&group.name).strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '@']))
                && group.kind.section() == section
        };
        let groups = &self.checked.model.stations;
        let stations: Vec<usize> = (0..groups.len()).filter(|&it| is_own(&groups[it])).collect();
        let offered = stations.iter().map(|&it| &self.checked.load.stations[it]);
        let limited = offered.filter(|offered| offered.servers.is_finite());
        let busiest = limited.map(|offered| offered.utilisation).max_by(f64::total_cmp);
        let utilisation = busiest.filter(|share| share.is_finite());
        let (name, caches) = (name.to_owned(), Vec::new());
        let sites = self.sites(kind, &name, &size);
        self.nodes.push(Node { name, kind, size, parts, caches, stations, utilisation, sites });
    }

    /// Requests per second of a population of clients.
    pub(super) fn rate_of(&self, client: &str) -> f64 {
        let (model, load) = (&self.checked.model, &self.checked.load);
        let journeys = model.journeys.iter().zip(&load.rates);
        let own =
            journeys.filter(|(journey, _)| model.clients[journey.client as usize].name == client);
        own.map(|(_, rate)| rate).sum()
    }

    fn clients_and_services(&mut self) {
        let spec = self.spec;
        for (name, client) in &spec.clients {
            let size = match (client.users, self.rate_of(name)) {
                (Some(users), _) => counted(users, "user"),
                (None, rate) => format!("{}/s", significant(rate, 3)),
            };
            self.add(name, Kind::Client, size, Vec::new());
        }
        for (name, service) in &spec.services {
            let replicas = match service.regions.values().sum() {
                0 => service.replicas,
                in_regions => in_regions,
            };
            let size = match (service.function.is_some(), service.cores) {
                (true, _) => "function".to_owned(),
                // No limit of cores.
                (false, 0) => counted(replicas, "replica"),
                (false, cores) => format!("{replicas} × {}", counted(cores, "core")),
            };
            self.add(name, Kind::Service, size, service.components.clone());
        }
    }

    fn what_keeps_things(&mut self) {
        let spec = self.spec;
        for name in spec.caches.keys() {
            let Some((_, cache)) = self.cache(name) else { continue };
            if matches!(cache.layer, CacheLayer::Edge | CacheLayer::Shared) {
                let size = format!("{} {}", cache_size(cache), layer(cache));
                self.add(name, Kind::Cache, size, Vec::new());
            }
        }
        for (name, queue) in &spec.queues {
            let size = match queue.consumers.len() {
                0 | 1 => String::new(),
                several => counted(several as u32, "consumer"),
            };
            self.add(name, Kind::Queue, size, Vec::new());
        }
        for (name, store) in &spec.stores {
            let (kind, size) = match store {
                Store::Database(database) if database.servers > 0 => {
                    let copies = database.replication.as_ref().map_or(0, |r| r.replicas);
                    let servers = counted(database.servers, "server");
                    let of = if copies > 0 {
                        format!(", {}", counted(copies, "replica"))
                    } else {
                        String::new()
                    };
                    (Kind::Store, format!("{servers}{of}"))
                }
                Store::Database(_) => (Kind::Store, "database".into()),
                Store::ObjectStorage(_) => (Kind::Store, "object storage".into()),
                Store::Search(search) => {
                    (Kind::Store, format!("search, {}", counted(search.shards, "shard")))
                }
                Store::External(_) => (Kind::External, "outside".into()),
            };
            self.add(name, kind, size, Vec::new());
        }
    }

    /// A cache by its name, and its number in the model; `None` where nothing fits, so that nobody asks it.
    fn cache(&self, name: &str) -> Option<(usize, &'_ Cache)> {
        let mut all = self.checked.model.caches.iter().enumerate();
        all.find(|(_, cache)| cache.name == name && !cache.size.is_zero())
    }

    /// Caches that are no places of their own, in the things in which they are asked.
    fn inner_caches(&mut self) {
        for (name, written) in &self.spec.caches {
            let Some((number, cache)) = self.cache(name) else { continue };
            let model = &self.checked.model;
            let lies_in: Vec<(Kind, &str)> = match cache.layer {
                CacheLayer::Edge | CacheLayer::Shared => continue,
                CacheLayer::Database => vec![(Kind::Store, &written.of)],
                CacheLayer::Client(_) => {
                    let operation = |at: u32| &model.operations[at as usize].name;
                    let journeys = model.journeys.iter();
                    let asking = journeys.filter(|it| *operation(it.operation.0) == written.of);
                    let client = |at: u32| model.clients[at as usize].name.as_str();
                    asking.map(|it| (Kind::Client, client(it.client))).collect()
                }
                CacheLayer::Process => {
                    let looks = |first: u32| {
                        let mut accesses = model.accesses.iter();
                        accesses.any(|it| it.cache as usize == number && it.first == first)
                    };
                    let asking = cache.services.iter().filter(|(_, first)| looks(*first));
                    let service = |at: u32| model.services[at as usize].name.as_str();
                    asking.map(|(id, _)| (Kind::Service, service(id.0))).collect()
                }
            };
            let (size, layer) = (cache_size(cache), layer(cache));
            let inner = InnerCache { name: name.clone(), size, layer };
            for (kind, thing) in lies_in {
                let Some(at) = self.find(&[kind], thing) else { continue };
                if !self.nodes[at].caches.contains(&inner) {
                    self.nodes[at].caches.push(inner.clone());
                }
            }
        }
    }

    fn find(&self, kinds: &[Kind], name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name && kinds.contains(&node.kind))
    }

    /// The node of the service in which an operation of `component` runs, called from a service or from outside.
    fn service_of(&self, component: &str, from: Option<&str>) -> Option<usize> {
        let runs = |name: &str| {
            self.spec
                .services
                .get(name)
                .is_some_and(|s| s.components.iter().any(|c| c == component))
        };
        let own = from.filter(|name| runs(name));
        let name =
            own.or_else(|| self.spec.services.keys().map(String::as_str).find(|name| runs(name)))?;
        self.find(&[Kind::Service], name)
    }

    fn connect(&mut self, from: Option<usize>, to: Option<usize>, says: &str, is_async: bool) {
        let (Some(from), Some(to)) = (from, to) else { return };
        if from == to {
            return;
        }
        let same = |edge: &&mut Edge| (edge.from, edge.to, edge.is_async) == (from, to, is_async);
        match self.edges.iter_mut().find(same) {
            Some(edge) if edge.says.iter().any(|said| said == says) => {}
            Some(edge) => edge.says.push(says.to_owned()),
            None => {
                let says = vec![says.to_owned()];
                self.edges.push(Edge {
                    from,
                    to,
                    says,
                    is_async,
                    guards: Vec::new(),
                    between: Vec::new(),
                });
            }
        }
    }

    fn client_edges(&mut self) {
        let spec = self.spec;
        for (name, client) in &spec.clients {
            let asked: Vec<&String> = match &client.mix {
                Mix::Only(operation) => vec![operation],
                Mix::Weighted(operations) => operations.keys().collect(),
            };
            let from = self.find(&[Kind::Client], name);
            for operation in asked {
                let component = operation.split_once('.').map_or(operation.as_str(), |(c, _)| c);
                self.connect(from, self.service_of(component, None), operation, false);
            }
        }
    }

    fn service_edges(&mut self) {
        let spec = self.spec;
        for (name, service) in &spec.services {
            for component in &service.components {
                let operations = spec.components.get(component);
                for steps in operations.iter().flat_map(|operations| operations.values()) {
                    self.steps(name, steps);
                }
            }
        }
    }

    fn steps(&mut self, service: &str, steps: &[Step]) {
        let from = self.find(&[Kind::Service], service);
        let stores = [Kind::Store, Kind::External];
        for step in steps {
            match step {
                Step::Work(_) | Step::Wait(_) => {}
                Step::Call(operation) => {
                    let component =
                        operation.split_once('.').map_or(operation.as_str(), |(c, _)| c);
                    self.connect(from, self.service_of(component, Some(service)), operation, false);
                }
                Step::Read(query) => {
                    self.connect(from, self.find(&stores, query.name()), "read", false)
                }
                Step::Write(query) => {
                    self.connect(from, self.find(&stores, query.name()), "write", false)
                }
                Step::Send(message) => {
                    self.connect(from, self.find(&[Kind::Queue], &message.queue), "send", true);
                }
                Step::Parallel { branches, .. } => {
                    branches.iter().for_each(|branch| self.steps(service, branch));
                }
                Step::Choose(ways) => ways.iter().for_each(|way| self.steps(service, &way.1)),
                Step::Repeat(_, steps) => self.steps(service, steps),
            }
        }
    }

    fn queue_edges(&mut self) {
        let spec = self.spec;
        for (name, queue) in &spec.queues {
            let from = self.find(&[Kind::Queue], name);
            for operation in queue.consumers.keys() {
                let component = operation.split_once('.').map_or(operation.as_str(), |(c, _)| c);
                self.connect(from, self.service_of(component, None), operation, true);
            }
            if let Some(dead) = &queue.dead_letters {
                self.connect(from, self.find(&[Kind::Queue], dead), "dead letters", true);
            }
        }
    }

    /// What is in front of something is asked by whoever asks that, and asks it for what it does not hold.
    fn cache_edges(&mut self) {
        let spec = self.spec;
        for (name, cache) in &spec.caches {
            let Some(own) = self.find(&[Kind::Cache], name) else { continue };
            let (component, behind) = match self.find(&[Kind::Store, Kind::External], &cache.of) {
                Some(store) => (None, Some(store)),
                None => {
                    let component = cache.of.split_once('.').map_or(cache.of.as_str(), |(c, _)| c);
                    (Some(component), self.service_of(component, None))
                }
            };
            let Some(behind) = behind else { continue };
            let says = if component.is_some() { cache.of.as_str() } else { "read" };
            let asks =
                |edge: &&Edge| edge.to == behind && edge.says.iter().any(|said| said == says);
            let askers: Vec<usize> = self.edges.iter().filter(asks).map(|edge| edge.from).collect();
            for asker in askers {
                self.connect(Some(asker), Some(own), "look up", false);
                // At the edge nobody passes by.
                if matches!(cache.at, Layer::Edge { .. }) {
                    self.edges.retain_mut(|edge| {
                        if (edge.from, edge.to) == (asker, behind) {
                            edge.says.retain(|said| said != says);
                        }
                        !edge.says.is_empty()
                    });
                }
            }
            self.connect(Some(own), Some(behind), "misses", false);
        }
    }
}

impl Walk<'_> {
    /// Which calls go through which guards.
    fn guarded_edges(&mut self) {
        for (number, guard) in self.checked.model.guards.iter().enumerate() {
            let Some(written) = self.spec.guards.get(&guard.name) else { continue };
            let callers = written.from.as_deref().map(|component| {
                let runs = |node: &Node| node.parts.iter().any(|part| part == component);
                (0..self.nodes.len()).filter(|&it| runs(&self.nodes[it])).collect::<Vec<_>>()
            });
            let (section, name) = written.on.split_once('.').unwrap_or(("", &written.on));
            let client = self.find(&[Kind::Client], name).filter(|_| section == "clients");
            let store = self.find(&[Kind::Store, Kind::External], name);
            let store = store.filter(|_| section == "stores");
            for edge in &mut self.edges {
                let is_on = match (client, store) {
                    (Some(client), _) => edge.from == client,
                    (_, Some(store)) => edge.to == store,
                    _ => !edge.is_async && edge.says.contains(&written.on),
                };
                if is_on && callers.as_ref().is_none_or(|callers| callers.contains(&edge.from)) {
                    edge.guards.push(number);
                }
            }
        }
    }
}

/// The section of the model in which things of a kind are written.
fn section(kind: Kind) -> &'static str {
    match kind {
        Kind::Client => "clients",
        Kind::Service => "services",
        Kind::Cache => "caches",
        Kind::Queue => "queues",
        Kind::Store | Kind::External => "stores",
    }
}
