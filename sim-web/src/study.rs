//! Studies for a pool of workers: what to run, and what came of it, as plain values.

use crate::model::{Given, Wrong};
use sim_core::metrics::{Outcome, Trial, run};
use sim_core::report::{Format, Style, SweepFormat, figure, render, render_sweep};
use sim_core::simulation::Seed;
use sim_core::study::{
    Alternative, Axis, Effort, Origin, Plan, Points, Replicate, Sampling, Study as Asks, Sweep,
};
use sim_core::telemetry::nearest;
use sim_core::time::Duration;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

enum Kind {
    Replicate(Box<Replicate>),
    Sweep(Box<Sweep>, Origin),
}

/// A question that takes several runs. One that asks, tells and sums up; its twins in the workers only run.
#[wasm_bindgen]
pub struct Study {
    kind: Kind,
    /// Trials asked for and not yet told of.
    awaited: usize,
    heard: Vec<Outcome>,
    /// The point of a sweep that was run last: neighbours in time are mostly of one point.
    opened: Option<(usize, Alternative)>,
}

impl Kind {
    fn study(&mut self) -> &mut dyn Asks {
        match self {
            Kind::Replicate(it) => it.as_mut(),
            Kind::Sweep(it, _) => it.as_mut(),
        }
    }

    fn read(&self) -> &dyn Asks {
        match self {
            Kind::Replicate(it) => it.as_ref(),
            Kind::Sweep(it, _) => it.as_ref(),
        }
    }
}

#[wasm_bindgen]
impl Study {
    /// Designs side by side, as `archsim compare` does: a JSON list of names, null for the model as written; of one alone, as
    /// `archsim run`.
    ///
    /// # Errors
    /// What is wrong with the model.
    pub fn replicate(
        name: &str,
        text: &str,
        files: &str,
        edits: &str,
        designs: &str,
    ) -> Result<Study, JsError> {
        let names: Vec<Option<String>> = serde_json::from_str(designs)?;
        let designs = Given { name, text, files, edits }.designs(&names)?;
        let plan = Plan::of(&designs);
        Ok(Study::of(Kind::Replicate(Box::new(Replicate::new(designs, plan)))))
    }

    /// One design over the values of an axis, such as `services.api.replicas=1..8`, as `archsim sweep` does.
    ///
    /// # Errors
    /// What is wrong with the model, or with the axis.
    pub fn sweep(
        name: &str,
        text: &str,
        files: &str,
        edits: &str,
        design: Option<String>,
        axis: &str,
    ) -> Result<Study, JsError> {
        let given = Given { name, text, files, edits };
        let (spec, beside) = (given.spec()??, given.beside()?);
        let base = design.as_deref().map_or(Ok(spec.clone()), |design| spec.design(design))?;
        let wrong = |error: sim_core::study::AxisError| {
            Wrong(
                [Some(error.message), error.hint]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
                    .join(": "),
            )
        };
        let axis = Axis::parse(axis).map_err(wrong)?;
        axis.check(&base).map_err(wrong)?;
        let seed = base.run.seed.unwrap_or(1);
        let origin = Origin {
            version: crate::version(),
            model_hash: format!("{:016x}", base.hash()),
            seed,
            command: String::new(),
        };
        let sampling = Sampling::parse("grid").map_err(Wrong)?;
        let points = Points::new(vec![axis], sampling, seed).map_err(wrong)?;
        let files = Box::new(move |spec: &_| Ok(beside.of(spec)));
        let sweep = Sweep::new(base, files, points, Effort::default()).map_err(Wrong::from)?;
        Ok(Study::of(Kind::Sweep(Box::new(sweep), origin)))
    }

    fn of(kind: Kind) -> Study {
        Study { kind, awaited: 0, heard: Vec::new(), opened: None }
    }

    /// The trials that are wanted next, each as JSON; none when the question is answered.
    ///
    /// # Errors
    /// None that is known.
    pub fn ask(&mut self) -> Result<Vec<String>, JsError> {
        let batch = self.kind.study().ask().unwrap_or_default();
        self.awaited = batch.len();
        batch.iter().map(|trial| Ok(serde_json::to_string(&written(trial))?)).collect()
    }

    /// Runs a trial; its outcome, as bytes.
    ///
    /// # Errors
    /// It is no trial.
    pub fn run(&mut self, trial: &str) -> Result<Vec<u8>, JsError> {
        let trial = read(trial)?;
        let model = match &self.kind {
            Kind::Replicate(it) => it.model(trial.design),
            // A twin has asked for nothing, so that no point is open.
            Kind::Sweep(it, _) => {
                if self.opened.as_ref().is_none_or(|(point, _)| *point != trial.design) {
                    let design = it.design_at(trial.design).map_err(Wrong::from)?;
                    self.opened = Some((trial.design, design));
                }
                &self.opened.as_ref().expect("it was just opened").1.model
            }
        };
        Ok(run(model, trial).to_bytes())
    }

    /// Hears of an outcome; outcomes are told in the order of the trials. Returns how many of those asked for are missing.
    ///
    /// # Errors
    /// These are not the bytes of an outcome of this study.
    pub fn hear(&mut self, trial: &str, outcome: &[u8]) -> Result<usize, JsError> {
        let trial = read(trial)?;
        let outcome = Outcome::from_bytes(self.kind.read().model(trial.design), outcome)
            .ok_or_else(|| Wrong("these are not the bytes of an outcome".into()))?;
        self.heard.push(outcome);
        let missing = self.awaited.saturating_sub(self.heard.len());
        if missing == 0 {
            self.tell();
        }
        Ok(missing)
    }

    /// Ends the study with what was heard so far.
    pub fn stop(&mut self) {
        self.tell();
    }

    fn tell(&mut self) {
        let heard = std::mem::take(&mut self.heard);
        self.awaited = 0;
        self.kind.study().tell(heard);
    }

    /// Runs told of, and runs expected in all as far as is known.
    pub fn progress(&self) -> Vec<f64> {
        let (told, all) = self.kind.read().progress();
        vec![told as f64, all as f64]
    }

    /// What was found out, as JSON.
    pub fn summary(&self) -> String {
        match &self.kind {
            Kind::Replicate(it) => render(&it.summary(), Format::Json, Style::default()),
            Kind::Sweep(it, origin) => {
                render_sweep(&it.summary(origin.clone()), SweepFormat::Json, Style::default())
            }
        }
    }

    /// The same as `archsim` writes it, as text or Markdown or CSV: `text`, `markdown`, `csv`.
    pub fn report(&self, format: &str) -> String {
        match &self.kind {
            Kind::Replicate(it) => {
                let format = match format {
                    "markdown" => Format::Markdown,
                    "csv" => Format::Csv,
                    _ => Format::Text,
                };
                render(&it.summary(), format, Style::default())
            }
            Kind::Sweep(it, origin) => {
                let format = match format {
                    "markdown" => SweepFormat::Markdown,
                    "csv" => SweepFormat::Csv,
                    _ => SweepFormat::Text,
                };
                render_sweep(&it.summary(origin.clone()), format, Style::default())
            }
        }
    }

    /// The distribution of the latencies of all designs: a figure's data, as JSON.
    ///
    /// # Errors
    /// It is a sweep.
    pub fn distribution(&self) -> Result<String, JsError> {
        let Kind::Replicate(it) = &self.kind else {
            return Err(Wrong("a sweep has no distribution".into()).into());
        };
        let summary = it.summary();
        let designs: Vec<_> =
            summary.designs.iter().enumerate().map(|(n, design)| (design, it.metrics(n))).collect();
        Ok(serde_json::to_string(&figure::distribution(&designs))?)
    }
}

/// The request that comes nearest to a percentile of the response times of a journey, as a waterfall: a figure's data, as
/// JSON.
///
/// # Errors
/// What is wrong with the model, or that no request was answered.
#[wasm_bindgen]
pub fn waterfall(
    name: &str,
    text: &str,
    files: &str,
    edits: &str,
    design: Option<String>,
    journey: u32,
    percentile: f64,
) -> Result<String, JsError> {
    let (_, checked) = Given { name, text, files, edits }.checked(design.as_deref())?;
    let model = &checked.model;
    let plan = Plan::from(model.run);
    let trial = Trial {
        design: 0,
        seed: Seed { seed: plan.seed, replication: 0 },
        warmup: plan.warmup.unwrap_or_default(),
        horizon: plan.horizon,
        events_max: plan.events_max,
    };
    let metrics = run(model, trial).metrics;
    let response = metrics.journeys.get(journey as usize).map(|it| &it.response);
    let nobody = || Wrong("no request was answered".into());
    let response = response.filter(|response| !response.is_empty()).ok_or_else(nobody)?;
    let target = Duration::from_nanos(response.quantile(percentile));
    let trace = nearest(model, trial, journey, target).ok_or_else(nobody)?;
    Ok(serde_json::to_string(&figure::waterfall(&trace, model))?)
}

/// A trial as numbers; those of 64 bits are texts nowhere but in JSON, which JavaScript hands on as it is.
type Written = (usize, u64, u64, u64, u64, u64);

fn written(trial: &Trial) -> Written {
    let Trial { design, seed: Seed { seed, replication }, warmup, horizon, events_max } = *trial;
    (design, seed, replication, warmup.0, horizon.0, events_max)
}

fn read(trial: &str) -> Result<Trial, JsError> {
    let (design, seed, replication, warmup, horizon, events_max): Written =
        serde_json::from_str(trial)?;
    Ok(Trial {
        design,
        seed: Seed { seed, replication },
        warmup: Duration(warmup),
        horizon: Duration(horizon),
        events_max,
    })
}
