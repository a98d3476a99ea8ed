//! Profiles against numeric integrals, and what is said about traffic that makes no sense.

use super::*;
use crate::math;
use proptest::prelude::*;
use std::f64::consts::TAU;

const HOUR: u64 = 3_600_000_000_000;

fn secs(s: f64) -> Time {
    Time(Duration::from_secs(s).0)
}

/// The factor as the model language defines it, at `t` nanoseconds.
fn by_definition(factor: &Factor, t: f64) -> f64 {
    match *factor {
        Factor::Piecewise(ref points) => {
            let after = points.partition_point(|p| p.0.0 as f64 <= t);
            match (points.get(after.wrapping_sub(1)), points.get(after)) {
                (None, _) => points[0].1,
                (Some(last), None) => last.1,
                (Some(a), Some(b)) => {
                    let (from, to) = (a.0.0 as f64, b.0.0 as f64);
                    a.1 + (b.1 - a.1) * (t - from) / (to - from)
                }
            }
        }
        Factor::Sinusoid { period, amplitude, shift } => {
            1.0 + amplitude * math::sin(TAU * (t + shift.0 as f64) / period.0 as f64)
        }
        Factor::Ramp { from, to, factor } => {
            let (from, to) = (from.0 as f64, to.0 as f64);
            1.0 + (factor - 1.0) * ((t - from) / (to - from)).clamp(0.0, 1.0)
        }
        Factor::Spike { at, lasts, factor } => {
            let within = t >= at.0 as f64 && t < (at + lasts).0 as f64;
            if within { factor } else { 1.0 }
        }
    }
}

/// The area of the product by the midpoint rule.
fn numeric_area(factors: &[Factor], to: f64) -> f64 {
    const STEPS: u32 = 200_000;
    let step = to / f64::from(STEPS);
    let product = |t| factors.iter().map(|f| by_definition(f, t)).product::<f64>();
    (0..STEPS).map(|i| product((f64::from(i) + 0.5) * step)).sum::<f64>() * step
}

fn samples() -> Vec<Vec<Factor>> {
    let spike = |at, lasts, factor| Factor::Spike {
        at: secs(at),
        lasts: Duration::from_secs(lasts),
        factor,
    };
    let day = |amplitude| Factor::Sinusoid {
        period: Duration::from_secs(40.0),
        amplitude,
        shift: Duration::from_secs(7.0),
    };
    let ramp = |from, to, factor| Factor::Ramp { from: secs(from), to: secs(to), factor };
    let week = Factor::Piecewise(vec![
        (secs(5.0), 0.5),
        (secs(20.0), 2.0),
        (secs(20.0), 1.0),
        (secs(50.0), 0.0),
        (secs(60.0), 0.0),
        (secs(61.0), 3.0),
    ]);
    vec![
        vec![],
        vec![spike(10.0, 5.0, 4.0)],
        vec![spike(10.0, 30.0, 0.0), spike(30.0, 20.0, 2.0)],
        vec![ramp(10.0, 60.0, 5.0)],
        vec![ramp(0.0, 50.0, 0.1), spike(20.0, 10.0, 3.0)],
        vec![day(0.8)],
        vec![day(1.0), ramp(30.0, 70.0, 4.0)],
        vec![week.clone()],
        vec![spike(1.0, 2.0, 10.0), week, day(0.5)],
    ]
}

#[test]
fn the_area_is_the_integral_of_the_product() {
    for factors in samples() {
        let profile = Profile::new(&factors).unwrap();
        for to in [3.0, 12.5, 47.0, 90.0] {
            let (t, product) = (to * 1e9, factors.iter().map(|f| by_definition(f, to * 1e9)));
            let expected = numeric_area(&factors, t);
            assert!((profile.area(t) / expected - 1.0).abs() < 1e-4, "{factors:?} up to {to}");
            assert!(
                (profile.factor(t) - product.product::<f64>()).abs() < 1e-9,
                "{factors:?} at {to}"
            );
        }
    }
}

/// Wherever requests come at all, there and back is less than a nanosecond off, also after a month.
#[test]
fn instants_invert_areas() {
    for factors in samples() {
        let profile = Profile::new(&factors).unwrap();
        for i in 1..20_000u64 {
            let t = if i % 2 == 0 { i * 5_000_017 } else { i * 130_000_000_019 } as f64;
            let near = [t, 0.0, t / 2.0, 1e18][i as usize % 4];
            if profile.factor(t) > 0.1 {
                let back = profile.instant(profile.area(t), near).unwrap();
                assert!((back - t).abs() < 1.0, "{factors:?}: {t} -> {back}");
            }
        }
    }
}

#[test]
fn a_stretch_without_requests_is_passed_over() {
    let closed = |from: u64, to: u64| {
        let points = [(0, 1.0), (from, 1.0), (from, 0.0), (to, 0.0), (to, 1.0)];
        Profile::new(&[Factor::Piecewise(points.map(|(h, f)| (Time(h * HOUR), f)).to_vec())])
            .unwrap()
    };
    let hour = HOUR as f64;
    let profile = closed(1, 2);
    assert_eq!(profile.instant(hour, 0.0), Some(hour));
    assert_eq!(profile.instant(hour + 5.0, 0.0), Some(2.0 * hour + 5.0));
    let late = closed(0, 1);
    assert_eq!(late.instant(0.0, 0.0), Some(0.0));
    assert_eq!(late.instant(7.0, 0.0), Some(hour + 7.0));
}

#[test]
fn what_ends_at_zero_has_a_last_instant() {
    let fade = Factor::Ramp { from: Time::ZERO, to: Time(HOUR), factor: 0.0 };
    let profile = Profile::new(&[fade]).unwrap();
    let half = HOUR as f64 / 2.0;
    assert_eq!(profile.total(), half);
    assert!((profile.instant(half, 0.0).unwrap() - HOUR as f64).abs() < 1e5);
    assert_eq!(profile.instant(half + 1.0, 0.0), None);
}

#[test]
fn mean_and_peak_rates_follow_the_profile() {
    let ramp = Factor::Ramp { from: secs(10.0), to: secs(20.0), factor: 3.0 };
    let traffic =
        Traffic::poisson(50.0).unwrap().with_profile(Profile::new(&[ramp]).unwrap()).unwrap();
    let between = |from, to| traffic.mean_rate(secs(from), secs(to));
    assert!((between(0.0, 10.0) - 50.0).abs() < 1e-9);
    assert!((between(10.0, 20.0) - 100.0).abs() < 1e-9);
    assert!((between(30.0, 31.0) - 150.0).abs() < 1e-9);
    assert_eq!(between(5.0, 5.0), 0.0);
    assert_eq!(traffic.peak_rate(), 150.0);

    let replay = Traffic::replay([0, 100, 3_000_000_000, 3_999_999_999, 4_000_000_000], 1.0);
    let replay = replay.unwrap();
    assert_eq!(replay.mean_rate(Time::ZERO, secs(2.0)), 1.0);
    assert_eq!(replay.peak_rate(), 2.0);
}

/// 4:1 of the time at 1/s and 11/s is 3/s in the mean.
#[test]
fn a_modulated_process_is_scaled_by_its_mean() {
    let states = [(1.0, Duration(4_000)), (11.0, Duration(1_000))];
    let as_written = Traffic::mmpp(&states, None).unwrap();
    assert!((as_written.mean_rate(Time::ZERO, secs(1.0)) - 3.0).abs() < 1e-12);
    let scaled = Traffic::mmpp(&states, Some(6.0)).unwrap();
    assert!((scaled.mean_rate(Time::ZERO, secs(1.0)) - 6.0).abs() < 1e-12);
}

#[test]
fn what_is_wrong_with_a_profile_is_said() {
    let ramp = |from, to, factor| Factor::Ramp { from: secs(from), to: secs(to), factor };
    let wave = |amplitude, period| Factor::Sinusoid {
        period: Duration::from_secs(period),
        amplitude,
        shift: Duration::ZERO,
    };
    let spike = Factor::Spike { at: secs(1.0), lasts: Duration::ZERO, factor: 2.0 };
    let points =
        |p: &[(f64, f64)]| Factor::Piecewise(p.iter().map(|&(t, f)| (secs(t), f)).collect());
    for (factors, index, says) in [
        (
            vec![ramp(1.0, 5.0, 2.0), ramp(4.0, 6.0, 2.0)],
            1,
            "overlapping ramps: at 4.00 s an earlier factor",
        ),
        (
            vec![wave(0.5, 9.0), ramp(1.0, 2.0, 2.0), wave(0.5, 9.0)],
            2,
            "a profile can hold one sinusoid",
        ),
        (vec![wave(1.5, 9.0)], 0, "the amplitude has to lie between 0 and 1; it is 1.5"),
        (vec![wave(f64::NAN, 9.0)], 0, "the amplitude has to lie between 0 and 1"),
        (vec![wave(0.5, 0.0)], 0, "the period has to be longer than 0"),
        (
            vec![ramp(2.0, 2.0, 2.0)],
            0,
            "a ramp has to end after it begins; it runs from 2.00 s to 2.00 s",
        ),
        (vec![ramp(1.0, 2.0, -1.0)], 0, "a factor has to be a number from 0 up; it is -1"),
        (vec![points(&[(1.0, 1.0)]), spike], 1, "a spike has to last longer than 0"),
        (
            vec![points(&[(2.0, 1.0), (1.0, 1.0)])],
            0,
            "the points have to be in order of time; 1.00 s follows",
        ),
        (
            vec![points(&[(2.0, f64::INFINITY)])],
            0,
            "a factor has to be a number from 0 up; it is inf",
        ),
        (vec![points(&[])], 0, "a piecewise profile needs at least one point"),
    ] {
        let error = Profile::new(&factors).unwrap_err();
        assert_eq!(error.factor, index, "{factors:?}");
        assert!(error.message.starts_with(says), "{}", error.message);
    }
    // Ramps that only touch do not overlap.
    assert!(Profile::new(&[ramp(1.0, 5.0, 2.0), ramp(5.0, 6.0, 2.0)]).is_ok());
}

#[test]
fn what_is_wrong_with_traffic_is_said() {
    let pareto = Sampler::pareto(0.9, 1.0).unwrap();
    let zero = Sampler::constant(0.0).unwrap();
    let second = Duration(1_000_000_000);
    let flat = Profile::default();
    for (traffic, says) in [
        (Traffic::poisson(-1.0), "a rate has to be a number from 0 up; it is -1"),
        (Traffic::constant(f64::NAN), "a rate has to be a number from 0 up; it is NaN"),
        (
            Traffic::renewal(&zero, Some(1.0)),
            "the mean gap between requests has to be above 0 and finite; it is 0",
        ),
        (
            Traffic::batches(pareto, 1.0),
            "the mean size of a batch has to be above 0 and finite; it is inf",
        ),
        (
            Traffic::mmpp(&[(1.0, second)], None),
            "a Markov-modulated process needs two states or more",
        ),
        (
            Traffic::mmpp(&[(1.0, second), (2.0, Duration::ZERO)], None),
            "every state has to last longer than 0",
        ),
        (
            Traffic::mmpp(&[(0.0, second); 3], None),
            "the mean rate over all states has to be above 0",
        ),
        (Traffic::replay([], 1.0), "there is nothing to replay"),
        (Traffic::replay([5, 4], 1.0), "the times to replay have to be in order"),
        (
            Traffic::replay([4, 5], 0.0),
            "the speed of a replay has to be above 0 and finite; it is 0",
        ),
        (
            Traffic::replay([4, 5], 1.0).and_then(|t| t.with_profile(flat)),
            "a replay comes as recorded and takes no profile",
        ),
    ] {
        let error = traffic.unwrap_err();
        assert!(error.starts_with(says), "{error}");
    }
}

/// Any factor that a checker may pass on, on a grid so coarse that points meet often.
fn any_factor() -> impl Strategy<Value = Factor> {
    let time = || (0..12u64).prop_map(|s| Time(s * 1_000_000_000));
    let length = || (0..12u64).prop_map(|s| Duration(s * 1_000_000_000));
    let level = || prop_oneof![Just(0.0), 0.0..4.0];
    prop_oneof![
        prop::collection::vec((time(), level()), 1..6).prop_map(|mut points| {
            points.sort_by_key(|p| p.0);
            Factor::Piecewise(points)
        }),
        (length(), 0.0..=1.0, length()).prop_map(|(period, amplitude, shift)| Factor::Sinusoid {
            period,
            amplitude,
            shift
        }),
        (time(), time(), level()).prop_map(|(from, to, factor)| Factor::Ramp { from, to, factor }),
        (time(), length(), level()).prop_map(|(at, lasts, factor)| Factor::Spike {
            at,
            lasts,
            factor
        }),
    ]
}

proptest! {
    /// Instants never go back, and the area up to them is the one asked for.
    #[test]
    fn instants_are_in_order(
        factors in prop::collection::vec(any_factor(), 0..4),
        mut areas in prop::collection::vec(0.0..3e10, 1..20),
    ) {
        let Ok(profile) = Profile::new(&factors) else { return Ok(()) };
        areas.sort_by(f64::total_cmp);
        let mut before = 0.0;
        for area in areas {
            let Some(t) = profile.instant(area, 0.0) else {
                prop_assert!(area > profile.total() - 1.0);
                break;
            };
            prop_assert!((profile.area(t) - area).abs() < 0.1, "{} at {}", area, t);
            prop_assert!(t >= before - 0.1);
            before = t;
        }
    }
}

/// Of a crowd that halves the area is known: the trapeze of the rise, what it holds, and the excess times the half-life
/// over ln 2, less what is cut off at the end.
#[test]
fn a_flash_crowd_has_the_area_of_an_exponential_decline() {
    let length = Duration::from_secs;
    let crowd = Factor::flash_crowd(secs(100.0), length(10.0), 9.0, length(60.0), length(40.0));
    let profile = Profile::new(&[crowd]).expect("a profile");
    let excess = |from: f64, to: f64| {
        (profile.area(to * 1e9) - profile.area(from * 1e9)) / 1e9 - (to - from)
    };
    assert_eq!(excess(0.0, 100.0), 0.0);
    assert!((excess(100.0, 110.0) - 40.0).abs() < 1e-6);
    assert!((excess(110.0, 170.0) - 480.0).abs() < 1e-6);
    let declined = 8.0 * 40.0 / math::ln(2.0) * (1.0 - 1.0 / 128.0);
    let measured = excess(170.0, 450.0);
    assert!((measured / declined - 1.0).abs() < 0.002, "{measured} for {declined}");
    assert!((profile.factor(210e9) - 5.0).abs() < 1e-9, "half is left after a half-life");
    assert_eq!(profile.factor(450e9), 1.0);
}

#[test]
fn who_is_present_for_a_while_sends_only_then() {
    let profile = |from: Option<f64>, until: Option<f64>| {
        Profile::new(&[Factor::present(from.map(secs), until.map(secs))]).expect("a profile")
    };
    let both = profile(Some(10.0), Some(30.0));
    assert_eq!((both.area(10e9), both.area(30e9), both.total()), (0.0, 20e9, 20e9));
    assert_eq!(profile(None, Some(5.0)).total(), 5e9);
    assert_eq!(profile(Some(10.0), None).area(15e9), 5e9);
    assert!(profile(None, None).is_flat());
}
