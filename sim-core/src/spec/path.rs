//! Paths: the one way to name a place in a model, for edits, sweeps, sliders and diagnostics.

use std::fmt;
use std::sync::Arc;

/// A place in a model, such as `services.api.replicas` or `components.web.browse[1].work.lognormal.mean`.
///
/// A path is `segment(.segment | [index])*`. A segment is a bare word of letters, digits, `_` and `-`, or
/// text in double quotes: `services."api.v2".replicas` (inside quotes, `\"` and `\\` stand for `"` and `\`).
/// The variant of an enum is a segment. Children share the text of their parents' segments, so building one
/// is cheap.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Path(Vec<Segment>);

/// One step of a path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Segment {
    /// A field, a map's key or an enum's variant.
    Key(Arc<str>),
    /// A place in a list, from 0.
    Index(usize),
}

impl Segment {
    /// The key, if it is one.
    pub(super) fn as_key(&self) -> Option<&str> {
        match self {
            Segment::Key(key) => Some(key),
            Segment::Index(_) => None,
        }
    }
}

/// Longest text of a path.
const TEXT_MAX: usize = 4096;

impl Path {
    /// The whole model.
    pub fn root() -> Path {
        Path::default()
    }

    /// Reads a path; the error says what is wrong with it, in a sentence.
    pub fn parse(text: &str) -> Result<Path, String> {
        if text.is_empty() {
            return Err("a path cannot be empty; write one such as services.api.replicas".into());
        }
        if text.len() > TEXT_MAX {
            return Err(format!("a path has at most {TEXT_MAX} bytes"));
        }
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let first = segments.is_empty();
            rest = if let Some(inside) = rest.strip_prefix('[').filter(|_| !first) {
                let (index, rest) = read_index(inside, text)?;
                segments.push(Segment::Index(index));
                rest
            } else {
                let word = if first { rest } else { rest.strip_prefix('.').unwrap_or(rest) };
                if !first && word.len() == rest.len() {
                    let found = rest.chars().next().unwrap_or(' ');
                    return Err(format!(
                        "`{found}` cannot follow a segment in the path {text}: write `.`, `[0]` or quotes"
                    ));
                }
                let (key, rest) = read_key(word, text)?;
                segments.push(Segment::Key(key.into()));
                rest
            };
            if rest.is_empty() {
                return Ok(Path(segments));
            }
        }
    }

    /// The place `key` in this one.
    pub fn key(&self, key: impl AsRef<str>) -> Path {
        self.child(Segment::Key(key.as_ref().into()))
    }

    /// The place `[index]` in this one.
    pub fn index(&self, index: usize) -> Path {
        self.child(Segment::Index(index))
    }

    /// This place with one more segment.
    pub fn child(&self, segment: Segment) -> Path {
        let mut segments = Vec::with_capacity(self.0.len() + 1);
        segments.extend_from_slice(&self.0);
        segments.push(segment);
        Path(segments)
    }

    /// This place and then `rest`.
    pub fn join(&self, rest: &[Segment]) -> Path {
        Path([&self.0, rest].concat())
    }

    /// The segments, outermost first.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The place around this one and the last segment; `None` for the whole model.
    pub fn split_last(&self) -> Option<(Path, &Segment)> {
        self.0.split_last().map(|(last, parent)| (Path(parent.to_vec()), last))
    }

    /// What is left of this path inside `outer`; `None` if it lies elsewhere.
    pub fn inside(&self, outer: &Path) -> Option<&[Segment]> {
        self.0.strip_prefix(outer.0.as_slice())
    }

    /// Whether this is the whole model.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

fn read_index<'a>(inside: &'a str, text: &str) -> Result<(usize, &'a str), String> {
    let (digits, rest) =
        inside.split_once(']').ok_or_else(|| format!("`]` is missing in the path {text}"))?;
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    match digits.parse() {
        Ok(index) if plain => Ok((index, rest)),
        _ => Err(format!("`[{digits}]` in the path {text} is not a place in a list such as [0]")),
    }
}

fn read_key<'a>(word: &'a str, text: &str) -> Result<(String, &'a str), String> {
    let Some(quoted) = word.strip_prefix('"') else {
        let end = word.find(|c| !is_bare(c)).unwrap_or(word.len());
        if end == 0 {
            return Err(format!("a name is missing in the path {text}"));
        }
        return Ok((word[..end].to_owned(), &word[end..]));
    };
    let mut key = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((key, &quoted[at + 1..])),
            '\\' => key.extend(chars.next().map(|(_, c)| c)),
            c => key.push(c),
        }
    }
    Err(format!("a closing `\"` is missing in the path {text}"))
}

fn is_bare(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

/// The text that [`Path::parse`] reads back; names are quoted where they have to be.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Key(key) => {
                    if i > 0 {
                        f.write_str(".")?;
                    }
                    if !key.is_empty() && key.chars().all(is_bare) {
                        f.write_str(key)?;
                    } else {
                        write!(f, "\"{}\"", key.replace('\\', "\\\\").replace('"', "\\\""))?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl From<&str> for Segment {
    fn from(key: &str) -> Segment {
        Segment::Key(key.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_grammar() {
        let path = Path::parse("components.web.browse[1].work.lognormal.mean").unwrap();
        let built = Path::root().key("components").key("web").key("browse").index(1);
        assert_eq!(path, built.key("work").key("lognormal").key("mean"));
        let quoted = Path::parse(r#"services."api.v2"[0]."a\"b\\".x-y"#).unwrap();
        let built = Path::root().key("services").key("api.v2").index(0).key("a\"b\\");
        assert_eq!(quoted, built.key("x-y"));
    }

    #[test]
    fn refuses_what_is_not_a_path() {
        for text in
            ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[+1]", "a b", "a[0]b"]
        {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        for text in ["\"a", "[0]", "a.[0]", "a\"b\"", "a[99999999999999999999999]"] {
            assert!(Path::parse(text).is_err(), "{text}");
        }
        assert!(Path::parse(&"a.".repeat(10_000)).is_err());
    }

    fn segment() -> impl Strategy<Value = Segment> {
        prop_oneof![
            any::<String>().prop_map(|s| Segment::Key(s.into())),
            "[a-z_]{1,8}".prop_map(|s| Segment::Key(s.into())),
            any::<usize>().prop_map(Segment::Index),
        ]
    }

    proptest! {
        #[test]
        fn shown_and_read_back(
            first in "[a-z.\" ]{0,6}",
            rest in proptest::collection::vec(segment(), 0..6),
        ) {
            let path = Path::root().key(first).join(&rest);
            prop_assert_eq!(Path::parse(&path.to_string()).unwrap(), path);
        }

        #[test]
        fn any_text_is_read_or_refused(text in any::<String>()) {
            if let Ok(path) = Path::parse(&text) {
                prop_assert_eq!(Path::parse(&path.to_string()).unwrap(), path);
            }
        }
    }
}
