//! Object storage: which tier an object of which age is in.

use super::check::{Lowering, operations, sorted};
use super::components::asked;
use super::laws::Unit;
use super::placement::meant;
use super::{CounterId, LawId, MeasureKind, Model};
use crate::random::{Draw, Key, Sampler, name_hash};
use crate::spec::{self, Path};
use crate::time::Duration;
use std::collections::BTreeSet;

/// How large an object is where the file does not say: 1 MB.
const SIZE: f64 = 1e6;
/// The tier of a storage that names none.
const STANDARD: &str = "standard";
/// Ages that are looked at to know how long getting an object takes on average.
const AGES_SAMPLED: u64 = 4096;

/// An object storage.
#[derive(Clone, PartialEq, Debug)]
pub struct ObjectStorage {
    /// Its name.
    pub name: String,
    /// Its tiers.
    pub tiers: Vec<Tier>,
    /// The tier where objects begin.
    pub begin: u32,
    /// From which age on objects are in which tier; the oldest last.
    pub moves: Vec<(Duration, u32)>,
    /// At which age objects are deleted.
    pub expires: Option<Duration>,
    /// How old an object is when it is read.
    pub ages: Option<LawId>,
    /// How large an object without a key is.
    pub size: LawId,
    /// Objects put.
    pub puts: CounterId,
    /// Their bytes.
    pub put_bytes: CounterId,
    /// Reads of objects that have been deleted.
    pub gone: CounterId,
}

/// A tier.
#[derive(Clone, PartialEq, Debug)]
pub struct Tier {
    /// How long it takes until an object is at hand.
    pub retrieval: Option<LawId>,
    /// Objects got from here.
    pub gets: CounterId,
    /// Their bytes.
    pub got_bytes: CounterId,
}

impl ObjectStorage {
    /// The tier of an object so old.
    pub fn tier_at(&self, age: Duration) -> u32 {
        let moved = self.moves.partition_point(|(after, _)| *after <= age);
        moved.checked_sub(1).map_or(self.begin, |last| self.moves[last].1)
    }

    /// Whether an object so old has been deleted.
    pub fn is_gone(&self, age: Duration) -> bool {
        self.expires.is_some_and(|expires| age >= expires)
    }

    /// How long objects stay in a tier; `None` if they stay for ever.
    pub(super) fn stay(&self, tier: u32) -> Option<Duration> {
        let begins =
            std::iter::once((Duration::ZERO, self.begin)).chain(self.moves.iter().copied());
        let ends = self.moves.iter().map(|(age, _)| Some(*age)).chain([self.expires]);
        let mut stay = Duration::ZERO;
        for ((from, _), to) in begins.zip(ends).filter(|((_, of), _)| *of == tier) {
            stay += Duration(to?.0.saturating_sub(from.0));
        }
        Some(stay)
    }
}

impl Lowering<'_> {
    pub(super) fn place_objects(&mut self, name: &str, written: &spec::ObjectStorage, path: &Path) {
        for (field, law) in [("get", &written.get), ("put", &written.put)] {
            if let Some(law) = law {
                self.law(law, Unit::Time, &path.key(field));
            }
        }
        let names: Vec<&str> = match written.tiers.is_empty() {
            true => vec![STANDARD],
            false => sorted(&written.tiers).map(|(name, _)| name.as_str()).collect(),
        };
        let moves = self.moves(&names, written, &path.key("lifecycle"));
        let begin = self.begin(&names, written, path);
        let size = match &written.size {
            Some(size) => self.placed(size, Unit::Bytes, &path.key("size")),
            None => self.place(Sampler::Constant(SIZE), &path.key("size").to_string()),
        };
        let ages = written.ages.as_ref().map(|law| self.placed(law, Unit::Time, &path.key("ages")));
        if ages.is_none() && !moves.is_empty() && self.is_read(name) {
            let message = "objects that are always new never move";
            let hint = "say how old they are when they are read: ages: exponential(\"20d\")";
            self.findings.error(&path.key("lifecycle"), message).hint(hint);
        }
        let expires = self.expires(&moves, written, path);
        let refused = self.place_quota(name, written.limit.as_ref(), &path.key("limit"));
        let tiers = names.iter().map(|tier| self.tier(tier, written, path)).collect();
        let measures = &mut self.model.measures;
        let lowered = ObjectStorage {
            name: name.to_owned(),
            tiers,
            begin,
            moves,
            expires,
            ages,
            size,
            puts: measures.counter(),
            put_bytes: measures.counter(),
            gone: measures.counter(),
        };
        self.check_sizes(&lowered, &names, written, path);
        self.report_objects(&lowered, &names, refused);
        self.places.objects.insert(name.to_owned(), self.model.objects.len() as u32);
        self.model.objects.push(lowered);
    }

    /// Whether some operation reads from a store.
    fn is_read(&self, name: &str) -> bool {
        let mut queries = Vec::new();
        for (_, _, steps) in operations(self.spec) {
            asked(steps, &mut queries);
        }
        queries.iter().any(|(query, is_write)| !is_write && query.name() == name)
    }

    fn tier(&mut self, tier: &str, written: &spec::ObjectStorage, path: &Path) -> Tier {
        let path = path.key("tiers").key(tier).key("retrieval");
        let retrieval = written.tiers.get(tier).and_then(|tier| tier.retrieval.as_ref());
        let retrieval = retrieval.map(|law| self.placed(law, Unit::Time, &path));
        let measures = &mut self.model.measures;
        Tier { retrieval, gets: measures.counter(), got_bytes: measures.counter() }
    }

    fn report_objects(
        &mut self,
        objects: &ObjectStorage,
        names: &[&str],
        refused: Option<CounterId>,
    ) {
        let measures = &mut self.model.measures;
        let of = format!("stores.{}", objects.name);
        measures.report(&of, "puts", MeasureKind::Rate(objects.puts));
        measures.report(&of, "put_bytes", MeasureKind::BytesRate(objects.put_bytes));
        if let Some(refused) = refused {
            let mut whole: Vec<CounterId> = objects.tiers.iter().map(|tier| tier.gets).collect();
            whole.extend([objects.puts, refused]);
            measures.report(&of, "refused", MeasureKind::Share { part: refused, whole });
        }
        let mut all: Vec<CounterId> = objects.tiers.iter().map(|tier| tier.gets).collect();
        if objects.expires.is_some() {
            all.push(objects.gone);
            let gone = MeasureKind::Share { part: objects.gone, whole: all.clone() };
            measures.report(&of, "gone", gone);
        }
        for (tier, name) in objects.tiers.iter().zip(names) {
            let of = format!("{of}.{name}");
            measures.report(&of, "gets", MeasureKind::Rate(tier.gets));
            let share = MeasureKind::Share { part: tier.gets, whole: all.clone() };
            measures.report(&of, "of_all_gets", share);
            measures.report(&of, "got_bytes", MeasureKind::BytesRate(tier.got_bytes));
        }
    }

    /// When objects are deleted: later than anything else happens to them.
    fn expires(
        &mut self,
        moves: &[(Duration, u32)],
        written: &spec::ObjectStorage,
        path: &Path,
    ) -> Option<Duration> {
        let at = path.key("expires");
        let expires = self.positive_duration(written.expires.as_ref()?, "an age", &at)?;
        let expires = Duration(expires as u64);
        if moves.last().is_some_and(|(after, _)| *after >= expires) {
            let message = "objects are deleted before the last rule of the lifecycle moves them";
            self.findings.error(&at, message).hint("leave that rule out, or delete later");
        }
        Some(expires)
    }

    /// How much a tier stores has to be written where objects stay for ever.
    fn check_sizes(
        &mut self,
        objects: &ObjectStorage,
        names: &[&str],
        written: &spec::ObjectStorage,
        path: &Path,
    ) {
        for (tier, name) in (0..).zip(names) {
            let storage = written.tiers.get(*name).and_then(|tier| tier.storage.as_ref());
            let is_sized = storage.is_none_or(|storage| storage.size.is_some());
            if !is_sized && objects.stay(tier).is_none() {
                let at = path.key("tiers").key(name).key("storage");
                let message = "objects stay here for ever: how much is there?";
                let hint =
                    "write its size: \"30TB\", or when objects are deleted, expires: \"365d\"";
                self.findings.error(&at, message).hint(hint);
            }
        }
    }

    /// The rules of the lifecycle, by age.
    fn moves(
        &mut self,
        names: &[&str],
        written: &spec::ObjectStorage,
        path: &Path,
    ) -> Vec<(Duration, u32)> {
        let mut moves: Vec<(Duration, u32)> = Vec::new();
        for (i, rule) in written.lifecycle.iter().enumerate() {
            let path = path.index(i);
            let Some(tier) = names.iter().position(|name| *name == rule.to) else {
                let hint = meant(&rule.to, written.tiers.keys());
                let message = format!("there is no tier `{}`", rule.to);
                self.findings.error(&path.key("to"), message).hint = hint;
                continue;
            };
            let Some(nanos) = self.positive_duration(&rule.after, "an age", &path.key("after"))
            else {
                continue;
            };
            let after = Duration(nanos as u64);
            if moves.last().is_some_and(|(before, _)| *before >= after) {
                let message = "this rule is for younger objects than the one before";
                self.findings
                    .error(&path.key("after"), message)
                    .hint("write rules in order of age");
            }
            moves.push((after, tier as u32));
        }
        moves
    }

    /// The tier where objects begin: the one that no rule leads to.
    fn begin(&mut self, names: &[&str], written: &spec::ObjectStorage, path: &Path) -> u32 {
        let reached: BTreeSet<&str> =
            written.lifecycle.iter().map(|rule| rule.to.as_str()).collect();
        let mut rest = (0..).zip(names).filter(|(_, name)| !reached.contains(**name));
        match (rest.next(), rest.next()) {
            (Some((index, _)), None) => index,
            (None, _) => {
                let message = "rules lead to every tier: in which one do objects begin?";
                let error = self.findings.error(&path.key("lifecycle"), message);
                error.hint("leave out the rule for new objects");
                0
            }
            (Some((_, one)), Some((_, other))) => {
                let message = format!(
                    "no rule leads to `{one}` nor to `{other}`: in which one do objects begin?"
                );
                let hint = "lead to all tiers but one: lifecycle: [(after: \"30d\", to: \"cold\")]";
                self.findings.error(&path.key("tiers"), message).hint(hint);
                0
            }
        }
    }
}

impl Model {
    /// Nanoseconds that it takes on average until an object is at hand.
    pub(super) fn mean_retrieval(&self, objects: &ObjectStorage) -> f64 {
        let mean = |tier: u32| {
            let retrieval = objects.tiers[tier as usize].retrieval;
            retrieval.map_or(0.0, |law| self.laws[law.0 as usize].sampler.mean())
        };
        let Some(ages) = objects.ages else { return mean(objects.begin) };
        let ages = &self.laws[ages.0 as usize].sampler;
        let key = Key::new(0, 0, name_hash(&objects.name));
        let total: f64 = (0..AGES_SAMPLED)
            .map(|i| Duration::from_nanos(ages.sample(&mut Draw::new(i, key))))
            .map(|age| if objects.is_gone(age) { 0.0 } else { mean(objects.tier_at(age)) })
            .sum();
        total / AGES_SAMPLED as f64
    }
}
