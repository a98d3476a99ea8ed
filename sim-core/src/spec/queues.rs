//! Queues: messages that are handed over now and worked on later.

use super::{Key, Law, Named, Path, Quantity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A queue. `send("name")` hands a message over and goes on once the broker has acknowledged it; consumers work on it
/// later. With several consumers it is a topic: each of them gets every message.
///
/// Messages are delivered at least once. A delivery hides its message from others for `visibility`; when that is over,
/// or the consumer's operation has failed, the message is there again, and after `attempts` deliveries it goes to the
/// `dead_letters`. The first delivery that ends well settles a message, even if it comes late; what others do for it
/// meanwhile is counted as duplicate work. Offered load counts every message as worked on once.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// Who works on the messages: operations by name, `"component.operation"`. None: messages stay, as those of a queue
    /// for dead letters do.
    #[serde(default)]
    pub consumers: Named<Consumer>,
    /// How long a delivery may take before its message is given to another worker too. Absent: 30 s, as in Amazon SQS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Quantity>,
    /// How often a message is delivered before it is a dead letter, from 1 to 1000.
    #[serde(default = "five")]
    pub attempts: u32,
    /// How long a message that failed stays hidden. Absent: it is there again at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_delay: Option<Law>,
    /// `retry_delay` is multiplied by this after each further failure: 2 doubles it.
    #[serde(default = "unchanged")]
    pub backoff: f64,
    /// The queue that takes messages after their last attempt. Absent: they are dropped. Both count as dead letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_letters: Option<String>,
    /// How its requests are priced: an entry of `prices.requests`. Messages handed over, deliveries and settlements are
    /// requests. Absent: they are not on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
    /// A population of keys: messages of one key are worked on one after another, in the order in which they were sent,
    /// and a message that failed holds up those behind it. Every `send` has to carry such a key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordered_by: Option<String>,
    /// How long a message stays hidden after it was sent. Absent: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delay: Option<Law>,
    /// One-way latency between a sender and the broker, whose acknowledgement the sender waits for; absent: the
    /// network's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hop: Option<Law>,
    /// How many messages may wait for each consumer; those that come again find room all the same. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// What happens to a message for which there is no room.
    #[serde(default)]
    pub full: Full,
}

fn five() -> u32 {
    5
}

fn unchanged() -> f64 {
    1.0
}

/// What a full queue does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Full {
    /// It refuses the message, and the operation that sends it fails.
    #[default]
    Refuse,
    /// It drops the oldest message that waits, without a word.
    DropOldest,
}

/// Who works on the messages of a queue.
///
/// A worker takes a batch, works on one message after the other, and acknowledges each. The operation runs like any
/// other, behind the balancer and the threads of its service, and competes with other work there.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consumer {
    /// How many workers there are, each with one delivery at a time.
    #[serde(default = "one")]
    pub concurrency: u32,
    /// Whether there are so many for each replica of the operation's service or in all. Which replica works on a
    /// message is its balancer's choice.
    #[serde(default = "each_replica")]
    pub concurrency_per: Per,
    /// How many messages one delivery carries at most.
    #[serde(default = "one")]
    pub batch: u32,
    /// How long a free worker waits for a batch to fill, from when the oldest message in it can be taken. Absent: not at
    /// all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linger: Option<Quantity>,
    /// What a delivery costs in time, whatever it carries: the way from the broker, unpacking. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receive: Option<Law>,
}

fn one() -> u32 {
    1
}

fn each_replica() -> Per {
    Per::Replica
}

/// Whether a number counts for each replica or for all together.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// For each replica.
    Replica,
    /// For all replicas together.
    #[default]
    Service,
}

/// A message to a queue: `"emails"`, or with the key that it carries, `(queue: "emails", key: "customers")`.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// The queue.
    pub queue: String,
    /// What it is about.
    pub key: Option<Key>,
}

impl Message {
    /// Where the queue is written in a message at `path`.
    pub fn queue_path(&self, path: &Path) -> Path {
        if self.key.is_some() { path.key("queue") } else { path.clone() }
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct WithKey {
    /// The queue.
    queue: String,
    /// What it is about: the name of a population of keys, or `another("name")` for another key each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
}

impl Serialize for Message {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.key {
            None => serializer.serialize_str(&self.queue),
            key => WithKey { queue: self.queue.clone(), key: key.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Message, D::Error> {
        deserializer.deserialize_any(Messages)
    }
}

struct Messages;

impl<'de> Visitor<'de> for Messages {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a queue, or with a key: (queue: \"queue\", key: \"keys\")")
    }

    fn visit_str<E: Error>(self, queue: &str) -> Result<Message, E> {
        Ok(Message { queue: queue.to_owned(), key: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Message, A::Error> {
        let WithKey { queue, key } = WithKey::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Message { queue, key })
    }
}

impl JsonSchema for Message {
    fn schema_name() -> Cow<'static, str> {
        "Message".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let with_key = generator.subschema_for::<WithKey>();
        json_schema!({
            "description": "A message to a queue, alone or with the key that it is about.",
            "anyOf": [{ "type": "string" }, with_key],
        })
    }
}
