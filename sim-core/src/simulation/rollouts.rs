//! Deployments in a run: replicas of a new version start as those of the old one go.
//!
//! A fleet knows the version that it is to have and how many replicas of it and of others there are to be; everything
//! that happens makes one step of that come true at a time. So an autoscaler and a deployment work together without
//! knowing each other.

use super::interpreter::Flow;
use super::scaling::{Stage, Turn};
use super::{Recorder, Simulation};
use crate::component::{Ending, FrameId};
use crate::model::{RollBackRule, RolloutKind, RolloutRules, ServiceId};
use crate::random::Draw;
use crate::stats::Histogram;
use crate::time::{Duration, Time};

/// A deployment under way.
pub(super) struct Rollout {
    /// Which of the fleet's.
    index: u32,
    began: Time,
    /// Whether it goes back.
    reverts: bool,
    /// How many of its steps are over: of a canary's shares, or of a blue-green one the switch and the time after it.
    step: u32,
    /// Whether the end of the present step is scheduled.
    awaits: bool,
    /// Answers of the new version that have not been judged yet.
    answers: Histogram,
    errors: u64,
}

/// How many replicas there are to be.
struct Wanted {
    /// Of the version that the fleet is to have.
    new: u32,
    /// Of others.
    old: u32,
    /// In all, at most.
    at_most: u32,
    /// In service, at least.
    at_least: u32,
}

impl<R: Recorder> Simulation<'_, R> {
    /// The rules of the deployment under way.
    fn rollout_rules(&self, index: u32) -> Option<&RolloutRules> {
        let rollout = self.scaling.fleets[index as usize].rollout.as_ref()?;
        Some(&self.model.fleets[index as usize].rollouts[rollout.index as usize])
    }

    fn wanted(&self, index: u32) -> Wanted {
        let state = &self.scaling.fleets[index as usize];
        let all = state.wanted;
        let only = Wanted { new: all, old: 0, at_most: all, at_least: all };
        let (Some(rollout), Some(rules)) = (&state.rollout, self.rollout_rules(index)) else {
            return only;
        };
        match &rules.kind {
            RolloutKind::Rolling { surge, unavailable } => Wanted {
                at_most: all.saturating_add(*surge),
                at_least: all.saturating_sub(*unavailable),
                ..only
            },
            RolloutKind::BlueGreen { .. } if rollout.step < 2 && !rollout.reverts => {
                // Of a set that is kept none is replaced.
                let kept = state.count(|it| it.is_up() && it.version != state.version);
                let old = if rollout.step == 0 { all } else { all.min(kept) };
                Wanted { old, at_most: all.saturating_mul(2), ..only }
            }
            RolloutKind::Canary(shares) if !rollout.reverts => {
                let Some((share, _)) = shares.get(rollout.step as usize) else {
                    return Wanted { at_most: all.saturating_add(1), ..only };
                };
                let new = ((share * f64::from(all)).ceil() as u32).clamp(1, all);
                let old = (all - new).max(u32::from(*share < 1.0));
                Wanted { new, old, at_most: (new + old).saturating_add(1), ..only }
            }
            RolloutKind::BlueGreen { .. } | RolloutKind::Canary(_) => {
                Wanted { at_most: all.saturating_add(1), ..only }
            }
        }
    }

    /// Starts and takes away replicas until there are as many as wanted, or as may be for now.
    pub(super) fn reconcile(&mut self, index: u32) {
        while self.reconcile_one(index) || self.go_on(index) {}
        self.share_out(index);
    }

    /// One step of it; whether there was one.
    fn reconcile_one(&mut self, index: u32) -> bool {
        let wanted = self.wanted(index);
        let state = &self.scaling.fleets[index as usize];
        let (version, stable) = (state.version, state.stable);
        let new = state.count(|it| it.is_up() && it.version == version);
        let old = state.count(|it| it.is_up() && it.version != version);
        // The highest-numbered of a version at a stage.
        let last = |is_new: bool, stage: Stage| {
            let is_it = |it: &super::scaling::Replica| {
                it.stage == stage && (it.version == version) == is_new
            };
            state.replicas.iter().rposition(is_it).map(|number| number as u32)
        };
        let may_lose_one = state.serving() > wanted.at_least.max(1);
        let serving = |is_new| last(is_new, Stage::Serving).filter(|_| may_lose_one);
        let surplus_new = || {
            let waiting = || last(true, Stage::Standby);
            last(true, Stage::Starting).or_else(waiting).or_else(|| serving(true))
        };
        let surplus_old = || last(false, Stage::Standby).or_else(|| serving(false));
        let starting_old = last(false, Stage::Starting).filter(|_| old > wanted.old);
        let surplus_new = (new > wanted.new).then(surplus_new).flatten();
        if let Some(number) = starting_old.or(surplus_new) {
            self.remove_replica(index, number);
            return true;
        }
        let surplus_old = (old > wanted.old).then(surplus_old).flatten();
        let finds_room = new + old < wanted.at_most;
        if finds_room && new < wanted.new && self.start_replica(index, version) {
            return true;
        }
        if finds_room && old < wanted.old && self.start_replica(index, stable) {
            return true;
        }
        if let Some(number) = surplus_old {
            self.remove_replica(index, number);
        }
        surplus_old.is_some()
    }

    /// Goes on with a deployment when its present step has come true; whether that changes what is wanted.
    fn go_on(&mut self, index: u32) -> bool {
        let wanted = self.wanted(index);
        let Some(rules) = self.rollout_rules(index) else { return false };
        let kind = rules.kind.clone();
        let state = &self.scaling.fleets[index as usize];
        let version = state.version;
        let Some(rollout) = &state.rollout else { return false };
        let (step, reverts, awaits) = (rollout.step, rollout.reverts, rollout.awaits);
        let count = |stage| state.count(|it| it.stage == stage && it.version == version);
        let (ready, serving) = (count(Stage::Standby), count(Stage::Serving));
        match &kind {
            RolloutKind::BlueGreen { keep } if step == 0 && !reverts => {
                let is_ready = ready >= wanted.new;
                if is_ready {
                    self.switch_sets(index);
                    self.await_step(index, *keep);
                }
                is_ready
            }
            RolloutKind::BlueGreen { .. } if step == 1 && !reverts => false,
            RolloutKind::Canary(shares) if !reverts && (step as usize) < shares.len() => {
                if serving >= wanted.new && !awaits {
                    self.await_step(index, shares[step as usize].1);
                }
                false
            }
            _ => {
                let others = state.count(|it| it.stage != Stage::Off && it.version != version);
                if others == 0 && serving >= wanted.new {
                    self.end_rollout(index);
                }
                false
            }
        }
    }

    /// The present step lasts so long.
    fn await_step(&mut self, index: u32, lasts: Duration) {
        let rollout = self.scaling.fleets[index as usize].rollout.as_mut();
        let Some(rollout) = rollout else { return };
        rollout.awaits = true;
        let step = rollout.index << 16 | rollout.step;
        self.later(index, Turn::StepOver(step), self.now + lasts);
    }

    /// A step of a deployment is over, if it is still that one.
    pub(super) fn step_over(&mut self, index: u32, step: u32) {
        let Some(rollout) = &mut self.scaling.fleets[index as usize].rollout else { return };
        if !rollout.awaits || rollout.reverts || rollout.index << 16 | rollout.step != step {
            return;
        }
        (rollout.step, rollout.awaits) = (rollout.step + 1, false);
        self.reconcile(index);
    }

    /// All that waits comes into service, and what was there waits.
    fn switch_sets(&mut self, index: u32) {
        let replicas = self.model.fleets[index as usize].replicas;
        let at_stage = |this: &Self, stage| -> Vec<u32> {
            let all = &this.scaling.fleets[index as usize].replicas;
            (0..replicas).filter(|&number| all[number as usize].stage == stage).collect()
        };
        let (before, waiting) = (at_stage(self, Stage::Serving), at_stage(self, Stage::Standby));
        if let Some(rollout) = &mut self.scaling.fleets[index as usize].rollout {
            rollout.step = 1;
        }
        waiting.into_iter().for_each(|it| self.change_stage(index, it, Stage::Serving));
        before.into_iter().for_each(|it| self.change_stage(index, it, Stage::Standby));
    }

    /// Whether a replica that has started waits for others of its set.
    pub(super) fn waits_for_its_set(&self, index: u32, number: u32) -> bool {
        let state = &self.scaling.fleets[index as usize];
        let (Some(rollout), Some(rules)) = (&state.rollout, self.rollout_rules(index)) else {
            return false;
        };
        matches!(rules.kind, RolloutKind::BlueGreen { .. })
            && rollout.step == 0
            && !rollout.reverts
            && state.replicas[number as usize].version == state.version
    }

    /// A deployment begins.
    pub(super) fn begin_rollout(&mut self, index: u32, number: u32) {
        let rules = &self.model.fleets[index as usize].rollouts[number as usize];
        let state = &mut self.scaling.fleets[index as usize];
        if state.rollout.is_none() {
            state.stable = state.version;
        }
        state.version = number as u16 + 1;
        state.rollout = Some(Rollout {
            index: number,
            began: self.now,
            reverts: false,
            step: 0,
            awaits: false,
            answers: Histogram::default(),
            errors: 0,
        });
        if let Some(RollBackRule { every, .. }) = rules.roll_back {
            self.later(index, Turn::Judge(number), self.now + every);
        }
        self.reconcile(index);
    }

    fn end_rollout(&mut self, index: u32) {
        let told = self.model.fleets[index as usize].told;
        let state = &mut self.scaling.fleets[index as usize];
        let Some(rollout) = state.rollout.take() else { return };
        state.stable = state.version;
        if !rollout.reverts {
            self.recorder.counted(told.rolled_out, 1);
            self.recorder.timed(told.rollout, self.now.since(rollout.began));
        }
    }

    /// A replica has answered a request that came in so long ago.
    pub(super) fn version_answered(
        &mut self,
        balancer: usize,
        number: u32,
        ending: Ending,
        took: Duration,
    ) {
        let Some(index) = self.fleet_behind(balancer) else { return };
        let state = &mut self.scaling.fleets[index as usize];
        let is_new = state.replicas[number as usize].version == state.version;
        if let Some(rollout) = &mut state.rollout
            && is_new
        {
            rollout.answers.record(took.0);
            rollout.errors += u64::from(ending != Ending::Done);
        }
    }

    /// The new version is taken back if its answers are bad.
    pub(super) fn judge_rollout(&mut self, index: u32, number: u32) {
        let rules = &self.model.fleets[index as usize].rollouts[number as usize];
        let Some(rule) = rules.roll_back else { return };
        let rollout = self.scaling.fleets[index as usize].rollout.as_mut();
        let Some(rollout) = rollout.filter(|it| it.index == number && !it.reverts) else { return };
        let answers = rollout.answers.count();
        if answers >= u64::from(rule.requests.max(1)) {
            let share = rollout.errors as f64 / answers as f64;
            let is_slow = rollout.answers.quantile(0.99) > rule.latency_p99.0 as f64;
            if share > rule.errors || is_slow {
                return self.roll_back(index);
            }
            rollout.answers.clear();
            rollout.errors = 0;
        }
        self.later(index, Turn::Judge(number), self.now + rule.every);
    }

    /// The version before takes over again.
    fn roll_back(&mut self, index: u32) {
        let fleet = &self.model.fleets[index as usize];
        self.recorder.counted(fleet.told.rolled_back, 1);
        let Some(rules) = self.rollout_rules(index) else { return };
        let is_rolling = matches!(rules.kind, RolloutKind::Rolling { .. });
        let state = &mut self.scaling.fleets[index as usize];
        let bad = std::mem::replace(&mut state.version, state.stable);
        if let Some(rollout) = &mut state.rollout {
            (rollout.reverts, rollout.awaits) = (true, false);
        }
        if !is_rolling {
            for stage in [Stage::Standby, Stage::Serving, Stage::Starting] {
                for number in 0..fleet.replicas {
                    let state = &self.scaling.fleets[index as usize];
                    let it = state.replicas[number as usize];
                    if it.stage != stage {
                        continue;
                    }
                    match (it.version == bad, stage) {
                        (false, Stage::Standby) => self.change_stage(index, number, Stage::Serving),
                        // The last one stays until another serves.
                        (true, Stage::Serving) if state.serving() == 1 => {}
                        (true, _) => self.remove_replica(index, number),
                        (false, _) => {}
                    }
                }
            }
        }
        self.reconcile(index);
    }

    /// Gives each version its share of the requests.
    pub(super) fn share_out(&mut self, index: u32) {
        let fleet = &self.model.fleets[index as usize];
        if !fleet.has_versions() {
            return;
        }
        let state = &self.scaling.fleets[index as usize];
        let share = match (&state.rollout, self.rollout_rules(index).map(|rules| &rules.kind)) {
            (Some(rollout), Some(RolloutKind::Canary(shares))) if !rollout.reverts => {
                shares.get(rollout.step as usize).map(|&(share, _)| share)
            }
            _ => None,
        };
        let serves = |is_new: bool| {
            state.count(|it| it.stage == Stage::Serving && (it.version == state.version) == is_new)
        };
        let (new, old) = (f64::from(serves(true)), f64::from(serves(false)));
        let (of_new, of_old) = match share {
            Some(share) if new > 0.0 && old > 0.0 => {
                let (of_new, of_old) = (share / new, (1.0 - share) / old);
                let most = of_new.max(of_old);
                (of_new / most, of_old / most)
            }
            _ => (1.0, 1.0),
        };
        let version = state.version;
        let part = |it: &super::scaling::Replica| match (it.stage, it.version == version) {
            (Stage::Serving, true) => of_new,
            (Stage::Serving, false) => of_old,
            _ => 1.0,
        };
        if let Some(watch) = self.balancers[fleet.balancer as usize].watch() {
            watch.set_parts(state.replicas.iter().map(part));
        }
    }

    /// What the version of a replica does differently.
    fn version_of(&self, service: u32, replica: u32) -> Option<&RolloutRules> {
        let (balancer, number) = self.balancer_of(service, replica);
        let index = self.fleet_behind(balancer)? as usize;
        let version = self.scaling.fleets[index].replicas[number as usize].version;
        let before = usize::from(version).checked_sub(1)?;
        Some(&self.model.fleets[index].rollouts[before])
    }

    /// How many times as long work takes at a replica.
    pub(super) fn work_factor(&self, service: u32, replica: u32) -> f64 {
        self.version_of(service, replica).map_or(1.0, |rules| rules.work)
    }

    /// A request that has come in fails if the version of its replica does that.
    #[inline(never)]
    pub(super) fn try_version(&mut self, at: FrameId, service: ServiceId) -> Flow {
        let frame = &self.frames[at];
        let errors = self.version_of(service.0, frame.replica).map_or(0.0, |rules| rules.errors);
        let fleet = self.model.services[service.0 as usize].fleet;
        let Some(fleet) = fleet.filter(|_| errors > 0.0) else { return Flow::Continue };
        let key = self.scaling.fleets[fleet as usize].errors;
        match Draw::new(frame.id, key).chance(errors) {
            true => self.end(at, Ending::Failed),
            false => Flow::Continue,
        }
    }
}
