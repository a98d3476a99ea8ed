//! The tools that the checks need: added where rustup can add them, named where it cannot.

use std::path::{Path, PathBuf};

use crate::shell::{self, Problem, command};

/// Where Rust's own library for browsers and Node is compiled to.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The oldest Node that runs the module and its scripts.
const NODE_MAJOR_MIN: u32 = 18;

/// Makes sure that `cargo fmt` or `cargo clippy` is there.
pub(crate) fn component(subcommand: &str, component: &str) -> Result<(), Problem> {
    let works = || shell::works(&mut command("cargo", [subcommand, "--version"]));
    if works() || (rustup(["component", "add", component]) && works()) {
        return Ok(());
    }
    let text = format!("{component} is missing: `rustup component add {component}`");
    Err(Problem::Missing(text))
}

/// Makes sure that Rust code can be compiled to WebAssembly.
pub(crate) fn wasm_target() -> Result<(), Problem> {
    if has_wasm_target() || (rustup(["target", "add", WASM]) && has_wasm_target()) {
        return Ok(());
    }
    let text = format!("the target {WASM} is missing: `rustup target add {WASM}`");
    Err(Problem::Missing(text))
}

/// Makes sure that Node is there and new enough.
pub(crate) fn node() -> Result<(), Problem> {
    let install = format!("install Node {NODE_MAJOR_MIN} or newer");
    if !shell::works(&mut command("node", ["--version"])) {
        return Err(Problem::Missing(format!("node is missing: {install}")));
    }
    let version = shell::read(&mut command("node", ["--version"]))?;
    match major(&version) {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        _ => Err(Problem::Missing(format!("node is {}: {install}", version.trim()))),
    }
}

/// Makes sure that there is a Chromium to drive; where this is a Debian's administrator, it is installed.
pub(crate) fn chromium() -> Result<PathBuf, Problem> {
    const NAMES: [&str; 4] =
        ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let find = || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        let files = NAMES.iter().flat_map(|name| folders.iter().map(move |it| it.join(name)));
        files.into_iter().find(|file| file.is_file())
    };
    if let Some(found) = find() {
        return Ok(found);
    }
    let install = ["install", "--yes", "--no-install-recommends", "chromium"];
    let installed = shell::works(&mut command("apt-get", ["update"]))
        && shell::works(command("apt-get", install).env("DEBIAN_FRONTEND", "noninteractive"));
    let text = "Chromium is missing: `apt-get install chromium`, or put one on the path";
    find().filter(|_| installed).ok_or_else(|| Problem::Missing(text.into()))
}

fn has_wasm_target() -> bool {
    let mut rustc = command("rustc", ["--print", "target-libdir", "--target", WASM]);
    shell::read(&mut rustc).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn rustup<const N: usize>(args: [&str; N]) -> bool {
    shell::run(&mut command("rustup", args)).is_ok()
}

/// The first number of `v20.20.2`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn the_major_version_of_node_is_its_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("node: not found"), None);
    }
}
