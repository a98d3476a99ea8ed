//! Outcomes in a file that is only ever added to: each with its length and a checksum, so that a process may be killed
//! at any instant.

use crate::failure::Failure;
use sim_core::metrics::{Outcome, Trial};
use sim_core::model::Model;
use sim_core::stats::Bytes;
use std::fs::{File, OpenOptions, TryLockError};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// What the file begins with.
const MAGIC: &[u8; 16] = b"archsim outcome1";
/// Length and checksum before each record.
const HEAD: u64 = 8;
/// No outcome has so many bytes: a length above is damage.
const RECORD_MAX: u64 = 1 << 30;

/// The file of outcomes of a study. One process at a time has it.
pub(crate) struct Outcomes {
    path: PathBuf,
    /// A hash of each trial that was kept before, and where its record lies, in order: 16 bytes a trial. What is added now
    /// is not asked for again, and needs no place here.
    index: Vec<(u64, u64)>,
    state: Mutex<State>,
    /// What was found damaged, in words.
    pub(crate) damage: Vec<String>,
}

struct State {
    file: File,
    /// Where the next record goes.
    end: u64,
    failure: Option<Failure>,
    added: u64,
}

/// A hash of what a trial is known by: the point, its replication and how much of it was simulated. Records of another
/// trial with the same are told apart when they are read.
fn key(trial: &Trial) -> u64 {
    let Trial { design, seed, warmup, horizon, events_max } = trial;
    let mut hasher = DefaultHasher::new();
    (design, seed.replication, warmup.0, horizon.0, events_max).hash(&mut hasher);
    hasher.finish()
}

impl Outcomes {
    /// Opens the file, or begins one. A record that was being written when its process was killed is put aside.
    pub(crate) fn open(path: &Path, read_only: bool) -> Result<Outcomes, Failure> {
        let failed = |error: &std::io::Error| Failure::io(path.display(), error);
        let mut options = OpenOptions::new();
        options.read(true).write(!read_only).create(!read_only);
        let file = options.open(path).map_err(|error| failed(&error))?;
        let locked = if read_only { file.try_lock_shared() } else { file.try_lock() };
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let message =
                    format!("{}: another archsim is at work on this study", path.display());
                return Err(Failure::Io(message));
            }
            // Some file systems know no locks.
            Err(TryLockError::Error(_)) => {}
        }
        let state = Mutex::new(State { file, end: 0, failure: None, added: 0 });
        let mut outcomes =
            Outcomes { path: path.to_owned(), index: Vec::new(), state, damage: Vec::new() };
        outcomes.scan(read_only).map_err(|error| failed(&error))?;
        Ok(outcomes)
    }

    /// How many outcomes there are.
    pub(crate) fn count(&self) -> u64 {
        self.index.len() as u64 + self.state.lock().map_or(0, |state| state.added)
    }

    fn scan(&mut self, read_only: bool) -> std::io::Result<()> {
        let state = self.state.get_mut().expect("nobody else has it yet");
        let length = state.file.metadata()?.len();
        let mut reader = BufReader::with_capacity(1 << 20, &state.file);
        let mut magic = [0; MAGIC.len()];
        let begun = length >= MAGIC.len() as u64;
        if begun {
            reader.read_exact(&mut magic)?;
        }
        if begun && magic != *MAGIC {
            return Err(std::io::Error::other("this is no file of outcomes, and is kept as it is"));
        }
        let mut at = if begun { MAGIC.len() as u64 } else { 0 };
        let mut damaged = 0;
        let mut bytes = Vec::new();
        while begun && length - at >= HEAD {
            let mut head = [0; HEAD as usize];
            reader.read_exact(&mut head)?;
            let word = |from: usize| {
                u32::from_le_bytes([head[from], head[from + 1], head[from + 2], head[from + 3]])
            };
            let (size, checksum) = (u64::from(word(0)), word(4));
            if size == 0 || size > RECORD_MAX || size > length - at - HEAD {
                break;
            }
            bytes.resize(size as usize, 0);
            reader.read_exact(&mut bytes)?;
            let trial =
                (crc32fast::hash(&bytes) == checksum).then(|| Trial::read(&mut bytes.as_slice()));
            match trial.flatten() {
                Some(trial) => {
                    self.index.push((key(&trial), at));
                }
                None => damaged += 1,
            }
            at += HEAD + size;
        }
        drop(reader);
        self.index.sort_unstable();
        let path = self.path.display();
        if damaged > 0 {
            self.damage
                .push(format!("{path}: {damaged} records are damaged; their trials are run again"));
        }
        if at < length && !read_only {
            // Nothing is lost, whatever it may have been.
            let torn = self.path.with_extension("torn");
            state.file.seek(SeekFrom::Start(at))?;
            let mut tail = Vec::new();
            (&state.file).take(length - at).read_to_end(&mut tail)?;
            std::fs::write(&torn, tail)?;
            state.file.set_len(at)?;
            let (cut, torn) = (length - at, torn.display());
            self.damage.push(format!(
                "{path}: the last {cut} bytes are no whole record and were moved to {torn}"
            ));
        }
        if at == 0 && !read_only {
            state.file.seek(SeekFrom::Start(0))?;
            state.file.write_all(MAGIC)?;
            at = MAGIC.len() as u64;
        }
        state.end = at;
        Ok(())
    }

    /// The outcome of a trial, if it is there.
    pub(crate) fn find(&self, model: &Model, trial: &Trial) -> Option<Outcome> {
        let key = key(trial);
        let first = self.index.partition_point(|(other, _)| *other < key);
        let kept = self.index[first..].iter().take_while(|(other, _)| *other == key);
        kept.filter_map(|(_, at)| Outcome::from_bytes(model, &self.record(*at)?))
            .find(|outcome| outcome.trial == *trial)
    }

    /// The bytes of the record that begins somewhere.
    fn record(&self, at: u64) -> Option<Vec<u8>> {
        let mut state = self.state.lock().ok()?;
        state.file.seek(SeekFrom::Start(at)).ok()?;
        let mut head = [0; HEAD as usize];
        state.file.read_exact(&mut head).ok()?;
        let [a, b, c, d, ..] = head;
        let size = u32::from_le_bytes([a, b, c, d]);
        let mut bytes = vec![0; size as usize];
        state.file.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Adds an outcome; `false` if that could not be done, and then [`Outcomes::failure`] says why.
    pub(crate) fn add(&self, outcome: &Outcome) -> bool {
        let bytes = outcome.to_bytes();
        let mut record = Vec::with_capacity(bytes.len() + HEAD as usize);
        record.extend((bytes.len() as u32).to_le_bytes());
        record.extend(crc32fast::hash(&bytes).to_le_bytes());
        record.extend(bytes);
        let Ok(mut state) = self.state.lock() else { return false };
        if state.failure.is_some() {
            return false;
        }
        let end = state.end;
        let written =
            state.file.seek(SeekFrom::Start(end)).and_then(|_| state.file.write_all(&record));
        match written {
            Ok(()) => {
                state.end += record.len() as u64;
                state.added += 1;
                true
            }
            Err(error) => {
                // What was written of it is taken back, as far as that goes.
                let _ = state.file.set_len(end);
                let kept = self.index.len() as u64 + state.added;
                let message = format!(
                    "{}: {error}\n  = {kept} outcomes are kept; mend that, and run the same command to go on",
                    self.path.display()
                );
                state.failure = Some(Failure::Io(message));
                false
            }
        }
    }

    /// Sees to it that what was added survives a loss of power.
    pub(crate) fn sync(&self) {
        if let Ok(state) = self.state.lock() {
            // Where the file system cannot, there is nothing to be done about it.
            let _ = state.file.sync_data();
        }
    }

    /// Why an outcome could not be added.
    pub(crate) fn failure(&self) -> Option<Failure> {
        self.state.lock().ok()?.failure.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim_core::metrics::run;
    use sim_core::model::Files;
    use sim_core::simulation::Seed;
    use sim_core::spec::Spec;
    use sim_core::time::Duration;

    fn model() -> Model {
        let text = r#"(
            components: {"desk": {"ask": [work(exponential("10ms"))]}},
            services: {"desk": (components: ["desk"])},
            clients: {"users": (rate: "50/s", mix: "desk.ask")},
        )"#;
        let spec = Spec::parse("desk.ron", text).expect("it can be read");
        Model::check(&spec, &Files::default()).expect("it is a model").model
    }

    fn trial(replication: u64) -> Trial {
        let seed = Seed { seed: 1, replication };
        let horizon = Duration::from_secs(2.0);
        Trial { design: 3, seed, warmup: Duration::ZERO, horizon, events_max: 1_000_000 }
    }

    /// A file with so many outcomes, and where each record ends.
    fn file(folder: &tempfile::TempDir, count: u64) -> (PathBuf, Vec<u64>) {
        let path = folder.path().join("outcomes");
        let outcomes = Outcomes::open(&path, false).expect("it can be begun");
        let mut ends = Vec::new();
        for replication in 0..count {
            assert!(outcomes.add(&run(&model(), trial(replication))));
            ends.push(std::fs::metadata(&path).expect("it is there").len());
        }
        (path, ends)
    }

    /// Cut at every length, all whole records are there, no other, and the file can be added to.
    #[test]
    fn a_file_cut_anywhere_has_its_whole_records() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, ends) = file(&folder, 3);
        let whole = std::fs::read(&path).expect("it can be read");
        for length in (0..whole.len()).step_by(97).chain(ends.iter().map(|end| *end as usize)) {
            std::fs::write(&path, &whole[..length]).expect("it can be written");
            let outcomes = Outcomes::open(&path, false).expect("it can be opened");
            let there = ends.iter().filter(|end| **end <= length as u64).count();
            assert_eq!(outcomes.count(), there as u64, "cut at {length}");
            (there as u64..3).for_each(|next| assert!(outcomes.add(&run(&model(), trial(next)))));
            drop(outcomes);
            assert_eq!(std::fs::read(&path).expect("it can be read"), whole, "cut at {length}");
        }
    }

    /// A flipped bit takes away one record, whichever byte it is in, unless it is in a length.
    #[test]
    fn a_damaged_record_is_run_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, ends) = file(&folder, 3);
        let whole = std::fs::read(&path).expect("it can be read");
        for at in (ends[0] as usize + 4..ends[1] as usize).step_by(61) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, &damaged).expect("it can be written");
            let outcomes = Outcomes::open(&path, false).expect("it can be opened");
            let found = [0, 1, 2].map(|n| outcomes.find(&model(), &trial(n)).is_some());
            assert_eq!(found, [true, false, true], "byte {at}");
            assert!(outcomes.damage[0].contains("1 records are damaged"));
        }
    }

    #[test]
    fn another_file_is_kept_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outcomes");
        std::fs::write(&path, "dear diary, today I simulated").expect("it can be written");
        assert!(Outcomes::open(&path, false).is_err());
        assert!(std::fs::read_to_string(&path).expect("it is there").starts_with("dear diary"));
    }

    #[test]
    fn two_processes_do_not_write_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("outcomes");
        let first = Outcomes::open(&path, false).expect("it can be begun");
        assert!(matches!(Outcomes::open(&path, false), Err(Failure::Io(_))));
        drop(first);
        assert!(Outcomes::open(&path, false).is_ok());
    }
}
