//! The bill: what is paid for, who caused it, and what of it was idle.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use crate::study::words::{give_or_take, percent};
use crate::study::{BillSummary, DesignSummary, Line, Metric, Scope, Summary, Tendency, Value};

/// `It costs $612 a month, $0.002 for 1,000 requests; 51 % of that is idle machines.`
pub(super) fn sentence(bill: &BillSummary) -> String {
    let month = dollars(bill.month.mean);
    let thousand = match bill.per_thousand.mean {
        each if each.is_finite() => format!(", {} for 1,000 requests", dollars(each)),
        _ => String::new(),
    };
    let idle = match bill.idle.mean / bill.month.mean {
        share if share > 0.0 => format!("; {} of it is for idle machines", percent(share)),
        _ => String::new(),
    };
    format!("It costs {month} a month{thousand}{idle}.")
}

/// What is paid for, then who caused it.
pub(super) fn blocks(design: &DesignSummary) -> Vec<Block> {
    let Some(bill) = &design.bill else { return Vec::new() };
    let mut table = Table::new(&[("bill", ""), ("a month", "$"), ("of it", "%")]);
    let cells = |value: Value| vec![Cell::money(value), share(value, bill)];
    table.row("all", cells(bill.month));
    for line in &bill.charges {
        table.part(name(&line.scope), cells(line.month));
    }
    table.row("idle machines, of that", cells(bill.idle));
    let mut blocks = vec![Block::Title("Where the money goes".into()), Block::Table(table)];
    if bill.journeys.len() > 1 {
        let mut table = Table::new(&[("who", ""), ("a month", "$"), ("of it", "%")]);
        let mut rest = bill.month.mean;
        for client in &bill.clients {
            table.row(name(&client.scope), cells(client.month));
            rest -= client.month.mean;
            let own: Vec<&Line> =
                (bill.journeys.iter()).filter(|line| is_of(&line.scope, &client.scope)).collect();
            for line in own.iter().filter(|_| own.len() > 1) {
                table.part(name(&line.scope), cells(line.month));
            }
        }
        // What rounding leaves is nobody's.
        if rest > 1e-9 * bill.month.mean {
            let value = Value { mean: rest, half_width: 0.0, ..bill.month };
            table.row("nobody in particular", cells(value));
        }
        blocks.extend([Block::Title("Who causes it".into()), Block::Table(table)]);
    }
    blocks
}

/// A row for each design: the bill of a month, and against the first's.
pub(super) fn compared(summary: &Summary) -> Vec<Block> {
    if summary.designs.iter().all(|design| design.bill.is_none()) {
        return Vec::new();
    }
    let mut table = Table::new(&[
        ("design", ""),
        ("a month", "$"),
        ("for 1,000 requests", "$"),
        ("idle machines", "$"),
        ("against the first", ""),
    ]);
    for design in &summary.designs {
        let Some(bill) = &design.bill else {
            table.row(design.name.clone(), vec![Cell::text("–").tone(Tone::Faint); 4]);
            continue;
        };
        let told = summary.comparisons.iter().find(|c| c.design == design.name);
        let told = told.and_then(|told| told.get(&Scope::All, Metric::Cost));
        let against = told.map_or(Cell::text(""), |told| {
            let tone = match told.tendency {
                Tendency::Lower => Tone::Good,
                Tendency::Higher => Tone::Bad,
                _ => Tone::Plain,
            };
            Cell::text(told.says.trim_start_matches("cost").trim_start_matches(':').trim())
                .tone(tone)
        });
        let values = [bill.month, bill.per_thousand, bill.idle];
        let mut cells: Vec<Cell> = values.into_iter().map(Cell::money).collect();
        cells.push(against);
        table.row(design.name.clone(), cells);
    }
    vec![Block::Title("What it costs".into()), Block::Table(table)]
}

fn share(value: Value, bill: &BillSummary) -> Cell {
    match value.mean / bill.month.mean {
        share if share.is_finite() => Cell::text(format!("{:.1}", 100.0 * share)),
        _ => Cell::text("–").tone(Tone::Faint),
    }
}

fn is_of(journey: &Scope, owner: &Scope) -> bool {
    match (journey, owner) {
        (Scope::Journey { client, .. }, Scope::Client(owner)) => client == owner,
        _ => false,
    }
}

fn name(scope: &Scope) -> String {
    match scope {
        Scope::Charge { of, kind } => format!("{of}: {}", kind.replace('_', " ")),
        Scope::Client(name) => name.clone(),
        Scope::Journey { operation, .. } => operation.clone(),
        _ => String::new(),
    }
}

/// `$1,234.50`; what is less than a dollar to two digits.
pub(super) fn dollars(amount: f64) -> String {
    format!("${}", plain(amount))
}

/// The same without its sign.
pub(super) fn plain(amount: f64) -> String {
    if amount.abs() < 1.0 {
        return crate::study::words::significant(amount, 2);
    }
    let text = format!("{amount:.2}");
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        let left = whole.len() - index;
        if index > 0 && left.is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped}.{cents}")
}

/// Half the width of an interval of an amount.
pub(super) fn half(value: Value) -> String {
    give_or_take(value.mean, value.half_width).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_well() {
        assert_eq!(dollars(1_234_567.891), "$1,234,567.89");
        assert_eq!(dollars(612.0), "$612.00");
        assert_eq!(dollars(0.002137), "$0.0021");
    }
}
