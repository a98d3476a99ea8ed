//! Open traffic as it runs: one arrival after the other.

use crate::model::traffic::{Base, State, Traffic};
use crate::random::{Draw, Key, Sampler, exponential, name_hash};
use crate::time::{Duration, Time};
use std::sync::Arc;

/// Requests that arrive at one instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arrival {
    /// When; never before the arrival that preceded it.
    pub at: Time,
    /// How many. 0 is nobody: a batch drawn empty, or a Markov-modulated process that changed its state
    /// very often without a request and lets the clock catch up.
    pub size: u32,
}

/// The arrivals of [`Traffic`] in one run, in order of time.
///
/// Independent requests and batches first come after the first gap, evenly spaced ones after one period,
/// recorded ones with the first record at 0. The iterator ends where nothing follows in representable time:
/// after the last record, or for ever at rate 0.
///
/// Every draw is named by the number of the arrival (or of the change of state), so the n-th gap is the
/// same whatever the rate, the profile or the sizes. Operational time is kept as a float and real time
/// computed from it afresh for each arrival, so that real time carries a rounding of its own only: summing
/// whole nanoseconds would add up theirs, and doubling a rate would not halve the times. After n requests
/// operational time has a resolution of n · 10⁻¹⁶ of a mean gap: a ten-millionth of a gap after 10⁹.
#[derive(Clone, Debug)]
pub struct Arrivals {
    traffic: Traffic,
    flat: bool,
    gaps: Key,
    sizes: Key,
    /// How many gaps were drawn: the number of the next one.
    drawn: u64,
    /// Operational time: requests expected so far.
    clock: f64,
    /// The same at the arrival before.
    before: f64,
    /// The traffic as it is began at this operational time, and at this real time, stretched by its profile.
    since: (f64, f64),
    /// The last arrival in nanoseconds, under a profile.
    instant: f64,
    modulation: Option<Modulation>,
}

impl Arrivals {
    /// Starts `traffic` at time 0 with the draws of `key`.
    pub fn new(traffic: &Traffic, key: Key) -> Arrivals {
        let modulation = match &traffic.base {
            Base::Mmpp(states) if traffic.period.is_finite() => {
                Some(Modulation::new(traffic, states.clone(), key.part(name_hash("state"))))
            }
            _ => None,
        };
        Arrivals {
            traffic: traffic.clone(),
            flat: traffic.profile.is_flat(),
            gaps: key.part(name_hash("gap")),
            sizes: key.part(name_hash("size")),
            drawn: 0,
            clock: 0.0,
            before: 0.0,
            since: (0.0, 0.0),
            instant: 0.0,
            modulation,
        }
    }

    /// From `now` on the traffic is another of the same kind. Operational time goes on: what is still to come moves, and no
    /// gap that was drawn is drawn anew. Returns the last two arrivals again, when they come now.
    pub fn change(&mut self, traffic: &Traffic, now: Time) -> [Option<Arrival>; 2] {
        let instant = now.since(Time::ZERO).0 as f64;
        let area = |traffic: &Traffic| match traffic.profile.is_flat() {
            true => instant,
            false => traffic.profile.area(instant),
        };
        let (began, passed) = self.since;
        let clock = began + (area(&self.traffic) - passed) / self.traffic.period;
        self.since = (clock, area(traffic));
        self.traffic = traffic.clone();
        self.flat = traffic.profile.is_flat();
        let last = [self.before, self.clock];
        let drawn = self.drawn;
        let mut again = |clock: f64, nth: u64| {
            (self.clock, self.instant) = (clock, instant);
            let at = self.now()?.max(now);
            let size = match &self.traffic.base {
                Base::Batches { size, .. } => whole(size, &mut Draw::new(nth, self.sizes)),
                _ => 1,
            };
            Some(Arrival { at, size })
        };
        [again(last[0], drawn.saturating_sub(2)), again(last[1], drawn.saturating_sub(1))]
    }

    /// Operational time carried over to real time.
    #[inline]
    fn now(&mut self) -> Option<Time> {
        let (began, passed) = self.since;
        let area = (self.clock - began) * self.traffic.period + passed;
        if self.flat || !area.is_finite() {
            return representable(area);
        }
        self.instant = self.traffic.profile.instant(area, self.instant)?;
        representable(self.instant)
    }

    /// The next arrival of a Markov-modulated process, which is not even in operational time.
    fn modulated(&mut self) -> Option<Arrival> {
        let modulation = self.modulation.as_mut()?;
        let gap = modulation.owed.take().unwrap_or_else(|| {
            self.drawn += 1;
            exponential(&mut Draw::new(self.drawn - 1, self.gaps))
        });
        modulation.next(&self.traffic, gap)
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    #[inline]
    fn next(&mut self) -> Option<Arrival> {
        let n = self.drawn;
        let gap = &mut Draw::new(n, self.gaps);
        let mut size = 1;
        self.before = self.clock;
        match &self.traffic.base {
            Base::Poisson => self.clock += exponential(gap),
            Base::Constant => self.clock += 1.0,
            Base::Renewal(law) => self.clock += law.sample(gap),
            Base::Batches { size: law, mean } => {
                size = whole(law, &mut Draw::new(n, self.sizes));
                self.clock += mean * exponential(gap);
            }
            Base::Mmpp(_) => return self.modulated(),
            Base::Schedule { first, every, jitter } => {
                let late = jitter.as_ref().map_or(0.0, |law| law.sample(gap)).min(*every);
                self.drawn += 1;
                return Some(Arrival { at: representable(first + n as f64 * every + late)?, size });
            }
            Base::Replay(offsets) => {
                let &at = offsets.get(n as usize)?;
                self.drawn += 1;
                return Some(Arrival { at: Time(at), size });
            }
        }
        self.drawn += 1;
        Some(Arrival { at: self.now()?, size })
    }
}

/// A whole number whose mean is that of the law: 2.25 becomes 3 with probability 0.25, and 2 else.
fn whole(law: &Sampler, draw: &mut Draw) -> u32 {
    let size = law.sample(draw);
    let floor = size.floor();
    (floor as u32).saturating_add(u32::from(draw.chance(size - floor)))
}

/// The nearest nanosecond, if there is one before the end of time. (An infinite period makes NaN of a gap
/// of 0.)
#[inline]
fn representable(nanos: f64) -> Option<Time> {
    const END: f64 = u64::MAX as f64;
    (nanos < END).then(|| Time::ZERO + Duration::from_nanos(nanos))
}

/// The state of a Markov-modulated process.
///
/// States change in real time; requests come in *stretched* time, the area under the profile, in which the
/// rate of a state is constant. Both are kept, so that a profile of any form needs no thinning and wastes
/// no draws.
#[derive(Clone, Debug)]
struct Modulation {
    states: Arc<[State]>,
    key: Key,
    /// The state now.
    state: usize,
    /// How many states were entered.
    entered: u64,
    /// When the state now began and when it ends, in nanoseconds of real time.
    span: (f64, f64),
    /// The end of the state in stretched nanoseconds.
    stretched_end: f64,
    /// Now, in stretched nanoseconds.
    stretched: f64,
    /// What is left of a gap that was begun, in expected requests.
    owed: Option<f64>,
}

impl Modulation {
    /// States begin one by one without a request before the clock is let catch up.
    const CHANGES_MAX: u32 = 1000;

    fn new(traffic: &Traffic, states: Arc<[State]>, key: Key) -> Modulation {
        let mut draw = Draw::new(0, key);
        let time: f64 = states.iter().map(|s| s.lasts).sum();
        let mut rest = draw.uniform() * time;
        let past = |s: &State| {
            rest -= s.lasts;
            rest < 0.0
        };
        let state = states.iter().position(past).unwrap_or(states.len() - 1);
        let mut begun = Modulation {
            states,
            key,
            state,
            entered: 1,
            span: (0.0, 0.0),
            stretched_end: 0.0,
            stretched: 0.0,
            owed: None,
        };
        begun.stay(traffic, &mut draw);
        begun
    }

    /// Draws how long the state lasts. What is left of it at the start of a run has the same law.
    fn stay(&mut self, traffic: &Traffic, draw: &mut Draw) {
        let (_, now) = self.span;
        self.span = (now, now + self.states[self.state].lasts * exponential(draw));
        self.stretched_end = traffic.profile.area(self.span.1);
    }

    /// Moves on to one of the other states.
    fn change(&mut self, traffic: &Traffic) {
        let mut draw = Draw::new(self.entered, self.key);
        let other = draw.below(self.states.len() as u32 - 1) as usize;
        self.state = if other < self.state { other } else { other + 1 };
        self.entered += 1;
        self.stretched = self.stretched_end;
        self.stay(traffic, &mut draw);
    }

    /// The arrival after `gap` more expected requests.
    fn next(&mut self, traffic: &Traffic, mut gap: f64) -> Option<Arrival> {
        for _ in 0..Self::CHANGES_MAX {
            let rate = self.states[self.state].rate / traffic.period;
            let room = (self.stretched_end - self.stretched) * rate;
            if gap < room {
                self.stretched += gap / rate;
                let at = traffic.profile.instant(self.stretched, self.span.0)?;
                let at = representable(at.clamp(self.span.0, self.span.1))?;
                return Some(Arrival { at, size: 1 });
            }
            gap -= room;
            if self.stretched_end >= traffic.profile.total() {
                return None;
            }
            self.change(traffic);
        }
        self.owed = Some(gap);
        Some(Arrival { at: representable(self.span.0)?, size: 0 })
    }
}
