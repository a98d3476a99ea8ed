//! Balancers: which replica a request goes to.

use crate::random::{Draw, Key};
use crate::spec::{Balancer, Ties};

/// A balancer at work.
#[derive(Debug)]
pub struct Balancing {
    policy: Policy,
    /// Requests sent to each replica and not yet answered.
    outstanding: Vec<u32>,
    key: Key,
}

#[derive(Debug)]
enum Policy {
    RoundRobin {
        next: u32,
    },
    Random,
    /// Cumulated shares, as fractions of `2^64`.
    Weighted(Vec<u64>),
    LeastOutstanding {
        drawn_ties: bool,
    },
    PowerOf {
        d: u32,
        drawn_ties: bool,
        sample: Vec<u32>,
    },
}

impl Balancing {
    /// A balancer in front of `replicas` idle replicas.
    pub fn new(balancer: &Balancer, replicas: u32, key: Key) -> Balancing {
        let policy = match balancer {
            Balancer::RoundRobin => Policy::RoundRobin { next: 0 },
            Balancer::Random => Policy::Random,
            Balancer::Weighted(weights) => Policy::Weighted(crate::model::shares(weights)),
            Balancer::LeastOutstanding { ties } => {
                Policy::LeastOutstanding { drawn_ties: *ties == Ties::Drawn }
            }
            Balancer::PowerOf { d, ties } => Policy::PowerOf {
                d: (*d).min(replicas),
                drawn_ties: *ties == Ties::Drawn,
                sample: Vec::with_capacity(*d as usize),
            },
        };
        Balancing { policy, outstanding: vec![0; replicas as usize], key }
    }

    /// The replica for a request, which is outstanding from now on. `request` is its identity, for draws.
    #[inline]
    pub fn choose(&mut self, request: u64) -> u32 {
        let replicas = self.outstanding.len() as u32;
        let chosen = if replicas == 1 { 0 } else { self.pick(request, replicas) };
        self.outstanding[chosen as usize] += 1;
        chosen
    }

    /// A request to `replica` has been answered.
    #[inline]
    pub fn answered(&mut self, replica: u32) {
        self.outstanding[replica as usize] -= 1;
    }

    /// A replica has crashed: nothing that was outstanding there will be answered.
    pub fn forget(&mut self, replica: u32) {
        self.outstanding[replica as usize] = 0;
    }

    fn pick(&mut self, request: u64, replicas: u32) -> u32 {
        let mut draw = Draw::new(request, self.key);
        match &mut self.policy {
            Policy::RoundRobin { next } => {
                let chosen = *next;
                *next = if chosen + 1 == replicas { 0 } else { chosen + 1 };
                chosen
            }
            Policy::Random => draw.below(replicas),
            Policy::Weighted(shares) => {
                let point = draw.bits();
                shares.iter().position(|&until| point <= until).unwrap_or(shares.len() - 1) as u32
            }
            Policy::LeastOutstanding { drawn_ties } => {
                let drawn = drawn_ties.then_some(&mut draw);
                least(0..replicas, &self.outstanding, drawn)
            }
            Policy::PowerOf { d, drawn_ties, sample } => {
                draw_different(&mut draw, *d, replicas, sample);
                let drawn = drawn_ties.then_some(&mut draw);
                least(sample.iter().copied(), &self.outstanding, drawn)
            }
        }
    }
}

/// The candidate with the fewest outstanding; among equals the lowest-numbered, or one drawn.
fn least(
    candidates: impl Iterator<Item = u32>,
    outstanding: &[u32],
    mut draw: Option<&mut Draw>,
) -> u32 {
    let (mut best, mut fewest, mut equals) = (0, u32::MAX, 0);
    for candidate in candidates {
        let load = outstanding[candidate as usize];
        if load < fewest {
            (best, fewest, equals) = (candidate, load, 1);
        } else if load == fewest {
            // Reservoir sampling: the n-th equal replaces the choice with probability 1/n.
            equals += 1;
            let replaces = draw.as_mut().map_or(candidate < best, |draw| draw.below(equals) == 0);
            if replaces {
                best = candidate;
            }
        }
    }
    best
}

/// Draws `d` different numbers below `n` (Floyd's algorithm).
fn draw_different(draw: &mut Draw, d: u32, n: u32, sample: &mut Vec<u32>) {
    sample.clear();
    for upper in n - d..n {
        let drawn = draw.below(upper + 1);
        sample.push(if sample.contains(&drawn) { upper } else { drawn });
    }
}
