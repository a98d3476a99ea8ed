//! The answer for one design.

use super::block::{Block, Table, Tone};
use super::cell::{Cell, legend};
use super::units::time_unit;
use super::{bill, blocks as of_blocks, objectives, path, time_spent};
use crate::study::words::{flag, percent, significant};
use crate::study::{DesignSummary, Red, Scope, StationSummary, Status, Summary, Value};
use crate::time::Duration;

pub(super) fn blocks(summary: &Summary, design: &DesignSummary) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &summary.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.extend(headline(design));
    blocks.push(Block::Title("What clients feel".into()));
    blocks.push(Block::Table(clients(design)));
    blocks.extend(failures(design));
    if design.services.len() > 1 || design.operations.len() > design.journeys.len() {
        blocks.push(Block::Title("What services do".into()));
        blocks.push(Block::Table(services(design)));
    }
    blocks.push(Block::Title("How busy it is".into()));
    blocks.push(Block::Table(stations(&design.stations)));
    blocks.extend(of_blocks::blocks(design));
    blocks.extend(signs(design));
    if let Some(bottleneck) = &design.bottleneck {
        blocks.push(Block::Paragraph(format!("Bottleneck: {}", bottleneck.says)));
    }
    blocks.extend(time_spent::blocks(design));
    blocks.extend(path::blocks(design));
    blocks.extend(bill::blocks(design));
    blocks.extend(objectives::blocks(design));
    blocks.push(provenance(summary));
    blocks
}

/// The answer in a sentence, and what is wrong with it in another.
fn headline(design: &DesignSummary) -> Vec<Block> {
    let health = &design.health;
    let reason = health.reason.clone().unwrap_or_default();
    let mut blocks = match health.status {
        Status::Unstable => vec![Block::Headline(format!("Unstable: {reason}."), Tone::Bad)],
        Status::TooShort => {
            vec![Block::Headline(format!("Not confident: {reason}."), Tone::Doubtful)]
        }
        Status::NoInterval => vec![
            Block::Headline(felt(&design.all), Tone::Plain),
            Block::Paragraph(format!("Not confident: {reason}.")),
        ],
        _ => vec![Block::Headline(felt(&design.all), Tone::Plain)],
    };
    if let Some(advice) = &health.advice {
        blocks.push(Block::Paragraph(capitalised(advice)));
    }
    if let Some(bill) = &design.bill {
        blocks.push(Block::Paragraph(bill::sentence(bill)));
    }
    for violation in &design.violations {
        let text = format!("A law was broken, which is a bug in archsim: {violation}");
        blocks.push(Block::Headline(text, Tone::Bad));
    }
    blocks
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// `Clients send 120 requests/s: 1.2 % fail; of those answered, half within 21 ms, 99 of 100 within 140 ms.`
pub(super) fn felt(red: &Red) -> String {
    let rate = significant(red.rate.mean, 3);
    let within = |value: Value| Duration::from_secs(value.mean).to_string();
    let half_of = if red.errors.mean > 0.0 { "half" } else { "half are answered" };
    let durations = match (red.p50.mean.is_nan(), red.p99.mean.is_nan()) {
        (true, _) => "none is answered".to_owned(),
        (false, true) => format!("{half_of} within {}", within(red.p50)),
        (false, false) => {
            let (half, most) = (within(red.p50), within(red.p99));
            format!("{half_of} within {half}, 99 of 100 within {most}")
        }
    };
    // Durations are of requests answered well: where others fail, "half" is not half of all.
    match red.errors.mean {
        0.0 => format!("Clients send {rate} requests/s: {durations}, and none fails."),
        share if share > 0.0 => {
            let failing = percent(share);
            format!(
                "Clients send {rate} requests/s: {failing} fail; of those answered, {durations}."
            )
        }
        _ => format!("Clients send {rate} requests/s: {durations}."),
    }
}

/// Rate, errors and duration of all requests and of each journey.
fn clients(design: &DesignSummary) -> Table {
    let several = |red: &Red| {
        let same = |other: &&Red| operation(&other.scope) == operation(&red.scope);
        design.journeys.iter().filter(same).count() > 1
    };
    let mut table = red_table("operation", std::iter::once(&design.all).chain(&design.journeys));
    if let [journey] = design.journeys.as_slice() {
        let name = operation(&journey.scope).to_owned();
        table.row(name, red_cells(journey, &table_unit(design)));
        return table;
    }
    table.row("all requests", red_cells(&design.all, &table_unit(design)));
    for red in &design.journeys {
        let name = match &red.scope {
            Scope::Journey { client, operation } if several(red) => {
                format!("{operation} ({client})")
            }
            scope => operation(scope).to_owned(),
        };
        table.part(name, red_cells(red, &table_unit(design)));
    }
    table
}

fn table_unit(design: &DesignSummary) -> super::units::TimeUnit {
    unit_of(std::iter::once(&design.all).chain(&design.journeys))
}

fn unit_of<'a>(reds: impl Iterator<Item = &'a Red>) -> super::units::TimeUnit {
    time_unit(reds.flat_map(|red| [red.mean.mean, red.p50.mean, red.p99.mean]))
}

/// Rate, errors and duration of each service and of its operations.
fn services(design: &DesignSummary) -> Table {
    let unit = unit_of(design.services.iter().chain(&design.operations));
    let mut table = red_table("service", design.services.iter().chain(&design.operations));
    for red in &design.services {
        let Scope::Service(service) = &red.scope else { continue };
        let parts: Vec<&Red> = (design.operations.iter())
            .filter(|o| matches!(&o.scope, Scope::Operation { service: s, .. } if s == service))
            .filter(|o| o.rate.mean > 0.0)
            .collect();
        table.row(service.clone(), red_cells(red, &unit));
        for part in parts {
            table.part(operation(&part.scope).to_owned(), red_cells(part, &unit));
        }
    }
    table
}

fn red_table<'a>(name: &str, reds: impl Iterator<Item = &'a Red>) -> Table {
    let unit = unit_of(reds).name;
    Table::new(&[
        (name, ""),
        ("rate", "req/s"),
        ("errors", "%"),
        ("mean", unit),
        ("p50", unit),
        ("p95", unit),
        ("p99", unit),
        ("p99.9", unit),
    ])
}

fn red_cells(red: &Red, unit: &super::units::TimeUnit) -> Vec<Cell> {
    let errors = Cell::value(red.errors, 0.01);
    let tone = if red.errors.mean > 0.0 { Tone::Bad } else { errors.tone };
    let mut cells = vec![Cell::value(red.rate, 1.0), errors.tone(tone)];
    let durations = [red.mean, red.p50, red.p95, red.p99, red.p999];
    cells.extend(durations.map(|value| Cell::value(value, unit.seconds)));
    cells
}

pub(super) fn operation(scope: &Scope) -> &str {
    match scope {
        Scope::Journey { operation, .. } | Scope::Operation { operation, .. } => operation,
        Scope::Service(name)
        | Scope::Station(name)
        | Scope::Block(name)
        | Scope::Client(name)
        | Scope::Charge { of: name, .. } => name,
        Scope::All | Scope::Objective(_) => "all requests",
    }
}

/// How requests failed, if any did.
fn failures(design: &DesignSummary) -> Option<Block> {
    let (refused, timed_out) = (design.all.refused.mean, design.all.timed_out.mean);
    let mut parts = Vec::new();
    if refused > 0.0 {
        parts.push(format!("{} were refused", percent(refused)));
    }
    if timed_out > 0.0 {
        parts.push(format!("{} timed out", percent(timed_out)));
    }
    if design.all.failed.mean > 0.0 {
        parts.push(format!("{} met a failure", percent(design.all.failed.mean)));
    }
    (!parts.is_empty())
        .then(|| Block::Paragraph(format!("Of all requests, {}.", parts.join(" and "))))
}

/// Utilisation and queue of each station; what is not limited and never waited for is left out.
fn stations(all: &[StationSummary]) -> Table {
    let unit = time_unit(all.iter().flat_map(|s| [s.wait.mean, s.wait_p99.mean]));
    let mut table = Table::new(&[
        ("station", ""),
        ("servers", ""),
        ("in use", "%"),
        ("queue", ""),
        ("wait", unit.name),
        ("p99 wait", unit.name),
        ("refused", "/s"),
        ("offered", "%"),
    ]);
    for station in all {
        let servers = if station.servers.is_finite() {
            let each = station.servers / f64::from(station.stations);
            match station.stations {
                1 => significant(each, 3),
                n => format!("{n} × {each}"),
            }
        } else {
            "∞".into()
        };
        let offered = station.offered / station.servers;
        let tone = if offered >= 1.0 { Tone::Bad } else { Tone::Plain };
        let offered = if station.servers.is_finite() {
            Cell::number(offered, 0.01).tone(tone)
        } else {
            Cell::text("–").tone(Tone::Faint)
        };
        table.row(
            station.name.clone(),
            vec![
                Cell::text(servers),
                Cell::value(station.utilisation, 0.01),
                Cell::value(station.queue, 1.0),
                Cell::value(station.wait, unit.seconds),
                Cell::value(station.wait_p99, unit.seconds),
                Cell::value(station.refused_rate, 1.0),
                offered,
            ],
        );
    }
    table
}

/// What the signs in the tables mean.
fn signs(design: &DesignSummary) -> Option<Block> {
    let inside = design.journeys.iter().chain(&design.services).chain(&design.operations);
    let reds = std::iter::once(&design.all).chain(inside);
    let mut values: Vec<Value> =
        reds.flat_map(|red| red.values().map(|(_, value)| value)).collect();
    for station in &design.stations {
        values.extend(station.values().map(|(_, value)| value));
    }
    let measures = design.blocks.iter().flat_map(|block| &block.measures);
    values.extend(measures.map(|measured| measured.value));
    let lines: Vec<_> = legend(&values).into_iter().map(|line| (line, Tone::Faint)).collect();
    (!lines.is_empty()).then_some(Block::Lines(lines))
}

/// What it takes to get the same numbers again.
pub(super) fn provenance(summary: &Summary) -> Block {
    let time = |secs: f64| flag(Duration::from_secs(secs));
    let mut lines = Vec::new();
    if summary.interrupted {
        lines.push(("Interrupted: this is what was known by then.".to_owned(), Tone::Doubtful));
    }
    let runs = match summary.replications {
        1 => "1 replication".to_owned(),
        n => format!("{n} replications"),
    };
    let left_out = match summary.warmup {
        0.0 => String::new(),
        warmup => format!(", the first {} left out", time(warmup)),
    };
    let line = format!("{runs} of {}{left_out}; intervals cover 95 %", time(summary.horizon));
    lines.push((line, Tone::Faint));
    if let Some(first) = summary.designs.first() {
        let (seed, hash, version) = (summary.seed, &first.model_hash, summary.version);
        lines.push((format!("seed {seed} · model {hash} · archsim {version}"), Tone::Faint));
    }
    let widest = summary.designs.iter().map(|d| d.name.chars().count()).max().unwrap_or(0);
    for design in &summary.designs {
        let name = if summary.designs.len() == 1 { "fingerprint" } else { &design.name };
        lines.push((format!("{name:widest$}  {}", design.fingerprint), Tone::Faint));
    }
    Block::Lines(lines)
}
