//! The best of many alternatives, as a ranked table.

use super::block::{Block, Table, Tone};
use super::cell::Cell;
use super::csv::{number, quoted};
use super::sweep::comment;
use super::units::time_unit;
use super::{Format, Style, json_of, markdown, text};
use crate::study::words::percent;
use crate::study::{Candidate, OptimizeSummary, Origin, Standing, Verdict};
use std::fmt::Write;

/// Writes down what an optimisation found; `style` is for text.
pub fn render_optimize(found: &OptimizeSummary, format: Format, style: Style) -> String {
    match format {
        Format::Text => text::render(&blocks(found), style),
        Format::Markdown => markdown::render(&blocks(found)),
        Format::Json => json_of(found),
        Format::Csv => csv(found),
    }
}

fn word(standing: Standing) -> (&'static str, Tone) {
    match standing {
        Standing::Best => ("best", Tone::Good),
        Standing::Fits => ("fits", Tone::Plain),
        Standing::Misses => ("misses", Tone::Bad),
        Standing::Screened => ("screened", Tone::Faint),
    }
}

fn csv(found: &OptimizeSummary) -> String {
    let axes: Vec<String> = found.axes.iter().map(|axis| quoted(&axis.path)).collect();
    let mut out = comment(&found.origin);
    let rest = "standing,pareto,replications,mean,p99,errors,cost";
    let _ = writeln!(out, "{},{rest}", axes.join(","));
    for candidate in &found.candidates {
        let at: Vec<String> =
            candidate.settings.iter().map(|setting| quoted(&setting.text)).collect();
        let design = candidate.design.as_ref();
        let numbers = [
            design.map(|design| design.all.mean.mean),
            design.map(|design| design.all.p99.mean),
            design.map(|design| design.all.errors.mean),
            design.and_then(|design| Some(design.bill.as_ref()?.month.mean)),
        ];
        let numbers = numbers.map(|n| number(n.unwrap_or(f64::NAN))).join(",");
        let (word, _) = word(candidate.standing);
        let (pareto, replications) = (candidate.pareto, candidate.replications);
        let _ = writeln!(out, "{},{word},{pareto},{replications},{numbers}", at.join(","));
    }
    out
}

fn name(candidate: &Candidate) -> String {
    candidate.settings.iter().map(|setting| setting.text.as_str()).collect::<Vec<_>>().join(", ")
}

fn blocks(found: &OptimizeSummary) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(question) = &found.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    let tone = match found.verdict() {
        Verdict::Met => Tone::Good,
        Verdict::Undecided => Tone::Doubtful,
        Verdict::Missed => Tone::Bad,
    };
    blocks.push(Block::Headline(headline(found), tone));
    blocks.push(Block::Table(table(found)));
    let asked = percent(found.indifference);
    blocks.push(Block::Paragraph(format!(
        "{} trials, given out where they decide (OCBA). Confidence is a lower bound for the probability that the best is the \
         best, or within {asked} of it. *: no other is better in cost, p99 or errors without being worse in another (Pareto).",
        found.trials
    )));
    let screened = found
        .candidates
        .iter()
        .filter_map(|candidate| Some((candidate, candidate.screened.as_ref()?)));
    if let Some((first, reason)) = screened.clone().next() {
        let count = screened.count();
        blocks.push(Block::Paragraph(format!(
            "{count} were not simulated, the first ({}) because {reason}.",
            name(first)
        )));
    }
    let Origin { version, model_hash, seed, command } = &found.origin;
    let origin = format!("archsim {version}, model {model_hash}, seed {seed}: {command}");
    blocks.push(Block::Lines(vec![(origin, Tone::Faint)]));
    blocks
}

fn table(found: &OptimizeSummary) -> Table {
    let designs = || found.candidates.iter().filter_map(|candidate| candidate.design.as_ref());
    let unit = time_unit(designs().flat_map(|design| [design.all.mean.mean, design.all.p99.mean]));
    let has_bill = designs().any(|design| design.bill.is_some());
    let axes: Vec<&str> = found.axes.iter().map(|axis| axis.path.as_str()).collect();
    let first = axes.join(", ");
    let mut columns = vec![
        (first.as_str(), ""),
        ("", ""),
        ("mean", unit.name),
        ("p99", unit.name),
        ("errors", "%"),
    ];
    columns.extend(has_bill.then_some(("cost", "$/month")));
    columns.extend([("trials", ""), ("", "")]);
    let mut table = Table::new(&columns);
    for candidate in &found.candidates {
        let (word, tone) = word(candidate.standing);
        let mut cells = vec![Cell::text(word).tone(tone)];
        if let Some(design) = &candidate.design {
            cells.push(Cell::value(design.all.mean, unit.seconds));
            cells.push(Cell::value(design.all.p99, unit.seconds));
            cells.push(Cell::value(design.all.errors, 0.01));
            if has_bill {
                cells.push(
                    design.bill.as_ref().map_or(Cell::default(), |bill| Cell::money(bill.month)),
                );
            }
            cells.push(Cell::text(candidate.replications.to_string()));
            cells.push(Cell::text(if candidate.pareto { "*" } else { "" }));
        }
        table.row(name(candidate), cells);
    }
    table
}

fn headline(found: &OptimizeSummary) -> String {
    let confidence = match found.confidence {
        c if c >= 0.999 => "more than 99.9 %".to_owned(),
        c => format!("at least {} %", (1000.0 * c).floor() / 10.0),
    };
    let metric = found.minimize.name();
    match found.best {
        _ if found.interrupted => "Interrupted: this is what was known by then.".into(),
        Some(best) => {
            let sure = if found.verdict() == Verdict::Met {
                ""
            } else {
                "; more than was asked for is left open"
            };
            format!(
                "{} has the lowest {metric} of those that meet all objectives, with a confidence of {confidence}{sure}.",
                name(&found.candidates[best])
            )
        }
        None => format!("None meets all objectives, with a confidence of {confidence}."),
    }
}
