//! Where the time of requests went that matters: what was waited for last, all the way back.

use super::trace::{Part, Place, Trace, What};
use crate::component::{Ending, NONE};
use crate::time::{Duration, Time};
use std::collections::BTreeMap;

/// A way of spending time at a place, and how long.
pub type PathShare = ((Part, Place), Duration);

/// The times on the critical path of a request, by what they were spent on; they add up to its response.
///
/// From the answer back: of what went on side by side only what ended last, before it what ended last before that
/// began, and so on.
pub fn critical_path(trace: &Trace) -> Vec<PathShare> {
    let mut sums = BTreeMap::new();
    let Some(root) = trace.spans.first() else { return Vec::new() };
    let mut inside: Vec<Vec<u32>> = vec![Vec::new(); trace.spans.len()];
    for (number, span) in (0..).zip(&trace.spans) {
        if span.parent != NONE {
            inside[span.parent as usize].push(number);
        }
    }
    let cut = if trace.ending == Ending::TimedOut { root.end } else { Time::MAX };
    // A stack of spans and the stretch of each that is on the path.
    let mut open = vec![(0u32, root.start, root.end)];
    while let Some((number, from, to)) = open.pop() {
        let span = &trace.spans[number as usize];
        if let What::Time(part, place) = span.what {
            *sums.entry((part, place)).or_insert(0) += to.since(from).0;
            continue;
        }
        let mut until = to;
        let end = |number: u32| trace.spans[number as usize].end.min(cut);
        let mut by_end = inside[number as usize].clone();
        by_end.sort_by_key(|&number| (end(number), trace.spans[number as usize].order));
        for child in by_end.into_iter().rev() {
            let (start, end) = (trace.spans[child as usize].start, end(child));
            if end > until || start >= until || end <= from {
                continue;
            }
            let rest = until.since(end).0;
            if rest > 0 {
                *sums.entry((Part::Lost, Place::Named("something"))).or_insert(0) += rest;
            }
            open.push((child, start.max(from), end));
            until = start.max(from);
        }
        let rest = until.since(from).0;
        if rest > 0 {
            *sums.entry((Part::Lost, Place::Named("something"))).or_insert(0) += rest;
        }
    }
    let mut shares: Vec<PathShare> =
        sums.into_iter().map(|(of, nanos)| (of, Duration(nanos))).collect();
    shares.sort_by_key(|&(of, time)| (std::cmp::Reverse(time), of));
    shares
}

/// Sums of critical paths over the requests near the percentiles of each journey.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PathSums {
    /// By journey: response times from and to which requests count as slow, and as usual.
    bands: Vec<[(Duration, Duration); 2]>,
    /// By journey: slow and usual requests.
    sums: Vec<[PathSum; 2]>,
}

/// The sum of some critical paths.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PathSum {
    /// How many requests.
    pub requests: u64,
    /// Nanoseconds by what they were spent on.
    pub nanos: BTreeMap<(Part, Place), u128>,
}

impl PathSums {
    /// For each journey the response times between which a request is slow, and those between which it is usual.
    pub fn new(bands: Vec<[(Duration, Duration); 2]>) -> PathSums {
        let sums = bands.iter().map(|_| Default::default()).collect();
        PathSums { bands, sums }
    }

    /// The slow and the usual requests of a journey.
    pub fn of(&self, journey: usize) -> &[PathSum; 2] {
        &self.sums[journey]
    }

    pub(super) fn add(&mut self, trace: &Trace) {
        if trace.ending != Ending::Done {
            return;
        }
        let journey = trace.journey as usize;
        let near = |(from, to): (Duration, Duration)| (from..=to).contains(&trace.response);
        let bands = self.bands[journey];
        if !bands.into_iter().any(near) {
            return;
        }
        let path = critical_path(trace);
        for (sum, _) in self.sums[journey].iter_mut().zip(bands).filter(|(_, band)| near(*band)) {
            sum.requests += 1;
            for &(of, time) in &path {
                *sum.nanos.entry(of).or_insert(0) += u128::from(time.0);
            }
        }
    }

    /// Adds the sums of another run of the same model, with the same bands.
    pub fn merge(&mut self, other: &PathSums) {
        for (mine, other) in self.sums.iter_mut().flatten().zip(other.sums.iter().flatten()) {
            mine.requests += other.requests;
            for (&of, nanos) in &other.nanos {
                *mine.nanos.entry(of).or_insert(0) += nanos;
            }
        }
    }
}

impl PathSum {
    /// Mean seconds by what they were spent on, the longest first.
    pub fn means(&self) -> Vec<((Part, Place), f64)> {
        let requests = self.requests.max(1) as f64;
        let mean = |(&of, &nanos): (&(Part, Place), &u128)| {
            (of, nanos as f64 / requests / crate::time::SECOND)
        };
        let mut means: Vec<_> = self.nanos.iter().map(mean).collect();
        means.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        means
    }
}
