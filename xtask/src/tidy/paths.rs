//! A path that the documents name in backticks is there.

use super::{Complaint, File, at};
use crate::shell::root;

const DOCUMENTS: &[&str] = &["README.md", "ARCHITECTURE.md", "CHANGELOG.md"];

/// Folders that a document may leave out where its context names them.
const BASES: &[&str] =
    &["", "sim-core/", "sim-core/src/", "sim-cli/src/", "sim-web/", "xtask/src/"];

/// Ends of names by which a path of a file is told from `requests/second`.
const ENDINGS: &[&str] = &[".rs", ".ts", ".toml", ".md", ".ron", ".ipynb", ".py", ".sh"];

/// Every path that is named and is not there.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    let root = root();
    let exists = |path: &str| BASES.iter().any(|base| root.join(base).join(path).exists());
    let documents = files.iter().filter(|file| DOCUMENTS.contains(&file.path.as_str()));
    let missing = |file: &File| -> Vec<Complaint> {
        named(&file.text)
            .into_iter()
            .filter(|(_, path)| !exists(path))
            .map(|(line, path)| at(&file.path, line, &format!("`{path}` does not exist")))
            .collect()
    };
    documents.flat_map(missing).collect()
}

/// The paths in backticks with their lines; blocks of code show what is typed, not what is there.
fn named(text: &str) -> Vec<(usize, &str)> {
    let mut in_block = false;
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if !in_block {
            let spans = line.split('`').skip(1).step_by(2).filter(|span| is_path(span));
            found.extend(spans.map(|span| (number + 1, span)));
        }
    }
    found
}

fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let folder = span.split_once('/').is_some_and(|(top, rest)| rest.is_empty() || is_top(top));
    let file = span.contains('/') && ENDINGS.iter().any(|ending| span.ends_with(ending));
    span.chars().all(plain) && !span.starts_with('/') && (folder || file)
}

/// Whether a folder of this name lies in the root.
fn is_top(name: &str) -> bool {
    root().join(name).is_dir()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn paths_are_told_from_units_commands_and_examples() {
        let text = "Read `xtask/src/main.rs` and `docs/`, at 5 `req/s`, `a/*.rs`, `--out x/y.md`.\n\
            ```\n`gone/away.rs`\n```\n`xtask/nothing`";
        let expected = [(1, "xtask/src/main.rs"), (1, "docs/"), (5, "xtask/nothing")];
        assert_eq!(named(text), expected);
    }
}
