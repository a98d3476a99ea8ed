//! Looking closely at one replication: what `trace`, `series` and `events` have in common.

use crate::args::{LookArgs, OutputArgs, OutputFormat, RunArgs};
use crate::failure::Failure;
use crate::model::{Written, plan};
use sim_core::metrics::Trial;
use sim_core::model::quantity;
use sim_core::report::Style;
use sim_core::simulation::{Recorder, Seed, Stopped};
use sim_core::spec::Quantity;
use sim_core::study::Alternative;
use sim_core::telemetry::watch;
use sim_core::time::{Duration, Time};

/// A replication of a design that is about to be looked at.
pub(crate) struct Look {
    pub(crate) design: Alternative,
    pub(crate) trial: Trial,
    output: OutputArgs,
}

impl Look {
    /// Reads and checks the model, and finds out which replication is meant.
    pub(crate) fn at(args: &LookArgs) -> Result<Look, Failure> {
        let output = OutputArgs { format: OutputFormat::Text, out: args.out.clone() };
        output.keeps(std::slice::from_ref(&args.model))?;
        let edits = args.edits.clone();
        let run = RunArgs {
            seed: args.seed,
            horizon: args.horizon.clone(),
            warmup: args.warmup.clone(),
            ..RunArgs::default()
        };
        let mut written = Written::read(&args.model, &edits)?;
        written.plan(&run)?;
        let design = written.check(args.design.as_deref())?;
        let plan = plan(std::slice::from_ref(&design), &run)?;
        let trial = Trial {
            design: 0,
            seed: Seed { seed: plan.seed, replication: args.replication },
            warmup: plan.warmup.unwrap_or(Duration::ZERO),
            horizon: plan.horizon,
            events_max: plan.events_max,
        };
        Ok(Look { design, trial, output })
    }

    /// Whether what happens at time zero is measured.
    pub(crate) fn measures_the_start(&self) -> bool {
        self.trial.warmup == Duration::ZERO
    }

    /// Runs it for a recorder; also says when it ended.
    pub(crate) fn watch<R: Recorder>(&self, recorder: R) -> (R, Time) {
        let (recorder, now, stopped) = watch(&self.design.model, self.trial, recorder);
        if matches!(stopped, Stopped::Overloaded | Stopped::Events) {
            let at = Duration(now.0);
            eprintln!("warning: the run was stopped at {at}: too much was in flight or happened");
        }
        (recorder, now)
    }

    pub(crate) fn write(&self, text: &str) -> Result<(), Failure> {
        self.output.write(text)
    }
}

/// How text is to look: on a terminal, unless it goes to a file.
pub(crate) fn text_style(to_file: bool) -> Style {
    let out = to_file.then(std::path::PathBuf::new);
    OutputArgs { format: OutputFormat::Text, out }.style()
}

/// A duration on the command line.
pub(crate) fn duration(text: &str, flag: &str) -> Result<Duration, Failure> {
    quantity::duration(&Quantity::Text(text.to_owned()))
        .map(Duration::from_nanos)
        .map_err(|error| Failure::Usage(format!("{flag} {text} is no duration: {error}")))
}
