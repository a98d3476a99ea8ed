//! How fast the simulator is, beside loops written by hand for one system each.

// Lapses by itself, with a warning, as soon as the benchmark calls the loops.
#[cfg_attr(not(test), expect(dead_code, reason = "so far only the tests call them"))]
pub(crate) mod floor;
