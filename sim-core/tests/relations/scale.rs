//! Scaling time, splitting a client, cutting more, merging in any grouping.

use super::{felt, mean_and_error, mean_responses, model, simulate};
use sim_core::metrics::{Metrics, Outcome};
use sim_core::model::Model;
use sim_core::time::Duration;

/// Queues, threads, pools, branches, loops and users; every duration is a multiple of `unit` nanoseconds, every rate
/// of its inverse.
fn scaled(unit: u64) -> Model {
    let time = |units: u64| format!("\"{}ns\"", units * unit);
    let rate = |per_million_units: f64| format!("\"{}/s\"", per_million_units * 1e3 / unit as f64);
    model(&format!(
        r#"(
        components: {{
            "a": {{ "x": [work(exponential({})), parallel([call("b.y"), wait(exponential({}))]), read("s")] }},
            "b": {{ "y": [repeat(geometric(2), work(lognormal(mean: {}, cv: 1.5)))] }},
        }},
        services: {{
            "a": (components: ["a"], replicas: 2, threads: 6, queue: 20, pools: {{"s": 2}}),
            "b": (components: ["b"], discipline: processor_sharing),
        }},
        stores: {{ "s": database(servers: 1, read: exponential({}), discipline: random) }},
        network: (hop: uniform({}, {})),
        clients: {{
            "open": (rate: {}, mix: "a.x", timeout: {}),
            "users": (users: 4, think: exponential({}), mix: {{"a.x": 1, "b.y": 3}}),
        }},
        run: (horizon: {}),
        )"#,
        time(4_000),
        time(6_000),
        time(2_000),
        time(3_000),
        time(500),
        time(1_500),
        rate(100.0),
        time(200_000),
        time(60_000),
        time(20_000_000),
    ))
}

/// Requests per outcome, and response times in units.
fn counts_and_mean(outcome: &Outcome, unit: f64) -> (Vec<(u64, u64, u64, u64)>, f64) {
    let journeys = &outcome.metrics.journeys;
    let counts = journeys.iter().map(|j| (j.sent, j.refused, j.timed_out, j.response.count()));
    let (sum, n) = journeys.iter().fold((0.0, 0.0), |(sum, n), j| {
        (sum + j.response.sum() as f64, n + j.response.count() as f64)
    });
    (counts.collect(), sum / n / unit)
}

#[test]
fn twice_the_rates_and_half_the_durations_halve_every_time() {
    // A unit of 10 µs leaves rounding to whole nanoseconds at 1e-8 of a service.
    let (slow, fast) = (simulate(&scaled(20_000), 0), simulate(&scaled(10_000), 0));
    let (slow_counts, slow_mean) = counts_and_mean(&slow, 20_000.0);
    let (fast_counts, fast_mean) = counts_and_mean(&fast, 10_000.0);
    assert!(slow_counts[0].0 > 1_000, "{slow_counts:?}");
    assert_eq!(slow_counts, fast_counts);
    assert!((slow_mean / fast_mean - 1.0).abs() < 1e-6, "{slow_mean} and {fast_mean}");
}

#[test]
fn a_poisson_client_split_in_two_is_the_same_traffic() {
    let text = |clients: &str| {
        format!(
            r#"(
            components: {{ "a": {{ "x": [work(exponential("10ms"))] }} }},
            services: {{ "a": (components: ["a"]) }},
            clients: {{ {clients} }},
            run: (horizon: "400s", warmup: "40s"),
            )"#
        )
    };
    let one = mean_responses(&model(&text(r#""all": (rate: "70/s", mix: "a.x")"#)), 40);
    let two = r#""some": (rate: "30/s", mix: "a.x"), "rest": (rate: "40/s", mix: "a.x")"#;
    let two = mean_responses(&model(&text(two)), 40);
    let ((a, error_a), (b, error_b)) = (mean_and_error(&one), mean_and_error(&two));
    let t = (a - b) / (error_a * error_a + error_b * error_b).sqrt();
    // |t| > 4 happens once in 16,000 runs, and these draws are always the same.
    assert!(t.abs() < 4.0, "{a} and {b}: t = {t}");
    // M/M/1: 1 / (100/s - 70/s).
    assert!((a * 30.0 - 1.0).abs() < 4.0 * error_a * 30.0, "{a} ± {error_a}");
}

#[test]
fn a_longer_warmup_moves_no_mean_beyond_its_interval() {
    let text = |warmup: &str| {
        let text = include_str!("../robust/plain.ron");
        text.replace("horizon: \"2min\"", &format!("horizon: \"10min\", warmup: \"{warmup}\""))
    };
    let short = mean_responses(&model(&text("1min")), 30);
    let long = mean_responses(&model(&text("4min")), 30);
    let moved: Vec<f64> = short.iter().zip(&long).map(|(a, b)| a - b).collect();
    let (mean, error) = mean_and_error(&moved);
    assert!(error > 0.0 && mean.abs() < 4.0 * error, "{mean} ± {error}");
}

#[test]
fn merging_in_any_grouping_gives_the_same_bits() {
    let text = include_str!("../robust/everything.ron").replace("5min", "40s");
    let model = model(&text);
    let parts: Vec<Metrics> = (0..4).map(|i| simulate(&model, i).metrics).collect();
    let merged = |order: &[usize]| {
        let mut all = Metrics::new(&model);
        order.iter().for_each(|&i| all.merge(&parts[i]));
        all
    };
    let one = merged(&[0, 1, 2, 3]);
    let mut grouped = merged(&[3, 1]);
    grouped.merge(&merged(&[0, 2]));
    for other in [merged(&[3, 2, 1, 0]), grouped] {
        assert_eq!(one.digest(), other.digest());
        assert_eq!(felt(&model, &one), felt(&model, &other));
        assert_eq!((one.measured, one.population()), (other.measured, other.population()));
    }
    assert_ne!(one.digest(), merged(&[0, 1, 2]).digest());
    assert_eq!(one.measured, 4 * Duration::from_secs(30.0).0);
}
