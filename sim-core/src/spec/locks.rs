//! Locks: queries of one key wait for each other.

use super::Law;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which queries of a database lock what they are about.
///
/// A query with a key locks that row, from before it waits for a server until its transaction has committed: `hold`
/// after its service. Rows of different populations of keys are different rows. First in, first out: nobody overtakes,
/// so that no writer starves. A query locks one row at a time, so that there is no deadlock.
///
/// A query without a key is about all of the database. Such a write waits for every lock and keeps everybody
/// from locking, as `LOCK TABLE` or a change of the schema does; where there are such writes, queries with a key announce
/// theirs first (an intention lock). A read of all waits for writes of all, not for those of rows.
///
/// J. Gray, R. Lorie, G. Putzolu, I. Traiger, "Granularity of Locks and Degrees of Consistency in a Shared Data Base",
/// 1976.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Locks {
    /// A write locks its row against other writes. Reads see a snapshot and wait for nobody (multiversion concurrency
    /// control).
    Writes {
        /// From the end of a query's service to the commit: the rest of the transaction, the flush of the log. The caller
        /// waits for it, no server does. Absent: none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<Law>,
    },
    /// Reads lock too: they share the row with other reads, and wait for writes as writes wait for them.
    All {
        /// The same; for reads as well.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hold: Option<Law>,
    },
}

impl Locks {
    /// How long locks are held beyond the service.
    pub fn hold(&self) -> Option<&Law> {
        match self {
            Locks::Writes { hold } | Locks::All { hold } => hold.as_ref(),
        }
    }

    /// As it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Locks::Writes { .. } => "writes",
            Locks::All { .. } => "all",
        }
    }
}
