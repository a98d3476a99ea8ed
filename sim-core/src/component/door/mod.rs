//! The line at a door whose requests are impatient, or are shed.
//!
//! A waiting line as the others, whose requests may leave from the middle; it knows who is at the door and who was let in
//! before and works again, and asks CoDel or adaptive LIFO who is next.

mod adaptive_lifo;
mod codel;
mod deadlines;
mod utilisation;

pub use adaptive_lifo::AdaptiveLifo;
pub use codel::Codel;
use deadlines::{Deadlines, Whose};
pub use utilisation::Utilisation;

use super::{FrameId, Frames, NONE};
use crate::model::Shedding;
use crate::random::{Draw, Key};
use crate::spec::Discipline;
use crate::time::{Duration, Time};

/// The line at a door.
#[derive(Debug)]
pub struct DoorLine {
    order: Order,
    places: Vec<Place>,
    free: Vec<u32>,
    /// Those who wait, by priority where that counts. Of adaptive LIFO those who were let in, then those at the door.
    lanes: Box<[Lane]>,
    /// Those who wait where any may be next.
    drawn: Vec<u32>,
    waiting: usize,
    /// How many have come.
    numbers: u64,
    codel: Option<Codel>,
    utilisation: Option<Utilisation>,
    deadlines: Deadlines,
}

/// Whose time at a door is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    /// One who waits has no patience left.
    Impatient(FrameId),
    /// One has waited for as long as adaptive LIFO lets it.
    Shed(FrameId),
    /// One who waits or is in service has no patience left; whoever was expected so.
    Present(u32),
}

/// Who is next.
#[derive(Debug)]
enum Order {
    Fifo,
    Lifo,
    Random(Key),
    Priority,
    Adaptive(AdaptiveLifo),
}

/// A place in the line.
#[derive(Clone, Copy, Debug)]
struct Place {
    frame: FrameId,
    /// Which of all who have come; [`FREE`] where nobody is.
    number: u64,
    lane: u32,
    before: u32,
    after: u32,
    at_door: bool,
    /// Whether adaptive LIFO ends its wait before its patience does.
    is_shed_first: bool,
}

const FREE: u64 = u64::MAX;

/// Places linked in both directions.
#[derive(Clone, Copy, Debug)]
struct Lane {
    head: u32,
    tail: u32,
}

/// The lanes of adaptive LIFO.
const LET_IN: u32 = 0;
const AT_DOOR: u32 = 1;

impl DoorLine {
    /// An empty line in the order of a discipline and of what sheds; `lanes` is the number of different priorities.
    pub fn new(
        discipline: Discipline,
        shedding: Option<&Shedding>,
        lanes: usize,
        key: Key,
    ) -> DoorLine {
        let (mut codel, mut utilisation) = (None, None);
        let mut order = match discipline {
            Discipline::Lifo => Order::Lifo,
            Discipline::Random => Order::Random(key),
            Discipline::Priority | Discipline::PreemptivePriority => Order::Priority,
            Discipline::Fifo | Discipline::ProcessorSharing => Order::Fifo,
        };
        match shedding {
            Some(&Shedding::Codel { target, interval }) => {
                codel = Some(Codel::new(target, interval));
            }
            Some(&Shedding::AdaptiveLifo { interval, timeout }) => {
                order = Order::Adaptive(AdaptiveLifo::new(interval, timeout));
            }
            Some(Shedding::Criticality(bounds)) => {
                utilisation = Some(Utilisation::new(bounds.window));
            }
            None => {}
        }
        let lanes = match order {
            Order::Priority => lanes.max(1),
            Order::Adaptive(_) => 2,
            _ => 1,
        };
        DoorLine {
            order,
            places: Vec::new(),
            free: Vec::new(),
            lanes: vec![Lane { head: NONE, tail: NONE }; lanes].into_boxed_slice(),
            drawn: Vec::new(),
            waiting: 0,
            numbers: 0,
            codel,
            utilisation,
            deadlines: Deadlines::default(),
        }
    }

    /// Someone takes a place in the line; not at the door unless [`DoorLine::wait`] says so.
    pub fn push(&mut self, frames: &mut Frames, frame: FrameId, now: Time) {
        if let (0, Order::Adaptive(lifo)) = (self.waiting, &mut self.order) {
            lifo.formed(now);
        }
        let lane = match self.order {
            Order::Priority => u32::from(frames[frame].lane),
            _ => 0,
        };
        let number = self.numbers;
        let place = Place {
            frame,
            number,
            lane,
            before: NONE,
            after: NONE,
            at_door: false,
            is_shed_first: false,
        };
        let at = match self.free.pop() {
            Some(at) => {
                self.places[at as usize] = place;
                at
            }
            None => {
                self.places.push(place);
                self.places.len() as u32 - 1
            }
        };
        frames[frame].next = at;
        (self.numbers, self.waiting) = (self.numbers + 1, self.waiting + 1);
        if let Order::Random(_) = self.order {
            self.places[at as usize].before = self.drawn.len() as u32;
            self.drawn.push(at);
        } else {
            self.link(at);
        }
    }

    /// Someone who has just come is at the door, and patient until then if there is an end to it.
    pub fn wait(&mut self, frames: &Frames, frame: FrameId, now: Time, until: Option<Time>) {
        let at = frames[frame].next;
        self.places[at as usize].at_door = true;
        let mut until = until;
        if let Order::Adaptive(lifo) = &self.order {
            let shed = now + lifo.timeout(now);
            self.unlink(at);
            let place = &mut self.places[at as usize];
            place.is_shed_first = until.is_none_or(|until| shed < until);
            if place.is_shed_first {
                until = Some(shed);
            }
            place.lane = AT_DOOR;
            self.link(at);
        }
        if let Some(until) = until {
            let number = self.places[at as usize].number;
            let places = &self.places;
            self.deadlines.add(until, number, Whose::Waiting(at), valid(places, |_, _| true));
        }
    }

    /// Someone is patient until then, waiting or in service: `of` says who, and `is_present` by number and who whether that
    /// has a meaning still.
    pub fn expect(
        &mut self,
        until: Time,
        number: u64,
        of: u32,
        is_present: impl Fn(u64, u32) -> bool,
    ) {
        let places = &self.places;
        self.deadlines.add(until, number, Whose::Present(of), valid(places, is_present));
    }

    /// Whether an event of this instant, at which the patience of somebody may be over, has a meaning.
    pub fn wakes(&mut self, now: Time) -> bool {
        self.deadlines.wakes(now)
    }

    /// Whose time is over. Those who wait keep their places until they are removed. Call it until there is nobody, then
    /// [`DoorLine::schedule`].
    pub fn over(&mut self, now: Time, is_present: impl Fn(u64, u32) -> bool) -> Option<Over> {
        let places = &self.places;
        Some(match self.deadlines.over(now, valid(places, is_present))? {
            Whose::Waiting(at) => match self.places[at as usize] {
                Place { frame, is_shed_first: true, .. } => Over::Shed(frame),
                Place { frame, .. } => Over::Impatient(frame),
            },
            Whose::Present(of) => Over::Present(of),
        })
    }

    /// When the next event has to be at which the patience of somebody may be over, if it is not scheduled already.
    pub fn schedule(&mut self, now: Time, is_present: impl Fn(u64, u32) -> bool) -> Option<Time> {
        let places = &self.places;
        self.deadlines.schedule(now, valid(places, is_present))
    }

    /// Takes who is next out of the line, and tells whether that was at the door. Where the next is drawn, the draw is named
    /// by `namer`.
    pub fn next(
        &mut self,
        now: Time,
        namer: impl FnOnce(FrameId) -> u64,
    ) -> Option<(FrameId, bool)> {
        let at = match &self.order {
            Order::Fifo => self.lanes[0].head,
            Order::Lifo => self.lanes[0].tail,
            Order::Priority => {
                let mut heads = self.lanes.iter().map(|lane| lane.head);
                heads.find(|&head| head != NONE).unwrap_or(NONE)
            }
            Order::Adaptive(lifo) => self.next_adaptive(lifo.is_overload(now)),
            Order::Random(_) if self.drawn.is_empty() => NONE,
            Order::Random(key) => {
                let first = self.places[self.drawn[0] as usize].frame;
                let drawn = Draw::new(namer(first), *key).below(self.drawn.len() as u32);
                self.drawn[drawn as usize]
            }
        };
        if at == NONE {
            return None;
        }
        let Place { frame, at_door, .. } = self.places[at as usize];
        self.leave(at);
        Some((frame, at_door))
    }

    /// Who was let in goes on first in an overload, then the newest at the door; otherwise who came first.
    fn next_adaptive(&self, is_overload: bool) -> u32 {
        let (let_in, door) = (self.lanes[LET_IN as usize], self.lanes[AT_DOOR as usize]);
        if door.head == NONE || let_in.head == NONE && !is_overload {
            return if let_in.head == NONE { door.head } else { let_in.head };
        }
        if is_overload {
            return if let_in.head == NONE { door.tail } else { let_in.head };
        }
        let number = |at: u32| self.places[at as usize].number;
        if number(let_in.head) < number(door.head) { let_in.head } else { door.head }
    }

    /// Whether one at the door whose turn it is, after this wait, is to be dropped.
    pub fn drops(&mut self, now: Time, wait: Duration) -> bool {
        let left = self.waiting;
        self.codel.as_mut().is_some_and(|codel| codel.drops(now, wait, left))
    }

    /// Whether it is in an overload: dropping, or the newest first.
    pub fn is_active(&self, now: Time) -> bool {
        match &self.order {
            Order::Adaptive(lifo) => self.waiting > 0 && lifo.is_overload(now),
            _ => self.codel.as_ref().is_some_and(Codel::is_dropping),
        }
    }

    /// The utilisation that arrivals see, if anybody asks for it; one comes and sees so many of the servers at work.
    pub fn see(&mut self, now: Time, busy: u32, servers: u32) -> Option<f64> {
        Some(self.utilisation.as_mut()?.see(now, busy, servers))
    }

    /// One who waits leaves. Returns whether it did wait.
    pub fn remove(&mut self, frames: &Frames, frame: FrameId) -> bool {
        let at = frames[frame].next;
        let waits = self
            .places
            .get(at as usize)
            .is_some_and(|place| place.frame == frame && place.number != FREE);
        if waits {
            self.leave(at);
        }
        waits
    }

    /// Who waits, in no order that means anything.
    pub fn line(&self) -> impl Iterator<Item = FrameId> {
        self.places.iter().filter(|place| place.number != FREE).map(|place| place.frame)
    }

    /// Everyone here is gone.
    pub fn clear(&mut self) {
        for at in 0..self.places.len() as u32 {
            if self.places[at as usize].number != FREE {
                self.leave(at);
            }
        }
    }

    fn leave(&mut self, at: u32) {
        if let Order::Random(_) = self.order {
            let from = self.places[at as usize].before;
            self.drawn.swap_remove(from as usize);
            if let Some(&moved) = self.drawn.get(from as usize) {
                self.places[moved as usize].before = from;
            }
        } else {
            self.unlink(at);
        }
        self.places[at as usize].number = FREE;
        self.free.push(at);
        self.waiting -= 1;
        if let (0, Some(codel)) = (self.waiting, &mut self.codel) {
            codel.emptied();
        }
    }

    fn link(&mut self, at: u32) {
        let lane = &mut self.lanes[self.places[at as usize].lane as usize];
        let tail = std::mem::replace(&mut lane.tail, at);
        if tail == NONE {
            lane.head = at;
        } else {
            self.places[tail as usize].after = at;
        }
        let place = &mut self.places[at as usize];
        (place.before, place.after) = (tail, NONE);
    }

    fn unlink(&mut self, at: u32) {
        let Place { lane, before, after, .. } = self.places[at as usize];
        let lane = &mut self.lanes[lane as usize];
        match before {
            NONE => lane.head = after,
            before => self.places[before as usize].after = after,
        }
        match after {
            NONE => lane.tail = before,
            after => self.places[after as usize].before = before,
        }
    }
}

/// Which deadlines have a meaning: of those who wait, those who have their places still.
fn valid(places: &[Place], is_present: impl Fn(u64, u32) -> bool) -> impl Fn(u64, Whose) -> bool {
    move |number, whose| match whose {
        Whose::Waiting(at) => places[at as usize].number == number,
        Whose::Present(of) => is_present(number, of),
    }
}
