//! How a rate changes over time: the area under a factor, and the way back.
//!
//! A factor is piecewise linear, times at most one sinusoid. Both have closed integrals, so the area under
//! the factor up to an instant is computed, not summed in steps, and no error builds up over a run.

use crate::math;
use crate::time::{Duration, Time};
use std::f64::consts::TAU;
use std::sync::Arc;

/// One factor on a rate, as written.
#[derive(Clone, PartialEq, Debug)]
pub enum Factor {
    /// Straight lines through points of time and factor; constant before the first and after the last. Two
    /// points at the same time are a step.
    Piecewise(Vec<(Time, f64)>),
    /// `1 + amplitude · sin(2π (t + shift) / period)`.
    Sinusoid {
        /// Length of a period.
        period: Duration,
        /// From 0 to 1.
        amplitude: f64,
        /// How far into a period the run starts.
        shift: Duration,
    },
    /// 1 until `from`, then along a straight line to `factor` at `to`, and on at `factor`.
    Ramp {
        /// When it begins.
        from: Time,
        /// When `factor` is reached.
        to: Time,
        /// Factor at the end.
        factor: f64,
    },
    /// `factor` for a while, 1 before and after.
    Spike {
        /// When it begins.
        at: Time,
        /// How long it lasts.
        lasts: Duration,
        /// Factor meanwhile.
        factor: f64,
    },
}

/// Straight lines for each half-life of a decline, and half-lives until it is over: eight lines lie at most 0.1 % of the
/// excess above the curve, and after seven half-lives less than 1 % of it is left.
const LINES_PER_HALF_LIFE: u32 = 8;
const HALF_LIVES: u32 = 7;
/// `2^(-1/8)`: what one line leaves of the excess.
const LEFT_BY_LINE: f64 = 0.917_004_043_204_671_2;

impl Factor {
    /// From 1 up to `factor` in `rise`, there for `holds`, and back to 1 by halves.
    pub fn flash_crowd(
        at: Time,
        rise: Duration,
        factor: f64,
        holds: Duration,
        half_life: Duration,
    ) -> Factor {
        let leaves = at + rise + holds;
        let mut points = vec![(at, 1.0), (at + rise, factor)];
        let mut excess = factor - 1.0;
        for line in 0..HALF_LIVES * LINES_PER_HALF_LIFE {
            let after =
                u128::from(half_life.0) * u128::from(line) / u128::from(LINES_PER_HALF_LIFE);
            points.push((leaves + Duration(after as u64), 1.0 + excess));
            excess *= LEFT_BY_LINE;
        }
        let over = half_life.0.saturating_mul(u64::from(HALF_LIVES));
        points.push((leaves + Duration(over), 1.0));
        Factor::Piecewise(points)
    }

    /// 1 from one instant to another, 0 before and after.
    pub fn present(from: Option<Time>, until: Option<Time>) -> Factor {
        let come = from.map(|at| [(at, 0.0), (at, 1.0)]);
        let leave = until.map(|at| [(at, 1.0), (at, 0.0)]);
        let mut points: Vec<_> = [come, leave].into_iter().flatten().flatten().collect();
        if points.is_empty() {
            points.push((Time::ZERO, 1.0));
        }
        Factor::Piecewise(points)
    }
}

/// Why a list of factors is no profile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProfileError {
    /// Which factor, counted from 0.
    pub factor: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The product of all factors on a rate, over simulated time.
///
/// It turns real time into *stretched* time and back: [`Profile::area`] is the integral of the factor from
/// 0 to `t`, in nanoseconds, and [`Profile::instant`] its inverse. Where the factor is 1, both are the
/// identity. Results are accurate to a few units in the last place of the larger of the instant and the
/// sinusoid's period: well under a nanosecond for runs and periods up to a month.
#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// In order of time; the first starts at 0 and the last goes on for ever at a constant value.
    pieces: Arc<[Piece]>,
    wave: Option<Wave>,
}

/// A straight line from `start` to the start of the next piece.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Piece {
    /// Nanoseconds.
    start: f64,
    /// Factor at the start.
    value: f64,
    /// Change of the factor per nanosecond.
    slope: f64,
    /// Area under the whole profile before the start.
    before: f64,
    /// [`Wave::integral`] at the start; 0 without a sinusoid.
    wave_before: f64,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Wave {
    amplitude: f64,
    /// Nanoseconds.
    period: f64,
    /// Nanoseconds.
    shift: f64,
}

impl Default for Profile {
    /// Factor 1 for ever.
    fn default() -> Profile {
        Profile { pieces: Arc::new([Piece::flat(0.0, 1.0)]), wave: None }
    }
}

impl Profile {
    /// The product of `factors`.
    ///
    /// # Errors
    /// A factor that is negative or not finite, points out of order, a ramp that does not end after it
    /// begins, a spike of no length, a sinusoid with an amplitude outside 0 to 1 or no period, a second
    /// sinusoid, or two factors that change along straight lines at the same time (their product is no
    /// straight line).
    pub fn new(factors: &[Factor]) -> Result<Profile, ProfileError> {
        let mut pieces = vec![Piece::flat(0.0, 1.0)];
        let mut wave = None;
        for (index, factor) in factors.iter().enumerate() {
            let at = |message| ProfileError { factor: index, message };
            match Wave::new(factor).map_err(at)? {
                Some(_) if wave.is_some() => {
                    return Err(at("a profile can hold one sinusoid; this is the second".into()));
                }
                Some(only) => wave = Some(only),
                None => pieces = product(&pieces, &lines(factor).map_err(at)?).map_err(at)?,
            }
        }
        let mut before = 0.0;
        for i in 0..pieces.len() {
            pieces[i].before = before;
            pieces[i].wave_before = wave.map_or(0.0, |w| w.integral(&pieces[i], 0.0).0);
            if let Some(next) = pieces.get(i + 1) {
                before += pieces[i].at(wave, next.start - pieces[i].start).0;
            }
        }
        Ok(Profile { pieces: pieces.into(), wave })
    }

    /// Whether the factor is 1 for ever.
    pub fn is_flat(&self) -> bool {
        self.wave.is_none() && matches!(*self.pieces, [Piece { value: 1.0, .. }])
    }

    /// The factor at `t` nanoseconds; where it steps, the value after the step.
    pub fn factor(&self, t: f64) -> f64 {
        let piece = &self.pieces[self.pieces.partition_point(|p| p.start <= t).max(1) - 1];
        piece.at(self.wave, t - piece.start).1
    }

    /// A bound on the factor: its maximum, unless a straight line that rises or falls meets the sinusoid.
    pub fn peak(&self) -> f64 {
        let ends = self.pieces.windows(2).map(|p| p[0].line(p[1].start - p[0].start));
        let highest = self.pieces.iter().map(|p| p.value).chain(ends).fold(0.0, f64::max);
        highest * (1.0 + self.wave.map_or(0.0, |w| w.amplitude))
    }

    /// The area under the factor from 0 to `t`, both in nanoseconds.
    pub fn area(&self, t: f64) -> f64 {
        let piece = &self.pieces[self.pieces.partition_point(|p| p.start <= t).max(1) - 1];
        piece.before + piece.at(self.wave, t - piece.start).0
    }

    /// The area under the factor over all time: infinite, unless the factor ends at 0.
    pub fn total(&self) -> f64 {
        let last = &self.pieces[self.pieces.len() - 1];
        if last.value > 0.0 { f64::INFINITY } else { last.before }
    }

    /// The first instant, in nanoseconds, by which the area under the factor has reached `area`; `None` if it
    /// never does. `near` is where to look first: the answer is the same, and sooner found.
    pub fn instant(&self, area: f64, near: f64) -> Option<f64> {
        let next = self.pieces.partition_point(|p| p.before < area);
        if next == 0 {
            return Some(0.0);
        }
        let piece = &self.pieces[next - 1];
        let length = self.pieces.get(next).map_or(f64::INFINITY, |p| p.start - piece.start);
        let within = piece.reach(self.wave, area - piece.before, length, near - piece.start)?;
        Some(piece.start + within)
    }
}

impl Piece {
    fn flat(start: f64, value: f64) -> Piece {
        Piece { start, value, slope: 0.0, before: 0.0, wave_before: 0.0 }
    }

    /// The line without the sinusoid, `x` after the start. Rounding must not carry it below 0.
    fn line(&self, x: f64) -> f64 {
        (self.value + self.slope * x).max(0.0)
    }

    /// Area from the start to `x` after it, and the factor there.
    fn at(&self, wave: Option<Wave>, x: f64) -> (f64, f64) {
        let area = x * (self.value + 0.5 * self.slope * x);
        let Some(wave) = wave else { return (area, self.line(x)) };
        let (integral, sin) = wave.integral(self, x);
        let waved = area + wave.amplitude * (integral - self.wave_before);
        (waved.max(0.0), self.line(x) * (1.0 + wave.amplitude * sin))
    }

    /// How far after the start `area` is reached; `length` is that of the piece.
    fn reach(&self, wave: Option<Wave>, area: f64, length: f64, near: f64) -> Option<f64> {
        // The root of `value·x + slope·x²/2 = area` in the form that does not cancel. A discriminant below
        // 0 is rounding at the end of a line that falls to 0.
        let root = (self.value * self.value + 2.0 * self.slope * area).max(0.0).sqrt();
        let straight = 2.0 * area / (self.value + root);
        match wave {
            _ if self.value == 0.0 && self.slope == 0.0 => None,
            None => Some(straight.min(length)),
            Some(wave) if length.is_finite() => Some(self.search(wave, area, (0.0, length), near)),
            Some(wave) => {
                // The sinusoid's own area swings within ± amplitude · period / π.
                let swing = 2.0 * wave.amplitude * wave.period / TAU;
                let bracket = ((straight - swing).max(0.0), straight + swing);
                Some(self.search(wave, area, bracket, near))
            }
        }
    }

    /// Newton's method, with bisection where it would leave the bracket: the area never falls, so one root
    /// lies between the ends.
    fn search(&self, wave: Wave, area: f64, (mut low, mut high): (f64, f64), start: f64) -> f64 {
        const STEPS_MAX: u32 = 128;
        let mut x = start.clamp(low, high);
        // Closer than this, the search would follow the rounding of the area.
        let close = (f64::EPSILON * (x + wave.period)).max(0.01);
        for _ in 0..STEPS_MAX {
            let (reached, factor) = self.at(Some(wave), x);
            let excess = reached - area;
            if excess == 0.0 {
                break;
            }
            if excess < 0.0 {
                low = x;
            } else {
                high = x;
            }
            let newton = x - excess / factor;
            let next = if low <= newton && newton <= high { newton } else { 0.5 * (low + high) };
            let step = (next - x).abs();
            x = next;
            if step <= close {
                break;
            }
        }
        x
    }
}

impl Wave {
    fn new(factor: &Factor) -> Result<Option<Wave>, String> {
        let &Factor::Sinusoid { period, amplitude, shift } = factor else { return Ok(None) };
        if !(0.0..=1.0).contains(&amplitude) {
            return Err(format!("the amplitude has to lie between 0 and 1; it is {amplitude}"));
        }
        if period == Duration::ZERO {
            return Err("the period has to be longer than 0".into());
        }
        Ok(Some(Wave { amplitude, period: period.0 as f64, shift: shift.0 as f64 }))
    }

    /// Angle at `t` nanoseconds; the remainder is exact, so late instants lose nothing.
    fn angle(&self, t: f64) -> f64 {
        TAU * ((t + self.shift) % self.period / self.period)
    }

    /// An antiderivative of the line times the sine, `x` after the start of `line`, and the sine there: by parts,
    /// `∫ (v + m x) sin(ω x + φ) dx = -(v + m x) cos(ω x + φ) / ω + m sin(ω x + φ) / ω²`.
    fn integral(&self, line: &Piece, x: f64) -> (f64, f64) {
        let per_radian = self.period / TAU;
        let angle = self.angle(line.start + x);
        let (sin, cos) = (math::sin(angle), math::cos(angle));
        (per_radian * (line.slope * per_radian * sin - line.line(x) * cos), sin)
    }
}

/// The straight lines of any factor but a sinusoid, checked.
fn lines(factor: &Factor) -> Result<Vec<Piece>, String> {
    let points = match *factor {
        Factor::Piecewise(ref points) => points.clone(),
        Factor::Ramp { from, to, .. } if to <= from => {
            return Err(format!("a ramp has to end after it begins; it runs from {from} to {to}"));
        }
        Factor::Ramp { from, to, factor } => vec![(from, 1.0), (to, factor)],
        Factor::Spike { lasts: Duration::ZERO, .. } => {
            return Err("a spike has to last longer than 0".into());
        }
        Factor::Spike { at, lasts, factor } => {
            vec![(at, 1.0), (at, factor), (at + lasts, factor), (at + lasts, 1.0)]
        }
        Factor::Sinusoid { .. } => unreachable!("a sinusoid is a wave, not lines"),
    };
    through(&points)
}

/// Straight lines through points.
fn through(points: &[(Time, f64)]) -> Result<Vec<Piece>, String> {
    if let Some((_, bad)) = points.iter().find(|(_, f)| !(0.0..f64::INFINITY).contains(f)) {
        return Err(format!("a factor has to be a number from 0 up; it is {bad}"));
    }
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return Err("a piecewise profile needs at least one point".into());
    };
    let mut pieces = vec![Piece::flat(0.0, first.1)];
    for pair in points.windows(2) {
        let ((from, low), (to, high)) = (pair[0], pair[1]);
        if to < from {
            return Err(format!("the points have to be in order of time; {to} follows {from}"));
        }
        if to > from {
            let (start, end) = (from.0 as f64, to.0 as f64);
            let slope = (high - low) / (end - start);
            pieces.push(Piece { slope, ..Piece::flat(start, low) });
        }
    }
    pieces.push(Piece::flat(last.0.0 as f64, last.1));
    // Of pieces that start together only the last has a length.
    pieces.reverse();
    pieces.dedup_by_key(|p| p.start);
    pieces.reverse();
    Ok(pieces)
}

/// The product of two sets of lines, of which at most one changes at any time.
fn product(a: &[Piece], b: &[Piece]) -> Result<Vec<Piece>, String> {
    let mut starts: Vec<f64> = a.iter().chain(b).map(|p| p.start).collect();
    starts.sort_by(f64::total_cmp);
    starts.dedup();
    let at = |pieces: &[Piece], t: f64| {
        let piece = pieces[pieces.partition_point(|p| p.start <= t) - 1];
        Piece { slope: piece.slope, ..Piece::flat(t, piece.line(t - piece.start)) }
    };
    let mut pieces = Vec::with_capacity(starts.len());
    for start in starts {
        let (a, b) = (at(a, start), at(b, start));
        if a.slope != 0.0 && b.slope != 0.0 {
            return Err(format!(
                "overlapping ramps: at {} an earlier factor changes along a straight line too; write both as \
                 one piecewise factor",
                Time(start as u64)
            ));
        }
        let slope = a.slope * b.value + b.slope * a.value;
        pieces.push(Piece { slope, ..Piece::flat(start, a.value * b.value) });
    }
    Ok(pieces)
}
