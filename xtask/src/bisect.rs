//! Finding the first event after which two ways to run a model disagree.

use std::fmt;

use crate::fingerprint::{Event, Row};
use crate::runner::{Moment, Runner};
use crate::shell::Problem;

/// Replications that are searched.
const REPLICATIONS_MAX: u32 = 64;

/// Says in words which event differs first, in which replication, and what it is on each side.
pub(crate) fn first_divergence(
    a: &dyn Runner,
    b: &dyn Runner,
    row: &Row,
) -> Result<String, Problem> {
    for replication in 0..REPLICATIONS_MAX {
        let pair = |event| {
            let at = Moment { model: &row.model, design: &row.design, replication, event };
            Ok(Pair { here: a.event(&at)?, there: b.event(&at)? })
        };
        if pair(1)?.ended() {
            break;
        }
        let number = first(|event| Ok(!pair(event)?.agrees()))?;
        let found = pair(number)?;
        if !found.ended() {
            let (a, b) = (a.name(), b.name());
            return Ok(format!(
                "first at event {number} of replication {replication} ({a} | {b}): {found}"
            ));
        }
    }
    Ok("every event agrees in every replication".to_string())
}

/// The same moment in two runs.
struct Pair {
    here: Option<Event>,
    there: Option<Event>,
}

impl Pair {
    /// Whether both runs go on so far and have come to the same.
    fn agrees(&self) -> bool {
        let digests = |event: &Option<Event>| event.as_ref().map(|event| event.digest.clone());
        !self.ended() && digests(&self.here) == digests(&self.there)
    }

    /// Whether both runs are over.
    fn ended(&self) -> bool {
        self.here.is_none() && self.there.is_none()
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |event: &Option<Event>| {
            event.as_ref().map_or("the run is over".to_string(), |event| event.description.clone())
        };
        write!(f, "{} | {}", words(&self.here), words(&self.there))
    }
}

/// The smallest number from 1 on for which `holds`; once it holds, it must hold for all above.
fn first(holds: impl Fn(u64) -> Result<bool, Problem>) -> Result<u64, Problem> {
    let (mut below, mut above) = (0, 1);
    while !holds(above)? {
        (below, above) = (above, above * 2);
    }
    while above - below > 1 {
        let middle = below + (above - below) / 2;
        if holds(middle)? {
            above = middle;
        } else {
            below = middle;
        }
    }
    Ok(above)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Table;

    /// Runs of 100 events whose digest changes at one of them, in the second replication.
    struct Changes(Option<u64>);

    impl Runner for Changes {
        fn name(&self) -> String {
            format!("{:?}", self.0)
        }

        fn table(&self, _: &[String]) -> Result<Table, Problem> {
            Ok(Table::default())
        }

        fn event(&self, at: &Moment<'_>) -> Result<Option<Event>, Problem> {
            if at.event > 100 || at.replication > 2 {
                return Ok(None);
            }
            let changed = at.replication == 1 && self.0.is_some_and(|from| at.event >= from);
            let description = format!("{} ms arrival", at.event);
            let digest = format!("{:x}", at.event * 2 + u64::from(changed));
            Ok(Some(Event { number: at.event, description, digest }))
        }
    }

    fn words(a: Option<u64>, b: Option<u64>) -> String {
        let table = Table::parse("m base 1 2 3").expect("a table");
        first_divergence(&Changes(a), &Changes(b), &table.rows[0]).expect("words")
    }

    #[test]
    fn the_first_event_that_differs_is_named_wherever_it_is() {
        for at in [1, 2, 63, 64, 65, 100] {
            let expected = format!(
                "first at event {at} of replication 1 (None | Some({at})): \
                 {at} ms arrival | {at} ms arrival"
            );
            assert_eq!(words(None, Some(at)), expected);
        }
    }

    #[test]
    fn runs_without_a_difference_say_so() {
        assert_eq!(words(Some(7), Some(7)), "every event agrees in every replication");
    }

    #[test]
    fn the_first_number_is_found_at_every_place() {
        for expected in 1..40 {
            assert_eq!(first(|number| Ok(number >= expected)), Ok(expected));
        }
    }
}
