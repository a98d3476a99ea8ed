//! The ways to run a model that must agree to the bit.

use std::path::PathBuf;

use crate::fingerprint::{Event, Table};
use crate::shell::{self, Problem, command, target_dir};
use crate::wasm;

/// One way to run models.
pub(crate) trait Runner {
    /// As in `release, 3 threads`.
    fn name(&self) -> String;

    /// The fingerprints of every design of the models.
    fn table(&self, models: &[String]) -> Result<Table, Problem>;

    /// What one replication had come to after so many events; none if it ended before.
    fn event(&self, at: &Moment<'_>) -> Result<Option<Event>, Problem>;
}

/// A number of events into one replication of one design.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment<'a> {
    pub(crate) model: &'a str,
    pub(crate) design: &'a str,
    pub(crate) replication: u32,
    pub(crate) event: u64,
}

impl Moment<'_> {
    /// The options of `archsim fingerprint` for this moment.
    fn options(&self) -> [String; 6] {
        [
            "--design".to_string(),
            self.design.to_string(),
            "--replication".to_string(),
            self.replication.to_string(),
            "--event".to_string(),
            self.event.to_string(),
        ]
    }
}

/// Builds `archsim` in the profile, `debug` or `release`.
pub(crate) fn archsim(profile: &str) -> Result<PathBuf, Problem> {
    let mut build = command("cargo", ["build", "--package", "sim-cli"]);
    if profile == "release" {
        build.arg("--release");
    }
    shell::run(&mut build)?;
    let program = target_dir().join(profile).join("archsim");
    Ok(program.with_extension(std::env::consts::EXE_EXTENSION))
}

/// The `archsim` of this machine.
pub(crate) struct Native {
    program: PathBuf,
    profile: &'static str,
    threads: u32,
}

impl Native {
    /// Builds `archsim` in the profile, `debug` or `release`; one runner for each number of threads.
    pub(crate) fn build(profile: &'static str, threads: &[u32]) -> Result<Vec<Native>, Problem> {
        let program = archsim(profile)?;
        let runner = |&threads| Native { program: program.clone(), profile, threads };
        Ok(threads.iter().map(runner).collect())
    }

    fn fingerprint(&self, arguments: &[String]) -> Result<String, Problem> {
        let mut archsim = command(&self.program.to_string_lossy(), ["fingerprint"]);
        shell::read(archsim.args(arguments).args(["--jobs", &self.threads.to_string()]))
    }
}

impl Runner for Native {
    fn name(&self) -> String {
        let threads = if self.threads == 1 { "thread" } else { "threads" };
        format!("{}, {} {threads}", self.profile, self.threads)
    }

    fn table(&self, models: &[String]) -> Result<Table, Problem> {
        Table::parse(&self.fingerprint(models)?).map_err(Problem::Failed)
    }

    fn event(&self, at: &Moment<'_>) -> Result<Option<Event>, Problem> {
        let arguments = [&[at.model.to_string()], at.options().as_slice()].concat();
        Event::parse(&self.fingerprint(&arguments)?).map_err(Problem::Failed)
    }
}

/// The WebAssembly module under Node.
pub(crate) struct Wasm {
    module: PathBuf,
}

impl Wasm {
    /// Builds the module.
    pub(crate) fn build() -> Result<Wasm, Problem> {
        Ok(Wasm { module: wasm::build()? })
    }

    fn fingerprint(&self, arguments: &[String]) -> Result<String, Problem> {
        shell::read(wasm::node("fingerprint.cjs", &self.module).args(arguments))
    }
}

impl Runner for Wasm {
    fn name(&self) -> String {
        "wasm, node".to_string()
    }

    fn table(&self, models: &[String]) -> Result<Table, Problem> {
        Table::parse(&self.fingerprint(models)?).map_err(Problem::Failed)
    }

    fn event(&self, at: &Moment<'_>) -> Result<Option<Event>, Problem> {
        let arguments = [&[at.model.to_string()], at.options().as_slice()].concat();
        Event::parse(&self.fingerprint(&arguments)?).map_err(Problem::Failed)
    }
}
