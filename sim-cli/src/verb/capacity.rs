//! `archsim capacity`: the highest load at which each design meets the objectives.

use crate::args::{CapacityArgs, RunArgs};
use crate::failure::{Failure, Success};
use crate::model::{Data, Written};
use crate::pool::Pool;
use crate::study::asked::{quoted, usage};
use sim_core::model::quantity;
use sim_core::report;
use sim_core::spec::Quantity;
use sim_core::study::{AS_WRITTEN, CapacitySearch, Origin, Refused};

pub(crate) fn run(args: &CapacityArgs) -> Result<Success, Failure> {
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
    let tolerance = quantity::share(&Quantity::Text(args.tolerance.clone()))
        .ok()
        .filter(|share| (1e-4..0.5).contains(share))
        .ok_or_else(|| Failure::Usage(format!("{} is no tolerance such as 3%", args.tolerance)))?;
    let designs = match args.designs.as_slice() {
        [] => written.all_designs(),
        named => {
            let named = named.iter().map(|name| name.trim());
            named.map(|name| (name != AS_WRITTEN).then(|| name.to_owned())).collect()
        }
    };
    let data = Data::beside(&args.model);
    let files = Box::new(move |spec: &sim_core::spec::Spec| data.of(spec));
    let mut search = CapacitySearch::new(&written.spec, &designs, &args.vary, files, tolerance)
        .map_err(|refused| match refused {
            Refused::Axis(error) => usage("--vary: ", error),
            Refused::Model(findings) => written.failure(findings),
        })?;
    Pool::new(args.jobs)?.drive(&mut search);
    let origin = Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        model_hash: format!("{:016x}", written.spec.hash()),
        seed: written.spec.run.seed.unwrap_or(1),
        command: command(args),
    };
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
    let mut words = vec!["archsim capacity".to_owned(), quoted(&args.model)];
    let mut flag = |name: &str, value: &str| words.push(format!("--{name} {}", quoted(value)));
    flag("vary", &args.vary);
    if !args.designs.is_empty() {
        flag("designs", &args.designs.join(","));
    }
    if args.tolerance != "3%" {
        flag("tolerance", &args.tolerance);
    }
    args.edits.set.iter().for_each(|edit| flag("set", edit));
    args.seed.iter().for_each(|seed| flag("seed", &seed.to_string()));
    args.horizon.iter().for_each(|horizon| flag("horizon", horizon));
    words.join(" ")
}
