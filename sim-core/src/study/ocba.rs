//! Ranking and selection: where the next replications tell most about which alternative is the best.
//!
//! OCBA, optimal computing budget allocation: C.-H. Chen, J. Lin, E. Yücesan, S. E. Chick, "Simulation budget allocation
//! for further enhancing the efficiency of ordinal optimization", Discrete Event Dynamic Systems 10 (2000); with constraints
//! as in L. H. Lee, N. A. Pujowidianto, L.-W. Li, C.-H. Chen, C. M. Yap, IEEE Transactions on Automatic Control 57 (2012).

use crate::stats::{Welford, student_t_cdf};

/// What is known of an alternative.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// What is to be small.
    pub(super) value: Welford,
    /// What has to keep to its limit.
    pub(super) constraints: Vec<Constraint>,
    /// It is known to be out, whatever is simulated.
    pub(super) is_out: bool,
}

/// A number that has to stay below 0.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// What it is held to, as a size: differences below a part of it do not matter.
    pub(super) limit: f64,
    /// How far it is above its limit.
    pub(super) excess: Welford,
}

/// What does not matter: differences smaller than this part of the best's value, or of a limit, are not worth telling.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Indifference(pub(super) f64);

/// What is known of several alternatives, and what to make of it.
pub(super) struct Ranking<'a> {
    known: &'a [Known],
    indifference: Indifference,
    /// The best of those that seem to keep to their limits.
    pub(super) best: Option<usize>,
}

impl<'a> Ranking<'a> {
    pub(super) fn of(known: &'a [Known], indifference: Indifference) -> Ranking<'a> {
        let fit = (0..known.len()).filter(|&i| known[i].seems_fit() && known[i].value.count() > 1);
        let best = fit.min_by(|&a, &b| known[a].value.mean().total_cmp(&known[b].value.mean()));
        Ranking { known, indifference, best }
    }

    /// The difference to the best in value, at least what is indifferent; infinite where there is no best.
    fn lead(&self, other: usize) -> f64 {
        let Some(best) = self.best else { return 0.0 };
        let (ours, theirs) = (self.known[best].value.mean(), self.known[other].value.mean());
        (theirs - ours).max(self.indifference.0 * ours.abs())
    }

    /// The largest signal for its noise that one of the limits is broken (or, of what seems fit, the smallest that all
    /// are kept).
    fn signal(&self, index: usize) -> f64 {
        let known = &self.known[index];
        let signals = known.constraints.iter().map(|constraint| {
            let distance =
                constraint.excess.mean().abs().max(self.indifference.0 * constraint.limit.abs());
            let is_broken = constraint.excess.mean() >= 0.0;
            (is_broken, over(distance, deviation(&constraint.excess)))
        });
        match known.seems_fit() {
            true => signals.map(|(_, signal)| signal).fold(f64::INFINITY, f64::min),
            false => {
                signals.filter(|(broken, _)| *broken).map(|(_, signal)| signal).fold(0.0, f64::max)
            }
        }
    }

    /// Whether another than the best is ruled out more easily by its limits than by its value.
    fn by_limits(&self, index: usize) -> bool {
        let known = &self.known[index];
        if known.seems_fit() {
            return false;
        }
        let by_value = match self.best {
            Some(best) if known.value.mean() > self.known[best].value.mean() => {
                over(self.lead(index), deviation(&known.value))
            }
            _ => 0.0,
        };
        self.signal(index) >= by_value
    }

    /// The probability that the best is the best, at least: one less the sum of what can be wrong with each other one
    /// (Bonferroni), by Student's t.
    pub(super) fn confidence(&self) -> f64 {
        let wrong = |index: usize| {
            let known = &self.known[index];
            if known.is_out {
                return 0.0;
            }
            let n = known.value.count() as f64;
            if n < 2.0 {
                return 1.0;
            }
            match self.best {
                Some(best) if best == index => {
                    let tail = |constraint: &Constraint| {
                        let distance = (-constraint.excess.mean())
                            .max(self.indifference.0 * constraint.limit.abs());
                        tail(over(distance, deviation(&constraint.excess)) * n.sqrt(), n - 1.0)
                    };
                    known.constraints.iter().map(tail).sum()
                }
                Some(best) if !self.by_limits(index) => {
                    let other = &self.known[best].value;
                    let m = other.count() as f64;
                    let spread =
                        (known.value.variance() / n + other.variance() / m).max(0.0).sqrt();
                    tail(over(self.lead(index), spread), n.min(m) - 1.0)
                }
                _ => tail(self.signal(index) * n.sqrt(), n - 1.0),
            }
        };
        (1.0 - (0..self.known.len()).map(wrong).sum::<f64>()).max(0.0)
    }

    /// How `more` replications are best given out.
    pub(super) fn allot(&self, more: u64) -> Vec<u64> {
        let shares = self.shares();
        let had: Vec<f64> = self.known.iter().map(|known| known.value.count() as f64).collect();
        let total: f64 = had.iter().sum::<f64>() + more as f64;
        let sum: f64 = shares.iter().sum();
        let wanted: Vec<f64> = shares
            .iter()
            .zip(&had)
            .map(|(share, had)| if sum > 0.0 { (share / sum * total - had).max(0.0) } else { 0.0 })
            .collect();
        // What others have had too much of is taken from all alike.
        let lacking: f64 = wanted.iter().sum();
        let mut given = vec![0; wanted.len()];
        if lacking <= 0.0 {
            return given;
        }
        let mut left = more;
        let mut order: Vec<usize> = (0..wanted.len()).collect();
        order.sort_by(|&a, &b| wanted[b].total_cmp(&wanted[a]));
        for index in order {
            let part = (wanted[index] / lacking * more as f64).round().max(0.0) as u64;
            given[index] = part.min(left);
            left -= given[index];
        }
        if let Some(most) = (0..wanted.len()).max_by(|&a, &b| wanted[a].total_cmp(&wanted[b])) {
            given[most] += left;
        }
        given
    }

    /// The parts of all replications that each should have.
    fn shares(&self) -> Vec<f64> {
        let mut shares: Vec<f64> = (0..self.known.len())
            .map(|index| {
                let known = &self.known[index];
                if known.is_out || Some(index) == self.best {
                    return 0.0;
                }
                let ratio = match self.best {
                    Some(_) if !self.by_limits(index) => {
                        over(deviation(&known.value), self.lead(index))
                    }
                    _ => over(1.0, self.signal(index)),
                };
                bounded(ratio * ratio)
            })
            .collect();
        if let Some(best) = self.best {
            let own = deviation(&self.known[best].value);
            let others = (0..shares.len()).filter(|&i| i != best && !self.by_limits(i)).map(|i| {
                let part = over(shares[i], deviation(&self.known[i].value));
                if part.is_finite() { part * part } else { 0.0 }
            });
            let for_value = own * others.sum::<f64>().sqrt();
            let signal = self.signal(best);
            shares[best] = for_value.max(bounded(over(1.0, signal * signal)));
        }
        shares
    }
}

impl Known {
    fn seems_fit(&self) -> bool {
        !self.is_out && self.constraints.iter().all(|constraint| constraint.excess.mean() < 0.0)
    }
}

fn deviation(numbers: &Welford) -> f64 {
    numbers.variance().max(0.0).sqrt()
}

/// A ratio; of nothing over nothing, infinite: what does not vary is known.
fn over(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { f64::INFINITY }
}

/// No share is without end.
fn bounded(share: f64) -> f64 {
    if share.is_nan() { 0.0 } else { share.min(1e12) }
}

/// The probability beyond `z` of Student's t.
fn tail(z: f64, df: f64) -> f64 {
    if z.is_infinite() { 0.0 } else { student_t_cdf(-z, df) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Draw, Key, normal};

    /// Mean and deviation of a value, and of an excess where there is a limit.
    type Law = (f64, f64, Option<(f64, f64)>);

    /// Simulates alternatives with normal numbers: mean and deviation of the value and, if any, of an excess.
    struct Bandit {
        truth: Vec<Law>,
        seed: u64,
        known: Vec<Known>,
    }

    impl Bandit {
        fn new(truth: Vec<Law>, seed: u64) -> Bandit {
            let known = truth.iter().map(|(_, _, limited)| Known {
                constraints: limited
                    .iter()
                    .map(|_| Constraint { limit: 0.0, excess: Welford::new() })
                    .collect(),
                ..Known::default()
            });
            Bandit { known: known.collect(), truth, seed }
        }

        fn run(&mut self, index: usize, times: u64) {
            for _ in 0..times {
                let key = Key::new(self.seed, self.known[index].value.count(), index as u64);
                let mut draw = Draw::new(0, key);
                let (mean, deviation, limited) = self.truth[index];
                self.known[index].value.add(mean + deviation * normal(&mut draw));
                if let Some((mean, deviation)) = limited {
                    self.known[index].constraints[0]
                        .excess
                        .add(mean + deviation * normal(&mut draw));
                }
            }
        }

        /// What is chosen in the end, and after how many runs.
        fn choose(&mut self, confidence: f64) -> (Option<usize>, u64) {
            let count = self.truth.len();
            (0..count).for_each(|index| self.run(index, 10));
            loop {
                let ranking = Ranking::of(&self.known, Indifference(1e-3));
                let total: u64 = self.known.iter().map(|known| known.value.count()).sum();
                if ranking.confidence() >= confidence || total > 200_000 {
                    return (ranking.best, total);
                }
                let given = ranking.allot(20);
                given.into_iter().enumerate().for_each(|(index, times)| self.run(index, times));
            }
        }

        /// Runs of equal numbers for all until the same confidence is reached.
        fn choose_equally(&mut self, confidence: f64) -> u64 {
            let count = self.truth.len();
            (0..count).for_each(|index| self.run(index, 10));
            loop {
                let total: u64 = self.known.iter().map(|known| known.value.count()).sum();
                if Ranking::of(&self.known, Indifference(1e-3)).confidence() >= confidence
                    || total > 200_000
                {
                    return total;
                }
                (0..count).for_each(|index| self.run(index, 1));
            }
        }
    }

    /// 50 alternatives with means 1, 2, … 50 and a deviation of 4: the best is found at least as often as is said, in less
    /// than a third of the runs that equal numbers take.
    #[test]
    fn the_best_of_fifty_is_found_with_a_third_of_the_runs() {
        let truth: Vec<_> = (1..=50).map(|mean| (f64::from(mean), 4.0, None)).collect();
        let (mut right, mut runs, mut equal) = (0, 0, 0);
        const STUDIES: u64 = 60;
        for seed in 0..STUDIES {
            let (best, total) = Bandit::new(truth.clone(), seed).choose(0.95);
            right += u64::from(best == Some(0));
            runs += total;
            equal += Bandit::new(truth.clone(), seed + 1000).choose_equally(0.95);
        }
        assert!(right * 100 >= STUDIES * 95, "{right} of {STUDIES}");
        assert!(runs * 3 < equal, "{runs} runs, {equal} if equal");
    }

    /// The cheapest breaks its limit, the next cheapest keeps to it: it is chosen, and those that are far from their
    /// limits get few runs.
    #[test]
    fn limits_come_before_values() {
        let truth = vec![
            (1.0, 0.1, Some((2.0, 1.0))),
            (2.0, 0.1, Some((-1.0, 1.0))),
            (3.0, 0.1, Some((-9.0, 1.0))),
            (1.5, 0.1, Some((0.4, 1.0))),
        ];
        let (mut right, mut counts) = (0, [0; 4]);
        for seed in 0..40 {
            let mut bandit = Bandit::new(truth.clone(), seed);
            right += u32::from(bandit.choose(0.95).0 == Some(1));
            let known = counts.iter_mut().zip(&bandit.known);
            known.for_each(|(count, known)| *count += known.value.count());
        }
        assert!(right >= 38, "{right} of 40");
        assert!(counts[2] <= 440 && counts[3] > 2 * counts[0], "{counts:?}");
    }

    /// Without noise nothing is left to be told.
    #[test]
    fn what_does_not_vary_is_known() {
        let mut bandit = Bandit::new(vec![(5.0, 0.0, None), (4.0, 0.0, None)], 1);
        assert_eq!(bandit.choose(0.99), (Some(1), 20));
        // Two that are equal: either is as good, and that is said at once.
        assert_eq!(Bandit::new(vec![(4.0, 0.0, None), (4.0, 0.0, None)], 1).choose(0.99).1, 20);
    }

    #[test]
    fn nothing_may_fit() {
        let mut bandit =
            Bandit::new(vec![(1.0, 0.1, Some((3.0, 1.0))), (2.0, 0.1, Some((2.0, 1.0)))], 1);
        let (best, runs) = bandit.choose(0.95);
        assert!(best.is_none() && runs < 60, "{best:?} after {runs}");
    }
}
