//! The environments of a function.

use crate::time::{Duration, Time};
use std::collections::VecDeque;

/// Environments, each of which works on one request at a time. The one that was used last is taken first, so that the
/// others grow old and go.
#[derive(Clone, Debug, Default)]
pub struct Environments {
    /// Since when those are free that nobody uses, in order.
    free: VecDeque<Time>,
    in_use: u64,
}

impl Environments {
    /// Takes an environment. Returns whether there was one; if not, one is started. Those are gone that nobody has used
    /// for longer than `keep`.
    pub fn take(&mut self, now: Time, keep: Duration) -> bool {
        while self.free.front().is_some_and(|&since| now.since(since) > keep) {
            self.free.pop_front();
        }
        self.in_use += 1;
        self.free.pop_back().is_some()
    }

    /// An environment is free again.
    pub fn give_back(&mut self, now: Time) {
        self.in_use = self.in_use.saturating_sub(1);
        self.free.push_back(now);
    }

    /// All of them are gone, with what they worked on.
    pub fn clear(&mut self) {
        self.free.clear();
        self.in_use = 0;
    }

    /// How many work on a request.
    pub fn in_use(&self) -> u64 {
        self.in_use
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_is_taken_and_the_others_grow_old() {
        let keep = Duration(100);
        let mut them = Environments::default();
        assert!(!them.take(Time(0), keep));
        assert!(!them.take(Time(1), keep));
        them.give_back(Time(10));
        them.give_back(Time(20));
        // One at a time: always the one of 20, then of 60 and so on; that of 10 is gone after 110.
        assert!(them.take(Time(50), keep));
        them.give_back(Time(60));
        assert!(them.take(Time(110), keep));
        assert!(them.take(Time(110), keep), "kept for exactly as long as it is kept");
        assert_eq!(them.in_use(), 2);
        them.give_back(Time(111));
        them.give_back(Time(111));
        assert!(!them.take(Time(212), keep));
        assert!(!them.take(Time(212), keep));
    }
}
