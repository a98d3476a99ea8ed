//! Keys: what requests are about, so that a cache, a shard and a lock see the same ones.

use super::{Law, Path, Quantity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// A population of keys: customers, products, days. Every request carries one of each population that its operations
/// name, the same wherever it comes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// How many there are.
    pub count: u64,
    /// How often each is asked for.
    #[serde(default)]
    pub popularity: Popularity,
    /// Whose ranking it is: each key of another population (`per: "customers"`), or each region that clients are in
    /// (`per: "regions"`), has its own favourites. Absent: all have the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
    /// After how long other keys become popular; absent: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Quantity>,
    /// How large what is stored under a key is; each key keeps its size. Absent: `"1KB"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Law>,
}

/// How often each key of a population is asked for. Rank 1 is the most popular.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Popularity {
    /// All alike.
    #[default]
    Uniform,
    /// In proportion to `1 / rank^exponent`: 0.6 to 1.3 for most of what people look at.
    Zipf(f64),
    /// A share of the requests for a share of the keys, alike among these and among the others.
    HotSet {
        /// Share of the requests that the hot keys get.
        requests: Quantity,
        /// Share of the keys that are hot.
        keys: Quantity,
    },
    /// By weight, a weight for each key.
    Weights(Vec<f64>),
    /// By the number of times that each value stands in a column of a CSV file with a header line.
    Column {
        /// File, relative to the model.
        file: String,
        /// Name of the column.
        column: String,
    },
}

/// Which key a step is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    /// The request's key of a population: written as the population's name.
    Own(String),
    /// Another one each time, drawn anew: `another("products")`.
    Another(String),
}

impl Key {
    /// The population.
    pub fn population(&self) -> &str {
        match self {
            Key::Own(name) | Key::Another(name) => name,
        }
    }
}

/// A query of a store, or a message to a queue: `"goods"`, `"goods.by_index"`, or with the key that it is about,
/// `(store: "goods", key: "products")`.
#[derive(Clone, PartialEq, Debug)]
pub struct Query {
    /// The store, or `store.query` for one of its named queries.
    pub store: String,
    /// What it is about; absent: all of the store as one.
    pub key: Option<Key>,
}

impl Query {
    /// The name of the store.
    pub fn name(&self) -> &str {
        self.store.split_once('.').map_or(&self.store, |(name, _)| name)
    }

    /// Where the store is written in a query at `path`.
    pub fn store_path(&self, path: &Path) -> Path {
        if self.key.is_some() { path.key("store") } else { path.clone() }
    }

    /// Where the key is written in a query at `path`.
    pub fn key_path(&self, path: &Path) -> Path {
        path.key("key")
    }
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
struct WithKey {
    /// The store, or `store.query` for one of its named queries.
    store: String,
    /// What it is about: the name of a population of keys, or `another("name")` for another key each time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
}

impl Serialize for Query {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.key {
            None => serializer.serialize_str(&self.store),
            key => WithKey { store: self.store.clone(), key: key.clone() }.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Query {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Query, D::Error> {
        deserializer.deserialize_any(Queries)
    }
}

struct Queries;

impl<'de> Visitor<'de> for Queries {
    type Value = Query;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"store\", \"store.query\", or with a key: (store: \"store\", key: \"keys\")")
    }

    fn visit_str<E: Error>(self, store: &str) -> Result<Query, E> {
        Ok(Query { store: store.to_owned(), key: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Query, A::Error> {
        let WithKey { store, key } = WithKey::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Query { store, key })
    }
}

impl JsonSchema for Query {
    fn schema_name() -> Cow<'static, str> {
        "Query".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let with_key = generator.subschema_for::<WithKey>();
        json_schema!({
            "description": "A query of a store, alone or with the key that it is about.",
            "anyOf": [{ "type": "string" }, with_key],
        })
    }
}

/// The written form of another key.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Drawn {
    /// Another key of this population each time.
    Another(String),
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Key::Own(name) => serializer.serialize_str(name),
            Key::Another(name) => Drawn::Another(name.clone()).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_any(KeyVisitor)
    }
}

struct KeyVisitor;

impl<'de> Visitor<'de> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of keys, or another(\"name\")")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
        Ok(Key::Own(name.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Key, A::Error> {
        let Drawn::Another(name) = Drawn::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Key::Another(name))
    }
}

impl JsonSchema for Key {
    fn schema_name() -> Cow<'static, str> {
        "Key".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let drawn = generator.subschema_for::<Drawn>();
        json_schema!({
            "description": "Which key: the request's own of a population, or another one each time.",
            "anyOf": [{ "type": "string" }, drawn],
        })
    }
}
