//! Traces in the JSON encoding of the OpenTelemetry protocol (`TracesData` of opentelemetry-proto).

use super::{Epoch, attributes, ending, event_name, pretty, span_id, trace_id};
use crate::component::NONE;
use crate::model::Model;
use crate::telemetry::{Span, Trace, What};
use crate::time::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Kinds of spans, by the numbers of the protocol.
const INTERNAL: u32 = 1;
const SERVER: u32 = 2;
const CLIENT: u32 = 3;

/// Traces as OTLP JSON: a resource for each service, ids in hexadecimal, nanoseconds as text.
pub fn otlp(traces: &[Trace], model: &Model, epoch: Epoch) -> String {
    let mut services: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for trace in traces {
        for (number, span) in (0..).zip(&trace.spans) {
            let spans = services.entry(span.service(trace, model)).or_default();
            spans.push(one(number, span, trace, model, epoch));
        }
    }
    let resource_spans: Vec<Value> = services
        .into_iter()
        .map(|(service, spans)| {
            json!({
                "resource": { "attributes": [attribute("service.name", &service)] },
                "scopeSpans": [{
                    "scope": { "name": "archsim", "version": env!("CARGO_PKG_VERSION") },
                    "spans": spans,
                }],
            })
        })
        .collect();
    pretty(&json!({ "resourceSpans": resource_spans }))
}

fn nanos(at: Time, epoch: Epoch) -> String {
    (u128::from(epoch) * 1_000_000_000 + u128::from(at.0)).to_string()
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

fn one(number: u32, span: &Span, trace: &Trace, model: &Model, epoch: Epoch) -> Value {
    let kind = match span.what {
        What::Request => CLIENT,
        What::Operation { .. } => {
            let around = trace.spans.get(span.parent as usize);
            let here = span.service(trace, model);
            let is_called = around.is_none_or(|around| around.service(trace, model) != here);
            if is_called { SERVER } else { INTERNAL }
        }
        What::Time(..) | What::Branch | What::Attempt { .. } => INTERNAL,
    };
    let events = trace.events.iter().filter(|event| event.span == number).map(|event| {
        json!({
            "timeUnixNano": nanos(event.at, epoch),
            "name": event_name(event.measure, model),
        })
    });
    let mut value = json!({
        "traceId": trace_id(trace),
        "spanId": span_id(trace, number),
        "name": span.name(trace, model),
        "kind": kind,
        "startTimeUnixNano": nanos(span.start, epoch),
        "endTimeUnixNano": nanos(span.end, epoch),
        "attributes": attributes(span, model)
            .iter()
            .map(|(key, value)| attribute(key, value))
            .collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "status": match ending(span.ending) {
            Some(error) => json!({ "code": 2, "message": error }),
            None => json!({}),
        },
    });
    if span.parent != NONE {
        value["parentSpanId"] = span_id(trace, span.parent).into();
    }
    value
}
