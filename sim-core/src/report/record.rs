//! What is written for programs to read, described by JSON Schemas: `archsim schema --record point`.
//!
//! Objects of JSON are the answers themselves, so their schemas are derived from the same types; a line of a table is
//! described here. A number that there is none of is `null` in JSON and in Parquet, and empty in CSV.

use crate::study::{
    CapacitySummary, Gate, Mark, OptimizeSummary, Origin, Point, Sensitivity, SobolIndices, Status,
    Summary, SweepSummary,
};
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// What a program may read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Record {
    /// The JSON of `archsim run` and `archsim compare`.
    Run,
    /// The JSON of `archsim sweep`: `sweep.json`.
    Sweep,
    /// A line of `points.jsonl` after the first.
    Point,
    /// The first line of `points.jsonl`: where it comes from.
    Head,
    /// A line of `points.csv` and of `points.parquet`, the wide form: one for each point.
    Wide,
    /// A line of `numbers.csv` and of `numbers.parquet`, the long form: one for each point and number.
    Number,
    /// A line of `trials.csv` and of `trials.parquet`: one for each replication and number.
    Trial,
    /// The JSON of `archsim capacity`.
    Capacity,
    /// The JSON of `archsim optimize`.
    Optimize,
    /// The JSON of `archsim sensitivity`.
    Sensitivity,
    /// The JSON of `archsim sensitivity --method sobol`.
    SobolIndices,
    /// The JSON of `archsim gate`.
    Gate,
}

impl Record {
    /// Its JSON Schema (2020-12).
    pub fn schema(self) -> Value {
        match self {
            Record::Run => of::<Summary>("archsim run"),
            Record::Sweep => of::<SweepSummary>("archsim sweep"),
            Record::Point => of::<Point>("archsim point"),
            Record::Head => of::<Head>("archsim head of points"),
            Record::Wide => with_axes(of::<WideLine>("archsim point, wide")),
            Record::Number => with_axes(of::<NumberLine>("archsim number")),
            Record::Trial => with_axes(of::<TrialLine>("archsim trial")),
            Record::Capacity => of::<CapacitySummary>("archsim capacity"),
            Record::Optimize => of::<OptimizeSummary>("archsim optimize"),
            Record::Sensitivity => of::<Sensitivity>("archsim sensitivity"),
            Record::SobolIndices => of::<SobolIndices>("archsim Sobol' indices"),
            Record::Gate => of::<Gate>("archsim gate"),
        }
    }
}

/// The first of the JSON lines of a sweep.
#[derive(Clone, Debug, serde::Serialize, JsonSchema)]
pub(super) struct Head {
    /// Where it comes from.
    pub origin: Origin,
    /// The question that the model answers.
    pub question: Option<String>,
    /// What was varied.
    pub axes: Vec<crate::study::Axis>,
    /// Knees and points of saturation.
    pub marks: Vec<Mark>,
    /// Points in all, also those that were not run.
    pub points_in_all: usize,
}

/// A line for each point. Beside these it has a column for each axis, by its path.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes columns, which are written one by one")]
struct WideLine {
    /// Its place in the order of points, from 0.
    point: u64,
    /// Whether it settles and was simulated long enough; `refused`: there is no such model.
    status: String,
    /// Replications that count.
    replications: u64,
    /// The station that breaks first.
    busiest: Option<String>,
    /// Share of its servers in use.
    busiest_utilisation: Option<f64>,
    /// What it is offered, as a share of what it can do.
    busiest_offered: Option<f64>,
    /// Requests per second that there can be at most, by operational analysis.
    rate_at_most: Option<f64>,
    /// Seconds that they take on average at least.
    mean_at_least: Option<f64>,
    /// The worst verdict on the objectives: `met`, `missed` or `undecided`.
    objectives: Option<String>,
    /// `knee` and `saturation`, where they are.
    marks: Option<String>,
    /// Requests that clients wait for; every number has half the width of its interval beside it.
    in_flight: Option<f64>,
    in_flight_half_width: Option<f64>,
    /// Requests that ended, per second.
    rate: Option<f64>,
    /// Share of them that ended badly.
    errors: Option<f64>,
    /// Mean duration in seconds, of those that ended well; so are the percentiles.
    mean: Option<f64>,
    /// Median.
    p50: Option<f64>,
    /// 95th percentile.
    p95: Option<f64>,
    /// 99th percentile.
    p99: Option<f64>,
    #[schemars(rename = "p99.9")]
    /// 99.9th percentile.
    p999: Option<f64>,
    /// Dollars a month.
    #[schemars(default)]
    cost: Option<f64>,
}

/// A line for each number of a point. Beside these it has a column for each axis, by its path.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes columns, which are written one by one")]
struct NumberLine {
    /// Its point.
    point: u64,
    /// The design, or `as written`.
    design: String,
    #[schemars(flatten)]
    of: Of,
    /// The estimate.
    mean: Option<f64>,
    /// Half the width of its interval.
    half_width: Option<f64>,
    /// Whether it can be believed.
    status: Status,
}

/// A line for each number of a replication. Beside these it has a column for each axis, by its path.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes columns, which are written one by one")]
struct TrialLine {
    /// Its point.
    point: u64,
    /// The replication.
    replication: u64,
    #[schemars(flatten)]
    of: Of,
    /// What was measured.
    value: Option<f64>,
}

/// What a number is of.
#[derive(JsonSchema)]
#[allow(dead_code, reason = "it describes columns, which are written one by one")]
struct Of {
    /// What kind of thing: `all`, `journey`, `operation`, `service`, `station`, `block`, `objective`, `charge` or `client`.
    scope: String,
    /// Whose requests, of a journey or a client.
    client: Option<String>,
    /// Which thing.
    name: Option<String>,
    /// What of it: `p99`.
    metric: String,
    /// In which unit: `s`, `1/s`, `B/s`, `$`, or 1 for shares and counts; an objective names none.
    unit: Option<String>,
}

/// The schema of what is serialised of a type.
fn of<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let settings = settings.with_transform(RecursiveTransform(Nullable));
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    schema.to_value()
}

/// A number that there is none of, or that is infinite, is null in JSON.
#[derive(Clone, Debug)]
struct Nullable;

impl Transform for Nullable {
    fn transform(&mut self, schema: &mut Schema) {
        if schema.get("format") == Some(&json!("double")) {
            schema.insert("type".to_owned(), json!(["number", "null"]));
        }
    }
}

/// A column for each axis: what it is set to, as a number in the axis's unit or as it is written.
fn with_axes(mut schema: Value) -> Value {
    schema["additionalProperties"] = json!({"type": ["string", "number", "null"]});
    schema
}
