//! The log of a run as JSON lines.

use super::ending;
use crate::model::{Model, StationId};
use crate::telemetry::{EventKind, EventLog, LoggedEvent};
use serde_json::{Value, json};

/// The log, an object a line, and last how much was left out, if anything was.
pub fn events_json_lines(log: &EventLog<'_>, model: &Model) -> String {
    let mut text = String::new();
    for event in &log.events {
        text += &one(event, log, model).to_string();
        text.push('\n');
    }
    if log.left_out > 0 {
        text += &json!({ "kind": "left_out", "events": log.left_out }).to_string();
        text.push('\n');
    }
    text
}

fn one(event: &LoggedEvent, log: &EventLog<'_>, model: &Model) -> Value {
    let mut line = json!({ "at": event.at.as_secs(), "kind": event.kind.name() });
    match event.kind {
        EventKind::Arrival | EventKind::Answer | EventKind::Error => {
            let journey = &model.journeys[event.of as usize];
            line["client"] = model.clients[journey.client as usize].name.clone().into();
            line["operation"] = model.operations[journey.operation.0 as usize].name.clone().into();
            if event.kind != EventKind::Arrival {
                line["response"] = (event.value as f64 / crate::time::SECOND).into();
            }
            if let Some(error) = ending(event.ending) {
                line["error"] = error.into();
            }
        }
        EventKind::Refusal | EventKind::Drop | EventKind::Halt => {
            let group = model.station_group(StationId(event.of));
            line["station"] = group.name.clone().into();
            line["number"] = (event.of - group.first.0).into();
            match event.kind {
                EventKind::Halt => line["stopped"] = (event.value == 1).into(),
                EventKind::Drop => {
                    line["after"] = (event.value as f64 / crate::time::SECOND).into();
                }
                _ => {}
            }
        }
        EventKind::Fault => {
            let unit = &model.fault_units[event.of as usize];
            let fault = &model.faults[unit.fault as usize];
            line["fault"] = fault.name.clone().into();
            if fault.units.len() > 1 {
                line["number"] = (event.of - fault.units.start).into();
            }
            line["begins"] = (event.value == 1).into();
        }
        EventKind::Level => {
            if let Some((of, name)) = log.level_name(event.of) {
                line["of"] = of.into();
                line["level"] = name.into();
            }
            line["value"] = event.value.into();
        }
    }
    line
}
