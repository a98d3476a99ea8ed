//! Mutations of a model's text, token by token.

use proptest::prelude::*;
use std::ops::Range;

/// One change. Places are taken modulo the number of tokens of their kind.
#[derive(Clone, Debug)]
pub(super) enum Mutation {
    /// Takes out so many tokens.
    Delete { at: usize, count: usize },
    /// Writes so many tokens once more.
    Repeat { at: usize, count: usize },
    /// Writes one token where another one is.
    Copy { from: usize, to: usize },
    /// Writes a quoted name where another one is.
    Rename { from: usize, to: usize },
    /// Writes another number, inside quotes or not; the unit stays.
    Number { at: usize, number: &'static str },
    /// Writes any text into a pair of quotes.
    Text { at: usize, text: &'static str },
}

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1",
    "2",
    "0.5",
    "1e308",
    "1e-308",
    "1e9",
    "1e18",
    "NaN",
    "inf",
    "-inf",
    "1000",
    "100000",
    "1000000",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "1e30",
    "0.000000001",
    "99999",
    "-0.0",
    "3600",
];

const TEXTS: &[&str] = &[
    "",
    "0s",
    "1ns",
    "31 years",
    "1e9/s",
    "1e6/s",
    "0/s",
    "1/d",
    "100%",
    "a.x",
    "web.home",
    "times.csv",
    "1e30 h",
    "\u{0}",
    "é",
    ".",
    "0.4ns",
    "365d",
    "10000d",
];

pub(super) fn mutations() -> impl Strategy<Value = Mutation> {
    let place = any::<usize>();
    prop_oneof![
        1 => (place, 1..6usize).prop_map(|(at, count)| Mutation::Delete { at, count }),
        1 => (place, 1..12usize).prop_map(|(at, count)| Mutation::Repeat { at, count }),
        1 => (place, any::<usize>()).prop_map(|(from, to)| Mutation::Copy { from, to }),
        3 => (place, any::<usize>()).prop_map(|(from, to)| Mutation::Rename { from, to }),
        8 => (place, 0..NUMBERS.len())
            .prop_map(|(at, n)| Mutation::Number { at, number: NUMBERS[n] }),
        2 => (place, 0..TEXTS.len()).prop_map(|(at, n)| Mutation::Text { at, text: TEXTS[n] }),
    ]
}

pub(super) fn mutate(text: &str, mutations: &[Mutation]) -> String {
    let mut text = text.to_owned();
    for mutation in mutations {
        apply(&mut text, mutation);
    }
    text
}

fn apply(text: &mut String, mutation: &Mutation) {
    let tokens = tokens(text);
    let nth = |tokens: &[Range<usize>], n: usize| tokens.get(n % tokens.len().max(1)).cloned();
    let of_kind = |start: fn(char) -> bool| {
        let fits = |token: &&Range<usize>| text[token.start..].starts_with(start);
        tokens.iter().filter(fits).cloned().collect::<Vec<_>>()
    };
    let replaced = match mutation {
        Mutation::Delete { at, count } => run_of(&tokens, *at, *count).map(|r| (r, String::new())),
        Mutation::Repeat { at, count } => run_of(&tokens, *at, *count)
            .map(|range| (range.end..range.end, format!(" {}", &text[range]))),
        Mutation::Copy { from, to } => {
            nth(&tokens, *to).zip(nth(&tokens, *from)).map(|(to, from)| (to, text[from].to_owned()))
        }
        Mutation::Rename { from, to } => {
            let names = of_kind(|c| c == '"');
            nth(&names, *to).zip(nth(&names, *from)).map(|(to, from)| (to, text[from].to_owned()))
        }
        Mutation::Number { at, number } => {
            nth(&numbers(text), *at).map(|range| (range, (*number).to_owned()))
        }
        Mutation::Text { at, text: new } => {
            nth(&of_kind(|c| c == '"'), *at).map(|range| (range, format!("\"{new}\"")))
        }
    };
    if let Some((range, new)) = replaced {
        text.replace_range(range, &new);
    }
}

/// From the first byte of a token to the last of the last.
fn run_of(tokens: &[Range<usize>], at: usize, count: usize) -> Option<Range<usize>> {
    let first = at % tokens.len().max(1);
    let last = (first + count).min(tokens.len()).checked_sub(1)?;
    Some(tokens.get(first)?.start..tokens.get(last)?.end)
}

/// Words, numbers, quoted text and single marks; comments and blanks lie between them.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = if c == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else if is_word(c) {
            rest.find(|c| !is_word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("//") {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else {
            c.len_utf8()
        };
        if !c.is_whitespace() {
            tokens.push(at..at + length);
        }
        at += length;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-')
}

/// Numbers, also those at the start of a quoted text.
fn numbers(text: &str) -> Vec<Range<usize>> {
    let number = |token: Range<usize>| {
        let quoted = usize::from(text[token.clone()].starts_with('"'));
        let start = token.start + quoted;
        let digits = &text[start..token.end];
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        digits.starts_with(|c: char| c.is_ascii_digit()).then_some(start..start + end)
    };
    tokens(text).into_iter().filter_map(number).collect()
}
