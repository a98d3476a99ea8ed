//! `archsim study`: what a model's `studies` ask for, by name.

use crate::args::{Args, ModelArgs, StudyArgs, Verb};
use crate::failure::{Failure, Success};
use crate::model::Written;
use crate::study::asked::CommandLine;
use crate::{output, watch};
use clap::Parser;
use sim_core::spec::{Study, did_you_mean};
use sim_core::study::check_studies;

pub(crate) fn run(args: &StudyArgs) -> Result<Success, Failure> {
    let written = Written::read(&args.model, &ModelArgs::default())?;
    check(&written)?;
    let studies = &written.spec.studies;
    let Some(name) = &args.name else {
        if studies.is_empty() {
            return Err(Failure::Usage(format!("{} names no study: {EXAMPLE}", args.model)));
        }
        output::print(&listed(&written))?;
        return Ok(Success::Fine);
    };
    let Some(study) = studies.get(name) else {
        let names: Vec<&str> = studies.keys().map(String::as_str).collect();
        let hint = match (did_you_mean(name, names.iter().copied()), names.is_empty()) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, false) => format!("there are: {}", names.join(", ")),
            (None, true) => EXAMPLE.to_owned(),
        };
        return Err(Failure::Usage(format!("there is no study `{name}`\n  = {hint}")));
    };
    let words = words(study, &args.model, &args.more);
    let asked = Args::try_parse_from(words).unwrap_or_else(|error| error.exit());
    match asked.verb {
        Verb::Sweep(args) if args.watch => watch::run(&[args.model]),
        Verb::Sweep(args) => super::sweep::run(&args),
        Verb::Capacity(args) => super::capacity::run(&args),
        Verb::Optimize(args) => super::optimize::run(&args),
        Verb::Sensitivity(args) => super::sensitivity::run(&args),
        _ => unreachable!("these are the verbs of studies"),
    }
}

const EXAMPLE: &str =
    "write studies: {\"load\": sweep(vary: [\"clients.users.rate=100/s..1000/s:10\"])}";

/// Tells what is wrong with the studies of a model.
pub(crate) fn check(written: &Written) -> Result<(), Failure> {
    let findings = check_studies(&written.spec);
    if findings.has_errors() { Err(written.failure(findings)) } else { Ok(()) }
}

/// The studies of a model, each with the command that it stands for.
pub(crate) fn listed(written: &Written) -> String {
    let mut text = String::new();
    for (name, study) in &written.spec.studies {
        let mut command = CommandLine::of(study.verb(), &written.file);
        study.options().iter().for_each(|(option, value)| command.flag(option, value));
        text += &format!("{name}\n  {}\n", command.text());
    }
    text
}

/// The words of a command line: those of the study, but for what `more` says otherwise, and then those of `more`.
fn words(study: &Study, model: &str, more: &[String]) -> Vec<String> {
    let says = |option: &str| {
        let flag = format!("--{option}");
        more.iter().any(|word| word.split('=').next() == Some(&flag))
    };
    // Of these, one takes the place of the other.
    let is_replaced = |option: &str| match option {
        "replications" | "precision" => says("replications") || says("precision"),
        // To vary something else as well is to vary more.
        "vary" => false,
        option => says(option),
    };
    let mut words = vec!["archsim".to_owned(), study.verb().to_owned(), model.to_owned()];
    for (option, value) in study.options() {
        if !is_replaced(&option) {
            words.push(format!("--{option}={value}"));
        }
    }
    words.extend(more.iter().cloned());
    words
}
