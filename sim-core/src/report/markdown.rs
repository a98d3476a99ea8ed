//! Blocks as Markdown for a document.

use super::block::{Block, Table, Tone};
use super::cell::Cell;

pub(super) fn render(blocks: &[Block]) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        match block {
            Block::Headline(text, _) => out += &format!("**{}**\n", escape(text)),
            Block::Title(text) => out += &format!("### {}\n", escape(text)),
            Block::Paragraph(text) => out += &format!("{}\n", escape(text)),
            Block::Lines(lines) => {
                // Longer than any that a name could close.
                let has_fence = lines.iter().any(|(line, _)| line.contains("```"));
                let fence =
                    if has_fence { "`".repeat(1 + longest_fence(lines)) } else { "```".into() };
                out += &format!("{fence}text\n");
                lines.iter().for_each(|(line, _)| out += &format!("{}\n", line.trim_end()));
                out += &format!("{fence}\n");
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

/// Text in which nothing is a cell's end or a tag.
pub(super) fn escape(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "\\<")
}

/// The longest run of backquotes.
fn longest_fence(lines: &[(String, Tone)]) -> usize {
    let runs = lines.iter().flat_map(|(line, _)| line.split(|c| c != '`'));
    runs.map(str::len).max().unwrap_or(0)
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
