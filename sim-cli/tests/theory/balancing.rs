//! Many servers: how a balancer chooses, and requests that need several answers.

use crate::case::Case;
use crate::probes::{Pair, Responses};
use crate::steady::of_times;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn lb_policies() {
    let Some(mut case) = Case::open("lb-policies", &[]) else { return };
    for policy in ["random", "round_robin", "shared_queue", "jsq", "power_of_2"] {
        case.steady(policy, |run, name| {
            run.standard(name.strip_prefix(policy)?.strip_prefix('_')?)
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn jsq_2() {
    let Some(mut case) = Case::open("jsq-2", &[]) else { return };
    case.steady("", |run, name| match name {
        "mm2_lower_bound" => run.standard("sojourn_mean"),
        _ => run.standard(name),
    });
    case.steady_with(
        "",
        |_| Pair::default(),
        |run, name| match name {
            "p_all_idle" => Some(run.recorder.idle() / run.seconds),
            "mean_imbalance" => Some(run.recorder.imbalance() / run.seconds),
            _ => None,
        },
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn power_of_d() {
    let Some(mut case) = Case::open("power-of-d", &[]) else { return };
    for design in ["N10_d2_rho0.9", "N100_d2_rho0.9"] {
        case.steady_with(
            design,
            |_| Responses::default(),
            |run, name| {
                (name.strip_prefix("sojourn_mean_")? == design).then(|| run.recorder.mean())
            },
        );
    }
    for design in [
        "d2_rho0.5",
        "d2_rho0.7",
        "d2_rho0.8",
        "d2_rho0.9",
        "d2_rho0.95",
        "d2_rho0.99",
        "d3_rho0.9",
        "d1_rho0.9",
    ] {
        case.steady_with(
            design,
            |_| Responses::default(),
            |run, name| {
                (name.strip_prefix("limit_sojourn_")? == design).then(|| run.recorder.mean())
            },
        );
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn fork_join_2() {
    let Some(mut case) = Case::open("fork-join-2", &[]) else { return };
    case.steady("", |run, name| {
        let response = run.response_mean("users");
        let branch = run.operation_mean("shard.answer");
        Some(match name {
            "response_mean" | "independent_max_mean" => response,
            "branch_mean" => branch,
            "synchronisation_ratio" => response / branch,
            _ => return None,
        })
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn fork_join_n() {
    let Some(mut case) = Case::open("fork-join-n", &[]) else { return };
    for branches in ["n4", "n8", "n16"] {
        case.steady(branches, |run, name| {
            let value = name.strip_suffix(branches)?;
            value.starts_with("response").then(|| run.response_mean("users"))
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn scatter_gather() {
    let Some(mut case) = Case::open("scatter-gather", &["fanout"]) else { return };
    // What one leaf in a hundred and one in ten thousand exceed, with a mean of 10 ms.
    let exceeded = |part: f64| (1e7 * sim_core::math::ln(1.0 / part)) as u64;
    let (rare, rarest) = (exceeded(0.01), exceeded(0.0001));
    case.leave_to_long_form(&["p_over_leaf_p99.99_n2000"]);
    let fans: &[&str] = match case.expects("p_over_leaf_p99.99_n2000") {
        true => &["n1", "n10", "n100", "n2000"],
        false => &["n1", "n10", "n100"],
    };
    for &fan in fans {
        case.steady(fan, |run, name| {
            let response = &run.client("users").response;
            match name.strip_suffix(fan)?.strip_suffix('_')? {
                "p_over_leaf_p99" => Some(1.0 - response.fraction_at_most(rare)),
                "p_over_leaf_p99.99" => Some(1.0 - response.fraction_at_most(rarest)),
                value => of_times(response, value.strip_prefix("max_")?),
            }
        });
    }
    case.steady("first_95_of_100", |run, name| {
        of_times(&run.client("users").response, name.strip_prefix("first_95_of_100_")?)
    });
    case.close();
}
