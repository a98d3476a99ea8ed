//! Simulated time: whole nanoseconds, so that adding and comparing are exact on every machine.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant: nanoseconds since the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Time(pub u64);

/// A length of time in nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Duration(pub u64);

/// Nanoseconds in a second.
pub const SECOND: f64 = 1e9;

impl Time {
    /// The start of every run.
    pub const ZERO: Time = Time(0);
    /// Later than any event: about 584 years.
    pub const MAX: Time = Time(u64::MAX);

    /// Seconds since the start of the run.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / SECOND
    }

    /// The time from `earlier` to `self`; zero if `earlier` is in fact later.
    #[inline]
    pub fn since(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Duration = Duration(0);

    /// The nearest whole number of nanoseconds; negative and NaN become zero, huge values the largest.
    #[inline]
    pub fn from_nanos(nanos: f64) -> Duration {
        Duration((nanos + 0.5) as u64)
    }

    /// The nearest whole number of nanoseconds to `secs` seconds.
    pub fn from_secs(secs: f64) -> Duration {
        Duration::from_nanos(secs * SECOND)
    }

    /// Length in seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / SECOND
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    /// Saturates at [`Time::MAX`], so that no law, however heavy its tail, can turn the clock back.
    #[inline]
    fn add(self, d: Duration) -> Time {
        Time(self.0.saturating_add(d.0))
    }
}

impl Add for Duration {
    type Output = Duration;
    #[inline]
    fn add(self, d: Duration) -> Duration {
        Duration(self.0.saturating_add(d.0))
    }
}

impl AddAssign for Duration {
    #[inline]
    fn add_assign(&mut self, d: Duration) {
        *self = *self + d;
    }
}

impl Sub for Duration {
    type Output = Duration;
    #[inline]
    fn sub(self, d: Duration) -> Duration {
        Duration(self.0.saturating_sub(d.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Duration(self.0))
    }
}

/// Three significant digits and the unit a person would pick: `41.2 ms`, `1.50 s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let secs = self.as_secs();
        let (value, unit) = match secs {
            0.0 => return f.write_str("0 s"),
            s if s < 1e-6 => (s * 1e9, "ns"),
            s if s < 1e-3 => (s * 1e6, "µs"),
            s if s < 1.0 => (s * 1e3, "ms"),
            s if s < 120.0 => (s, "s"),
            s if s < 7200.0 => (s / 60.0, "min"),
            s if s < 172_800.0 => (s / 3600.0, "h"),
            s => (s / 86_400.0, "d"),
        };
        let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
        write!(f, "{value:.digits$} {unit}")
    }
}
