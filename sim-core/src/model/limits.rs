//! Limits on requests: from what was written to rates and numbers, and where they are kept.

use super::check::Lowering;
use super::laws::Unit;
use super::warnings::at_most;
use super::{
    CeilingOf, CounterId, Instruction, KeysId, LevelId, Load, MeasureKind, ServiceId, TimingId,
    quantity,
};
use crate::spec::{self, Path, Per};
use crate::time::Duration;

/// A place where requests are limited, one of [`super::Model::limits`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LimitId(pub u32);

/// What the plan does with limits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LimitStep {
    /// Ask the gateway of the clients.
    Clients(LimitId),
    /// Ask at the door of a service, which all its replicas share.
    Service(LimitId),
    /// Choose a replica and ask at its door.
    Replica(LimitId, ServiceId),
    /// Enter the replica that has been chosen.
    Enter(ServiceId),
}

/// A place where requests are limited.
#[derive(Clone, PartialEq, Debug)]
pub struct LimitPlace {
    /// The name of the service or the clients that it is of.
    pub of: String,
    /// By what.
    pub limit: Limit,
    /// Of how many replicas each has its own; 1 if all share it.
    pub count: u32,
    /// The population of which each key has its own.
    pub per_key: Option<KeysId>,
    /// Requests that passed, at once or later.
    pub passed: CounterId,
    /// Requests refused.
    pub refused: CounterId,
    /// How long those who passed waited, where they may.
    pub delayed: Option<TimingId>,
    /// How many may be under way, where that changes.
    pub level: Option<LevelId>,
}

/// What limits requests.
#[derive(Clone, PartialEq, Debug)]
pub enum Limit {
    /// A bucket that starts full of tokens and is refilled continuously; a request takes a token or is refused.
    TokenBucket {
        /// Tokens per second.
        rate: f64,
        /// Tokens that the bucket holds, at least one.
        burst: u32,
    },
    /// A bucket that leaks at a steady rate: requests leave it one by one, evenly spaced, and wait for their turn.
    LeakyBucket {
        /// Requests per second.
        rate: f64,
        /// How many may wait; one more is refused.
        queue: u32,
    },
    /// So many requests may be under way.
    Fixed(u32),
    /// A number under way that follows successes and failures.
    Aimd(Aimd),
    /// A number under way that follows latency.
    Gradient(Gradient),
}

impl Limit {
    /// A limit of the same kind and of no size.
    pub(super) fn without_amounts(&self) -> Limit {
        match self {
            Limit::TokenBucket { .. } => Limit::TokenBucket { rate: 0.0, burst: 0 },
            Limit::LeakyBucket { .. } => Limit::LeakyBucket { rate: 0.0, queue: 0 },
            Limit::Fixed(_) => Limit::Fixed(0),
            Limit::Aimd(_) => Limit::Aimd(Aimd::default()),
            Limit::Gradient(_) => Limit::Gradient(Gradient::default()),
        }
    }
}

/// Additive increase, multiplicative decrease, as TCP does it.
///
/// D.-M. Chiu, R. Jain, "Analysis of the Increase and Decrease Algorithms for Congestion Avoidance in Computer
/// Networks", Computer Networks and ISDN Systems 17 (1989). Requests that were under way at a decrease cause no
/// further one: their trouble is the one that has been answered.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Aimd {
    /// The limit never falls below this, nor below 1.
    pub min: u32,
    /// It never rises above this.
    pub max: u32,
    /// The limit at first.
    pub start: u32,
    /// A success adds this divided by the limit: this for each latency, while the limit is used up.
    pub increase: f64,
    /// A failure multiplies the limit by this.
    pub decrease: f64,
    /// A success that took longer counts as a failure.
    pub slow: Duration,
}

/// Follows the gradient of latency: of what is usual to what is now.
///
/// After Gradient2 of Netflix's concurrency-limits. At the end of each window, with `usual` an exponential mean of
/// the windows before and `latest` the mean latency of this one,
/// `gradient = clamp(tolerance · usual / latest, 1/2, 1)` and
/// `limit += smoothing · (gradient · limit + queue - limit)`.
/// A failure faster than usual says nothing about queues and is left out. Trouble that outlasts the memory becomes
/// usual, and the limit grows again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Gradient {
    /// The limit never falls below this, nor below 1.
    pub min: u32,
    /// It never rises above this.
    pub max: u32,
    /// The limit at first.
    pub start: u32,
    /// How much of the way to its new value the limit goes, from 0 to 1.
    pub smoothing: f64,
    /// Requests that may queue: what the limit grows towards by, while latency is as usual.
    pub queue: f64,
    /// How many times the usual latency is still good.
    pub tolerance: f64,
    /// The limit changes once in so long, if enough requests ended; zero: at every request.
    pub window: Duration,
    /// Windows that the usual latency remembers: the next one weighs `2 / (memory + 1)`.
    pub memory: u32,
}

impl Lowering<'_> {
    /// Warns of limits and bulkheads that are asked for more than they take.
    pub(super) fn warn_of_limits(&mut self, load: &Load) {
        if self.model.has_closed_clients() {
            return;
        }
        for ceiling in load.ceilings.iter().filter(|ceiling| ceiling.peak_utilisation >= 1.0) {
            let at = match ceiling.of {
                CeilingOf::Lock { .. } => continue,
                CeilingOf::Quota(quota) => {
                    let store = &self.model.holds.quotas[quota as usize].store;
                    let path = Path::root().key("stores").key(store);
                    self.spec.stores[store].fields_path(&path).key("limit")
                }
                CeilingOf::Bulkhead(guard) => {
                    let name = &self.model.guards[guard as usize].name;
                    Path::root().key("guards").key(name).key("bulkhead")
                }
                CeilingOf::Limit(limit) => Path::root()
                    .key("services")
                    .key(&self.model.limits[limit.0 as usize].of)
                    .key("limit"),
                CeilingOf::Gateway(limit) => Path::root()
                    .key("clients")
                    .key(&self.model.limits[limit.0 as usize].of)
                    .key("limit"),
            };
            let (share, when) = match ceiling.utilisation {
                share if share >= 1.0 => (share, ""),
                _ => (ceiling.peak_utilisation, " at the peak"),
            };
            let message = format!(
                "{} is asked for {:.0} % of what it takes{when}: the rest will be refused",
                self.model.ceiling_in_words(ceiling.of),
                share * 100.0,
            );
            let hint = at_most(ceiling.capacity);
            self.findings.warning(&at, message).hint(hint);
        }
    }

    /// The limit at the door of a service.
    pub(super) fn service_limit(
        &mut self,
        name: &str,
        service: &spec::Service,
        path: &Path,
    ) -> Option<LimitId> {
        let limit = self.limit(service.limit.as_ref()?, &path.key("limit"))?;
        let count = match service.limit_per {
            Per::Replica => self.replicas_of(service),
            Per::Service => 1,
        };
        Some(self.keep_limit(name, (limit, count), None, path))
    }

    /// The limit on what clients may send.
    pub(super) fn client_limit(
        &mut self,
        name: &str,
        client: &spec::Client,
        path: &Path,
    ) -> Option<LimitId> {
        let at = path.key("limit_per");
        let Some(written) = &client.limit else {
            if client.limit_per.is_some() {
                let hint = "add one, such as limit: token_bucket(rate: \"10/s\", burst: 20)";
                self.findings.error(&at, "there is no limit to be kept for each key").hint(hint);
            }
            return None;
        };
        let limit = self.limit(written, &path.key("limit"));
        let per_key = client.limit_per.as_ref().and_then(|keys| {
            self.check_key(&spec::Key::Own(keys.clone()), &at);
            if !matches!(written, spec::Limit::TokenBucket { .. }) {
                let message = format!("only a token bucket can be kept for each of `{keys}`");
                self.findings
                    .error(&at, message)
                    .hint("write limit: token_bucket(rate: …, burst: …)");
            }
            self.keys_id(keys)
        });
        Some(self.keep_limit(name, (limit?, 1), per_key, path))
    }

    /// Puts the gateways of clients whose requests are limited in front of everything.
    pub(super) fn compile_gateways(&mut self) {
        for index in 0..self.model.journeys.len() {
            let journey = &self.model.journeys[index];
            let (entry, client) = (journey.entry, journey.client as usize);
            if let Some(limit) = self.model.clients[client].limit {
                let gateway = self.emit(Instruction::Limit(LimitStep::Clients(limit)));
                self.emit(Instruction::Jump(entry));
                self.model.journeys[index].entry = gateway;
            }
        }
    }

    fn keep_limit(
        &mut self,
        of: &str,
        (limit, count): (Limit, u32),
        per_key: Option<KeysId>,
        path: &Path,
    ) -> LimitId {
        let at = path.key("limit").to_string();
        let measures = &mut self.model.measures;
        let (passed, refused) = (measures.counter(), measures.counter());
        let share = MeasureKind::Share { part: refused, whole: vec![passed, refused] };
        measures.report(&at, "passed", MeasureKind::Rate(passed));
        measures.report(&at, "refused", share);
        let delayed = matches!(limit, Limit::LeakyBucket { .. }).then(|| {
            let delayed = measures.timing();
            measures.report(&at, "delay", MeasureKind::MeanTime(delayed));
            delayed
        });
        let level = matches!(limit, Limit::Aimd(_) | Limit::Gradient(_)).then(|| {
            let level = measures.level();
            measures.report(&at, "limit", MeasureKind::Mean(level));
            measures.watch(level);
            level
        });
        let place = LimitPlace {
            of: of.to_owned(),
            limit,
            count,
            per_key,
            passed,
            refused,
            delayed,
            level,
        };
        self.model.limits.push(place);
        LimitId(self.model.limits.len() as u32 - 1)
    }

    fn limit(&mut self, limit: &spec::Limit, path: &Path) -> Option<Limit> {
        match limit {
            spec::Limit::TokenBucket { rate, burst } => {
                let at = path.key("token_bucket");
                if *burst == 0 {
                    let message = "a bucket that holds no token lets nobody pass";
                    self.findings.error(&at.key("burst"), message).hint("write burst: 1 or more");
                }
                let rate = self.limit_rate(rate, &at.key("rate"))?;
                Some(Limit::TokenBucket { rate, burst: *burst })
            }
            spec::Limit::LeakyBucket { rate, queue } => {
                let rate = self.limit_rate(rate, &path.key("leaky_bucket").key("rate"))?;
                Some(Limit::LeakyBucket { rate, queue: *queue })
            }
            spec::Limit::Concurrency(most) => {
                self.at_least_one(*most, "so few under way", &path.key("concurrency"));
                Some(Limit::Fixed(*most))
            }
            spec::Limit::Aimd { start, min, max, increase, decrease, slow } => {
                let at = path.key("aimd");
                self.check_range([*min, *start, *max], &at);
                self.check_number(*increase, 0.0..=1e6, &at.key("increase"));
                self.check_number(*decrease, 0.0..=1.0, &at.key("decrease"));
                let slow = match slow {
                    Some(slow) => self.positive_duration(slow, "`slow`", &at.key("slow"))?,
                    None => SLOW,
                };
                Some(Limit::Aimd(Aimd {
                    min: *min,
                    max: *max,
                    start: *start,
                    increase: *increase,
                    decrease: *decrease,
                    slow: Duration::from_nanos(slow),
                }))
            }
            spec::Limit::Gradient {
                start,
                min,
                max,
                smoothing,
                queue,
                tolerance,
                window,
                memory,
            } => {
                let at = path.key("gradient");
                self.check_range([*min, *start, *max], &at);
                self.check_number(*smoothing, 0.0..=1.0, &at.key("smoothing"));
                self.check_number(*tolerance, 1.0..=1e6, &at.key("tolerance"));
                let window = match window {
                    Some(window) => self.value(window, Unit::Time, &at.key("window"))?,
                    None => WINDOW,
                };
                Some(Limit::Gradient(Gradient {
                    min: *min,
                    max: *max,
                    start: *start,
                    smoothing: *smoothing,
                    queue: f64::from(*queue),
                    tolerance: *tolerance,
                    window: Duration::from_nanos(window),
                    memory: *memory,
                }))
            }
        }
    }

    fn limit_rate(&mut self, rate: &spec::Quantity, path: &Path) -> Option<f64> {
        let rate = self.read(quantity::rate(rate), path)?;
        if !(RATE_MIN..=RATE_MAX).contains(&rate) {
            let message = format!("a rate of {rate:e} per second cannot be kept");
            let hint = format!("it can be from {RATE_MIN:e} to {RATE_MAX:e} per second");
            self.findings.error(path, message).hint(hint);
            return None;
        }
        Some(rate)
    }

    fn at_least_one(&mut self, number: u32, what: &str, path: &Path) {
        if number == 0 {
            self.findings
                .error(path, format!("{what} that nobody passes"))
                .hint("write 1 or more, or leave `limit` out");
        }
    }

    /// The bounds of a limit that moves, and where it starts.
    fn check_range(&mut self, [min, start, max]: [u32; 3], path: &Path) {
        self.at_least_one(min, "a limit that may fall so low", &path.key("min"));
        if !(min..=max).contains(&start) {
            let message = format!("a limit that starts at {start} is not between {min} and {max}");
            self.findings
                .error(path, message)
                .hint("write min, start and max in this order of size");
        }
    }

    fn check_number(&mut self, number: f64, range: std::ops::RangeInclusive<f64>, path: &Path) {
        if !range.contains(&number) {
            let message = format!("{number} is not between {} and {}", range.start(), range.end());
            self.findings.error(path, message);
        }
    }
}

/// A success that takes longer counts as a failure, in nanoseconds: 5 s, as in Netflix's concurrency-limits.
const SLOW: f64 = 5e9;
/// How often a limit by gradient changes, in nanoseconds: once a second, as there.
const WINDOW: f64 = 1e9;
/// Rates of buckets, per second: from about one in three hundred years to what can be told apart.
const RATE_MIN: f64 = 1e-10;
const RATE_MAX: f64 = 1e9;
