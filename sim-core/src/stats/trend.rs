//! Whether a series keeps growing, the mark of a system without a steady state.

use super::interval::{Estimate, Welford};

/// The slope of the straight line through `series` by least squares, per step; NaN for fewer than two
/// numbers.
pub fn slope(series: &[f64]) -> f64 {
    let n = series.len() as f64;
    let middle = (n - 1.0) / 2.0;
    let mean = series.iter().sum::<f64>() / n;
    let (mut cross, mut square) = (0.0, 0.0);
    for (place, number) in series.iter().enumerate() {
        let distance = place as f64 - middle;
        cross += distance * (number - mean);
        square += distance * distance;
    }
    cross / square
}

/// The slope over replications, one series each, with its t interval.
///
/// Replications are independent where neighbouring numbers of one series are not, so the interval holds in
/// spite of autocorrelation. A system whose number of waiting requests has a slope with
/// [`low`](Estimate::low) above 0 does not settle; leave the warm-up out first, which grows too. With
/// confidence c a settled system is taken for a growing one with probability (1 - c) / 2.
pub fn growth<S: AsRef<[f64]>>(replications: &[S], confidence: f64) -> Estimate {
    replications
        .iter()
        .map(|series| slope(series.as_ref()))
        .collect::<Welford>()
        .estimate(confidence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key, normal};

    /// By hand: through (0, 1), (1, 3), (2, 2), (3, 6): Σ(x - 1.5)(y - 3) = 7, Σ(x - 1.5)² = 5.
    #[test]
    fn slope_by_hand() {
        assert!((slope(&[1.0, 3.0, 2.0, 6.0]) - 1.4).abs() < 1e-15);
        assert_eq!(slope(&[4.0, 4.0, 4.0]), 0.0);
        assert!(slope(&[4.0]).is_nan());
    }

    /// A random walk with a drift per step; without one it wanders as far as a queue at full load.
    fn walks(drift: f64) -> Vec<Vec<f64>> {
        let walk = |replication| {
            let key = Key::new(9, replication, 0);
            let mut at = 0.0;
            let step = |k| {
                at += drift + normal(&mut Draw::new(k, key));
                at
            };
            (0..400).map(step).collect()
        };
        (0..10).map(walk).collect()
    }

    #[test]
    fn a_drift_is_growth_and_wandering_is_not() {
        let drifting = growth(&walks(0.3), 0.99);
        assert!(drifting.low() > 0.0 && drifting.contains(0.3), "{drifting:?}");
        let wandering = growth(&walks(0.0), 0.99);
        assert!(wandering.contains(0.0), "{wandering:?}");
    }

    #[test]
    fn one_replication_proves_nothing() {
        assert!(growth(&[[1.0, 2.0, 3.0]], 0.95).low() < 0.0);
    }
}
