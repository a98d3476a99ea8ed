//! Several stations: in a row, in a circle, behind pools; and the identities that hold in every network.

use crate::case::Case;
use crate::steady::{Stations, Window, of_times};
use sim_core::metrics::Metrics;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn tandem() {
    let Some(mut case) = Case::open("tandem", &["hop_between_s"]) else { return };
    case.steady("", |run, name| {
        of_times(&run.client("users").response, name.strip_prefix("end_to_end_")?)
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn feedback() {
    let Some(mut case) = Case::open("feedback", &["p_again"]) else { return };
    case.steady("", |run, name| {
        let (users, server) = (run.client("users"), run.station("server"));
        let passes = server.seen.wait.count() as f64 / users.response.count() as f64;
        Some(match name {
            "passes_per_request" => passes,
            "sojourn_total_mean" => of_times(&users.response, "mean")?,
            "sojourn_per_pass_mean" => of_times(&users.response, "mean")? / passes,
            _ => return server.standard(name),
        })
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn closed_mva() {
    let Some(mut case) = Case::open("closed-mva", &[]) else { return };
    case.steady("", |run, name| match name {
        "response_mean" => Some(run.response_mean("users")),
        "throughput" => Some(run.throughput("users")),
        _ => of_station(run, name),
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn closed_two_class() {
    // Who has no demand at a tier does not visit it.
    let Some(mut case) = Case::open("closed-two-class", &[]) else { return };
    case.steady("", |run, name| {
        let (who, value) = name.split_once('_')?;
        match value {
            "throughput" => Some(run.throughput(who)),
            "response_mean" => Some(run.response_mean(who)),
            _ => of_station(run, name),
        }
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn closed_bounds() {
    let Some(mut case) = Case::open("closed-bounds", &[]) else { return };
    for users in ["N10", "N27", "N28", "N60", "N200"] {
        case.steady(users, |run, name| {
            let throughput = run.throughput("users");
            match name.strip_suffix(users)? {
                value if value.starts_with("throughput") => Some(throughput),
                value if value.starts_with("response") => Some(run.response_mean("users")),
                _ => None,
            }
        });
    }
    // With many users the throughput X is that of the slowest tier. Up to X (D + Z) of them would never queue: of the
    // N = X (R + Z) users, those who wait in queues are too many.
    case.steady("N200", |run, name| {
        let clients = run.client("users");
        let throughput = run.throughput("users");
        let queueing = throughput * clients.breakdown.mean().queueing;
        (name == "saturation_users").then_some(200.0 - queueing)
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn little() {
    let Some(mut case) = Case::open("little", &[]) else { return };
    case.steady("", |run, name| {
        let in_system: f64 = ["s0", "s1", "s2", "s3"]
            .map(|station| run.station(station).in_system_mean())
            .iter()
            .sum();
        let response = run.response_mean("users");
        Some(match name {
            "in_system_mean" => in_system,
            "end_to_end_mean" => response,
            // The number seen at the stations against the flow and the times that clients saw.
            "little_residual" => 1.0 - run.throughput("users") * response / in_system,
            _ => return of_station(run, name),
        })
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn thread_pool_db_pool() {
    let Some(mut case) = Case::open("thread-pool-db-pool", &[]) else { return };
    case.steady("", |run, name| {
        let (threads, connections) =
            (run.station("server.threads"), run.station("server.pools.db"));
        Some(match name {
            "sojourn_mean" => run.response_mean("users"),
            "thread_wait_mean" => threads.standard("wait_mean")?,
            "connection_wait_mean" => connections.standard("wait_mean")?,
            "threads_busy_mean" => threads.busy_mean(),
            "connections_busy_mean" => connections.busy_mean(),
            "p_all_threads_held" => threads.p_at_least(8),
            _ => return None,
        })
    });
    case.steady("full", |run, name| {
        let throughput = run.throughput("users");
        ["capacity", "naive_capacity_min"].contains(&name).then_some(throughput)
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn monolith_vs_services() {
    let Some(mut case) = Case::open("monolith-vs-services", &["hop_between_s", "chain"]) else {
        return;
    };
    case.steady("", |run, name| match name {
        "utilisation_both" => Some(run.station("monolith").utilisation()),
        "monolith_p_wait" => Some(run.station("monolith").p_wait()),
        _ => of_times(&run.client("users").response, name.strip_prefix("monolith_sojourn_")?),
    });
    case.steady("services", |run, name| {
        let services = ["cart", "payment", "delivery"].map(|service| run.station(service));
        let mean = |of: &dyn Fn(&Stations<'_>) -> f64| services.iter().map(of).sum::<f64>() / 3.0;
        match name {
            "utilisation_both" => Some(mean(&|service| service.utilisation())),
            "service_p_wait" => Some(mean(&|service| service.p_wait())),
            _ => of_times(&run.client("users").response, name.strip_prefix("services_sojourn_")?),
        }
    });
    case.close();
}

/// `tier0_utilisation`: a value of the station `tier0`.
fn of_station(run: &Window<'_, Metrics>, name: &str) -> Option<f64> {
    let (station, value) = name.split_once('_')?;
    run.station(station).standard(value)
}
