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

use args::{Args, Verb};
use clap::Parser;
use failure::{Failure, Success};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    match dispatch(args) {
        Ok(success) => ExitCode::from(success.code()),
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code())
        }
    }
}

fn dispatch(args: Args) -> Result<Success, Failure> {
    match args.verb {
        Verb::Check(args) => verb::check::run(&args),
        Verb::Run(args) if args.watch => watch::run(&[args.model]),
        Verb::Compare(args) if args.watch => watch::run(&args.models),
        Verb::Sweep(args) if args.watch => watch::run(&[args.model]),
        Verb::Run(args) => verb::run::run(&args),
        Verb::Compare(args) => verb::compare::run(&args),
        Verb::Sweep(args) => verb::sweep::run(&args),
        Verb::Capacity(args) => verb::capacity::run(&args),
        Verb::Gate(args) => verb::gate::run(&args),
        Verb::Sensitivity(args) => verb::sensitivity::run(&args),
        Verb::Optimize(args) => verb::optimize::run(&args),
        Verb::Study(args) => verb::study::run(&args),
        Verb::Merge(args) => verb::merge::run(&args),
        Verb::Trace(args) => verb::trace::run(&args),
        Verb::Series(args) => verb::series::run(&args),
        Verb::Events(args) => verb::events::run(&args),
        Verb::Report(args) => verb::report::run(&args),
        Verb::Plot(args) => verb::plot::run(&args),
        Verb::Graph(args) => verb::graph::run(&args),
        Verb::New(args) => verb::new::run(&args),
        Verb::Reference(args) => verb::reference::run(&args),
        Verb::Schema(args) => verb::schema::run(&args),
        Verb::Completions(args) => verb::completions::run(&args),
        Verb::Man => verb::man::run(),
        Verb::Fingerprint(args) => verb::fingerprint::run(&args),
    }
}
