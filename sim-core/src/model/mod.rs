//! What a model means: checked, indexed, immutable.

pub mod quantity;
