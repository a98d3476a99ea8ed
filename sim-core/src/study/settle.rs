//! Whether a system settles, from when on, and whether the runs were long enough to say so.
//!
//! All of it is judged by two *courses*: the requests in flight and the messages waiting in queues, at equal intervals of
//! simulated time.

use super::estimate::{Status, Value};
use super::replicate::Alternative;
use super::tally::{Courses, Tally};
use crate::metrics::COURSE_POINTS;
use crate::model::{Source, UNLIMITED};
use crate::stats::{mser5, slope};
use crate::time::Duration;
use schemars::JsonSchema;
use serde::Serialize;

/// Independent looks at the load that each replication has to hold.
///
/// Measured by `cargo xtask coverage`, 200 studies a cell, 20 replications, nominal 95 %: with about 26 (M/M/1 at
/// 90 %, 10,000 requests a replication) intervals of the mean cover 91 %, with 100 or more they cover 94 to 98 %.
pub(super) const LOOKS_MIN: f64 = 40.0;

/// Looks that each replication has to hold before a percentile `p` is believed: its tail is made of fewer and
/// longer spells than the rest.
///
/// Measured likewise on M/M/1 at 80 %: with 10,000 requests a replication intervals of the 99th percentile cover
/// 90 %, with 50,000 they cover 97 %. More than about 180 looks cannot be told apart by the course's points.
pub(super) fn looks_needed(p: f64) -> f64 {
    (1.0 / (1.0 - p)).clamp(LOOKS_MIN, 100.0)
}

/// Confidence with which requests in flight have to be seen growing.
const GROWTH_CONFIDENCE: f64 = 0.999;

/// Growth over the second half of a run, as a part of what is in flight at its end, that speaks of no steady
/// state.
///
/// A queue that grows for good has 0.5, one at exactly full load 0.29 (it grows as the root of time), one
/// that is settling less.
const GROWTH_MIN: f64 = 0.25;

/// How a design fared.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Whether its steady state can be believed.
    pub status: Status,
    /// Independent looks at the load that each replication holds; infinite (in JSON: null) where no
    /// steady state is asked for, 0 where there is none.
    pub looks: f64,
    /// Requests in flight, or messages waiting, gained per second, where it does not settle and that shows.
    pub growth: Option<Value>,
    /// What is wrong, in a sentence.
    pub reason: Option<String>,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Health {
    fn well(looks: f64) -> Health {
        Health { status: Status::Confident, looks, growth: None, reason: None, advice: None }
    }

    fn of(status: Status, reason: String, advice: Option<String>) -> Health {
        Health { status, looks: 0.0, growth: None, reason: Some(reason), advice }
    }
}

/// From when on the ensemble has settled, by MSER-5 on the average of the courses; half the horizon if it has
/// not by then.
pub(super) fn settled_after(average_course: &[f64], horizon: Duration) -> Duration {
    let half = COURSE_POINTS as usize / 2;
    at_point(mser5(average_course).unwrap_or(half).min(half), horizon)
}

fn at_point(point: usize, horizon: Duration) -> Duration {
    Duration((u128::from(horizon.0) * point as u128 / u128::from(COURSE_POINTS)) as u64)
}

/// The first point of a course after a time.
pub(super) fn point_at(time: Duration, horizon: Duration) -> usize {
    let points = u128::from(time.0) * u128::from(COURSE_POINTS);
    points.div_ceil(u128::from(horizon.0.max(1))) as usize
}

/// How many independent looks a course holds on average: its length over its integrated autocorrelation time.
///
/// The autocorrelation is pooled over the courses, around their common mean, which leaves the differences
/// between them in; it is summed up to five times the sum, where noise takes over (A. Sokal, "Monte Carlo
/// Methods in Statistical Mechanics", 1997, section 3).
pub fn effective_size<S: AsRef<[f64]>>(courses: &[S]) -> f64 {
    let length = courses.iter().map(|course| course.as_ref().len()).min().unwrap_or(0);
    let courses: Vec<&[f64]> = courses.iter().map(|course| &course.as_ref()[..length]).collect();
    let points = (courses.len() * length) as f64;
    let mean = courses.iter().flat_map(|course| course.iter()).sum::<f64>() / points;
    let covariance = |lag: usize| {
        let of = |course: &&[f64]| -> f64 {
            course.iter().zip(&course[lag..]).map(|(a, b)| (a - mean) * (b - mean)).sum()
        };
        courses.iter().map(of).sum::<f64>() / (courses.len() * (length - lag)) as f64
    };
    if length < 2 {
        return 0.0;
    }
    let variance = covariance(0);
    if variance <= 0.0 {
        return length as f64;
    }
    let mut time = 1.0;
    for lag in 1..length / 2 {
        time += 2.0 * covariance(lag) / variance;
        if lag as f64 >= 5.0 * time {
            break;
        }
    }
    length as f64 / time.max(1.0)
}

/// The slope of the second half of a course, in requests per point.
pub(super) fn late_slope(course: &[f64]) -> f64 {
    slope(&course[course.len() / 2..])
}

/// Judges one design. The rule, first match wins:
/// 1. A run that ended because too much was in flight: unstable.
/// 2. Load on a station without a bound that by the utilisation law is 1 or more, with the station busy all the time
///    and nothing refused on the way, or with requests in flight growing significantly: unstable.
/// 3. Requests in flight or messages waiting growing significantly, by a quarter of their number or more over the second half: unstable.
/// 4. A run that ended at its limit of events, or with fewer than [`LOOKS_MIN`] independent looks: too short.
///
/// Where the traffic changes by itself, or something is changed at an instant, there is no steady state, and only the first
/// rule applies; where something breaks at an instant, the second too. A design whose warm-up was written as 0 is asked about
/// its start, and is never too short.
pub(super) fn judge(design: &Alternative, tally: &Tally, warmup: Duration, asked: Asked) -> Health {
    if tally.overloaded > 0 {
        let reason = "requests pile up without end: a run was stopped with 2,000,000 in flight";
        return Health {
            growth: Some(growth(fastest(tally), asked.horizon)),
            ..Health::of(Status::Unstable, reason.into(), ways_out(design))
        };
    }
    if design.keeps_its_load()
        && let Some(unstable) = unstable(design, tally, asked.horizon)
    {
        return unstable;
    }
    if design.is_stationary() && tally.cut_short == 0 && !asked.from_start {
        return long_enough(tally, warmup, asked.horizon);
    }
    if tally.cut_short > 0 {
        let reason = "runs were stopped at their limit of events before the horizon".into();
        let advice = Some("ask for a shorter horizon with --horizon".into());
        return Health::of(Status::TooShort, reason, advice);
    }
    Health::well(f64::INFINITY)
}

/// What was asked for, as far as it decides what can be believed.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) horizon: Duration,
    /// The warm-up was written as 0: the question is about the start.
    pub(super) from_start: bool,
}

/// What is gained per second over the second half of the runs.
fn growth(courses: &Courses, horizon: Duration) -> Value {
    let points_per_second = COURSE_POINTS as f64 / horizon.as_secs();
    Value::sectioned(&courses.slopes, courses.slopes.mean()).scaled(points_per_second)
}

/// Of requests in flight and messages waiting what grows faster.
fn fastest(tally: &Tally) -> &Courses {
    let (requests, messages) = (&tally.requests, &tally.messages);
    if messages.slopes.mean() > requests.slopes.mean() { messages } else { requests }
}

fn is_growing(courses: &Courses) -> bool {
    courses.slopes.estimate(GROWTH_CONFIDENCE).low() > 0.0
}

/// Whether growth over the second half is a good part of what there is at the end.
fn grows_for_good(courses: &Courses) -> bool {
    let course = courses.average();
    let at_end = course.iter().rev().take(10).sum::<f64>() / course.len().clamp(1, 10) as f64;
    let gained = courses.slopes.mean() * (course.len() / 2) as f64;
    is_growing(courses) && gained >= GROWTH_MIN * at_end
}

fn unstable(design: &Alternative, tally: &Tally, horizon: Duration) -> Option<Health> {
    let growing = Some(fastest(tally)).filter(|courses| is_growing(courses));
    let offered = overloaded_station(design, tally);
    let is_open = design.model.clients.iter().any(|c| matches!(c.source, Source::Open(_)));
    let by_load = offered.is_some() && (growing.is_some() || tally.refusals() == 0);
    let by_growth = is_open && design.is_stationary() && tally.courses().any(grows_for_good);
    if !by_load && !by_growth {
        return None;
    }
    let mut reason = match offered {
        Some(station) => {
            let percent = 100.0 * design.load.stations[station].utilisation;
            let name = &design.model.stations[station].name;
            format!("`{name}` is offered {percent:.0} % of what it can do")
        }
        None => "the system does not settle".into(),
    };
    let growth = growing.map(|courses| growth(courses, horizon));
    if let Some(growth) = &growth {
        reason += &format!(": {} grow by {}/s", fastest(tally).of, two_digits(growth.mean));
    }
    Some(Health { growth, ..Health::of(Status::Unstable, reason, ways_out(design)) })
}

/// A station without a bound on its queue, fed by open clients only, that is offered all it can do or more
/// and is always busy.
fn overloaded_station(design: &Alternative, tally: &Tally) -> Option<usize> {
    if design.model.has_closed_clients() {
        return None;
    }
    let station = design.load.bottleneck?;
    let queue = design.model.stations[station].queue;
    let busy = tally.utilisation(station);
    let overloaded = design.load.stations[station].utilisation >= 1.0 && busy > 0.97;
    (overloaded && queue == UNLIMITED).then_some(station)
}

fn ways_out(design: &Alternative) -> Option<String> {
    let capacity = design.load.stations[design.load.bottleneck?].capacity;
    let rate: f64 = design.load.rates.iter().sum();
    (capacity < rate).then(|| {
        format!("it keeps up with at most {} requests/s; {} come", three(capacity), three(rate))
    })
}

fn long_enough(tally: &Tally, warmup: Duration, horizon: Duration) -> Health {
    let from = point_at(warmup, horizon);
    let looks_of = |courses: &Courses| {
        let kept: Vec<&[f64]> =
            courses.kept.iter().map(|course| &course[from.min(course.len())..]).collect();
        effective_size(&kept)
    };
    let looks = tally.courses().map(looks_of).fold(f64::INFINITY, f64::min);
    if looks >= LOOKS_MIN {
        return Health::well(looks);
    }
    let times = [2.0, 5.0, 10.0, 20.0, 50.0, 100.0].into_iter();
    let times = times.clone().find(|times| looks * times >= 2.0 * LOOKS_MIN).unwrap_or(100.0);
    let longer = Duration(horizon.0.saturating_mul(times as u64));
    let reason = "the runs are too short for this load: what they saw depends on chance";
    let advice = format!("simulate {times} times longer: --horizon {}", super::words::flag(longer));
    Health { looks, ..Health::of(Status::TooShort, reason.into(), Some(advice)) }
}

fn two_digits(number: f64) -> String {
    super::words::significant(number, 2)
}

fn three(number: f64) -> String {
    super::words::significant(number, 3)
}
