//! Axes: a place in a model and the values it takes, as written: `services.api.replicas=1..16`.

use super::words::significant;
use crate::math;
use crate::spec::{Diagnostics, Path, Spec};
use schemars::JsonSchema;
use serde::Serialize;

/// A path of a model and the values that it takes, or the designs of a model.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Axis {
    /// The path, or [`Axis::DESIGN`].
    pub path: String,
    /// The unit that all its values share, such as `/s` or `ms`; empty where there is none.
    pub unit: String,
    /// Its values.
    pub values: Values,
}

/// The values of an axis.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// These, in the order written.
    List(Vec<Setting>),
    /// From one number to another.
    Range {
        /// The first.
        from: f64,
        /// The last.
        to: f64,
        /// How they lie between.
        spacing: Spacing,
        /// How many; `None`: every whole number.
        count: Option<u32>,
        /// Whether only whole numbers count: both ends are written as such, without a unit.
        whole: bool,
    },
}

/// How the values of a range lie.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spacing {
    /// With equal differences.
    Linear,
    /// With equal ratios.
    Logarithmic,
}

/// A value of an axis.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Setting {
    /// As it can be written in `--set PATH=VALUE`.
    pub text: String,
    /// As a number in the unit of the axis; `None` where it is none.
    pub number: Option<f64>,
}

/// What is wrong with an axis, and what to write instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AxisError {
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl AxisError {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> AxisError {
        AxisError { message: message.into(), hint: Some(hint.into()) }
    }
}

/// Values of an axis, at most.
pub const VALUES_MAX: u32 = 1_000_000;

/// Digits of the numbers in between: what is shown is what is run.
const DIGITS: usize = 4;

impl Axis {
    /// The path that stands for the choice of a design.
    pub const DESIGN: &'static str = "design";

    /// Reads `PATH=1..16`, `PATH=100/s..10000/s:log:20`, `PATH=1,2,4` or `design=a,b`.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Axis, AxisError> {
        let Some((path, values)) = split_at_equals(text) else {
            let message = format!("`{text}` has no values");
            let hint = "write PATH=1..16, PATH=100/s..1000/s:log:20 or PATH=1,2,4";
            return Err(AxisError::new(message, hint));
        };
        let (path, values) = (path.trim(), values.trim());
        if path != Axis::DESIGN {
            Path::parse(path).map_err(|message| AxisError { message, hint: None })?;
        }
        if values.is_empty() {
            let message = format!("{path} has no values");
            return Err(AxisError::new(
                message,
                "write a range such as 1..16 or a list such as 1,2,4",
            ));
        }
        match values
            .split_once("..")
            .filter(|_| path != Axis::DESIGN && !values.contains(['(', '"']))
        {
            Some((from, rest)) => Axis::range(path, from.trim(), rest.trim()),
            None => Axis::list(path, values),
        }
    }

    /// The axis of designs.
    pub fn designs(names: impl IntoIterator<Item = String>) -> Axis {
        let values = names.into_iter().map(|text| Setting { text, number: None }).collect();
        Axis { path: Axis::DESIGN.into(), unit: String::new(), values: Values::List(values) }
    }

    fn list(path: &str, text: &str) -> Result<Axis, AxisError> {
        let parts = split_list(text);
        if let Some(twice) = (1..parts.len()).find(|&i| parts[..i].contains(&parts[i])) {
            let message = format!("{path} is to be `{}` twice", parts[twice]);
            return Err(AxisError::new(message, "name each value once"));
        }
        if parts.iter().any(|part| part.is_empty()) {
            let message = format!("there is nothing between two commas of the values of {path}");
            return Err(AxisError::new(message, "write a list such as 1,2,4"));
        }
        let numbers: Vec<Option<(f64, String)>> = match path {
            Axis::DESIGN => vec![None; parts.len()],
            _ => parts.iter().map(|part| number_and_unit(part)).collect(),
        };
        let unit = numbers.iter().flatten().next().map_or(String::new(), |(_, unit)| unit.clone());
        if numbers.iter().all(Option::is_some) {
            for (_, other) in numbers.iter().flatten() {
                same_unit(path, &unit, other)?;
            }
        }
        let are_numbers = numbers.iter().all(Option::is_some);
        let settings = parts.into_iter().zip(numbers).map(|(text, number)| Setting {
            text,
            number: number.filter(|_| are_numbers).map(|(number, _)| number),
        });
        let values = Values::List(settings.collect());
        Ok(Axis { path: path.into(), unit: if are_numbers { unit } else { String::new() }, values })
    }

    fn range(path: &str, from: &str, rest: &str) -> Result<Axis, AxisError> {
        let mut parts = rest.split(':').map(str::trim);
        let to = parts.next().unwrap_or_default();
        let end = |text: &str, which: &str| {
            number_and_unit(text).ok_or_else(|| {
                let message =
                    format!("the {which} end of the range of {path}, `{text}`, is no number");
                AxisError::new(message, "write a range such as 1..16 or 100/s..1000/s:log:20")
            })
        };
        let ((low, unit), (high, other)) = (end(from, "lower")?, end(to, "upper")?);
        same_unit(path, &unit, &other)?;
        let (mut spacing, mut count) = (Spacing::Linear, None);
        for part in parts {
            match part {
                "log" => spacing = Spacing::Logarithmic,
                "lin" => spacing = Spacing::Linear,
                number => count = Some(count_of(path, number)?),
            }
        }
        let is_whole = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let whole = unit.is_empty() && is_whole(from) && is_whole(to);
        let written = format!("{from}..{to}");
        let wrong = |message: String, hint: &str| Err(AxisError::new(message, hint));
        if low > high {
            return wrong(
                format!("the range {written} of {path} is inverted: it begins above its end"),
                &format!("write {to}..{from}"),
            );
        }
        if low == high {
            let hint = format!("one value is no range: write --set {path}={from}");
            return wrong(format!("the range {written} of {path} is empty"), &hint);
        }
        if spacing == Spacing::Logarithmic && low <= 0.0 {
            let hint = "begin above 0, or leave `log` away";
            return wrong(
                format!("no ratio leads from {from} to {to} in the range of {path}"),
                hint,
            );
        }
        if whole && count.is_none() && high - low >= f64::from(VALUES_MAX) {
            let hint = format!("say how many of them: {written}:log:20");
            return wrong(
                format!("the range {written} of {path} has {} values", high - low + 1.0),
                &hint,
            );
        }
        let values = Values::Range { from: low, to: high, spacing, count, whole };
        Ok(Axis { path: path.into(), unit, values })
    }

    /// Its values for a grid, in order.
    ///
    /// # Errors
    /// A range that does not say how many it has.
    pub fn settings(&self) -> Result<Vec<Setting>, AxisError> {
        let (from, to, count, whole) = match &self.values {
            Values::List(settings) => return Ok(settings.clone()),
            Values::Range { from, to, count, whole, .. } => (*from, *to, *count, *whole),
        };
        let count = match count {
            Some(count) => count,
            None if whole => (to - from) as u32 + 1,
            None => {
                let (low, high) = (self.written(from), self.written(to));
                let message = format!(
                    "how many values of {} lie between {low} and {high} is not said",
                    self.path
                );
                return Err(AxisError::new(
                    message,
                    format!("write {low}..{high}:10, or {low}..{high}:log:10"),
                ));
            }
        };
        let mut settings: Vec<Setting> =
            (0..count).map(|i| self.at(f64::from(i) / f64::from(count - 1))).collect();
        settings.dedup();
        Ok(settings)
    }

    /// The value at a part `u` of the way, from 0 to 1: of a list each has an equal part.
    pub fn at(&self, u: f64) -> Setting {
        let (from, to, spacing, whole) = match &self.values {
            Values::List(settings) => {
                let index = (u * settings.len() as f64) as usize;
                return settings[index.min(settings.len() - 1)].clone();
            }
            Values::Range { from, to, spacing, whole, .. } => (*from, *to, *spacing, *whole),
        };
        let number = match (u, spacing) {
            (0.0, _) => from,
            (1.0, _) => to,
            (_, Spacing::Linear) => from + u * (to - from),
            (_, Spacing::Logarithmic) => from * math::pow(to / from, u),
        };
        self.setting(if whole { number.round() } else { rounded(number) })
    }

    /// The value at a part `u` of the way from 0 to 1 where every whole number of a range has an equal part, as all
    /// values of a list have: for samples.
    pub(super) fn sample(&self, u: f64) -> Setting {
        match self.values {
            Values::Range { from, to, spacing: Spacing::Linear, whole: true, .. } => {
                self.setting((from + (u * (to - from + 1.0)).floor()).min(to))
            }
            _ => self.at(u),
        }
    }

    /// A number of the axis as it is written.
    pub fn setting(&self, number: f64) -> Setting {
        Setting { text: self.written(number), number: Some(number) }
    }

    fn written(&self, number: f64) -> String {
        match self.unit.strip_prefix('$') {
            Some(per) => format!("${number}{per}"),
            None => format!("{number}{}", self.unit),
        }
    }

    /// Whether it is the choice of a design.
    pub fn is_design(&self) -> bool {
        self.path == Axis::DESIGN
    }

    /// Whether its values are numbers.
    pub fn is_numeric(&self) -> bool {
        match &self.values {
            Values::List(settings) => settings.iter().all(|setting| setting.number.is_some()),
            Values::Range { .. } => true,
        }
    }

    /// Checks that a model has the place and, where the axis is a range, that a number stands there.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, spec: &Spec) -> Result<(), AxisError> {
        if self.is_design() || !matches!(self.values, Values::Range { .. }) {
            return Ok(());
        }
        let now = match spec.get(&self.path) {
            Some(serde_json::Value::Number(_) | serde_json::Value::Null) | None => return Ok(()),
            Some(serde_json::Value::String(text)) if number_and_unit(text).is_some() => {
                return Ok(());
            }
            Some(now) => now.to_string(),
        };
        let message = format!("{} is {now}, and no number", self.path);
        Err(AxisError::new(message, format!("list what it is to be: --vary {}=A,B,C", self.path)))
    }

    /// A model with a value of the axis; of a design, the model as the design has it.
    ///
    /// # Errors
    /// Where the path leads nowhere, or the value does not fit there.
    pub fn put(&self, spec: &Spec, setting: &Setting) -> Result<Spec, Diagnostics> {
        match (self.is_design(), setting.text.as_str()) {
            (true, super::AS_WRITTEN) => Ok(spec.clone()),
            (true, design) => spec.design(design),
            (false, text) => spec.with_text(&self.path, text),
        }
    }
}

fn count_of(path: &str, text: &str) -> Result<u32, AxisError> {
    match text.parse() {
        Ok(count @ 2..=VALUES_MAX) => Ok(count),
        Ok(_) => {
            let message = format!("the range of {path} cannot have {text} values");
            Err(AxisError::new(message, format!("from 2 to {VALUES_MAX} are possible")))
        }
        Err(_) => {
            let message = format!("`{text}` says nothing about the range of {path}");
            Err(AxisError::new(message, "write 1..100:lin:10, or 1..100:log:10"))
        }
    }
}

fn same_unit(path: &str, unit: &str, other: &str) -> Result<(), AxisError> {
    if unit == other {
        return Ok(());
    }
    let name = |unit: &str| if unit.is_empty() { "none".to_owned() } else { format!("`{unit}`") };
    let message = format!("the values of {path} mix units: {} and {}", name(unit), name(other));
    Err(AxisError::new(message, "write all of them in one unit"))
}

/// Cuts at the first `=` that is outside quotes.
fn split_at_equals(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let at = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == '=' && !quoted
    });
    at.map(|(at, _)| (&text[..at], &text[at + 1..]))
}

/// Cuts at commas that are outside quotes and brackets.
fn split_list(text: &str) -> Vec<String> {
    let (mut parts, mut depth, mut quoted) = (vec![String::new()], 0i32, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth -= 1,
            _ => {}
        }
        match parts.last_mut() {
            Some(last) if c != ',' || quoted || depth > 0 => last.push(c),
            _ => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

/// `100/s` is 100 and `/s`; `$20/month` is 20 and `$/month`. `None` for what does not begin with a number.
fn number_and_unit(text: &str) -> Option<(f64, String)> {
    let text = text.trim();
    let (sign, rest) = match text.strip_prefix('$') {
        Some(rest) => ("$", rest),
        None => ("", text),
    };
    let is_part = |(i, c): (usize, char)| {
        let follows =
            |i: usize| rest[i + 1..].starts_with(|c: char| c.is_ascii_digit() || c == '-');
        c.is_ascii_digit()
            || c == '.'
            || c == '_'
            || (c == 'e' && i > 0 && follows(i))
            || (c == '-' && i > 0)
    };
    let end = rest.char_indices().find(|&(i, c)| !is_part((i, c))).map_or(rest.len(), |(i, _)| i);
    let number: f64 = rest[..end].replace('_', "").parse().ok()?;
    let unit = rest[end..].trim();
    let names_a_thing = |c: char| !(c.is_alphabetic() || c == '/' || c == '%' || c == ' ');
    if unit.contains(names_a_thing) || !number.is_finite() {
        return None;
    }
    Some((number, format!("{sign}{unit}")))
}

/// To [`DIGITS`] significant digits, so that a value can be typed.
fn rounded(number: f64) -> f64 {
    significant(number, DIGITS).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(axis: &str) -> Vec<String> {
        let axis = Axis::parse(axis).unwrap();
        axis.settings().unwrap().into_iter().map(|setting| setting.text).collect()
    }

    fn wrong(axis: &str) -> String {
        match Axis::parse(axis).and_then(|axis| axis.settings()) {
            Err(AxisError { message, hint }) => format!("{message}; {}", hint.unwrap_or_default()),
            Ok(settings) => panic!("{settings:?}"),
        }
    }

    #[test]
    fn whole_numbers_are_all_there() {
        assert_eq!(texts("services.api.replicas=1..4"), ["1", "2", "3", "4"]);
        assert_eq!(texts("a.b=1..100:log:3"), ["1", "10", "100"]);
        // Rounding leaves no number out that is there, and none twice.
        assert_eq!(texts("a.b=1..4:log:9"), ["1", "2", "3", "4"]);
    }

    #[test]
    fn values_keep_their_unit_and_can_be_typed() {
        assert_eq!(
            texts("a.rate=100/s..10000/s:log:5"),
            ["100/s", "316.2/s", "1000/s", "3162/s", "10000/s"]
        );
        assert_eq!(texts("a.b=0.5ms..2.5ms:lin:3"), ["0.5ms", "1.5ms", "2.5ms"]);
        assert_eq!(texts("a.b=$1/month..$3/month:3"), ["$1/month", "$2/month", "$3/month"]);
    }

    #[test]
    fn lists_may_hold_anything() {
        assert_eq!(
            texts("a.b=fifo,random(x: 1, y: [2, 3]),\"a,b\""),
            ["fifo", "random(x: 1, y: [2, 3])", "\"a,b\""]
        );
        assert_eq!(texts("design=one,as written"), ["one", "as written"]);
        let numbers = Axis::parse("a.b=1ms,5ms").unwrap();
        assert_eq!((numbers.unit.as_str(), numbers.is_numeric()), ("ms", true));
        assert!(!Axis::parse("a.b=lru,lfu").unwrap().is_numeric());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let told = [
            ("a.b", "`a.b` has no values"),
            ("a.b=", "a.b has no values"),
            ("a.b=16..1", "inverted: it begins above its end; write 1..16"),
            ("a.b=3..3", "the range 3..3 of a.b is empty"),
            ("a.b=1/s..60/min:5", "mix units: `/s` and `/min`"),
            ("a.b=1..5ms:5", "mix units: none and `ms`"),
            ("a.b=1ms,5s", "mix units: `ms` and `s`"),
            ("a.b=x..9", "`x`, is no number"),
            (
                "a.b=1/s..9/s",
                "how many values of a.b lie between 1/s and 9/s is not said; write 1/s..9/s:10",
            ),
            ("a.b=0..9:log:3", "no ratio leads from 0 to 9"),
            ("a.b=1..9:cubic", "`cubic` says nothing"),
            ("a.b=1..9:1", "cannot have 1 values"),
            ("a.b=1..9999999999", "has 9999999999 values"),
            ("a.b=1,2,1", "is to be `1` twice"),
            ("a.b=1,,2", "nothing between two commas"),
            ("a..b=1..3", "path"),
        ];
        for (axis, part) in told {
            assert!(wrong(axis).contains(part), "{axis}: {}", wrong(axis));
        }
    }

    #[test]
    fn samples_reach_every_whole_number_as_often() {
        let axis = Axis::parse("a.b=1..4").unwrap();
        let found: Vec<f64> =
            (0..8).filter_map(|i| axis.sample((f64::from(i) + 0.5) / 8.0).number).collect();
        assert_eq!(found, [1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 4.0]);
    }
}
