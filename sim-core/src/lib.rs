//! The core of archsim: a deterministic discrete-event simulator for software architectures.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), warn(clippy::disallowed_types))]

pub mod component;
pub mod cost;
pub mod engine;
pub mod math;
pub mod metrics;
pub mod model;
pub mod random;
pub mod report;
pub mod simulation;
pub mod spec;
pub mod stats;
pub mod study;
pub mod telemetry;
pub mod time;
pub mod workload;
