//! Open traffic: requests that come whatever happens to them.
//!
//! Every process is a base process that counts one request per unit of *operational time*, carried over to
//! real time by the inverse of the cumulative rate `Λ(t) = ∫ rate · profile dt` (E. Çinlar, "Introduction
//! to Stochastic Processes", 1975, section 4.7). So a change of the rate or of its profile moves the
//! requests and draws none of them anew: designs under different load still see the same numbers.
//!
//! A Markov-modulated process differs in one point: how long its states last is a matter of real time,
//! which no profile stretches; a profile multiplies the rate of each state.

mod profile;
#[cfg(test)]
mod tests;

pub use profile::{Factor, Profile, ProfileError};

use crate::random::Sampler;
use crate::time::{Duration, SECOND, Time};
use std::sync::Arc;

/// A process of open arrivals. [`crate::workload::Arrivals`] runs it.
#[derive(Clone, PartialEq, Debug)]
pub struct Traffic {
    pub(crate) base: Base,
    /// Nanoseconds per request where the profile is 1; infinite if there are none.
    pub(crate) period: f64,
    pub(crate) profile: Profile,
}

/// How requests follow each other, at one request per unit of operational time.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Base {
    Poisson,
    Constant,
    /// Gaps of a law of mean 1.
    Renewal(Sampler),
    Batches {
        size: Sampler,
        /// Mean of `size`, and so the mean gap between batches.
        mean: f64,
    },
    Mmpp(Arc<[State]>),
    /// By a clock, in nanoseconds: the first, from one to the next, and how late each is.
    Schedule {
        first: f64,
        every: f64,
        jitter: Option<Sampler>,
    },
    /// Nanoseconds after the start, in order.
    Replay(Arc<[u64]>),
}

const HOUR: Duration = Duration(3_600_000_000_000);

/// One state of a Markov-modulated Poisson process, lowered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct State {
    /// Relative to the mean rate of the process.
    pub(crate) rate: f64,
    /// Mean sojourn in nanoseconds of real time.
    pub(crate) lasts: f64,
}

impl Traffic {
    /// Independent requests, `rate` per second.
    ///
    /// # Errors
    /// A rate that is negative or not finite; so for all constructors that take one. A rate of 0 sends
    /// nothing.
    pub fn poisson(rate: f64) -> Result<Traffic, String> {
        Traffic::new(Base::Poisson, rate)
    }

    /// Evenly spaced requests, `rate` per second: the first after one period.
    ///
    /// # Errors
    /// As [`Traffic::poisson`].
    pub fn constant(rate: f64) -> Result<Traffic, String> {
        Traffic::new(Base::Constant, rate)
    }

    /// Independent gaps of the law `gap`, in nanoseconds; with a `rate` per second, `gap` gives their shape
    /// only.
    ///
    /// # Errors
    /// A law whose mean is 0 or infinite; a bad rate.
    pub fn renewal(gap: &Sampler, rate: Option<f64>) -> Result<Traffic, String> {
        let mean = positive(gap.mean(), "the mean gap between requests")?;
        Traffic::new(Base::Renewal(gap.scaled(1.0 / mean)), rate.unwrap_or(SECOND / mean))
    }

    /// Batches of a size drawn from the law `size`, at the times of a Poisson process; `rate` counts
    /// requests per second. A size between two whole numbers becomes either, so that the mean stays: 2.25
    /// is 2 three times out of four.
    ///
    /// # Errors
    /// A law whose mean is 0 or infinite; a bad rate.
    pub fn batches(size: Sampler, rate: f64) -> Result<Traffic, String> {
        let mean = positive(size.mean(), "the mean size of a batch")?;
        Traffic::new(Base::Batches { size, mean }, rate)
    }

    /// A Poisson process whose rate changes with a hidden state. `states` holds for each its rate per
    /// second and its mean length; lengths are exponential, and the next state is any of the others alike.
    /// It starts in a state picked by the share of time spent in it. With a `rate` per second, all are
    /// scaled to that mean.
    ///
    /// # Errors
    /// Fewer than two states, one of no length, or none with a rate above 0; a bad rate.
    pub fn mmpp(states: &[(f64, Duration)], rate: Option<f64>) -> Result<Traffic, String> {
        if states.len() < 2 {
            return Err("a Markov-modulated process needs two states or more".into());
        }
        if states.iter().any(|&(_, lasts)| lasts == Duration::ZERO) {
            return Err("every state has to last longer than 0".into());
        }
        for &(rate, _) in states {
            checked_rate(rate)?;
        }
        // With the next state drawn alike from the others, all are visited equally often; the time shares
        // are then those of the mean lengths.
        let time: f64 = states.iter().map(|s| s.1.as_secs()).sum();
        let mean = states.iter().map(|s| s.0 * s.1.as_secs()).sum::<f64>() / time;
        positive(mean, "the mean rate over all states")?;
        let lowered =
            states.iter().map(|&(r, lasts)| State { rate: r / mean, lasts: lasts.0 as f64 });
        Traffic::new(Base::Mmpp(lowered.collect()), rate.unwrap_or(mean))
    }

    /// One request at `first` and then after every `every` nanoseconds, each as late as `jitter` draws, but never
    /// later than the next.
    ///
    /// # Errors
    /// Times that are not positive.
    pub fn schedule(first: f64, every: f64, jitter: Option<Sampler>) -> Result<Traffic, String> {
        let rate = SECOND / positive(every, "the time from one to the next")?;
        Traffic::new(Base::Schedule { first, every, jitter }, rate)
    }

    /// Recorded times, as nanoseconds after the first (see [`crate::model::data::timestamps`]), `speed`
    /// times as fast as recorded. The first comes at the start of the run.
    ///
    /// # Errors
    /// No times, times out of order, or a speed that is not positive and finite.
    pub fn replay(offsets: impl Into<Arc<[u64]>>, speed: f64) -> Result<Traffic, String> {
        let mut offsets = offsets.into();
        positive(speed, "the speed of a replay")?;
        if offsets.is_empty() {
            return Err("there is nothing to replay".into());
        }
        if !offsets.is_sorted() {
            return Err("the times to replay have to be in order".into());
        }
        if speed != 1.0 {
            offsets = offsets.iter().map(|&o| Duration::from_nanos(o as f64 / speed).0).collect();
        }
        Ok(Traffic { base: Base::Replay(offsets), period: 0.0, profile: Profile::default() })
    }

    /// The same traffic, its rate multiplied by `profile` in place of any before.
    ///
    /// # Errors
    /// A replay, whose times are as recorded.
    pub fn with_profile(self, profile: Profile) -> Result<Traffic, String> {
        match self.base {
            Base::Replay(_) => Err("a replay comes as recorded and takes no profile".into()),
            Base::Schedule { .. } => Err("a schedule has its times and takes no profile".into()),
            _ => Ok(Traffic { profile, ..self }),
        }
    }

    /// How long a replay lasts; `None` for what does not end.
    pub fn recorded(&self) -> Option<Duration> {
        match &self.base {
            Base::Replay(offsets) => Some(Duration(offsets.last().copied().unwrap_or(0) + 1)),
            _ => None,
        }
    }

    /// When the first of a schedule comes, if nothing delays it.
    pub fn scheduled(&self) -> Option<Time> {
        match self.base {
            Base::Schedule { first, .. } => Some(Time::ZERO + Duration::from_nanos(first)),
            _ => None,
        }
    }

    /// Mean number of requests per second between two instants, over all draws; 0 where `to` is not after `from`.
    pub fn mean_rate(&self, from: Time, to: Time) -> f64 {
        let span = to.since(from).as_secs();
        if span == 0.0 {
            return 0.0;
        }
        let requests = match &self.base {
            Base::Replay(offsets) => {
                let before = |t: Time| offsets.partition_point(|&o| o < t.0);
                (before(to) - before(from)) as f64
            }
            Base::Schedule { first, every, .. } => {
                let before = |t: Time| ((t.0 as f64 - first) / every).ceil().max(0.0);
                before(to) - before(from)
            }
            _ => (self.profile.area(to.0 as f64) - self.profile.area(from.0 as f64)) / self.period,
        };
        requests / span
    }

    /// The rate at some time, in requests per second, as far as it is known beforehand: that of a replay or a schedule,
    /// and of a Markov-modulated process, is its mean.
    pub fn rate_at(&self, time: Time) -> f64 {
        match &self.base {
            Base::Replay(_) | Base::Schedule { .. } => {
                self.mean_rate(Time::ZERO, Time::ZERO + self.recorded().unwrap_or(HOUR))
            }
            _ => self.profile.factor(time.0 as f64) / self.period * SECOND,
        }
    }

    /// The highest rate, in requests per second, that the profile leads to, as far as [`Profile::peak`] can
    /// tell; of a replay, the most requests within any second. The states of a Markov-modulated process
    /// count by their mean.
    pub fn peak_rate(&self) -> f64 {
        let Base::Replay(offsets) = &self.base else {
            return self.profile.peak() / self.period * SECOND;
        };
        let mut first = 0;
        let mut most = 0;
        for (last, &at) in offsets.iter().enumerate() {
            while at - offsets[first] >= SECOND as u64 {
                first += 1;
            }
            most = most.max(last + 1 - first);
        }
        most as f64
    }

    fn new(base: Base, rate: f64) -> Result<Traffic, String> {
        let period = SECOND / checked_rate(rate)?;
        Ok(Traffic { base, period, profile: Profile::default() })
    }
}

/// A rate from 0 up; `-0.0` counts as 0.
fn checked_rate(rate: f64) -> Result<f64, String> {
    if (0.0..f64::INFINITY).contains(&rate) {
        Ok(rate.abs())
    } else {
        Err(format!("a rate has to be a number from 0 up; it is {rate}"))
    }
}

fn positive(value: f64, what: &str) -> Result<f64, String> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(format!("{what} has to be above 0 and finite; it is {value}"))
    }
}
