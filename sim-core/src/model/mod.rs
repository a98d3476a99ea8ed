//! What was meant: a model checked, indexed, immutable and flat.

pub mod data;
pub mod traffic;
