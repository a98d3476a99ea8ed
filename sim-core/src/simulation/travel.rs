//! Going somewhere: between regions and zones, and which region answers.
//!
//! The latency of a message is drawn from the law of the pair of places, named by who travels, so that it is the same in
//! every design in which that request takes that way.

use super::faults::{Passage, Peer};
use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, Frame, FrameId, NONE};
use crate::model::{
    Client, Distance, LawId, Model, OperationId, Pc, Resource, Route, ServiceId, Source, Travel,
    shares,
};
use crate::random::{Draw, Key, name_hash};
use crate::time::Duration;

/// Set in a frame's reply law: its way back depends on where it ran. The rest is its law inside a zone.
pub(super) const DISTANT: u32 = 1 << 31;
/// The rest where there is no law inside a zone; together they are not [`crate::component::NONE`].
const NO_LAW: u32 = DISTANT - 2;

/// Added to an identity: the way back, the way of a client, and each leg of opening its connection.
const BACK: u64 = 0x6a09_e667_f3bc_c908;
const OF_CLIENT: u64 = 0xbb67_ae85_84ca_a73b;
const LEG: u64 = 0x3c6e_f372_fe94_f82b;

/// What routing knows in a run. Empty where everything is in one place.
pub(super) struct Routing {
    /// For each front of each service whether it is up.
    is_up: Vec<bool>,
    /// For each service that is routed by weight the shares of its fronts that are up.
    shares: Vec<Vec<u64>>,
    /// For each service the stream that draws the front.
    services: Vec<Key>,
    /// For each client the stream that draws the region that a request or user is in, and the shares of the regions.
    homes: Vec<(Key, Vec<u64>)>,
}

impl Routing {
    pub(super) fn new(model: &Model, key: impl Fn(u64) -> Key) -> Routing {
        let mut routing = Routing {
            is_up: Vec::new(),
            shares: Vec::new(),
            services: Vec::new(),
            homes: Vec::new(),
        };
        if model.places.is_one() {
            return routing;
        }
        for service in &model.services {
            routing.is_up.extend(service.fronts.iter().map(|_| true));
            routing.services.push(key(name_hash(&format!("services.{}.routing", service.name))));
            routing.shares.push(match &service.route {
                Route::Weighted(weights) => shares(weights),
                Route::Ordered(_) => Vec::new(),
            });
        }
        let home = |client: &Client| {
            let key = key(name_hash(&format!("clients.{}.regions", client.name)));
            (key, shares(&client.regions))
        };
        routing.homes = model.clients.iter().map(home).collect();
        routing
    }
}

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(super) fn travel_far(&mut self, at: FrameId, step: Travel) -> Flow {
        match step {
            Travel::SetOut(service) => self.set_out(at, service),
            Travel::Enter(service) => self.enter_front(at, service),
            Travel::Call { entry, operation, site, near } => {
                self.call_far(at, entry, operation, site, near)
            }
            Travel::Work { cores, law } => {
                let frame = &self.frames[at];
                let service = &self.model.services[frame.service as usize];
                let speed = service.fronts[service.front_of(frame.replica)].speed;
                let factor = match service.work_varies {
                    true => self.work_factor(frame.service, frame.replica),
                    false => 1.0,
                };
                let station = cores.at(frame.replica, frame.chosen);
                let work =
                    self.laws.number(law, frame.id) / speed * factor * self.slowness(station);
                let demand = Duration::from_nanos(work);
                let others = self.stations[station.0 as usize].in_system();
                let slowed = service.contention.0.saturating_mul(u64::from(others));
                self.serve_for(at, cores, demand + Duration(slowed))
            }
            Travel::Fetch { store, site, near } => self.fetch(at, store, site, near),
            Travel::Return { store, site, near } => self.bring_back(at, store, site, near),
        }
    }

    /// Says that a region of a service is up or down: requests are routed to those that are up. Where none is, they go
    /// where they would if all were.
    pub fn set_region_healthy(&mut self, service: ServiceId, region: u16, is_up: bool) {
        let index = service.0 as usize;
        let target = &self.model.services[index];
        let (Some(front), false) = (target.front_in(region), self.model.places.is_one()) else {
            return;
        };
        let first = target.first_front as usize;
        self.routing.is_up[first + front] = is_up;
        if let Route::Weighted(weights) = &target.route {
            let up = &self.routing.is_up[first..first + target.fronts.len()];
            let left: Vec<f64> =
                weights.iter().zip(up).map(|(w, up)| if *up { *w } else { 0.0 }).collect();
            let is_some_left = left.iter().sum::<f64>() > 0.0;
            self.routing.shares[index] = shares(if is_some_left { &left } else { weights });
        }
    }

    /// The front of a service that answers a request from a place.
    fn route(&self, request: u64, from: u16, service: ServiceId) -> usize {
        let index = service.0 as usize;
        let target = &self.model.services[index];
        if target.fronts.len() == 1 {
            return 0;
        }
        match &target.route {
            Route::Ordered(orders) => {
                let order = &orders[usize::from(self.model.places.region_of(from))];
                let up = |front: &&u16| {
                    self.routing.is_up[target.first_front as usize + usize::from(**front)]
                };
                let chosen = order.iter().find(up).or(order.first());
                chosen.map_or(0, |&front| usize::from(front))
            }
            Route::Weighted(_) => {
                let point = Draw::new(request, self.routing.services[index]).bits();
                let shares = &self.routing.shares[index];
                shares.iter().position(|&until| point <= until).unwrap_or(shares.len() - 1)
            }
        }
    }

    /// The place that a client's request comes from: the first of its region.
    pub(super) fn home(&self, client: u32, request: u64) -> u16 {
        if self.model.places.is_one() {
            return 0;
        }
        let (key, shares) = &self.routing.homes[client as usize];
        let client = &self.model.clients[client as usize];
        // A user stays where it is.
        let who = match client.source {
            Source::Open(_) => request,
            Source::Closed { .. } => super::clients::user_of(client, request),
        };
        let point = Draw::new(who, *key).bits();
        let region = shares.iter().position(|&until| point <= until).unwrap_or(shares.len() - 1);
        self.model.places.regions[region].first
    }

    /// The region of the client whose request a frame is part of.
    pub(super) fn home_of(&self, frame: &Frame) -> u16 {
        if self.model.places.is_one() {
            return 0;
        }
        let client = self.model.journeys[frame.journey as usize].client;
        self.model.places.region_of(self.home(client, frame.request))
    }

    /// A client's request goes on from the edge of its region to the service.
    fn set_out(&mut self, at: FrameId, service: ServiceId) -> Flow {
        let frame = &self.frames[at];
        let (id, home, journey) = (frame.id, frame.place, frame.journey);
        let client = self.model.journeys[journey as usize].client;
        let mut link = None;
        let mut passage = Passage::Late(Duration::ZERO);
        if !self.model.places.is_one() {
            let front = self.route(id, home, service);
            self.frames[at].need = front as u32;
            let there = self.model.services[service.0 as usize].fronts[front].region;
            link = self.model.places.link(self.model.places.region_of(home), there);
            let from = Peer { service: NONE, station: NONE, place: home };
            let place = self.model.places.regions[usize::from(there)].first;
            let to = Peer { service: service.0, station: NONE, place };
            passage = self.passage(id.wrapping_add(OF_CLIENT), from, to);
        }
        let late = match passage {
            Passage::Late(late) => late,
            Passage::Lost(after) => {
                self.frames[at].ending = Ending::Failed;
                return self.spend(at, after);
            }
        };
        let latency = late
            + link.map_or(Duration::ZERO, |link| self.half(link, id.wrapping_add(OF_CLIENT)))
            + self.handshake(client, id, link);
        if latency == Duration::ZERO { Flow::Continue } else { self.spend(at, latency) }
    }

    /// Whether a client's request finds no connection open.
    pub(super) fn opens_connection(&self, id: u64) -> bool {
        self.model
            .handshake
            .is_some_and(|tls| Draw::new(id, self.site_keys[tls.site as usize]).bits() <= tls.until)
    }

    /// How long it takes to open a connection, if this request opens one.
    fn handshake(&self, client: u32, id: u64, link: Option<LawId>) -> Duration {
        let Some(tls) = self.model.handshake else { return Duration::ZERO };
        if !self.opens_connection(id) {
            return Duration::ZERO;
        }
        let mut latency = Duration::ZERO;
        let mut leg = id.wrapping_add(OF_CLIENT);
        for _ in 0..tls.round_trips {
            for way in 0..2 {
                leg = leg.wrapping_add(LEG);
                if let Some(hop) = self.model.clients[client as usize].hop {
                    latency += self.laws.time(LawId(hop.0 + way), leg);
                }
                if let (Some(link), false) = (link, tls.at_gateway) {
                    latency += self.half(link, leg);
                }
            }
        }
        match tls.work {
            Some(work) if tls.at_gateway => latency + self.laws.time(work, id),
            _ => latency,
        }
    }

    /// An answer leaves for a client that may be in another region.
    #[inline(never)]
    pub(super) fn answer_far_client(&mut self, at: FrameId) -> Flow {
        let frame = &self.frames[at];
        let (id, operation) = (frame.id, OperationId(frame.operation));
        let client = self.model.journeys[frame.journey as usize].client;
        let (here, home) = (self.model.places.region_of(frame.place), self.home_of(frame));
        if let Some(transfer) = self.model.transfers.to_clients(here) {
            self.recorder.counted(transfer.messages, 1);
            self.recorder.counted(transfer.bytes, self.model.transfers.reply_of(operation));
        }
        let link = self.model.places.link(home, here).map(|link| {
            let who = id.wrapping_add(OF_CLIENT).wrapping_add(BACK);
            self.half(link, who)
        });
        let link = match self.passage_to_client(at) {
            Passage::Late(Duration::ZERO) => link,
            Passage::Late(late) => Some(link.unwrap_or_default() + late),
            Passage::Lost(after) => {
                self.frames[at].ending = Ending::Failed;
                return self.spend(at, after);
            }
        };
        let hop = self.model.clients[client as usize].hop;
        let hop = hop.map(|hop| self.laws.time(LawId(hop.0 + 1), id));
        if link.is_none() && hop.is_none() {
            self.deliver(at);
            return Flow::Stop;
        }
        self.spend(at, link.unwrap_or(Duration::ZERO) + hop.unwrap_or(Duration::ZERO))
    }

    fn passage_to_client(&mut self, at: FrameId) -> Passage {
        let frame = self.frames[at];
        let client = self.model.journeys[frame.journey as usize].client;
        let home = self.home(client, frame.request);
        let from = Peer { service: frame.service, station: NONE, place: frame.place };
        let to = Peer { service: NONE, station: NONE, place: home };
        self.passage(frame.id.wrapping_add(OF_CLIENT).wrapping_add(BACK), from, to)
    }

    /// Enters a service in the region that was chosen on the way.
    fn enter_front(&mut self, at: FrameId, service: ServiceId) -> Flow {
        self.choose_in_front(at, service);
        self.enter_chosen(at, service.0)
    }

    /// Chooses the replica that a frame is to enter, in the region that was chosen on the way.
    pub(super) fn choose_in_front(&mut self, at: FrameId, service: ServiceId) {
        let frame = &self.frames[at];
        let replica = match frame.entered {
            true => frame.replica,
            false => self.choose_replica(at, service, frame.need as usize, None),
        };
        let place = self.model.services[service.0 as usize].replica_places[replica as usize];
        self.frames[at].place = place;
        self.assign(at, service.0, replica);
    }

    fn choose_replica(
        &mut self,
        at: FrameId,
        service: ServiceId,
        front: usize,
        from: Option<u16>,
    ) -> u32 {
        let target = &self.model.services[service.0 as usize];
        let index = target.first_front as usize + front;
        let balancer = &mut self.balancers[index];
        target.fronts[front].first
            + match balancer.is_careful() {
                false => balancer.choose(self.frames[at].id),
                true => self.balance(at, service.0, index, from),
            }
    }

    /// The balancer that a replica is behind, and the replica's number there.
    #[inline]
    pub(super) fn balancer_of(&self, service: u32, replica: u32) -> (usize, u32) {
        if self.model.places.is_one() {
            return (service as usize, replica);
        }
        let target = &self.model.services[service as usize];
        let front = target.front_of(replica);
        (target.first_front as usize + front, replica - target.fronts[front].first)
    }

    /// Calls an operation of a service that is routed to.
    fn call_far(
        &mut self,
        at: FrameId,
        entry: Pc,
        operation: OperationId,
        site: u32,
        near: Option<LawId>,
    ) -> Flow {
        let child = self.child(at, entry, operation, site);
        let service = self.model.operations[operation.0 as usize].service;
        let (id, from) = (self.frames[child].id, self.frames[at].place);
        let front = self.route(id, from, service);
        let target = &self.model.services[service.0 as usize];
        let places = &self.model.places;
        if places.is_one() {
            self.frames[child].reply = DISTANT | near.map_or(NO_LAW, |law| law.0);
            let latency = near.map(|near| self.laws.time(near, id));
            return self.send_call(child, id, service, latency, (from, from));
        }
        let region = target.fronts[front].region;
        let mut to = places.regions[usize::from(region)].first;
        let is_here = region == places.region_of(from);
        if is_here && places.regions[usize::from(region)].zones.len() > 1 {
            // Inside a region the caller's side chooses the replica, so that the message goes straight to its zone.
            let replica = self.choose_replica(child, service, front, Some(from));
            let frame = &mut self.frames[child];
            (frame.service, frame.replica, frame.entered) = (service.0, replica, true);
            to = target.replica_places[replica as usize];
        }
        let frame = &mut self.frames[child];
        frame.need = front as u32;
        frame.reply = DISTANT | near.map_or(NO_LAW, |law| law.0);
        self.carried(from, to, self.model.transfers.request);
        let latency = self.way(from, to, near, id);
        self.send_call(child, id, service, latency, (from, to))
    }

    /// The message of a call leaves: its frame goes on when it arrives, or fails when its sender gives up.
    fn send_call(
        &mut self,
        child: FrameId,
        id: u64,
        service: ServiceId,
        latency: Option<Duration>,
        (from, to): (u16, u16),
    ) -> Flow {
        let caller = self.frames[self.frames[child].parent].service;
        let from = Peer { service: caller, station: NONE, place: from };
        let to = Peer { service: service.0, station: NONE, place: to };
        match self.passage(id, from, to) {
            Passage::Late(Duration::ZERO) => match latency {
                Some(latency) => self.spend(child, latency),
                None => Flow::Switch(child),
            },
            Passage::Late(late) => self.spend(child, latency.unwrap_or_default() + late),
            Passage::Lost(after) => {
                let frame = &mut self.frames[child];
                (frame.ending, frame.reply) = (Ending::Failed, NONE);
                self.spend(child, after)
            }
        }
    }

    /// How long a reply takes that left a service at `from`, or how long its caller waits for one that is lost. `None`
    /// if it takes no message.
    #[inline(never)]
    pub(super) fn way_back(
        &mut self,
        ends: (u16, u16),
        reply: u32,
        id: u64,
        operation: u32,
        caller: u32,
    ) -> (Option<Duration>, bool) {
        let latency = self.latency_back(ends, reply, id, operation);
        let service = self.model.operations[operation as usize].service.0;
        let from = Peer { service, station: NONE, place: ends.0 };
        let to = Peer { service: caller, station: NONE, place: ends.1 };
        match self.passage(id.wrapping_add(BACK), from, to) {
            Passage::Late(Duration::ZERO) => (latency, false),
            Passage::Late(late) => (Some(latency.unwrap_or_default() + late), false),
            Passage::Lost(after) => (Some(after), true),
        }
    }

    fn latency_back(
        &mut self,
        (from, to): (u16, u16),
        reply: u32,
        id: u64,
        operation: u32,
    ) -> Option<Duration> {
        self.carried(from, to, self.model.transfers.reply_of(OperationId(operation)));
        let law = reply & !DISTANT;
        let near = (law != NO_LAW).then_some(LawId(law + 1));
        match self.model.places.distance(from, to) {
            Distance::Near => near.map(|near| self.laws.time(near, id)),
            _ => self.way(from, to, near, id.wrapping_add(BACK)),
        }
    }

    fn fetch(&mut self, at: FrameId, store: Resource, site: u32, near: Option<LawId>) -> Flow {
        let (id, here, there) = self.ends(at, store, site);
        self.carried(here, there, self.model.transfers.request);
        let latency = self.way_of_query(at, here, there, near, id);
        self.send_query(at, store, id, latency, (here, there))
    }

    /// The message of a query leaves, there or back.
    fn send_query(
        &mut self,
        at: FrameId,
        store: Resource,
        id: u64,
        latency: Option<Duration>,
        (here, there): (u16, u16),
    ) -> Flow {
        let frame = &self.frames[at];
        let station = store.at(frame.replica, frame.chosen).0;
        let from = Peer { service: frame.service, station: NONE, place: here };
        let to = Peer { service: NONE, station, place: there };
        match self.passage(id, from, to) {
            Passage::Late(Duration::ZERO) => {
                latency.map_or(Flow::Continue, |latency| self.spend(at, latency))
            }
            Passage::Late(late) => self.spend(at, latency.unwrap_or_default() + late),
            Passage::Lost(after) => {
                self.frames[at].ending = Ending::Failed;
                self.spend(at, after)
            }
        }
    }

    fn bring_back(&mut self, at: FrameId, store: Resource, site: u32, near: Option<LawId>) -> Flow {
        let (id, here, there) = self.ends(at, store, site);
        self.carried(there, here, self.model.transfers.reply);
        let near = near.map(|near| LawId(near.0 + 1));
        let id = id.wrapping_add(BACK);
        let latency = self.way_of_query(at, there, here, near, id);
        self.send_query(at, store, id, latency, (here, there))
    }

    /// Who travels for a query, and between which places.
    fn ends(&self, at: FrameId, store: Resource, site: u32) -> (u64, u16, u16) {
        let frame = &self.frames[at];
        let id = frame.id.wrapping_add(self.model.sites[site as usize]);
        let station = store.at(frame.replica, frame.chosen);
        (id, frame.place, self.model.places.of_station(station))
    }

    /// Latency of a query's message. Inside a zone it is named as where there are no regions.
    fn way_of_query(
        &self,
        at: FrameId,
        from: u16,
        to: u16,
        near: Option<LawId>,
        id: u64,
    ) -> Option<Duration> {
        match self.model.places.distance(from, to) {
            Distance::Near => near.map(|near| self.laws.time(near, self.frames[at].id)),
            _ => self.way(from, to, near, id),
        }
    }

    /// Latency of a message from one place to another; `None` if nothing says that it takes time.
    fn way(&self, from: u16, to: u16, near: Option<LawId>, id: u64) -> Option<Duration> {
        match self.model.places.distance(from, to) {
            Distance::Near | Distance::Zones(None) => near.map(|near| self.laws.time(near, id)),
            Distance::Zones(Some(trip)) => Some(self.half(trip, id)),
            Distance::Regions(trip) => trip.map(|trip| self.half(trip, id)),
        }
    }

    /// One way of a round trip.
    fn half(&self, trip: LawId, id: u64) -> Duration {
        Duration::from_nanos(self.laws.number(trip, id) / 2.0)
    }

    /// Counts a message between services or stores.
    pub(super) fn carried(&mut self, from: u16, to: u16, bytes: u64) {
        if from == to {
            return;
        }
        let places = &self.model.places;
        let (a, b) = (places.region_of(from), places.region_of(to));
        if let Some(transfer) = self.model.transfers.between(a, b) {
            self.recorder.counted(transfer.messages, 1);
            self.recorder.counted(transfer.bytes, bytes);
        }
    }

    /// Time passes on the network.
    fn spend(&mut self, at: FrameId, latency: Duration) -> Flow {
        self.frames[at].spent.network += latency;
        self.schedule(self.now + latency, Happening::Resume(at));
        Flow::Stop
    }

    /// Tells what the clients of a region felt of a request that is over.
    #[inline(never)]
    pub(super) fn felt_in_region(&mut self, at: FrameId, ending: Ending, response: Duration) {
        let region = self.home_of(&self.frames[at]);
        let Some(&Some(told)) = self.model.region_measures.get(usize::from(region)) else { return };
        self.recorder.counted(told.requests, 1);
        match ending {
            Ending::Done => self.recorder.timed(told.latency, response),
            Ending::Refused | Ending::TimedOut | Ending::Failed => {
                self.recorder.counted(told.errors, 1);
            }
        }
    }
}
