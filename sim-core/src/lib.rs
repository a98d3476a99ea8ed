//! The core of archsim: a deterministic discrete-event simulator for software architectures.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_types))]

pub mod engine;
pub mod math;
pub mod random;
pub mod spec;
pub mod stats;
pub mod time;
