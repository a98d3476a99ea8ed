//! Load shedding: whom a service or a store refuses when it has too much to do, and what requests tell it.

use super::{Named, Quantity};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Which requests are refused, at the door, when there are too many. What is refused is an error at once; its answer
/// still crosses the network. (A bound on how many may wait is `queue`.)
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Shedding {
    /// Controlled delay: when even the shortest wait of an interval is above the target, one that has waited is refused as
    /// its turn comes, and after it others, ever more often, until waits are below the target (K. Nichols and V. Jacobson,
    /// "Controlling Queue Delay", ACM Queue 10(5), 2012; RFC 8289). First in, first out.
    Codel {
        /// The wait that is still good. Absent: 5 ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<Quantity>,
        /// For how long waits have to be above it; about the longest time that a caller takes to send less. Absent: 100 ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<Quantity>,
    },
    /// First in, first out, until the line has not been empty for an interval; from then on, until it is empty, the newest
    /// first, and who comes waits for a short time only (B. Maurer, "Fail at Scale", ACM Queue 13(8), 2015).
    AdaptiveLifo {
        /// When a line that has not been empty is an overload, and how long one who came before may wait. Absent: 100 ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        interval: Option<Quantity>,
        /// How long one who comes in an overload may wait. Absent: 5 ms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timeout: Option<Quantity>,
    },
    /// The least critical first: each criticality is refused from its own bound on (B. Beyer et al., "Site Reliability
    /// Engineering", 2016, chapter 21).
    Criticality {
        /// From how many that wait on.
        #[serde(default, skip_serializing_if = "CriticalityBound::is_empty")]
        queue: CriticalityBound,
        /// From which utilisation of the cores (or of the threads, where they are held) on: `"80%"`.
        #[serde(default, skip_serializing_if = "CriticalityBound::is_empty")]
        utilisation: CriticalityBound,
        /// Utilisation is what requests see as they come, on average over about so long: one counts for 1/e as much after
        /// this time. Absent: 1 s.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        window: Option<Quantity>,
    },
}

/// A bound for each criticality: a number that wait, or a share of the servers. What is not written has none.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CriticalityBound {
    /// For the most critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_plus: Option<Quantity>,
    /// For what people wait for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<Quantity>,
    /// For what can be tried again later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheddable_plus: Option<Quantity>,
    /// For the least critical.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheddable: Option<Quantity>,
}

impl CriticalityBound {
    /// What there is, the most critical first.
    pub fn all(&self) -> [Option<&Quantity>; 4] {
        let CriticalityBound { critical_plus, critical, sheddable_plus, sheddable } = self;
        [critical_plus.as_ref(), critical.as_ref(), sheddable_plus.as_ref(), sheddable.as_ref()]
    }

    /// Whether nothing is written.
    pub fn is_empty(&self) -> bool {
        self.all().iter().all(Option::is_none)
    }
}

/// How much it matters that a request is answered. A request carries it wherever it goes, in calls and in messages.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Criticality {
    /// The most critical: a serious harm if it fails.
    CriticalPlus,
    /// What people wait for.
    #[default]
    Critical,
    /// What can be tried again in minutes, such as batch work.
    SheddablePlus,
    /// What may often fail, or now and then for long.
    Sheddable,
}

impl Criticality {
    /// All of them, the most critical first.
    pub const ALL: [Criticality; 4] = [
        Criticality::CriticalPlus,
        Criticality::Critical,
        Criticality::SheddablePlus,
        Criticality::Sheddable,
    ];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Criticality::CriticalPlus => "critical_plus",
            Criticality::Critical => "critical",
            Criticality::SheddablePlus => "sheddable_plus",
            Criticality::Sheddable => "sheddable",
        }
    }
}

/// The criticality of what clients ask for: the same for all of it, or by operation.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Criticalities {
    /// The same for all.
    All(Criticality),
    /// By operation of the mix; those not named are `critical`.
    ByOperation(Named<Criticality>),
}

impl Default for Criticalities {
    fn default() -> Criticalities {
        Criticalities::All(Criticality::default())
    }
}

impl Criticalities {
    /// Whether it is the default, which need not be written.
    pub fn is_default(&self) -> bool {
        *self == Criticalities::default()
    }

    /// The criticality of a request for an operation.
    pub fn of(&self, operation: &str) -> Criticality {
        match self {
            Criticalities::All(criticality) => *criticality,
            Criticalities::ByOperation(named) => named.get(operation).copied().unwrap_or_default(),
        }
    }
}

impl<'de> Deserialize<'de> for Criticalities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Criticalities, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Criticalities;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a criticality such as sheddable, or several by operation: { \"a.b\": sheddable }",
        )
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Criticalities, E> {
        Criticality::deserialize(StrDeserializer::<E>::new(name)).map(Criticalities::All)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Criticalities, A::Error> {
        Named::deserialize(MapAccessDeserializer::new(map)).map(Criticalities::ByOperation)
    }
}
