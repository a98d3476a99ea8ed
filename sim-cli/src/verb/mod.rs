//! A file for each thing that `archsim` does.

pub(crate) mod capacity;
pub(crate) mod check;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod events;
pub(crate) mod fingerprint;
pub(crate) mod gate;
pub(crate) mod graph;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod new;
pub(crate) mod optimize;
pub(crate) mod plot;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod sensitivity;
pub(crate) mod series;
pub(crate) mod study;
pub(crate) mod sweep;
pub(crate) mod trace;

use crate::args::Verb;
use crate::failure::{Failure, Success};

/// Does what was asked for.
pub(crate) fn run(verb: Verb) -> Result<Success, Failure> {
    match verb {
        Verb::Check(args) => check::run(&args),
        Verb::Run(args) if args.watch => crate::watch::run(&[args.model]),
        Verb::Compare(args) if args.watch => crate::watch::run(&args.models),
        Verb::Sweep(args) if args.watch => crate::watch::run(&[args.model]),
        Verb::Run(args) => run::run(&args),
        Verb::Compare(args) => compare::run(&args),
        Verb::Sweep(args) => sweep::run(&args),
        Verb::Capacity(args) => capacity::run(&args),
        Verb::Gate(args) => gate::run(&args),
        Verb::Sensitivity(args) => sensitivity::run(&args),
        Verb::Optimize(args) => optimize::run(&args),
        Verb::Study(args) => study::run(&args),
        Verb::Merge(args) => merge::run(&args),
        Verb::Trace(args) => trace::run(&args),
        Verb::Series(args) => series::run(&args),
        Verb::Events(args) => events::run(&args),
        Verb::Report(args) => report::run(&args),
        Verb::Plot(args) => plot::run(&args),
        Verb::Graph(args) => graph::run(&args),
        Verb::New(args) => new::run(&args),
        Verb::Reference(args) => reference::run(&args),
        Verb::Schema(args) => schema::run(&args),
        Verb::Completions(args) => completions::run(&args),
        Verb::Man => man::run(),
        Verb::Fingerprint(args) => fingerprint::run(&args),
    }
}
