//! Deadlines, of which most come to nothing: who is served in time needs none any more.

use crate::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whose deadline it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Whose {
    /// Of one who waits, by the place in the line.
    Waiting(u32),
    /// Of one who may be in service, by what whoever expects it says.
    Present(u32),
}

/// A deadline: when, of which number (so that equal times are in order, and who has gone is told from who came after),
/// whose.
type Deadline = (Time, u64, Whose);

/// Deadlines in order of time. Those without a meaning are thrown away when they come up, or when they are most.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    heap: BinaryHeap<Reverse<Deadline>>,
    /// At how many the next tidying is due.
    tidy_at: usize,
    /// When the event is due that looks for the next; later than all time if there is none.
    wake: Option<Time>,
    /// When deadlines were looked at last.
    last_call: Option<Time>,
}

/// So few are not worth tidying.
const FEW: usize = 64;

impl Deadlines {
    /// Adds a deadline.
    pub(super) fn add(
        &mut self,
        at: Time,
        number: u64,
        whose: Whose,
        is_valid: impl Fn(u64, Whose) -> bool,
    ) {
        self.heap.push(Reverse((at, number, whose)));
        if self.heap.len() > self.tidy_at.max(FEW) {
            self.heap.retain(|&Reverse((_, number, whose))| is_valid(number, whose));
            self.tidy_at = 2 * self.heap.len();
        }
    }

    /// Whether an event of this instant has a meaning: it is the one that was asked for last.
    pub(super) fn wakes(&mut self, now: Time) -> bool {
        let due = self.wake == Some(now);
        if due {
            self.wake = None;
        }
        due
    }

    /// Whose time is over now. Who is served at the very end is in time: the first look at an instant finds nobody, and
    /// the second comes when all that was due has happened.
    pub(super) fn over(
        &mut self,
        now: Time,
        is_valid: impl Fn(u64, Whose) -> bool,
    ) -> Option<Whose> {
        self.skip(&is_valid);
        let &Reverse((at, _, whose)) = self.heap.peek()?;
        if at > now {
            return None;
        }
        if self.last_call != Some(now) {
            self.last_call = Some(now);
            return None;
        }
        self.heap.pop();
        Some(whose)
    }

    /// When the next event has to be, if it is not scheduled already. Call it after deadlines were added, and when there
    /// is nobody left whose time is over.
    pub(super) fn schedule(
        &mut self,
        now: Time,
        is_valid: impl Fn(u64, Whose) -> bool,
    ) -> Option<Time> {
        self.skip(&is_valid);
        let &Reverse((at, _, _)) = self.heap.peek()?;
        let at = at.max(now);
        if self.wake.is_some_and(|wake| wake <= at) {
            return None;
        }
        self.wake = Some(at);
        Some(at)
    }

    fn skip(&mut self, is_valid: &impl Fn(u64, Whose) -> bool) {
        while let Some(&Reverse((_, number, whose))) = self.heap.peek()
            && !is_valid(number, whose)
        {
            self.heap.pop();
        }
    }
}
