//! The core computes and does nothing else: no clock, file, environment, thread, global or print.

use super::{Complaint, File, at, core_code, scan};

/// Modules of the standard library that reach outside the program.
const MODULES: &[&str] = &["env", "fs", "net", "os", "process", "thread", "time"];

/// Names that print, tell the time or keep state beside the values that are passed around.
const NAMES: &[&str] = &[
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "thread_local!",
    "static mut",
    "Instant",
    "SystemTime",
    "LazyLock",
    "OnceLock",
    "Mutex",
    "RwLock",
];

/// The lints that the core must switch on for itself.
const SWITCHES: &[&str] = &["#![forbid(unsafe_code)]", "clippy::disallowed_types"];

/// Every place where the core reaches outside itself.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    let mut complaints: Vec<Complaint> =
        core_code(files).flat_map(|(path, code)| check_file(path, &code)).collect();
    let lib = "sim-core/src/lib.rs";
    let text = files.iter().find(|file| file.path == lib).map_or("", |file| &file.text);
    for switch in SWITCHES.iter().filter(|switch| !text.contains(**switch)) {
        complaints.push(at(lib, 1, &format!("`{switch}` is missing")));
    }
    complaints
}

fn check_file(path: &str, code: &str) -> Vec<Complaint> {
    let modules = scan::names_below(code, "std")
        .into_iter()
        .filter(|(_, name)| MODULES.contains(name))
        .map(|(place, name)| (place, format!("std::{name}")));
    let names = NAMES
        .iter()
        .flat_map(|name| scan::words(code, name).map(|place| (place, name.to_string())));
    let mut found: Vec<(usize, String)> = modules.chain(names).collect();
    found.sort();
    let complain = |(place, name): (usize, String)| {
        at(path, scan::line_of(code, place), &format!("the core is pure: no `{name}`"))
    };
    found.into_iter().map(complain).collect()
}

#[cfg(test)]
mod tests {
    use super::check_file;

    #[test]
    fn what_computes_is_pure() {
        let code =
            "use std::{fmt, collections::BTreeMap};\nuse std::fmt::Write;\nfn blueprint() {}";
        assert!(check_file("a.rs", code).is_empty());
    }

    #[test]
    fn what_reaches_outside_is_named_with_its_line() {
        let code = "use std::{fmt,\n fs::File};\nstd::env::var(x);\nprintln!();\nlet t: Instant;";
        assert_eq!(
            check_file("a.rs", code),
            [
                "a.rs:2: the core is pure: no `std::fs`",
                "a.rs:3: the core is pure: no `std::env`",
                "a.rs:4: the core is pure: no `println!`",
                "a.rs:5: the core is pure: no `Instant`",
            ]
        );
    }
}
