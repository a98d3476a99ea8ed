//! Stores of several members: shards, replicas, quorums.

use crate::case::Case;
use crate::probes::Members;
use crate::steady::of_times;
use sim_core::model::Load;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn sharding_zipf() {
    sharding("sharding-zipf", &[]);
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn sharding_zipf_37() {
    // At 88 % the busiest of 37 takes half a billion events to a percent.
    sharding("sharding-zipf-37", &["hot_shard_sojourn_mean"]);
}

fn sharding(id: &'static str, long: &[&str]) {
    let Some(mut case) = Case::open(id, &[]) else { return };
    case.leave_to_long_form(long);
    case.steady_with(
        "",
        |_| Members::default(),
        |run, name| {
            let (hot, cold) = run.recorder.utilisations(run.seconds);
            let mean = run.recorder.utilisation(run.seconds);
            let (sojourn, at_hot) = run.recorder.sojourns();
            Some(match name {
                "hot_shard_share" => run.recorder.hot_share(),
                "hot_shard_utilisation" => hot,
                "cold_shard_utilisation" => cold,
                "mean_utilisation" => mean,
                "imbalance_max_over_mean" => hot / mean,
                "sojourn_mean" => sojourn,
                "hot_shard_sojourn_mean" => at_hot,
                // What `check` says without simulating.
                "capacity" => Load::of(run.model).stations[1].capacity,
                _ => return None,
            })
        },
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn replication_lag() {
    let Some(mut case) = Case::open("replication-lag", &[]) else { return };
    case.steady("exp", |run, name| match name {
        "p_stale_exp_lag" => Some(run.told("stores.store", "stale_reads")),
        "versions_behind_mean_exp" => Some(run.told("stores.store", "versions_behind")),
        _ => None,
    });
    case.steady("const", |run, name| {
        (name == "p_stale_const_lag").then(|| run.told("stores.store", "stale_reads"))
    });
    case.steady("best_of_2", |run, name| {
        (name == "p_stale_best_of_2_replicas_exp").then(|| run.told("stores.store", "stale_reads"))
    });
    case.steady("own_write", |run, name| {
        (name == "p_own_write_missing_after_lag_s_exp")
            .then(|| run.told("stores.store", "stale_reads"))
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn quorum_read() {
    let Some(mut case) = Case::open("quorum-read", &[]) else { return };
    for need in ["r1", "r2", "r3"] {
        case.steady(need, |run, name| {
            let statistic = name.strip_prefix(need)?.strip_prefix("_of_3_")?;
            of_times(&run.client("users").response, statistic)
        });
    }
    case.close();
}
