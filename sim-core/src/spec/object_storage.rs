//! Object storage: files in tiers.

use super::stores::written;
use super::{Law, Named, Path, Quantity, Quota};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Object storage, such as S3: it takes everything at once, unless it is limited.
///
/// A `read` gets an object, a `write` puts one. What a query is about, its key, says how large the object is and how
/// old; requests and bytes are counted for each tier. The times have the network in them and count as waiting.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectStorage {
    /// How long getting an object takes, once its tier has it at hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub get: Option<Law>,
    /// How long putting an object takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put: Option<Law>,
    /// The same for a named query. `read("store.query")` gets, `write("store.query")` puts.
    #[serde(default)]
    pub queries: Named<Law>,
    /// How large an object is where a query names no key; those of keys have the sizes of the keys. Absent: `"1MB"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Law>,
    /// Tiers by name. Objects begin in the one that no rule of the lifecycle leads to. Absent: one, `standard`.
    #[serde(default)]
    pub tiers: Named<Tier>,
    /// When objects move to which tier, in the order of their age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lifecycle: Vec<LifecycleRule>,
    /// At which age objects are deleted; whoever reads one that would be older finds nothing. Absent: they stay for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Quantity>,
    /// How old an object is when it is read; of a key, always the same. Absent: new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ages: Option<Law>,
    /// How many requests it takes; what is beyond is refused (throttled). Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Quota>,
    /// What getting an object costs: an item of `prices.requests`. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gets: Option<String>,
    /// What putting an object costs: an item of `prices.requests`. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub puts: Option<String>,
}

/// A tier of an object storage.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// How long it takes until an object is at hand that is read from here. Absent: no time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retrieval: Option<Law>,
    /// What is stored here and how it is priced. What is read from here costs what `prices.retrieval` says of its class.
    /// Absent: it is not on the bill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<TierStorage>,
}

/// What a tier stores, on the bill.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TierStorage {
    /// How it is priced: a class of `prices.storage`.
    pub class: String,
    /// How much there is. Absent: what is put in the time that objects stay here, from the rule that brings them to the next
    /// one or to `expires`, as if objects had always been put as they are now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<Quantity>,
}

/// When an object moves.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LifecycleRule {
    /// At this age.
    pub after: Quantity,
    /// The tier that it moves to.
    pub to: String,
    /// What moving an object costs: an item of `prices.requests`. As many move as are put, as if objects had always been put
    /// as they are now. Absent: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<String>,
}

impl ObjectStorage {
    pub(super) fn laws(&self, path: &Path) -> Vec<(Path, &Law)> {
        let mut laws = written([
            (path.key("get"), self.get.as_ref()),
            (path.key("put"), self.put.as_ref()),
            (path.key("size"), self.size.as_ref()),
            (path.key("ages"), self.ages.as_ref()),
        ]);
        let tiers = self.tiers.iter();
        laws.extend(written(tiers.map(|(name, tier)| {
            (path.key("tiers").key(name).key("retrieval"), tier.retrieval.as_ref())
        })));
        laws
    }
}
