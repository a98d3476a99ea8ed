//! How the playground shows a model.

use super::diagnostic::{Diagnostics, did_you_mean};
use super::path::Path;
use super::{Named, Quantity, Spec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the playground shows the model. It changes no result.
///
/// ```ron
/// playground: (
///     topic: "caches",
///     knobs: [(path: "clients.visitors.rate", label: "visitors", from: "100/s", to: "3000/s")],
///     story: [
///         (says: "No cache: watch the line of the database grow.", design: "no cache", look: "stores.goods"),
///         (says: "Now with twice the visitors.", set: {"clients.visitors.rate": "1800/s"}),
///     ],
/// )
/// ```
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Playground {
    /// What it is about, in a word or two: questions of one topic stand together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The knobs that are shown first; absent: rates, replicas, sizes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knobs: Vec<Knob>,
    /// What leads through the model, step by step; the last step ends in the open sandbox.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<StoryStep>,
    /// A task: the objectives of the model, which it misses as it is written, are to be met with the knobs alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
}

/// A knob: a value of the model with a range.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Knob {
    /// Where the value is: `"services.api.replicas"`.
    pub path: String,
    /// What it is called; absent: by its path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The least that can be chosen, with the unit of the value; absent: a tenth of what is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Quantity>,
    /// The most that can be chosen; absent: ten times what is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Quantity>,
}

/// A step of a story: what it says, and what it does when it is reached.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StoryStep {
    /// What it says, in a few short sentences: what happens, and what to look at.
    pub says: String,
    /// The thing to look at, as a path: `"stores.goods"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub look: Option<String>,
    /// Which design is shown, `"as written"` for the model without one; absent: the one of the step before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// Which design is shown beside it, on the same arrivals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beside: Option<String>,
    /// How much faster than a clock it runs, such as 10 or 0.1; absent: as before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// At which simulated instant it begins; absent: at the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seek: Option<Quantity>,
    /// Values by path that the step sets, as a design does.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub set: Named<serde_json::Value>,
    /// Whether what earlier steps have set is taken back first.
    #[serde(default, skip_serializing_if = "is_false")]
    pub fresh: bool,
}

/// What a design is called in which nothing is changed.
pub const AS_WRITTEN: &str = "as written";

impl Spec {
    /// Says where what is written of the playground makes no sense in the model.
    pub(super) fn check_playground(&self, out: &mut Diagnostics) {
        let Some(playground) = &self.playground else { return };
        let path = Path::root().key("playground");
        for (index, knob) in playground.knobs.iter().enumerate() {
            // What is left away has its usual value, which can be turned as well.
            let value =
                knob.to.as_ref().or(knob.from.as_ref()).map_or("1".into(), Quantity::to_string);
            if self.with_text(&knob.path, &value).is_err() {
                self.lead_somewhere(&knob.path, &path.key("knobs").index(index).key("path"), out);
            }
        }
        for (index, step) in playground.story.iter().enumerate() {
            self.check_step(step, &path.key("story").index(index), out);
        }
        if playground.challenge.is_some() && self.objectives.is_empty() {
            let message = "nothing says when the challenge is met";
            let error = out.error(&path.key("challenge"), message);
            error.hint("add objectives: [latency(percentile: 99, below: \"200ms\")]");
        }
    }

    fn check_step(&self, step: &StoryStep, path: &Path, out: &mut Diagnostics) {
        if let Some(look) = &step.look {
            self.lead_somewhere(look, &path.key("look"), out);
        }
        for (field, design) in [("design", &step.design), ("beside", &step.beside)] {
            let Some(name) = design.as_ref().filter(|name| *name != AS_WRITTEN) else { continue };
            if !self.designs.contains_key(name) {
                let message = format!("there is no design `{name}`");
                let known = self.designs.keys().map(String::as_str).chain([AS_WRITTEN]);
                let error = out.error(&path.key(field), message);
                error.hint =
                    did_you_mean(name, known).map(|near| format!("did you mean `{near}`?"));
            }
        }
        let is_speed = |speed: &f64| (0.001..=1e6).contains(speed);
        if let Some(speed) = step.speed.filter(|speed| !is_speed(speed)) {
            let message = format!("nothing can be shown {speed} times as fast as a clock goes");
            out.error(&path.key("speed"), message).hint("from 0.001 to 1000000");
        }
        if step.set.is_empty() {
            return;
        }
        let base = match step.design.as_deref().filter(|name| self.designs.contains_key(*name)) {
            Some(name) => self.design(name),
            None => Ok(self.clone()),
        };
        let edits = step.set.iter().map(|(path, value)| (path.as_str(), value.clone()));
        if let Ok(base) = base
            && let Err(errors) = base.with_all(edits)
        {
            for wrong in &errors {
                let error = out.error(&path.key("set"), wrong.message.clone());
                error.hint.clone_from(&wrong.hint);
            }
        }
    }

    /// Whether there is something at a path of the model, or of one of its designs.
    fn lead_somewhere(&self, target: &str, path: &Path, out: &mut Diagnostics) {
        let is_there = |spec: &Spec| spec.get(target).is_some();
        if is_there(self)
            || self.designs.keys().any(|name| self.design(name).is_ok_and(|it| is_there(&it)))
        {
            return;
        }
        let paths: Vec<String> = self.paths().iter().map(Path::to_string).collect();
        let error = out.error(path, format!("there is nothing at `{target}`"));
        let near = did_you_mean(target, paths.iter().map(String::as_str));
        error.hint = near.map(|near| format!("did you mean {near}?"));
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
