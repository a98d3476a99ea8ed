//! `archsim trace`: single requests, followed from their client and back.

use crate::args::{Sampling, TraceArgs, TraceFormat};
use crate::failure::{Failure, Success};
use crate::look::{Look, text_style};

use sim_core::model::Model;
use sim_core::report::telemetry::{jaeger, otlp, paths, perfetto, waterfall};
use sim_core::telemetry::{PathSums, Sample, Trace, Tracer};
use sim_core::time::Duration;

pub(crate) fn run(args: &TraceArgs) -> Result<Success, Failure> {
    let look = Look::at(&args.look)?;
    let model = &look.design.model;
    let wanted = journeys(model, args.of.as_deref())?;
    let (sample, limit) = match &args.sample {
        Sampling::Head(one_in) => (Sample::Head { one_in: *one_in }, args.limit),
        Sampling::Slowest => (Sample::Slowest, args.limit),
        Sampling::Errors => (Sample::Errors, args.limit),
        Sampling::Percentile(_) => (Sample::Nothing, 0),
    };
    // What is near a percentile is known only when all have been seen: a first run finds out, and a second, which is
    // the same run, looks.
    let (sample, limit, sums) = match (&args.sample, args.format) {
        (Sampling::Percentile(percentile), _) => {
            let first = sim_core::metrics::run(model, look.trial);
            let (targets, sums) = targets(&first.metrics, &wanted, *percentile);
            let limit = targets.len();
            (Sample::Nearest(targets), limit, Some(sums))
        }
        _ => (sample, limit, None),
    };
    let mut tracer = Tracer::new(model, &wanted, sample, limit, look.measures_the_start());
    if let (Some(sums), TraceFormat::Text) = (sums, args.format) {
        tracer = tracer.with_paths(sums);
    }
    let (mut tracer, now) = look.watch(tracer);
    let untraced = tracer.untraced;
    let sums = tracer.paths.take();
    let kept = tracer.into_traces(now);
    if kept.is_empty() {
        let what = match args.sample {
            Sampling::Errors => "no request ended badly",
            _ => "no request was answered that could be shown",
        };
        return Err(Failure::Io(format!("{what} while measuring; a longer --horizon may help")));
    }
    if untraced > 0 {
        eprintln!("warning: {untraced} requests were not followed: too much was in flight");
    }
    let epoch = args.look.epoch;
    let traces: Vec<Trace> = kept.iter().map(|(_, trace)| trace.clone()).collect();
    let shown =
        || kept.iter().filter(|(target, _)| target % 2 == 0).map(|(_, trace)| trace.clone());
    let is_pair = matches!(args.sample, Sampling::Percentile(_));
    let chosen: Vec<Trace> = if is_pair { shown().collect() } else { traces };
    let text = match args.format {
        TraceFormat::Otlp => otlp(&chosen, model, epoch),
        TraceFormat::Jaeger => jaeger(&chosen, model, epoch),
        TraceFormat::Perfetto => perfetto(&chosen, model),
        TraceFormat::Text => {
            let style = text_style(args.look.out.is_some());
            let usual = |trace: &Trace| {
                let of_same = |(target, other): &&(u32, Trace)| {
                    is_pair && target % 2 == 1 && other.journey == trace.journey
                };
                kept.iter().find(of_same).map(|(_, trace)| trace)
            };
            let mut texts: Vec<String> =
                chosen.iter().map(|trace| waterfall(trace, usual(trace), model, style)).collect();
            texts.extend(
                sums.map(|sums| paths(&sums, model, style)).filter(|text| !text.is_empty()),
            );
            texts.join("\n")
        }
    };
    look.write(&text)?;
    Ok(Success::Fine)
}

/// The journeys that ask for an operation; all where none is named.
pub(crate) fn journeys(model: &Model, of: Option<&str>) -> Result<Vec<u32>, Failure> {
    let name = |journey: &sim_core::model::Journey| {
        model.operations[journey.operation.0 as usize].name.clone()
    };
    let all: Vec<(u32, String)> = (0..).zip(model.journeys.iter().map(name)).collect();
    let Some(of) = of else { return Ok(all.into_iter().map(|(number, _)| number).collect()) };
    let found: Vec<u32> =
        all.iter().filter(|(_, name)| name == of).map(|(number, _)| *number).collect();
    if found.is_empty() {
        let near = sim_core::spec::did_you_mean(of, all.iter().map(|(_, name)| name.as_str()));
        let hint = near.map_or(String::new(), |near| format!("; did you mean {near}?"));
        return Err(Failure::Usage(format!("no client asks for {of}{hint}")));
    }
    Ok(found)
}

/// For each journey the percentile asked for and the median: which requests are shown, and which are summed.
fn targets(
    metrics: &sim_core::metrics::Metrics,
    wanted: &[u32],
    percentile: f64,
) -> (Vec<(u32, Duration)>, PathSums) {
    let at = |journey: u32, p: f64| {
        let response = &metrics.journeys[journey as usize].response;
        Duration::from_nanos(if response.is_empty() { 0.0 } else { response.quantile(p) })
    };
    let targets = wanted
        .iter()
        .flat_map(|&journey| [(journey, at(journey, percentile)), (journey, at(journey, 0.5))])
        .collect();
    let bands = (0..metrics.journeys.len() as u32)
        .map(|journey| match wanted.contains(&journey) {
            true => {
                [(at(journey, 0.985), at(journey, 0.995)), (at(journey, 0.45), at(journey, 0.55))]
            }
            false => [(Duration(1), Duration::ZERO); 2],
        })
        .collect();
    (targets, PathSums::new(bands))
}
