//! Arrivals against closed forms, distributions of statrs, and relations that need no oracle.

use super::*;
use crate::model::traffic::{Factor, Profile, Traffic};
use crate::random::{Key, Sampler, name_hash};
use crate::time::{Duration, Time};
use statrs::distribution::{ChiSquared, ContinuousCDF, Exp};

fn key(seed: u64) -> Key {
    Key::new(seed, 0, name_hash("clients"))
}

fn secs(s: f64) -> Time {
    Time(Duration::from_secs(s).0)
}

/// Requests in each of `count` windows of so many seconds.
fn counts(traffic: &Traffic, seed: u64, window: f64, count: usize) -> Vec<f64> {
    let mut counts = vec![0.0; count];
    for arrival in Arrivals::new(traffic, key(seed)) {
        let Some(n) = counts.get_mut((arrival.at.as_secs() / window) as usize) else { break };
        *n += f64::from(arrival.size);
    }
    counts
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Variance over mean of counts: 1 for a Poisson process.
fn dispersion(counts: &[f64]) -> f64 {
    let mean = mean(counts);
    let squares: f64 = counts.iter().map(|n| (n - mean) * (n - mean)).sum();
    squares / (counts.len() - 1) as f64 / mean
}

/// Within what a correct sampler exceeds once in 5,000 seeds, on either side.
fn assert_chi_squared(statistic: f64, freedom: f64) {
    let law = ChiSquared::new(freedom).unwrap();
    let (low, high) = (law.inverse_cdf(1e-4), law.inverse_cdf(1.0 - 1e-4));
    assert!(low < statistic && statistic < high, "{low} < {statistic} < {high}");
}

#[test]
fn poisson_gaps_are_exponential() {
    let (n, cells) = (200_000, 50);
    let law = Exp::new(250.0).unwrap();
    let mut seen = vec![0.0; cells];
    let mut last = Time::ZERO;
    for arrival in Arrivals::new(&Traffic::poisson(250.0).unwrap(), key(1)).take(n) {
        seen[(law.cdf(arrival.at.since(last).as_secs()) * cells as f64) as usize] += 1.0;
        last = arrival.at;
    }
    let expected = n as f64 / cells as f64;
    let statistic = seen.iter().map(|s| (s - expected) * (s - expected) / expected).sum();
    assert_chi_squared(statistic, (cells - 1) as f64);
}

#[test]
fn poisson_counts_have_their_mean_and_variance() {
    let windows = 20_000;
    let counts = counts(&Traffic::poisson(7.0).unwrap(), 2, 1.0, windows);
    let total: f64 = counts.iter().sum();
    // The total is Poisson, and (windows - 1) times the dispersion is chi-squared.
    assert!((total - 7.0 * windows as f64).abs() < 4.0 * (7.0 * windows as f64).sqrt());
    assert_chi_squared(dispersion(&counts) * (windows - 1) as f64, (windows - 1) as f64);
}

#[test]
fn constant_arrivals_come_each_period() {
    let at: Vec<u64> = Arrivals::new(&Traffic::constant(1000.0).unwrap(), key(3))
        .take(3)
        .map(|a| a.at.0)
        .collect();
    assert_eq!(at, [1_000_000, 2_000_000, 3_000_000]);
    // Three a second never drift: every third is on the second.
    let thirds = Arrivals::new(&Traffic::constant(3.0).unwrap(), key(3)).take(3_000_000);
    for (n, arrival) in thirds.enumerate().skip(2).step_by(3) {
        assert_eq!(arrival.at.0, (n as u64 + 1) / 3 * 1_000_000_000);
    }
}

/// Renewal counts settle at a dispersion of cv²: 1/4 for Erlang's law of four stages.
#[test]
fn renewals_keep_the_rate_and_the_shape() {
    let law = Sampler::erlang(4, 5e6).unwrap();
    let as_written = counts(&Traffic::renewal(&law, None).unwrap(), 4, 1.0, 4_000);
    assert!((mean(&as_written) - 200.0).abs() < 0.5);
    assert!((dispersion(&as_written) - 0.25).abs() < 0.03);
    let scaled = counts(&Traffic::renewal(&law, Some(50.0)).unwrap(), 4, 4.0, 1_000);
    assert_eq!(scaled, as_written[..1_000], "the rate only stretches time");
}

/// Compound Poisson counts have a dispersion of E[S²] / E[S]: 2 m - 1 for geometric sizes of mean m.
#[test]
fn batches_keep_the_rate_of_requests() {
    for (law, expected) in [
        (Sampler::geometric(5.0).unwrap(), 9.0),
        (Sampler::constant(4.0).unwrap(), 4.0),
        // 2 or 3 alike: (4 + 9) / 2 over 2.5.
        (Sampler::constant(2.5).unwrap(), 2.6),
        (Sampler::constant(0.5).unwrap(), 1.0),
    ] {
        let counts = counts(&Traffic::batches(law, 100.0).unwrap(), 5, 1.0, 20_000);
        // Six standard deviations of the mean, at a variance of 100 times the dispersion.
        assert!((mean(&counts) - 100.0).abs() < 6.0 * (100.0 * expected / 20_000.0_f64).sqrt());
        assert!((dispersion(&counts) / expected - 1.0).abs() < 0.07, "{}", dispersion(&counts));
    }
}

/// H. Heffes, D. Lucantoni, "A Markov Modulated Characterization of Packetized Voice and Data Traffic",
/// IEEE JSAC 4 (1986): with states left at rates a and b, s = a + b, the dispersion of counts over a time t
/// is `1 + 2 a b (λ₁ - λ₂)² / (s² (λ₁ b + λ₂ a)) · (1 - (1 - exp(-s t)) / (s t))`.
#[test]
fn modulated_counts_are_dispersed_as_they_should() {
    let (fast, slow, a, b) = (90.0, 10.0, 5.0, 2.0);
    let traffic = Traffic::mmpp(
        &[(fast, Duration::from_secs(1.0 / a)), (slow, Duration::from_secs(1.0 / b))],
        None,
    );
    let s: f64 = a + b;
    let limit = 2.0 * a * b * (fast - slow) * (fast - slow) / (s * s * (fast * b + slow * a));
    for t in [0.05, 0.5, 5.0] {
        let counts = counts(traffic.as_ref().unwrap(), 6, t, (20_000.0 / t.max(0.5)) as usize);
        let expected = 1.0 + limit * (1.0 - (1.0 - crate::math::exp(-s * t)) / (s * t));
        assert!((mean(&counts) / t / ((fast * b + slow * a) / s) - 1.0).abs() < 0.03, "{t}");
        assert!((dispersion(&counts) / expected - 1.0).abs() < 0.1, "{t}: {}", dispersion(&counts));
    }
}

/// With a profile of 0, 2 and 1 the counts follow it, while the states go on in real time.
#[test]
fn a_profile_multiplies_the_rate_of_each_state() {
    let states =
        [(0.0, Duration(30_000_000)), (300.0, Duration(10_000_000)), (60.0, Duration(20_000_000))];
    let step = |t: f64, f: f64, g: f64| [(secs(t), f), (secs(t), g)];
    let points = [step(1000.0, 0.0, 2.0), step(2000.0, 2.0, 1.0)].concat();
    let profile = Profile::new(&[Factor::Piecewise(points)]).unwrap();
    let traffic = Traffic::mmpp(&states, None).unwrap().with_profile(profile).unwrap();
    let counts = counts(&traffic, 7, 1000.0, 3);
    assert_eq!(counts[0], 0.0);
    // The rate has mean 70/s and variance 11,300/s², and forgets itself within the longest state, 30 ms:
    // counts are dispersed by at most 1 + 2 · 2 · 11,300 · 0.03 / 70 = 20.4.
    assert!((counts[1] - 140_000.0).abs() < 5.0 * (140_000.0_f64 * 20.4).sqrt(), "{counts:?}");
    assert!((counts[2] - 70_000.0).abs() < 5.0 * (70_000.0_f64 * 20.4).sqrt(), "{counts:?}");
}

/// A state that lasts a quarter of the time is the first one in a quarter of the runs.
#[test]
fn a_modulated_process_starts_in_the_long_run() {
    let states = [(0.0, Duration(3_000_000_000)), (1e6, Duration(1_000_000_000))];
    let traffic = Traffic::mmpp(&states, None).unwrap();
    let runs = 4_000;
    let early = |&seed: &u64| Arrivals::new(&traffic, key(seed)).next().unwrap().at < secs(1e-4);
    let busy = (0..runs).filter(early).count() as f64;
    // Five standard deviations of a binomial count.
    let n = runs as f64;
    assert!((busy - 0.25 * n).abs() < 5.0 * (n * 0.25 * 0.75).sqrt(), "{busy}");
}

/// Among many changes of state without a request, the clock is let catch up, in order.
#[test]
fn a_flicker_does_not_stop_the_clock() {
    let states = [(1.0, Duration(1_000)), (3.0, Duration(1_000))];
    let mut last = Time::ZERO;
    let mut requests = 0;
    for arrival in Arrivals::new(&Traffic::mmpp(&states, None).unwrap(), key(8)).take(2_000) {
        assert!(arrival.at >= last);
        assert!(arrival.at.since(last).0 < 2_000_000, "1000 states of 1 µs, in the mean");
        last = arrival.at;
        requests += arrival.size;
    }
    // About 2 s at 2/s: the probability of none is e⁻⁴, of more than 20 below 10⁻⁸.
    assert!((1..=20).contains(&requests), "{requests}");
}

fn profiles() -> Vec<Vec<Factor>> {
    let wave = Factor::Sinusoid {
        period: Duration::from_secs(60.0),
        amplitude: 0.9,
        shift: Duration::from_secs(10.0),
    };
    let ramp = Factor::Ramp { from: secs(20.0), to: secs(70.0), factor: 3.0 };
    let spike = Factor::Spike { at: secs(30.0), lasts: Duration::from_secs(8.0), factor: 5.0 };
    let points = vec![(secs(10.0), 1.0), (secs(30.0), 0.2), (secs(50.0), 2.0), (secs(50.0), 1.5)];
    vec![
        vec![Factor::Piecewise(points)],
        vec![wave.clone()],
        vec![ramp.clone()],
        vec![spike.clone()],
        vec![wave, ramp, spike],
    ]
}

/// Counts of windows are independent and Poisson with mean ∫ rate. (The integral is checked against a
/// numeric one where profiles are tested.)
#[test]
fn counts_follow_the_profile() {
    for factors in profiles() {
        let profile = Profile::new(&factors).unwrap();
        let traffic = Traffic::poisson(400.0).unwrap().with_profile(profile).unwrap();
        let windows = 100;
        let mut statistic = 0.0;
        for (i, n) in counts(&traffic, 9, 1.0, windows).into_iter().enumerate() {
            let expected = traffic.mean_rate(secs(i as f64), secs(i as f64 + 1.0));
            statistic += (n - expected) * (n - expected) / expected;
        }
        assert_chi_squared(statistic, windows as f64);
    }
}

/// One process of each kind, its rates multiplied and its lengths divided by `speed`.
fn all_kinds(speed: f64) -> Vec<Traffic> {
    let rate = 200.0 * speed;
    let state = |rate: f64, secs: f64| (rate * speed, Duration::from_secs(secs / speed));
    vec![
        Traffic::poisson(rate).unwrap(),
        Traffic::constant(rate).unwrap(),
        Traffic::renewal(&Sampler::weibull_mean(3e6 / speed, 0.6).unwrap(), None).unwrap(),
        Traffic::batches(Sampler::geometric(3.0).unwrap(), rate).unwrap(),
        Traffic::mmpp(&[state(500.0, 0.02), state(0.0, 0.08), state(90.0, 0.04)], None).unwrap(),
    ]
}

fn hurried(factor: &Factor, speed: u64) -> Factor {
    let time = |t: Time| Time(t.0 / speed);
    let length = |d: Duration| Duration(d.0 / speed);
    match factor.clone() {
        Factor::Piecewise(points) => {
            Factor::Piecewise(points.into_iter().map(|(t, f)| (time(t), f)).collect())
        }
        Factor::Sinusoid { period, amplitude, shift } => {
            Factor::Sinusoid { period: length(period), amplitude, shift: length(shift) }
        }
        Factor::Ramp { from, to, factor } => {
            Factor::Ramp { from: time(from), to: time(to), factor }
        }
        Factor::Spike { at, lasts, factor } => {
            Factor::Spike { at: time(at), lasts: length(lasts), factor }
        }
    }
}

/// All rates twice as high and all lengths halved: the same requests at half the times, to the nanosecond.
#[test]
fn twice_as_fast_is_the_same_in_half_the_time() {
    for factors in profiles().into_iter().chain([vec![]]) {
        let hurried: Vec<Factor> = factors.iter().map(|f| hurried(f, 2)).collect();
        for (slow, fast) in all_kinds(1.0).into_iter().zip(all_kinds(2.0)) {
            let slow = slow.with_profile(Profile::new(&factors).unwrap()).unwrap();
            let fast = fast.with_profile(Profile::new(&hurried).unwrap()).unwrap();
            let pairs = Arrivals::new(&slow, key(10)).zip(Arrivals::new(&fast, key(10)));
            for (n, (slow, fast)) in pairs.take(15_000).enumerate() {
                assert_eq!(slow.size, fast.size);
                assert!(slow.at.0.abs_diff(2 * fast.at.0) <= 1, "{n}: {slow:?} {fast:?}");
            }
        }
    }
}

/// A change of the rate moves the requests of an unmodulated process and keeps their gaps in proportion.
#[test]
fn another_rate_keeps_the_draws() {
    let at = |rate| Arrivals::new(&Traffic::poisson(rate).unwrap(), key(11)).take(10_000);
    for (slow, fast) in at(10.0).zip(at(30.0)) {
        assert!(slow.at.0.abs_diff(3 * fast.at.0) <= 2);
    }
}

#[test]
fn arrivals_are_in_order_and_depend_on_the_key_only() {
    for traffic in all_kinds(1.0) {
        let times =
            |seed| -> Vec<Arrival> { Arrivals::new(&traffic, key(seed)).take(5_000).collect() };
        assert_eq!(times(12), times(12));
        assert!(times(12).is_sorted_by_key(|a| a.at));
        if traffic != Traffic::constant(200.0).unwrap() {
            assert_ne!(times(12), times(13));
        }
    }
}

#[test]
fn what_stops_stays_stopped() {
    let fade = Factor::Ramp { from: Time::ZERO, to: secs(10.0), factor: 0.0 };
    for traffic in all_kinds(1.0) {
        let traffic =
            traffic.with_profile(Profile::new(std::slice::from_ref(&fade)).unwrap()).unwrap();
        let mut arrivals = Arrivals::new(&traffic, key(14));
        let last = arrivals.by_ref().last().unwrap();
        assert!(last.at <= secs(10.0) && last.at > secs(5.0), "{last:?}");
        assert_eq!(arrivals.next(), None);
    }
    let halves = vec![(0.5, Sampler::Constant(0.0)), (0.5, Sampler::Constant(1.0))];
    for silent in [
        Traffic::poisson(0.0),
        Traffic::constant(-0.0),
        // Half of its gaps are 0, and 0 times an infinite period is no number.
        Traffic::renewal(&Sampler::mixture(halves).unwrap(), Some(0.0)),
        Traffic::mmpp(&[(1.0, Duration(5)), (2.0, Duration(5))], Some(0.0)),
    ] {
        let silent = silent.unwrap();
        let ramped = silent
            .clone()
            .with_profile(Profile::new(std::slice::from_ref(&fade)).unwrap())
            .unwrap();
        for seed in 0..8 {
            assert_eq!(Arrivals::new(&silent, key(seed)).next(), None);
            assert_eq!(Arrivals::new(&ramped, key(seed)).next(), None);
        }
    }
}

#[test]
fn a_replay_comes_as_recorded() {
    let at = |speed| -> Vec<u64> {
        let traffic = Traffic::replay([0, 10, 10, 4_000_000_001], speed).unwrap();
        Arrivals::new(&traffic, key(16)).map(|a| a.at.0).collect()
    };
    assert_eq!(at(1.0), [0, 10, 10, 4_000_000_001]);
    assert_eq!(at(2.0), [0, 5, 5, 2_000_000_001]);
    assert_eq!(at(0.5), [0, 20, 20, 8_000_000_002]);
}
