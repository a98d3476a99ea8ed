//! Edits: a value put at a path, by a design, a sweep, a slider or the command line.

use super::Spec;
use super::diagnostic::{Diagnostic, Diagnostics, Span, did_you_mean};
use super::parse::{Syntax, snippet};
use super::path::{Path, Segment};
use super::read::{describe, shorten, suggest};
use super::source::{Edit, Notation, Origin, Source};
use super::write::to_tree;
use serde_json::{Map, Value};
use std::sync::OnceLock;

impl Spec {
    /// The model with `value` at `path`. A null takes away what is there: an entry of a map or an optional
    /// field.
    ///
    /// A path that leads nowhere is an error, as is a value that does not fit there. Beware of floats that
    /// are not finite: `serde_json` turns them into null.
    pub fn with(&self, path: &str, value: Value) -> Result<Spec, Diagnostics> {
        self.with_all([(path, value)])
    }

    /// The model after several edits, made in order and checked together.
    pub fn with_all<'a>(
        &self,
        edits: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Result<Spec, Diagnostics> {
        self.edited(edits, |_, value| Origin::Caller(shorten(&value.to_string())))
    }

    /// The model with the value that a text stands for at `path`: `4`, `200/s`, `fifo`,
    /// `least_outstanding(ties: drawn)`, `["a", "b"]`. What is no value in RON, or none that fits, is plain
    /// text.
    pub fn with_text(&self, path: &str, text: &str) -> Result<Spec, Diagnostics> {
        let plain = || self.with(path, Value::String(text.to_owned()));
        let value = match snippet(text) {
            Ok(value) => value,
            Err(syntax) if text.contains(['(', '[', '{', '"']) => {
                return plain()
                    .map_err(|errors| self.unreadable(path, text, syntax).unwrap_or(errors));
            }
            Err(_) => return plain(),
        };
        match self.with(path, value.clone()) {
            Err(errors) if !matches!(value, Value::String(_)) => plain().map_err(|_| errors),
            result => result,
        }
    }

    /// The model with one more change while it runs: from `at` on, the value that a text stands for is at `path`.
    pub fn with_change(&self, at: &str, path: &str, text: &str) -> Result<Spec, Diagnostics> {
        let value = snippet(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let change = serde_json::json!({ "at": at, "set": { path: value } });
        self.with(&format!("changes[{}]", self.changes.len()), change)
    }

    /// What to say of a text that looks like more than plain text and is not; `None` if its place is wrong
    /// already.
    fn unreadable(&self, path: &str, text: &str, syntax: Syntax) -> Option<Diagnostics> {
        self.get(path)?;
        let mut out = Diagnostics::new(self.file());
        let message = format!("`{}` cannot be read: {}", shorten(text), syntax.message);
        out.error(&Path::parse(path).ok()?, message).hint = syntax.hint;
        Some(out)
    }

    /// The model as one of its designs has it. Errors point at the design's edits in the file.
    pub fn design(&self, name: &str) -> Result<Spec, Diagnostics> {
        let designs = Path::root().key("designs");
        let Some(edits) = self.designs.get(name) else {
            let mut out = Diagnostics::new(self.file());
            let error = out.error(&Path::root(), format!("there is no design `{}`", shorten(name)));
            let names: Vec<_> = self.designs.keys().map(String::as_str).collect();
            error.hint(suggest(name, &names));
            return Err(out);
        };
        let entry = designs.key(name);
        let edits = edits.iter().map(|(path, value)| (path.as_str(), value.clone()));
        self.edited(edits, |path, _| Origin::Written(format!("design `{name}`"), entry.key(path)))
    }

    /// The model as it is once one more of its changes has been made. Errors point at the change in the file.
    pub(crate) fn changed(&self, index: usize) -> Result<Spec, Diagnostics> {
        let change = &self.changes[index];
        let entry = Path::root().key("changes").index(index).key("set");
        let edits = change.set.iter().map(|(path, value)| (path.as_str(), value.clone()));
        let who = format!("the change at {}", change.at);
        self.edited(edits, |path, _| Origin::Written(who.clone(), entry.key(path)))
    }

    fn edited<'a>(
        &self,
        edits: impl IntoIterator<Item = (&'a str, Value)>,
        origin: impl Fn(&str, &Value) -> Origin,
    ) -> Result<Spec, Diagnostics> {
        let mut source = Source { full: OnceLock::new(), ..self.source().clone() };
        let mut taken = Vec::new();
        let mut out = Diagnostics::new(self.file());
        for (text, value) in edits {
            let origin = origin(text, &value);
            if value.is_null() {
                taken.extend(Path::parse(text));
            }
            match self.set(&mut source, text, value) {
                Ok(path) => source.edits.push(Edit { path, origin }),
                Err((path, message, hint)) => {
                    let error = out.error(&path, message);
                    error.hint = hint;
                    if let Origin::Written(_, entry) = &origin {
                        error.span = Some(source.text.span(entry, true));
                    }
                }
            }
        }
        if out.has_errors() {
            out.sort();
            return Err(out);
        }
        Spec::from_source(source, out).map_err(|mut errors| {
            let nothing = |error: &&mut Diagnostic| {
                !error.on_key && taken.iter().any(|path| error.path.inside(path).is_some())
            };
            for error in errors.iter_mut().filter(nothing) {
                error.message = "there is nothing here to take away".to_owned();
            }
            errors
        })
    }

    /// Makes one edit. The tree as it is written is mostly all that is needed; if not, what may be left away
    /// is looked at too, as the edits so far have it.
    fn set(&self, source: &mut Source, text: &str, value: Value) -> Result<Path, Refused> {
        let path = Path::parse(text).map_err(|message| (Path::root(), message, None))?;
        if put(&mut source.tree, &Value::Null, &path, value.clone()).is_ok() {
            return Ok(path);
        }
        let now = match source.edits.is_empty() {
            true => None,
            false => Spec::from_source(source.clone(), Diagnostics::default()).ok(),
        };
        let full = now.as_ref().unwrap_or(self).full();
        put(&mut source.tree, full, &path, value).map(|()| path)
    }

    /// What is at a path, written or by default; `None` where nothing is.
    pub fn get(&self, path: &str) -> Option<&Value> {
        let path = Path::parse(path).ok()?;
        let find = |tree| path.segments().iter().try_fold(tree, child);
        find(&self.source().tree).or_else(|| find(self.full()))
    }

    /// Every path that has a value, in the order of the model: for completion and for suggestions.
    pub fn paths(&self) -> Vec<Path> {
        let mut all = Vec::new();
        collect(self.full(), &Path::root(), &mut all);
        all
    }

    /// Where a path is written, or the deepest thing around it; `None` if it was set by a caller's edit.
    pub fn locate(&self, path: &Path) -> Option<Span> {
        self.source().locate(path, false).0
    }

    /// Says of each finding where it is written and which edit set what it is about, and puts them in order.
    pub fn point(&self, diagnostics: &mut Diagnostics) {
        self.source().place(diagnostics);
    }

    /// The name of the file, for messages.
    pub fn file(&self) -> &str {
        &self.source().text.name
    }

    /// The text as it was written, without the edits.
    pub fn text(&self) -> &str {
        &self.source().text.text
    }

    /// How the text is written.
    pub fn notation(&self) -> Notation {
        self.source().text.notation
    }

    pub(super) fn source(&self) -> &Source {
        self.source.as_ref().expect("every model is read from a text")
    }

    /// The tree with everything written out that may be left away.
    fn full(&self) -> &Value {
        self.source().full.get_or_init(|| to_tree(self))
    }
}

fn child<'a>(value: &'a Value, segment: &Segment) -> Option<&'a Value> {
    match segment {
        Segment::Key(key) => value.as_object()?.get(&**key),
        Segment::Index(index) => value.as_array()?.get(*index),
    }
}

fn child_mut<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match segment {
        Segment::Key(key) => value.as_object_mut()?.get_mut(&**key),
        Segment::Index(index) => value.as_array_mut()?.get_mut(*index),
    }
}

fn collect(value: &Value, path: &Path, all: &mut Vec<Path>) {
    let mut visit = |path: Path, value| {
        all.push(path.clone());
        collect(value, &path, all);
    };
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| visit(path.key(key), value)),
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, value)| visit(path.index(i), value))
        }
        _ => {}
    }
}

/// Where an edit went wrong, why, and a hint.
type Refused = (Path, String, Option<String>);

/// Puts `value` at `path`. Where the tree leaves away something that `full` has, that is written out first.
fn put(tree: &mut Value, full: &Value, path: &Path, value: Value) -> Result<(), Refused> {
    let Some((last, parents)) = path.segments().split_last() else {
        return Err((path.clone(), "a whole model cannot be set".into(), None));
    };
    let mut node = tree;
    let mut shadow = Some(full);
    for (depth, segment) in parents.iter().enumerate() {
        if child(node, segment).is_none() {
            let Some(known) = shadow.and_then(|shadow| child(shadow, segment)) else {
                return Err(nowhere(path, depth, node, shadow));
            };
            write_out(node, segment, known, shadow);
        }
        shadow = shadow.and_then(|shadow| child(shadow, segment));
        node = match child_mut(node, segment) {
            Some(child) => child,
            None => return Err((path.clone(), "this cannot be reached".into(), None)),
        };
    }
    let depth = parents.len();
    let fits = |value: &Value| match last {
        Segment::Key(_) => value.is_object(),
        Segment::Index(_) => value.is_array(),
    };
    if !fits(node)
        && let Some(shadow) = shadow.filter(|shadow| fits(shadow))
    {
        *node = shadow.clone();
    }
    match (&mut *node, last) {
        (Value::Object(map), Segment::Key(key)) => {
            if !value.is_null() || map.shift_remove(&**key).is_none() {
                map.insert(key.to_string(), value);
            }
            Ok(())
        }
        (Value::Array(_), Segment::Index(_)) if value.is_null() => {
            let message = "an item cannot be taken out of a list".to_owned();
            Err((path.clone(), message, Some("set the whole list".into())))
        }
        (Value::Array(list), Segment::Index(index)) if *index < list.len() => {
            list[*index] = value;
            Ok(())
        }
        (Value::Array(list), Segment::Index(index)) if *index == list.len() => {
            list.push(value);
            Ok(())
        }
        _ => Err(nowhere(path, depth, node, shadow)),
    }
}

/// Writes out one child that was left away, or all of a node that was written in a shorter form.
fn write_out(node: &mut Value, segment: &Segment, known: &Value, shadow: Option<&Value>) {
    match (&mut *node, segment, shadow) {
        (Value::Object(map), Segment::Key(key), Some(Value::Object(_))) => {
            map.insert(key.to_string(), known.clone());
        }
        (_, _, Some(shadow)) => *node = shadow.clone(),
        (_, _, None) => {}
    }
}

/// The segment at `depth` of a path leads nowhere.
fn nowhere(path: &Path, depth: usize, node: &Value, shadow: Option<&Value>) -> Refused {
    let parent = Path::root().join(&path.segments()[..depth]);
    let place = if parent.is_root() { "the model".to_owned() } else { parent.to_string() };
    let shadow = shadow.unwrap_or(&Value::Null);
    match (&path.segments()[depth], node) {
        (Segment::Index(index), Value::Array(list)) => {
            let message = format!("there is no [{index}] in {place}: it has {} items", list.len());
            (path.clone(), message, None)
        }
        (Segment::Key(key), Value::Object(map)) => {
            let known = shadow.as_object().into_iter().flat_map(|map| map.keys());
            let mut names: Vec<&str> = map.keys().chain(known).map(String::as_str).collect();
            names.sort_unstable();
            names.dedup();
            let message = format!("there is no `{}` in {place}", shorten(key));
            let hint = match meant(path, depth, map, &names) {
                Some(meant) => format!("did you mean {meant}?"),
                None => suggest(key, &names[..names.len().min(20)]),
            };
            (path.clone(), message, Some(hint))
        }
        (_, node) => {
            let message = format!("there is nothing inside {place}: it is {}", describe(node));
            (path.clone(), message, Some(format!("set {place} itself")))
        }
    }
}

/// What may have been meant by a path that leads nowhere from the map at `depth` on.
fn meant(path: &Path, depth: usize, map: &Map<String, Value>, names: &[&str]) -> Option<Path> {
    let (before, after) = path.segments().split_at(depth);
    let parent = Path::root().join(before);
    let keys: Vec<&str> = after.iter().map_while(Segment::as_key).collect();
    // A name with dots in it that was not quoted.
    let dotted = (2..=keys.len()).find_map(|count| {
        let name = keys[..count].join(".");
        names.contains(&&*name).then(|| parent.key(name).join(&after[count..]))
    });
    // What kind of thing it is was left out.
    let kind = || match map.iter().next() {
        Some((kind, Value::Object(fields))) if map.len() == 1 && fields.contains_key(keys[0]) => {
            Some(parent.key(kind).join(after))
        }
        _ => None,
    };
    let near = || {
        let near = did_you_mean(keys[0], names.iter().copied())?;
        Some(parent.key(near).join(&after[1..]))
    };
    dotted.or_else(kind).or_else(near)
}
