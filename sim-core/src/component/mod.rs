//! What requests meet on their way: stations that serve and balancers that choose.
//!
//! Nothing here knows of events or clocks beyond the times it is handed; [`crate::simulation`] wires it.

mod balancer;
mod frame;
mod sharing;
mod station;

pub use balancer::{Balancing, Watch};
pub use frame::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Spent};
pub use sharing::Sharing;
pub use station::{Admission, Capacity, Station};
