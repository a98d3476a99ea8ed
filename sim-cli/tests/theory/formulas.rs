//! Closed forms of the simplest systems, for those who have this repository only. Their parameters are the models'.

use crate::truth::{Expected, Kind};

/// What the formulas say of a case; empty if there are none.
pub(crate) fn expected(case: &str) -> Vec<Expected> {
    let values = match case {
        "mm1" => mm1(80.0, 100.0),
        "mm1-hot" => mm1(37.3, 41.9),
        "mmc" => mmc(45.0, 10.0, 6),
        "mmck-overload" => mmck(50.0, 10.0, 4, 10),
        "mmck-shed" => mmck(58.4, 8.1, 7, 23),
        "md1" => md1(85.0, 100.0),
        _ => Vec::new(),
    };
    let expected =
        |(name, value): (&str, f64)| Expected { name: name.to_owned(), value, kind: Kind::Exact };
    values.into_iter().map(expected).collect()
}

/// M/M/1: the number is geometric, the sojourn exponential (L. Kleinrock, "Queueing Systems I", 1975, 3.2).
fn mm1(arrivals: f64, services: f64) -> Vec<(&'static str, f64)> {
    let load = arrivals / services;
    let mean = 1.0 / (services - arrivals);
    let percentile = |p: f64| -mean * sim_core::math::ln(1.0 - p);
    vec![
        ("sojourn_mean", mean),
        ("sojourn_var", mean * mean),
        ("wait_mean", load * mean),
        ("in_system_mean", load / (1.0 - load)),
        ("utilisation", load),
        ("p_idle", 1.0 - load),
        ("sojourn_p50", percentile(0.5)),
        ("sojourn_p99", percentile(0.99)),
    ]
}

/// M/M/c by Erlang's C (A. K. Erlang, 1917), from the recursion of his B.
fn mmc(arrivals: f64, services: f64, servers: u32) -> Vec<(&'static str, f64)> {
    let offered = arrivals / services;
    let blocking = (1..=servers).fold(1.0, |b, c| offered * b / (f64::from(c) + offered * b));
    let load = offered / f64::from(servers);
    let p_wait = blocking / (1.0 - load * (1.0 - blocking));
    let wait = p_wait / (f64::from(servers) * services - arrivals);
    vec![
        ("p_wait", p_wait),
        ("wait_mean", wait),
        ("sojourn_mean", wait + 1.0 / services),
        ("queue_len_mean", arrivals * wait),
        ("utilisation", load),
    ]
}

/// M/M/c/K from its balance equations (D. Gross et al., "Fundamentals of Queueing Theory", 2.5).
fn mmck(arrivals: f64, services: f64, servers: u32, room: u32) -> Vec<(&'static str, f64)> {
    let mut states = vec![1.0];
    for n in 1..=room {
        let before = states[n as usize - 1];
        states.push(before * arrivals / (services * f64::from(n.min(servers))));
    }
    let total: f64 = states.iter().sum();
    let mean = |of: &dyn Fn(f64) -> f64| -> f64 {
        states.iter().enumerate().map(|(n, weight)| of(n as f64) * weight / total).sum()
    };
    let p_reject = states[room as usize] / total;
    let throughput = arrivals * (1.0 - p_reject);
    let in_system = mean(&|n| n);
    let sojourn = in_system / throughput;
    vec![
        ("p_reject", p_reject),
        ("throughput", throughput),
        ("accepted_wait_mean", sojourn - 1.0 / services),
        ("accepted_sojourn_mean", sojourn),
        ("in_system_mean", in_system),
        ("utilisation", mean(&|n| n.min(f64::from(servers))) / f64::from(servers)),
    ]
}

/// M/D/1 by Pollaczek and Khinchine.
fn md1(arrivals: f64, services: f64) -> Vec<(&'static str, f64)> {
    let load = arrivals / services;
    let wait = load / (2.0 * services * (1.0 - load));
    vec![("wait_mean", wait), ("sojourn_mean", wait + 1.0 / services), ("p_no_wait", 1.0 - load)]
}

/// The formulas agree with the table, where that is at hand.
#[test]
fn formulas_agree_with_the_truth() {
    for case in ["mm1", "mm1-hot", "mmc", "mmck-overload", "mmck-shed", "md1"] {
        let formulas = expected(case);
        assert!(!formulas.is_empty());
        let known = crate::truth::known(case).expect("there is a formula").expected;
        for Expected { name, value, .. } in formulas {
            let truth = known.iter().find(|known| known.name == name).expect("a known value");
            assert!((value / truth.value - 1.0).abs() < 1e-9, "{case} {name}: {value}");
        }
    }
}
