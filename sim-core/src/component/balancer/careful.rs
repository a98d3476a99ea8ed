//! Choosing with care: among the replicas that may be sent something, some of them for less than their share.

use super::{Balancing, Policy, draw_different};
use crate::random::Draw;
use crate::time::Time;

impl Balancing {
    /// The replica for a request, which is outstanding from now on. `key` is what the request is about, where keys
    /// decide.
    pub fn choose_with_care(&mut self, request: u64, key: u64, now: Time) -> u32 {
        if let Some(watch) = &mut self.watch {
            watch.refresh(now);
        }
        let chosen = match &self.policy {
            Policy::Hashed(ring) => {
                let may =
                    |replica| self.watch.as_ref().is_none_or(|w| w.is_candidate(replica, now));
                ring.choose(key, may, &self.outstanding)
            }
            _ if self.watch.as_ref().is_none_or(|watch| watch.is_even(now)) => {
                return self.choose(request);
            }
            _ => self.pick_among(request, now),
        };
        self.outstanding[chosen as usize] += 1;
        chosen
    }

    /// Chooses by policy, where some are left out or do not get all of their share.
    fn pick_among(&mut self, request: u64, now: Time) -> u32 {
        let Some(watch) = &mut self.watch else { return 0 };
        let mut draw = Draw::new(request, self.key);
        let candidates = watch.candidates();
        let most = candidates.iter().map(|&c| watch.weight(c, now)).fold(0.0, f64::max);
        // Where all have just come back, all are equal.
        let part = |weight: f64| if most > 0.0 { weight / most } else { 1.0 };
        // Of requests outstanding and this one, as if the replica were as large as its part.
        let load =
            |c: u32| (f64::from(self.outstanding[c as usize]) + 1.0) / part(watch.weight(c, now));
        match &mut self.policy {
            // Whoever has the largest weight takes every turn, so this ends within a round.
            Policy::RoundRobin { next } => loop {
                let candidates = watch.candidates();
                let place = candidates.partition_point(|&candidate| candidate < *next);
                let chosen = candidates[if place == candidates.len() { 0 } else { place }];
                *next = chosen + 1;
                let part = part(watch.weight(chosen, now));
                if part >= 1.0 || watch.takes_turn(chosen, part) {
                    return chosen;
                }
            },
            Policy::Weighted(shares) => {
                let share = |c: u32| {
                    let before = c.checked_sub(1).map_or(0, |before| shares[before as usize]);
                    (shares[c as usize] - before) as f64
                };
                by_weight(&mut draw, candidates, |c| share(c) * part(watch.weight(c, now)))
            }
            Policy::Random => by_weight(&mut draw, candidates, |c| part(watch.weight(c, now))),
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
