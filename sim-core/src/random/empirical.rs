//! Laws given by measurements rather than by a formula.

use super::fit::LawError;

/// A law given by points (p, value) of its quantile function, joined by straight lines.
///
/// Between two points every number is alike; two points with the same value make an atom; two points with
/// the same p make a gap.
#[derive(Clone, PartialEq, Debug)]
pub struct Empirical {
    /// Probabilities, from exactly 0 to exactly 1, never falling.
    probabilities: Box<[f64]>,
    /// The quantiles at those probabilities, never falling.
    values: Box<[f64]>,
    /// For the k-th of as many equal parts of [0, 1] as there are segments: the segment in which the part
    /// starts. (H.-C. Chen, Y. Asau, "On generating random variates from an empirical distribution", AIIE
    /// Trans. 6, 1974.)
    guide: Box<[u32]>,
}

impl Empirical {
    /// The law through the points (p, value), in rising order, from p = 0 (the smallest number) to p = 1
    /// (the largest).
    ///
    /// # Errors
    /// When there are fewer than 2 or more than 2^31 points, p does not rise from 0 to 1, or the values
    /// fall, are negative or not finite.
    pub fn from_quantiles(points: &[(f64, f64)]) -> Result<Empirical, LawError> {
        if points.len() < 2 || points.len() > 1 << 31 {
            return Err(LawError(
                "quantiles need at least the smallest (p = 0) and the largest number (p = 1)",
            ));
        }
        if points[0].0 != 0.0 || points[points.len() - 1].0 != 1.0 {
            return Err(LawError("quantiles must start at p = 0 and end at p = 1"));
        }
        if !points.iter().all(|(_, value)| value.is_finite() && *value >= 0.0) {
            return Err(LawError("every number must be finite and not negative"));
        }
        if !points.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1) {
            return Err(LawError("quantiles must be in rising order"));
        }
        let probabilities: Box<[f64]> = points.iter().map(|point| point.0).collect();
        let values = points.iter().map(|point| point.1).collect();
        let segments = points.len() - 1;
        let mut segment = 0;
        let guide = (0..segments)
            .map(|part| {
                let start = part as f64 / segments as f64;
                while probabilities[segment + 1] <= start {
                    segment += 1;
                }
                segment as u32
            })
            .collect();
        Ok(Empirical { probabilities, values, guide })
    }

    /// The law of measured values, in any order: the k-th smallest of n (from 0) is the quantile at k / (n
    /// - 1).
    ///
    /// A single value makes a constant.
    ///
    /// # Errors
    /// When there is no value, or one is negative or not finite.
    pub fn from_values(values: &[f64]) -> Result<Empirical, LawError> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        if let [only] = sorted[..] {
            sorted.push(only);
        }
        if sorted.is_empty() {
            return Err(LawError("an empirical law needs a value"));
        }
        let last = (sorted.len() - 1) as f64;
        let points: Vec<_> =
            sorted.iter().enumerate().map(|(k, value)| (k as f64 / last, *value)).collect();
        Empirical::from_quantiles(&points)
    }

    /// The quantile at `p`, which is taken into [0, 1].
    #[inline]
    pub fn at(&self, p: f64) -> f64 {
        let segments = self.guide.len();
        let part = ((p * segments as f64) as usize).min(segments - 1);
        let mut segment = self.guide[part] as usize;
        // Rounding in `part` may put it one too high; a step back is rare and enough.
        if p < self.probabilities[segment] && segment > 0 {
            segment -= 1;
        }
        while segment + 1 < segments && self.probabilities[segment + 1] <= p {
            segment += 1;
        }
        let (p0, p1) = (self.probabilities[segment], self.probabilities[segment + 1]);
        let (v0, v1) = (self.values[segment], self.values[segment + 1]);
        let along = if p1 > p0 { ((p - p0) / (p1 - p0)).clamp(0.0, 1.0) } else { 1.0 };
        v0 + (v1 - v0) * along
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.integrate(|v0, v1| (v0 + v1) / 2.0)
    }

    /// The mean of the squared distance from the mean.
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        self.integrate(|v0, v1| {
            let (d0, d1) = (v0 - mean, v1 - mean);
            (d0 * d0 + d0 * d1 + d1 * d1) / 3.0
        })
    }

    /// The law of `factor` times the number.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Empirical {
        Empirical {
            values: self.values.iter().map(|value| value * factor).collect(),
            ..self.clone()
        }
    }

    /// The mean over all segments of what `segment` says of one, given the values at its ends.
    fn integrate(&self, segment: impl Fn(f64, f64) -> f64) -> f64 {
        let weights = self.probabilities.windows(2).map(|p| p[1] - p[0]);
        let parts = self.values.windows(2).map(|v| segment(v[0], v[1]));
        weights.zip(parts).map(|(weight, part)| weight * part).sum()
    }
}
