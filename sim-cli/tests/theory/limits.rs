//! Limits on requests.

use crate::case::Case;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn token_bucket() {
    let Some(mut case) = Case::open("token-bucket", &[]) else { return };
    for design in ["95", "130"] {
        case.steady(design, |run, name| match name.strip_suffix(design)?.strip_suffix("_at_")? {
            "accepted_rate" => Some(run.throughput("users")),
            statistic => run.standard(statistic),
        });
    }
    case.close();
}
