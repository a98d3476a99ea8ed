//! `archsim compare`: several designs, or several files, under the same traffic.

use super::run::simulate;
use crate::args::{CompareArgs, ModelArgs, RunArgs};
use crate::failure::{Failure, Success};
use crate::model::{Written, named_designs};
use crate::study::asked::CommandLine;
use sim_core::study::{AS_WRITTEN, Alternative};
use std::path::Path;

pub(crate) fn run(args: &CompareArgs) -> Result<Success, Failure> {
    args.output.keeps(&args.models)?;
    let designs = designs(&args.models, &args.designs, &args.edits, &args.run)?;
    if designs.len() < 2 {
        let message =
            "there is only one design to compare; add some to `designs`, or name a second file";
        return Err(Failure::Usage(message.into()));
    }
    simulate(designs, command(args), &args.run, &args.output)
}

/// The command that gives the same.
fn command(args: &CompareArgs) -> String {
    let mut command = CommandLine::of("compare", &args.models[0]);
    command.words(&args.models[1..]);
    command.list("designs", &args.designs);
    command.edits(&args.edits);
    command.run(&args.run);
    command.text()
}

/// The designs of one file, or several files as they are written.
pub(crate) fn designs(
    models: &[String],
    named: &[String],
    edits: &ModelArgs,
    run: &RunArgs,
) -> Result<Vec<Alternative>, Failure> {
    match models {
        [model] => of_one_file(model, named, edits, run),
        models => of_files(models, named, edits, run),
    }
}

fn of_one_file(
    model: &str,
    named: &[String],
    edits: &ModelArgs,
    run: &RunArgs,
) -> Result<Vec<Alternative>, Failure> {
    let mut written = Written::read(model, edits)?;
    written.plan(run)?;
    let designs = designs_of(&written, named);
    designs.iter().map(|design| written.check(design.as_deref())).collect()
}

/// The designs named, or all.
pub(crate) fn designs_of(written: &Written, named: &[String]) -> Vec<Option<String>> {
    if named.is_empty() {
        return written.all_designs();
    }
    let named = named_designs(named, &written.spec).into_iter();
    named.map(|name| (name != AS_WRITTEN).then_some(name)).collect()
}

fn of_files(
    models: &[String],
    named: &[String],
    edits: &ModelArgs,
    run: &RunArgs,
) -> Result<Vec<Alternative>, Failure> {
    if !named.is_empty() {
        let message = "--designs takes designs of one file; several files are compared as written";
        return Err(Failure::Usage(message.into()));
    }
    let one = |model: &String| {
        let mut written = Written::read(model, edits)?;
        written.plan(run)?;
        let mut alternative = written.check(None)?;
        alternative.name = name_of(model, models);
        Ok(alternative)
    };
    models.iter().map(one).collect()
}

/// The file's name without its folder and ending, unless another has the same.
fn name_of(model: &str, models: &[String]) -> String {
    let stem = |model: &str| Path::new(model).file_stem().map(|s| s.to_string_lossy().into_owned());
    let same = models.iter().filter(|other| stem(other) == stem(model)).count();
    match stem(model) {
        Some(stem) if same == 1 => stem,
        _ => model.to_owned(),
    }
}
