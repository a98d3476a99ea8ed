//! `archsim fingerprint`: digests of what happens in a model's runs, to be the same on every machine.

use crate::args::{FingerprintArgs, ModelArgs};
use crate::failure::{Failure, Success};
use crate::model::Written;
use crate::output;
use crate::pool::Pool;
use indicatif::ProgressBar;
use sim_core::study::{AS_WRITTEN, Alternative, describe_event, fingerprint};
use std::fmt::Write;

pub(crate) fn run(args: &FingerprintArgs) -> Result<Success, Failure> {
    let pool = Pool::new(args.jobs)?;
    let mut out = String::new();
    for model in &args.models {
        let designs = designs(model, args)?;
        if let Some(event) = args.event {
            for design in &designs {
                let line = describe_event(&design.model, args.replication, event)
                    .unwrap_or_else(|| format!("{event}\t-\tthere are fewer events\t-"));
                let _ = writeln!(out, "{line}");
            }
            continue;
        }
        let rows = fingerprint(&designs, |trials| {
            pool.map(trials, |design| &designs[design].model, &ProgressBar::hidden())
        });
        for row in rows {
            let _ = writeln!(out, "{model}\t{row}");
        }
    }
    output::print(&out)?;
    Ok(Success::Fine)
}

/// The model as written and every design, or the one that was asked for; warnings are for `check`.
fn designs(model: &str, args: &FingerprintArgs) -> Result<Vec<Alternative>, Failure> {
    let written = Written::read(model, &ModelArgs::default())?;
    let wanted = match args.design.as_deref() {
        Some(AS_WRITTEN) => vec![None],
        Some(design) => vec![Some(design.to_owned())],
        None => written.all_designs(),
    };
    wanted
        .into_iter()
        .map(|design| {
            let (spec, checked) = written.checked(design.as_deref())?;
            let name = design.as_deref().unwrap_or(AS_WRITTEN);
            Ok(Alternative::new(name, checked, spec.hash()))
        })
        .collect()
}
