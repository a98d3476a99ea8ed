//! `archsim optimize`: the cheapest of many alternatives that meets the objectives.

use crate::args::{OptimizeArgs, RunArgs};
use crate::failure::{Failure, Success};
use crate::model::{Data, Written};
use crate::pool::Pool;
use crate::study::asked::{axes, quoted, usage};
use sim_core::model::quantity;
use sim_core::report;
use sim_core::spec::{Quantity, Spec};
use sim_core::study::{
    FilesOf, Optimize, OptimizePlan, Origin, Points, Refused, Sampling, Verdict,
};

pub(crate) fn run(args: &OptimizeArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    let mut written = Written::read(&args.model, &args.edits)?;
    let run = RunArgs {
        seed: args.seed,
        replications: None,
        precision: None,
        horizon: args.horizon.clone(),
        warmup: None,
        jobs: args.jobs,
    };
    written.plan(&run)?;
    let spec = &written.spec;
    let seed = spec.run.seed.unwrap_or(1);
    let sampling = Sampling::parse(&args.vary.sample).map_err(Failure::Usage)?;
    let varied = axes(&args.vary.designs, &args.vary.vary, spec)?;
    let points = Points::new(varied, sampling, seed).map_err(|error| usage("", error))?;
    let plan = OptimizePlan {
        minimize: args.minimize,
        confidence: share(&args.confidence, "--confidence")?,
        indifference: share(&args.indifference, "--indifference")?,
        budget: args.budget.unwrap_or(100 * points.len() as u64),
    };
    let data = Data::beside(&args.model);
    let files: FilesOf = Box::new(move |spec: &Spec| data.of(spec));
    let mut optimize =
        Optimize::new(spec, &files, points, plan).map_err(|refused| match refused {
            Refused::Axis(error) => usage("", error),
            Refused::Model(findings) => written.failure(findings),
        })?;
    Pool::new(args.jobs)?.drive(&mut optimize);
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        model_hash: format!("{:016x}", spec.hash()),
        seed,
        command: command(args),
    };
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

fn share(text: &str, flag: &str) -> Result<f64, Failure> {
    quantity::share(&Quantity::Text(text.to_owned()))
        .ok()
        .filter(|share| *share > 0.0 && *share < 1.0)
        .ok_or_else(|| Failure::Usage(format!("{flag} {text} is no share between 0% and 100%")))
}

/// The command that asks for the same.
fn command(args: &OptimizeArgs) -> String {
    let mut words = vec!["archsim optimize".to_owned(), quoted(&args.model)];
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    args.vary.vary.iter().for_each(|axis| flag("vary", axis));
    if !args.vary.designs.is_empty() {
        flag("designs", &args.vary.designs.join(","));
    }
    let flags = [
        ("sample", args.vary.sample.as_str(), "grid"),
        ("minimize", args.minimize.name(), "cost"),
        ("confidence", args.confidence.as_str(), "95%"),
        ("indifference", args.indifference.as_str(), "1%"),
    ];
    flags
        .into_iter()
        .filter(|(_, value, usual)| value != usual)
        .for_each(|(name, value, _)| flag(name, value));
    args.budget.iter().for_each(|budget| flag("budget", &budget.to_string()));
    args.edits.set.iter().for_each(|edit| flag("set", edit));
    args.seed.iter().for_each(|seed| flag("seed", &seed.to_string()));
    args.horizon.iter().for_each(|horizon| flag("horizon", horizon));
    words.join(" ")
}
