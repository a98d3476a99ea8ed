//! CoDel: whom to drop as its turn comes, by how long even the luckiest have waited of late.
//!
//! K. Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012; RFC 8289, whose pseudocode this follows, with
//! a request for a packet of the largest size. There a departure takes packets from the line until one is sent on; here
//! each of them is a question, so that what the line is made of need not be known.

use crate::time::{Duration, Time};

/// The state of a line that CoDel controls.
#[derive(Debug)]
pub struct Codel {
    target: Duration,
    interval: Duration,
    /// When waits will have been above the target for an interval, if they are.
    first_above: Option<Time>,
    dropping: bool,
    /// When to drop next.
    drop_next: Time,
    /// Drops since dropping began, and how many there were when it began last.
    count: u32,
    last_count: u32,
    /// What was decided at this departure about the one before.
    before: Before,
}

/// The fate of the request that came out of the line before, at the same departure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Before {
    /// There was none.
    #[default]
    None,
    /// It was the first to be dropped: the one behind it is served, whatever its wait.
    First,
    /// It was dropped while dropping: the time of the next drop is still to be set.
    Another,
}

/// Who has stopped dropping goes on about where it was if it has to begin again within so many intervals.
const MEMORY: u64 = 16;

impl Codel {
    /// Nothing has waited yet.
    pub fn new(target: Duration, interval: Duration) -> Codel {
        Codel {
            target,
            interval,
            first_above: None,
            dropping: false,
            drop_next: Time::ZERO,
            count: 0,
            last_count: 0,
            before: Before::None,
        }
    }

    /// Whether it is dropping.
    pub fn is_dropping(&self) -> bool {
        self.dropping
    }

    /// Whether the request that comes out of the line now, after this wait, is to be dropped; `left` wait behind it. If so,
    /// the next one is asked about as well.
    pub fn drops(&mut self, now: Time, wait: Duration, left: usize) -> bool {
        let may_drop = self.may_drop(now, wait, left);
        match std::mem::take(&mut self.before) {
            Before::First => return false,
            Before::None if !self.dropping => {
                if may_drop {
                    self.begin(now);
                }
                return may_drop;
            }
            _ if !may_drop => {
                self.dropping = false;
                return false;
            }
            Before::Another => self.drop_next = self.after(self.drop_next),
            Before::None => {}
        }
        let due = now >= self.drop_next;
        if due {
            self.count += 1;
            self.before = Before::Another;
        }
        due
    }

    /// Nobody is left in the line.
    pub fn emptied(&mut self) {
        (self.first_above, self.dropping, self.before) = (None, false, Before::None);
    }

    /// Whether waits have been above the target for an interval.
    fn may_drop(&mut self, now: Time, wait: Duration, left: usize) -> bool {
        if wait < self.target || left <= 1 {
            self.first_above = None;
            return false;
        }
        let first_above = *self.first_above.get_or_insert(now + self.interval);
        now >= first_above
    }

    fn begin(&mut self, now: Time) {
        let drops = self.count.saturating_sub(self.last_count);
        let is_recent = now.0 < self.drop_next.0.saturating_add(MEMORY * self.interval.0);
        self.count = if drops > 1 && is_recent { drops } else { 1 };
        self.last_count = self.count;
        self.dropping = true;
        self.drop_next = self.after(now);
        self.before = Before::First;
    }

    /// The control law: drops follow each other in an interval over the square root of their number.
    fn after(&self, drop: Time) -> Time {
        drop + Duration::from_nanos(self.interval.0 as f64 / f64::from(self.count).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codel() -> Codel {
        Codel::new(Duration(5), Duration(100))
    }

    /// Asks about requests that come out of a long line one at a time, a departure each.
    fn fates(codel: &mut Codel, departures: &[(u64, u64)]) -> Vec<bool> {
        departures.iter().map(|&(now, wait)| codel.drops(Time(now), Duration(wait), 50)).collect()
    }

    #[test]
    fn the_control_law_is_that_of_a_sequence_worked_out_by_hand() {
        // Waits are above 5 from 0 on: the interval is over at 100. Drops are due at 100, 100 + 100/√1 = 200,
        // 200 + 100/√2 = 270.7, 270.7 + 100/√3 = 328.4, 328.4 + 100/√4 = 378.4. The one behind a drop is asked about
        // at the same departure.
        let mut codel = codel();
        assert_eq!(fates(&mut codel, &[(0, 6), (50, 9), (99, 9)]), [false, false, false]);
        assert_eq!(fates(&mut codel, &[(100, 9), (100, 9)]), [true, false]);
        assert!(codel.is_dropping());
        assert_eq!(fates(&mut codel, &[(150, 9), (199, 9)]), [false, false]);
        assert_eq!(fates(&mut codel, &[(200, 9), (200, 9)]), [true, false]);
        assert_eq!(fates(&mut codel, &[(270, 9)]), [false]);
        assert_eq!(fates(&mut codel, &[(271, 9), (271, 9)]), [true, false]);
        assert_eq!(fates(&mut codel, &[(328, 9), (329, 9), (329, 9)]), [false, true, false]);
        assert_eq!(fates(&mut codel, &[(378, 9), (379, 9), (379, 9)]), [false, true, false]);
    }

    #[test]
    fn a_departure_that_comes_late_drops_all_that_were_due() {
        let mut codel = codel();
        assert_eq!(fates(&mut codel, &[(0, 6), (100, 9), (100, 9)]), [false, true, false]);
        // Due at 200, 270.7, 328.4 and 378.4.
        let late = [(350, 9); 4];
        assert_eq!(fates(&mut codel, &late), [true, true, true, false]);
        assert_eq!(fates(&mut codel, &[(378, 9), (379, 9)]), [false, true]);
    }

    #[test]
    fn one_short_wait_ends_it_and_it_begins_again_at_the_rate_that_worked() {
        let mut codel = codel();
        fates(&mut codel, &[(0, 6), (100, 9), (100, 9), (200, 9), (200, 9), (271, 9), (271, 9)]);
        assert_eq!((codel.count, codel.last_count), (3, 1));
        assert_eq!(fates(&mut codel, &[(300, 4)]), [false]);
        assert!(!codel.is_dropping());
        // Above the target again from 310 on: due at 410. The last cycle went from 1 to 3, so the next begins at 2:
        // 100/√2 = 70.7 later.
        assert_eq!(
            fates(&mut codel, &[(310, 6), (409, 9), (410, 9), (410, 9)]),
            [false, false, true, false]
        );
        assert_eq!(fates(&mut codel, &[(480, 9), (481, 9)]), [false, true]);
    }

    #[test]
    fn after_a_long_good_time_it_begins_anew() {
        let mut codel = codel();
        fates(&mut codel, &[(0, 6), (100, 9), (100, 9), (200, 9), (200, 9), (271, 9), (271, 9)]);
        fates(&mut codel, &[(300, 4), (5_000, 9), (5_100, 9), (5_100, 9)]);
        assert_eq!((codel.count, codel.drop_next), (1, Time(5_200)));
    }

    #[test]
    fn a_line_that_is_nearly_empty_is_left_alone() {
        let mut codel = codel();
        for now in [0, 100, 200, 300] {
            assert!(!codel.drops(Time(now), Duration(90), 1));
        }
        assert!(!codel.drops(Time(400), Duration(90), 2), "the interval begins only now");
        codel.emptied();
        assert!(!codel.drops(Time(500), Duration(90), 2), "and anew when nobody was left");
        assert!(codel.drops(Time(600), Duration(90), 2));
    }
}
