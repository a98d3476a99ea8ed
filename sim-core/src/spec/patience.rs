//! Patience: how far the time counts that a request is willing to wait.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What patience is patience with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Coverage {
    /// Waiting only: it is over when service begins (a queue timeout).
    #[default]
    Waiting,
    /// Service too: what is not done by then is given up wherever it is, and what works for it is cancelled.
    Service,
}

impl Coverage {
    /// Whether it is the default, which need not be written.
    pub fn is_waiting(&self) -> bool {
        *self == Coverage::Waiting
    }
}
