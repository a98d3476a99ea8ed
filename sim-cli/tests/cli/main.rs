//! The binary as a user meets it: what it prints, where, and its exit codes.

mod capacity;
mod compare;
mod gate;
mod look;
mod models;
mod output;
mod pictures;
mod run;
mod search;
mod study;
mod sweep;
mod watch;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// What came of a call.
struct Told {
    code: i32,
    out: String,
    err: String,
}

/// Runs `archsim` with some arguments in a folder.
fn archsim(folder: &tempfile::TempDir, args: &[&str]) -> Told {
    told(command(folder, args).output().expect("archsim starts"))
}

fn command(folder: &tempfile::TempDir, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_archsim"));
    command.args(args).current_dir(folder.path()).env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// The same with a text on stdin.
fn archsim_with(folder: &tempfile::TempDir, args: &[&str], stdin: &str) -> Told {
    let mut child = command(folder, args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("archsim starts");
    let mut pipe = child.stdin.take().expect("stdin is a pipe");
    pipe.write_all(stdin.as_bytes()).expect("archsim reads");
    drop(pipe);
    told(child.wait_with_output().expect("archsim ends"))
}

fn told(output: Output) -> Told {
    Told {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("stdout is text"),
        err: String::from_utf8(output.stderr).expect("stderr is text"),
    }
}

/// A folder with the template `queue` in it, cut to a length that tests can wait for.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let told = archsim(&folder, &["new", "--template", "queue", "queue.ron"]);
    assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.err);
    let path = folder.path().join("queue.ron");
    let text = std::fs::read_to_string(&path).expect("the template was written");
    std::fs::write(&path, text.replace("\"30min\"", "\"200s\"")).expect("it can be changed");
    folder
}

fn write(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}
