//! `cargo xtask …`: what a contributor types. `cargo xtask test` is all that CI runs.

mod bench;
mod bisect;
mod determinism;
mod fingerprint;
mod kills;
mod runner;
mod shell;
mod test;
mod tidy;
mod toolchain;
mod wasm;

use std::process::ExitCode;

use clap::Parser;

/// Contributor tasks of archsim.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Run every check, as CI does, or only the named steps.
    Test(test::Steps),
    /// Check layers, budgets, purity, paths, words and questions.
    Tidy,
    /// Compare the fingerprints of all models with models/fingerprints.txt.
    Fingerprints {
        /// Write the file anew instead: the change in behaviour is meant.
        #[arg(long)]
        bless: bool,
    },
    /// Judge all systems with known answers, those too that take too long for CI.
    Truth,
    /// Measure how often intervals cover the truth: 2000 studies of each system, or so many.
    Coverage { studies: Option<u32> },
    /// Build the WebAssembly module for Node and try it.
    Wasm,
    /// Kill a study of 500 points at random instants: 100 times, or so many.
    Kills { kills: Option<u32> },
    /// Measure speed and memory, beside loops written by hand.
    Bench(bench::Options),
}

fn main() -> ExitCode {
    let report = match Task::parse() {
        Task::Test(steps) => return test::run(&steps.steps),
        Task::Tidy => tidy::step(),
        Task::Fingerprints { bless } => determinism::fingerprints(bless),
        Task::Truth => test::truth(),
        Task::Coverage { studies } => test::coverage(studies),
        Task::Wasm => wasm::step(),
        Task::Kills { kills } => kills::step(kills.unwrap_or(100)),
        Task::Bench(options) => bench::step(options),
    };
    report.print();
    if report.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
