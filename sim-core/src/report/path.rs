//! The path of slow requests, as a table for each journey and a sentence below it.

use super::block::{Block, Table};
use super::cell::Cell;
use super::units::time_unit;
use crate::study::{DesignSummary, PathStep, PathSummary};
use crate::time::Duration;

/// Rows of a table, at most.
const ROWS_MAX: usize = 8;

pub(super) fn blocks(design: &DesignSummary) -> Vec<Block> {
    design.paths.iter().flat_map(of).collect()
}

fn of(path: &PathSummary) -> Vec<Block> {
    let total = |of: fn(&PathStep) -> f64| path.steps.iter().map(of).sum::<f64>();
    let (slow, usual) = (total(|step| step.slow.mean), total(|step| step.usual.mean));
    let unit = time_unit([slow, usual]);
    let mut table = Table::new(&[
        ("where the time goes", ""),
        ("p99", unit.name),
        ("share", "%"),
        ("median", unit.name),
        ("more", unit.name),
    ]);
    let cells = |slow_one: Cell, slow_mean: f64, usual_one: Cell, usual_mean: f64| {
        vec![
            slow_one,
            Cell::number(slow_mean / slow, 0.01),
            usual_one,
            Cell::number(slow_mean - usual_mean, unit.seconds),
        ]
    };
    let counts = |step: &&PathStep| step.slow.mean.max(step.usual.mean) >= 0.001 * slow;
    for step in path.steps.iter().filter(counts).take(ROWS_MAX) {
        let (slow, usual) = (step.slow, step.usual);
        let row = cells(
            Cell::value(slow, unit.seconds),
            slow.mean,
            Cell::value(usual, unit.seconds),
            usual.mean,
        );
        table.row(step.says.clone(), row);
    }
    let number = |seconds: f64| Cell::number(seconds, unit.seconds);
    table.row("all of it", cells(number(slow), slow, number(usual), usual));
    let title = format!("The path of a p99 request: {} for {}", path.operation, path.client);
    let mut blocks = vec![Block::Title(title), Block::Table(table)];
    if let Some(most) = path.steps.first().filter(|step| step.slow.mean > step.usual.mean) {
        let time = |seconds: f64| Duration::from_secs(seconds).to_string();
        blocks.push(Block::Paragraph(format!(
            "What sets them apart most: {}, {} of {}, where a median request spends {} of {}.",
            most.says,
            time(most.slow.mean),
            time(slow),
            time(most.usual.mean),
            time(usual)
        )));
    }
    blocks
}
