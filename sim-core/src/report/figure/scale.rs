//! From numbers to places on an axis, and where its ticks are.

use crate::math::ln;
use crate::study::words::significant;
use serde::Serialize;

/// How numbers become places on an axis.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Equal steps for equal differences.
    Linear,
    /// Equal steps for equal ratios.
    Log,
    /// A place for each name: numbers are their places, counted from 0.
    Names(Vec<String>),
}

/// A tick of an axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// Where.
    pub at: f64,
    /// What it says; empty of a small one.
    pub label: String,
}

/// A scale with its ends.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Range<'a> {
    scale: &'a Scale,
    low: f64,
    high: f64,
}

/// The decadic logarithm; of powers of ten exactly a whole number.
fn log10(number: f64) -> f64 {
    let log = ln(number) / std::f64::consts::LN_10;
    let whole = log.round();
    if (log - whole).abs() < 1e-9 { whole } else { log }
}

fn power_of_ten(exponent: i32) -> f64 {
    // Read rather than computed: the nearest double, on every machine.
    format!("1e{exponent}").parse().unwrap_or(f64::INFINITY)
}

impl<'a> Range<'a> {
    /// The range that shows some numbers; those that the scale cannot show are not among them.
    pub(super) fn over(scale: &'a Scale, numbers: impl IntoIterator<Item = f64>) -> Range<'a> {
        if let Scale::Names(names) = scale {
            return Range { scale, low: -0.5, high: names.len().max(1) as f64 - 0.5 };
        }
        let shown =
            numbers.into_iter().filter(|n| n.is_finite() && (*scale == Scale::Linear || *n > 0.0));
        let (low, high) = shown.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), number| {
            (low.min(number), high.max(number))
        });
        match (low <= high, scale) {
            (false, _) => Range { scale, low: 1.0, high: 10.0 },
            (true, Scale::Log) => Range::log(scale, low, high),
            (true, _) => Range::linear(scale, low, high),
        }
    }

    fn linear(scale: &'a Scale, low: f64, high: f64) -> Range<'a> {
        let spread = if high > low { high - low } else { high.abs().max(1.0) };
        // Zero is an end, not a place to leave room before.
        let pad = |end: f64| if end == 0.0 { 0.0 } else { 0.04 * spread };
        let low = if low > 0.0 && low < 0.3 * high { 0.0 } else { low };
        let high = if low == 0.0 && high == 0.0 { 1.0 } else { high };
        Range { scale, low: low - pad(low), high: high + pad(high) }
    }

    fn log(scale: &'a Scale, low: f64, high: f64) -> Range<'a> {
        let (low, high) = if high > low * 1.5 { (low, high) } else { (low / 1.5, high * 1.5) };
        let pad = 1.0 + 0.03 * (high / low).min(10.0);
        Range { scale, low: low / pad, high: high * pad }
    }

    /// The place of a number between the ends, 0 and 1; outside of them beyond.
    pub(super) fn place(&self, number: f64) -> f64 {
        match self.scale {
            Scale::Log if number <= 0.0 => -1.0,
            Scale::Log => (log10(number) - log10(self.low)) / (log10(self.high) - log10(self.low)),
            _ => (number - self.low) / (self.high - self.low),
        }
    }

    /// Up to about so many ticks with labels.
    pub(super) fn ticks(&self, most: usize) -> Vec<Tick> {
        match self.scale {
            Scale::Names(names) => (names.iter().enumerate())
                .map(|(at, name)| Tick { at: at as f64, label: name.clone() })
                .collect(),
            Scale::Linear => self.linear_ticks(most.max(2)),
            Scale::Log => self.log_ticks(most.max(2)),
        }
    }

    fn linear_ticks(&self, most: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / most as f64;
        let base = power_of_ten(log10(rough).floor() as i32);
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().find(|n| n * base >= rough).unwrap_or(10.0) * base;
        let first = (self.low / step).ceil() as i64;
        let last = (self.high / step).floor() as i64;
        // Decimals as the step has: 0.05 needs two.
        let decimals = (-log10(step).floor()).max(0.0) as usize;
        (first..=last.min(first + 100))
            .map(|n| n as f64 * step)
            .map(|at| Tick { at, label: format_number(at, decimals) })
            .collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<Tick> {
        let first = log10(self.low).floor() as i32;
        let last = log10(self.high).ceil() as i32;
        let decades = (log10(self.high) - log10(self.low)).max(0.1);
        let labelled: &[u32] = match most as f64 / decades {
            per if per >= 7.0 => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            per if per >= 5.0 => &[1, 2, 3, 5],
            per if per >= 2.4 => &[1, 2, 5],
            per if per >= 1.5 => &[1, 3],
            _ => &[1],
        };
        let skip = (decades / most as f64).ceil().max(1.0) as i32;
        let mut ticks = Vec::new();
        for exponent in first..=last {
            for digit in 1..10u32 {
                let at = f64::from(digit) * power_of_ten(exponent);
                if !(self.low..=self.high).contains(&at) {
                    continue;
                }
                let says = labelled.contains(&digit) && exponent.rem_euclid(skip) == 0;
                let label = if says { short(at) } else { String::new() };
                ticks.push(Tick { at, label });
            }
        }
        ticks
    }
}

fn format_number(at: f64, decimals: usize) -> String {
    let size = at.abs();
    if size >= 1e5 {
        return short(at);
    }
    let text = format!("{at:.decimals$}");
    if text.trim_start_matches(['-', '0', '.']).is_empty() {
        "0".into()
    } else {
        text.replace('-', "−")
    }
}

/// A round number in a few signs: `20`, `0.001`, `200k`, `3M`.
pub(super) fn short(number: f64) -> String {
    let size = number.abs();
    let (unit, name) = match size {
        s if s >= 1e9 => (1e9, "G"),
        s if s >= 1e6 => (1e6, "M"),
        s if s >= 1e4 => (1e3, "k"),
        _ => (1.0, ""),
    };
    let text = significant(number / unit, 3);
    let text = match text.contains('.') && !text.contains('e') {
        true => text.trim_end_matches('0').trim_end_matches('.'),
        false => text.as_str(),
    };
    format!("{}{name}", text.replace('-', "−"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale, numbers: &[f64], most: usize) -> Vec<String> {
        let range = Range::over(scale, numbers.iter().copied());
        let labels = range.ticks(most).into_iter().map(|tick| tick.label);
        labels.filter(|label| !label.is_empty()).collect()
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(labels(&Scale::Linear, &[0.0, 97.0], 5), ["0", "50", "100"]);
        assert_eq!(labels(&Scale::Linear, &[0.0, 0.31], 6), ["0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(&Scale::Linear, &[-30.0, 30.0], 4), ["−20", "0", "20"]);
        assert_eq!(labels(&Scale::Log, &[1.0, 500.0], 5), ["1", "3", "10", "30", "100", "300"]);
        assert_eq!(labels(&Scale::Log, &[1e-4, 1.0], 3), ["0.0001", "0.01", "1"]);
        assert_eq!(labels(&Scale::Log, &[36.0, 80.0], 3), ["40", "50", "60", "70", "80"]);
    }

    #[test]
    fn places_keep_order_and_are_within_the_ends() {
        for scale in [Scale::Linear, Scale::Log] {
            let numbers = [0.004, 0.2, 3.0, 70.0, 1e6];
            let range = Range::over(&scale, numbers);
            let places: Vec<f64> = numbers.iter().map(|n| range.place(*n)).collect();
            assert!(places.is_sorted() && places[0] >= 0.0 && places[4] <= 1.0, "{places:?}");
        }
    }

    #[test]
    fn what_cannot_be_shown_leaves_a_range() {
        for numbers in [&[][..], &[f64::NAN], &[f64::INFINITY], &[0.0], &[-3.0, -3.0]] {
            for scale in [Scale::Linear, Scale::Log] {
                let range = Range::over(&scale, numbers.iter().copied());
                assert!(range.low < range.high && !range.ticks(5).is_empty(), "{range:?}");
            }
        }
    }
}
