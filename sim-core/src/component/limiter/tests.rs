use super::*;
use crate::random::{Draw, Key, exponential};
use crate::stats::Welford;
use crate::time::SECOND;
use proptest::prelude::*;
use std::collections::BTreeSet;

const MS: u64 = 1_000_000;

/// The share of Poisson arrivals that a bucket of 20 tokens and 100 per second refuses.
fn refused(rate: f64, replication: u64) -> f64 {
    const WARM_UP: u64 = 5_000;
    const ARRIVALS: u64 = 300_000;
    let key = Key::new(1, replication, 3);
    let mut limiter = Limiter::new(&Limit::TokenBucket { rate: 100.0, burst: 20 });
    let mut now = Time::ZERO;
    let mut refused = 0;
    for request in 0..WARM_UP + ARRIVALS {
        now = now + Duration::from_secs(exponential(&mut Draw::new(request, key)) / rate);
        if limiter.admit(now) == Pass::No && request >= WARM_UP {
            refused += 1;
        }
    }
    f64::from(refused) / ARRIVALS as f64
}

/// M/D/1 with bounded work: O. Brun, J.-M. Garcia, "Analytical Solution of Finite Capacity M/D/1 Queues", Journal of
/// Applied Probability 37 (2000). The interval fails once in 10,000.
#[test]
fn a_token_bucket_refuses_as_theory_has_it() {
    for (rate, truth) in [(95.0, 0.008_068_649_642_8), (130.0, 0.230_773_522_079_2)] {
        let mut seen = Welford::new();
        seen.extend((0..30).map(|replication| refused(rate, replication)));
        let estimate = seen.estimate(0.9999);
        assert!(estimate.contains(truth), "{rate}: {truth} is not in {estimate:?}");
        assert!(estimate.relative_half_width() < 0.1, "{estimate:?}");
    }
}

/// Rates whose period is a whole number of nanoseconds, so that a plain count of tokens is exact too.
fn whole_rate() -> impl Strategy<Value = u64> {
    prop::sample::select(vec![1, 2, 5, 10, 64, 100, 625, 1_000, 10_000, 1_000_000])
}

/// Instants, some of them equal, on the scale of the period of a rate.
fn instants(rate: u64) -> impl Strategy<Value = Vec<u64>> {
    let period = 1_000_000_000 / rate;
    let gap = prop_oneof![Just(0), Just(period), 0..period, 0..10 * period];
    prop::collection::vec(gap, 1..200).prop_map(|gaps| {
        gaps.into_iter().scan(0, |now, gap| Some(std::mem::replace(now, *now + gap))).collect()
    })
}

/// Who comes to a line that leaves one by one: waits for its turn, or is refused if as many wait as may.
fn join_line(departures: &mut Vec<u64>, now: u64, period: u64, queue: u32) -> Pass {
    let waiting = departures.iter().filter(|&&departure| departure > now).count();
    let turn = departures.last().map_or(now, |last| (last + period).max(now));
    if turn > now && waiting >= queue as usize {
        return Pass::No;
    }
    departures.push(turn);
    if turn == now { Pass::Now } else { Pass::After(Duration(turn - now)) }
}

proptest! {
    /// A bucket as it is drawn on a board: tokens in units of 10^-9, refilled up to the brim, one taken.
    #[test]
    fn virtual_scheduling_is_a_bucket_of_tokens(
        (rate, instants) in whole_rate().prop_flat_map(|rate| (Just(rate), instants(rate))),
        burst in 1u32..30,
    ) {
        let mut limiter = Limiter::new(&Limit::TokenBucket { rate: rate as f64, burst });
        let brim = u64::from(burst) * 1_000_000_000;
        let (mut tokens, mut before) = (brim, 0);
        for now in instants {
            tokens = (tokens + (now - before) * rate).min(brim);
            before = now;
            let expected = if tokens >= 1_000_000_000 { Pass::Now } else { Pass::No };
            prop_assert_eq!(limiter.admit(Time(now)), expected);
            tokens -= if expected == Pass::Now { 1_000_000_000 } else { 0 };
        }
    }

    /// In no window, however chosen, do more pass than the burst and what the window refills.
    #[test]
    fn never_more_than_the_burst_and_the_refill_pass(
        rate in 0.5f64..1e6, burst in 1u32..30, gaps in prop::collection::vec(0.0f64..3.0, 1..200),
    ) {
        let mut limiter = Limiter::new(&Limit::TokenBucket { rate, burst });
        let mut now = Time::ZERO;
        let mut passed = Vec::new();
        for gap in gaps {
            now = now + Duration::from_secs(gap * gap / rate);
            if limiter.admit(now) == Pass::Now {
                passed.push(now);
            }
        }
        for (i, first) in passed.iter().enumerate() {
            for (count, last) in (1..).zip(&passed[i..]) {
                let allowed = f64::from(burst) + rate * last.since(*first).as_secs();
                prop_assert!(f64::from(count) <= allowed + 1e-6);
            }
        }
    }

    /// The same board when somebody brings another bucket and another tap: what was in the first one is poured over.
    #[test]
    fn a_bucket_that_is_changed_keeps_its_tokens(
        ((rate, instants), then) in
            (whole_rate().prop_flat_map(|rate| (Just(rate), instants(rate))), whole_rate()),
        bursts in prop::array::uniform2(1u32..30),
        when in 0usize..200,
    ) {
        let bucket = |rate: u64, burst| Limit::TokenBucket { rate: rate as f64, burst };
        let mut limiter = Limiter::new(&bucket(rate, bursts[0]));
        let mut keyed = KeyedBuckets::new(rate as f64, bursts[0], 3);
        let (mut rate, mut brim) = (rate, u64::from(bursts[0]) * 1_000_000_000);
        let (mut tokens, mut before) = (brim, 0);
        for (number, now) in instants.into_iter().enumerate() {
            tokens = (tokens + (now - before) * rate).min(brim);
            before = now;
            if number == when {
                (rate, brim) = (then, u64::from(bursts[1]) * 1_000_000_000);
                tokens = tokens.min(brim);
                limiter.change(&bucket(rate, bursts[1]), Time(now));
                keyed.change(rate as f64, bursts[1], Time(now));
            }
            let expected = if tokens >= 1_000_000_000 { Pass::Now } else { Pass::No };
            prop_assert_eq!(limiter.admit(Time(now)), expected);
            prop_assert_eq!(keyed.admit(Time(now), 1), expected);
            tokens -= if expected == Pass::Now { 1_000_000_000 } else { 0 };
        }
    }

    /// Who waits in a line keeps its turn when the pace changes, and counts as one who waits.
    #[test]
    fn a_leaky_bucket_that_is_changed_is_a_line_with_other_departures(
        ((rate, instants), then) in
            (whole_rate().prop_flat_map(|rate| (Just(rate), instants(rate))), whole_rate()),
        queues in prop::array::uniform3(0u32..10),
        when in 0usize..100,
    ) {
        let bucket = |rate: u64, queue| Limit::LeakyBucket { rate: rate as f64, queue };
        let mut limiter = Limiter::new(&bucket(rate, queues[0]));
        let (mut period, mut queue) = (1_000_000_000 / rate, queues[0]);
        let mut departures: Vec<u64> = Vec::new();
        for (number, now) in instants.into_iter().enumerate() {
            for (turn, rate) in [(when, then), (2 * when + 1, rate)] {
                if number == turn {
                    queue = queues[1 + usize::from(turn > when)];
                    period = 1_000_000_000 / rate;
                    limiter.change(&bucket(rate, queue), Time(now));
                }
            }
            let expected = join_line(&mut departures, now, period, queue);
            prop_assert_eq!(limiter.admit(Time(now)), expected);
        }
    }

    /// A line of requests that leave one by one: a request is refused if as many wait as may.
    #[test]
    fn a_leaky_bucket_is_a_line_with_steady_departures(
        (rate, instants) in whole_rate().prop_flat_map(|rate| (Just(rate), instants(rate))),
        queue in 0u32..10,
    ) {
        let mut limiter = Limiter::new(&Limit::LeakyBucket { rate: rate as f64, queue });
        let period = 1_000_000_000 / rate;
        let mut departures: Vec<u64> = Vec::new();
        for now in instants {
            let expected = join_line(&mut departures, now, period, queue);
            prop_assert_eq!(limiter.admit(Time(now)), expected);
        }
    }
}

/// A period of a third of a microsecond is no whole number of nanoseconds, and yet three million make a second.
#[test]
fn no_rounding_adds_up() {
    let mut limiter = Limiter::new(&Limit::LeakyBucket { rate: 3e6, queue: 1 });
    let mut leaves = Time::ZERO;
    for request in 0..3_000_000u64 {
        match limiter.admit(leaves) {
            Pass::After(wait) => leaves = leaves + wait,
            pass => assert_eq!((pass, request), (Pass::Now, 0)),
        }
    }
    // The last leaves a period before the second is over.
    assert!((999_999_666..=999_999_668).contains(&leaves.0), "{leaves:?}");
}

#[test]
fn extreme_rates_are_limits_too() {
    let bucket = |rate| Limiter::new(&Limit::TokenBucket { rate, burst: 2 });
    let mut never = bucket(0.0);
    let passes = [0, 1, u64::MAX].map(|now| never.admit(Time(now)));
    assert_eq!(passes, [Pass::Now, Pass::Now, Pass::No]);
    let mut always = bucket(f64::INFINITY);
    assert!((0..100).all(|_| always.admit(Time::ZERO) == Pass::Now));
    let mut shaper = Limiter::new(&Limit::LeakyBucket { rate: 0.0, queue: u32::MAX });
    assert_eq!(shaper.admit(Time(5)), Pass::Now);
    assert_eq!(shaper.admit(Time(5)), Pass::After(Duration(u64::MAX)));
}

#[test]
fn a_fixed_limit_counts_who_is_under_way() {
    let mut limiter = Limiter::new(&Limit::Fixed(2));
    let passes = [(); 3].map(|()| limiter.admit(Time::ZERO));
    assert_eq!(passes, [Pass::Now, Pass::Now, Pass::No]);
    assert_eq!((limiter.in_flight(), limiter.limit()), (2, Some(2)));
    limiter.ended(Time(1), Duration(1), false);
    assert_eq!([limiter.admit(Time(1)), limiter.admit(Time(1))], [Pass::Now, Pass::No]);
}

/// Rounds in which all who may pass do so together, and end together. Returns the limit before each round.
fn rounds(
    limiter: &mut Limiter,
    count: u64,
    start: Time,
    outcome: impl Fn(u32, u32) -> (Duration, bool),
) -> (Vec<f64>, Time) {
    let mut now = start;
    let mut limits = Vec::new();
    for _ in 0..count {
        limits.push(f64::from(limiter.limit().unwrap()));
        while limiter.admit(now) == Pass::Now {}
        let crowd = limiter.in_flight();
        let longest = (0..crowd).map(|i| outcome(i, crowd).0).max().unwrap();
        now = now + longest;
        for (latency, ok) in (0..crowd).map(|i| outcome(i, crowd)) {
            limiter.ended(now, latency, ok);
        }
        assert_eq!(limiter.in_flight(), 0);
        now = now + Duration(1);
    }
    (limits, now)
}

/// A crowd of requests of 10 ms each: whoever ends is replaced at once, if the limiter lets it. Those that find more
/// than `capacity` under way end as `beyond` says. Returns the limit every 10 ms.
fn crowd(limiter: &mut Limiter, capacity: u32, rounds: u64, beyond: (Duration, bool)) -> Vec<f64> {
    let mut under_way: BTreeSet<(Time, u64, bool, Duration)> = BTreeSet::new();
    let (mut now, mut requests, mut limits) = (Time::ZERO, 0, Vec::new());
    while (limits.len() as u64) < rounds {
        while limiter.admit(now) == Pass::Now {
            let fits = limiter.in_flight() <= capacity;
            let (latency, ok) = if fits { (Duration(10 * MS), true) } else { beyond };
            under_way.insert((now + latency, requests, ok, latency));
            requests += 1;
        }
        let (end, _, ok, latency) = under_way.pop_first().unwrap();
        if end.0 / (10 * MS) > now.0 / (10 * MS) {
            limits.push(f64::from(limiter.limit().unwrap()));
        }
        now = end;
        limiter.ended(now, latency, ok);
    }
    limits
}

/// Additive increase to just above the capacity, one decrease, and again: the limit is uniform between the decreased
/// peak and the peak, wherever it started.
#[test]
fn aimd_saws_between_the_capacity_and_its_decreased_part() {
    for (start, beyond) in [(1, (10, false)), (1_000, (10, false)), (1, (25, true))] {
        let slow = Duration(20 * MS);
        let aimd = Aimd { min: 1, max: 1_000, start, increase: 1.0, decrease: 0.7, slow };
        let mut limiter = Limiter::new(&Limit::Aimd(aimd));
        let limits = crowd(&mut limiter, 100, 1_000, (Duration(beyond.0 * MS), beyond.1));
        let settled = &limits[300..];
        // The news comes a latency later, in which the limit has grown by one for each 10 ms.
        let peak = 101.0 + beyond.0 as f64 / 10.0;
        assert!(
            settled.iter().all(|limit| (0.7 * peak - 2.0..=peak + 2.0).contains(limit)),
            "{peak} {limits:?}"
        );
        let mean = settled.iter().sum::<f64>() / settled.len() as f64;
        assert!((mean / (0.85 * peak) - 1.0).abs() < 0.05, "{mean}");
        // A tooth is 0.3 · peak long, and until the crowd has thinned out to the limit.
        let falls = settled.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert!((19..=23).contains(&falls), "{falls}");
    }
}

/// The 10,000 requests that were under way when the trouble began lower the limit once.
#[test]
fn one_trouble_is_one_decrease() {
    let slow = Duration(20 * MS);
    let aimd = Aimd { min: 1, max: 100_000, start: 10_000, increase: 1.0, decrease: 0.5, slow };
    let mut limiter = Limiter::new(&Limit::Aimd(aimd));
    let (limits, _) = rounds(&mut limiter, 4, Time::ZERO, |_, _| (Duration(MS), false));
    assert_eq!(limits, [10_000.0, 5_000.0, 2_500.0, 1_250.0]);
}

fn gradient(window: Duration) -> Limiter {
    Limiter::new(&Limit::Gradient(Gradient {
        min: 2,
        max: 100,
        start: 20,
        smoothing: 0.2,
        queue: 4.0,
        tolerance: 1.5,
        window,
        memory: 600,
    }))
}

/// With latency as usual the limit grows; at five times that the gradient is one half, and the limit goes to where
/// `limit / 2 = queue`; then back.
#[test]
fn gradient_shrinks_when_latency_grows_and_recovers() {
    let mut limiter = gradient(Duration(10 * MS));
    let steady = |millis: u64| move |_: u32, _: u32| (Duration(millis * MS), true);
    let (_, now) = rounds(&mut limiter, 300, Time::ZERO, steady(10));
    assert_eq!(limiter.limit(), Some(100));
    // What began in the last good window delays the first bad one; then each leaves 9/10 of what is above 8.
    let (limits, now) = rounds(&mut limiter, 60, now, steady(50));
    assert_eq!((limits[2], limits[3]), (90.0, 82.0));
    assert!((8..=10).contains(&limiter.limit().unwrap()), "{limits:?}");
    rounds(&mut limiter, 300, now, steady(10));
    assert_eq!(limiter.limit(), Some(100));
}

/// Latency of `n` requests on 16 servers, in rounds, is `max(1, n / 16)`: the limit is where
/// `1.5 · 16 / limit · limit + 4 = limit`, 28. The usual latency creeps up, by 1/300 of the distance in a round.
#[test]
fn gradient_keeps_the_queue_that_is_tolerated() {
    let mut limiter = gradient(Duration(10 * MS));
    let mut now = Time::ZERO;
    for _ in 0..200 {
        now = alone(&mut limiter, now);
    }
    assert_eq!(limiter.limit(), Some(20));
    let shared = |_: u32, n: u32| (Duration(u64::from(n.max(16)) * 10 * MS / 16), true);
    let (limits, _) = rounds(&mut limiter, 30, now, shared);
    assert!(limits[25..].iter().all(|limit| (27.0..=31.0).contains(limit)), "{limits:?}");
}

/// A request of 10 ms while nobody else is there.
fn alone(limiter: &mut Limiter, now: Time) -> Time {
    assert_eq!(limiter.admit(now), Pass::Now);
    let end = now + Duration(10 * MS);
    limiter.ended(end, Duration(10 * MS), true);
    end
}

#[test]
fn gradient_learns_nothing_from_fast_failures_and_does_not_grow_unused() {
    let mut limiter = gradient(Duration::ZERO);
    let mut now = Time::ZERO;
    for _ in 0..1_000 {
        now = alone(&mut limiter, now);
    }
    assert_eq!(limiter.limit(), Some(20));
    let (limits, now) = rounds(&mut limiter, 50, now, |_, _| (Duration(MS / 10), false));
    assert!(limits.iter().all(|&limit| limit == 20.0));
    // But a timeout is a latency like any other.
    rounds(&mut limiter, 5, now, |_, _| (Duration(SECOND as u64), false));
    assert!(limiter.limit().unwrap() < 12);
}

#[test]
fn a_limit_that_is_changed_counts_on() {
    let mut limiter = Limiter::new(&Limit::Fixed(3));
    let now = Time::ZERO;
    assert_eq!([(); 4].map(|()| limiter.admit(now)), [Pass::Now, Pass::Now, Pass::Now, Pass::No]);
    limiter.change(&Limit::Fixed(2), now);
    limiter.ended(now, Duration::ZERO, true);
    assert_eq!((limiter.admit(now), limiter.in_flight()), (Pass::No, 2));
    limiter.ended(now, Duration::ZERO, true);
    assert_eq!(limiter.admit(now), Pass::Now);
    limiter.change(&Limit::Fixed(9), now);
    assert_eq!(limiter.admit(now), Pass::Now);
    let aimd = |min, max| {
        let (start, slow) = (min, Duration::from_secs(5.0));
        Limit::Aimd(Aimd { min, max, start, increase: 1.0, decrease: 0.5, slow })
    };
    let mut limiter = Limiter::new(&aimd(8, 20));
    for (bounds, limit) in [((2, 5), 5), ((4, 9), 5), ((7, 9), 7)] {
        limiter.change(&aimd(bounds.0, bounds.1), now);
        assert_eq!(limiter.limit(), Some(limit));
    }
}
