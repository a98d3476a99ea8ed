//! One station: queues, losses, orders of service, and how requests come.

use crate::case::Case;
use crate::probes::{Slowdown, Unfinished};
use crate::steady::of_times;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mm1() {
    one_server("mm1");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mm1_hot() {
    one_server("mm1-hot");
}

fn one_server(id: &'static str) {
    let Some(mut case) = Case::open(id, &[]) else { return };
    case.steady("", |run, name| run.standard(name));
    if case.expects("goodput_ratio_client_timeout") {
        case.steady("clients give up", |run, name| {
            let users = run.client("users");
            let ratio = users.response.count() as f64 / users.ended() as f64;
            (name == "goodput_ratio_client_timeout").then_some(ratio)
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mmc() {
    let Some(mut case) = Case::open("mmc", &[]) else { return };
    case.steady("", |run, name| match name {
        "p_wait_over_slo" => {
            Some(1.0 - run.station("server").seen.wait.fraction_at_most(50_000_000))
        }
        _ => run.standard(name),
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn pooling() {
    let Some(mut case) = Case::open("pooling", &[]) else { return };
    case.steady("split", |run, name| run.standard(name.strip_prefix("split_")?));
    case.steady("shared", |run, name| run.standard(name.strip_prefix("shared_")?));
    case.steady("fast", |run, name| run.standard(name.strip_prefix("fast_")?));
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mmck_overload() {
    bounded_queue("mmck-overload");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mmck_shed() {
    bounded_queue("mmck-shed");
}

/// Only those who are let in have a sojourn.
fn bounded_queue(id: &'static str) {
    let Some(mut case) = Case::open(id, &[]) else { return };
    case.steady("", |run, name| run.standard(name.strip_prefix("accepted_").unwrap_or(name)));
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn erlang_b() {
    let Some(mut case) = Case::open("erlang-b", &["max_in_system"]) else { return };
    for design in ["", "constant", "lognormal"] {
        case.steady(design, |run, name| run.standard(name));
    }
    case.steady("lighter", |run, name| {
        (name == "p_reject_20_servers_13.18_erlang").then(|| run.standard("p_reject"))?
    });
    case.close();
}

/// Everybody who comes counts, those who hang up included.
#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn erlang_a() {
    let Some(mut case) = Case::open("erlang-a", &[]) else { return };
    case.steady("", |run, name| {
        let (callers, agents) = (run.client("callers"), run.station("agents"));
        let seen = agents.seen;
        let all = (seen.wait.count() + seen.dropped) as f64;
        match name {
            "p_abandon" => Some(callers.timed_out as f64 / callers.ended() as f64),
            "p_wait" => Some(1.0 - seen.wait.fraction_at_most(0) * seen.wait.count() as f64 / all),
            "wait_mean_all" => {
                let waited = seen.wait.sum() as f64 + seen.dropped_wait as f64;
                Some(waited / all * 1e-9)
            }
            _ => agents.standard(name),
        }
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mg1_ps() {
    let Some(mut case) = Case::open("mg1-ps", &[]) else { return };
    for design in ["", "constant", "varied"] {
        case.steady(design, |run, name| match name {
            "p_in_system_ge_5" => Some(run.station("server").p_at_least(5)),
            _ => run.standard(name),
        });
    }
    case.steady_with(
        "varied",
        |_| Slowdown::near(0.1),
        |run, name| {
            let slowdown = run.recorder.mean();
            (name == "hyperexp_sojourn_mean_given_size_0.1").then_some(0.1 * slowdown)
        },
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn priority_np() {
    let Some(mut case) = Case::open("priority-np", &[]) else { return };
    case.steady("", |run, name| {
        let (urgent, patient) = (run.client("urgent"), run.client("patient"));
        Some(match name {
            "class1_sojourn_mean" => of_times(&urgent.response, "mean")?,
            "class1_wait_mean" => urgent.breakdown.mean().queueing,
            "class2_sojourn_mean" => of_times(&patient.response, "mean")?,
            "class2_wait_mean" => patient.breakdown.mean().queueing,
            "overall_sojourn_mean" => {
                let mut all = urgent.response.clone();
                all.merge(&patient.response);
                of_times(&all, "mean")?
            }
            _ => return None,
        })
    });
    case.steady_with(
        "",
        |_| Unfinished::default(),
        |run, name| (name == "work_in_system_mean").then(|| run.recorder.work() / run.seconds),
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn service_order() {
    let Some(mut case) = Case::open("service-order", &[]) else { return };
    for design in ["fifo", "lifo", "random"] {
        case.steady(design, |run, name| match name {
            "wait_mean_all" => run.standard("wait_mean"),
            _ => run.standard(name.strip_prefix(design)?.strip_prefix('_')?),
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn md1() {
    standard("md1");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn me2c() {
    standard("me2c");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mg1_lognormal() {
    let Some(mut case) = Case::open("mg1-lognormal", &[]) else { return };
    case.leave_to_long_form(&["wait_var", "sojourn_var"]);
    case.steady("", |run, name| run.standard(name));
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mg1_hyperexp() {
    standard("mg1-hyperexp");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn e2h2_1() {
    standard("e2h2-1");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn h2e2_1() {
    standard("h2e2-1");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn gg1_gamma_lognormal() {
    standard("gg1-gamma-lognormal");
}

fn standard(id: &'static str) {
    let Some(mut case) = Case::open(id, &[]) else { return };
    case.steady("", |run, name| run.standard(name));
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mmpp_m1() {
    let Some(mut case) = Case::open("mmpp-m1", &[]) else { return };
    case.steady("", |run, name| match name {
        "arrival_rate_mean" => Some(run.client("users").sent as f64 / run.seconds),
        _ => run.standard(name),
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn batch_arrivals() {
    // The model counts requests, the truth batches: 10 batches of 5 are 50 requests a second.
    let Some(mut case) = Case::open("batch-arrivals", &["rate_per_s"]) else { return };
    for design in ["fixed", "geometric"] {
        case.steady(design, |run, name| match name {
            "utilisation" => run.standard(name),
            _ => run.standard(name.strip_prefix(design)?.strip_prefix('_')?),
        });
    }
    case.close();
}
