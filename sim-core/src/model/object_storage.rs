//! Object storage: which tier an object of which age is in.

use super::check::{Lowering, sorted};
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
    /// How old an object is when it is read.
    pub ages: Option<LawId>,
    /// How large an object without a key is.
    pub size: LawId,
    /// Objects put.
    pub puts: CounterId,
    /// Their bytes.
    pub put_bytes: CounterId,
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
        if ages.is_none() && !moves.is_empty() {
            let message = "objects that are always new never move";
            let hint = "say how old they are when they are read: ages: exponential(\"20d\")";
            self.findings.error(&path.key("lifecycle"), message).hint(hint);
        }
        let refused = self.place_quota(name, written.limit.as_ref(), &path.key("limit"));
        let tiers = names.iter().map(|tier| self.tier(tier, written, path)).collect();
        let measures = &mut self.model.measures;
        let lowered = ObjectStorage {
            name: name.to_owned(),
            tiers,
            begin,
            moves,
            ages,
            size,
            puts: measures.counter(),
            put_bytes: measures.counter(),
        };
        self.report_objects(&lowered, &names, refused);
        self.places.objects.insert(name.to_owned(), self.model.objects.len() as u32);
        self.model.objects.push(lowered);
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
        let all: Vec<CounterId> = objects.tiers.iter().map(|tier| tier.gets).collect();
        for (tier, name) in objects.tiers.iter().zip(names) {
            let of = format!("{of}.{name}");
            measures.report(&of, "gets", MeasureKind::Rate(tier.gets));
            let share = MeasureKind::Share { part: tier.gets, whole: all.clone() };
            measures.report(&of, "of_all_gets", share);
            measures.report(&of, "got_bytes", MeasureKind::BytesRate(tier.got_bytes));
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
            .map(|age| mean(objects.tier_at(age)))
            .sum();
        total / AGES_SAMPLED as f64
    }
}
