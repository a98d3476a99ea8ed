//! A request as a waterfall in the terminal, and in words where its time went.

use super::event_name;
use crate::component::NONE;
use crate::model::Model;
use crate::report::block::{Block, Table, Tone};
use crate::report::cell::Cell;
use crate::report::text::{Style, render};
use crate::report::units::time_unit;
use crate::telemetry::{Part, PathSum, PathSums, Place, Trace, What, critical_path};
use crate::time::Duration;

/// Lines of a waterfall, at most.
const LINES_MAX: usize = 60;
/// Rows of a table of where time went, at most.
const ROWS_MAX: usize = 12;

/// A request as a waterfall; where there is a `usual` one, in words what it cost beyond that.
pub fn waterfall(trace: &Trace, usual: Option<&Trace>, model: &Model, style: Style) -> String {
    let (operation, client) = trace.name(model);
    let took = format!("{operation} for {client} took {}", trace.response);
    let end = super::ending(trace.ending).map_or(String::new(), |error| format!(" and {error}"));
    let (sign, tone) = if end.is_empty() { ("", Tone::Plain) } else { (end.as_str(), Tone::Bad) };
    let mut blocks = vec![Block::Headline(format!("{took}{sign}."), tone)];
    let sent = Duration(trace.sent().0);
    let line = format!("request {:016x}, sent at {sent} of simulated time", trace.request);
    blocks.push(Block::Lines(vec![(line, Tone::Faint)]));
    blocks.push(Block::Lines(bars(trace, model, style.width)));
    blocks.extend(in_words(trace, usual, model));
    render(&blocks, style)
}

/// The order of a tree: each span, then what is inside, by when it began.
pub(in crate::report) fn order(trace: &Trace) -> Vec<(u32, usize)> {
    let mut inside: Vec<Vec<u32>> = vec![Vec::new(); trace.spans.len()];
    for (number, span) in (0..).zip(&trace.spans) {
        if span.parent != NONE {
            inside[span.parent as usize].push(number);
        }
    }
    let mut order = Vec::new();
    let mut open = vec![(0u32, 0usize)];
    while let Some((number, depth)) = open.pop() {
        // Branches are told from each other by their times.
        let is_shown = trace.spans[number as usize].what != What::Branch;
        if is_shown {
            order.push((number, depth));
        }
        let mut children = inside[number as usize].clone();
        children.sort_by_key(|&child| (trace.spans[child as usize].start, child));
        open.extend(children.into_iter().rev().map(|child| (child, depth + usize::from(is_shown))));
    }
    order
}

fn bars(trace: &Trace, model: &Model, width: usize) -> Vec<(String, Tone)> {
    let rows = order(trace);
    let last = trace.spans.iter().map(|span| span.end).max().unwrap_or_default();
    let whole = last.since(trace.sent()).0.max(1);
    // What hardly shows is left out first where there are many lines.
    let mut shown: Vec<u64> = rows.iter().map(|&(n, _)| weight(trace, n)).collect();
    shown.sort_unstable_by(|a, b| b.cmp(a));
    let least = shown.get(LINES_MAX).map_or(0, |weight| weight + 1);
    let names: Vec<(String, u32)> = rows
        .iter()
        .filter(|&&(number, _)| weight(trace, number) >= least)
        .take(LINES_MAX)
        .map(|&(number, depth)| {
            (format!("{}{}", "  ".repeat(depth), label(trace, number, model)), number)
        })
        .collect();
    let widest = names.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let name_width = widest.min(width.saturating_sub(36).max(24));
    let bar_width = width.saturating_sub(name_width + 11).clamp(10, 60);
    let mut lines = Vec::new();
    for (name, number) in &names {
        let span = &trace.spans[*number as usize];
        let from = span.start.since(trace.sent()).0;
        let to = span.end.since(trace.sent()).0;
        let time = span.duration().to_string();
        let bar = bar(from, to, whole, bar_width, sign(span.what));
        let name = cut(name, name_width);
        let tone = match span.what {
            What::Time(Part::Work, _)
            | What::Request
            | What::Operation { .. }
            | What::Branch
            | What::Attempt { .. } => Tone::Plain,
            What::Time(Part::Queueing | Part::Connecting, _) => Tone::Doubtful,
            What::Time(Part::Lost, _) => Tone::Bad,
            What::Time(..) => Tone::Faint,
        };
        let tone = if span.ending == crate::component::Ending::Done { tone } else { Tone::Bad };
        lines.push((format!("{name:name_width$} {time:>8}  {bar}"), tone));
    }
    let hidden = rows.len() - names.len();
    if hidden > 0 || trace.left_out > 0 {
        let left_out = hidden as u64 + trace.left_out;
        lines.push((format!("{left_out} shorter spans are not shown"), Tone::Faint));
    }
    lines.push((
        "─ calls   █ work   ▓ queueing   ▒ connections   ░ network   · waiting".into(),
        Tone::Faint,
    ));
    lines
}

/// How much a span matters: how long it is; operations are worth more than what is inside of them.
fn weight(trace: &Trace, number: u32) -> u64 {
    trace.spans[number as usize].duration().0
}

pub(in crate::report) fn label(trace: &Trace, number: u32, model: &Model) -> String {
    let span = &trace.spans[number as usize];
    let mut label = match span.what {
        What::Request => trace.name(model).1,
        What::Operation { replica, .. } => {
            format!("{} on {}/{replica}", span.name(trace, model), span.service(trace, model))
        }
        What::Time(..) | What::Branch | What::Attempt { .. } => span.name(trace, model),
    };
    let mut events: Vec<String> = trace
        .events
        .iter()
        .filter(|event| event.span == number)
        .map(|event| event_name(event.measure, model))
        .collect();
    events.dedup();
    for name in events.iter().take(2) {
        label += &format!(" [{}]", name.split_once('.').map_or(name.as_str(), |(_, rest)| rest));
    }
    if let Some(error) = super::ending(span.ending) {
        label += &format!(" ({error})");
    }
    label
}

fn sign(what: What) -> char {
    match what {
        What::Request | What::Operation { .. } | What::Branch | What::Attempt { .. } => '─',
        What::Time(Part::Work, _) => '█',
        What::Time(Part::Queueing, _) => '▓',
        What::Time(Part::Connecting, _) => '▒',
        What::Time(Part::Network, _) => '░',
        What::Time(Part::Waiting, _) => '·',
        What::Time(Part::Lost, _) => '×',
    }
}

/// A stretch of time in its place; what is too short to be seen gets one sign.
fn bar(from: u64, to: u64, whole: u64, width: usize, sign: char) -> String {
    let place = |nanos: u64| {
        (u128::from(nanos) * width as u128 + u128::from(whole) / 2) / u128::from(whole)
    };
    let start = (place(from) as usize).min(width - 1);
    let end = (place(to) as usize).clamp(start + 1, width);
    format!("{}{}", " ".repeat(start), sign.to_string().repeat(end - start))
}

/// Leaves out the end of a name.
fn cut(name: &str, width: usize) -> String {
    if name.chars().count() <= width {
        return name.to_owned();
    }
    let kept: String = name.chars().take(width.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Where the time of a request went, and what of it a usual one spends too.
fn in_words(trace: &Trace, usual: Option<&Trace>, model: &Model) -> Vec<Block> {
    let seconds = |trace: &Trace| -> Vec<((Part, Place), f64)> {
        critical_path(trace).into_iter().map(|(of, time)| (of, time.as_secs())).collect()
    };
    let slow = seconds(trace);
    let other = usual.map(seconds);
    let heads = ("this one", "median one");
    let mut blocks = vec![Block::Table(table(&slow, other.as_deref(), heads, model))];
    if let Some((&usual, other)) = usual.as_ref().zip(other.as_deref()) {
        let response = usual.response;
        if let Some(says) = costs(&slow, other, trace.response, response, "it", model) {
            blocks.push(Block::Paragraph(says));
        }
    }
    blocks
}

/// What some requests spend and others do not.
type Means = [((Part, Place), f64)];

fn spent(of: (Part, Place), means: &Means) -> f64 {
    means.iter().find(|(other, _)| *other == of).map_or(0.0, |(_, seconds)| *seconds)
}

fn table(slow: &Means, usual: Option<&Means>, heads: (&str, &str), model: &Model) -> Table {
    let all = slow.iter().chain(usual.into_iter().flatten()).map(|(_, seconds)| *seconds);
    let unit = time_unit(all);
    let total: f64 = slow.iter().map(|(_, seconds)| seconds).sum();
    let mut head = vec![("where the time went", ""), (heads.0, unit.name), ("share", "%")];
    if usual.is_some() {
        head.push((heads.1, unit.name));
    }
    let mut table = Table::new(&head);
    let (mut slow_rest, mut usual_rest, mut rest) = (0.0, 0.0, 0);
    for (place, &(of, seconds)) in slow.iter().enumerate() {
        let other = usual.map_or(0.0, |usual| spent(of, usual));
        if place >= ROWS_MAX || seconds < 0.001 * total {
            (slow_rest, usual_rest, rest) = (slow_rest + seconds, usual_rest + other, rest + 1);
            continue;
        }
        let (part, at) = of;
        table.row(at.says(part, model), row(seconds, total, usual.map(|_| other), unit.seconds));
    }
    if rest > 0 {
        let cells = row(slow_rest, total, usual.map(|_| usual_rest), unit.seconds);
        table.row(format!("{rest} more"), cells);
    }
    let whole = usual.map(|usual| usual.iter().map(|(_, seconds)| seconds).sum());
    table.row("all", row(total, total, whole, unit.seconds));
    table
}

fn row(seconds: f64, total: f64, other: Option<f64>, unit: f64) -> Vec<Cell> {
    let mut cells = vec![Cell::number(seconds, unit), Cell::number(seconds / total, 0.01)];
    cells.extend(other.map(|other| Cell::number(other, unit)));
    cells
}

/// `Queueing for orders cost it 210 ms of its 348 ms; a median one of 21 ms spends 3 ms on it.`
fn costs(
    slow: &Means,
    usual: &Means,
    response: Duration,
    other: Duration,
    whom: &str,
    model: &Model,
) -> Option<String> {
    let more = |&(of, seconds): &((Part, Place), f64)| seconds - spent(of, usual);
    let most = slow.iter().max_by(|a, b| more(a).total_cmp(&more(b)).then(b.0.cmp(&a.0)))?;
    let ((part, place), seconds) = *most;
    if more(most) <= 0.0 {
        return None;
    }
    let says = place.says(part, model);
    let mut chars = says.chars();
    let first = chars.next()?.to_uppercase().to_string();
    let its = if whom == "it" { "its" } else { "their" };
    let spends = spent((part, place), usual);
    let usually = match spends {
        0.0 => "none".to_owned(),
        spends => Duration::from_secs(spends).to_string(),
    };
    Some(format!(
        "{first}{} cost {whom} {} of {its} {response}; a median request of {other} spends {usually} \
         on it.",
        chars.as_str(),
        Duration::from_secs(seconds)
    ))
}

/// Where requests near the 99th percentile of each journey spend their time, against those near the median.
pub fn paths(paths: &PathSums, model: &Model, style: Style) -> String {
    let mut blocks = Vec::new();
    for (number, journey) in model.journeys.iter().enumerate() {
        let [slow, usual] = paths.of(number);
        if slow.requests == 0 || usual.requests == 0 {
            continue;
        }
        let operation = &model.operations[journey.operation.0 as usize].name;
        let client = &model.clients[journey.client as usize].name;
        let title = format!("The path of p99 requests: {operation} for {client}");
        blocks.push(Block::Title(title));
        let (means, other) = (slow.means(), usual.means());
        blocks.push(Block::Table(table(&means, Some(&other), ("p99 ones", "median ones"), model)));
        let whole = |sum: &PathSum| {
            Duration::from_secs(sum.means().iter().map(|(_, seconds)| seconds).sum())
        };
        let says = costs(&means, &other, whole(slow), whole(usual), "them", model);
        let requests = |sum: &PathSum| match sum.requests {
            1 => "1 request".to_owned(),
            n => format!("{n} requests"),
        };
        let counts = format!(
            "Means of {} between p98.5 and p99.5 and of {} between p45 and p55.",
            requests(slow),
            requests(usual)
        );
        blocks.push(Block::Paragraph(format!("{} {counts}", says.unwrap_or_default())));
    }
    render(&blocks, style)
}
