//! `archsim new`: a commented model to start from.

use crate::args::{NewArgs, Template};
use crate::failure::{Failure, Success};
use crate::output;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};

pub(crate) fn run(args: &NewArgs) -> Result<Success, Failure> {
    let text = text(args.template);
    let Some(path) = &args.file else {
        output::print(text)?;
        return Ok(Success::Fine);
    };
    // What is there is kept.
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => {
            let next = match args.template {
                Template::Gate => "archsim gate --help".to_owned(),
                _ => format!("archsim run {}", path.display()),
            };
            eprintln!("wrote {}; try: {next}", path.display());
            Ok(Success::Fine)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            Err(Failure::Usage(format!("{} exists already, and is kept", path.display())))
        }
        Err(error) => Err(Failure::io(path.display(), &error)),
    }
}

fn text(template: Template) -> &'static str {
    match template {
        Template::ShopSmall => include_str!("../../templates/shop-small.ron"),
        Template::Queue => include_str!("../../templates/queue.ron"),
        Template::Replay => include_str!("../../templates/replay.ron"),
        Template::Gate => include_str!("../../templates/gate.yml"),
    }
}
