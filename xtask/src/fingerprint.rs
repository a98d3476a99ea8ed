//! The table of fingerprints: what `archsim fingerprint` prints and `models/fingerprints.txt` keeps.

use std::fmt;

/// Digests of one design of one model. Three of them, so that a rename moves only the one it concerns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    /// Path of the model from the root of the repository.
    pub(crate) model: String,
    /// Name of the design; `base` is the model as it is written.
    pub(crate) design: String,
    /// Digest of what happened, in order.
    pub(crate) events: String,
    /// Digest of what was measured.
    pub(crate) results: String,
    /// Digest of when it happened.
    pub(crate) timings: String,
}

/// What a run prints: rows, and the models it could not run.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Table {
    pub(crate) rows: Vec<Row>,
    /// Lines that start with `#`: a model needs a file that is not there.
    pub(crate) remarks: Vec<String>,
}

impl Table {
    /// Reads lines of model, design and three digests; a design's name may hold spaces.
    pub(crate) fn parse(text: &str) -> Result<Table, String> {
        let mut table = Table::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            match line.strip_prefix('#') {
                Some(remark) => table.remarks.push(remark.trim().to_string()),
                None => table.rows.push(Row::parse(line)?),
            }
        }
        Ok(table)
    }
}

impl Row {
    fn parse(line: &str) -> Result<Row, String> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [model, design @ .., events, results, timings] = words.as_slice() else {
            return Err(format!("no row of a fingerprint: {line}"));
        };
        let hex =
            |digest: &&str| !digest.is_empty() && digest.chars().all(|c| c.is_ascii_hexdigit());
        if design.is_empty() || ![events, results, timings].into_iter().all(hex) {
            return Err(format!("no row of a fingerprint: {line}"));
        }
        Ok(Row {
            model: model.to_string(),
            design: design.join(" "),
            events: events.to_string(),
            results: results.to_string(),
            timings: timings.to_string(),
        })
    }

    fn key(&self) -> (&str, &str) {
        (&self.model, &self.design)
    }

    /// Which digests differ, as in `events, timings`.
    fn differing(&self, other: &Row) -> String {
        let pairs = [
            ("events", &self.events, &other.events),
            ("results", &self.results, &other.results),
            ("timings", &self.timings, &other.timings),
        ];
        let names = pairs.iter().filter(|(_, a, b)| a != b).map(|(name, _, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { model, design, events, results, timings } = self;
        write!(f, "{model:<40} {design:<24} {events} {results} {timings}")
    }
}

/// A row that is not the same on both sides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Difference {
    /// Both have the row and these digests differ.
    Changed { row: Row, digests: String },
    /// Only the expected side has it.
    Gone(Row),
    /// Only the found side has it.
    New(Row),
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Difference::Changed { row, .. } | Difference::Gone(row) | Difference::New(row)) = self;
        write!(f, "{}, design {}: ", row.model, row.design)?;
        match self {
            Difference::Changed { digests, .. } => write!(f, "{digests} differ"),
            Difference::Gone(_) => f.write_str("expected and not there"),
            Difference::New(_) => f.write_str("there and not expected"),
        }
    }
}

/// What differs between two tables, whatever the order of their rows.
pub(crate) fn differences(expected: &[Row], found: &[Row]) -> Vec<Difference> {
    let twin =
        |rows: &[Row], row: &Row| rows.iter().find(|other| other.key() == row.key()).cloned();
    let mut all = Vec::new();
    for row in expected {
        match twin(found, row) {
            None => all.push(Difference::Gone(row.clone())),
            Some(other) if other != *row => {
                all.push(Difference::Changed { digests: row.differing(&other), row: row.clone() })
            }
            Some(_) => {}
        }
    }
    let unexpected = found.iter().filter(|row| twin(expected, row).is_none());
    all.extend(unexpected.cloned().map(Difference::New));
    all
}

/// A line of `archsim fingerprint MODEL --event N`: what the run had come to after so many events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    /// How many events, this one included.
    pub(crate) number: u64,
    /// When and what it was, for people.
    pub(crate) description: String,
    /// Digest of this and all events before it.
    pub(crate) digest: String,
}

impl Event {
    /// Reads `N time description digest`; an empty text means that the run ended before.
    pub(crate) fn parse(text: &str) -> Result<Option<Event>, String> {
        let line = text.trim();
        if line.is_empty() {
            return Ok(None);
        }
        let parts = line.split_once(char::is_whitespace).and_then(|(number, rest)| {
            let (description, digest) = rest.trim().rsplit_once(char::is_whitespace)?;
            Some(Event {
                number: number.parse().ok()?,
                description: description.trim().to_string(),
                digest: digest.to_string(),
            })
        });
        parts.map(Some).ok_or_else(|| format!("no line of an event: {line}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<Row> {
        Table::parse(text).expect("a table").rows
    }

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let table = Table::parse("# m.ron: trace.csv is absent\n\nm/a.ron  two words 0a 1b 2c\n");
        let table = table.expect("a table");
        assert_eq!(table.remarks, ["m.ron: trace.csv is absent"]);
        assert_eq!(
            (table.rows[0].design.as_str(), table.rows[0].timings.as_str()),
            ("two words", "2c")
        );
        assert_eq!(rows(&table.rows[0].to_string()), table.rows);
    }

    #[test]
    fn a_line_that_is_no_row_is_refused() {
        assert!(Table::parse("m/a.ron 0a 1b 2c").is_err());
        assert!(Table::parse("m/a.ron base 0a 1b panicked").is_err());
    }

    #[test]
    fn differences_name_row_and_digest() {
        let expected = rows("m base 1 2 3\nm big 1 2 3\nm old 1 2 3");
        let found = rows("m new 1 2 3\nm big 1 5 6\nm base 1 2 3");
        let texts: Vec<String> =
            differences(&expected, &found).iter().map(|d| d.to_string()).collect();
        assert_eq!(
            texts,
            [
                "m, design big: results, timings differ",
                "m, design old: expected and not there",
                "m, design new: there and not expected",
            ]
        );
    }

    #[test]
    fn an_event_is_read_with_its_description() {
        let event =
            Event::parse("12 3.4 ms api: service done 9f\n").expect("a line").expect("an event");
        assert_eq!((event.number, event.digest.as_str()), (12, "9f"));
        assert_eq!(event.description, "3.4 ms api: service done");
        assert_eq!(Event::parse("\n"), Ok(None));
        assert!(Event::parse("thread panicked").is_err());
    }
}
