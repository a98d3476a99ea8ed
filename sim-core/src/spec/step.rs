//! The steps that operations are made of.

use super::{Law, Message, Path, Quantity, Query};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// One step of an operation.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Step {
    /// Use a core of the replica for a time.
    Work(Law),
    /// Let time pass without holding a core: a timer, an outside system without a queue.
    Wait(Law),
    /// Call `"component.operation"` and wait for its answer.
    Call(String),
    /// Run a query that reads: `"store"`, or `"store.query"` for one of its named queries, or `read(store: "store",
    /// key: "keys")` with the key that it is about.
    Read(Query),
    /// Run a query that writes, named in the same ways.
    Write(Query),
    /// Hand a message to a queue and go on: `send("emails")`, or `send(queue: "emails", key: "customers")` with the key
    /// that it is about.
    Send(Message),
    /// Start all branches at once, each of them a step or a list of steps, and wait for them: `parallel([a,
    /// [b, c]])`. `parallel(first: 1, of: [a, b])` waits for as many as it says.
    #[serde(with = "parallel")]
    #[schemars(with = "parallel::Written")]
    Parallel {
        /// The branches.
        branches: Vec<Vec<Step>>,
        /// How many have to finish before the step does; the others run on. Absent: all.
        first: Option<u32>,
    },
    /// Take one of several ways, each with a weight.
    Choose(Vec<Choice>),
    /// Do the steps again and again, a fixed number of times or as often as a law draws.
    Repeat(
        Count,
        #[serde(deserialize_with = "steps")]
        #[schemars(with = "Steps")]
        Vec<Step>,
    ),
}

impl Step {
    /// Where the branches of a parallel step at `path` are, which depends on whether `first` is written.
    pub fn branches_path(path: &Path, first: bool) -> Path {
        let path = path.key("parallel");
        if first { path.key("of") } else { path }
    }
}

/// One way of a `choose`: its weight and its steps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Choice(
    /// Weight, relative to the other ways.
    pub f64,
    /// What to do, a step or a list of steps; may be empty.
    #[serde(deserialize_with = "steps")]
    #[schemars(with = "Steps")]
    pub Vec<Step>,
);

/// How often a `repeat` repeats.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Count {
    /// A fixed number of times.
    Times(u32),
    /// As often as a law draws, rounded to a whole number.
    Drawn(Law),
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Count, D::Error> {
        let law = <Law as Deserialize>::deserialize(deserializer)?;
        match law {
            Law::Constant(Quantity::Number(n))
                if n.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&n) =>
            {
                Ok(Count::Times(n as u32))
            }
            Law::Constant(Quantity::Number(n)) => Err(D::Error::custom(format!(
                "{n} is not a number of times: expected a whole number, 0 or more"
            ))),
            law => Ok(Count::Drawn(law)),
        }
    }
}

/// Steps as they may be written inside a step: a list, or one step alone.
struct Steps(Vec<Step>);

impl<'de> Deserialize<'de> for Steps {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Steps, D::Error> {
        deserializer.deserialize_any(StepOrList).map(Steps)
    }
}

impl JsonSchema for Steps {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Steps".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let step = generator.subschema_for::<Step>();
        json_schema!({ "anyOf": [step, { "type": "array", "items": step }] })
    }
}

fn steps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Step>, D::Error> {
    Steps::deserialize(deserializer).map(|Steps(steps)| steps)
}

struct StepOrList;

impl<'de> Visitor<'de> for StepOrList {
    type Value = Vec<Step>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a step or a list of steps")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<Step>, A::Error> {
        let mut steps = Vec::new();
        while let Some(step) = list.next_element()? {
            steps.push(step);
        }
        Ok(steps)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Step>, A::Error> {
        let step = Step::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<String>()? {
            Some(name) => Err(A::Error::custom(format!("expected one step, found `{name}` too"))),
            None => Ok(vec![step]),
        }
    }
}

/// The two written forms of `parallel`: a list of branches, or `first` and `of`.
mod parallel {
    use super::*;
    use serde::{Serialize, Serializer};

    /// How `parallel` is written when not all branches have to finish.
    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[schemars(inline)]
    struct Parallel {
        /// How many have to finish before the step does; the others run on. Absent: all.
        #[serde(default)]
        first: Option<u32>,
        /// The branches, each of them a step or a list of steps.
        of: Vec<Steps>,
    }

    #[derive(Serialize)]
    struct FirstOf<'a> {
        first: u32,
        of: &'a [Vec<Step>],
    }

    pub(super) fn serialize<S: Serializer>(
        branches: &Vec<Vec<Step>>,
        first: &Option<u32>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match *first {
            Some(first) => FirstOf { first, of: branches }.serialize(serializer),
            None => branches.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Fields, D::Error> {
        let Parallel { first, of } = deserializer.deserialize_any(Branches)?;
        Ok((of.into_iter().map(|Steps(steps)| steps).collect(), first))
    }

    /// `branches` and `first`.
    type Fields = (Vec<Vec<Step>>, Option<u32>);

    struct Branches;

    impl<'de> Visitor<'de> for Branches {
        type Value = Parallel;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of branches, or `first` and `of`")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Parallel, A::Error> {
            let mut of = Vec::new();
            while let Some(branch) = list.next_element()? {
                of.push(branch);
            }
            Ok(Parallel { first: None, of })
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Parallel, A::Error> {
            Parallel::deserialize(MapAccessDeserializer::new(map))
        }
    }

    /// Describes both forms.
    pub(super) struct Written;

    impl JsonSchema for Written {
        fn inline_schema() -> bool {
            true
        }

        fn schema_name() -> Cow<'static, str> {
            "Parallel".into()
        }

        fn json_schema(generator: &mut SchemaGenerator) -> Schema {
            let branch = generator.subschema_for::<Steps>();
            let first = generator.subschema_for::<Parallel>();
            json_schema!({ "anyOf": [{ "type": "array", "items": branch }, first] })
        }
    }
}
