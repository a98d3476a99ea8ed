//! Caches: what each of them is, and the places in the plan that look into them.

mod check;
mod compile;
mod hits;
#[cfg(test)]
mod tests;

pub(super) use compile::Front;
pub(super) use hits::Hits;

use super::{
    CounterId, KeysId, LevelId, MeasureKind, Measures, Pc, ServiceId, StationId, TimingId,
};
use crate::random::Sampler;
use crate::spec::CachePolicy;
use crate::time::Duration;

/// What an item takes that has no key, in bytes.
pub const UNKEYED_BYTES: f64 = 1_000.0;

/// A cache, one of [`super::Model::caches`].
#[derive(Clone, PartialEq, Debug)]
pub struct Cache {
    /// Its name.
    pub name: String,
    /// Hash of the name: its streams of draws.
    pub site: u64,
    /// Where it lies.
    pub layer: CacheLayer,
    /// How much fits, in each place.
    pub size: CacheSize,
    /// What goes when room is needed.
    pub policy: CachePolicy,
    /// How long an entry is fresh.
    pub ttl: Option<Duration>,
    /// By which share of the time to live each fill's differs at most.
    pub jitter: f64,
    /// Whether hits renew the time to live.
    pub sliding: bool,
    /// Whether misses of one item share one fetch.
    pub coalesce: bool,
    /// For how long an expired entry may answer while it is renewed.
    pub stale: Duration,
    /// Whether hits are checked against the store before they count.
    pub checked: bool,
    /// Whether it starts full.
    pub warm: bool,
    /// What it holds: an item is one of these and a key.
    pub items: Vec<Items>,
    /// Of process caches: the first place of each service that has one, replicas side by side.
    pub services: Vec<(ServiceId, u32)>,
    /// How many places it lies in; those of clients and regions are made as they are met.
    pub places: u32,
    /// What it tells of itself.
    pub measures: CacheMeasures,
}

/// Where a cache lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CacheLayer {
    /// With each key of a population.
    Client(KeysId),
    /// In each region.
    Edge,
    /// In each replica of the services that ask.
    Process,
    /// On servers of its own.
    Shared,
    /// Inside the store.
    Database,
}

/// How much fits into a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheSize {
    /// So many entries.
    Entries(u32),
    /// So many bytes.
    Bytes(u64),
}

impl Cache {
    /// How many of the most popular keys fit, of each of its items alike.
    pub fn ranks(&self, model: &super::Model) -> u64 {
        let kinds = self.items.len().max(1) as f64;
        match self.size {
            CacheSize::Entries(entries) => (f64::from(entries) / kinds) as u64,
            CacheSize::Bytes(bytes) => {
                let size: f64 = self.items.iter().map(|items| items.mean_size(model)).sum();
                (bytes as f64 / size.max(1.0)) as u64
            }
        }
    }
}

impl CacheSize {
    /// Whether nothing fits.
    pub fn is_zero(self) -> bool {
        matches!(self, CacheSize::Entries(0) | CacheSize::Bytes(0))
    }

    /// What of it decides what there is: whether there is a cache at all, and what is counted.
    pub(in crate::model) fn without_amount(self) -> CacheSize {
        match self {
            CacheSize::Entries(entries) => CacheSize::Entries(entries.min(1)),
            CacheSize::Bytes(bytes) => CacheSize::Bytes(bytes.min(1)),
        }
    }
}

/// What one query, or one operation, is asked for by keys of one population.
#[derive(Clone, PartialEq, Debug)]
pub struct Items {
    /// The query as written, or the operation.
    pub name: String,
    /// The population; `None`: one item in all.
    pub keys: Option<KeysId>,
    /// Where the versions of what they show are kept; `None` where nothing ever writes it.
    pub ledger: Option<LedgerId>,
}

impl Items {
    /// How large one of them is on average, in bytes.
    pub fn mean_size(&self, model: &super::Model) -> f64 {
        self.keys.map_or(UNKEYED_BYTES, |keys| model.keys[keys.0 as usize].size.mean())
    }
}

/// Versions of what some keys stand for in one store (or in all of them), one of [`super::Model::ledgers`] in number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LedgerId(pub u32);

/// What a cache counts and keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CacheMeasures {
    /// Answered from the cache.
    pub hits: CounterId,
    /// Fetched.
    pub misses: CounterId,
    /// Waited for the fetch of another.
    pub coalesced: CounterId,
    /// Hits that were older than what the store had.
    pub stale: CounterId,
    /// Entries that had to go for others.
    pub evictions: CounterId,
    /// Fetches in the background.
    pub refreshes: CounterId,
    /// Writes that never came to the store.
    pub lost_writes: CounterId,
    /// Entries held.
    pub entries: LevelId,
    /// Bytes held.
    pub bytes: LevelId,
    /// How long ago the write was that a stale hit did not show.
    pub stale_age: TimingId,
}

impl CacheMeasures {
    fn new(measures: &mut Measures) -> CacheMeasures {
        CacheMeasures {
            hits: measures.counter(),
            misses: measures.counter(),
            coalesced: measures.counter(),
            stale: measures.counter(),
            evictions: measures.counter(),
            refreshes: measures.counter(),
            lost_writes: measures.counter(),
            entries: measures.level(),
            bytes: measures.level(),
            stale_age: measures.timing(),
        }
    }

    /// Reports what can happen to a cache of this name.
    fn report(&self, measures: &mut Measures, cache: &Cache, behind: bool) {
        let of = format!("caches.{}", cache.name);
        let mut report = |name, kind| measures.report(&of, name, kind);
        let whole = vec![self.hits, self.misses, self.coalesced];
        report("hit_ratio", MeasureKind::Share { part: self.hits, whole });
        report("hits", MeasureKind::Rate(self.hits));
        report("misses", MeasureKind::Rate(self.misses));
        if cache.coalesce {
            report("coalesced", MeasureKind::Rate(self.coalesced));
        }
        if cache.stale > Duration::ZERO {
            report("refreshes", MeasureKind::Rate(self.refreshes));
        }
        if cache.items.iter().any(|items| items.ledger.is_some()) {
            let whole = vec![self.hits];
            report("stale_hits", MeasureKind::Share { part: self.stale, whole });
            report("stale_age", MeasureKind::MeanTime(self.stale_age));
        }
        report("evictions", MeasureKind::Rate(self.evictions));
        report("entries", MeasureKind::Mean(self.entries));
        report("bytes", MeasureKind::Mean(self.bytes));
        if behind {
            report("lost_writes", MeasureKind::Total(self.lost_writes));
        }
    }
}

/// What a frame does at a cache; the numbers are indices into the model's tables of the same names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CacheStep {
    /// Look an item up: go on if it is there, otherwise go where the access says.
    LookUp(AccessId),
    /// Compare what was found with the store's version: go on, or fetch it after all.
    Check(AccessId),
    /// Put in what was fetched, and let those go on that waited for it.
    Fill(AccessId),
    /// Remember which version the store has shown.
    Observe(LedgerId, bool),
    /// The store has a write.
    Commit(CommitId),
    /// The store has all writes of the batch that the frame carries.
    CommitBatch(CommitId),
    /// Take out what a write has changed.
    Remove(WriteId),
    /// Put in what was written.
    Put(WriteId),
    /// Put in what was written, and see that the store gets it later.
    PutBehind(WriteId),
    /// Close the batch that the frame carries, or end if it was lost.
    Drain(WriteId),
}

/// A place in the plan that looks into a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessId(pub u32);

/// A place in the plan that changes what a cache holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteId(pub u32);

/// A place in the plan at which a store has a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitId(pub u32);

/// How a place in the plan looks into a cache.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// Which cache (an index).
    pub cache: u32,
    /// Of a process cache: the place of replica 0.
    pub first: u32,
    /// Which of the cache's items (an index).
    pub items: u32,
    /// Where the fetch begins.
    pub miss: Pc,
    /// Where a fetch in the background begins.
    pub refresh: Option<Pc>,
    /// Where all ways meet.
    pub after: Pc,
    /// The access in front of this one, whose misses come here.
    pub above: Option<AccessId>,
}

/// How a write changes a cache.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CacheWrite {
    /// Which cache (an index).
    pub cache: u32,
    /// The place of replica 0 of the writing service; `None`: every place.
    pub first: Option<u32>,
    /// Items that are changed under the write's key (indices into the cache's).
    pub keyed: Vec<u32>,
    /// Items without a key, which every write changes.
    pub whole: Vec<u32>,
    /// Of a write that the store gets later: writes of a batch, and where the query begins and ends.
    pub batch: u32,
    /// Where the batch's query begins.
    pub flush: Pc,
    /// Where it ends.
    pub after: Pc,
}

/// Which versions a write changes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Commit {
    /// Under the write's key.
    pub keyed: Vec<LedgerId>,
    /// Of the store as a whole.
    pub whole: Vec<LedgerId>,
    /// What is taken out at once.
    pub removed: Vec<WriteId>,
    /// Where messages begin that take out the rest.
    pub told: Vec<Pc>,
}

/// The servers of a shared cache, and what is needed to reach any layer.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) station: Option<StationId>,
    pub(super) lookup: Option<Sampler>,
    pub(super) fill: Option<Sampler>,
    pub(super) hop: Option<Sampler>,
    pub(super) delay: Option<Sampler>,
    pub(super) check: Option<Sampler>,
    pub(super) through: bool,
    pub(super) writes: Writes,
}

impl Way {
    /// Of a shared cache: its latency, which may be none.
    pub(super) fn as_shared(&self) -> Option<Option<Sampler>> {
        self.station.map(|_| self.hop.clone())
    }
}

/// What a write does, checked.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Writes {
    Invalidate,
    Through,
    Behind { delay: Duration, batch: u32 },
    Around,
}
