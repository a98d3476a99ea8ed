//! One unit for a column of durations.

/// A unit of time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct TimeUnit {
    /// In seconds.
    pub(super) seconds: f64,
    pub(super) name: &'static str,
}

/// The unit in which the largest of some durations (in seconds) reads well.
pub(super) fn time_unit(durations: impl IntoIterator<Item = f64>) -> TimeUnit {
    let largest = durations.into_iter().filter(|d| d.is_finite()).fold(0.0, f64::max);
    let (seconds, name) = match largest {
        d if d >= 36_000.0 => (3_600.0, "h"),
        d if d >= 10.0 => (1.0, "s"),
        d if d >= 1e-3 || d == 0.0 => (1e-3, "ms"),
        d if d >= 1e-6 => (1e-6, "µs"),
        _ => (1e-9, "ns"),
    };
    TimeUnit { seconds, name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_decides() {
        let name = |durations: &[f64]| time_unit(durations.iter().copied()).name;
        assert_eq!(name(&[0.000_2, 0.2, f64::NAN]), "ms");
        assert_eq!(name(&[3.0]), "ms");
        assert_eq!(name(&[0.1, 30.0]), "s");
        assert_eq!(name(&[2e-5]), "µs");
        assert_eq!(name(&[]), "ms");
    }
}
