//! `archsim sensitivity`: which parameters matter.

use crate::args::SensitivityArgs;
use crate::failure::{Failure, Success};
use crate::model::{Data, Written, until};
use crate::picture;
use crate::pool::Pool;
use crate::study::asked::{axes, quoted, usage};
use sim_core::model::quantity;
use sim_core::report::{
    self,
    figure::{self, svg},
};
use sim_core::spec::Quantity;
use sim_core::study::{Effort, Origin, Points, Sampling, Sensitivity, Sweep, parameters};

pub(crate) fn run(args: &SensitivityArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    picture::check(args.plot.as_deref())?;
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.run)?;
    let spec = match &args.design {
        Some(design) => {
            written.spec.design(design).map_err(|findings| written.failure(findings))?
        }
        None => written.spec.clone(),
    };
    let varied = match args.vary.as_slice() {
        [] => {
            let share = quantity::share(&Quantity::Text(args.by.clone()))
                .ok()
                .filter(|share| *share > 0.0 && *share < 1.0)
                .ok_or_else(|| Failure::Usage(format!("{} is no share such as 20%", args.by)))?;
            parameters(&spec, share).map_err(|error| usage("", error))?
        }
        vary => axes(&[], vary, &spec)?,
    };
    let seed = spec.run.seed.unwrap_or(1);
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        model_hash: format!("{:016x}", spec.hash()),
        seed,
        command: command(args),
    };
    let points = Points::new(varied, Sampling::Morris(args.trajectories), seed)
        .map_err(|error| usage("", error))?;
    let data = Data::beside(&args.model);
    let effort = Effort { until: until(&args.run)? };
    let mut sweep = Sweep::new(spec, Box::new(move |spec| data.of(spec)), points, effort)
        .map_err(|findings| written.failure(findings))?;
    Pool::new(args.run.jobs)?.drive(&mut sweep);
    let found =
        Sensitivity::of(sweep.summary(origin), args.on).expect("the points are trajectories");
    args.output.write(&report::render_sensitivity(
        &found,
        args.output.format(),
        args.output.style(),
    ))?;
    if let Some(path) = &args.plot {
        match figure::tornado(&found) {
            Some(figure) => picture::write(path, &svg::svg(&figure, svg::Look::default()))?,
            None => eprintln!("warning: --plot: no effect is to be told"),
        }
    }
    Ok(if found.interrupted { Success::Interrupted } else { Success::Fine })
}

/// The command that asks for the same.
fn command(args: &SensitivityArgs) -> String {
    let mut words = vec!["archsim sensitivity".to_owned(), quoted(&args.model)];
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    args.vary.iter().for_each(|axis| flag("vary", axis));
    if args.vary.is_empty() && args.by != "20%" {
        flag("by", &args.by);
    }
    if args.on.name() != "p99" {
        flag("on", args.on.name());
    }
    if args.trajectories != 10 {
        flag("trajectories", &args.trajectories.to_string());
    }
    args.design.iter().for_each(|design| flag("design", design));
    args.edits.set.iter().for_each(|edit| flag("set", edit));
    let run = &args.run;
    run.seed.iter().for_each(|seed| flag("seed", &seed.to_string()));
    run.replications.iter().for_each(|n| flag("replications", &n.to_string()));
    for (name, value) in
        [("precision", &run.precision), ("horizon", &run.horizon), ("warmup", &run.warmup)]
    {
        value.iter().for_each(|value| flag(name, value));
    }
    words.join(" ")
}
