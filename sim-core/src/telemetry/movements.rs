//! Where some requests are and how they move, as it happens: what a drawing shows as dots.
//!
//! A trace tells of a request when it is over; this tells of it meanwhile. Each frame of a followed request is a dot that
//! rests where it is served or waits and travels while a message of it is on its way. A move is told when it ends, with
//! when it began, so that whoever draws a little later than the run goes on can draw it in between.

use crate::component::{Ending, FrameId, FrameKind, Frames, NONE};
use crate::model::{
    AccessId, CacheLayer, CacheStep, Delay, Instruction, Model, OutsideStep, QueueStep, StationId,
    Travel,
};
use crate::random::mix;
use crate::simulation::Recorder;
use crate::time::Time;

/// Moves that are kept until they are taken, at most; later ones are counted only.
pub const MOVES_MAX: usize = 50_000;

/// Where a dot can be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spot {
    /// At a client, by its number, in a region.
    Client(u32, u16),
    /// At a replica of a service.
    Service(u32, u32),
    /// At a station of a group: a group's number, and the station's place in it.
    Station(u32, u32),
    /// At an external system.
    External(u32),
    /// At an object storage.
    Objects(u32),
    /// In a queue.
    Queue(u32),
    /// At the edge: in a cache that lies there, by its number.
    Edge(u32),
    /// Nowhere that is drawn.
    Nowhere,
}

impl Spot {
    /// At a station of a model.
    pub(super) fn of_station(model: &Model, station: StationId) -> Spot {
        let group = model.stations.partition_point(|group| group.first <= station) - 1;
        Spot::Station(group as u32, station.0 - model.stations[group].first.0)
    }
}

/// What becomes of a dot where it arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It stays until its next move.
    Stays,
    /// It is seen no more until its next move: another dot goes on for it.
    Hides,
    /// It is gone.
    Ends,
}

/// A move of a dot.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Move {
    /// Which dot.
    pub dot: u32,
    /// When it set out.
    pub departs: Time,
    /// When it arrived.
    pub arrives: Time,
    /// From where.
    pub from: Spot,
    /// Where to.
    pub to: Spot,
    /// What becomes of it there.
    pub fate: Fate,
    /// The journey of its request.
    pub journey: u32,
    /// Whether it is part of a further attempt of a guarded call, a retry or a hedge, and not of the first.
    pub again: bool,
    /// How what it stands for has ended; well, as long as it has not.
    pub ending: Ending,
}

/// What is known of a frame that is followed.
#[derive(Clone, Copy)]
struct Follower {
    /// 0: it is not followed.
    dot: u32,
    at: Spot,
    /// Since when it has been on its way, if it is.
    leaves: Option<Time>,
    journey: u32,
    again: bool,
    /// Whether it was cancelled: it has not failed, it is only not wanted any more.
    cancelled: bool,
    /// The region that its client is in.
    home: u16,
    /// The dot that comes back to it, since when, and from where.
    back: Option<(u32, Time, Spot)>,
    ending: Ending,
}

const NOBODY: Follower = Follower {
    dot: 0,
    at: Spot::Nowhere,
    leaves: None,
    journey: 0,
    again: false,
    cancelled: false,
    home: 0,
    back: None,
    ending: Ending::Done,
};

/// A recorder that follows one request in so many, chosen by its identity alone.
pub struct Movements<'m> {
    model: &'m Model,
    /// One in so many.
    one_in: u64,
    followers: Vec<Follower>,
    moves: Vec<Move>,
    dots: u32,
    now: Time,
    /// Moves that were not kept because nobody took them.
    pub left_out: u64,
}

impl<'m> Movements<'m> {
    /// Follows one request in `one_in` from now on.
    pub fn new(model: &'m Model, one_in: u64) -> Movements<'m> {
        Movements {
            model,
            one_in,
            followers: Vec::new(),
            moves: Vec::new(),
            dots: 0,
            now: Time::ZERO,
            left_out: 0,
        }
    }

    /// Follows one request in `one_in` of those sent from now on.
    pub fn follow(&mut self, one_in: u64) {
        self.one_in = one_in;
    }

    /// What has moved since this was asked last, in the order of arrivals.
    pub fn take(&mut self) -> Vec<Move> {
        std::mem::take(&mut self.moves)
    }

    fn get(&self, at: FrameId) -> Follower {
        self.followers.get(at as usize).copied().unwrap_or(NOBODY)
    }

    fn set(&mut self, at: FrameId, follower: Follower) {
        if self.followers.len() <= at as usize {
            if follower.dot == 0 {
                return;
            }
            self.followers.resize(at as usize + 1, NOBODY);
        }
        self.followers[at as usize] = follower;
    }

    fn tell(&mut self, told: Move) {
        if self.moves.len() < MOVES_MAX {
            self.moves.push(told);
        } else {
            self.left_out += 1;
        }
    }

    fn new_dot(&mut self) -> u32 {
        self.dots = self.dots.wrapping_add(1).max(1);
        self.dots
    }

    /// A dot comes to where it is from now on.
    fn arrive(&mut self, at: FrameId, to: Spot) {
        let mut it = self.get(at);
        if let Some((dot, departs, from)) = it.back.take() {
            let Follower { journey, again, ending, .. } = it;
            let (arrives, fate) = (self.now, Fate::Ends);
            self.tell(Move { dot, departs, arrives, from, to, fate, journey, again, ending });
        } else if it.at == to && it.leaves.is_none() {
            return;
        }
        let departs = it.leaves.take().unwrap_or(self.now);
        self.tell(Move {
            dot: it.dot,
            departs,
            arrives: self.now,
            from: it.at,
            to,
            fate: Fate::Stays,
            journey: it.journey,
            again: it.again,
            ending: it.ending,
        });
        it.at = to;
        self.set(at, it);
    }

    /// The next frame around one that is an operation or a loop, not a fork or a guarded call.
    fn around(at: FrameId, frames: &Frames) -> FrameId {
        let mut parent = frames[at].parent;
        while parent != NONE && frames[parent].kind.has_branches() {
            parent = frames[parent].parent;
        }
        parent
    }

    /// Follows a frame that is new, if it is part of a request that is followed.
    fn attach(&mut self, at: FrameId, frames: &Frames) -> Option<Follower> {
        let frame = &frames[at];
        let parent = Movements::around(at, frames);
        if parent == NONE {
            return None;
        }
        if frames[parent].kind == FrameKind::Delivery {
            if !self.picks(frame.request) {
                return None;
            }
            let dot = self.new_dot();
            return Some(Follower { dot, leaves: Some(frame.started), ..NOBODY });
        }
        let mut around = self.get(parent);
        if around.dot == 0 {
            return None;
        }
        let dot = self.new_dot();
        let leaves = Some(around.leaves.take().unwrap_or(frame.started));
        self.tell(Move {
            dot: around.dot,
            departs: self.now,
            arrives: self.now,
            from: around.at,
            to: around.at,
            fate: Fate::Hides,
            journey: around.journey,
            again: around.again,
            ending: around.ending,
        });
        self.set(parent, around);
        Some(Follower { dot, leaves, back: None, ..around })
    }

    fn picks(&self, request: u64) -> bool {
        self.one_in > 0 && (self.one_in == 1 || mix(request).is_multiple_of(self.one_in))
    }

    /// The cache at the edge that is asked; `None` for caches elsewhere, and for one in which nothing fits.
    fn edge_of(&self, access: AccessId) -> Option<Spot> {
        let number = self.model.accesses[access.0 as usize].cache;
        let cache = &self.model.caches[number as usize];
        let is_there = cache.layer == CacheLayer::Edge && !cache.size.is_zero();
        is_there.then_some(Spot::Edge(number))
    }

    fn place_of(&self, station: StationId) -> Spot {
        Spot::of_station(self.model, station)
    }
}

impl Recorder for Movements<'_> {
    const TRACES: bool = true;

    fn turned(&mut self, now: Time) {
        self.now = now;
    }

    fn sent(&mut self, now: Time, at: FrameId, frames: &Frames) {
        self.now = now;
        self.set(at, NOBODY);
        let frame = &frames[at];
        if !self.picks(frame.id) {
            return;
        }
        let dot = self.new_dot();
        let journey = frame.journey;
        let home = self.model.places.region_of(frame.place);
        let client = Spot::Client(self.model.journeys[journey as usize].client, home);
        self.tell(Move {
            dot,
            departs: now,
            arrives: now,
            from: client,
            to: client,
            fate: Fate::Stays,
            journey,
            again: false,
            ending: Ending::Done,
        });
        self.set(at, Follower { dot, at: client, leaves: Some(now), journey, home, ..NOBODY });
    }

    fn stepped(&mut self, now: Time, at: FrameId, frames: &Frames, instruction: Instruction) {
        self.now = now;
        let frame = &frames[at];
        if matches!(frame.kind, FrameKind::Ghost | FrameKind::Delivery) {
            return;
        }
        if self.get(at).dot == 0 {
            let Some(follower) = self.attach(at, frames) else { return };
            self.set(at, follower);
        }
        match instruction {
            Instruction::Deliver | Instruction::Arrive => return,
            Instruction::Travel(Travel::SetOut(_)) => return,
            _ => {}
        }
        if frame.service != NONE {
            let replica = if frame.replica == NONE { 0 } else { frame.replica };
            self.arrive(at, Spot::Service(frame.service, replica));
        }
        let to = match instruction {
            Instruction::Outside(OutsideStep::Ask { external, .. }) => Spot::External(external),
            Instruction::Outside(
                OutsideStep::Get { objects, .. } | OutsideStep::Put { objects, .. },
            ) => Spot::Objects(objects),
            Instruction::Queue(QueueStep::Send { queue, .. }) => Spot::Queue(queue.0),
            Instruction::Cache(CacheStep::LookUp(access) | CacheStep::Fill(access)) => {
                match self.edge_of(access) {
                    Some(edge) => edge,
                    None => return,
                }
            }
            Instruction::Pause { delay: Delay::Network, .. }
            | Instruction::Travel(Travel::Fetch { .. } | Travel::Return { .. }) => {
                let follower = self.get(at);
                self.set(at, Follower { leaves: Some(now), ..follower });
                return;
            }
            _ => return,
        };
        self.arrive(at, to);
    }

    fn attempted(
        &mut self,
        now: Time,
        at: FrameId,
        frames: &Frames,
        (_, number, _): (u32, u32, bool),
    ) {
        self.now = now;
        // The first is the call itself. How it has ended says nothing of those that follow.
        if number > 0
            && let Some(it) = self.attach(at, frames)
        {
            self.set(at, Follower { again: true, ending: Ending::Done, ..it });
        }
    }

    fn came(&mut self, at: FrameId, station: StationId) {
        if self.get(at).dot != 0 {
            self.arrive(at, self.place_of(station));
        }
    }

    fn moved(&mut self, from: FrameId, to: FrameId) {
        let follower = self.get(from);
        self.set(from, NOBODY);
        self.set(to, follower);
    }

    fn cancelled(&mut self, at: FrameId) {
        let it = self.get(at);
        self.set(at, Follower { cancelled: true, ..it });
    }

    fn ended(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        self.now = now;
        let it = self.get(at);
        if it.dot == 0 {
            return;
        }
        let ending = if it.cancelled { Ending::Done } else { ending };
        let parent = Movements::around(at, frames);
        if parent == NONE && frames[at].kind == FrameKind::Operation && frames[at].parent == NONE {
            // It goes back to its client, who is told later.
            self.set(at, Follower { leaves: Some(now), ending, ..it });
            return;
        }
        self.set(at, NOBODY);
        let around = if parent == NONE { NOBODY } else { self.get(parent) };
        let end = |to| Move {
            dot: it.dot,
            departs: now,
            arrives: now,
            from: it.at,
            to,
            fate: Fate::Ends,
            journey: it.journey,
            again: it.again,
            ending,
        };
        if around.dot == 0 {
            self.tell(end(it.at));
            return;
        }
        // Of several that come back only one can be the last: those before it end where they are.
        if let Some((dot, departs, from)) = around.back {
            self.tell(Move { dot, departs, from, ..end(around.at) });
        }
        // One attempt that does well makes good those before it that did not.
        let frame = &frames[at];
        let is_attempt = frame.parent != NONE && frames[frame.parent].kind == FrameKind::Guarded;
        let is_well = ending == Ending::Done && !is_attempt;
        let ending = if is_well { around.ending } else { ending };
        self.set(parent, Follower { back: Some((it.dot, now, it.at)), ending, ..around });
    }

    fn answered(&mut self, now: Time, at: FrameId, frames: &Frames, ending: Ending) {
        self.now = now;
        let it = self.get(at);
        if it.dot == 0 {
            return;
        }
        let journey = it.journey;
        let number = self.model.journeys[frames[at].journey as usize].client;
        let client = Spot::Client(number, it.home);

        let end = Move {
            dot: it.dot,
            departs: now,
            arrives: now,
            from: client,
            to: client,
            fate: Fate::Ends,
            journey,
            again: false,
            ending,
        };
        if ending == Ending::TimedOut {
            // The client has gone, and is seen to get nothing; what it asked for goes on.
            self.set(at, Follower { ending, ..it });
            let dot = self.new_dot();
            self.tell(Move { dot, ..end });
            return;
        }
        self.tell(Move { departs: it.leaves.unwrap_or(now), from: it.at, ..end });
        self.set(at, NOBODY);
    }
}
