//! What caches, queues, replicas and other blocks tell of themselves.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::units::time_unit;
use crate::study::{BlockSummary, DesignSummary, Measured, Status, Summary, Unit, Value};

/// A table for each kind of block: a row for each block, a part for each of its measures.
pub(super) fn blocks(design: &DesignSummary) -> Vec<Block> {
    let mut kinds: Vec<&str> = design.blocks.iter().map(|block| kind_and_name(block).0).collect();
    kinds.dedup();
    kinds
        .into_iter()
        .flat_map(|kind| {
            let mut table = Table::new(&[(singular(kind), ""), ("value", ""), ("unit", "")]);
            for block in design.blocks.iter().filter(|block| kind_and_name(block).0 == kind) {
                table.row(kind_and_name(block).1, Vec::new());
                for measured in &block.measures {
                    let (size, unit) = match measured.value.mean.is_infinite() {
                        true => (1.0, ""),
                        false => scale(measured.unit, [measured.value.mean]),
                    };
                    let value = Cell::value(measured.value, size);
                    table.part(
                        words(measured.name),
                        vec![value, Cell::text(unit).tone(Tone::Faint)],
                    );
                }
            }
            let title = match kind {
                "slos" => "How error budgets fare".to_owned(),
                kind => format!("What {kind} do"),
            };
            [Block::Title(title), Block::Table(table)]
        })
        .collect()
}

/// A table for each kind of block of several designs, a column for each: what differs between them.
pub(super) fn versus(summary: &Summary) -> Vec<Block> {
    let designs = summary.designs.as_slice();
    let mut paths: Vec<&str> = Vec::new();
    for block in designs.iter().flat_map(|design| &design.blocks) {
        if !paths.contains(&block.path.as_str()) {
            paths.push(&block.path);
        }
    }
    let mut kinds: Vec<&str> = Vec::new();
    for path in &paths {
        let kind = split(path).0;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let mut blocks = Vec::new();
    for kind in kinds {
        let mut head = vec![(singular(kind), "")];
        head.extend(designs.iter().map(|design| (design.name.as_str(), "")));
        let mut table = Table::new(&head);
        for path in paths.iter().filter(|path| split(path).0 == kind) {
            differences(&mut table, designs, path);
        }
        if !table.rows.is_empty() {
            blocks.push(Block::Title(format!("What {kind} do, where it differs")));
            blocks.push(Block::Table(table));
        }
    }
    blocks
}

/// The measures of a block that are not the same in all designs.
fn differences(table: &mut Table, designs: &[DesignSummary], path: &str) {
    let of = |design: &'_ DesignSummary| design.blocks.iter().position(|b| b.path == path);
    let blocks: Vec<Option<&BlockSummary>> =
        designs.iter().map(|design| of(design).map(|at| &design.blocks[at])).collect();
    let mut names: Vec<(&'static str, Unit)> = Vec::new();
    for measured in blocks.iter().flatten().flat_map(|block| &block.measures) {
        if !names.contains(&(measured.name, measured.unit)) {
            names.push((measured.name, measured.unit));
        }
    }
    let mut is_named = false;
    for (name, unit) in names {
        let measured: Vec<Option<&Measured>> = blocks
            .iter()
            .map(|block| block.and_then(|block| block.measures.iter().find(|m| m.name == name)))
            .collect();
        let (size, unit) = scale(unit, measured.iter().flatten().map(|m| m.value.mean));
        let cells: Vec<Cell> = measured
            .iter()
            .map(|m| m.map_or(Cell::text(""), |m| Cell::value(m.value, size)))
            .collect();
        // What a block measures in some designs only differs by that.
        let is_partial = blocks.iter().zip(&measured).any(|(of, m)| of.is_some() && m.is_none());
        if !is_partial && !differs(measured.iter().flatten().map(|m| m.value)) {
            continue;
        }
        if !is_named {
            table.row(split(path).1, Vec::new());
            is_named = true;
        }
        let unit = if unit.is_empty() { String::new() } else { format!(", {unit}") };
        table.part(format!("{}{unit}", words(name)), cells);
    }
}

/// `caches.redis` as `caches` and `redis`.
fn kind_and_name(block: &BlockSummary) -> (&str, &str) {
    split(&block.path)
}

fn split(path: &str) -> (&str, &str) {
    path.split_once('.').unwrap_or((path, path))
}

/// `stores` as `store`.
fn singular(kind: &str) -> &str {
    kind.strip_suffix('s').unwrap_or(kind)
}

/// `hit_ratio` as `hit ratio`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// Whether some numbers are further apart than chance explains, or only some of them are there.
fn differs(values: impl Iterator<Item = Value> + Clone) -> bool {
    let told = values.clone().filter(|value| value.status != Status::TooShort);
    let known = told.clone().filter(|value| !value.mean.is_nan());
    let (lowest, highest) = known.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |at, value| {
        (at.0.min(value.mean), at.1.max(value.mean))
    });
    let widths = known.clone().map(|value| value.half_width).filter(|width| width.is_finite());
    let chance = widths.fold(0.0, f64::max);
    let seen = known.count();
    (seen > 0 && seen < told.count()) || highest - lowest > chance
}

/// The unit in which the largest of some numbers reads well: how many of their own unit it is, and its name.
fn scale(unit: Unit, numbers: impl IntoIterator<Item = f64>) -> (f64, &'static str) {
    match unit {
        Unit::Seconds => {
            let unit = time_unit(numbers);
            (unit.seconds, unit.name)
        }
        Unit::PerSecond => (1.0, "/s"),
        Unit::BytesPerSecond => match numbers.into_iter().fold(0.0, f64::max) {
            bytes if bytes >= 1e9 => (1e9, "GB/s"),
            bytes if bytes >= 1e6 => (1e6, "MB/s"),
            bytes if bytes >= 1e3 => (1e3, "kB/s"),
            _ => (1.0, "B/s"),
        },
        Unit::Share => (0.01, "%"),
        Unit::Count => (1.0, ""),
        Unit::Dollars => (1.0, "$"),
    }
}
