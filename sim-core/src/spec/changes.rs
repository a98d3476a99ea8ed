//! Changes while the system runs.

use super::{Named, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A change of the model at an instant of the run: from then on it is as if it had been written so, and what is under way
/// goes on. A design says what is different from the start; a change says what an operator does meanwhile.
///
/// ```ron
/// changes: [(at: "12s", set: {"services.api.replicas": 4, "clients.people.rate": "300/s"})]
/// ```
///
/// What can change is how much there is of something: rates, users and mixes of clients, laws of times, weights, timeouts,
/// retries, replicas, cores, threads, servers, connections, workers of queues, how many may wait, sizes of caches and times to
/// live, rates and sizes of limits, quotas and bulkheads. New replicas come into service when they have started (at once
/// without `start_up`), and those that are too many finish what they have first; cores, servers, connections and workers are
/// there at once, and those that are too many go when they are idle. A cache that shrinks gives up what its policy would, one
/// that grows keeps what it has. A bucket of tokens holds what it held, as far as that fits; who waits in one that leaks keeps
/// its turn; who has passed a limit is not asked again, and one that moves by itself goes on from where it is, within its
/// bounds. What there is (which services, steps, stores, policies, kinds of limits) cannot change: that is a design. Neither
/// can shards, whose data would have to be copied: `reshard` does that.
///
/// Everything that is due at the instant happens before the change. A change at 0 is part of the model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// When, after the start of the run.
    pub at: Quantity,
    /// What is different from then on: values by path, as in a design.
    pub set: Named<serde_json::Value>,
}
