//! What runs where and who asks whom: a graph of clients, services, caches, queues and stores.
//!
//! A [`Topology`] is a value; Mermaid, DOT, Structurizr and a picture are views of it. How busy things are is what they are
//! offered, which is known without simulating.

mod layout;
mod regions;
#[cfg(test)]
mod tests;
mod walk;
mod write;

pub use layout::{Layout, Placed, lay_out};

use crate::model::Checked;
use crate::spec::Spec;
use serde::Serialize;

/// The graph of a model, or of one of its designs.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Topology {
    /// What it is called.
    pub name: String,
    /// Things, in the order written.
    pub nodes: Vec<Node>,
    /// Who asks whom.
    pub edges: Vec<Edge>,
}

/// A thing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// How large it is, in a few words: `3 × 4 cores`.
    pub size: String,
    /// What runs in it.
    pub parts: Vec<String>,
    /// The caches that lie in it, as written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub caches: Vec<InnerCache>,
    /// Its groups of stations, by their number in the model.
    pub stations: Vec<usize>,
    /// The share of its servers that it is offered work for; `None` where there is no limit. More than 1 is too much.
    pub utilisation: Option<f64>,
    /// What of it is in which region; empty where there is one place only, and of what is in no region.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<Site>,
}

/// What of a thing is in a region.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Site {
    /// The region, by its number in the model.
    pub region: u16,
    /// How much of it is there, in a few words: `2 × 4 cores`.
    pub size: String,
}

/// A cache that is no place of its own: it lies in each client, in each process of a service, or in a database.
///
/// One that clients of several populations or processes of several services have lies in each of these things.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct InnerCache {
    /// Its name.
    pub name: String,
    /// How large it is in each place: `20 entries`.
    pub size: String,
    /// Where that is: `in each client`, `in each process`, `in the database`.
    pub layer: &'static str,
}

/// What a thing is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A population of clients.
    Client,
    /// A service.
    Service,
    /// A cache that is a place of its own: at the edge or shared. Others are [`Node::caches`].
    Cache,
    /// A queue.
    Queue,
    /// A database, a search engine or object storage.
    Store,
    /// A system outside.
    External,
}

/// Somebody asks somebody; both by their place among the nodes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Edge {
    /// Who asks.
    pub from: usize,
    /// Who is asked.
    pub to: usize,
    /// For what: operations, `read`, `write`, `send`.
    pub says: Vec<String>,
    /// Whether nobody waits for the answer.
    pub is_async: bool,
    /// The guards that these calls go through, by their number in the model.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<usize>,
    /// From which region to which its requests go as long as everything is up; `None` is outside of all. Empty where there is
    /// one place only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub between: Vec<[Option<u16>; 2]>,
}

/// How a topology is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphFormat {
    /// Mermaid's flow chart, which many sites draw in Markdown.
    Mermaid,
    /// Graphviz.
    Dot,
    /// Structurizr's DSL, a container view of C4.
    Structurizr,
}

impl Topology {
    /// The graph of a checked model; `spec` is what was written, a design's edits included.
    pub fn of(name: impl Into<String>, spec: &Spec, checked: &Checked) -> Topology {
        walk::topology(name.into(), spec, checked)
    }

    /// The same as text.
    pub fn write(&self, format: GraphFormat) -> String {
        match format {
            GraphFormat::Mermaid => write::mermaid(self),
            GraphFormat::Dot => write::dot(self),
            GraphFormat::Structurizr => write::structurizr(self),
        }
    }
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Client => "client",
            Kind::Service => "service",
            Kind::Cache => "cache",
            Kind::Queue => "queue",
            Kind::Store => "store",
            Kind::External => "external system",
        }
    }
}

impl Node {
    /// `79 %`; empty where there is no limit.
    pub fn in_use(&self) -> String {
        self.utilisation.map_or(String::new(), crate::study::words::percent)
    }
}
