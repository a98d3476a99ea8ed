//! What was written: a model file as types, without behaviour.
//!
//! The text, in RON or in JSON of the same shape, becomes one generic tree; edits by [`Path`] change the
//! tree; the types are read from it, with all [`Diagnostics`] at once. Every quantity stays as the text (or
//! number) that was written; giving it a meaning, and saying what is wrong with it, is the work of
//! [`crate::model`].
//!
//! ```
//! use sim_core::spec::Spec;
//!
//! let text = r#"(
//!     components: { "web": { "browse": [work(exponential("5ms"))] } },
//!     services: { "front": (components: ["web"], replicas: 2) },
//!     designs: { "scaled": { "services.front.replicas": 4 } },
//! )"#;
//! let spec = Spec::parse("shop.ron", text)?;
//! assert_eq!(spec.design("scaled")?.services["front"].replicas, 4);
//! assert_eq!(spec.with("services.front.replicas", 8.into())?.services["front"].replicas, 8);
//!
//! let wrong = spec.with("services.frnt.replicas", 8.into()).unwrap_err();
//! assert!(wrong.to_string().contains("did you mean services.front.replicas?"));
//! # Ok::<(), sim_core::spec::Diagnostics>(())
//! ```

mod caches;
mod clients;
mod diagnostic;
mod edit;
mod files;
mod hash;
mod keys;
mod law;
mod objective;
mod outline;
mod parse;
mod path;
mod quantity;
mod read;
mod reader;
mod schema;
mod services;
mod source;
mod step;
mod stores;
#[cfg(test)]
mod tests;
mod write;

pub use caches::{Cache, CachePolicy, CacheReads, CacheWrites, Invalidation, Layer};
pub use clients::{Arrivals, Client, Mix, MmppState, Profile};
pub use diagnostic::{Diagnostic, Diagnostics, Severity, Span, did_you_mean};
pub use keys::{Key, Keys, Popularity, Query};
pub use law::Law;
pub use objective::Objective;
pub use parse::{NAME_MAX, TEXT_MAX};
pub use path::{Path, Segment};
pub use quantity::Quantity;
pub use services::{Balancer, Discipline, Network, Service, Ties, WhileWaiting};
pub use source::Notation;
pub use step::{Choice, Count, Step};
pub use stores::{Database, Store};

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Things by name, in the order they were written.
pub type Named<T> = IndexMap<String, T>;

/// A component: its operations by name, each a list of steps.
pub type Component = Named<Vec<Step>>;

/// A whole model file.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// The question the model answers, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// What requests are about: customers, products.
    #[serde(default)]
    pub keys: Named<Keys>,
    /// What the software does: operations made of steps, whatever runs them.
    #[serde(default)]
    pub components: Named<Component>,
    /// What runs where: which components share a process, how many replicas, of what size.
    #[serde(default)]
    pub services: Named<Service>,
    /// Databases.
    #[serde(default)]
    pub stores: Named<Store>,
    /// Caches in front of stores and operations.
    #[serde(default)]
    pub caches: Named<Cache>,
    /// What lies between services.
    #[serde(default)]
    pub network: Network,
    /// Who sends requests, and when.
    #[serde(default)]
    pub clients: Named<Client>,
    /// Named alternatives: each a set of edits, path to value.
    #[serde(default)]
    pub designs: Named<Named<serde_json::Value>>,
    /// What a design has to achieve.
    #[serde(default)]
    pub objectives: Vec<Objective>,
    /// How long and how often to simulate, unless the command says otherwise.
    #[serde(default)]
    pub run: Run,
    #[serde(skip)]
    source: Option<source::Source>,
}

/// How long and how often to simulate; the command line overrides each.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Simulated time of one replication, warm-up included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
    /// Simulated time at the start that no statistic sees; absent: decided from the replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Quantity>,
    /// How many independent replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// The seed of every draw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}
