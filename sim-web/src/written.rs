//! What is written in a model: findings with their places, the values at paths, edits.

use crate::model::{Given, Wrong};
use serde::Serialize;
use serde_json::Value;
use sim_core::model::{Model, instants, spec_at};
use sim_core::spec::{Change, Diagnostic, Diagnostics, Path, Playground, Severity, Spec};
use sim_core::study::designs_of;
use sim_core::time::{Duration, Time};
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// A finding and its place in the text: bytes, and line and column from 1.
#[derive(Serialize)]
struct Finding {
    severity: &'static str,
    /// The designs that it is of, null being the model as written; none where it is of the text itself.
    designs: Vec<Option<String>>,
    path: String,
    start: Option<usize>,
    end: Option<usize>,
    line: Option<usize>,
    column: Option<usize>,
    message: String,
    hint: Option<String>,
}

impl Finding {
    fn of(it: &Diagnostic, designs: Vec<Option<String>>) -> Finding {
        Finding {
            designs,
            severity: match it.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            path: it.path.to_string(),
            start: it.span.map(|span| span.start),
            end: it.span.map(|span| span.end),
            line: it.span.map(|span| span.line),
            column: it.span.map(|span| span.column),
            message: it.message.clone(),
            hint: it.hint.clone(),
        }
    }
}

/// What is to be said of a model as a whole.
#[derive(Serialize, Default)]
struct Checked {
    ok: bool,
    question: Option<String>,
    /// Designs in order; null is the model as written.
    designs: Vec<Option<String>>,
    seed: u64,
    horizon: f64,
    replications: u32,
    /// Whether something happens at instants of the run, or its start counts: then it cannot be made shorter.
    is_transient: bool,
    findings: Vec<Finding>,
    /// How the model wants to be shown.
    playground: Option<Playground>,
    /// Whether an edit has broken something: there are faults, or load that comes and goes, that the text has not.
    is_broken: bool,
    /// The files that it refers to, in any design.
    files: Vec<String>,
    /// What happens to it at which instant (in seconds), by path; of the model as written.
    changes: Vec<(f64, Vec<(String, Value)>)>,
}

/// Checks a model and all of its designs; returns what was found as JSON.
///
/// # Errors
/// The files or the edits cannot be read.
#[wasm_bindgen]
pub fn check(name: &str, text: &str, files: &str, edits: &str) -> Result<String, JsError> {
    let given = Given { name, text, files, edits };
    let mut told = Checked::default();
    let mut findings: Vec<(Diagnostics, Option<Option<&str>>)> = Vec::new();
    let spec = given.spec()?;
    match &spec {
        Err(wrong) => findings.push((wrong.clone(), None)),
        Ok(spec) => {
            let designs = designs_of(spec);
            let text = Given { edits: "[]", ..given }.spec()?;
            told.question = spec.question.clone();
            told.playground = spec.playground.clone();
            let set = |change: &Change| change.set.clone().into_iter().collect();
            told.changes = instants(spec).into_iter().zip(spec.changes.iter().map(set)).collect();
            told.designs = designs.iter().map(|name| name.map(str::to_owned)).collect();
            for design in designs {
                told.is_broken |= text.as_ref().is_ok_and(|text| is_broken(spec, text, design));
                for (_, file) in of_design(spec, design).iter().flat_map(Spec::files) {
                    if !told.files.contains(&file) {
                        told.files.push(file);
                    }
                }
                match look(&given, spec, design)? {
                    Ok((model, warnings)) => {
                        if told.horizon == 0.0 {
                            told.seed = model.run.seed;
                            told.horizon = model.run.horizon.as_secs();
                            told.replications = model.run.replications;
                            told.is_transient = model.run.warmup == Some(Duration::ZERO)
                                || !model.faults.is_empty()
                                || !model.changes.is_empty();
                        }
                        findings.push((warnings, Some(design)));
                    }
                    Err(wrong) => findings.push((wrong, Some(design))),
                }
            }
        }
    }
    told.ok = !findings.iter().any(|(found, _)| found.has_errors());
    told.findings = merged(&findings);
    Ok(serde_json::to_string(&told)?)
}

/// A model as a design has it, if it can be read so.
fn of_design(spec: &Spec, design: Option<&str>) -> Option<Spec> {
    design.map_or_else(|| Some(spec.clone()), |design| spec.design(design).ok())
}

/// Whether a design has faults or profiles of load that it has not as the text has it.
fn is_broken(spec: &Spec, text: &Spec, design: Option<&str>) -> bool {
    let (now, was) = (of_design(spec, design), of_design(text, design));
    let (Some(now), Some(was)) = (now, was) else { return false };
    let profile = |spec: &Spec, client: &str| Some(spec.clients.get(client)?.profile.clone());
    now.faults != was.faults
        || now.clients.keys().any(|client| profile(&now, client) != profile(&was, client))
}

/// What was found, once each, with all designs that it is of.
fn merged(findings: &[(Diagnostics, Option<Option<&str>>)]) -> Vec<Finding> {
    let mut seen: Vec<(&Diagnostic, Vec<Option<String>>)> = Vec::new();
    for (found, design) in findings {
        let design = design.map(|name| name.map(str::to_owned));
        for finding in found {
            match seen.iter_mut().find(|(other, _)| *other == finding) {
                Some((_, designs)) => designs.extend(design.clone()),
                None => seen.push((finding, design.clone().into_iter().collect())),
            }
        }
    }
    seen.into_iter().map(|(it, designs)| Finding::of(it, designs)).collect()
}

type Looked = Result<(Model, Diagnostics), Diagnostics>;

fn look(given: &Given<'_>, spec: &Spec, design: Option<&str>) -> Result<Looked, Wrong> {
    let beside = given.beside()?;
    let spec = match design.map_or(Ok(spec.clone()), |design| spec.design(design)) {
        Ok(spec) => spec,
        Err(wrong) => return Ok(Err(wrong)),
    };
    Ok(Model::check(&spec, &beside.of(&spec)).map(|checked| (checked.model, checked.warnings)))
}

/// The values at paths of a design (absent: of the model as written), after all of its changes, as a JSON object by path; null where nothing is.
///
/// # Errors
/// What is wrong with the model.
#[wasm_bindgen]
pub fn values(
    name: &str,
    text: &str,
    edits: &str,
    design: Option<String>,
    paths: Vec<String>,
) -> Result<String, JsError> {
    let spec = Given { name, text, files: "{}", edits }.spec()??;
    let spec = design.as_deref().map_or(Ok(spec.clone()), |design| spec.design(design))?;
    let spec = spec_at(&spec, Time::MAX)?;
    let get = |path: String| {
        let value = spec.get(&path).cloned().unwrap_or(Value::Null);
        (path, value)
    };
    Ok(serde_json::to_string(&paths.into_iter().map(get).collect::<serde_json::Map<_, _>>())?)
}

/// Every path with a plain value below one (`services.api`), as a JSON list of paths and values.
///
/// # Errors
/// What is wrong with the model.
#[wasm_bindgen]
pub fn parameters(
    name: &str,
    text: &str,
    edits: &str,
    design: Option<String>,
    below: &str,
) -> Result<String, JsError> {
    let spec = Given { name, text, files: "{}", edits }.spec()??;
    let spec = design.as_deref().map_or(Ok(spec.clone()), |design| spec.design(design))?;
    let spec = spec_at(&spec, Time::MAX)?;
    let below = Path::parse(below).map_err(Wrong)?;
    let is_plain = |value: &Value| !value.is_object() && !value.is_array();
    let told: Vec<(String, Value)> = spec
        .paths()
        .into_iter()
        .filter(|path| path.inside(&below).is_some())
        .filter_map(|path| Some((path.to_string(), spec.get(&path.to_string())?.clone())))
        .filter(|(_, value)| is_plain(value))
        .collect();
    Ok(serde_json::to_string(&told)?)
}

/// The path at which an edit of `path` is made for a design: it becomes one more edit of the design.
///
/// # Errors
/// It is no path.
#[wasm_bindgen(js_name = editPath)]
pub fn edit_path(design: Option<String>, path: &str) -> Result<String, JsError> {
    let parsed = Path::parse(path).map_err(Wrong)?;
    Ok(match design {
        None => parsed.to_string(),
        Some(design) => Path::root().key("designs").key(design).key(parsed.to_string()).to_string(),
    })
}

/// The model with its edits as RON.
///
/// # Errors
/// What is wrong with the model.
#[wasm_bindgen(js_name = toRon)]
pub fn to_ron(name: &str, text: &str, edits: &str) -> Result<String, JsError> {
    Ok(Given { name, text, files: "{}", edits }.spec()??.to_ron())
}
