//! Which parameters matter, as a ranked table.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::csv::{number, quoted, unit};
use super::sweep::comment;
use super::units::time_unit;
use super::{Format, Style, json_of, markdown, text};
use crate::study::{Effect, Origin, Sensitivity, Value};
use std::fmt::Write;

/// Writes down which parameters matter; `style` is for text.
pub fn render_sensitivity(found: &Sensitivity, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(found), style),
        Format::Markdown => markdown::render(&blocks(found)),
        Format::Json => json_of(found),
        Format::Csv => csv(found),
    }
}

fn csv(found: &Sensitivity) -> String {
    let mut out = comment(&found.origin);
    out += "path,from,to,metric,unit,size,size_half_width,signed,signed_half_width,spread,steps\n";
    let (metric, unit) = (found.metric.name(), unit(found.metric.unit()));
    for effect in &found.effects {
        let names = [&effect.path, &effect.from, &effect.to].map(|text| quoted(text)).join(",");
        let numbers = |value: Value| format!("{},{}", number(value.mean), number(value.half_width));
        let (size, signed, spread) =
            (numbers(effect.size), numbers(effect.signed), number(effect.spread));
        let _ = writeln!(out, "{names},{metric},{unit},{size},{signed},{spread},{}", effect.steps);
    }
    out
}

fn blocks(found: &Sensitivity) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &found.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.push(Block::Headline(headline(found), Tone::Plain));
    let (scale, name) = match found.is_time() {
        true => {
            let unit = time_unit(found.effects.iter().map(|effect| effect.size.mean));
            (unit.seconds, unit.name)
        }
        false => (1.0, unit(found.metric.unit())),
    };
    let mut table = Table::new(&[
        ("parameter", ""),
        ("from", ""),
        ("to", ""),
        ("changes it by", name),
        ("up or down", name),
        ("spread", name),
    ]);
    for effect in &found.effects {
        let Effect { path, from, to, size, signed, spread, .. } = effect;
        let cells = vec![
            Cell::text(from),
            Cell::text(to),
            Cell::value(*size, scale),
            Cell::value(*signed, scale),
            Cell::number(*spread, scale),
        ];
        table.row(path.clone(), cells);
    }
    blocks.push(Block::Table(table));
    blocks.push(Block::Paragraph(format!(
        "Elementary effects of {} trajectories (Morris): what {} changes by over the range of a parameter, on average over \
         the settings of the others. A spread as large as the effect speaks of curves, or of parameters that work together.",
        found.trajectories,
        found.metric.name()
    )));
    if found.steps_lost > 0 {
        blocks.push(Block::Paragraph(format!(
            "{} of {} steps lead to or from a point without a number to be sure of, and do not count.",
            found.steps_lost, found.steps
        )));
    }
    let Origin { version, model_hash, seed, command } = &found.origin;
    let origin = format!("archsim {version}, model {model_hash}, seed {seed}: {command}");
    blocks.push(Block::Lines(vec![(origin, Tone::Faint)]));
    blocks
}

fn headline(found: &Sensitivity) -> String {
    if found.interrupted {
        return "Interrupted: this is what was known by then.".into();
    }
    let known: Vec<&Effect> =
        found.effects.iter().filter(|effect| effect.size.mean > 0.0).collect();
    let metric = found.metric.name();
    match known.as_slice() {
        [] => format!("Nothing that was varied changes {metric}."),
        [first] => format!("Only {} changes {metric}.", first.path),
        [first, second, ..] if second.size.high() < first.size.low() => {
            format!("{} matters most to {metric}, then {}.", first.path, second.path)
        }
        [first, second, ..] => {
            format!(
                "{} and {} matter most to {metric}; which of them more cannot be told.",
                first.path, second.path
            )
        }
    }
}
