//! Utilisation as those see it who come: a mean that forgets exponentially.

use crate::math;
use crate::time::{Duration, Time};

/// The share of servers at work, as seen by arrivals: a mean in which an arrival counts `exp(-t / window)` as much after a
/// time `t`. Where they come at random it is the mean over time (R. W. Wolff, "Poisson Arrivals See Time Averages", Operations Research 30, 1982).
#[derive(Debug)]
pub struct Utilisation {
    window: f64,
    sum: f64,
    weight: f64,
    seen: Time,
}

impl Utilisation {
    /// Nobody has looked yet.
    pub fn new(window: Duration) -> Utilisation {
        Utilisation { window: window.0 as f64, sum: 0.0, weight: 0.0, seen: Time::ZERO }
    }

    /// An arrival sees so many of the servers at work. Returns the mean, from 0 to 1.
    pub fn see(&mut self, now: Time, busy: u32, servers: u32) -> f64 {
        let share = (f64::from(busy) / f64::from(servers.max(1))).min(1.0);
        let passed = now.since(std::mem::replace(&mut self.seen, now)).0 as f64;
        let kept = math::exp(-passed / self.window);
        self.sum = self.sum * kept + share;
        self.weight = self.weight * kept + 1.0;
        self.sum / self.weight
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_a_step_as_an_exponential_does() {
        let mut utilisation = Utilisation::new(Duration(1_000));
        for quarter in 0..200 {
            assert_eq!(utilisation.see(Time(quarter * 250), 0, 4), 0.0);
        }
        // After 1, 2 and 3 time constants 1 - 1/e, 1 - 1/e², 1 - 1/e³.
        let seen: Vec<f64> =
            (200..212).map(|quarter| utilisation.see(Time(quarter * 250), 4, 4)).collect();
        for (constants, seen) in [(1, seen[3]), (2, seen[7]), (3, seen[11])] {
            let expected = 1.0 - math::exp(-f64::from(constants));
            assert!((seen - expected).abs() < 1e-12, "{seen} after {constants}");
        }
        let after_long = utilisation.see(Time(1_000_000), 1, 4);
        assert!((after_long - 0.25).abs() < 1e-9, "what was long ago does not count: {after_long}");
    }
}
