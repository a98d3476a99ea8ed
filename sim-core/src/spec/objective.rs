//! Objectives: what a design has to achieve.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One objective. `of` names an operation that clients ask for (`"component.operation"`); absent: all
/// together.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Objective {
    /// A percentile of the latency that clients see stays below a limit.
    Latency {
        /// Which operation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// Which percentile, such as 99.
        percentile: f64,
        /// The limit.
        below: Quantity,
    },
    /// The share of requests that end in an error or a timeout stays below a limit.
    Errors {
        /// Which operation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// The limit: `"0.1%"` or `0.001`.
        below: Quantity,
    },
    /// Requests answered well per unit of time stay above a limit.
    Throughput {
        /// Which operation.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<String>,
        /// The limit.
        above: Quantity,
    },
    /// The bill stays below a limit.
    Cost {
        /// The limit: `"$600/month"`.
        below: Quantity,
    },
}
