//! Pace: the generic cell rate algorithm, in exact arithmetic.
//!
//! Virtual scheduling, ITU-T Recommendation I.371: with an increment `T = 1 / rate` and a limit `τ`, a request at `t`
//! conforms if `t ≥ TAT - τ`, and then the theoretical arrival time becomes `TAT = max(t, TAT) + T`. One number is the
//! whole state: a bucket of `b` tokens is the case `τ = (b - 1) T` and holds `b - max(0, TAT - t) / T` of them.

use crate::time::{Duration, SECOND, Time};

/// Instants are counted in 2^-32 ns: the increment is off by about 1 part in 10^11 at 10^8 per second, and no
/// rounding adds up.
const FRACTION: u32 = 32;

/// Longer than all time: the increment of a rate of zero.
const FOREVER: f64 = 79_228_162_514_264_337_593_543_950_336.0; // 2^96

/// An increment and a limit; the state, the theoretical arrival time, is the caller's. It starts at zero.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Pace {
    pub(super) increment: u128,
    limit: u128,
    /// The limit in increments.
    pub(super) ahead: u32,
}

impl Pace {
    /// `rate` per second on average, with at most `ahead` increments in advance.
    pub(super) fn new(rate: f64, ahead: u32) -> Pace {
        let nanos = SECOND / rate.max(0.0);
        let increment = (nanos * (1u64 << FRACTION) as f64).min(FOREVER).round() as u128;
        Pace { increment, limit: increment.saturating_mul(u128::from(ahead)), ahead }
    }

    /// A bucket of `burst` tokens, refilled at `rate` per second.
    pub(super) fn tokens(rate: f64, burst: u32) -> Pace {
        Pace::new(rate, burst.saturating_sub(1))
    }

    /// A request at `now`: how far it is ahead of the pace, in whole nanoseconds rounded up, or nothing if that is
    /// further than the limit.
    #[inline]
    pub(super) fn admit(&self, expected: &mut u128, now: Time) -> Option<Duration> {
        let now = Pace::count(now);
        if expected.saturating_sub(now) > self.limit {
            return None;
        }
        Some(self.defer(expected, now))
    }

    /// The same without a limit, at an instant that has been counted.
    #[inline]
    pub(super) fn defer(&self, expected: &mut u128, now: u128) -> Duration {
        let ahead = expected.saturating_sub(now);
        *expected = (now + ahead).saturating_add(self.increment);
        let nanos = ahead.div_ceil(1 << FRACTION);
        Duration(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// An instant as states count.
    #[inline]
    pub(super) fn count(now: Time) -> u128 {
        u128::from(now.0) << FRACTION
    }

    /// The state of a bucket of tokens that had this pace until `now` and has another from now on: it holds the tokens that it
    /// held, as far as they fit.
    pub(super) fn refilled(&self, expected: u128, now: Time, then: &Pace) -> u128 {
        let now = Pace::count(now);
        let lacking = expected.saturating_sub(now);
        // Whole tokens that are lacking, and a part of one.
        let tokens = lacking.checked_div(self.increment).unwrap_or(0);
        let part = lacking.checked_rem(self.increment).unwrap_or(0);
        let tokens = tokens.saturating_add(u128::from(then.ahead));
        let Some(tokens) = tokens.checked_sub(u128::from(self.ahead)) else { return now };
        let part = match part.checked_mul(then.increment) {
            Some(product) => product.checked_div(self.increment).unwrap_or(0),
            None => (self.increments(part) * then.increment as f64) as u128,
        };
        now.saturating_add(tokens.saturating_mul(then.increment).saturating_add(part))
    }

    /// How many increments a time is long, as this counts.
    pub(super) fn increments(&self, time: u128) -> f64 {
        if time == 0 { 0.0 } else { time as f64 / self.increment as f64 }
    }

    /// Whether nothing is left to remember of this state: the bucket is full again.
    #[inline]
    pub(super) fn is_full(expected: u128, now: Time) -> bool {
        expected <= Pace::count(now)
    }
}
