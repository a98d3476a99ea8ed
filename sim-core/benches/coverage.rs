//! How often do our intervals cover the truth? `cargo xtask coverage`
//!
//! Many whole studies of systems with known answers, each with another seed; the share of those whose 95 % interval
//! holds the known value is printed beside how many studies claimed to be confident at all. A cell passes where at
//! least a quarter of the studies are confident and their coverage lies within [93.5, 96.5] %, or where (almost) none
//! is: a run that is too short has to say so. Arguments: number of studies (default 2000).

use rayon::prelude::*;
use sim_core::metrics::EVENTS_MAX;
use sim_core::model::{Files, Model};
use sim_core::spec::Spec;
use sim_core::study::{Alternative, Plan, Replicate, Study, Until, Value};
use sim_core::time::Duration;

struct Cell {
    name: &'static str,
    text: String,
    /// Requests over all replications of a study.
    requests: f64,
    rate: f64,
    truth: f64,
    what: fn(&sim_core::study::Red) -> Value,
}

fn station(law: &str, cores: u32, rate: f64) -> String {
    format!(
        r#"(
            components: {{"c": {{"o": [work({law})]}}}},
            services: {{"s": (components: ["c"], cores: {cores})}},
            clients: {{"u": (rate: "{rate}/s", mix: "c.o")}},
        )"#
    )
}

/// Mean response of M/M/c with mean service 1 s, by Erlang's C formula.
fn mmc(servers: u32, rate: f64) -> f64 {
    let c = f64::from(servers);
    let mut blocking = 1.0;
    for n in 1..=servers {
        blocking = rate * blocking / (f64::from(n) + rate * blocking);
    }
    let waiting = blocking / (1.0 - rate / c * (1.0 - blocking));
    1.0 + waiting / (c - rate)
}

fn cells() -> Vec<Cell> {
    let mean: fn(&sim_core::study::Red) -> Value = |red| red.mean;
    let p99: fn(&sim_core::study::Red) -> Value = |red| red.p99;
    let mut cells = Vec::new();
    for (load, name) in [(0.5, "M/M/1 50 %"), (0.8, "M/M/1 80 %"), (0.9, "M/M/1 90 %")] {
        for requests in [20e3, 200e3, 1e6] {
            let text = station(r#"exponential("1s")"#, 1, load);
            let truth = 1.0 / (1.0 - load);
            let tail = truth * sim_core::math::ln(100.0);
            cells.push(Cell { name, text: text.clone(), requests, rate: load, truth, what: mean });
            cells.push(Cell {
                name: "  its p99",
                text,
                requests,
                rate: load,
                truth: tail,
                what: p99,
            });
        }
    }
    for requests in [200e3, 1e6] {
        let text = station(r#"exponential("1s")"#, 8, 7.2);
        cells.push(Cell {
            name: "M/M/8 90 %",
            text,
            requests,
            rate: 7.2,
            truth: mmc(8, 7.2),
            what: mean,
        });
        let law = r#"hyperexponential([(0.9, "0.01s"), (0.1, "0.2s")])"#;
        // Pollaczek-Khinchine: wait = rate · E[S²] / 2(1 - load).
        let truth = 0.029 + 20.0 * 2.0 * (0.9 * 0.0001 + 0.1 * 0.04) / (2.0 * (1.0 - 0.58));
        let text = station(law, 1, 20.0);
        cells.push(Cell { name: "M/H2/1 58 %", text, requests, rate: 20.0, truth, what: mean });
        cells.push(Cell {
            name: "fork-join of 2",
            text: FORK_JOIN.to_owned(),
            requests,
            rate: 7.0,
            // Flatto and Hahn 1984: (12 - load) / 8 of the M/M/1 response.
            truth: (12.0 - 0.7) / 8.0 * 0.1 / 0.3,
            what: mean,
        });
    }
    cells
}

const FORK_JOIN: &str = r#"(
    components: {
        "f": {"o": [parallel([call("a.o"), call("b.o")])]},
        "a": {"o": [work(exponential("0.1s"))]},
        "b": {"o": [work(exponential("0.1s"))]},
    },
    services: {"f": (components: ["f"]), "a": (components: ["a"]), "b": (components: ["b"])},
    clients: {"u": (rate: "7/s", mix: "f.o")},
)"#;

/// Whether a study is confident, and if so whether its interval covers.
fn study(cell: &Cell, seed: u64) -> Option<bool> {
    let spec = Spec::parse("coverage", &cell.text).unwrap_or_else(|d| panic!("{d}"));
    let checked = Model::check(&spec, &Files::default()).unwrap_or_else(|d| panic!("{d}"));
    let replications = 20;
    let horizon = cell.requests / f64::from(replications) / cell.rate;
    let plan = Plan {
        seed,
        until: Until::Replications(replications),
        horizon: Duration::from_secs(horizon),
        warmup: None,
        events_max: EVENTS_MAX,
    };
    let mut study = Replicate::new(vec![Alternative::new("base", checked, 0)], plan);
    study.run();
    let summary = study.summary();
    let value = (cell.what)(&summary.designs[0].all);
    value.is_confident().then(|| value.low() <= cell.truth && cell.truth <= value.high())
}

fn main() {
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let studies: u64 = asked.unwrap_or(2000);
    println!("{studies} studies a cell, 20 replications each, nominal 95 %");
    println!("{:<16}{:>12}{:>12}{:>12}  verdict", "system", "requests", "confident", "coverage");
    let mut wrong = 0;
    for cell in cells() {
        let told: Vec<bool> =
            (0..studies).into_par_iter().filter_map(|seed| study(&cell, seed + 1)).collect();
        let confident = told.len() as f64 / studies as f64;
        let coverage =
            told.iter().filter(|&&covers| covers).count() as f64 / told.len().max(1) as f64;
        // Within the band, or as near as so many studies can tell.
        let noise = 2.6 * (0.95 * 0.05 / told.len().max(1) as f64).sqrt();
        let slack = if studies < 2000 { noise } else { 0.0 };
        let well = confident < 0.05 || (0.935 - slack..=0.965 + slack).contains(&coverage);
        wrong += u32::from(!well);
        let verdict = if confident < 0.05 {
            "says that it is too short"
        } else if well {
            "ok"
        } else {
            "OFF"
        };
        println!(
            "{:<16}{:>12}{:>11.1}%{:>11.1}%  {verdict}",
            cell.name,
            cell.requests,
            100.0 * confident,
            100.0 * coverage
        );
    }
    if wrong > 0 {
        println!("{wrong} cells are off");
        std::process::exit(1);
    }
}
