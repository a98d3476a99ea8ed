//! Blocks as Markdown for a document.

use super::block::{Block, Table};
use super::cell::Cell;

pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        match block {
            Block::Headline(text, _) => out += &format!("**{text}**\n"),
            Block::Title(text) => out += &format!("### {text}\n"),
            Block::Paragraph(text) => out += &format!("{text}\n"),
            Block::Lines(lines) => {
                out += "```text\n";
                lines.iter().for_each(|(line, _)| out += &format!("{}\n", line.trim_end()));
                out += "```\n";
            }
            Block::Table(table) => render_table(&mut out, table),
        }
    }
    out
}

fn render_table(out: &mut String, table: &Table) {
    let head = table.head.iter().zip(&table.units).map(|(head, unit)| match unit.as_str() {
        "" => escape(head),
        unit => format!("{} ({unit})", escape(head)),
    });
    *out += &format!("| {} |\n|", head.collect::<Vec<_>>().join(" | "));
    *out += " :-- |";
    *out += &" --: |".repeat(table.head.len() - 1);
    out.push('\n');
    for row in &table.rows {
        let part = if row.is_part { "– " } else { "" };
        let cells: Vec<String> = row.cells.iter().map(cell).collect();
        *out += &format!("| {part}{} | {} |\n", escape(&row.name), cells.join(" | "));
    }
}

fn cell(cell: &Cell) -> String {
    match cell.below.strip_prefix('±') {
        Some(half) => format!("{} ± {half}", escape(&cell.text)),
        None => escape(format!("{} {}", cell.text, cell.below).trim_end()),
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_table() {
        let mut table = Table::new(&[("operation", ""), ("p99", "ms")]);
        table.row("a|b", vec![Cell { below: "±0.9".into(), ..Cell::text("41.2") }]);
        expect![[r#"
            | operation | p99 (ms) |
            | :-- | --: |
            | a\|b | 41.2 ± 0.9 |
        "#]]
        .assert_eq(&render(&[Block::Table(table)]));
    }
}
