//! What is no station and yet takes only so much: locks, and limits.

use super::{Asked, SECOND};
use crate::model::{KeysId, Limit, LimitId, Model, QuotaRule};
use std::collections::BTreeMap;

/// A lock or a limit, and how much of what it takes is wanted.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ceiling {
    /// Which.
    pub of: CeilingOf,
    /// What is wanted as a share of what it takes, if nobody ever waited; above 1 it cannot keep up. 0 for the lock of keys
    /// of which none is the most popular for all and ever.
    pub utilisation: f64,
    /// The same share at the peak of the clients' profiles.
    pub peak_utilisation: f64,
    /// Requests per second, of all clients in their present mix, at which it takes no more.
    pub capacity: f64,
}

/// What takes only so much.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CeilingOf {
    /// The lock of a database that is wanted most against all others.
    Lock {
        /// Whose: one of [`crate::model::Holds::tables`].
        table: u32,
        /// The population of which it is the most popular's; absent: all of the database's.
        keys: Option<KeysId>,
    },
    /// The limit of a store: one of [`crate::model::Holds::quotas`].
    Quota(u32),
    /// The limit of a service.
    Limit(LimitId),
    /// The limit that a gateway keeps on clients: what they may ask for, and no part of what they ask.
    Gateway(LimitId),
    /// The bulkhead of a guard: one of [`Model::guards`].
    Bulkhead(u32),
}

/// How much is taken.
pub(super) enum Takes {
    /// Requests per second.
    Rate(f64),
    /// Requests at once.
    AtOnce(f64),
}

impl CeilingOf {
    /// What it takes; absent where that changes, or each key has its own.
    pub(super) fn takes(self, model: &Model) -> Option<Takes> {
        match self {
            CeilingOf::Lock { .. } => Some(Takes::AtOnce(1.0)),
            CeilingOf::Quota(quota) => Some(match model.holds.quotas[quota as usize].rule {
                QuotaRule::TokenBucket { rate, .. } | QuotaRule::LeakyBucket { rate, .. } => {
                    Takes::Rate(rate)
                }
                QuotaRule::Concurrency(most) => Takes::AtOnce(f64::from(most)),
            }),
            CeilingOf::Bulkhead(guard) => {
                let (most, _) = model.guards[guard as usize].bulkhead?;
                Some(Takes::AtOnce(f64::from(most)))
            }
            CeilingOf::Limit(limit) | CeilingOf::Gateway(limit) => {
                let place = &model.limits[limit.0 as usize];
                let all = f64::from(place.count);
                match place.limit {
                    _ if place.per_key.is_some() => None,
                    Limit::TokenBucket { rate, .. } | Limit::LeakyBucket { rate, .. } => {
                        Some(Takes::Rate(rate * all))
                    }
                    Limit::Fixed(most) => Some(Takes::AtOnce(f64::from(most) * all)),
                    Limit::Aimd(_) | Limit::Gradient(_) => None,
                }
            }
        }
    }
}

/// The locks that are wanted most, and the limits, as they are asked for now, where clients send `total` requests a second in
/// all, and at the peak.
pub(super) fn ceilings(now: &Asked<'_>, peak: &Asked<'_>, total: f64) -> Vec<Ceiling> {
    let at_peak = utilisations(peak);
    let ceiling = |(of, utilisation): (CeilingOf, f64)| Ceiling {
        of,
        utilisation,
        peak_utilisation: at_peak.get(&of).copied().unwrap_or(utilisation),
        capacity: if utilisation > 0.0 { total / utilisation } else { f64::INFINITY },
    };
    utilisations(now).into_iter().map(ceiling).collect()
}

fn utilisations(asked: &Asked<'_>) -> BTreeMap<CeilingOf, f64> {
    let model = asked.model;
    let mut wanted: BTreeMap<CeilingOf, (f64, f64)> = BTreeMap::new();
    asked.each(|demand, rate| {
        for (&of, &(times, nanos)) in &demand.ceilings {
            let sum = wanted.entry(of).or_default();
            *sum = (sum.0 + times * rate, sum.1 + nanos * rate / SECOND);
        }
    });
    let utilisation = |(of, (rate, held)): (CeilingOf, (f64, f64))| {
        let share = match of.takes(model)? {
            Takes::Rate(most) => rate / most,
            Takes::AtOnce(most) => held / most,
        };
        let share = match of {
            CeilingOf::Lock { keys: Some(keys), .. } => share * model.share_of_favourite(keys),
            _ => share,
        };
        Some((of, share))
    };
    wanted.into_iter().filter_map(utilisation).collect()
}

impl Model {
    /// How many at once it takes, if that is what it limits.
    pub fn takes_at_once(&self, of: CeilingOf) -> Option<f64> {
        match of.takes(self)? {
            Takes::AtOnce(most) => Some(most),
            Takes::Rate(_) => None,
        }
    }

    /// What takes only so much, as it is called beside stations: `orders.locks`, `api.limit`.
    pub fn ceiling_name(&self, of: CeilingOf) -> String {
        match of {
            CeilingOf::Lock { table, .. } => {
                format!("{}.locks", self.holds.tables[table as usize].store)
            }
            CeilingOf::Quota(quota) => format!("{}.limit", self.holds.quotas[quota as usize].store),
            CeilingOf::Limit(limit) | CeilingOf::Gateway(limit) => {
                format!("{}.limit", self.limits[limit.0 as usize].of)
            }
            CeilingOf::Bulkhead(guard) => format!("{}.bulkhead", self.guards[guard as usize].name),
        }
    }

    /// What it is, in words: the lock of the most popular row or of all of a database, or whose limit.
    pub fn ceiling_in_words(&self, of: CeilingOf) -> String {
        match of {
            CeilingOf::Lock { table, keys } => {
                let store = &self.holds.tables[table as usize].store;
                match keys.map(|keys| &self.keys[keys.0 as usize].name) {
                    Some(keys) => format!("the lock of the most popular of `{keys}` in {store}"),
                    None => format!("the lock of all of {store}"),
                }
            }
            CeilingOf::Quota(quota) => {
                format!("the limit of {}", self.holds.quotas[quota as usize].store)
            }
            CeilingOf::Limit(limit) => format!("the limit of {}", self.limits[limit.0 as usize].of),
            CeilingOf::Gateway(limit) => {
                format!("the limit of the clients {}", self.limits[limit.0 as usize].of)
            }
            CeilingOf::Bulkhead(guard) => {
                format!("the bulkhead of {}", self.guards[guard as usize].name)
            }
        }
    }
}
