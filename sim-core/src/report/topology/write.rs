//! A topology in languages that others draw.

use super::{Kind, Node, Topology};
use std::fmt::Write;

/// What is said of a node, line by line.
fn lines(node: &Node) -> Vec<String> {
    let mut lines = vec![node.name.clone()];
    if !node.size.is_empty() {
        lines.push(node.size.clone());
    }
    if node.parts.len() > 1 || node.parts.first().is_some_and(|part| *part != node.name) {
        lines.push(node.parts.join(", "));
    }
    for cache in &node.caches {
        lines.push(format!("cache {}: {} {}", cache.name, cache.size, cache.layer));
    }
    if node.utilisation.is_some() {
        lines.push(format!("{} in use", node.in_use()));
    }
    lines
}

/// <https://mermaid.js.org/syntax/flowchart.html>
pub(super) fn mermaid(topology: &Topology) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, node) in topology.nodes.iter().enumerate() {
        let says: Vec<String> = lines(node).iter().map(|line| mermaid_text(line)).collect();
        let (open, close) = match node.kind {
            Kind::Client => ("([", "])"),
            Kind::Service => ("[", "]"),
            Kind::Cache => ("{{", "}}"),
            Kind::Queue => (">", "]"),
            Kind::Store => ("[(", ")]"),
            Kind::External => ("[[", "]]"),
        };
        let _ = writeln!(text, "    n{number}{open}\"{}\"{close}", says.join("<br>"));
    }
    for edge in &topology.edges {
        let says: Vec<String> = edge.says.iter().map(|said| mermaid_text(said)).collect();
        let arrow = if edge.is_async { "-.->" } else { "-->" };
        let _ =
            writeln!(text, "    n{} {arrow}|\"{}\"| n{}", edge.from, says.join("<br>"), edge.to);
    }
    let too_much = |node: &(usize, &Node)| node.1.utilisation.is_some_and(|share| share >= 1.0);
    for (number, _) in topology.nodes.iter().enumerate().filter(too_much) {
        let _ = writeln!(text, "    style n{number} stroke:#B32D00,stroke-width:3px");
    }
    text
}

/// Text between quotes of a label, where some signs are written as entities and a line has no end.
fn mermaid_text(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' | '|' => {
                let _ = write!(out, "#{};", c as u32);
            }
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// <https://graphviz.org/doc/info/lang.html>
pub(super) fn dot(topology: &Topology) -> String {
    let mut text = format!("digraph {} {{\n", quoted(&topology.name));
    text += "    rankdir=LR;\n    node [fontname=\"sans-serif\", shape=box];\n    edge [fontname=\"sans-serif\", fontsize=10];\n";
    for (number, node) in topology.nodes.iter().enumerate() {
        let shape = match node.kind {
            Kind::Client => "oval",
            Kind::Service => "box",
            Kind::Cache => "hexagon",
            Kind::Queue => "cds",
            Kind::Store => "cylinder",
            Kind::External => "component",
        };
        let label = quoted(&lines(node).join("\n"));
        let _ = writeln!(text, "    n{number} [label={label}, shape={shape}];");
    }
    for edge in &topology.edges {
        let style = if edge.is_async { ", style=dashed" } else { "" };
        let label = quoted(&edge.says.join("\n"));
        let _ = writeln!(text, "    n{} -> n{} [label={label}{style}];", edge.from, edge.to);
    }
    text + "}\n"
}

/// A text between quotes, as DOT and Structurizr read it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// <https://docs.structurizr.com/dsl/language>: people, one system with its containers, and systems outside.
pub(super) fn structurizr(topology: &Topology) -> String {
    let mut text = format!("workspace {} {{\n    model {{\n", quoted(&topology.name));
    let of = |kinds: &'static [Kind]| {
        topology.nodes.iter().enumerate().filter(move |(_, node)| kinds.contains(&node.kind))
    };
    for (number, node) in of(&[Kind::Client]) {
        let _ = writeln!(
            text,
            "        n{number} = person {} {}",
            quoted(&node.name),
            quoted(&lines(node)[1..].join("; "))
        );
    }
    for (number, node) in of(&[Kind::External]) {
        let _ = writeln!(text, "        n{number} = softwareSystem {}", quoted(&node.name));
    }
    let _ = writeln!(text, "        system = softwareSystem {} {{", quoted(&topology.name));
    for (number, node) in of(&[Kind::Service, Kind::Cache, Kind::Queue, Kind::Store]) {
        let (name, says) = (quoted(&node.name), lines(node)[1..].join("; "));
        let (says, kind) = (quoted(&says), quoted(node.kind.name()));
        let _ = writeln!(text, "            n{number} = container {name} {says} {kind}");
    }
    text += "        }\n";
    for edge in &topology.edges {
        let how = if edge.is_async { " \"asynchronous\"" } else { "" };
        let says = quoted(&edge.says.join(", "));
        let _ = writeln!(text, "        n{} -> n{} {says}{how}", edge.from, edge.to);
    }
    text += "    }\n    views {\n        container system {\n            include *\n            autoLayout lr\n        }\n    }\n}\n";
    text
}
