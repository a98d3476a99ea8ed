//! Where things are written: the spans of every value and key of a model's text.
//!
//! The scanner runs on text that a real reader (`ron`, `serde_json`) has accepted, so it only tells shapes
//! apart and is tolerant about the rest. It mirrors how an enum's variant becomes a map with one key, so that
//! its paths are those of the tree.

use super::diagnostic::Span;
use super::path::{Path, Segment};
use indexmap::IndexMap;
use std::ops::Range;

/// Spans by path, and the keys written twice.
#[derive(Debug)]
pub(super) struct Outline {
    root: Node,
    /// Keys that were written before in the same place: where, the second key and the first.
    pub(super) duplicates: Vec<(Path, Range<usize>, Range<usize>)>,
}

#[derive(Debug, Default)]
struct Node {
    value: Range<usize>,
    key: Option<Range<usize>>,
    children: Children,
}

#[derive(Debug, Default)]
enum Children {
    #[default]
    None,
    Map(IndexMap<String, Node>),
    List(Vec<Node>),
}

impl Node {
    fn child(&self, segment: &Segment) -> Option<&Node> {
        match (&self.children, segment) {
            (Children::Map(map), Segment::Key(key)) => map.get(&**key),
            (Children::List(list), Segment::Index(index)) => list.get(*index),
            _ => None,
        }
    }
}

impl Outline {
    pub(super) fn new(text: &str) -> Outline {
        let mut scanner = Scanner { text, at: 0, path: Vec::new(), duplicates: Vec::new() };
        scanner.skip_attributes();
        Outline { root: scanner.value(), duplicates: scanner.duplicates }
    }

    /// The bytes of the value at a path or, failing that, of the deepest one around it.
    pub(super) fn value(&self, path: &[Segment]) -> Range<usize> {
        let mut node = &self.root;
        for segment in path {
            match node.child(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.value.clone()
    }

    /// The bytes of the key at exactly this path.
    pub(super) fn key(&self, path: &[Segment]) -> Option<Range<usize>> {
        path.iter().try_fold(&self.root, |node, segment| node.child(segment))?.key.clone()
    }
}

/// The place of some bytes, with its line and column.
pub(super) fn span(text: &str, bytes: Range<usize>) -> Span {
    let before = &text[..bytes.start.min(text.len())];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Span {
        start: bytes.start,
        end: bytes.end,
        line: before.bytes().filter(|b| *b == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// Deeper than what any reader accepts.
const DEPTH_MAX: usize = 256;

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    path: Vec<Segment>,
    duplicates: Vec<(Path, Range<usize>, Range<usize>)>,
}

/// What stood between two parentheses.
enum Group {
    Fields(IndexMap<String, Node>),
    Values(Vec<Node>),
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn advance_to(&mut self, found: Option<usize>) {
        self.at += found.unwrap_or(self.text.len() - self.at);
    }

    /// Skips one character, whatever its length.
    fn bump(&mut self) {
        self.at += self.rest().chars().next().map_or(0, char::len_utf8);
    }

    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = rest.len() - rest.trim_start().len();
            self.at += blank;
            if self.rest().starts_with("//") {
                let line = self.rest().find('\n');
                self.advance_to(line);
            } else if self.rest().starts_with("/*") {
                self.skip_block_comment();
            } else {
                return;
            }
        }
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0;
        while self.at < self.text.len() {
            if self.rest().starts_with("/*") {
                depth += 1;
                self.at += 2;
            } else if self.rest().starts_with("*/") {
                depth -= 1;
                self.at += 2;
            } else {
                self.bump();
            }
            if depth == 0 {
                return;
            }
        }
    }

    /// Skips `#![enable(...)]` at the top of a RON file.
    fn skip_attributes(&mut self) {
        self.skip_blank();
        while self.peek() == Some(b'#') {
            let end = self.rest().find(']').map(|at| at + 1);
            self.advance_to(end);
            self.skip_blank();
        }
    }

    fn value(&mut self) -> Node {
        self.skip_blank();
        let start = self.at;
        if self.path.len() > DEPTH_MAX {
            self.at = self.text.len();
            return Node { value: start..self.at, ..Node::default() };
        }
        let children = match self.peek() {
            Some(b'[') => Children::List(self.list(b']')),
            Some(b'{') => Children::Map(self.map(b'}')),
            Some(b'(') => match self.group() {
                Group::Fields(map) => Children::Map(map),
                Group::Values(list) if list.is_empty() => Children::None,
                Group::Values(list) => Children::List(list),
            },
            _ if self.skip_string() => Children::None,
            _ => match self.word() {
                Some(word) => {
                    let end = self.at;
                    self.skip_blank();
                    if self.peek() != Some(b'(') {
                        self.at = end;
                        Children::None
                    } else if &self.text[word.clone()] == "Some" {
                        return self.some();
                    } else {
                        self.variant(word)
                    }
                }
                None => {
                    let end = self.rest().find(|c: char| c.is_whitespace() || ",:)]}".contains(c));
                    self.advance_to(end);
                    Children::None
                }
            },
        };
        Node { value: start..self.at, key: None, children }
    }

    /// `Some(x)` is `x`.
    fn some(&mut self) -> Node {
        let start = self.at;
        match self.group() {
            Group::Values(list) if list.len() == 1 => list.into_iter().next().unwrap_or_default(),
            _ => Node { value: start..self.at, ..Node::default() },
        }
    }

    /// `name(...)` is a map from the name to what is inside: a lone value, or a list, or fields.
    fn variant(&mut self, word: Range<usize>) -> Children {
        let name = self.text[word.clone()].trim_start_matches("r#").to_owned();
        self.path.push(Segment::from(&*name));
        let start = self.at;
        let group = self.group();
        let whole = start..self.at;
        let mut content = match group {
            Group::Fields(map) => Node { value: whole, key: None, children: Children::Map(map) },
            Group::Values(list) if list.is_empty() => Node { value: whole, ..Node::default() },
            Group::Values(mut list) if list.len() == 1 => list.pop().unwrap_or_default(),
            Group::Values(list) => Node { value: whole, key: None, children: Children::List(list) },
        };
        self.path.pop();
        content.key = Some(word);
        Children::Map(IndexMap::from([(name, content)]))
    }

    fn group(&mut self) -> Group {
        let start = self.at;
        self.at += 1;
        self.skip_blank();
        let named = self.word().is_some() && {
            self.skip_blank();
            self.peek() == Some(b':')
        };
        self.at = start;
        if named { Group::Fields(self.map(b')')) } else { Group::Values(self.list(b')')) }
    }

    /// Steps over what separates items; whether there is another one.
    fn another(&mut self, close: u8) -> bool {
        loop {
            self.skip_blank();
            match self.peek() {
                None => return false,
                Some(b) if b == close => {
                    self.at += 1;
                    return false;
                }
                Some(b',' | b':' | b')' | b']' | b'}') => self.at += 1,
                Some(_) => return true,
            }
        }
    }

    fn list(&mut self, close: u8) -> Vec<Node> {
        self.at += 1;
        let mut list = Vec::new();
        while self.another(close) {
            self.path.push(Segment::Index(list.len()));
            list.push(self.value());
            self.path.pop();
        }
        list
    }

    fn map(&mut self, close: u8) -> IndexMap<String, Node> {
        self.at += 1;
        let mut map = IndexMap::<String, Node>::new();
        while self.another(close) {
            let start = self.at;
            if !self.skip_string() && self.word().is_none() {
                self.value();
            }
            let key = start..self.at;
            let name = unquoted(&self.text[key.clone()]);
            self.skip_blank();
            if self.peek() == Some(b':') {
                self.at += 1;
            }
            self.path.push(Segment::from(&*name));
            let mut node = self.value();
            node.key = Some(key.clone());
            if let Some(first) = map.get(&name).and_then(|first| first.key.clone()) {
                self.duplicates.push((Path::root().join(&self.path), key, first));
            }
            self.path.pop();
            map.insert(name, node);
        }
        map
    }

    /// A name such as `fifo`, or a raw one such as `r#type`.
    fn word(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        if self.rest().starts_with("r#") {
            self.at += 2;
        }
        let first = self.rest().chars().next().filter(|c| c.is_alphabetic() || *c == '_');
        if first.is_none() {
            self.at = start;
            return None;
        }
        let raw = self.at > start;
        let end = self.rest().find(|c: char| {
            !(c.is_alphanumeric() || c == '_' || raw && matches!(c, '-' | '.' | '+'))
        });
        self.advance_to(end);
        Some(start..self.at)
    }

    /// Skips text in quotes: `"a\"b"`, `'c'`, `r#"raw"#`; whether there was one.
    fn skip_string(&mut self) -> bool {
        let rest = self.rest();
        if let Some(raw) = rest.strip_prefix('r') {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            if raw[hashes..].starts_with('"') {
                let close = format!("\"{}", "#".repeat(hashes));
                let open = hashes + 2;
                let end = rest[open..].find(&close).map(|at| open + at + close.len());
                self.advance_to(end);
                return true;
            }
        }
        let Some(quote) = self.peek().filter(|b| matches!(b, b'"' | b'\'')) else { return false };
        self.at += 1;
        while let Some(b) = self.peek() {
            if b == b'\\' {
                self.at += 1;
            }
            self.bump();
            if b == quote {
                break;
            }
        }
        true
    }
}

/// The name that a key's text stands for.
fn unquoted(key: &str) -> String {
    if let Some(plain) = key.strip_prefix('"').and_then(|key| key.strip_suffix('"'))
        && !plain.contains('\\')
    {
        return plain.to_owned();
    }
    // JSON and RON differ in their escapes; what one of them refuses, the other one wrote.
    let text = serde_json::from_str::<String>(key).ok();
    text.or_else(|| ron::from_str::<String>(key).ok())
        .unwrap_or_else(|| key.trim_start_matches("r#").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TEXT: &str = r##"// a "comment" with ( brackets
#![enable(implicit_some)]
( /* nested /* one */ ( */
  q: 1,
  x: Some(exponential("5ms")),
  y: uniform("1ms", r#"2"ms"#),
  z: normal(mean: '3', sd: [4, (5, 6)]),
  r#type: { "a\"b": fifo, "c": none(), "c": -1.5e3 },
)"##;

    fn at(path: &str) -> &'static str {
        let outline = Outline::new(TEXT);
        &TEXT[outline.value(Path::parse(path).unwrap().segments())]
    }

    #[test]
    fn finds_every_value() {
        assert_eq!(at("x"), r#"exponential("5ms")"#);
        assert_eq!(at("x.exponential"), r#""5ms""#);
        assert_eq!(at("y.uniform"), r###"("1ms", r#"2"ms"#)"###);
        assert_eq!(at("y.uniform[1]"), r###"r#"2"ms"#"###);
        assert_eq!(at("z.normal.mean"), "'3'");
        assert_eq!(at("z.normal.sd[1][0]"), "5");
        assert_eq!(at(r#"type."a\"b""#), "fifo");
        assert_eq!(at("type.c"), "-1.5e3");
        assert_eq!(at("z.normal.sd[7].more"), "[4, (5, 6)]", "the deepest there is");
    }

    #[test]
    fn finds_keys_and_duplicates() {
        let outline = Outline::new(TEXT);
        let key = outline.key(Path::parse("z.normal").unwrap().segments()).unwrap();
        assert_eq!(&TEXT[key], "normal");
        let [(path, second, first)] = outline.duplicates.as_slice() else { panic!() };
        assert_eq!(path.to_string(), "type.c");
        assert_eq!((&TEXT[second.clone()], second.start > first.start), ("\"c\"", true));
    }

    #[test]
    fn a_key_that_is_never_closed_ends_with_the_text() {
        let outline = Outline::new("{\"u: ෳ");
        assert_eq!(outline.value(&[]), 0..8);
    }

    #[test]
    fn counts_lines_and_characters() {
        let place = span("a\nµb = 1", 5..6);
        assert_eq!((place.line, place.column), (2, 3));
    }

    proptest! {
        #[test]
        fn any_text_has_an_outline(text in "[\\[\\](){}:,\"'r#a1 /*\\\\\n-]{0,40}|\\PC*") {
            let outline = Outline::new(&text);
            prop_assert!(outline.value(&[]).end <= text.len());
        }
    }
}
