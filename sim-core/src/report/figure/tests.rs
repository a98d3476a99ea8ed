//! Figures keep to their form: well-formed SVG, every series there, words not over data, text that is only text.

use super::svg::{Look, Theme, svg};
use super::*;
use crate::metrics::Trial;
use crate::model::{Files, Model};
use crate::simulation::Seed;
use crate::spec::Spec;
use crate::study::{
    Alternative, Effect, Metric, Origin, Plan, Replicate, Sensitivity, Status, Study, designs_of,
};
use crate::telemetry::{EventKind, EventLog, Sample, Series as Recorded, Tracer, watch};
use crate::time::Duration;

/// Names that would be markup if they were not escaped.
const SHOP: &str = r#"(
    question: "Is <b>one</b> \"shop\" & a half enough?",
    components: {"web": {"buy": [work(exponential("4ms")), write("base")], "look": [work("1ms")]}},
    services: {"web": (components: ["web"], cores: 2, instance: "small")},
    stores: {"base": database(servers: 2, write: exponential("2ms"))},
    prices: (instances: {"small": (on_demand: "$0.1/h"), "large": (on_demand: "$0.3/h")}),
    clients: {"people": (rate: "200/s", mix: {"web.buy": 1, "web.look": 2}, timeout: "1s")},
    faults: [crash(of: "services.web", replica: 0, at: "4s", lasts: "1s")],
    designs: {"large <script>": {"services.web.cores": 4, "services.web.instance": "large"}},
    objectives: [latency(percentile: 99, below: "20ms"), errors(below: "5%")],
    run: (horizon: "10s", replications: 4, warmup: "0s"),
)"#;

fn study() -> Replicate {
    let spec = Spec::parse("shop.ron", SHOP).unwrap_or_else(|errors| panic!("{errors}"));
    let of = |design: Option<&str>| Alternative::of(&spec, design, |_| Ok(Files::default()));
    let designs: Vec<Alternative> = designs_of(&spec)
        .into_iter()
        .map(|design| of(design).unwrap_or_else(|errors| panic!("{errors}")).0)
        .collect();
    let plan = Plan::of(&designs);
    let mut study = Replicate::new(designs, plan);
    study.run();
    study
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

fn of_a_run(model: &Model) -> [Figure; 2] {
    let trial = trial(model);
    let window = Duration::from_secs(0.5);
    let (series, now, _) = watch(model, trial, Recorded::new(model, window));
    let (log, ..) = watch(model, trial, EventLog::new(model, vec![EventKind::Fault], 10, true));
    let sample = Sample::Nearest(vec![(0, Duration::from_secs(0.02))]);
    let (tracer, end, _) = watch(model, trial, Tracer::new(model, &[0], sample, 1, true));
    let traces = tracer.into_traces(end);
    [timeline(&series.close(now), model, &log), waterfall(&traces[0].1, model)]
}

fn value(mean: f64, half_width: f64) -> Value {
    Value { mean, half_width, confidence: 0.95, status: Status::Confident }
}

/// M/M/1's percentiles, which are known, up to a load at which nothing is.
fn of_a_sweep() -> Vec<Figure> {
    let rates = [10.0, 30.0, 50.0, 70.0, 80.0, 90.0, 95.0, 99.0];
    let latency = |rate: f64, share: f64| match rate {
        99.0 => Value { status: Status::Unstable, ..value(f64::NAN, f64::INFINITY) },
        rate => value(-crate::math::ln(share) / (100.0 - rate), 0.002 / (1.0 - rate / 100.0)),
    };
    let point = |cores: f64| {
        move |rate: f64| CurvePoint {
            x: rate,
            latency: [0.5, 0.05, 0.01].map(|share| latency(rate, share)),
            objectives: Vec::new(),
            cost: Some(value(73.0 * cores + rate, 0.0)),
        }
    };
    let curve = |name: &str, cores: f64| Curve {
        name: name.into(),
        points: rates.into_iter().map(point(cores)).collect(),
    };
    let varied = Varied {
        label: "clients.people.rate".into(),
        unit: "/s".into(),
        is_log: false,
        marks: vec![(78.0, "knee at 78/s".into()), (100.0, "saturated at 100/s".into())],
    };
    let cores = Varied {
        label: "cores & <more>".into(),
        marks: Vec::new(),
        unit: String::new(),
        is_log: true,
    };
    let one = [curve("as written", 1.0)];
    let two = [curve("as written", 1.0), curve("large", 2.0)];
    let cells: Vec<Vec<Value>> = [1.0, 2.0, 4.0]
        .map(|cores| {
            rates
                .map(|rate| latency(rate, 0.01))
                .map(|v| Value { mean: v.mean / cores, ..v })
                .to_vec()
        })
        .to_vec();
    let limit = Some((0.2, "p99 below 200 ms".to_owned()));
    let mut figures = vec![
        latency_against(&varied, &one, limit.clone()),
        latency_against(&varied, &two, limit),
        heat_map("p99", (1e-3, "ms"), (&varied, &rates), (&cores, &[1.0, 2.0, 4.0]), &cells),
    ];
    figures.extend(cost_against(&varied, &two));
    figures.extend(tornado(&sensitivity()));
    figures
}

fn sensitivity() -> Sensitivity {
    let effect = |path: &str, size: f64, signed: f64| Effect {
        path: path.into(),
        from: "1".into(),
        to: "8".into(),
        size: value(size, 0.004),
        signed: value(signed, 0.005),
        spread: 0.01,
        steps: 10,
    };
    Sensitivity {
        origin: Origin::default(),
        question: None,
        metric: Metric::P99,
        trajectories: 10,
        effects: vec![
            effect("services.web.cores", 0.05, -0.05),
            effect("stores.\"a <b> & c\".servers", 0.12, 0.11),
            effect("network.hop", 0.02, 0.001),
        ],
        steps_lost: 0,
        steps: 30,
        interrupted: false,
    }
}

/// The largest effect is on top, and each is drawn to the side to which it works.
#[test]
fn a_tornado_is_sorted_and_has_sides() {
    let figure = tornado(&sensitivity()).expect("there are effects");
    let Scale::Names(names) = &figure.panels[0].y.scale else { panic!("rows have names") };
    assert_eq!(names[0], "stores.\"a <b> & c\".servers");
    assert_eq!(names[2], "network.hop");
    let at = |row: f64| {
        let mut points = figure.panels[0].series.iter().flat_map(|series| &series.points);
        points.find(|point| point.y == row).map(|point| point.x)
    };
    assert_eq!((at(0.0), at(1.0), at(2.0)), (Some(110.0), Some(-50.0), Some(20.0)));
}

fn all() -> Vec<Figure> {
    let study = study();
    let summary = study.summary();
    let measured: Vec<_> =
        summary.designs.iter().enumerate().map(|(n, design)| (design, study.metrics(n))).collect();
    let mut figures = vec![side_by_side(&summary), distribution(&measured)];
    figures.extend(objectives(&summary));
    figures.extend(cost_against_latency(&summary));
    figures.extend(of_a_run(study.model(0)));
    figures.extend(of_a_sweep());
    assert_eq!(figures.len(), 11);
    figures
}

fn drawn(figure: &Figure) -> Vec<String> {
    let looks = [(720, Theme::Light, true), (360, Theme::Dark, true), (760, Theme::Page, false)];
    looks.map(|(width, theme, titled)| svg(figure, Look { width, theme, titled })).to_vec()
}

/// Every tag is closed by its own name, and nothing between tags could be taken for one.
pub(in crate::report) fn assert_well_formed(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find('<') {
        let between = &rest[..start];
        assert!(!between.contains('>'), "a lone > in {between:?}");
        for entity in between.split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or("");
            assert!(["amp", "lt", "gt", "quot", "apos"].contains(&name), "&{entity:.20}");
        }
        assert!(!between.chars().any(|c| c.is_control() && c != '\n'), "{between:?}");
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in {tag}");
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "closed in the wrong place");
        } else if !tag.ends_with('/') && !tag.starts_with('?') {
            open.push(tag.split_whitespace().next().unwrap_or(""));
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn figures_are_well_formed_and_hold_no_markup_of_the_model() {
    for figure in all() {
        for svg in drawn(&figure) {
            assert_well_formed(&svg);
            assert!(!svg.contains("<b>") && !svg.contains("<script"), "{}", figure.name);
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", figure.name);
        }
    }
}

#[test]
fn every_series_is_drawn_and_has_its_entry_in_a_legend() {
    for figure in all() {
        for svg in drawn(&figure) {
            let series: usize = figure.panels.iter().map(|panel| panel.series.len()).sum();
            assert_eq!(svg.matches("class=\"series\"").count(), series, "{}", figure.name);
            let several = figure.panels.iter().filter(|panel| panel.keys.len() > 1);
            for key in several.flat_map(|panel| &panel.keys) {
                let start: String = key.name.chars().take(12).collect();
                assert!(svg.contains(&svg::escape(&start)), "{}: {}", figure.name, key.name);
            }
        }
    }
}

/// Numbers of an attribute.
fn numbers(text: &str, name: &str) -> Vec<f64> {
    let start = format!(" {name}=\"");
    let parts = text.split(&start).skip(1);
    let read =
        |part: &str| part.split('"').next().map(|n| n.split(' ').map(|n| n.parse().ok()).collect());
    let lists: Vec<Option<Vec<f64>>> = parts.filter_map(read).collect();
    lists.into_iter().flatten().flatten().collect()
}

#[test]
fn legends_and_words_lie_outside_of_every_plot() {
    for figure in all() {
        for svg in drawn(&figure) {
            let boxes: Vec<[f64; 4]> = numbers(&svg, "data-box")
                .chunks(4)
                .map(|b| [b[0], b[1], b[2], b[3]].map(|n| 10.0 * n))
                .collect();
            assert_eq!(boxes.len(), figure.panels.len());
            for class in ["key", "entry", "words", "heading"] {
                for group in svg.split(&format!("<g class=\"{class}\"")).skip(1) {
                    let group = group.split("</g>").next().unwrap_or("");
                    let places = numbers(group, "x").into_iter().zip(numbers(group, "y"));
                    for (x, y) in places {
                        let inside = |b: &[f64; 4]| x > b[0] && x < b[2] && y > b[1] && y < b[3];
                        assert!(!boxes.iter().any(inside), "{}: {class} at {x}, {y}", figure.name);
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_is_drawn_outside_of_the_picture() {
    for figure in all() {
        for (svg, width) in drawn(&figure).into_iter().zip([7200.0, 3600.0, 7600.0]) {
            let height = numbers(&svg, "viewBox")[3];
            for (name, most) in
                [("x", width), ("x1", width), ("cx", width), ("y", height), ("cy", height)]
            {
                let outside = numbers(&svg, name).into_iter().find(|n| !(0.0..=most).contains(n));
                assert_eq!(outside, None, "{} {name}", figure.name);
            }
        }
    }
}

/// What cannot be told leaves a gap: the line of an unstable point ends before it.
#[test]
fn a_line_ends_where_nothing_is_known() {
    let figure = &of_a_sweep()[0];
    let lines = figure.panels[0].series.iter().filter(|series| series.shape == Shape::Line);
    for line in lines {
        let known = line.points.iter().filter(|point| point.y.is_finite()).count();
        assert_eq!((known, line.points.len()), (7, 8));
        assert!(line.points[7].says.contains('∞'), "{}", line.points[7].says);
    }
}

/// The share that takes longer than a percentile is what the percentile says, and falls as latency rises.
#[test]
fn the_tail_is_the_distribution() {
    let study = study();
    let summary = study.summary();
    let figure = distribution(&[(&summary.designs[0], study.metrics(0))]);
    let [density, tail] = figure.panels.as_slice() else { panic!("two panels") };
    let whole: f64 = density.series[0].points.iter().map(|point| point.y).sum();
    assert!((whole - 100.0).abs() < 0.5, "{whole}");
    let line = &tail.series[0].points;
    assert!(line.is_sorted_by(|a, b| a.x <= b.x && a.y >= b.y));
    let p50 = &tail.series[1].points[0];
    let at_half = line.iter().find(|point| (point.y - 50.0).abs() < 1e-9).map(|point| point.x);
    assert!(at_half.is_some_and(|x| (x - p50.x).abs() < 1e-9 * x), "{at_half:?} {}", p50.x);
}

#[test]
fn faults_are_marked_when_they_happen() {
    let study = study();
    let [timeline, _] = of_a_run(study.model(0));
    let Some(Mark::Between(from, to, says, _)) = timeline.panels[0].marks.first() else {
        panic!("no fault in {:?}", timeline.panels[0].marks)
    };
    let unit = if timeline.panels[0].x.unit == "ms" { 1e-3 } else { 1.0 };
    assert_eq!((from * unit, to * unit), (4.0, 5.0));
    assert!(says.contains("services.web"), "{says}");
}

#[test]
fn the_front_is_what_no_other_beats() {
    let at = |x: f64, y: f64| Point { label: format!("{x} {y}"), ..Point::new(x, y) };
    let points = [at(1.0, 9.0), at(2.0, 4.0), at(3.0, 4.0), at(4.0, 1.0), at(5.0, 5.0)];
    let front = super::designs::front(&points);
    assert_eq!(front, [points[0].clone(), points[1].clone(), points[3].clone()]);
}
