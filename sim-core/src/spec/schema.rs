//! The JSON Schema of the language: what editors complete and check.

use super::Spec;
use schemars::{Schema, json_schema, schema_for};
use serde_json::Value;

impl Spec {
    /// The JSON Schema (2020-12) of a model. A model in JSON that [`Spec::parse`] reads is valid under it.
    pub fn schema() -> Value {
        let mut schema = schema_for!(Spec);
        schema.insert("title".to_owned(), "archsim model".into());
        schema.to_value()
    }
}

/// Adds the bare quantity to a law's forms. Text that does not start like a number is left to the names of
/// laws.
pub(super) fn bare_quantity(schema: &mut Schema) {
    add(schema, json_schema!({ "description": "Always the same.", "type": "number" }));
    let text = json_schema!({
        "description": "Always the same: a number and its unit.",
        "type": "string",
        "pattern": "^\\s*[-+.$0-9]",
    });
    add(schema, text);
}

/// Makes the variant of a part of the model its bare path.
pub(super) fn bare_path(schema: &mut Schema) {
    if let Some(Value::Array(forms)) = schema.get_mut("oneOf") {
        forms.retain(|form| form["properties"]["part"].is_null());
    }
    let description = "While this part is up: `\"services.api\"`, `\"services.api.regions.eu\"`, \
                       `\"stores.orders\"`.";
    add(schema, json_schema!({ "description": description, "type": "string" }));
}

/// Adds the bare names of variants that need no field: `least_outstanding` for `least_outstanding()`.
pub(super) fn bare_names(schema: &mut Schema) {
    let variants = schema.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    for variant in &variants {
        for (name, fields) in variant["properties"].as_object().into_iter().flatten() {
            if fields["properties"].is_object() && fields["required"].is_null() {
                let description = variant["description"].clone();
                add(schema, json_schema!({ "description": description, "const": name }));
            }
        }
    }
}

fn add(schema: &mut Schema, form: Schema) {
    if let Some(Value::Array(forms)) = schema.get_mut("oneOf") {
        forms.push(form.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// As much of a validator as the schema needs; an unknown keyword fails the test.
    fn valid(root: &Value, schema: &Value, value: &Value) -> bool {
        let Some(schema) = schema.as_object() else { return schema == &json!(true) };
        let is = |schema: &Value| valid(root, schema, value);
        let object = |key: &str| schema.get(key).and_then(Value::as_object);
        schema.iter().all(|(keyword, rule)| match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => true,
            "$ref" => is(root.pointer(&rule.as_str().unwrap()[1..]).unwrap()),
            "anyOf" => rule.as_array().unwrap().iter().any(is),
            "oneOf" => rule.as_array().unwrap().iter().filter(|rule| is(rule)).count() == 1,
            "const" => rule == value,
            "enum" => rule.as_array().unwrap().contains(value),
            "type" => match rule {
                Value::Array(kinds) => kinds.iter().any(|kind| of_type(kind, value)),
                kind => of_type(kind, value),
            },
            "minimum" => value.as_f64().is_none_or(|v| v >= rule.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|v| v <= rule.as_f64().unwrap()),
            "minItems" => value.as_array().is_none_or(|v| v.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|v| v.len() as u64 <= rule.as_u64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|v| v.starts_with(|c: char| "-+.$".contains(c) || c.is_ascii_digit())),
            "required" => value.as_object().is_none_or(|v| {
                rule.as_array().unwrap().iter().all(|key| v.contains_key(key.as_str().unwrap()))
            }),
            "properties" => value.as_object().is_none_or(|v| {
                v.iter().all(|(key, v)| rule.get(key).is_none_or(|rule| valid(root, rule, v)))
            }),
            "additionalProperties" => value.as_object().is_none_or(|v| {
                let known = |key: &str| object("properties").is_some_and(|p| p.contains_key(key));
                v.iter().all(|(key, v)| known(key) || valid(root, rule, v))
            }),
            "items" => value.as_array().is_none_or(|v| v.iter().all(|v| valid(root, rule, v))),
            "prefixItems" => value.as_array().is_none_or(|v| {
                rule.as_array().unwrap().iter().zip(v).all(|(rule, v)| valid(root, rule, v))
            }),
            other => panic!("the keyword {other} is new here"),
        })
    }

    fn of_type(kind: &Value, value: &Value) -> bool {
        match kind.as_str().unwrap() {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|v| v.fract() == 0.0),
            other => panic!("the type {other} is new here"),
        }
    }

    #[test]
    fn what_is_read_is_valid_and_what_is_not_is_not() {
        let schema = Spec::schema();
        let shop = Spec::parse("shop.ron", include_str!("tests/shop.ron")).unwrap();
        for design in ["scaled", "split", "merged"] {
            let design = shop.design(design).unwrap();
            assert!(valid(&schema, &schema, &design.source().tree), "as it is written");
            assert!(valid(&schema, &schema, &serde_json::to_value(&design).unwrap()), "in full");
        }
        let step = |step: Value| json!({ "components": { "a": { "b": [step] } } });
        let service = |field: &str, value: Value| json!({ "services": { "s": { "components": [], field: value } } });
        let cases = [
            json!({}),
            step(json!({ "work": 5 })),
            step(json!({ "work": "5ms" })),
            step(json!({ "work": "fast" })),
            step(json!({ "work": { "exponentail": "5ms" } })),
            step(json!({ "work": { "exponential": "5ms", "constant": "5ms" } })),
            step(json!({ "work": { "normal": { "mean": "5ms" } } })),
            step(json!({ "parallel": { "of": [] } })),
            step(json!({ "parallel": { "first": 2 } })),
            step(json!({ "parallel": [{ "call": "a.b" }, [{ "call": "a.b" }]] })),
            step(json!({ "parallel": [{ "cal": "a.b" }] })),
            step(json!({ "choose": [[1, { "call": "a.b" }]] })),
            step(json!({ "choose": [[1]] })),
            step(json!({ "repeat": [3, { "call": "a.b" }] })),
            step(json!({ "repeat": [{ "geometric": 3 }, []] })),
            step(json!({ "repeat": ["often", []] })),
            step(json!("work")),
            service("balancer", json!("least_outstanding")),
            service("balancer", json!({ "least_outstanding": {} })),
            service("balancer", json!("power_of")),
            service("balancer", json!({ "power_of": {} })),
            service("replcas", json!(4)),
            service("replicas", json!(-4)),
            service("queue", json!(null)),
            json!({ "clients": { "c": { "mix": "a.b" } } }),
            json!({ "clients": { "c": { "mix": { "a.b": 1 } } } }),
            json!({ "clients": { "c": { "mix": [1] } } }),
            json!({ "objectives": {} }),
            json!({ "designs": { "d": { "run.seed": 4 } } }),
        ];
        for case in cases {
            let read = Spec::parse("m.json", &case.to_string()).is_ok();
            assert_eq!(valid(&schema, &schema, &case), read, "{case}");
        }
    }
}
