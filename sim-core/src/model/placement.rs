//! Placement: services with their stations, stores, and the pools of connections between them.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::{Model, Resource, Service, ServiceId, StationGroup, StationId, StationKind, UNLIMITED};
use crate::random::{Sampler, name_hash};
use crate::spec::{self, Balancer, Discipline, Path, Store, WhileWaiting, did_you_mean};
use std::collections::BTreeMap;

/// Where things lie that the plan refers to.
#[derive(Default)]
pub(super) struct Places {
    /// A store's station and its latency.
    pub(super) stores: BTreeMap<String, (StationId, Option<Sampler>)>,
    /// Connections of a service's replicas to a store.
    pub(super) pools: BTreeMap<(u32, String), Resource>,
    /// Latency between services.
    pub(super) hop: Option<Sampler>,
    /// Work on a message.
    pub(super) serialisation: Option<Sampler>,
    /// For each journey the name of its operation.
    pub(super) journeys: Vec<String>,
}

/// Replicas of a service, at most.
const REPLICAS_MAX: u32 = 100_000;
/// Stations of a model, at most.
const STATIONS_MAX: usize = 2_000_000;

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
        if spec.services.is_empty() {
            let path = Path::root().key("services");
            self.findings.error(&path, "there is no service: nothing runs the components");
        }
        for (index, (name, service)) in sorted(&spec.services).enumerate() {
            let path = Path::root().key("services").key(name);
            self.place_components(index as u32, name, service, &path);
            if self.is_service_sound(service, &path) {
                self.place_service(index as u32, name, service);
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
        }
        for (i, component) in service.components.iter().enumerate() {
            let at = path.key("components").index(i);
            if !self.spec.components.contains_key(component) {
                let known = self.spec.components.keys().map(String::as_str);
                let near =
                    did_you_mean(component, known).map(|near| format!("did you mean `{near}`?"));
                let error =
                    self.findings.error(&at, format!("there is no component `{component}`"));
                error.hint = near;
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
        let before = self.findings.has_errors();
        let errors = &mut self.findings;
        let mut wrong = false;
        let mut error = |path: Path, message: String| {
            errors.error(&path, message);
            wrong = true;
        };
        if service.replicas == 0 {
            error(path.key("replicas"), "a service needs at least one replica".into());
        }
        if service.replicas > REPLICAS_MAX {
            let message = format!(
                "{} replicas are more than {REPLICAS_MAX}, the most there can be",
                service.replicas
            );
            error(path.key("replicas"), message);
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
                if weights.len() != service.replicas as usize {
                    let message =
                        format!("{} weights for {} replicas", weights.len(), service.replicas);
                    error(at, message);
                } else if weights.iter().any(|w| !w.is_finite() || *w < 0.0)
                    || weights.iter().sum::<f64>() <= 0.0
                {
                    error(at, "weights have to be 0 or more, and not all 0".into());
                }
            }
            Balancer::PowerOf { d, .. } if *d == 0 || *d > service.replicas => {
                let message = format!("cannot draw {d} different replicas of {}", service.replicas);
                error(path.key("balancer").key("power_of").key("d"), message);
            }
            _ => {}
        }
        for (store, connections) in &service.pools {
            let at = path.key("pools").key(store);
            if *connections == 0 {
                error(at.clone(), "a pool needs at least one connection".into());
            }
            if !self.spec.stores.contains_key(store) {
                error(at, format!("there is no store `{store}`"));
            }
        }
        !wrong
            && (before || !self.findings.has_errors() || self.model.station_count() < STATIONS_MAX)
    }

    fn place_service(&mut self, index: u32, name: &str, service: &spec::Service) {
        let count = service.replicas;
        let held = service.threads.filter(|_| service.while_waiting == WhileWaiting::Hold);
        let queue = service.queue.unwrap_or(UNLIMITED);
        let cores = if service.cores == 0 { UNLIMITED } else { service.cores };
        // A thread that is released whenever its request waits is needed exactly while a core is: the fewer decide.
        let servers = match service.threads {
            Some(threads) if held.is_none() => cores.min(threads),
            _ => cores,
        };
        let mut group = StationGroup {
            name: name.to_owned(),
            kind: StationKind::Cores,
            first: self.next_station(),
            count,
            servers,
            discipline: service.discipline,
            queue: if held.is_none() { queue } else { UNLIMITED },
            site: name_hash(&format!("services.{name}.cores")),
        };
        let cores = group.first;
        self.model.stations.push(group.clone());
        let threads = held.map(|threads| {
            group.name = format!("{name}.threads");
            group.kind = StationKind::Threads;
            group.first = self.next_station();
            group.servers = threads;
            group.queue = queue;
            group.discipline = for_permits(service.discipline);
            group.site = name_hash(&format!("services.{name}.threads"));
            self.model.stations.push(group.clone());
            group.first
        });
        for (store, connections) in sorted(&service.pools) {
            group.name = format!("{name}.pools.{store}");
            group.kind = StationKind::Connections;
            group.first = self.next_station();
            group.servers = *connections;
            group.queue = UNLIMITED;
            group.discipline = Discipline::Fifo;
            group.site = name_hash(&format!("services.{name}.pools.{store}"));
            self.model.stations.push(group.clone());
            self.places.pools.insert((index, store.clone()), Resource::per_replica(group.first));
        }
        self.model.services.push(Service {
            name: name.to_owned(),
            replicas: count,
            cores,
            threads,
            balancer: service.balancer.clone(),
            queue,
            site: name_hash(&format!("services.{name}.balancer")),
        });
    }

    pub(super) fn place_stores(&mut self) {
        let spec = self.spec;
        for (name, store) in sorted(&spec.stores) {
            let path = Path::root().key("stores").key(name).key("database");
            let Store::Database { servers, read, write, queries, discipline, queue, hop } = store;
            for (field, law) in [("read", read), ("write", write)] {
                if let Some(law) = law {
                    self.law(law, Unit::Time, &path.key(field));
                }
            }
            for (query, law) in queries {
                self.law(law, Unit::Time, &path.key("queries").key(query));
            }
            let hop = match hop {
                Some(law) => self.law(law, Unit::Time, &path.key("hop")),
                None => self.places.hop.clone(),
            };
            let first = self.next_station();
            self.model.stations.push(StationGroup {
                name: name.clone(),
                kind: StationKind::Store,
                first,
                count: 1,
                servers: if *servers == 0 { UNLIMITED } else { *servers },
                discipline: *discipline,
                queue: queue.unwrap_or(UNLIMITED),
                site: name_hash(&format!("stores.{name}")),
            });
            self.places.stores.insert(name.clone(), (first, hop));
        }
    }

    fn next_station(&self) -> StationId {
        StationId(self.model.station_count() as u32)
    }

    /// The service in which an operation runs when `caller` (or a client) calls it; an error at `path` where there is
    /// none or more than one.
    pub(super) fn provider(
        &mut self,
        caller: Option<ServiceId>,
        target: &str,
        path: &Path,
    ) -> Option<ServiceId> {
        let component = target.split_once('.').map_or(target, |(component, _)| component);
        let services = self.placement.get(component).map_or(&[][..], Vec::as_slice);
        if let Some(caller) = caller
            && services.contains(&caller.0)
        {
            return Some(caller);
        }
        match services {
            [one] => Some(ServiceId(*one)),
            [] => {
                let message = format!("component `{component}` runs in no service");
                let hint = "add it to the `components` of a service";
                self.findings.error(path, message).hint(hint);
                None
            }
            several => {
                let message = format!(
                    "component `{component}` runs in {} services: which is meant?",
                    several.len()
                );
                let hint = "let one service run it, or give the copies names of their own";
                self.findings.error(path, message).hint(hint);
                None
            }
        }
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
        let station = resource.at(0);
        self.stations.partition_point(|group| group.first <= station) - 1
    }
}
