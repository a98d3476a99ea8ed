//! Access logs of web servers in combined format.

use super::{DataError, admit, admit_row, date, offsets, shown};

/// The arrivals of an access log in combined (or common) format, in nanoseconds after the first:
/// `203.0.113.9 - ann [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 2326 "https://example.org/"
/// "Mozilla/5.0"`.
///
/// A server writes a line when the request ends, with the time at which it began, so lines are often
/// slightly out of order: they are sorted. Dates count whole seconds; requests of the same second are
/// spread evenly over it.
///
/// Of each line the date and the request are read; what follows may be mangled, as it is in real logs. The
/// last line, though, has to be as complete as the first, or the file was cut off.
///
/// # Errors
/// A file that is empty, too long or cut off; a line without a date or a request.
pub fn access_log(text: &str) -> Result<Vec<u64>, DataError> {
    const NANOS: i128 = 1_000_000_000;
    let mut instants = Vec::new();
    let mut first = None;
    let mut last = (0, "");
    for (index, entry) in admit(text)?.lines().enumerate() {
        if entry.trim().is_empty() {
            continue;
        }
        let line = index + 1;
        admit_row(instants.len(), line)?;
        instants.push(instant(entry, line)? * NANOS);
        first.get_or_insert(entry);
        last = (line, entry);
    }
    let Some(first) = first else { return Err(DataError::new("the file is empty")) };
    let (line, last) = last;
    match (fields(first), fields(last)) {
        (_, None) => {
            return Err(DataError::at(line, "a quote is opened and never closed: cut off?"));
        }
        (Some(whole), Some(has)) if has < whole => {
            let what = format!("{has} fields where the first line has {whole}: cut off?");
            return Err(DataError::at(line, what));
        }
        _ => {}
    }
    instants.sort_unstable();
    offsets(&instants, true)
}

/// The instant of an entry, in seconds since 1970.
fn instant(entry: &str, line: usize) -> Result<i128, DataError> {
    let wrong = |what: String| {
        DataError::at(line, what)
            .hint("combined format: `host - user [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 2326 …`")
    };
    let Some((_, rest)) = entry.split_once('[') else {
        return Err(wrong(format!("`{}` has no date in brackets", shown(entry))));
    };
    let Some((date, rest)) = rest.split_once(']') else {
        return Err(wrong(format!(
            "the date `{}` is not closed by a bracket: cut off?",
            shown(rest)
        )));
    };
    let Some(seconds) = date::log_date(date) else {
        return Err(wrong(format!("`{}` is no date of an access log", shown(date))));
    };
    if rest.bytes().filter(|&b| b == b'"').count() < 2 {
        return Err(wrong("there is no request in quotes after the date: cut off?".to_owned()));
    }
    Ok(seconds)
}

/// How many fields an entry has, with what is in brackets or quotes as one; `None` if it ends inside one.
fn fields(entry: &str) -> Option<usize> {
    let mut rest = entry.trim();
    let mut count = 0;
    while !rest.is_empty() {
        count += 1;
        let end = match rest.as_bytes()[0] {
            b'"' => 2 + closing_quote(&rest[1..])?,
            b'[' => rest.find(']')? + 1,
            _ => rest.find(' ').unwrap_or(rest.len()),
        };
        rest = rest[end..].trim_start();
    }
    Some(count)
}

/// Where the first quote is that no backslash escapes.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|b| {
        let closes = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        closes
    })
}
