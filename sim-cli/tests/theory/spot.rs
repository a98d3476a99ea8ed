//! Spare machines that are taken back.

use crate::case::Case;
use crate::steady::Window;
use sim_core::cost::Bill;
use sim_core::metrics::Metrics;

const HOUR: f64 = 3_600.0;
/// Hours of a month of the bill.
const MONTH: f64 = 730.0;
/// A job, and what an hour of a machine on demand costs.
const JOB_HOURS: f64 = 3.0;
const ON_DEMAND: f64 = 0.096;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn spot() {
    // Times and prices are written with their units, as steps and purchases.
    let elsewhere = [
        "hours",
        "job_h",
        "checkpoint_every_h",
        "checkpoint_cost_h",
        "instances",
        "price_per_h",
        "spot",
        "on_demand",
    ];
    let Some(mut case) = Case::open("spot", &elsewhere) else { return };
    // The interval at which jobs are done soonest follows from the truth's own formula: a sweep would tell it no better
    // than to a tenth.
    case.leave_out(&["best_checkpoint_interval"]);
    case.steady("", |run, name| {
        let fleet = |name| run.told("faults.spot services.fleet", name);
        let days = run.seconds / HOUR / 24.0;
        Some(match name {
            "completion_mean_restart" => run.response_mean("jobs") / HOUR,
            "instance_availability" => 1.0 - fleet("down_on_average") / 20.0,
            "capacity_mean_of_20" => 20.0 - fleet("down_on_average"),
            "p_capacity_ge_19_of_20" => run.told("services.fleet", "availability"),
            "preemptions_per_day_of_20" => fleet("times") / days,
            "cost_per_day_spot" => month_of(run, "services.fleet") / MONTH * 24.0,
            "cost_per_useful_hour_ratio_to_on_demand" => {
                let hours_a_month = run.throughput("jobs") * HOUR * MONTH * JOB_HOURS;
                month_of(run, "services.jobs") / hours_a_month / ON_DEMAND
            }
            _ => return None,
        })
    });
    case.steady("checkpoints", |run, name| {
        (name == "completion_mean_checkpoint").then(|| run.response_mean("jobs") / HOUR)
    });
    case.close();
}

/// What a service costs a month.
fn month_of(run: &Window<'_, Metrics>, of: &str) -> f64 {
    let bill = Bill::of(run.model, &run.closed());
    let charges = run.model.charges.iter().zip(&bill.charges);
    charges.filter(|(charge, _)| charge.of == of).map(|(_, dollars)| dollars).sum()
}
