//! Balancers: which replica a request goes to.
//!
//! What knows nothing of its replicas chooses by its policy among all of them. What watches them (health checks,
//! ejection, slow start) or looks at keys or zones chooses with care: among those that may be sent something, by weight.

mod careful;
mod ring;
mod watch;
mod zones;

pub use watch::Watch;

use super::NONE;
use ring::Ring;
use zones::Zones;

use crate::model::{Front, Service};
use crate::random::{Draw, Key};
use crate::spec::{Balancer, Ties};

/// A balancer at work.
#[derive(Debug)]
pub struct Balancing {
    policy: Policy,
    /// Requests sent to each replica and not yet answered.
    outstanding: Vec<u32>,
    key: Key,
    /// What is known of the replicas, if anybody looks.
    watch: Option<Box<Watch>>,
    /// Where they are, if requests stay in their zone.
    zones: Option<Box<Zones>>,
    /// Of one that balances connections: the replica of each, or [`NONE`].
    connections: Vec<u32>,
    /// Whether it does any of this.
    careful: bool,
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
    Hashed(Box<Ring>),
}

impl Balancing {
    /// A balancer in front of a service's idle replicas in one region.
    pub fn new(service: &Service, front: &Front, key: Key) -> Balancing {
        let replicas = front.replicas;
        let policy = match &service.balancer_of(front) {
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
            Balancer::ConsistentHash { vnodes, bounded, .. } => {
                Policy::Hashed(Box::new(Ring::new(replicas, *vnodes, *bounded, service.site)))
            }
        };
        let watch = service
            .watch
            .map(|rules| Box::new(Watch::new(rules.within(replicas, service.replicas), replicas)));
        let connections = vec![NONE; service.connections.unwrap_or(0) as usize];
        let places = front.first as usize..(front.first + replicas) as usize;
        let zones =
            service.zone_affinity.then(|| Box::new(Zones::new(&service.replica_places[places])));
        let careful = watch.is_some()
            || zones.is_some()
            || matches!(policy, Policy::Hashed(_))
            || service.connections.is_some()
            || service.function.is_some();
        let outstanding = vec![0; replicas as usize];
        Balancing { policy, outstanding, key, watch, zones, connections, careful }
    }

    /// Whether it looks at keys or zones, balances connections or watches its replicas, so that
    /// [`Balancing::choose_with_care`] is to choose.
    #[inline]
    pub fn is_careful(&self) -> bool {
        self.careful
    }

    /// What it knows of its replicas, if it watches them.
    #[inline]
    pub fn watch(&mut self) -> Option<&mut Watch> {
        self.watch.as_deref_mut()
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
        let outstanding = &mut self.outstanding[replica as usize];
        // What a crashed replica worked on is forgotten with it, and never answered.
        debug_assert!(*outstanding > 0, "an answer to no request");
        *outstanding = outstanding.saturating_sub(1);
    }

    /// Requests that a replica has not answered yet.
    pub fn outstanding(&self, replica: u32) -> u32 {
        self.outstanding[replica as usize]
    }

    /// A replica has crashed: nothing that was outstanding there will be answered.
    pub fn forget(&mut self, replica: u32) {
        self.outstanding[replica as usize] = 0;
        self.disconnect(replica);
    }

    /// The connections to a replica are gone.
    pub fn disconnect(&mut self, replica: u32) {
        self.connections.iter_mut().filter(|to| **to == replica).for_each(|to| *to = NONE);
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
            Policy::Hashed(_) => unreachable!("who looks at keys chooses with care"),
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
