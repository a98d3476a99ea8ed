//! The answer for several designs side by side.

use super::answer::{felt, operation, provenance};
use super::block::{Block, Table, Tone};
use super::blocks as of_blocks;
use super::cell::{Cell, legend};
use super::objectives::word;
use super::units::time_unit;
use crate::study::words::{percent, significant};
use crate::study::{
    Comparison, DesignSummary, Difference, Metric, Red, Scope, Status, Summary, Tendency, Value,
    Verdict,
};

pub(super) fn blocks(summary: &Summary) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &summary.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.push(Block::Headline(headline(summary), Tone::Plain));
    blocks.extend(troubles(summary));
    blocks.push(Block::Title("What clients feel, all requests together".into()));
    blocks.push(Block::Table(designs(summary, &Scope::All)));
    let journeys = journeys(summary);
    if journeys.len() > 1 {
        blocks.push(Block::Title("99th percentile by operation".into()));
        blocks.push(Block::Table(by_operation(summary, &journeys)));
    }
    blocks.extend(of_blocks::versus(summary));
    blocks.extend(signs(summary));
    if !summary.comparisons.is_empty() {
        let base = &summary.designs[0].name;
        blocks.push(Block::Title(format!("Against {base}, under the same traffic")));
        blocks.push(Block::Lines(verdicts(summary)));
    }
    blocks.push(Block::Title("What breaks first".into()));
    blocks.push(Block::Table(bottlenecks(summary)));
    blocks.extend(super::bill::compared(summary));
    blocks.extend(objectives(summary));
    blocks.push(provenance(summary));
    blocks
}

/// Which design has the lowest 99th percentile of those that settle and meet the objectives, as far as can be
/// told.
fn headline(summary: &Summary) -> String {
    let meets = |design: &&DesignSummary| {
        design.objectives.iter().all(|objective| objective.verdict == Verdict::Met)
    };
    let settled: Vec<&DesignSummary> =
        summary.designs.iter().filter(|design| design.all.p99.is_confident()).collect();
    let fit: Vec<&DesignSummary> = settled.iter().copied().filter(meets).collect();
    let has_objectives = summary.designs.iter().any(|design| !design.objectives.is_empty());
    let (candidates, among, opening) = match (has_objectives, fit.is_empty()) {
        (true, false) => (fit, " of those that meet all objectives", ""),
        (true, true) => (settled, "", "No design meets all objectives for certain. "),
        (false, _) => (settled, "", ""),
    };
    let p99 = |design: &&&DesignSummary| design.all.p99.mean;
    let Some(best) = candidates.iter().min_by(|a, b| p99(a).total_cmp(&p99(b))) else {
        return "No design can be told to be the best: none has a 99th percentile to be sure of."
            .into();
    };
    let fewest = candidates.iter().map(|design| design.all.errors.high()).fold(1.0, f64::min);
    if best.all.errors.low() > fewest {
        let failing = percent(best.all.errors.mean);
        return format!(
            "{opening}{} answers fastest, but fails {failing} of the requests, more than another: which is better is for an \
             objective on errors to say.",
            best.name
        );
    }
    let rivals = candidates.iter().filter(|design| design.name != best.name);
    let alike: Vec<&str> = rivals
        .filter(|design| design.all.p99.low() <= best.all.p99.high())
        .map(|design| design.name.as_str())
        .collect();
    let answered = felt(&best.all);
    let (_, told) = answered.split_once(": ").unwrap_or(("", &answered));
    let cheapest = cheapest(&candidates, best).unwrap_or_default();
    if alike.is_empty() {
        format!("{opening}{} has the lowest 99th percentile{among}: {told}{cheapest}", best.name)
    } else {
        let others = alike.join(", ");
        format!(
            "{opening}{} is as fast as any at the 99th percentile{among}, about like {others}: {told}{cheapest}",
            best.name
        )
    }
}

/// Which of the candidates costs least, beside the fastest of them; one that fails more of the requests is no candidate.
/// Nothing where nothing has a price.
fn cheapest(candidates: &[&DesignSummary], fastest: &DesignSummary) -> Option<String> {
    let priced = (candidates.iter())
        .filter(|design| design.all.errors.low() <= fastest.all.errors.high())
        .filter_map(|design| Some((design, design.bill.as_ref()?.month)));
    let (least, month) = priced.min_by(|(_, a), (_, b)| a.mean.total_cmp(&b.mean))?;
    let at = super::bill::dollars(month.mean);
    match fastest.bill.as_ref()?.month {
        _ if candidates.len() == 1 => Some(format!(" It costs {at} a month.")),
        _ if least.name == fastest.name => {
            Some(format!(" It is the cheapest of them, too, at {at} a month."))
        }
        own if own.low() <= month.high() => {
            Some(format!(" None of them is cheaper for certain: {at} a month."))
        }
        own => Some(format!(
            " Cheapest of them is {}, at {at} a month instead of {}.",
            least.name,
            super::bill::dollars(own.mean)
        )),
    }
}

/// What is wrong with the designs that did not fare well.
fn troubles(summary: &Summary) -> Option<Block> {
    let mut lines = Vec::new();
    for design in &summary.designs {
        let Some(reason) = &design.health.reason else { continue };
        let (word, tone) = match design.health.status {
            Status::Unstable => ("unstable", Tone::Bad),
            _ => ("not confident", Tone::Doubtful),
        };
        lines.push((format!("{}: {word}: {reason}", design.name), tone));
        if let Some(advice) = &design.health.advice {
            lines.push((format!("  {advice}"), Tone::Faint));
        }
    }
    (!lines.is_empty()).then_some(Block::Lines(lines))
}

/// A row for each design: rate, errors and durations, with what is told against the first below.
fn designs(summary: &Summary, scope: &Scope) -> Table {
    let reds: Vec<Option<&Red>> = summary.designs.iter().map(|d| red(d, scope)).collect();
    let durations = reds.iter().flatten().flat_map(|r| [r.mean.mean, r.p50.mean, r.p99.mean]);
    let unit = time_unit(durations);
    let name = unit.name;
    let mut table = Table::new(&[
        ("design", ""),
        ("rate", "req/s"),
        ("errors", "%"),
        ("mean", name),
        ("p50", name),
        ("p95", name),
        ("p99", name),
        ("p99.9", name),
    ]);
    for (design, red) in summary.designs.iter().zip(&reds) {
        let Some(red) = red else { continue };
        let mut cells = vec![Cell::value(red.rate, 1.0), Cell::value(red.errors, 0.01)];
        let durations = [red.mean, red.p50, red.p95, red.p99, red.p999];
        cells.extend(durations.map(|value| Cell::value(value, unit.seconds)));
        table.row(design.name.clone(), cells);
    }
    table
}

fn red<'a>(design: &'a DesignSummary, scope: &Scope) -> Option<&'a Red> {
    if *scope == Scope::All {
        return Some(&design.all);
    }
    design.journeys.iter().find(|journey| journey.scope == *scope)
}

/// The journeys of all designs, in the order in which they come up.
fn journeys(summary: &Summary) -> Vec<&Scope> {
    let mut all: Vec<&Scope> = Vec::new();
    for journey in summary.designs.iter().flat_map(|design| &design.journeys) {
        if !all.contains(&&journey.scope) {
            all.push(&journey.scope);
        }
    }
    all
}

/// A row for each journey, a column for each design.
fn by_operation(summary: &Summary, journeys: &[&Scope]) -> Table {
    let value = |design, scope| red(design, scope).map_or(f64::NAN, |red| red.p99.mean);
    let all = journeys.iter().flat_map(|&s| summary.designs.iter().map(move |d| value(d, s)));
    let unit = time_unit(all);
    let mut columns = vec![("operation", "")];
    columns.extend(summary.designs.iter().map(|design| (design.name.as_str(), unit.name)));
    let mut table = Table::new(&columns);
    for &scope in journeys {
        let cell = |design| match red(design, scope) {
            Some(red) => Cell::value(red.p99, unit.seconds),
            None => Cell::text("–").tone(Tone::Faint),
        };
        let name = match scope {
            Scope::Journey { client, operation: o } if is_shared(journeys, o) => {
                format!("{o} ({client})")
            }
            scope => operation(scope).to_owned(),
        };
        table.row(name, summary.designs.iter().map(cell).collect());
    }
    table
}

fn is_shared(journeys: &[&Scope], wanted: &str) -> bool {
    journeys.iter().filter(|scope| operation(scope) == wanted).count() > 1
}

/// A verdict in words for each design and metric.
fn verdicts(summary: &Summary) -> Vec<(String, Tone)> {
    let widest = summary.comparisons.iter().map(|c| c.design.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for comparison in &summary.comparisons {
        let metrics =
            [Metric::P99, Metric::P50, Metric::Mean, Metric::Errors, Metric::Rate, Metric::Cost];
        for (index, metric) in metrics.into_iter().enumerate() {
            let name = if index == 0 { comparison.design.as_str() } else { "" };
            let Some(difference) = comparison.get(&Scope::All, metric) else { continue };
            let line = format!("{name:widest$}  {}", difference.says);
            lines.push((line, tone(difference)));
        }
        lines.extend(most_changed(comparison, widest));
    }
    lines
}

/// The operation whose 99th percentile differs most, where there are several.
fn most_changed(comparison: &Comparison, widest: usize) -> Option<(String, Tone)> {
    let told = |d: &&Difference| {
        d.metric == Metric::P99
            && matches!(d.scope, Scope::Journey { .. })
            && matches!(d.tendency, Tendency::Lower | Tendency::Higher)
    };
    let journeys =
        comparison.differences.iter().filter(|d| matches!(d.scope, Scope::Journey { .. }));
    if journeys.filter(|d| d.metric == Metric::P99).count() < 2 {
        return None;
    }
    let size = |d: &Difference| d.relative.mean.abs();
    let most =
        comparison.differences.iter().filter(told).max_by(|a, b| size(a).total_cmp(&size(b)))?;
    let text = format!("{:widest$}  most changed: {}: {}", "", operation(&most.scope), most.says);
    Some((text, tone(most)))
}

fn tone(difference: &Difference) -> Tone {
    match (difference.tendency, difference.metric) {
        (Tendency::Lower, Metric::Rate) | (Tendency::Higher, _)
            if difference.metric != Metric::Rate =>
        {
            Tone::Bad
        }
        (Tendency::Lower, _) if difference.metric != Metric::Rate => Tone::Good,
        (Tendency::Unknown, _) => Tone::Doubtful,
        _ => Tone::Plain,
    }
}

/// A row for each design: its busiest station, and how much more load that can take.
fn bottlenecks(summary: &Summary) -> Table {
    let mut table =
        Table::new(&[("design", ""), ("busiest", ""), ("in use", "%"), ("saturated at", "× load")]);
    for design in &summary.designs {
        let cells = match &design.bottleneck {
            Some(bottleneck) => {
                let tone = if bottleneck.headroom <= 1.0 { Tone::Bad } else { Tone::Plain };
                vec![
                    Cell::text(bottleneck.station.clone()),
                    Cell::number(bottleneck.utilisation, 0.01),
                    Cell::text(significant(bottleneck.headroom, 2)).tone(tone),
                ]
            }
            None => vec![Cell::text("–").tone(Tone::Faint); 3],
        };
        table.row(design.name.clone(), cells);
    }
    table
}

/// A row for each objective, a column for each design.
fn objectives(summary: &Summary) -> Vec<Block> {
    let mut says: Vec<&str> = Vec::new();
    for objective in summary.designs.iter().flat_map(|design| &design.objectives) {
        if !says.contains(&objective.says.as_str()) {
            says.push(&objective.says);
        }
    }
    if says.is_empty() {
        return Vec::new();
    }
    let mut columns = vec![("objective", "")];
    columns.extend(summary.designs.iter().map(|design| (design.name.as_str(), "")));
    let mut table = Table::new(&columns);
    for wanted in says {
        let cell = |design: &DesignSummary| {
            let Some(result) = design.objectives.iter().find(|o| o.says == wanted) else {
                return Cell::text("–").tone(Tone::Faint);
            };
            let (word, tone) = word(result.verdict);
            Cell { below: amount(result.value, wanted), ..Cell::text(word).tone(tone) }
        };
        table.row(wanted, summary.designs.iter().map(cell).collect());
    }
    vec![Block::Title("Objectives".into()), Block::Table(table)]
}

fn amount(value: Value, says: &str) -> String {
    if value.mean.is_nan() {
        return String::new();
    }
    if says.starts_with("errors") {
        percent(value.mean)
    } else if says.starts_with("throughput") {
        format!("{}/s", significant(value.mean, 3))
    } else if says.starts_with("cost") {
        super::bill::dollars(value.mean)
    } else {
        crate::time::Duration::from_secs(value.mean).to_string()
    }
}

fn signs(summary: &Summary) -> Option<Block> {
    let reds = summary.designs.iter().flat_map(|d| std::iter::once(&d.all).chain(&d.journeys));
    let shown = |red: &Red| {
        let durations = [red.mean, red.p50, red.p95, red.p99];
        durations.into_iter().chain([red.p999]).collect::<Vec<_>>()
    };
    let blocks = summary.designs.iter().flat_map(|design| &design.blocks);
    let measures = blocks.flat_map(|block| &block.measures).map(|measured| measured.value);
    let values: Vec<Value> = reds.flat_map(shown).chain(measures).collect();
    let lines: Vec<_> = legend(&values).into_iter().map(|line| (line, Tone::Faint)).collect();
    (!lines.is_empty()).then_some(Block::Lines(lines))
}
