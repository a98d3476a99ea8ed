//! archsim in the browser: the core's functions under JavaScript's names. Nothing is computed here.

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
