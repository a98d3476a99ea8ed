//! Which share of the variance each parameter brings, as a ranked table.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::csv::{number, quoted, unit};
use super::sweep::comment;
use super::units::time_unit;
use super::{Format, Style, json_of, markdown, text};
use crate::study::words::significant;
use crate::study::{Origin, SobolIndex, SobolIndices, Unit, Value};
use std::fmt::Write;

/// Writes down which parameter brings which share of the variance; `style` is for text.
pub fn render_sobol(found: &SobolIndices, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(found), style),
        Format::Markdown => markdown::render(&blocks(found)),
        Format::Json => json_of(found),
        Format::Csv => csv(found),
    }
}

fn csv(found: &SobolIndices) -> String {
    let mut out = comment(&found.origin);
    out += "path,from,to,metric,first,first_half_width,total,total_half_width\n";
    for index in &found.parameters {
        let names = [&index.path, &index.from, &index.to].map(|text| quoted(text)).join(",");
        let numbers = |value: Value| format!("{},{}", number(value.mean), number(value.half_width));
        let (first, total) = (numbers(index.first), numbers(index.total));
        let _ = writeln!(out, "{names},{},{first},{total}", found.metric.name());
    }
    out
}

fn blocks(found: &SobolIndices) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &found.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.push(Block::Headline(headline(found), Tone::Plain));
    let mut table = Table::new(&[
        ("parameter", ""),
        ("from", ""),
        ("to", ""),
        ("by itself", "%"),
        ("with others", "%"),
    ]);
    for SobolIndex { path, from, to, first, total } in &found.parameters {
        let shares = [first, total].map(|value| Cell::value(*value, 0.01));
        let [first, total] = shares;
        table.row(path.clone(), vec![Cell::text(from), Cell::text(to), first, total]);
    }
    blocks.push(Block::Table(table));
    let metric = found.metric.name();
    let (scale, name) = match found.metric.unit() {
        Unit::Seconds => {
            let unit = time_unit([found.mean]);
            (unit.seconds, unit.name)
        }
        other => (1.0, unit(other)),
    };
    let [mean, deviation] = [found.mean, found.deviation].map(|n| significant(n / scale, 3));
    blocks.push(Block::Paragraph(format!(
        "Sobol' indices of {} samples: where all parameters lie anywhere in their ranges, {metric} is {mean} {name} on average \
         with a standard deviation of {deviation} {name}, and this is the share of each in its variance, by itself and with what it \
         does together with others. What chance adds to a run counts as together.",
        found.samples
    )));
    if found.samples_lost > 0 {
        blocks.push(Block::Paragraph(format!(
            "{} of {} samples have a point without a number to be sure of, and do not count: the shares are those of the rest.",
            found.samples_lost, found.samples
        )));
    }
    let Origin { version, model_hash, seed, command } = &found.origin;
    let origin = format!("archsim {version}, model {model_hash}, seed {seed}: {command}");
    blocks.push(Block::Lines(vec![(origin, Tone::Faint)]));
    blocks
}

fn headline(found: &SobolIndices) -> String {
    if found.interrupted {
        return "Interrupted: this is what was known by then.".into();
    }
    let metric = found.metric.name();
    let brings = |index: &&SobolIndex| index.total.mean > 0.0;
    match found.parameters.iter().filter(brings).collect::<Vec<_>>().as_slice() {
        [] => format!("Nothing that was varied changes {metric}."),
        [first] => format!("Only {} changes {metric}.", first.path),
        [first, second, ..] if second.total.high() < first.total.low() => {
            format!("{} varies {metric} most, then {}.", first.path, second.path)
        }
        [first, second, ..] => {
            format!(
                "{} and {} vary {metric} most; which of them more cannot be told.",
                first.path, second.path
            )
        }
    }
}
