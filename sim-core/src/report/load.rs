//! What each station is offered and can take, without simulating.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use crate::model::Checked;
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
        let share_of_servers = |used: f64| match offered.servers.is_finite() {
            true => share(used),
            false => Cell::text("–").tone(Tone::Faint),
        };
        table.row(
            group.name.clone(),
            vec![
                Cell::text(servers),
                Cell::number(offered.erlangs, 1.0),
                share_of_servers(offered.utilisation),
                share_of_servers(offered.peak_utilisation),
                Cell::number(offered.capacity, 1.0),
            ],
        );
    }
    ceiling_rows(checked, &mut table);
    let rate: f64 = load.rates.iter().sum();
    let closed = model.has_closed_clients();
    let at_most = if closed { "at most " } else { "" };
    let mut blocks = vec![
        Block::Title(format!("Load: {at_most}{} requests/s", significant(rate, 3))),
        Block::Table(table),
    ];
    let first = match (load.ceiling_before_stations(), load.bottleneck) {
        (Some(first), _) => {
            Some((model.ceiling_in_words(first.of), first.utilisation, first.capacity))
        }
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
                "First bottleneck: {name}, offered {share} of what it can do; it keeps up with {capacity} requests/s."
            )
        } else {
            format!("First bottleneck: {name}, at {share}; saturated at {capacity} requests/s.")
        };
        blocks.push(Block::Paragraph(says));
    }
    blocks
}

/// A row for each limit, and for each lock that is wanted most.
fn ceiling_rows(checked: &Checked, table: &mut Table) {
    let (model, load) = (&checked.model, &checked.load);
    for ceiling in load.ceilings.iter().filter(|ceiling| ceiling.utilisation > 0.0) {
        let at_once = model.takes_at_once(ceiling.of);
        let faint = || Cell::text("–").tone(Tone::Faint);
        table.row(
            model.ceiling_name(ceiling.of),
            vec![
                at_once.map_or_else(faint, |most| Cell::text(format!("{most}"))),
                at_once.map_or_else(faint, |most| Cell::number(ceiling.utilisation * most, 1.0)),
                share(ceiling.utilisation),
                share(ceiling.peak_utilisation),
                Cell::number(ceiling.capacity, 1.0),
            ],
        );
    }
}

/// A share of what something can take; bad if that is all and more.
fn share(share: f64) -> Cell {
    Cell::number(share, 0.01).tone(if share >= 1.0 { Tone::Bad } else { Tone::Plain })
}
