//! What requests meet on their way: stations that serve, balancers and shards that choose,
//! limiters and locks that guard.
//!
//! Nothing here knows of events or clocks beyond the times it is handed; [`crate::simulation`] wires it.

mod balancer;
mod frame;
mod limiter;
mod locks;
mod sharding;
mod sharing;
mod station;
mod subscription;

pub use balancer::Balancing;
pub use frame::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Spent};
pub use limiter::{Aimd, BUCKETS_MAX, Gradient, KeyedBuckets, Limit, Limiter, Pass};
pub use locks::{Acquired, Locks, Mode};
pub use sharding::{DirectoryEntry, RING_POINTS_MAX, Scheme, Sharding};
pub use sharing::Sharing;
pub use station::{Admission, Station};
pub use subscription::{Expired, Failed, Message, MessageId, Messages, Subscription};
