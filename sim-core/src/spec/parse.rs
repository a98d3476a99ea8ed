//! From text to a typed model: syntax, duplicates, types and names, each with all of its errors at once.

use super::diagnostic::{Diagnostics, Span};
use super::outline;
use super::path::{Path, Segment};
use super::read::{describe, item, shorten, suggest};
use super::source::{Notation, Source, Text};
use super::{Component, Named, Spec, Step};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::{Arc, OnceLock};

/// The largest text of a model, in bytes.
pub const TEXT_MAX: usize = 16 << 20;
/// How many keys written twice are reported: each needs a look at the whole text.
const DUPLICATES_MAX: usize = 101;
/// The longest name of a component, service, ..., in characters.
pub const NAME_MAX: usize = 200;

impl Spec {
    /// Reads a model from the text of a file; `name` is used in messages only.
    ///
    /// What starts with `{` is read as JSON, everything else as RON. The errors are all that can be told
    /// apart, in the order of the file.
    pub fn parse(name: &str, text: &str) -> Result<Spec, Diagnostics> {
        match Spec::parse_partly(name, text) {
            (Some(spec), errors) if !errors.has_errors() => Ok(spec),
            (_, errors) => Err(errors),
        }
    }

    /// Reads what can be read of a model, so that the rest can be checked too. `None` where nothing can.
    pub(crate) fn parse_partly(name: &str, text: &str) -> (Option<Spec>, Diagnostics) {
        let mut out = Diagnostics::new(name);
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.len() > TEXT_MAX {
            out.error(&Path::root(), format!("a model has at most {} MiB of text", TEXT_MAX >> 20));
            return (None, out);
        }
        let notation =
            if significant(text).starts_with('{') { Notation::Json } else { Notation::Ron };
        let mut tree = match tree(text, notation) {
            Ok(tree) => tree,
            Err(syntax) => {
                let error = out.error(&Path::root(), syntax.message);
                (error.span, error.hint) = (Some(syntax.span), syntax.hint);
                return (None, out);
            }
        };
        let text = Text::new(name, text, notation);
        for (path, second, first) in text.outline.duplicates.iter().take(DUPLICATES_MAX) {
            let error = out.error(path, "this is written twice");
            error.span = Some(outline::span(&text.text, second.clone()));
            let first = outline::span(&text.text, first.clone());
            error.hint(format!("it was written before in line {}; keep one of them", first.line));
        }
        not_finite(&mut tree, &text, &mut Vec::new(), &mut out);
        let source =
            Source { text: Arc::new(text), tree, edits: Vec::new(), full: OnceLock::new() };
        let spec = spec(&source.tree, &mut out);
        source.place(&mut out);
        let spec = spec.map(|spec| Spec { source: Some(source), ..spec });
        if let Some(spec) = spec.as_ref().filter(|_| !out.has_errors()) {
            spec.check_playground(&mut out);
            spec.point(&mut out);
        }
        (spec, out)
    }

    /// Whether something is written under names inside names, or could be inside what is written there instead of
    /// names, be it readable or not.
    pub(crate) fn is_written(&self, names: &[&str]) -> bool {
        let mut value = &self.source().tree;
        for name in names {
            let Some(map) = value.as_object() else { return true };
            let Some(inside) = map.get(*name) else { return false };
            value = inside;
        }
        true
    }

    /// All names written in a section, be they readable or not.
    pub(crate) fn names(&self, section: &str) -> impl Iterator<Item = &String> {
        let written = self.source().tree.get(section).and_then(Value::as_object);
        written.into_iter().flat_map(Map::keys)
    }

    /// Whether all that is written in a section, of which `read` things were read, could be read.
    pub(crate) fn is_read(&self, section: &str, read: usize) -> bool {
        let written = self.source().tree.get(section);
        written.is_none_or(|written| written.as_object().is_some_and(|map| map.len() == read))
    }

    /// Reads the types from the tree of a source; `out` holds what is already known to be wrong.
    pub(super) fn from_source(source: Source, mut out: Diagnostics) -> Result<Spec, Diagnostics> {
        let spec = spec(&source.tree, &mut out);
        match spec {
            Some(spec) if !out.has_errors() => Ok(Spec { source: Some(source), ..spec }),
            _ => {
                source.place(&mut out);
                Err(out)
            }
        }
    }
}

/// The text from its first character that is neither blank nor in a comment.
fn significant(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let after = if let Some(line) = rest.strip_prefix("//") {
            line.split_once('\n')
        } else if let Some(block) = rest.strip_prefix("/*") {
            block.split_once("*/")
        } else {
            return rest;
        };
        rest = after.map_or("", |(_, after)| after).trim_start();
    }
}

/// What the reader of the notation has to say.
pub(super) struct Syntax {
    pub(super) message: String,
    pub(super) span: Span,
    pub(super) hint: Option<String>,
}

/// serde's buffer for untagged enums is what makes `ron` keep the names of enum variants:
/// `exponential("5ms")` becomes `{"exponential": "5ms"}` and `fifo` becomes `"fifo"`, as JSON has them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tree {
    Value(Value),
}

/// Reads a value in RON.
pub(super) fn ron_value(text: &str) -> Result<Value, Syntax> {
    let implicit_some = ron::extensions::Extensions::IMPLICIT_SOME;
    let options = ron::Options::default().with_default_extension(implicit_some);
    let read = options.from_str::<Tree>(text).map(|Tree::Value(value)| value);
    read.map_err(|error| {
        let start = error.span.start;
        ron_syntax(&error.code, text, place(text, start.line, start.col))
    })
}

/// Reads a value in RON that stands alone, all of its numbers finite.
pub(super) fn snippet(text: &str) -> Result<Value, Syntax> {
    let mut value = ron_value(text)?;
    let text = Text::new("", text, Notation::Ron);
    let mut out = Diagnostics::default();
    not_finite(&mut value, &text, &mut Vec::new(), &mut out);
    match out.iter().next() {
        None => Ok(value),
        Some(error) => Err(Syntax {
            message: error.message.clone(),
            span: text.span(&error.path, false),
            hint: None,
        }),
    }
}

fn tree(text: &str, notation: Notation) -> Result<Value, Syntax> {
    match notation {
        Notation::Json => serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let message = message.rsplit_once(" at line").map_or(&*message, |(before, _)| before);
            Syntax {
                message: message.to_owned(),
                span: place(text, error.line(), error.column()),
                hint: None,
            }
        }),
        Notation::Ron => ron_value(text).map_err(|syntax| Syntax {
            hint: syntax.hint.or_else(|| {
                let hint = "a model is one group in parentheses: (components: …, services: …)";
                (!significant(text).starts_with('(')).then(|| hint.to_owned())
            }),
            ..syntax
        }),
    }
}

/// The character at a line and a column (from 1; what lies outside is moved to the nearest character).
fn place(text: &str, line: usize, column: usize) -> Span {
    let lines = text.split_inclusive('\n');
    let line_start: usize = lines.clone().take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[line_start..];
    let start = rest
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| line_start + at);
    let end = start + text[start..].chars().next().map_or(0, char::len_utf8);
    outline::span(text, start..end)
}

fn ron_syntax(code: &ron::Error, text: &str, span: Span) -> Syntax {
    use ron::Error;
    let mut hint = None;
    let message = match code {
        Error::Eof if significant(text).is_empty() => "the model is empty".to_owned(),
        Error::Eof => "the text ends too early: a closing bracket or quote is missing".to_owned(),
        Error::ExceededRecursionLimit => "this is nested too deeply".to_owned(),
        Error::Message(message) if message.starts_with("data did not match") => {
            "this is no value that a model can hold".to_owned()
        }
        Error::ExpectedComma => "expected a comma or a closing bracket".to_owned(),
        Error::ExpectedStringEnd => "a closing quote is missing".to_owned(),
        Error::TrailingCharacters => "more text follows where the end was expected".to_owned(),
        Error::UnexpectedChar(c) => format!("unexpected character {c:?}"),
        code => {
            let text = code.to_string();
            let mut chars = text.chars();
            chars.next().map_or(String::new(), |c| c.to_lowercase().chain(chars).collect())
        }
    };
    let before = text[..span.start].chars().next_back();
    let here = text[span.start..].chars().next();
    let glued = before.is_some_and(|c| c.is_ascii_digit())
        && here.is_some_and(|c| c.is_alphabetic() || matches!(c, '%' | '/'));
    if glued {
        hint = Some("a number with a unit is written in quotes: \"5ms\"".to_owned());
    }
    if matches!(code, Error::ExpectedComma) && here == Some('=') {
        hint = Some("write a colon between a name and its value".to_owned());
    }
    Syntax { message, span, hint }
}

/// Numbers that the tree cannot hold became null in it. A zero takes their place, so that nothing else is
/// said there.
fn not_finite(value: &mut Value, text: &Text, place: &mut Vec<Segment>, out: &mut Diagnostics) {
    match value {
        Value::Null => {
            let written = &text.text[text.outline.value(place)];
            if !matches!(written, "" | "None" | "null") && !written.starts_with('(') {
                let message = format!("`{}` is not a finite number", shorten(written));
                out.error(&Path::root().join(place), message);
                *value = Value::from(0);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter_mut().enumerate() {
                place.push(Segment::Index(index));
                not_finite(value, text, place, out);
                place.pop();
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                place.push(key.as_str().into());
                not_finite(value, text, place, out);
                place.pop();
            }
        }
        _ => {}
    }
}

/// Whether a name may have dots in it.
#[derive(Clone, Copy, PartialEq)]
enum Dots {
    Allowed,
    /// The name is one half of `"component.operation"` or `"store.query"`.
    Forbidden,
}

const FIELDS: &[&str] = &[
    "question",
    "keys",
    "components",
    "services",
    "stores",
    "regions",
    "queues",
    "caches",
    "guards",
    "network",
    "clients",
    "faults",
    "changes",
    "availability",
    "designs",
    "prices",
    "objectives",
    "slos",
    "run",
    "studies",
    "playground",
];

fn spec(tree: &Value, out: &mut Diagnostics) -> Option<Spec> {
    let root = Path::root();
    let empty = Map::new();
    let top = match tree {
        Value::Object(top) => top,
        Value::Null => &empty,
        other => {
            let message = format!("expected a model: `(components: …)`, found {}", describe(other));
            out.error(&root, message);
            return None;
        }
    };
    for key in top.keys().filter(|key| !FIELDS.contains(&key.as_str())) {
        let error = out.error(&root.key(key), format!("unknown part of a model `{key}`"));
        error.on_key = true;
        error.hint(suggest(key, FIELDS));
    }
    let read = Section { top, root };
    let spec = Spec {
        question: read.one("question", out),
        keys: read.named("keys", Dots::Forbidden, out, item),
        components: read.named("components", Dots::Forbidden, out, component),
        services: read.named("services", Dots::Allowed, out, item),
        stores: read.named("stores", Dots::Forbidden, out, item),
        regions: read.named("regions", Dots::Allowed, out, item),
        queues: read.named("queues", Dots::Forbidden, out, item),
        caches: read.named("caches", Dots::Allowed, out, item),
        guards: read.named("guards", Dots::Allowed, out, item),
        network: read.one("network", out),
        clients: read.named("clients", Dots::Allowed, out, item),
        faults: match top.get("faults") {
            Some(value) => list(value, &read.root.key("faults"), "faults", out)?,
            None => Vec::new(),
        },
        changes: match top.get("changes") {
            Some(value) => list(value, &read.root.key("changes"), "changes", out)?,
            None => Vec::new(),
        },
        availability: read.named("availability", Dots::Allowed, out, item),
        designs: read.named("designs", Dots::Allowed, out, design),
        objectives: match top.get("objectives") {
            Some(value) => list(value, &read.root.key("objectives"), "objectives", out)?,
            None => Vec::new(),
        },
        slos: read.named("slos", Dots::Allowed, out, item),
        prices: read.one("prices", out),
        run: read.one("run", out),
        studies: read.named("studies", Dots::Allowed, out, item),
        playground: read.one("playground", out),
        source: None,
    };
    for (name, store) in &spec.stores {
        let path = store.fields_path(&read.root.key("stores").key(name));
        for query in store.queries().keys() {
            check_name(query, &path.key("queries").key(query), Dots::Forbidden, out);
        }
        if let super::Store::Database(database) = store {
            for view in database.views.keys() {
                check_name(view, &path.key("views").key(view), Dots::Forbidden, out);
            }
        }
    }
    Some(spec)
}

/// The parts of a model, each of which may be left away.
struct Section<'a> {
    top: &'a Map<String, Value>,
    root: Path,
}

impl<'a> Section<'a> {
    fn one<T: DeserializeOwned + Default>(&self, field: &str, out: &mut Diagnostics) -> T {
        let value = self.top.get(field);
        value.and_then(|value| item(value, &self.root.key(field), out)).unwrap_or_default()
    }

    fn named<T>(
        &self,
        field: &str,
        dots: Dots,
        out: &mut Diagnostics,
        read: impl Fn(&'a Value, &Path, &mut Diagnostics) -> Option<T>,
    ) -> Named<T> {
        let Some(value) = self.top.get(field) else { return Named::new() };
        named(value, &self.root.key(field), field, dots, out, read).unwrap_or_default()
    }
}

/// Reads each entry of a map; `what` is in it, for messages.
fn named<'a, T>(
    value: &'a Value,
    path: &Path,
    what: &str,
    dots: Dots,
    out: &mut Diagnostics,
    read: impl Fn(&'a Value, &Path, &mut Diagnostics) -> Option<T>,
) -> Option<Named<T>> {
    let Value::Object(map) = value else {
        let message = format!("expected {what} by name, found {}", describe(value));
        out.error(path, message).hint(format!("write {{ \"name\": …, }}, or leave {what} away"));
        return None;
    };
    let mut named = Named::with_capacity(map.len());
    for (name, value) in map {
        let path = path.key(name);
        check_name(name, &path, dots, out);
        if let Some(item) = read(value, &path, out) {
            named.insert(name.clone(), item);
        }
    }
    Some(named)
}

fn list<T: DeserializeOwned>(
    value: &Value,
    path: &Path,
    what: &str,
    out: &mut Diagnostics,
) -> Option<Vec<T>> {
    let Value::Array(list) = value else {
        let message = format!("expected a list of {what}, found {}", describe(value));
        out.error(path, message).hint("write a list in brackets: [ …, … ]");
        return None;
    };
    let items = list.iter().enumerate();
    Some(items.filter_map(|(index, value)| item(value, &path.index(index), out)).collect())
}

fn component(value: &Value, path: &Path, out: &mut Diagnostics) -> Option<Component> {
    named(value, path, "operations", Dots::Forbidden, out, |value, path, out| {
        list::<Step>(value, path, "steps", out)
    })
}

fn design(value: &Value, path: &Path, out: &mut Diagnostics) -> Option<Named<Value>> {
    let Value::Object(edits) = value else {
        let message = format!("expected edits, path to value, found {}", describe(value));
        out.error(path, message).hint("write { \"services.api.replicas\": 4 }");
        return None;
    };
    for edit in edits.keys() {
        if let Err(message) = Path::parse(edit) {
            out.error(&path.key(edit), message).on_key = true;
        }
    }
    Some(edits.iter().map(|(path, value)| (path.clone(), value.clone())).collect())
}

fn check_name(name: &str, path: &Path, dots: Dots, out: &mut Diagnostics) {
    let wrong = if name.trim().is_empty() {
        "a name cannot be empty"
    } else if name.chars().count() > NAME_MAX {
        "a name has at most 200 characters"
    } else if name.chars().any(char::is_control) {
        "a name cannot have control characters in it"
    } else if dots == Dots::Forbidden && name.contains('.') {
        "this name cannot have a dot in it: dots stand between a component and its operation"
    } else {
        return;
    };
    out.error(path, wrong).on_key = true;
}
