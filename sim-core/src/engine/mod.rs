//! The event queue, the clock and the fingerprint: knows time, not architecture.

mod queue;

pub use queue::{Event, Queue};
