//! Models at the edge of what can be written: they end, within bounds, or are refused.

use super::survives;
use sim_core::metrics::{Outcome, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::{Seed, Stopped};
use sim_core::time::Duration;
use std::fmt::Write;
use std::time::Instant;

fn check(text: &str) -> Result<Model, String> {
    let checked = Model::read("edge.ron", text, |_| Files::default());
    checked.map(|(_, checked)| checked.model).map_err(|errors| errors.to_string())
}

fn start(model: &Model, events_max: u64) -> Outcome {
    let seed = Seed { seed: 1, replication: 0 };
    let (warmup, horizon) = (Duration::ZERO, model.run.horizon);
    let outcome = run(model, Trial { design: 0, seed, warmup, horizon, events_max });
    assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
    outcome
}

/// A component whose operation `home` has these steps, and its client.
fn steps(steps: &str, rest: &str) -> String {
    format!(
        r#"(
        components: {{ "web": {{ "home": [{steps}], "none": [], "short": [work("1ms")] }} }},
        services: {{ "api": (components: ["web"], cores: 0) }},
        clients: {{ "users": (rate: "10/s", mix: "web.home") }},
        {rest}
        )"#
    )
}

/// Operations that each call the next one in so many parallel branches.
fn tower(levels: usize, branches: usize, last: &str) -> String {
    let mut operations = String::new();
    for level in 0..levels {
        let calls = format!("call(\"web.o{}\"), ", level + 1).repeat(branches);
        writeln!(operations, "\"o{level}\": [parallel([{calls}])],").unwrap();
    }
    format!(
        r#"(
        components: {{ "web": {{ {operations} "o{levels}": [{last}] }} }},
        services: {{ "api": (components: ["web"], cores: 0) }},
        clients: {{ "users": (rate: "10/s", mix: "web.o0") }},
        )"#
    )
}

#[test]
fn a_tower_of_branches_is_stopped() {
    // A thousand branches of a thousand branches each: three waves of requests are two million and more at once.
    let model = check(&tower(2, 1000, "wait(\"1h\")")).unwrap();
    assert_eq!(start(&model, 50_000_000).stopped, Stopped::Overloaded);
    // And one more storey is more than can be run at all.
    let refused = check(&tower(3, 1000, "wait(\"1h\")")).unwrap_err();
    assert!(refused.contains("steps, more than can be run"), "{refused}");
}

#[test]
fn work_that_takes_no_time_is_stopped() {
    let started = Instant::now();
    // A rare way of a choice keeps the average small: what happens at one instant needs a bound of its own.
    let rare = "choose([(999999, []), (1, repeat(1000000, repeat(1000000, call(\"web.none\"))))])";
    for text in [
        steps(&rare.replace("999999", "0.001"), ""),
        steps("repeat(1000000, [])", ""),
        steps("repeat(1000000, call(\"web.none\"))", ""),
        steps("repeat(1000000, parallel([[], []]))", ""),
        steps(rare, ""),
        steps("choose([(1e9, []), (1, repeat(1000000, repeat(1000000, [])))])", "")
            .replace("10/s", "1e9/s"),
    ] {
        let Ok(model) = check(&text) else { continue };
        start(&model, 20_000);
    }
    assert!(started.elapsed().as_secs() < 60, "{} s", started.elapsed().as_secs());
}

#[test]
fn a_long_chain_of_calls_and_forks_does_not_exhaust_the_stack() {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let deep = thread.spawn(|| {
        let text = tower(198, 1, "work(\"1ms\")");
        assert_eq!(start(&check(&text).unwrap(), 100_000).stopped, Stopped::Events);
        // Within one operation, steps may be as deep as the notation lets them.
        let mut most = 0;
        for depth in [10, 20, 40, 80, 160] {
            let nested = "parallel([choose([(1, repeat(1, ".repeat(depth / 3)
                + "work(\"1ms\")"
                + "))])])".repeat(depth / 3).as_str();
            if check(&steps(&nested, "")).is_ok() {
                most = depth;
            }
        }
        assert!(most >= 10);
        let chain: Vec<String> = (0..150)
            .map(|i| {
                let nested = "parallel([choose([(1, ".repeat(8);
                format!("\"o{i}\": [{nested} call(\"web.o{}\") {}],", i + 1, ")])])".repeat(8))
            })
            .collect();
        let text = tower(0, 1, "work(\"1ms\")")
            .replace("\"o0\": [", &format!("{} \"o150\": [", chain.join("\n")));
        assert_eq!(start(&check(&text).unwrap(), 100_000).stopped, Stopped::Events);
    });
    deep.unwrap().join().expect("the stack holds");
}

#[test]
fn times_at_the_end_of_the_clock() {
    for text in [
        steps(
            "work(\"11000d\"), work(\"11000d\"), wait(\"11000d\")",
            "run: (horizon: \"11000d\"),",
        ),
        steps("repeat(1000000, wait(\"11000d\"))", "run: (horizon: \"11000d\"),")
            .replace("10/s", "1/d"),
        steps("work(lognormal(mean: \"10000d\", cv: 1e6))", ""),
        steps("work(pareto(shape: 0.01, min: \"1000d\"))", ""),
        steps("wait(weibull(mean: \"1ms\", shape: 0.01))", ""),
        steps("work(normal(mean: \"0s\", sd: \"11000d\"))", ""),
        steps("work(exponential(\"1ns\"))", "run: (horizon: \"1ns\"),"),
        steps("work(\"1ns\")", "").replace("10/s", "1e9/s"),
        steps("work(gamma(mean: \"1ms\", shape: 1e-9))", ""),
        steps("work(gamma(mean: \"1ms\", shape: 1e300))", ""),
        steps("work(erlang(k: 4294967295, mean: \"1ms\"))", ""),
        steps("repeat(geometric(1e15), work(\"1ms\"))", ""),
        steps("repeat(pareto(shape: 0.1, min: 1e15), [])", ""),
        steps("work(\"1ms\")", "").replace("rate: \"10/s\"", "arrivals: renewal(\"0s\")"),
        steps("work(\"1ms\")", "")
            .replace("rate: \"10/s\"", "arrivals: renewal(pareto(shape: 0.1, min: \"1ns\"))"),
        steps("work(\"1ms\")", "")
            .replace("rate: \"10/s\"", "rate: \"1/s\", arrivals: batches(1e15)"),
        steps("work(\"1ms\")", "").replace("rate: \"10/s\"", "users: 1000000"),
        steps("wait(mixture([(1, \"0s\"), (1e-300, \"1s\")]))", "")
            .replace("rate: \"10/s\"", "users: 3"),
    ] {
        survives(&text);
    }
}
