//! Objectives: met, missed or undecided.

use super::block::{Block, Tone};
use super::cell::Cell;
use crate::study::{DesignSummary, ObjectiveResult, Status, Unit, Verdict};

pub(super) fn blocks(design: &DesignSummary) -> Vec<Block> {
    if design.objectives.is_empty() {
        return Vec::new();
    }
    let lines = design.objectives.iter().map(|objective| {
        let (word, tone) = word(objective.verdict);
        (format!("{word:10} {}{}", objective.says, found(objective)), tone)
    });
    vec![Block::Title("Objectives".into()), Block::Lines(lines.collect())]
}

/// A verdict in a word.
pub(super) fn word(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::Met => ("met", Tone::Good),
        Verdict::Undecided => ("undecided", Tone::Doubtful),
        Verdict::Missed => ("missed", Tone::Bad),
    }
}

/// `: 187 ms ± 4 ms`.
fn found(objective: &ObjectiveResult) -> String {
    if objective.value.status == Status::Unstable {
        return ": it grows without end".into();
    }
    if objective.value.mean.is_nan() {
        return ": not confident of any number".into();
    }
    let (unit, name) = match objective.unit {
        Unit::Share => (0.01, " %"),
        Unit::PerSecond => (1.0, "/s"),
        Unit::Dollars => (1.0, " dollars"),
        Unit::Seconds | Unit::BytesPerSecond | Unit::Count => {
            let unit = super::units::time_unit([objective.value.mean, objective.limit]);
            (unit.seconds, &*format!(" {}", unit.name))
        }
    };
    let cell = Cell::value(objective.value, unit);
    match cell.below.strip_prefix('±') {
        Some(half) => format!(": {} ± {half}{name}", cell.text),
        None => format!(": {}{name}", cell.text),
    }
}
