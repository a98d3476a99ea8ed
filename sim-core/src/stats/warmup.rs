//! Where a run that started empty has settled.

/// How many observations make a batch, the 5 of MSER-5.
const BATCH: usize = 5;
/// With fewer batches than this the rule has nothing to go by.
const BATCHES_MIN: usize = 10;

/// How many observations at the start of `series` to leave out, by MSER-5; None if the series is too short
/// to say or has not settled.
///
/// The rule leaves out what makes the standard error of the mean of the rest smallest, over means of 5
/// observations: K. P. White, M. J. Cobb, S. C. Spratt, "A Comparison of Five Steady-State Truncation
/// Heuristics for Simulation", WSC 2000. It looks no further than half the series; a minimum there means
/// that the rest is still changing.
///
/// Give it the series averaged over replications ([`average_series`]): on a single replication it stops too
/// early and biases the mean.
pub fn mser5(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> =
        series.chunks_exact(BATCH).map(|batch| batch.iter().sum::<f64>() / BATCH as f64).collect();
    if batches.len() < BATCHES_MIN {
        return None;
    }
    let half = batches.len() / 2;
    let mut best = (f64::INFINITY, half);
    // From the end to the start, so that the sums of squares of all rests come out of one pass (Welford).
    let (mut mean, mut squares) = (0.0, 0.0);
    for (left_out, batch) in batches.iter().enumerate().rev() {
        let kept = (batches.len() - left_out) as f64;
        let before = batch - mean;
        mean += before / kept;
        squares += before * (batch - mean);
        let error = squares / (kept * kept);
        if left_out <= half && error <= best.0 {
            best = (error, left_out);
        }
    }
    (best.1 < half).then_some(best.1 * BATCH)
}

/// The mean over replications at each place, as long as the shortest series lasts; empty without series.
pub fn average_series<S: AsRef<[f64]>>(replications: &[S]) -> Vec<f64> {
    let length = replications.iter().map(|series| series.as_ref().len()).min().unwrap_or(0);
    let n = replications.len() as f64;
    let sum_at = |place| replications.iter().map(|series| series.as_ref()[place]).sum::<f64>();
    (0..length).map(|place| sum_at(place) / n).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key, normal};

    fn noise(n: u64) -> impl Iterator<Item = f64> {
        let key = Key::new(5, 0, 1);
        (0..n).map(move |k| normal(&mut Draw::new(k, key)))
    }

    #[test]
    fn a_step_is_cut_off() {
        let series: Vec<f64> = (0..500).map(|k| if k < 100 { 0.0 } else { 10.0 }).collect();
        assert_eq!(mser5(&series), Some(100));
    }

    /// The definition, term by term: the smallest standard error over all cuts in the first half.
    #[test]
    fn agrees_with_the_definition() {
        let series: Vec<f64> = noise(600)
            .enumerate()
            .map(|(k, noise)| 20.0 - 15.0 * crate::math::exp(-(k as f64) / 40.0) + noise)
            .collect();
        let batches: Vec<f64> =
            series.chunks(5).map(|batch| batch.iter().sum::<f64>() / 5.0).collect();
        let error = |cut: usize| {
            let rest = &batches[cut..];
            let mean = rest.iter().sum::<f64>() / rest.len() as f64;
            rest.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
                / (rest.len() * rest.len()) as f64
        };
        let best = (0..=60).min_by(|a, b| error(*a).total_cmp(&error(*b))).unwrap();
        assert!((10..40).contains(&best), "the series has a warm-up to find");
        assert_eq!(mser5(&series), Some(best * 5));
    }

    #[test]
    fn a_settled_series_keeps_nearly_all() {
        let cut = mser5(&noise(2_000).collect::<Vec<_>>()).unwrap();
        assert!(cut < 400, "{cut}");
    }

    #[test]
    fn a_growing_series_never_settles() {
        let series: Vec<f64> =
            noise(1_000).enumerate().map(|(k, noise)| k as f64 + noise).collect();
        assert_eq!(mser5(&series), None);
    }

    #[test]
    fn a_short_series_says_nothing() {
        assert_eq!(mser5(&[1.0; 49]), None);
        assert_eq!(mser5(&[1.0; 50]), Some(0));
    }

    #[test]
    fn average_ends_with_the_shortest() {
        assert_eq!(average_series(&[vec![1.0, 2.0, 9.0], vec![3.0, 6.0]]), [2.0, 4.0]);
        assert!(average_series::<Vec<f64>>(&[]).is_empty());
    }
}
