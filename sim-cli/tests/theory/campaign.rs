//! Twenty replications, made longer together until every value is as precise as it has to be.

use crate::judge::{Verdict, excess, judge};
use crate::truth::Expected;
use rayon::prelude::*;

/// How many independent replications an experiment has.
pub(crate) const REPLICATIONS: u64 = 20;

/// One replication of an experiment. It can be made longer, and keeps what it has seen.
pub(crate) trait Replication: Send {
    /// Goes on until it is `length` times as long as the model's own run.
    fn extend(&mut self, length: f64);

    /// What it has measured so far under this name; `None` if it does not measure that.
    fn value(&self, name: &str) -> Option<f64>;
}

/// One expected value, and what the replications made of it.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) expected: Expected,
    pub(crate) numbers: Vec<f64>,
    pub(crate) verdict: Verdict,
    /// How long the replications were, relative to the model's own run.
    pub(crate) length: f64,
    /// Whether this is the second run, the first having missed.
    pub(crate) again: bool,
}

/// No replication becomes longer than this.
const LENGTH_MAX: f64 = 5_000.0;

/// Runs an experiment; `start` makes its replications for a seed. If a value is missed, everything runs once more with
/// another seed and ten times as long.
pub(crate) fn run<R: Replication>(
    expected: &[Expected],
    start: impl Fn(u64) -> Vec<R>,
) -> Vec<Measured> {
    let first = run_once(expected, start(1), 1.0);
    let length = first.iter().map(|measured| measured.length).fold(1.0, f64::max);
    if first.iter().all(|measured| measured.verdict == Verdict::Passed) || length >= LENGTH_MAX {
        return first;
    }
    let mut second = run_once(expected, start(2), 10.0 * length);
    for (first, second) in first.iter().zip(&mut second) {
        second.again = first.verdict != Verdict::Passed;
    }
    second
}

fn run_once<R: Replication>(
    expected: &[Expected],
    mut replications: Vec<R>,
    mut length: f64,
) -> Vec<Measured> {
    loop {
        replications.par_iter_mut().for_each(|replication| replication.extend(length));
        let measured = read(expected, &replications, length);
        let excess = measured.iter().map(|m| excess(&m.expected, &m.numbers)).fold(0.0, f64::max);
        if excess <= 1.0 || length >= LENGTH_MAX {
            return measured;
        }
        // Half-widths shrink with the root of the length.
        length = (length * (1.1 * excess * excess).clamp(1.2, 5.0)).min(LENGTH_MAX);
    }
}

fn read<R: Replication>(expected: &[Expected], replications: &[R], length: f64) -> Vec<Measured> {
    let measured = |expected: &Expected| {
        let value = |replication: &R| replication.value(&expected.name);
        let numbers: Vec<f64> = replications.iter().map(value).collect::<Option<_>>()?;
        let verdict = judge(expected, &numbers);
        Some(Measured { expected: expected.clone(), numbers, verdict, length, again: false })
    };
    expected.iter().filter_map(measured).collect()
}
