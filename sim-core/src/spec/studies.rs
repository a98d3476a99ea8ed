//! Studies that a model names, so that a figure can be had again by its name.

use super::Quantity;
use super::write::to_tree;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A question that takes many runs to answer, with the words of the command line: `archsim study MODEL NAME` does what
/// the command does, `archsim study MODEL` lists them, and more options may follow the name. It changes no result of the
/// model.
///
/// ```ron
/// studies: {
///     "latency against load": sweep(vary: ["clients.users.rate=100/s..1000/s:log:12"], precision: "2%"),
///     "headroom": capacity(vary: "clients.users.rate"),
///     "cheapest": optimize(vary: ["services.api.replicas=1..8"], minimize: "cost"),
///     "what matters": sensitivity(on: "p99"),
/// }
/// ```
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Study {
    /// Every point of some axes, under the same traffic: `archsim sweep`.
    Sweep(SweepStudy),
    /// The highest load at which each design meets the objectives: `archsim capacity`.
    Capacity(CapacityStudy),
    /// The cheapest of many alternatives that meets the objectives: `archsim optimize`.
    Optimize(OptimizeStudy),
    /// Which parameters matter: `archsim sensitivity`.
    Sensitivity(SensitivityStudy),
}

/// Every point of some axes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SweepStudy {
    /// What is varied, each a path and its values: `"services.api.replicas=1..16"`, `"clients.users.rate=100/s..1000/s:log:12"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vary: Vec<String>,
    /// The designs, which are varied first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub designs: Vec<String>,
    /// Which points: `"grid"`, `"zip"`, `"lhs:100"` (Latin hypercube) or `"sobol:64"`; absent: grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// Seed of every random draw; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Independent replications; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// Replicate until the intervals of mean and p99 are this narrow, such as `"2%"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Quantity>,
    /// Simulated time of a replication; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
    /// Simulated time at the start that is left out, or `"auto"`; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Quantity>,
}

/// A search for the highest load.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityStudy {
    /// The load that is searched: a path such as `"clients.users.rate"`, or a range of it,
    /// `"clients.users.rate=100/s..1000/s"`.
    pub vary: String,
    /// The designs; absent: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub designs: Vec<String>,
    /// How close the answer is to be, as a part of the load; absent: 3 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<Quantity>,
    /// Seed of every random draw; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Simulated time of a replication; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
}

/// A search for the best of many alternatives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OptimizeStudy {
    /// What is varied, each a path and its values: `"services.api.replicas=1..16"`, `"clients.users.rate=100/s..1000/s:log:12"`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vary: Vec<String>,
    /// The designs, which are varied first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub designs: Vec<String>,
    /// Which points: `"grid"`, `"zip"`, `"lhs:100"` (Latin hypercube) or `"sobol:64"`; absent: grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// What is to be small: `"cost"`, `"p99"`, `"mean"`, `"errors"`, …; absent: cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimize: Option<String>,
    /// How sure the choice is to be; absent: 95 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Quantity>,
    /// Differences smaller than this part do not matter; absent: 1 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub indifference: Option<Quantity>,
    /// Trials at most; absent: 100 for each alternative.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u64>,
    /// Seed of every random draw; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Simulated time of a replication; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
}

/// What each parameter does to a metric.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SensitivityStudy {
    /// What is varied, each a path and its values; absent: every number of the model, by `by`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vary: Vec<String>,
    /// By which share the numbers of the model are varied, up and down; absent: 20 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Quantity>,
    /// What they are held against: `"p99"`, `"mean"`, `"errors"`, `"cost"`, …; absent: p99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// How: by elementary effects (`morris`) or by shares of the variance (`sobol`).
    #[serde(default)]
    pub method: SensitivityMethod,
    /// Samples of the method `sobol`, each two points more than there are parameters; absent: 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub samples: Option<u32>,
    /// Trajectories of the method `morris` through the ranges, each a point more than there are parameters; absent: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trajectories: Option<u32>,
    /// The design that is looked at; absent: the model as written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// Seed of every random draw; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Independent replications; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replications: Option<u32>,
    /// Replicate until the intervals of mean and p99 are this narrow, such as `"2%"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Quantity>,
    /// Simulated time of a replication; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub horizon: Option<Quantity>,
    /// Simulated time at the start that is left out, or `"auto"`; absent: the model's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warmup: Option<Quantity>,
}

/// How is told what matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SensitivityMethod {
    /// By how much the metric changes along each range: elementary effects of M. D. Morris.
    #[default]
    Morris,
    /// By which share of the metric's variance each brings: indices of I. M. Sobol'.
    Sobol,
}

impl Study {
    /// The verb of the command line that it stands for, which is its name in a model, too.
    pub fn verb(&self) -> &'static str {
        match self {
            Study::Sweep(_) => "sweep",
            Study::Capacity(_) => "capacity",
            Study::Optimize(_) => "optimize",
            Study::Sensitivity(_) => "sensitivity",
        }
    }

    /// What it says, as options of the command line and their values: those of a list once for each.
    pub fn options(&self) -> Vec<(String, String)> {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let tree = to_tree(self);
        let fields = tree.get(self.verb()).and_then(Value::as_object).cloned().unwrap_or_default();
        let each = |(name, value): (String, Value)| match value {
            Value::Array(list) => {
                list.into_iter().map(|value| (name.clone(), text(value))).collect::<Vec<_>>()
            }
            value => vec![(name, text(value))],
        };
        fields.into_iter().flat_map(each).collect()
    }
}
