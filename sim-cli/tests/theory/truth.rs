//! The known answers: `truth.json` beside this repository, or, where that is not at hand, the formulas.

use crate::formulas;
use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;

/// A value that a simulation has to reproduce.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) kind: Kind,
}

/// What kind of knowledge a value is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    /// A closed form.
    Exact,
    /// Solved numerically, right within this relative error.
    Numeric(f64),
    /// From another simulation, with the half-width of its 95 % interval.
    Simulated(f64),
    /// A published approximation, right within this relative error.
    Approximate(f64),
    /// Not to be exceeded.
    Upper,
    /// Not to be fallen short of.
    Lower,
}

/// A case: its parameters (absent where a formula stands in) and what is expected.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) params: Value,
    pub(crate) expected: Vec<Expected>,
}

/// What is known of a case; `None` if nothing is, which has been said.
pub(crate) fn known(case: &str) -> Option<Known> {
    static TRUTH: OnceLock<Option<Value>> = OnceLock::new();
    if let Some(truth) = TRUTH.get_or_init(read) {
        let cases = truth["cases"].as_array().expect("`cases` is a list");
        let found = cases.iter().find(|known| known["id"] == case);
        let known = found.unwrap_or_else(|| panic!("truth.json has no case `{case}`"));
        let expected = known["expected"].as_object().expect("`expected` is a map");
        return Some(Known {
            params: known["params"].clone(),
            expected: expected.iter().map(|(name, value)| expected_of(name, value)).collect(),
        });
    }
    let expected = formulas::expected(case);
    if expected.is_empty() {
        eprintln!(
            "{case}: skipped: truth.json is not at hand, and there is no formula for it here"
        );
        return None;
    }
    Some(Known { params: Value::Null, expected })
}

/// The table lies in the folder `shared` beside the repository, or beside a folder that the repository is in.
fn read() -> Option<Value> {
    let places = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(2);
    let texts = places.map(|place| std::fs::read_to_string(place.join("shared/truth/truth.json")));
    match texts.into_iter().find_map(Result::ok) {
        Some(text) => Some(serde_json::from_str(&text).expect("truth.json is JSON")),
        None => {
            let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!is_ci, "../shared/truth/truth.json cannot be read");
            None
        }
    }
}

fn expected_of(name: &str, value: &Value) -> Expected {
    let number = |key: &str| value[key].as_f64();
    let tolerance = number("rel_tol");
    let note = value["note"].as_str().unwrap_or_default();
    let kind = match value["kind"].as_str() {
        // A fluid limit, say, is exact up to single requests.
        Some("exact") => tolerance.map_or(Kind::Exact, Kind::Numeric),
        Some("numeric") => Kind::Numeric(tolerance.unwrap_or(1e-6)),
        Some("sim") => Kind::Simulated(number("sim_ci95_halfwidth").expect("its half-width")),
        Some("approx") => Kind::Approximate(tolerance.expect("its tolerance")),
        Some("bound") if note.contains("upper") => Kind::Upper,
        Some("bound") if note.contains("lower") => Kind::Lower,
        kind => panic!("{name} is of the unknown kind {kind:?} ({note})"),
    };
    Expected { name: name.to_owned(), value: number("value").expect("a number"), kind }
}
