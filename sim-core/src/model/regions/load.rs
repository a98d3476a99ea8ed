//! Expected time on the way between places, for the offered load.

use super::Distance;
use crate::model::load::{Demand, Here, Walk};
use crate::model::{LawId, Pc, Resource, ServiceId};
use std::collections::BTreeMap;

impl Walk<'_> {
    /// A client's request goes to the regions that its service is routed to, where it enters at `entry`.
    pub(in crate::model) fn set_out(
        &mut self,
        demand: &mut Demand,
        entry: Pc,
        service: ServiceId,
        here: Here,
    ) {
        if self.model.places.is_one() {
            demand.add(&self.operation(entry, here), 1.0);
            demand.time += self.handshake(0.0);
            return;
        }
        for (front, share) in self.model.services[service.0 as usize].fronts_from(here.region) {
            let region = self.model.services[service.0 as usize].fronts[front].region;
            let there = Here { region, ..Here::default() };
            demand.add(&self.operation(entry, there), share);
            let trip =
                self.model.places.link(here.region, region).map_or(0.0, |law| self.mean(law));
            demand.time += share * (trip + self.handshake(trip));
        }
    }

    /// Opening connections, beside the client's own hops. `trip` is the round trip from its region to the service's.
    fn handshake(&self, trip: f64) -> f64 {
        let Some(tls) = self.model.handshake else { return 0.0 };
        let trip = if tls.at_gateway { 0.0 } else { trip };
        let work = tls.work.filter(|_| tls.at_gateway).map_or(0.0, |law| self.mean(law));
        tls.opened * (f64::from(tls.round_trips) * trip + work)
    }

    /// A call goes to the regions that the service is routed to, and back.
    pub(in crate::model) fn call_over(
        &mut self,
        demand: &mut Demand,
        entry: Pc,
        service: ServiceId,
        near: Option<LawId>,
        here: Here,
    ) {
        for (front, share) in self.model.services[service.0 as usize].fronts_from(here.region) {
            let region = self.model.services[service.0 as usize].fronts[front].region;
            let there = Here { region, ..Here::default() };
            demand.add(&self.operation(entry, there), share);
            let (from, to) = (self.places_of(here), self.places_at(service, front));
            let stays = |a: u16| {
                self.model.services[service.0 as usize].zone_affinity && to.contains_key(&a)
            };
            let way = mean_over(&from, &to, |a, b| self.way(a, if stays(a) { a } else { b }, near));
            demand.time += share * 2.0 * way;
        }
    }

    /// One way between a service and a store.
    pub(in crate::model) fn way_to(&self, store: Resource, near: Option<LawId>, here: Here) -> f64 {
        if self.model.places.is_one() {
            return near.map_or(0.0, |law| self.mean(law));
        }
        let store = BTreeMap::from([(self.model.places.of_station(store.first()), 1)]);
        mean_over(&self.places_of(here), &store, |a, b| self.way(a, b, near))
    }

    /// One way between two places.
    fn way(&self, from: u16, to: u16, near: Option<LawId>) -> f64 {
        let near = || near.map_or(0.0, |law| self.mean(law));
        match self.model.places.distance(from, to) {
            Distance::Near | Distance::Zones(None) => near(),
            Distance::Zones(Some(law)) | Distance::Regions(Some(law)) => self.mean(law) / 2.0,
            Distance::Regions(None) => 0.0,
        }
    }

    /// How fast the cores of the present front are.
    pub(in crate::model) fn speed(&self, here: Here) -> f64 {
        here.front.map_or(1.0, |(service, front)| {
            self.model.services[service.0 as usize].fronts[front].speed
        })
    }

    /// How many replicas of the present front are at each place.
    fn places_of(&self, here: Here) -> BTreeMap<u16, u32> {
        match here.front {
            Some((service, front)) => self.places_at(service, front),
            None => BTreeMap::from([(0, 1)]),
        }
    }

    fn places_at(&self, service: ServiceId, front: usize) -> BTreeMap<u16, u32> {
        let service = &self.model.services[service.0 as usize];
        let front = &service.fronts[front];
        let replicas = front.first as usize..(front.first + front.replicas) as usize;
        let mut counts = BTreeMap::new();
        for &place in &service.replica_places[replicas] {
            *counts.entry(place).or_default() += 1;
        }
        counts
    }
}

/// The mean of a distance over all pairs: each replica gets its share of the requests.
fn mean_over(
    from: &BTreeMap<u16, u32>,
    to: &BTreeMap<u16, u32>,
    distance: impl Fn(u16, u16) -> f64,
) -> f64 {
    let (mut sum, mut pairs) = (0.0, 0.0);
    for (&a, &in_a) in from {
        for (&b, &in_b) in to {
            let weight = f64::from(in_a) * f64::from(in_b);
            sum += weight * distance(a, b);
            pairs += weight;
        }
    }
    sum / pairs
}
