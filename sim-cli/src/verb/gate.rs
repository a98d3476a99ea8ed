//! `archsim gate`: whether a model may take the place of its baseline.

use crate::args::GateArgs;
use crate::failure::{Failure, Success};
use crate::model::{Written, plan};
use crate::pool::Pool;
use crate::study::asked::CommandLine;
use sim_core::report;
use sim_core::study::{Allowance, Alternative, Gate, Replicate, Summary, Verdict};

pub(crate) fn run(args: &GateArgs) -> Result<Success, Failure> {
    args.output.keeps(&[args.model.clone(), args.baseline.clone()])?;
    let baseline = read(args, &args.baseline, "baseline")?;
    let candidate = read(args, &args.model, "here")?;
    if candidate.model.objectives.is_empty() && args.allow.is_empty() {
        let message = "there is nothing to judge by\n  = add objectives to the model, or say what may grow: --allow p99=5%";
        return Err(Failure::Usage(message.into()));
    }
    let designs = vec![baseline, candidate];
    let plan = plan(&designs, &args.run)?;
    let mut study = Replicate::new(designs, plan);
    Pool::new(args.run.jobs)?.drive(&mut study);
    let summary = Summary { command: Some(command(args)), ..study.summary() };
    let (interrupted, broken) = (summary.interrupted, summary.has_violations());
    let gate = Gate::of(summary, &args.allow);
    args.output.write(&report::render_gate(&gate, args.output.format(), args.output.style()))?;
    Ok(match gate.verdict {
        _ if broken => Success::Broken,
        _ if interrupted => Success::Interrupted,
        Verdict::Met => Success::Fine,
        Verdict::Undecided => Success::Inconclusive,
        Verdict::Missed => Success::Missed,
    })
}

/// The command that gives the same.
fn command(args: &GateArgs) -> String {
    let mut command = CommandLine::of("gate", &args.model);
    command.flag("baseline", &args.baseline);
    args.design.iter().for_each(|design| command.flag("design", design));
    let allowed = |allowance: &Allowance| {
        format!("{}={}%", allowance.metric.name(), (1e11 * allowance.share).round() / 1e9)
    };
    command.each("allow", &args.allow.iter().map(allowed).collect::<Vec<_>>());
    command.edits(&args.edits);
    command.run(&args.run);
    command.text()
}

fn read(args: &GateArgs, model: &str, name: &str) -> Result<Alternative, Failure> {
    let mut written = Written::read(model, &args.edits)?;
    written.plan(&args.run)?;
    Ok(Alternative { name: name.to_owned(), ..written.check(args.design.as_deref())? })
}
