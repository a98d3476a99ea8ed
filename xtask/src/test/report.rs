//! What a step found: counts, and a line for each thing that is wrong.

use std::fmt;
use std::process::ExitCode;

use crate::shell::{Problem, on_ci};

/// What the checks of a step came to.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Report {
    /// Checks that held.
    pub(crate) passed: usize,
    /// Checks that did not.
    pub(crate) failed: usize,
    /// Checks that could not be made.
    pub(crate) skipped: usize,
    /// Later steps would only repeat this failure: nothing compiles.
    pub(crate) fatal: bool,
    /// A line for each failure, skip or figure worth reading.
    pub(crate) notes: Vec<String>,
}

impl Report {
    /// One check that held.
    pub(crate) fn pass() -> Report {
        Report { passed: 1, ..Report::default() }
    }

    /// One check that did not hold, and why.
    pub(crate) fn fail(note: impl Into<String>) -> Report {
        Report { failed: 1, notes: vec![note.into()], ..Report::default() }
    }

    /// One check; what is missing fails it on CI and skips it elsewhere.
    pub(crate) fn of(result: Result<(), Problem>) -> Report {
        match result {
            Ok(()) => Report::pass(),
            Err(Problem::Missing(note)) if !on_ci() => {
                Report { skipped: 1, notes: vec![note], ..Report::default() }
            }
            Err(problem) => Report::fail(problem.to_string()),
        }
    }

    /// One check that holds when nothing is complained of.
    pub(crate) fn complaints(complaints: Vec<String>) -> Report {
        let failed = usize::from(!complaints.is_empty());
        Report { passed: 1 - failed, failed, notes: complaints, ..Report::default() }
    }

    /// Adds the checks of `other`.
    pub(crate) fn add(&mut self, other: Report) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.fatal |= other.fatal;
        self.notes.extend(other.notes);
    }

    /// Prints it; the code to end with.
    pub(crate) fn tell(&self) -> ExitCode {
        self.print();
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Prints the notes and the counts.
    pub(crate) fn print(&self) {
        for note in &self.notes {
            println!("{note}");
        }
        println!("{self}");
    }
}

/// `12 passed, 0 failed`, and what was skipped if anything was.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 { write!(f, ", {} skipped", self.skipped) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn the_counts_are_one_line() {
        let mut report = Report::pass();
        report.add(Report::pass());
        assert_eq!(report.to_string(), "2 passed, 0 failed");
        report.add(Report { skipped: 3, ..Report::fail("why") });
        assert_eq!(report.to_string(), "2 passed, 1 failed, 3 skipped");
    }
}
