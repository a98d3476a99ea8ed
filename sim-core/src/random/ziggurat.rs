//! The ziggurat: standard exponential and normal numbers out of one table look-up and one product.
//!
//! G. Marsaglia, W. W. Tsang, "The Ziggurat Method for Generating Random Variables", J. Stat. Software
//! 5(8), 2000, with 256 layers. One 64-bit number picks the layer (low 8 bits) and the place in it (upper
//! bits); about one draw in a hundred falls in a layer's wedge and needs an exponential function and
//! further bits.

use super::draw::Draw;
use super::tables::{EXPONENTIAL, NORMAL};
use crate::math;

/// 2^-53: the bits used for the place in a layer are 53.
const UNIT: f64 = 1.0 / (1u64 << 53) as f64;

/// A number from the exponential law with mean 1.
#[inline]
pub fn exponential(draw: &mut Draw) -> f64 {
    let bits = draw.bits();
    let layer = (bits & 255) as usize;
    let x = (bits >> 11) as f64 * (UNIT * EXPONENTIAL[layer]);
    if x < EXPONENTIAL[layer + 1] { x } else { exponential_edge(draw, layer, x) }
}

/// Decides about an `x` outside the part of its layer that lies wholly under the curve.
///
/// The tail beyond the bottom layer is, the exponential law having no memory, the law itself moved to the
/// right.
#[cold]
fn exponential_edge(draw: &mut Draw, mut layer: usize, mut x: f64) -> f64 {
    let mut moved = 0.0;
    loop {
        if layer == 0 {
            moved += EXPONENTIAL[1];
        } else if in_wedge(draw, &EXPONENTIAL, layer, math::exp(-x), |edge| math::exp(-edge)) {
            return moved + x;
        }
        let bits = draw.bits();
        layer = (bits & 255) as usize;
        x = (bits >> 11) as f64 * (UNIT * EXPONENTIAL[layer]);
        if x < EXPONENTIAL[layer + 1] {
            return moved + x;
        }
    }
}

/// A number from the normal law with mean 0 and variance 1.
#[inline]
pub fn normal(draw: &mut Draw) -> f64 {
    let bits = draw.bits();
    let layer = (bits & 255) as usize;
    let x = ((bits as i64) >> 10) as f64 * (UNIT * NORMAL[layer]);
    if x.abs() < NORMAL[layer + 1] { x } else { normal_edge(draw, layer, x) }
}

/// Decides about an `x` outside the part of its layer that lies wholly under the curve.
#[cold]
fn normal_edge(draw: &mut Draw, mut layer: usize, mut x: f64) -> f64 {
    let density = |x: f64| math::exp(-0.5 * x * x);
    loop {
        if layer == 0 {
            return normal_tail(draw).copysign(x);
        }
        if in_wedge(draw, &NORMAL, layer, density(x), density) {
            return x;
        }
        let bits = draw.bits();
        layer = (bits & 255) as usize;
        x = ((bits as i64) >> 10) as f64 * (UNIT * NORMAL[layer]);
        if x.abs() < NORMAL[layer + 1] {
            return x;
        }
    }
}

/// A normal number known to lie beyond the bottom layer: G. Marsaglia, "Generating a Variable from the Tail
/// of the Normal Distribution", Technometrics 6 (1964).
fn normal_tail(draw: &mut Draw) -> f64 {
    loop {
        let beyond = exponential(draw) / NORMAL[1];
        if 2.0 * exponential(draw) > beyond * beyond {
            return NORMAL[1] + beyond;
        }
    }
}

/// Whether a uniform height within the layer lies under the curve, whose height at the place drawn is
/// `height`.
fn in_wedge(
    draw: &mut Draw,
    edges: &[f64; 257],
    layer: usize,
    height: f64,
    density: impl Fn(f64) -> f64,
) -> bool {
    let (floor, ceiling) = (density(edges[layer]), density(edges[layer + 1]));
    floor + (ceiling - floor) * draw.uniform() < height
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Key;
    use statrs::distribution::{Continuous, ContinuousCDF, Normal};

    /// The definition of the tables: every layer has the area of the bottom one with its tail, which is
    /// known to eleven digits.
    fn check_layers(edges: &[f64; 257], density: impl Fn(f64) -> f64, tail: f64) {
        let area = edges[1] * density(edges[1]) + tail;
        assert!((edges[0] * density(edges[1]) / area - 1.0).abs() < 1e-10);
        for layer in 1..256 {
            let height = density(edges[layer + 1]) - density(edges[layer]);
            let found = edges[layer] * height;
            assert!((found / area - 1.0).abs() < 1e-10, "layer {layer}: {found} is not {area}");
        }
        assert_eq!(edges[256], 0.0);
    }

    #[test]
    fn exponential_layers_have_equal_areas() {
        check_layers(&EXPONENTIAL, |x| libm::exp(-x), libm::exp(-EXPONENTIAL[1]));
    }

    /// Beyond r the mean of a normal number is φ(r) / (1 - Φ(r)) and its mean square 1 + r times that. One
    /// number in 8,000 comes from here, too few to be seen among the others.
    #[test]
    fn normal_tail_has_its_moments() {
        let n = 200_000;
        let start = NORMAL[1];
        let standard = Normal::new(0.0, 1.0).unwrap();
        let mean = standard.pdf(start) / standard.sf(start);
        let variance = 1.0 + start * mean - mean * mean;
        let key = Key::new(8, 0, 0);
        let (mut sum, mut squares) = (0.0, 0.0);
        for k in 0..n {
            let off = normal_tail(&mut Draw::new(k, key)) - mean;
            assert!(off + mean >= start);
            sum += off;
            squares += off * off;
        }
        let n = n as f64;
        assert!((sum / n).abs() < 5.0 * (variance / n).sqrt(), "{}", sum / n);
        // The fourth moment of so nearly exponential an excess is about 9 squared variances.
        assert!((squares / n / variance - 1.0).abs() < 5.0 * (8.0 / n).sqrt(), "{}", squares / n);
    }

    #[test]
    fn normal_layers_have_equal_areas() {
        let standard = Normal::new(0.0, 1.0).unwrap();
        let tail = standard.sf(NORMAL[1]) * (2.0 * std::f64::consts::PI).sqrt();
        check_layers(&NORMAL, |x| libm::exp(-0.5 * x * x), tail);
    }
}
