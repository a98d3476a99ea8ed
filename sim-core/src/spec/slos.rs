//! Service level objectives: error budgets and the alerts that watch how fast they burn.

use super::Quantity;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What share of requests is to be good over a window, and who is told when it will not be. Objectives judge a design
/// by what clients felt in a run; a service level objective tells how a run eats into its error budget, how soon after
/// a fault begins the alerts go off, and how soon after it is over they are silent again.
///
/// A request is good if it is answered well, and in time where `below` says so. An alert goes off while the error rate
/// over its long and over its short window is more than `burn` times the budget: the first says that it matters, the
/// second that it goes on. Absent, there are the three of Google's Site Reliability Workbook, made for a window of 30
/// days and shortened or lengthened as the window is: 14.4 times over 1 h and 5 min, 6 times over 6 h and 30 min, and
/// once over 3 d and 6 h.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slo {
    /// Which operation that clients ask for; absent: all together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// A good answer comes within this; absent: whenever it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<Quantity>,
    /// The share of requests that is to be good, such as `"99.9%"`; the rest is the error budget.
    pub objective: Quantity,
    /// Over how long the budget lasts; absent: 30 d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Quantity>,
    /// The alerts; absent: those of the workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alerts: Option<Vec<BurnAlert>>,
    /// How often the alerts are looked at; absent: 20 times in the shortest of their windows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<Quantity>,
    /// What the alerts see of the time before the run.
    #[serde(default)]
    pub before: Before,
}

/// An alert on how fast an error budget burns.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BurnAlert {
    /// It goes off above so many times the error rate that would use up the budget just at the end of the window.
    pub burn: f64,
    /// The long window.
    pub long: Quantity,
    /// The short window; absent: a twelfth of the long one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short: Option<Quantity>,
}

/// What alerts see of the time before a run, where their windows reach back further.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Before {
    /// As many requests as in the run, all good.
    #[default]
    Good,
    /// Nothing: a window is as long as the run so far.
    Nothing,
}
