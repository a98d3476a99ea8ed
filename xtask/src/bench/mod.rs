//! How fast the simulator is, beside loops written by hand for one system each.
//!
//! The models and the loops run in turn, in one process, so that whatever else the machine does falls on both. Every
//! figure is a median over the rounds; a ratio is the median of the rounds' ratios.

mod blocks;
mod floor;
mod parts;
mod scale;
mod shares;
mod workload;

use std::time::Instant;

use crate::shell::{self, Problem, command};
use crate::test::Report;

/// How much to measure.
#[derive(Clone, Copy, clap::Args)]
pub(crate) struct Options {
    /// Fewer rounds of fewer requests.
    #[arg(long)]
    quick: bool,
    /// Only run so many requests of W1, and print the most memory this process has held, in KiB.
    #[arg(long, hide = true)]
    memory_of: Option<u64>,
    /// Only run a model with a lot of state, and print the same.
    #[arg(long, hide = true)]
    memory_of_state: bool,
}

impl Options {
    fn rounds(self) -> usize {
        if self.quick { 5 } else { 7 }
    }

    /// The part of the full number of requests.
    fn scale(self) -> f64 {
        if self.quick { 0.1 } else { 1.0 }
    }
}

/// Measures everything and compares it with what is required.
pub(crate) fn step(options: Options) -> Report {
    if cfg!(debug_assertions) {
        return Report::of(in_release(options));
    }
    if let Some(requests) = options.memory_of {
        return Report::of(scale::print_memory_of(requests));
    }
    if options.memory_of_state {
        return Report::of(scale::print_memory_of_state());
    }
    let mut report = workload::step(options);
    parts::step(options);
    report.add(blocks::step(options));
    report.add(shares::step(options));
    report.add(scale::step(options));
    report
}

/// The same again, optimised.
fn in_release(options: Options) -> Result<(), Problem> {
    let mut release =
        command("cargo", ["run", "--quiet", "--release", "--package", "xtask", "--", "bench"]);
    if options.quick {
        release.arg("--quick");
    }
    shell::run(&mut release)
}

/// How long it takes, in nanoseconds, and what comes of it.
fn timed<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = Instant::now();
    let result = std::hint::black_box(work());
    (start.elapsed().as_nanos() as f64, result)
}

/// How long it takes, in nanoseconds.
fn nanos<T>(work: impl FnOnce() -> T) -> f64 {
    timed(work).0
}

/// The middle one; of an even number the upper of the two.
fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// One check: a figure against what is required of it.
fn require(holds: bool, text: String) -> Report {
    if holds { Report::pass() } else { Report::fail(format!("required: {text}")) }
}
