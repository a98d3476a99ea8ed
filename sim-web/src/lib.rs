//! archsim in the browser: the core's functions under JavaScript's names. Nothing is computed here.

mod model;
mod run;
mod study;
mod written;

pub use run::Run;
pub use study::{Study, waterfall};
pub use written::{check, edit_path, parameters, to_ron, values};

use model::Given;
use sim_core::metrics::{EVENTS_MAX, Trial, run};
use sim_core::report::{Format, Style, render};
use sim_core::simulation::Seed;
use sim_core::study::{
    Alternative, Plan, Replicate, Study as _, describe_event, fingerprint_in_turn,
};
use sim_core::time::Duration;
use std::fmt::Write;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The version of archsim, which every result carries.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

/// A length of simulated time in nanoseconds, written as the reports write it: `41.2 ms`.
#[wasm_bindgen(js_name = formatDuration)]
pub fn format_duration(nanos: u64) -> String {
    Duration(nanos).to_string()
}

/// Runs every design of a model side by side, as `archsim compare` does, and returns its summary as JSON.
///
/// `name` is the model's file, `text` what it holds; `files` is a JSON object of the files that it may refer to, by path.
///
/// # Errors
/// What is wrong with the model, as text.
#[wasm_bindgen]
pub fn compare(name: &str, text: &str, files: &str) -> Result<String, JsError> {
    let designs = Given { name, text, files, edits: "[]" }.all_designs()?;
    let plan = Plan::of(&designs);
    let mut study = Replicate::new(designs, plan);
    study.run();
    Ok(render(&study.summary(), Format::Json, Style::default()))
}

/// Runs one replication of a model as it is, for so many simulated seconds, and returns the digests of what happened.
///
/// # Errors
/// What is wrong with the model, as text.
#[wasm_bindgen(js_name = runOnce)]
pub fn run_once(name: &str, text: &str, seconds: f64) -> Result<String, JsError> {
    let designs = Given { name, text, files: "{}", edits: "[]" }.all_designs()?;
    let trial = Trial {
        design: 0,
        seed: Seed { seed: 1, replication: 0 },
        warmup: Duration::ZERO,
        horizon: Duration::from_secs(seconds),
        events_max: EVENTS_MAX,
    };
    Ok(run(&designs[0].model, trial).fingerprint.to_string())
}

/// The rows that `archsim fingerprint` prints for a model, or a comment that says why there are none.
#[wasm_bindgen]
pub fn fingerprint(name: &str, text: &str, files: &str) -> String {
    let given = Given { name, text, files, edits: "[]" };
    match given.all_designs() {
        Ok(designs) => fingerprint_in_turn(&designs).iter().fold(String::new(), |mut rows, row| {
            let _ = writeln!(rows, "{name}\t{row}");
            rows
        }),
        Err(why) => format!("# {name}: {why}\n"),
    }
}

/// The line that `archsim fingerprint --event` prints; nothing if there are fewer events.
#[wasm_bindgen(js_name = fingerprintEvent)]
pub fn fingerprint_event(
    name: &str,
    text: &str,
    files: &str,
    design: &str,
    replication: u32,
    event: u64,
) -> String {
    let is_it = |alternative: &Alternative| alternative.name == design;
    let designs = Given { name, text, files, edits: "[]" }.all_designs().unwrap_or_default();
    let found = designs.into_iter().find(is_it);
    let line = found.and_then(|design| describe_event(&design.model, replication.into(), event));
    line.map_or_else(String::new, |line| line + "\n")
}
