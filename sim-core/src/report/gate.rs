//! A gate as a summary for a pull request.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::objectives::word;
use super::{Format, Style, csv, json_of, markdown, text, versus};
use crate::study::{Gate, Verdict};

/// Writes down what a gate found; `style` is for text.
pub fn render_gate(gate: &Gate, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(gate), style),
        Format::Markdown => markdown::render(&blocks(gate)),
        Format::Json => json_of(gate),
        Format::Csv => csv::render(&gate.summary),
    }
}

fn blocks(gate: &Gate) -> Vec<Block> {
    let count = |verdict| gate.checks.iter().filter(|check| check.verdict == verdict).count();
    let (headline, tone) = match gate.verdict {
        Verdict::Met => (format!("Passed: all {} checks are met.", gate.checks.len()), Tone::Good),
        Verdict::Undecided => (
            format!(
                "Undecided: {} of {} checks cannot be told; more --replications or a longer --horizon help.",
                count(Verdict::Undecided),
                gate.checks.len()
            ),
            Tone::Doubtful,
        ),
        Verdict::Missed => (
            format!("Missed: {} of {} checks.", count(Verdict::Missed), gate.checks.len()),
            Tone::Bad,
        ),
    };
    let mut table = Table::new(&[("check", ""), ("verdict", ""), ("found", "")]);
    for check in &gate.checks {
        let (word, tone) = word(check.verdict);
        table.row(
            check.says.clone(),
            vec![Cell::text(word).tone(tone), Cell::text(check.found.clone())],
        );
    }
    let mut blocks = vec![Block::Headline(headline, tone), Block::Table(table)];
    blocks.extend(versus::blocks(&gate.summary));
    blocks
}
