//! Contributor tasks.
mod bench;

fn main() {}
