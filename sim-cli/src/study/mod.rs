//! Studies that are kept: what was asked for, the directory, and the outcomes in it.

pub(crate) mod asked;
pub(crate) mod dir;
pub(crate) mod outcomes;
pub(crate) mod trials;
