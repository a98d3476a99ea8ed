//! Building `sim-web` to WebAssembly and running it under Node: no tool to install but Node itself.

use std::path::{Path, PathBuf};
use std::process::Command;

use wasm_bindgen_cli_support::Bindgen;

use crate::shell::{self, Problem, command, target_dir};
use crate::test::Report;
use crate::toolchain::{self, WASM};

/// Builds the module for Node and checks that it answers.
pub(crate) fn step() -> Report {
    let check = |module: PathBuf| {
        toolchain::node()?;
        shell::run(node("check.cjs", &module).arg(env!("CARGO_PKG_VERSION")))
    };
    Report::of(build().and_then(check))
}

/// Builds `sim-web` and its JavaScript; returns the file that Node requires.
pub(crate) fn build() -> Result<PathBuf, Problem> {
    toolchain::wasm_target()?;
    let build = ["build", "--package", "sim-web", "--target", WASM, "--release"];
    shell::run(&mut command("cargo", build))?;
    let folder = target_dir().join("wasm").join("node");
    bind(&target_dir().join(WASM).join("release").join("sim_web.wasm"), &folder)
        .map_err(|error| Problem::Failed(format!("wasm-bindgen: {error:#}")))?;
    Ok(folder.join("sim_web.js"))
}

/// A script of `sim-web/node/` with the module as its first argument.
pub(crate) fn node(script: &str, module: &Path) -> Command {
    let mut node = command("node", []);
    node.arg(format!("sim-web/node/{script}")).arg(module);
    node
}

/// Writes the JavaScript around the compiled module.
fn bind(wasm: &Path, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).typescript(false).nodejs(true)?;
    Ok(bindgen.generate(folder)?)
}
