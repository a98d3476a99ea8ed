//! What was seen in a run, written down for other tools: functions of data to text.

mod events;
mod jaeger;
mod openmetrics;
mod otlp;
mod perfetto;
mod series;
#[cfg(test)]
mod tests;
mod waterfall;

pub use events::events_json_lines;
pub use jaeger::jaeger;
pub use openmetrics::openmetrics;
pub use otlp::otlp;
pub use perfetto::perfetto;
pub use series::{series_csv, series_json_lines, series_text};
pub(super) use waterfall::{label, order};
pub use waterfall::{paths, waterfall};

use crate::component::Ending;
use crate::model::Model;
use crate::telemetry::{Span, Trace, What};

/// Seconds since 1970 at which a run is said to begin, where a format counts from there.
pub type Epoch = u64;

/// A trace's identity: 16 bytes in hexadecimal, of which requests differ in the last eight.
fn trace_id(trace: &Trace) -> String {
    format!("{:016x}{:016x}", crate::random::mix(trace.request) | 1, trace.request)
}

/// A span's identity: 8 bytes in hexadecimal, never zero.
fn span_id(trace: &Trace, span: u32) -> String {
    let id = crate::random::mix(trace.request.wrapping_add(u64::from(span) << 1 | 1));
    format!("{:016x}", id.max(1))
}

fn ending(ending: Ending) -> Option<&'static str> {
    match ending {
        Ending::Done => None,
        Ending::Refused => Some("refused"),
        Ending::TimedOut => Some("timed out"),
        Ending::Failed => Some("failed"),
    }
}

/// What is told of a span beside its name and times: names after OpenTelemetry's semantic conventions where there are.
fn attributes(span: &Span, model: &Model) -> Vec<(&'static str, String)> {
    let mut attributes = Vec::new();
    match span.what {
        What::Request | What::Branch => {}
        What::Attempt { guard, number, is_hedge } => {
            let way = if is_hedge { "hedge" } else { "retry" };
            attributes.push(("archsim.guard", model.guards[guard as usize].name.clone()));
            attributes.push(("archsim.attempt", (number + 1).to_string()));
            attributes.push(("archsim.attempt.kind", way.to_owned()));
        }
        What::Operation { replica, .. } => {
            attributes.push(("service.instance.id", replica.to_string()));
        }
        What::Time(part, place) => {
            attributes.push(("archsim.part", part.name().to_owned()));
            attributes.push(("archsim.place", place.name(model)));
        }
    }
    if let Some(error) = ending(span.ending) {
        attributes.push(("error.type", error.replace(' ', "_")));
    }
    attributes
}

/// The name of what was counted in a span: `caches.redis.hits`.
fn event_name(measure: u32, model: &Model) -> String {
    let measure = &model.measures.reported[measure as usize];
    format!("{}.{}", measure.of, measure.name)
}

/// JSON on lines, a newline at the end.
fn pretty(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
