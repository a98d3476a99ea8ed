//! `archsim`: simulate software architectures and compare them.

mod args;
mod diagnostics;
mod failure;
mod files;
mod findings;
mod look;
mod model;
mod output;
#[cfg(feature = "parquet")]
mod parquet;
mod picture;
mod pool;
mod study;
mod verb;
mod watch;

use args::Args;
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    match verb::run(args.verb) {
        Ok(success) => ExitCode::from(success.code()),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code())
        }
    }
}
