//! `cargo xtask tidy`: the rules of this repository that no compiler knows.

mod budgets;
mod layers;
mod paths;
mod purity;
mod questions;
mod scan;
mod words;

use std::fs;

use crate::shell::{files, root};
use crate::test::Report;

pub(crate) use questions::is_model;

/// A text file of the repository.
struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// A thing that is wrong, and where.
type Complaint = String;

/// A rule says what is wrong in all files.
type Rule = fn(&[File]) -> Vec<Complaint>;

const RULES: &[Rule] =
    &[layers::check, budgets::check, purity::check, paths::check, words::check, questions::check];

/// Checks every rule; each is one check of the report.
pub(crate) fn step() -> Report {
    let files = sources();
    let mut report = Report { notes: vec![budgets::figures(&files)], ..Report::default() };
    for rule in RULES {
        report.add(Report::complaints(rule(&files)));
    }
    report
}

/// Every file of the repository that is text.
fn sources() -> Vec<File> {
    let root = root();
    let read = |path: String| Some(File { text: fs::read_to_string(root.join(&path)).ok()?, path });
    files(&root).into_iter().filter_map(read).collect()
}

/// The sources of the core, without its tests: path, and code without comments, texts and tests.
fn core_code(files: &[File]) -> impl Iterator<Item = (&str, String)> {
    let is_core = |path: &str| path.starts_with("sim-core/src/") && path.ends_with(".rs");
    let is_test = |path: &str| path.ends_with("tests.rs") || path.contains("/tests/");
    files.iter().filter(move |file| is_core(&file.path) && !is_test(&file.path)).map(|file| {
        (file.path.as_str(), scan::without_tests(&scan::code(&file.text, scan::Language::Rust)))
    })
}

/// A complaint about a line, counted from 1.
fn at(path: &str, line: usize, message: &str) -> Complaint {
    format!("{path}:{line}: {message}")
}
