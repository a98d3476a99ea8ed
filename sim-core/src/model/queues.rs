//! Queues: from what was written to subscriptions with their workers.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::placement::meant;
use super::{
    CounterId, Instruction, LawId, LevelId, Load, MeasureKind, OperationId, Pc, StationGroup,
    StationId, StationKind, TimingId, UNLIMITED,
};
use crate::random::{Sampler, name_hash};
use crate::spec::{self, Discipline, Full, Message, Path, Per};
use crate::time::Duration;

/// A queue, one of [`super::Model::queues`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct QueueId(pub u32);

/// What the plan does with queues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueueStep {
    /// Hand a message over.
    Send {
        /// To which queue.
        queue: QueueId,
        /// Where: an index into [`super::Model::sites`].
        site: u32,
    },
    /// A worker turns to the next message of its batch, or becomes free.
    Work,
}

/// A queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// The first of its subscriptions in [`super::Model::subscriptions`].
    pub first: u32,
    /// How many it has.
    pub count: u32,
    /// How many messages may wait where there is no consumer.
    pub limit: u32,
    /// What happens when there is no room.
    pub full: Full,
    /// Messages handed over.
    pub published: CounterId,
    /// Messages refused, or dropped to make room.
    pub refused: CounterId,
    /// Messages that nobody takes, where there is no consumer.
    pub kept: Option<LevelId>,
}

/// A consumer's share of a queue.
#[derive(Clone, PartialEq, Debug)]
pub struct Subscription {
    /// Name of its workers, as reported.
    pub name: String,
    /// Of which queue.
    pub queue: QueueId,
    /// The operation that works on a message.
    pub operation: OperationId,
    /// The door of its service.
    pub entry: Pc,
    /// Where a delivery begins.
    pub start: Pc,
    /// How many workers; where the replicas of their service change, the most that there can be.
    pub workers: u32,
    /// How many for each replica of the service; `None`: always as many.
    pub per_replica: Option<u32>,
    /// The workers as a station.
    pub station: StationId,
    /// The rules of delivery.
    pub terms: Terms,
    /// How long messages stay hidden at first.
    pub delay: Option<LawId>,
    /// How long they stay hidden after a failure.
    pub retry_delay: Option<LawId>,
    /// The factor on that for each further failure.
    pub backoff: f64,
    /// What a delivery costs in time.
    pub receive: Option<LawId>,
    /// Where messages go after the last attempt.
    pub dead_letters: Option<QueueId>,
    /// Hash of the name: tells the draws of one consumer from another's.
    pub site: u64,
    /// What it measures.
    pub told: Told,
}

/// The rules of delivery.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Terms {
    /// Messages of a delivery at most.
    pub batch: u32,
    /// How long a worker waits for them.
    pub linger: Duration,
    /// How long a delivery may take.
    pub visibility: Duration,
    /// Deliveries of a message at most.
    pub attempts: u32,
    /// Messages that may wait.
    pub limit: u32,
    /// Whether messages of one key are worked on one after another.
    pub is_ordered: bool,
}

/// What a subscription measures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Messages settled well.
    pub done: CounterId,
    /// Messages begun to be worked on, each time.
    pub deliveries: CounterId,
    /// Messages that became visible again.
    pub redelivered: CounterId,
    /// Messages worked on well that had been settled before.
    pub duplicates: CounterId,
    /// Messages that used up their attempts.
    pub dead: CounterId,
    /// Messages settled, well or not.
    pub settled: CounterId,
    /// Messages waiting.
    pub backlog: LevelId,
    /// From sending to the start of work.
    pub age: TimingId,
    /// From sending to the end of work.
    pub end_to_end: TimingId,
}

/// What is the same for all consumers of a queue.
struct Timing {
    visibility: Duration,
    delay: Option<Sampler>,
    retry_delay: Option<Sampler>,
}

/// As Amazon SQS has it.
const VISIBILITY: Duration = Duration(30_000_000_000);
/// Deliveries of a message at most.
const ATTEMPTS_MAX: u32 = 1_000;
/// Workers of a subscription at most.
const WORKERS_MAX: u32 = 1_000_000;
/// Messages of a delivery at most.
const BATCH_MAX: u32 = 100_000;

impl Lowering<'_> {
    pub(super) fn lower_queues(&mut self) {
        let spec = self.spec;
        for (index, (name, queue)) in sorted(&spec.queues).enumerate() {
            let path = Path::root().key("queues").key(name);
            self.check_queue(name, queue, &path);
            let timing = self.timing(queue, &path);
            let hop = match &queue.hop {
                Some(law) => self.law(law, Unit::Time, &path.key("hop")),
                None => self.places.hop.clone(),
            };
            self.places.queues.insert(name.clone(), (QueueId(index as u32), hop));
            let of = path.to_string();
            let (published, refused) =
                (self.model.measures.counter(), self.model.measures.counter());
            self.model.measures.report(&of, "published", MeasureKind::Rate(published));
            if queue.limit.is_some() {
                let name = if queue.full == Full::Refuse { "refused" } else { "dropped" };
                self.model.measures.report(&of, name, MeasureKind::Rate(refused));
            }
            let kept = queue.consumers.is_empty().then(|| {
                let kept = self.model.measures.level();
                self.model.measures.report(&of, "backlog", MeasureKind::Mean(kept));
                self.model.measures.report(&of, "backlog_peak", MeasureKind::Peak(kept));
                self.model.measures.watch(kept);
                kept
            });
            let first = self.model.subscriptions.len() as u32;
            self.model.queues.push(Queue {
                name: name.clone(),
                first,
                count: queue.consumers.len() as u32,
                limit: queue.limit.unwrap_or(UNLIMITED),
                full: queue.full,
                published,
                refused,
                kept,
            });
            for (consumer, _) in sorted(&queue.consumers) {
                self.subscribe(QueueId(index as u32), queue, consumer, &timing);
            }
        }
    }

    fn check_queue(&mut self, name: &str, queue: &spec::Queue, path: &Path) {
        if queue.attempts == 0 || queue.attempts > ATTEMPTS_MAX {
            let message =
                format!("{} attempts: there can be from 1 to {ATTEMPTS_MAX}", queue.attempts);
            self.findings.error(&path.key("attempts"), message);
        }
        if !(1.0..=1e6).contains(&queue.backoff) {
            let message =
                format!("a backoff of {}: it multiplies the delay, by 1 or more", queue.backoff);
            self.findings
                .error(&path.key("backoff"), message)
                .hint("2 doubles the delay each time");
        } else if queue.backoff > 1.0 && queue.retry_delay.is_none() {
            self.findings
                .error(&path.key("backoff"), "there is no delay that could be multiplied")
                .hint("add one: retry_delay: \"1s\"");
        }
        if queue.limit == Some(0) {
            self.findings
                .error(&path.key("limit"), "a queue in which no message may wait takes none")
                .hint("leave `limit` out for no limit");
        }
        if let Some(keys) = &queue.ordered_by
            && !self.spec.is_written(&["keys", keys])
        {
            let hint = meant(keys, self.spec.names("keys"));
            let at = path.key("ordered_by");
            self.findings.error(&at, format!("there are no keys `{keys}`")).hint = hint;
        }
        if let Some(letters) = &queue.dead_letters {
            self.check_dead_letters(name, queue, letters, &path.key("dead_letters"));
        }
    }

    fn check_dead_letters(&mut self, name: &str, queue: &spec::Queue, letters: &str, path: &Path) {
        let spec = self.spec;
        if !spec.is_written(&["queues", letters]) {
            let hint = meant(letters, spec.names("queues").filter(|other| *other != name))
                .unwrap_or_else(|| format!("add it to `queues`: \"{letters}\": ()"));
            self.findings.error(path, format!("there is no queue `{letters}`")).hint(hint);
            return;
        }
        // Round and round a message would go that nobody can work on.
        let mut at = letters;
        for _ in 0..=spec.queues.len() {
            if at == name {
                let message = if letters == name {
                    format!("`{name}` cannot take its own dead letters: they would never leave it")
                } else {
                    format!("the dead letters of `{name}` come back to it")
                };
                let hint = "let them end in a queue of their own, such as \"failed\": ()";
                self.findings.error(path, message).hint(hint);
                return;
            }
            match spec.queues.get(at).and_then(|queue| queue.dead_letters.as_deref()) {
                Some(next) => at = next,
                None => break,
            }
        }
        let ordered = spec.queues.get(letters).and_then(|queue| queue.ordered_by.as_ref());
        if ordered.is_some() && ordered != queue.ordered_by.as_ref() {
            let message = format!(
                "`{letters}` is ordered by keys that the messages of `{name}` do not all carry"
            );
            self.findings
                .error(path, message)
                .hint("give both the same `ordered_by`, or the former none");
        }
    }

    /// What is the same for all consumers of a queue.
    fn timing(&mut self, queue: &spec::Queue, path: &Path) -> Timing {
        let visibility = queue.visibility.as_ref().and_then(|time| {
            self.positive_duration(time, "a visibility timeout", &path.key("visibility"))
        });
        let mut law = |law: &Option<spec::Law>, field: &str| {
            self.law(law.as_ref()?, Unit::Time, &path.key(field))
        };
        Timing {
            visibility: visibility.map_or(VISIBILITY, Duration::from_nanos),
            delay: law(&queue.delay, "delay"),
            retry_delay: law(&queue.retry_delay, "retry_delay"),
        }
    }

    /// Adds the share that one consumer has of a queue, and its workers.
    fn subscribe(&mut self, id: QueueId, queue: &spec::Queue, operation: &str, timing: &Timing) {
        let name = self.model.queues[id.0 as usize].name.clone();
        let path = Path::root().key("queues").key(&name);
        let at = path.key("consumers").key(operation);
        let consumer = &queue.consumers[operation];
        self.operation(operation, &at);
        let workers = self.workers(consumer, operation, &at);
        let terms = self.terms(queue, consumer, timing.visibility, &at);
        let receive = consumer.receive.as_ref();
        let receive = receive.and_then(|law| self.law(law, Unit::Time, &at.key("receive")));
        let mut placed = |sampler: &Option<Sampler>, of: &str| {
            sampler.clone().map(|sampler| self.place(sampler, &format!("{at}.{of}")))
        };
        let (delay, retry_delay) =
            (placed(&timing.delay, "delay"), placed(&timing.retry_delay, "retry_delay"));
        let receive = placed(&receive, "receive");
        let is_only = queue.consumers.len() == 1;
        let label =
            if is_only { format!("{name}.workers") } else { format!("{name}.workers.{operation}") };
        let station = self.next_station();
        let site = name_hash(&at.to_string());
        self.model.stations.push(StationGroup {
            name: label.clone(),
            kind: StationKind::Workers,
            first: station,
            count: 1,
            servers: workers,
            discipline: Discipline::Fifo,
            queue: terms.limit,
            door: None,
            site,
        });
        let told = self.told(&if is_only { path.to_string() } else { at.to_string() });
        let dead_letters = queue.dead_letters.as_deref().and_then(|name| self.queue_id(name));
        self.model.subscriptions.push(Subscription {
            name: label,
            queue: id,
            operation: OperationId(0),
            entry: 0,
            start: 0,
            workers,
            per_replica: (consumer.concurrency_per == Per::Replica).then_some(consumer.concurrency),
            station,
            terms,
            delay,
            retry_delay,
            backoff: queue.backoff,
            receive,
            dead_letters,
            site,
            told,
        });
        self.places.consumers.push(operation.to_owned());
    }

    fn terms(
        &mut self,
        queue: &spec::Queue,
        consumer: &spec::Consumer,
        visibility: Duration,
        path: &Path,
    ) -> Terms {
        let linger = consumer.linger.as_ref().and_then(|linger| {
            self.value(linger, Unit::Time, &path.key("linger")).map(Duration::from_nanos)
        });
        if consumer.batch == 0 || consumer.batch > BATCH_MAX {
            let message =
                format!("a batch of {}: it holds from 1 to {BATCH_MAX} messages", consumer.batch);
            self.findings.error(&path.key("batch"), message);
        } else if consumer.batch == 1 && linger.is_some() {
            let message = "a batch of one message is full at once: nobody lingers";
            self.findings
                .warning(&path.key("linger"), message)
                .hint("add batch: 10, or leave `linger` out");
        }
        Terms {
            batch: consumer.batch.max(1),
            linger: linger.unwrap_or(Duration::ZERO),
            visibility,
            attempts: queue.attempts,
            limit: queue.limit.unwrap_or(UNLIMITED),
            is_ordered: queue.ordered_by.is_some(),
        }
    }

    fn workers(&mut self, consumer: &spec::Consumer, operation: &str, path: &Path) -> u32 {
        if consumer.concurrency == 0 {
            self.findings
                .error(&path.key("concurrency"), "without a worker nobody takes a message");
        }
        let replicas = match consumer.concurrency_per {
            Per::Replica => (self.provider(None, operation))
                .and_then(|service| self.model.services.get(service.0 as usize))
                .map_or(1, |service| service.replicas),
            Per::Service => 1,
        };
        let workers = u64::from(consumer.concurrency) * u64::from(replicas);
        if workers > u64::from(WORKERS_MAX) {
            let message =
                format!("{workers} workers are more than {WORKERS_MAX}, the most there can be");
            self.findings.error(&path.key("concurrency"), message);
        }
        workers.clamp(1, u64::from(WORKERS_MAX)) as u32
    }

    /// Asks for the measures of a subscription, reported of the thing at path `of`.
    fn told(&mut self, of: &str) -> Told {
        let measures = &mut self.model.measures;
        let told = Told {
            done: measures.counter(),
            deliveries: measures.counter(),
            redelivered: measures.counter(),
            duplicates: measures.counter(),
            dead: measures.counter(),
            settled: measures.counter(),
            backlog: measures.level(),
            age: measures.timing(),
            end_to_end: measures.timing(),
        };
        let deliveries = MeasureKind::Ratio { of: told.deliveries, per: told.settled };
        for (name, kind) in [
            ("delivered", MeasureKind::Rate(told.done)),
            ("backlog", MeasureKind::Mean(told.backlog)),
            ("backlog_peak", MeasureKind::Peak(told.backlog)),
            ("age", MeasureKind::MeanTime(told.age)),
            ("age_p99", MeasureKind::P99Time(told.age)),
            ("end_to_end", MeasureKind::MeanTime(told.end_to_end)),
            ("end_to_end_p99", MeasureKind::P99Time(told.end_to_end)),
            ("deliveries_per_message", deliveries),
            ("redelivered", MeasureKind::Rate(told.redelivered)),
            ("duplicates", MeasureKind::Rate(told.duplicates)),
            ("dead_letters", MeasureKind::Rate(told.dead)),
        ] {
            measures.report(of, name, kind);
        }
        told
    }

    /// A step that sends has to name a queue, and to carry the key that orders its messages.
    pub(super) fn check_message(&mut self, message: &Message, path: &Path) {
        let spec = self.spec;
        if let Some(key) = &message.key {
            self.check_key(key, &path.key("key"));
        }
        let name = message.queue.as_str();
        let Some(queue) = spec.queues.get(name) else {
            if !spec.is_written(&["queues", name]) {
                let at = message.queue_path(path);
                let hint = meant(name, spec.names("queues"))
                    .unwrap_or_else(|| format!("add it: queues: {{ \"{name}\": (consumers: …) }}"));
                self.findings.error(&at, format!("there is no queue `{name}`")).hint(hint);
            }
            return;
        };
        let Some(ordered_by) = &queue.ordered_by else { return };
        if !spec.is_written(&["keys", ordered_by]) {
            return;
        }
        let carried = message.key.as_ref().map(spec::Key::population);
        if carried == Some(ordered_by) {
            return;
        }
        let (at, carries) = match carried {
            Some(other) => (path.key("key"), format!("the key is of `{other}`")),
            None => (path.clone(), "the message carries no key".to_owned()),
        };
        let text = format!("`{name}` is ordered by `{ordered_by}`, and {carries}");
        let hint = format!("write send(queue: \"{name}\", key: \"{ordered_by}\")");
        self.findings.error(&at, text).hint(hint);
    }

    /// The number of a queue.
    pub(super) fn queue_id(&self, name: &str) -> Option<QueueId> {
        let at = sorted(&self.spec.queues).position(|(known, _)| known == name)?;
        Some(QueueId(at as u32))
    }

    /// Queues that nobody sends to or takes from, and messages that beget messages without end.
    pub(super) fn warn_of_queues(&mut self, load: &Load) {
        let mut targets: Vec<QueueId> = (self.model.plan.iter())
            .filter_map(|instruction| match instruction {
                Instruction::Queue(QueueStep::Send { queue, .. }) => Some(*queue),
                _ => None,
            })
            .collect();
        let letters: Vec<QueueId> =
            self.model.subscriptions.iter().filter_map(|s| s.dead_letters).collect();
        let sent = targets.clone();
        targets.extend(&letters);
        for (index, queue) in (0..).map(QueueId).zip(&self.model.queues) {
            let path = Path::root().key("queues").key(&queue.name);
            if !targets.contains(&index) {
                let message = format!("nobody sends to `{}`", queue.name);
                let hint =
                    format!("let an operation that is called send: send(\"{}\")", queue.name);
                self.findings.warning(&path, message).hint(hint);
            } else if queue.count == 0 && sent.contains(&index) {
                let message =
                    format!("nobody takes messages from `{}`: they only pile up", queue.name);
                self.findings
                    .warning(&path, message)
                    .hint("add consumers: {\"component.operation\": ()}");
            }
            let rate = load.messages[index.0 as usize];
            if !rate.is_finite() {
                let message = format!(
                    "working on a message of `{}` sends, by and by, another one or more to it: without end",
                    queue.name
                );
                self.findings
                    .error(&path, message)
                    .hint("let fewer than all of them go round again");
            }
        }
    }
}
