//! `archsim schema`: the JSON Schema of the model language, for editors.

use crate::failure::{Failure, Success};
use crate::output;
use sim_core::spec::Spec;

pub(crate) fn run() -> Result<Success, Failure> {
    output::print(&format!("{:#}\n", Spec::schema()))?;
    Ok(Success::Fine)
}
