//! Populations of keys: how often each is asked for, and in whose ranking.

use super::check::{Lowering, sorted};
use super::laws::Unit;
use super::placement::meant;
use super::{KeysId, quantity};
use crate::random::{Permutation, Popularity, Sampler, name_hash};
use crate::spec::{self, Key, Path};
use crate::time::Duration;

/// Keys of a population at most.
const KEYS_MAX: u64 = 1_000_000_000;
/// How large what is stored under a key is, where the file does not say: 1 KB.
const SIZE: f64 = 1_000.0;
/// What `per` says for a ranking by the region of the client.
const REGIONS: &str = "regions";

/// A population of keys. A key is a number from 0; in the common ranking key 0 is the most popular.
#[derive(Clone, PartialEq, Debug)]
pub struct Population {
    /// Its name.
    pub name: String,
    /// How often each rank is asked for.
    pub popularity: Popularity,
    /// Whose ranking decides which key has which rank.
    pub ranking: Ranking,
    /// After how long the ranking is another.
    pub changes: Option<Duration>,
    /// How large what is stored under a key is, in bytes.
    pub size: Sampler,
    /// Hash of the name: its streams of draws.
    pub site: u64,
}

/// Whose ranking it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ranking {
    /// Everybody's.
    Common,
    /// That of each key of another population.
    PerKey(KeysId),
    /// That of each place that requests come from.
    PerRegion,
}

impl Population {
    /// A ranking of its own for whoever is drawn as `which`.
    pub fn permuted(&self, which: u64) -> Permutation {
        Permutation::new(self.popularity.count(), which)
    }
}

impl Lowering<'_> {
    pub(super) fn lower_keys(&mut self) {
        let spec = self.spec;
        for (name, keys) in sorted(&spec.keys) {
            let path = Path::root().key("keys").key(name);
            // What is wrong has been said; the numbering stays.
            let popularity = self.popularity(keys, &path).or_else(|| Popularity::uniform(1).ok());
            let Some(popularity) = popularity else { continue };
            let ranking = self.ranking(name, keys, &path);
            let changes = keys.changes.as_ref().and_then(|changes| {
                let at = path.key("changes");
                let nanos = self.value(changes, Unit::Time, &at)?;
                if nanos < 1.0 {
                    self.findings.error(&at, "rankings cannot change all the time").hint(
                        "leave `changes` out for a ranking that stays, or give a time such as \"1h\"",
                    );
                }
                Some(Duration(nanos.max(1.0) as u64))
            });
            let size = (keys.size.as_ref())
                .and_then(|law| self.law(law, Unit::Bytes, &path.key("size")))
                .unwrap_or(Sampler::Constant(SIZE));
            self.model.keys.push(Population {
                name: name.clone(),
                popularity,
                ranking,
                changes,
                size,
                site: name_hash(&format!("keys.{name}")),
            });
        }
    }

    fn popularity(&mut self, keys: &spec::Keys, path: &Path) -> Option<Popularity> {
        if keys.count == 0 || keys.count > KEYS_MAX {
            let message = format!("{} keys: there are from 1 to {KEYS_MAX}", keys.count);
            self.findings.error(&path.key("count"), message);
            return None;
        }
        let at = path.key("popularity");
        let made = match &keys.popularity {
            spec::Popularity::Uniform => Popularity::uniform(keys.count),
            spec::Popularity::Zipf(exponent) => Popularity::zipf(keys.count, *exponent),
            spec::Popularity::HotSet { requests, keys: hot } => {
                let at = at.key("hot_set");
                let requests = self.share(requests, &at.key("requests"));
                let hot = self.share(hot, &at.key("keys"));
                Popularity::hot_set(keys.count, requests?, hot?)
            }
            spec::Popularity::Weights(weights) => {
                let at = at.key("weights");
                if weights.len() as u64 != keys.count {
                    let message = format!(
                        "{} weights for {} keys: each needs one",
                        weights.len(),
                        keys.count
                    );
                    self.findings.error(&at, message);
                    return None;
                }
                Popularity::weighted(weights.clone())
            }
            spec::Popularity::Column { file, column } => {
                let counts = self.occurrences(file, column, &at.key("column"))?;
                if counts.len() as u64 != keys.count {
                    let message = format!(
                        "the column has {} different values, and `count` says {}",
                        counts.len(),
                        keys.count
                    );
                    let hint = format!("write count: {}", counts.len());
                    self.findings.error(&path.key("count"), message).hint(hint);
                    return None;
                }
                Popularity::weighted(counts)
            }
        };
        match made {
            Ok(popularity) => Some(popularity),
            Err(error) => {
                self.findings.error(&at, error.to_string());
                None
            }
        }
    }

    fn share(&mut self, share: &spec::Quantity, path: &Path) -> Option<f64> {
        self.read(quantity::share(share), path)
    }

    fn ranking(&mut self, name: &str, keys: &spec::Keys, path: &Path) -> Ranking {
        let Some(per) = keys.per.as_deref() else { return Ranking::Common };
        if per == REGIONS {
            return Ranking::PerRegion;
        }
        let at = path.key("per");
        match self.keys_id(per) {
            // One ranking may hang on another, but not in a circle.
            Some(_) if self.hangs_on(per, name) => {
                let message = format!("the rankings of `{name}` and `{per}` hang on each other");
                self.findings.error(&at, message);
                Ranking::Common
            }
            Some(owner) => Ranking::PerKey(owner),
            None => {
                let hint = meant(per, self.spec.names("keys"));
                let hint = hint.or_else(|| Some("write per: \"regions\" for one a region".into()));
                self.findings.error(&at, format!("there are no keys `{per}`")).hint = hint;
                Ranking::Common
            }
        }
    }

    /// Whether the ranking of `keys` is, at some remove, per key of `owner`.
    fn hangs_on(&self, keys: &str, owner: &str) -> bool {
        let mut at = keys;
        for _ in 0..=self.spec.keys.len() {
            if at == owner {
                return true;
            }
            match self.spec.keys.get(at).and_then(|keys| keys.per.as_deref()) {
                Some(per) => at = per,
                None => return false,
            }
        }
        true
    }

    /// The number of a population.
    pub(super) fn keys_id(&self, name: &str) -> Option<KeysId> {
        let at = sorted(&self.spec.keys).position(|(known, _)| known == name)?;
        Some(KeysId(at as u32))
    }

    /// A step's key has to be one that there is.
    pub(super) fn check_key(&mut self, key: &Key, path: &Path) {
        let name = key.population();
        if self.spec.is_written(&["keys", name]) {
            return;
        }
        let hint = meant(name, self.spec.names("keys"))
            .unwrap_or_else(|| format!("define them: keys: {{ \"{name}\": (count: 1000) }}"));
        self.findings.error(path, format!("there are no keys `{name}`")).hint(hint);
    }
}
