//! Limits on concurrency that find their own level.
//!
//! Neither grows while less than half of it is used: what is not used was not tested (for TCP, RFC 7661 says why).

use crate::model::{Aimd, Gradient};
use crate::time::{Duration, Time};

/// A limit by [`Aimd`], at work.
#[derive(Debug)]
pub(super) struct AimdLimit {
    options: Aimd,
    limit: f64,
    decreased: Option<Time>,
}

impl AimdLimit {
    pub(super) fn new(options: &Aimd) -> AimdLimit {
        let limit = clamp(f64::from(options.start), options.min, options.max);
        AimdLimit { options: options.clone(), limit, decreased: None }
    }

    /// It moves by other rules from now on.
    pub(super) fn change(&mut self, options: &Aimd) {
        self.options = options.clone();
        self.limit = clamp(self.limit, options.min, options.max);
    }

    #[inline]
    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// A request ended; `in_flight` counts it still.
    pub(super) fn ended(&mut self, now: Time, latency: Duration, ok: bool, in_flight: u32) {
        let Aimd { min, max, increase, decrease, slow, .. } = self.options;
        if ok && latency <= slow {
            if is_used(in_flight, self.limit) {
                self.limit = clamp(self.limit + increase / self.limit, min, max);
            }
            return;
        }
        let began = Time(now.0.saturating_sub(latency.0));
        if self.decreased.is_none_or(|decreased| began > decreased) {
            self.limit = clamp(self.limit * decrease, min, max);
            self.decreased = Some(now);
        }
    }
}

/// A limit by [`Gradient`], at work.
#[derive(Debug)]
pub(super) struct GradientLimit {
    options: Gradient,
    limit: f64,
    /// Usual latency in nanoseconds, and the number of windows it was learned from.
    usual: f64,
    windows: u32,
    window: Window,
}

/// What the window in progress has seen.
#[derive(Default, Debug)]
struct Window {
    began: Time,
    ended: u32,
    /// Sum of latencies in nanoseconds.
    latency: f64,
    most_in_flight: u32,
}

/// Fewer requests than this make no mean: the window goes on.
const WINDOW_MIN: u32 = 10;

/// The usual latency starts as a plain mean of so many windows.
const WARM_UP: u32 = 10;

/// When it is more than twice what is measured it is a memory of trouble that is over, and fades by this for each
/// window.
const FADES: f64 = 0.95;

impl GradientLimit {
    pub(super) fn new(options: &Gradient) -> GradientLimit {
        let limit = clamp(f64::from(options.start), options.min, options.max);
        let window = Window::default();
        GradientLimit { options: options.clone(), limit, usual: 0.0, windows: 0, window }
    }

    /// It moves by other rules from now on.
    pub(super) fn change(&mut self, options: &Gradient) {
        self.options = options.clone();
        self.limit = clamp(self.limit, options.min, options.max);
    }

    #[inline]
    pub(super) fn limit(&self) -> u32 {
        self.limit as u32
    }

    /// A request ended; `in_flight` counts it still.
    pub(super) fn ended(&mut self, now: Time, latency: Duration, ok: bool, in_flight: u32) {
        let nanos = latency.0 as f64;
        if !ok && nanos <= self.usual {
            return;
        }
        let window = &mut self.window;
        window.ended += 1;
        window.latency += nanos;
        window.most_in_flight = window.most_in_flight.max(in_flight);
        let single = self.options.window == Duration::ZERO;
        if single || now.since(window.began) >= self.options.window && window.ended >= WINDOW_MIN {
            let window = std::mem::replace(window, Window { began: now, ..Window::default() });
            self.follow(window.latency / f64::from(window.ended), window.most_in_flight);
        }
    }

    /// A window ended in which the mean latency was `latest`.
    fn follow(&mut self, latest: f64, in_flight: u32) {
        let Gradient { min, max, smoothing, queue, tolerance, memory, .. } = self.options;
        self.windows = self.windows.saturating_add(1);
        let weight = if self.windows <= WARM_UP {
            1.0 / f64::from(self.windows)
        } else {
            2.0 / (f64::from(memory) + 1.0)
        };
        self.usual += weight.min(1.0) * (latest - self.usual);
        if self.usual > 2.0 * latest {
            self.usual *= FADES;
        }
        if is_used(in_flight, self.limit) {
            let gradient = match latest {
                0.0 => 1.0,
                _ => (tolerance * self.usual / latest).clamp(0.5, 1.0),
            };
            let aim = gradient * self.limit + queue;
            self.limit = clamp(self.limit + smoothing * (aim - self.limit), min, max);
        }
    }
}

fn is_used(in_flight: u32, limit: f64) -> bool {
    2.0 * f64::from(in_flight) >= limit
}

/// Within bounds, and never so low that nobody would pass any more.
fn clamp(limit: f64, min: u32, max: u32) -> f64 {
    limit.min(f64::from(max)).max(f64::from(min.max(1)))
}
