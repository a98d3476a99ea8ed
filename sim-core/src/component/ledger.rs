//! Ledgers: which version of each key a store has committed, to tell what is stale.

use crate::random::mix;
use crate::time::Time;
use hashbrown::HashTable;

/// The versions of what some keys stand for. A key that was never written has version 0 and takes no memory.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    written: HashTable<Written>,
}

#[derive(Clone, Copy, Debug)]
struct Written {
    key: u64,
    at: Time,
    version: u32,
}

impl Ledger {
    /// A write of a key is committed. Returns its version.
    #[inline]
    pub fn commit(&mut self, key: u64, now: Time) -> u32 {
        let entry =
            self.written.entry(mix(key), |written| written.key == key, |written| mix(written.key));
        let mut entry = entry.or_insert(Written { key, at: now, version: 0 });
        let written = entry.get_mut();
        written.at = now;
        written.version = written.version.wrapping_add(1);
        written.version
    }

    /// The version of a key that was committed last.
    #[inline]
    pub fn version(&self, key: u64) -> u32 {
        self.find(key).map_or(0, |written| written.version)
    }

    /// When the last write of a key was committed, if it is newer than `version`.
    #[inline]
    pub fn newer(&self, key: u64, version: u32) -> Option<Time> {
        let written = self.find(key)?;
        // Versions wrap around; what is not newer is equal or was written and not yet committed.
        (written.version.wrapping_sub(version) as i32 > 0).then_some(written.at)
    }

    #[inline]
    fn find(&self, key: u64) -> Option<&Written> {
        self.written.find(mix(key), |written| written.key == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_the_writes_of_a_key_and_tell_when_the_last_was() {
        let mut ledger = Ledger::default();
        assert_eq!((ledger.version(7), ledger.newer(7, 0)), (0, None));
        assert_eq!((ledger.commit(7, Time(10)), ledger.commit(7, Time(20))), (1, 2));
        assert_eq!(ledger.commit(8, Time(30)), 1);
        assert_eq!((ledger.version(7), ledger.version(8), ledger.version(9)), (2, 1, 0));
        assert_eq!(ledger.newer(7, 1), Some(Time(20)));
        // What shows the last version is not stale, nor is what is ahead of the store.
        assert_eq!((ledger.newer(7, 2), ledger.newer(7, 3)), (None, None));
    }
}
