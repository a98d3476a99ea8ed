//! What other tools rely on: ids, parents, nesting, units. The encodings as such are their specifications'.

use super::*;
use crate::metrics::Trial;
use crate::model::{Files, Model};
use crate::report::Style;
use crate::simulation::Seed;
use crate::spec::Spec;
use crate::telemetry::{Sample, Series, Trace, Tracer, watch};
use crate::time::Duration;
use expect_test::expect;
use serde_json::Value;
use std::collections::BTreeMap;

const SHOP: &str = r#"(
    components: {
        "web": { "order": [work("2ms"), parallel([call("stock.take"), call("bank.pay")]), work("1ms")] },
        "stock": { "take": [read("shelf")] },
        "bank": { "pay": [wait("20ms")] },
    },
    stores: { "shelf": database(servers: 1, read: "5ms", hop: "0.5ms") },
    services: {
        "web": (components: ["web"], cores: 2),
        "back": (components: ["stock", "bank"], threads: 4),
    },
    network: (hop: "1ms", serialisation: "0.1ms"),
    clients: { "people": (rate: "10/s", arrivals: constant, mix: "web.order", hop: "5ms") },
    run: (horizon: "2s", warmup: "0s"),
)"#;

fn model() -> Model {
    let spec = Spec::parse("shop.ron", SHOP).unwrap_or_else(|errors| panic!("{errors}"));
    Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}")).model
}

fn trial(model: &Model) -> Trial {
    Trial {
        design: 0,
        seed: Seed { seed: 1, replication: 0 },
        warmup: Duration::ZERO,
        horizon: model.run.horizon,
        events_max: u64::MAX,
    }
}

fn traces(model: &Model) -> Vec<Trace> {
    let tracer = Tracer::new(model, &[], Sample::Head { one_in: 1 }, 5, true);
    let (tracer, now, _) = watch(model, trial(model), tracer);
    tracer.into_traces(now).into_iter().map(|(_, trace)| trace).collect()
}

#[test]
fn a_waterfall_reads_from_top_to_bottom() {
    let model = model();
    let text = waterfall(&traces(&model)[0], None, &model, Style { width: 80, color: false });
    expect![[r#"
        web.order for people took 35.5 ms.

        request c8e1cd6086ee7c1b, sent at 100 ms of simulated time

        people                                35.5 ms  ─────────────────────────────────
          network to people                   5.00 ms  ░░░░░
          web.order on web/0                  25.5 ms       ───────────────────────
            work at web                       2.00 ms       ██
            work at web                        100 µs         █
            network to and from back          1.00 ms         ░
            stock.take on back/0              6.20 ms          ─────
              work at back                     100 µs          █
              network from back to stores      500 µs          ░
              work at shelf                   5.00 ms          █████
              network from back to stores      500 µs               ░
              work at back                     100 µs               █
            network to and from back          1.00 ms               ░
            work at web                        100 µs                █
            work at web                        100 µs         █
            network to and from back          1.00 ms         ░
            bank.pay on back/0                20.3 ms          ──────────────────
              queueing for the cores of back   100 µs          ▓
              work at back                     100 µs          █
              waiting in back                 20.0 ms          ··················
              work at back                     100 µs                            █
            network to and from back          1.00 ms                            ░
            work at web                        100 µs                             █
            work at web                       1.00 ms                             █
          network to people                   5.00 ms                              ░░░░░
        ─ calls   █ work   ▓ queueing   ▒ connections   ░ network   · waiting

        where the time went             this one  share
                                              ms      %
        waiting in back                     20.0   56.3
        network to people                   10.0   28.2
        work at web                         3.20   9.01
        network to and from back            2.00   5.63
        work at back                       0.200  0.563
        queueing for the cores of back     0.100  0.282
        all                                 35.5    100
    "#]]
    .assert_eq(&text);
}

#[test]
fn otlp_spans_have_ids_parents_and_nanoseconds() {
    let model = model();
    let traces = traces(&model);
    let json: Value = serde_json::from_str(&otlp(&traces, &model, 1_000)).expect("it is JSON");
    let mut spans: BTreeMap<(String, String), Value> = BTreeMap::new();
    let mut services = Vec::new();
    for resource in json["resourceSpans"].as_array().expect("resources") {
        services.push(resource["resource"]["attributes"][0]["value"]["stringValue"].clone());
        for span in resource["scopeSpans"][0]["spans"].as_array().expect("spans") {
            let id = |key: &str| span[key].as_str().unwrap_or_default().to_owned();
            assert_eq!((id("traceId").len(), id("spanId").len()), (32, 16));
            assert!(
                id("traceId").bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase())
            );
            spans.insert((id("traceId"), id("spanId")), span.clone());
        }
    }
    assert_eq!(services, ["back", "people", "web"]);
    let all: usize = traces.iter().map(|trace| trace.spans.len()).sum();
    assert_eq!(spans.len(), all, "no two spans have the same id");
    let nanos = |span: &Value, key: &str| {
        span[key].as_str().expect("text, as 64 bits are written").parse::<u64>().expect("a number")
    };
    for ((trace, _), span) in &spans {
        let (start, end) = (nanos(span, "startTimeUnixNano"), nanos(span, "endTimeUnixNano"));
        assert!(1_000_000_000_000 <= start && start <= end);
        if let Some(parent) = span["parentSpanId"].as_str() {
            let parent = &spans[&(trace.clone(), parent.to_owned())];
            assert!(nanos(parent, "startTimeUnixNano") <= start);
            assert!(nanos(parent, "endTimeUnixNano") >= end);
        }
    }
    let roots = spans.values().filter(|span| span["parentSpanId"].is_null()).count();
    assert_eq!(roots, traces.len());
}

#[test]
fn jaeger_spans_refer_to_what_is_there() {
    let model = model();
    let json: Value = serde_json::from_str(&jaeger(&traces(&model), &model, 0)).expect("JSON");
    for trace in json["data"].as_array().expect("traces") {
        let spans = trace["spans"].as_array().expect("spans");
        for span in spans {
            let process = span["processID"].as_str().expect("a process");
            assert!(trace["processes"][process]["serviceName"].is_string());
            assert!(span["startTime"].is_u64() && span["duration"].is_u64());
            for reference in span["references"].as_array().expect("references") {
                assert_eq!(reference["refType"], "CHILD_OF");
                assert!(spans.iter().any(|other| other["spanID"] == reference["spanID"]));
            }
        }
    }
}

#[test]
fn slices_of_a_timeline_nest() {
    let model = model();
    let json: Value = serde_json::from_str(&perfetto(&traces(&model), &model)).expect("JSON");
    let mut lanes: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
    for event in json["traceEvents"].as_array().expect("events") {
        if event["ph"] == "X" {
            let number = |key: &str| event[key].as_f64().expect("a number");
            let lane = (event["pid"].as_u64().unwrap_or(0), event["tid"].as_u64().unwrap_or(0));
            lanes.entry(lane).or_default().push((number("ts"), number("ts") + number("dur")));
        }
    }
    for lane in lanes.values() {
        for (a, b) in lane.iter().flat_map(|a| lane.iter().map(move |b| (a, b))) {
            let apart = a.1 <= b.0 + 1e-6 || b.1 <= a.0 + 1e-6;
            let inside = |a: &(f64, f64), b: &(f64, f64)| a.0 >= b.0 - 1e-6 && a.1 <= b.1 + 1e-6;
            assert!(apart || inside(a, b) || inside(b, a), "{a:?} {b:?}");
        }
    }
}

#[test]
fn series_are_told_alike_in_every_form() {
    let model = model();
    let (series, now, _) =
        watch(&model, trial(&model), Series::new(&model, Duration::from_secs(0.5)));
    let series = series.close(now);
    let csv = series_csv(&series, &model);
    let sent = csv.lines().filter(|line| line.contains(",client,people,web.order,sent,"));
    let sent: f64 = sent.filter_map(|line| line.rsplit(',').next()?.parse::<f64>().ok()).sum();
    let metrics = crate::metrics::run(&model, trial(&model)).metrics;
    assert_eq!(sent, metrics.journeys[0].sent as f64);
    let lines = series_json_lines(&series, &model);
    assert!(lines.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
    let text = openmetrics(&series, &model, 60);
    assert!(text.ends_with("# EOF\n"));
    let done =
        r#"archsim_client_requests_total{client="people",operation="web.order",outcome="done"} "#;
    let last = text.lines().rfind(|line| line.starts_with(done)).expect("counted");
    let count = metrics.journeys[0].response.count();
    assert_eq!(last, format!("{done}{count} 62.000000000"));
}
