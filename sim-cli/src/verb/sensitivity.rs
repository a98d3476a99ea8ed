//! `archsim sensitivity`: which parameters matter.

use crate::args::{SensitivityArgs, SensitivityMethod};
use crate::failure::{Failure, Success};
use crate::model::{A_PART, Data, Written, share, until};
use crate::picture;
use crate::pool::Pool;
use crate::study::asked::{CommandLine, axes, origin, usage};
use sim_core::report::{
    self,
    figure::{self, svg},
};
use sim_core::study::{Effort, Points, Sampling, Sensitivity, SobolIndices, Sweep, parameters};

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
    let sampling = sampling(args)?;
    let points = Points::new(varied, sampling, seed).map_err(|error| usage("", error))?;
    let data = Data::beside(&args.model);
    let effort = Effort { until: until(&args.run)? };
    let mut sweep = Sweep::new(spec, Box::new(move |spec| data.of(spec)), points, effort)
        .map_err(|findings| written.failure(findings))?;
    Pool::new(args.run.jobs)?.drive(&mut sweep);
    let summary = sweep.summary(origin);
    let is_interrupted = summary.interrupted;
    let (format, style) = (args.output.format(), args.output.style());
    let (text, figure) = match args.method {
        SensitivityMethod::Morris => {
            let found = Sensitivity::of(summary, args.on).expect("the points are trajectories");
            (report::render_sensitivity(&found, format, style), figure::tornado(&found))
        }
        SensitivityMethod::Sobol => {
            let found = SobolIndices::of(summary, args.on).expect("the points are samples");
            (report::render_sobol(&found, format, style), figure::sobol(&found))
        }
    };
    args.output.write(&text)?;
    if let Some(path) = &args.plot {
        match figure {
            Some(figure) => picture::write(path, &svg::svg(&figure, svg::Look::default()))?,
            None => eprintln!("warning: --plot: no effect is to be told"),
        }
    }
    Ok(if is_interrupted { Success::Interrupted } else { Success::Fine })
}

/// How points are chosen; what only the other method knows is refused.
fn sampling(args: &SensitivityArgs) -> Result<Sampling, Failure> {
    let of_other = |flag: &str, of: &str, instead: &str| {
        Failure::Usage(format!("{flag} is of --method {of}\n  = here it is {instead}"))
    };
    match (args.method, args.trajectories, args.samples) {
        (SensitivityMethod::Morris, of, None) => Ok(Sampling::Morris(of.unwrap_or(10))),
        (SensitivityMethod::Sobol, None, of) => Ok(Sampling::Saltelli(of.unwrap_or(100))),
        (SensitivityMethod::Morris, ..) => Err(of_other("--samples", "sobol", "--trajectories")),
        (SensitivityMethod::Sobol, ..) => Err(of_other("--trajectories", "morris", "--samples")),
    }
}

/// The command that asks for the same.
fn command(args: &SensitivityArgs) -> String {
    let mut command = CommandLine::of("sensitivity", &args.model);
    command.each("vary", &args.vary);
    if args.vary.is_empty() {
        command.unless("20%", "by", &args.by);
    }
    command.unless("p99", "on", args.on.name());
    if args.method == SensitivityMethod::Sobol {
        command.flag("method", "sobol");
    }
    args.samples.iter().for_each(|samples| command.flag("samples", &samples.to_string()));
    args.trajectories.iter().for_each(|of| command.flag("trajectories", &of.to_string()));
    args.design.iter().for_each(|design| command.flag("design", design));
    command.edits(&args.edits);
    command.run(&args.run);
    command.text()
}
