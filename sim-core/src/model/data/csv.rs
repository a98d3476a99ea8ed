//! Columns of CSV files with a header line, quoted as in RFC 4180.
//!
//! A reader of its own, because a file that ends inside a quoted field has been cut off and has to be
//! refused; common CSV readers take what is there.

use super::date::{self, Stamp};
use super::{DataError, admit, admit_row, offsets, shown};
use std::collections::BTreeMap;

/// Most fields of a record.
const FIELDS_MAX: usize = 10_000;

/// The numbers of one column.
///
/// # Errors
/// A file that is empty, too long, cut off or without records; no such column; a value that is no finite
/// number.
pub fn column(text: &str, name: &str) -> Result<Vec<f64>, DataError> {
    let mut numbers = Vec::new();
    each(text, name, |line, value| {
        let number = value.trim().parse::<f64>().ok().filter(|n| n.is_finite());
        numbers.push(number.ok_or_else(|| {
            DataError::at(
                line,
                format!("`{}` in column `{}` is no number", shown(value), shown(name)),
            )
        })?);
        Ok(())
    })?;
    Ok(numbers)
}

/// How often each value stands in one column, the most frequent first.
///
/// # Errors
/// As [`column()`], but any text is a value.
pub fn occurrences(text: &str, name: &str) -> Result<Vec<f64>, DataError> {
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    each(text, name, |_, value| {
        match times.get_mut(value) {
            Some(times) => *times += 1,
            None => {
                times.insert(value.to_owned(), 1);
            }
        }
        Ok(())
    })?;
    let mut counts: Vec<f64> = times.into_values().map(f64::from).collect();
    counts.sort_by(|a, b| b.total_cmp(a));
    Ok(counts)
}

/// The instants of one column, in nanoseconds after the first.
///
/// A value is a number of seconds or a date with a time of day, such as `2024-01-31 10:00:00.5`; see the
/// model reference for the forms. A column in which no value is written with a fraction was recorded to the
/// second, and requests of the same second are spread evenly over it.
///
/// # Errors
/// As [`column()`]; also instants that are out of order, or numbers mixed with dates.
pub fn timestamps(text: &str, name: &str) -> Result<Vec<u64>, DataError> {
    let mut instants: Vec<i128> = Vec::new();
    let mut kind = None;
    let mut whole = true;
    each(text, name, |line, value| {
        let Some(Stamp { nanos, fraction, dated }) = date::stamp(value.trim()) else {
            let what = format!("`{}` in column `{}` is no time", shown(value), shown(name));
            return Err(DataError::at(line, what)
                .hint("seconds as a number, or a date such as `2024-01-31 10:00:00.5`"));
        };
        if *kind.get_or_insert(dated) != dated {
            return Err(DataError::at(line, "numbers and dates are mixed in one column"));
        }
        if instants.last().is_some_and(|&last| nanos < last) {
            let what = format!("`{}` is earlier than the time before it", shown(value));
            return Err(DataError::at(line, what).hint("sort the file by this column"));
        }
        whole &= !fraction;
        instants.push(nanos);
        Ok(())
    })?;
    offsets(&instants, whole)
}

/// Gives every value of a column, with its line, to `take`.
fn each(
    text: &str,
    name: &str,
    mut take: impl FnMut(usize, &str) -> Result<(), DataError>,
) -> Result<(), DataError> {
    let mut records = Records { rest: admit(text)?, line: 1 };
    let mut fields = Vec::new();
    if records.next(&mut fields)?.is_none() {
        return Err(DataError::new("the file is empty"));
    }
    let width = fields.len();
    let Some(index) = fields.iter().position(|f| f.trim() == name) else {
        let columns: Vec<String> = fields.iter().map(|f| f.trim().to_owned()).collect();
        return Err(DataError::at(1, format!("there is no column `{}`", shown(name)))
            .hint(format!("the columns are {}", shown_list(&columns)))
            .candidates(columns));
    };
    let mut rows = 0;
    while let Some(line) = records.next(&mut fields)? {
        admit_row(rows, line)?;
        rows += 1;
        if fields.len() != width {
            let (has, cut) =
                (fields.len(), if records.rest.is_empty() { ": cut off?" } else { "" });
            return Err(DataError::at(
                line,
                format!("{has} {} where the header line has {width}{cut}", plural(has)),
            ));
        }
        take(line, &fields[index])?;
    }
    if rows == 0 {
        return Err(DataError::new("the file has a header line and no records"));
    }
    Ok(())
}

fn plural(fields: usize) -> &'static str {
    if fields == 1 { "field" } else { "fields" }
}

fn shown_list(columns: &[String]) -> String {
    const COLUMNS_MAX: usize = 12;
    let mut list: Vec<String> =
        columns.iter().take(COLUMNS_MAX).map(|c| format!("`{}`", shown(c))).collect();
    if columns.len() > COLUMNS_MAX {
        list.push("…".to_owned());
    }
    list.join(", ")
}

/// Reads records one by one, passing over blank lines.
struct Records<'t> {
    rest: &'t str,
    /// The line, counted from 1, at which `rest` begins.
    line: usize,
}

impl Records<'_> {
    /// Reads the fields of the next record into `fields`, whose space is used again, and returns its line.
    fn next(&mut self, fields: &mut Vec<String>) -> Result<Option<usize>, DataError> {
        while self.end_of_line() {}
        let start = self.line;
        if self.rest.is_empty() {
            return Ok(None);
        }
        for count in 0.. {
            if count == FIELDS_MAX {
                return Err(DataError::at(
                    start,
                    format!("there are more than {FIELDS_MAX} fields"),
                ));
            }
            if count == fields.len() {
                fields.push(String::new());
            }
            fields[count].clear();
            self.field(&mut fields[count], start)?;
            if let Some(rest) = self.rest.strip_prefix(',') {
                self.rest = rest;
            } else {
                fields.truncate(count + 1);
                break;
            }
        }
        self.end_of_line();
        Ok(Some(start))
    }

    /// Reads one field, up to the comma or the end of the line after it.
    fn field(&mut self, field: &mut String, start: usize) -> Result<(), DataError> {
        if let Some(rest) = self.rest.strip_prefix('"') {
            self.rest = rest;
            self.quoted(field, start)?;
        }
        let end = self.rest.find([',', '\n']).unwrap_or(self.rest.len());
        let bare = &self.rest[..end];
        // A carriage return belongs to the end of the line, also where the file ends in the middle of one.
        let bare =
            if self.rest[end..].starts_with(',') { bare } else { bare.trim_end_matches('\r') };
        field.push_str(bare);
        self.rest = &self.rest[bare.len()..];
        Ok(())
    }

    /// Reads up to the closing quote; a doubled quote stands for one.
    fn quoted(&mut self, field: &mut String, start: usize) -> Result<(), DataError> {
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(DataError::at(start, "a quote is opened and never closed: cut off?"));
            };
            let part = &self.rest[..end];
            field.push_str(part);
            self.line += part.bytes().filter(|&b| b == b'\n').count();
            self.rest = &self.rest[end + 1..];
            match self.rest.strip_prefix('"') {
                Some(rest) => self.rest = rest,
                None => return Ok(()),
            }
            field.push('"');
        }
    }

    /// Passes over one end of a line, if there is one.
    fn end_of_line(&mut self) -> bool {
        let after = self.rest.trim_start_matches('\r');
        match after.strip_prefix('\n') {
            Some(rest) => {
                self.rest = rest;
                self.line += 1;
                true
            }
            None => {
                if after.is_empty() {
                    self.rest = after;
                }
                false
            }
        }
    }
}
