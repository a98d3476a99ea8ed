//! Guarded calls in a run: attempts one after the other and side by side, breakers, budgets and bulkheads.
//!
//! A guarded call is a frame of its own, to which attempts report as branches do to a fork; who called waits for it. What
//! it remembers lies beside the frames, so that frames without guards carry nothing.

use super::interpreter::Flow;
use super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::{Breaker, BreakerState, Ending, FrameId, FrameKind, NONE, Turn};
use crate::model::{Guard, GuardStep, GuardedCall, Model, RetryRule};
use crate::random::{Draw, Key};
use crate::spec::Jitter;
use crate::stats::Histogram;
use crate::time::{Duration, Time};
use std::collections::VecDeque;

/// The identity of the n-th attempt (from 0) of a call: the first has the call's own. Each guard has steps of its own, so
/// that attempts within attempts of other guards are told apart.
fn attempt_id(call: u64, guard: &Guard, nth: u32) -> u64 {
    call.wrapping_add((guard.site | 1).wrapping_mul(u64::from(nth)))
}

/// Latencies that have to be known before a percentile of them decides.
const SEEN_MIN: u64 = 100;

/// Whether another attempt follows one that has ended so.
fn follows(rule: &RetryRule, ending: Ending) -> bool {
    match ending {
        Ending::Done => false,
        Ending::Refused => rule.after[0],
        Ending::TimedOut => rule.after[1],
        Ending::Failed => rule.after[2],
    }
}

/// A guard at work.
struct GuardState {
    breaker: Option<Breaker>,
    /// Retries that may still be made.
    budget: f64,
    /// Attempts under way, and calls that wait for one of them to end.
    under_way: u32,
    line: VecDeque<FrameId>,
    /// Calls that pause.
    pausing: u64,
    /// Latencies of the attempts that have succeeded, where a percentile of them is asked for.
    seen: Histogram,
    /// That percentile, and how many it was taken of.
    percentile: (Duration, u64),
    /// Stream of draws: how pauses are spread.
    spread: Key,
}

/// A call that goes through a guard.
#[derive(Clone, Copy)]
struct Ongoing {
    call: u32,
    began: Time,
    /// When there is no time left.
    ends: Time,
    /// Attempts one after the other, made or refused at once.
    tried: u32,
    /// Attempts begun, and those that are still waited for.
    made: u32,
    awaited: u32,
    /// Of the attempts begun, those made beside others.
    hedges: u32,
    /// The pause before this attempt, in nanoseconds.
    pause: f64,
    pausing: bool,
    /// Whether the first attempt's end has been told.
    first_told: bool,
}

/// An attempt of a guarded call.
#[derive(Clone, Copy)]
struct Attempt {
    id: u64,
    guard: u32,
    frame: FrameId,
    /// The guarded call's frame.
    call: FrameId,
    began: Time,
    /// The breaker's spell in which it began.
    spell: u32,
    is_hedge: bool,
    /// Nobody waits for it any more, or it has ended.
    is_over: bool,
    /// The frame is gone.
    has_ended: bool,
    /// Events that are still to come for it.
    events: u8,
    /// Its time is over once all that is due at this instant has happened: an answer at the very end is in time.
    last_call: bool,
}

/// All guards of a run.
#[derive(Default)]
pub(super) struct Guards {
    states: Vec<GuardState>,
    ongoing: Vec<Ongoing>,
    free_ongoing: Vec<u32>,
    attempts: Vec<Attempt>,
    free_attempts: Vec<u32>,
}

impl Guards {
    /// What the breaker of a guard is; `None` if it has none.
    pub(super) fn breaker(&self, guard: usize) -> Option<BreakerState> {
        self.states[guard].breaker.as_ref().map(Breaker::state)
    }

    pub(super) fn new(model: &Model, key: impl Fn(u64) -> Key) -> Guards {
        let state = |guard: &Guard| GuardState {
            breaker: guard.breaker.map(Breaker::new),
            budget: guard.retry.budget.map_or(0.0, |(_, burst)| burst),
            under_way: 0,
            line: VecDeque::new(),
            pausing: 0,
            seen: Histogram::default(),
            percentile: (Duration::ZERO, 0),
            spread: key(guard.site),
        };
        Guards { states: model.guards.iter().map(state).collect(), ..Guards::default() }
    }

    fn begin(&mut self, ongoing: Ongoing) -> u32 {
        match self.free_ongoing.pop() {
            Some(at) => {
                self.ongoing[at as usize] = ongoing;
                at
            }
            None => {
                self.ongoing.push(ongoing);
                self.ongoing.len() as u32 - 1
            }
        }
    }

    fn add(&mut self, attempt: Attempt) -> u32 {
        match self.free_attempts.pop() {
            Some(at) => {
                self.attempts[at as usize] = attempt;
                at
            }
            None => {
                self.attempts.push(attempt);
                self.attempts.len() as u32 - 1
            }
        }
    }

    /// Forgets an attempt that has ended and for which no event is to come.
    fn tidy(&mut self, attempt: u32) {
        let it = &self.attempts[attempt as usize];
        if it.has_ended && it.events == 0 {
            self.free_attempts.push(attempt);
        }
    }
}

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(super) fn guard_step(&mut self, at: FrameId, step: GuardStep) -> Flow {
        match step {
            GuardStep::Call(call) => self.begin_guarded(at, call),
            GuardStep::Attempt => self.attempt(at),
        }
    }

    /// The guard of an attempt for which an event is scheduled.
    pub(super) fn guard_of(&self, event: u32) -> &str {
        let attempt = &self.guards.attempts[event as usize / 2];
        &self.model.guards[attempt.guard as usize].name
    }

    /// An attempt for which an event is scheduled, as a number that does not depend on where things are stored.
    pub(super) fn identity_of_attempt(&self, event: u32) -> u64 {
        let attempt = &self.guards.attempts[event as usize / 2];
        attempt.id.rotate_left(2).wrapping_add(u64::from(event % 2))
    }

    fn guarded(&self, at: FrameId) -> (u32, GuardedCall) {
        let number = self.frames[at].need;
        let call = self.guards.ongoing[number as usize].call;
        (number, self.model.guarded_calls[call as usize])
    }

    /// A call begins: its frame makes the first attempt at once.
    fn begin_guarded(&mut self, at: FrameId, call: u32) -> Flow {
        let model = self.model;
        let guard_id = model.guarded_calls[call as usize].guard;
        let guard = &model.guards[guard_id as usize];
        self.recorder.counted(guard.told.calls, 1);
        if let Some((ratio, burst)) = guard.retry.budget {
            let state = &mut self.guards.states[guard_id as usize];
            state.budget = (state.budget + ratio).min(burst);
        }
        let own = guard.deadline.map_or(Time::MAX, |deadline| self.now + deadline);
        let ends = if guard.propagate { own.min(self.ends_around(at)) } else { own };
        let number = self.guards.begin(Ongoing {
            call,
            began: self.now,
            ends,
            tried: 0,
            made: 0,
            awaited: 0,
            hedges: 0,
            pause: 0.0,
            pausing: false,
            first_told: false,
        });
        let parent = &self.frames[at];
        let attempt = model.guarded_calls[call as usize].attempt;
        let mut frame = parent.part(parent.id, attempt, at, self.now);
        (frame.kind, frame.need) = (FrameKind::Guarded, number);
        Flow::Switch(self.frames.insert(frame))
    }

    /// When those who wait for a frame stop waiting: the attempts it is part of, and its client.
    fn ends_around(&self, mut at: FrameId) -> Time {
        let mut ends = Time::MAX;
        loop {
            let frame = &self.frames[at];
            if frame.parent == NONE {
                let client = self.model.journeys.get(frame.journey as usize).map(|it| it.client);
                let timeout = client.and_then(|it| self.model.clients[it as usize].timeout);
                return match timeout {
                    Some(timeout) if frame.kind == FrameKind::Operation => {
                        ends.min(frame.sent + timeout)
                    }
                    _ => ends,
                };
            }
            let parent = &self.frames[frame.parent];
            if parent.kind == FrameKind::Guarded && frame.left > 0 {
                let (number, call) = self.guarded(frame.parent);
                let began = self.guards.attempts[frame.left as usize - 1].began;
                let timeout = self.model.guards[call.guard as usize].timeout;
                ends = ends.min(timeout.map_or(Time::MAX, |timeout| began + timeout));
                ends = ends.min(self.guards.ongoing[number as usize].ends);
            }
            at = frame.parent;
        }
    }

    /// The bulkhead of a guard holds another number from now on: those for whom there is room go on.
    pub(super) fn change_bulkhead(&mut self, guard: usize) {
        let Some((most, _)) = self.model.guards[guard].bulkhead else { return };
        let state = &mut self.guards.states[guard];
        let room = (most.saturating_sub(state.under_way) as usize).min(state.line.len());
        self.ready.extend(state.line.drain(..room));
    }

    /// The frame of a guarded call makes an attempt, if it may.
    fn attempt(&mut self, at: FrameId) -> Flow {
        let (number, call) = self.guarded(at);
        let guard = &self.model.guards[call.guard as usize];
        self.stop_pausing(number, call.guard);
        if self.frames[at].parent == NONE {
            // Whoever called is gone meanwhile.
            self.forget_call(at);
            return Flow::Stop;
        }
        if self.now >= self.guards.ongoing[number as usize].ends {
            // It would not be in time.
            self.guards.ongoing[number as usize].tried = u32::MAX;
            return self.ended_badly(at, Ending::TimedOut);
        }
        let state = &mut self.guards.states[call.guard as usize];
        if let Some((most, queue)) = guard.bulkhead
            && state.under_way >= most
        {
            if state.line.len() < queue as usize {
                state.line.push_back(at);
                self.frames[at].pc = call.attempt;
                return Flow::Stop;
            }
            self.recorder.counted(guard.told.crowded, 1);
            self.guards.ongoing[number as usize].tried += 1;
            return self.ended_badly(at, Ending::Refused);
        }
        let mut spell = 0;
        if let Some(breaker) = &mut state.breaker {
            let before = breaker.state();
            let admitted = breaker.admits(self.now);
            let after = breaker.state();
            self.tell_breaker(call.guard, before, after);
            let Some(admitted) = admitted else {
                self.recorder.counted(guard.told.broken, 1);
                self.guards.ongoing[number as usize].tried += 1;
                return self.ended_badly(at, Ending::Refused);
            };
            spell = admitted;
        }
        self.begin_attempt(at, spell, false)
    }

    fn begin_attempt(&mut self, at: FrameId, spell: u32, is_hedge: bool) -> Flow {
        let (number, call) = self.guarded(at);
        let model = self.model;
        let guard = &model.guards[call.guard as usize];
        if self.frames.len() >= MAX_IN_FLIGHT {
            self.overloaded = true;
            return Flow::Stop;
        }
        self.recorder.counted(guard.told.attempts, 1);
        self.guards.states[call.guard as usize].under_way += 1;
        let ongoing = &mut self.guards.ongoing[number as usize];
        let nth = ongoing.made;
        (ongoing.made, ongoing.awaited) = (nth + 1, ongoing.awaited + 1);
        ongoing.tried = ongoing.tried.saturating_add(u32::from(!is_hedge));
        let until = guard.timeout.map_or(Time::MAX, |timeout| self.now + timeout).min(ongoing.ends);
        let may_hedge = guard.hedge.filter(|hedge| ongoing.hedges < hedge.at_most);
        let parent = &self.frames[at];
        let id = attempt_id(parent.id, guard, nth);
        let mut frame = parent.part(id, call.attempt + 1, at, self.now);
        frame.kind = FrameKind::Body;
        let frame = self.frames.insert(frame);
        self.frames[at].left += 1;
        if R::TRACES {
            let attempt = (call.guard, nth, is_hedge);
            self.recorder.attempted(self.now, frame, &self.frames, attempt);
        }
        let attempt = self.guards.add(Attempt {
            id,
            guard: call.guard,
            frame,
            call: at,
            began: self.now,
            spell,
            is_hedge,
            is_over: false,
            has_ended: false,
            events: 0,
            last_call: false,
        });
        self.frames[frame].left = attempt + 1;
        if until < Time::MAX {
            self.guards.attempts[attempt as usize].events += 1;
            self.schedule(until, Happening::Guard(2 * attempt));
        }
        let wait = may_hedge.and_then(|hedge| match hedge.after {
            Ok(after) => Some(after),
            Err(share) => self.percentile_seen(call.guard, share),
        });
        if let Some(wait) = wait
            && self.now + wait < until
        {
            self.guards.attempts[attempt as usize].events += 1;
            self.schedule(self.now + wait, Happening::Guard(2 * attempt + 1));
        }
        Flow::Switch(frame)
    }

    /// The percentile of the latencies that a guard has seen; taken anew now and then.
    fn percentile_seen(&mut self, guard: u32, share: f64) -> Option<Duration> {
        let state = &mut self.guards.states[guard as usize];
        let count = state.seen.count();
        if count < SEEN_MIN {
            return None;
        }
        if count >= state.percentile.1 + state.percentile.1 / 10 {
            state.percentile = (Duration(state.seen.quantile(share) as u64), count);
        }
        Some(state.percentile.0)
    }

    /// The time of an attempt is over (an even number), or it has been waited for long enough to make another.
    #[inline(never)]
    pub(super) fn guard_due(&mut self, index: u32) {
        let number = index / 2;
        let attempt = &mut self.guards.attempts[number as usize];
        attempt.events -= 1;
        let Attempt { is_over, frame, call: at, .. } = *attempt;
        if is_over {
            self.guards.tidy(number);
            return;
        }
        let is_deadline = index.is_multiple_of(2);
        if is_deadline && !std::mem::replace(&mut attempt.last_call, true) {
            attempt.events += 1;
            self.schedule(self.now, Happening::Guard(index));
            return;
        }
        let flow = if is_deadline {
            let (_, call) = self.guarded(at);
            let guard = &self.model.guards[call.guard as usize];
            self.recorder.counted(guard.told.timed_out, 1);
            self.attempt_over(number, Ending::TimedOut);
            if guard.cancels {
                self.cancel_attempt(number, frame);
            }
            self.ended_badly(at, Ending::TimedOut)
        } else {
            self.hedge(at)
        };
        if let Flow::Switch(next) = flow {
            self.run(next);
        }
    }

    /// Another attempt beside those that have not answered.
    fn hedge(&mut self, at: FrameId) -> Flow {
        let (number, call) = self.guarded(at);
        let guard = &self.model.guards[call.guard as usize];
        let state = &mut self.guards.states[call.guard as usize];
        if guard.bulkhead.is_some_and(|(most, _)| state.under_way >= most) {
            return Flow::Stop;
        }
        let spell = match &mut state.breaker {
            Some(breaker) if breaker.state() != BreakerState::Closed => return Flow::Stop,
            Some(breaker) => breaker.admits(self.now).unwrap_or_default(),
            None => 0,
        };
        self.recorder.counted(guard.told.hedges, 1);
        self.guards.ongoing[number as usize].hedges += 1;
        self.begin_attempt(at, spell, true)
    }

    /// Nobody waits for an attempt any more: the breaker and the bulkhead hear of it.
    fn attempt_over(&mut self, attempt: u32, ending: Ending) {
        let it = &mut self.guards.attempts[attempt as usize];
        it.is_over = true;
        let Attempt { call: at, began, spell, .. } = *it;
        let (number, call) = self.guarded(at);
        self.guards.ongoing[number as usize].awaited -= 1;
        let state = &mut self.guards.states[call.guard as usize];
        state.under_way -= 1;
        let bulkhead = self.model.guards[call.guard as usize].bulkhead;
        if bulkhead.is_some_and(|(most, _)| state.under_way < most)
            && let Some(next) = state.line.pop_front()
        {
            self.ready.push_back(next);
        }
        let took = self.now.since(began);
        if let Some(breaker) = &mut state.breaker {
            let before = breaker.state();
            let turn = breaker.ended(self.now, spell, ending == Ending::Done, took);
            let after = breaker.state();
            if turn == Turn::Trips {
                self.recorder.counted(self.model.guards[call.guard as usize].told.trips, 1);
            }
            self.tell_breaker(call.guard, before, after);
        }
        self.learn(attempt);
    }

    /// Remembers how long the first attempt of a call took, for hedges by percentile. One that lost took longer than it was
    /// waited for: that it was slower than the hedge's delay is all that the percentile needs.
    fn learn(&mut self, attempt: u32) {
        let Attempt { guard, began, is_hedge, .. } = self.guards.attempts[attempt as usize];
        let rule = self.model.guards[guard as usize].hedge;
        if !is_hedge && rule.is_some_and(|hedge| hedge.after.is_err()) {
            self.guards.states[guard as usize].seen.record(self.now.since(began).0);
        }
    }

    fn tell_breaker(&mut self, guard: u32, before: BreakerState, after: BreakerState) {
        if before == after {
            return;
        }
        let told = self.model.guards[guard as usize].told;
        self.recorder.level(self.now, told.open, u64::from(after == BreakerState::Open));
        self.recorder.level(self.now, told.half_open, u64::from(after == BreakerState::HalfOpen));
    }

    /// An attempt has ended.
    pub(super) fn attempt_ended(&mut self, frame: FrameId, ending: Ending) -> Flow {
        let it = &self.frames[frame];
        let (at, spent, attempt) = (it.parent, it.spent, it.left - 1);
        self.frames.remove(frame);
        self.frames[at].left -= 1;
        let record = &mut self.guards.attempts[attempt as usize];
        record.has_ended = true;
        if record.is_over {
            self.guards.tidy(attempt);
            self.forget_call(at);
            return Flow::Stop;
        }
        let is_hedge = record.is_hedge;
        self.attempt_over(attempt, ending);
        self.guards.tidy(attempt);
        if ending != Ending::Done {
            return self.ended_badly(at, ending);
        }
        let (number, call) = self.guarded(at);
        let guard = &self.model.guards[call.guard as usize];
        let waiter = self.frames[at].parent;
        let took = self.now.since(self.guards.ongoing[number as usize].began);
        if waiter != NONE {
            self.recorder.counted(guard.told.succeeded, 1);
            self.recorder.timed(guard.told.latency, took);
            self.recorder.counted(guard.told.hedges_won, u64::from(is_hedge));
            // What was not the attempt that answered was time spent waiting for others.
            let before = took - spent.total().min(took);
            let parent = &mut self.frames[waiter];
            parent.spent += spent;
            parent.spent.waiting += before;
        }
        self.leave_losers(at, guard.hedge.is_some_and(|hedge| hedge.cancels));
        self.frames[at].parent = NONE;
        self.forget_call(at);
        if waiter == NONE { Flow::Stop } else { Flow::Switch(waiter) }
    }

    /// Nobody waits for the attempts of a call that have not answered.
    fn leave_losers(&mut self, at: FrameId, cancels: bool) {
        let (number, _) = self.guarded(at);
        if self.guards.ongoing[number as usize].awaited == 0 {
            return;
        }
        for attempt in 0..self.guards.attempts.len() as u32 {
            let it = self.guards.attempts[attempt as usize];
            if it.call != at || it.is_over {
                continue;
            }
            self.forget_attempt(attempt);
            if cancels {
                self.cancel_attempt(attempt, it.frame);
            }
        }
    }

    fn cancel_attempt(&mut self, attempt: u32, frame: FrameId) {
        let it = &mut self.guards.attempts[attempt as usize];
        it.has_ended = true;
        let at = it.call;
        self.frames[at].left -= 1;
        self.cancel(frame);
        self.guards.tidy(attempt);
    }

    /// Nobody waits for an attempt any more, and nothing is known of how it would have ended.
    fn forget_attempt(&mut self, attempt: u32) {
        self.learn(attempt);
        let it = &mut self.guards.attempts[attempt as usize];
        it.is_over = true;
        let (at, spell) = (it.call, it.spell);
        let (number, call) = self.guarded(at);
        self.guards.ongoing[number as usize].awaited -= 1;
        let state = &mut self.guards.states[call.guard as usize];
        state.under_way -= 1;
        if let Some(breaker) = &mut state.breaker {
            breaker.forgotten(spell);
        }
        if let Some(next) = state.line.pop_front() {
            self.ready.push_back(next);
        }
    }

    /// An attempt has ended badly, or could not be made: another follows, or the call has failed.
    fn ended_badly(&mut self, at: FrameId, ending: Ending) -> Flow {
        let (number, call) = self.guarded(at);
        let guard = &self.model.guards[call.guard as usize];
        let waiter = self.frames[at].parent;
        let ongoing = &mut self.guards.ongoing[number as usize];
        if !std::mem::replace(&mut ongoing.first_told, true) {
            self.recorder.counted(guard.told.first_failed, 1);
        }
        if ongoing.awaited > 0 {
            return Flow::Stop;
        }
        if waiter == NONE {
            self.forget_call(at);
            return Flow::Stop;
        }
        // A client that has given up asks no more.
        if ongoing.tried < guard.retry.attempts
            && follows(&guard.retry, ending)
            && !self.frames[waiter].abandoned
            && let Some(pause) = self.next_pause(at)
        {
            self.frames[at].pc = call.attempt;
            if pause == Duration::ZERO {
                return Flow::Switch(at);
            }
            self.schedule(self.now + pause, Happening::Resume(at));
            return Flow::Stop;
        }
        self.recorder.counted(guard.told.failed, 1);
        let took = self.now.since(self.guards.ongoing[number as usize].began);
        self.frames[waiter].spent.waiting += took;
        self.frames[at].parent = NONE;
        self.forget_call(at);
        match call.fallback {
            Some(fallback) => {
                self.recorder.counted(guard.told.fallbacks, 1);
                self.frames[waiter].pc = fallback;
                Flow::Switch(waiter)
            }
            None => self.end(waiter, ending),
        }
    }

    /// The pause before the next attempt, if there is time and budget for one; then it has begun.
    fn next_pause(&mut self, at: FrameId) -> Option<Duration> {
        let (number, call) = self.guarded(at);
        let guard = &self.model.guards[call.guard as usize];
        let rule = &guard.retry;
        let id = self.frames[at].id;
        let ongoing = &self.guards.ongoing[number as usize];
        let nth = ongoing.tried.max(1);
        let attempt = attempt_id(id, guard, nth);
        let pause = rule.backoff.map_or(0.0, |law| {
            let first = self.laws.time(law, attempt).0 as f64;
            let spread = self.guards.states[call.guard as usize].spread;
            let u = Draw::new(attempt, spread).uniform();
            let grown = || first * crate::math::pow(rule.factor, f64::from(nth - 1));
            match rule.jitter {
                Jitter::None => grown().min(rule.cap),
                Jitter::Full => u * grown().min(rule.cap),
                Jitter::Equal => (0.5 + 0.5 * u) * grown().min(rule.cap),
                Jitter::Decorrelated => {
                    let before = if ongoing.pause > 0.0 { ongoing.pause } else { first };
                    (first + u * (3.0 * before - first).max(0.0)).min(rule.cap)
                }
            }
        });
        let pause_for = Duration::from_nanos(pause);
        if self.now + pause_for >= ongoing.ends {
            return None;
        }
        if rule.budget.is_some() {
            let state = &mut self.guards.states[call.guard as usize];
            if state.budget < 1.0 {
                self.recorder.counted(guard.told.over_budget, 1);
                return None;
            }
            state.budget -= 1.0;
        }
        let ongoing = &mut self.guards.ongoing[number as usize];
        ongoing.pause = pause;
        if rule.backoff.is_some() {
            ongoing.pausing = true;
            let state = &mut self.guards.states[call.guard as usize];
            state.pausing += 1;
            self.recorder.level(self.now, guard.told.pausing, state.pausing);
            self.recorder.timed(guard.told.pause, pause_for);
        }
        Some(pause_for)
    }

    fn stop_pausing(&mut self, number: u32, guard: u32) {
        if std::mem::take(&mut self.guards.ongoing[number as usize].pausing) {
            let state = &mut self.guards.states[guard as usize];
            state.pausing -= 1;
            let told = self.model.guards[guard as usize].told;
            self.recorder.level(self.now, told.pausing, state.pausing);
        }
    }

    /// A guarded call for which nobody waits ends with the last of its attempts; one that pauses or waits in line, when it
    /// would go on.
    fn forget_call(&mut self, at: FrameId) {
        let (number, call) = self.guarded(at);
        let frame = &self.frames[at];
        let waits = self.guards.ongoing[number as usize].pausing
            || self.guards.states[call.guard as usize].line.contains(&at);
        if frame.parent == NONE && frame.left == 0 && !waits {
            if R::TRACES {
                self.recorder.ended(self.now, at, &self.frames, Ending::Done);
            }
            self.guards.free_ongoing.push(number);
            self.frames.remove(at);
        }
    }

    /// Whoever waited for a guarded call is gone, and its attempts with it.
    pub(super) fn lose_guarded(&mut self, at: FrameId) {
        for attempt in 0..self.guards.attempts.len() as u32 {
            let it = self.guards.attempts[attempt as usize];
            if it.call != at || it.has_ended {
                continue;
            }
            if !it.is_over {
                self.forget_attempt(attempt);
            }
            self.guards.attempts[attempt as usize].has_ended = true;
            self.guards.tidy(attempt);
        }
        let frame = &mut self.frames[at];
        (frame.left, frame.parent) = (0, NONE);
        self.forget_call(at);
    }
}
