//! Deployments: other versions that take over, checked.

use super::check::Lowering;
use super::quantity;
use crate::spec::{self, Balancer, Deployment, Path};
use crate::time::{Duration, SECOND, Time};

/// How another version takes over.
#[derive(Clone, PartialEq, Debug)]
pub struct RolloutRules {
    /// When it begins.
    pub at: Time,
    /// How.
    pub kind: RolloutKind,
    /// How many times as long the work of the new version takes.
    pub work: f64,
    /// The share of its requests that fail.
    pub errors: f64,
    /// When it is taken back.
    pub roll_back: Option<RollBackRule>,
}

/// In which way replicas are replaced.
#[derive(Clone, PartialEq, Debug)]
pub enum RolloutKind {
    /// One after the other.
    Rolling {
        /// Replicas beyond those wanted.
        surge: u32,
        /// Replicas missing from service.
        unavailable: u32,
    },
    /// All at once.
    BlueGreen {
        /// How long the old ones are kept.
        keep: Duration,
    },
    /// A share of the requests at a time, each for so long.
    Canary(Vec<(f64, Duration)>),
}

/// When a new version is taken back.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RollBackRule {
    /// More errors than this share; above 1: however many.
    pub errors: f64,
    /// Longer than this.
    pub latency_p99: Duration,
    /// From one look to the next.
    pub every: Duration,
    /// Answers that it takes.
    pub requests: u32,
}

/// Deployments of a service, at most.
const DEPLOYMENTS_MAX: usize = 1_000;
/// How often a new version is looked at.
const LOOK: f64 = 10.0 * SECOND;
/// What work can be multiplied by.
const WORK: std::ops::RangeInclusive<f64> = 1e-6..=1e6;

impl Lowering<'_> {
    /// The deployments of a service, in order of time.
    pub(super) fn rollouts(
        &mut self,
        name: &str,
        service: &spec::Service,
        path: &Path,
    ) -> Vec<RolloutRules> {
        let path = path.key("deployments");
        if service.deployments.len() > DEPLOYMENTS_MAX {
            let message = format!(
                "{} deployments are more than {DEPLOYMENTS_MAX}",
                service.deployments.len()
            );
            self.findings.error(&path, message);
            return Vec::new();
        }
        let read = |(index, deployment): (usize, &Deployment)| {
            let at = path.index(index).key(deployment.kind());
            self.rollout(name, service, deployment, &at)
        };
        let mut rollouts: Vec<RolloutRules> =
            service.deployments.iter().enumerate().filter_map(read).collect();
        rollouts.sort_by_key(|rollout| rollout.at);
        rollouts
    }

    fn rollout(
        &mut self,
        name: &str,
        service: &spec::Service,
        deployment: &Deployment,
        path: &Path,
    ) -> Option<RolloutRules> {
        let (at, version, roll_back) = deployment.terms();
        let from = self.read(quantity::duration(at), &path.key("at"));
        let kind = self.rollout_kind(name, service, deployment, path);
        let place = path.key("version");
        if !WORK.contains(&version.work) {
            let message = format!("work that takes {} times as long makes no sense", version.work);
            let error = self.findings.error(&place.key("work"), message);
            error.hint("1 is as long as the model says");
        }
        let errors = (version.errors.as_ref())
            .map(|share| self.read(quantity::share(share), &place.key("errors")));
        let roll_back = roll_back.map(|rule| self.roll_back(rule, &path.key("roll_back")));
        let from = Time::ZERO + Duration::from_nanos(from?);
        let horizon = self.model.run.horizon;
        if horizon != Duration::ZERO && from >= Time::ZERO + horizon {
            let message = format!("the run ends at {horizon}, before this begins");
            let warning = self.findings.warning(&path.key("at"), message);
            warning.hint("times of deployments count from the start of the run, warm-up included");
        }
        Some(RolloutRules {
            at: from,
            kind: kind?,
            work: version.work,
            errors: errors.flatten().unwrap_or(0.0),
            roll_back: roll_back.flatten(),
        })
    }

    fn rollout_kind(
        &mut self,
        name: &str,
        service: &spec::Service,
        deployment: &Deployment,
        path: &Path,
    ) -> Option<RolloutKind> {
        match deployment {
            Deployment::Rolling { surge, unavailable, .. } => {
                let fewest = service.autoscaler.as_ref().map_or(service.replicas, |it| it.min);
                if *surge == 0 && *unavailable == 0 {
                    let message =
                        "no replica may be added and none may be missing: it cannot begin";
                    self.findings.error(&path.key("surge"), message).hint("surge: 1 at least");
                } else if *surge == 0 && *unavailable >= fewest && service.regions.is_empty() {
                    let message = format!(
                        "{unavailable} of {fewest} replicas of `{name}` may be missing: one has to stay"
                    );
                    let error = self.findings.error(&path.key("unavailable"), message);
                    error.hint("let fewer be missing, or let some surge");
                }
                Some(RolloutKind::Rolling { surge: *surge, unavailable: *unavailable })
            }
            Deployment::BlueGreen { keep, .. } => {
                let keep = match keep {
                    Some(keep) => self.read(quantity::duration(keep), &path.key("keep"))?,
                    None => 0.0,
                };
                Some(RolloutKind::BlueGreen { keep: Duration::from_nanos(keep) })
            }
            Deployment::Canary { steps, .. } => self.canary(service, steps, path),
        }
    }

    fn canary(
        &mut self,
        service: &spec::Service,
        steps: &[(spec::Quantity, spec::Quantity)],
        path: &Path,
    ) -> Option<RolloutKind> {
        if matches!(service.balancer, Balancer::ConsistentHash { .. }) {
            let message = "with consistent_hash the key decides, not a share";
            self.findings.error(path, message).hint("roll out, or choose another balancer");
        }
        let path = path.key("steps");
        if steps.is_empty() {
            let message = "a canary without a step is no canary";
            self.findings.error(&path, message).hint("write steps: [(\"5%\", \"10min\")]");
        }
        let mut shares: Vec<(f64, Duration)> = Vec::new();
        for (index, (share, lasts)) in steps.iter().enumerate() {
            let at = path.index(index);
            let share = self.read(quantity::share(share), &at.index(0))?;
            let lasts = self.positive_duration(lasts, "a step", &at.index(1))?;
            if share <= 0.0 || shares.last().is_some_and(|&(before, _)| share <= before) {
                let message = format!("a share of {share} is no more than the one before it");
                self.findings.error(&at.index(0), message).hint("let the shares rise");
            }
            shares.push((share, Duration::from_nanos(lasts)));
        }
        Some(RolloutKind::Canary(shares))
    }

    fn roll_back(&mut self, rule: &spec::RollBack, path: &Path) -> Option<RollBackRule> {
        if rule.errors.is_none() && rule.latency_p99.is_none() {
            let message = "it is not said what takes the new version back";
            self.findings.error(path, message).hint("write errors: \"5%\", or latency_p99: \"1s\"");
        }
        let errors = match &rule.errors {
            Some(share) => self.read(quantity::share(share), &path.key("errors"))?,
            None => f64::INFINITY,
        };
        let at = path.key("latency_p99");
        let latency = match &rule.latency_p99 {
            Some(limit) => Duration::from_nanos(self.positive_duration(limit, "a limit", &at)?),
            None => Duration(u64::MAX),
        };
        let every = match &rule.every {
            Some(every) => self.positive_duration(every, "a look", &path.key("every"))?,
            None => LOOK,
        };
        Some(RollBackRule {
            errors,
            latency_p99: latency,
            every: Duration::from_nanos(every),
            requests: rule.requests,
        })
    }
}
