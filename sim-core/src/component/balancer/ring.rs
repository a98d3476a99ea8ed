//! A ring of hashes: which replica a key lies on, and who is next if that one cannot take it.

use crate::random::mix;

/// The most points that a ring has, of all replicas together: it is looked up by binary search, for every request.
const POINTS_MAX: u32 = 1_000_000;

/// Points in ascending order, and the replica of each.
#[derive(Debug)]
pub(super) struct Ring {
    points: Box<[(u64, u32)]>,
    /// How many times the mean a replica may have outstanding.
    bounded: Option<f64>,
    salt: u64,
}

impl Ring {
    /// A point depends on its replica and its number there only, so that one that joins leaves the others in place.
    pub(super) fn new(replicas: u32, vnodes: u32, bounded: Option<f64>, site: u64) -> Ring {
        let vnodes = vnodes.min(POINTS_MAX / replicas).max(1);
        let salt = mix(site);
        let of_replica = |replica: u32| {
            let base = mix(mix(!salt).wrapping_add(u64::from(replica)));
            (0..vnodes).map(move |vnode| (mix(base.wrapping_add(u64::from(vnode))), replica))
        };
        let mut points: Vec<(u64, u32)> = (0..replicas).flat_map(of_replica).collect();
        points.sort_unstable();
        Ring { points: points.into(), bounded, salt }
    }

    /// The first replica from a key's place on that may be sent something and is not loaded beyond the bound.
    pub(super) fn choose(&self, key: u64, may: impl Fn(u32) -> bool, outstanding: &[u32]) -> u32 {
        let bound = self.bounded.map_or(u32::MAX, |bounded| {
            let (mut replicas, mut all) = (0, 1);
            for (_, &load) in (0..).zip(outstanding).filter(|&(replica, _)| may(replica)) {
                (replicas, all) = (replicas + 1, all + u64::from(load));
            }
            (bounded * all as f64 / f64::from(replicas.max(1))).ceil() as u32
        });
        let hash = mix(key ^ self.salt);
        let from = self.points.partition_point(|&(point, _)| point < hash);
        let (before, after) = self.points.split_at(from);
        let mut on_the_way = after.iter().chain(before).map(|&(_, replica)| replica);
        let fits = |replica: u32| may(replica) && outstanding[replica as usize] < bound;
        // Somebody has no more than the mean, and room for one more.
        on_the_way.find(|&replica| fits(replica)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLICAS: u32 = 10;

    #[test]
    fn only_the_keys_of_who_is_gone_move() {
        let ring = Ring::new(REPLICAS, 100, None, 7);
        let idle = [0; REPLICAS as usize];
        let mut moved = [0; REPLICAS as usize];
        for key in 0..20_000 {
            let before = ring.choose(key, |_| true, &idle);
            let after = ring.choose(key, |replica| replica != 3, &idle);
            assert!(after != 3 && (before == 3 || before == after));
            if before == 3 {
                moved[after as usize] += 1;
            }
        }
        // They go to all others, not to one neighbour.
        assert_eq!(moved.iter().filter(|&&keys| keys > 0).count(), REPLICAS as usize - 1);
    }

    #[test]
    fn nobody_is_loaded_beyond_the_bound() {
        let ring = Ring::new(REPLICAS, 100, Some(1.25), 7);
        let mut outstanding = [0; REPLICAS as usize];
        for request in 1..=1_000u32 {
            // One key only: without the bound one replica would get all.
            outstanding[ring.choose(42, |_| true, &outstanding) as usize] += 1;
            let bound = (1.25 * f64::from(request) / f64::from(REPLICAS)).ceil() as u32;
            assert!(outstanding.iter().all(|&load| load <= bound), "{outstanding:?}");
        }
    }

    #[test]
    fn shares_are_even_within_what_a_hundred_points_give() {
        // A share of 100 of 1000 spacings has a coefficient of variation of 9.5 %: five of these are far.
        let ring = Ring::new(REPLICAS, 100, None, 3);
        let mut keys = [0u32; REPLICAS as usize];
        for key in 0..100_000 {
            keys[ring.choose(key, |_| true, &[0; REPLICAS as usize]) as usize] += 1;
        }
        assert!(keys.iter().all(|&keys| keys.abs_diff(10_000) < 4_750), "{keys:?}");
    }
}
