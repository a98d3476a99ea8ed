//! The same bits everywhere: natively in debug and release, on any number of threads, and in wasm.
//!
//! The fingerprints that are expected lie in `models/fingerprints.txt`. Where two ways to run a model
//! disagree, the first event after which they do is searched for and named.

use std::fmt::Write;
use std::fs;

use crate::fingerprint::{Difference, Row, Table, differences};
use crate::runner::{Native, Runner, Wasm};
use crate::shell::{Problem, files, root};
use crate::test::Report;
use crate::{bisect, tidy, toolchain};

const FILE: &str = "models/fingerprints.txt";

const HEADER: &str = "\
# Fingerprints of every design of every model: model, design, digests of events, results and timings.
# `cargo xtask fingerprints --bless` writes this file anew, where a change in behaviour is meant.
";

/// Numbers of threads to run with: alone, one a core, an odd number, more than there are cores.
const THREADS: [u32; 4] = [1, 2, 3, 8];

/// Runs every model in every way; each way is one check, and so is the file.
pub(crate) fn step() -> Report {
    let models = models();
    if models.is_empty() {
        return Report::of(Err(Problem::Missing("models/ holds no model".to_string())));
    }
    let (reference, expected) = match reference(&models) {
        Ok(found) => found,
        Err(problem) => return Report::of(Err(problem)),
    };
    let mut report = against_file(&expected);
    for runners in [native("release", &THREADS[1..]), native("debug", &THREADS), node()] {
        match runners {
            Ok(runners) => runners.iter().for_each(|runner| {
                println!("  {}", runner.name());
                report.add(against_reference(&reference, &expected, runner.as_ref(), &models));
            }),
            Err(problem) => report.add(Report::of(Err(problem))),
        }
    }
    report
}

/// Compares with the file, or writes it.
pub(crate) fn fingerprints(bless: bool) -> Report {
    match reference(&models()) {
        Ok((_, table)) if bless => {
            let text = file_text(&table);
            let write = fs::write(root().join(FILE), text);
            Report::of(write.map_err(|error| Problem::Failed(format!("{FILE}: {error}"))))
        }
        Ok((_, table)) => against_file(&table),
        Err(problem) => Report::of(Err(problem)),
    }
}

/// The run that all others are compared with: release, one thread.
fn reference(models: &[String]) -> Result<(Native, Table), Problem> {
    let runner = Native::build("release", &[1])?.remove(0);
    let table = runner.table(models)?;
    Ok((runner, table))
}

fn native(profile: &'static str, threads: &[u32]) -> Result<Vec<Box<dyn Runner>>, Problem> {
    let boxed = |runner| Box::new(runner) as Box<dyn Runner>;
    Ok(Native::build(profile, threads)?.into_iter().map(boxed).collect())
}

fn node() -> Result<Vec<Box<dyn Runner>>, Problem> {
    toolchain::node()?;
    Ok(vec![Box::new(Wasm::build()?)])
}

/// Every model of the repository.
fn models() -> Vec<String> {
    files(&root()).into_iter().filter(|path| tidy::is_model(path)).collect()
}

fn file_text(table: &Table) -> String {
    let mut text = HEADER.to_string();
    for row in &table.rows {
        writeln!(text, "{row}").expect("writing to a text cannot fail");
    }
    text
}

/// Compares the reference with what is committed; models that cannot run here are skipped.
fn against_file(found: &Table) -> Report {
    let text = fs::read_to_string(root().join(FILE)).unwrap_or_default();
    let committed = match Table::parse(&text) {
        Ok(table) => table.rows,
        Err(error) => return Report::fail(format!("{FILE}: {error}")),
    };
    let skipped = |row: &&Row| found.remarks.iter().any(|remark| remark.contains(&row.model));
    let expected: Vec<Row> = committed.iter().filter(|row| !skipped(row)).cloned().collect();
    let changed = differences(&expected, &found.rows);
    let mut notes: Vec<String> = changed.iter().map(|it| format!("{FILE}: {it}")).collect();
    if !notes.is_empty() {
        notes.push("if the change is meant: cargo xtask fingerprints --bless".to_string());
    }
    let mut report = Report::complaints(notes);
    report.skipped += found.remarks.len();
    report.notes.extend(found.remarks.iter().cloned());
    report
}

/// Compares one way to run with the reference, and names the first event that differs.
fn against_reference(
    reference: &dyn Runner,
    expected: &Table,
    runner: &dyn Runner,
    models: &[String],
) -> Report {
    let found = match runner.table(models) {
        Ok(table) => table,
        Err(problem) => return Report::fail(format!("{}: {problem}", runner.name())),
    };
    let explain = |difference: &Difference| {
        let cause = match difference {
            Difference::Changed { row, .. } => bisect::first_divergence(reference, runner, row),
            Difference::Gone(_) | Difference::New(_) => {
                return format!("{}: {difference}", runner.name());
            }
        };
        let cause = cause.unwrap_or_else(|problem| problem.to_string());
        format!("{}: {difference}; {cause}", runner.name())
    };
    Report::complaints(differences(&expected.rows, &found.rows).iter().map(explain).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Event;
    use crate::runner::Moment;

    /// A way to run that prints one table.
    struct Printed(&'static str);

    impl Runner for Printed {
        fn name(&self) -> String {
            "printed".to_string()
        }

        fn table(&self, _: &[String]) -> Result<Table, Problem> {
            Table::parse(self.0).map_err(Problem::Failed)
        }

        fn event(&self, _: &Moment<'_>) -> Result<Option<Event>, Problem> {
            Ok(None)
        }
    }

    fn compare(expected: &'static str, found: &'static str) -> Report {
        let reference = Printed(expected);
        let table = reference.table(&[]).expect("a table");
        against_reference(&reference, &table, &Printed(found), &[])
    }

    #[test]
    fn equal_tables_pass() {
        assert_eq!(compare("m base 1 2 3", "m base 1 2 3"), Report::pass());
    }

    #[test]
    fn one_digest_that_differs_fails_and_is_named() {
        let report = compare("m base 1 2 3", "m base 1 2 4");
        assert_eq!(report.failed, 1);
        assert_eq!(
            report.notes,
            ["printed: m, design base: timings differ; every event agrees in every replication"]
        );
    }

    #[test]
    fn a_run_that_prints_no_table_fails() {
        assert_eq!(compare("m base 1 2 3", "thread panicked").failed, 1);
    }

    #[test]
    fn what_is_blessed_is_read_back() {
        let table = Table::parse("m base 1 2 3\nm big 4 5 6").expect("a table");
        assert_eq!(Table::parse(&file_text(&table)).expect("a table").rows, table.rows);
    }
}
