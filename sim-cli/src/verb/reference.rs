//! `archsim reference`: what can be written in a model, page by page.

use crate::args::ReferenceArgs;
use crate::failure::{Failure, Success};
use crate::output;
use sim_core::spec::{Page, Spec, did_you_mean};

pub(crate) fn run(args: &ReferenceArgs) -> Result<Success, Failure> {
    let pages = Spec::reference();
    let text = match args.page.as_deref() {
        None => contents(&pages),
        Some(name) => match pages.iter().find(|page| page.name == name) {
            Some(page) => page.markdown.clone(),
            None => return Err(Failure::Usage(unknown(name, &pages))),
        },
    };
    output::print(&text)?;
    Ok(Success::Fine)
}

/// The table of contents.
fn contents(pages: &[Page]) -> String {
    let width = pages.iter().map(|page| page.name.len()).max().unwrap_or(0);
    let mut text =
        "What can be written in a model; `archsim reference PAGE` prints a page.\n\n".to_owned();
    for Page { name, about, .. } in pages {
        text += &format!("{name:width$}  {about}\n");
    }
    text
}

fn unknown(name: &str, pages: &[Page]) -> String {
    let names = || pages.iter().map(|page| page.name.as_str());
    let meant = match did_you_mean(name, names()) {
        Some(near) => format!("did you mean `{near}`? "),
        None => String::new(),
    };
    let all: Vec<&str> = names().collect();
    format!("the reference has no page `{name}`: {meant}there are {}", all.join(", "))
}
