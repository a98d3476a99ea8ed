//! The core computes and does nothing else: no clock, file, environment, thread, global or print.

use super::{Complaint, File, at, core_code, scan};

/// Modules of the standard library that reach outside the program.
const MODULES: &[&str] = &["env", "fs", "net", "os", "process", "thread", "time"];

/// Names that print, tell the time or wait for another thread.
const NAMES: &[&str] = &[
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "thread_local!",
    "Instant",
    "SystemTime",
    "LazyLock",
    "Mutex",
    "RwLock",
];

/// Parts of types that make a `static` a variable; tables of constants are fine, and so are these in a value.
const VARIABLE: &[&str] = &["mut ", "Lock", "Mutex", "Atomic", "Cell"];

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
    let globals = globals(code).map(|place| (place, "static variable".to_string()));
    let mut found: Vec<(usize, String)> = modules.chain(names).chain(globals).collect();
    found.sort();
    let complain = |(place, name): (usize, String)| {
        at(path, scan::line_of(code, place), &format!("the core is pure: no `{name}`"))
    };
    found.into_iter().map(complain).collect()
}

/// Where variables are declared that outlive every value.
fn globals(code: &str) -> impl Iterator<Item = usize> {
    let declaration = |place: usize| code[place..].split(['=', ';']).next().unwrap_or_default();
    scan::words(code, "static")
        .filter(|place| !code[..*place].ends_with('\''))
        .filter(move |place| VARIABLE.iter().any(|part| declaration(*place).contains(part)))
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
    fn constants_and_caches_inside_a_value_are_no_globals() {
        let code =
            "static TABLE: [u8; 2] = [1, 2];\nstruct S { name: &'static str, x: OnceLock<u8> }";
        assert!(check_file("a.rs", code).is_empty());
        for global in ["static mut N: u8 = 0;", "static N: AtomicU8 =", "static N: OnceLock<u8> ="]
        {
            assert_eq!(
                check_file("a.rs", global),
                ["a.rs:1: the core is pure: no `static variable`"]
            );
        }
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
