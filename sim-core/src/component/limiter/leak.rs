//! A bucket that leaks: who comes waits for its turn, which is after that of all before.

use super::pace::Pace;
use crate::time::{Duration, Time};

/// How far the number of those who wait may be off.
const ROUNDING: f64 = 1e-6;

/// A leaky bucket at work.
#[derive(Debug)]
pub(super) struct Leak {
    pace: Pace,
    /// When the next may leave.
    next: u128,
    /// Those whose turns are of another pace, which they keep.
    before: Option<Before>,
}

/// Who came before the pace has changed.
#[derive(Clone, Copy, Debug)]
struct Before {
    /// When the last of them leaves.
    until: u128,
    /// How far apart they leave, on average.
    apart: f64,
}

impl Leak {
    pub(super) fn new(pace: Pace) -> Leak {
        Leak { pace, next: 0, before: None }
    }

    /// A request comes: how long it waits, or nothing if too many wait already.
    #[inline]
    pub(super) fn admit(&mut self, now: Time) -> Option<Duration> {
        if self.before.is_some() {
            return self.admit_behind(now);
        }
        self.pace.admit(&mut self.next, now)
    }

    #[cold]
    fn admit_behind(&mut self, now: Time) -> Option<Duration> {
        let time = Pace::count(now);
        if self.before.is_none_or(|before| before.until <= time) {
            self.before = None;
            return self.pace.admit(&mut self.next, now);
        }
        if self.waiting(time) + 1.0 > f64::from(self.pace.ahead) + ROUNDING {
            return None;
        }
        Some(self.pace.defer(&mut self.next, time))
    }

    /// How many wait, counted in the times between their turns.
    fn waiting(&self, time: u128) -> f64 {
        let last = self.next.saturating_sub(self.pace.increment);
        match self.before.filter(|before| before.until > time) {
            Some(Before { until, apart }) => {
                (until - time) as f64 / apart + self.pace.increments(last.saturating_sub(until))
            }
            None => self.pace.increments(last.saturating_sub(time)),
        }
    }

    /// The pace is another from now on. Who waits keeps its turn, and who comes is behind.
    pub(super) fn change(&mut self, pace: Pace, now: Time) {
        let time = Pace::count(now);
        let waiting = self.waiting(time);
        let last = self.next.saturating_sub(self.pace.increment);
        self.before = (last > time && waiting > 0.0)
            .then(|| Before { until: last, apart: (last - time) as f64 / waiting });
        if self.next > 0 {
            self.next = last.saturating_add(pace.increment);
        }
        self.pace = pace;
    }
}
