//! `archsim man`: the manual page, for `archsim man > archsim.1`.

use crate::args::Args;
use crate::failure::{Failure, Success};
use crate::output;
use clap::CommandFactory;

pub(crate) fn run() -> Result<Success, Failure> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command())
        .render(&mut page)
        .map_err(|error| Failure::io("the manual page", &error))?;
    output::print(&String::from_utf8_lossy(&page))?;
    Ok(Success::Fine)
}
