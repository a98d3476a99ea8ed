//! Traces as the JSON of Jaeger's query API, which its user interface also reads from a file.

use super::{Epoch, attributes, event_name, pretty, span_id, trace_id};
use crate::component::{Ending, NONE};
use crate::model::Model;
use crate::telemetry::{Span, Trace};
use crate::time::Time;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Traces for Jaeger; times are in whole microseconds there.
pub fn jaeger(traces: &[Trace], model: &Model, epoch: Epoch) -> String {
    let data: Vec<Value> = traces.iter().map(|trace| one(trace, model, epoch)).collect();
    pretty(&json!({ "data": data, "total": 0, "limit": 0, "offset": 0, "errors": null }))
}

fn one(trace: &Trace, model: &Model, epoch: Epoch) -> Value {
    let services = trace.spans.iter().map(|span| (span.service(trace, model), String::new()));
    let mut processes: BTreeMap<String, String> = services.collect();
    for (number, process) in (1..).zip(processes.values_mut()) {
        *process = format!("p{number}");
    }
    let spans: Vec<Value> = (0..)
        .zip(&trace.spans)
        .map(|(number, span)| {
            let process = &processes[&span.service(trace, model)];
            of_span(number, span, process, trace, model, epoch)
        })
        .collect();
    let described: Map<String, Value> = processes
        .iter()
        .map(|(service, process)| (process.clone(), json!({ "serviceName": service, "tags": [] })))
        .collect();
    json!({
        "traceID": trace_id(trace),
        "spans": spans,
        "processes": described,
        "warnings": null,
    })
}

fn of_span(
    number: u32,
    span: &Span,
    process: &str,
    trace: &Trace,
    model: &Model,
    epoch: Epoch,
) -> Value {
    let micros = |at: Time| epoch * 1_000_000 + at.0 / 1_000;
    let tag = |key: &str, value: &str| json!({ "key": key, "type": "string", "value": value });
    let mut tags: Vec<Value> =
        attributes(span, model).iter().map(|(key, value)| tag(key, value)).collect();
    if span.ending != Ending::Done {
        tags.push(json!({ "key": "error", "type": "bool", "value": true }));
    }
    let logs = trace.events.iter().filter(|event| event.span == number).map(|event| {
        json!({
            "timestamp": micros(event.at),
            "fields": [tag("event", &event_name(event.measure, model))],
        })
    });
    let mut references = Vec::new();
    if span.parent != NONE {
        references.push(json!({
            "refType": "CHILD_OF",
            "traceID": trace_id(trace),
            "spanID": span_id(trace, span.parent),
        }));
    }
    json!({
        "traceID": trace_id(trace),
        "spanID": span_id(trace, number),
        "operationName": span.name(trace, model),
        "references": references,
        "startTime": micros(span.start),
        "duration": micros(span.end) - micros(span.start),
        "tags": tags,
        "logs": logs.collect::<Vec<_>>(),
        "processID": process,
        "warnings": null,
    })
}
