//! Availability: when a system counts as up, and over which windows its down time is told.

use super::Quantity;
use schemars::JsonSchema;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A system whose availability is told: the share of the time in which it is up, how often it goes down and for how long,
/// and how its down time is spread over windows such as months.
///
/// What counts is which replicas and members are up: one that has crashed or stalls is down; one that is slow, or that no
/// message reaches, is up. What clients felt of it is told by their errors.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Availability {
    /// When it is up.
    pub up: Rule,
    /// Down time is counted in windows of this length, one after the other; absent: what is measured of a replication is
    /// one window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Quantity>,
    /// In which share of the windows down time is at most this, for each of these: `["2h", "8h"]`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub at_most: Vec<Quantity>,
}

/// When a system is up. A bare path stands for a part of the model: a service is up while `needs` of its replicas are, a
/// store while it can be written to (each of its shards has a primary that is up, or as many members as a quorum needs).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields, remote = "Self")]
#[schemars(transform = super::schema::bare_path)]
pub enum Rule {
    /// While all of these are up: they are in series.
    All(Vec<Rule>),
    /// While any of these is up: they are in parallel.
    Any(Vec<Rule>),
    /// While so many of these are up.
    AtLeast(u32, Vec<Rule>),
    /// While this part is up: `"services.api"`, `"services.api.regions.eu"`, `"stores.orders"`.
    Part(String),
}

/// A part is written as its bare path.
impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Rule::Part(path) => path.serialize(serializer),
            rule => Rule::serialize(rule, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Rule, D::Error> {
        deserializer.deserialize_any(Rules)
    }
}

struct Rules;

impl<'de> Visitor<'de> for Rules {
    type Value = Rule;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path such as \"services.api\", or all([…]), any([…]) or at_least(2, […])")
    }

    fn visit_str<E: Error>(self, path: &str) -> Result<Rule, E> {
        Ok(Rule::Part(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rule, A::Error> {
        let rule = Rule::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<String>()? {
            Some(name) => Err(A::Error::custom(format!("expected one rule, found `{name}` too"))),
            None => Ok(rule),
        }
    }
}
