//! Autoscalers: their rules, checked.

use super::check::Lowering;
use super::laws::Unit;
use super::scaling::starts;
use super::{UNLIMITED, quantity};
use crate::spec::{self, Path, ScalingMetric, ScalingPolicy, ScalingStep};
use crate::time::{Duration, SECOND};

/// The rules of an autoscaler.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct AutoscalerRules {
    /// Never fewer replicas.
    pub min: u32,
    /// Never more.
    pub max: u32,
    /// From one look to the next.
    pub period: Duration,
    /// How old a measurement is when it is known.
    pub delay: Duration,
    /// How far off a target may be.
    pub tolerance: f64,
    /// What is measured.
    pub metrics: Vec<FleetMetric>,
    /// What decides.
    pub policies: Vec<PolicyRule>,
    /// How quickly it grows.
    pub scale_out: PaceRule,
    /// How quickly it shrinks.
    pub scale_in: PaceRule,
}

/// How quickly an autoscaler goes one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PaceRule {
    /// It goes no further than it would have gone at any time this long.
    pub stabilisation: Duration,
    /// Between two steps.
    pub cooldown: Duration,
    /// Replicas of a step.
    pub at_most: u32,
}

impl Default for PaceRule {
    fn default() -> PaceRule {
        PaceRule { stabilisation: Duration::ZERO, cooldown: Duration::ZERO, at_most: u32::MAX }
    }
}

/// What is measured of a fleet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FleetMetric {
    /// The share of the cores in use.
    Cpu,
    /// Requests under way at each.
    Concurrency,
    /// Requests per second that each gets.
    Requests,
    /// Requests that wait at each.
    QueueDepth,
    /// Messages that wait, for each.
    Backlog,
    /// Age of the oldest message, in seconds.
    BacklogAge,
}

/// What an autoscaler goes by. Metrics are indices into those of the rules.
#[derive(Clone, PartialEq, Debug)]
pub enum PolicyRule {
    /// Bring a value to its target.
    Target {
        /// What is measured.
        metric: usize,
        /// Its target.
        target: f64,
    },
    /// Add and remove so many.
    Step {
        /// Above these values.
        add: Vec<StepRule>,
        /// Below these values.
        remove: Vec<StepRule>,
    },
    /// So many from these times on.
    Scheduled {
        /// In order, never empty.
        at: Vec<(Duration, u32)>,
        /// When it begins anew.
        every: Option<Duration>,
    },
    /// Bring a forecast to its target.
    Predictive {
        /// What is measured.
        metric: usize,
        /// Its target.
        target: f64,
        /// Looks in a season.
        season: u32,
        /// Looks ahead.
        ahead: u32,
        /// What a new value weighs in the level.
        level: f64,
        /// In the trend.
        trend: f64,
        /// In its place of the season.
        seasonal: f64,
    },
    /// As many as what clients are known to offer needs.
    Ideal {
        /// Cores of a replica that are to be in use.
        cores: f64,
        /// How long a replica takes to start, on average.
        ahead: Duration,
    },
}

/// A rule of step scaling.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct StepRule {
    /// What is measured.
    pub metric: usize,
    /// Where it begins to hold.
    pub value: f64,
    /// How many replicas it moves.
    pub replicas: u32,
}

/// Measurements or wishes that an autoscaler keeps, at most; places of a season.
const KEPT_MAX: f64 = 100_000.0;
/// As Kubernetes has it.
const PERIOD: f64 = 15.0 * SECOND;
const TOLERANCE: f64 = 0.1;
const SCALE_IN_STABILISATION: f64 = 300.0 * SECOND;

impl Lowering<'_> {
    /// The rules of an autoscaler of replicas with so many cores, that take so long to start.
    pub(super) fn autoscaler(
        &mut self,
        name: &str,
        service: &spec::Service,
        autoscaler: &spec::Autoscaler,
        (cores, ahead): (u32, Duration),
        path: &Path,
    ) -> Option<AutoscalerRules> {
        let at = path.key("autoscaler");
        self.check_bounds(name, service, autoscaler, path);
        let period = match &autoscaler.period {
            Some(period) => self.positive_duration(period, "a period", &at.key("period"))?,
            None => PERIOD,
        };
        let delay = match &autoscaler.delay {
            Some(delay) => self.value(delay, Unit::Time, &at.key("delay"))?,
            None => 0.0,
        };
        self.check_kept(delay, period, &at.key("delay"));
        let tolerance = match &autoscaler.tolerance {
            Some(tolerance) => self.read(quantity::share(tolerance), &at.key("tolerance"))?,
            None => TOLERANCE,
        };
        let out = self.pace(&autoscaler.scale_out, period, 0.0, &at.key("scale_out"));
        let inwards =
            self.pace(&autoscaler.scale_in, period, SCALE_IN_STABILISATION, &at.key("scale_in"));
        let mut rules = AutoscalerRules {
            min: autoscaler.min,
            max: autoscaler.max.max(autoscaler.min),
            period: Duration::from_nanos(period),
            delay: Duration::from_nanos(delay),
            tolerance,
            metrics: Vec::new(),
            policies: Vec::new(),
            scale_out: out?,
            scale_in: inwards?,
        };
        if autoscaler.policies.is_empty() {
            let error =
                self.findings.error(&at.key("policies"), "nothing says how many are wanted");
            error.hint("write policies: [target(cpu(\"60%\"))], for one");
        }
        for (index, policy) in autoscaler.policies.iter().enumerate() {
            let path = at.key("policies").index(index);
            let read = Reading { service, cores, ahead, path };
            let policy = self.policy(policy, &mut rules, &read);
            rules.policies.extend(policy);
        }
        Some(rules)
    }

    /// What stands in the way of `min`, `max` and the replicas at the start.
    fn check_bounds(
        &mut self,
        name: &str,
        service: &spec::Service,
        autoscaler: &spec::Autoscaler,
        path: &Path,
    ) {
        let spec::Autoscaler { min, max, .. } = *autoscaler;
        let at = path.key("autoscaler");
        if min == 0 {
            let error = self.findings.error(&at.key("min"), "without a replica nobody answers");
            error.hint("min: 1 at least");
        } else if min > max {
            let message = format!("at least {min} replicas and at most {max} cannot be");
            self.findings.error(&at.key("min"), message).hint("let `min` be at most `max`");
        } else if min == max {
            let message = format!("there are always {min} replicas: it can do nothing");
            self.findings.warning(&at, message).hint("raise `max`, or leave `autoscaler` out");
        }
        for (region, start) in starts(service) {
            let written = match &region {
                None => self.spec.is_written(&["services", name, "replicas"]),
                Some(_) => true,
            };
            let at = if region.is_none() { path.key("replicas") } else { path.key("regions") };
            let place = region.map_or(String::new(), |region| format!(" in `{region}`"));
            if written && min <= max && !(min..=max).contains(&start) {
                let message =
                    format!("{start} replicas at the start{place} are not from {min} to {max}");
                self.findings
                    .error(&at, message)
                    .hint("start with a number that the autoscaler may choose");
            }
        }
    }

    fn check_kept(&mut self, time: f64, period: f64, path: &Path) {
        if time / period > KEPT_MAX {
            let message = format!(
                "{} are more than {KEPT_MAX} looks, the most that are remembered",
                Duration::from_nanos(time)
            );
            self.findings.error(path, message).hint("look less often: a longer `period`");
        }
    }

    fn pace(
        &mut self,
        pace: &spec::Pace,
        period: f64,
        usual: f64,
        path: &Path,
    ) -> Option<PaceRule> {
        let at = path.key("stabilisation");
        let stabilisation = match &pace.stabilisation {
            Some(window) => self.value(window, Unit::Time, &at)?,
            None => usual,
        };
        self.check_kept(stabilisation, period, &at);
        let cooldown = match &pace.cooldown {
            Some(cooldown) => self.value(cooldown, Unit::Time, &path.key("cooldown"))?,
            None => 0.0,
        };
        if pace.at_most == Some(0) {
            let message = "in steps of no replica it gets nowhere";
            self.findings.error(&path.key("at_most"), message).hint("write 1 or more");
        }
        Some(PaceRule {
            stabilisation: Duration::from_nanos(stabilisation),
            cooldown: Duration::from_nanos(cooldown),
            at_most: pace.at_most.unwrap_or(u32::MAX),
        })
    }
}

/// Where a policy is read.
struct Reading<'s> {
    service: &'s spec::Service,
    cores: u32,
    /// How long a replica takes to start.
    ahead: Duration,
    path: Path,
}

impl Lowering<'_> {
    fn policy(
        &mut self,
        policy: &ScalingPolicy,
        rules: &mut AutoscalerRules,
        read: &Reading<'_>,
    ) -> Option<PolicyRule> {
        let path = &read.path;
        match policy {
            ScalingPolicy::Target(metric) => {
                let (metric, target) = self.target(metric, rules, read, &path.key("target"))?;
                Some(PolicyRule::Target { metric, target })
            }
            ScalingPolicy::Step(steps) => self.steps(steps, rules, read),
            ScalingPolicy::Scheduled { at, every } => {
                self.scheduled(at, every.as_ref(), rules, path)
            }
            ScalingPolicy::Predictive { .. } => self.predictive(policy, rules, read),
            ScalingPolicy::Ideal(share) => {
                let at = path.key("ideal");
                let share = self.read(quantity::share(share), &at)?;
                self.need_cores(read, &at)?;
                if share == 0.0 {
                    self.findings.error(&at, "no number of replicas has nothing to do");
                    return None;
                }
                Some(PolicyRule::Ideal { cores: share * f64::from(read.cores), ahead: read.ahead })
            }
        }
    }

    /// A share of cores is known only where there is an end to them.
    fn need_cores(&mut self, read: &Reading<'_>, path: &Path) -> Option<()> {
        if read.cores != UNLIMITED {
            return Some(());
        }
        let message =
            "this service has more cores than will ever be needed: no share of them is used";
        self.findings.error(path, message).hint("say how many `cores` a replica has");
        None
    }

    /// A metric and its value; a value of 0 cannot be a target.
    fn target(
        &mut self,
        metric: &ScalingMetric,
        rules: &mut AutoscalerRules,
        read: &Reading<'_>,
        path: &Path,
    ) -> Option<(usize, f64)> {
        let (metric, target) = self.metric(metric, rules, read, path)?;
        if target <= 0.0 {
            let message = "no number of replicas brings this to 0";
            self.findings.error(path, message).hint("write a target above 0");
            return None;
        }
        Some((metric, target))
    }

    fn metric(
        &mut self,
        metric: &ScalingMetric,
        rules: &mut AutoscalerRules,
        read: &Reading<'_>,
        path: &Path,
    ) -> Option<(usize, f64)> {
        let (kind, value) = match metric {
            ScalingMetric::Cpu(share) => {
                let at = path.key("cpu");
                let share = self.read(quantity::share(share), &at);
                self.need_cores(read, &at)?;
                (FleetMetric::Cpu, share?)
            }
            ScalingMetric::Requests(rate) => {
                let rate = self.read(quantity::rate(rate), &path.key("requests"))?;
                (FleetMetric::Requests, rate)
            }
            ScalingMetric::BacklogAge(age) => {
                let age = self.value(age, Unit::Time, &path.key("backlog_age"))?;
                (FleetMetric::BacklogAge, age / SECOND)
            }
            ScalingMetric::Concurrency(value) => (FleetMetric::Concurrency, *value),
            ScalingMetric::QueueDepth(value) => (FleetMetric::QueueDepth, *value),
            ScalingMetric::Backlog(value) => (FleetMetric::Backlog, *value),
        };
        if !(value.is_finite() && value >= 0.0) {
            self.findings.error(path, format!("{value} is no number of something"));
            return None;
        }
        if matches!(kind, FleetMetric::Backlog | FleetMetric::BacklogAge)
            && !self.works_on_messages(read.service)
        {
            let error = self.findings.error(path, "this service works on the messages of no queue");
            error.hint(
                "let a queue have one of its operations as a consumer, or measure something else",
            );
            return None;
        }
        let known = rules.metrics.iter().position(|&known| known == kind);
        let index = known.unwrap_or_else(|| {
            rules.metrics.push(kind);
            rules.metrics.len() - 1
        });
        Some((index, value))
    }

    fn works_on_messages(&self, service: &spec::Service) -> bool {
        let mut consumers = self.spec.queues.values().flat_map(|queue| queue.consumers.keys());
        consumers.any(|operation| {
            let component = operation.split_once('.').map_or(&**operation, |(first, _)| first);
            service.components.iter().any(|own| own == component)
        })
    }

    fn steps(
        &mut self,
        steps: &[ScalingStep],
        rules: &mut AutoscalerRules,
        read: &Reading<'_>,
    ) -> Option<PolicyRule> {
        let path = read.path.key("step");
        if steps.is_empty() {
            let message = "there is no step to take";
            self.findings
                .error(&path, message)
                .hint("write step([add(above: cpu(\"80%\"), replicas: 2)])");
            return None;
        }
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for (index, step) in steps.iter().enumerate() {
            let (metric, replicas, at, value) = match step {
                ScalingStep::Add { above, replicas } => (above, *replicas, "add", "above"),
                ScalingStep::Remove { below, replicas } => (below, *replicas, "remove", "below"),
            };
            let at = path.index(index).key(at);
            if replicas == 0 {
                let message = "a step of no replica changes nothing";
                self.findings.error(&at.key("replicas"), message).hint("write 1 or more");
            }
            let Some((metric, value)) = self.metric(metric, rules, read, &at.key(value)) else {
                continue;
            };
            let rule = StepRule { metric, value, replicas };
            match step {
                ScalingStep::Add { .. } => add.push(rule),
                ScalingStep::Remove { .. } => remove.push(rule),
            }
        }
        Some(PolicyRule::Step { add, remove })
    }

    fn scheduled(
        &mut self,
        at: &[(spec::Quantity, u32)],
        every: Option<&spec::Quantity>,
        rules: &AutoscalerRules,
        path: &Path,
    ) -> Option<PolicyRule> {
        let path = path.key("scheduled");
        if at.is_empty() {
            let message = "a schedule needs a time and a number of replicas";
            self.findings.error(&path.key("at"), message).hint("write at: [(\"8h\", 10)]");
            return None;
        }
        let every = match every {
            Some(every) => {
                let every =
                    self.positive_duration(every, "the time to begin anew", &path.key("every"));
                Some(Duration::from_nanos(every?))
            }
            None => None,
        };
        let mut points: Vec<(Duration, u32)> = Vec::new();
        for (index, (time, replicas)) in at.iter().enumerate() {
            let here = path.key("at").index(index);
            let time = Duration::from_nanos(self.value(time, Unit::Time, &here.index(0))?);
            if points.last().is_some_and(|&(before, _)| before >= time) {
                let message = format!("{time} is not after the time before it");
                self.findings.error(&here.index(0), message).hint("write the times in order");
                return None;
            }
            if let Some(every) = every
                && time >= every
            {
                let message = format!("at {time} it has begun anew already, after {every}");
                self.findings.error(&here.index(0), message);
                return None;
            }
            if !(rules.min..=rules.max).contains(replicas) {
                let message = format!(
                    "{replicas} replicas are not from {} to {}: the nearer of these counts",
                    rules.min, rules.max
                );
                self.findings.warning(&here.index(1), message);
            }
            points.push((time, *replicas));
        }
        Some(PolicyRule::Scheduled { at: points, every })
    }

    fn predictive(
        &mut self,
        policy: &ScalingPolicy,
        rules: &mut AutoscalerRules,
        read: &Reading<'_>,
    ) -> Option<PolicyRule> {
        let ScalingPolicy::Predictive { target, season, ahead, level, trend, seasonal } = policy
        else {
            return None;
        };
        let path = read.path.key("predictive");
        if matches!(target, ScalingMetric::BacklogAge(_)) {
            let message =
                "how old a backlog is follows from the replicas, and is no load to forecast";
            self.findings.error(&path.key("target"), message).hint("forecast requests or cpu");
            return None;
        }
        for (field, weight) in [("level", *level), ("trend", *trend), ("seasonal", *seasonal)] {
            if !(0.0..=1.0).contains(&weight) {
                let message = format!("a weight of {weight} is not from 0 to 1");
                self.findings.error(&path.key(field), message);
            }
        }
        let period = rules.period.0 as f64;
        let at = path.key("season");
        let length = self.positive_duration(season, "a season", &at)?;
        self.check_kept(length, period, &at);
        let places = (length / period).round();
        if places < 2.0 || (places * period - length).abs() > 1e-6 * length {
            let message = format!(
                "a season of {} is no whole number of looks, one each {}",
                Duration::from_nanos(length),
                rules.period
            );
            self.findings
                .error(&at, message)
                .hint("let it be a multiple of the `period`, twice that or more");
            return None;
        }
        let horizon = self.model.run.horizon;
        if horizon != Duration::ZERO && length >= horizon.0 as f64 {
            let message = format!("the run ends at {horizon}, before a season has been seen");
            self.findings.warning(&at, message).hint("run for several seasons");
        }
        let ahead = self.value(ahead, Unit::Time, &path.key("ahead"))?;
        let ahead = ((ahead + rules.delay.0 as f64) / period).ceil().max(1.0);
        let (metric, target) = self.target(target, rules, read, &path.key("target"))?;
        Some(PolicyRule::Predictive {
            metric,
            target,
            season: places.min(KEPT_MAX) as u32,
            ahead: ahead.min(KEPT_MAX) as u32,
            level: *level,
            trend: *trend,
            seasonal: *seasonal,
        })
    }
}
