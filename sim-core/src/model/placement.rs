//! Placement: services with their stations, stores, and the pools of connections between them.

use super::caches::{LedgerId, Way};
use super::check::{Lowering, sorted};
use super::components::called;
use super::laws::Unit;
use super::poolers::PoolerPlace;
use super::regions::Spread;
use super::views::ViewPlace;
use super::{
    Model, QueueId, Resource, Service, ServiceId, StationGroup, StationId, StationKind, UNLIMITED,
};
use crate::random::{Sampler, name_hash};
use crate::spec::{self, Balancer, Discipline, Mix, Path, Store, WhileWaiting, did_you_mean};
use crate::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Where things lie that the plan refers to.
#[derive(Default)]
pub(super) struct Places {
    /// A store's station and its latency.
    pub(super) stores: BTreeMap<String, (StationId, Option<Sampler>)>,
    /// By store: its locks, its pooler, its quota.
    pub(super) locks: BTreeMap<String, u32>,
    pub(super) poolers: BTreeMap<String, PoolerPlace>,
    pub(super) quotas: BTreeMap<String, u32>,
    /// By store and view: `store.view`.
    pub(super) views: BTreeMap<String, ViewPlace>,
    /// Which one of its kind a store is.
    pub(super) externals: BTreeMap<String, u32>,
    pub(super) objects: BTreeMap<String, u32>,
    pub(super) searches: BTreeMap<String, u32>,
    /// Connections of a service's replicas to a store.
    pub(super) pools: BTreeMap<(u32, String), Resource>,
    /// What requests pay in front of a service.
    pub(super) fronts: BTreeMap<u32, super::front::FrontCosts>,
    /// Latency between services.
    pub(super) hop: Option<Sampler>,
    /// Work on a message.
    pub(super) serialisation: Option<Sampler>,
    /// Whether a service names no component or one that there is not, so that it is unsure what runs where.
    pub(super) uncertain: bool,
    /// The caches in front of each store or operation, from the outermost to the innermost.
    pub(super) caches: BTreeMap<String, Vec<u32>>,
    /// How each cache is reached.
    pub(super) ways: Vec<Way>,
    /// Versions that are kept, by store ("" for all of them) and population of keys.
    pub(super) ledgers: BTreeMap<(String, Option<String>), LedgerId>,
    /// For each journey the name of its operation.
    pub(super) journeys: Vec<String>,
    /// For each subscription the name of its operation.
    pub(super) consumers: Vec<String>,
    /// A queue's number and its latency.
    pub(super) queues: BTreeMap<String, (QueueId, Option<Sampler>)>,
}

/// Replicas of a service, at most.
const REPLICAS_MAX: u32 = 10_000;
/// Stations of a model, at most: each has its own measurements, some 9 KB.
pub(super) const STATIONS_MAX: u32 = 20_000;

impl<'a> Lowering<'a> {
    pub(super) fn place_services(&mut self) {
        let network = Path::root().key("network");
        let spec = self.spec;
        self.places.hop = spec
            .network
            .hop
            .as_ref()
            .and_then(|law| self.law(law, Unit::Time, &network.key("hop")));
        self.places.serialisation = (spec.network.serialisation.as_ref())
            .and_then(|law| self.law(law, Unit::Time, &network.key("serialisation")));
        let all_read = spec.is_read("services", spec.services.len());
        self.places.uncertain |= !all_read;
        if spec.services.is_empty() && all_read {
            let path = Path::root().key("services");
            self.findings.error(&path, "there is no service: nothing runs the components");
        }
        for (index, (name, service)) in sorted(&spec.services).enumerate() {
            let path = Path::root().key("services").key(name);
            self.place_components(index as u32, name, service, &path);
            let is_sound = self.is_service_sound(service, &path)
                & self.are_regions_sound(name, service, &path);
            if is_sound && self.is_room_for(service, &path) {
                self.place_service(index as u32, name, service, &path);
            }
        }
    }

    fn place_components(
        &mut self,
        index: u32,
        name: &str,
        service: &'a spec::Service,
        path: &Path,
    ) {
        if service.components.is_empty() {
            self.findings.error(&path.key("components"), format!("`{name}` runs no component"));
            self.places.uncertain = true;
        }
        for (i, component) in service.components.iter().enumerate() {
            let at = path.key("components").index(i);
            if !self.spec.is_written(&["components", component]) {
                let hint = meant(component, self.spec.names("components"));
                let message = format!("there is no component `{component}`");
                self.findings.error(&at, message).hint = hint;
                self.places.uncertain = true;
            }
            let services = self.placement.entry(component).or_default();
            if services.contains(&index) {
                self.findings.error(&at, format!("`{component}` is listed twice"));
            } else {
                services.push(index);
            }
        }
    }

    fn is_service_sound(&mut self, service: &spec::Service, path: &Path) -> bool {
        let replicas = self.replicas_of(service);
        let counted = counted_at(service, path);
        let errors = &mut self.findings;
        let mut wrong = false;
        let mut error = |path: Path, message: String| {
            errors.error(&path, message);
            wrong = true;
        };
        if service.regions.is_empty() && replicas == 0 {
            error(path.key("replicas"), "a service needs at least one replica".into());
        }
        if replicas > REPLICAS_MAX {
            let message =
                format!("{replicas} replicas are more than {REPLICAS_MAX}, the most there can be");
            error(counted.clone(), message);
        }
        if service.threads == Some(0) {
            error(
                path.key("threads"),
                "without a thread nothing can run; leave `threads` out for no limit".into(),
            );
        }
        match &service.balancer {
            Balancer::Weighted(weights) => {
                let at = path.key("balancer").key("weighted");
                if weights.len() != replicas as usize {
                    let message = format!(
                        "{} weights for {replicas} replicas: each replica needs one",
                        weights.len()
                    );
                    error(at, message);
                } else if weights.iter().any(|w| !w.is_finite() || *w < 0.0)
                    || weights.iter().sum::<f64>() <= 0.0
                {
                    error(at, "weights have to be 0 or more, and not all 0".into());
                }
            }
            Balancer::PowerOf { d, .. } if *d == 0 || *d > replicas => {
                let message = format!("cannot draw {d} different replicas of {replicas}");
                error(path.key("balancer").key("power_of").key("d"), message);
            }
            _ => {}
        }
        !wrong & self.are_pools_sound(service, &path.key("pools"))
    }

    fn are_pools_sound(&mut self, service: &spec::Service, path: &Path) -> bool {
        let mut sound = true;
        for (store, connections) in &service.pools {
            let at = path.key(store);
            if *connections == 0 {
                self.findings.error(&at, "a pool needs at least one connection");
                sound = false;
            }
            if !self.spec.is_written(&["stores", store]) {
                let hint = meant(store, self.spec.names("stores"));
                let error = self.findings.error(&at, format!("there is no store `{store}`"));
                (error.hint, error.on_key) = (hint, true);
                sound = false;
            }
        }
        sound
    }

    /// Whether the stations of a service find room in the model.
    fn is_room_for(&mut self, service: &spec::Service, path: &Path) -> bool {
        let held = service.threads.is_some() && service.while_waiting == WhileWaiting::Hold;
        let stations = 1 + u64::from(held) + service.pools.len() as u64;
        let placed = u64::from(self.next_station().0);
        let front = service.front.as_ref().is_some_and(|front| front.work.is_some());
        let replicas = u64::from(self.replicas_of(service));
        let all = placed + replicas * stations + u64::from(front);
        if all > u64::from(STATIONS_MAX) {
            let message = format!(
                "with this service there are {all} stations, replicas times what each consists of; \
                 at most {STATIONS_MAX} can be run"
            );
            let counted = counted_at(service, path);
            self.findings.error(&counted, message).hint("run fewer, larger replicas");
            return false;
        }
        true
    }

    fn place_service(&mut self, index: u32, name: &str, service: &spec::Service, path: &Path) {
        let spread = self.spread(service);
        let queue = service.queue.unwrap_or(UNLIMITED);
        let (servers, held) = cores_and_threads(service);
        let door_line = match held {
            Some(threads) => (threads, for_permits(service.discipline)),
            None => (servers, service.discipline),
        };
        let door = self.service_door(name, service, door_line, path);
        let mut group = StationGroup {
            name: name.to_owned(),
            kind: StationKind::Cores,
            first: StationId(0),
            count: 0,
            servers,
            discipline: service.discipline,
            queue: if held.is_none() { queue } else { UNLIMITED },
            door: door.filter(|_| held.is_none()),
            site: name_hash(&format!("services.{name}.cores")),
        };
        let cores = self.push_groups(&group, &spread);
        let threads = held.map(|threads| {
            group.name = format!("{name}.threads");
            group.kind = StationKind::Threads;
            group.servers = threads;
            (group.queue, group.door) = (queue, door);
            group.discipline = for_permits(service.discipline);
            group.site = name_hash(&format!("services.{name}.threads"));
            self.push_groups(&group, &spread)
        });
        self.place_pools(index, name, service, (group, &spread));
        let before = self.model.services.last();
        let first_front = before.map_or(0, |s| s.first_front + s.fronts.len() as u32);
        self.warn_of_single(service, path);
        let watch = self.watch_rules(name, service, path);
        let sticky = self.sticky_keys(service, path);
        let zone_affinity = self.zone_affinity(name, service, (cores, servers), path);
        let connections = self.place_front(index, name, service, path);
        let limit = self.service_limit(name, service, path);
        let contention = self.contention(service, path);
        self.model.services.push(Service {
            watch,
            zone_affinity,
            connections,
            sticky,
            name: name.to_owned(),
            replicas: self.replicas_of(service),
            fleet: None,
            work_varies: false,
            has_errors: false,
            billed: None,
            spot: None,
            function: None,
            balanced: None,
            cores,
            threads,
            route: self.route(service.routing.as_ref(), &spread.fronts),
            fronts: spread.fronts,
            contention,
            first_front,
            replica_places: spread.places,
            balancer: service.balancer.clone(),
            queue,
            limit,
            door,
            site: name_hash(&format!("services.{name}.balancer")),
        });
    }

    /// The connections that each replica keeps to stores.
    fn place_pools(
        &mut self,
        index: u32,
        name: &str,
        service: &spec::Service,
        (mut group, spread): (StationGroup, &Spread),
    ) {
        for (store, connections) in sorted(&service.pools) {
            group.name = format!("{name}.pools.{store}");
            group.kind = StationKind::Connections;
            group.servers = *connections;
            (group.queue, group.door) = (UNLIMITED, None);
            group.discipline = Discipline::Fifo;
            group.site = name_hash(&format!("services.{name}.pools.{store}"));
            let first = self.push_groups(&group, spread);
            self.places.pools.insert((index, store.clone()), Resource::per_replica(first));
        }
    }

    fn contention(&mut self, service: &spec::Service, path: &Path) -> Duration {
        let written = service.contention.as_ref();
        let nanos = written.and_then(|it| self.value(it, Unit::Time, &path.key("contention")));
        Duration::from_nanos(nanos.unwrap_or(0.0))
    }

    pub(super) fn place_stores(&mut self) {
        let spec = self.spec;
        for (name, store) in sorted(&spec.stores) {
            let path = store.fields_path(&Path::root().key("stores").key(name));
            for (query, law) in store.queries() {
                self.law(law, Unit::Time, &path.key("queries").key(query));
            }
            match store {
                Store::Database(database) => self.place_database(name, database, &path),
                Store::ObjectStorage(objects) => self.place_objects(name, objects, &path),
                Store::Search(search) => self.place_search(name, search, &path),
                Store::External(external) => self.place_external(name, external, &path),
            }
        }
    }

    fn place_database(&mut self, name: &str, database: &spec::Database, path: &Path) {
        let spec::Database { servers, read, write, discipline, queue, hop, .. } = database;
        for (field, law) in [("read", read), ("write", write)] {
            if let Some(law) = law {
                self.law(law, Unit::Time, &path.key(field));
            }
        }
        let hop = match hop {
            Some(law) => self.law(law, Unit::Time, &path.key("hop")),
            None => self.places.hop.clone(),
        };
        let first = self.next_station();
        let group = StationGroup {
            name: name.to_owned(),
            kind: StationKind::Store,
            first,
            count: 1,
            servers: if *servers == 0 { UNLIMITED } else { *servers },
            discipline: *discipline,
            queue: queue.unwrap_or(UNLIMITED),
            door: self.database_door(name, database, path),
            site: name_hash(&format!("stores.{name}")),
        };
        self.place_members(name, database, group, path);
        self.places.stores.insert(name.to_owned(), (first, hop));
        self.place_locks(name, database, path);
        self.place_views(name, database, first, path);
        self.place_pooler(name, database, path);
    }

    pub(super) fn next_station(&self) -> StationId {
        self.model.stations.last().map_or(StationId(0), |last| StationId(last.first.0 + last.count))
    }

    /// The service in which an operation runs when `caller` (or a client) calls it; `None` where there is none or more
    /// than one.
    pub(super) fn provider(&self, caller: Option<ServiceId>, target: &str) -> Option<ServiceId> {
        let services = self.services_of(target);
        match (caller, services) {
            (Some(caller), services) if services.contains(&caller.0) => Some(caller),
            (_, [one]) => Some(ServiceId(*one)),
            _ => None,
        }
    }

    /// The services that run the component of an operation.
    fn services_of(&self, target: &str) -> &[u32] {
        let component = target.split_once('.').map_or(target, |(component, _)| component);
        self.placement.get(component).map_or(&[][..], Vec::as_slice)
    }

    /// Finds a service for every operation that a client's request can reach. What is never called may run nowhere.
    pub(super) fn check_placement(&mut self) {
        let spec = self.spec;
        let mut todo: Vec<(&str, Option<ServiceId>, String)> = Vec::new();
        for (name, client) in sorted(&spec.clients) {
            let targets: Vec<&str> = match &client.mix {
                Mix::Only(target) => vec![target],
                Mix::Weighted(weights) => weights.keys().map(String::as_str).collect(),
            };
            let caller = format!("`{name}` ask for");
            todo.extend(targets.into_iter().map(|target| (target, None, caller.clone())));
        }
        for (name, queue) in sorted(&spec.queues) {
            let targets = queue.consumers.keys().map(String::as_str);
            let caller = format!("the queue `{name}` delivers to");
            todo.extend(targets.map(|target| (target, None, caller.clone())));
        }
        todo.reverse();
        let mut seen = BTreeSet::new();
        let mut reported = BTreeSet::new();
        while let Some((target, caller, called_by)) = todo.pop() {
            let Some((component, operation)) = target.split_once('.') else { continue };
            let known = spec.components.get(component).and_then(|c| c.get(operation));
            let Some(steps) = known else { continue };
            let Some(service) = self.provider(caller, target) else {
                if reported.insert(component) {
                    self.misplaced(component, &called_by);
                }
                continue;
            };
            if seen.insert((target, service)) {
                let mut targets = Vec::new();
                called(spec, component, steps, &mut targets);
                let called_by = format!("`{target}` calls");
                let calls = targets.into_iter().rev();
                todo.extend(calls.map(|target| (target, Some(service), called_by.clone())));
            }
        }
    }

    /// Reports a component that is called and runs in no service, or in several.
    fn misplaced(&mut self, component: &str, called_by: &str) {
        let names: Vec<String> = {
            let services: Vec<&String> =
                sorted(&self.spec.services).map(|(name, _)| name).collect();
            let running = self.services_of(component);
            running.iter().map(|&index| format!("`{}`", services[index as usize])).collect()
        };
        let (message, hint) = if names.is_empty() {
            // A name that is misspelt in a service, or missing there, is said to be so already.
            if self.places.uncertain {
                return;
            }
            let message = format!("{called_by} `{component}`, which runs in no service");
            (message, "add it to the `components` of a service")
        } else {
            let message = format!(
                "{called_by} `{component}`, which runs in {} services: {}; which is meant?",
                names.len(),
                names.join(", ")
            );
            (message, "let one service run it, or give the copies names of their own")
        };
        let path = Path::root().key("components").key(component);
        self.findings.error(&path, message).hint(hint).on_key = true;
    }
}

/// Where it is written how many replicas a service can have.
fn counted_at(service: &spec::Service, path: &Path) -> Path {
    match (&service.autoscaler, service.regions.is_empty()) {
        (Some(_), _) => path.key("autoscaler").key("max"),
        (None, true) => path.key("replicas"),
        (None, false) => path.key("regions"),
    }
}

/// "did you mean …?", if one of the names is like enough.
pub(super) fn meant<'n>(word: &str, names: impl Iterator<Item = &'n String>) -> Option<String> {
    did_you_mean(word, names.map(String::as_str)).map(|near| format!("did you mean `{near}`?"))
}

/// The requests that a replica works on at once, and the threads that they hold while they wait, if they do.
fn cores_and_threads(service: &spec::Service) -> (u32, Option<u32>) {
    let is_function = service.function.is_some();
    let threads = service.threads.filter(|_| !is_function);
    let held = threads.filter(|_| service.while_waiting == WhileWaiting::Hold);
    let cores = if service.cores == 0 || is_function { UNLIMITED } else { service.cores };
    // A thread that is released whenever its request waits is needed exactly while a core is: the fewer decide.
    match threads {
        Some(threads) if held.is_none() => (cores.min(threads), None),
        _ => (cores, held),
    }
}

/// Permits (threads) are kept while others work: nobody can share or interrupt them.
fn for_permits(discipline: Discipline) -> Discipline {
    match discipline {
        Discipline::ProcessorSharing => Discipline::Fifo,
        Discipline::PreemptivePriority => Discipline::Priority,
        other => other,
    }
}

impl Model {
    /// The group of a resource's stations.
    pub fn group_of(&self, resource: Resource) -> usize {
        let station = resource.first();
        self.stations.partition_point(|group| group.first <= station) - 1
    }
}
