//! `--watch`: the same command again whenever a model, or a file that it refers to, is saved.

use crate::failure::{Failure, Success};
use crate::files;
use sim_core::spec::Spec;
use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// How often files are looked at.
const EVERY: Duration = Duration::from_millis(150);

/// Does what the command line says, without `--watch`, in a process of its own, and again after each save, until Ctrl-C. What
/// is still at work when something is saved is ended: its answer would be that of a model which is no more.
pub(crate) fn run(models: &[String]) -> Result<Success, Failure> {
    if models.iter().any(|model| model == files::STDIN) {
        let message = "--watch needs a file: what comes from stdin is not saved";
        return Err(Failure::Usage(message.to_owned()));
    }
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // The process at work is told as well, and writes what it knows.
    ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst))
        .map_err(|error| Failure::Io(format!("Ctrl-C cannot be watched: {error}")))?;
    let mut watched = Watched::new(models);
    loop {
        let mut child = begin()?;
        let mut at_work = true;
        let saved = loop {
            if at_work && ended(&mut child)? {
                at_work = false;
                eprintln!("Waiting for {} to be saved; Ctrl-C ends.", models.join(", "));
            }
            if stop.load(Ordering::SeqCst) {
                break false;
            }
            if watched.is_saved() {
                break true;
            }
            std::thread::sleep(EVERY);
        };
        if saved && at_work {
            // That it has ended by itself meanwhile is as well.
            let _ = child.kill();
        }
        child.wait().map_err(|error| Failure::io("--watch", &error))?;
        if !saved {
            return Ok(Success::Interrupted);
        }
        clear();
    }
}

fn begin() -> Result<Child, Failure> {
    let failed = |error: std::io::Error| Failure::io("--watch", &error);
    let own = std::env::current_exe().map_err(failed)?;
    let args = std::env::args_os().skip(1).filter(|arg| arg != "--watch");
    Command::new(own).args(args).spawn().map_err(failed)
}

fn ended(child: &mut Child) -> Result<bool, Failure> {
    let status = child.try_wait().map_err(|error| Failure::io("--watch", &error))?;
    Ok(status.is_some())
}

/// A fresh screen, where there is one.
fn clear() {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        let _ = out.write_all(b"\x1b[2J\x1b[H").and_then(|()| out.flush());
    }
}

/// When a file was last written, and how long it is; `None`: it is not there.
type Stamp = Option<(SystemTime, u64)>;

/// Models and the files that they refer to.
struct Watched<'a> {
    models: &'a [String],
    stamps: Vec<(PathBuf, Stamp)>,
}

impl Watched<'_> {
    fn new(models: &[String]) -> Watched<'_> {
        Watched { models, stamps: stamps(models) }
    }

    /// Whether something was saved since this was asked last. Editors that put a new file in the place of the old one leave
    /// none there for an instant: that is no save yet.
    fn is_saved(&mut self) -> bool {
        let now: Vec<Stamp> = self.stamps.iter().map(|(path, _)| stamp(path)).collect();
        let is_new =
            self.stamps.iter().zip(&now).any(|((_, old), new)| new.is_some() && old != new);
        if is_new {
            self.stamps = stamps(self.models);
        }
        is_new
    }
}

fn stamp(path: &PathBuf) -> Stamp {
    let about = std::fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn stamps(models: &[String]) -> Vec<(PathBuf, Stamp)> {
    let mut paths = BTreeSet::new();
    for model in models {
        paths.insert(PathBuf::from(model));
        // A model that cannot be read, or a design that is wrong, refers to nothing.
        let spec =
            std::fs::read_to_string(model).ok().and_then(|text| Spec::parse(model, &text).ok());
        let Some(spec) = spec else { continue };
        let designs = spec.designs.keys().filter_map(|design| spec.design(design).ok());
        for spec in designs.chain([spec.clone()]) {
            let names = spec.files().into_iter().map(|(_, name)| files::folder(model).join(name));
            paths.extend(names);
        }
    }
    paths.into_iter().map(|path| (path.clone(), stamp(&path))).collect()
}
