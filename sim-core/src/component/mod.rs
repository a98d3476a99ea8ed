//! What requests meet on their way: stations that serve and balancers that choose.
//!
//! Nothing here knows of events or clocks beyond the times it is handed; [`crate::simulation`] wires it.

mod balancer;
pub mod cache;
mod fetches;
mod frame;
mod ledger;
mod sharing;
mod station;

pub use balancer::Balancing;
pub use fetches::{Fetch, Fetches, Missing};
pub use frame::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Spent};
pub use ledger::Ledger;
pub use sharing::Sharing;
pub use station::{Admission, Station};
