//! Which pairs of regions messages travel between: each needs a round trip, and is measured.

use super::{Places, Route};
use crate::model::check::{Lowering, sorted};
use crate::model::components::{asked, called};
use crate::model::{Cluster, Copies, ReadPolicy, ServiceId, Store};
use crate::spec::{Mix, Path};
use std::collections::BTreeSet;
use std::ops::Range;

/// An operation that runs, in which service and region.
type Running<'a> = (&'a str, ServiceId, u16);

/// What is found on the way through all routes.
#[derive(Default)]
struct Walk<'a> {
    todo: Vec<Running<'a>>,
    seen: BTreeSet<Running<'a>>,
    /// Pairs of regions, the lower first, of which the lack of a round trip has been reported.
    reported: BTreeSet<(u16, u16)>,
    /// Ordered pairs that messages travel.
    travelled: BTreeSet<(u16, u16)>,
    /// Regions that answer clients.
    answering: BTreeSet<u16>,
}

impl<'a> Lowering<'a> {
    /// Follows every request through every region that it may come to. Where things are has been found sound.
    pub(in crate::model) fn check_routes(&mut self) {
        if self.model.places.is_one() || self.findings.has_errors() {
            return;
        }
        let spec = self.spec;
        let mut walk = Walk::default();
        for (index, (name, client)) in sorted(&spec.clients).enumerate() {
            let targets: Vec<&str> = match &client.mix {
                Mix::Only(target) => vec![target],
                Mix::Weighted(weights) => weights.keys().map(String::as_str).collect(),
            };
            let shares = self.model.clients[index].regions.clone();
            for (region, _) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
                for target in &targets {
                    self.follow(None, region as u16, target, name, &mut walk);
                }
            }
        }
        while let Some(running) = walk.todo.pop() {
            if walk.seen.insert(running) {
                self.follow_steps(running, &mut walk);
            }
        }
        let (travelled, answering) = (walk.travelled, walk.answering);
        self.measure_transfers(&travelled, &answering);
    }

    fn follow_steps(&mut self, (target, service, region): Running<'a>, walk: &mut Walk<'a>) {
        let spec = self.spec;
        let Some((component, operation)) = target.split_once('.') else { return };
        let steps = &spec.components[component][operation];
        let name = self.model.services[service.0 as usize].name.clone();
        let mut targets = Vec::new();
        called(spec, component, steps, &mut targets);
        for target in targets {
            self.follow(Some(service), region, target, &name, walk);
        }
        let mut queries = Vec::new();
        asked(steps, &mut queries);
        for (query, is_write) in queries {
            let store = query.name();
            let Some((station, _)) = self.places.stores.get(store) else { continue };
            let place = self.model.places.of_station(*station);
            let (asked, told) = match self.model.stores.iter().find(|it| it.name == store) {
                Some(it) => copies_met(it, is_write, region, &self.model.places),
                None => (vec![self.model.places.region_of(place)], Vec::new()),
            };
            for there in asked {
                self.need((region, there), (&name, store), walk);
                walk.travelled.extend([(region, there), (there, region)]);
            }
            walk.travelled.extend(told);
        }
    }

    /// Follows one call out of a region.
    fn follow(
        &mut self,
        caller: Option<ServiceId>,
        region: u16,
        target: &'a str,
        name: &str,
        walk: &mut Walk<'a>,
    ) {
        let Some(service) = self.provider(caller, target) else { return };
        if caller == Some(service) {
            walk.todo.push((target, service, region));
            return;
        }
        let called = &self.model.services[service.0 as usize];
        let called_name = called.name.clone();
        let fronts: Vec<usize> = match &called.route {
            Route::Ordered(orders) => {
                orders[usize::from(region)].iter().map(|&front| usize::from(front)).collect()
            }
            Route::Weighted(weights) => (0..weights.len()).filter(|&f| weights[f] > 0.0).collect(),
        };
        let regions: Vec<u16> = fronts.iter().map(|&front| called.fronts[front].region).collect();
        if regions.is_empty() {
            let nearest = called.fronts[0].region;
            self.need((region, nearest), (name, &called_name), walk);
        }
        for there in regions {
            self.need((region, there), (name, &called_name), walk);
            if caller.is_some() {
                walk.travelled.extend([(region, there), (there, region)]);
            } else {
                walk.answering.insert(there);
            }
            walk.todo.push((target, service, there));
        }
    }

    /// A pair of regions that is travelled needs a round trip.
    fn need(
        &mut self,
        (from, to): (u16, u16),
        (caller, called): (&str, &str),
        walk: &mut Walk<'_>,
    ) {
        let known = from == to || self.model.places.link(from, to).is_some();
        if known || !walk.reported.insert((from.min(to), from.max(to))) {
            return;
        }
        let name = |region: u16| self.model.places.regions[usize::from(region)].name.clone();
        let (from, to) = (name(from), name(to));
        let message = format!(
            "a region without a route: `{caller}` in {from} needs `{called}` in {to}, and there is no round trip \
             between {from} and {to}"
        );
        let hint = format!("write it: between: {{\"{from}\": {{\"{to}\": \"90ms\"}}}}");
        let path = Path::root().key("network").key("between");
        self.findings.error(&path, message).hint(hint);
    }
}

impl Store {
    /// The regions of the copies that a query from `region` goes to as long as all are up, without repetition.
    pub fn asked_from(&self, region: u16, is_write: bool, places: &Places) -> Vec<u16> {
        let copies = self.cluster.as_ref().map_or(1, Cluster::copies);
        // The copies of every shard are at the same places: those of the first stand for all.
        let place = |copy: u32| {
            let member = self.cluster.as_ref().map_or(0, |cluster| cluster.member(0, copy));
            self.members[member as usize].place
        };
        let here = places.regions[usize::from(region)].first;
        let nearness = |copy: u32| {
            let there = place(copy);
            // Zones of a region are told apart by the simulation, not here.
            let is_here = places.region_of(there) == region;
            if is_here { Some(0) } else { places.nearness(here, there) }
        };
        let nearest = |copies: Range<u32>| -> Vec<u32> {
            let best = copies.clone().filter_map(nearness).min();
            copies.filter(|&copy| best.is_some() && nearness(copy) == best).collect()
        };
        let asked: Vec<u32> = match self.cluster.as_ref().map(|cluster| &cluster.copies) {
            None | Some(Copies::Single) => vec![0],
            Some(Copies::Quorum { .. }) => (0..copies).collect(),
            Some(Copies::Primaries { .. }) => nearest(0..copies),
            Some(Copies::Replicated(_)) if is_write => vec![0],
            Some(Copies::Replicated(it)) => match it.reads {
                ReadPolicy::Primary => vec![0],
                ReadPolicy::Nearest => nearest(0..it.replicas + 1),
                ReadPolicy::Any | ReadPolicy::OwnWrites(_) => (0..=it.replicas).collect(),
                ReadPolicy::Replica | ReadPolicy::Newest(_) if it.replicas == 0 => vec![0],
                ReadPolicy::Replica | ReadPolicy::Newest(_) => (1..=it.replicas).collect(),
            },
        };
        let regions = asked.into_iter().map(|copy| places.region_of(place(copy)));
        regions.collect::<BTreeSet<u16>>().into_iter().collect()
    }
}

/// The regions in which a query from `region` may come to a copy, and the pairs of regions between which its write is
/// sent on.
fn copies_met(
    store: &Store,
    is_write: bool,
    region: u16,
    places: &Places,
) -> (Vec<u16>, Vec<(u16, u16)>) {
    // The copies of every shard are at the same places: those of the first stand for all.
    let at = |copy: u32| {
        let member = store.cluster.as_ref().map_or(0, |cluster| cluster.member(0, copy));
        places.region_of(store.members[member as usize].place)
    };
    let Some(cluster) = &store.cluster else { return (vec![at(0)], Vec::new()) };
    let all: Vec<u16> = (0..cluster.copies()).map(at).collect();
    let reachable = || {
        let near = |there: &u16| *there == region || places.link(region, *there).is_some();
        let found: Vec<u16> = all.iter().copied().filter(near).collect();
        // One is enough, and without any the first is missed.
        if found.is_empty() { vec![all[0]] } else { found }
    };
    // Those who may come to take writes, and the others, to whom they send them on.
    let (primaries, asked) = match &cluster.copies {
        Copies::Single | Copies::Quorum { .. } => (0, all.clone()),
        Copies::Primaries { count, .. } => (*count, reachable()),
        Copies::Replicated(it) => {
            let primaries = if it.failover.is_some() { it.replicas + 1 } else { 1 };
            let asked = match it.reads {
                _ if is_write => all[..primaries as usize].to_vec(),
                ReadPolicy::Nearest => reachable(),
                ReadPolicy::Primary if !it.analytics => all[..primaries as usize].to_vec(),
                _ => all.clone(),
            };
            (primaries, asked)
        }
    };
    let mut told = Vec::new();
    if is_write {
        for from in 0..primaries {
            told.extend(
                (0..cluster.copies()).filter(|&to| to != from).map(|to| (at(from), at(to))),
            );
        }
    }
    (asked, told)
}
