//! Guards on calls: what is written about them, checked and lowered, and the calls that go through them.

use super::check::{Lowering, sorted};
use super::compile::Linking;
use super::components::{guarded_as, visit};
use super::laws::Unit;
use super::{
    CounterId, Instruction, LawId, LevelId, MeasureKind, Pc, ServiceId, TimingId, Travel, quantity,
};
use crate::random::name_hash;
use crate::spec::{self, GivenUp, Jitter, Mix, Path, Segment, Step, did_you_mean};
use crate::time::Duration;

/// What happens at a guarded call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GuardStep {
    /// A call begins: an index into [`super::Model::guarded_calls`].
    Call(u32),
    /// Make an attempt.
    Attempt,
}

/// A place in the plan whose calls go through a guard. At `attempt` is the instruction that makes an attempt, and behind it
/// what an attempt does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GuardedCall {
    /// Which guard.
    pub guard: u32,
    /// Where attempts are made.
    pub attempt: Pc,
    /// What is done instead of failing.
    pub fallback: Option<Pc>,
}

/// A guard.
#[derive(Clone, PartialEq, Debug)]
pub struct Guard {
    /// Its name.
    pub name: String,
    /// Hash of the name: where its draws begin.
    pub site: u64,
    /// How long an attempt may take.
    pub timeout: Option<Duration>,
    /// How long all of them may take.
    pub deadline: Option<Duration>,
    /// Whether the time of those who wait for the caller bounds the attempts.
    pub propagate: bool,
    /// Whether an attempt whose time is over is cancelled.
    pub cancels: bool,
    /// Attempts one after the other.
    pub retry: RetryRule,
    /// Attempts side by side.
    pub hedge: Option<HedgeRule>,
    /// Its breaker.
    pub breaker: Option<BreakerRules>,
    /// Attempts at once, and how many calls may wait for their turn.
    pub bulkhead: Option<(u32, u32)>,
    /// What it counts.
    pub told: GuardMeasures,
}

/// Attempts one after the other.
#[derive(Clone, PartialEq, Debug)]
pub struct RetryRule {
    /// Attempts in all; `u32::MAX` for as many as it takes.
    pub attempts: u32,
    /// The first pause.
    pub backoff: Option<LawId>,
    /// What each further pause is multiplied by.
    pub factor: f64,
    /// The longest pause, in nanoseconds.
    pub cap: f64,
    /// How pauses are spread.
    pub jitter: Jitter,
    /// What a call adds to the budget, and how many retries that holds.
    pub budget: Option<(f64, f64)>,
    /// Whether an attempt is made after one that was refused, has timed out, has failed.
    pub after: [bool; 3],
}

/// When a breaker opens, and for how long.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BreakerRules {
    /// Failures in a row that open it; 0: however many.
    pub consecutive: u32,
    /// Share of the last `window` attempts that have failed; above 1: whatever the share.
    pub failures: f64,
    /// Share of the last `window` attempts that were slow; above 1: whatever the share.
    pub slow_calls: f64,
    /// Attempts that take longer are slow.
    pub slow: Duration,
    /// Attempts over which shares are counted.
    pub window: u32,
    /// How long it stays open.
    pub open: Duration,
    /// Probes that have to succeed before it closes.
    pub probes: u32,
}

/// Attempts side by side.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct HedgeRule {
    /// After a fixed time; otherwise after the percentile (as a share) of the latencies so far.
    pub after: Result<Duration, f64>,
    /// How many at most.
    pub at_most: u32,
    /// Whether those that lose are cancelled.
    pub cancels: bool,
}

/// What a guard counts.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct GuardMeasures {
    /// Calls that have begun.
    pub calls: CounterId,
    /// Calls that have succeeded.
    pub succeeded: CounterId,
    /// Calls that have failed in the end.
    pub failed: CounterId,
    /// Attempts made.
    pub attempts: CounterId,
    /// Attempts whose time was over.
    pub timed_out: CounterId,
    /// Calls whose first attempt ended badly.
    pub first_failed: CounterId,
    /// Latency of calls that have succeeded.
    pub latency: TimingId,
    /// Calls that pause between attempts.
    pub pausing: LevelId,
    /// Pauses.
    pub pause: TimingId,
    /// Retries that the budget did not allow.
    pub over_budget: CounterId,
    /// Further attempts made side by side, and calls that one of these has answered.
    pub hedges: CounterId,
    /// See `hedges`.
    pub hedges_won: CounterId,
    /// Attempts that an open breaker refused.
    pub broken: CounterId,
    /// How often the breaker has opened from closed.
    pub trips: CounterId,
    /// 1 while the breaker is open.
    pub open: LevelId,
    /// 1 while it is half open.
    pub half_open: LevelId,
    /// Attempts for which the bulkhead had no room.
    pub crowded: CounterId,
    /// Calls that the fallback has answered.
    pub fallbacks: CounterId,
}

/// Attempts of one call, at most, unless it tries for as long as it takes.
const ATTEMPTS_MAX: u32 = 1_000;
/// The largest window of a breaker.
const WINDOW_MAX: u32 = 100_000;

impl<'a> Lowering<'a> {
    /// Checks and lowers every guard; the calls that they guard are found as these are compiled.
    pub(super) fn lower_guards(&mut self) {
        let spec = self.spec;
        for (name, guard) in sorted(&spec.guards) {
            let path = Path::root().key("guards").key(name);
            self.check_guarded(guard, &path);
            if let Some(steps) = &guard.fallback {
                self.check_steps(steps, &path.key("fallback"));
            }
            let retry = self.retry_rule(name, guard, &path);
            let hedge = guard.hedge.as_ref().and_then(|hedge| self.hedge_rule(hedge, guard, &path));
            let breaker = guard.breaker.as_ref().and_then(|it| self.breaker_rules(it, &path));
            let mut time = |time: &Option<spec::Quantity>, field: &str| {
                let time = time.as_ref()?;
                let what = format!("the {field}");
                self.positive_duration(time, &what, &path.key(field)).map(Duration::from_nanos)
            };
            let (timeout, deadline) =
                (time(&guard.timeout, "timeout"), time(&guard.deadline, "deadline"));
            if let (Some(timeout), Some(deadline)) = (timeout, deadline)
                && timeout > deadline
            {
                self.findings
                    .warning(
                        &path.key("timeout"),
                        "an attempt may take longer than all of them together",
                    )
                    .hint("write a timeout that is shorter than the deadline, or leave it out");
            }
            if let Some(bulkhead) = guard.bulkhead.filter(|it| it.calls == 0) {
                let message = format!("a bulkhead of {} calls lets nothing pass", bulkhead.calls);
                self.findings
                    .error(&path.key("bulkhead").key("calls"), message)
                    .hint("write 1 or more");
            }
            let told = self.guard_measures(guard, &path.to_string());
            self.model.guards.push(Guard {
                name: name.clone(),
                site: name_hash(&format!("guards.{name}")),
                timeout,
                deadline,
                propagate: guard.propagate,
                cancels: guard.timed_out == GivenUp::Cancelled,
                retry,
                hedge,
                breaker,
                bulkhead: guard.bulkhead.map(|it| (it.calls, it.queue)),
                told,
            });
        }
        self.check_fallbacks();
    }

    /// What a guard is on has to be there, and only one guard may be on a call.
    fn check_guarded(&mut self, guard: &spec::Guard, path: &Path) {
        let spec = self.spec;
        let at = path.key("on");
        let twin = sorted(&spec.guards)
            .take_while(|(_, other)| !std::ptr::eq(*other, guard))
            .find(|(_, other)| other.on == guard.on && other.from == guard.from);
        if let Some((twin, _)) = twin {
            let message = format!("these calls have a guard already: `{twin}`");
            self.findings.error(&at, message).hint("write both into one");
        }
        if let Some(from) = guard.from.as_ref().filter(|from| !spec.components.contains_key(*from))
        {
            let known = spec.components.keys().map(String::as_str);
            let near = did_you_mean(from, known).map(|near| format!("did you mean `{near}`?"));
            let error =
                self.findings.error(&path.key("from"), format!("there is no component `{from}`"));
            error.hint = near;
        }
        match guard.on.split_once('.') {
            Some(("clients", name)) => {
                if !spec.clients.contains_key(name) {
                    let near = did_you_mean(name, spec.clients.keys().map(String::as_str));
                    let error = self.findings.error(&at, format!("there are no clients `{name}`"));
                    error.hint = near.map(|near| format!("did you mean \"clients.{near}\"?"));
                }
                for (field, is_there) in
                    [("from", guard.from.is_some()), ("fallback", guard.fallback.is_some())]
                {
                    if is_there {
                        let message = format!("a guard on clients takes no `{field}`");
                        self.findings.error(&path.key(field), message);
                    }
                }
            }
            Some(("stores", name)) => {
                if !spec.stores.contains_key(name) {
                    let near = did_you_mean(name, spec.stores.keys().map(String::as_str));
                    let error = self.findings.error(&at, format!("there is no store `{name}`"));
                    error.hint = near.map(|near| format!("did you mean \"stores.{near}\"?"));
                }
            }
            _ => {
                self.operation(&guard.on, &at);
            }
        }
        if (guard.retry.is_some() || guard.hedge.is_some())
            && !guard.idempotent
            && let Some(what) = self.changes_something(&guard.on)
        {
            let message = format!("`{}` {what}, which a second attempt may do again", guard.on);
            self.findings
                .warning(path, message)
                .hint("say idempotent: true if that does no harm, or do not retry it");
        }
    }

    /// A fallback whose own calls fall back to the same again would never end.
    fn check_fallbacks(&mut self) {
        let spec = self.spec;
        for (name, guard) in sorted(&spec.guards) {
            let mut todo = vec![guard];
            let mut seen: Vec<&spec::Guard> = Vec::new();
            while let Some(next) = todo.pop() {
                let mut ons = Vec::new();
                visit(next.fallback.as_deref().unwrap_or_default(), &mut |step| {
                    ons.extend(guarded_as(step));
                });
                for (_, other) in sorted(&spec.guards).filter(|(_, it)| ons.contains(&it.on)) {
                    if std::ptr::eq(other, guard) {
                        let path = Path::root().key("guards").key(name).key("fallback");
                        let message = format!("this fallback leads back to the guard `{name}`");
                        self.findings.error(&path, message).hint("fall back to something else");
                        return;
                    }
                    if !seen.iter().any(|it| std::ptr::eq(*it, other)) {
                        seen.push(other);
                        todo.push(other);
                    }
                }
            }
        }
    }

    /// Guards through which no call goes.
    pub(super) fn warn_of_idle_guards(&mut self) {
        for index in 0..self.model.guards.len() {
            if !self.model.guarded_calls.iter().any(|call| call.guard as usize == index) {
                let path = Path::root().key("guards").key(&self.model.guards[index].name);
                self.findings
                    .warning(&path, "no call goes through this guard")
                    .hint("nobody asks for what it is on, or another guard is nearer");
            }
        }
    }

    /// What a call changes, as a phrase, if it does.
    fn changes_something(&self, on: &str) -> Option<String> {
        let spec = self.spec;
        let mut todo: Vec<&str> = match on.split_once('.') {
            // Of stores and of clients only what is asked is known at the call.
            Some(("stores", _)) => return None,
            Some(("clients", name)) => match spec.clients.get(name).map(|client| &client.mix) {
                Some(Mix::Only(operation)) => vec![operation],
                Some(Mix::Weighted(mix)) => mix.keys().map(String::as_str).collect(),
                None => Vec::new(),
            },
            _ => vec![on],
        };
        let mut seen = std::collections::BTreeSet::new();
        while let Some(name) = todo.pop() {
            let Some((component, operation)) = name.split_once('.') else { continue };
            let steps = spec.components.get(component).and_then(|c| c.get(operation));
            let Some(steps) = steps.filter(|_| seen.insert(name)) else { continue };
            let mut changed = None;
            visit(steps, &mut |step| match step {
                Step::Write(query) => changed = Some(format!("writes to `{}`", query.name())),
                Step::Send(message) => changed = Some(format!("sends to `{}`", message.queue)),
                Step::Call(target) => todo.push(target),
                _ => {}
            });
            if changed.is_some() {
                return changed;
            }
        }
        None
    }

    fn retry_rule(&mut self, name: &str, guard: &spec::Guard, path: &Path) -> RetryRule {
        let at = path.key("retry");
        let Some(retry) = &guard.retry else {
            return RetryRule {
                attempts: 1,
                backoff: None,
                factor: 1.0,
                cap: f64::INFINITY,
                jitter: Jitter::None,
                budget: None,
                after: [true; 3],
            };
        };
        if retry.attempts > ATTEMPTS_MAX {
            let message = format!("{} attempts are too many", retry.attempts);
            let hint = format!("write at most {ATTEMPTS_MAX}, or 0 for as many as it takes");
            self.findings.error(&at.key("attempts"), message).hint(hint);
        }
        if retry.attempts == 1 {
            let message = "with one attempt in all nothing is tried again";
            self.findings.warning(&at.key("attempts"), message).hint("the first attempt counts");
        }
        if !(1.0..=1e3).contains(&retry.factor) {
            let message = format!("pauses cannot be multiplied by {}", retry.factor);
            self.findings.error(&at.key("factor"), message).hint("write 1 or more, such as 2");
        }
        if retry.backoff.is_none() && (retry.factor != 1.0 || retry.jitter != Jitter::None) {
            let message = "there is no pause that could grow or be spread";
            self.findings.error(&at, message).hint("add backoff: \"50ms\"");
        }
        if retry.attempts == 0 && retry.backoff.is_none() && guard.deadline.is_none() {
            let message = "it would try again without a pause and without end";
            self.findings
                .error(&at, message)
                .hint("add a backoff, a deadline, or a number of attempts");
        }
        let cap = retry
            .cap
            .as_ref()
            .and_then(|cap| self.positive_duration(cap, "the longest pause", &at.key("cap")));
        let budget = retry.budget.map(|budget| {
            if !(0.0..=1e3).contains(&budget.ratio) {
                let message = format!("a call cannot be worth {} retries", budget.ratio);
                self.findings.error(&at.key("budget").key("ratio"), message).hint("such as 0.1");
            }
            (budget.ratio, f64::from(budget.burst))
        });
        let mut after = [retry.after.is_none(); 3];
        for ending in retry.after.iter().flatten() {
            after[*ending as usize] = true;
        }
        let backoff = retry.backoff.as_ref().and_then(|law| {
            let at = at.key("backoff");
            let sampler = self.law(law, Unit::Time, &at)?;
            Some(self.place(sampler, &format!("guards.{name}.backoff")))
        });
        RetryRule {
            attempts: if retry.attempts == 0 { u32::MAX } else { retry.attempts },
            backoff,
            factor: retry.factor,
            cap: cap.unwrap_or(f64::INFINITY),
            jitter: retry.jitter,
            budget,
            after,
        }
    }

    fn hedge_rule(
        &mut self,
        hedge: &spec::Hedge,
        guard: &spec::Guard,
        path: &Path,
    ) -> Option<HedgeRule> {
        let at = path.key("hedge");
        if hedge.at_most == 0 || hedge.at_most > 100 {
            let message = format!("{} further attempts: there may be from 1 to 100", hedge.at_most);
            self.findings.error(&at.key("at_most"), message);
        }
        let after = match (&hedge.after, hedge.percentile) {
            (Some(after), None) => {
                Ok(Duration::from_nanos(self.value(after, Unit::Time, &at.key("after"))?))
            }
            (None, Some(percentile)) if percentile > 0.0 && percentile < 100.0 => {
                Err(percentile / 100.0)
            }
            (None, Some(percentile)) => {
                let message = format!("{percentile} is no percentile");
                self.findings.error(&at.key("percentile"), message).hint("such as 95");
                return None;
            }
            (Some(_), Some(_)) => {
                let message = "a hedge is made after a time or after a percentile, not both";
                self.findings.error(&at, message);
                return None;
            }
            (None, None) => {
                let message = "it is not said when a hedge is made";
                self.findings.error(&at, message).hint("add after: \"30ms\" or percentile: 95");
                return None;
            }
        };
        if let (Ok(after), Some(timeout)) = (after, &guard.timeout)
            && let Ok(timeout) = quantity::duration(timeout)
            && after.0 as f64 >= timeout
        {
            let message = "no hedge is made before the attempt's time is over";
            self.findings.warning(&at.key("after"), message).hint("make it shorter than `timeout`");
        }
        let cancels = hedge.losers == GivenUp::Cancelled;
        Some(HedgeRule { after, at_most: hedge.at_most, cancels })
    }

    fn breaker_rules(&mut self, breaker: &spec::Breaker, path: &Path) -> Option<BreakerRules> {
        let at = path.key("breaker");
        let mut share = |share: &Option<spec::Quantity>, field: &str| match share {
            None => Some(2.0),
            Some(share) => {
                let at = at.key(field);
                let share = self.read(quantity::share(share), &at)?;
                if share <= 0.0 {
                    let message = "a share of 0 opens it at once and for good";
                    self.findings.error(&at, message).hint("such as \"50%\"");
                }
                Some(share)
            }
        };
        let (failures, slow_calls) =
            (share(&breaker.failures, "failures"), share(&breaker.slow_calls, "slow_calls"));
        if breaker.consecutive.is_none()
            && breaker.failures.is_none()
            && breaker.slow_calls.is_none()
        {
            let message = "nothing would ever open this breaker";
            let hint = "add consecutive: 5, failures: \"50%\" or slow_calls: \"50%\"";
            self.findings.error(&at, message).hint(hint);
        }
        if breaker.consecutive == Some(0) {
            let message = "0 failures in a row open it before the first attempt";
            self.findings.error(&at.key("consecutive"), message).hint("write 1 or more");
        }
        if breaker.probes == 0 {
            let message = "without a probe it can never close again";
            self.findings.error(&at.key("probes"), message).hint("write 1 or more");
        }
        if breaker.window == 0 || breaker.window > WINDOW_MAX {
            let message =
                format!("a window of {} attempts: from 1 to {WINDOW_MAX}", breaker.window);
            self.findings.error(&at.key("window"), message);
        }
        let slow = match (&breaker.slow, &breaker.slow_calls) {
            (Some(slow), Some(_)) => {
                self.positive_duration(slow, "`slow`", &at.key("slow")).map(Duration::from_nanos)
            }
            (None, None) => Some(Duration(u64::MAX)),
            (Some(_), None) => {
                let message = "it is not said which share of slow attempts opens it";
                self.findings.error(&at.key("slow"), message).hint("add slow_calls: \"50%\"");
                None
            }
            (None, Some(_)) => {
                let message = "it is not said what a slow attempt is";
                self.findings.error(&at.key("slow_calls"), message).hint("add slow: \"1s\"");
                None
            }
        };
        let open = self.positive_duration(&breaker.open, "the time it stays open", &at.key("open"));
        Some(BreakerRules {
            consecutive: breaker.consecutive.unwrap_or(0),
            failures: failures?,
            slow_calls: slow_calls?,
            slow: slow?,
            window: breaker.window,
            open: Duration::from_nanos(open?),
            probes: breaker.probes,
        })
    }

    /// What a guard tells of itself: of its parts only those that are written.
    fn guard_measures(&mut self, guard: &spec::Guard, of: &str) -> GuardMeasures {
        let measures = &mut self.model.measures;
        let [calls, succeeded, failed, attempts] = [(); 4].map(|()| measures.counter());
        let [timed_out, first_failed, over_budget] = [(); 3].map(|()| measures.counter());
        let [hedges, hedges_won, broken] = [(); 3].map(|()| measures.counter());
        let [trips, crowded, fallbacks] = [(); 3].map(|()| measures.counter());
        let (pausing, open, half_open) = (measures.level(), measures.level(), measures.level());
        let (latency, pause) = (measures.timing(), measures.timing());
        let told = GuardMeasures {
            calls,
            succeeded,
            failed,
            attempts,
            timed_out,
            first_failed,
            latency,
            pausing,
            pause,
            over_budget,
            hedges,
            hedges_won,
            broken,
            trips,
            open,
            half_open,
            crowded,
            fallbacks,
        };
        let share = |part, whole| MeasureKind::Ratio { of: part, per: whole };
        let mut report = |name, kind| measures.report(of, name, kind);
        report("calls", MeasureKind::Rate(calls));
        report("failed", MeasureKind::Share { part: failed, whole: vec![succeeded, failed] });
        report("attempts_per_call", share(attempts, calls));
        report("latency", MeasureKind::MeanTime(latency));
        report("latency_p99", MeasureKind::P99Time(latency));
        if guard.timeout.is_some() || guard.deadline.is_some() || guard.propagate {
            report("timed_out_attempts", MeasureKind::Rate(timed_out));
        }
        if let Some(retry) = &guard.retry {
            report(
                "first_attempt_failed",
                MeasureKind::Share { part: first_failed, whole: vec![calls] },
            );
            if retry.backoff.is_some() {
                report("pausing", MeasureKind::Mean(pausing));
                report("pause", MeasureKind::MeanTime(pause));
            }
            if retry.budget.is_some() {
                report("over_budget", MeasureKind::Rate(over_budget));
            }
        }
        if guard.hedge.is_some() {
            report("hedges_per_call", share(hedges, calls));
            report("hedges_won", MeasureKind::Share { part: hedges_won, whole: vec![calls] });
        }
        if guard.breaker.is_some() {
            report("refused_when_open", MeasureKind::Rate(broken));
            report("trips", MeasureKind::Rate(trips));
            report("open", MeasureKind::Mean(open));
            report("half_open", MeasureKind::Mean(half_open));
        }
        if guard.bulkhead.is_some() {
            report("refused_by_bulkhead", MeasureKind::Rate(crowded));
        }
        if guard.fallback.is_some() {
            report("fallbacks", MeasureKind::Share { part: fallbacks, whole: vec![calls] });
        }
        told
    }

    /// The guard on calls of something that a component makes: the one that names the component before one that is for all.
    fn guard_on(&self, on: &str, from: &str) -> Option<(u32, &'a spec::Guard)> {
        let spec = self.spec;
        let place = |from: Option<&str>| {
            let is_it = |guard: &spec::Guard| guard.on == on && guard.from.as_deref() == from;
            sorted(&spec.guards).position(|(_, guard)| is_it(guard))
        };
        let at = place(Some(from)).or_else(|| place(None))?;
        let (_, guard) = sorted(&spec.guards).nth(at)?;
        Some((at as u32, guard))
    }

    /// Compiles a call as `attempt` emits it, through the guard on it if there is one.
    pub(super) fn compile_guarded(
        &mut self,
        on: &str,
        service: ServiceId,
        path: &Path,
        linking: &mut Linking,
        attempt: &mut dyn FnMut(&mut Self, &mut Linking),
    ) {
        let component = match path.segments().get(1) {
            Some(Segment::Key(component)) => component.to_string(),
            _ => String::new(),
        };
        let Some((guard, written)) = self.guard_on(on, &component) else {
            return attempt(self, linking);
        };
        let over = self.begin_guarded(guard);
        attempt(self, linking);
        self.emit(Instruction::Join);
        if let Some(steps) = &written.fallback {
            let call = self.model.guarded_calls.len() - 1;
            // Attempts and fallbacks may have guarded calls inside.
            let call = self.call_of(over).unwrap_or(call);
            self.model.guarded_calls[call].fallback = Some(self.model.plan.len() as Pc);
            let name = &self.model.guards[guard as usize].name;
            let path = Path::root().key("guards").key(name).key("fallback");
            self.compile_steps(steps, service, &path, linking);
        }
        self.land(over);
    }

    /// Begins a guarded call. Returns the jump past what an attempt does.
    pub(super) fn begin_guarded(&mut self, guard: u32) -> Pc {
        let call = self.model.guarded_calls.len() as u32;
        self.emit(Instruction::Guard(GuardStep::Call(call)));
        let over = self.emit(Instruction::Jump(0));
        let attempt = self.emit(Instruction::Guard(GuardStep::Attempt));
        self.model.guarded_calls.push(GuardedCall { guard, attempt, fallback: None });
        over
    }

    /// The guarded call whose jump this is.
    fn call_of(&self, over: Pc) -> Option<usize> {
        self.model.guarded_calls.iter().position(|call| call.attempt == over + 1)
    }

    /// Lets the requests of clients who try again go through their guard: the call of the operation is an attempt's.
    pub(super) fn compile_guarded_clients(&mut self) {
        for index in 0..self.model.journeys.len() {
            let client = self.model.journeys[index].client as usize;
            let on = format!("clients.{}", self.model.clients[client].name);
            let Some((guard, _)) = self.guard_on(&on, "") else { continue };
            let journey = &self.model.journeys[index];
            let (entry, operation) = (journey.entry, journey.operation);
            self.model.sites.push(0);
            let site = self.model.sites.len() as u32 - 1;
            self.model.journeys[index].entry = self.model.plan.len() as Pc;
            let over = self.begin_guarded(guard);
            let hop = self.model.clients[client].hop;
            match (self.model.plan[entry as usize], self.model.plan[entry as usize + 1]) {
                // Where there are regions, the last mile is on this side of the way between them.
                (Instruction::Travel(Travel::SetOut(_)), Instruction::Jump(entry))
                    if !self.model.places.is_one() =>
                {
                    self.emit_there(hop);
                    let call = Travel::Call { entry, operation, site, near: None };
                    self.emit(Instruction::Travel(call));
                    self.emit_back(hop);
                }
                _ => {
                    self.emit(Instruction::Call { entry, operation, site, hop });
                }
            }
            self.emit(Instruction::Join);
            self.land(over);
            self.emit(Instruction::Return);
        }
        // Each attempt has its own messages.
        for client in 0..self.model.clients.len() {
            let on = format!("clients.{}", self.model.clients[client].name);
            if self.guard_on(&on, "").is_some() {
                self.model.clients[client].hop = None;
            }
        }
    }
}
