//! `archsim plot`: a figure, as SVG or PNG.

use super::compare::designs;
use crate::args::{FigureName, OutputArgs, OutputFormat, PlotArgs};
use crate::failure::{Failure, Success};
use crate::findings::{Findings, timeline, waterfall};
use crate::model::plan;
use crate::pool::Pool;
use sim_core::report::figure::{self, Figure, svg};
use sim_core::study::Alternative;
use std::io::IsTerminal;

pub(crate) fn run(args: &PlotArgs) -> Result<Success, Failure> {
    args.picture.check()?;
    let output = OutputArgs { format: OutputFormat::Text, out: args.picture.out.clone() };
    output.keeps(&args.models)?;
    let designs = designs(&args.models, &args.designs, &args.edits, &args.run)?;
    let several = designs.len() > 1;
    let usual = if several { FigureName::Designs } else { FigureName::Distribution };
    let figure = draw(args.figure.unwrap_or(usual), designs, args)?;
    let to_terminal = args.picture.out.is_none() && std::io::stdout().is_terminal();
    if args.text || to_terminal {
        output.write(&figure::text(&figure, output.style()))?;
    } else {
        args.picture.write(&svg::svg(&figure, args.picture.look()))?;
    }
    Ok(Success::Fine)
}

fn draw(name: FigureName, designs: Vec<Alternative>, args: &PlotArgs) -> Result<Figure, Failure> {
    if let FigureName::Timeline | FigureName::Waterfall = name {
        let first = one(&designs, args)?;
        let plan = plan(std::slice::from_ref(first), &args.run)?;
        return match name {
            FigureName::Timeline => Ok(timeline(&first.model, &plan)),
            _ => waterfall(&first.model, &plan, args.of.as_deref()),
        };
    }
    let found = Findings::of(designs, &args.run, &Pool::new(args.run.jobs)?)?;
    let summary = &found.summary;
    let nothing =
        |what: &str| Failure::Usage(format!("--figure: there is nothing to draw: {what}"));
    match name {
        FigureName::Objectives => {
            figure::objectives(summary).ok_or_else(|| nothing("the model has no `objectives`"))
        }
        FigureName::CostLatency => figure::cost_against_latency(summary)
            .ok_or_else(|| nothing("it takes two designs that have `prices` and settle")),
        FigureName::Distribution => Ok(figure::distribution(&found.measured())),
        _ => Ok(figure::side_by_side(summary)),
    }
}

/// What shows one run shows one design: the one named, or the first.
fn one<'a>(designs: &'a [Alternative], args: &PlotArgs) -> Result<&'a Alternative, Failure> {
    if args.designs.len() > 1 {
        let message = "--figure timeline and waterfall show one design: name one with --designs";
        return Err(Failure::Usage(message.into()));
    }
    designs.first().ok_or_else(|| Failure::Usage("there is no design to show".into()))
}
