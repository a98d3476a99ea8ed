//! `cargo xtask test`: the list of steps that is CI.

mod libtest;
mod notebooks;
mod report;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;

use crate::shell::{self, command};
use crate::{determinism, playground, tidy, toolchain, wasm};

pub(crate) use report::Report;

/// One line of the list: to add a check, write a function and add a line.
struct Step {
    name: &'static str,
    run: fn() -> Report,
}

/// Cheap and telling steps first.
const STEPS: &[Step] = &[
    Step { name: "format", run: format },
    Step { name: "clippy", run: clippy },
    Step { name: "docs", run: docs },
    Step { name: "tidy", run: tidy::step },
    Step { name: "unit", run: unit },
    Step { name: "theory", run: theory },
    Step { name: "notebooks", run: notebooks::step },
    Step { name: "wasm", run: wasm::step },
    Step { name: "determinism", run: determinism::step },
    Step { name: "browser", run: playground::test },
];

/// What `cargo xtask test` takes.
#[derive(clap::Args)]
pub(crate) struct Steps {
    /// Steps to run, in the order of the list; none: all of them.
    #[arg(value_parser = step_names())]
    pub(crate) steps: Vec<String>,
}

fn step_names() -> PossibleValuesParser {
    STEPS.iter().map(|step| step.name).collect::<Vec<_>>().into()
}

/// Runs the named steps, or all, and ends with the counts alone on a line.
pub(crate) fn run(names: &[String]) -> ExitCode {
    let wanted = |step: &&Step| names.is_empty() || names.iter().any(|name| name == step.name);
    let mut done = Vec::new();
    for step in STEPS.iter().filter(wanted) {
        println!("== {}", step.name);
        let started = Instant::now();
        let report = (step.run)();
        let fatal = report.fatal;
        print_notes(&report);
        println!("{}\n", line(step.name, &report, started.elapsed()));
        done.push((step.name, report, started.elapsed()));
        if fatal {
            println!("nothing compiles: the steps after {} were not run\n", step.name);
            break;
        }
    }
    summarise(&done)
}

/// What every step came to, what failed, and the counts of all.
fn summarise(done: &[(&str, Report, Duration)]) -> ExitCode {
    println!("== summary");
    let mut total = Report::default();
    for (name, report, time) in done {
        println!("{}", line(name, report, *time));
        total.add(report.clone());
    }
    for (name, report, _) in done.iter().filter(|(_, report, _)| report.failed > 0) {
        println!("\n{name} failed: cargo xtask test {name}");
        print_notes(report);
    }
    println!("\n{total}");
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print_notes(report: &Report) {
    for note in &report.notes {
        println!("  {note}");
    }
}

/// `clippy       12.3 s  1 passed, 0 failed`.
fn line(name: &str, report: &Report, time: Duration) -> String {
    format!("{name:<12} {:>6.1} s  {report}", time.as_secs_f64())
}

fn format() -> Report {
    let check = || shell::run(&mut command("cargo", ["fmt", "--all", "--check"]));
    Report::of(toolchain::component("fmt", "rustfmt").and_then(|()| check()))
}

fn clippy() -> Report {
    let lint = ["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];
    let check = || shell::run(&mut command("cargo", lint));
    let mut report = Report::of(toolchain::component("clippy", "clippy").and_then(|()| check()));
    // A lint is worth hearing of together with failing tests; code that does not compile is not.
    let compiles =
        || shell::works(&mut command("cargo", ["check", "--workspace", "--all-targets"]));
    report.fatal = report.failed > 0 && !compiles();
    report
}

fn docs() -> Report {
    let mut doc = command("cargo", ["doc", "--workspace", "--no-deps"]);
    Report::of(shell::run(doc.env("RUSTDOCFLAGS", "-D warnings")))
}

fn unit() -> Report {
    libtest::run(&mut command("cargo", ["test", "--workspace", "--no-fail-fast"]))
}

/// The models of queueing theory take many events, so these tests are compiled with optimisation.
fn theory() -> Report {
    libtest::run(theory_tests().arg("--include-ignored"))
}

/// The same with the values that take longest; `target/truth.md` has the table.
pub(crate) fn truth() -> Report {
    libtest::run(theory_tests().env("ARCHSIM_LONG_FORM", "1").arg("--include-ignored"))
}

/// Whole studies by the thousand; see `sim-core/benches/coverage.rs`.
pub(crate) fn coverage(studies: Option<u32>) -> Report {
    let studies = studies.unwrap_or(2000).to_string();
    let bench = ["bench", "-p", "sim-core", "--bench", "coverage", "--", &studies];
    Report::of(shell::run(&mut command("cargo", bench)))
}

fn theory_tests() -> Command {
    command("cargo", ["test", "--release", "-p", "sim-cli", "--test", "theory", "--"])
}
