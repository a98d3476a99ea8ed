//! The core of archsim: a deterministic discrete-event simulator for software architectures.
#![forbid(unsafe_code)]

pub mod engine;
pub mod math;
pub mod model;
pub mod random;
pub mod spec;
pub mod stats;
pub mod time;
