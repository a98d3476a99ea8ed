//! `archsim completions`: what a shell needs to complete flags.

use crate::args::{Args, CompletionsArgs};
use crate::failure::{Failure, Success};
use crate::output;
use clap::CommandFactory;

pub(crate) fn run(args: &CompletionsArgs) -> Result<Success, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "archsim", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Success::Fine)
}
