//! The notebooks, the Dask package and the templates for clusters, in a Python environment of their own.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use super::Report;
use crate::shell::{self, Problem, command, root, target_dir};

/// What is installed, to the version.
const REQUIREMENTS: &str = "notebooks/requirements.txt";

/// Says that a tool for Python is missing, and how to have it.
const PYTHON: &str =
    "python3 is missing or older than 3.11: install Python 3.11 or newer with its module venv";

/// Builds archsim, makes the environment, and runs all tests of `notebooks/`.
pub(super) fn step() -> Report {
    match environment() {
        Ok(python) => pytest(&python),
        Err(problem) => Report::of(Err(problem)),
    }
}

/// The tests, with the archsim of this tree before any other.
fn pytest(python: &Path) -> Report {
    let mut build = command("cargo", ["build", "--release", "-p", "sim-cli"]);
    if let Err(problem) = shell::run(&mut build) {
        return Report::of(Err(problem));
    }
    let mut report = Report::default();
    let mut tests = plain(python);
    tests.args(["-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "notebooks"]);
    tests.env("PATH", path(&target_dir().join("release")));
    let result = shell::watch(&mut tests, |line| count(line, &mut report));
    if let (Err(problem), 0) = (result, report.failed) {
        report.add(Report::fail(problem.to_string()));
    }
    report
}

/// The Python of an environment that has what is required and nothing else: made once, and anew when that changes.
fn environment() -> Result<PathBuf, Problem> {
    let folder = target_dir().join("python");
    let python = folder.join("bin").join("python");
    let wanted = fs::read_to_string(root().join(REQUIREMENTS))
        .map_err(|error| Problem::Missing(format!("{REQUIREMENTS}: {error}")))?;
    let stamp = folder.join("requirements.txt");
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(python);
    }
    let is_new_enough = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))";
    if !shell::works(&mut command("python3", ["-c", is_new_enough])) {
        return Err(Problem::Missing(PYTHON.into()));
    }
    shell::run(command("python3", ["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = plain(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    shell::run(install.args(["--requirement", REQUIREMENTS])).map_err(|_| {
        Problem::Missing(format!(
            "what {REQUIREMENTS} names cannot be installed: see what pip says above"
        ))
    })?;
    fs::write(&stamp, wanted)
        .map_err(|error| Problem::Failed(format!("{}: {error}", stamp.display())))?;
    Ok(python)
}

/// A program of the environment, without what other environments of this machine would add.
fn plain(python: &Path) -> Command {
    let mut program = Command::new(python);
    program.current_dir(root()).env("PYTHONNOUSERSITE", "1").env("PYTHONDONTWRITEBYTECODE", "1");
    for variable in ["PYTHONPATH", "PYTHONHOME", "JUPYTER_PATH", "JUPYTER_CONFIG_DIR", "MPLBACKEND"]
    {
        program.env_remove(variable);
    }
    program
}

/// `PATH` with a folder before all others.
fn path(first: &Path) -> OsString {
    let others = env::var_os("PATH").unwrap_or_default();
    let all = std::iter::once(first.to_path_buf()).chain(env::split_paths(&others));
    env::join_paths(all).unwrap_or(others)
}

/// Takes the counts from pytest's last line: `2 failed, 5 passed, 1 skipped in 3.21s`.
fn count(line: &str, report: &mut Report) {
    if let Some((test, _)) =
        line.strip_prefix("FAILED ").map(|rest| rest.split_once(" - ").unwrap_or((rest, "")))
    {
        report.notes.push(format!("{test} failed"));
    }
    let Some((counts, _)) = line.rsplit_once(" in ").filter(|(_, time)| time.contains('s')) else {
        return;
    };
    let mut found = Report::default();
    for part in counts.split(", ") {
        let Some((number, word)) = part.split_once(' ') else { return };
        let Ok(number) = number.parse::<usize>() else { return };
        match word {
            "passed" => found.passed += number,
            "failed" | "error" | "errors" => found.failed += number,
            "skipped" => found.skipped += number,
            _ => {}
        }
    }
    report.add(found);
}

#[cfg(test)]
mod tests {
    use super::super::Report;
    use super::count;

    #[test]
    fn tests_are_counted_from_the_last_line() {
        let printed = "....F.s                         [100%]\n\
            FAILED notebooks/test_notebooks.py::test_outputs[a.ipynb] - AssertionError: in 3 cells\n\
            1 failed, 5 passed, 1 skipped, 2 warnings in 12.34s (0:00:12)";
        let mut report = Report::default();
        printed.lines().for_each(|line| count(line.trim(), &mut report));
        assert_eq!((report.passed, report.failed, report.skipped), (5, 1, 1));
        assert_eq!(report.notes, ["notebooks/test_notebooks.py::test_outputs[a.ipynb] failed"]);
    }
}
