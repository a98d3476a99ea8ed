//! What a sweep says in words: how far each setting keeps to the objectives as the load grows, or which is the cheapest that
//! meets them.

use super::bill::dollars;
use super::sweep::worst;
use crate::study::{Curve, DesignSummary, SweepSummary, Verdict, curves};
use crate::time::Duration;

/// Sentences in one answer, at most.
const SENTENCES_MAX: usize = 8;

/// The answer in sentences; none where there are no objectives.
pub(super) fn sentences(sweep: &SweepSummary) -> Vec<String> {
    let judged = || sweep.points.iter().filter_map(|point| worst(point.design.as_ref()?));
    if judged().next().is_none() {
        return Vec::new();
    }
    let found = curves(&sweep.axes, &sweep.points);
    let along: Vec<&Curve<'_>> =
        found.iter().filter(|curve| curve.axis.path.starts_with("clients.")).collect();
    match along.first() {
        Some(first) => {
            let axis = &first.axis.path;
            reaches(along.iter().filter(|curve| curve.axis.path == *axis).copied())
        }
        None => cheapest(sweep),
    }
}

/// What some axes are set to: a design by its name alone.
pub(super) fn named(settings: &[String]) -> String {
    let name = |setting: &String| setting.strip_prefix("design=").unwrap_or(setting).to_owned();
    settings.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// How far each curve keeps to the objectives, the furthest first.
fn reaches<'a>(curves: impl Iterator<Item = &'a Curve<'a>>) -> Vec<String> {
    let mut reaches: Vec<(f64, String)> = curves.map(reach).collect();
    reaches.sort_by(|a, b| b.0.total_cmp(&a.0));
    let left_out = reaches.len().saturating_sub(SENTENCES_MAX);
    reaches.truncate(SENTENCES_MAX);
    let mut sentences: Vec<String> = reaches.into_iter().map(|(_, says)| says).collect();
    if left_out > 0 {
        sentences.push(format!("{left_out} more settings do not go further."));
    }
    sentences
}

/// The highest load at which all objectives are met and below which none is missed, and what comes after it.
fn reach(curve: &Curve<'_>) -> (f64, String) {
    let verdicts: Vec<Option<Verdict>> =
        curve.points.iter().map(|(_, point)| point.design.as_ref().and_then(worst)).collect();
    let missed = verdicts.iter().position(|verdict| *verdict == Some(Verdict::Missed));
    let below = &verdicts[..missed.unwrap_or(verdicts.len())];
    let last = below.iter().rposition(|verdict| *verdict == Some(Verdict::Met));
    let written = |place: usize| curve.axis.setting(curve.points[place].0).text;
    let of = match curve.others.is_empty() {
        true => String::new(),
        false => format!("{}: ", named(&curve.others)),
    };
    let Some(last) = last else {
        let why = match missed {
            Some(missed) => format!("an objective is missed at {}", written(missed)),
            None => "these runs do not tell".to_owned(),
        };
        return (
            f64::NEG_INFINITY,
            format!("{of}all objectives are met for certain at no load: {why}."),
        );
    };
    let next = match (last + 1, missed) {
        (next, Some(missed)) if next == missed => format!("and one is missed at {}", written(next)),
        (next, _) if next < verdicts.len() => {
            format!("and at {} it is not to be told", written(next))
        }
        _ => "the highest that was simulated".to_owned(),
    };
    let untold = below[..last].iter().filter(|verdict| **verdict != Some(Verdict::Met)).count();
    let untold = match untold {
        0 => String::new(),
        n => format!(" (of {n} lower loads these runs do not tell)"),
    };
    let (at, point) = curve.points[last];
    let what = what(point.design.as_ref()).map_or(String::new(), |what| format!("; there {what}"));
    let up_to = written(last);
    (at, format!("{of}all objectives are met up to {up_to}{untold}, {next}{what}."))
}

/// The cheapest point that meets the objectives, or the one that answers soonest where nothing has a price.
fn cheapest(sweep: &SweepSummary) -> Vec<String> {
    let met = sweep.points.iter().filter_map(|point| Some((point, point.design.as_ref()?)));
    let met = met.filter(|(_, design)| worst(design) == Some(Verdict::Met));
    let price = |design: &DesignSummary| design.bill.as_ref().map(|bill| bill.month.mean);
    let order = |design: &DesignSummary| {
        let p99 = if design.all.p99.mean.is_finite() { design.all.p99.mean } else { f64::INFINITY };
        (price(design).unwrap_or(0.0), p99)
    };
    let best = met.min_by(|(_, a), (_, b)| {
        let (a, b) = (order(a), order(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    let Some((point, design)) = best else {
        return vec!["No point meets all objectives for certain.".into()];
    };
    let at = sweep.axes.iter().zip(&point.settings);
    let at: Vec<String> =
        at.map(|(axis, setting)| format!("{} = {}", axis.path, setting.text)).collect();
    let is = if price(design).is_some() { "cheapest" } else { "fastest" };
    let what = what(Some(design)).map_or(String::new(), |what| format!(": {what}"));
    vec![format!("The {is} that meets all objectives is {}{what}.", at.join(", "))]
}

/// `a month costs $792, and 99 of 100 are answered within 366 ms`.
fn what(design: Option<&DesignSummary>) -> Option<String> {
    let design = design?;
    let p99 = design.all.p99.mean;
    let cost =
        design.bill.as_ref().map(|bill| format!("a month costs {}", dollars(bill.month.mean)));
    let p99 = p99
        .is_finite()
        .then(|| format!("99 of 100 are answered within {}", Duration::from_secs(p99)));
    match (cost, p99) {
        (Some(cost), Some(p99)) => Some(format!("{cost}, and {p99}")),
        (cost, p99) => cost.or(p99),
    }
}
