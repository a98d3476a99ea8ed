//! What a sweep was asked for: all that its result depends on, beside the model's text and data.

use crate::args::{ModelArgs, RunArgs, SweepArgs};
use crate::failure::Failure;
use crate::model::{Data, Written, named_designs, until};
use serde::{Deserialize, Serialize};
use sim_core::spec::Spec;
use sim_core::study::{Axis, AxisError, Effort, Origin, Points, Sampling, Sweep};

/// What was asked for. Threads, files and formats change no result and are no part of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    pub(crate) model: String,
    pub(crate) vary: Vec<String>,
    pub(crate) designs: Vec<String>,
    pub(crate) sample: String,
    pub(crate) set: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) at: Vec<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) replications: Option<u32>,
    pub(crate) precision: Option<String>,
    pub(crate) horizon: Option<String>,
    pub(crate) warmup: Option<String>,
}

impl Asked {
    pub(crate) fn of(args: &SweepArgs) -> Asked {
        let run = &args.run;
        Asked {
            model: args.model.clone(),
            vary: args.vary.vary.clone(),
            designs: args.vary.designs.clone(),
            sample: args.vary.sample.clone(),
            set: args.edits.set.clone(),
            at: args.edits.at.clone(),
            seed: run.seed,
            replications: run.replications,
            precision: run.precision.clone(),
            horizon: run.horizon.clone(),
            warmup: run.warmup.clone(),
        }
    }

    /// The command that asks for the same.
    pub(crate) fn command(&self) -> String {
        let mut command = CommandLine::of("sweep", &self.model);
        command.each("vary", &self.vary);
        command.list("designs", &self.designs);
        command.unless("grid", "sample", &self.sample);
        command.edits(&self.edits());
        command.run(&self.run_args());
        command.text()
    }

    fn edits(&self) -> ModelArgs {
        ModelArgs { set: self.set.clone(), at: self.at.clone() }
    }

    fn run_args(&self) -> RunArgs {
        RunArgs {
            seed: self.seed,
            replications: self.replications,
            precision: self.precision.clone(),
            horizon: self.horizon.clone(),
            warmup: self.warmup.clone(),
            ..RunArgs::default()
        }
    }

    /// The sweep over a model's text, and where its results come from.
    pub(crate) fn sweep(&self, text: String, data: &Data) -> Result<(Sweep, Origin), Failure> {
        let edits = self.edits();
        let run = self.run_args();
        let mut written = Written::of(&self.model, text, data, &edits)?;
        written.plan(&run)?;
        let spec = written.spec.clone();
        let seed = spec.run.seed.unwrap_or(1);
        let origin = origin(&spec, self.command());
        let axes = axes(&self.designs, &self.vary, &spec)?;
        let sampling = Sampling::parse(&self.sample).map_err(Failure::Usage)?;
        let points = Points::new(axes, sampling, seed).map_err(|error| usage("", error))?;
        let effort = Effort { until: until(&run)? };
        let data = data.clone();
        let sweep = Sweep::new(spec, Box::new(move |spec| data.of(spec)), points, effort)
            .map_err(|findings| written.failure(findings))?;
        Ok((sweep, origin))
    }
}

/// The axes of `--designs` and `--vary`, designs first.
pub(crate) fn axes(designs: &[String], vary: &[String], spec: &Spec) -> Result<Vec<Axis>, Failure> {
    let mut axes = Vec::new();
    if !designs.is_empty() {
        axes.push(Axis::designs(named_designs(designs, spec)));
    }
    for text in vary {
        let axis = Axis::parse(text).map_err(|error| usage("--vary: ", error))?;
        axis.check(spec).map_err(|error| usage("--vary: ", error))?;
        axes.push(axis);
    }
    Ok(axes)
}

/// A flag that makes no sense, and what to write instead.
pub(crate) fn usage(start: &str, error: AxisError) -> Failure {
    let hint = error.hint.map_or(String::new(), |hint| format!("\n  = {hint}"));
    Failure::Usage(format!("{start}{}{hint}", error.message))
}

/// Where an answer comes from.
pub(crate) fn origin(spec: &Spec, command: String) -> Origin {
    Origin {
        version: env!("CARGO_PKG_VERSION").into(),
        model_hash: format!("{:016x}", spec.hash()),
        seed: spec.run.seed.unwrap_or(1),
        command,
    }
}

/// A command that asks for the same again.
pub(crate) struct CommandLine(Vec<String>);

impl CommandLine {
    pub(crate) fn of(verb: &str, model: &str) -> CommandLine {
        CommandLine(vec!["archsim".to_owned(), verb.to_owned(), quoted(model)])
    }

    /// More words after the model.
    pub(crate) fn words(&mut self, words: &[String]) {
        self.0.extend(words.iter().map(|word| quoted(word)));
    }

    /// A flag without a value, if it is set.
    pub(crate) fn switch(&mut self, name: &str, is_set: bool) {
        self.0.extend(is_set.then(|| format!("--{name}")));
    }

    pub(crate) fn flag(&mut self, name: &str, value: &str) {
        self.0.push(format!("--{name} {}", quoted(value)));
    }

    /// A flag for each value.
    pub(crate) fn each(&mut self, name: &str, values: &[String]) {
        values.iter().for_each(|value| self.flag(name, value));
    }

    /// The edits of the model.
    pub(crate) fn edits(&mut self, edits: &ModelArgs) {
        self.each("set", &edits.set);
        for pair in edits.at.chunks(2) {
            let words: Vec<String> = pair.iter().map(|word| quoted(word)).collect();
            self.0.push(format!("--at {}", words.join(" ")));
        }
    }

    /// One flag for all values, if there are any.
    pub(crate) fn list(&mut self, name: &str, values: &[String]) {
        if !values.is_empty() {
            self.flag(name, &values.join(","));
        }
    }

    /// A flag that says nothing where it has its usual value.
    pub(crate) fn unless(&mut self, usual: &str, name: &str, value: &str) {
        if value != usual {
            self.flag(name, value);
        }
    }

    /// What a run was told; threads change no result.
    pub(crate) fn run(&mut self, run: &RunArgs) {
        run.seed.iter().for_each(|seed| self.flag("seed", &seed.to_string()));
        run.replications.iter().for_each(|n| self.flag("replications", &n.to_string()));
        for (name, value) in
            [("precision", &run.precision), ("horizon", &run.horizon), ("warmup", &run.warmup)]
        {
            value.iter().for_each(|value| self.flag(name, value));
        }
    }

    pub(crate) fn text(self) -> String {
        self.0.join(" ")
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_can_be_typed() {
        let asked = Asked {
            model: "my shop.ron".into(),
            vary: vec!["services.api.replicas=1..4".into(), "a.b=x,it's".into()],
            sample: "grid".into(),
            seed: Some(7),
            ..Asked::default()
        };
        let command = r"archsim sweep 'my shop.ron' --vary services.api.replicas=1..4 --vary 'a.b=x,it'\''s' --seed 7";
        assert_eq!(asked.command(), command);
    }
}
