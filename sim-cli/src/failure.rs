//! How the program ends: exit codes, and what is said when it fails.

use crate::diagnostics;
use sim_core::spec::Diagnostics;
use sim_core::study::{Summary, Verdict};
use std::fmt;

/// The work was done; the exit code tells what came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Success {
    /// Nothing to object to.
    Fine,
    /// An objective was missed.
    Missed,
    /// An objective is neither met nor missed: its interval straddles the limit.
    Inconclusive,
    /// Stopped by Ctrl-C; what was known was written.
    Interrupted,
    /// An invariant was broken: a bug in the simulator.
    Broken,
}

impl Success {
    pub(crate) fn code(self) -> u8 {
        match self {
            Success::Fine => 0,
            Success::Broken => 1,
            Success::Missed => 4,
            Success::Inconclusive => 5,
            Success::Interrupted => 130,
        }
    }

    /// What a summary comes to.
    pub(crate) fn of(summary: &Summary) -> Success {
        if summary.has_violations() {
            return Success::Broken;
        }
        if summary.interrupted {
            return Success::Interrupted;
        }
        match summary.verdict() {
            Some(Verdict::Missed) => Success::Missed,
            Some(Verdict::Undecided) => Success::Inconclusive,
            Some(Verdict::Met) | None => Success::Fine,
        }
    }
}

/// The work could not be done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A file, the terminal or the machine.
    Io(String),
    /// A flag that makes no sense.
    Usage(String),
    /// What is wrong with a model, and its text.
    Model { findings: Box<Diagnostics>, text: String },
}

impl Failure {
    pub(crate) fn io(what: impl fmt::Display, error: &std::io::Error) -> Failure {
        Failure::Io(format!("{what}: {error}"))
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Failure::Io(_) => 1,
            Failure::Usage(_) => 2,
            Failure::Model { .. } => 3,
        }
    }

    /// Says what is wrong on stderr.
    pub(crate) fn report(&self) {
        match self {
            Failure::Io(message) | Failure::Usage(message) => eprintln!("error: {message}"),
            Failure::Model { findings, text } => diagnostics::print(findings, text, None),
        }
    }
}
