//! `cargo xtask playground`: the page in which the core runs as WebAssembly, built to a static folder and served.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use wasm_bindgen_cli_support::Bindgen;

use crate::gallery;
use crate::runner;
use crate::shell::{self, Problem, command, root, target_dir};
use crate::test::Report;
use crate::toolchain::{self, WASM};

/// What `cargo xtask playground` takes.
#[derive(Args)]
pub(crate) struct Options {
    /// Only build it, to sim-web/www/dist
    #[arg(long)]
    build: bool,
    /// Build it, and print how large and how quick it is
    #[arg(long)]
    bench: bool,
    /// The port that it is served at, on this machine only
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

/// Where the sources of the page are.
const PAGE: &str = "sim-web/www";

/// Builds the page, and serves it unless that is not wanted.
pub(crate) fn step(options: &Options) -> Report {
    if options.bench {
        return bench();
    }
    let served = build().and_then(|folder| {
        println!("the page is in {}", folder.display());
        if options.build { Ok(()) } else { serve(&folder, options.port) }
    });
    Report::of(served)
}

/// Builds the page; returns the folder, which any host can serve.
fn build() -> Result<PathBuf, Problem> {
    toolchain::wasm_target()?;
    toolchain::node()?;
    packages()?;
    module()?;
    let page = root().join(PAGE);
    shell::run(command("npm", ["run", "--silent", "build"]).current_dir(&page))?;
    Ok(page.join("dist"))
}

/// Runs a script of the page under Node.
fn script(name: &str) -> std::process::Command {
    let mut node = command("node", [name]);
    node.current_dir(root().join(PAGE));
    node
}

/// Installs what the page is built with, as its lock file says, unless it is there.
fn packages() -> Result<(), Problem> {
    let page = root().join(PAGE);
    let lock = page.join("package-lock.json");
    let installed = page.join("node_modules").join(".package-lock.json");
    let modified = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    if modified(&installed).is_some_and(|there| Some(there) >= modified(&lock)) {
        return Ok(());
    }
    if !shell::works(&mut command("npm", ["--version"])) {
        return Err(Problem::Missing("npm is missing: install it beside Node".into()));
    }
    let mut npm = command("npm", ["ci"]);
    shell::run(npm.current_dir(&page)).map_err(|_| {
        Problem::Missing("the page's packages are missing: `npm ci` in sim-web/www".into())
    })
}

/// Builds the module as a package that the page imports.
fn module() -> Result<(), Problem> {
    let build = ["build", "--package", "sim-web", "--target", WASM, "--profile", "web"];
    shell::run(&mut command("cargo", build))?;
    let package = root().join(PAGE).join("node_modules").join("archsim-wasm");
    let wasm = target_dir().join(WASM).join("web").join("sim_web.wasm");
    bind(&wasm, &package).map_err(|error| Problem::Failed(format!("wasm-bindgen: {error:#}")))?;
    let about = r#"{"name":"archsim-wasm","version":"0.0.0","type":"module","main":"sim_web.js","types":"sim_web.d.ts"}"#;
    let schema = sim_core::spec::Spec::schema().to_string();
    let gallery = gallery::listed()?;
    let made = [("package.json", about), ("schema.json", &schema), ("gallery.json", &gallery)];
    for (name, text) in made {
        fs::write(package.join(name), text)
            .map_err(|error| Problem::Failed(format!("{}: {error}", package.display())))?;
    }
    Ok(())
}

/// Drives the built page in Chromium, and compares its numbers with those of the command line.
pub(crate) fn test() -> Report {
    Report::of(driven("tests/browser.mjs"))
}

/// Prints the page's sizes and speeds.
fn bench() -> Report {
    Report::of(driven("tests/bench.mjs"))
}

fn driven(name: &str) -> Result<(), Problem> {
    let browser = toolchain::chromium()?;
    build()?;
    let archsim = runner::archsim("release")?;
    shell::run(script(name).arg(browser).arg(archsim))
}

fn bind(wasm: &Path, folder: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let mut bindgen = Bindgen::new();
    // What is left of names is of use to nobody who loads it.
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen.input_path(wasm).typescript(true).web(true)?;
    Ok(bindgen.generate(folder)?)
}

fn serve(folder: &Path, port: u16) -> Result<(), Problem> {
    let mut server = script("build/serve.mjs");
    shell::run(server.arg(folder).arg(port.to_string()))
}
