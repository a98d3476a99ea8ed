//! What is measured of regions: traffic between them and to clients, and what the clients of each feel.

use crate::model::check::{Lowering, operations};
use crate::model::measures::{CounterId, MeasureKind, TimingId};
use crate::model::placement::meant;
use crate::model::{Model, OperationId, quantity};
use crate::spec::{Path, Quantity};
use std::collections::BTreeSet;

/// Traffic between regions, and from them to clients.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Transfers {
    /// For each ordered pair of regions; of a region with itself, between its zones. Then for each region, to its
    /// clients.
    pairs: Vec<Option<Transfer>>,
    regions: usize,
    /// Bytes of a request.
    pub request: u64,
    /// Bytes of a reply.
    pub reply: u64,
    /// Replies of operations that are of another size, by name.
    sizes: Vec<(String, u64)>,
    /// The same by [`OperationId`].
    replies: Vec<u64>,
}

/// Messages one way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// How many.
    pub messages: CounterId,
    /// How large, together.
    pub bytes: CounterId,
}

/// What the clients of a region feel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegionMeasures {
    /// Requests that ended.
    pub requests: CounterId,
    /// Requests that did not end well.
    pub errors: CounterId,
    /// How long those took that ended well.
    pub latency: TimingId,
}

impl Transfers {
    /// Messages from one region to another, or between zones of one.
    #[inline]
    pub fn between(&self, from: u16, to: u16) -> Option<Transfer> {
        *self.pairs.get(usize::from(from) * self.regions + usize::from(to))?
    }

    /// Replies from a region to clients.
    #[inline]
    pub fn to_clients(&self, from: u16) -> Option<Transfer> {
        *self.pairs.get(self.regions * self.regions + usize::from(from))?
    }

    /// Bytes of an operation's reply.
    #[inline]
    pub fn reply_of(&self, operation: OperationId) -> u64 {
        self.replies.get(operation.0 as usize).copied().unwrap_or(self.reply)
    }
}

impl Lowering<'_> {
    /// Reads how large messages are.
    pub(in crate::model) fn lower_messages(&mut self) {
        let network = &self.spec.network;
        let path = Path::root().key("network");
        if let Some(message) = &network.message {
            let at = path.key("message");
            self.model.transfers.request = self.bytes(&message.request, &at.key("request"));
            self.model.transfers.reply = self.bytes(&message.reply, &at.key("reply"));
        }
        if !network.sizes.is_empty() && network.message.is_none() {
            let error = self.findings.error(&path.key("sizes"), "other messages have no size");
            error.hint("write message: (request: \"1KB\", reply: \"10KB\")");
        }
        let known: Vec<String> =
            operations(self.spec).map(|(c, o, _)| format!("{c}.{o}")).collect();
        for (operation, size) in &network.sizes {
            let at = path.key("sizes").key(operation);
            let bytes = self.bytes(size, &at);
            if !known.contains(operation) {
                let hint = meant(operation, known.iter());
                let message = format!("there is no operation `{operation}`");
                let error = self.findings.error(&at, message);
                (error.hint, error.on_key) = (hint, true);
            }
            self.model.transfers.sizes.push((operation.clone(), bytes));
        }
    }

    pub(in crate::model) fn bytes(&mut self, size: &Quantity, path: &Path) -> u64 {
        self.read(quantity::bytes(size), path).unwrap_or(0.0) as u64
    }

    /// Measures every pair of regions that messages travel, and what the clients of each region feel.
    pub(super) fn measure_transfers(
        &mut self,
        travelled: &BTreeSet<(u16, u16)>,
        answering: &BTreeSet<u16>,
    ) {
        let has_sizes = self.spec.network.message.is_some();
        let Model { places, transfers, measures, region_measures, clients, .. } = &mut self.model;
        let regions = places.regions.len();
        transfers.regions = regions;
        transfers.pairs = vec![None; regions * (regions + 1)];
        let mut measure = |index: usize, of: &str| {
            let transfer = Transfer { messages: measures.counter(), bytes: measures.counter() };
            measures.report(of, "messages", MeasureKind::Rate(transfer.messages));
            if has_sizes {
                measures.report(of, "traffic", MeasureKind::BytesRate(transfer.bytes));
            }
            transfers.pairs[index] = Some(transfer);
        };
        let name = |region: u16| &places.regions[usize::from(region)].name;
        for &(from, to) in travelled {
            let index = usize::from(from) * regions + usize::from(to);
            if from != to {
                measure(index, &format!("network.{}→{}", name(from), name(to)));
            } else if places.regions[usize::from(from)].zones.len() > 1 {
                measure(index, &format!("network.{} between zones", name(from)));
            }
        }
        if regions < 2 {
            return;
        }
        for &from in answering {
            let index = regions * regions + usize::from(from);
            measure(index, &format!("network.{}→internet", name(from)));
        }
        for (index, region) in places.regions.iter().enumerate() {
            if clients.iter().all(|client| client.regions[index] <= 0.0) {
                region_measures.push(None);
                continue;
            }
            let told = RegionMeasures {
                requests: measures.counter(),
                errors: measures.counter(),
                latency: measures.timing(),
            };
            let of = format!("regions.{}", region.name);
            measures.report(&of, "requests", MeasureKind::Rate(told.requests));
            let errors = MeasureKind::Share { part: told.errors, whole: vec![told.requests] };
            measures.report(&of, "errors", errors);
            measures.report(&of, "mean", MeasureKind::MeanTime(told.latency));
            measures.report(&of, "p50", MeasureKind::MedianTime(told.latency));
            measures.report(&of, "p99", MeasureKind::P99Time(told.latency));
            region_measures.push(Some(told));
        }
    }
}

impl Model {
    /// Says how large the reply of each operation is, where one is of its own size.
    pub(in crate::model) fn size_replies(&mut self) {
        let Model { transfers, operations, .. } = self;
        if transfers.sizes.is_empty() {
            return;
        }
        let size = |name: &str| {
            let own = transfers.sizes.iter().find(|(operation, _)| operation == name);
            own.map_or(transfers.reply, |(_, bytes)| *bytes)
        };
        transfers.replies = operations.iter().map(|operation| size(&operation.name)).collect();
    }
}
