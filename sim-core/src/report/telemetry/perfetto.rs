//! Traces as a timeline in the Trace Event Format, which Perfetto and Chrome's tracing open.

use super::{attributes, event_name, pretty};
use crate::model::Model;
use crate::telemetry::Trace;
use crate::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Traces as a timeline: a process for each request, a track for each service in it, with as many lanes as there are
/// spans side by side.
pub fn perfetto(traces: &[Trace], model: &Model) -> String {
    let mut events = Vec::new();
    for (process, trace) in (1u32..).zip(traces) {
        one(trace, process, model, &mut events);
    }
    pretty(&json!({ "displayTimeUnit": "ms", "traceEvents": events }))
}

/// Microseconds with three digits more, as the format counts.
fn micros(at: Time) -> f64 {
    at.0 as f64 / 1_000.0
}

fn one(trace: &Trace, process: u32, model: &Model, events: &mut Vec<Value>) {
    let (operation, client) = trace.name(model);
    events.push(json!({
        "name": "process_name", "ph": "M", "pid": process, "tid": 0,
        "args": { "name": format!("{client} {operation} {:016x}", trace.request) },
    }));
    // Slices of one lane must nest, so what overlaps goes to the next lane of its service.
    let mut lanes: BTreeMap<String, Vec<Vec<(Time, Time)>>> = BTreeMap::new();
    let mut names: BTreeMap<(String, usize), u32> = BTreeMap::new();
    for (number, span) in (0u32..).zip(&trace.spans) {
        let service = span.service(trace, model);
        let of_service = lanes.entry(service.clone()).or_default();
        let nests = |lane: &Vec<(Time, Time)>| {
            lane.iter().all(|&(start, end)| {
                (span.start >= start && span.end <= end) || span.start >= end || span.end <= start
            })
        };
        let lane = of_service.iter().position(nests).unwrap_or_else(|| {
            of_service.push(Vec::new());
            of_service.len() - 1
        });
        of_service[lane].push((span.start, span.end));
        let next = names.len() as u32 + 1;
        let thread = *names.entry((service.clone(), lane)).or_insert_with(|| {
            events.push(json!({
                "name": "thread_name", "ph": "M", "pid": process, "tid": next,
                "args": { "name": service },
            }));
            next
        });
        let args: Map<String, Value> = attributes(span, model)
            .into_iter()
            .map(|(key, value)| (key.to_owned(), value.into()))
            .collect();
        events.push(json!({
            "name": span.name(trace, model), "ph": "X", "pid": process, "tid": thread,
            "ts": micros(span.start), "dur": span.duration().0 as f64 / 1_000.0,
            "cat": "request", "args": args,
        }));
        for event in trace.events.iter().filter(|event| event.span == number) {
            events.push(json!({
                "name": event_name(event.measure, model), "ph": "i", "s": "t",
                "pid": process, "tid": thread, "ts": micros(event.at),
            }));
        }
    }
}
