//! What each station is offered and can take, without simulating.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use crate::model::{Checked, Source};
use crate::study::words::{percent, significant};

pub(super) fn blocks(checked: &Checked) -> Vec<Block> {
    let (model, load) = (&checked.model, &checked.load);
    let mut table = Table::new(&[
        ("station", ""),
        ("servers", ""),
        ("offered", "erlangs"),
        ("in use", "%"),
        ("at peak", "%"),
        ("capacity", "req/s"),
    ]);
    for (group, offered) in model.stations.iter().zip(&load.stations) {
        let servers = if offered.servers.is_finite() {
            format!("{}", offered.servers)
        } else {
            "∞".to_owned()
        };
        let share = |share: f64| {
            let tone = if share >= 1.0 { Tone::Bad } else { Tone::Plain };
            let cell = Cell::number(share, 0.01).tone(tone);
            if offered.servers.is_finite() { cell } else { Cell::text("–").tone(Tone::Faint) }
        };
        table.row(
            group.name.clone(),
            vec![
                Cell::text(servers),
                Cell::number(offered.erlangs, 1.0),
                share(offered.utilisation),
                share(offered.peak_utilisation),
                Cell::number(offered.capacity, 1.0),
            ],
        );
    }
    lock_rows(checked, &mut table);
    let rate: f64 = load.rates.iter().sum();
    let closed = model.clients.iter().any(|c| matches!(c.source, Source::Closed { .. }));
    let at_most = if closed { "at most " } else { "" };
    let mut blocks = vec![
        Block::Title(format!("Load: {at_most}{} requests/s", significant(rate, 3))),
        Block::Table(table),
    ];
    let first = match (load.lock_before_stations(), load.bottleneck) {
        (Some(lock), _) => Some((model.lock_in_words(lock), lock.utilisation, lock.capacity)),
        (None, Some(first)) => {
            let offered = &load.stations[first];
            let name = format!("`{}`", model.stations[first].name);
            Some((name, offered.utilisation, offered.capacity))
        }
        (None, None) => None,
    };
    if let Some((name, utilisation, capacity)) = first {
        let share = percent(utilisation);
        let capacity = significant(capacity, 3);
        let says = if utilisation >= 1.0 && !closed {
            format!(
                "{name} is offered {share} of what it can do: it keeps up with {capacity} requests/s."
            )
        } else {
            format!("First bottleneck: {name}, at {share}; saturated at {capacity} requests/s.")
        };
        blocks.push(Block::Paragraph(says));
    }
    blocks
}

/// A row for each lock that is wanted most.
fn lock_rows(checked: &Checked, table: &mut Table) {
    let (model, load) = (&checked.model, &checked.load);
    for lock in load.locks.iter().filter(|lock| lock.utilisation > 0.0) {
        let share = Cell::number(lock.utilisation, 0.01);
        table.row(
            format!("{}.locks", model.holds.tables[lock.table as usize].store),
            vec![
                Cell::text("1"),
                Cell::number(lock.utilisation, 1.0),
                share.tone(if lock.utilisation >= 1.0 { Tone::Bad } else { Tone::Plain }),
                Cell::text("–").tone(Tone::Faint),
                Cell::number(lock.capacity, 1.0),
            ],
        );
    }
}
