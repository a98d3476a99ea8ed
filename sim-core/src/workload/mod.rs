//! What comes in: arrivals in time.

mod arrivals;
#[cfg(test)]
mod tests;

pub use arrivals::{Arrival, Arrivals};
