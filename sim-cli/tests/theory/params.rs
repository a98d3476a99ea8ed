//! The numbers of a model are those of the truth.

use serde_json::Value;
use sim_core::model::quantity;
use sim_core::spec::{Quantity, Spec};

/// Every number in `params`, in its own form or the one that models write, has to be somewhere in the model.
///
/// # Panics
/// If one is not, unless its key is in `except`.
pub(crate) fn check(spec: &Spec, params: &Value, except: &[&str]) {
    let mut written = Vec::new();
    numbers_of_model(&serde_json::to_value(spec).expect("a model can be written"), &mut written);
    let mut wanted = Vec::new();
    numbers_of_params(params, "", params, &mut wanted);
    for (key, number) in wanted.iter().filter(|(key, _)| !except.contains(key)) {
        // Where the truth counts in hours, its durations do, and its numbers of things do not.
        let in_hours = params["hours"] == true;
        let close = |other: &f64| {
            let is_it = |number: f64| (other - number).abs() <= 1e-9 * number.abs();
            is_it(*number) || in_hours && is_it(3600.0 * number)
        };
        assert!(
            written.iter().any(close),
            "{number} ({key}) is not in the model `{}`",
            spec.file()
        );
    }
}

/// Durations count in seconds, rates per second.
fn numbers_of_model(value: &Value, out: &mut Vec<f64>) {
    match value {
        Value::Number(number) => out.extend(number.as_f64()),
        Value::String(text) => {
            let quantity = Quantity::Text(text.clone());
            out.extend(quantity::duration(&quantity).ok().map(|nanos| nanos * 1e-9));
            out.extend(quantity::rate(&quantity).ok());
        }
        Value::Array(list) => list.iter().for_each(|value| numbers_of_model(value, out)),
        Value::Object(map) => map.values().for_each(|value| numbers_of_model(value, out)),
        Value::Null | Value::Bool(_) => {}
    }
}

fn numbers_of_params<'a>(
    value: &'a Value,
    key: &'a str,
    params: &Value,
    out: &mut Vec<(&'a str, f64)>,
) {
    match value {
        Value::Number(number) => {
            let number = number.as_f64().expect("a finite number");
            out.extend(as_written(key, number, params).map(|number| (key, number)));
        }
        Value::Array(list) => {
            list.iter().for_each(|value| numbers_of_params(value, key, params, out));
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| numbers_of_params(value, key, params, out));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// The number that a model writes where the truth has `number` under `key`; `None` where it writes none.
fn as_written(key: &str, number: f64, params: &Value) -> Option<f64> {
    match key {
        "mu_log" | "sigma_log" => None,
        "cv2" => Some(number.sqrt()),
        "max_in_system" => params["servers"].as_f64().map(|servers| number - servers),
        "rate_1_to_2" | "rate_2_to_1" => Some(1.0 / number),
        // One is what a model has that says nothing.
        "servers" | "shape" if number == 1.0 => None,
        _ => Some(number),
    }
}
