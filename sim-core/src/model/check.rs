//! From what was written to what it means: every error at once, or a model.

use super::{Files, Load, Model};
use crate::spec::{Diagnostics, Named, Path, Spec, Step};
use std::collections::BTreeMap;

/// A model that can be run, and what its author should know.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// The model.
    pub model: Model,
    /// Warnings: what can be run but was probably not meant.
    pub warnings: Diagnostics,
    /// What each station is offered and can take, without simulating.
    pub load: Load,
}

impl Model {
    /// Checks a model and lowers it. `files` holds the contents of the files that it refers to.
    ///
    /// # Errors
    /// Everything that is wrong, located in the model's text.
    pub fn check(spec: &Spec, files: &Files) -> Result<Checked, Diagnostics> {
        match spec.changes.is_empty() {
            true => Model::check_unchanged(spec, files),
            false => super::changes::check(spec, files),
        }
    }

    /// The same of a model to which nothing happens.
    pub(super) fn check_unchanged(spec: &Spec, files: &Files) -> Result<Checked, Diagnostics> {
        let mut lowering = Lowering::checked(spec, files);
        if lowering.findings.has_errors() {
            return Err(located(lowering.findings, spec));
        }
        lowering.compile();
        lowering.model.size_replies();
        lowering.lower_charges();
        let load = Load::of(&lowering.model);
        lowering.model.attribute(&load);
        lowering.model.offer_to_fleets(&load);
        lowering.model.choose_horizon(&load);
        lowering.warn(&load);
        lowering.warn_of_slos();
        lowering.warn_of_windows();
        lowering.expose_to_faults();
        if lowering.findings.has_errors() {
            return Err(located(lowering.findings, spec));
        }
        Ok(Checked { model: lowering.model, warnings: located(lowering.findings, spec), load })
    }
}

impl Model {
    /// Reads a model's text and checks it: [`Spec::parse`] and [`Model::check`] in one, which says what is wrong in
    /// either way at once. `files` opens the files that the model refers to.
    ///
    /// # Errors
    /// Everything that is wrong, located in the text.
    pub fn read(
        name: &str,
        text: &str,
        files: impl FnOnce(&Spec) -> Files,
    ) -> Result<(Spec, Checked), Diagnostics> {
        let (spec, mut errors) = Spec::parse_partly(name, text);
        let Some(spec) = spec else { return Err(errors) };
        let files = files(&spec);
        if !errors.has_errors() {
            return Model::check(&spec, &files).map(|checked| (spec, checked));
        }
        let more = located(Lowering::checked(&spec, &files).findings, &spec);
        errors.merge(unrelated(more, &errors));
        errors.sort();
        Err(errors)
    }
}

/// What was found where nothing was wrong before: the rest may follow from that.
fn unrelated(found: Diagnostics, before: &Diagnostics) -> Diagnostics {
    let related = |a: &Path, b: &Path| a.inside(b).is_some() || b.inside(a).is_some();
    let mut rest = Diagnostics::new(found.file.clone());
    for diagnostic in &found {
        if !before.iter().any(|known| related(&known.path, &diagnostic.path)) {
            rest.push(diagnostic.clone());
        }
    }
    rest
}

fn located(mut findings: Diagnostics, spec: &Spec) -> Diagnostics {
    spec.point(&mut findings);
    findings.sort();
    findings
}

/// A model on its way from written to meant.
pub(super) struct Lowering<'a> {
    pub(super) spec: &'a Spec,
    pub(super) files: &'a Files,
    pub(super) findings: Diagnostics,
    pub(super) model: Model,
    /// Which services run a component, by index into the model's (sorted) services.
    pub(super) placement: BTreeMap<&'a str, Vec<u32>>,
    /// Where things lie that the plan refers to.
    pub(super) places: super::placement::Places,
    /// What things cost, the price book included.
    pub(super) prices: super::prices::PriceList,
}

impl<'a> Lowering<'a> {
    fn new(spec: &'a Spec, files: &'a Files) -> Lowering<'a> {
        Lowering {
            spec,
            files,
            findings: Diagnostics::new(spec.file()),
            model: Model { question: spec.question.clone(), ..Model::default() },
            placement: BTreeMap::new(),
            places: super::placement::Places::default(),
            prices: super::prices::PriceList::default(),
        }
    }

    /// What is wrong with a model, found and not yet located; nothing is compiled yet.
    fn checked(spec: &'a Spec, files: &'a Files) -> Lowering<'a> {
        let mut lowering = Lowering::new(spec, files);
        lowering.lower_regions();
        lowering.lower_messages();
        lowering.lower_keys();
        lowering.place_services();
        lowering.place_stores();
        lowering.lower_queues();
        lowering.lower_caches();
        lowering.check_components();
        lowering.lower_guards();
        lowering.check_cycles();
        lowering.lower_clients();
        lowering.check_placement();
        lowering.check_routes();
        lowering.read_prices();
        lowering.lower_objectives();
        lowering.lower_slos();
        lowering.lower_run();
        lowering.lower_fleets();
        lowering.lower_functions();
        lowering.measure_fronts();
        lowering.lower_faults();
        lowering.lower_availability();
        lowering.tell_stations_apart();
        lowering
    }

    /// A service and a store may have the same name; their stations are then reported by their paths.
    fn tell_stations_apart(&mut self) {
        let mut times: BTreeMap<String, u32> = BTreeMap::new();
        for group in &self.model.stations {
            *times.entry(group.name.clone()).or_default() += 1;
        }
        for group in self.model.stations.iter_mut().filter(|group| times[&group.name] > 1) {
            group.name = format!("{}.{}", group.kind.section(), group.name);
        }
    }

    /// The operation that `"component.operation"` names, or an error at `path`.
    pub(super) fn operation(&mut self, target: &str, path: &Path) -> Option<&'a [Step]> {
        let spec = self.spec;
        let found = target
            .split_once('.')
            .and_then(|(component, operation)| spec.components.get(component)?.get(operation));
        if found.is_none() && !self.is_unread(target) {
            let known: Vec<String> = operations(spec).map(|(c, o, _)| format!("{c}.{o}")).collect();
            let error = self.findings.error(path, format!("there is no operation `{target}`"));
            match crate::spec::did_you_mean(target, known.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint("write it as \"component.operation\""),
            };
        }
        found.map(Vec::as_slice)
    }
}

impl Lowering<'_> {
    /// Whether an operation, or all of its component, is written and could not be read. That has been said.
    fn is_unread(&self, target: &str) -> bool {
        let (component, operation) = target.split_once('.').unwrap_or((target, ""));
        let has_dot = |name: &String| name.contains('.') && target.starts_with(name);
        self.spec.is_written(&["components", component, operation])
            || self.spec.names("components").any(has_dot)
    }
}

/// All operations: component, operation, steps.
pub(super) fn operations(spec: &Spec) -> impl Iterator<Item = (&String, &String, &Vec<Step>)> {
    spec.components
        .iter()
        .flat_map(|(c, operations)| operations.iter().map(move |(o, steps)| (c, o, steps)))
}

/// The entries of a map in the order of their names, in which everything is numbered.
pub(super) fn sorted<T>(map: &Named<T>) -> impl Iterator<Item = (&String, &T)> {
    // The names alone are sorted, so that one sort is compiled for all maps.
    let mut names: Vec<&String> = map.keys().collect();
    names.sort_unstable();
    names.into_iter().filter_map(|name| map.get_key_value(name))
}
