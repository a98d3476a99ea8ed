//! Running other programs, and where things are.

use std::env;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why something could not be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Problem {
    /// A tool or a file that is needed is not there; the text says what to install or write.
    Missing(String),
    /// It was tried and went wrong.
    Failed(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Missing(text) | Problem::Failed(text) => f.write_str(text),
        }
    }
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    let xtask =
        env::var_os("CARGO_MANIFEST_DIR").map_or(env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().expect("xtask lies in the root of the repository").to_path_buf()
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or("target".into()))
}

/// Whether this is a continuous-integration machine, where nothing may be skipped.
pub(crate) fn on_ci() -> bool {
    env::var("CI").is_ok_and(|ci| !matches!(ci.as_str(), "" | "0" | "false"))
}

/// A program to be run in the root of the repository; cargo is the one that runs this task.
pub(crate) fn command<const N: usize>(program: &str, args: [&str; N]) -> Command {
    let program = match program {
        "cargo" => env::var_os("CARGO").unwrap_or("cargo".into()),
        other => other.into(),
    };
    let mut command = Command::new(program);
    command.args(args).current_dir(root()).env("CARGO_TARGET_DIR", target_dir());
    command
}

/// Runs a program with its output shown.
pub(crate) fn run(command: &mut Command) -> Result<(), Problem> {
    let status = command.status().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(unsuccessful(command)) }
}

/// Runs a program with its standard error shown, and returns what it printed.
pub(crate) fn read(command: &mut Command) -> Result<String, Problem> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| cannot_start(command, &error))?;
    if !output.status.success() {
        return Err(unsuccessful(command));
    }
    String::from_utf8(output.stdout)
        .map_err(|_| Problem::Failed(format!("{} printed bytes that are no text", line(command))))
}

/// Runs a program with its output shown, and hands each printed line to `on_line` too.
pub(crate) fn watch(command: &mut Command, mut on_line: impl FnMut(&str)) -> Result<(), Problem> {
    let mut child =
        command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(command, &error))?;
    let stdout = child.stdout.take().expect("standard output is piped");
    for text in BufReader::new(stdout).lines().map_while(Result::ok) {
        println!("{text}");
        on_line(&text);
    }
    let status = child.wait().map_err(|error| cannot_start(command, &error))?;
    if status.success() { Ok(()) } else { Err(unsuccessful(command)) }
}

/// Whether a program starts and succeeds, in silence.
pub(crate) fn works(command: &mut Command) -> bool {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// Every file below `folder`, sorted, as paths from it with `/`; without what tools have made.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    walk(folder, "", &mut found);
    found.sort();
    found
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    if folder.join("CACHEDIR.TAG").exists() {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{prefix}{name}");
        if is_made_by_tools(&name) {
            continue;
        } else if entry.path().is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else {
            found.push(path);
        }
    }
}

/// What git, cargo, npm and Python keep beside the sources.
fn is_made_by_tools(name: &str) -> bool {
    let ours = matches!(name, ".cargo" | ".ci" | ".github" | ".gitignore");
    let made = matches!(name, "target" | "node_modules" | "dist" | "__pycache__");
    made || (name.starts_with('.') && !ours)
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Problem {
    Problem::Failed(format!("cannot start `{}`: {error}", line(command)))
}

fn unsuccessful(command: &Command) -> Problem {
    Problem::Failed(format!("`{}` failed", line(command)))
}
