//! Limits in a run: who passes, who waits, who is refused.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Ending, FrameId, KeyedBuckets, Limiter, Pass};
use crate::model::{Limit, LimitId, LimitPlace, LimitStep, Model};
use crate::time::{Duration, Time};

/// A place where requests are limited, in a run.
pub(super) enum Limiting {
    /// One limiter that all share, or one for each replica; and the sum of how many may be under way at them.
    Shared(Vec<Limiter>, u64),
    /// A bucket for each key.
    Keyed(KeyedBuckets),
}

impl Limiting {
    pub(super) fn of(model: &Model) -> Vec<Limiting> {
        let limiting = |place: &LimitPlace| match (&place.limit, place.per_key) {
            (&Limit::TokenBucket { rate, burst }, Some(keys)) => {
                let keys = model.keys[keys.0 as usize].popularity.count();
                Limiting::Keyed(KeyedBuckets::new(rate, burst, keys))
            }
            _ => {
                let limiters: Vec<Limiter> =
                    (0..place.count).map(|_| Limiter::new(&place.limit)).collect();
                let level = level_of(&limiters);
                Limiting::Shared(limiters, level)
            }
        };
        model.limits.iter().map(limiting).collect()
    }
}

/// How many may be under way at some limiters together.
fn level_of(limiters: &[Limiter]) -> u64 {
    limiters.iter().filter_map(|limiter| limiter.limit().map(u64::from)).sum()
}

impl<R: Recorder> Simulation<'_, R> {
    /// Tells where limits that move start.
    pub(super) fn start_limits(&mut self) {
        for (place, limiting) in self.model.limits.iter().zip(&self.limits) {
            if let (Some(told), Limiting::Shared(_, level)) = (place.level, limiting) {
                self.recorder.level(Time::ZERO, told, *level);
            }
        }
    }

    /// What limits requests at a place is another from now on.
    pub(super) fn change_limit(&mut self, index: usize) {
        let (now, place) = (self.now, &self.model.limits[index]);
        match (&mut self.limits[index], &place.limit) {
            (Limiting::Keyed(buckets), &Limit::TokenBucket { rate, burst }) => {
                buckets.change(rate, burst, now);
            }
            (Limiting::Keyed(_), _) => {}
            (Limiting::Shared(limiters, level), limit) => {
                limiters.iter_mut().for_each(|limiter| limiter.change(limit, now));
                *level = level_of(limiters);
                if let Some(told) = place.level {
                    self.recorder.level(now, told, *level);
                }
            }
        }
    }

    #[inline(never)]
    pub(super) fn limit_step(&mut self, at: FrameId, step: LimitStep) -> Flow {
        let (limit, member) = match step {
            LimitStep::Enter(service) => return self.enter_chosen(at, service.0),
            LimitStep::Clients(limit) | LimitStep::Service(limit) => (limit, 0),
            LimitStep::Replica(limit, service) => {
                if self.model.places.is_one() {
                    self.choose(at, service.0);
                } else {
                    self.choose_in_front(at, service);
                }
                (limit, self.frames[at].replica)
            }
        };
        let is_gateway = matches!(step, LimitStep::Clients(_));
        let pass = self.pass_limit(at, limit, member);
        let frame = &mut self.frames[at];
        match pass {
            // The operation that was asked for does not hear of what the gateway refuses.
            Pass::No if is_gateway => self.answer_client(at, Ending::Refused),
            Pass::No => self.end(at, Ending::Refused),
            Pass::Now | Pass::After(_) => {
                if is_gateway {
                    frame.passed_gateway = true;
                } else {
                    frame.limit = limit.0;
                }
                let Pass::After(wait) = pass else { return Flow::Continue };
                frame.spent.queueing += wait;
                self.schedule(self.now + wait, Happening::Resume(at));
                Flow::Stop
            }
        }
    }

    fn pass_limit(&mut self, at: FrameId, limit: LimitId, member: u32) -> Pass {
        let place = &self.model.limits[limit.0 as usize];
        let key = place.per_key.map(|keys| {
            let frame = &self.frames[at];
            self.key_of(keys, frame.request, frame)
        });
        let pass = match &mut self.limits[limit.0 as usize] {
            Limiting::Shared(limiters, _) => limiters[member as usize].admit(self.now),
            Limiting::Keyed(buckets) => buckets.admit(self.now, key.unwrap_or(0)),
        };
        self.recorder.counted(if pass == Pass::No { place.refused } else { place.passed }, 1);
        if let Some(delayed) = place.delayed {
            match pass {
                Pass::Now => self.recorder.timed(delayed, Duration::ZERO),
                Pass::After(wait) => self.recorder.timed(delayed, wait),
                Pass::No => {}
            }
        }
        pass
    }

    /// The answer to a request that passed the door of its service leaves.
    #[inline(never)]
    pub(super) fn leave_door(&mut self, at: FrameId, ending: Ending) {
        let frame = &self.frames[at];
        let (limit, latency) = (LimitId(frame.limit), self.now.since(frame.started));
        let is_shared = self.model.limits[limit.0 as usize].count == 1;
        let member = if is_shared { 0 } else { frame.replica };
        self.passed_has_ended(limit, member, latency, ending);
    }

    /// The answer to a request that passed its clients' gateway leaves.
    #[inline(never)]
    pub(super) fn leave_gateway(&mut self, at: FrameId, ending: Ending) {
        let frame = &self.frames[at];
        let client = self.model.journeys[frame.journey as usize].client;
        let latency = self.now.since(frame.sent);
        if let Some(limit) = self.model.clients[client as usize].limit {
            self.passed_has_ended(limit, 0, latency, ending);
        }
    }

    fn passed_has_ended(&mut self, limit: LimitId, member: u32, latency: Duration, ending: Ending) {
        let Limiting::Shared(limiters, level) = &mut self.limits[limit.0 as usize] else { return };
        let limiter = &mut limiters[member as usize];
        let before = limiter.limit();
        limiter.ended(self.now, latency, ending == Ending::Done);
        if let (Some(before), Some(after)) = (before, limiter.limit())
            && before != after
            && let Some(told) = self.model.limits[limit.0 as usize].level
        {
            *level = *level + u64::from(after) - u64::from(before);
            self.recorder.level(self.now, told, *level);
        }
    }
}
