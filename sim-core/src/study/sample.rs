//! Which points of the axes are looked at: all of them, side by side, or a sample that fills the space evenly.

use super::axis::{Axis, AxisError, Setting};
use crate::random::{Permutation, mix};
use schemars::JsonSchema;
use serde::Serialize;

/// How points are chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Every value of each axis with every value of the others; the last axis changes fastest.
    #[default]
    Grid,
    /// The first values of all axes, the second ones, and so on.
    Zip,
    /// A Latin hypercube of so many points: each axis is cut into as many parts, and each part has one point.
    ///
    /// M. D. McKay, R. J. Beckman, W. J. Conover, Technometrics 21 (1979).
    LatinHypercube(u32),
    /// So many points of Sobol's sequence, shifted digit by digit by the seed.
    ///
    /// I. M. Sobol' (1967); direction numbers of S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008).
    Sobol(u32),
    /// So many trajectories of M. D. Morris, Technometrics 33 (1991): each begins at random and changes one axis after the
    /// other by two thirds of its range, so that neighbours tell what the axis does.
    Morris(u32),
    /// So many samples of A. Saltelli, Computer Physics Communications 145 (2002): each is two independent points and, for
    /// each axis, the first of them with the value of the second there, so that Sobol' indices can be told.
    Saltelli(u32),
}

/// Points of a sweep, at most: each is kept in memory, at a few kilobytes.
pub const POINTS_MAX: u64 = 100_000;

impl Sampling {
    /// Reads `grid`, `zip`, `lhs:100`, `sobol:64`, `morris:10` or `saltelli:100`.
    ///
    /// # Errors
    /// What can be written instead.
    pub fn parse(text: &str) -> Result<Sampling, String> {
        let many = |count: &str, sampling: fn(u32) -> Sampling| match count.parse() {
            Ok(count) if (2..=POINTS_MAX).contains(&u64::from(count)) => Ok(sampling(count)),
            _ => Err(format!("a sample has from 2 to {POINTS_MAX} points, such as lhs:100")),
        };
        match text.split_once(':') {
            None if text == "grid" => Ok(Sampling::Grid),
            None if text == "zip" => Ok(Sampling::Zip),
            Some(("lhs", count)) => many(count, Sampling::LatinHypercube),
            Some(("sobol", count)) => many(count, Sampling::Sobol),
            Some(("morris", count)) => many(count, Sampling::Morris),
            Some(("saltelli", count)) => many(count, Sampling::Saltelli),
            _ => Err("write grid, zip, lhs:100, sobol:64, morris:10 or saltelli:100".into()),
        }
    }
}

/// The points of some axes: few numbers, from which each point can be had by its index.
#[derive(Clone, Debug)]
pub struct Points {
    axes: Vec<Axis>,
    sampling: Sampling,
    seed: u64,
    /// The values of each axis, where they are listed.
    settings: Vec<Vec<Setting>>,
    count: u64,
}

impl Points {
    /// The points of `axes`; `seed` chooses a sample.
    ///
    /// # Errors
    /// Axes that do not go together, or more points than [`POINTS_MAX`].
    pub fn new(axes: Vec<Axis>, sampling: Sampling, seed: u64) -> Result<Points, AxisError> {
        if axes.is_empty() {
            let hint = "vary something: --vary services.api.replicas=1..16";
            return Err(AxisError::new("there is nothing to vary", hint));
        }
        if let Some(twice) =
            (1..axes.len()).find(|&i| axes[..i].iter().any(|a| a.path == axes[i].path))
        {
            let message = format!("{} is varied twice", axes[twice].path);
            return Err(AxisError::new(message, "name all its values in one --vary"));
        }
        let is_listed = matches!(sampling, Sampling::Grid | Sampling::Zip);
        let settings = match is_listed {
            true => axes.iter().map(Axis::settings).collect::<Result<Vec<_>, _>>()?,
            false => Vec::new(),
        };
        let lengths: Vec<u64> = settings.iter().map(|settings| settings.len() as u64).collect();
        let count = match sampling {
            Sampling::Grid => lengths.iter().fold(1u64, |all, length| all.saturating_mul(*length)),
            Sampling::Zip => zipped(&axes, &lengths)?,
            Sampling::LatinHypercube(count) | Sampling::Sobol(count) => u64::from(count),
            Sampling::Morris(trajectories) => u64::from(trajectories) * (axes.len() as u64 + 1),
            Sampling::Saltelli(samples) => u64::from(samples) * (axes.len() as u64 + 2),
        };
        if count > POINTS_MAX {
            let product: Vec<String> = lengths.iter().map(u64::to_string).collect();
            let message = match product.len() {
                0 => format!("the sample has {count} points; at most {POINTS_MAX} are run"),
                _ => format!(
                    "the grid has {} = {count} points; at most {POINTS_MAX} are run",
                    product.join(" × ")
                ),
            };
            return Err(AxisError::new(
                message,
                "take fewer values, or a sample: --sample sobol:256",
            ));
        }
        if matches!(sampling, Sampling::Sobol(_)) && axes.len() > SOBOL.len() + 1 {
            let message =
                format!("Sobol's sequence is known here for {} axes at most", SOBOL.len() + 1);
            return Err(AxisError::new(message, "take a Latin hypercube: --sample lhs:256"));
        }
        Ok(Points { axes, sampling, seed, settings, count })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none; there always is one.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The axes.
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// How they were chosen.
    pub fn sampling(&self) -> Sampling {
        self.sampling
    }

    /// The values of a point, one for each axis.
    pub fn get(&self, index: usize) -> Vec<Setting> {
        let axes = self.axes.iter().enumerate();
        match self.sampling {
            Sampling::Grid => {
                let mut rest = index;
                let mut settings: Vec<Setting> = (self.settings.iter().rev())
                    .map(|values| {
                        let setting = values[rest % values.len()].clone();
                        rest /= values.len();
                        setting
                    })
                    .collect();
                settings.reverse();
                settings
            }
            Sampling::Zip => self.settings.iter().map(|values| values[index].clone()).collect(),
            Sampling::LatinHypercube(count) => axes
                .map(|(i, axis)| axis.sample(latin(count, self.seed, i as u64, index as u64)))
                .collect(),
            Sampling::Morris(_) => {
                let trajectory = Trajectory::of(self.seed, self.axes.len(), index);
                axes.map(|(i, axis)| axis.at(trajectory.at(i, index % (self.axes.len() + 1))))
                    .collect()
            }
            Sampling::Saltelli(_) => {
                let (sample, place) =
                    (index / (self.axes.len() + 2), index % (self.axes.len() + 2));
                let is_second = |axis: usize| place == 1 || place == axis + 2;
                axes.map(|(i, axis)| {
                    let own = mix(self.seed ^ mix(2 * i as u64 + u64::from(is_second(i)) + 1));
                    axis.sample(unit(mix(own ^ mix(sample as u64))))
                })
                .collect()
            }
            Sampling::Sobol(_) => {
                axes.map(|(i, axis)| axis.sample(sobol(self.seed, i, index as u32))).collect()
            }
        }
    }
}

/// How far a step of a trajectory goes, as a part of an axis: with four levels, two of three parts.
pub(super) const STEP: f64 = 2.0 / 3.0;

/// A trajectory of Morris: where it begins, in which order axes change, and which way.
pub(super) struct Trajectory {
    own: u64,
    order: Permutation,
}

impl Trajectory {
    /// The trajectory that a point belongs to.
    pub(super) fn of(seed: u64, axes: usize, point: usize) -> Trajectory {
        let own = mix(seed ^ mix((point / (axes + 1)) as u64 + 1));
        Trajectory { own, order: Permutation::new(axes as u64, own) }
    }

    /// The axis that changes after the `step`-th point, counted from 0.
    pub(super) fn changes(&self, step: usize) -> usize {
        self.order.apply(step as u64) as usize
    }

    /// Whether an axis grows.
    pub(super) fn grows(&self, axis: usize) -> bool {
        mix(self.own ^ mix(2 * axis as u64)) & 1 == 1
    }

    /// Where an axis is at the `step`-th point.
    fn at(&self, axis: usize, step: usize) -> f64 {
        let lower = if mix(self.own ^ mix(2 * axis as u64 + 1)) & 1 == 1 { 1.0 / 3.0 } else { 0.0 };
        let has_changed = self.order.rank_of(axis as u64) < step as u64;
        if has_changed == self.grows(axis) { lower + STEP } else { lower }
    }
}

fn zipped(axes: &[Axis], lengths: &[u64]) -> Result<u64, AxisError> {
    if let Some(other) = (1..lengths.len()).find(|&i| lengths[i] != lengths[0]) {
        let (first, path) = (&axes[0].path, &axes[other].path);
        let message =
            format!("{first} has {} values and {path} has {}", lengths[0], lengths[other]);
        return Err(AxisError::new(message, "axes that go side by side have equally many"));
    }
    Ok(lengths[0])
}

/// The place of a point on an axis: somewhere in its own part of `count` equal ones.
fn latin(count: u32, seed: u64, axis: u64, index: u64) -> f64 {
    let own = mix(seed ^ mix(axis.wrapping_add(1)));
    let part = Permutation::new(u64::from(count), own).apply(index);
    let within = unit(mix(own ^ mix(index)));
    (part as f64 + within) / f64::from(count)
}

/// The upper half of a number as a fraction of 2^32, in the middle of its interval.
fn unit(bits: u64) -> f64 {
    ((bits >> 32) as f64 + 0.5) / 4_294_967_296.0
}

/// A coordinate of a point of Sobol's sequence, shifted.
fn sobol(seed: u64, axis: usize, index: u32) -> f64 {
    let mut bits = (mix(seed ^ mix(axis as u64 + 1)) >> 32) as u32;
    for bit in (0..32).filter(|bit| index >> bit & 1 == 1) {
        bits ^= direction(axis, bit);
    }
    (f64::from(bits) + 0.5) / 4_294_967_296.0
}

/// The `bit`-th direction number of an axis.
fn direction(axis: usize, bit: usize) -> u32 {
    let Some((polynomial, first)) = axis.checked_sub(1).map(|i| SOBOL[i]) else {
        return 1 << (31 - bit);
    };
    let degree = first.len();
    let mut v: Vec<u32> = first.iter().enumerate().map(|(i, m)| m << (31 - i)).collect();
    for i in degree..=bit {
        let mut next = v[i - degree] ^ (v[i - degree] >> degree);
        for k in 1..degree {
            if polynomial >> (degree - 1 - k) & 1 == 1 {
                next ^= v[i - k];
            }
        }
        v.push(next);
    }
    v[bit]
}

/// From the second axis on: the inner coefficients of the primitive polynomial, and the first direction numbers. S. Joe
/// and F. Y. Kuo, file `new-joe-kuo-6.21201`, dimensions 2 to 21.
const SOBOL: [(u32, &[u32]); 20] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
    (11, &[1, 1, 5, 1, 1]),
    (13, &[1, 1, 1, 3, 11]),
    (14, &[1, 3, 5, 5, 31]),
    (1, &[1, 3, 3, 9, 7, 49]),
    (13, &[1, 1, 1, 15, 21, 21]),
    (16, &[1, 3, 1, 13, 27, 49]),
    (19, &[1, 1, 1, 15, 7, 5]),
    (22, &[1, 3, 1, 15, 13, 25]),
    (25, &[1, 1, 5, 5, 19, 61]),
    (1, &[1, 3, 7, 11, 23, 15, 103]),
    (4, &[1, 3, 7, 13, 13, 15, 69]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn points(axes: &[&str], sampling: Sampling) -> Result<Points, AxisError> {
        let axes = axes.iter().map(|axis| Axis::parse(axis).unwrap()).collect();
        Points::new(axes, sampling, 7)
    }

    fn texts(points: &Points) -> Vec<String> {
        let text =
            |index| points.get(index).into_iter().map(|s| s.text).collect::<Vec<_>>().join(" ");
        (0..points.len()).map(text).collect()
    }

    #[test]
    fn a_grid_has_all_and_zip_goes_side_by_side() {
        let grid = points(&["a.b=1,2", "c.d=x,y,z"], Sampling::Grid).unwrap();
        assert_eq!(texts(&grid), ["1 x", "1 y", "1 z", "2 x", "2 y", "2 z"]);
        let zip = points(&["a.b=1,2", "c.d=x,y"], Sampling::Zip).unwrap();
        assert_eq!(texts(&zip), ["1 x", "2 y"]);
        let uneven = points(&["a.b=1,2", "c.d=x,y,z"], Sampling::Zip).unwrap_err();
        assert_eq!(uneven.message, "a.b has 2 values and c.d has 3");
    }

    #[test]
    fn a_grid_of_a_billion_points_is_refused_with_its_count() {
        let axes = ["a.b=1..1000", "a.c=1..1000", "a.d=1..1000"];
        let refused = points(&axes, Sampling::Grid).unwrap_err();
        assert!(refused.message.contains("1000 × 1000 × 1000 = 1000000000 points"), "{refused:?}");
        assert!(points(&["a.b=1..9", "a.b=2..3"], Sampling::Grid).is_err());
        assert_eq!(points(&axes, Sampling::LatinHypercube(50)).unwrap().len(), 50);
    }

    /// Each of as many equal parts of every axis has one point: of a Latin hypercube by its definition, of Sobol's
    /// sequence because every coordinate is a net in base 2 (a digital shift keeps it one).
    #[test]
    fn samples_are_even_on_every_axis() {
        let parts = |place: &dyn Fn(u64) -> f64, count: u64| {
            let mut parts: Vec<u64> =
                (0..count).map(|i| (place(i) * count as f64) as u64).collect();
            parts.sort_unstable();
            parts == (0..count).collect::<Vec<_>>()
        };
        for axis in 0..21 {
            assert!(parts(&|i| latin(100, 3, axis, i), 100), "latin {axis}");
            for bits in 1..10 {
                assert!(
                    parts(&|i| sobol(3, axis as usize, i as u32), 1 << bits),
                    "sobol {axis} {bits}"
                );
            }
        }
    }

    /// The first two axes of Sobol's sequence are a net in the plane: of 2^k points every box of 2^-i times 2^-(k-i)
    /// has one.
    #[test]
    fn sobol_is_even_in_the_plane() {
        let k = 8;
        for i in 0..=k {
            let (wide, high) = (1u32 << i, 1u32 << (k - i));
            let mut boxes: Vec<u32> = (0..1 << k)
                .map(|n| {
                    let cell = |axis, parts: u32| (sobol(0, axis, n) * f64::from(parts)) as u32;
                    cell(0, wide) * high + cell(1, high)
                })
                .collect();
            boxes.sort_unstable();
            assert_eq!(boxes, (0..1 << k).collect::<Vec<_>>(), "{wide} by {high}");
        }
    }

    /// From each point of a trajectory to the next one axis changes, each once, by two thirds of its range.
    #[test]
    fn trajectories_change_one_axis_after_the_other() {
        for number in 0..20 {
            let trajectory = Trajectory::of(5, 6, number * 7 + 3);
            let mut changed: Vec<usize> = (0..6)
                .map(|step| {
                    let differences =
                        (0..6).map(|i| trajectory.at(i, step + 1) - trajectory.at(i, step));
                    let moved: Vec<(usize, f64)> =
                        differences.enumerate().filter(|(_, d)| *d != 0.0).collect();
                    let (axis, by) = moved[0];
                    assert_eq!((moved.len(), axis), (1, trajectory.changes(step)));
                    assert!(
                        (by.abs() - STEP).abs() < 1e-12 && (by > 0.0) == trajectory.grows(axis)
                    );
                    axis
                })
                .collect();
            changed.sort_unstable();
            assert_eq!(changed, [0, 1, 2, 3, 4, 5]);
        }
    }

    /// Integrates the product of 12 coordinates' weights, (4|x - 2| + a) style functions of Sobol' whose integral is 1:
    /// far better than chance would do with so few points.
    #[test]
    fn sobol_integrates_in_many_dimensions() {
        let g = |place: &dyn Fn(usize, u32) -> f64| {
            let product = |n: u32| {
                (0..12usize)
                    .map(|axis| {
                        let a = axis as f64;
                        ((4.0 * place(axis, n) - 2.0).abs() + a) / (1.0 + a)
                    })
                    .product::<f64>()
            };
            (0..4096).map(product).sum::<f64>() / 4096.0
        };
        let even = (g(&|axis, n| sobol(1, axis, n)) - 1.0).abs();
        assert!(even < 0.003, "{even}");
    }

    #[test]
    fn what_can_be_written() {
        assert_eq!(Sampling::parse("sobol:64"), Ok(Sampling::Sobol(64)));
        assert_eq!(Sampling::parse("lhs:10"), Ok(Sampling::LatinHypercube(10)));
        for wrong in ["lhs", "lhs:1", "lhs:x", "random", "sobol:999999999"] {
            assert!(Sampling::parse(wrong).is_err(), "{wrong}");
        }
    }
}
