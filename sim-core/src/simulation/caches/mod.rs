//! Caches in a run: look-ups, fills, and those who wait for them.

mod writes;

use super::interpreter::Flow;
use super::{Happening, MAX_IN_FLIGHT, Recorder, Simulation};
use crate::component::cache::{Capacity, Contents, Entry, Lookup, Put, Replacement};
use crate::component::{Ending, Fetches, FrameId, FrameKind, Ledger, Missing, NONE};
use crate::model::{
    Access, AccessId, Cache, CacheLayer, CacheSize, CacheStep, Items, LedgerId, Model, Pc,
    UNKEYED_BYTES,
};
use crate::random::{Draw, Key, mix};
use crate::spec::CachePolicy;
use crate::time::{Duration, Time};
use hashbrown::HashTable;
use writes::Batch;

/// All caches of a run.
pub(super) struct Caches {
    caches: Vec<CacheState>,
    fetches: Fetches,
    ledgers: Vec<Ledger>,
    /// Writes that stores get later.
    batches: Vec<Batch>,
    free_batches: Vec<u32>,
}

/// A cache in a run.
struct CacheState {
    places: Vec<Place>,
    /// Of clients' caches: the places by key, as they were met.
    by_key: HashTable<(u64, u32)>,
    key: Key,
    entries: u64,
    bytes: u64,
}

/// One of the places in which a cache lies.
struct Place {
    contents: Contents,
    /// The batch that takes writes for the store, or [`NONE`].
    open: u32,
}

/// The part of a cache's key that jitter draws from; that of victims is the key itself.
const JITTER: u64 = 1;
/// The part that the ages of what a cache starts with are drawn from.
const AGE: u64 = 2;
/// Items of one kind have their keys in the low bits of their numbers.
const KEY_BITS: u32 = 32;

impl Caches {
    pub(super) fn new(model: &Model, key: impl Fn(u64) -> Key) -> Caches {
        let state = |cache: &Cache| {
            let key = key(cache.site);
            CacheState {
                places: (0..cache.places).map(|_| Place::new(model, cache, key)).collect(),
                by_key: HashTable::new(),
                key,
                entries: 0,
                bytes: 0,
            }
        };
        Caches {
            caches: model.caches.iter().map(state).collect(),
            fetches: Fetches::default(),
            ledgers: vec![Ledger::default(); model.ledgers as usize],
            batches: Vec::new(),
            free_batches: Vec::new(),
        }
    }
}

impl Place {
    fn new(model: &Model, cache: &Cache, key: Key) -> Place {
        let (capacity, replacement) = room(model, cache);
        Place { contents: Contents::new(capacity, replacement, cache.stale, key), open: NONE }
    }
}

/// How much fits into each place of a cache, and what goes when room is needed.
fn room(model: &Model, cache: &Cache) -> (Capacity, Replacement) {
    let capacity = match cache.size {
        CacheSize::Entries(entries) => Capacity::Entries(entries),
        CacheSize::Bytes(bytes) => Capacity::Bytes(bytes),
    };
    let replacement = match cache.policy {
        CachePolicy::Lru => Replacement::Lru,
        CachePolicy::Lfu => Replacement::Lfu,
        CachePolicy::Fifo => Replacement::Fifo,
        CachePolicy::Random => Replacement::Random,
        CachePolicy::Clock => Replacement::Clock,
        CachePolicy::Sieve => Replacement::Sieve,
        CachePolicy::S3Fifo => Replacement::S3Fifo,
        CachePolicy::Pinned => Replacement::Pinned { ranks: cache.ranks(model) },
    };
    (capacity, replacement)
}

impl<R: Recorder> Simulation<'_, R> {
    #[inline(never)]
    pub(super) fn cache(&mut self, at: FrameId, step: CacheStep) -> Flow {
        match step {
            CacheStep::LookUp(access) => self.look_up(at, access),
            CacheStep::Check(access) => self.check_version(at, access),
            CacheStep::Fill(access) => self.fill(at, access),
            CacheStep::Observe(ledger, keyed) => {
                let frame = &mut self.frames[at];
                let key = if keyed { frame.key } else { 0 };
                frame.cargo = self.caches.ledgers[ledger.0 as usize].version(key);
                Flow::Continue
            }
            CacheStep::Commit(commit) => self.commit_to_caches(at, commit),
            CacheStep::CommitBatch(commit) => self.commit_batch(at, commit),
            CacheStep::Remove(write) => self.remove(at, write),
            CacheStep::Put(write) => self.put(at, write, false),
            CacheStep::PutBehind(write) => self.put_behind(at, write),
            CacheStep::Drain(write) => self.drain(at, write),
        }
    }

    fn look_up(&mut self, at: FrameId, id: AccessId) -> Flow {
        let access = self.model.accesses[id.0 as usize];
        let cache = &self.model.caches[access.cache as usize];
        let missing = self.sought(at, &access);
        let renew = cache.ttl.filter(|_| cache.sliding);
        let place = &mut self.caches.caches[access.cache as usize].places[missing.place as usize];
        match place.contents.get(missing.item, self.now, renew) {
            Lookup::Hit(entry) => {
                self.frames[at].cargo = entry.version;
                if !cache.checked {
                    self.hit(&access, missing.item, &entry);
                }
                Flow::Continue
            }
            Lookup::Expired(entry)
                if self.now.since(entry.expires) < cache.stale && access.refresh.is_some() =>
            {
                self.frames[at].cargo = entry.version;
                self.hit(&access, missing.item, &entry);
                self.refresh_entry(at, &access, missing);
                Flow::Continue
            }
            Lookup::Expired(_) | Lookup::Miss => self.missed(at, &access, missing),
        }
    }

    /// What the frame looks for, and in which place of the cache.
    #[inline]
    fn sought(&mut self, at: FrameId, access: &Access) -> Missing {
        let cache = &self.model.caches[access.cache as usize];
        let frame = &self.frames[at];
        let place = match cache.layer {
            CacheLayer::Shared | CacheLayer::Database => 0,
            CacheLayer::Process => access.first + frame.replica,
            CacheLayer::Edge => self.place_number(access.cache, u32::from(frame.place)),
            CacheLayer::Client(of) => {
                let key = self.key_of(of, frame.request, frame);
                self.place_of_client(access.cache, key)
            }
        };
        let key = match cache.items[access.items as usize].keys {
            Some(_) => self.frames[at].key,
            None => 0,
        };
        Missing { cache: access.cache, place, item: item(access.items, key) }
    }

    /// A place by its number, which is there from now on.
    fn place_number(&mut self, cache: u32, number: u32) -> u32 {
        let state = &mut self.caches.caches[cache as usize];
        while state.places.len() <= number as usize {
            let made = Place::new(self.model, &self.model.caches[cache as usize], state.key);
            state.places.push(made);
        }
        number
    }

    fn place_of_client(&mut self, cache: u32, key: u64) -> u32 {
        let state = &mut self.caches.caches[cache as usize];
        if let Some(&(_, place)) = state.by_key.find(mix(key), |known| known.0 == key) {
            return place;
        }
        let place = state.places.len() as u32;
        state.by_key.insert_unique(mix(key), (key, place), |known| mix(known.0));
        self.place_number(cache, place)
    }

    /// Counts a hit, and whether the store has something newer.
    #[inline]
    fn hit(&mut self, access: &Access, item: u64, entry: &Entry) {
        let cache = &self.model.caches[access.cache as usize];
        self.recorder.counted(cache.measures.hits, 1);
        let Some(ledger) = cache.items[access.items as usize].ledger else { return };
        let ledger = &self.caches.ledgers[ledger.0 as usize];
        if let Some(written) = ledger.newer(key_of_item(item), entry.version) {
            self.recorder.counted(cache.measures.stale, 1);
            self.recorder.timed(cache.measures.stale_age, self.now.since(written));
        }
    }

    /// What was found is compared with what the store has.
    fn check_version(&mut self, at: FrameId, id: AccessId) -> Flow {
        let access = self.model.accesses[id.0 as usize];
        let missing = self.sought(at, &access);
        let version = self.frames[at].cargo;
        let ledger = self.ledger_of(&access);
        let is_old =
            ledger.is_some_and(|ledger| ledger.newer(key_of_item(missing.item), version).is_some());
        if is_old {
            return self.missed(at, &access, missing);
        }
        self.recorder.counted(self.model.caches[access.cache as usize].measures.hits, 1);
        Flow::Continue
    }

    fn ledger_of(&self, access: &Access) -> Option<&Ledger> {
        let items = &self.model.caches[access.cache as usize].items[access.items as usize];
        items.ledger.map(|LedgerId(at)| &self.caches.ledgers[at as usize])
    }

    /// Nothing that could be used is there: the frame fetches it, or waits for who does.
    fn missed(&mut self, at: FrameId, access: &Access, missing: Missing) -> Flow {
        let cache = &self.model.caches[access.cache as usize];
        let under_way = if cache.coalesce { self.caches.fetches.of(missing) } else { None };
        if let Some(fetch) = under_way {
            self.recorder.counted(cache.measures.coalesced, 1);
            self.wait_for(at, fetch);
            return Flow::Stop;
        }
        self.recorder.counted(cache.measures.misses, 1);
        let version =
            self.ledger_of(access).map(|ledger| ledger.version(key_of_item(missing.item)));
        let frame = &mut self.frames[at];
        // What is fetched shows at least this; a store says how much more.
        frame.cargo = version.unwrap_or(0);
        frame.pc = access.miss;
        if cache.coalesce {
            frame.fetch = self.caches.fetches.begin(missing, frame.fetch);
        }
        Flow::Continue
    }

    fn wait_for(&mut self, at: FrameId, fetch: u32) {
        let frame = &mut self.frames[at];
        frame.since = self.now;
        frame.next = NONE;
        let fetch = self.caches.fetches.get_mut(fetch);
        match std::mem::replace(&mut fetch.last, at) {
            NONE => fetch.first = at,
            last => self.frames[last].next = at,
        }
    }

    /// An expired entry is fetched anew in the background, unless somebody does so already.
    fn refresh_entry(&mut self, at: FrameId, access: &Access, missing: Missing) {
        let Some(begin) = access.refresh else { return };
        if self.caches.fetches.of(missing).is_some() {
            return;
        }
        let cache = &self.model.caches[access.cache as usize];
        self.recorder.counted(cache.measures.refreshes, 1);
        let version =
            self.ledger_of(access).map(|ledger| ledger.version(key_of_item(missing.item)));
        let branch = self.spawn(at, begin);
        let frame = &mut self.frames[branch];
        frame.cargo = version.unwrap_or(0);
        frame.fetch = self.caches.fetches.begin(missing, NONE);
    }

    /// Starts a branch that nobody waits for.
    fn spawn(&mut self, at: FrameId, begin: Pc) -> FrameId {
        self.overloaded |= self.frames.len() > MAX_IN_FLIGHT;
        let fork = self.branch_off(at, 1, 0);
        let mut branch = self.frames[at].part(self.frames[at].id, begin, fork, self.now);
        branch.kind = FrameKind::Body;
        let branch = self.frames.insert(branch);
        self.ready.push_back(branch);
        branch
    }

    /// What was fetched is put in, and those who wait for it go on.
    fn fill(&mut self, at: FrameId, id: AccessId) -> Flow {
        let access = self.model.accesses[id.0 as usize];
        let missing = self.sought(at, &access);
        let place = &self.caches.caches[access.cache as usize].places[missing.place as usize];
        // A late fetch does not renew a time to live.
        let fresh = place.contents.peek(missing.item).filter(|entry| entry.is_fresh(self.now));
        let expires = fresh.map(|entry| entry.expires);
        let version = self.frames[at].cargo;
        self.keep(at, missing, access.items, version, expires);
        let fetch = self.frames[at].fetch;
        if fetch != NONE && self.caches.fetches.get_mut(fetch).missing == missing {
            let ended = self.caches.fetches.end(fetch);
            self.frames[at].fetch = ended.outer;
            let mut waiter = ended.first;
            while waiter != NONE {
                let frame = &mut self.frames[waiter];
                frame.cargo = version;
                frame.spent.waiting += self.now.since(frame.since);
                let next = std::mem::replace(&mut frame.next, NONE);
                self.ready.push_back(waiter);
                waiter = next;
            }
        }
        Flow::Continue
    }

    /// Puts a value in, which expires as it says or when the time to live is over.
    fn keep(
        &mut self,
        at: FrameId,
        missing: Missing,
        items: u32,
        version: u32,
        expires: Option<Time>,
    ) {
        let cache = &self.model.caches[missing.cache as usize];
        let (request, rank) = (self.frames[at].id, key_of_item(missing.item));
        let expires = expires.unwrap_or_else(|| self.expiry(missing.cache, request));
        let bytes = self.bytes_of(&cache.items[items as usize], rank);
        let entry = Entry { fetched: self.now, expires, version, bytes };
        let put = Put { now: self.now, request, rank };
        self.change(missing.cache, missing.place, |contents| {
            contents.put(missing.item, entry, put)
        });
    }

    /// When what is put in now expires.
    fn expiry(&self, cache: u32, request: u64) -> Time {
        let (model, state) =
            (&self.model.caches[cache as usize], &self.caches.caches[cache as usize]);
        let Some(ttl) = model.ttl else { return Time::MAX };
        if model.jitter == 0.0 {
            return self.now + ttl;
        }
        let part = Draw::new(request, state.key.part(JITTER)).uniform();
        let spread = 1.0 + model.jitter * (2.0 * part - 1.0);
        self.now + Duration::from_nanos(ttl.0 as f64 * spread)
    }

    fn bytes_of(&self, items: &Items, key: u64) -> u32 {
        match items.keys {
            Some(keys) => u32::try_from(self.size_of(keys, key)).unwrap_or(u32::MAX),
            None => UNKEYED_BYTES as u32,
        }
    }

    /// Changes the contents of a place, and tells how much there is afterwards.
    fn change<T: Into<u64>>(
        &mut self,
        cache: u32,
        place: u32,
        change: impl FnOnce(&mut Contents) -> T,
    ) {
        let measures = &self.model.caches[cache as usize].measures;
        let state = &mut self.caches.caches[cache as usize];
        let contents = &mut state.places[place as usize].contents;
        let before = (contents.len() as u64, contents.bytes());
        let evicted: u64 = change(contents).into();
        let after = (contents.len() as u64, contents.bytes());
        if evicted > 0 {
            self.recorder.counted(measures.evictions, evicted);
        }
        if before.0 != after.0 {
            state.entries = state.entries - before.0 + after.0;
            self.recorder.level(self.now, measures.entries, state.entries);
        }
        if before.1 != after.1 {
            state.bytes = state.bytes - before.1 + after.1;
            self.recorder.level(self.now, measures.bytes, state.bytes);
        }
    }

    /// A cache has another size, or spares expired entries for longer or shorter, from now on and in every place.
    pub(super) fn resize_cache(&mut self, cache: u32) {
        let model = &self.model.caches[cache as usize];
        let (room, spared) = (room(self.model, model), model.stale);
        for place in 0..self.caches.caches[cache as usize].places.len() as u32 {
            let who = self.now.0.wrapping_add(mix(u64::from(place)));
            self.change(cache, place, |contents| contents.resize(room, spared, who, key_of_item));
        }
    }

    /// The fetches that a frame makes end without a value: who waits for one ends as it does, or, if the frame is no
    /// more, tries for itself.
    #[cold]
    pub(super) fn abandon_fetches(&mut self, at: FrameId, ending: Option<Ending>) {
        let mut fetch = std::mem::replace(&mut self.frames[at].fetch, NONE);
        while fetch != NONE {
            let ended = self.caches.fetches.end(fetch);
            let mut waiter = ended.first;
            while waiter != NONE {
                let frame = &mut self.frames[waiter];
                frame.spent.waiting += self.now.since(frame.since);
                let next = std::mem::replace(&mut frame.next, NONE);
                if frame.kind != FrameKind::Ghost {
                    match ending {
                        Some(ending) => frame.ending = ending,
                        None => frame.pc -= 1,
                    }
                }
                self.schedule(self.now, Happening::Resume(waiter));
                waiter = next;
            }
            fetch = ended.outer;
        }
    }

    /// Fills the caches that start warm.
    pub(super) fn warm_caches(&mut self) {
        for (index, cache) in self.model.caches.iter().enumerate() {
            if cache.warm {
                for place in 0..self.caches.caches[index].places.len() as u32 {
                    self.warm(index as u32, place, cache);
                }
            }
        }
    }

    /// Puts the most popular items in, the most popular last.
    fn warm(&mut self, index: u32, place: u32, cache: &Cache) {
        let ages = self.caches.caches[index as usize].key.part(AGE);
        let ranks = cache.ranks(self.model);
        for rank in (0..ranks).rev() {
            for (items, kind) in cache.items.iter().enumerate() {
                let count =
                    kind.keys.map_or(1, |keys| self.model.keys[keys.0 as usize].popularity.count());
                if rank >= count {
                    continue;
                }
                let item = item(items as u32, rank);
                let expires = match cache.ttl {
                    Some(ttl) => {
                        let left = Draw::new(item, ages).uniform();
                        self.now + Duration::from_nanos(ttl.0 as f64 * left)
                    }
                    None => Time::MAX,
                };
                let bytes = self.bytes_of(kind, rank);
                let entry = Entry { fetched: self.now, expires, version: 0, bytes };
                let put = Put { now: self.now, request: item, rank };
                self.change(index, place, |contents| contents.put(item, entry, put));
            }
        }
    }

    /// How many entries of a cache are fresh now, over all of its places. It looks at every one.
    pub fn fresh_entries(&self, cache: u32) -> usize {
        let places = &self.caches.caches[cache as usize].places;
        places.iter().map(|place| place.contents.live(self.now)).sum()
    }
}

/// An item: which of the cache's kinds, and the key.
#[inline]
fn item(items: u32, key: u64) -> u64 {
    u64::from(items) << KEY_BITS | key
}

#[inline]
fn key_of_item(item: u64) -> u64 {
    item & ((1 << KEY_BITS) - 1)
}
