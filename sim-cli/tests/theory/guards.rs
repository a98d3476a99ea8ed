//! Guarded calls: retries, hedges, breakers.

use crate::case::Case;
use crate::probes::Responses;
use crate::steady::of_times;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn timeout_retry() {
    timeouts("timeout-retry");
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn timeout_retry_tight() {
    timeouts("timeout-retry-tight");
}

fn timeouts(id: &'static str) {
    let Some(mut case) = Case::open(id, &[]) else { return };
    for (design, busy) in [
        ("", "server_busy_per_request_abandoned"),
        ("cancelled", "server_busy_per_request_cancelled"),
    ] {
        case.steady(design, |run, name| {
            Some(match name {
                "p_success" if design.is_empty() => 1.0 - run.told("guards.users", "failed"),
                "attempts_mean" if design.is_empty() => {
                    run.told("guards.users", "attempts_per_call")
                }
                "latency_mean_success" if design.is_empty() => {
                    of_times(&run.client("users").response, "mean")?
                }
                name if name == busy => {
                    run.station("front").standard("in_system_mean")?
                        / run.told("guards.users", "calls")
                }
                _ => return None,
            })
        });
    }
    case.steady_with(
        "",
        |_| Responses::default(),
        |run, name| (name == "latency_mean_all").then(|| run.recorder.mean()),
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn retrial() {
    let Some(mut case) = Case::open("retrial", &[]) else { return };
    for (design, prefix) in [("", "one_server_"), ("five_servers", "five_servers_")] {
        case.steady(design, |run, name| {
            Some(match name.strip_prefix(prefix)? {
                "orbit_mean" => run.told("guards.users", "pausing"),
                "utilisation" => run.station("front").standard("utilisation")?,
                "sojourn_mean" => of_times(&run.client("users").response, "mean")?,
                "p_first_try_blocked" => run.told("guards.users", "first_attempt_failed"),
                "attempts_per_request" => run.told("guards.users", "attempts_per_call"),
                _ => return None,
            })
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn hedged_requests() {
    let Some(mut case) = Case::open("hedged-requests", &["p"]) else { return };
    for (design, prefix) in [("", "plain_"), ("both", "both_"), ("hedge30ms", "hedge30ms_")] {
        case.steady(design, |run, name| match name.strip_prefix(prefix)? {
            "extra_requests" => Some(run.told("guards.users", "hedges_per_call")),
            statistic => of_times(&run.client("users").response, statistic),
        });
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn retry_amplification() {
    let known = ["failure_probability", "layers"];
    let Some(mut case) = Case::open("retry-amplification", &known) else { return };
    // One failure in 10^20 requests is more than any simulation will see.
    case.leave_out(&["request_failure_p0.1", "request_failure_p0.5"]);
    for design in ["p0.1", "p0.5", "p0.9", "p1"] {
        case.steady(design, |run, name| {
            let per_call = run.told("guards.low", "attempts_per_call");
            Some(match name.strip_suffix(design)?.strip_suffix('_')? {
                "bottom_calls_per_request" => {
                    per_call * run.told("guards.low", "calls") / run.told("guards.top", "calls")
                }
                "attempts_one_layer" => per_call,
                "request_failure" => run.told("guards.top", "failed"),
                _ => return None,
            })
        });
    }
    case.steady("p1 with a budget", |run, name| {
        (name == "retry_budget_10pct_amplification_p1")
            .then(|| run.told("guards.low", "attempts_per_call"))
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn backoff_jitter() {
    let Some(mut case) = Case::open("backoff-jitter", &["retries"]) else { return };
    // Every attempt fails at once: what a request takes is its pauses.
    case.steady_with(
        "",
        |_| Responses::default(),
        |run, name| match name {
            "total_backoff_mean" => Some(run.recorder.mean()),
            "total_backoff_var" => Some(run.recorder.variance()),
            _ => None,
        },
    );
    case.steady_with(
        "no_jitter",
        |_| Responses::default(),
        |run, name| (name == "no_jitter_total").then(|| run.recorder.mean()),
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn circuit_breaker() {
    let Some(mut case) = Case::open("circuit-breaker", &["failure_probability"]) else { return };
    case.steady("", |run, name| {
        let of = |name| run.told("guards.backend", name);
        let (calls, refused) = (of("calls"), of("refused_when_open"));
        Some(match name {
            "fast_fail_ratio" => refused / calls,
            "backend_rate" => calls * of("attempts_per_call"),
            "backend_failure_ratio_of_all" => of("failed") - refused / calls,
            // Requests come at a constant rate, and the probe is over as it begins.
            "requests_per_closed_spell" => calls * (1.0 - of("open")) / of("trips"),
            "trips_from_closed_per_s" => of("trips"),
            _ => return None,
        })
    });
    case.close();
}
