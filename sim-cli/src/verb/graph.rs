//! `archsim graph`: what runs where and who asks whom.

use crate::args::{GraphArgs, GraphFormatName, OutputArgs, OutputFormat};
use crate::failure::{Failure, Success};
use crate::model::Written;
use sim_core::report::figure::svg;
use sim_core::report::topology::{GraphFormat, Topology};
use sim_core::study::AS_WRITTEN;

pub(crate) fn run(args: &GraphArgs) -> Result<Success, Failure> {
    let picture = &args.picture;
    let usual = if picture.is_picture() { GraphFormatName::Svg } else { GraphFormatName::Mermaid };
    let format = args.format.unwrap_or(usual);
    if format == GraphFormatName::Svg {
        picture.check()?;
    }
    let output = OutputArgs { format: OutputFormat::Text, out: picture.out.clone() };
    output.keeps(std::slice::from_ref(&args.model))?;
    let written = Written::read(&args.model, &args.edits)?;
    let (spec, checked) = written.checked(args.design.as_deref())?;
    let name = args.design.as_deref().unwrap_or(AS_WRITTEN);
    let topology = Topology::of(name, &spec, &checked);
    match format {
        GraphFormatName::Svg => picture.write(&svg::topology(&topology, picture.look()))?,
        GraphFormatName::Mermaid => output.write(&topology.write(GraphFormat::Mermaid))?,
        GraphFormatName::Dot => output.write(&topology.write(GraphFormat::Dot))?,
        GraphFormatName::Structurizr => output.write(&topology.write(GraphFormat::Structurizr))?,
    }
    Ok(Success::Fine)
}
