//! The pending events of a run, earliest first; equal times first in, first out.
//!
//! A tournament tree: every pending event owns a leaf, every inner node holds the earlier of its two
//! children, and the root is the next event. A simulation mostly pops one event and pushes another, which
//! costs one climb from the leaf just freed to the root. Unlike a heap's sift-down, whose next address
//! depends on the last comparison, the climb visits nodes known beforehand and chooses without branching,
//! so the processor runs ahead: no branch to mispredict, and the cache misses of a large tree overlap.
//!
//! Nanoseconds to pop one event and push another (exponential delays, x86-64, medians of interleaved runs,
//! good to about a tenth):
//!
//! | pending                                   |  2 | 11 | 40 |  60 | 1,000 | 100,000 |
//! |-------------------------------------------|---:|---:|---:|----:|------:|--------:|
//! | this tree                                 |  9 | 11 | 14 |  14 |    19 |      48 |
//! | binary heap, pop's hole filled by push    | 10 | 17 | 24 |  23 |    38 |     107 |
//! | 4-ary heap, likewise                      | 11 | 19 | 22 |  23 |    33 |      81 |
//! | sorted array                              |  9 | 18 | 24 |  32 |   370 |       – |
//! | radix heap                                | 25 | 31 | 33 |  35 |    51 |      62 |
//! | `std::collections::BinaryHeap`            | 11 | 30 | 35 |  36 |    58 |     142 |
//!
//! Four children a node are no faster; the payload in the nodes gains 1 ns at 2 pending and loses at
//! 100,000.

use std::hint::select_unpredictable;

use crate::time::Time;

/// What an event is about: a payload that the caller chooses (a kind and an index, packed), opaque to the
/// queue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Event(pub u32);

/// Bits of a [`Key`]'s order that name the leaf; the bits above count pushes.
const SLOT_BITS: u32 = 26;
/// Events that may be pending at once: 67 million in 2.4 GB; a run's own bounds lie far below.
const SLOTS_MAX: usize = 1 << SLOT_BITS;
/// Pushes that can be told apart before the pending events must be numbered anew.
const SEQUENCE_END: u64 = 1 << (u64::BITS - SLOT_BITS);
/// The end of the list of free slots.
const NO_SLOT: u32 = u32::MAX;

/// When an event is due, then the push that made it (first in, first out) and the slot that holds it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: u64,
    order: u64,
}

/// A leaf without an event: later than any event, whose times end one nanosecond before [`Time::MAX`].
const VACANT: Key = Key { time: u64::MAX, order: 0 };

impl Key {
    fn slot(self) -> u32 {
        (self.order % SLOTS_MAX as u64) as u32
    }

    /// The earlier of two keys, without a branch: which of two events comes first is what a predictor
    /// cannot know. Comparing the times after adding the borrow of the orders equals a lexicographic
    /// comparison because no event reaches the last nanosecond. It is written out as the obvious
    /// `self.min(other)` compiles to a branch.
    #[inline(always)]
    fn earlier(self, other: Key) -> Key {
        let first = self.time < other.time + u64::from(self.order < other.order);
        Key {
            time: select_unpredictable(first, self.time, other.time),
            order: select_unpredictable(first, self.order, other.order),
        }
    }
}

/// Two siblings, in one cache line.
#[derive(Clone, Copy)]
#[repr(align(32))]
struct Pair([Key; 2]);

/// A priority queue of events; see the module's page for how and why.
pub struct Queue {
    /// Node `i` has the children `2i` and `2i + 1`; 1 is the root, slot `s` is node `events.len() + s`.
    tree: Vec<Pair>,
    /// By slot: the pending event, or else the next free slot.
    events: Vec<u32>,
    free: u32,
    /// The event popped last still stands in the tree, in slot `free`; the next push usually overwrites it.
    stale: bool,
    len: usize,
    sequence: u64,
    /// Numbers kept for [`Queue::push_early`].
    early: std::ops::Range<u64>,
    now: Time,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue::new()
    }
}

impl Queue {
    /// An empty queue at time zero.
    pub fn new() -> Queue {
        Queue {
            tree: vec![Pair([VACANT; 2])],
            events: vec![NO_SLOT],
            free: 0,
            stale: false,
            len: 0,
            sequence: 0,
            early: 0..0,
            now: Time::ZERO,
        }
    }

    /// Events pending.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no event is pending.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds an event due at `at`, which must not lie before the event popped last. [`Time::MAX`] stands for
    /// "later than any event", so an event due then is kept for the nanosecond before.
    ///
    /// # Panics
    /// With 67,108,864 events pending.
    #[inline]
    pub fn push(&mut self, at: Time, event: Event) {
        debug_assert!(at >= self.now, "an event due at {at}, before the present {}", self.now);
        if self.free == NO_SLOT {
            self.grow();
        }
        if self.sequence == SEQUENCE_END {
            self.renumber();
        }
        let slot = self.free;
        self.free = std::mem::replace(&mut self.events[slot as usize], event.0);
        self.stale = false;
        self.len += 1;
        let order = self.sequence << SLOT_BITS | u64::from(slot);
        self.sequence += 1;
        self.place(slot, Key { time: at.0.min(Time::MAX.0 - 1), order });
    }

    /// Keeps room for so many events behind those pushed so far and before all that will be pushed from now on.
    pub fn keep_room(&mut self, events: u32) {
        self.early = self.sequence..self.sequence + u64::from(events);
        self.sequence = self.early.end;
    }

    /// For how many events there is room.
    pub fn room(&self) -> u64 {
        self.early.end - self.early.start
    }

    /// Adds an event as if it had been pushed when room was kept for it, and before others that do so later. Where there is no
    /// room left it is pushed now.
    pub fn push_early(&mut self, at: Time, event: Event) {
        let Some(number) = self.early.next() else { return self.push(at, event) };
        let next = std::mem::replace(&mut self.sequence, number);
        self.push(at, event);
        self.sequence = next;
    }

    /// Takes the earliest event; among equal times the one pushed first.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, Event)> {
        self.pop_until(Time::MAX)
    }

    /// The same, if the event is due by `until`.
    #[inline]
    pub fn pop_until(&mut self, until: Time) -> Option<(Time, Event)> {
        if self.next_time()? > until {
            return None;
        }
        let first = self.tree[0].0[1];
        let slot = first.slot();
        let event = Event(std::mem::replace(&mut self.events[slot as usize], self.free));
        self.free = slot;
        self.stale = true;
        self.len -= 1;
        self.now = Time(first.time);
        Some((self.now, event))
    }

    /// The earliest event, which stays.
    pub fn peek(&mut self) -> Option<(Time, Event)> {
        let at = self.next_time()?;
        Some((at, Event(self.events[self.tree[0].0[1].slot() as usize])))
    }

    /// When the earliest event is due.
    #[inline]
    pub fn next_time(&mut self) -> Option<Time> {
        if self.stale {
            self.mend();
        }
        (self.len > 0).then(|| Time(self.tree[0].0[1].time))
    }

    /// Puts `key` into the leaf of `slot` and replays the matches on its way to the root.
    #[inline(always)]
    fn place(&mut self, slot: u32, mut key: Key) {
        let mut node = self.events.len() + slot as usize;
        loop {
            let Pair(pair) = &mut self.tree[node / 2];
            pair[node % 2] = key;
            if node == 1 {
                return;
            }
            key = key.earlier(pair[1 - node % 2]);
            node /= 2;
        }
    }

    /// Clears the event popped last, which no push has replaced.
    #[inline(never)]
    fn mend(&mut self) {
        self.stale = false;
        self.place(self.free, VACANT);
    }

    /// Doubles the slots. Only called with all of them pending.
    #[cold]
    #[inline(never)]
    fn grow(&mut self) {
        let used = self.events.len();
        assert!(used < SLOTS_MAX, "more than {SLOTS_MAX} events are pending");
        let keys: Vec<Key> = (used..2 * used).map(|leaf| self.tree[leaf / 2].0[leaf % 2]).collect();
        self.events.extend((used + 1..2 * used).map(|next| next as u32));
        self.events.push(NO_SLOT);
        self.free = used as u32;
        self.rebuild(keys);
    }

    /// Numbers the pending events from zero, in their order. Needed every 2³⁸ pushes (a run of an hour or
    /// more), so that the order stays exact however long a run is. An event popped but still in the tree
    /// does no harm: the push that asked for this takes its slot.
    #[cold]
    #[inline(never)]
    fn renumber(&mut self) {
        let slots = self.events.len();
        let mut keys: Vec<Key> =
            (slots..2 * slots).map(|leaf| self.tree[leaf / 2].0[leaf % 2]).collect();
        keys.retain(|&key| key != VACANT);
        keys.sort_unstable();
        self.sequence = keys.len() as u64;
        self.early = 0..0;
        let mut leaves = vec![VACANT; slots];
        for (sequence, key) in (0..).zip(keys) {
            let order = sequence << SLOT_BITS | u64::from(key.slot());
            leaves[key.slot() as usize] = Key { time: key.time, order };
        }
        self.rebuild(leaves);
    }

    /// Plays all matches anew, with `keys` in the first slots.
    fn rebuild(&mut self, keys: Vec<Key>) {
        self.tree.clear();
        self.tree.resize(self.events.len(), Pair([VACANT; 2]));
        for (slot, key) in (0..).zip(keys) {
            self.place(slot, key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    /// The same queue, plainly: a standard heap of times and push numbers.
    #[derive(Default)]
    struct Oracle {
        heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
        pushes: u64,
    }

    impl Oracle {
        fn push(&mut self, at: Time, event: Event) {
            self.heap.push(Reverse((at.0, self.pushes, event.0)));
            self.pushes += 1;
        }

        fn pop(&mut self) -> Option<(Time, Event)> {
            self.heap.pop().map(|Reverse((time, _, event))| (Time(time), Event(event)))
        }
    }

    /// Runs the same pushes (`Some(delay)`) and pops (`None`) on both, then empties both.
    fn check(mut queue: Queue, steps: &[Option<u64>]) -> Result<(), TestCaseError> {
        let mut oracle = Oracle::default();
        let mut now = Time::ZERO;
        let drain = std::iter::repeat_n(&None, steps.len() + 1);
        for (event, step) in (0..).map(Event).zip(steps.iter().chain(drain)) {
            if let Some(delay) = *step {
                let at = Time(now.0.saturating_add(delay).min(u64::MAX - 1));
                queue.push(at, event);
                oracle.push(at, event);
            } else {
                let first = oracle.pop();
                // Only sometimes looked at first, as looking changes what the pop has left to do.
                if event.0 % 2 == 0 {
                    prop_assert_eq!(queue.next_time(), first.map(|(time, _)| time));
                }
                prop_assert_eq!(queue.pop(), first);
                now = first.map_or(now, |(time, _)| time);
            }
            prop_assert_eq!(queue.len(), oracle.heap.len());
            prop_assert_eq!(queue.is_empty(), oracle.heap.is_empty());
        }
        Ok(())
    }

    /// Pushes and pops about in balance or pushes in excess; few distinct delays, so that ties abound, or
    /// many.
    fn steps() -> impl Strategy<Value = Vec<Option<u64>>> {
        let delay = prop_oneof![0..3_u64, 0..1_000_000_000_u64, Just(1 << 62)];
        (0.3..0.9_f64).prop_flat_map(move |pushes| {
            prop::collection::vec(prop::option::weighted(pushes, delay.clone()), 0..600)
        })
    }

    proptest! {
        #[test]
        fn agrees_with_a_sorted_oracle(steps in steps()) {
            check(Queue::new(), &steps)?;
        }

        #[test]
        fn stays_in_order_when_sequence_numbers_run_out(
            steps in steps(),
            left in 0..300_u64,
        ) {
            let mut queue = Queue::new();
            queue.sequence = (1 << 38) - left;
            check(queue, &steps)?;
        }
    }

    #[test]
    fn equal_times_are_first_in_first_out() {
        let mut queue = Queue::new();
        for event in 0..100 {
            queue.push(Time(7), Event(event));
        }
        // Slots freed out of order must not show either.
        for event in 0..100 {
            assert_eq!(queue.pop(), Some((Time(7), Event(event))));
            queue.push(Time(7), Event(100 + event));
        }
        for event in 100..200 {
            assert_eq!(queue.pop(), Some((Time(7), Event(event))));
        }
        assert_eq!(queue.pop(), None);
    }

    #[test]
    fn what_is_early_comes_behind_what_was_there_and_before_all_else() {
        let mut queue = Queue::new();
        queue.push(Time(7), Event(0));
        queue.keep_room(2);
        queue.push(Time(7), Event(3));
        queue.push_early(Time(7), Event(1));
        queue.push(Time(5), Event(9));
        assert_eq!(queue.pop(), Some((Time(5), Event(9))));
        queue.push_early(Time(7), Event(2));
        assert_eq!(queue.room(), 0);
        queue.push_early(Time(7), Event(4));
        for event in 0..5 {
            assert_eq!(queue.pop(), Some((Time(7), Event(event))));
        }
    }

    #[test]
    fn the_end_of_time_is_later_than_any_event() {
        let last = Time(u64::MAX - 1);
        let mut queue = Queue::new();
        queue.push(Time::MAX, Event(1));
        queue.push(last, Event(2));
        queue.push(Time(u64::MAX - 2), Event(u32::MAX));
        assert_eq!(queue.pop(), Some((Time(u64::MAX - 2), Event(u32::MAX))));
        assert_eq!(queue.pop(), Some((last, Event(1))));
        assert_eq!(queue.next_time(), Some(last));
        assert_eq!(queue.pop(), Some((last, Event(2))));
        assert_eq!((queue.next_time(), queue.pop()), (None, None));
    }

    #[test]
    #[cfg(debug_assertions)]
    #[should_panic(expected = "before the present")]
    fn refuses_an_event_in_the_past() {
        let mut queue = Queue::new();
        queue.push(Time(5), Event(0));
        queue.pop();
        queue.push(Time(4), Event(0));
    }
}
