//! Prices: what things cost by the hour, by the gigabyte and by the request.

use super::read::item;
use super::{Diagnostics, Law, Named, Path, Quantity};
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// Prices, in dollars. They are of a day and a place, which a price book says; nothing looks them up.
///
/// A month has 730 hours. What was measured is taken to go on like that for a month.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceBook {
    /// A file of prices, relative to the model: one group of these same fields. What the model itself says goes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub book: Option<String>,
    /// Of which day the prices are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Where they are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Machines by size, `m5.large`: what services, databases, caches and load balancers run on.
    #[serde(default)]
    pub instances: Named<InstancePrice>,
    /// Storage by class, `gp3`: `"$0.08/GB-month"`.
    #[serde(default)]
    pub storage: Named<Quantity>,
    /// Input and output operations a second that a storage class is provisioned for: `"$0.065/IOPS-month"`.
    #[serde(default)]
    pub iops: Named<Quantity>,
    /// Capacity units of load balancers that are paid by what passes them, by instance.
    #[serde(default)]
    pub capacity_units: Named<CapacityUnit>,
    /// Functions by kind, `lambda`: what their time costs. Their requests cost what `requests` says of the same name.
    #[serde(default)]
    pub functions: Named<FunctionPrice>,
    /// Requests by what is asked: `"$0.40/1M"`.
    #[serde(default)]
    pub requests: Named<Quantity>,
    /// Bytes read from tiers of object storage that are priced so, by tier: `"$0.01/GB"`.
    #[serde(default)]
    pub retrieval: Named<Quantity>,
    /// Bytes that pass through gateways that are paid so, by instance: `"$0.045/GB"`.
    #[serde(default)]
    pub processed: Named<Quantity>,
    /// Traffic between the zones of a region, for each byte that crosses once: `"$0.02/GB"`. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Quantity>,
    /// Traffic from a region to another: `"$0.02/GB"`. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Quantity>,
    /// The same between two regions of which the price is another, from and to: `{"eu": {"asia": "$0.08/GB"}}`.
    #[serde(default)]
    pub between: Named<Named<Quantity>>,
    /// Answers to clients (egress): `"$0.09/GB"`, or in steps of what leaves in a month. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet: Option<Graduated>,
    /// The hour of those who operate what is run by ourselves: `"$80/h"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Quantity>,
}

/// What a machine costs, by how it is bought.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstancePrice {
    /// By the hour: `"$0.096/h"`.
    pub on_demand: Quantity,
    /// Reserved for a year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_1_year: Option<Reservation>,
    /// Reserved for three years.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_3_years: Option<Reservation>,
    /// Spare capacity, which can be taken back at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<Quantity>,
}

/// What a reserved machine costs: by the hour, `"$0.06/h"`, or in part up front: `(up_front: "$250", hour: "$0.03/h")`.
/// What is paid up front is spread over the hours of the years.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Reservation {
    /// Every hour, whether it runs or not.
    Hourly(Quantity),
    /// At the beginning, and every hour.
    UpFront(UpFront),
}

/// A reservation that is paid in part at the beginning.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UpFront {
    /// At the beginning of the years: `"$480"`.
    pub up_front: Quantity,
    /// Every hour. Absent: nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hour: Option<Quantity>,
}

/// What a capacity unit of a load balancer costs and what one is good for. As many are paid, in fractions, as the dimension
/// takes that takes the most (as AWS counts its LCUs).
///
/// Two dimensions count. What is left out: active connections (which are many only where they are idle or long-lived) and
/// evaluations of rules (of which the first ten are free). A busy hour among idle ones costs more than their mean, which
/// is what counts here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CapacityUnit {
    /// An hour of one: `"$0.008/h"`.
    pub price: Quantity,
    /// New connections of clients: `"25/s"`. There are some only where `network.tls` says that not all requests find one
    /// open. Absent: they do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connections: Option<Quantity>,
    /// Bytes of requests and replies, of the sizes that `network.message` says: `"1GB/h"`. Absent: they do not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Quantity>,
}

/// What the time of a function costs.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionPrice {
    /// Of a second with so much memory: `"$0.0000166667/GB-s"`.
    pub duration: Quantity,
    /// To what the duration of each request is rounded up. Absent: `"1ms"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Quantity>,
}

/// One price, or steps that get cheaper: `[(to: "10TB", price: "$0.09/GB"), (price: "$0.085/GB")]`.
#[derive(Clone, PartialEq, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Graduated {
    /// The same for all.
    Flat(Quantity),
    /// Each for what is beyond the one before.
    Steps(Vec<PriceStep>),
}

/// A step of a graduated price.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceStep {
    /// Up to how much in a month. Absent, of the last one: without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Quantity>,
    /// The price.
    pub price: Quantity,
}

impl<'de> Deserialize<'de> for Reservation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Reservation, D::Error> {
        struct Reservations;
        impl<'de> Visitor<'de> for Reservations {
            type Value = Reservation;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price by the hour such as \"$0.06/h\", or (up_front: \"$480\", hour: \"$0.01/h\")")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Reservation, E> {
                Ok(Reservation::Hourly(Quantity::Text(text.to_owned())))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reservation, A::Error> {
                UpFront::deserialize(MapAccessDeserializer::new(map)).map(Reservation::UpFront)
            }
        }
        deserializer.deserialize_any(Reservations)
    }
}

impl<'de> Deserialize<'de> for Graduated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Graduated, D::Error> {
        struct Prices;
        impl<'de> Visitor<'de> for Prices {
            type Value = Graduated;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a price such as \"$0.09/GB\", or steps: [(to: \"10TB\", price: \"$0.09/GB\"), (price: \"$0.05/GB\")]")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Graduated, E> {
                Ok(Graduated::Flat(Quantity::Text(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Graduated, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Graduated::Steps)
            }
        }
        deserializer.deserialize_any(Prices)
    }
}

/// How machines are bought.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(transform = super::schema::bare_names)]
pub enum Purchase {
    /// By the hour in which they run.
    #[default]
    OnDemand,
    /// For years, whether they run or not. What runs beyond those reserved is on demand.
    Reserved {
        /// For how many years: 1 or 3.
        years: u32,
        /// How many replicas are reserved. Absent: all.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replicas: Option<u32>,
    },
    /// Spare capacity, for the hours in which it runs. Where it says how often, replicas of a service are taken back while
    /// it runs: a crash of each by itself, after which a replacement takes its time to come and is not paid for meanwhile.
    Spot {
        /// How long a replica runs until it is taken back; absent: it never is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        every: Option<Law>,
        /// How long it takes until a replacement runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lasts: Option<Law>,
    },
}

impl Purchase {
    pub(super) fn is_on_demand(&self) -> bool {
        *self == Purchase::OnDemand
    }
}

/// Storage that is paid for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// How it is priced: a class of `prices.storage`.
    pub class: String,
    /// How large it is, on each member.
    pub size: Quantity,
    /// For how many input and output operations a second it is provisioned, on each member: paid by the price of the
    /// class in `prices.iops`. Absent: as many as the class has for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iops: Option<u32>,
}

impl PriceBook {
    /// Reads a price book.
    ///
    /// # Errors
    /// Everything that is wrong with it, by path in the book.
    pub fn parse(name: &str, text: &str) -> Result<PriceBook, Diagnostics> {
        let mut out = Diagnostics::new(name);
        match super::parse::snippet(text) {
            Ok(tree) => match item(&tree, &Path::root(), &mut out) {
                Some(prices) if !out.has_errors() => return Ok(prices),
                _ => {}
            },
            Err(syntax) => {
                let message = format!("line {}: {}", syntax.span.line, syntax.message);
                out.error(&Path::root(), message).hint = syntax.hint;
            }
        }
        Err(out)
    }
}
