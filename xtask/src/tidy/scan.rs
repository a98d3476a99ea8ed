//! Looking at source text without parsing it: comments and texts are blanked, braces matched.

/// What decides how a quote is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// `'` opens a character or names a lifetime.
    Rust,
    /// `'` and the backtick open texts.
    Script,
}

/// The source with comments, texts and characters replaced by spaces; lines stay where they are.
pub(super) fn code(source: &str, language: Language) -> String {
    let mut out = String::with_capacity(source.len());
    let (mut rest, mut before) = (source, ' ');
    while let Some(c) = rest.chars().next() {
        let in_word = before.is_alphanumeric() || before == '_';
        let opaque = match language {
            Language::Rust if !in_word && raw(rest) > 0 => raw(rest),
            _ => opaque(rest, language),
        };
        let (piece, after) = rest.split_at(opaque.max(c.len_utf8()));
        if opaque == 0 {
            out.push(c);
        } else {
            out.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        (rest, before) = (after, c);
    }
    out
}

/// Rust code with the items under `#[cfg(test)]` replaced by spaces.
pub(super) fn without_tests(code: &str) -> String {
    let mut out = code.to_string();
    while let Some(start) = out.find("#[cfg(test)]") {
        let end = match out[start..].find(['{', ';']).map(|at| start + at) {
            Some(at) if out.as_bytes()[at] == b'{' => closing(&out, at),
            Some(at) => at + 1,
            None => out.len(),
        };
        let blank: String =
            out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
    }
    out
}

/// Where the brace that opens at byte `open` of blanked code has been closed.
pub(super) fn closing(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The line of a byte, counted from 1.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where `word` stands alone in the text, not as part of a longer name.
pub(super) fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    let continues = move |at: usize| {
        word.ends_with(part_of_name) && text[at + word.len()..].starts_with(part_of_name)
    };
    let places = text.match_indices(word).map(|(at, _)| at);
    places.filter(move |&at| !text[..at].ends_with(part_of_name)).filter(move |&at| !continues(at))
}

/// What the code names directly below `top`, as in `top::name` and `top::{name, other::thing}`.
pub(super) fn names_below<'a>(code: &'a str, top: &str) -> Vec<(usize, &'a str)> {
    let prefix = format!("{top}::");
    let mut found = Vec::new();
    for at in words(code, &prefix).map(|at| at + prefix.len()) {
        if code[at..].starts_with('{') {
            let group = &code[at + 1..closing(code, at) - 1];
            found.extend(members(group).into_iter().map(|(inner, name)| (at + 1 + inner, name)));
        } else {
            found.push((at, name(&code[at..])));
        }
    }
    found
}

/// The first name of every member of a group, with its place in the group.
fn members(group: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut expected, mut found) = (0_usize, true, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => expected = true,
            _ if expected && !c.is_whitespace() => {
                found.push((at, name(&group[at..])));
                expected = false;
            }
            _ => {}
        }
    }
    found
}

fn name(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
}

/// Bytes of the raw text, `r"…"`, `r#"…"#` or with `b` or `c` before, that `rest` starts with.
fn raw(rest: &str) -> usize {
    let Some(body) = rest.strip_prefix(['b', 'c']).unwrap_or(rest).strip_prefix('r') else {
        return 0;
    };
    let hashes = body.len() - body.trim_start_matches('#').len();
    if !body[hashes..].starts_with('"') {
        return 0;
    }
    let start = rest.len() - body.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    rest[start..].find(&end).map_or(rest.len(), |at| start + at + end.len())
}

/// Bytes of the comment, text or character that `rest` starts with; 0 if it is code.
fn opaque(rest: &str, language: Language) -> usize {
    match (rest.as_bytes()[0], language) {
        (b'/', _) if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
        (b'/', _) if rest.starts_with("/*") => block_comment(rest),
        (b'"', Language::Rust) | (b'`', Language::Script) => quoted(rest),
        (b'"' | b'\'', Language::Script) => quoted(&rest[..rest.find('\n').unwrap_or(rest.len())]),
        (b'\'', Language::Rust) => character(rest),
        _ => 0,
    }
}

/// Bytes of a block comment; they nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (0_usize, 0);
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Bytes of a text up to the quote that it opens with.
fn quoted(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while at < bytes.len() && bytes[at] != bytes[0] {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// Bytes of `'x'` or `'\n'`; 0 if it is a lifetime.
fn character(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) => quoted(rest),
        (Some(c), Some('\'')) => c.len_utf8() + 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rust(source: &str) -> String {
        let blanked = code(source, Language::Rust);
        assert_eq!(blanked.lines().count(), source.lines().count());
        blanked.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_texts_and_characters_are_blanked() {
        assert_eq!(rust("a /* { /* } */ { */ b // {\nc"), "a b c");
        assert_eq!(rust(r#"f("{ \" {", '{', '\'', b'}', "é")"#), "f( , , , b , )");
        assert_eq!(rust("r\"\\\" x br##\"a\"# {\"## y"), "x y");
        assert_eq!(
            rust("fn f<'a>(x: &'a str) -> &'a str { x }"),
            "fn f<'a>(x: &'a str) -> &'a str { x }"
        );
        assert_eq!(rust("bar\"{\""), "bar");
        assert_eq!(code("f('{', `}\n`) // '", Language::Script).trim_end(), "f(   ,   \n )");
    }

    #[test]
    fn tests_are_blanked() {
        let code = "a\n#[cfg(test)]\nmod tests { { } b }\nc #[cfg(test)] mod tests; d";
        let left = without_tests(code);
        assert_eq!(left.split_whitespace().collect::<Vec<_>>(), ["a", "c", "d"]);
        assert_eq!(left.lines().count(), 4);
    }

    #[test]
    fn names_are_found_alone_and_in_groups() {
        let code = "use crate::{spec::{A, B}, time};\ncrate::model::C; mycrate::x; crate::math";
        let found: Vec<_> =
            names_below(code, "crate").iter().map(|(at, n)| (line_of(code, *at), *n)).collect();
        assert_eq!(found, [(1, "spec"), (1, "time"), (2, "model"), (2, "math")]);
    }
}
