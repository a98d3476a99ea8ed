//! `archsim sensitivity`: which parameters matter.

use crate::args::SensitivityArgs;
use crate::failure::{Failure, Success};
use crate::model::{A_PART, Data, Written, share, until};
use crate::picture;
use crate::pool::Pool;
use crate::study::asked::{CommandLine, axes, origin, usage};
use sim_core::report::{
    self,
    figure::{self, svg},
};
use sim_core::study::{Effort, Points, Sampling, Sensitivity, Sweep, parameters};

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
            let wrong = format!("{} is no share such as 20%", args.by);
            let by = share(&args.by, A_PART, &wrong)?;
            parameters(&spec, by).map_err(|error| usage("", error))?
        }
        vary => axes(&[], vary, &spec)?,
    };
    let seed = spec.run.seed.unwrap_or(1);
    let origin = origin(&spec, command(args));
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
    let mut command = CommandLine::of("sensitivity", &args.model);
    command.each("vary", &args.vary);
    if args.vary.is_empty() {
        command.unless("20%", "by", &args.by);
    }
    command.unless("p99", "on", args.on.name());
    command.unless("10", "trajectories", &args.trajectories.to_string());
    args.design.iter().for_each(|design| command.flag("design", design));
    command.edits(&args.edits);
    command.run(&args.run);
    command.text()
}
