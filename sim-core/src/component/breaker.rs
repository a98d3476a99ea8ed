//! Circuit breakers: closed, open, half open.

use crate::model::BreakerRules;
use crate::time::{Duration, Time};

/// What a breaker is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakerState {
    /// All attempts pass.
    Closed,
    /// None does.
    Open,
    /// A few probes do.
    HalfOpen,
}

/// A circuit breaker at work.
#[derive(Debug)]
pub struct Breaker {
    rules: BreakerRules,
    state: BreakerState,
    /// When it may be half open.
    opens_until: Time,
    /// Counts how often it has changed: what an attempt reports counts only in the spell in which it began.
    spell: u32,
    in_a_row: u32,
    /// Of the last attempts whether they failed (1) and were slow (2), in a ring.
    recent: Vec<u8>,
    at: usize,
    failed: u32,
    slow: u32,
    probes_out: u32,
    probes_passed: u32,
}

/// What an attempt's end has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Nothing.
    Stays,
    /// It has opened, from closed.
    Trips,
    /// It has opened again: a probe has failed.
    Reopens,
    /// It has closed.
    Closes,
}

impl Breaker {
    /// A closed breaker that has seen nothing.
    pub fn new(rules: BreakerRules) -> Breaker {
        let window =
            if rules.failures <= 1.0 || rules.slow_calls <= 1.0 { rules.window } else { 0 };
        Breaker {
            rules,
            state: BreakerState::Closed,
            opens_until: Time::ZERO,
            spell: 0,
            in_a_row: 0,
            recent: Vec::with_capacity(window as usize),
            at: 0,
            failed: 0,
            slow: 0,
            probes_out: 0,
            probes_passed: 0,
        }
    }

    /// Whether an attempt may pass now: if so the spell in which it does. The first after `open` is a probe.
    pub fn admits(&mut self, now: Time) -> Option<u32> {
        if self.state == BreakerState::Open && now >= self.opens_until {
            self.turn(BreakerState::HalfOpen);
        }
        match self.state {
            BreakerState::Closed => Some(self.spell),
            BreakerState::Open => None,
            BreakerState::HalfOpen => {
                let free = self.probes_out + self.probes_passed < self.rules.probes;
                self.probes_out += u32::from(free);
                free.then_some(self.spell)
            }
        }
    }

    /// What it is.
    pub fn state(&self) -> BreakerState {
        self.state
    }

    /// An attempt that passed in a spell has ended after so long.
    pub fn ended(&mut self, now: Time, spell: u32, well: bool, took: Duration) -> Turn {
        if spell != self.spell {
            return Turn::Stays;
        }
        match self.state {
            BreakerState::Open => Turn::Stays,
            BreakerState::HalfOpen => {
                self.probes_out -= 1;
                if !well {
                    self.open(now);
                    return Turn::Reopens;
                }
                self.probes_passed += 1;
                if self.probes_passed < self.rules.probes {
                    return Turn::Stays;
                }
                self.turn(BreakerState::Closed);
                Turn::Closes
            }
            BreakerState::Closed => {
                self.in_a_row = if well { 0 } else { self.in_a_row + 1 };
                self.remember(!well, took > self.rules.slow);
                if !self.is_enough() {
                    return Turn::Stays;
                }
                self.open(now);
                Turn::Trips
            }
        }
    }

    /// An attempt that passed in a spell was given up without a verdict: a probe may be made in its place.
    pub fn forgotten(&mut self, spell: u32) {
        if spell == self.spell && self.state == BreakerState::HalfOpen {
            self.probes_out -= 1;
        }
    }

    fn is_enough(&self) -> bool {
        let BreakerRules { consecutive, failures, slow_calls, window, .. } = self.rules;
        let share = |count: u32| f64::from(count) / f64::from(window);
        let is_full = self.recent.len() == window as usize && window > 0;
        consecutive > 0 && self.in_a_row >= consecutive
            || is_full && (share(self.failed) >= failures || share(self.slow) >= slow_calls)
    }

    fn remember(&mut self, failed: bool, slow: bool) {
        let window = self.recent.capacity().min(self.rules.window as usize);
        if self.rules.failures > 1.0 && self.rules.slow_calls > 1.0 || window == 0 {
            return;
        }
        let bits = u8::from(failed) | u8::from(slow) << 1;
        if self.recent.len() < window {
            self.recent.push(bits);
        } else {
            let old = std::mem::replace(&mut self.recent[self.at], bits);
            self.failed -= u32::from(old & 1);
            self.slow -= u32::from(old >> 1);
            self.at = (self.at + 1) % window;
        }
        self.failed += u32::from(failed);
        self.slow += u32::from(slow);
    }

    fn open(&mut self, now: Time) {
        self.turn(BreakerState::Open);
        self.opens_until = now + self.rules.open;
    }

    fn turn(&mut self, state: BreakerState) {
        self.state = state;
        self.spell += 1;
        (self.in_a_row, self.failed, self.slow, self.at) = (0, 0, 0, 0);
        (self.probes_out, self.probes_passed) = (0, 0);
        self.recent.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn rules() -> BreakerRules {
        BreakerRules {
            consecutive: 3,
            failures: 2.0,
            slow_calls: 2.0,
            slow: Duration(u64::MAX),
            window: 4,
            open: Duration(100 * MS),
            probes: 1,
        }
    }

    /// Ends an attempt at a time (in ms); `None` if it did not pass.
    fn attempt(breaker: &mut Breaker, at: u64, well: bool) -> Option<Turn> {
        let now = Time(at * MS);
        let spell = breaker.admits(now)?;
        Some(breaker.ended(now, spell, well, Duration(MS)))
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_them_does_not() {
        let mut breaker = Breaker::new(rules());
        for (at, well) in [(0, false), (1, false), (2, true), (3, false), (4, false)] {
            assert_eq!(attempt(&mut breaker, at, well), Some(Turn::Stays));
        }
        assert_eq!(attempt(&mut breaker, 5, false), Some(Turn::Trips));
        assert_eq!(attempt(&mut breaker, 104, true), None);
        // The first after 100 ms is the probe.
        assert_eq!(attempt(&mut breaker, 105, false), Some(Turn::Reopens));
        assert_eq!(attempt(&mut breaker, 204, true), None);
        assert_eq!(attempt(&mut breaker, 205, true), Some(Turn::Closes));
        assert_eq!(attempt(&mut breaker, 206, false), Some(Turn::Stays));
    }

    #[test]
    fn one_probe_at_a_time_is_let_through_and_what_began_before_does_not_count() {
        let mut breaker = Breaker::new(BreakerRules { probes: 2, ..rules() });
        let old = breaker.admits(Time(0)).unwrap();
        let turns: Vec<_> = (0..3).map(|at| attempt(&mut breaker, at, false)).collect();
        assert_eq!(turns[2], Some(Turn::Trips));
        let at = Time(200 * MS);
        let probes = [breaker.admits(at), breaker.admits(at), breaker.admits(at)];
        assert!(probes[0].is_some() && probes[1].is_some() && probes[2].is_none());
        assert_eq!(breaker.ended(at, old, false, Duration(1)), Turn::Stays);
        assert_eq!(breaker.ended(at, probes[0].unwrap(), true, Duration(1)), Turn::Stays);
        assert_eq!(breaker.ended(at, probes[1].unwrap(), true, Duration(1)), Turn::Closes);
    }

    #[test]
    fn shares_count_when_the_window_is_full() {
        let shares = BreakerRules { consecutive: 0, failures: 0.5, ..rules() };
        let mut breaker = Breaker::new(shares);
        let turns: Vec<Option<Turn>> = [false, true, true, true, true, false, true, false]
            .into_iter()
            .map(|well| attempt(&mut breaker, 0, well))
            .collect();
        // The first failure has left the window when the second comes; two of the last four trip it.
        assert_eq!(turns[..7], [Some(Turn::Stays); 7]);
        assert_eq!(turns[7], Some(Turn::Trips));
    }

    #[test]
    fn slow_successes_open_it_too() {
        let slow = BreakerRules {
            consecutive: 0,
            slow_calls: 1.0,
            slow: Duration(5 * MS),
            window: 2,
            ..rules()
        };
        let mut breaker = Breaker::new(slow);
        let mut took = |ms: u64| {
            let spell = breaker.admits(Time(0)).unwrap();
            breaker.ended(Time(0), spell, true, Duration(ms * MS))
        };
        assert_eq!(
            [took(6), took(5), took(6), took(7)],
            [Turn::Stays, Turn::Stays, Turn::Stays, Turn::Trips]
        );
    }
}
