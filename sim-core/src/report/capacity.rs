//! Capacity: the highest load that meets the objectives, design by design.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::csv::{number, quoted};
use super::objectives::word;
use super::sweep::comment;
use super::{Format, Style, json_of, markdown, text};
use crate::study::words::significant;
use crate::study::{Capacity, CapacitySummary, Origin};
use std::fmt::Write;

/// Writes down what a search for capacity found; `style` is for text.
pub fn render_capacity(found: &CapacitySummary, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(found), style),
        Format::Markdown => markdown::render(&blocks(found)),
        Format::Json => json_of(found),
        Format::Csv => csv(found),
    }
}

fn csv(found: &CapacitySummary) -> String {
    let unit = &found.unit;
    let mut out = format!("{}design,unit,at,verdict,replications\n", comment(&found.origin));
    for capacity in &found.designs {
        for probe in &capacity.probes {
            let (word, _) = word(probe.verdict);
            let design = quoted(&capacity.name);
            let _ =
                writeln!(out, "{design},{unit},{},{word},{}", number(probe.at), probe.replications);
        }
    }
    out
}

fn blocks(found: &CapacitySummary) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &found.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.push(Block::Headline(headline(found), Tone::Plain));
    let unit = found.unit.as_str();
    let mut table = Table::new(&[
        ("design", ""),
        ("meets all up to", unit),
        ("misses from", unit),
        ("tried", "loads"),
        ("bottleneck", ""),
    ]);
    for capacity in &found.designs {
        let load = |load: Option<f64>| {
            load.map_or(Cell::text("–").tone(Tone::Faint), |at| Cell::text(significant(at, 4)))
        };
        let bottleneck = capacity.bottleneck.clone().unwrap_or_default();
        let tried = Cell::text(capacity.probes.len().to_string());
        table.row(
            capacity.name.clone(),
            vec![load(capacity.met), load(capacity.missed), tried, Cell::text(bottleneck)],
        );
    }
    blocks.push(Block::Table(table));
    let line = |capacity: &Capacity| (format!("{}: {}", capacity.name, capacity.says), Tone::Plain);
    blocks.extend(found.designs.iter().map(line).map(|(line, _)| Block::Paragraph(line)));
    let Origin { version, model_hash, seed, command } = &found.origin;
    let origin = format!("archsim {version}, model {model_hash}, seed {seed}: {command}");
    blocks.push(Block::Lines(vec![(origin, Tone::Faint)]));
    blocks
}

fn headline(found: &CapacitySummary) -> String {
    if found.interrupted {
        return "Interrupted: this is what was known by then.".into();
    }
    let best = found.designs.iter().filter(|capacity| capacity.met.is_some());
    let best = best.max_by(|a, b| a.met.unwrap_or(0.0).total_cmp(&b.met.unwrap_or(0.0)));
    match best {
        None => format!("No {} was found at which a design meets all objectives.", found.path),
        Some(best) => {
            let met = significant(best.met.unwrap_or(0.0), 4);
            let alike = found.designs.iter().filter(|other| other.name != best.name);
            // A bracket that reaches into the best one's may hide as much.
            let rivals: Vec<&str> = alike
                .filter(|other| other.missed.is_none_or(|missed| Some(missed) > best.met))
                .filter(|other| other.met.is_some())
                .map(|other| other.name.as_str())
                .collect();
            let so = match rivals.is_empty() {
                true => String::new(),
                false => format!("; {} may take as much", rivals.join(", ")),
            };
            format!(
                "{} takes the most: all objectives are met up to {met}{}{so}.",
                best.name, found.unit
            )
        }
    }
}
