//! `cargo xtask …`: what a contributor types. `cargo xtask test` is all that CI runs.

mod bench;
mod bisect;
mod determinism;
mod fingerprint;
mod gallery;
mod kills;
mod playground;
mod runner;
mod shell;
mod task;
mod test;
mod tidy;
mod toolchain;
mod wasm;

use std::process::ExitCode;

use clap::Parser;
use task::Task;

fn main() -> ExitCode {
    let report = match Task::parse() {
        Task::Test(steps) => return test::run(&steps.steps),
        Task::Tidy => tidy::step(),
        Task::Fingerprints { bless } => determinism::fingerprints(bless),
        Task::Truth => test::truth(),
        Task::Coverage { studies } => test::coverage(studies),
        Task::Wasm => wasm::step(),
        Task::Playground(options) => playground::step(&options),
        Task::Kills { kills } => kills::step(kills.unwrap_or(100)),
        Task::Bench(options) => bench::step(options),
    };
    report.tell()
}
