//! What requests meet on their way: stations that serve, balancers that choose,
//! limiters and locks that guard.
//!
//! Nothing here knows of events or clocks beyond the times it is handed; [`crate::simulation`] wires it.

mod autoscaler;
mod balancer;
mod breaker;
pub mod cache;
mod crews;
mod door;
mod environments;
mod fetches;
mod frame;
mod ledger;
mod limiter;
mod locks;
mod sharing;
mod station;
mod subscription;
mod versions;

pub use autoscaler::{Autoscaler, Present, Sample};
pub use balancer::{Balancing, Watch};
pub use breaker::{Breaker, BreakerState, Turn};
pub use crews::Crews;
pub use door::{AdaptiveLifo, Codel, DoorLine, Over, Utilisation};
pub use environments::Environments;
pub use fetches::{Fetch, Fetches, Missing};
pub use frame::{Ending, Frame, FrameId, FrameKind, Frames, NONE, Spent};
pub use ledger::Ledger;
pub use limiter::{Aimd, BUCKETS_MAX, Gradient, KeyedBuckets, Limit, Limiter, Pass};
pub use locks::{Acquired, Locks, Mode};
pub use sharing::Sharing;
pub use station::{Admission, Capacity, Departure, Station};
pub use subscription::{Expired, Failed, Message, MessageId, Messages, Subscription};
pub use versions::{RecentWrites, Shown, Versions};
