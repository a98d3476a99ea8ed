//! A case: a model of `models/theory`, measured design by design and judged.

use crate::campaign::{self, REPLICATIONS, Replication};
use crate::judge::Verdict;
use crate::params;
use crate::steady::{Steady, Window};
use crate::table::{self, Row};
use crate::transient::{Count, FromEmpty, at_first_station};
use crate::truth::{Expected, Known, known};
use sim_core::metrics::Metrics;
use sim_core::model::{Files, Model};
use sim_core::simulation::{Recorder, Seed};
use sim_core::spec::Spec;
use sim_core::stats::Welford;
use sim_core::study::{Alternative, Health, Plan, Replicate, Study};
use std::path::Path;
use std::time::Instant;

/// Set in the environment, it asks for every value.
const LONG_FORM: &str = "ARCHSIM_LONG_FORM";

/// A case being measured.
pub(crate) struct Case {
    id: &'static str,
    spec: Spec,
    known: Known,
    rows: Vec<Row>,
    /// What only the long form measures.
    later: Vec<Expected>,
    started: Instant,
}

impl Case {
    /// Reads the model of this name, and compares its parameters with those of the truth, except those named: they are
    /// in the model under another form. `None` if nothing is known of the case.
    pub(crate) fn open(id: &'static str, except: &[&str]) -> Option<Case> {
        let known = known(id)?;
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../models/theory/{id}.ron"));
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let spec = Spec::parse(id, &text).unwrap_or_else(|errors| panic!("{errors}"));
        params::check(&spec, &known.params, except);
        Some(Case { id, spec, known, rows: Vec::new(), later: Vec::new(), started: Instant::now() })
    }

    /// Leaves the values of these names to the long form, `cargo xtask truth`: they take many more events than the rest.
    pub(crate) fn leave_to_long_form(&mut self, names: &[&str]) {
        if std::env::var_os(LONG_FORM).is_none() {
            let is_left = |expected: &Expected| names.contains(&expected.name.as_str());
            let expected = std::mem::take(&mut self.known.expected);
            (self.later, self.known.expected) = expected.into_iter().partition(is_left);
        }
    }

    /// Leaves out values that no simulation can measure.
    pub(crate) fn leave_out(&mut self, names: &[&str]) {
        self.known.expected.retain(|expected| !names.contains(&expected.name.as_str()));
        println!("{}: out of reach: {}", self.id, names.join(", "));
    }

    /// Whether a value of this name is wanted.
    pub(crate) fn expects(&self, name: &str) -> bool {
        self.known.expected.iter().any(|expected| expected.name == name)
    }

    /// The model as a design (`""`: none) has it.
    pub(crate) fn model(&self, design: &str) -> Model {
        let spec = match design {
            "" => Ok(self.spec.clone()),
            _ => self.spec.design(design),
        };
        let checked = spec.and_then(|spec| Model::check(&spec, &Files::default()));
        checked.unwrap_or_else(|errors| panic!("{errors}")).model
    }

    /// Measures a design in its steady state: `read` gives the values that it knows by name.
    pub(crate) fn steady(
        &mut self,
        design: &str,
        read: impl Fn(&Window<'_, Metrics>, &str) -> Option<f64> + Copy + Send,
    ) {
        self.steady_with(design, Metrics::new, read);
    }

    /// The same with another recorder.
    pub(crate) fn steady_with<R: Recorder + Send>(
        &mut self,
        design: &str,
        recorder: impl Fn(&Model) -> R,
        read: impl Fn(&Window<'_, R>, &str) -> Option<f64> + Copy + Send,
    ) {
        let model = self.model(design);
        self.measure(design, |seed| Steady::new(&model, seed, recorder(&model), read));
    }

    /// Measures the number at the first station over many runs from empty, at these instants (in seconds).
    pub(crate) fn started_empty(
        &mut self,
        design: &str,
        instants: &'static [f64],
        read: impl Fn(&dyn Fn(f64) -> Welford, &str) -> Option<f64> + Copy + Send,
    ) {
        self.counted_from_empty(design, instants, at_first_station, read);
    }

    /// Measures what `count` counts over many runs from empty, at these instants (in seconds).
    pub(crate) fn counted_from_empty(
        &mut self,
        design: &str,
        instants: &'static [f64],
        count: Count,
        read: impl Fn(&dyn Fn(f64) -> Welford, &str) -> Option<f64> + Copy + Send,
    ) {
        let model = self.model(design);
        self.measure(design, |seed| FromEmpty::new(&model, seed, instants, count, read));
    }

    /// Measures what `start` makes a replication of.
    pub(crate) fn measure<R: Replication>(&mut self, design: &str, start: impl Fn(Seed) -> R) {
        let replications =
            |seed| (0..REPLICATIONS).map(|replication| start(Seed { seed, replication })).collect();
        let started = Instant::now();
        let measured = campaign::run(&self.known.expected, replications);
        assert!(!measured.is_empty(), "{}: the design `{design}` measures nothing", self.id);
        let (events, seconds) = (measured[0].events as f64 / 1e6, started.elapsed().as_secs_f64());
        println!("{} {design}: {events:.1} M events, {seconds:.1} s", self.id);
        let (case, design) = (self.id, design.to_owned());
        let row = |measured| Row { case, design: design.clone(), measured };
        self.rows.extend(measured.into_iter().map(row));
    }

    /// What the study that `archsim run` makes of the model says of its steady state.
    pub(crate) fn health(&self) -> Health {
        let design = Alternative::of(&self.spec, None, |_| Ok(Files::default()));
        let (design, _) = design.unwrap_or_else(|errors| panic!("{errors}"));
        let plan = Plan::from(design.model.run);
        let mut study = Replicate::new(vec![design], plan);
        study.run();
        study.summary().designs.remove(0).health
    }

    /// Prints the values, and panics if one of them failed or was not measured.
    pub(crate) fn close(self) {
        table::add(self.id, &self.rows, &self.later, self.started.elapsed());
        let is_measured =
            |name: &str| self.rows.iter().any(|row| row.measured.expected.name == name);
        let names = self.known.expected.iter().map(|expected| expected.name.as_str());
        let forgotten: Vec<&str> = names.filter(|name| !is_measured(name)).collect();
        assert!(forgotten.is_empty(), "{}: not measured: {forgotten:?}", self.id);
        let failed = self.rows.iter().filter(|row| row.measured.verdict != Verdict::Passed);
        let failed: Vec<&str> = failed.map(|row| row.measured.expected.name.as_str()).collect();
        assert!(failed.is_empty(), "{}: failed: {failed:?}", self.id);
    }
}
