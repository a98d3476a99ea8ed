//! `archsim run`: one design, simulated.

use crate::args::{OneArgs, OutputArgs, RunArgs};
use crate::failure::{Failure, Success};
use crate::model::{Written, plan};
use crate::pool::Pool;
use sim_core::report;
use sim_core::study::{Alternative, Replicate};

pub(crate) fn run(args: &OneArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.run)?;
    let design = written.check(args.design.as_deref())?;
    simulate(vec![design], &args.run, &args.output)
}

/// Simulates designs and writes the answer.
pub(crate) fn simulate(
    designs: Vec<Alternative>,
    args: &RunArgs,
    output: &OutputArgs,
) -> Result<Success, Failure> {
    let plan = plan(&designs, args)?;
    let mut study = Replicate::new(designs, plan);
    Pool::new(args.jobs)?.drive(&mut study);
    let summary = study.summary();
    output.write(&report::render(&summary, output.format(), output.style()))?;
    Ok(Success::of(&summary))
}
