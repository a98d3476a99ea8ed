//! `archsim capacity`: the highest load at which each design meets the objectives.

use super::compare::designs_of;
use crate::args::CapacityArgs;
use crate::failure::{Failure, Success};
use crate::model::{Data, Written, share};
use crate::pool::Pool;
use crate::study::asked::{CommandLine, origin, usage};
use sim_core::report;
use sim_core::study::{CapacitySearch, Refused};

pub(crate) fn run(args: &CapacityArgs) -> Result<Success, Failure> {
    args.output.keeps(std::slice::from_ref(&args.model))?;
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.search.run())?;
    let wrong = format!("{} is no tolerance such as 3%", args.tolerance);
    let tolerance = share(&args.tolerance, 1e-4..0.5, &wrong)?;
    let designs = designs_of(&written, &args.designs);
    let data = Data::beside(&args.model);
    let files = Box::new(move |spec: &sim_core::spec::Spec| data.of(spec));
    let mut search = CapacitySearch::new(&written.spec, &designs, &args.vary, files, tolerance)
        .map_err(|refused| match refused {
            Refused::Axis(error) => usage("--vary: ", error),
            Refused::Model(findings) => written.failure(findings),
        })?;
    Pool::new(args.search.jobs)?.drive(&mut search);
    let origin = origin(&written.spec, command(args));
    let found = search.summary(origin);
    args.output.write(&report::render_capacity(
        &found,
        args.output.format(),
        args.output.style(),
    ))?;
    Ok(if found.interrupted { Success::Interrupted } else { Success::Fine })
}

/// The command that asks for the same.
fn command(args: &CapacityArgs) -> String {
    let mut command = CommandLine::of("capacity", &args.model);
    command.flag("vary", &args.vary);
    command.list("designs", &args.designs);
    command.unless("3%", "tolerance", &args.tolerance);
    command.edits(&args.edits);
    command.run(&args.search.run());
    command.text()
}
