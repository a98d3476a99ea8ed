//! From the generic tree to typed values, with errors that say what was expected, what was found and where.

use super::diagnostic::{Diagnostics, did_you_mean};
use super::path::{Path, Segment};
use super::reader::{Reader, a};
use serde::de::{self, Expected, Unexpected};
use serde_json::Value;
use std::fmt;

/// Reads one item. Reports what is wrong with it, several things at once where they do not depend on each
/// other.
pub(super) fn item<T: de::DeserializeOwned>(
    value: &Value,
    path: &Path,
    out: &mut Diagnostics,
) -> Option<T> {
    match T::deserialize(Reader(value)) {
        Ok(item) => Some(item),
        Err(fault) => {
            more_faults::<T>(value.clone(), path, fault, out);
            None
        }
    }
}

/// How many errors are looked for in one item.
const FAULTS_MAX: usize = 16;

/// Reports a fault, then takes what was at fault out of the item and tries again. What is wrong with the
/// place it was taken from may be our own doing and is not reported.
fn more_faults<T: de::DeserializeOwned>(
    mut value: Value,
    path: &Path,
    first: Fault,
    out: &mut Diagnostics,
) {
    let mut fault = first;
    for _ in 0..FAULTS_MAX {
        let place = fault.place();
        fault.report(path, out);
        let keys = place.iter().take_while(|s| matches!(s, Segment::Key(_))).count();
        let Some((key, parent)) = place[..keys].split_last() else { return };
        if !remove(&mut value, parent, key) {
            return;
        }
        match T::deserialize(Reader(&value)) {
            Err(next) if next.place() != parent => fault = next,
            _ => return,
        }
    }
}

fn remove(value: &mut Value, parent: &[Segment], key: &Segment) -> bool {
    let parent = parent.iter().try_fold(value, |value, segment| match segment {
        Segment::Key(key) => value.get_mut(&**key),
        Segment::Index(_) => None,
    });
    match (parent.and_then(Value::as_object_mut), key) {
        (Some(map), Segment::Key(key)) => map.shift_remove(&**key).is_some(),
        _ => false,
    }
}

/// Why a value could not be read. It is small, since whatever reads something returns one in its place.
#[derive(Debug)]
pub(super) struct Fault(Box<Why>);

#[derive(Debug)]
struct Why {
    /// Where, from the innermost segment outwards.
    place: Vec<Segment>,
    message: String,
    hint: Option<String>,
    /// It is about the key, not about what stands there.
    on_key: bool,
}

impl Fault {
    pub(super) fn new(message: String) -> Fault {
        Fault(Box::new(Why { place: Vec::new(), message, hint: None, on_key: false }))
    }

    /// `word` is none of the `names` that there are of a `kind`.
    pub(super) fn unknown(kind: &str, word: &str, names: &[&str]) -> Fault {
        let fault = Fault::new(format!("unknown {kind} `{}`", shorten(word)));
        fault.hint(suggest(word, names)).on_key()
    }

    fn hint(mut self, hint: String) -> Fault {
        self.0.hint = Some(hint);
        self
    }

    fn on_key(mut self) -> Fault {
        self.0.on_key = true;
        self
    }

    /// A map that should have one key, one of the `variants`.
    pub(super) fn several(
        noun: &str,
        map: &serde_json::Map<String, Value>,
        variants: &[&str],
    ) -> Fault {
        let found: Vec<_> = map.keys().take(5).map(|k| shorten(k)).collect();
        let message = format!("expected one {noun}, found {} at once", found.join(" and "));
        if map.is_empty() {
            return Fault::new(format!("expected {}, found nothing", a(noun)));
        }
        // An edit of a field that leaves out what kind of thing it is of.
        let (known, others): (Vec<_>, Vec<_>) =
            map.keys().map(String::as_str).partition(|key| variants.contains(key));
        let hint = match (&known[..], &others[..]) {
            ([known], [field]) => format!("a field of it is inside: {known}.{}", shorten(field)),
            _ => "write one of them only".to_owned(),
        };
        Fault::new(message).hint(hint)
    }

    /// `of` has no field `field`, only others.
    pub(super) fn no_field(of: &str, field: &str, fields: &[&str]) -> Fault {
        let message = format!("{of} has no field `{}`", shorten(field));
        Fault::new(message).hint(suggest(field, fields)).on_key().within(field.into())
    }

    #[cold]
    pub(super) fn within(mut self, segment: Segment) -> Fault {
        self.0.place.push(segment);
        self
    }

    #[cold]
    pub(super) fn within_key(self, key: &str) -> Fault {
        self.within(key.into())
    }

    fn place(&self) -> Vec<Segment> {
        self.0.place.iter().rev().cloned().collect()
    }

    fn report(self, base: &Path, out: &mut Diagnostics) {
        let diagnostic = out.error(&base.join(&self.place()), self.0.message);
        diagnostic.hint = self.0.hint;
        diagnostic.on_key = self.0.on_key;
    }
}

/// What to write instead of `word`: the name most like it, and all there are.
pub(super) fn suggest(word: &str, names: &[&str]) -> String {
    let all = match names {
        [] => "there are none here".to_owned(),
        names => format!("there are: {}", names.join(", ")),
    };
    match did_you_mean(word, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {all}"),
        None => all,
    }
}

/// The start of a text that may be long.
pub(super) fn shorten(text: &str) -> String {
    let short: String = text.chars().take(60).collect();
    if short.len() < text.len() { short + "…" } else { short }
}

/// What a value is, in words.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(b) => format!("`{b}`"),
        Value::Number(n) => format!("the number {n}"),
        Value::String(s) => format!("the text \"{}\"", shorten(s)),
        Value::Array(_) => "a list".into(),
        Value::Object(map) => match map.keys().next() {
            Some(key) if map.len() == 1 => format!("`{}(…)`", shorten(key)),
            _ => "a group of fields".into(),
        },
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Fault {
        Fault::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Fault {
        let found = match found {
            Unexpected::UnitVariant => {
                return Fault::new("this needs its values in parentheses".into());
            }
            Unexpected::Unit | Unexpected::Option => "nothing".into(),
            Unexpected::Str(s) => format!("the text \"{}\"", shorten(s)),
            Unexpected::Unsigned(n) => format!("the number {n}"),
            Unexpected::Signed(n) => format!("the number {n}"),
            Unexpected::Float(n) => format!("the number {n}"),
            Unexpected::Bool(b) => format!("`{b}`"),
            Unexpected::Seq => "a list".into(),
            _ => "a group of fields".to_owned(),
        };
        Fault::new(format!("expected {expected}, found {found}"))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Fault {
        let message = format!("`{}` is not known here", shorten(variant));
        Fault::new(message).hint(suggest(variant, expected))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Fault {
        Fault::no_field("this", field, expected)
    }

    fn missing_field(field: &'static str) -> Fault {
        Fault::new(format!("`{field}` is missing"))
    }
}
