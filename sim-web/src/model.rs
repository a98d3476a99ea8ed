//! From text to checked designs: what `archsim` does with files, done with what JavaScript hands over.

use sim_core::model::Files;
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
}

/// Why there is nothing to run, in words.
#[derive(Debug)]
pub(crate) struct Wrong(String);

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

/// Every design of a model, checked.
pub(crate) fn designs(given: Given<'_>) -> Result<Vec<Alternative>, Wrong> {
    let contents: BTreeMap<String, String> = serde_json::from_str(given.files)
        .map_err(|error| Wrong(format!("the files are no JSON object of texts: {error}")))?;
    let folder = given.name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let files = |spec: &Spec| {
        let mut files = Files::default();
        for (_, name) in spec.files() {
            if let Some(text) = contents.get(&beside(folder, &name)) {
                files.insert(name, text.clone());
            }
        }
        Ok(files)
    };
    let spec = Spec::parse(given.name, given.text)?;
    let alternative = |design| Ok(Alternative::of(&spec, design, files)?.0);
    designs_of(&spec).into_iter().map(alternative).collect()
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
