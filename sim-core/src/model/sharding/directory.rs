//! A table of where keys live.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included, Unbounded};

/// Keys from `first` to `last`, both included, live on a shard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DirectoryEntry {
    /// The first key.
    pub first: u64,
    /// The last key; the first again for a single one.
    pub last: u64,
    /// Where they live.
    pub shard: u32,
}

/// Where the keys from each start on live, up to the next start; `None` where no entry says.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Directory {
    starts: Box<[u64]>,
    shards: Box<[Option<u32>]>,
}

impl Directory {
    /// Where entries overlap the later one holds: exceptions follow the rule.
    pub(super) fn new(entries: &[DirectoryEntry]) -> Directory {
        let mut segments = BTreeMap::from([(0, None)]);
        for entry in entries.iter().filter(|entry| entry.first <= entry.last) {
            let beyond = entry.last.checked_add(1);
            if let Some(beyond) = beyond {
                let resumed = segments.range(..=beyond).next_back().and_then(|(_, shard)| *shard);
                segments.insert(beyond, resumed);
            }
            let end = beyond.map_or(Unbounded, Excluded);
            segments.extract_if((Included(entry.first), end), |_, _| true).for_each(drop);
            segments.insert(entry.first, Some(entry.shard));
        }
        let (starts, shards): (Vec<u64>, Vec<Option<u32>>) = segments.into_iter().unzip();
        Directory { starts: starts.into(), shards: shards.into() }
    }

    /// The shard of a key, if an entry says.
    #[inline]
    pub(super) fn shard_of(&self, key: u64) -> Option<u32> {
        self.shards[self.starts.partition_point(|&start| start <= key) - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_last_entry_that_names_a_key_says_where_it_lives(
            table in prop::collection::vec((0u64..40, 0u64..40, 0u32..5), 0..12),
        ) {
            // Some reach the last key there is, where the range has no end to resume from.
            let far = |key: u64| if key > 35 { u64::MAX - 40 + key + 1 } else { key };
            let entries: Vec<DirectoryEntry> = table
                .into_iter()
                .map(|(first, last, shard)| DirectoryEntry { first: far(first), last: far(last), shard })
                .collect();
            let directory = Directory::new(&entries);
            for key in (0..42).chain(u64::MAX - 6..=u64::MAX) {
                let named = entries.iter().rev().find(|e| (e.first..=e.last).contains(&key));
                prop_assert_eq!(directory.shard_of(key), named.map(|entry| entry.shard), "{}", key);
            }
        }
    }
}
