//! Choosing with care: among the replicas that may be sent something, some of them for less than their share.

use super::super::NONE;
use super::{Balancing, Policy, Watch, draw_different};
use crate::random::Draw;
use crate::time::Time;

/// The part of a balancer's key that tells which connection a request comes on.
const CONNECTIONS: u64 = 1;

impl Balancing {
    /// The replica for a request, which is outstanding from now on. `key` is what the request is about, where keys
    /// decide; `from` is the place of a caller in the same region.
    pub fn choose_with_care(
        &mut self,
        request: u64,
        key: u64,
        from: Option<u16>,
        now: Time,
    ) -> u32 {
        if let Some(watch) = &mut self.watch {
            watch.refresh(now);
        }
        if self.connections.is_empty() {
            return self.balance(request, key, from, now);
        }
        let connections = self.connections.len() as u32;
        let on = Draw::new(request, self.key.part(CONNECTIONS)).below(connections) as usize;
        let to = self.connections[on];
        if to != NONE && self.watch.as_ref().is_none_or(|watch| watch.is_candidate(to, now)) {
            self.outstanding[to as usize] += 1;
            return to;
        }
        self.connections[on] = self.balance(request, key, from, now);
        self.connections[on]
    }

    fn balance(&mut self, request: u64, key: u64, from: Option<u16>, now: Time) -> u32 {
        let Balancing { watch, zones, .. } = self;
        let may = |replica| watch.as_ref().is_none_or(|watch| watch.is_candidate(replica, now));
        let zone = match (zones, from) {
            (Some(zones), Some(from)) => zones.look(from, may).then_some(from),
            _ => None,
        };
        let chosen = match &self.policy {
            Policy::Hashed(ring) => ring.choose(key, may, &self.outstanding),
            _ if zone.is_none() && watch.as_ref().is_none_or(|watch| watch.is_even(now)) => {
                return self.choose(request);
            }
            _ => self.pick_among(request, zone, now),
        };
        self.outstanding[chosen as usize] += 1;
        chosen
    }

    /// Chooses by policy, where some are left out (all but those of a zone) or do not get all of their share.
    fn pick_among(&mut self, request: u64, zone: Option<u16>, now: Time) -> u32 {
        let Balancing { policy, outstanding, key, watch, zones, .. } = self;
        let replicas = outstanding.len() as u32;
        let mut draw = Draw::new(request, *key);
        let (here, next_here) = match (zone, zones) {
            (Some(zone), Some(zones)) => {
                (Some(&zones.candidates[..]), Some(&mut zones.next[usize::from(zone)]))
            }
            _ => (None, None),
        };
        let candidates = of_all(here, watch);
        let weight = |c: u32| watch.as_ref().map_or(1.0, |watch| watch.weight(c, now));
        let most = candidates.iter().map(|&c| weight(c)).fold(0.0, f64::max);
        // Where all have just come back, all are equal.
        let part = |weight: f64| if most > 0.0 { weight / most } else { 1.0 };
        // Of requests outstanding and this one, as if the replica were as large as its part.
        let load = |c: u32| (f64::from(outstanding[c as usize]) + 1.0) / part(weight(c));
        match policy {
            // Whoever has the largest weight takes every turn, so this ends within a round.
            Policy::RoundRobin { next } => {
                // A zone has turns of its own: those of other zones would always end at the same replica.
                let next = next_here.unwrap_or(next);
                loop {
                    let candidates = of_all(here, watch);
                    let place = candidates.partition_point(|&candidate| candidate < *next);
                    let chosen = candidates[if place == candidates.len() { 0 } else { place }];
                    *next = if chosen + 1 == replicas { 0 } else { chosen + 1 };
                    let Some(watch) = watch else { return chosen };
                    let part = part(watch.weight(chosen, now));
                    if part >= 1.0 || watch.takes_turn(chosen, part) {
                        return chosen;
                    }
                }
            }
            Policy::Weighted(shares) => {
                let share = |c: u32| {
                    let before = c.checked_sub(1).map_or(0, |before| shares[before as usize]);
                    (shares[c as usize] - before) as f64
                };
                by_weight(&mut draw, candidates, |c| share(c) * part(weight(c)))
            }
            Policy::Random => by_weight(&mut draw, candidates, |c| part(weight(c))),
            Policy::LeastOutstanding { drawn_ties } => {
                let drawn = drawn_ties.then_some(&mut draw);
                lightest(candidates.iter().copied(), load, drawn)
            }
            Policy::PowerOf { d, drawn_ties, sample } => {
                let n = candidates.len() as u32;
                draw_different(&mut draw, (*d).min(n), n, sample);
                let drawn = drawn_ties.then_some(&mut draw);
                lightest(sample.iter().map(|&place| candidates[place as usize]), load, drawn)
            }
            Policy::Hashed(_) => unreachable!("a key has its place"),
        }
    }
}

/// Those of a zone, or else all that may be sent something.
fn of_all<'a>(here: Option<&'a [u32]>, watch: &'a Option<Box<Watch>>) -> &'a [u32] {
    match (here, watch) {
        (Some(here), _) => here,
        (None, Some(watch)) => watch.candidates(),
        (None, None) => unreachable!("where nobody is left out the policy chooses"),
    }
}

/// A candidate drawn by weight; where all weigh nothing, any.
fn by_weight(draw: &mut Draw, candidates: &[u32], weight: impl Fn(u32) -> f64) -> u32 {
    let total: f64 = candidates.iter().map(|&c| weight(c)).sum();
    if total <= 0.0 {
        return candidates[draw.below(candidates.len() as u32) as usize];
    }
    let mut point = draw.uniform() * total;
    for &candidate in candidates {
        point -= weight(candidate);
        if point < 0.0 {
            return candidate;
        }
    }
    // Rounding: the last that weighs anything.
    let last = candidates.iter().rev().find(|&&c| weight(c) > 0.0);
    last.copied().unwrap_or(candidates[0])
}

/// The candidate with the smallest load; among equals the first, or one drawn.
fn lightest(
    candidates: impl Iterator<Item = u32>,
    load: impl Fn(u32) -> f64,
    mut draw: Option<&mut Draw>,
) -> u32 {
    let (mut best, mut smallest, mut equals) = (None, f64::INFINITY, 0);
    for candidate in candidates {
        let load = load(candidate);
        if best.is_none() || load < smallest {
            (best, smallest, equals) = (Some(candidate), load, 1);
        } else if load == smallest {
            equals += 1;
            if draw.as_mut().is_some_and(|draw| draw.below(equals) == 0) {
                best = Some(candidate);
            }
        }
    }
    best.unwrap_or(0)
}
