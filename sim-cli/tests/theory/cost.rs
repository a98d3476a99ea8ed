//! Bills.

use crate::case::Case;
use sim_core::cost::Bill;
use sim_core::model::ChargeKind;
use sim_core::time::SECOND;

/// Hours of the truth's month of 30 days, to those of a bill's.
const DAYS: f64 = 720.0 / 730.0;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cost() {
    // Prices and sizes are written with their units; how many replicas there are follows from the target.
    let elsewhere = [
        "days",
        "target_utilisation",
        "usd_per_replica_h",
        "internal_calls",
        "kb_per_call",
        "usd_per_gb_cross_zone",
        "egress_kb_per_request",
        "usd_per_gb_egress",
    ];
    let Some(mut case) = Case::open("cost", &elsewhere) else { return };
    for design in ["monolith", "services"] {
        case.steady(design, |run, name| {
            let mut metrics = run.recorder.clone();
            metrics.measured = (run.seconds * SECOND) as u64;
            let bill = Bill::of(run.model, &metrics);
            let paid = |is_it: fn(&str, ChargeKind) -> bool| -> f64 {
                let charges = run.model.charges.iter().zip(&bill.charges);
                DAYS * charges.filter(|(c, _)| is_it(&c.of, c.kind)).map(|(_, d)| d).sum::<f64>()
            };
            let month = 720.0 * 3600.0;
            match (name.strip_prefix(design), name) {
                (Some("_replicas"), _) => {
                    Some(run.model.services.iter().map(|s| f64::from(s.replicas)).sum())
                }
                (Some("_utilisation"), _) => {
                    Some(1.0 - bill.idle * DAYS / paid(|_, kind| kind == ChargeKind::OnDemand))
                }
                (Some("_compute"), _) => Some(paid(|_, kind| kind == ChargeKind::OnDemand)),
                (Some("_cross_zone"), _) => Some(paid(|of, _| of.ends_with("between zones"))),
                (Some("_usd_per_million"), _) => {
                    Some(DAYS * bill.total() / (run.throughput("users") * month) * 1e6)
                }
                (_, "requests") if design == "monolith" => Some(run.throughput("users") * month),
                (_, "egress") if design == "monolith" => {
                    Some(paid(|of, _| of == "network.internet"))
                }
                _ => None,
            }
        });
    }
    case.close();
}
