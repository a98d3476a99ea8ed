//! From text to checked designs: what `archsim` does with files and flags, done with what JavaScript hands over.

use sim_core::model::{Checked, Files, Model};
use sim_core::spec::{Diagnostics, Spec};
use sim_core::study::{Alternative, designs_of};
use std::collections::BTreeMap;
use std::fmt;

/// A model as handed over.
#[derive(Clone, Copy)]
pub(crate) struct Given<'a> {
    /// Its file, by which the files beside it are found.
    pub(crate) name: &'a str,
    /// What it holds.
    pub(crate) text: &'a str,
    /// A JSON object of files by path.
    pub(crate) files: &'a str,
    /// A JSON list of edits, each a path and a value as text: what `--set` takes.
    pub(crate) edits: &'a str,
}

/// Why there is nothing to run, in words.
#[derive(Debug)]
pub(crate) struct Wrong(pub(crate) String);

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}

impl From<Diagnostics> for Wrong {
    fn from(findings: Diagnostics) -> Wrong {
        Wrong(findings.to_string())
    }
}

/// The files that models refer to, and the folder from which they do.
#[derive(Clone, Default)]
pub(crate) struct Beside {
    folder: String,
    contents: BTreeMap<String, String>,
}

impl Beside {
    /// What a specification refers to, as far as it is there.
    pub(crate) fn of(&self, spec: &Spec) -> Files {
        let mut files = Files::default();
        for (_, name) in spec.files() {
            if let Some(text) = self.contents.get(&beside(&self.folder, &name)) {
                files.insert(name, text.clone());
            }
        }
        files
    }
}

impl Given<'_> {
    /// The files beside it.
    pub(crate) fn beside(&self) -> Result<Beside, Wrong> {
        let contents = serde_json::from_str(self.files)
            .map_err(|error| Wrong(format!("the files are no JSON object of texts: {error}")))?;
        let folder = self.name.rsplit_once('/').map_or("", |(folder, _)| folder);
        Ok(Beside { folder: folder.to_owned(), contents })
    }

    /// What was written, with the edits.
    pub(crate) fn spec(&self) -> Result<Result<Spec, Diagnostics>, Wrong> {
        let edits: Vec<(String, String)> = serde_json::from_str(self.edits)
            .map_err(|error| Wrong(format!("the edits are no JSON list of pairs: {error}")))?;
        Ok(Spec::parse(self.name, self.text).and_then(|spec| {
            edits.iter().try_fold(spec, |spec, (path, value)| spec.with_text(path, value))
        }))
    }

    /// One design, or the model as written, checked.
    pub(crate) fn checked(&self, design: Option<&str>) -> Result<(Spec, Checked), Wrong> {
        let spec = self.spec()??;
        let spec = design.map_or(Ok(spec.clone()), |design| spec.design(design))?;
        let checked = Model::check(&spec, &self.beside()?.of(&spec))?;
        Ok((spec, checked))
    }

    /// The named designs, each checked; `None` is the model as written.
    pub(crate) fn designs(&self, names: &[Option<String>]) -> Result<Vec<Alternative>, Wrong> {
        let spec = self.spec()??;
        let beside = self.beside()?;
        let alternative = |name: &Option<String>| {
            let files = |spec: &Spec| Ok(beside.of(spec));
            Ok(Alternative::of(&spec, name.as_deref(), files)?.0)
        };
        names.iter().map(alternative).collect()
    }

    /// Every design.
    pub(crate) fn all_designs(&self) -> Result<Vec<Alternative>, Wrong> {
        let spec = self.spec()??;
        let names: Vec<Option<String>> =
            designs_of(&spec).into_iter().map(|name| name.map(str::to_owned)).collect();
        self.designs(&names)
    }
}

/// The path of a file that is named relative to a folder; `..` leads out of it.
fn beside(folder: &str, name: &str) -> String {
    let mut path: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." if path.last().is_some_and(|&last| last != "..") => {
                path.pop();
            }
            part => path.push(part),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn a_file_is_found_from_the_folder_of_its_model() {
        assert_eq!(beside("models/blocks", "../prices/aws.ron"), "models/prices/aws.ron");
        assert_eq!(beside("", "log.csv"), "log.csv");
        assert_eq!(beside("models", "./log.csv"), "models/log.csv");
        assert_eq!(beside("models", "../../log.csv"), "../log.csv");
    }
}
