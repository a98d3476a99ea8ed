//! Operational bounds: what a design can do at best, in microseconds and without simulating.
//!
//! P. J. Denning and J. P. Buzen, "The Operational Analysis of Queueing Network Models", ACM Computing Surveys 10 (1978);
//! asymptotic bounds as in E. D. Lazowska et al., "Quantitative System Performance" (1984), chapter 5. They hold whatever
//! the laws of arrivals and service are.

use super::estimate::Value;
use super::replicate::Alternative;
use super::summary::Red;
use super::words::{percent, significant};
use crate::model::{LawId, Model, Source, StationKind};
use crate::time::SECOND;
use schemars::JsonSchema;
use serde::Serialize;

/// Half-widths of an interval beyond which chance does not explain a difference.
const CHANCE: f64 = 4.0;

/// Bounds on what clients feel.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
pub struct Bounds {
    /// Requests per second, at most.
    pub rate_at_most: Option<f64>,
    /// The mean of the response time in seconds, at least.
    pub mean_at_least: Option<f64>,
    /// Of users who wait: how many keep the bottleneck busy all the time if nobody waited before; where the asymptotes cross.
    pub users_at_saturation: Option<f64>,
    /// What the busiest station would be in use for, by the utilisation law; 1 and above it is saturated.
    pub utilisation: Option<f64>,
    /// Why there is no bound on the mean, where there is none.
    pub none: Option<String>,
}

impl Bounds {
    /// The bounds of a design.
    pub fn of(design: &Alternative) -> Bounds {
        let (model, load) = (&design.model, &design.load);
        let busiest = load.bottleneck.filter(|_| model.fleets.is_empty());
        let utilisation = busiest.map(|busiest| load.stations[busiest].utilisation);
        let mut bounds = Bounds {
            rate_at_most: None,
            mean_at_least: None,
            users_at_saturation: None,
            utilisation,
            none: None,
        };
        if !design.has_even_traffic() {
            bounds.none = Some("the traffic changes over time".into());
            return bounds;
        }
        let rate: f64 = load.rates.iter().sum();
        let weighted = load.rates.iter().zip(&load.unloaded).map(|(rate, time)| rate * time);
        let demand = weighted.sum::<f64>() / rate;
        match users(model) {
            Users::None => {
                bounds.rate_at_most = Some(rate);
                bounds.mean_at_least = Some(demand);
            }
            Users::Alone(users, think) => {
                let capacity = load.bottleneck.map_or(f64::INFINITY, |b| load.stations[b].capacity);
                bounds.rate_at_most = Some(rate.min(capacity));
                bounds.mean_at_least = Some(demand.max(users / capacity - think));
                bounds.users_at_saturation =
                    Some((demand + think) * capacity).filter(|n| n.is_finite());
            }
            Users::Mixed => {
                bounds.none = Some("several populations share the stations, and users wait".into());
            }
        }
        if let Some(shortcut) = shortcut(model) {
            (bounds.mean_at_least, bounds.none) = (None, Some(shortcut.into()));
        }
        bounds
    }

    /// Whether what was simulated keeps to them, but for what chance explains: four times an interval's half-width. (An open
    /// load that is answered is as high as its bound, so that half of all estimates are above.) Where requests fail, the
    /// mean is of others than those the bound is about.
    pub fn agree(&self, felt: &Red) -> bool {
        let is_broken = |value: Value, bound: f64, high: bool| {
            let beyond = if high { value.mean - bound } else { bound - value.mean };
            value.is_confident() && beyond > CHANCE * value.half_width
        };
        let too_fast = self.mean_at_least.filter(|_| felt.errors.mean == 0.0);
        let too_fast = too_fast.is_some_and(|least| is_broken(felt.mean, least, false));
        let too_many = self.rate_at_most.is_some_and(|most| is_broken(felt.rate, most, true));
        !too_fast && !too_many
    }

    /// In words.
    pub fn says(&self) -> String {
        let mut parts = Vec::new();
        if let Some(least) = self.mean_at_least {
            parts.push(format!("mean at least {} ms", significant(1e3 * least, 3)));
        }
        if let Some(most) = self.rate_at_most {
            parts.push(format!("at most {} requests/s", significant(most, 3)));
        }
        if let Some(users) = self.users_at_saturation {
            parts.push(format!("saturated from about {} users on", significant(users, 3)));
        }
        if let Some(utilisation) = self.utilisation {
            parts.push(format!("busiest station offered {}", percent(utilisation)));
        }
        if let Some(none) = &self.none {
            parts.push(format!("no bound on the mean: {none}"));
        }
        parts.join(", ")
    }
}

/// Who sends requests.
enum Users {
    /// Nobody who waits.
    None,
    /// One population of so many users, who think for so many seconds.
    Alone(f64, f64),
    /// Several populations, some of which wait.
    Mixed,
}

fn users(model: &Model) -> Users {
    let mut closed = model.clients.iter().filter_map(|client| match client.source {
        Source::Closed { users, think } => Some((users, think)),
        Source::Open(_) => None,
    });
    match (closed.next(), model.clients.len()) {
        (None, _) => Users::None,
        (Some((users, think)), 1) => {
            let mean = |law: LawId| model.laws[law.0 as usize].sampler.mean() / SECOND;
            Users::Alone(f64::from(users), think.map_or(0.0, mean))
        }
        _ => Users::Mixed,
    }
}

/// What may answer a request sooner than by doing all that is written.
fn shortcut(model: &Model) -> Option<&'static str> {
    if model.stations.iter().any(|station| station.kind == StationKind::Cache)
        || !model.caches.is_empty()
    {
        return Some("what caches hold is known only roughly beforehand");
    }
    if !model.fleets.is_empty() {
        return Some("how many replicas there are is for autoscalers to say");
    }
    if !model.guards.is_empty() {
        return Some("guards cut calls short or repeat them");
    }
    if !model.faults.is_empty() {
        return Some("faults change what there is to do");
    }
    (!model.limits.is_empty()).then_some("limits turn requests away")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Files;
    use crate::spec::Spec;
    use crate::study::{Plan, Replicate, Study, Until};
    use crate::time::Duration;

    fn design(client: &str, rest: &str) -> Alternative {
        let text = format!(
            r#"(
            components: {{"desk": {{"ask": [work(exponential("10ms")), wait("5ms")]}}}},
            services: {{"desk": (components: ["desk"])}},
            clients: {{"users": ({client}, mix: "desk.ask")}},
            {rest}
        )"#
        );
        let spec = Spec::parse("desk.ron", &text).unwrap_or_else(|errors| panic!("{errors}"));
        Alternative::of(&spec, None, |_| Ok(Files::default())).unwrap().0
    }

    /// D = 15 ms of which 10 ms are at the bottleneck, thinking for 85 ms: the asymptotes cross at (15 + 85) / 10 = 10
    /// users. Below, the response is at least D; at 40 users, N D_max - Z = 400 - 85 ms.
    #[test]
    fn asymptotes_of_users_who_think() {
        for (users, least, most) in [(1.0, 0.015, 10.0), (10.0, 0.015, 100.0), (40.0, 0.315, 100.0)]
        {
            let bounds = Bounds::of(&design(&format!(r#"users: {users}, think: "85ms""#), ""));
            let told = [bounds.mean_at_least, bounds.rate_at_most, bounds.users_at_saturation];
            for (found, truth) in told.into_iter().zip([least, most, 10.0]) {
                assert!((found.unwrap() - truth).abs() < 1e-9 * truth, "{users}: {bounds:?}");
            }
        }
    }

    /// What is simulated lies above the bound, and where nobody waits for another, on it.
    #[test]
    fn simulated_values_keep_to_them() {
        for client in
            [r#"users: 1, think: "85ms""#, r#"users: 30, think: "85ms""#, r#"rate: "60/s""#]
        {
            let design = design(client, "");
            let bounds = Bounds::of(&design);
            let plan = Plan {
                until: Until::Replications(5),
                horizon: Duration::from_secs(200.0),
                warmup: Some(Duration::from_secs(10.0)),
                ..Plan::of(std::slice::from_ref(&design))
            };
            let mut study = Replicate::new(vec![design], plan);
            study.run();
            let felt = &study.summary().designs[0].all;
            assert!(bounds.agree(felt), "{client}: {bounds:?}, {felt:?}");
            if client.starts_with("users: 1,") {
                assert!((felt.mean.mean - 0.015).abs() < 3.0 * felt.mean.half_width, "{felt:?}");
            }
            let impossible = Bounds { mean_at_least: Some(2.0 * felt.mean.mean), ..bounds };
            assert!(!impossible.agree(felt));
        }
    }

    #[test]
    fn where_no_bound_applies_it_is_said() {
        let none = Bounds::of(&design(
            r#"rate: "60/s", profile: [ramp(from: "0s", to: "9s", factor: 2)]"#,
            "",
        ));
        assert_eq!(
            (none.mean_at_least, none.none.as_deref()),
            (None, Some("the traffic changes over time"))
        );
        let broken = r#"faults: [crash(of: "services.desk", at: "5s", lasts: "1s")],"#;
        let spec = design(r#"rate: "60/s""#, broken);
        assert!(Bounds::of(&spec).says().contains("no bound on the mean: faults"));
    }
}
