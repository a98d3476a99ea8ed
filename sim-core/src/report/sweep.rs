//! A sweep, as text, Markdown, CSV (wide: a line for each point; long: a line for each number), JSON and JSON lines.

use super::block::{Block, Table, Tone};
use super::cell::{Cell, legend};
use super::csv::{number, quoted};
use super::objectives::word;
use super::record::Head;
use super::units::time_unit;
use super::{Style, columns, csv, markdown, reach, text};
use crate::study::words::significant;
use crate::study::{
    DesignSummary, Mark, MarkKind, Origin, Point, SweepSummary, TrialRow, Value, Verdict,
};
use std::fmt::Write;

/// How a sweep is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SweepFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For documents.
    Markdown,
    /// Everything, as one object of JSON.
    Json,
    /// First an object that says where it comes from, then one for each point, a line each.
    JsonLines,
    /// A line for each point.
    Csv,
    /// A line for each number of each point.
    LongCsv,
}

/// Points of a table in text, at most.
const ROWS_MAX: usize = 200;

/// Writes a sweep down; `style` is for text.
pub fn render_sweep(sweep: &SweepSummary, format: SweepFormat, style: Style) -> String {
    match format {
        SweepFormat::Text => text::render(&blocks(sweep, ROWS_MAX), style),
        SweepFormat::Markdown => markdown::render(&blocks(sweep, usize::MAX)),
        SweepFormat::Json => super::json_of(sweep),
        SweepFormat::JsonLines => json_lines(sweep),
        SweepFormat::Csv => comment(&sweep.origin) + &columns::lines(&columns::wide(sweep)),
        SweepFormat::LongCsv => comment(&sweep.origin) + &columns::lines(&columns::long(sweep)),
    }
}

/// The head of a file of replications: where they come from, and the columns.
pub fn trial_rows_head(sweep: &SweepSummary) -> String {
    comment(&sweep.origin) + &columns::lines(&columns::trials(&sweep.axes, &[]))
}

/// A line for each number of a replication; `settings` are the values of its point.
pub fn trial_row(row: &TrialRow, settings: &[crate::study::Setting]) -> String {
    let at: String = settings.iter().map(|setting| quoted(&setting.text) + ",").collect();
    let mut out = String::new();
    for (scope, metric, value) in &row.numbers {
        let (kind, client, name) = csv::columns(scope);
        let scope = [kind, client, &name].map(quoted).join(",");
        let (unit, value) = (csv::unit(metric.unit()), number(*value));
        let (point, replication, metric) = (row.point, row.replication, metric.name());
        let _ = writeln!(out, "{point},{at}{replication},{scope},{metric},{unit},{value}");
    }
    out
}

/// Where a file comes from, as comments that begin with `#`.
pub(super) fn comment(origin: &Origin) -> String {
    let Origin { version, model_hash, seed, command } = origin;
    format!("# archsim {version}, model {model_hash}, seed {seed}\n# {command}\n")
}

fn json_lines(sweep: &SweepSummary) -> String {
    let SweepSummary { origin, question, axes, marks, points_in_all, .. } = sweep.clone();
    let head = Head { origin, question, axes, marks, points_in_all };
    let line = |value: Result<String, serde_json::Error>| {
        value.expect("a sweep has only text for keys") + "\n"
    };
    let points = sweep.points.iter().map(|point| line(serde_json::to_string(point)));
    line(serde_json::to_string(&head)) + &points.collect::<String>()
}

/// The worst verdict on the objectives of a design.
pub(super) fn worst(design: &DesignSummary) -> Option<Verdict> {
    design.objectives.iter().map(|objective| objective.verdict).max()
}

/// What is marked at a point, or between it and the one before.
pub(super) fn marks_of(sweep: &SweepSummary, point: &Point) -> Vec<&'static str> {
    let is_at = |mark: &&Mark| {
        let mut place = sweep.axes.iter().zip(&point.settings);
        place.all(|(axis, setting)| match (axis.path == mark.axis, mark.kind) {
            (true, MarkKind::Knee) => setting.number == Some(mark.at),
            (true, MarkKind::Saturation) => setting.number == Some(mark.between.1),
            (false, _) => mark.others.contains(&format!("{}={}", axis.path, setting.text)),
        })
    };
    let word = |mark: &Mark| match mark.kind {
        MarkKind::Knee => "knee",
        MarkKind::Saturation => "saturation",
    };
    let mut words: Vec<&'static str> = sweep.marks.iter().filter(is_at).map(word).collect();
    words.dedup();
    words
}

/// A sweep laid out: what was found in words, every point in numbers, and what is to be said beside.
pub(super) struct Laid {
    pub(super) headline: Block,
    /// How far it goes, or what is best.
    pub(super) words: Vec<String>,
    /// Knees and points of saturation.
    pub(super) marks: Vec<String>,
    pub(super) numbers: Vec<Block>,
    pub(super) notes: Vec<String>,
}

impl Laid {
    pub(super) fn of(sweep: &SweepSummary, rows_max: usize) -> Laid {
        let tone = if sweep.interrupted { Tone::Doubtful } else { Tone::Plain };
        let marks = sweep.marks.iter().map(|mark| {
            let others = match mark.others.is_empty() {
                true => String::new(),
                false => format!("{}: ", reach::named(&mark.others)),
            };
            format!("{others}{}", mark.says)
        });
        let mut numbers = vec![Block::Table(table(sweep, rows_max))];
        if sweep.points.len() > rows_max {
            let more = sweep.points.len() - rows_max;
            numbers.push(Block::Paragraph(format!(
                "… and {more} more points: --format csv has them all."
            )));
        }
        let values = sweep.points.iter().filter_map(|point| point.design.as_ref());
        let values: Vec<Value> =
            values.flat_map(|design| [design.all.mean, design.all.p99]).collect();
        let signs: Vec<_> = legend(&values).into_iter().map(|sign| (sign, Tone::Faint)).collect();
        numbers.extend((!signs.is_empty()).then_some(Block::Lines(signs)));
        Laid {
            headline: Block::Headline(headline(sweep), tone),
            words: reach::sentences(sweep),
            marks: marks.collect(),
            numbers,
            notes: notes(sweep),
        }
    }
}

fn blocks(sweep: &SweepSummary, rows_max: usize) -> Vec<Block> {
    let Laid { headline, words, marks, numbers, notes } = Laid::of(sweep, rows_max);
    let mut blocks = Vec::new();
    if let Some(question) = &sweep.question {
        blocks.push(Block::Lines(vec![(question.clone(), Tone::Faint)]));
    }
    blocks.push(headline);
    blocks.extend(words.into_iter().map(Block::Paragraph));
    blocks.extend(numbers);
    blocks.extend(marks.into_iter().chain(notes).map(Block::Paragraph));
    let Origin { version, model_hash, seed, command } = &sweep.origin;
    let origin = format!("archsim {version}, model {model_hash}, seed {seed}: {command}");
    blocks.push(Block::Lines(vec![(origin, Tone::Faint)]));
    blocks
}

fn headline(sweep: &SweepSummary) -> String {
    let varied: Vec<&str> = sweep.axes.iter().map(|axis| axis.path.as_str()).collect();
    let varied = varied.join(", ");
    if sweep.interrupted {
        let (done, all) = (sweep.points.len(), sweep.points_in_all);
        return format!("Interrupted: {done} of {all} points of {varied} are done.");
    }
    let verdicts: Vec<Verdict> =
        sweep.points.iter().filter_map(|point| worst(point.design.as_ref()?)).collect();
    let met = verdicts.iter().filter(|verdict| **verdict == Verdict::Met).count();
    match (verdicts.len(), sweep.points.len()) {
        (0, points) => format!("{points} points of {varied}, under the same traffic."),
        (_, points) => format!("{points} points of {varied}: {met} of them meet all objectives."),
    }
}

fn table(sweep: &SweepSummary, rows_max: usize) -> Table {
    let designs = || sweep.points.iter().filter_map(|point| point.design.as_ref());
    let unit = time_unit(designs().flat_map(|design| [design.all.mean.mean, design.all.p99.mean]));
    let has_bill = designs().any(|design| design.bill.is_some());
    let has_objectives = designs().any(|design| !design.objectives.is_empty());
    let first: Vec<&str> = sweep.axes.iter().map(|axis| last_words(&axis.path)).collect();
    let first = first.join(", ");
    let least = |point: &Point| point.bounds.as_ref().and_then(|bounds| bounds.mean_at_least);
    let has_bounds = sweep.points.iter().any(|point| least(point).is_some());
    let mut columns =
        vec![(first.as_str(), ""), ("rate", "req/s"), ("errors", "%"), ("mean", unit.name)];
    columns.extend(has_bounds.then_some(("at least", unit.name)));
    columns.extend([("p95", unit.name), ("p99", unit.name), ("busiest in use", "%")]);
    columns.extend(has_bill.then_some(("cost", "$/month")));
    columns.extend(has_objectives.then_some(("objectives", "")));
    columns.push(("", ""));
    let mut table = Table::new(&columns);
    for point in sweep.points.iter().take(rows_max) {
        let name: Vec<&str> = point.settings.iter().map(|setting| setting.text.as_str()).collect();
        let Some(design) = &point.design else {
            table.row(name.join(", "), vec![Cell::text("refused").tone(Tone::Bad)]);
            continue;
        };
        let all = &design.all;
        let agrees = point.bounds.as_ref().is_none_or(|bounds| bounds.agree(all));
        let busiest = design.bottleneck.as_ref();
        let mut cells = vec![
            Cell::value(all.rate, 1.0),
            Cell::value(all.errors, 0.01),
            Cell::value(all.mean, unit.seconds),
        ];
        if has_bounds {
            let tone = if agrees { Tone::Faint } else { Tone::Bad };
            cells.push(Cell::number(least(point).unwrap_or(f64::NAN), unit.seconds).tone(tone));
        }
        cells.extend([
            Cell::value(all.p95, unit.seconds),
            Cell::value(all.p99, unit.seconds),
            Cell::number(busiest.map_or(f64::NAN, |busiest| busiest.utilisation), 0.01),
        ]);
        if has_bill {
            cells
                .push(design.bill.as_ref().map_or(Cell::default(), |bill| Cell::money(bill.month)));
        }
        if has_objectives {
            cells.push(worst(design).map_or(Cell::default(), verdict_cell));
        }
        cells.push(Cell::text(marks_of(sweep, point).join(" ")));
        table.row(name.join(", "), cells);
    }
    table
}

fn verdict_cell(verdict: Verdict) -> Cell {
    let (word, tone) = word(verdict);
    Cell::text(word).tone(tone)
}

/// `services.api.replicas` in a narrow head: `api.replicas`.
fn last_words(path: &str) -> &str {
    path.rmatch_indices('.').nth(1).map_or(path, |(at, _)| &path[at + 1..])
}

/// What is to be said beside the table: where bounds do not apply, are broken, or points were refused.
fn notes(sweep: &SweepSummary) -> Vec<String> {
    let mut notes = Vec::new();
    let bounds = || sweep.points.iter().filter_map(|point| Some((point, point.bounds.as_ref()?)));
    let mut reasons: Vec<&str> =
        bounds().filter_map(|(_, bounds)| bounds.none.as_deref()).collect();
    reasons.dedup();
    match reasons.first() {
        Some(reason) => notes.push(format!("No operational bound on the mean applies: {reason}.")),
        None => notes.push("At least: the mean if nobody waited for others (operational analysis); none can be below.".into()),
    }
    let broken = bounds().filter(|(point, bounds)| {
        point.design.as_ref().is_some_and(|design| !bounds.agree(&design.all))
    });
    let broken = broken.count();
    if broken > 0 {
        notes.push(format!("{broken} points do not keep to their operational bounds by more than chance explains: look into the model there."));
    }
    let refused = || sweep.points.iter().filter(|point| point.refused.is_some());
    if let Some((first, reason)) =
        refused().find_map(|point| Some((point, point.refused.as_ref()?)))
    {
        let at: Vec<&str> = first.settings.iter().map(|setting| setting.text.as_str()).collect();
        let count = refused().count();
        notes.push(format!(
            "{count} points are no model, the first ({}) because {reason}.",
            at.join(", ")
        ));
    }
    let most = sweep.points.iter().map(|point| point.replications).max().unwrap_or(0);
    let least = sweep
        .points
        .iter()
        .filter(|point| point.design.is_some())
        .map(|point| point.replications)
        .min();
    notes.push(format!(
        "{} replications at a point, {} s each.",
        match least {
            Some(least) if least < most => format!("{least} to {most}"),
            _ => most.to_string(),
        },
        significant(sweep.horizon, 4)
    ));
    notes
}
