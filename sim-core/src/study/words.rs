//! Numbers in words: significant digits, and durations as the command line takes them.

use crate::time::Duration;

/// A number to so many significant digits, without an exponent between 0.0001 and a billion: `41.2`, `1230`.
pub(crate) fn significant(number: f64, digits: usize) -> String {
    if number == 0.0 {
        return "0".into();
    }
    if !number.is_finite() {
        return if number.is_nan() { "?".into() } else { "∞".into() };
    }
    let scientific = format!("{number:.*e}", digits - 1);
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok()).unwrap_or(0);
    if !(-5..9).contains(&exponent) {
        return scientific;
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    format!("{number:.decimals$}")
}

/// A duration as it is written in a flag: whole numbers of the largest unit that fits, `2h`, `90s`.
pub(crate) fn flag(duration: Duration) -> String {
    const UNITS: [(u64, &str); 6] = [
        (86_400_000_000_000, "d"),
        (3_600_000_000_000, "h"),
        (60_000_000_000, "min"),
        (1_000_000_000, "s"),
        (1_000_000, "ms"),
        (1_000, "us"),
    ];
    let fits =
        UNITS.into_iter().find(|(nanos, _)| duration.0.is_multiple_of(*nanos) && duration.0 > 0);
    match fits {
        Some((nanos, unit)) => format!("{}{unit}", duration.0 / nanos),
        None => format!("{}ns", duration.0),
    }
}

/// A share in per cent: `83 %`, `0.12 %`.
pub(crate) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    match percent.abs() {
        p if p >= 10.0 => format!("{percent:.0} %"),
        p if p >= 1.0 => format!("{percent:.1} %"),
        0.0 => "0 %".into(),
        _ => format!("{} %", significant(percent, 2)),
    }
}

/// A number and half its interval's width, both to the digit that the half-width can vouch for: `38 ± 4`.
pub(crate) fn give_or_take(number: f64, half_width: f64) -> (String, String) {
    if half_width <= 0.0 || !half_width.is_finite() {
        return (significant(number, 3), significant(half_width, 1));
    }
    let half = significant(half_width, 1);
    if half.contains('e') {
        return (significant(number, 3), half);
    }
    let decimals = half.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    (format!("{number:.decimals$}"), half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_that_count() {
        let shown = [41.234, 0.012345, 1234.5, 9.9999, 0.0, -0.5].map(|n| significant(n, 3));
        assert_eq!(shown, ["41.2", "0.0123", "1234", "10.0", "0", "-0.500"]);
        assert_eq!(significant(f64::NAN, 3), "?");
        assert_eq!(significant(1.5e12, 2), "1.5e12");
    }

    #[test]
    fn the_interval_says_how_many_digits_count() {
        let told = |n, h| give_or_take(n, h);
        assert_eq!(told(38.43, 4.21), ("38".into(), "4".into()));
        assert_eq!(told(0.96, 0.083), ("0.96".into(), "0.08".into()));
        assert_eq!(told(123.4, 37.0), ("123".into(), "37".into()));
        assert_eq!(told(0.0, 0.0), ("0".into(), "0".into()));
    }

    #[test]
    fn durations_as_flags() {
        let flags = [7_200, 90, 600].map(|secs| flag(Duration(secs * 1_000_000_000)));
        assert_eq!(flags, ["2h", "90s", "10min"]);
        assert_eq!(flag(Duration(1_500_000)), "1500us");
    }

    #[test]
    fn shares_in_per_cent() {
        assert_eq!([0.834, 0.0123, 0.00123, 0.0].map(percent), ["83 %", "1.2 %", "0.12 %", "0 %"]);
    }
}
