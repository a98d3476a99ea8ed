//! What a balancer knows of its replicas: which are healthy, which are ejected, which are still warming up.

use crate::model::WatchRules;
use crate::time::Time;

/// The state of each replica as its balancer sees it.
#[derive(Debug)]
pub struct Watch {
    rules: WatchRules,
    replicas: Vec<Seen>,
    /// Who may be sent something, in order.
    candidates: Vec<u32>,
    /// Whether these are all that could be, for want of anybody better.
    fails_open: bool,
    /// When the next ejection is over.
    next_return: Time,
    /// Until when somebody is still warming up.
    warming_until: Time,
    /// Whether some are to get less than others.
    is_parted: bool,
}

/// One replica.
#[derive(Clone, Copy, Debug)]
struct Seen {
    unhealthy: bool,
    /// Whether it is not in service: not started, starting or going.
    out: bool,
    /// The part of a share that it is to get.
    part: f64,
    /// Checks in a row that contradict this.
    checks: u32,
    /// Errors in a row.
    errors: u32,
    /// When its ejection is over.
    ejected_until: Time,
    /// Since when it has been back; `None`: from the start.
    back_since: Option<Time>,
    /// Turns saved up, of one that does not get every turn.
    credit: f64,
}

impl Watch {
    /// All are healthy and warm.
    pub fn new(rules: WatchRules, replicas: u32) -> Watch {
        let seen = Seen {
            unhealthy: false,
            out: false,
            part: 1.0,
            checks: 0,
            errors: 0,
            ejected_until: Time::ZERO,
            back_since: None,
            credit: 0.0,
        };
        Watch {
            rules,
            replicas: vec![seen; replicas as usize],
            candidates: (0..replicas).collect(),
            fails_open: false,
            next_return: Time::MAX,
            warming_until: Time::ZERO,
            is_parted: false,
        }
    }

    /// Whether everyone gets what the policy gives: nobody is left out and nobody is warming up.
    pub(super) fn is_even(&self, now: Time) -> bool {
        self.candidates.len() == self.replicas.len() && now >= self.warming_until && !self.is_parted
    }

    /// Who may be sent something; never empty.
    pub(super) fn candidates(&self) -> &[u32] {
        &self.candidates
    }

    pub(super) fn is_candidate(&self, replica: u32, now: Time) -> bool {
        let seen = &self.replicas[replica as usize];
        seen.is_in(now) || (self.fails_open && !seen.out)
    }

    /// How many replicas in service are unhealthy.
    pub fn unhealthy(&self) -> u32 {
        self.replicas.iter().filter(|seen| seen.unhealthy && !seen.out).count() as u32
    }

    /// How many replicas are in service.
    pub fn in_service(&self) -> u32 {
        self.replicas.iter().filter(|seen| !seen.out).count() as u32
    }

    /// A replica comes into service, forgotten what was known of it, or goes out of it.
    pub fn put_in_service(&mut self, replica: u32, is_in: bool, now: Time) {
        let seen = &mut self.replicas[replica as usize];
        seen.out = !is_in;
        if is_in {
            (seen.unhealthy, seen.checks, seen.errors) = (false, 0, 0);
            seen.ejected_until = Time::ZERO;
            self.warm_up(replica, now);
        }
        self.sort_out(now);
    }

    /// The part of its share that each replica is to get from now on.
    pub fn set_parts(&mut self, parts: impl Iterator<Item = f64>) {
        self.replicas.iter_mut().zip(parts).for_each(|(seen, part)| seen.part = part);
        self.is_parted = self.replicas.iter().any(|seen| seen.part != 1.0);
    }

    /// A replica has been checked. Returns whether that has changed its health.
    pub fn checked(&mut self, replica: u32, well: bool, now: Time) -> bool {
        let Some(health) = self.rules.health else { return false };
        let seen = &mut self.replicas[replica as usize];
        if well != seen.unhealthy {
            seen.checks = 0;
            return false;
        }
        seen.checks += 1;
        if seen.checks < if well { health.healthy } else { health.unhealthy } {
            return false;
        }
        (seen.unhealthy, seen.checks) = (!well, 0);
        if well {
            self.warm_up(replica, now);
        }
        self.sort_out(now);
        true
    }

    /// An answer has come from a replica, or the news that it has crashed. Returns whether it is ejected for that.
    pub fn answered(&mut self, replica: u32, well: bool, now: Time) -> bool {
        let Some(ejection) = self.rules.ejection else { return false };
        let seen = &mut self.replicas[replica as usize];
        seen.errors = if well { 0 } else { seen.errors.saturating_add(1) };
        if seen.errors < ejection.errors || now < seen.ejected_until {
            return false;
        }
        let ejected = self.replicas.iter().filter(|seen| now < seen.ejected_until).count();
        if ejected as u32 >= ejection.at_most {
            return false;
        }
        let seen = &mut self.replicas[replica as usize];
        seen.errors = 0;
        seen.ejected_until = now + ejection.lasts;
        self.sort_out(now);
        true
    }

    /// A replica that was down is up again.
    pub fn warm_up(&mut self, replica: u32, now: Time) {
        if let Some(slow_start) = self.rules.slow_start {
            let seen = &mut self.replicas[replica as usize];
            (seen.back_since, seen.credit) = (Some(now), 0.0);
            self.warming_until = self.warming_until.max(now + slow_start);
        }
    }

    /// Takes back those whose ejection is over.
    pub(super) fn refresh(&mut self, now: Time) {
        if now < self.next_return {
            return;
        }
        for replica in 0..self.replicas.len() {
            let until = self.replicas[replica].ejected_until;
            if until > Time::ZERO && until <= now {
                self.replicas[replica].ejected_until = Time::ZERO;
                self.warm_up(replica as u32, until);
            }
        }
        self.sort_out(now);
    }

    fn sort_out(&mut self, now: Time) {
        self.candidates.clear();
        let replicas = (0..).zip(&self.replicas);
        self.candidates
            .extend(replicas.clone().filter(|(_, seen)| seen.is_in(now)).map(|(r, _)| r));
        self.fails_open = self.candidates.is_empty();
        if self.fails_open {
            let in_service = replicas.filter(|(_, seen)| !seen.out);
            self.candidates.extend(in_service.map(|(replica, _)| replica));
        }
        let ends = self.replicas.iter().map(|seen| seen.ejected_until).filter(|&end| end > now);
        self.next_return = ends.min().unwrap_or(Time::MAX);
    }

    /// The part of its share that a replica gets.
    pub(super) fn weight(&self, replica: u32, now: Time) -> f64 {
        let seen = &self.replicas[replica as usize];
        match (seen.back_since, self.rules.slow_start) {
            (Some(since), Some(slow_start)) => {
                seen.part * (now.since(since).0 as f64 / slow_start.0 as f64).min(1.0)
            }
            _ => seen.part,
        }
    }

    /// Whether it is a replica's turn that gets only this part of its turns.
    pub(super) fn takes_turn(&mut self, replica: u32, part: f64) -> bool {
        let credit = &mut self.replicas[replica as usize].credit;
        *credit += part;
        let takes = *credit >= 1.0;
        if takes {
            *credit -= 1.0;
        }
        takes
    }
}

impl Seen {
    fn is_in(&self, now: Time) -> bool {
        !self.out && !self.unhealthy && now >= self.ejected_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CounterId, EjectionRule};
    use crate::random::{Draw, Key};
    use crate::time::Duration;

    #[test]
    fn never_are_more_ejected_than_may_be() {
        let lasts = Duration(1_000);
        let rule = EjectionRule { errors: 2, lasts, at_most: 3, ejections: CounterId(0) };
        let rules = WatchRules { health: None, ejection: Some(rule), slow_start: None };
        let mut watch = Watch::new(rules, 7);
        let (mut ejections, mut most) = (0, 0);
        for answer in 0..20_000 {
            let now = Time(answer * 20);
            watch.refresh(now);
            let mut draw = Draw::new(answer, Key::new(1, 0, 0));
            // Two in three fail, of those that are in as of those that are out: late answers count for nothing.
            let (replica, well) = (draw.below(7), draw.below(3) == 0);
            ejections += u32::from(watch.answered(replica, well, now));
            let out = 7 - watch.candidates().len() as u32;
            most = most.max(out);
            assert!(out <= 3);
            assert!(watch.candidates().iter().all(|&replica| watch.is_candidate(replica, now)));
        }
        assert!(most == 3 && ejections > 100, "{most} at once, {ejections} in all");
    }
}
