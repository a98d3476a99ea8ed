//! Where entries live: one array, threaded by lists of 32-bit links.

use super::Entry;

/// No slot: the end of a list.
pub(super) const NONE: u32 = u32::MAX;
/// In `prev`: this slot holds nothing.
const FREE: u32 = u32::MAX - 1;
/// How many slots there may be, so that every number of a slot is a number.
pub(super) const SLOTS_MAX: u32 = u32::MAX - 2;

/// An item with its entry, and its place in the list of its policy: 40 bytes.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) item: u64,
    pub(super) entry: Entry,
    pub(super) prev: u32,
    pub(super) next: u32,
}

/// All slots; those that hold nothing are linked up by `next`.
#[derive(Clone, Debug)]
pub(super) struct Slots {
    slots: Vec<Slot>,
    free: u32,
    /// No more than this many are ever needed.
    limit: u32,
}

impl Slots {
    pub(super) const fn new(limit: u32) -> Slots {
        Slots { slots: Vec::new(), free: NONE, limit }
    }

    /// From now on no more than this many are needed, or as many as there are.
    pub(super) fn limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Held and free slots: one more than the largest number given out.
    pub(super) fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// A slot for the item, not yet in any list; less than the limit are held.
    #[inline]
    pub(super) fn hold(&mut self, item: u64, entry: Entry) -> u32 {
        let slot = Slot { item, entry, prev: NONE, next: NONE };
        if self.free == NONE {
            return self.push(slot);
        }
        let at = self.free;
        self.free = self[at].next;
        self[at] = slot;
        at
    }

    /// Doubles as a `Vec` does, but never beyond the limit: a full cache wastes nothing.
    #[cold]
    fn push(&mut self, slot: Slot) -> u32 {
        let len = self.slots.len();
        if len == self.slots.capacity() {
            let room = (self.limit as usize).saturating_sub(len).max(1);
            self.slots.reserve_exact(len.max(8).min(room));
        }
        self.slots.push(slot);
        len as u32
    }

    /// Gives the slot back; it is in no list any more.
    #[inline]
    pub(super) fn release(&mut self, at: u32) {
        let free = self.free;
        let slot = &mut self[at];
        slot.prev = FREE;
        slot.next = free;
        self.free = at;
    }

    /// What the slot holds, if it holds something.
    #[inline]
    pub(super) fn held(&self, at: u32) -> Option<&Slot> {
        let slot = &self[at];
        (slot.prev != FREE).then_some(slot)
    }

    /// All slots that hold something, in no order that means anything.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot> {
        self.slots.iter().filter(|slot| slot.prev != FREE)
    }

    pub(super) fn clear(&mut self) {
        self.slots.clear();
        self.free = NONE;
    }
}

impl std::ops::Index<u32> for Slots {
    type Output = Slot;
    #[inline]
    fn index(&self, at: u32) -> &Slot {
        &self.slots[at as usize]
    }
}

impl std::ops::IndexMut<u32> for Slots {
    #[inline]
    fn index_mut(&mut self, at: u32) -> &mut Slot {
        &mut self.slots[at as usize]
    }
}

/// A doubly linked list of slots. Its links are in the slots, so a slot is in one list at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    /// The newest.
    pub(super) front: u32,
    /// The oldest.
    pub(super) back: u32,
}

impl List {
    pub(super) const EMPTY: List = List { front: NONE, back: NONE };

    pub(super) fn is_empty(self) -> bool {
        self.front == NONE
    }

    #[inline]
    pub(super) fn push_front(&mut self, slots: &mut Slots, at: u32) {
        let slot = &mut slots[at];
        slot.prev = NONE;
        slot.next = self.front;
        match self.front {
            NONE => self.back = at,
            front => slots[front].prev = at,
        }
        self.front = at;
    }

    #[inline]
    pub(super) fn unlink(&mut self, slots: &mut Slots, at: u32) {
        let Slot { prev, next, .. } = slots[at];
        match prev {
            NONE => self.front = next,
            prev => slots[prev].next = next,
        }
        match next {
            NONE => self.back = prev,
            next => slots[next].prev = prev,
        }
    }

    #[inline]
    pub(super) fn move_to_front(&mut self, slots: &mut Slots, at: u32) {
        if self.front != at {
            self.unlink(slots, at);
            self.push_front(slots, at);
        }
    }

    /// Takes the oldest out.
    #[inline]
    pub(super) fn pop_back(&mut self, slots: &mut Slots) -> Option<u32> {
        let at = self.back;
        (at != NONE).then(|| {
            self.unlink(slots, at);
            at
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    /// What is promised of memory: 40 bytes a slot, none before it is used, and no more slots than fit.
    #[test]
    fn memory_follows_what_is_held() {
        assert_eq!(size_of::<Slot>(), 40);
        let entry = Entry { fetched: Time::ZERO, expires: Time::MAX, version: 0, bytes: 1 };
        let mut slots = Slots::new(1_000);
        assert_eq!(slots.slots.capacity(), 0);
        (0..10).for_each(|item| _ = slots.hold(item, entry));
        assert!(slots.slots.capacity() <= 16);
        (10..1_000).for_each(|item| _ = slots.hold(item, entry));
        assert_eq!(slots.slots.capacity(), 1_000);
        slots.release(7);
        slots.release(400);
        let mut reused = [slots.hold(1, entry), slots.hold(2, entry)];
        reused.sort_unstable();
        assert_eq!((reused, slots.len()), ([7, 400], 1_000));
    }
}
