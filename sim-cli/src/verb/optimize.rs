//! `archsim optimize`: the cheapest of many alternatives that meets the objectives.

use crate::args::OptimizeArgs;
use crate::failure::{Failure, Success};
use crate::model::{A_PART, Data, Written, share};
use crate::pool::Pool;
use crate::study::asked::{CommandLine, axes, origin, usage};
use sim_core::report;
use sim_core::spec::Spec;
use sim_core::study::{FilesOf, Optimize, OptimizePlan, Points, Refused, Sampling, Verdict};

pub(crate) fn run(args: &OptimizeArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.search.run())?;
    let spec = &written.spec;
    let seed = spec.run.seed.unwrap_or(1);
    let sampling = Sampling::parse(&args.vary.sample).map_err(Failure::Usage)?;
    let varied = axes(&args.vary.designs, &args.vary.vary, spec)?;
    let points = Points::new(varied, sampling, seed).map_err(|error| usage("", error))?;
    let plan = OptimizePlan {
        minimize: args.minimize,
        confidence: part(&args.confidence, "--confidence")?,
        indifference: part(&args.indifference, "--indifference")?,
        budget: args.budget.unwrap_or(100 * points.len() as u64),
    };
    let data = Data::beside(&args.model);
    let files: FilesOf = Box::new(move |spec: &Spec| data.of(spec));
    let mut optimize =
        Optimize::new(spec, &files, points, plan).map_err(|refused| match refused {
            Refused::Axis(error) => usage("", error),
            Refused::Model(findings) => written.failure(findings),
        })?;
    Pool::new(args.search.jobs)?.drive(&mut optimize);
    let origin = origin(spec, command(args));
    let found = optimize.summary(origin);
    args.output.write(&report::render_optimize(
        &found,
        args.output.format(),
        args.output.style(),
    ))?;
    Ok(match found.verdict() {
        _ if found.interrupted => Success::Interrupted,
        Verdict::Met => Success::Fine,
        Verdict::Undecided => Success::Inconclusive,
        Verdict::Missed => Success::Missed,
    })
}

/// A share that a flag has.
fn part(text: &str, flag: &str) -> Result<f64, Failure> {
    share(text, A_PART, &format!("{flag} {text} is no share between 0% and 100%"))
}

/// The command that asks for the same.
fn command(args: &OptimizeArgs) -> String {
    let mut command = CommandLine::of("optimize", &args.model);
    command.each("vary", &args.vary.vary);
    command.list("designs", &args.vary.designs);
    command.unless("grid", "sample", &args.vary.sample);
    command.unless("cost", "minimize", args.minimize.name());
    command.unless("95%", "confidence", &args.confidence);
    command.unless("1%", "indifference", &args.indifference);
    args.budget.iter().for_each(|budget| command.flag("budget", &budget.to_string()));
    command.edits(&args.edits);
    command.run(&args.search.run());
    command.text()
}
