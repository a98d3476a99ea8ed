//! archsim in the browser: the core's functions under JavaScript's names. Nothing is computed here.

use sim_core::metrics::{EVENTS_MAX, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::time::Duration;
use wasm_bindgen::prelude::wasm_bindgen;

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

/// Runs one replication of a model for so many simulated seconds and returns the digests of what happened.
///
/// # Errors
/// What is wrong with the model, as text.
#[wasm_bindgen(js_name = runOnce)]
pub fn run_once(name: &str, text: &str, seconds: f64) -> Result<String, String> {
    let spec = Spec::parse(name, text).map_err(|errors| errors.to_string())?;
    let checked = Model::check(&spec, &Files::default()).map_err(|errors| errors.to_string())?;
    let trial = Trial {
        design: 0,
        seed: Seed { seed: 1, replication: 0 },
        warmup: Duration::ZERO,
        horizon: Duration::from_secs(seconds),
        events_max: EVENTS_MAX,
    };
    Ok(run(&checked.model, trial).fingerprint.to_string())
}
