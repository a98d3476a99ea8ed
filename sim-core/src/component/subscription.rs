//! Subscriptions: the messages that one consumer of a queue has to work on, each at least once.

use super::{Acquired, Locks, Mode};
use crate::model::{Terms, UNLIMITED};
use crate::spec::Criticality;
use crate::time::{Duration, Time};
use std::collections::VecDeque;

/// Index of a message in its slab.
pub type MessageId = u32;

/// A message as one consumer sees it; each consumer of a topic has its own.
#[derive(Clone, Copy, Debug)]
pub struct Message {
    /// Who this is, for draws: a function of who sent it and where.
    pub id: u64,
    /// The identity of the client's request that it came of.
    pub request: u64,
    /// The key that it carries.
    pub key: u64,
    /// When it was sent.
    pub sent: Time,
    /// Since when it could be taken.
    pub since: Time,
    /// How often it has been delivered.
    pub attempts: u32,
    /// Whose it is: an index into the subscriptions of the model.
    pub subscription: u32,
    /// Where its sender was.
    pub place: u16,
    /// How urgent its sender was.
    pub lane: u8,
    /// How much an answer to its sender matters.
    pub criticality: Criticality,
    stage: Stage,
    /// Its number, by which it is told from what had its place in the slab before.
    number: u64,
    /// How many lines, events and deliveries know of it.
    held: u32,
}

/// Where a message is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// Nobody can take it yet: it is delayed, or behind another of its key.
    Hidden,
    /// It waits to be taken.
    Ready,
    /// A worker has it.
    Taken,
    /// It has been worked on, has become a dead letter or was dropped.
    Settled,
}

impl Message {
    /// A message that has just been sent.
    pub fn new(id: u64, request: u64, key: u64, sent: Time) -> Message {
        Message {
            id,
            request,
            key,
            sent,
            since: sent,
            attempts: 0,
            subscription: 0,
            place: 0,
            lane: 0,
            criticality: Criticality::Critical,
            stage: Stage::Hidden,
            number: 0,
            held: 1,
        }
    }
}

/// The slab of messages.
#[derive(Debug, Default)]
pub struct Messages {
    slots: Vec<Message>,
    free: Vec<MessageId>,
    posted: u64,
}

impl Messages {
    /// Messages in memory.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A message that is there.
    #[inline]
    pub fn get(&self, at: MessageId) -> &Message {
        &self.slots[at as usize]
    }

    fn insert(&mut self, message: Message) -> MessageId {
        self.posted += 1;
        let message = Message { number: self.posted, ..message };
        match self.free.pop() {
            Some(at) => {
                self.slots[at as usize] = message;
                at
            }
            None => {
                self.slots.push(message);
                self.slots.len() as MessageId - 1
            }
        }
    }

    /// One thing less knows of a message.
    fn release(&mut self, at: MessageId) {
        let message = &mut self.slots[at as usize];
        message.held -= 1;
        if message.held == 0 {
            self.free.push(at);
        }
    }
}

/// What becomes of a message whose delivery failed.
#[derive(Clone, Copy, Debug)]
pub enum Failed {
    /// It stays hidden until [`Subscription::show`]: the caller says when.
    Again,
    /// That was its last attempt.
    Dead(Message),
    /// It was another's meanwhile, or settled.
    Late,
}

/// What became of a message whose delivery took too long.
#[derive(Clone, Copy, Debug)]
pub enum Expired {
    /// It waits again, while its worker goes on with it.
    Visible,
    /// That was its last attempt.
    Dead(Message),
}

/// Messages for one consumer.
///
/// The life of a message: [`Subscription::post`], hidden; [`Subscription::show`], ready; [`Subscription::take`], with a
/// worker; then [`Subscription::settle`], or [`Subscription::fail`] and so on. [`Subscription::expire`] makes it ready
/// again under the worker's hands.
#[derive(Debug)]
pub struct Subscription {
    terms: Terms,
    /// Messages in the order in which they became ready, and settled ones that nobody has taken out yet.
    line: VecDeque<MessageId>,
    /// How many of these are ready.
    ready: u32,
    /// Messages hidden or ready.
    waiting: u32,
    /// Who of a key may be worked on, where messages are ordered.
    order: Option<Locks>,
    /// When deliveries take too long, in order, and void ones of those that ended before.
    deadlines: VecDeque<Deadline>,
    /// How many of these there may be before the void ones are thrown out.
    deadlines_max: usize,
}

/// When a delivery has taken too long.
#[derive(Clone, Copy, Debug)]
struct Deadline {
    at: Time,
    message: MessageId,
    /// The message's number.
    number: u64,
    /// Which attempt.
    attempt: u32,
}

impl Deadline {
    /// Whether the message is still with that delivery.
    fn holds(&self, messages: &Messages) -> bool {
        let message = messages.get(self.message);
        message.number == self.number
            && message.attempts == self.attempt
            && message.stage == Stage::Taken
    }
}

/// So few deadlines are never sorted out.
const DEADLINES_MIN: usize = 128;

impl Subscription {
    /// No message yet.
    pub fn new(terms: Terms) -> Subscription {
        Subscription {
            terms,
            line: VecDeque::new(),
            ready: 0,
            waiting: 0,
            order: terms.is_ordered.then(Locks::new),
            deadlines: VecDeque::new(),
            deadlines_max: DEADLINES_MIN,
        }
    }

    /// The rules are these from now on: who waits, waits on.
    pub fn change(&mut self, terms: Terms) {
        self.terms = terms;
    }

    /// Messages that no worker has.
    pub fn waiting(&self) -> u32 {
        self.waiting
    }

    /// Whether one more message would be too many.
    pub fn is_full(&self) -> bool {
        self.terms.limit != UNLIMITED && self.waiting >= self.terms.limit
    }

    /// Takes a message in, hidden until it is shown.
    pub fn post(&mut self, messages: &mut Messages, message: Message) -> MessageId {
        self.waiting += 1;
        messages.insert(message)
    }

    /// The time for which a message was hidden is over: it is ready, or waits for those of its key before it.
    pub fn show(&mut self, messages: &mut Messages, at: MessageId, now: Time) {
        let message = messages.get(at);
        if message.stage == Stage::Settled {
            messages.release(at);
            return;
        }
        // From its first delivery until it is settled a message has its key for itself.
        if message.attempts == 0
            && let Some(order) = &mut self.order
            && order.acquire(message.key, at, Mode::Exclusive) == Acquired::Waits
        {
            return;
        }
        self.line_up(messages, at, now);
    }

    fn line_up(&mut self, messages: &mut Messages, at: MessageId, now: Time) {
        let message = &mut messages.slots[at as usize];
        (message.stage, message.since) = (Stage::Ready, now);
        self.line.push_back(at);
        self.ready += 1;
    }

    /// When the next batch can be taken, or could be if nothing more came; `None` if nothing is ready.
    pub fn due(&mut self, messages: &mut Messages, now: Time) -> Option<Time> {
        let first = self.first(messages)?;
        if self.ready >= self.terms.batch || self.terms.linger == Duration::ZERO {
            return Some(now);
        }
        Some((messages.get(first).since + self.terms.linger).max(now))
    }

    /// The first in line that is ready.
    fn first(&mut self, messages: &mut Messages) -> Option<MessageId> {
        while let Some(&at) = self.line.front() {
            if messages.get(at).stage == Stage::Ready {
                return Some(at);
            }
            self.line.pop_front();
            messages.release(at);
        }
        None
    }

    /// Since when the first of the messages that are ready has waited.
    pub fn oldest(&self, messages: &Messages) -> Option<Time> {
        let mut ready = self.line.iter().map(|&at| messages.get(at));
        ready.find(|message| message.stage == Stage::Ready).map(|message| message.since)
    }

    /// Hands the next message to a worker. Returns it and which attempt that is.
    pub fn take(&mut self, messages: &mut Messages, now: Time) -> Option<(MessageId, u32)> {
        let at = self.first(messages)?;
        self.line.pop_front();
        self.ready -= 1;
        self.waiting -= 1;
        let message = &mut messages.slots[at as usize];
        message.stage = Stage::Taken;
        message.attempts += 1;
        let (number, attempts) = (message.number, message.attempts);
        self.next_deadline(messages);
        if self.deadlines.len() >= self.deadlines_max {
            self.deadlines.retain(|deadline| deadline.holds(messages));
            self.deadlines_max = DEADLINES_MIN.max(2 * self.deadlines.len());
        }
        let deadline = now + self.terms.visibility;
        self.deadlines.push_back(Deadline { at: deadline, message: at, number, attempt: attempts });
        Some((at, attempts))
    }

    /// Drops the oldest message that is ready; whether there was one.
    pub fn drop_oldest(&mut self, messages: &mut Messages, now: Time) -> bool {
        let Some(at) = self.first(messages) else { return false };
        self.line.pop_front();
        self.close(messages, at, now);
        messages.release(at);
        true
    }

    /// A message is over, wherever it is.
    fn close(&mut self, messages: &mut Messages, at: MessageId, now: Time) {
        let message = &mut messages.slots[at as usize];
        let stage = std::mem::replace(&mut message.stage, Stage::Settled);
        self.ready -= u32::from(stage == Stage::Ready);
        self.waiting -= u32::from(matches!(stage, Stage::Ready | Stage::Hidden));
        let key = message.key;
        if let Some(order) = &mut self.order {
            order.release(key);
        }
        while let Some(next) = self.order.as_mut().and_then(|order| order.next(key)) {
            self.line_up(messages, next, now);
        }
    }

    /// A delivery has ended well. Returns the message if that settles it; otherwise it was settled before.
    pub fn settle(&mut self, messages: &mut Messages, at: MessageId, now: Time) -> Option<Message> {
        let message = *messages.get(at);
        let is_first = message.stage != Stage::Settled;
        if is_first {
            self.close(messages, at, now);
        }
        messages.release(at);
        is_first.then_some(message)
    }

    /// A delivery, the so-manieth of the message, has failed.
    pub fn fail(
        &mut self,
        messages: &mut Messages,
        at: MessageId,
        attempt: u32,
        now: Time,
    ) -> Failed {
        let message = *messages.get(at);
        if message.stage != Stage::Taken || message.attempts != attempt {
            messages.release(at);
            return Failed::Late;
        }
        if attempt >= self.terms.attempts {
            self.close(messages, at, now);
            messages.release(at);
            return Failed::Dead(message);
        }
        messages.slots[at as usize].stage = Stage::Hidden;
        self.waiting += 1;
        Failed::Again
    }

    /// Ends the time that the next delivery had, if it has ended by now.
    pub fn expire(&mut self, messages: &mut Messages, now: Time) -> Option<Expired> {
        if self.next_deadline(messages)? > now {
            return None;
        }
        let Deadline { message: at, attempt, .. } = self.deadlines.pop_front()?;
        if attempt >= self.terms.attempts {
            let message = *messages.get(at);
            self.close(messages, at, now);
            return Some(Expired::Dead(message));
        }
        messages.slots[at as usize].held += 1;
        self.waiting += 1;
        self.line_up(messages, at, now);
        Some(Expired::Visible)
    }

    /// When the next delivery has taken too long.
    pub fn next_deadline(&mut self, messages: &Messages) -> Option<Time> {
        while let Some(deadline) = self.deadlines.front() {
            if deadline.holds(messages) {
                return Some(deadline.at);
            }
            self.deadlines.pop_front();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    const TERMS: Terms = Terms {
        batch: 1,
        linger: Duration::ZERO,
        visibility: Duration(50),
        attempts: 3,
        limit: UNLIMITED,
        is_ordered: false,
    };

    /// What has been seen of a run: who has been settled, who works on what, which keys are being worked on.
    #[derive(Default)]
    struct Seen {
        posted: u64,
        hidden: Vec<MessageId>,
        working: Vec<(MessageId, u32, u64)>,
        settled: BTreeSet<u64>,
        dead: BTreeSet<u64>,
    }

    impl Seen {
        fn over(&self) -> usize {
            self.settled.len() + self.dead.len()
        }
    }

    fn step(
        line: &mut Subscription,
        messages: &mut Messages,
        seen: &mut Seen,
        (what, which): (u8, usize),
        now: Time,
    ) {
        match what {
            0 | 1 => {
                seen.posted += 1;
                let message = Message::new(seen.posted, 0, which as u64 % 3, now);
                seen.hidden.push(line.post(messages, message));
            }
            2 | 3 if !seen.hidden.is_empty() => {
                let at = seen.hidden.swap_remove(which % seen.hidden.len());
                line.show(messages, at, now);
            }
            4 | 5 => {
                if let Some((at, attempt)) = line.take(messages, now) {
                    assert!((1..=TERMS.attempts).contains(&attempt));
                    seen.working.push((at, attempt, messages.get(at).id));
                }
            }
            6 if !seen.working.is_empty() => {
                let (at, _, id) = seen.working.swap_remove(which % seen.working.len());
                if let Some(message) = line.settle(messages, at, now) {
                    assert_eq!(message.id, id);
                    assert!(seen.settled.insert(id), "settled once only");
                    assert!(!seen.dead.contains(&id));
                }
            }
            7 if !seen.working.is_empty() => {
                let (at, attempt, id) = seen.working.swap_remove(which % seen.working.len());
                match line.fail(messages, at, attempt, now) {
                    Failed::Again => seen.hidden.push(at),
                    Failed::Dead(_) => assert!(seen.dead.insert(id)),
                    Failed::Late => {}
                }
            }
            8 => {
                while let Some(expired) = line.expire(messages, now) {
                    if let Expired::Dead(message) = expired {
                        assert!(seen.dead.insert(message.id), "dead once only");
                    }
                }
            }
            _ => {}
        }
    }

    proptest! {
        /// Whatever comes late, fails or hangs: every message is settled or dead in the end, once, and none is left.
        #[test]
        fn no_message_is_lost_or_settled_twice(
            is_ordered: bool,
            steps in prop::collection::vec((0u8..9, 0usize..16), 0..300),
        ) {
            let mut line = Subscription::new(Terms { is_ordered, ..TERMS });
            let (mut messages, mut seen, mut now) = (Messages::default(), Seen::default(), Time::ZERO);
            for draw in steps {
                now = now + Duration(7);
                step(&mut line, &mut messages, &mut seen, draw, now);
                if is_ordered {
                    // Of three keys no more than three messages are ready or first taken.
                    let open: BTreeMap<u64, u64> = (line.line.iter().map(|&at| messages.get(at)))
                        .filter(|message| message.stage == Stage::Ready)
                        .map(|message| (message.key, message.id))
                        .collect();
                    prop_assert_eq!(open.len(), line.ready as usize, "one of each key");
                }
                let present = messages.slots.iter().filter(|message| message.held > 0);
                let waits = |message: &&Message| matches!(message.stage, Stage::Hidden | Stage::Ready);
                prop_assert_eq!(present.filter(waits).count(), line.waiting() as usize);
            }
            for _ in 0..2_000 {
                now = now + Duration(7);
                for what in [2, 4, 6] {
                    step(&mut line, &mut messages, &mut seen, (what, 0), now);
                }
            }
            prop_assert_eq!(seen.over() as u64, seen.posted);
            prop_assert_eq!((messages.len(), line.waiting(), line.ready), (0, 0, 0));
        }
    }

    #[test]
    fn the_oldest_is_dropped_and_its_key_is_free() {
        let mut line = Subscription::new(Terms { limit: 2, is_ordered: true, ..TERMS });
        let mut messages = Messages::default();
        let ids: Vec<MessageId> = (1..=2)
            .map(|id| {
                let at = line.post(&mut messages, Message::new(id, 0, 7, Time::ZERO));
                line.show(&mut messages, at, Time::ZERO);
                at
            })
            .collect();
        assert!(line.is_full());
        assert!(line.drop_oldest(&mut messages, Time::ZERO));
        assert_eq!(line.take(&mut messages, Time::ZERO), Some((ids[1], 1)));
        assert_eq!(messages.len(), 1);
    }
}
