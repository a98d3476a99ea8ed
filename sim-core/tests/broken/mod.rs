//! A corpus of broken models, each with what is said of it beside it: `NAME.ron` or `NAME.json`, and `NAME.txt`.
//!
//! `UPDATE_EXPECT=1 cargo test -p sim-core --test main broken` writes what is said now; read it before you commit it.

use expect_test::expect_file;
use sim_core::model::{Files, Model};
use sim_core::spec::{Diagnostics, Spec};
use sim_core::study::check_studies;
use std::fs;
use std::path::{Path, PathBuf};

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

/// The models of the corpus, by name.
fn models() -> Vec<PathBuf> {
    let entries = fs::read_dir(directory()).expect("the corpus is there");
    let mut models: Vec<PathBuf> = entries
        .map(|entry| entry.expect("the corpus can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == "ron" || e == "json"))
        .collect();
    models.sort();
    models
}

/// The files that a model refers to, as far as they exist.
fn files_of(spec: &Spec) -> Files {
    let mut files = Files::default();
    for (_, name) in spec.files() {
        if let Ok(contents) = fs::read_to_string(directory().join(&name)) {
            files.insert(name, contents);
        }
    }
    files
}

/// All that is said of a model, and of its designs.
fn diagnose(name: &str, text: &str) -> Diagnostics {
    let (spec, mut all) = match Model::read(name, text, files_of) {
        Ok((spec, checked)) => (spec, checked.warnings),
        Err(errors) => match Spec::parse(name, text) {
            Ok(spec) => (spec, errors),
            Err(_) => return errors,
        },
    };
    for design in spec.designs.keys() {
        let checked = spec.design(design).and_then(|spec| Model::check(&spec, &files_of(&spec)));
        if let Err(errors) = checked {
            all.merge(errors);
        }
    }
    all.merge(check_studies(&spec));
    all.sort();
    all
}

#[test]
fn every_model_is_told_what_is_wrong_with_it() {
    let models = models();
    assert!(models.len() >= 70, "{} models are no corpus", models.len());
    let mut silent = Vec::new();
    for path in models {
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
        let text = fs::read_to_string(&path).expect("the model can be read");
        let said = diagnose(name, &text);
        silent.extend(said.is_empty().then(|| name.to_owned()));
        expect_file![path.with_extension("txt")].assert_eq(&said.to_string());
    }
    assert!(silent.is_empty(), "nothing is said of {silent:?}");
}
