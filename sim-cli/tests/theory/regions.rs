//! Regions: where users are, and where they are answered.

use crate::case::Case;
use crate::steady::of_times;
use sim_core::model::Load;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn geo_routing() {
    // The means of the slower regions are written as speeds.
    let Some(mut case) = Case::open(
        "geo-routing",
        &["service_means_s", "normal", "region3_lost", "region3_sent_to_2"],
    ) else {
        return;
    };
    for routes in ["normal", "region3_lost", "region3_sent_to_2"] {
        case.steady(routes, |run, name| {
            let value = name.strip_prefix(routes)?.strip_prefix('_')?;
            match value {
                "region1_utilisation" => Some(run.station("server@one").utilisation()),
                "offered_utilisation" => {
                    let groups = run.model.stations.iter().position(|g| g.name == "server@two");
                    Some(Load::of(run.model).stations[groups?].utilisation)
                }
                _ => of_times(&run.client("users").response, value),
            }
        });
    }
    case.close();
}
