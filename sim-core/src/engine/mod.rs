//! The event queue, the clock and the fingerprint: knows time, not architecture.

mod fingerprint;
mod queue;

pub use fingerprint::{Digest, Fingerprint};
pub use queue::{Event, Queue};
