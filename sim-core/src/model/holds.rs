//! What a request holds of a store for a while: locks, connections of a pooler, places in a quota.

use super::{LockSite, LockTable, Pooler, Quota};

/// Taking something of a store, or giving it back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldStep {
    /// Take a lock, or wait for it: one of [`Holds::sites`].
    Lock(u32),
    /// Take a connection of one of [`Holds::poolers`], or wait for it, unless the request's session has one.
    Pooler(u32),
    /// Keep that connection for the session.
    Session(u32),
    /// Pass one of [`Holds::quotas`], wait for one's turn, or be refused.
    Quota(u32),
    /// Give back what was taken last.
    GiveBack,
}

/// All that can be held in a model.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Holds {
    /// The locks of databases.
    pub tables: Vec<LockTable>,
    /// Where queries lock.
    pub sites: Vec<LockSite>,
    /// Poolers in front of databases.
    pub poolers: Vec<Pooler>,
    /// What stores let through.
    pub quotas: Vec<Quota>,
}
