//! The parallel map that a study is run with: threads, a progress bar, and Ctrl-C.

use crate::failure::Failure;
use crate::study::outcomes::Outcomes;
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use sim_core::metrics::{Outcome, Trial, run};
use sim_core::model::Model;
use sim_core::study::Study;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Threads that run trials; their number never changes a result.
pub(crate) struct Pool {
    threads: rayon::ThreadPool,
    interrupted: Arc<AtomicBool>,
}

impl Pool {
    /// So many threads; `None`: one for each core.
    pub(crate) fn new(jobs: Option<usize>) -> Result<Pool, Failure> {
        let threads = rayon::ThreadPoolBuilder::new()
            .num_threads(jobs.unwrap_or(0))
            .build()
            .map_err(|error| Failure::Io(format!("threads cannot be started: {error}")))?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&interrupted);
        // The first Ctrl-C lets running trials finish, the second does not wait.
        let on_interrupt = move || {
            if flag.swap(true, Ordering::SeqCst) {
                std::process::exit(130);
            }
        };
        ctrlc::set_handler(on_interrupt)
            .map_err(|error| Failure::Io(format!("Ctrl-C cannot be watched: {error}")))?;
        Ok(Pool { threads, interrupted })
    }

    /// Asks, runs and tells until the study has its answer, or Ctrl-C is pressed.
    pub(crate) fn drive(&self, study: &mut (impl Study + Sync)) {
        self.drive_kept(study, &Forgotten, |_| ());
    }

    /// The same; outcomes that are kept are not run again, and those that are run are kept. `look` is called whenever
    /// something was told.
    pub(crate) fn drive_kept<S: Study + Sync>(
        &self,
        study: &mut S,
        kept: &dyn Kept,
        mut look: impl FnMut(&mut S),
    ) {
        let bar = progress_bar();
        while let Some(batch) = study.ask() {
            let (told, expected) = study.progress();
            bar.set_length(expected);
            bar.set_position(told);
            let outcomes = self.map_kept(batch, |design| study.model(design), &bar, kept);
            kept.sync();
            study.tell(outcomes);
            look(study);
        }
        // What the last outcomes came to is known only now.
        look(study);
        bar.finish_and_clear();
    }

    /// What a look at each of some trials tells, in their order.
    pub(crate) fn each<T: Send>(
        &self,
        trials: Vec<Trial>,
        look: impl Fn(Trial) -> T + Sync,
    ) -> Vec<T> {
        self.threads.install(|| trials.into_par_iter().with_max_len(1).map(&look).collect())
    }

    /// The outcomes of trials, in their order; after Ctrl-C those that had begun.
    pub(crate) fn map<'m>(
        &self,
        trials: Vec<Trial>,
        model: impl Fn(usize) -> &'m Model + Sync,
        bar: &ProgressBar,
    ) -> Vec<Outcome> {
        self.map_kept(trials, model, bar, &Forgotten)
    }

    fn map_kept<'m>(
        &self,
        trials: Vec<Trial>,
        model: impl Fn(usize) -> &'m Model + Sync,
        bar: &ProgressBar,
        kept: &dyn Kept,
    ) -> Vec<Outcome> {
        let one = |trial: Trial| {
            if self.interrupted.load(Ordering::SeqCst) {
                return None;
            }
            let model = model(trial.design);
            let outcome = match kept.find(model, &trial) {
                Some(outcome) => outcome,
                None => {
                    let outcome = kept.may_run().then(|| run(model, trial))?;
                    kept.add(&outcome).then_some(outcome)?
                }
            };
            bar.inc(1);
            Some(outcome)
        };
        let outcomes: Vec<Option<Outcome>> =
            self.threads.install(|| trials.into_par_iter().with_max_len(1).map(one).collect());
        outcomes.into_iter().flatten().collect()
    }
}

/// Where outcomes are kept, so that they need not be run again.
pub(crate) trait Kept: Sync {
    /// The outcome of a trial, if it is there.
    fn find(&self, model: &Model, trial: &Trial) -> Option<Outcome>;
    /// Whether what is not there may be run.
    fn may_run(&self) -> bool;
    /// Adds an outcome; `false` if that could not be done.
    fn add(&self, outcome: &Outcome) -> bool;
    /// Sees to it that what was added stays.
    fn sync(&self);
    /// What went wrong.
    fn failure(&self) -> Option<Failure>;
}

/// Nowhere: every trial is run.
struct Forgotten;

impl Kept for Forgotten {
    fn find(&self, _: &Model, _: &Trial) -> Option<Outcome> {
        None
    }

    fn may_run(&self) -> bool {
        true
    }

    fn add(&self, _: &Outcome) -> bool {
        true
    }

    fn sync(&self) {}

    fn failure(&self) -> Option<Failure> {
        None
    }
}

impl Kept for Outcomes {
    fn find(&self, model: &Model, trial: &Trial) -> Option<Outcome> {
        self.find(model, trial)
    }

    fn may_run(&self) -> bool {
        true
    }

    fn add(&self, outcome: &Outcome) -> bool {
        self.add(outcome)
    }

    fn sync(&self) {
        self.sync();
    }

    fn failure(&self) -> Option<Failure> {
        self.failure()
    }
}

/// On stderr, and only if that is a terminal.
fn progress_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} runs, {eta} left")
        .expect("the template is well formed");
    let bar = ProgressBar::new(0).with_style(style);
    bar.enable_steady_tick(std::time::Duration::from_millis(200));
    bar
}
