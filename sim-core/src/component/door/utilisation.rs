//! Utilisation as those see it who come: an exponential mean over time.

use crate::math;
use crate::time::{Duration, Time};

/// The share of servers at work, as seen by arrivals.
///
/// Each arrival sees a share `b` after a time `t` without one; the mean `u` becomes `u + (1 - exp(-t / window)) (b - u)`,
/// as if `b` had been so since the arrival before.
#[derive(Debug)]
pub struct Utilisation {
    window: f64,
    mean: f64,
    seen: Time,
}

impl Utilisation {
    /// Of servers that have been idle.
    pub fn new(window: Duration) -> Utilisation {
        Utilisation { window: window.0 as f64, mean: 0.0, seen: Time::ZERO }
    }

    /// An arrival sees so many of the servers at work. Returns the mean, from 0 to 1.
    pub fn see(&mut self, now: Time, busy: u32, servers: u32) -> f64 {
        let share = f64::from(busy) / f64::from(servers.max(1));
        let passed = now.since(std::mem::replace(&mut self.seen, now)).0 as f64;
        self.mean += (1.0 - math::exp(-passed / self.window)) * (share.min(1.0) - self.mean);
        self.mean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_a_step_as_an_exponential_does() {
        let mut utilisation = Utilisation::new(Duration(1_000));
        assert_eq!(utilisation.see(Time(0), 4, 4), 0.0);
        // After 1, 2 and 3 time constants 1 - 1/e, 1 - 1/e², 1 - 1/e³, however often it was looked at in between.
        let seen: Vec<f64> = (1..=12).map(|i| utilisation.see(Time(i * 250), 4, 4)).collect();
        for (constants, seen) in [(1, seen[3]), (2, seen[7]), (3, seen[11])] {
            let expected = 1.0 - (-f64::from(constants)).exp();
            assert!((seen - expected).abs() < 1e-12, "{seen} after {constants}");
        }
        assert!(utilisation.see(Time(1_000_000), 1, 4) - 0.25 < 1e-9);
    }
}
