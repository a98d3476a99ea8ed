//! The report as Markdown, for a pull request: what is long is folded, and graphs are Mermaid.

use super::Document;
use crate::report::markdown::render;
use crate::report::topology::GraphFormat;
use std::fmt::Write;

pub(super) fn write(document: &Document) -> String {
    let mut out = format!("## {}\n\n", inline(&document.title()));
    out += &render(&document.answer());
    for (number, (chapter, design)) in
        document.designs.iter().zip(&document.summary.designs).enumerate()
    {
        let name = inline(&design.name);
        let _ = write!(out, "\n<details><summary>What runs where: {name}</summary>\n\n");
        let graph = chapter.topology.write(GraphFormat::Mermaid);
        let _ = write!(out, "```mermaid\n{graph}```\n\n</details>\n");
        if document.summary.designs.len() > 1 {
            let _ = write!(out, "\n<details><summary>All numbers of {name}</summary>\n\n");
            let _ = write!(out, "{}\n</details>\n", render(&document.answer_of(number)));
        }
    }
    out += "\n<details><summary>What was assumed</summary>\n\n";
    for warning in &document.warnings {
        let _ = writeln!(out, "- Warning: {}", inline(warning));
    }
    for convention in &document.conventions {
        let _ = writeln!(out, "- {convention}");
    }
    let _ = write!(out, "\n</details>\n\n```text\n{}\n", fenced(&document.command));
    for line in document.provenance() {
        let _ = writeln!(out, "{}", fenced(line.trim_end()));
    }
    out + "```\n"
}

/// Text on a line, in which nothing is markup.
pub(super) fn inline(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '`' | '*' | '_' | '[' | ']' | '#' | '|' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Text that does not end the fence around it.
pub(super) fn fenced(text: &str) -> String {
    text.replace("```", "'''").replace(char::is_control, " ")
}
