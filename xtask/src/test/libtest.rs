//! Running `cargo test` and counting what it prints.

use std::process::Command;

use super::Report;
use crate::shell;

/// An ignored test whose reason names this is run by another step, and so is not skipped.
const RUN_ELSEWHERE: &str = "cargo xtask test";

/// Runs tests, shows their output and counts them.
pub(crate) fn run(command: &mut Command) -> Report {
    let mut report = Report::default();
    let result = shell::watch(command, |line| count(line, &mut report));
    if let (Err(problem), 0) = (result, report.failed) {
        // Not a test but the build, or a test binary as a whole, went wrong.
        report.add(Report::fail(problem.to_string()));
    }
    report
}

/// Counts one line of what `cargo test` prints.
fn count(line: &str, report: &mut Report) {
    let Some((name, verdict)) =
        line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
    else {
        return;
    };
    match verdict {
        "ok" => report.passed += 1,
        "FAILED" => report.add(Report::fail(format!("test {name} failed"))),
        _ if verdict.starts_with("ignored") && !verdict.contains(RUN_ELSEWHERE) => {
            report.skipped += 1;
            report.notes.push(format!("test {name} is {verdict}"));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::count;

    #[test]
    fn tests_are_counted_by_their_verdict() {
        let printed = "running 5 tests\n\
            test a::passes ... ok\n\
            test sim-core/src/lib.rs - (line 3) ... ok\n\
            test a::fails ... FAILED\n\
            test a::waits ... ignored, needs a browser\n\
            test a::slow ... ignored, slow in debug: cargo xtask test theory\n\
            test result: FAILED. 2 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out";
        let mut report = Report::default();
        printed.lines().for_each(|line| count(line.trim(), &mut report));
        assert_eq!((report.passed, report.failed, report.skipped), (2, 1, 1));
        assert_eq!(
            report.notes,
            ["test a::fails failed", "test a::waits is ignored, needs a browser"]
        );
    }
}
