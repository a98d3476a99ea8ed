//! `archsim merge`: the shards of a study put together, to the byte what one machine would have found.

use super::sweep::{answer, drive, write_files};
use crate::args::MergeArgs;
use crate::failure::{Failure, Success};
use crate::pool::{Kept, Pool};
use crate::study::dir::StudyDir;
use sim_core::metrics::{Outcome, Trial};
use sim_core::model::Model;
use sim_core::study::{Origin, Shard, Sweep};
use std::path::PathBuf;
use std::sync::Mutex;

pub(crate) fn run(args: &MergeArgs) -> Result<Success, Failure> {
    let Whole { sweep, origin, shards, .. } = Whole::of(&args.dirs)?;
    let mut sweep = if args.into.is_some() { sweep.keeping_rows() } else { sweep };
    if let Some(into) = &args.into {
        std::fs::create_dir_all(into).map_err(|error| Failure::io(into.display(), &error))?;
    }
    let pool = Pool::new(args.jobs)?;
    let trials = drive(&pool, &mut sweep, &shards, args.into.as_deref(), &origin)?;
    if let Some(into) = &args.into {
        write_files(into, &sweep, &origin, trials)?;
    }
    answer(&sweep, origin, &args.output)
}

/// A study that is done, in one directory or in one for each shard.
pub(super) struct Whole {
    pub(super) sweep: Sweep,
    pub(super) origin: Origin,
    /// The text of the model.
    pub(super) text: String,
    pub(super) shards: Shards,
}

impl Whole {
    pub(super) fn of(dirs: &[PathBuf]) -> Result<Whole, Failure> {
        let dirs = dirs.iter().map(|path| StudyDir::open(path)).collect::<Result<Vec<_>, _>>()?;
        let shards = Shards::of(dirs)?;
        let first = &shards.dirs[0];
        let (text, data) = first.model()?;
        let (sweep, origin) = first.manifest.asked.sweep(text.clone(), &data)?;
        if origin.model_hash != first.manifest.model_hash {
            let message =
                format!("{}: the model is not the one of the manifest", first.path().display());
            return Err(Failure::Usage(message));
        }
        Ok(Whole { sweep, origin, text, shards })
    }

    /// The name of the model's file, as it was typed.
    pub(super) fn file(&self) -> &str {
        &self.shards.dirs[0].manifest.asked.model
    }
}

/// All shards of a study, in order.
pub(super) struct Shards {
    dirs: Vec<StudyDir>,
    missing: Mutex<Option<Failure>>,
}

impl Shards {
    fn of(dirs: Vec<StudyDir>) -> Result<Shards, Failure> {
        let mut placed: Vec<(Shard, StudyDir)> = Vec::new();
        for dir in dirs {
            let shard = Shard::parse(&dir.manifest.shard)
                .map_err(|error| Failure::Usage(format!("{}: {error}", dir.path().display())))?;
            if let Some((_, first)) = placed.first() {
                let (one, other) = (first.path().display(), dir.path().display());
                if let Some(difference) = dir.manifest.differs_from(&first.manifest) {
                    return Err(Failure::Usage(format!(
                        "{one} and {other} are of two studies: in {other} {difference}"
                    )));
                }
            }
            if let Some((_, same)) = placed.iter().find(|(placed, _)| *placed == shard) {
                return Err(Failure::Usage(format!(
                    "shard {}/{} is there twice: {} and {}",
                    shard.number,
                    shard.of,
                    same.path().display(),
                    dir.path().display()
                )));
            }
            placed.push((shard, dir));
        }
        placed.sort_by_key(|(shard, _)| shard.number);
        let of = placed[0].0.of;
        if let Some((other, dir)) = placed.iter().find(|(shard, _)| shard.of != of) {
            let message =
                format!("{} is one of {} shards, another of {of}", dir.path().display(), other.of);
            return Err(Failure::Usage(message));
        }
        let has = |number: &u32| placed.iter().any(|(shard, _)| shard.number == *number);
        let missing: Vec<String> = (1..=of)
            .filter(|number| !has(number))
            .take(20)
            .map(|number| format!("{number}/{of}"))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "shards are missing: {}\n  = name the directories of all {of}",
                missing.join(", ")
            );
            return Err(Failure::Usage(message));
        }
        let dirs = placed.into_iter().map(|(_, dir)| dir).collect();
        Ok(Shards { dirs, missing: Mutex::new(None) })
    }
}

impl Kept for Shards {
    fn find(&self, model: &Model, trial: &Trial) -> Option<Outcome> {
        let dir = &self.dirs[trial.design % self.dirs.len()];
        let found = dir.outcomes.find(model, trial);
        if found.is_none() {
            let message = format!(
                "{} is not done: the outcome of replication {} at point {} is not there\n  = run its shard again, with --shard {}",
                dir.path().display(),
                trial.seed.replication,
                trial.design,
                dir.manifest.shard
            );
            self.missing.lock().ok()?.get_or_insert(Failure::Usage(message));
        }
        found
    }

    /// Merging simulates nothing.
    fn may_run(&self) -> bool {
        false
    }

    fn add(&self, _: &Outcome) -> bool {
        true
    }

    fn sync(&self) {}

    fn failure(&self) -> Option<Failure> {
        self.missing.lock().ok()?.take()
    }
}
