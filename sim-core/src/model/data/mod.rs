//! Data that a model refers to, read from text: columns of numbers, recorded arrivals, access logs.
//!
//! Nothing here opens a file. Whoever calls hands over the contents of the files that a model names.

mod access_log;
mod csv;
mod date;
#[cfg(test)]
mod tests;

pub use access_log::access_log;
pub use csv::{column, occurrences, timestamps};

use std::collections::BTreeMap;
use std::fmt;

/// Longest text of one file, in bytes.
pub const BYTES_MAX: usize = 64 << 20;
/// Most records of one file.
pub const ROWS_MAX: usize = 10_000_000;

/// The contents of the files that a model names, by the name it uses.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Files(BTreeMap<String, String>);

impl Files {
    /// Adds a file, or replaces it.
    pub fn insert(&mut self, name: impl Into<String>, contents: impl Into<String>) {
        self.0.insert(name.into(), contents.into());
    }

    /// The contents of a file.
    ///
    /// # Errors
    /// No file of that name; the names there are become the candidates.
    pub fn read(&self, name: &str) -> Result<&str, DataError> {
        self.0.get(name).map(String::as_str).ok_or_else(|| {
            let missing = format!("there is no file `{}`", shown(name));
            DataError::new(missing).candidates(self.0.keys().cloned().collect())
        })
    }
}

/// What is wrong with a file, and where.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct DataError {
    /// The line of the file, counted from 1; `None` if it is about the whole file.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// What could be meant instead, where a name is not known.
    pub candidates: Vec<String>,
}

impl DataError {
    fn new(message: impl Into<String>) -> DataError {
        DataError { message: message.into(), ..DataError::default() }
    }

    fn at(line: usize, message: impl Into<String>) -> DataError {
        DataError { line: Some(line), ..DataError::new(message) }
    }

    fn hint(self, hint: impl Into<String>) -> DataError {
        DataError { hint: Some(hint.into()), ..self }
    }

    fn candidates(self, candidates: Vec<String>) -> DataError {
        DataError { candidates, ..self }
    }
}

/// `line 3: ...` and the hint, in one line.
impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DataError {}

/// The text without a byte order mark, unless it is longer than [`BYTES_MAX`].
fn admit(text: &str) -> Result<&str, DataError> {
    if text.len() > BYTES_MAX {
        let (has, most) = (text.len() >> 20, BYTES_MAX >> 20);
        return Err(DataError::new(format!("the file has {has} MiB; at most {most} are read"))
            .hint("keep a part of it, or every tenth line and a tenth of the rate"));
    }
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Refuses a record beyond [`ROWS_MAX`].
fn admit_row(rows: usize, line: usize) -> Result<(), DataError> {
    if rows < ROWS_MAX {
        return Ok(());
    }
    Err(DataError::at(line, format!("there are more than {ROWS_MAX} records"))
        .hint("keep a part of the file"))
}

/// A piece of a file fit for a message: on one line and not too long.
fn shown(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(CHARS_MAX).collect();
    let more = if chars.next().is_some() { "…" } else { "" };
    format!("{}{more}", start.escape_debug())
}

/// Instants in order, as nanoseconds after the first.
///
/// Recorded to the whole second only (`whole`), the `k`-th of `n` records of one second is put `k / n` of a
/// second into it, counted from 0: what came spread over a second would be a burst at its start otherwise.
fn offsets(instants: &[i128], whole: bool) -> Result<Vec<u64>, DataError> {
    const SECOND: i128 = 1_000_000_000;
    let first = instants.first().copied().unwrap_or(0);
    let mut offsets = Vec::with_capacity(instants.len());
    for together in instants.chunk_by(|a, b| a == b) {
        let n = if whole { together.len() as i128 } else { 1 };
        for (k, &instant) in together.iter().enumerate() {
            let within = if whole { k as i128 * SECOND / n } else { 0 };
            let offset = u64::try_from(instant - first + within).map_err(|_| {
                DataError::new("the records span more than 584 years").hint("is the unit seconds?")
            })?;
            offsets.push(offset);
        }
    }
    Ok(offsets)
}
