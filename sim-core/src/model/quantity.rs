//! Quantities: from what was written (`"5ms"`, `"120/s"`, `"1.5 GiB"`) to numbers in one unit each.
//!
//! A number may have `_` between its digits and an exponent (`1_000`, `1e6`); spaces between it and its unit
//! do not matter. Zero is a quantity; callers forbid it where it makes no sense. Negative, infinite and
//! absurdly large ones are errors, and so are a bare number where a unit is needed and a unit where none is.

use crate::spec::{Quantity, did_you_mean};
use std::fmt;

/// Why a quantity has no meaning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QuantityError {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub hint: Option<String>,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for QuantityError {}

/// Names and sizes of units.
type Units = &'static [(&'static str, f64)];

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// Seconds in a month: a twelfth of 365 days, as cloud bills count it (730 hours).
pub const MONTH: f64 = 730.0 * HOUR;

/// In nanoseconds.
const DURATIONS: Units = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("min", MINUTE * 1e9),
    ("h", HOUR * 1e9),
    ("d", DAY * 1e9),
];

/// In seconds.
const PERIODS: Units =
    &[("ms", 1e-3), ("s", 1.0), ("min", MINUTE), ("h", HOUR), ("d", DAY), ("month", MONTH)];

/// In bytes: powers of 1000 and, with an `i`, of 1024.
const SIZES: Units = &[
    ("B", 1.0),
    ("kB", 1e3),
    ("KB", 1e3),
    ("MB", 1e6),
    ("GB", 1e9),
    ("TB", 1e12),
    ("KiB", 1024.0),
    ("MiB", 1_048_576.0),
    ("GiB", 1_073_741_824.0),
    ("TiB", 1_099_511_627_776.0),
];

/// The largest duration in nanoseconds, about 31 years.
pub const DURATION_MAX: f64 = 1e18;
/// The largest rate per second.
pub const RATE_MAX: f64 = 1e12;
/// The largest size in bytes.
pub const BYTES_MAX: f64 = 1e18;
/// The largest sum of money, in dollars.
pub const MONEY_MAX: f64 = 1e15;
/// The largest count, up to which every whole number is a float.
pub const COUNT_MAX: f64 = 9_007_199_254_740_992.0;

/// A duration in nanoseconds: `"5ms"`, `"1.5 s"`, `"24h"`.
pub fn duration(quantity: &Quantity) -> Result<f64, QuantityError> {
    let kind =
        Kind { name: "duration", units: "ns us ms s min h d", example: "ms", max: "31 years" };
    let (value, unit) = kind.split(quantity)?;
    kind.within(value * kind.unit(quantity, unit, DURATIONS)?, DURATION_MAX)
}

/// A rate per second: `"120/s"`, `"7200/min"`, `"120 per second"`.
pub fn rate(quantity: &Quantity) -> Result<f64, QuantityError> {
    let kind = Kind { name: "rate", units: "/s /min /h /d", example: "/s", max: "1e12/s" };
    let (value, unit) = kind.split(quantity)?;
    kind.within(value / kind.period(quantity, unit)?, RATE_MAX)
}

/// A share from 0 to 1: `"0.1%"` or `0.001`.
pub fn share(quantity: &Quantity) -> Result<f64, QuantityError> {
    let (value, unit) = split(quantity, "share")?;
    let share = match unit {
        "" => value,
        "%" => value / 100.0,
        _ => {
            return Err(no_unit(
                quantity,
                unit,
                "share",
                "write a percentage such as \"0.1%\" or a number such as 0.001",
            ));
        }
    };
    if share > 1.0 {
        let message = format!("{} is more than the whole", shown(quantity));
        let hint = "a share is from 0 to 1, or from \"0%\" to \"100%\"";
        return Err(QuantityError { message, hint: Some(hint.into()) });
    }
    Ok(share)
}

/// A size in bytes: `"1.5 GiB"`, `"20 kB"`.
pub fn bytes(quantity: &Quantity) -> Result<f64, QuantityError> {
    let kind = Kind {
        name: "size",
        units: "B kB MB GB TB KiB MiB GiB TiB",
        example: " kB",
        max: "1e18 B",
    };
    let (value, unit) = kind.split(quantity)?;
    kind.within(value * kind.unit(quantity, unit, SIZES)?, BYTES_MAX)
}

/// A sum of money in dollars: `"$12.50"`.
pub fn money(quantity: &Quantity) -> Result<f64, QuantityError> {
    let (value, unit) = dollars(quantity, "sum of money", "\"$12.50\"")?;
    if !unit.is_empty() {
        return Err(no_unit(quantity, unit, "sum of money", "write an amount such as \"$12.50\""));
    }
    MONEY.within(value, MONEY_MAX)
}

/// Money over time, in dollars per second: `"$0.096/h"`, `"$20/month"` (a month has 730 hours).
pub fn money_rate(quantity: &Quantity) -> Result<f64, QuantityError> {
    let kind = Kind {
        name: "price",
        units: "/s /min /h /d /month",
        example: "/h",
        max: "1e15 dollars a second",
    };
    let (value, unit) = dollars(quantity, "price", "\"$0.096/h\"")?;
    kind.within(value / kind.period(quantity, unit)?, MONEY_MAX)
}

/// A number without a unit, 0 or more: `2.5`.
pub fn number(quantity: &Quantity) -> Result<f64, QuantityError> {
    let (value, unit) = split(quantity, "number")?;
    match unit {
        "" => Ok(value),
        _ => Err(no_unit(quantity, unit, "number", "write the number alone")),
    }
}

/// A whole number without a unit, 0 or more.
pub fn count(quantity: &Quantity) -> Result<u64, QuantityError> {
    let value = number(quantity)?;
    if value.fract() != 0.0 || value > COUNT_MAX {
        let message = format!("{} is not a whole number", shown(quantity));
        return Err(QuantityError { message, hint: None });
    }
    Ok(value as u64)
}

const MONEY: Kind = Kind { name: "sum of money", units: "", example: "", max: "1e15 dollars" };

/// What a quantity has to be, in the words of its errors.
struct Kind {
    name: &'static str,
    units: &'static str,
    example: &'static str,
    max: &'static str,
}

impl Kind {
    /// The number and its unit; that there is one is part of it.
    fn split<'q>(&self, quantity: &'q Quantity) -> Result<(f64, &'q str), QuantityError> {
        match split(quantity, self.name)? {
            (_, "") => Err(self.unit_needed(quantity)),
            found => Ok(found),
        }
    }

    fn unit_needed(&self, quantity: &Quantity) -> QuantityError {
        let number = match quantity {
            Quantity::Number(n) => n.to_string(),
            Quantity::Text(text) => text.trim().to_owned(),
        };
        QuantityError {
            message: format!("`{number}` needs a unit"),
            hint: Some(format!("write \"{number}{}\"; units: {}", self.example, self.units)),
        }
    }

    fn unit(&self, quantity: &Quantity, unit: &str, units: Units) -> Result<f64, QuantityError> {
        if let Some((_, size)) = units.iter().find(|(name, _)| *name == unit) {
            return Ok(*size);
        }
        Err(self.unknown(quantity, unit))
    }

    /// Seconds in what follows a `/` or `per`.
    fn period(&self, quantity: &Quantity, unit: &str) -> Result<f64, QuantityError> {
        let period = unit.strip_prefix('/').or_else(|| unit.strip_prefix("per "));
        let Some(period) = period.map(str::trim_start) else {
            return Err(if unit.is_empty() {
                self.unit_needed(quantity)
            } else {
                self.unknown(quantity, unit)
            });
        };
        let short = match period {
            "second" | "sec" => "s",
            "minute" => "min",
            "hour" => "h",
            "day" => "d",
            other => other,
        };
        self.unit(quantity, short, PERIODS).map_err(|_| self.unknown(quantity, unit))
    }

    fn unknown(&self, quantity: &Quantity, unit: &str) -> QuantityError {
        let meant = match unit {
            "m" | "M" if self.units.contains("min") => "did you mean `min` or `ms`? ".to_owned(),
            unit if unit.starts_with(',') => {
                "write a decimal point in place of the comma; ".to_owned()
            }
            unit => did_you_mean(unit, self.units.split(' '))
                .map_or(String::new(), |near| format!("did you mean `{near}`? ")),
        };
        QuantityError {
            message: format!("{} is not a {}: unknown unit `{unit}`", shown(quantity), self.name),
            hint: Some(format!("{meant}units: {}", self.units)),
        }
    }

    fn within(&self, value: f64, max: f64) -> Result<f64, QuantityError> {
        if value <= max {
            return Ok(value);
        }
        let message = format!("this {} is too large: more than {}", self.name, self.max);
        Err(QuantityError { message, hint: None })
    }
}

fn no_unit(quantity: &Quantity, unit: &str, name: &str, hint: &str) -> QuantityError {
    QuantityError {
        message: format!("{} is not a {name}: the unit `{unit}` does not fit", shown(quantity)),
        hint: Some(hint.into()),
    }
}

fn dollars<'q>(
    quantity: &'q Quantity,
    name: &str,
    example: &str,
) -> Result<(f64, &'q str), QuantityError> {
    if let Quantity::Text(text) = quantity
        && let Some(amount) = text.trim().strip_prefix('$')
    {
        return split_text(amount.trim(), quantity, name);
    }
    Err(QuantityError {
        message: format!("{} is not a {name}", shown(quantity)),
        hint: Some(format!("write one in dollars such as {example}")),
    })
}

fn split<'q>(quantity: &'q Quantity, name: &str) -> Result<(f64, &'q str), QuantityError> {
    match quantity {
        Quantity::Number(value) => Ok((finite(*value, quantity, name)?, "")),
        Quantity::Text(text) => split_text(text.trim(), quantity, name),
    }
}

fn split_text<'q>(
    text: &'q str,
    quantity: &Quantity,
    name: &str,
) -> Result<(f64, &'q str), QuantityError> {
    let end = number_end(text);
    let digits: String = text[..end].chars().filter(|c| *c != '_').collect();
    match digits.parse() {
        Ok(value) => Ok((finite(value, quantity, name)?, text[end..].trim())),
        Err(_) => Err(QuantityError {
            message: format!("{} is not a {name}: it has to start with a number", shown(quantity)),
            hint: None,
        }),
    }
}

/// The end of the number that a text starts with. An `e` belongs to it only if digits follow.
fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize, more: &[u8]| {
        while bytes.get(at).is_some_and(|b| b.is_ascii_digit() || more.contains(b)) {
            at += 1;
        }
        at
    };
    let sign = |at: usize| at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let end = digits(sign(0), b"_.");
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let exponent = sign(end + 1);
        if bytes.get(exponent).is_some_and(u8::is_ascii_digit) {
            return digits(exponent, b"");
        }
    }
    end
}

fn finite(value: f64, quantity: &Quantity, name: &str) -> Result<f64, QuantityError> {
    let wrong = match value {
        v if v.is_nan() => "is not a number",
        v if v.is_infinite() => "is infinite",
        v if v < 0.0 => "is negative",
        // Also turns -0 into 0.
        v => return Ok(v.abs()),
    };
    let message = format!("{} {wrong}; a {name} is 0 or more and finite", shown(quantity));
    Err(QuantityError { message, hint: None })
}

fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Number(n) => format!("`{n}`"),
        Quantity::Text(text) => format!("\"{}\"", text.chars().take(60).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    fn text(text: &str) -> Quantity {
        Quantity::Text(text.into())
    }

    #[test]
    fn durations_are_nanoseconds() {
        let cases = [
            ("5ms", 5e6),
            ("5 ms", 5e6),
            (" 1_500us ", 1.5e6),
            ("2µs", 2000.0),
            ("2μs", 2000.0),
            ("1e3ns", 1000.0),
            ("1.5E-3s", 1.5e6),
            ("0s", 0.0),
            ("-0s", 0.0),
            (".5s", 5e8),
            ("2min", 1.2e11),
            ("24h", 8.64e13),
            ("1d", 8.64e13),
        ];
        for (written, nanos) in cases {
            assert_eq!(duration(&text(written)), Ok(nanos), "{written}");
        }
    }

    #[test]
    fn rates_are_per_second() {
        for written in ["120/s", "7200/min", "432e3/h", "120 / s", "120 per second", "120 per s"] {
            assert_eq!(rate(&text(written)), Ok(120.0), "{written}");
        }
        assert_eq!(rate(&text("86_400/d")), Ok(1.0));
    }

    #[test]
    fn others_have_their_units() {
        assert_eq!(share(&text("0.1%")), Ok(0.001));
        assert_eq!(share(&Quantity::Number(0.001)), Ok(0.001));
        assert_eq!(bytes(&text("1.5 GiB")), Ok(1_610_612_736.0));
        assert_eq!(bytes(&text("20 kB")), Ok(20_000.0));
        assert_eq!(money(&text("$12.50")), Ok(12.5));
        assert_eq!(money_rate(&text("$36/h")), Ok(0.01));
        assert_eq!(money_rate(&text("$ 2628 /month")), Ok(0.001));
        assert_eq!(count(&Quantity::Number(3.0)), Ok(3));
        assert_eq!(number(&text("2.5")), Ok(2.5));
    }

    fn check<T: fmt::Debug>(result: Result<T, QuantityError>, expect: Expect) {
        let error = result.unwrap_err();
        let hint = error.hint.map_or(String::new(), |hint| format!(" | {hint}"));
        expect.assert_eq(&(error.message + &hint));
    }

    #[test]
    fn errors_of_durations_say_what_to_write() {
        check(
            duration(&Quantity::Number(5.0)),
            expect![[r#"`5` needs a unit | write "5ms"; units: ns us ms s min h d"#]],
        );
        check(
            duration(&text("5")),
            expect![[r#"`5` needs a unit | write "5ms"; units: ns us ms s min h d"#]],
        );
        check(
            duration(&text("5msec")),
            expect![[
                r#""5msec" is not a duration: unknown unit `msec` | did you mean `ms`? units: ns us ms s min h d"#
            ]],
        );
        check(
            duration(&text("5/s")),
            expect![[r#""5/s" is not a duration: unknown unit `/s` | units: ns us ms s min h d"#]],
        );
        check(
            duration(&text("fast")),
            expect![[r#""fast" is not a duration: it has to start with a number"#]],
        );
        check(
            duration(&text("")),
            expect![[r#""" is not a duration: it has to start with a number"#]],
        );
        check(
            duration(&text("-5ms")),
            expect![[r#""-5ms" is negative; a duration is 0 or more and finite"#]],
        );
        check(
            duration(&text("1e400s")),
            expect![[r#""1e400s" is infinite; a duration is 0 or more and finite"#]],
        );
        check(
            duration(&text("100000d")),
            expect!["this duration is too large: more than 31 years"],
        );
        check(
            duration(&Quantity::Number(f64::NAN)),
            expect!["`NaN` is not a number; a duration is 0 or more and finite"],
        );
    }

    #[test]
    fn errors_of_other_quantities_say_what_to_write() {
        check(
            rate(&text("5")),
            expect![[r#"`5` needs a unit | write "5/s"; units: /s /min /h /d"#]],
        );
        check(
            rate(&text("5/sc")),
            expect![[
                r#""5/sc" is not a rate: unknown unit `/sc` | did you mean `/s`? units: /s /min /h /d"#
            ]],
        );
        check(
            rate(&text("5ms")),
            expect![[r#""5ms" is not a rate: unknown unit `ms` | units: /s /min /h /d"#]],
        );
        check(
            share(&text("5ms")),
            expect![[
                r#""5ms" is not a share: the unit `ms` does not fit | write a percentage such as "0.1%" or a number such as 0.001"#
            ]],
        );
        check(
            share(&Quantity::Number(5.0)),
            expect![[
                r#"`5` is more than the whole | a share is from 0 to 1, or from "0%" to "100%""#
            ]],
        );
        check(
            bytes(&Quantity::Number(5.0)),
            expect![[r#"`5` needs a unit | write "5 kB"; units: B kB MB GB TB KiB MiB GiB TiB"#]],
        );
        check(
            bytes(&text("5 Gb")),
            expect![[
                r#""5 Gb" is not a size: unknown unit `Gb` | did you mean `GB`? units: B kB MB GB TB KiB MiB GiB TiB"#
            ]],
        );
        check(
            money(&text("5")),
            expect![[r#""5" is not a sum of money | write one in dollars such as "$12.50""#]],
        );
        check(
            money_rate(&text("$5")),
            expect![[r#"`$5` needs a unit | write "$5/h"; units: /s /min /h /d /month"#]],
        );
        check(
            number(&text("5ms")),
            expect![[
                r#""5ms" is not a number: the unit `ms` does not fit | write the number alone"#
            ]],
        );
        check(count(&Quantity::Number(1.5)), expect!["`1.5` is not a whole number"]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_quantity_or_an_error(written in "[-+]?[0-9._]{0,6}(e[0-9]{1,3})?[ a-z/%$µ]{0,6}|\\PC*") {
            let quantity = Quantity::Text(written);
            for read in [duration, rate, share, bytes, money, money_rate, number] {
                if let Ok(value) = read(&quantity) {
                    prop_assert!(value >= 0.0 && value.is_finite());
                }
            }
        }

        #[test]
        fn a_number_of_milliseconds_is_that(millis in 0u32..1_000_000) {
            prop_assert_eq!(duration(&text(&format!("{millis}ms"))), Ok(f64::from(millis) * 1e6));
        }
    }
}
