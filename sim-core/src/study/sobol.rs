//! Which share of a metric's variance each parameter brings: the indices of I. M. Sobol' ("Sensitivity Estimates for
//! Nonlinear Mathematical Models", Mathematical Modelling and Computational Experiments 1, 1993).

use super::curve::{Origin, SweepSummary};
use super::estimate::{Status, Value};
use super::layout::Metric;
use super::sample::Sampling;
use super::sensitivity::value_of;
use crate::stats::{Pairs, Welford};
use schemars::JsonSchema;
use serde::Serialize;

/// How the variance of a metric, where all parameters lie anywhere in their ranges, is shared out among them.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SobolIndices {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// What they were held against.
    pub metric: Metric,
    /// Samples, each of two points more than there are parameters.
    pub samples: u32,
    /// The metric's mean over the ranges.
    pub mean: f64,
    /// Its standard deviation over the ranges.
    pub deviation: f64,
    /// The parameters, those with the largest total index first.
    pub parameters: Vec<SobolIndex>,
    /// Samples of which one point has no number to be sure of, such as where the system does not settle. Where they are
    /// many, the indices speak of the rest only.
    pub samples_lost: usize,
    /// Whether it was cut short.
    pub interrupted: bool,
}

/// The share of a parameter in the variance.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SobolIndex {
    /// Its path.
    pub path: String,
    /// The lower end of its range, as written.
    pub from: String,
    /// The upper end.
    pub to: String,
    /// By itself: by which share the variance shrinks on average if the parameter is known (the first-order index).
    pub first: Value,
    /// With all that it does together with others: which share of the variance is left on average if all others are
    /// known (the total index).
    pub total: Value,
}

/// A metric at the points of one sample: at two independent points, and at the first with one parameter after the other
/// taken from the second.
pub(super) struct Sampled {
    pub(super) first: f64,
    pub(super) second: f64,
    pub(super) mixed: Vec<f64>,
}

/// What samples tell.
pub(super) struct Estimated {
    mean: f64,
    deviation: f64,
    /// First-order and total index of each parameter.
    indices: Vec<(Value, Value)>,
}

/// The indices by the estimators of A. Saltelli and others, "Variance Based Sensitivity Analysis of Model Output", Computer
/// Physics Communications 181 (2010): (b) of table 2 for the first order, with numbers counted from their mean, and (f),
/// which is M. J. W. Jansen's (Computer Physics Communications 117, 1999), for the total. Both are ratios of means over
/// independent samples, and have their intervals by the delta method.
pub(super) fn estimate(samples: &[Sampled], parameters: usize) -> Estimated {
    let both = samples.iter().flat_map(|sample| [sample.first, sample.second]);
    let all: Welford = both.collect();
    let mean = all.mean();
    let index = |numerator: &dyn Fn(&Sampled) -> f64| {
        let mut pairs = Pairs::default();
        let mut variance = Welford::default();
        for sample in samples {
            let (a, b) = (sample.first - mean, sample.second - mean);
            let own = (a * a + b * b) / 2.0;
            pairs.add(numerator(sample), own);
            variance.add(own);
        }
        match variance.mean() {
            // Nothing varies: no parameter has a share in it.
            0.0 => Value::sectioned(pairs.first(), 0.0),
            base => Value::ratio(&pairs, pairs.first().mean() / base, base),
        }
    };
    let indices = (0..parameters).map(|i| {
        let alone = |s: &Sampled| (s.second - mean) * (s.mixed[i] - s.first);
        let together = |s: &Sampled| (s.first - s.mixed[i]) * (s.first - s.mixed[i]) / 2.0;
        (index(&alone), index(&together))
    });
    Estimated { mean, deviation: all.variance().max(0.0).sqrt(), indices: indices.collect() }
}

impl SobolIndices {
    /// The indices of the axes of a sweep over Saltelli's points. `None` for a sweep over other points.
    ///
    /// What chance adds to a point is variance, too, and looks as if all parameters worked together. The points draw the
    /// same numbers for the same requests, so it is the smaller part of the noise of a run.
    pub fn of(sweep: SweepSummary, metric: Metric) -> Option<SobolIndices> {
        let Sampling::Saltelli(count) = sweep.sampling else { return None };
        let axes = sweep.axes.len();
        let mut numbers = vec![f64::NAN; sweep.points_in_all];
        for point in &sweep.points {
            let value = point.design.as_ref().and_then(|design| value_of(design, metric));
            let is_known =
                |value: &Value| matches!(value.status, Status::Confident | Status::NoInterval);
            numbers[point.index] = value.filter(is_known).map_or(f64::NAN, |value| value.mean);
        }
        let known = numbers.chunks_exact(axes + 2).filter(|of| of.iter().all(|n| n.is_finite()));
        let sampled =
            known.map(|of| Sampled { first: of[0], second: of[1], mixed: of[2..].into() });
        let samples: Vec<Sampled> = sampled.collect();
        let Estimated { mean, deviation, indices } = estimate(&samples, axes);
        let mut parameters: Vec<SobolIndex> = (sweep.axes.iter().zip(indices))
            .map(|(axis, (first, total))| SobolIndex {
                path: axis.path.clone(),
                from: axis.at(0.0).text,
                to: axis.at(1.0).text,
                first,
                total,
            })
            .collect();
        let rank =
            |index: &SobolIndex| if index.total.mean.is_nan() { -1.0 } else { index.total.mean };
        parameters.sort_by(|a, b| rank(b).total_cmp(&rank(a)));
        Some(SobolIndices {
            origin: sweep.origin,
            question: sweep.question,
            metric,
            samples: count,
            mean,
            deviation,
            parameters,
            samples_lost: count as usize - samples.len(),
            interrupted: sweep.interrupted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math;
    use crate::model::Files;
    use crate::spec::Spec;
    use crate::study::{Axis, Effort, Points, Study, Sweep};

    /// The samples of a function of numbers between 0 and 1, at the points that a sweep would look at.
    fn sampled(
        function: impl Fn(&[f64]) -> f64,
        axes: usize,
        count: u32,
        seed: u64,
    ) -> Vec<Sampled> {
        let named = (0..axes).map(|i| Axis::parse(&format!("x{i}=0s..1s:2")).unwrap());
        let points = Points::new(named.collect(), Sampling::Saltelli(count), seed).unwrap();
        assert_eq!(points.len(), count as usize * (axes + 2));
        let at = |point| {
            let settings = points.get(point);
            function(&settings.iter().map(|s| s.number.unwrap()).collect::<Vec<f64>>())
        };
        let of = |sample: usize| {
            let base = sample * (axes + 2);
            let mixed = (0..axes).map(|i| at(base + 2 + i)).collect();
            Sampled { first: at(base), second: at(base + 1), mixed }
        };
        (0..count as usize).map(of).collect()
    }

    /// T. Ishigami and T. Homma, 1990: sin x + 7 sin² y + 0.1 z⁴ sin x between -π and π.
    fn ishigami(u: &[f64]) -> f64 {
        let [x, y, z] = [0, 1, 2].map(|i| std::f64::consts::PI * (2.0 * u[i] - 1.0));
        let sin = math::sin(y);
        math::sin(x) + 7.0 * sin * sin + 0.1 * z * z * z * z * math::sin(x)
    }

    /// First-order and total indices of a function, by calculus.
    type Truth = Vec<(f64, f64)>;

    fn ishigami_truth() -> Truth {
        let (a, b, pi4) = (7.0_f64, 0.1_f64, 97.409_091_034_002_43_f64);
        let x = 0.5 * (1.0 + b * pi4 / 5.0) * (1.0 + b * pi4 / 5.0);
        let (y, xz) = (a * a / 8.0, b * b * pi4 * pi4 * (1.0 / 18.0 - 1.0 / 50.0));
        let all = x + y + xz;
        vec![(x / all, (x + xz) / all), (y / all, y / all), (0.0, xz / all)]
    }

    const G: [f64; 4] = [0.0, 1.0, 4.5, 9.0];

    /// Sobol's g-function: the product of (|4 u - 2| + a) / (1 + a).
    fn g(u: &[f64]) -> f64 {
        u.iter().zip(G).map(|(u, a)| ((4.0 * u - 2.0).abs() + a) / (1.0 + a)).product()
    }

    fn g_truth() -> Truth {
        let own = G.map(|a| 1.0 / (3.0 * (1.0 + a) * (1.0 + a)));
        let all = own.iter().map(|v| 1.0 + v).product::<f64>();
        own.iter().map(|v| (v / (all - 1.0), v * all / (1.0 + v) / (all - 1.0))).collect()
    }

    /// The estimates lie within five standard errors of what calculus says, and those are small.
    fn come_near(function: impl Fn(&[f64]) -> f64, truth: &Truth) {
        let found = estimate(&sampled(function, truth.len(), 8192, 1), truth.len());
        for (told, known) in found.indices.iter().zip(truth) {
            for (value, known) in [(told.0, known.0), (told.1, known.1)] {
                let error = value.half_width / 1.96;
                assert!((value.mean - known).abs() < 5.0 * error, "{value:?} for {known}");
                assert!(error < 0.03, "{value:?}");
            }
        }
    }

    #[test]
    fn indices_of_known_functions() {
        come_near(ishigami, &ishigami_truth());
        come_near(g, &g_truth());
    }

    /// An interval covers the truth as often as it says: of 6 × 200 at 95 % at least 91 %, which a binomial law with the
    /// correlation of six numbers from one sample misses once in thousands of seeds.
    #[test]
    fn intervals_cover_the_truth() {
        let truth = ishigami_truth();
        let (mut covered, mut all) = (0, 0);
        for seed in 0..200 {
            let found = estimate(&sampled(ishigami, 3, 512, seed), 3);
            for (told, known) in found.indices.iter().zip(&truth) {
                for (value, known) in [(told.0, known.0), (told.1, known.1)] {
                    covered += u32::from((value.mean - known).abs() <= value.half_width);
                    all += 1;
                }
            }
        }
        let share = f64::from(covered) / f64::from(all);
        assert!((0.91..0.99).contains(&share), "{share}");
    }

    fn simulated(axes: &[&str], model: &str, count: u32) -> SobolIndices {
        let axes: Vec<Axis> = axes.iter().map(|axis| Axis::parse(axis).unwrap()).collect();
        let points = Points::new(axes, Sampling::Saltelli(count), 1).unwrap();
        let files = Box::new(|_: &Spec| Ok(Files::default()));
        let spec = Spec::parse("desk.ron", model).unwrap();
        let mut sweep = Sweep::new(spec, files, points, Effort::default()).unwrap();
        sweep.run();
        SobolIndices::of(sweep.summary(Origin::default()), Metric::Mean).unwrap()
    }

    /// Two waits one after the other: the mean is their sum, so each brings the square of its range, nothing comes of both
    /// together, and a store that nobody asks brings nothing.
    #[test]
    fn a_sum_of_waits_is_shared_by_squares() {
        let model = r#"(
            components: {"desk": {"ask": [wait("5ms"), wait("20ms")]}},
            services: {"desk": (components: ["desk"])},
            stores: {"unused": database(servers: 3)},
            clients: {"users": (rate: "20/s", mix: "desk.ask")},
            run: (horizon: "10s", replications: 2, warmup: "1s"),
        )"#;
        let axes = [
            "components.desk.ask[0].wait=10ms..20ms:2",
            "stores.unused.database.servers=1..9",
            "components.desk.ask[1].wait=10ms..30ms:2",
        ];
        let found = simulated(&axes, model, 100);
        let paths: Vec<&str> = found.parameters.iter().map(|index| &*index.path).collect();
        assert_eq!(paths, [&axes[2][..27], &axes[0][..27], "stores.unused.database.servers"]);
        for (index, known) in found.parameters.iter().zip([0.8, 0.2, 0.0]) {
            for value in [index.first, index.total] {
                let error = value.half_width / 1.96;
                assert!((value.mean - known).abs() <= 5.0 * error + 1e-9, "{value:?} for {known}");
            }
        }
        assert_eq!(found.samples_lost, 0);
    }

    /// M/M/1: the mean is 1 / (1 / s - r). Its indices over ranges of s and r are had by the same estimators from the
    /// formula at many more points; the simulated ones lie within both errors and what a run's noise adds.
    #[test]
    fn a_queue_is_shared_as_its_formula_is() {
        let model = r#"(
            components: {"desk": {"ask": [work(exponential("10ms"))]}},
            services: {"desk": (components: ["desk"])},
            clients: {"users": (rate: "40/s", mix: "desk.ask")},
            run: (horizon: "60s", replications: 2, warmup: "5s"),
        )"#;
        let axes = [
            "components.desk.ask[0].work.exponential=6ms..12ms:2",
            "clients.users.rate=10/s..50/s:2",
        ];
        let found = simulated(&axes, model, 60);
        let formula = |u: &[f64]| 1.0 / (1.0 / (0.006 + 0.006 * u[0]) - (10.0 + 40.0 * u[1]));
        let known = estimate(&sampled(formula, 2, 8192, 2), 2);
        for (index, (first, total)) in found.parameters.iter().zip(known.indices) {
            for (told, known) in [(index.first, first), (index.total, total)] {
                let error = (told.half_width + known.half_width) / 1.96;
                assert!((told.mean - known.mean).abs() < 4.0 * error, "{told:?} for {known:?}");
            }
        }
        assert!(found.parameters[0].path.starts_with("components."), "{:?}", found.parameters);
    }
}
