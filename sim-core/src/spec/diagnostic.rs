//! Diagnostics: what is wrong with a model, where, and what to do about it.

use super::path::Path;
use std::fmt;

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The model cannot be run.
    Error,
    /// The model can be run, but probably does not say what was meant.
    Warning,
}

/// A piece of the model's text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What it is about; the root for the file as a whole.
    pub path: Path,
    /// Where that is written; `None` where it is written nowhere.
    pub span: Option<Span>,
    /// What is wrong, in a sentence without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
    /// Whether it is about the name at `path`, not about what stands there.
    pub on_key: bool,
}

impl Diagnostic {
    /// Adds what to do about it.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Diagnostic {
        self.hint = Some(hint.into());
        self
    }
}

/// Findings about one file. The first hundred are kept, the rest are counted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Diagnostics {
    /// Name of the file.
    pub file: String,
    list: Vec<Diagnostic>,
    dropped: usize,
    dropped_errors: bool,
}

/// How many findings are kept.
const LIST_MAX: usize = 100;

impl Diagnostics {
    /// No findings about `file` yet.
    pub fn new(file: impl Into<String>) -> Diagnostics {
        Diagnostics { file: file.into(), ..Diagnostics::default() }
    }

    /// Adds an error; the answer is there to add a hint to it.
    pub fn error(&mut self, path: &Path, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Error, path, message.into())
    }

    /// Adds a warning; the answer is there to add a hint to it.
    pub fn warning(&mut self, path: &Path, message: impl Into<String>) -> &mut Diagnostic {
        self.add(Severity::Warning, path, message.into())
    }

    fn add(&mut self, severity: Severity, path: &Path, message: String) -> &mut Diagnostic {
        self.push(Diagnostic {
            severity,
            path: path.clone(),
            span: None,
            message,
            hint: None,
            on_key: false,
        })
    }

    /// Adds a finding. An error takes the place of a warning when there are too many.
    pub fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        if self.list.len() < LIST_MAX {
            self.list.push(diagnostic);
            return self.list.last_mut().expect("one was just added");
        }
        self.dropped += 1;
        self.dropped_errors |= diagnostic.severity == Severity::Error;
        // One more is kept beyond the limit, as a place for hints to what is not shown.
        self.list.truncate(LIST_MAX);
        self.list.push(diagnostic);
        &mut self.list[LIST_MAX]
    }

    /// Adds the findings of another list.
    pub fn merge(&mut self, other: Diagnostics) {
        self.dropped += other.dropped;
        self.dropped_errors |= other.dropped_errors;
        for diagnostic in other.list.into_iter().take(LIST_MAX) {
            self.push(diagnostic);
        }
    }

    /// Puts the findings in the order of the file; what is written nowhere comes first.
    pub fn sort(&mut self) {
        self.list.truncate(LIST_MAX);
        self.list.sort_by_key(|d| d.span.map(|span| span.start));
    }

    /// The findings that are kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list[..self.list.len().min(LIST_MAX)].iter()
    }

    /// The findings that are kept, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Diagnostic> {
        self.list.truncate(LIST_MAX);
        self.list.iter_mut()
    }

    /// How many more there are than are kept.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many errors there are; warnings that are not kept count too.
    pub(crate) fn error_count(&self) -> usize {
        self.dropped() + self.iter().filter(|it| it.severity == Severity::Error).count()
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.dropped_errors || self.list.iter().any(|d| d.severity == Severity::Error)
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A line or two for each finding:
/// ```text
/// shop.ron:12:18: error at services.api.replicas: expected a whole number, found the text "many"
///   hint: ...
/// ```
impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for d in self {
            f.write_str(&self.file)?;
            if let Some(span) = d.span {
                write!(f, ":{}:{}", span.line, span.column)?;
            }
            f.write_str(match d.severity {
                Severity::Error => ": error",
                Severity::Warning => ": warning",
            })?;
            if !d.path.is_root() {
                write!(f, " at {}", d.path)?;
            }
            writeln!(f, ": {}", d.message)?;
            if let Some(hint) = &d.hint {
                writeln!(f, "  hint: {hint}")?;
            }
        }
        match self.dropped {
            0 => Ok(()),
            more => writeln!(f, "{}: and {more} more", self.file),
        }
    }
}

impl std::error::Error for Diagnostics {}

/// The candidate most like `word`, if one is like enough: at most one letter in three differs (two
/// neighbouring letters swapped count as one), and in a word of two only the case.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let length = word.chars().count();
    if length > 200 {
        return None;
    }
    let near = candidates.into_iter().filter(|c| c.len() <= 800).map(|c| (distance(word, c), c));
    // The first of equals wins, so the answer depends on nothing but the order of the candidates.
    let (least, best) = near.min_by_key(|(d, _)| *d)?;
    let longer = length.max(best.chars().count());
    let most = if longer < 3 { 0 } else { longer.div_ceil(3) };
    (least <= most).then_some(best)
}

/// Letters to insert, delete, change or swap with their neighbour, capitals counting as small ones.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).collect();
    let mut older = vec![0; b.len() + 1];
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut new = vec![i + 1; b.len() + 1];
        for j in 0..b.len() {
            let change = old[j] + usize::from(a[i] != b[j]);
            new[j + 1] = change.min(old[j + 1] + 1).min(new[j] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                new[j + 1] = new[j + 1].min(older[j - 1] + 1);
            }
        }
        older = old;
        old = new;
    }
    old[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn distances_of_the_textbook() {
        // Levenshtein's own kind of example, and a transposition (Damerau).
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("saturday", "sunday"), 3);
        assert_eq!(distance("fiof", "fifo"), 1);
        assert_eq!(distance("", "abc"), 3);
    }

    #[test]
    fn suggests_what_is_near_only() {
        let fields = ["replicas", "cores", "threads"];
        assert_eq!(did_you_mean("replcas", fields), Some("replicas"));
        assert_eq!(did_you_mean("Cores", fields), Some("cores"));
        assert_eq!(did_you_mean("memory", fields), None);
        assert_eq!(did_you_mean("x", []), None);
    }

    #[test]
    fn keeps_a_hundred_and_counts_the_rest() {
        let mut all = Diagnostics::new("m.ron");
        for i in 0..LIST_MAX + 5 {
            all.warning(&Path::root().key("x").index(i), "so").hint("do");
        }
        assert!(!all.has_errors());
        all.error(&Path::root(), "late");
        assert!(all.has_errors());
        assert_eq!((all.iter().count(), all.dropped()), (LIST_MAX, 6));
        let mut two = Diagnostics::new("m.ron");
        two.merge(all);
        assert!(two.has_errors());
        assert_eq!((two.iter().count(), two.dropped()), (LIST_MAX, 6));
    }

    #[test]
    fn is_shown_a_line_each() {
        let mut all = Diagnostics::new("shop.ron");
        let span = Span { start: 90, end: 96, line: 12, column: 18 };
        let path = Path::parse("services.api.replicas").unwrap();
        let mut error = all.error(&path, "expected a whole number").clone();
        error.span = Some(span);
        let mut all = Diagnostics::new("shop.ron");
        all.push(error).hint("write 4");
        all.warning(&Path::root(), "nothing happens");
        all.sort();
        expect![[r#"
            shop.ron: warning: nothing happens
            shop.ron:12:18: error at services.api.replicas: expected a whole number
              hint: write 4
        "#]]
        .assert_eq(&all.to_string());
    }
}
