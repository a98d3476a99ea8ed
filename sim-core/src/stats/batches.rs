//! Batches of a long series, and whether they are long enough to be independent.

/// The means of `batches` parts of `series` of equal length; what does not fill the parts is left out at
/// the start.
///
/// Empty if there are fewer numbers than batches, or none asked for.
pub fn batch_means(series: &[f64], batches: usize) -> Vec<f64> {
    if batches == 0 || series.len() < batches {
        return Vec::new();
    }
    let length = series.len() / batches;
    let used = &series[series.len() - length * batches..];
    used.chunks_exact(length).map(|batch| batch.iter().sum::<f64>() / length as f64).collect()
}

/// The correlation of each number with the next; 0 for fewer than three numbers or equal ones.
///
/// For n independent numbers it lies within about ±2/√n of 0. Batch means with more than that are too
/// short: the run does not hold enough of what happens slowly to know its own error.
pub fn lag1_autocorrelation(series: &[f64]) -> f64 {
    if series.len() < 3 {
        return 0.0;
    }
    let mean = series.iter().sum::<f64>() / series.len() as f64;
    let squares: f64 = series.iter().map(|x| (x - mean) * (x - mean)).sum();
    let neighbours: f64 = series.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum();
    if squares > 0.0 { neighbours / squares } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key, normal};

    #[test]
    fn batches_by_hand() {
        assert_eq!(batch_means(&[9.0, 1.0, 3.0, 5.0, 7.0], 2), [2.0, 6.0]);
        assert!(batch_means(&[1.0], 2).is_empty() && batch_means(&[1.0], 0).is_empty());
    }

    /// By hand: 1, 2, 3, 4 has distances -1.5, -0.5, 0.5, 1.5: (0.75 - 0.25 + 0.75) / 5.
    #[test]
    fn correlation_by_hand() {
        assert!((lag1_autocorrelation(&[1.0, 2.0, 3.0, 4.0]) - 0.25).abs() < 1e-15);
        assert_eq!(lag1_autocorrelation(&[3.0; 9]), 0.0);
    }

    /// A first-order autoregression x' = a x + noise has lag-1 correlation a; over 20,000 steps it is found
    /// to within 5 √((1 - a²) / n).
    #[test]
    fn correlation_of_an_autoregression() {
        for a in [0.0, 0.7, -0.5] {
            let key = Key::new(2, 0, 0);
            let mut x = 0.0;
            let series: Vec<f64> = (0..20_000)
                .map(|k| {
                    x = a * x + normal(&mut Draw::new(k, key));
                    x
                })
                .collect();
            let error = ((1.0 - a * a) / 20_000.0f64).sqrt();
            assert!((lag1_autocorrelation(&series) - a).abs() < 5.0 * error + 1e-3);
        }
    }
}
