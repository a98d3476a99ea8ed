//! What a [`Spec`](super::Spec) was read from: the text, its outline, the tree and the edits on it.

use super::diagnostic::{Diagnostics, Span};
use super::outline::{self, Outline};
use super::path::Path;
use serde_json::Value;
use std::fmt;
use std::sync::{Arc, OnceLock};

/// How a model is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// Rusty object notation.
    Ron,
    /// JSON.
    Json,
}

/// The text of a file and where everything is in it.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) notation: Notation,
    pub(super) outline: Outline,
}

/// A text, and the tree it stands for once `edits` are made.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) text: Arc<Text>,
    pub(super) tree: Value,
    pub(super) edits: Vec<Edit>,
    /// The tree with everything written out that may be left away.
    pub(super) full: OnceLock<Value>,
}

/// One edit that was made.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    pub(super) path: Path,
    pub(super) origin: Origin,
}

/// Who made an edit.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// The file itself: what of it (a design, a change), and where in the file the edit is written.
    Written(String, Path),
    /// The caller: the value, for messages.
    Caller(String),
}

/// Where a model was read from is no part of what it says.
impl PartialEq for Source {
    fn eq(&self, _: &Source) -> bool {
        true
    }
}

/// The name of the file only: the rest would bury what a reader of the output is looking for.
impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text.name)
    }
}

impl Text {
    pub(super) fn new(name: &str, text: &str, notation: Notation) -> Text {
        let outline = Outline::new(text);
        Text { name: name.to_owned(), text: text.to_owned(), notation, outline }
    }

    pub(super) fn span(&self, path: &Path, on_key: bool) -> Span {
        let key = on_key.then(|| self.outline.key(path.segments())).flatten();
        let bytes = key.unwrap_or_else(|| self.outline.value(path.segments()));
        outline::span(&self.text, bytes)
    }
}

impl Source {
    /// Where a path is written, and who set it if that is not the model itself.
    pub(super) fn locate(&self, path: &Path, on_key: bool) -> (Option<Span>, Option<String>) {
        let edit = self.edits.iter().rev().find_map(|e| Some((path.inside(&e.path)?, &e.origin)));
        match edit {
            None => (Some(self.text.span(path, on_key)), None),
            Some((rest, Origin::Written(who, entry))) => {
                let entry = entry.join(rest);
                (Some(self.text.span(&entry, on_key)), Some(format!("set by {who}")))
            }
            Some((_, Origin::Caller(value))) => (None, Some(format!("set to {value}"))),
        }
    }

    /// Says of each finding where it is written and who set what it is about, and puts them in order.
    pub(super) fn place(&self, diagnostics: &mut Diagnostics) {
        diagnostics.file.clone_from(&self.text.name);
        for diagnostic in diagnostics.iter_mut().filter(|d| d.span.is_none()) {
            let (span, setter) = self.locate(&diagnostic.path, diagnostic.on_key);
            diagnostic.span = span;
            if let Some(setter) = setter {
                diagnostic.message += &format!(" ({setter})");
            }
        }
        diagnostics.sort();
    }
}
