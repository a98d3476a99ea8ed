//! From flags to checked models: edits, designs, files.

use crate::args::{ModelArgs, RunArgs};
use crate::failure::Failure;
use crate::{diagnostics, files};
use sim_core::model::{Checked, Files, Model, quantity};
use sim_core::spec::{Diagnostic, Diagnostics, Quantity, Spec};
use sim_core::study::{AS_WRITTEN, Alternative, PRECISE_AT_MOST, Plan, Until, designs_of};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// A model that was read and edited, but not yet checked.
pub(crate) struct Written {
    /// The file, or `-`.
    pub(crate) file: String,
    pub(crate) spec: Spec,
    /// Warnings that were printed: what is wrong in several designs is said once.
    warned: RefCell<Vec<Diagnostic>>,
}

impl Written {
    /// Reads a model and makes the edits of `--set`.
    pub(crate) fn read(file: &str, edits: &ModelArgs) -> Result<Written, Failure> {
        Written::of(file, files::read_model(file)?, &Data::beside(file), edits)
    }

    /// The same of a text that was read already.
    pub(crate) fn of(
        file: &str,
        text: String,
        data: &Data,
        edits: &ModelArgs,
    ) -> Result<Written, Failure> {
        let name = if file == files::STDIN { "standard input" } else { file };
        let spec = match Spec::parse(name, &text) {
            Ok(spec) => spec,
            Err(findings) => {
                // What is wrong in meaning is told along with what could not be read.
                let files = |spec: &Spec| data.of(spec).unwrap_or_default();
                let findings = Model::read(name, &text, files).err().unwrap_or(findings);
                return Err(Failure::Model { findings: Box::new(findings), text });
            }
        };
        let mut written = Written { file: file.to_owned(), spec, warned: RefCell::default() };
        for edit in &edits.set {
            let (path, value) = edit.split_once('=').ok_or_else(|| {
                Failure::Usage(format!(
                    "--set takes PATH=VALUE, such as services.api.replicas=4; it has {edit}"
                ))
            })?;
            written.edit(|spec| spec.with_text(path.trim(), value.trim()))?;
        }
        for pair in edits.at.chunks(2) {
            let [at, edit] = pair else { continue };
            let (path, value) = edit.split_once('=').ok_or_else(|| {
                Failure::Usage(format!(
                    "--at takes a time and PATH=VALUE, such as 12s services.api.replicas=4; it has {edit}"
                ))
            })?;
            written.edit(|spec| spec.with_change(at.trim(), path.trim(), value.trim()))?;
        }
        Ok(written)
    }

    /// Makes the edits of `--seed`, `--horizon` and the like.
    pub(crate) fn plan(&mut self, args: &RunArgs) -> Result<(), Failure> {
        let duration = |text: &str| {
            quantity::duration(&Quantity::Text(text.to_owned())).map_err(|error| {
                Failure::Usage(format!("{text} is no duration such as 10min: {error}"))
            })
        };
        let mut edits = Vec::new();
        if let Some(horizon) = &args.horizon {
            duration(horizon)?;
            edits.push(("run.horizon", serde_json::Value::from(horizon.as_str())));
        }
        match args.warmup.as_deref() {
            Some("auto") => edits.push(("run.warmup", serde_json::Value::Null)),
            Some(warmup) => {
                duration(warmup)?;
                edits.push(("run.warmup", serde_json::Value::from(warmup)));
            }
            None => {}
        }
        edits.extend(args.seed.map(|seed| ("run.seed", seed.into())));
        edits.extend(args.replications.map(|n| ("run.replications", n.into())));
        if edits.is_empty() { Ok(()) } else { self.edit(|spec| spec.with_all(edits)) }
    }

    fn edit(
        &mut self,
        edit: impl FnOnce(&Spec) -> Result<Spec, Diagnostics>,
    ) -> Result<(), Failure> {
        self.spec = edit(&self.spec).map_err(|findings| self.failure(findings))?;
        Ok(())
    }

    pub(crate) fn failure(&self, findings: Diagnostics) -> Failure {
        Failure::Model { findings: Box::new(findings), text: self.spec.text().to_owned() }
    }

    /// Checks the model as one of its designs has it, or as written; warnings are printed.
    pub(crate) fn check(&self, design: Option<&str>) -> Result<Alternative, Failure> {
        let (spec, checked) = self.checked(design)?;
        self.warn(&checked, design);
        Ok(Alternative::new(design.unwrap_or(AS_WRITTEN), checked, spec.hash()))
    }

    pub(crate) fn checked(&self, design: Option<&str>) -> Result<(Spec, Checked), Failure> {
        let spec = match design.filter(|&name| name != AS_WRITTEN) {
            Some(design) => self.spec.design(design).map_err(|findings| self.failure(findings))?,
            None => self.spec.clone(),
        };
        let files =
            files::referred(&spec, &self.file).map_err(|findings| self.failure(findings))?;
        let checked = Model::check(&spec, &files).map_err(|findings| self.failure(findings))?;
        Ok((spec, checked))
    }

    /// Prints what is not wrong but may not be meant, unless it was printed for another design.
    pub(crate) fn warn(&self, checked: &Checked, design: Option<&str>) {
        let mut warned = self.warned.borrow_mut();
        let mut fresh = Diagnostics::new(checked.warnings.file.as_str());
        for warning in &checked.warnings {
            if !warned.contains(warning) {
                warned.push(warning.clone());
                fresh.push(warning.clone());
            }
        }
        if !fresh.is_empty() {
            diagnostics::print(&fresh, self.spec.text(), design);
        }
    }

    /// The warnings so far, in words.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let warned = self.warned.borrow();
        warned.iter().map(|warning| format!("{}: {}", warning.path, warning.message)).collect()
    }

    /// The model as written and every design.
    pub(crate) fn all_designs(&self) -> Vec<Option<String>> {
        designs_of(&self.spec).into_iter().map(|design| design.map(str::to_owned)).collect()
    }
}

/// The designs that a list names, which was cut at its commas; a name may have commas of its own.
pub(crate) fn named_designs(list: &[String], spec: &Spec) -> Vec<String> {
    let is_known = |name: &str| name == AS_WRITTEN || spec.designs.contains_key(name);
    let mut names = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let joined = |count: usize| rest[..count].join(",").trim().to_owned();
        let longest = (1..=rest.len()).rev().find(|&count| is_known(&joined(count))).unwrap_or(1);
        names.push(joined(longest));
        rest = &rest[longest..];
    }
    names
}

/// How much to simulate, by the designs and the flags.
pub(crate) fn plan(designs: &[Alternative], args: &RunArgs) -> Result<Plan, Failure> {
    let mut plan = Plan::of(designs);
    plan.until = until(args)?.unwrap_or(plan.until);
    Ok(plan)
}

/// When there are enough replications, where a flag says.
pub(crate) fn until(args: &RunArgs) -> Result<Option<Until>, Failure> {
    let precise = |precision: &String| {
        let wrong = format!("{precision} is no precision such as 2%");
        let relative = share(precision, A_PART, &wrong)?;
        Ok(Until::Precision { relative, at_most: PRECISE_AT_MOST })
    };
    args.precision.as_ref().map(precise).transpose()
}

/// A share that was asked for, or what is wrong with it.
pub(crate) fn share(text: &str, within: Range<f64>, wrong: &str) -> Result<f64, Failure> {
    quantity::share(&Quantity::Text(text.to_owned()))
        .ok()
        .filter(|share| within.contains(share))
        .ok_or_else(|| Failure::Usage(wrong.to_owned()))
}

/// More than nothing, less than all.
pub(crate) const A_PART: Range<f64> = f64::MIN_POSITIVE..1.0;

/// The data that a model refers to: found beside it once, or kept with a study. Clones share it.
#[derive(Clone)]
pub(crate) struct Data {
    /// The model; `None`: only what is kept is there.
    beside: Option<String>,
    read: Arc<Mutex<BTreeMap<String, Arc<str>>>>,
}

impl Data {
    /// What lies beside a model.
    pub(crate) fn beside(model: &str) -> Data {
        Data { beside: Some(model.to_owned()), read: Arc::default() }
    }

    /// What was kept, by name.
    pub(crate) fn kept(data: BTreeMap<String, String>) -> Data {
        let read = data.into_iter().map(|(name, text)| (name, text.into())).collect();
        Data { beside: None, read: Arc::new(Mutex::new(read)) }
    }

    /// What a model refers to.
    pub(crate) fn of(&self, spec: &Spec) -> Result<Files, Diagnostics> {
        let names: Vec<String> = spec.files().into_iter().map(|(_, name)| name).collect();
        let mut read = self.read.lock().expect("nobody panics with it");
        if let (Some(model), false) =
            (&self.beside, names.iter().all(|name| read.contains_key(name)))
        {
            let files = files::referred(spec, model)?;
            for name in &names {
                let text = files.read(name).unwrap_or_default();
                read.insert(name.clone(), text.into());
            }
        }
        let mut files = Files::default();
        for (name, text) in names.iter().filter_map(|name| Some((name, read.get(name)?))) {
            files.insert(name, &**text);
        }
        Ok(files)
    }

    /// The checksum of each file that was read, by name.
    pub(crate) fn checksums(&self) -> BTreeMap<String, u32> {
        let read = self.read.lock().expect("nobody panics with it");
        read.iter().map(|(name, text)| (name.clone(), crc32fast::hash(text.as_bytes()))).collect()
    }

    /// The contents of each file that was read, in the order of their names.
    pub(crate) fn contents(&self) -> Vec<Arc<str>> {
        self.read.lock().expect("nobody panics with it").values().cloned().collect()
    }
}
