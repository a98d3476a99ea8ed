//! A report is whole, stands by itself and holds no markup of the model.

use super::*;
use crate::model::{Files, Model};
use crate::spec::Spec;
use crate::study::{Alternative, Replicate, Study};

const EVIL: &str = r#"(
    question: "Is <img src=x onerror=alert(1)> & \"two\" enough?",
    components: {"<script>alert(2)</script>": {"go": [work("2ms")]}},
    services: {"a|b": (components: ["<script>alert(2)</script>"], cores: 1, instance: "s")},
    prices: (instances: {"s": (on_demand: "$0.1/h")}),
    clients: {"`c`": (rate: "100/s", mix: "<script>alert(2)</script>.go", timeout: "1s")},
    designs: {"</style><script>": {"services": {"a|b": (components: ["<script>alert(2)</script>"], cores: 2, instance: "s")}}},
    objectives: [latency(percentile: 99, below: "20ms")],
    run: (horizon: "10s", replications: 3, warmup: "1s"),
)"#;

fn document() -> Document {
    let spec = Spec::parse("evil.ron", EVIL).unwrap_or_else(|errors| panic!("{errors}"));
    let names = crate::study::designs_of(&spec);
    let of = |design: &Option<&str>| {
        let spec = design.map_or(spec.clone(), |design| spec.design(design).expect("it is there"));
        let checked =
            Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}"));
        let topology = Topology::of(design.unwrap_or("as written"), &spec, &checked);
        (Alternative::new(design.unwrap_or("as written"), checked, spec.hash()), topology)
    };
    let (designs, topologies): (Vec<Alternative>, Vec<Topology>) = names.iter().map(of).unzip();
    let plan = crate::study::Plan::of(&designs);
    let mut study = Replicate::new(designs, plan);
    study.run();
    let summary = study.summary();
    let figures = vec![super::super::figure::side_by_side(&summary)];
    let chapters = topologies.into_iter().map(|topology| Chapter { topology, figures: Vec::new() });
    Document {
        figures,
        designs: chapters.collect(),
        warnings: vec!["services.<b>: it is \u{7} loud".into()],
        conventions: conventions(&spec),
        file: "evil.ron".into(),
        source: EVIL.into(),
        command: "archsim report 'evil</pre><script>.ron'".into(),
        summary,
    }
}

#[test]
fn html_holds_no_markup_of_the_model_and_loads_nothing() {
    let html = document().html();
    assert_eq!(html.matches("<script").count(), 1, "only our own");
    assert_eq!(html.matches("<style>").count(), 1);
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(!html.contains("<img") && !html.contains("onerror=alert(1)>"));
    let outside = ["src=", "@import", "url(", "<link", "<iframe"];
    let body = html.replace("&lt;img src=x", "");
    assert!(outside.iter().all(|way| !body.contains(way)), "something is loaded");
    let addresses = body.matches("http").count() - body.matches("http-equiv").count();
    assert_eq!(addresses, body.matches("http://www.w3.org/2000/svg").count());
}

/// Between the head and the script all is well-formed, so that a stray `<` of a model could not have survived.
#[test]
fn html_is_well_formed() {
    let html = document().html();
    let (_, body) = html.split_once("<body>").expect("a body");
    let (body, _) = body.split_once("<script>").expect("a script");
    super::super::figure::tests::assert_well_formed(body);
}

#[test]
fn a_report_says_what_it_has_to() {
    let document = document();
    let (html, markdown) = (document.html(), document.markdown());
    let headline = |text: &str| text.contains("99th percentile");
    for text in [&html, &markdown] {
        assert!(headline(text) && text.contains("What was assumed"));
        assert!(text.contains("archsim report"), "how to have it again");
        assert!(text.contains(&document.summary.designs[0].fingerprint));
        assert!(text.contains("Where the money goes"));
        for convention in conventions(&Spec::parse("evil.ron", EVIL).expect("it reads")) {
            assert!(
                text.contains(convention) || text.contains(&convention.replace('\'', "&apos;")),
                "{convention}"
            );
        }
    }
    assert!(html.contains("services.&lt;b&gt;: it is   loud"), "control signs are spaces");
    assert!(markdown.contains("```mermaid"));
    // What is fenced is kept as it is; outside of fences nothing of the model is a tag.
    let outside: String = markdown.split("```").step_by(2).collect();
    assert!(!outside.replace("\\<", "").contains("<script"), "{outside}");
    assert_eq!(markdown.matches("<details>").count(), markdown.matches("</details>").count());
}

/// A sweep of the same model along its load.
fn sweep_document() -> SweepDocument {
    use crate::study::{Axis, Effort, Origin, Points, Sampling, Sweep};
    let spec = Spec::parse("evil.ron", EVIL).unwrap_or_else(|errors| panic!("{errors}"));
    let axes = [r#"clients."`c`".rate=100/s..400/s:3"#, r#"services."a|b".cores=1,2"#];
    let axes = axes.map(|axis| Axis::parse(axis).unwrap_or_else(|error| panic!("{error:?}")));
    let points = Points::new(axes.to_vec(), Sampling::Grid, 1).expect("there are six");
    let files = Box::new(|_: &Spec| Ok(Files::default()));
    let mut sweep = Sweep::new(spec.clone(), files, points, Effort::default())
        .unwrap_or_else(|errors| panic!("{errors}"));
    sweep.run();
    let command = "archsim sweep 'evil</pre><script>.ron'".to_owned();
    let sweep = sweep.summary(Origin { command, ..Origin::default() });
    SweepDocument {
        figures: super::super::figure::sweep(&sweep),
        conventions: conventions(&spec),
        file: "<b>evil.ron".into(),
        source: EVIL.into(),
        command: "archsim report 'study</pre><script>'".into(),
        sweep,
    }
}

#[test]
fn the_report_of_a_sweep_answers_and_holds_no_markup_of_the_model() {
    let document = sweep_document();
    let (html, markdown) = (document.html(), document.markdown());
    for text in [&html, &markdown] {
        // Two cores serve 1000/s, so 400/s keep to 20 ms; in 9 s at 100/s too few requests lie beyond their p99.
        let says = "cores=2: all objectives are met up to 400/s (of 1 lower loads these runs do not tell), the highest";
        assert!(text.contains(says), "{text}");
        assert!(text.contains("archsim sweep"), "how to have it again");
    }
    for figure in ["latency-against", "cost-against", "heat-map"] {
        assert!(html.contains(&format!("data-figure=\"{figure}\"")), "{figure}");
    }
    assert_eq!(html.matches("<script").count(), 1, "only our own");
    assert_eq!(html.matches("</style>").count(), 1);
    assert!(!html.contains("<img") && !html.contains("<b>evil"));
    let (_, body) = html.split_once("<body>").expect("a body");
    let (body, _) = body.split_once("<script>").expect("a script");
    super::super::figure::tests::assert_well_formed(body);
    let outside: String = markdown.split("```").step_by(2).collect();
    assert!(!outside.replace("\\<", "").contains("<script"), "{outside}");
}
