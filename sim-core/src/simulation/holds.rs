//! What frames hold of stores for a while: locks, connections of poolers, places in quotas.

use super::interpreter::Flow;
use super::{Happening, Recorder, Simulation};
use crate::component::{Acquired, Ending, FrameId, Limit, Limiter, Locks, Mode, NONE, Pass};
use crate::model::{HoldStep, Holds, QuotaRule};
use crate::time::{Duration, Time};

/// Something that a frame holds, or waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Held {
    /// A lock: where it was taken.
    Lock(u32),
    /// A connection of a pooler.
    Pooler(u32),
    /// A place in a quota.
    Quota(u32),
    /// The patience that covers its service.
    Stay(u32),
}

/// The locks and quotas of a run, and lists of what each frame holds: the latest first.
#[derive(Debug)]
pub(super) struct Holdings {
    entries: Vec<(Held, u32)>,
    free: Vec<u32>,
    locks: Vec<Locks>,
    limiters: Vec<Limiter>,
}

/// What keeps a quota.
fn limit(rule: QuotaRule) -> Limit {
    match rule {
        QuotaRule::TokenBucket { rate, burst } => Limit::TokenBucket { rate, burst },
        QuotaRule::LeakyBucket { rate, queue } => Limit::LeakyBucket { rate, queue },
        QuotaRule::Concurrency(limit) => Limit::Fixed(limit),
    }
}

impl Holdings {
    pub(super) fn new(holds: &Holds) -> Holdings {
        Holdings {
            entries: Vec::new(),
            free: Vec::new(),
            locks: holds.tables.iter().map(|_| Locks::new()).collect(),
            limiters: holds.quotas.iter().map(|quota| Limiter::new(&limit(quota.rule))).collect(),
        }
    }

    /// A quota has another rule from now on.
    pub(super) fn change_quota(&mut self, quota: usize, rule: QuotaRule, now: Time) {
        self.limiters[quota].change(&limit(rule), now);
    }

    /// Whether nobody holds anything.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.entries.len() == self.free.len()
            && self.locks.iter().all(|locks| locks.held() == 0 && locks.waiting() == 0)
            && self.limiters.iter().all(|limiter| limiter.in_flight() == 0)
    }

    /// Puts something in front of a list. Returns the new list.
    fn push(&mut self, held: Held, list: u32) -> u32 {
        match self.free.pop() {
            Some(place) => {
                self.entries[place as usize] = (held, list);
                place
            }
            None => {
                self.entries.push((held, list));
                self.entries.len() as u32 - 1
            }
        }
    }

    /// Takes what is in front off a list, and returns it with the rest.
    fn pop(&mut self, list: u32) -> (Held, u32) {
        self.free.push(list);
        self.entries[list as usize]
    }

    fn front(&self, list: u32) -> Option<Held> {
        (list != NONE).then(|| self.entries[list as usize].0)
    }

    fn contains(&self, mut list: u32, held: Held) -> bool {
        while list != NONE {
            let (other, rest) = self.entries[list as usize];
            if other == held {
                return true;
            }
            list = rest;
        }
        false
    }
}

impl<R: Recorder> Simulation<'_, R> {
    /// Takes something of a store, or gives it back.
    #[inline(never)]
    pub(super) fn hold(&mut self, at: FrameId, step: HoldStep) -> Flow {
        match step {
            HoldStep::Lock(site) => self.lock(at, site),
            HoldStep::Pooler(pooler) => self.take_pooled(at, pooler),
            HoldStep::Session(pooler) => self.keep_session(at, pooler),
            HoldStep::Quota(quota) => self.pass_quota(at, quota),
            HoldStep::GiveBack => {
                self.give_back(at);
                Flow::Continue
            }
        }
    }

    /// Gives back everything that a frame holds, as it ends, in a way or given up. Who waits for what it fetches hears
    /// of it if it failed.
    #[inline(never)]
    pub(super) fn let_go(&mut self, at: FrameId, ending: Option<Ending>) {
        if self.frames[at].fetch != NONE && ending != Some(Ending::Done) {
            self.abandon_fetches(at, ending);
        }
        if self.frames[at].connection != NONE {
            self.disconnect(at);
        }
        while self.frames[at].holds != NONE {
            self.give_back(at);
        }
    }

    pub(super) fn remember(&mut self, at: FrameId, held: Held) {
        let list = self.frames[at].holds;
        self.frames[at].holds = self.holdings.push(held, list);
    }

    fn give_back(&mut self, at: FrameId) {
        let (held, rest) = self.holdings.pop(self.frames[at].holds);
        self.frames[at].holds = rest;
        match held {
            Held::Lock(site) => self.unlock(at, site),
            Held::Pooler(pooler) => {
                let station = self.model.holds.poolers[pooler as usize].station;
                if let Some(next) = self.release(at, station) {
                    let wait = self.now.since(self.frames[next].since);
                    self.frames[next].spent.connecting += wait;
                }
            }
            Held::Stay(stay) => self.doors.end_stay(stay),
            Held::Quota(quota) => {
                self.holdings.limiters[quota as usize].ended(self.now, Duration::ZERO, true);
            }
        }
    }

    fn lock(&mut self, at: FrameId, site: u32) -> Flow {
        let place = self.model.holds.sites[site as usize];
        let frame = &mut self.frames[at];
        if place.first {
            frame.since = self.now;
        }
        let lock = place.lock(frame.key);
        self.remember(at, Held::Lock(site));
        let mode = if place.exclusive { Mode::Exclusive } else { Mode::Shared };
        match self.holdings.locks[place.table as usize].acquire(lock, at, mode) {
            Acquired::Granted => {
                self.locked(at, site);
                Flow::Continue
            }
            Acquired::Waits => Flow::Stop,
        }
    }

    /// A frame has got the lock that it asked for.
    fn locked(&mut self, at: FrameId, site: u32) {
        let place = &self.model.holds.sites[site as usize];
        if !place.last {
            return;
        }
        let table = &self.model.holds.tables[place.table as usize];
        let frame = &mut self.frames[at];
        let wait = self.now.since(frame.since);
        frame.spent.queueing += wait;
        let counter = if wait > Duration::ZERO { table.waited } else { table.passed };
        self.recorder.counted(counter, 1);
        self.recorder.timed(table.wait, wait);
    }

    /// Gives a lock up; those who get it go on at this instant.
    fn unlock(&mut self, at: FrameId, site: u32) {
        let place = self.model.holds.sites[site as usize];
        let lock = place.lock(self.frames[at].key);
        let table = place.table as usize;
        self.holdings.locks[table].release(lock);
        while let Some(next) = self.holdings.locks[table].next(lock) {
            if let Some(Held::Lock(site)) = self.holdings.front(self.frames[next].holds) {
                self.locked(next, site);
            }
            self.ready.push_back(next);
        }
    }

    fn take_pooled(&mut self, at: FrameId, index: u32) -> Flow {
        let pooler = self.model.holds.poolers[index as usize];
        if pooler.session && self.has_session(at, index) {
            return Flow::Continue;
        }
        if self.stations[pooler.station.0 as usize].is_full() {
            return self.refuse(at, pooler.station);
        }
        self.remember(at, Held::Pooler(index));
        self.acquire(at, pooler.station)
    }

    /// Whether the request of a frame has a connection of a pooler in this service.
    fn has_session(&self, mut at: FrameId, pooler: u32) -> bool {
        loop {
            let frame = &self.frames[at];
            if self.holdings.contains(frame.holds, Held::Pooler(pooler)) {
                return true;
            }
            if frame.entered || frame.parent == NONE {
                return false;
            }
            at = frame.parent;
        }
    }

    /// Hands a connection that was taken just now to who keeps it: the request in its service, or the branch of it.
    fn keep_session(&mut self, at: FrameId, pooler: u32) -> Flow {
        let mut keeper = at;
        loop {
            let frame = &self.frames[keeper];
            let parent = frame.parent;
            if frame.entered || parent == NONE || self.frames[parent].kind.has_branches() {
                break;
            }
            keeper = parent;
        }
        let list = self.frames[at].holds;
        if keeper != at && self.holdings.front(list) == Some(Held::Pooler(pooler)) {
            let (held, rest) = self.holdings.pop(list);
            self.frames[at].holds = rest;
            self.remember(keeper, held);
        }
        Flow::Continue
    }

    fn pass_quota(&mut self, at: FrameId, quota: u32) -> Flow {
        match self.holdings.limiters[quota as usize].admit(self.now) {
            Pass::No => {
                let refused = self.model.holds.quotas[quota as usize].refused;
                self.recorder.counted(refused, 1);
                self.end(at, crate::component::Ending::Refused)
            }
            Pass::Now => {
                self.remember(at, Held::Quota(quota));
                Flow::Continue
            }
            Pass::After(wait) => {
                self.remember(at, Held::Quota(quota));
                self.frames[at].spent.queueing += wait;
                self.schedule(self.now + wait, Happening::Resume(at));
                Flow::Stop
            }
        }
    }
}
