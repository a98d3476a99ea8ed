//! The directory of a study: what it is about, its outcomes as they come, and the answer at the end.

use super::asked::Asked;
use super::outcomes::Outcomes;
use crate::failure::Failure;
use crate::model::Data;
use serde::{Deserialize, Serialize};
use sim_core::study::{Origin, Shard};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What a study is about: outcomes belong to it only if all of this is the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// The version of the simulator.
    pub(crate) archsim: String,
    /// The command, without what changes no result.
    pub(crate) command: String,
    pub(crate) model_hash: String,
    pub(crate) seed: u64,
    /// Points in all.
    pub(crate) points: usize,
    /// Which part of the points is here.
    pub(crate) shard: String,
    pub(crate) asked: Asked,
    /// The files that the model refers to: their checksums by name, in the order of `data/0`, `data/1`, …
    pub(crate) data: BTreeMap<String, u32>,
}

impl Manifest {
    pub(crate) fn new(
        asked: &Asked,
        origin: &Origin,
        points: usize,
        shard: Shard,
        data: &Data,
    ) -> Manifest {
        Manifest {
            archsim: origin.version.clone(),
            command: origin.command.clone(),
            model_hash: origin.model_hash.clone(),
            seed: origin.seed,
            points,
            shard: format!("{}/{}", shard.number, shard.of),
            asked: asked.clone(),
            data: data.checksums(),
        }
    }

    /// In what another differs, so that the outcomes of one do not belong to the other; the shard does not count.
    pub(crate) fn differs_from(&self, other: &Manifest) -> Option<String> {
        let lines: [(&str, String, String); 6] = [
            ("the version of archsim", self.archsim.clone(), other.archsim.clone()),
            ("the model, by its hash,", self.model_hash.clone(), other.model_hash.clone()),
            ("the seed", self.seed.to_string(), other.seed.to_string()),
            ("the command", self.command.clone(), other.command.clone()),
            ("the number of points", self.points.to_string(), other.points.to_string()),
            ("the data of the model", format!("{:x?}", self.data), format!("{:x?}", other.data)),
        ];
        lines
            .into_iter()
            .find(|(_, a, b)| a != b)
            .map(|(what, a, b)| format!("{what} is\n    {a}\n  and not\n    {b}"))
    }
}

/// The directory of a study.
pub(crate) struct StudyDir {
    path: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) outcomes: Outcomes,
}

impl StudyDir {
    /// Begins a study in a directory, or goes on with it.
    pub(crate) fn begin(
        path: &Path,
        manifest: Manifest,
        text: &str,
        data: &Data,
    ) -> Result<StudyDir, Failure> {
        std::fs::create_dir_all(path).map_err(|error| Failure::io(path.display(), &error))?;
        match read_manifest(path)? {
            Some(found) => {
                let shown = path.display();
                if let Some(difference) = manifest.differs_from(&found) {
                    return Err(Failure::Usage(format!(
                        "{shown} is of another study: {}\n  = take another --dir for this one",
                        difference
                            .replace("is\n", "here is\n")
                            .replace("and not\n", "and there was\n")
                    )));
                }
                if found.shard != manifest.shard {
                    return Err(Failure::Usage(format!(
                        "{shown} has shard {}, and not {}\n  = each shard has a --dir of its own",
                        found.shard, manifest.shard
                    )));
                }
            }
            None => {
                let strangers =
                    std::fs::read_dir(path).map_err(|error| Failure::io(path.display(), &error))?;
                let is_own =
                    |name: &str| name.ends_with(".part") || name == "data" || name == "model";
                let stranger = strangers
                    .flatten()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned());
                if let Some(stranger) = stranger.filter(|name| !is_own(name)).min() {
                    let shown = path.display();
                    return Err(Failure::Usage(format!(
                        "{shown} is not empty and no study: it has {stranger}\n  = take an empty --dir, or a new one"
                    )));
                }
                let folder = path.join("data");
                if !manifest.data.is_empty() {
                    std::fs::create_dir_all(&folder)
                        .map_err(|error| Failure::io(folder.display(), &error))?;
                }
                for (number, contents) in data.contents().iter().enumerate() {
                    write_whole(&folder.join(number.to_string()), contents.as_bytes())?;
                }
                write_whole(&path.join("model"), text.as_bytes())?;
                // Last of all: a directory that has a manifest has everything that it speaks of.
                write_whole(&path.join("manifest.json"), json(&manifest).as_bytes())?;
            }
        }
        let outcomes = Outcomes::open(&path.join("outcomes"), false)?;
        Ok(StudyDir { path: path.to_owned(), manifest, outcomes })
    }

    /// Opens a study to read it.
    pub(crate) fn open(path: &Path) -> Result<StudyDir, Failure> {
        let shown = path.display();
        let manifest = read_manifest(path)?.ok_or_else(|| {
            Failure::Usage(format!("{shown} is no study: it has no manifest.json"))
        })?;
        let own = env!("CARGO_PKG_VERSION");
        if manifest.archsim != own {
            return Err(Failure::Usage(format!(
                "{shown} was made by archsim {}, and this is {own}\n  = results of two versions do not go together; take that version",
                manifest.archsim
            )));
        }
        let outcomes = Outcomes::open(&path.join("outcomes"), true)?;
        Ok(StudyDir { path: path.to_owned(), manifest, outcomes })
    }

    /// The text of the model and the data it refers to.
    pub(crate) fn model(&self) -> Result<(String, Data), Failure> {
        let read = |name: &Path| {
            std::fs::read_to_string(name).map_err(|error| Failure::io(name.display(), &error))
        };
        let names = self.manifest.data.keys().enumerate();
        let data = names.map(|(number, name)| {
            Ok((name.clone(), read(&self.path.join("data").join(number.to_string()))?))
        });
        let data = Data::kept(data.collect::<Result<_, Failure>>()?);
        Ok((read(&self.path.join("model"))?, data))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn read_manifest(path: &Path) -> Result<Option<Manifest>, Failure> {
    let file = path.join("manifest.json");
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::io(file.display(), &error)),
    };
    serde_json::from_str(&text).map(Some).map_err(|error| {
        // Another version may write other fields; then its number is what matters.
        let found = serde_json::from_str::<serde_json::Value>(&text).ok();
        let version = found.as_ref().and_then(|found| found["archsim"].as_str().map(str::to_owned));
        let own = env!("CARGO_PKG_VERSION");
        match version.filter(|version| version != own) {
            Some(version) => Failure::Usage(format!(
                "{} was made by archsim {version}, and this is {own}\n  = take that version, or another --dir",
                path.display()
            )),
            None => Failure::Usage(format!("{} cannot be read: {error}", file.display())),
        }
    })
}

fn json(manifest: &Manifest) -> String {
    serde_json::to_string_pretty(manifest).expect("a manifest has only text for keys") + "\n"
}

/// Writes a file in one go: whoever looks sees all of it or nothing.
pub(crate) fn write_whole(path: &Path, contents: &[u8]) -> Result<(), Failure> {
    let name = path.file_name().map_or(String::new(), |name| name.to_string_lossy().into_owned());
    let part = path.with_file_name(format!("{name}.part"));
    let written = std::fs::write(&part, contents)
        .and_then(|()| std::fs::File::open(&part)?.sync_all())
        .and_then(|()| std::fs::rename(&part, path));
    written.map_err(|error| Failure::io(path.display(), &error))
}
