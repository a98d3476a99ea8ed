//! What a contributor can ask for.

use clap::Parser;

use crate::{bench, playground, test};

/// Contributor tasks of archsim.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
pub(crate) enum Task {
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
    /// Build the page in which the core runs in a browser, and serve it.
    Playground(playground::Options),
    /// Kill a study of 500 points at random instants: 100 times, or so many.
    Kills { kills: Option<u32> },
    /// Measure speed and memory, beside loops written by hand.
    Bench(bench::Options),
}
