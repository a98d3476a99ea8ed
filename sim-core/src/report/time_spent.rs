//! Where the time of requests went, as bars.

use super::answer::operation;
use super::block::{Block, Tone};
use crate::metrics::Parts;
use crate::study::{DesignSummary, Status, TimeSpent};
use crate::time::Duration;

/// Columns of the longest bar.
const BAR: f64 = 40.0;

/// What a bar is made of: a name, a sign and the seconds.
fn parts(parts: &Parts) -> [(&'static str, char, f64); 5] {
    [
        ("work", '█', parts.work),
        ("queueing", '▓', parts.queueing),
        ("connections", '▒', parts.connecting),
        ("network", '░', parts.network),
        ("waiting", '·', parts.waiting),
    ]
}

pub(super) fn blocks(design: &DesignSummary) -> Vec<Block> {
    if matches!(design.health.status, Status::Unstable | Status::TooShort) || design.time.is_empty()
    {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for spent in &design.time {
        lines.extend(of(spent).into_iter().map(|line| (line, Tone::Plain)));
    }
    let used = |index: usize| {
        design.time.iter().any(|t| parts(&t.mean)[index].2 > 0.0 || parts(&t.p99)[index].2 > 0.0)
    };
    let signs = parts(&Parts::default());
    let legend: Vec<String> = (0..signs.len())
        .filter(|&index| used(index))
        .map(|index| format!("{} {}", signs[index].1, signs[index].0))
        .collect();
    lines.push((legend.join("   "), Tone::Faint));
    vec![Block::Title("Where the time goes".into()), Block::Lines(lines)]
}

/// Two bars on one scale: an average request, and one as slow as the 99th percentile.
fn of(spent: &TimeSpent) -> Vec<String> {
    let longest = total(&spent.mean).max(total(&spent.p99));
    if longest <= 0.0 {
        return Vec::new();
    }
    let mut lines = vec![operation(&spent.scope).to_owned()];
    for (name, parts) in [("mean", &spent.mean), ("p99", &spent.p99)] {
        let whole = total(parts);
        if whole <= 0.0 {
            continue;
        }
        let time = Duration::from_secs(whole).to_string();
        lines.push(format!("  {name:4} {time:>8}  {}", bar(parts, longest)));
        lines.push(format!("                 {}", in_words(parts, whole)));
    }
    lines
}

fn total(of: &Parts) -> f64 {
    parts(of).iter().map(|part| part.2).sum()
}

/// A bar whose parts add up to its length: each ends where the sum up to it does.
fn bar(of: &Parts, longest: f64) -> String {
    let (mut bar, mut sum, mut drawn) = (String::new(), 0.0, 0);
    for (_, sign, seconds) in parts(of) {
        sum += seconds;
        let end = (sum / longest * BAR + 0.5) as usize;
        bar.extend(std::iter::repeat_n(sign, end.saturating_sub(drawn)));
        drawn = drawn.max(end);
    }
    bar
}

/// `62 % work, 30 % queueing, 8 % network`: the largest first, without what hardly counts.
fn in_words(of: &Parts, whole: f64) -> String {
    let mut shares: Vec<(f64, &str)> =
        parts(of).iter().map(|(name, _, seconds)| (100.0 * seconds / whole, *name)).collect();
    shares.retain(|(share, _)| *share >= 0.5);
    shares.sort_by(|a, b| b.0.total_cmp(&a.0));
    let words: Vec<String> =
        shares.iter().map(|(share, name)| format!("{share:.0} % {name}")).collect();
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_adds_up() {
        let parts = Parts { work: 1.0, queueing: 2.0, connecting: 0.0, network: 1.0, waiting: 0.0 };
        assert_eq!(
            bar(&parts, 4.0),
            format!("{}{}{}", "█".repeat(10), "▓".repeat(20), "░".repeat(10))
        );
        assert_eq!(bar(&parts, 8.0).chars().count(), 20);
        assert_eq!(in_words(&parts, 4.0), "50 % queueing, 25 % work, 25 % network");
    }
}
