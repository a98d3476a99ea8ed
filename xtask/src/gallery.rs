//! What the playground's gallery shows of each model.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sim_core::model::{Files, Model};
use sim_core::report::topology::{Kind, Layout, Placed, Topology, lay_out};
use sim_core::spec::Spec;

use crate::shell::{Problem, root};

/// Every model that can be chosen, as JSON: path, question, topic, steps of its story, challenge, and a sketch of what runs
/// where for those that have a card.
pub(crate) fn listed() -> Result<String, Problem> {
    let mut shown = Vec::new();
    for folder in ["models", "models/blocks", "models/challenges"] {
        let mut names: Vec<PathBuf> = fs::read_dir(root().join(folder))
            .map_err(|error| wrong(&error))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|it| it == "ron"))
            .collect();
        names.sort();
        for name in names {
            let file = name.file_name().unwrap_or_default().to_string_lossy();
            shown.push(card(&name, &format!("{folder}/{file}"))?);
        }
    }
    Ok(Value::from(shown).to_string())
}

fn wrong(what: &dyn std::fmt::Display) -> Problem {
    Problem::Failed(format!("the gallery: {what}"))
}

fn card(file: &Path, path: &str) -> Result<Value, Problem> {
    let text = fs::read_to_string(file).map_err(|error| wrong(&error))?;
    let spec = Spec::parse(path, &text).map_err(|it| wrong(&it))?;
    let playground = spec.playground.clone().unwrap_or_default();
    let sketch = match playground.story.is_empty() {
        true => Value::Null,
        false => sketch(file, &spec)?,
    };
    Ok(json!({
        "path": path,
        "question": spec.question,
        "topic": playground.topic,
        "steps": playground.story.len(),
        "challenge": playground.challenge,
        "sketch": sketch,
    }))
}

/// A sketch of what runs where, on a grid: layers from the left to the right, and in each its things from the top to the
/// bottom, two units apart, so that layers can stand in the middle.
fn sketch(file: &Path, spec: &Spec) -> Result<Value, Problem> {
    let mut files = Files::default();
    for (_, name) in spec.files() {
        let beside = file.parent().unwrap_or(file).join(&name);
        files.insert(name, fs::read_to_string(beside).map_err(|error| wrong(&error))?);
    }
    let checked = Model::check(spec, &files).map_err(|it| wrong(&it))?;
    let topology = Topology::of("", spec, &checked);
    let layout = lay_out(&topology);
    let tallest = layout.layers.iter().map(Vec::len).max().unwrap_or(0);
    let place =
        |(layer, at): (usize, usize)| [layer, tallest - layout.layers[layer].len() + 2 * at];
    let ways: Vec<Vec<[usize; 2]>> =
        layout.ways.iter().map(|way| way.iter().map(|&at| place(at)).collect()).collect();
    Ok(json!({
        "columns": layout.layers.len(),
        "rows": 2 * tallest,
        "boxes": boxes(&topology, &layout, &place),
        "ways": ways,
    }))
}

/// Where each thing is, and what kind of thing.
fn boxes(
    topology: &Topology,
    layout: &Layout,
    place: &dyn Fn((usize, usize)) -> [usize; 2],
) -> Vec<(usize, usize, Kind)> {
    let mut boxes = Vec::new();
    for (layer, placed) in layout.layers.iter().enumerate() {
        for (at, placed) in placed.iter().enumerate() {
            if let Placed::Node(node) = placed {
                let [x, y] = place((layer, at));
                boxes.push((x, y, topology.nodes[*node].kind));
            }
        }
    }
    boxes
}
