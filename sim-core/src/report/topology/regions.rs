//! What of each thing is in which region, and between which regions requests go.

use super::walk::{Walk, counted};
use super::{Edge, Kind, Site};
use crate::model::Store;
use crate::study::words::{percent, significant};
use std::collections::{BTreeMap, BTreeSet};

impl Walk<'_> {
    /// What of a thing of this size is where; nothing where there is one place only, and of what is in no region.
    pub(super) fn sites(&self, kind: Kind, name: &str, size: &str) -> Vec<Site> {
        if self.checked.model.places.is_one() {
            return Vec::new();
        }
        match kind {
            Kind::Client => self.sites_of_clients(name),
            Kind::Service => self.sites_of_service(name),
            Kind::Store => self.sites_of_store(name, size),
            Kind::Cache | Kind::Queue | Kind::External => Vec::new(),
        }
    }

    fn sites_of_clients(&self, name: &str) -> Vec<Site> {
        let model = &self.checked.model;
        let Some(client) = model.clients.iter().find(|client| client.name == name) else {
            return Vec::new();
        };
        let users = self.spec.clients.get(name).and_then(|client| client.users);
        let all: f64 = client.regions.iter().sum();
        let here = client.regions.iter().enumerate().filter(|(_, share)| **share > 0.0);
        let site = |(region, share): (usize, &f64)| {
            let share = share / all;
            let size = match users {
                Some(users) if share < 1.0 => format!("{} of {users} users", percent(share)),
                Some(users) => counted(users, "user"),
                None => format!("{}/s", significant(self.rate_of(name) * share, 3)),
            };
            Site { region: region as u16, size }
        };
        here.map(site).collect()
    }

    fn sites_of_service(&self, name: &str) -> Vec<Site> {
        let places = &self.checked.model.places;
        let Some(service) = self.spec.services.get(name) else { return Vec::new() };
        let mut replicas: BTreeMap<u16, u32> = BTreeMap::new();
        for (place, count) in &service.regions {
            let region = place.split_once('/').map_or(place.as_str(), |(region, _)| region);
            if let Some(region) = places.region(region) {
                *replicas.entry(region).or_default() += count;
            }
        }
        if service.regions.is_empty() {
            replicas.insert(0, service.replicas);
        }
        let size = |count: u32| match (service.function.is_some(), service.cores) {
            (true, _) => "function".to_owned(),
            (false, 0) => counted(count, "replica"),
            (false, cores) => format!("{count} × {}", counted(cores, "core")),
        };
        let here = replicas.into_iter().filter(|(_, count)| *count > 0);
        here.map(|(region, count)| Site { region, size: size(count) }).collect()
    }

    fn store(&self, name: &str) -> Option<&Store> {
        self.checked.model.stores.iter().find(|store| store.name == name)
    }

    fn sites_of_store(&self, name: &str, size: &str) -> Vec<Site> {
        let places = &self.checked.model.places;
        let Some(store) = self.store(name) else { return Vec::new() };
        let mut members: BTreeMap<u16, u32> = BTreeMap::new();
        for member in &store.members {
            *members.entry(places.region_of(member.place)).or_default() += 1;
        }
        let all = store.members.len();
        let size = |count: u32| match members.len() {
            1 => size.to_owned(),
            _ => format!("{count} of {all} members"),
        };
        let site = |(&region, &count): (&u16, &u32)| Site { region, size: size(count) };
        members.iter().map(site).collect()
    }

    /// Between which regions the requests of each edge go.
    pub(super) fn regional_edges(&mut self) {
        if self.checked.model.places.is_one() {
            return;
        }
        let mut edges = std::mem::take(&mut self.edges);
        for edge in &mut edges {
            let from: Vec<Option<u16>> = match self.nodes[edge.from].sites.as_slice() {
                [] => vec![None],
                sites => sites.iter().map(|site| Some(site.region)).collect(),
            };
            for region in from {
                let to = self.regions_asked(edge, region);
                edge.between.extend(to.into_iter().map(|to| [region, to]));
            }
        }
        self.edges = edges;
    }

    /// The regions to which the requests of an edge go that come from a region, or from outside of all.
    fn regions_asked(&self, edge: &Edge, from: Option<u16>) -> BTreeSet<Option<u16>> {
        let model = &self.checked.model;
        let asked = &self.nodes[edge.to];
        let all = || asked.sites.iter().map(|site| site.region).collect::<BTreeSet<u16>>();
        let regions = match (asked.kind, from) {
            _ if asked.sites.is_empty() => return BTreeSet::from([None]),
            (Kind::Service, Some(from)) => {
                let service = model.services.iter().find(|service| service.name == asked.name);
                service.map_or_else(all, |service| {
                    let fronts = service.fronts_from(from).into_iter();
                    fronts.map(|(front, _)| service.fronts[front].region).collect()
                })
            }
            (Kind::Store, from) => self.store(&asked.name).map_or_else(all, |store| {
                // What a cache misses is asked for by whoever asked the cache, wherever that is.
                let callers = from.map_or_else(
                    || (0..model.places.regions.len() as u16).collect(),
                    |it| vec![it],
                );
                let writes = edge.says.iter().any(|said| said == "write");
                let reads = edge.says.iter().any(|said| said != "write");
                let kinds = [(writes, true), (reads, false)];
                let kinds = kinds.iter().filter(|(is_done, _)| *is_done);
                kinds
                    .flat_map(|(_, is_write)| {
                        callers.iter().map(move |&caller| (caller, *is_write))
                    })
                    .flat_map(|(caller, is_write)| {
                        store.asked_from(caller, is_write, &model.places)
                    })
                    .collect()
            }),
            // Workers of a queue are in all regions of their service.
            _ => all(),
        };
        regions.into_iter().map(Some).collect()
    }
}
