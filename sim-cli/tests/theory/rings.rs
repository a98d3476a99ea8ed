//! Rings of hashes: what shards own of them, over many rings.

use crate::campaign::Replication;
use crate::case::Case;
use sim_core::model::{Scheme, Sharding};
use sim_core::simulation::Seed;
use sim_core::stats::Welford;

const SHARDS: u32 = 10;
/// So many that what a shard owns of them is what it owns of the circle.
const KEYS: u64 = 1 << 50;
/// Rings of a replication of length 1.
const RINGS: f64 = 400.0;

/// What rings of one kind came to so far.
struct Rings {
    vnodes: u32,
    seed: Seed,
    drawn: u64,
    squared_cv: Welford,
    max: Welford,
    min: Welford,
    moved: Welford,
}

impl Rings {
    fn new(vnodes: u32, seed: Seed) -> Rings {
        let none = Welford::new;
        Rings {
            vnodes,
            seed,
            drawn: 0,
            squared_cv: none(),
            max: none(),
            min: none(),
            moved: none(),
        }
    }

    fn draw(&mut self) {
        let place = self.seed.seed << 48 | self.seed.replication << 32 | self.drawn;
        let ring = |shards| {
            Sharding::new(&Scheme::Consistent { vnodes: self.vnodes }, shards, KEYS, place)
        };
        let (before, after) = (ring(SHARDS), ring(SHARDS + 1));
        let over_mean: Vec<f64> =
            before.even_shares().iter().map(|share| share * f64::from(SHARDS)).collect();
        let squares = over_mean.iter().map(|ratio| (ratio - 1.0) * (ratio - 1.0)).sum::<f64>();
        self.squared_cv.extend([squares / f64::from(SHARDS)]);
        self.max.extend([over_mean.iter().copied().fold(0.0, f64::max)]);
        self.min.extend([over_mean.iter().copied().fold(f64::INFINITY, f64::min)]);
        self.moved.extend([before.moved(&after)]);
        self.drawn += 1;
    }
}

impl Replication for Rings {
    fn extend(&mut self, length: f64) {
        while (self.drawn as f64) < RINGS * length {
            self.draw();
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        match (self.vnodes, name) {
            (1, "one_vnode_max_over_mean") => Some(self.max.mean()),
            (1, "one_vnode_min_over_mean") => Some(self.min.mean()),
            (100, "max_over_mean_100_vnodes") => Some(self.max.mean()),
            (100, "keys_moved_when_an_11th_joins") => Some(self.moved.mean()),
            (vnodes, name) if name == format!("share_cv_{vnodes}_vnodes") => {
                Some(self.squared_cv.mean().sqrt())
            }
            _ => None,
        }
    }

    fn events(&self) -> u64 {
        self.drawn
    }
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn consistent_hash() {
    let Some(mut case) = Case::open("consistent-hash", &[]) else { return };
    for (design, vnodes) in [("", 1), ("10 points", 10), ("100 points", 100)] {
        case.measure(design, |seed| Rings::new(vnodes, seed));
    }
    case.close();
}
