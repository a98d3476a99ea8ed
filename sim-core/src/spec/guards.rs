//! Guards: what a caller does about calls that are slow or fail.

use super::{Law, Quantity, Step};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A guard on calls: every call of what it names goes through it. It changes neither the caller's operations nor the
/// callee's, so that a design adds or removes it by an edit. All calls through one guard share its breaker, its budget and
/// its bulkhead.
///
/// A call has one attempt or, with `retry` or `hedge`, several; each is carried out as the call would be without a guard,
/// with draws of its own. The first attempt draws what the call would: a guard that never acts changes nothing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Which calls: of an operation (`"payment.charge"`), of all queries of a store (`"stores.orders"`), or the requests
    /// of clients (`"clients.users"`), who then try again themselves; their `timeout` is for all attempts together.
    pub on: String,
    /// Only calls made by the operations of this component. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// How long an attempt may take, its messages included. Absent: as long as it takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Quantity>,
    /// How long all attempts and the pauses between them may take together. Absent: as long as they take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Quantity>,
    /// Whether what is left of the time of the guards around this one, and of the client, bounds its attempts: an attempt
    /// that could not be in time is not made. Otherwise it knows nothing of them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub propagate: bool,
    /// What becomes of an attempt whose time is over.
    #[serde(default)]
    pub timed_out: GivenUp,
    /// Tries again what has failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Asks a second time before the first has answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<Hedge>,
    /// Stops asking for a while what keeps failing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breaker: Option<Breaker>,
    /// How many attempts may be under way at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bulkhead: Option<Bulkhead>,
    /// What is done instead when the call has failed in the end; the caller then goes on as if it had succeeded. Absent:
    /// the caller's operation fails too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Vec<Step>>,
    /// Whether what is called may be done twice without harm. Otherwise a warning says where writes may be repeated.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub idempotent: bool,
}

/// What becomes of an attempt that nobody waits for any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GivenUp {
    /// It runs on, as on most servers, and its answer is thrown away.
    #[default]
    RunsOn,
    /// It is cancelled: it leaves its queues and servers at once and gives back what it holds.
    Cancelled,
}

/// Tries again what has failed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts in all, the first included. 0 stands for as many as it takes.
    #[serde(default = "three")]
    pub attempts: u32,
    /// Pause before the second attempt. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Law>,
    /// What each further pause is multiplied by.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub factor: f64,
    /// The longest pause. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Quantity>,
    /// How pauses are spread.
    #[serde(default)]
    pub jitter: Jitter,
    /// How many retries there may be, in proportion to calls. Absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// After which endings. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Vec<Ending>>,
}

/// How pauses between attempts are spread (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Jitter {
    /// Not at all.
    #[default]
    None,
    /// Evenly between nothing and the pause.
    Full,
    /// Half of the pause, and evenly up to the other half.
    Equal,
    /// Evenly between the first pause and three times the one before.
    Decorrelated,
}

/// A bucket of retries: each call puts in a part of one, each retry takes one out.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How much of a retry each call is worth.
    pub ratio: f64,
    /// How many retries the bucket holds; it is full at first.
    pub burst: u32,
}

/// How an attempt can end badly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// A queue was full, a limit reached, a breaker open.
    Refused,
    /// Its time was over.
    TimedOut,
    /// What was asked has crashed or failed.
    Failed,
}

/// Asks again before the first attempt has answered; the first answer counts (J. Dean and L. A. Barroso, "The Tail at
/// Scale", CACM 56(2), 2013).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hedge {
    /// How long the attempts so far are waited for before another is made. Either this or `percentile` is to be written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Quantity>,
    /// The same, as a percentile of the latencies of the attempts that have succeeded so far: 95 makes about 5 % more
    /// attempts. Before 100 have succeeded there are no hedges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentile: Option<f64>,
    /// How many further attempts at most.
    #[serde(default = "one_more", skip_serializing_if = "is_one_more")]
    pub at_most: u32,
    /// What becomes of the attempts that have not answered when one has.
    #[serde(default = "cancelled")]
    pub losers: GivenUp,
}

/// A circuit breaker: closed, it lets all attempts pass and counts how they end; open, it refuses them at once; after a
/// while it is half open and lets a few probes through, which decide whether it closes or opens again (M. Nygard, "Release
/// It!", 2007).
///
/// It sees the calls to all replicas together: while one of ten fails, it leaves a tenth of them to fail, or opens for all.
/// To stop asking single replicas there is the `ejection` of the service that is called, which does for each replica what
/// a breaker with `consecutive` does.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// Opens after so many failures in a row. Absent: however many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consecutive: Option<u32>,
    /// Opens when this share of the last `window` attempts has failed. Absent: whatever the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Quantity>,
    /// Opens when this share of the last `window` attempts took longer than `slow`. Absent: whatever the share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_calls: Option<Quantity>,
    /// What a slow attempt is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow: Option<Quantity>,
    /// Over how many attempts shares are counted; before so many, none opens it.
    #[serde(default = "hundred")]
    pub window: u32,
    /// How long it stays open.
    pub open: Quantity,
    /// How many attempts it lets through when half open. All of them have to succeed for it to close; the first failure
    /// opens it again.
    #[serde(default = "one_more", skip_serializing_if = "is_one_more")]
    pub probes: u32,
}

/// A bulkhead: so many attempts at once, and so many calls waiting for their turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bulkhead {
    /// Attempts under way at once.
    pub calls: u32,
    /// Calls that may wait for one to end, first in, first out; one more is refused.
    #[serde(default)]
    pub queue: u32,
}

fn three() -> u32 {
    3
}

fn one() -> f64 {
    1.0
}

fn is_one(factor: &f64) -> bool {
    *factor == 1.0
}

fn one_more() -> u32 {
    1
}

fn is_one_more(count: &u32) -> bool {
    *count == 1
}

fn cancelled() -> GivenUp {
    GivenUp::Cancelled
}

fn hundred() -> u32 {
    100
}
