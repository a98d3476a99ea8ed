//! Frames: operations in progress.
//!
//! A request is a tree of frames: the root is the operation its client asked for, its children the calls, branches
//! and loops in progress. A frame lives in a slab, so memory follows what is in flight and nothing is allocated
//! once the slab has grown to its largest.

use crate::model::{BURY, Pc};
use crate::spec::Criticality;
use crate::time::{Duration, Time};
use std::ops::{AddAssign, Index, IndexMut};

/// Index of a frame in its slab.
pub type FrameId = u32;

/// No frame, no station: the end of a list, the parent of a root.
pub const NONE: u32 = u32::MAX;

/// How an operation ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Ending {
    /// Well.
    #[default]
    Done,
    /// A queue was full, a limit reached, or it was shed.
    Refused,
    /// Its client, a guard or its patience gave up first.
    TimedOut,
    /// What worked on it has crashed, or what was asked has failed.
    Failed,
}

/// Where the time of an operation went. Of parallel branches only the one that was waited for counts, so the parts
/// add up to the duration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// Being served: on cores, by stores.
    pub work: Duration,
    /// Waiting for a thread, a core or a store.
    pub queueing: Duration,
    /// Waiting for a connection.
    pub connecting: Duration,
    /// On the network.
    pub network: Duration,
    /// Waiting on purpose, or for attempts of a call that were not the one that answered.
    pub waiting: Duration,
}

impl Spent {
    /// All of it.
    pub fn total(&self) -> Duration {
        self.work + self.queueing + self.connecting + self.network + self.waiting
    }
}

impl AddAssign for Spent {
    #[inline]
    fn add_assign(&mut self, other: Spent) {
        self.work += other.work;
        self.queueing += other.queueing;
        self.connecting += other.connecting;
        self.network += other.network;
        self.waiting += other.waiting;
    }
}

/// What a frame is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FrameKind {
    /// An operation.
    Operation,
    /// A worker's delivery: what it works on reports to it.
    Delivery,
    /// A branch of a `parallel`, or the repetitions of a `repeat`.
    Body,
    /// What the branches of a `parallel` report to.
    Fork,
    /// What the attempts of a guarded call report to.
    Guarded,
    /// What is left of an operation that was given up: nobody waits for it, and it ends when it is reached.
    Ghost,
}

impl FrameKind {
    /// Whether branches or attempts report to it, each with what it holds for itself.
    pub fn has_branches(self) -> bool {
        matches!(self, FrameKind::Fork | FrameKind::Guarded)
    }
}

/// An operation, branch or loop in progress.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Who this is, for draws: a function of the client, the number of the request and the way here, never of the
    /// order of events.
    pub id: u64,
    /// The identity of the client's request that it is part of: the keys that a request carries are drawn by it.
    pub request: u64,
    /// Of a client's request: when the client sent it.
    pub sent: Time,
    /// When it began where it runs.
    pub started: Time,
    /// When it came to the station it is at, or to the threads or connections it waits for.
    pub since: Time,
    /// What it asks of the station it is at.
    pub demand: Duration,
    /// When its service ends, or, interrupted, how much of it is left.
    pub due: u64,
    /// Where its time went so far.
    pub spent: Spent,
    /// The next instruction.
    pub pc: Pc,
    /// Who waits for it; [`NONE`] for a client's request.
    pub parent: FrameId,
    /// The next frame in the same waiting line or free list; its place in the line at a door.
    pub next: FrameId,
    /// The replica it runs on, counted within its service.
    pub replica: u32,
    /// The service it runs in; [`NONE`] on the way from a client.
    pub service: u32,
    /// The station that serves it, or where it waits for that; [`NONE`] elsewhere.
    pub station: u32,
    /// The station of the connection it holds, or [`NONE`].
    pub connection: u32,
    /// The member of a store that was chosen for it: a shard, a replica; counted in stations.
    pub chosen: u32,
    /// The key that its present query is about.
    pub key: u64,
    /// What it carries: the version of what it has read or writes.
    pub cargo: u32,
    /// What it holds of stores, or waits for: a list that the simulation keeps, or [`NONE`].
    pub holds: u32,
    /// The fetch that others may wait for and this frame makes, or [`NONE`].
    pub fetch: u32,
    /// The limit that it has passed at the door of its service, or [`NONE`].
    pub limit: u32,
    /// Of a fork or a guarded call: branches still running. Of a loop: repetitions left. Of a delivery: its worker. Of an
    /// attempt: its number in the simulation's list, plus 1.
    pub left: u32,
    /// Of a fork: branches that still have to end well. Of a guarded call: its number in the simulation's list. On the
    /// way to a service: to which of its fronts.
    pub need: u32,
    /// The operation that runs.
    pub operation: u32,
    /// Which journey: of which client, asking for what. Of a delivery: which subscription.
    pub journey: u32,
    /// The reply latency law on the way back to the parent, or [`NONE`].
    pub reply: u32,
    /// Events still scheduled for it that an interruption has made void.
    pub void_events: u32,
    /// Where it is: an index into the places of the model.
    pub place: u16,
    /// Where priorities count: 0 is the most urgent.
    pub lane: u8,
    /// How much its answer matters.
    pub criticality: Criticality,
    /// How it has ended, while the answer is on its way.
    pub ending: Ending,
    /// What it is.
    pub kind: FrameKind,
    /// It came in through the door of its service, which counts it until it ends.
    pub entered: bool,
    /// Nothing of it has been served yet by the service that it has come to, where that makes a difference.
    pub at_door: bool,
    /// Its thread is held until it ends.
    pub holds_thread: bool,
    /// It has passed the limit that a gateway keeps on its client.
    pub passed_gateway: bool,
    /// Its client waits for it no more: it has its answer or has given up.
    pub abandoned: bool,
}

impl Frame {
    /// A frame that has done nothing yet.
    pub fn new(id: u64, pc: Pc, parent: FrameId, started: Time) -> Frame {
        Frame {
            id,
            request: id,
            sent: started,
            started,
            since: started,
            demand: Duration::ZERO,
            due: 0,
            spent: Spent::default(),
            pc,
            parent,
            next: NONE,
            replica: 0,
            service: NONE,
            station: NONE,
            connection: NONE,
            chosen: 0,
            key: 0,
            cargo: 0,
            holds: NONE,
            fetch: NONE,
            limit: NONE,
            left: 0,
            need: 0,
            operation: 0,
            journey: 0,
            reply: NONE,
            void_events: 0,
            place: 0,
            lane: 0,
            criticality: Criticality::Critical,
            ending: Ending::Done,
            kind: FrameKind::Operation,
            entered: false,
            at_door: false,
            holds_thread: false,
            passed_gateway: false,
            abandoned: false,
        }
    }

    /// A part of this frame, which waits for it at `parent`: it is where its parent is and carries what that carries.
    #[inline]
    pub fn part(&self, id: u64, pc: Pc, parent: FrameId, started: Time) -> Frame {
        Frame {
            request: self.request,
            replica: self.replica,
            service: self.service,
            chosen: self.chosen,
            key: self.key,
            cargo: self.cargo,
            place: self.place,
            journey: self.journey,
            lane: self.lane,
            criticality: self.criticality,
            ..Frame::new(id, pc, parent, started)
        }
    }
}

impl Frame {
    /// Its service stops here: the time at which it would end becomes what is left of it.
    pub fn interrupt(&mut self, now: Time) {
        self.due -= now.0;
        self.void_events += 1;
    }

    /// It is given up: nobody waits for it, it holds nothing, and it ends when it is reached.
    pub fn give_up(&mut self) {
        (self.kind, self.pc, self.parent) = (FrameKind::Ghost, BURY, NONE);
        (self.entered, self.holds_thread) = (false, false);
    }
}

/// The slab of frames.
#[derive(Debug)]
pub struct Frames {
    slots: Vec<Frame>,
    /// The first free slot, or [`NONE`].
    free: FrameId,
    live: usize,
}

impl Default for Frames {
    fn default() -> Frames {
        Frames { slots: Vec::new(), free: NONE, live: 0 }
    }
}

impl Frames {
    /// Stores a frame.
    #[inline]
    pub fn insert(&mut self, frame: Frame) -> FrameId {
        // The slot is there before the frame is written, so that the compiler builds the frame in its place.
        if self.free == NONE {
            self.grow();
        }
        let at = self.free;
        let slot = &mut self.slots[at as usize];
        self.free = slot.next;
        self.live += 1;
        *slot = frame;
        at
    }

    #[cold]
    fn grow(&mut self) {
        self.free = self.slots.len() as FrameId;
        self.slots.push(Frame::new(0, 0, NONE, Time::ZERO));
    }

    /// Gives a frame's place back.
    #[inline]
    pub fn remove(&mut self, at: FrameId) {
        self.slots[at as usize].next = self.free;
        self.free = at;
        self.live -= 1;
    }

    /// Which frames are in use, in the order of their places. It takes a walk through all that ever were: for what
    /// happens rarely.
    pub fn in_use(&self) -> Vec<FrameId> {
        let mut used = vec![true; self.slots.len()];
        let mut free = self.free;
        while free != NONE {
            used[free as usize] = false;
            free = self.slots[free as usize].next;
        }
        (0..).zip(used).filter(|&(_, used)| used).map(|(at, _)| at).collect()
    }

    /// Frames in use.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether no frame is in use.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }
}

impl Index<FrameId> for Frames {
    type Output = Frame;
    #[inline]
    fn index(&self, at: FrameId) -> &Frame {
        &self.slots[at as usize]
    }
}

impl IndexMut<FrameId> for Frames {
    #[inline]
    fn index_mut(&mut self, at: FrameId) -> &mut Frame {
        &mut self.slots[at as usize]
    }
}
