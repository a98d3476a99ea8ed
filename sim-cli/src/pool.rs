//! The parallel map that a study is run with: threads, a progress bar, and Ctrl-C.

use crate::failure::Failure;
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
        let bar = progress_bar();
        while let Some(batch) = study.ask() {
            let (told, expected) = study.progress();
            bar.set_length(expected);
            bar.set_position(told);
            let outcomes = self.map(batch, |design| study.model(design), &bar);
            study.tell(outcomes);
        }
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
        let one = |trial: Trial| {
            if self.interrupted.load(Ordering::SeqCst) {
                return None;
            }
            let outcome = run(model(trial.design), trial);
            bar.inc(1);
            Some(outcome)
        };
        let outcomes: Vec<Option<Outcome>> =
            self.threads.install(|| trials.into_par_iter().with_max_len(1).map(one).collect());
        outcomes.into_iter().flatten().collect()
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
