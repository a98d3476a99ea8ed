//! The model reference: pages made from the types of the language, so that they cannot disagree with it.

use super::Spec;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// A page of the reference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// Its name: the part of a model that it is about, `services`.
    pub name: String,
    /// What that is, in a sentence.
    pub about: String,
    /// The types that it explains, in order.
    pub types: Vec<String>,
    /// The page, in Markdown.
    pub markdown: String,
}

/// What is used on many pages has one of its own.
const SHARED: [(&str, &str, &str); 2] = [
    ("Law", "laws", "Laws of random durations, sizes and counts."),
    ("Quantity", "quantities", "Numbers with a unit."),
];

impl Spec {
    /// The model reference: a page for each part of a model, and those on laws and quantities.
    pub fn reference() -> Vec<Page> {
        let schema = Spec::schema();
        let types = schema["$defs"].as_object().cloned().unwrap_or_default();
        let parts = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut homes: BTreeMap<String, String> =
            SHARED.iter().map(|(kind, page, _)| ((*kind).into(), (*page).into())).collect();
        let mut pages: Vec<(String, Value, Vec<String>)> = Vec::new();
        for (name, part) in &parts {
            let mut found = Vec::new();
            reach(part, &types, &mut homes, name, &mut found);
            pages.push((name.clone(), part.clone(), found));
        }
        for (kind, name, about) in SHARED {
            let mut found = vec![kind.to_owned()];
            if let Some(of) = types.get(kind) {
                reach(of, &types, &mut homes, name, &mut found);
            }
            pages.push((name.into(), serde_json::json!({ "description": about }), found));
        }
        let write = |(name, part, found)| page(name, &part, found, &types, &homes);
        pages.into_iter().map(write).collect()
    }
}

/// Collects the types that a schema refers to and that have no page yet, in the order in which a reader meets them.
fn reach(
    schema: &Value,
    types: &Map<String, Value>,
    homes: &mut BTreeMap<String, String>,
    page: &str,
    found: &mut Vec<String>,
) {
    match schema {
        Value::Object(map) => {
            if let Some(kind) = map.get("$ref").and_then(Value::as_str).map(type_name)
                && !homes.contains_key(kind)
                && let Some(of) = types.get(kind)
            {
                homes.insert(kind.to_owned(), page.to_owned());
                found.push(kind.to_owned());
                reach(of, types, homes, page, found);
            }
            map.iter()
                .filter(|(key, _)| *key != "default")
                .for_each(|(_, inside)| reach(inside, types, homes, page, found));
        }
        Value::Array(list) => {
            list.iter().for_each(|inside| reach(inside, types, homes, page, found));
        }
        _ => {}
    }
}

/// `#/$defs/Law` as `Law`.
fn type_name(reference: &str) -> &str {
    reference.rsplit('/').next().unwrap_or(reference)
}

fn page(
    name: String,
    part: &Value,
    found: Vec<String>,
    types: &Map<String, Value>,
    homes: &BTreeMap<String, String>,
) -> Page {
    let writer = Writer { page: &name, homes };
    let about = description(part);
    let mut markdown = format!("# {}\n\n{about}\n", capitalised(&name));
    let shape = writer.shape(part);
    if !shape.is_empty() {
        let _ = writeln!(markdown, "\n`{name}`: {shape}");
    }
    for kind in &found {
        let _ = write!(markdown, "\n## {}\n\n", words(kind));
        markdown += &writer.explain(&types[kind]);
    }
    Page { name, about, types: found.iter().map(|kind| words(kind)).collect(), markdown }
}

/// Writes types down, with links to where others are explained.
struct Writer<'a> {
    page: &'a str,
    homes: &'a BTreeMap<String, String>,
}

impl Writer<'_> {
    /// A type: what it is, then its fields or the ways to write it.
    fn explain(&self, schema: &Value) -> String {
        let mut text = format!("{}\n", description(schema));
        if let Some(fields) = schema["properties"].as_object() {
            text.push('\n');
            text += &self.fields(fields, &schema["required"], "");
        }
        let ways = ["oneOf", "anyOf"].into_iter().filter_map(|ways| schema[ways].as_array());
        for (index, way) in ways.flatten().enumerate() {
            text += if index == 0 { "\n" } else { "" };
            text += &self.way(way);
        }
        text
    }

    /// A list of fields.
    fn fields(&self, fields: &Map<String, Value>, required: &Value, indent: &str) -> String {
        let required: Vec<&str> =
            required.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut text = String::new();
        for (name, field) in fields {
            let _ = write!(text, "{indent}- `{name}`: {}", self.shape(field));
            match &field["default"] {
                _ if required.contains(&name.as_str()) => text += ", required",
                Value::Null => {}
                Value::Object(map) if map.is_empty() => {}
                Value::Array(list) if list.is_empty() => {}
                Value::String(default) => drop(write!(text, ", default `{default}`")),
                default => drop(write!(text, ", default `{}`", ron(default))),
            }
            let _ = writeln!(text, ". {}", description(field));
        }
        text
    }

    /// One of the ways to write something.
    fn way(&self, way: &Value) -> String {
        let mut about = description(way);
        let inside = way["properties"].as_object().and_then(|map| map.iter().next());
        let written = match (&way["const"], inside) {
            (Value::String(name), _) => format!("`{name}`"),
            (_, Some((name, inside))) if way["properties"].as_object().map(Map::len) == Some(1) => {
                let fields = inside["properties"].as_object();
                match fields {
                    Some(fields) => {
                        let names: Vec<String> =
                            fields.keys().map(|field| format!("{field}: …")).collect();
                        about += "\n";
                        about += self.fields(fields, &inside["required"], "  ").trim_end();
                        format!("`{name}({})`", names.join(", "))
                    }
                    None => format!("`{name}(…)` of {}", self.shape(inside)),
                }
            }
            _ => self.shape(way),
        };
        format!("- {written}. {about}").trim_end().to_owned() + "\n"
    }

    /// What a value looks like, in words.
    fn shape(&self, schema: &Value) -> String {
        if let Some(kind) = schema["$ref"].as_str().map(type_name) {
            let home = self.homes.get(kind).map_or(self.page, String::as_str);
            let file = if home == self.page { String::new() } else { format!("{home}.md") };
            let anchor = words(kind).replace(' ', "-");
            return format!("[{}]({file}#{anchor})", words(kind));
        }
        for ways in ["anyOf", "oneOf"] {
            if let Some(ways) = schema[ways].as_array() {
                let mut shapes: Vec<String> = ways.iter().map(|way| self.shape(way)).collect();
                shapes.retain(|shape| !shape.is_empty());
                shapes.dedup();
                return shapes.join(" or ");
            }
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => kinds.iter().find_map(Value::as_str).unwrap_or_default(),
            _ => "",
        };
        match kind {
            "integer" => "whole number".into(),
            "number" => "number".into(),
            "boolean" => "`true` or `false`".into(),
            "string" => "text".into(),
            "array" => match schema["prefixItems"].as_array() {
                Some(items) => {
                    let items: Vec<String> = items.iter().map(|item| self.shape(item)).collect();
                    format!("({})", items.join(", "))
                }
                None => format!("list of {}", self.shape(&schema["items"])),
            },
            "object" if schema["additionalProperties"].is_object() => {
                format!("by name, {}", self.shape(&schema["additionalProperties"]))
            }
            "object" if schema["properties"].is_object() => {
                let fields = schema["properties"].as_object().into_iter().flat_map(Map::keys);
                format!("({})", fields.map(|f| format!("{f}: …")).collect::<Vec<_>>().join(", "))
            }
            "object" => "by name".into(),
            _ => String::new(),
        }
    }
}

/// The description of a schema, on one line.
fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A default as RON writes it.
fn ron(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let inside: Vec<String> = (map.iter())
                .map(|(name, inside)| match inside {
                    Value::Object(fields) if fields.is_empty() => format!("{name}()"),
                    inside => format!("{name}({})", ron(inside)),
                })
                .collect();
            inside.join(", ")
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// `WhileWaiting` as `while waiting`.
fn words(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().to_string() + chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_place_and_every_link_leads_somewhere() {
        let pages = Spec::reference();
        let schema = Spec::schema();
        let types = schema["$defs"].as_object().unwrap();
        let mut explained: Vec<&String> = pages.iter().flat_map(|page| &page.types).collect();
        explained.sort();
        let mut wanted: Vec<String> = types.keys().map(|kind| words(kind)).collect();
        wanted.sort();
        assert!(explained.into_iter().eq(&wanted));
        for page in &pages {
            for link in page.markdown.split("](").skip(1) {
                let (target, _) = link.split_once(')').unwrap();
                let (file, anchor) = target.split_once('#').unwrap();
                let home = file.strip_suffix(".md").unwrap_or(&page.name);
                let home = pages.iter().find(|page| page.name == home).expect(target);
                let title = format!("## {}\n", anchor.replace('-', " "));
                assert!(home.markdown.contains(&title), "{} links to {target}", page.name);
            }
        }
    }

    #[test]
    fn every_field_says_what_it_is() {
        for page in Spec::reference() {
            assert!(!page.about.is_empty(), "{} says nothing", page.name);
            for line in page.markdown.lines().filter(|line| line.trim_start().starts_with("- `")) {
                let (_, about) = line.split_once(". ").unwrap_or((line, ""));
                assert!(!about.trim().is_empty(), "{}: nothing is said of {line}", page.name);
            }
        }
    }
}
