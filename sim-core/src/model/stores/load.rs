//! Which stations queries of stores with several members load, on average.

use super::{AskFor, Copies, ReadPolicy, Store, Subject};
use crate::model::Model;

impl Store {
    /// How much more than its share of keyed queries the busiest member gets; of others all get as many.
    pub(in crate::model) fn unevenness(&self, of: Subject) -> f64 {
        let Some(cluster) = &self.cluster else { return 1.0 };
        let Some(sharded) = &cluster.sharding else { return 1.0 };
        let shards = f64::from(cluster.shards);
        match of.keys == Some(sharded.keys) {
            true => sharded.hottest * shards,
            false => shards / f64::from(sharded.placement.shards()),
        }
    }

    /// How many shards there are at first.
    pub(in crate::model) fn shards_at_first(&self) -> u32 {
        let sharding = self.cluster.as_ref().and_then(|cluster| cluster.sharding.as_ref());
        sharding.map_or(1, |sharded| sharded.placement.shards())
    }
}

impl Model {
    /// The groups of stations that a read loads, with the part that each gets.
    pub(in crate::model) fn groups_read(&self, of: Subject, analytics: bool) -> Vec<(usize, f64)> {
        let store = &self.stores[of.store as usize];
        let first = self.group_of(store.chosen());
        let Some(Copies::Replicated(it)) = store.cluster.as_ref().map(|cluster| &cluster.copies)
        else {
            return vec![(first, 1.0)];
        };
        let all = f64::from(it.replicas + 1);
        match it.reads {
            _ if analytics => vec![(first + 1 + usize::from(it.replicas > 0), 1.0)],
            ReadPolicy::Primary => vec![(first, 1.0)],
            _ if it.replicas == 0 => vec![(first, 1.0)],
            ReadPolicy::Any | ReadPolicy::Nearest => {
                vec![(first, 1.0 / all), (first + 1, 1.0 - 1.0 / all)]
            }
            ReadPolicy::Replica | ReadPolicy::OwnWrites(_) | ReadPolicy::Newest(_) => {
                vec![(first + 1, 1.0)]
            }
        }
    }

    /// The groups to which a write is sent on, with how many of their members get it.
    pub(in crate::model) fn groups_followed(&self, of: Subject) -> Vec<(usize, f64)> {
        let store = &self.stores[of.store as usize];
        let first = self.group_of(store.chosen());
        match store.cluster.as_ref().map(|cluster| &cluster.copies) {
            Some(Copies::Replicated(it)) => {
                let replicas = (first + 1, f64::from(it.replicas));
                let analytics = first + 1 + usize::from(it.replicas > 0);
                let mut groups = Vec::from_iter((it.replicas > 0).then_some(replicas));
                groups.extend(it.analytics.then_some((analytics, 1.0)));
                groups
            }
            Some(Copies::Primaries { count, .. }) => vec![(first, f64::from(*count) - 1.0)],
            _ => Vec::new(),
        }
    }

    /// The group whose members are asked together, and how many are.
    pub(in crate::model) fn groups_asked(
        &self,
        of: Subject,
        query: AskFor,
        need: u32,
    ) -> Vec<(usize, f64)> {
        let store = &self.stores[of.store as usize];
        let first = self.group_of(store.chosen());
        let copies = store.cluster.as_ref().map_or(1, super::Cluster::copies);
        match query {
            AskFor::Read | AskFor::Write => vec![(first, f64::from(copies))],
            AskFor::Newest { .. } => vec![(first + 1, f64::from(need))],
        }
    }
}
