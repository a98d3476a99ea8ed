//! Views of what a study found out: for people, for programs and for documents.
//!
//! An answer is laid out once, as [`Block`]s; text and Markdown are two ways to write them down. JSON is the
//! summary itself, CSV its numbers in long form.

mod answer;
mod bill;
mod block;
mod blocks;
mod capacity;
mod cell;
pub mod columns;
mod csv;
pub mod document;
pub mod figure;
mod gate;
mod load;
mod markdown;
mod objectives;
mod optimize;
mod path;
mod reach;
mod record;
mod sensitivity;
mod sobol;
mod sweep;
pub mod telemetry;
mod text;
mod time_spent;
pub mod topology;
mod units;
mod versus;

pub use block::{Block, Row, Table, Tone};
pub use capacity::render_capacity;
pub use cell::Cell;
pub use gate::render_gate;
pub use optimize::render_optimize;
pub use record::Record;
pub use sensitivity::render_sensitivity;
pub use sobol::render_sobol;
pub use sweep::{SweepFormat, render_sweep, trial_row, trial_rows_head};
pub use text::Style;

use crate::model::Checked;
use crate::study::Summary;

/// How an answer is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// For people at a terminal.
    #[default]
    Text,
    /// Everything, as JSON.
    Json,
    /// A line for each number.
    Csv,
    /// For documents.
    Markdown,
}

/// Writes an answer down; `style` is for text.
pub fn render(summary: &Summary, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(summary), style),
        Format::Markdown => markdown::render(&blocks(summary)),
        Format::Csv => csv::render(summary),
        Format::Json => json_of(summary),
    }
}

/// Writes down what each station is offered and can take, without simulating.
pub fn render_load(checked: &Checked, format: Format, style: Style) -> String {
    let blocks = load::blocks(checked);
    match format {
        Format::Markdown => markdown::render(&blocks),
        _ => text::render(&blocks, style),
    }
}

fn blocks(summary: &Summary) -> Vec<Block> {
    match summary.designs.as_slice() {
        [design] => answer::blocks(summary, design),
        _ => versus::blocks(summary),
    }
}

fn json_of(answer: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(answer).expect("an answer has only text for keys");
    text.push('\n');
    text
}
