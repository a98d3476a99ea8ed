//! How many requests a second models get through that are built of blocks: no loop by hand does the same.

use sim_core::metrics::{EVENTS_MAX, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::time::Duration;

use super::{Options, median, require, timed};
use crate::shell::{Problem, root};
use crate::test::Report;

/// The models, from the root of the repository.
const MODELS: [(&str, &str); 3] = [
    ("grown shop", "models/grown_shop.ron"),
    ("five regions", "models/blocks/five_regions.ron"),
    ("100-way scatter", "models/blocks/scatter_gather.ron"),
];

/// Requests of a round.
const REQUESTS: f64 = 300_000.0;

/// Runs each model as it is written and prints a line for it.
pub(super) fn step(options: Options) -> Report {
    println!(
        "\n{:<18}{:>12}{:>12}{:>12}{:>12}",
        "", "requests/s", "ns/request", "events each", "ns/event"
    );
    let mut report = Report::default();
    for (name, path) in MODELS {
        report.add(measure(name, path, options).unwrap_or_else(|why| Report::of(Err(why))));
    }
    report
}

fn measure(name: &str, path: &str, options: Options) -> Result<Report, Problem> {
    let text = std::fs::read_to_string(root().join(path))
        .map_err(|error| Problem::Missing(format!("{path}: {error}")))?;
    let model = Spec::parse(path, &text)
        .and_then(|spec| Model::check(&spec, &Files::default()))
        .map_err(|findings| Problem::Failed(findings.to_string()))?;
    let rate: f64 = model.load.rates.iter().sum();
    let horizon = Duration::from_secs(REQUESTS * options.scale() / rate);
    let (mut each, mut events, mut broken) = (Vec::new(), 0.0, 0);
    for replication in 0..options.rounds() as u64 {
        let trial = Trial {
            design: 0,
            seed: Seed { seed: 1, replication },
            warmup: Duration(horizon.0 / 20),
            horizon,
            events_max: EVENTS_MAX,
        };
        let (nanos, outcome) = timed(|| run(&model.model, trial));
        let requests: u64 = outcome.metrics.journeys.iter().map(|journey| journey.ended()).sum();
        // What ended in the warm-up is not counted and took time too.
        let requests = requests as f64 / 0.95;
        events = outcome.events as f64 / requests;
        broken += outcome.violations.len();
        each.push(nanos / requests);
    }
    let nanos = median(each);
    println!("{name:<18}{:>12.0}{nanos:>12.0}{events:>12.1}{:>12.1}", 1e9 / nanos, nanos / events);
    Ok(require(broken == 0, format!("{name}: the laws that every run obeys")))
}
