//! External systems, and the quotas of stores that limit what they take.

use super::check::Lowering;
use super::laws::Unit;
use super::quantity;
use super::{CounterId, HoldStep, Instruction, KeysId, LawId, MeasureKind, TimingId};
use crate::random::name_hash;
use crate::spec::{self, Path};
use crate::time::Duration;

/// Asking a system that has no queue of ours, and getting its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OutsideStep {
    /// Ask one of [`super::Model::externals`].
    Ask {
        /// Which.
        external: u32,
        /// How long it takes.
        law: LawId,
    },
    /// Get an object from one of [`super::Model::objects`].
    Get {
        /// Which.
        objects: u32,
        /// How long it takes, once at hand.
        law: LawId,
        /// What the frame's key is one of.
        keys: Option<KeysId>,
    },
    /// Put an object there.
    Put {
        /// Where.
        objects: u32,
        /// How long it takes.
        law: LawId,
        /// What the frame's key is one of.
        keys: Option<KeysId>,
    },
}

/// What a store lets through.
#[derive(Clone, PartialEq, Debug)]
pub struct Quota {
    /// The store's name.
    pub store: String,
    /// The rule.
    pub rule: QuotaRule,
    /// Requests that it has refused.
    pub refused: CounterId,
}

/// The rule of a quota.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum QuotaRule {
    /// A bucket of tokens.
    TokenBucket {
        /// Tokens per second.
        rate: f64,
        /// Tokens that it holds.
        burst: u32,
    },
    /// Evenly spaced.
    LeakyBucket {
        /// Requests per second.
        rate: f64,
        /// How many may wait.
        queue: u32,
    },
    /// So many at once.
    Concurrency(u32),
}

impl QuotaRule {
    /// A rule of the same kind and of no size.
    pub(super) fn without_amounts(self) -> QuotaRule {
        match self {
            QuotaRule::TokenBucket { .. } => QuotaRule::TokenBucket { rate: 0.0, burst: 0 },
            QuotaRule::LeakyBucket { .. } => QuotaRule::LeakyBucket { rate: 0.0, queue: 0 },
            QuotaRule::Concurrency(_) => QuotaRule::Concurrency(0),
        }
    }
}

/// An external system.
#[derive(Clone, PartialEq, Debug)]
pub struct External {
    /// Its name.
    pub name: String,
    /// Hash of the name: the stream of its failures.
    pub site: u64,
    /// Share of its answers that are errors.
    pub failures: f64,
    /// After how long callers give up.
    pub timeout: Option<Duration>,
    /// Bytes of a request and its answer.
    pub bytes: u64,
    /// Good answers.
    pub answered: CounterId,
    /// Bad ones.
    pub failed: CounterId,
    /// Callers who gave up.
    pub timed_out: CounterId,
    /// How long callers waited for an answer.
    pub latency: TimingId,
}

impl Lowering<'_> {
    pub(super) fn place_external(&mut self, name: &str, external: &spec::External, path: &Path) {
        self.law(&external.latency, Unit::Time, &path.key("latency"));
        let failures = (external.failures.as_ref())
            .and_then(|share| self.read(quantity::share(share), &path.key("failures")));
        let timeout = (external.timeout.as_ref())
            .and_then(|timeout| self.positive_duration(timeout, "a timeout", &path.key("timeout")));
        let refused = self.place_quota(name, external.limit.as_ref(), &path.key("limit"));
        let at = path.key("message");
        let bytes = match &external.message {
            Some(message) => {
                self.bytes(&message.request, &at.key("request"))
                    + self.bytes(&message.reply, &at.key("reply"))
            }
            None => self.model.transfers.request + self.model.transfers.reply,
        };
        let measures = &mut self.model.measures;
        let lowered = External {
            name: name.to_owned(),
            site: name_hash(&format!("stores.{name}.failures")),
            failures: failures.unwrap_or(0.0),
            timeout: timeout.map(|nanos| Duration(nanos as u64)),
            bytes,
            answered: measures.counter(),
            failed: measures.counter(),
            timed_out: measures.counter(),
            latency: measures.timing(),
        };
        let External { answered, failed, timed_out, latency, .. } = lowered;
        let of = format!("stores.{name}");
        let mut all = vec![answered, failed, timed_out];
        all.extend(refused);
        let share = |part| MeasureKind::Share { part, whole: all.clone() };
        measures.report(&of, "answers", MeasureKind::Rate(answered));
        measures.report(&of, "failed", share(failed));
        if lowered.timeout.is_some() {
            measures.report(&of, "timed_out", share(timed_out));
        }
        if let Some(refused) = refused {
            measures.report(&of, "refused", share(refused));
        }
        measures.report(&of, "latency", MeasureKind::MeanTime(latency));
        measures.report(&of, "latency_p99", MeasureKind::P99Time(latency));
        self.places.externals.insert(name.to_owned(), self.model.externals.len() as u32);
        self.model.externals.push(lowered);
    }

    /// The quota of a store, if it has one. Returns what counts those whom it refuses.
    pub(super) fn place_quota(
        &mut self,
        name: &str,
        quota: Option<&spec::Quota>,
        path: &Path,
    ) -> Option<CounterId> {
        let rule = match quota? {
            spec::Quota::TokenBucket { rate, burst } => {
                let path = path.key("token_bucket");
                if *burst == 0 {
                    let message = "a bucket that holds no token lets nothing through";
                    self.findings.error(&path.key("burst"), message).hint("burst: 1 at least");
                }
                let rate = self.quota_rate(rate, &path.key("rate"))?;
                QuotaRule::TokenBucket { rate, burst: (*burst).max(1) }
            }
            spec::Quota::LeakyBucket { rate, queue } => {
                let rate = self.quota_rate(rate, &path.key("leaky_bucket").key("rate"))?;
                QuotaRule::LeakyBucket { rate, queue: *queue }
            }
            spec::Quota::Concurrency(limit) => {
                if *limit == 0 {
                    let message = "a limit of 0 lets nothing through";
                    let error = self.findings.error(&path.key("concurrency"), message);
                    error.hint("leave `limit` out for no limit");
                }
                QuotaRule::Concurrency(*limit)
            }
        };
        let refused = self.model.measures.counter();
        self.places.quotas.insert(name.to_owned(), self.model.holds.quotas.len() as u32);
        self.model.holds.quotas.push(Quota { store: name.to_owned(), rule, refused });
        Some(refused)
    }

    fn quota_rate(&mut self, rate: &spec::Quantity, path: &Path) -> Option<f64> {
        let rate = self.read(quantity::rate(rate), path)?;
        if rate <= 0.0 {
            self.findings.error(path, "a rate of 0 lets nothing through");
            return None;
        }
        Some(rate)
    }

    /// Asks a store that has no queue of ours, within its quota.
    pub(super) fn compile_outside(&mut self, name: &str, step: OutsideStep) {
        self.within_quota(name, |this| {
            this.emit(Instruction::Outside(step));
        });
    }

    /// What is asked of a store, within its quota if it has one.
    pub(super) fn within_quota(&mut self, name: &str, asked: impl FnOnce(&mut Self)) {
        let quota = self.places.quotas.get(name).copied();
        if let Some(quota) = quota {
            self.emit(Instruction::Hold(HoldStep::Quota(quota)));
        }
        asked(self);
        if quota.is_some() {
            self.emit(Instruction::Hold(HoldStep::GiveBack));
        }
    }
}
