//! What is said in another order, or beside the point, changes nothing; and models in the repository keep the laws.

use super::{buckets, felt, files, model, simulate};
use serde_json::{Map, Value};
use sim_core::metrics::{Trial, run};
use sim_core::model::{Files, Load, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

const EVERYTHING: &str = include_str!("../robust/everything.ron");

/// All names in reverse order, at every depth.
fn reversed(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter().rev().map(|(k, v)| (k, reversed(v))).collect::<Map<_, _>>(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(reversed).collect()),
        other => other,
    }
}

#[test]
fn the_order_in_the_file_changes_no_bit() {
    for text in [EVERYTHING, include_str!("../../../models/shop.ron")] {
        let spec = Spec::parse("one.ron", text).unwrap();
        let json = serde_json::to_value(&spec).unwrap();
        let turned = reversed(json.clone());
        assert_ne!(json.to_string(), turned.to_string());
        let other = Spec::parse("other.json", &turned.to_string()).unwrap();
        let one = simulate(&Model::check(&spec, &files()).unwrap().model, 0);
        let other = simulate(&Model::check(&other, &files()).unwrap().model, 0);
        assert!(one.events > 10_000);
        assert_eq!(one.fingerprint, other.fingerprint);
    }
}

#[test]
fn what_nobody_uses_changes_no_bit_of_the_rest() {
    let one = model(EVERYTHING);
    // First and last in the order of names, so that every number inside the model moves.
    let more = EVERYTHING
        .replace(
            "components: {\n",
            "components: {\n \"aaa\": {\"x\": [work(exponential(\"1ms\")), call(\"zzz.x\")]}, \"zzz\": {\"x\": []},\n",
        )
        .replace(
            "services: {\n",
            "services: {\n \"aaa\": (components: [\"aaa\"], replicas: 3), \"zzz\": (components: [\"zzz\"]),\n",
        )
        .replace("stores: {\n", "stores: {\n \"aaa\": database(servers: 1, read: \"1ms\"),\n");
    let more = model(&more);
    assert_eq!(more.services.len(), one.services.len() + 2);
    let (a, b) = (simulate(&one, 0), simulate(&more, 0));
    assert_eq!(
        (a.fingerprint.events, a.fingerprint.timings),
        (b.fingerprint.events, b.fingerprint.timings)
    );
    assert_eq!(felt(&one, &a.metrics), felt(&more, &b.metrics));
    for (group, told) in one.stations.iter().zip(&a.metrics.stations) {
        let index = more.stations.iter().position(|other| other.name == group.name).unwrap();
        let other = &b.metrics.stations[index];
        assert_eq!(buckets(&told.wait), buckets(&other.wait), "{}", group.name);
        assert_eq!((told.service, told.refused), (other.service, other.refused), "{}", group.name);
    }
}

/// All model files of the repository.
fn models(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("models/ can be listed") {
        let path = entry.expect("models/ can be listed").path();
        if path.is_dir() {
            models(&path, found);
        } else if path.extension().is_some_and(|e| e == "ron") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn every_model_conserves_requests() {
    let mut paths = Vec::new();
    models(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../models"), &mut paths);
    assert!(!paths.is_empty());
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        let Ok(spec) = Spec::parse(&name, &text) else { continue };
        if spec.clients.is_empty() {
            continue;
        }
        let mut specs = vec![("as written", spec.clone())];
        specs.extend(
            spec.designs.keys().map(|design| (design.as_str(), spec.design(design).unwrap())),
        );
        for (design, spec) in specs {
            let mut files = Files::default();
            for (_, file) in spec.files() {
                let contents = fs::read_to_string(path.parent().unwrap().join(&file)).unwrap();
                files.insert(file, contents);
            }
            let model =
                Model::check(&spec, &files).unwrap_or_else(|errors| panic!("{errors}")).model;
            let outcome = run(
                &model,
                Trial {
                    design: 0,
                    seed: Seed { seed: 1, replication: 0 },
                    warmup: Duration::ZERO,
                    horizon: model.run.horizon,
                    events_max: 300_000,
                },
            );
            assert!(outcome.violations.is_empty(), "{name}, {design}: {:?}", outcome.violations);
            let sent: u64 = outcome.metrics.journeys.iter().map(|j| j.sent).sum();
            let done: u64 = outcome.metrics.journeys.iter().map(|j| j.response.count()).sum();
            let failed: u64 = outcome.metrics.journeys.iter().map(|j| j.errors()).sum();
            // What comes at the first instant is in flight when measuring begins.
            let population = outcome.metrics.population();
            // Models of what breaks over months have hardly a request in them.
            let expected = Load::of(&model).rates.iter().sum::<f64>() * model.run.horizon.as_secs();
            assert!(sent > 0 || expected < 10.0, "{name}, {design}");
            assert_eq!(
                population.at_start + sent,
                done + failed + population.now,
                "{name}, {design}"
            );
        }
    }
}
