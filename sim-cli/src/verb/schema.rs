//! `archsim schema`: JSON Schemas of the model language, for editors, and of what archsim writes, for programs.

use crate::args::{RecordName, SchemaArgs};
use crate::failure::{Failure, Success};
use crate::output;
use sim_core::report::Record;
use sim_core::spec::Spec;

pub(crate) fn run(args: &SchemaArgs) -> Result<Success, Failure> {
    let record = args.record.map(|name| match name {
        RecordName::Run => Record::Run,
        RecordName::Sweep => Record::Sweep,
        RecordName::Point => Record::Point,
        RecordName::Head => Record::Head,
        RecordName::Wide => Record::Wide,
        RecordName::Number => Record::Number,
        RecordName::Trial => Record::Trial,
        RecordName::Capacity => Record::Capacity,
        RecordName::Optimize => Record::Optimize,
        RecordName::Sensitivity => Record::Sensitivity,
        RecordName::SobolIndices => Record::SobolIndices,
        RecordName::Gate => Record::Gate,
    });
    let schema = record.map_or_else(Spec::schema, Record::schema);
    output::print(&format!("{schema:#}\n"))?;
    Ok(Success::Fine)
}
