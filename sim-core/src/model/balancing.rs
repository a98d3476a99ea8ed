//! Balancers: their rules, checked.

use super::check::Lowering;
use super::placement::meant;
use super::{CounterId, KeysId, LevelId, MeasureKind, StationId, UNLIMITED, quantity};
use crate::spec::{self, Balancer, Path};
use crate::time::{Duration, SECOND};

/// What a balancer watches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WatchRules {
    /// Checks of all replicas.
    pub health: Option<HealthRule>,
    /// What errors do.
    pub ejection: Option<EjectionRule>,
    /// How long a replica that has come back takes to get all of its share.
    pub slow_start: Option<Duration>,
}

/// When replicas are checked, and what that changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HealthRule {
    /// Between two checks.
    pub interval: Duration,
    /// How long an answer may take; at most `interval`.
    pub timeout: Duration,
    /// Failed checks in a row that make a replica unhealthy.
    pub unhealthy: u32,
    /// Good ones in a row that make it healthy.
    pub healthy: u32,
    /// How many are unhealthy.
    pub level: LevelId,
}

/// When a replica is ejected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EjectionRule {
    /// After so many errors in a row.
    pub errors: u32,
    /// For how long.
    pub lasts: Duration,
    /// How many replicas may be out at once.
    pub at_most: u32,
    /// Counts them.
    pub ejections: CounterId,
}

impl WatchRules {
    /// The rules for some of all replicas: of those, as large a part may be ejected.
    pub fn within(self, replicas: u32, all: u32) -> WatchRules {
        let part = |at_most: u32| u64::from(at_most) * u64::from(replicas) / u64::from(all);
        let ejection =
            self.ejection.map(|rule| EjectionRule { at_most: part(rule.at_most) as u32, ..rule });
        WatchRules { ejection, ..self }
    }
}

impl Lowering<'_> {
    /// What a service's balancer watches, if anything.
    pub(super) fn watch_rules(
        &mut self,
        name: &str,
        service: &spec::Service,
        path: &Path,
    ) -> Option<WatchRules> {
        let health = service.health.as_ref().and_then(|h| self.health(h, &path.key("health")));
        let ejection = service
            .ejection
            .as_ref()
            .and_then(|e| self.ejection(e, self.replicas_of(service), &path.key("ejection")));
        let slow_start = service.slow_start.as_ref().and_then(|slow_start| {
            self.check_slow_start(service, path);
            self.positive_duration(slow_start, "a slow start", &path.key("slow_start"))
                .map(Duration::from_nanos)
        });
        let of = format!("services.{name}");
        let measures = &mut self.model.measures;
        if let Some(health) = health {
            measures.report(&of, "replicas_unhealthy", MeasureKind::Mean(health.level));
            measures.watch(health.level);
        }
        if let Some(ejection) = ejection {
            measures.report(&of, "ejections", MeasureKind::Total(ejection.ejections));
        }
        let watches = health.is_some() || ejection.is_some() || slow_start.is_some();
        watches.then_some(WatchRules { health, ejection, slow_start })
    }

    fn health(&mut self, health: &spec::Health, path: &Path) -> Option<HealthRule> {
        let interval = match &health.interval {
            Some(interval) => {
                self.positive_duration(interval, "an interval", &path.key("interval"))?
            }
            None => 5.0 * SECOND,
        };
        let timeout = match &health.timeout {
            Some(timeout) => self.positive_duration(timeout, "a timeout", &path.key("timeout"))?,
            None => SECOND.min(interval),
        };
        if timeout > interval {
            let message = format!(
                "an answer may take {}, and the next check is after {} already",
                Duration::from_nanos(timeout),
                Duration::from_nanos(interval)
            );
            self.findings
                .error(&path.key("timeout"), message)
                .hint("let the timeout be at most the interval");
        }
        for (field, checks) in [("unhealthy", health.unhealthy), ("healthy", health.healthy)] {
            if checks == 0 {
                let message = format!("after no check at all nobody is {field}");
                self.findings.error(&path.key(field), message).hint("write 1 or more");
            }
        }
        Some(HealthRule {
            interval: Duration::from_nanos(interval),
            timeout: Duration::from_nanos(timeout),
            unhealthy: health.unhealthy,
            healthy: health.healthy,
            level: self.model.measures.level(),
        })
    }

    fn ejection(
        &mut self,
        ejection: &spec::Ejection,
        replicas: u32,
        path: &Path,
    ) -> Option<EjectionRule> {
        if ejection.errors == 0 {
            self.findings
                .error(&path.key("errors"), "after no error at all everybody would be ejected")
                .hint("write 1 or more");
        }
        let lasts = match &ejection.lasts {
            Some(lasts) => self.positive_duration(lasts, "an ejection", &path.key("for"))?,
            None => 30.0 * SECOND,
        };
        let share = match &ejection.at_most {
            Some(share) => self.read(quantity::share(share), &path.key("at_most"))?,
            None => 0.5,
        };
        let at_most = (share * f64::from(replicas) + 1e-9) as u32;
        if at_most == 0 {
            let message =
                format!("{share} of {replicas} replicas is less than one: none is ejected");
            self.findings
                .error(&path.key("at_most"), message)
                .hint("raise `at_most`, run more replicas, or leave `ejection` out");
        }
        Some(EjectionRule {
            errors: ejection.errors,
            lasts: Duration::from_nanos(lasts),
            at_most,
            ejections: self.model.measures.counter(),
        })
    }

    fn check_slow_start(&mut self, service: &spec::Service, path: &Path) {
        if matches!(service.balancer, Balancer::ConsistentHash { .. }) {
            self.findings
                .error(&path.key("slow_start"), "with consistent_hash the key decides, not a share")
                .hint("leave `slow_start` out, or choose another balancer");
        }
    }

    /// Whether calls stay in the zone that they come from.
    pub(super) fn zone_affinity(
        &mut self,
        name: &str,
        service: &spec::Service,
        (cores, servers): (StationId, u32),
        path: &Path,
    ) -> bool {
        if !service.zone_affinity {
            return false;
        }
        let path = path.key("zone_affinity");
        let several = self.model.places.regions.iter().any(|region| region.zones.len() > 1);
        let (message, hint) = if !several {
            (
                "there is one zone only, which nobody can leave",
                "list zones: regions: {\"eu\": (zones: [\"a\", \"b\"])}",
            )
        } else if matches!(service.balancer, Balancer::ConsistentHash { .. }) {
            ("with consistent_hash the key decides, not the zone", "choose another balancer")
        } else if service.front.as_ref().is_some_and(|front| front.connections.is_some()) {
            ("at layer 4 callers share connections, wherever they are", "write layer: 7")
        } else if service.function.is_some() {
            ("a function has no replicas that are in a zone", "leave `zone_affinity` out")
        } else {
            // Zones differ in how busy they are.
            if servers != UNLIMITED {
                let count = self.replicas_of(service);
                let busiest = MeasureKind::BusiestUtilisation { first: cores, count, servers };
                let of = format!("services.{name}");
                self.model.measures.report(&of, "busiest_utilisation", busiest);
            }
            return true;
        };
        self.findings.error(&path, message).hint(hint);
        false
    }

    /// The keys by which a balancer chooses.
    pub(super) fn sticky_keys(&mut self, service: &spec::Service, path: &Path) -> Option<KeysId> {
        let Balancer::ConsistentHash { key, vnodes, bounded } = &service.balancer else {
            return None;
        };
        let path = path.key("balancer").key("consistent_hash");
        if *vnodes == 0 {
            self.findings
                .error(&path.key("vnodes"), "without a point on the ring nobody gets a key")
                .hint("write 100 or so");
        }
        if let Some(bounded) = bounded
            && !(bounded.is_finite() && *bounded > 1.0)
        {
            let message = format!("{bounded} times the mean is no bound that all can keep");
            self.findings
                .error(&path.key("bounded"), message)
                .hint("write more than 1, such as 1.25, or leave it out for no bound");
        }
        let found = self.keys_id(key);
        if found.is_none() && !self.spec.is_written(&["keys", key]) {
            let hint = meant(key, self.spec.names("keys"))
                .unwrap_or_else(|| format!("define them: keys: {{ \"{key}\": (count: 1000) }}"));
            let message = format!("there are no keys `{key}`");
            self.findings.error(&path.key("key"), message).hint(hint);
        }
        found
    }

    /// Whoever watches one replica only has nobody to send its requests to.
    pub(super) fn warn_of_single(&mut self, service: &spec::Service, path: &Path) {
        if self.replicas_of(service) == 1 && service.health.is_some() {
            self.findings
                .warning(
                    &path.key("health"),
                    "there is one replica: it gets all requests, healthy or not",
                )
                .hint("run more replicas, or leave `health` out");
        }
    }
}
