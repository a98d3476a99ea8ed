//! Adaptive LIFO: who is next depends on whether the line is an overload.
//!
//! B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015, with the timeouts that he sets beside it: a request that comes to a
//! line which has not been empty for an interval may wait for a short time only, any other for the interval.

use crate::time::{Duration, Time};

/// How long a line has not been empty.
#[derive(Debug)]
pub struct AdaptiveLifo {
    interval: Duration,
    timeout: Duration,
    /// Since when somebody waits.
    formed: Time,
}

impl AdaptiveLifo {
    /// Nobody waits yet.
    pub fn new(interval: Duration, timeout: Duration) -> AdaptiveLifo {
        AdaptiveLifo { interval, timeout, formed: Time::ZERO }
    }

    /// Somebody has come to an empty line.
    pub fn formed(&mut self, now: Time) {
        self.formed = now;
    }

    /// Whether the line, in which somebody waits, is an overload: the newest is next.
    pub fn is_overload(&self, now: Time) -> bool {
        now.since(self.formed) > self.interval
    }

    /// How long one who comes to the line now may wait.
    pub fn timeout(&self, now: Time) -> Duration {
        if self.is_overload(now) { self.timeout } else { self.interval }
    }
}
