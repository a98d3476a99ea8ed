//! The steps that operations are made of.

use super::Law;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One step of an operation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Use a core of the replica for a time.
    Work(Law),
    /// Let time pass without holding a core: a timer, an outside system without a queue.
    Wait(Law),
    /// Call `"component.operation"` and wait for its answer.
    Call(String),
    /// Run a query that reads: `"store"`, or `"store.query"` for one of its named queries.
    Read(String),
    /// Run a query that writes: `"store"`, or `"store.query"` for one of its named queries.
    Write(String),
    /// Start all branches at once (each branch a list of steps) and wait for them.
    Parallel {
        /// The branches.
        branches: Vec<Vec<Step>>,
        /// How many have to finish before the step does; the others run on. Absent: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first: Option<u32>,
    },
    /// Take one of several ways, each with a weight.
    Choose(Vec<Choice>),
    /// Do the steps again and again, a fixed number of times or as often as a law draws.
    Repeat(Count, Vec<Step>),
}

/// One way of a `choose`: its weight and its steps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Choice(
    /// Weight, relative to the other ways.
    pub f64,
    /// What to do; may be empty.
    pub Vec<Step>,
);

/// How often a `repeat` repeats.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Count {
    /// A fixed number of times.
    Times(u32),
    /// As often as a law draws, rounded to a whole number.
    Drawn(Law),
}
