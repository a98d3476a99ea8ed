//! Findings about a model, each with the line it is about.

use crate::output;
use sim_core::spec::{Diagnostic, Diagnostics, Severity, Span};
use std::fmt::Write;
use std::io::IsTerminal;

/// Prints findings on stderr, about one of the designs or about the model as written. A closed stderr is nobody's loss.
pub(crate) fn print(findings: &Diagnostics, text: &str, design: Option<&str>) {
    let color = output::wants_color(std::io::stderr().is_terminal());
    let text = render(findings, text, design, color);
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}

fn render(findings: &Diagnostics, text: &str, design: Option<&str>, color: bool) -> String {
    let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).lines().collect();
    let mut out = String::new();
    for finding in findings {
        one(&mut out, finding, &findings.file, &lines, color);
        out.push('\n');
    }
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let warnings = findings.iter().count() - errors;
    let mut parts = Vec::new();
    for (count, what) in [(errors, "error"), (warnings, "warning"), (findings.dropped(), "more")] {
        match (count, what) {
            (0, _) => {}
            (1, _) | (_, "more") => parts.push(format!("{count} {what}")),
            _ => parts.push(format!("{count} {what}s")),
        }
    }
    let design = design.map(|name| format!(", design {name}")).unwrap_or_default();
    let _ = writeln!(out, "{}{design}: {}", findings.file, parts.join(", "));
    out
}

fn one(out: &mut String, finding: &Diagnostic, file: &str, lines: &[&str], color: bool) {
    let paint = |text: &str, code: &str| {
        if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    };
    let (word, code) = match finding.severity {
        Severity::Error => ("error", "1;31"),
        Severity::Warning => ("warning", "1;33"),
    };
    let _ = writeln!(out, "{}: {}", paint(word, code), paint(&finding.message, "1"));
    let place = match finding.span {
        Some(span) => format!("{file}:{}:{}", span.line, span.column),
        None => file.to_owned(),
    };
    let path = match finding.path.is_root() {
        true => String::new(),
        false => format!("  {}", finding.path),
    };
    let gutter = finding.span.map_or(1, |span| span.line.to_string().len());
    let indent = " ".repeat(gutter);
    let _ = writeln!(out, "{indent}{} {place}{}", paint("-->", "34"), paint(&path, "2"));
    if let Some((span, line)) = finding.span.and_then(|s| Some((s, *lines.get(s.line - 1)?))) {
        let bar = paint("|", "34");
        let (shown, skipped, length) = excerpt(line, span);
        let _ = writeln!(out, "{} {bar} {shown}", paint(&span.line.to_string(), "34"));
        let marks = paint(&"^".repeat(length), code);
        let _ = writeln!(out, "{indent} {bar} {}{marks}", " ".repeat(skipped));
    }
    if let Some(hint) = &finding.hint {
        let _ = writeln!(out, "{indent} {} {hint}", paint("=", "34"));
    }
}

/// Characters of a line that are shown; a longer one is cut around what is meant.
const LINE_MAX: usize = 100;

/// What is shown of a line, how many characters stand before the mark, and how long that is.
fn excerpt(line: &str, span: Span) -> (String, usize, usize) {
    let chars: Vec<char> = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let start = (span.column - 1).min(chars.len());
    let from = if chars.len() > LINE_MAX { start.saturating_sub(LINE_MAX / 3) } else { 0 };
    let shown: String = chars.iter().skip(from).take(LINE_MAX).collect();
    let marked = line.chars().skip(start).scan(0, |bytes, c| {
        *bytes += c.len_utf8();
        Some(*bytes)
    });
    let length = marked.take_while(|&bytes| bytes <= span.end - span.start).count();
    let room = shown.chars().count().saturating_sub(start - from);
    (shown, start - from, length.min(room).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_what_is_meant() {
        let line = "    components: [\"paymnt\"],";
        let span = Span { start: 17, end: 25, line: 1, column: 18 };
        assert_eq!(excerpt(line, span), (line.to_owned(), 17, 8));
    }

    #[test]
    fn letters_count_and_not_bytes() {
        let span = Span { start: 2, end: 6, line: 1, column: 2 };
        assert_eq!(excerpt("äüö", span), ("äüö".to_owned(), 1, 2));
    }

    #[test]
    fn a_long_line_is_cut() {
        let line = "x".repeat(10_000);
        let span = Span { start: 5_000, end: 9_000, line: 1, column: 5_001 };
        let (shown, skipped, length) = excerpt(&line, span);
        assert_eq!(
            (shown.len(), skipped, length),
            (LINE_MAX, LINE_MAX / 3, LINE_MAX - LINE_MAX / 3)
        );
    }

    #[test]
    fn a_place_beyond_the_line_is_no_reason_to_fail() {
        let span = Span { start: 90, end: 90, line: 1, column: 91 };
        assert_eq!(excerpt("ab", span), ("ab".to_owned(), 2, 1));
    }
}
