//! Queues in a run: messages are handed over, workers take them, and what fails comes again.

use super::interpreter::Flow;
use super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::{
    Ending, Expired, Failed, Frame, FrameId, FrameKind, Message, MessageId, NONE, Subscription,
};
use crate::model::{Model, QueueId, QueueStep, ServiceId};
use crate::spec::Full;
use crate::time::{Duration, Time};

/// The consumer of a queue in a run.
pub(super) struct Consumer {
    line: Subscription,
    /// What workers have, by worker.
    deliveries: Vec<Delivery>,
    /// Workers of these without a delivery.
    idle: Vec<u32>,
    busy: u32,
    /// How many may be.
    workers: u32,
    /// Whether an event is scheduled for when the oldest message has lingered long enough.
    lingers: bool,
    /// Whether one is scheduled for when the oldest delivery has taken too long.
    watches: bool,
}

/// The messages of a delivery, each with which attempt it is.
#[derive(Default)]
struct Delivery {
    batch: Vec<(MessageId, u32)>,
    /// The next to be worked on.
    next: usize,
}

/// How far apart the identities of the attempts at one message are.
const ATTEMPTS_APART: u64 = 0x9e6c_63d0_876a_9a63;

impl Consumer {
    /// Messages that wait for a worker.
    pub(super) fn waiting(&self) -> u32 {
        self.line.waiting()
    }

    pub(super) fn of(model: &Model) -> Vec<Consumer> {
        let consumer = |subscription: &crate::model::Subscription| Consumer {
            line: Subscription::new(subscription.terms),
            deliveries: Vec::new(),
            idle: Vec::new(),
            busy: 0,
            workers: subscription.workers,
            lingers: false,
            watches: false,
        };
        model.subscriptions.iter().map(consumer).collect()
    }

    /// A worker that has nothing to do.
    fn engage(&mut self) -> u32 {
        self.busy += 1;
        self.idle.pop().unwrap_or_else(|| {
            self.deliveries.push(Delivery::default());
            self.deliveries.len() as u32 - 1
        })
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// Messages that wait for a worker.
    pub fn backlog(&self) -> u64 {
        self.consumers.iter().map(|consumer| u64::from(consumer.line.waiting())).sum()
    }

    #[inline(never)]
    pub(super) fn queue_step(&mut self, at: FrameId, step: QueueStep) -> Flow {
        match step {
            QueueStep::Send { queue, site } => self.send(at, queue, site),
            QueueStep::Work => self.work(at),
        }
    }

    /// An operation hands a message over; the broker takes it or refuses.
    fn send(&mut self, at: FrameId, queue: QueueId, site: u32) -> Flow {
        let target = &self.model.queues[queue.0 as usize];
        let subscriptions = target.first as usize..(target.first + target.count) as usize;
        if target.full == Full::Refuse {
            let is_kept_full =
                target.kept.is_some() && self.kept[queue.0 as usize] >= u64::from(target.limit);
            if is_kept_full || self.consumers[subscriptions].iter().any(|c| c.line.is_full()) {
                self.recorder.counted(target.refused, 1);
                return self.end(at, Ending::Refused);
            }
        }
        let frame = &self.frames[at];
        let id = frame.id.wrapping_add(self.model.sites[site as usize]);
        let mut message = Message::new(id, frame.request, frame.key, self.now);
        (message.place, message.lane) = (frame.place, frame.lane);
        message.criticality = frame.criticality;
        self.publish(queue, message);
        if self.overloaded { Flow::Stop } else { Flow::Continue }
    }

    /// Gives a message to every consumer of a queue.
    fn publish(&mut self, queue: QueueId, message: Message) {
        let target = &self.model.queues[queue.0 as usize];
        self.recorder.counted(target.published, 1);
        if let Some(level) = target.kept {
            let kept = &mut self.kept[queue.0 as usize];
            if *kept < u64::from(target.limit) {
                *kept += 1;
                self.recorder.level(self.now, level, *kept);
            } else {
                self.recorder.counted(target.refused, 1);
            }
        }
        for index in target.first..target.first + target.count {
            if self.frames.len() + self.messages.len() >= MAX_IN_FLIGHT {
                self.overloaded = true;
                return;
            }
            let line = &mut self.consumers[index as usize].line;
            if line.is_full() {
                self.recorder.counted(target.refused, 1);
                if target.full == Full::Refuse || !line.drop_oldest(&mut self.messages, self.now) {
                    // A dead letter finds no room, or all that is there is hidden.
                    continue;
                }
            }
            let mut message = message;
            message.subscription = index;
            let posted = line.post(&mut self.messages, message);
            match self.model.subscriptions[index as usize].delay {
                Some(delay) => {
                    let delay = self.laws.time(delay, message.id);
                    self.schedule(self.now + delay, Happening::Message(posted));
                    self.tell_backlog(index);
                }
                None => self.show(posted),
            }
        }
    }

    /// A message can be taken from now on.
    pub(super) fn show(&mut self, at: MessageId) {
        let index = self.messages.get(at).subscription;
        self.consumers[index as usize].line.show(&mut self.messages, at, self.now);
        self.deliver_to(index);
    }

    /// Gives workers without a delivery what there is for them.
    fn deliver_to(&mut self, index: u32) {
        loop {
            let consumer = &mut self.consumers[index as usize];
            if consumer.busy >= consumer.workers {
                break;
            }
            match consumer.line.due(&mut self.messages, self.now) {
                Some(due) if due <= self.now => self.start_delivery(index),
                Some(due) => {
                    if !std::mem::replace(&mut consumer.lingers, true) {
                        self.schedule(due, Happening::Broker(2 * index));
                    }
                    break;
                }
                None => break,
            }
        }
        self.tell_backlog(index);
    }

    /// A consumer has other workers, or room for other messages, from now on. Those too many finish what they have.
    pub(super) fn change_consumer(&mut self, index: u32) {
        let subscription = &self.model.subscriptions[index as usize];
        let service = self.model.operations[subscription.operation.0 as usize].service;
        let each = |each: u32| each.saturating_mul(self.in_service(service));
        let workers = subscription.per_replica.map_or(u32::MAX, each).min(subscription.workers);
        let consumer = &mut self.consumers[index as usize];
        consumer.workers = workers;
        consumer.line.change(subscription.terms);
        self.deliver_to(index);
    }

    /// Each replica in service of a service has its workers; those too many finish what they have.
    pub(super) fn employ_workers(&mut self, service: ServiceId) {
        for index in 0..self.model.subscriptions.len() as u32 {
            let subscription = &self.model.subscriptions[index as usize];
            if let Some(each) = subscription.per_replica
                && self.is_of(subscription, service)
            {
                let workers = each.saturating_mul(self.in_service(service));
                self.consumers[index as usize].workers = workers.min(subscription.workers);
                self.deliver_to(index);
            }
        }
    }

    /// Messages that wait for the workers of a service.
    pub(super) fn backlog_of(&self, service: ServiceId) -> u64 {
        let subscriptions = self.model.subscriptions.iter().zip(&self.consumers);
        let own = subscriptions.filter(|(subscription, _)| self.is_of(subscription, service));
        own.map(|(_, consumer)| u64::from(consumer.line.waiting())).sum()
    }

    /// How long the oldest of them that can be taken has waited.
    pub(super) fn backlog_age_of(&self, service: ServiceId) -> Duration {
        let subscriptions = self.model.subscriptions.iter().zip(&self.consumers);
        let own = subscriptions.filter(|(subscription, _)| self.is_of(subscription, service));
        let oldest = own.filter_map(|(_, consumer)| consumer.line.oldest(&self.messages)).min();
        oldest.map_or(Duration::ZERO, |since| self.now.since(since))
    }

    fn is_of(&self, subscription: &crate::model::Subscription, service: ServiceId) -> bool {
        self.model.operations[subscription.operation.0 as usize].service == service
    }

    fn tell_backlog(&mut self, index: u32) {
        let waiting = u64::from(self.consumers[index as usize].line.waiting());
        let told = &self.model.subscriptions[index as usize].told;
        self.recorder.level(self.now, told.backlog, waiting);
    }

    /// A worker takes a batch.
    fn start_delivery(&mut self, index: u32) {
        let subscription = &self.model.subscriptions[index as usize];
        let consumer = &mut self.consumers[index as usize];
        let worker = consumer.engage();
        let delivery = &mut consumer.deliveries[worker as usize];
        delivery.batch.clear();
        delivery.next = 0;
        while delivery.batch.len() < subscription.terms.batch as usize
            && let Some(taken) = consumer.line.take(&mut self.messages, self.now)
        {
            delivery.batch.push(taken);
            let wait = self.now.since(self.messages.get(taken.0).since);
            self.recorder.granted(self.now, subscription.station, wait);
        }
        let (first, attempt) = delivery.batch[0];
        let id = identity(self.messages.get(first).id, attempt).wrapping_add(subscription.site);
        let mut frame = Frame::new(id, subscription.start, NONE, self.now);
        (frame.kind, frame.journey, frame.left) = (FrameKind::Delivery, index, worker);
        let frame = self.frames.insert(frame);
        let station = &mut self.stations[subscription.station.0 as usize];
        self.recorder.occupancy(self.now, subscription.station, station.in_system());
        station.arrive(&mut self.frames, frame, self.now);
        self.ready.push_back(frame);
        self.watch_delivery(index);
    }

    /// Sees to it that the oldest delivery is looked at when it has taken too long.
    fn watch_delivery(&mut self, index: u32) {
        let consumer = &mut self.consumers[index as usize];
        if !consumer.watches
            && let Some(deadline) = consumer.line.next_deadline(&self.messages)
        {
            consumer.watches = true;
            self.schedule(deadline, Happening::Broker(2 * index + 1));
        }
    }

    /// The oldest message of a consumer has lingered, or its oldest delivery has taken too long.
    pub(super) fn broker(&mut self, which: u32) {
        let index = which / 2;
        let consumer = &mut self.consumers[index as usize];
        if which.is_multiple_of(2) {
            consumer.lingers = false;
        } else {
            consumer.watches = false;
            let told = self.model.subscriptions[index as usize].told;
            let now = self.now;
            while let Some(expired) =
                self.consumers[index as usize].line.expire(&mut self.messages, now)
            {
                match expired {
                    Expired::Visible => self.recorder.counted(told.redelivered, 1),
                    Expired::Dead(message) => self.bury_message(index, message),
                }
            }
            self.watch_delivery(index);
        }
        self.deliver_to(index);
    }

    /// A worker turns to the next message that it has, or is free again.
    fn work(&mut self, at: FrameId) -> Flow {
        let frame = &mut self.frames[at];
        // It comes back here after each message.
        frame.pc -= 1;
        let (index, worker) = (frame.journey, frame.left);
        let subscription = &self.model.subscriptions[index as usize];
        let consumer = &mut self.consumers[index as usize];
        let delivery = &mut consumer.deliveries[worker as usize];
        let Some(&(taken, attempt)) = delivery.batch.get(delivery.next) else {
            consumer.busy -= 1;
            consumer.idle.push(worker);
            let station = &mut self.stations[subscription.station.0 as usize];
            self.recorder.occupancy(self.now, subscription.station, station.in_system());
            station.leave(&self.frames, at);
            self.frames.remove(at);
            self.deliver_to(index);
            return Flow::Stop;
        };
        delivery.next += 1;
        let message = self.messages.get(taken);
        let id = identity(message.id, attempt).wrapping_add(subscription.site);
        let mut child = Frame::new(id, subscription.entry, at, self.now);
        (child.request, child.key) = (message.request, message.key);
        (child.place, child.lane) = (message.place, message.lane);
        child.criticality = message.criticality;
        child.operation = subscription.operation.0;
        self.recorder.counted(subscription.told.deliveries, 1);
        if attempt == 1 {
            self.recorder.timed(subscription.told.age, self.now.since(message.sent));
        }
        Flow::Switch(self.frames.insert(child))
    }

    /// The operation that worked on a message for the worker `at` has ended.
    pub(super) fn worked(&mut self, at: FrameId, ending: Ending) -> Flow {
        let frame = &self.frames[at];
        let (index, worker) = (frame.journey, frame.left);
        let subscription = &self.model.subscriptions[index as usize];
        let told = subscription.told;
        let consumer = &mut self.consumers[index as usize];
        let delivery = &consumer.deliveries[worker as usize];
        let (taken, attempt) = delivery.batch[delivery.next - 1];
        if ending == Ending::Done {
            match consumer.line.settle(&mut self.messages, taken, self.now) {
                Some(message) => {
                    self.recorder.counted(told.done, 1);
                    self.recorder.counted(told.settled, 1);
                    self.recorder.timed(told.end_to_end, self.now.since(message.sent));
                }
                None => self.recorder.counted(told.duplicates, 1),
            }
        } else {
            match consumer.line.fail(&mut self.messages, taken, attempt, self.now) {
                Failed::Again => {
                    self.recorder.counted(told.redelivered, 1);
                    let delay = self.retry_delay(index, taken, attempt);
                    self.schedule(self.now + delay, Happening::Message(taken));
                }
                Failed::Dead(message) => self.bury_message(index, message),
                Failed::Late => {}
            }
        }
        self.deliver_to(index);
        Flow::Switch(at)
    }

    /// How long a message stays hidden after its attempt number `attempt` has failed.
    fn retry_delay(&self, index: u32, at: MessageId, attempt: u32) -> Duration {
        let subscription = &self.model.subscriptions[index as usize];
        let Some(law) = subscription.retry_delay else { return Duration::ZERO };
        let id = identity(self.messages.get(at).id, attempt).wrapping_add(subscription.site);
        let delay = self.laws.number(law, id);
        let longest = Time::MAX.0 as f64;
        let grown =
            (1..attempt).fold(delay, |delay, _| (delay * subscription.backoff).min(longest));
        Duration::from_nanos(grown)
    }

    /// A message has used up its attempts.
    fn bury_message(&mut self, index: u32, message: Message) {
        let subscription = &self.model.subscriptions[index as usize];
        self.recorder.counted(subscription.told.dead, 1);
        self.recorder.counted(subscription.told.settled, 1);
        if let Some(letters) = subscription.dead_letters {
            let id = message.id.wrapping_add(subscription.site);
            let mut letter = Message::new(id, message.request, message.key, self.now);
            (letter.place, letter.lane) = (message.place, message.lane);
            letter.criticality = message.criticality;
            self.publish(letters, letter);
        }
    }
}

/// Who works on a message in an attempt, for draws.
fn identity(message: u64, attempt: u32) -> u64 {
    message.wrapping_add(ATTEMPTS_APART.wrapping_mul(u64::from(attempt) - 1))
}
