//! Systems with known answers: each is a model of `models/theory`, simulated and judged by one rule.
//!
//! `cargo test --release -p sim-cli --test theory -- --nocapture` prints every value; the table is also written to
//! `target/truth.md`. The known answers are read from `truth.json` beside this repository; without it, a few closed
//! forms stand in and the other cases say that they are skipped.

mod availability;
mod balancing;
mod caching;
mod campaign;
mod case;
mod cost;
mod formulas;
mod guards;
mod judge;
mod limits;
mod network;
mod outage;
mod over_time;
mod params;
mod probes;
mod regions;
mod rings;
mod scaling;
mod single;
mod spot;
mod steady;
mod stores;
mod table;
mod transient;
mod truth;
