//! Laws: from parameters with units to samplers of nanoseconds or counts.

use super::check::Lowering;
use super::data::{column, occurrences};
use super::quantity::{self, QuantityError};
use super::{LawId, PlacedLaw};
use crate::random::{Sampler, name_hash};
use crate::spec::{Law, Path, Quantity};

/// What a law draws.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unit {
    /// Nanoseconds; written with a unit of time.
    Time,
    /// A pure number, such as a count.
    Number,
    /// Bytes; written with a unit of size.
    Bytes,
}

impl Unit {
    fn read(self, quantity: &Quantity) -> Result<f64, QuantityError> {
        match self {
            Unit::Time => quantity::duration(quantity),
            Unit::Number => quantity::number(quantity),
            Unit::Bytes => quantity::bytes(quantity),
        }
    }
}

const GAMMA: &str = "a gamma law takes `mean` and either `shape` or `cv`";

impl Lowering<'_> {
    /// A law as a sampler; what is wrong with it is reported at `path`.
    pub(super) fn law(&mut self, law: &Law, unit: Unit, path: &Path) -> Option<Sampler> {
        let sampler = match law {
            Law::Constant(value) => Sampler::constant(self.value(value, unit, path)?),
            Law::Exponential(mean) => {
                Sampler::exponential(self.value(mean, unit, &path.key("exponential"))?)
            }
            Law::Uniform(low, high) => {
                let at = path.key("uniform");
                let low = self.value(low, unit, &at.index(0));
                let high = self.value(high, unit, &at.index(1));
                Sampler::uniform(low?, high?)
            }
            Law::Normal { mean, sd } => {
                let at = path.key("normal");
                let mean = self.value(mean, unit, &at.key("mean"));
                let sd = self.value(sd, unit, &at.key("sd"));
                Sampler::normal(mean?, sd?)
            }
            Law::Lognormal { .. } => return self.lognormal(law, unit, path),
            Law::Gamma { mean, shape, cv } => {
                let at = path.key("gamma");
                let mean = self.value(mean, unit, &at.key("mean"))?;
                match (shape, cv) {
                    (Some(shape), None) => Sampler::gamma(mean, *shape),
                    (None, Some(cv)) => Sampler::gamma_cv(mean, *cv),
                    _ => return self.parameters(&at, GAMMA),
                }
            }
            Law::Erlang { k, mean } => {
                Sampler::erlang(*k, self.value(mean, unit, &path.key("erlang").key("mean"))?)
            }
            Law::Hyperexponential(branches) => return self.hyperexponential(branches, unit, path),
            Law::Weibull { mean, shape } => Sampler::weibull_mean(
                self.value(mean, unit, &path.key("weibull").key("mean"))?,
                *shape,
            ),
            Law::Pareto { shape, min } => {
                Sampler::pareto(*shape, self.value(min, unit, &path.key("pareto").key("min"))?)
            }
            Law::BoundedPareto { shape, min, max } => {
                let at = path.key("bounded_pareto");
                let min = self.value(min, unit, &at.key("min"));
                let max = self.value(max, unit, &at.key("max"));
                Sampler::bounded_pareto(*shape, min?, max?)
            }
            Law::Geometric(_) if unit == Unit::Time => {
                let error = self.findings.error(path, "a geometric law draws counts, not times");
                error.hint("of times, exponential(\"5ms\") is the like");
                return None;
            }
            Law::Geometric(mean) => {
                Sampler::geometric(self.value(mean, unit, &path.key("geometric"))?)
            }
            Law::Mixture(parts) => return self.mixture(parts, unit, &path.key("mixture")),
            Law::Quantiles(points) => {
                let points = self.pairs(points, unit, &path.key("quantiles"))?;
                Sampler::quantiles(&points)
            }
            Law::Column { .. } => return self.column(law, unit, path),
        };
        let at = match law {
            Law::Constant(_) => path.clone(),
            law => path.key(name_of(law)),
        };
        self.made(sampler, &at)
    }

    fn hyperexponential(
        &mut self,
        branches: &[(f64, Quantity)],
        unit: Unit,
        path: &Path,
    ) -> Option<Sampler> {
        let at = path.key("hyperexponential");
        let branches = self.pairs(branches, unit, &at)?;
        let sum: f64 = branches.iter().map(|(p, _)| p).sum();
        if (sum - 1.0).abs() > 1e-6 {
            return self.parameters(&at, &format!("the probabilities add up to {sum}, not to 1"));
        }
        self.made(Sampler::hyperexponential(&branches), &at)
    }

    fn mixture(&mut self, parts: &[(f64, Law)], unit: Unit, at: &Path) -> Option<Sampler> {
        if parts.is_empty() {
            return self.parameters(at, "a mixture needs a law to draw from");
        }
        let mut part = |(i, (weight, law)): (usize, &(f64, Law))| {
            Some((*weight, self.law(law, unit, &at.index(i).index(1))?))
        };
        // Every part is looked at, so that every error is found.
        let parts: Vec<_> = parts.iter().enumerate().map(&mut part).collect();
        let parts = parts.into_iter().collect::<Option<Vec<_>>>()?;
        self.made(Sampler::mixture(parts), at)
    }

    fn made(
        &mut self,
        sampler: Result<Sampler, crate::random::LawError>,
        path: &Path,
    ) -> Option<Sampler> {
        match sampler {
            Ok(sampler) => Some(sampler),
            Err(error) => {
                self.findings.error(path, format!("this law cannot be: {error}"));
                None
            }
        }
    }

    fn parameters(&mut self, path: &Path, message: &str) -> Option<Sampler> {
        self.findings.error(path, message);
        None
    }

    fn lognormal(&mut self, law: &Law, unit: Unit, path: &Path) -> Option<Sampler> {
        let Law::Lognormal { mean, cv, sigma, median, p99 } = law else { return None };
        let at = path.key("lognormal");
        let mut read = |quantity: &Option<Quantity>, name: &str| match quantity {
            Some(quantity) => self.value(quantity, unit, &at.key(name)).map(Some),
            None => Some(None),
        };
        let (mean, median, p99) = (read(mean, "mean"), read(median, "median"), read(p99, "p99"));
        let sampler = match (mean?, cv, sigma, median?, p99?) {
            (Some(mean), Some(cv), None, None, None) => Sampler::lognormal_cv(mean, *cv),
            (Some(mean), None, Some(sigma), None, None) => Sampler::lognormal_sigma(mean, *sigma),
            (None, None, None, Some(median), Some(p99)) => {
                Sampler::lognormal_percentiles(median, p99)
            }
            _ => {
                let message = "a lognormal law takes `mean` and `cv`, or `mean` and `sigma`, or `median` and `p99`";
                return self.parameters(&at, message);
            }
        };
        self.made(sampler, &at)
    }

    fn column(&mut self, law: &Law, unit: Unit, path: &Path) -> Option<Sampler> {
        let Law::Column { file, column: name, unit: text } = law else { return None };
        let at = path.key("column");
        let scale = match (unit, text) {
            (Unit::Number, None) => 1.0,
            (Unit::Number, Some(_)) => {
                return self.parameters(&at.key("unit"), "a count has no unit: leave `unit` out");
            }
            (Unit::Time, None) => {
                return self.parameters(&at, "say what unit the column is in: unit: \"ms\"");
            }
            (Unit::Bytes, None) => {
                return self.parameters(&at, "say what unit the column is in: unit: \"kB\"");
            }
            (Unit::Time | Unit::Bytes, Some(text)) => {
                self.value(&Quantity::Text(format!("1{text}")), unit, &at.key("unit"))?
            }
        };
        let values = self.files.read(file).and_then(|text| column(text, name));
        match values {
            Ok(values) => {
                let values: Vec<f64> = values.iter().map(|value| value * scale).collect();
                self.made(Sampler::empirical(&values), &at)
            }
            Err(error) => {
                self.data_error(file, error, &at);
                None
            }
        }
    }

    /// How often each value stands in a column of a file, the most frequent first.
    pub(super) fn occurrences(&mut self, file: &str, name: &str, path: &Path) -> Option<Vec<f64>> {
        match self.files.read(file).and_then(|text| occurrences(text, name)) {
            Ok(counts) => Some(counts),
            Err(error) => {
                self.data_error(file, error, path);
                None
            }
        }
    }

    fn pairs(
        &mut self,
        pairs: &[(f64, Quantity)],
        unit: Unit,
        path: &Path,
    ) -> Option<Vec<(f64, f64)>> {
        let read: Vec<_> = pairs
            .iter()
            .enumerate()
            .map(|(i, (p, value))| Some((*p, self.value(value, unit, &path.index(i).index(1))?)))
            .collect();
        read.into_iter().collect()
    }

    pub(super) fn value(&mut self, quantity: &Quantity, unit: Unit, path: &Path) -> Option<f64> {
        self.read(unit.read(quantity), path)
    }

    /// A quantity that has been read, or its error at `path`.
    pub(super) fn read<T>(&mut self, value: Result<T, QuantityError>, path: &Path) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.findings.error(path, error.message).hint = error.hint;
                None
            }
        }
    }

    /// A duration above zero.
    pub(super) fn positive_duration(
        &mut self,
        quantity: &Quantity,
        what: &str,
        path: &Path,
    ) -> Option<f64> {
        let nanos = self.value(quantity, Unit::Time, path)?;
        if nanos < 1.0 {
            self.findings.error(path, format!("{what} has to be longer than nothing"));
            return None;
        }
        Some(nanos)
    }

    /// Gives a sampler a place in the model: its stream of draws is that of `name`.
    pub(super) fn place(&mut self, sampler: Sampler, name: &str) -> LawId {
        self.model.laws.push(PlacedLaw { sampler, name: name_hash(name) });
        LawId(self.model.laws.len() as u32 - 1)
    }

    /// Two laws side by side: a message's way there and back.
    pub(super) fn place_hop(&mut self, sampler: &Sampler, name: &str) -> LawId {
        let request = self.place(sampler.clone(), &format!("{name}.request"));
        self.place(sampler.clone(), &format!("{name}.reply"));
        request
    }
}

/// The name by which a law is written.
fn name_of(law: &Law) -> &'static str {
    match law {
        Law::Constant(_) => "constant",
        Law::Exponential(_) => "exponential",
        Law::Uniform(..) => "uniform",
        Law::Normal { .. } => "normal",
        Law::Lognormal { .. } => "lognormal",
        Law::Gamma { .. } => "gamma",
        Law::Erlang { .. } => "erlang",
        Law::Hyperexponential(_) => "hyperexponential",
        Law::Weibull { .. } => "weibull",
        Law::Pareto { .. } => "pareto",
        Law::BoundedPareto { .. } => "bounded_pareto",
        Law::Geometric(_) => "geometric",
        Law::Mixture(_) => "mixture",
        Law::Quantiles(_) => "quantiles",
        Law::Column { .. } => "column",
    }
}
