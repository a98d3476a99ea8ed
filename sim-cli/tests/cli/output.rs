//! Formats, files and pipes.

use super::{archsim, command, folder};
use std::io::Read;
use std::process::Stdio;

#[test]
fn json_has_everything() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron", "--format", "json"]);
    let data: serde_json::Value = serde_json::from_str(&told.out).expect("it is JSON");
    let design = &data["designs"][0];
    assert_eq!(design["all"]["p99"]["status"], "confident");
    assert_eq!(design["objectives"][0]["verdict"], "met");
    assert_eq!((&data["seed"], &data["replications"]), (&1.into(), &10.into()));
    assert!(design["fingerprint"].as_str().is_some_and(|f| f.len() == 50));
    assert!(design["stations"][0]["utilisation"]["half_width"].as_f64().is_some());
}

#[test]
fn csv_has_a_line_for_each_number() {
    let folder = folder();
    let told = archsim(&folder, &["compare", "queue.ron", "--format", "csv"]);
    let mut lines = told.out.lines();
    let origin = [lines.next().unwrap(), lines.next().unwrap()];
    assert!(origin[0].starts_with(concat!("# archsim ", env!("CARGO_PKG_VERSION"), ", model ")));
    assert!(origin[0].ends_with(", seed 1"), "{}", origin[0]);
    assert_eq!(origin[1], "# archsim compare queue.ron");
    let head = lines.next().unwrap();
    assert_eq!(head, "design,scope,client,name,metric,unit,mean,half_width,status");
    assert!(lines.clone().all(|line| line.split(',').count() == 9), "{}", told.out);
    let p99 = lines.filter(|line| line.contains(",journey,users,desk.ask,p99,s,")).count();
    assert_eq!(p99, 3);
}

#[test]
fn markdown_has_tables() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron", "--format", "markdown"]);
    assert!(told.out.contains("| operation | rate (req/s) |"), "{}", told.out);
    assert!(told.out.contains(" ± "), "{}", told.out);
}

#[test]
fn out_writes_the_same_bytes_to_a_file() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron", "--out", "answer.txt"]);
    assert_eq!(told.out, "");
    let written = std::fs::read_to_string(folder.path().join("answer.txt")).unwrap();
    assert_eq!(written, archsim(&folder, &["run", "queue.ron"]).out);
}

#[test]
fn text_fits_the_terminal() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron"]);
    let widest = told.out.lines().map(|line| line.chars().count()).max();
    assert!(widest.is_some_and(|widest| widest <= 80), "{}", told.out);
    assert!(!told.out.contains('\x1b'));
}

/// `archsim schema | head -1`: whoever does not read on is not to blame.
#[test]
fn a_broken_pipe_is_no_failure() {
    let folder = folder();
    let mut child = command(&folder, &["schema"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("archsim starts");
    drop(child.stdout.take());
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().expect("archsim ends");
    assert_eq!((status.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn help_opens_with_examples() {
    let folder = folder();
    for verb in ["check", "run", "compare", "new"] {
        let told = archsim(&folder, &[verb, "--help"]);
        assert_eq!(told.code, 0);
        assert!(told.out.starts_with("Examples:"), "{}", told.out);
    }
    assert!(archsim(&folder, &["man"]).out.contains(".TH archsim"));
    assert!(archsim(&folder, &["completions", "bash"]).out.contains("_archsim"));
    assert!(archsim(&folder, &["schema"]).out.contains("\"$schema\""));
}
