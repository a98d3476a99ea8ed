//! What caches, queues, replicas and other blocks tell of themselves.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::units::time_unit;
use crate::study::{BlockSummary, DesignSummary, Measured, Unit};

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
                    let (value, unit) = cells(measured);
                    table.part(
                        words(measured.name),
                        vec![value, Cell::text(unit).tone(Tone::Faint)],
                    );
                }
            }
            [Block::Title(format!("What {kind} do")), Block::Table(table)]
        })
        .collect()
}

/// `caches.redis` as `caches` and `redis`.
fn kind_and_name(block: &BlockSummary) -> (&str, &str) {
    block.path.split_once('.').unwrap_or((&block.path, &block.path))
}

/// `stores` as `store`.
fn singular(kind: &str) -> &str {
    kind.strip_suffix('s').unwrap_or(kind)
}

/// `hit_ratio` as `hit ratio`.
fn words(name: &str) -> String {
    name.replace('_', " ")
}

/// A measure and its unit, as large as reads well.
fn cells(measured: &Measured) -> (Cell, String) {
    let value = measured.value;
    match measured.unit {
        Unit::Seconds => {
            let unit = time_unit([value.mean]);
            (Cell::value(value, unit.seconds), unit.name.into())
        }
        Unit::PerSecond => (Cell::value(value, 1.0), "/s".into()),
        Unit::BytesPerSecond => {
            let (size, name) = match value.mean {
                bytes if bytes >= 1e9 => (1e9, "GB/s"),
                bytes if bytes >= 1e6 => (1e6, "MB/s"),
                bytes if bytes >= 1e3 => (1e3, "kB/s"),
                _ => (1.0, "B/s"),
            };
            (Cell::value(value, size), name.into())
        }
        Unit::Share => (Cell::value(value, 0.01), "%".into()),
        Unit::Count => (Cell::value(value, 1.0), String::new()),
    }
}
