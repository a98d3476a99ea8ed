//! Versions: which copies of a store have which writes, as far as any is still missing one.
//!
//! Only writes on their way are kept: a key of which every copy has every write costs nothing, so memory follows what
//! is in flight, not what was ever written.

use crate::random::mix;
use crate::time::{Duration, Time};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use std::collections::VecDeque;

/// What copies of a shard have, key by key.
#[derive(Debug)]
pub struct Versions {
    copies: usize,
    /// Index of a key's line.
    index: HashTable<u32>,
    lines: Vec<Line>,
    free: Vec<u32>,
    /// By line and copy: the newest version there.
    newest: Vec<u32>,
    /// By line and copy: writes on their way there.
    underway: Vec<u32>,
    /// The highest version that was given.
    top: u32,
    /// What is older was forgotten.
    floor: u32,
}

/// The writes of one key, from the oldest that some copy misses.
#[derive(Debug)]
struct Line {
    key: u64,
    /// Version of the first of them; the others follow without a gap.
    first: u32,
    /// The newest that was acknowledged.
    acknowledged: u32,
    writes: VecDeque<Write>,
}

#[derive(Clone, Copy, Debug)]
struct Write {
    written: Time,
    /// When its client was told; [`Time::MAX`] before.
    acknowledged: Time,
    /// The copies that miss it, a bit for each.
    missing: u32,
}

/// What a copy shows of a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Shown {
    /// Since when it is stale: when the oldest write was acknowledged that is newer than what it has.
    pub stale_since: Option<Time>,
    /// Writes of the key on their way there, newer ones having overtaken them or not.
    pub behind: u32,
}

impl Versions {
    /// Of so many copies, all equal; there are at most [`COPIES_MAX`](crate::model::COPIES_MAX).
    pub fn new(copies: u32) -> Versions {
        Versions {
            copies: copies as usize,
            index: HashTable::new(),
            lines: Vec::new(),
            free: Vec::new(),
            newest: Vec::new(),
            underway: Vec::new(),
            top: 0,
            floor: 1,
        }
    }

    /// A key is written; the copies in `missing`, a bit for each, will have it later. Returns its version.
    pub fn write(&mut self, key: u64, missing: u32, now: Time) -> u32 {
        if missing == 0 && self.find(key).is_none() {
            self.top += 1;
            return self.top;
        }
        let at = self.line(key);
        let line = &mut self.lines[at];
        let version = line.first + line.writes.len() as u32;
        line.writes.push_back(Write { written: now, acknowledged: Time::MAX, missing });
        self.top = self.top.max(version);
        for copy in 0..self.copies {
            if missing & 1 << copy == 0 {
                self.newest[at * self.copies + copy] = version;
            } else {
                self.underway[at * self.copies + copy] += 1;
            }
        }
        self.trim(at);
        version
    }

    /// The client of a write is told that it is done.
    pub fn acknowledge(&mut self, key: u64, version: u32, now: Time) {
        let Some(at) = self.find(key) else { return };
        let line = &mut self.lines[at];
        line.acknowledged = line.acknowledged.max(version);
        let place = version.wrapping_sub(line.first) as usize;
        if let Some(write) = line.writes.get_mut(place) {
            write.acknowledged = now;
        }
    }

    /// A write has reached a copy. Returns how long ago it was written, unless it has been forgotten.
    pub fn arrive(&mut self, key: u64, version: u32, copy: u32, now: Time) -> Option<Duration> {
        self.leave(key, version, copy, true).map(|written| now.since(written))
    }

    /// A write will not reach a copy.
    pub fn lose(&mut self, key: u64, version: u32, copy: u32) {
        self.leave(key, version, copy, false);
    }

    fn leave(&mut self, key: u64, version: u32, copy: u32, arrives: bool) -> Option<Time> {
        if version < self.floor {
            return None;
        }
        let at = self.find(key)?;
        let line = &mut self.lines[at];
        let write = line.writes.get_mut(version.checked_sub(line.first)? as usize)?;
        let bit = 1 << copy;
        if write.missing & bit == 0 {
            return None;
        }
        write.missing &= !bit;
        let written = write.written;
        let place = at * self.copies + copy as usize;
        self.underway[place] -= 1;
        if arrives {
            self.newest[place] = self.newest[place].max(version);
        }
        self.trim(at);
        Some(written)
    }

    /// Nothing that is on its way reaches a copy.
    pub fn lose_all(&mut self, copy: u32) {
        for at in 0..self.lines.len() {
            let writes = &mut self.lines[at].writes;
            if !writes.is_empty() {
                writes.iter_mut().for_each(|write| write.missing &= !(1 << copy));
                self.underway[at * self.copies + copy as usize] = 0;
                self.trim(at);
            }
        }
    }

    /// What a copy shows of a key.
    pub fn shown(&self, key: u64, copy: u32) -> Shown {
        let Some(at) = self.find(key) else { return Shown::default() };
        let line = &self.lines[at];
        let place = at * self.copies + copy as usize;
        let mut shown = Shown { stale_since: None, behind: self.underway[place] };
        let newest = self.newest[place];
        if line.acknowledged > newest {
            let from = (newest + 1).saturating_sub(line.first) as usize;
            let missed = line.writes.range(from.min(line.writes.len())..);
            shown.stale_since =
                missed.map(|write| write.acknowledged).find(|&told| told != Time::MAX);
        }
        shown
    }

    /// Whether a copy has this version of a key or a newer one.
    pub fn has(&self, key: u64, version: u32, copy: u32) -> bool {
        self.find(key).is_none_or(|at| self.newest[at * self.copies + copy as usize] >= version)
    }

    /// The newest version of a key that was acknowledged; 0 if every copy has it anyway.
    pub fn acknowledged(&self, key: u64) -> u32 {
        self.find(key).map_or(0, |at| self.lines[at].acknowledged)
    }

    /// When a version was acknowledged, while some copy misses it or an older one.
    pub fn acknowledged_at(&self, key: u64, version: u32) -> Option<Time> {
        let line = &self.lines[self.find(key)?];
        let write = line.writes.get(version.checked_sub(line.first)? as usize)?;
        (write.acknowledged != Time::MAX).then_some(write.acknowledged)
    }

    /// Writes that were acknowledged and have not reached a copy.
    pub fn lost(&self, copy: u32) -> u64 {
        let writes = self.lines.iter().flat_map(|line| &line.writes);
        let is_lost = |it: &&Write| it.missing & 1 << copy != 0 && it.acknowledged != Time::MAX;
        writes.filter(is_lost).count() as u64
    }

    /// When the first of these was acknowledged.
    pub fn lost_since(&self, copy: u32) -> Option<Time> {
        let writes = self.lines.iter().flat_map(|line| &line.writes);
        let lost = writes.filter(|it| it.missing & 1 << copy != 0 && it.acknowledged != Time::MAX);
        lost.map(|write| write.acknowledged).min()
    }

    /// All copies are equal from now on: what is still on its way arrives without effect.
    pub fn forget(&mut self) {
        self.index.clear();
        self.lines.clear();
        self.free.clear();
        self.newest.clear();
        self.underway.clear();
        self.floor = self.top + 1;
    }

    /// Keys of which some copy misses a write.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether all copies are equal.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    fn find(&self, key: u64) -> Option<usize> {
        let at = self.index.find(mix(key), |&at| self.lines[at as usize].key == key)?;
        Some(*at as usize)
    }

    /// The line of a key, a new one if there is none.
    fn line(&mut self, key: u64) -> usize {
        let lines = &mut self.lines;
        let slot = self.index.entry(
            mix(key),
            |&at| lines[at as usize].key == key,
            |&at| mix(lines[at as usize].key),
        );
        let vacant = match slot {
            Slot::Occupied(line) => return *line.get() as usize,
            Slot::Vacant(vacant) => vacant,
        };
        let at = self.free.pop().map_or(lines.len(), |at| at as usize);
        vacant.insert(at as u32);
        if at == lines.len() {
            lines.push(Line { key, first: 0, acknowledged: 0, writes: VecDeque::new() });
            self.newest.resize((at + 1) * self.copies, 0);
            self.underway.resize((at + 1) * self.copies, 0);
        }
        let line = &mut lines[at];
        (line.key, line.first) = (key, self.top + 1);
        line.acknowledged = self.top;
        self.newest[at * self.copies..(at + 1) * self.copies].fill(self.top);
        at
    }

    /// Forgets the oldest writes that no copy misses, and the key when none is left.
    fn trim(&mut self, at: usize) {
        let line = &mut self.lines[at];
        while line.writes.front().is_some_and(|write| write.missing == 0) {
            line.writes.pop_front();
            line.first += 1;
        }
        if line.writes.is_empty() {
            let key = line.key;
            let found = self.index.find_entry(mix(key), |&other| other as usize == at);
            found.expect("every line is in the index").remove();
            self.free.push(at as u32);
        }
    }
}

/// Keys that have been written within a time.
#[derive(Debug)]
pub struct RecentWrites {
    within: Duration,
    writes: VecDeque<(Time, u64)>,
    /// How many of these writes each key has.
    counts: HashTable<(u64, u32)>,
}

impl RecentWrites {
    /// None yet.
    pub fn new(within: Duration) -> RecentWrites {
        RecentWrites { within, writes: VecDeque::new(), counts: HashTable::new() }
    }

    /// A key is written.
    pub fn write(&mut self, key: u64, now: Time) {
        self.expire(now);
        self.writes.push_back((now, key));
        let slot = self.counts.entry(mix(key), |it| it.0 == key, |it| mix(it.0));
        slot.or_insert((key, 0)).get_mut().1 += 1;
    }

    /// Whether a key has been written within the time that ends now.
    pub fn contains(&mut self, key: u64, now: Time) -> bool {
        self.expire(now);
        self.counts.find(mix(key), |it| it.0 == key).is_some()
    }

    fn expire(&mut self, now: Time) {
        while let Some(&(at, key)) = self.writes.front()
            && now.since(at) > self.within
        {
            self.writes.pop_front();
            if let Ok(mut count) = self.counts.find_entry(mix(key), |it| it.0 == key) {
                count.get_mut().1 -= 1;
                if count.get().1 == 0 {
                    count.remove();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    const COPIES: u32 = 3;

    fn at(nanos: u64) -> Time {
        Time(nanos)
    }

    #[test]
    fn a_copy_is_stale_from_the_acknowledgement_until_the_write_arrives() {
        let mut versions = Versions::new(2);
        let first = versions.write(7, 0b10, at(10));
        assert_eq!(versions.shown(7, 1), Shown { stale_since: None, behind: 1 });
        versions.acknowledge(7, first, at(20));
        assert_eq!(versions.shown(7, 0), Shown::default());
        assert_eq!(versions.shown(7, 1), Shown { stale_since: Some(at(20)), behind: 1 });
        assert_eq!(versions.shown(8, 1), Shown::default());
        assert_eq!(versions.arrive(7, first, 1, at(25)), Some(Duration(15)));
        assert_eq!(versions.shown(7, 1), Shown::default());
        assert!(versions.is_empty());
    }

    #[test]
    fn a_newer_version_that_overtakes_makes_a_copy_fresh_and_still_behind() {
        let mut versions = Versions::new(2);
        let [old, new] = [1, 2].map(|now| {
            let version = versions.write(7, 0b10, at(now));
            versions.acknowledge(7, version, at(now));
            version
        });
        assert_eq!(versions.shown(7, 1).stale_since, Some(at(1)));
        versions.arrive(7, new, 1, at(3));
        assert_eq!(versions.shown(7, 1), Shown { stale_since: None, behind: 1 });
        versions.arrive(7, old, 1, at(4));
        assert!(versions.is_empty());
        assert_eq!(versions.lost(1), 0);
    }

    #[test]
    fn what_was_forgotten_arrives_without_effect() {
        let mut versions = Versions::new(2);
        let lost = versions.write(7, 0b10, at(1));
        versions.forget();
        let kept = versions.write(7, 0b10, at(2));
        versions.acknowledge(7, kept, at(2));
        assert_eq!(versions.arrive(7, lost, 1, at(3)), None);
        assert_eq!(versions.shown(7, 1).behind, 1);
        assert_eq!(versions.lost(1), 1);
    }

    #[test]
    fn what_is_lost_on_the_way_to_one_copy_still_reaches_the_others() {
        let mut versions = Versions::new(3);
        let version = versions.write(7, 0b110, at(1));
        versions.acknowledge(7, version, at(1));
        assert_eq!((versions.lost(1), versions.lost(2)), (1, 1));
        versions.lose_all(1);
        assert_eq!((versions.lost(1), versions.lost(2)), (0, 1));
        assert_eq!(versions.arrive(7, version, 1, at(2)), None);
        versions.arrive(7, version, 2, at(3));
        assert!(versions.is_empty());
    }

    #[test]
    fn recent_writes_are_forgotten_in_time() {
        let mut recent = RecentWrites::new(Duration(10));
        recent.write(1, at(0));
        recent.write(2, at(5));
        recent.write(1, at(6));
        assert!(recent.contains(1, at(16)) && !recent.contains(2, at(16)));
        assert!(!recent.contains(1, at(17)));
        assert!(recent.counts.is_empty() && recent.writes.is_empty());
    }

    proptest! {
        /// Against a table of everything that was ever written.
        #[test]
        fn copies_show_what_a_full_history_says(
            steps in prop::collection::vec((0u8..4, 0u64..3, 0u32..COPIES, 0usize..8), 0..200),
        ) {
            let mut versions = Versions::new(COPIES);
            // By key: version, acknowledged when, missing where; by key and copy: the newest there.
            let mut written: BTreeMap<u64, Vec<(u32, Option<Time>, u32)>> = BTreeMap::new();
            let mut newest: BTreeMap<(u64, u32), u32> = BTreeMap::new();
            for (now, (step, key, copy, which)) in (1..).zip(steps) {
                let history = written.entry(key).or_default();
                let many = history.len();
                match step {
                    0 | 1 => {
                        let missing = 0b111 & !(1 << copy);
                        let version = versions.write(key, missing, at(now));
                        prop_assert!(history.iter().all(|write| write.0 < version));
                        history.push((version, None, missing));
                        newest.insert((key, copy), version);
                    }
                    2 if many > 0 => {
                        let write = &mut history[many - 1 - which % many];
                        if write.1.is_none() {
                            write.1 = Some(at(now));
                            versions.acknowledge(key, write.0, at(now));
                        }
                    }
                    3 if many > 0 => {
                        let write = &mut history[which % many];
                        let misses = write.2 & 1 << copy != 0;
                        prop_assert_eq!(versions.arrive(key, write.0, copy, at(now)).is_some(), misses);
                        write.2 &= !(1 << copy);
                        let there = newest.entry((key, copy)).or_default();
                        *there = if misses { (*there).max(write.0) } else { *there };
                    }
                    _ => {}
                }
                for (key, copy) in (0..3).flat_map(|key| (0..COPIES).map(move |copy| (key, copy))) {
                    let history = written.get(&key).map_or(&[][..], Vec::as_slice);
                    let has = newest.get(&(key, copy)).copied().unwrap_or(0);
                    let shown = versions.shown(key, copy);
                    let missed = history.iter().filter(|write| write.0 > has);
                    prop_assert_eq!(shown.stale_since, missed.filter_map(|write| write.1).next());
                    let underway = history.iter().filter(|write| write.2 & 1 << copy != 0).count();
                    prop_assert_eq!(shown.behind as usize, underway);
                }
            }
        }
    }
}
