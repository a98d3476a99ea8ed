//! Cells: a number and its interval, or a sign for why there is none.

use super::block::Tone;
use crate::study::words::significant;
use crate::study::{Status, Value};

/// A cell of a table.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Cell {
    /// What it says.
    pub text: String,
    /// A second line, in general the interval.
    pub below: String,
    /// How it is meant.
    pub tone: Tone,
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell { text: text.into(), ..Cell::default() }
    }

    /// The same, meant another way.
    pub fn tone(self, tone: Tone) -> Cell {
        Cell { tone, ..self }
    }

    /// A number in a unit of `unit` times its own, without an interval.
    pub fn number(number: f64, unit: f64) -> Cell {
        Cell::text(if number.is_finite() { significant(number / unit, 3) } else { "–".into() })
    }

    /// An amount of dollars with its interval.
    pub fn money(value: Value) -> Cell {
        match value.status {
            Status::Confident if value.half_width <= 1e-9 * value.mean.abs() => {
                Cell::text(super::bill::plain(value.mean))
            }
            Status::Confident => Cell {
                below: format!("±{}", super::bill::half(value)),
                ..Cell::text(super::bill::plain(value.mean))
            },
            Status::NoInterval => Cell::text(format!("~{}", super::bill::plain(value.mean))),
            _ => Cell::value(value, 1.0),
        }
    }

    /// A number with its interval, in a unit of `unit` times its own.
    pub fn value(value: Value, unit: f64) -> Cell {
        let number = match value.mean / unit {
            percent if unit == 0.01 && (99.95..100.0).contains(&percent) => nines(percent),
            number => significant(number, 3),
        };
        let half = value.half_width / unit;
        match value.status {
            Status::Confident if value.mean.is_infinite() => Cell::text("never").tone(Tone::Faint),
            Status::Confident if half == 0.0 => Cell::text(number),
            // Some replications have seen none of what this is a mean of.
            Status::Confident if !half.is_finite() => {
                Cell { below: "too few".into(), ..Cell::text(number) }
            }
            Status::Confident => {
                Cell { below: format!("±{}", significant(half, 2)), ..Cell::text(number) }
            }
            Status::NoInterval => Cell::text(format!("~{number}")),
            Status::NothingSeen => Cell::text("–").tone(Tone::Faint),
            Status::TooFewRequests | Status::TooShort => Cell::text("?").tone(Tone::Doubtful),
            Status::Unstable => Cell::text("∞").tone(Tone::Bad),
        }
    }
}

/// Percent so near to all that three digits would say 100: as many as show two digits of what is missing.
fn nines(percent: f64) -> String {
    let mut scale = 10.0;
    let mut decimals = 1;
    while (100.0 - percent) * scale < 10.0 && decimals < 9 {
        (scale, decimals) = (scale * 10.0, decimals + 1);
    }
    format!("{percent:.decimals$}")
}

/// What the signs mean that stand in place of numbers.
pub(super) fn legend(values: &[Value]) -> Vec<String> {
    let has = |status| values.iter().any(|value| value.status == status);
    let mut lines = Vec::new();
    if has(Status::TooFewRequests) {
        lines.push(
            "?  not confident: under 10 requests beyond the percentile in a replication".into(),
        );
    }
    if has(Status::TooShort) {
        lines.push(
            "?  not confident: too short a run for this load; a longer --horizon helps".into(),
        );
    }
    if has(Status::Unstable) {
        lines.push("∞  grows as long as it runs: there is no steady state".into());
    }
    if has(Status::NoInterval) {
        lines.push("~  from one replication, so without an interval".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_never_or_too_rarely_is_said_in_words() {
        let value = |mean, half_width| Value { mean, half_width, ..Value::none(Status::Confident) };
        let cell = Cell::value(value(f64::INFINITY, f64::NAN), 1.0);
        assert_eq!((&*cell.text, &*cell.below), ("never", ""));
        let cell = Cell::value(value(90.0, f64::INFINITY), 1.0);
        assert_eq!((&*cell.text, &*cell.below), ("90.0", "too few"));
        let cell = Cell::value(value(90.0, 2.0), 1.0);
        assert_eq!((&*cell.text, &*cell.below), ("90.0", "±2.0"));
    }

    #[test]
    fn what_is_missing_from_all_is_told() {
        assert_eq!(nines(99.9966), "99.9966");
        assert_eq!(nines(99.999_84), "99.99984");
        assert_eq!(nines(99.95), "99.950");
    }
}
