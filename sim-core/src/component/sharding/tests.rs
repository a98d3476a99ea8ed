use super::*;
use crate::math;
use proptest::prelude::*;

fn zipf(alpha: f64) -> impl Fn(u64) -> f64 {
    move |key| math::pow((key + 1) as f64, -alpha)
}

fn hottest(shares: &[f64]) -> f64 {
    shares.iter().copied().fold(0.0, f64::max)
}

fn coldest(shares: &[f64]) -> f64 {
    shares.iter().copied().fold(1.0, f64::min)
}

fn near(a: f64, b: f64) -> bool {
    (a / b - 1.0).abs() < 1e-9
}

/// Sums of Zipf masses: 900 requests per second of 4 ms, and 2,750 of 5.9 ms.
#[test]
fn the_hot_shard_holds_the_sum_of_its_zipf_masses() {
    let shares = Sharding::new(&Scheme::Modulo, 16, 10_000, 1).shares(zipf(1.1));
    assert!(near(hottest(&shares), 0.188_943_408_839_620_05));
    assert!(near(900.0 * 0.004 * coldest(&shares), 0.137_682_277_450_767_97));
    assert!(near(1.0 / 0.004 / hottest(&shares), 1_323.147_505_040_550_6));
    let shares = Sharding::new(&Scheme::Modulo, 37, 52_000, 1).shares(zipf(0.83));
    assert!(near(hottest(&shares), 0.054_454_830_149_824_69));
    assert!(near(2_750.0 * 0.0059 * coldest(&shares), 0.376_650_966_797_920_2));
}

/// However many keys there are, the sum over groups is near the integral of the law's tail.
#[test]
fn many_keys_are_summed_in_groups() {
    let keys = 1_000_000_000;
    let shares =
        Sharding::new(&Scheme::Range { until: vec![1 << 21] }, 2, keys, 1).shares(zipf(1.0));
    // The harmonic numbers: ln n + Euler's constant.
    let harmonic = |n: f64| math::ln(n) + 0.577_215_664_9;
    let expected = harmonic((1u64 << 21) as f64) / harmonic(keys as f64);
    assert!((shares[0] - expected).abs() < 1e-4, "{} is not {expected}", shares[0]);
    // Representatives in step with the shards would all be on a few of them.
    let shares = Sharding::new(&Scheme::Modulo, 16, keys, 1).shares(|_| 1.0);
    assert!(hottest(&shares) < 0.065 && coldest(&shares) > 0.06, "{shares:?}");
}

/// The shares of equally popular keys that hash to `shards` are multinomial: Pearson's statistic.
#[test]
fn a_hash_spreads_keys_evenly() {
    for seed in 0..20 {
        let keys = 100_000;
        let shares = Sharding::new(&Scheme::Hash, 17, keys, seed).shares(|_| 1.0);
        let chi2: f64 =
            shares.iter().map(|share| (share * 17.0 - 1.0) * (share * 17.0 - 1.0)).sum::<f64>()
                / 17.0
                * keys as f64;
        // 16 degrees of freedom: beyond 51 once in 60,000.
        assert!(chi2 < 51.0, "seed {seed}: {chi2}");
    }
}

/// Of the keys that a scheme moves when an 11th shard joins, as theory has it; sampled shares within 5 σ.
#[test]
fn schemes_differ_in_what_an_eleventh_shard_moves() {
    let moved = |scheme: &Scheme, keys| {
        let placed = |shards| Sharding::new(scheme, shards, keys, 3);
        placed(10).moved(&placed(11))
    };
    let ring = Scheme::Consistent { vnodes: 1_000 };
    for keys in [1_000_000, 1_000_000_000] {
        // A key stays if its remainders by 10 and 11 agree: 10 of 110 do.
        assert!((moved(&Scheme::Hash, keys) - 10.0 / 11.0).abs() < 0.002);
        assert!((moved(&Scheme::Modulo, keys) - 10.0 / 11.0).abs() < 0.002);
        // Equal ranges: shard i keeps what lies in [i/10, (i+1)/11), together one half.
        assert!((moved(&Scheme::Range { until: vec![] }, keys) - 0.5).abs() < 0.002);
        // A share of 1/11 with a coefficient of variation of 3 %.
        assert!((moved(&ring, keys) - 1.0 / 11.0).abs() < 0.014);
    }
    // Of 100 periods, 10 to a shard, the oldest shard gives up the last 10.
    assert_eq!(moved(&Scheme::Time { periods: 10 }, 110), 10.0 / 110.0);
    assert_eq!(moved(&Scheme::Time { periods: 1_000 }, 110), 0.0);
    assert_eq!(
        moved(&Scheme::Directory(vec![DirectoryEntry { first: 0, last: 999, shard: 4 }]), 1_000),
        0.0
    );
}

/// Counting keys and measuring arcs are two ways to the same share.
#[test]
fn arcs_and_counts_agree() {
    let placed = |shards, keys| Sharding::new(&Scheme::Consistent { vnodes: 50 }, shards, keys, 8);
    let counted = placed(20, 1_000_000).moved(&placed(17, 1_000_000));
    let measured = placed(20, u64::MAX).moved(&placed(17, u64::MAX));
    assert!((counted - measured).abs() < 0.002, "{counted} {measured}");
}

#[test]
fn ranges_are_contiguous_and_end_where_they_are_told() {
    let placed = Sharding::new(&Scheme::Range { until: vec![3, 10] }, 3, 20, 1);
    let shards: Vec<u32> =
        [0, 2, 3, 9, 10, 19].into_iter().map(|key| placed.shard_of(key)).collect();
    assert_eq!(shards, [0, 0, 1, 1, 2, 2]);
}

#[test]
fn the_newest_period_is_on_the_last_shard_and_the_first_is_the_archive() {
    let placed = Sharding::new(&Scheme::Time { periods: 7 }, 4, 100, 1);
    let shards: Vec<u32> =
        [0, 6, 7, 20, 21, 27, 99].into_iter().map(|key| placed.shard_of(key)).collect();
    assert_eq!(shards, [3, 3, 2, 1, 0, 0, 0]);
}

#[test]
fn a_directory_names_hot_keys_and_leaves_the_rest_to_the_hash() {
    let hot = DirectoryEntry { first: 0, last: 0, shard: 7 };
    let (plain, named) = (Scheme::Hash, Scheme::Directory(vec![hot]));
    let [plain, named] = [plain, named].map(|scheme| Sharding::new(&scheme, 8, 1_000, 2));
    assert_eq!(named.shard_of(0), 7);
    assert!((1..1_000).all(|key| named.shard_of(key) == plain.shard_of(key)));
}

/// Binomial: a standard deviation of 0.0014 at 100,000 keys.
#[test]
fn regions_own_keys_by_weight() {
    let scheme = Scheme::Region { weights: vec![6.0, 0.0, 3.0, 1.0] };
    let shares = Sharding::new(&scheme, 4, 100_000, 1).shares(|_| 1.0);
    for (share, expected) in shares.into_iter().zip([0.6, 0.0, 0.3, 0.1]) {
        assert!((share - expected).abs() < 0.008);
    }
}

fn any_scheme() -> impl Strategy<Value = Scheme> {
    let entry = (0u64..2_000, 0u64..2_000, 0u32..100)
        .prop_map(|(first, last, shard)| DirectoryEntry { first, last, shard });
    prop_oneof![
        Just(Scheme::Modulo),
        Just(Scheme::Hash),
        prop::collection::btree_set(0u64..2_000, 0..20)
            .prop_map(|ends| Scheme::Range { until: ends.into_iter().collect() }),
        (0u32..20).prop_map(|vnodes| Scheme::Consistent { vnodes }),
        prop::collection::vec(entry, 0..10).prop_map(Scheme::Directory),
        (0u64..100).prop_map(|periods| Scheme::Time { periods }),
        prop::collection::vec(0.0f64..10.0, 0..20).prop_map(|weights| Scheme::Region { weights }),
    ]
}

proptest! {
    /// Whatever is asked for, every key has a shard, and equal ranges differ by one key at most.
    #[test]
    fn every_key_has_a_shard(scheme in any_scheme(), shards in 0u32..60, keys in 0u64..2_000, seed: u64) {
        let placed = Sharding::new(&scheme, shards, keys, seed);
        let mut sizes = vec![0u64; placed.shards() as usize];
        (0..keys).for_each(|key| sizes[placed.shard_of(key) as usize] += 1);
        prop_assert!(placed.shard_of(u64::MAX) < placed.shards());
        prop_assert_eq!(placed.moved(&placed), 0.0);
        if scheme == (Scheme::Range { until: vec![] }) {
            prop_assert!(sizes.iter().max().unwrap() - sizes.iter().min().unwrap() <= 1);
            prop_assert!(sizes.is_sorted_by(|a, b| a >= b));
        }
    }
}
