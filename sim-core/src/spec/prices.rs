//! PriceBook: what things cost by the hour, by the gigabyte and by the request.

use super::read::item;
use super::{Diagnostics, Named, Path, Quantity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// PriceBook, in dollars. They are of a day and a place, which a price book says; nothing looks them up.
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
    /// Requests by what is asked: `"$0.40/1M"`.
    #[serde(default)]
    pub requests: Named<Quantity>,
    /// Traffic between the zones of a region, for each byte that crosses once: `"$0.02/GB"`. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zones: Option<Quantity>,
    /// Traffic from a region to another: `"$0.02/GB"`. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regions: Option<Quantity>,
    /// Answers to clients (egress): `"$0.09/GB"`. Absent: free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub internet: Option<Quantity>,
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
    /// Reserved for a year: all that is paid, spread over its hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_1_year: Option<Quantity>,
    /// Reserved for three years: all that is paid, spread over their hours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserved_3_years: Option<Quantity>,
    /// Spare capacity, which can be taken back at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<Quantity>,
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
    /// Spare capacity, for the hours in which it runs.
    Spot,
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
