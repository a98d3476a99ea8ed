//! Open traffic.
mod profile;
pub use profile::{Factor, Profile, ProfileError};
