//! Limiters: guards that say whether a request may pass, by rate or by how many are under way.

mod adaptive;
mod keyed;
mod leak;
mod pace;
#[cfg(test)]
mod tests;

use crate::time::{Duration, Time};
use adaptive::{AimdLimit, GradientLimit};
use leak::Leak;
use pace::Pace;

pub use crate::model::{Aimd, Gradient, Limit};
pub use keyed::{BUCKETS_MAX, KeyedBuckets};

/// Whether a request may pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pass {
    /// At once.
    Now,
    /// When it has waited so long.
    After(Duration),
    /// It is refused.
    No,
}

/// A limit at work.
#[derive(Debug)]
pub struct Limiter {
    guard: Guard,
    in_flight: u32,
}

#[derive(Debug)]
enum Guard {
    /// The bucket, and when it is full again.
    Tokens(Pace, u128),
    Leak(Leak),
    Fixed(u32),
    Aimd(AimdLimit),
    Gradient(GradientLimit),
}

impl Limiter {
    /// A limiter that nobody has passed yet.
    pub fn new(limit: &Limit) -> Limiter {
        let guard = match limit {
            Limit::TokenBucket { rate, burst } => Guard::Tokens(Pace::tokens(*rate, *burst), 0),
            Limit::LeakyBucket { rate, queue } => Guard::Leak(Leak::new(Pace::new(*rate, *queue))),
            Limit::Fixed(limit) => Guard::Fixed(*limit),
            Limit::Aimd(aimd) => Guard::Aimd(AimdLimit::new(aimd)),
            Limit::Gradient(gradient) => Guard::Gradient(GradientLimit::new(gradient)),
        };
        Limiter { guard, in_flight: 0 }
    }

    /// The limit is another from now on, of the same kind. A bucket of tokens holds what it held, as far as that fits; who waits
    /// in one that leaks keeps its turn; a limit that moves goes on from where it is, within its bounds. Who has passed is not
    /// asked again.
    pub fn change(&mut self, limit: &Limit, now: Time) {
        match (&mut self.guard, limit) {
            (Guard::Tokens(pace, full), Limit::TokenBucket { rate, burst }) => {
                let then = Pace::tokens(*rate, *burst);
                *full = pace.refilled(*full, now, &then);
                *pace = then;
            }
            (Guard::Leak(leak), Limit::LeakyBucket { rate, queue }) => {
                leak.change(Pace::new(*rate, *queue), now);
            }
            (Guard::Fixed(most), Limit::Fixed(then)) => *most = *then,
            (Guard::Aimd(aimd), Limit::Aimd(options)) => aimd.change(options),
            (Guard::Gradient(gradient), Limit::Gradient(options)) => gradient.change(options),
            _ => *self = Limiter { in_flight: self.in_flight, ..Limiter::new(limit) },
        }
    }

    /// A request comes. Unless it is refused it is under way from now on, and [`Limiter::ended`] has to follow.
    #[inline]
    pub fn admit(&mut self, now: Time) -> Pass {
        let room = |limit: u32| if self.in_flight < limit { Pass::Now } else { Pass::No };
        let pass = match &mut self.guard {
            Guard::Tokens(pace, full) => match pace.admit(full, now) {
                Some(_) => Pass::Now,
                None => Pass::No,
            },
            Guard::Leak(leak) => match leak.admit(now) {
                Some(Duration::ZERO) => Pass::Now,
                Some(wait) => Pass::After(wait),
                None => Pass::No,
            },
            Guard::Fixed(limit) => room(*limit),
            Guard::Aimd(aimd) => room(aimd.limit()),
            Guard::Gradient(gradient) => room(gradient.limit()),
        };
        self.in_flight += u32::from(pass != Pass::No);
        pass
    }

    /// A request that had passed has ended, well or not, so long after it passed.
    #[inline]
    pub fn ended(&mut self, now: Time, latency: Duration, ok: bool) {
        match &mut self.guard {
            Guard::Tokens(..) | Guard::Leak(..) | Guard::Fixed(_) => {}
            Guard::Aimd(aimd) => aimd.ended(now, latency, ok, self.in_flight),
            Guard::Gradient(gradient) => gradient.ended(now, latency, ok, self.in_flight),
        }
        self.in_flight -= 1;
    }

    /// Requests that have passed and not ended.
    pub fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// How many may be under way now, if that is what is limited.
    pub fn limit(&self) -> Option<u32> {
        match &self.guard {
            Guard::Tokens(..) | Guard::Leak(..) => None,
            Guard::Fixed(limit) => Some(*limit),
            Guard::Aimd(aimd) => Some(aimd.limit()),
            Guard::Gradient(gradient) => Some(gradient.limit()),
        }
    }
}
