//! Results: on stdout or in a file, in colour where that is wanted.

use crate::args::{OutputArgs, OutputFormat, StudyOutputArgs};
use crate::failure::Failure;
use crate::files;
use sim_core::report::{Format, Style};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

/// Whether to write in colour to what is a terminal or not: never where NO_COLOR is set
/// (<https://no-color.org>).
pub(crate) fn wants_color(is_terminal: bool) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !no_color && !dumb
}

impl OutputArgs {
    pub(crate) fn format(&self) -> Format {
        match self.format {
            OutputFormat::Text => Format::Text,
            OutputFormat::Json => Format::Json,
            OutputFormat::Csv => Format::Csv,
            OutputFormat::Markdown => Format::Markdown,
        }
    }

    /// How text is to look where it goes.
    pub(crate) fn style(&self) -> Style {
        let to_terminal = self.out.is_none() && std::io::stdout().is_terminal();
        let width = match terminal_size::terminal_size() {
            Some((width, _)) if to_terminal => usize::from(width.0).clamp(60, 120),
            _ => Style::default().width,
        };
        Style { width, color: wants_color(to_terminal) }
    }

    /// Refuses to write the answer over a model.
    pub(crate) fn keeps(&self, models: &[String]) -> Result<(), Failure> {
        let Some(out) = self.out.as_ref().and_then(|out| out.canonicalize().ok()) else {
            return Ok(());
        };
        let is_out =
            |model: &&String| Path::new(model).canonicalize().is_ok_and(|model| model == out);
        match models.iter().find(is_out) {
            Some(model) => {
                Err(Failure::Usage(format!("--out {model} would write over the model itself")))
            }
            None => Ok(()),
        }
    }

    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        match &self.out {
            Some(path) => files::write(path, text.as_bytes()),
            None => print(text),
        }
    }
}

impl StudyOutputArgs {
    fn plain(&self) -> OutputArgs {
        OutputArgs { format: OutputFormat::Text, out: self.out.clone() }
    }

    /// How text is to look where it goes.
    pub(crate) fn style(&self) -> Style {
        self.plain().style()
    }

    /// Refuses to write the answer over the model.
    pub(crate) fn keeps(&self, model: &str) -> Result<(), Failure> {
        self.plain().keeps(&[model.to_owned()])
    }

    pub(crate) fn write(&self, contents: &[u8]) -> Result<(), Failure> {
        match &self.out {
            Some(path) => files::write(path, contents),
            None => print_bytes(contents),
        }
    }
}

/// Writes to stdout. That nobody reads to the end (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

fn print_bytes(contents: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(contents).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::io("stdout", &error)),
        _ => Ok(()),
    }
}
