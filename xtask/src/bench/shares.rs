//! What each kind of thing adds to the run of a model that has everything.

use sim_core::cost::Bill;
use sim_core::metrics::{EVENTS_MAX, Outcome, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::{Diagnostics, Spec};
use sim_core::telemetry::{Sample, Tracer, watch};
use sim_core::time::Duration;

use super::{Options, median, nanos, timed};
use crate::shell::{Problem, root};
use crate::test::Report;

/// The model, from the root of the repository.
const MODEL: &str = "models/enterprise.ron";

/// Simulated seconds of a round.
const SECONDS: f64 = 2_460.0;

/// What is taken out of the model, to see what it took: a name and edits.
const WITHOUT: [(&str, &[(&str, &str)]); 3] = [
    ("guards", &[("guards", "{}")]),
    (
        "controllers",
        &[
            ("services.web.autoscaler", "None"),
            ("services.web.deployments", "[]"),
            ("services.web.health", "None"),
            ("services.web.ejection", "None"),
            ("services.web.shed", "None"),
            ("services.catalogue.health", "None"),
            ("services.advice.health", "None"),
            ("services.orders.health", "None"),
            ("services.mailer.health", "None"),
            ("services.thumbnails.health", "None"),
        ],
    ),
    (
        "faults",
        &[("faults", "[]"), ("availability", "{}"), ("services.mailer.purchase", "on_demand")],
    ),
];

/// Prints how many requests a second the model gets through, and which share of the time each kind of thing takes.
///
/// Guards, controllers and faults: what a request takes less without them, which is also what they make of the traffic.
/// Recording: what measuring adds to a run that nobody watches. Traces: what a second look that keeps one request in a
/// hundred takes more than such a run.
pub(super) fn step(options: Options) -> Report {
    match measure(options) {
        Ok(()) => Report::pass(),
        Err(problem) => Report::of(Err(problem)),
    }
}

fn measure(options: Options) -> Result<(), Problem> {
    let spec = spec()?;
    let whole = model(&spec, &[])?;
    let without = WITHOUT.iter().map(|(_, edits)| model(&spec, edits));
    let without = without.collect::<Result<Vec<_>, _>>()?;
    let mut each = Vec::new();
    let mut shares = vec![Vec::new(); WITHOUT.len()];
    let (mut recording, mut traces, mut bill) = (Vec::new(), Vec::new(), Vec::new());
    for replication in 0..options.rounds() as u64 {
        let trial = trial(replication, options);
        let (all, outcome) = timed(|| run(&whole, trial));
        let requests = requests(&outcome);
        each.push(all / requests);
        for (share, model) in shares.iter_mut().zip(&without) {
            let (less, outcome) = timed(|| run(model, trial));
            share.push(1.0 - less / self::requests(&outcome) / (all / requests));
        }
        let bare = nanos(|| watch(&whole, trial, ()));
        let tracer = || Tracer::new(&whole, &[], Sample::Head { one_in: 100 }, usize::MAX, true);
        let traced = nanos(|| watch(&whole, trial, tracer()));
        recording.push((all - bare) / all);
        traces.push((traced - bare) / all);
        bill.push(nanos(|| Bill::of(&whole, &outcome.metrics)) / all);
    }
    println!("\n{MODEL}: {:.0} requests/s on a core; of its time", 1e9 / median(each));
    let named = WITHOUT.iter().map(|(name, _)| *name).zip(shares);
    for (name, share) in
        named.chain([("recording", recording), ("traces, beside", traces), ("the bill", bill)])
    {
        println!("{name:<16}{:>8.2} %", 100.0 * median(share));
    }
    Ok(())
}

fn trial(replication: u64, options: Options) -> Trial {
    Trial {
        design: 0,
        seed: Seed { seed: 1, replication },
        warmup: Duration::ZERO,
        horizon: Duration::from_secs(SECONDS * options.scale()),
        events_max: EVENTS_MAX,
    }
}

fn requests(outcome: &Outcome) -> f64 {
    outcome.metrics.journeys.iter().map(|journey| journey.ended() as f64).sum()
}

fn spec() -> Result<Spec, Problem> {
    let text = read(MODEL)?;
    Spec::parse(MODEL, &text).map_err(failed)
}

fn model(spec: &Spec, edits: &[(&str, &str)]) -> Result<Model, Problem> {
    let mut spec = spec.clone();
    for (path, text) in edits {
        spec = spec.with_text(path, text).map_err(failed)?;
    }
    let mut files = Files::default();
    for (_, name) in spec.files() {
        let contents = read(&format!("models/{name}"))?;
        files.insert(name, contents);
    }
    Ok(Model::check(&spec, &files).map_err(failed)?.model)
}

fn read(path: &str) -> Result<String, Problem> {
    std::fs::read_to_string(root().join(path))
        .map_err(|error| Problem::Missing(format!("{path}: {error}")))
}

fn failed(findings: Diagnostics) -> Problem {
    Problem::Failed(findings.to_string())
}
