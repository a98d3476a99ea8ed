//! Regions: where things run, how far that is, and which region answers.

mod load;
mod network;
mod placement;
mod routes;
mod transfers;

pub(super) use placement::Spread;
pub use transfers::{RegionMeasures, Transfer, Transfers};

use super::{LawId, OperationId, Pc, Resource, Service, ServiceId, StationId};

/// Where things can run: the zones of the regions, flat, regions and zones sorted by name. A place is an index into
/// them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Places {
    /// Regions; none where everything runs in one nameless place.
    pub regions: Vec<Region>,
    /// The region of each place.
    region_of: Vec<u16>,
    /// The place of each station, for stations up to the last that has been put somewhere; the rest are at place 0.
    stations: Vec<u16>,
    /// Round trips between regions: `links[a × regions + b]`, the same both ways.
    links: Vec<Option<LawId>>,
    /// Round trip between zones of a region.
    zones: Option<LawId>,
    /// Like `links`: how many regions are nearer to the first than the second is; of those without a round trip
    /// [`u16::MAX`].
    nearer: Vec<u16>,
}

/// A region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Region {
    /// Its name.
    pub name: String,
    /// Its first place; the others follow.
    pub first: u16,
    /// Its zones by name; a nameless one where none is written.
    pub zones: Vec<String>,
}

/// What lies between two places.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Distance {
    /// Nothing: they are one.
    Near,
    /// They are zones of one region; the round trip between them, if one is written.
    Zones(Option<LawId>),
    /// They are in two regions; the round trip between them. Routes without one are not taken.
    Regions(Option<LawId>),
}

impl Places {
    /// Whether everything is in one place, so that distance does not count.
    #[inline]
    pub fn is_one(&self) -> bool {
        self.region_of.len() <= 1
    }

    /// How many places there are.
    pub fn count(&self) -> usize {
        self.region_of.len().max(1)
    }

    /// The region of a place: an index into `regions`.
    #[inline]
    pub fn region_of(&self, place: u16) -> u16 {
        self.region_of.get(usize::from(place)).copied().unwrap_or(0)
    }

    /// The place of a station.
    #[inline]
    pub fn of_station(&self, station: StationId) -> u16 {
        self.stations.get(station.0 as usize).copied().unwrap_or(0)
    }

    /// Puts a station at a place.
    pub fn put(&mut self, station: StationId, place: u16) {
        let index = station.0 as usize;
        if self.stations.len() <= index {
            self.stations.resize(index + 1, 0);
        }
        self.stations[index] = place;
    }

    /// What lies between two places.
    #[inline]
    pub fn distance(&self, from: u16, to: u16) -> Distance {
        if from == to {
            return Distance::Near;
        }
        match (self.region_of(from), self.region_of(to)) {
            (a, b) if a == b => Distance::Zones(self.zones),
            (a, b) => Distance::Regions(self.link(a, b)),
        }
    }

    /// The round trip between two regions; of a region with itself, that of its clients to its services.
    #[inline]
    pub fn link(&self, from: u16, to: u16) -> Option<LawId> {
        self.links[usize::from(from) * self.regions.len() + usize::from(to)]
    }

    /// How near a place is, to compare: the same zone, then the same region, then other regions by their mean round
    /// trip. `None` if there is no way.
    pub fn nearness(&self, from: u16, to: u16) -> Option<u16> {
        if from == to {
            return Some(0);
        }
        let (a, b) = (self.region_of(from), self.region_of(to));
        if a == b {
            return Some(1);
        }
        let nearer = self.nearer[usize::from(a) * self.regions.len() + usize::from(b)];
        nearer.checked_add(2)
    }

    /// The region of this name.
    pub fn region(&self, name: &str) -> Option<u16> {
        self.regions.iter().position(|region| region.name == name).map(|at| at as u16)
    }
}

/// The replicas of a service in one region: a group of stations of each kind, and a balancer in front of them.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Front {
    /// The region.
    pub region: u16,
    /// Its first replica, counted within the service; the others follow.
    pub first: u32,
    /// How many replicas.
    pub replicas: u32,
    /// How fast their cores are: what a law of work draws is divided by it.
    pub speed: f64,
}

/// To which front of a service a request goes.
#[derive(Clone, PartialEq, Debug)]
pub enum Route {
    /// The first one that is up, in the order that counts for the caller's region.
    Ordered(Vec<Vec<u16>>),
    /// Any that is up, by weight.
    Weighted(Vec<f64>),
}

impl Default for Route {
    fn default() -> Route {
        Route::Ordered(Vec::new())
    }
}

/// How clients open connections.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Handshake {
    /// Round trips until a request can be sent.
    pub round_trips: u32,
    /// Share of the requests that open a connection.
    pub opened: f64,
    /// The same of draws: those up to this one open a connection.
    pub until: u64,
    /// Whether the round trips end at the edge of the client's region, not at the service.
    pub at_gateway: bool,
    /// Work at the gateway, as a delay.
    pub work: Option<LawId>,
    /// The stream that says who opens one: an index into [`super::Model::sites`].
    pub site: u32,
}

/// Instructions where distance counts. Latencies are drawn from the laws of the pairs of places, named by who travels.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Travel {
    /// A client's request has come to the edge of its region: open a connection, choose the service's region, go there.
    SetOut(ServiceId),
    /// Enter a service in the region that was chosen: as [`super::Instruction::Enter`].
    Enter(ServiceId),
    /// Call an operation of another service, in a region chosen now.
    Call {
        /// Its [`Travel::Enter`].
        entry: Pc,
        /// Which operation that is.
        operation: OperationId,
        /// The call site.
        site: u32,
        /// Latency of the request inside a zone; the law after it is the reply's.
        near: Option<LawId>,
    },
    /// Be served at the cores of a service that are faster in one region than in another.
    Work {
        /// Where.
        cores: Resource,
        /// For how long, at a speed of 1.
        law: LawId,
    },
    /// Go to a store.
    Fetch {
        /// The store.
        store: Resource,
        /// The query: an index into [`super::Model::sites`].
        site: u32,
        /// Latency inside the zone; the law after it is that of the way back.
        near: Option<LawId>,
    },
    /// Go back to where the service runs.
    Return {
        /// The store.
        store: Resource,
        /// The query.
        site: u32,
        /// As of [`Travel::Fetch`].
        near: Option<LawId>,
    },
}

impl Service {
    /// The front that a replica belongs to.
    #[inline]
    pub fn front_of(&self, replica: u32) -> usize {
        self.fronts.partition_point(|front| front.first <= replica) - 1
    }

    /// Whether its cores are as fast in every region, and however much they have to do.
    pub fn is_even(&self) -> bool {
        !self.work_varies
            && self.contention == crate::time::Duration::ZERO
            && self.fronts.iter().all(|front| front.speed == 1.0)
    }

    /// Shares of the requests from a region that go to each front, all regions being up.
    pub fn fronts_from(&self, region: u16) -> Vec<(usize, f64)> {
        match &self.route {
            Route::Ordered(orders) => {
                let order = orders.get(usize::from(region));
                let first = order.and_then(|order| order.first());
                vec![(first.map_or(0, |&front| usize::from(front)), 1.0)]
            }
            Route::Weighted(weights) => {
                let total: f64 = weights.iter().sum();
                let share = |(front, weight): (usize, &f64)| (front, weight / total);
                weights.iter().enumerate().map(share).filter(|(_, share)| *share > 0.0).collect()
            }
        }
    }

    /// The front in a region.
    pub fn front_in(&self, region: u16) -> Option<usize> {
        self.fronts.iter().position(|front| front.region == region)
    }
}
