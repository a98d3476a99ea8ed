//! `archsim check`: what is wrong with a model, and what its stations are offered.

use crate::args::{CheckArgs, OutputArgs, OutputFormat};
use crate::failure::{Failure, Success};
use crate::model::Written;
use crate::output;
use crate::verb::study;
use sim_core::report;
use sim_core::study::AS_WRITTEN;
use std::collections::BTreeSet;

pub(crate) fn run(args: &CheckArgs) -> Result<Success, Failure> {
    let written = Written::read(&args.model, &args.edits)?;
    let designs = match &args.design {
        Some(design) => vec![Some(design.clone())],
        None => written.all_designs(),
    };
    // A model without services of its own, and without designs, has its errors too.
    let designs = if designs.is_empty() { vec![None] } else { designs };
    if args.files {
        return output::print(&files(&written, &designs)?).map(|()| Success::Fine);
    }
    let style = OutputArgs { format: OutputFormat::Text, out: None }.style();
    let mut out = String::new();
    for design in &designs {
        let (_, checked) = written.checked(design.as_deref())?;
        written.warn(&checked, design.as_deref());
        if designs.len() > 1 {
            out += &format!("{}\n\n", design.as_deref().unwrap_or(AS_WRITTEN));
        }
        out += &report::render_load(&checked, report::Format::Text, style);
        out.push('\n');
    }
    study::check(&written)?;
    if !written.spec.studies.is_empty() {
        out += &format!("Studies, run by archsim study:\n{}\n", study::listed(&written));
    }
    output::print(out.strip_suffix('\n').unwrap_or(&out))?;
    Ok(Success::Fine)
}

/// What some designs refer to, each file once.
fn files(written: &Written, designs: &[Option<String>]) -> Result<String, Failure> {
    let mut names = BTreeSet::new();
    for design in designs {
        let (spec, _) = written.checked(design.as_deref())?;
        names.extend(spec.files().into_iter().map(|(_, name)| name));
    }
    Ok(names.into_iter().map(|name| name + "\n").collect())
}
