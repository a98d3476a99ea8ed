//! What of services and clients is in which region.

use super::{Front, Route};
use crate::model::check::{Lowering, sorted};
use crate::model::scaling::{capacity, capacity_of};
use crate::model::{Service, StationGroup, StationId};
use crate::spec::{self, Balancer, Named, Path, Routing};
use std::collections::BTreeMap;

/// How fast cores can be.
const SPEEDS: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

/// Where the replicas of a service are.
#[derive(Default)]
pub(in crate::model) struct Spread {
    /// Its replicas by region.
    pub(in crate::model) fronts: Vec<Front>,
    /// The place of each replica; empty where there is only one place.
    pub(in crate::model) places: Vec<u16>,
}

impl Lowering<'_> {
    /// How many replicas a service can have in all regions.
    pub(in crate::model) fn replicas_of(&self, service: &spec::Service) -> u32 {
        capacity_of(service)
    }

    /// Whether what a service says of its regions makes sense.
    pub(in crate::model) fn are_regions_sound(
        &mut self,
        name: &str,
        service: &spec::Service,
        path: &Path,
    ) -> bool {
        let regions = path.key("regions");
        if service.regions.is_empty() {
            if self.model.places.regions.len() > 1 {
                let example = self.model.places.regions[0].name.clone();
                let message = format!("it is not said in which regions `{name}` runs");
                let hint = format!("write regions: {{\"{example}\": {}}}", service.replicas);
                self.findings.error(path, message).hint(hint);
                return false;
            }
            if service.routing.is_some() {
                let message = "there is nothing to route between";
                let error = self.findings.error(&path.key("routing"), message);
                error.hint("say how many replicas run in which region: regions: {\"eu\": 2}");
                return false;
            }
            return true;
        }
        let mut sound = true;
        if self.spec.is_written(&["services", name, "replicas"]) {
            let message = "replicas are counted by `regions`, so `replicas` says nothing";
            self.findings.error(&path.key("replicas"), message).hint("leave one of them out");
            sound = false;
        }
        for region in service.regions.keys() {
            sound &= self.places_in(region, &regions.key(region), true).is_some();
        }
        if service.regions.values().all(|replicas| *replicas == 0) {
            self.findings.error(&regions, "a service needs a replica in at least one region");
            sound = false;
        }
        sound
            && self.are_speeds_sound(service, &path.key("speeds"))
            && self.is_routing_sound(service, &path.key("routing"))
    }

    fn are_speeds_sound(&mut self, service: &spec::Service, path: &Path) -> bool {
        let mut sound = true;
        for (name, speed) in &service.speeds {
            let at = path.key(name);
            sound &= self.runs_in(service, name, &at, true).is_some();
            if !(SPEEDS.contains(speed)) {
                let message = format!("a speed of {speed} makes no sense");
                let error = self.findings.error(&at, message);
                error.hint("1 is the speed at which work takes as long as its laws say");
                sound = false;
            }
        }
        sound
    }

    /// The region of this name if a replica of the service runs there, or an error at `path`.
    fn runs_in(
        &mut self,
        service: &spec::Service,
        name: &str,
        path: &Path,
        on_key: bool,
    ) -> Option<u16> {
        let region = self.region_index(name, path, on_key)?;
        let in_region = |place: &String| place.split_once('/').map_or(&**place, |(r, _)| r) == name;
        let mut replicas = service.regions.iter().filter(|(place, _)| in_region(place));
        if replicas.any(|(_, replicas)| *replicas > 0) {
            return Some(region);
        }
        let message = format!("no replica of this service runs in `{name}`");
        let error = self.findings.error(path, message);
        error.hint("name one of its own `regions`").on_key = on_key;
        None
    }

    fn is_routing_sound(&mut self, service: &spec::Service, path: &Path) -> bool {
        let named: Vec<(&String, Path, bool)> = match &service.routing {
            None | Some(Routing::Nearest) => Vec::new(),
            Some(Routing::Weighted(weights)) => {
                let at = path.key("weighted");
                let entries = weights.iter().map(|(name, weight)| (*weight, at.key(name)));
                self.check_weights(entries, &at);
                weights.keys().map(|name| (name, at.key(name), true)).collect()
            }
            Some(Routing::Failover(order)) => {
                let at = path.key("failover");
                if order.is_empty() {
                    self.findings.error(&at, "there is no region to go to");
                    return false;
                }
                order.iter().enumerate().map(|(i, name)| (name, at.index(i), false)).collect()
            }
            Some(Routing::Table(table)) => {
                let at = path.key("table");
                for caller in table.keys() {
                    self.region_index(caller, &at.key(caller), true);
                }
                table.iter().map(|(caller, name)| (name, at.key(caller), false)).collect()
            }
        };
        let mut sound = true;
        for (name, at, on_key) in named {
            sound &= self.runs_in(service, name, &at, on_key).is_some();
        }
        sound
    }

    /// Where the replicas of a sound service are.
    pub(in crate::model) fn spread(&mut self, service: &spec::Service) -> Spread {
        if service.regions.is_empty() {
            let zones = self.model.places.regions.first().map_or(1, |region| region.zones.len());
            let replicas = capacity(service, service.replicas);
            let places = match zones {
                1 => Vec::new(),
                zones => (0..replicas).map(|replica| (replica as usize % zones) as u16).collect(),
            };
            return Spread {
                fronts: vec![Front { region: 0, first: 0, replicas, speed: 1.0 }],
                places,
            };
        }
        let mut by_region: BTreeMap<u16, Vec<u16>> = BTreeMap::new();
        for (name, replicas) in sorted(&service.regions) {
            let Some(places) = self.places_in(name, &Path::root(), true) else { continue };
            let region = self.model.places.region_of(places.start);
            let spread = places.cycle().take(*replicas as usize);
            by_region.entry(region).or_default().extend(spread);
        }
        let mut spread = Spread::default();
        for (region, places) in by_region.into_iter().filter(|(_, places)| !places.is_empty()) {
            let first = spread.places.len() as u32;
            let name = &self.model.places.regions[usize::from(region)].name;
            let speed = service.speeds.get(name).copied().unwrap_or(1.0);
            // Replicas that come later go to the zones in the same turns.
            let replicas = capacity(service, places.len() as u32);
            spread.fronts.push(Front { region, first, replicas, speed });
            spread.places.extend(places.iter().cycle().take(replicas as usize));
        }
        if self.model.places.is_one() {
            spread.places.clear();
        }
        spread
    }

    /// For each front of a service a group of stations like `group`, side by side. Returns the first station.
    pub(in crate::model) fn push_groups(
        &mut self,
        group: &StationGroup,
        spread: &Spread,
    ) -> StationId {
        let first_of_all = self.next_station();
        for front in &spread.fronts {
            let first = self.next_station();
            let mut group = group.clone();
            (group.first, group.count) = (first, front.replicas);
            if self.model.places.regions.len() > 1 {
                let region = &self.model.places.regions[usize::from(front.region)].name;
                group.name = format!("{}@{region}", group.name);
            }
            let replicas = front.first as usize..(front.first + front.replicas) as usize;
            if let Some(places) = spread.places.get(replicas) {
                for (station, &place) in (first.0..).zip(places) {
                    self.model.places.put(StationId(station), place);
                }
            }
            self.model.stations.push(group);
        }
        first_of_all
    }

    /// The regions that clients are in, as shares; empty where there is only one place. An error where it is not said.
    pub(in crate::model) fn client_regions(
        &mut self,
        client: &spec::Client,
        path: &Path,
    ) -> Vec<f64> {
        if let (Some(_), false) = (&client.region, client.regions.is_empty()) {
            let message = "clients are in a `region` or in several `regions`, not both";
            self.findings.error(&path.key("region"), message).hint("leave one of them out");
        }
        let mut shares = vec![0.0; self.model.places.regions.len()];
        if let Some(name) = &client.region
            && let Some(region) = self.region_index(name, &path.key("region"), false)
        {
            shares[usize::from(region)] = 1.0;
        }
        self.check_shares(&client.regions, &path.key("regions"));
        for (name, share) in &client.regions {
            let at = path.key("regions").key(name);
            if let Some(region) = self.region_index(name, &at, true) {
                shares[usize::from(region)] = *share;
            }
        }
        let is_said = client.region.is_some() || !client.regions.is_empty();
        match self.model.places.regions.as_slice() {
            [] => return Vec::new(),
            [_] => shares = vec![1.0],
            [first, ..] if !is_said => {
                let hint = format!(
                    "write region: \"{}\", or regions: {{…}} with the share of each",
                    first.name
                );
                self.findings.error(path, "it is not said where these clients are").hint(hint);
            }
            _ => {}
        }
        if self.model.places.is_one() { Vec::new() } else { shares }
    }

    fn check_shares(&mut self, regions: &Named<f64>, path: &Path) {
        if !regions.is_empty() {
            self.check_weights(regions.iter().map(|(name, share)| (*share, path.key(name))), path);
        }
    }

    /// To which front a request of each region goes. A front without a round trip to the caller's region cannot be
    /// gone to.
    pub(in crate::model) fn route(&self, routing: Option<&Routing>, fronts: &[Front]) -> Route {
        let places = &self.model.places;
        let front_in = |name: &String| {
            let region = places.region(name)?;
            fronts.iter().position(|front| front.region == region)
        };
        let nearest = |caller: u16| {
            let mut near: Vec<(f64, u16)> = Vec::new();
            for (index, front) in fronts.iter().enumerate() {
                let trip = match places.link(caller, front.region) {
                    _ if caller == front.region => Some(0.0),
                    Some(link) => Some(self.model.laws[link.0 as usize].sampler.mean()),
                    None => None,
                };
                near.extend(trip.map(|trip| (trip, index as u16)));
            }
            // A stable sort: of equals, and at no distance at all, the caller's own region and then the first by name.
            near.sort_by(|a, b| {
                let far = |at: &(f64, u16)| fronts[usize::from(at.1)].region != caller;
                a.0.total_cmp(&b.0).then(far(a).cmp(&far(b)))
            });
            near.into_iter().map(|(_, front)| front).collect::<Vec<u16>>()
        };
        let callers = 0..places.regions.len() as u16;
        match routing.unwrap_or(&Routing::Nearest) {
            Routing::Nearest => Route::Ordered(callers.map(nearest).collect()),
            Routing::Failover(order) => {
                let order: Vec<u16> =
                    order.iter().filter_map(front_in).map(|front| front as u16).collect();
                Route::Ordered(callers.map(|_| order.clone()).collect())
            }
            Routing::Table(table) => Route::Ordered(
                callers
                    .map(|caller| {
                        let mut order = nearest(caller);
                        let name = &places.regions[usize::from(caller)].name;
                        if let Some(front) = table.get(name).and_then(front_in) {
                            order.retain(|&other| usize::from(other) != front);
                            order.insert(0, front as u16);
                        }
                        order
                    })
                    .collect(),
            ),
            Routing::Weighted(weights) => {
                let mut by_front = vec![0.0; fronts.len()];
                for (name, weight) in weights {
                    if let Some(front) = front_in(name) {
                        by_front[front] = *weight;
                    }
                }
                Route::Weighted(by_front)
            }
        }
    }
}

impl Service {
    /// The balancer in front of the replicas of one region: of weights, those of its replicas.
    pub fn balancer_of(&self, front: &Front) -> Balancer {
        match &self.balancer {
            Balancer::Weighted(weights) => {
                let replicas = front.first as usize..(front.first + front.replicas) as usize;
                Balancer::Weighted(weights[replicas].to_vec())
            }
            other => other.clone(),
        }
    }
}
