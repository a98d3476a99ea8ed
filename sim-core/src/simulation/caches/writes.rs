//! What writes do to caches, and what caches do with writes that stores get later.

use super::item;
use crate::component::{FrameId, Missing, NONE};
use crate::model::{CacheLayer, CommitId, ServiceId, WriteId};
use crate::simulation::interpreter::Flow;
use crate::simulation::{Recorder, Simulation};

/// Writes that a store gets later with one query.
#[derive(Default)]
pub(super) struct Batch {
    /// The keys written.
    keys: Vec<u64>,
    /// Which cache has them, and where.
    cache: u32,
    place: u32,
    /// It was lost before the store had it.
    lost: bool,
}

impl<R: Recorder> Simulation<'_, R> {
    /// The store has a write.
    pub(super) fn commit_to_caches(&mut self, at: FrameId, id: CommitId) -> Flow {
        let model = self.model;
        let commit = &model.commits[id.0 as usize];
        let key = self.frames[at].key;
        for ledger in &commit.keyed {
            self.frames[at].cargo = self.caches.ledgers[ledger.0 as usize].commit(key, self.now);
        }
        for ledger in &commit.whole {
            self.caches.ledgers[ledger.0 as usize].commit(0, self.now);
        }
        for &write in &commit.removed {
            self.remove(at, write);
        }
        for &begin in &commit.told {
            self.spawn(at, begin);
        }
        Flow::Continue
    }

    /// The store has all writes of the batch that the frame carries.
    pub(super) fn commit_batch(&mut self, at: FrameId, id: CommitId) -> Flow {
        let batch = self.frames[at].cargo;
        let mut keys = std::mem::take(&mut self.caches.batches[batch as usize].keys);
        for &key in &keys {
            self.frames[at].key = key;
            self.commit_to_caches(at, id);
        }
        keys.clear();
        self.caches.batches[batch as usize].keys = keys;
        self.caches.free_batches.push(batch);
        Flow::Continue
    }

    /// Takes out what a write has changed, in the writer's own place or in all.
    pub(super) fn remove(&mut self, at: FrameId, id: WriteId) -> Flow {
        let write = &self.model.cache_writes[id.0 as usize];
        let frame = &self.frames[at];
        let (key, replica) = (frame.key, frame.replica);
        let places = match write.first {
            Some(first) => {
                let place = self.own_place(write.cache, first, replica);
                place..place + 1
            }
            None => 0..self.caches.caches[write.cache as usize].places.len() as u32,
        };
        for place in places {
            self.change(write.cache, place, |contents| {
                for &items in &write.keyed {
                    contents.remove(item(items, key));
                }
                for &items in &write.whole {
                    contents.remove(item(items, 0));
                }
                0_u32
            });
        }
        Flow::Continue
    }

    /// The place of a store's cache that a replica of the writing service uses.
    fn own_place(&self, cache: u32, first: u32, replica: u32) -> u32 {
        match self.model.caches[cache as usize].layer {
            CacheLayer::Process => first + replica,
            _ => 0,
        }
    }

    /// Puts in what was written, which may be `ahead` of what the store has.
    pub(super) fn put(&mut self, at: FrameId, id: WriteId, ahead: bool) -> Flow {
        let model = self.model;
        let write = &model.cache_writes[id.0 as usize];
        let cache = &model.caches[write.cache as usize];
        let frame = &self.frames[at];
        let (key, replica) = (frame.key, frame.replica);
        let place = self.own_place(write.cache, write.first.unwrap_or(0), replica);
        for &items in &write.keyed {
            let ledger = cache.items[items as usize].ledger;
            let mut version =
                ledger.map_or(0, |at| self.caches.ledgers[at.0 as usize].version(key));
            let missing = Missing { cache: write.cache, place, item: item(items, key) };
            if ahead {
                // Versions that the store will give when it gets what is held and, after that, this.
                let contents =
                    &self.caches.caches[write.cache as usize].places[place as usize].contents;
                let held = contents.peek(missing.item).map_or(0, |entry| entry.version);
                version = version.max(held).wrapping_add(1);
            }
            self.keep(at, missing, items, version, None);
        }
        self.change(write.cache, place, |contents| {
            for &items in &write.whole {
                contents.remove(item(items, 0));
            }
            0_u32
        });
        Flow::Continue
    }

    /// Puts in what was written; the store gets it with the batch that is open, or a new one.
    pub(super) fn put_behind(&mut self, at: FrameId, id: WriteId) -> Flow {
        let write = &self.model.cache_writes[id.0 as usize];
        let frame = &self.frames[at];
        let (key, replica) = (frame.key, frame.replica);
        let place = self.own_place(write.cache, write.first.unwrap_or(0), replica);
        let open = self.caches.caches[write.cache as usize].places[place as usize].open;
        let batch = match open {
            NONE => self.open_batch(at, id, place),
            batch => batch,
        };
        let keys = &mut self.caches.batches[batch as usize].keys;
        keys.push(key);
        if keys.len() >= write.batch as usize {
            self.caches.caches[write.cache as usize].places[place as usize].open = NONE;
        }
        self.put(at, id, true)
    }

    /// A batch begins, and a branch that brings it to the store.
    fn open_batch(&mut self, at: FrameId, id: WriteId, place: u32) -> u32 {
        let write = &self.model.cache_writes[id.0 as usize];
        let caches = &mut self.caches;
        let batch = caches.free_batches.pop().unwrap_or_else(|| {
            caches.batches.push(Batch::default());
            caches.batches.len() as u32 - 1
        });
        let opened = &mut caches.batches[batch as usize];
        (opened.cache, opened.place, opened.lost) = (write.cache, place, false);
        caches.caches[write.cache as usize].places[place as usize].open = batch;
        let branch = self.spawn(at, write.flush);
        self.frames[branch].cargo = batch;
        batch
    }

    /// The batch that the frame carries goes to the store, if it is still there.
    pub(super) fn drain(&mut self, at: FrameId, id: WriteId) -> Flow {
        let write = &self.model.cache_writes[id.0 as usize];
        let at_batch = self.frames[at].cargo;
        let batch = &mut self.caches.batches[at_batch as usize];
        let (cache, place) = (batch.cache as usize, batch.place as usize);
        if batch.lost {
            batch.keys.clear();
            self.caches.free_batches.push(at_batch);
            self.frames[at].pc = write.after;
            return Flow::Continue;
        }
        // What is on its way to the store can no longer be lost with the cache.
        batch.cache = NONE;
        let open = &mut self.caches.caches[cache].places[place].open;
        if *open == at_batch {
            *open = NONE;
        }
        Flow::Continue
    }

    /// Empties a cache everywhere, as a restart of it does. Writes that the store has not got yet are lost.
    pub fn flush_cache(&mut self, cache: u32) {
        for place in 0..self.caches.caches[cache as usize].places.len() as u32 {
            self.forget(cache, place);
        }
    }

    /// Empties the process caches of a replica, as its restart does.
    pub fn forget_process_caches(&mut self, service: ServiceId, replica: u32) {
        for (index, cache) in self.model.caches.iter().enumerate() {
            if let Some(&(_, first)) = cache.services.iter().find(|(of, _)| *of == service) {
                self.forget(index as u32, first + replica);
            }
        }
    }

    fn forget(&mut self, cache: u32, place: u32) {
        let mut lost = 0;
        for batch in &mut self.caches.batches {
            if (batch.cache, batch.place) == (cache, place) && !batch.lost {
                batch.lost = true;
                lost += batch.keys.len() as u64;
            }
        }
        self.recorder.counted(self.model.caches[cache as usize].measures.lost_writes, lost);
        self.caches.caches[cache as usize].places[place as usize].open = NONE;
        self.change(cache, place, |contents| {
            contents.clear();
            0_u32
        });
    }
}
