//! `archsim run`: one design, simulated.

use crate::args::{OneArgs, OutputArgs, RunArgs};
use crate::failure::{Failure, Success};
use crate::model::{Written, plan};
use crate::pool::Pool;
use crate::study::asked::CommandLine;
use sim_core::report;
use sim_core::study::{Alternative, Replicate, Study, Summary, look_at_paths};

pub(crate) fn run(args: &OneArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.run)?;
    let design = written.check(args.design.as_deref())?;
    let plan = plan(std::slice::from_ref(&design), &args.run)?;
    let mut study = Replicate::new(vec![design], plan);
    let pool = Pool::new(args.run.jobs)?;
    pool.drive(&mut study);
    if args.path && !study.is_interrupted() {
        let (trials, bands) = study.paths_to_look_at(0);
        let model = study.model(0);
        let looks = pool.each(trials, |trial| look_at_paths(model, trial, bands.clone()));
        study.tell_paths(0, looks);
    }
    answer(study.summary(), command(args), &args.output)
}

/// The command that gives the same.
fn command(args: &OneArgs) -> String {
    let mut command = CommandLine::of("run", &args.model);
    args.design.iter().for_each(|design| command.flag("design", design));
    command.edits(&args.edits);
    command.run(&args.run);
    command.switch("path", args.path);
    command.text()
}

/// Simulates designs and writes the answer, which `command` gives again.
pub(crate) fn simulate(
    designs: Vec<Alternative>,
    command: String,
    args: &RunArgs,
    output: &OutputArgs,
) -> Result<Success, Failure> {
    let plan = plan(&designs, args)?;
    let mut study = Replicate::new(designs, plan);
    Pool::new(args.jobs)?.drive(&mut study);
    answer(study.summary(), command, output)
}

fn answer(summary: Summary, command: String, output: &OutputArgs) -> Result<Success, Failure> {
    let summary = Summary { command: Some(command), ..summary };
    output.write(&report::render(&summary, output.format(), output.style()))?;
    Ok(Success::of(&summary))
}
