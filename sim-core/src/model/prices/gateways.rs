//! What stands at the edge of a network and is paid by what passes it: load balancers and gateways to the outside.

use super::list::{byte_price, bytes_rate};
use super::{Amount, ChargeKind, Tariff};
use crate::model::check::{Lowering, sorted};
use crate::model::load::PaidByRequest;
use crate::model::placement::meant;
use crate::model::{CounterId, Model, OperationId, ServiceId, StationKind, quantity};
use crate::spec::{CapacityUnit, NatEach, Path, Purchase};
use std::collections::BTreeSet;

/// What a load balancer counts that is paid by capacity units, in each region of its service.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Balanced {
    /// New connections; the counters of its regions lie side by side.
    pub connections: CounterId,
    /// Bytes, likewise.
    pub bytes: CounterId,
    /// New connections in a second that take a unit; infinite where they do not count.
    pub connections_per_unit: f64,
    /// Bytes in a second that take a unit; infinite where they do not count.
    pub bytes_per_unit: f64,
}

impl Lowering<'_> {
    /// Has the load balancers count that are paid by what passes them.
    pub(in crate::model) fn measure_fronts(&mut self) {
        let spec = self.spec;
        for (name, service) in sorted(&spec.services) {
            let instance = service.front.as_ref().and_then(|front| front.instance.as_ref());
            let unit = instance.and_then(|of| self.prices.find(|p| p.capacity_units.get(of)));
            let found = self.model.services.iter().position(|it| it.name == *name);
            let (Some(unit), Some(index)) = (unit, found) else { continue };
            let CapacityUnit { connections, bytes, .. } = unit;
            // What is wrong with them has been said.
            let rate = |rate: Option<f64>| rate.unwrap_or(f64::INFINITY);
            let connections_per_unit =
                rate(connections.as_ref().and_then(|it| quantity::rate(it).ok()));
            let bytes_per_unit = rate(bytes.as_ref().and_then(|it| bytes_rate(it).ok()));
            let regions = self.model.services[index].fronts.len() as u32;
            let measures = &mut self.model.measures;
            self.model.services[index].balanced = Some(Balanced {
                connections: measures.counters(regions),
                bytes: measures.counters(regions),
                connections_per_unit,
                bytes_per_unit,
            });
        }
    }

    /// The load balancer in front of a service, in each of its regions.
    pub(super) fn charge_front(
        &mut self,
        index: usize,
        name: &str,
        instance: &String,
        path: &Path,
    ) {
        let stations = self.groups(StationKind::Front, &format!("{name}.front"));
        let regions = self.model.services[index].fronts.len() as u32;
        let of = format!("services.{name}.front");
        let held = |_| Amount::Held(f64::from(regions));
        let bought = (instance, &Purchase::OnDemand);
        self.charge_machines(&of, bought, regions, held, stations, path);
        let unit = self.prices.find(|prices| prices.capacity_units.get(instance));
        let (Some(unit), Some(balanced)) = (unit, self.model.services[index].balanced) else {
            return;
        };
        let price = quantity::money_rate(&unit.price).unwrap_or(0.0);
        let of_region = |region: u32| {
            vec![
                (CounterId(balanced.connections.0 + region), balanced.connections_per_unit),
                (CounterId(balanced.bytes.0 + region), balanced.bytes_per_unit),
            ]
        };
        let amount = Amount::CapacityUnits((0..regions).map(of_region).collect());
        let asks = PaidByRequest::Balanced(ServiceId(index as u32));
        self.charge_use(&of, ChargeKind::CapacityUnits, Tariff::flat(price), amount, Some(asks));
    }

    /// Gateways to the outside, by the hour, and what goes through them to each external system.
    pub(super) fn charge_nat(&mut self) {
        let spec = self.spec;
        let Some(nat) = &spec.network.nat else { return };
        let path = Path::root().key("network").key("nat");
        let count = self.gateways(nat.each);
        let held = |_| Amount::Held(f64::from(count));
        let bought = (&nat.instance, &Purchase::OnDemand);
        self.charge_machines("network.nat", bought, count, held, Vec::new(), &path);
        let price = self.prices.find(|prices| prices.processed.get(&nat.instance));
        let Some(price) = price.and_then(|price| byte_price(price).ok()) else { return };
        let mut charges = Vec::new();
        for (index, external) in self.model.externals.iter().enumerate() {
            let counted = vec![external.answered, external.failed, external.timed_out];
            let price = Tariff::flat(price * external.bytes as f64);
            charges.push((format!("network.nat→{}", external.name), price, counted, index as u32));
        }
        if charges.is_empty() {
            let message = "no service asks an external system, so nothing goes through it";
            self.findings.warning(&path, message);
        } else if self.model.externals.iter().all(|external| external.bytes == 0) {
            let message = "messages have no size, so nothing that goes through it is paid";
            let hint = "add message: (request: \"1KB\", reply: \"10KB\") to the network";
            self.findings.warning(&path, message).hint(hint);
        }
        for (of, price, counted, index) in charges {
            let asks = Some(PaidByRequest::External(index));
            self.charge_use(&of, ChargeKind::Traffic, price, Amount::Counted(counted), asks);
        }
    }

    /// How many gateways there are where services run.
    fn gateways(&self, each: NatEach) -> u32 {
        let services = &self.model.services;
        let count = match each {
            NatEach::Region => {
                let fronts = services.iter().flat_map(|service| &service.fronts);
                fronts.map(|front| front.region).collect::<BTreeSet<u16>>().len()
            }
            NatEach::Zone => {
                let places = services.iter().flat_map(|service| &service.replica_places);
                places.collect::<BTreeSet<&u16>>().len()
            }
        };
        count.max(1) as u32
    }

    /// The time and the requests of a function.
    pub(super) fn charge_function(&mut self, index: usize, kind: &String, path: &Path) {
        let Some(price) = self.prices.find(|prices| prices.functions.get(kind)).cloned() else {
            let hint = meant(kind, self.prices.names(|p| p.functions.keys().collect()).into_iter());
            self.unpriced(path, &format!("there is no price of a function `{kind}`"), hint);
            return;
        };
        let service = &self.model.services[index];
        let Some(function) = &service.function else { return };
        let of = format!("services.{}", service.name);
        let (billed, requests) = (function.billed, function.requests);
        // Of a second with all of its memory, and of as much as time is rounded up to.
        let second = super::list::duration_price(&price.duration).unwrap_or(0.0) * function.memory;
        let each = Tariff::flat(second * function.rounding.as_secs());
        let service = ServiceId(index as u32);
        let asks = Some(PaidByRequest::FunctionTime(service));
        self.charge_use(&of, ChargeKind::Duration, each, Amount::Counted(vec![billed]), asks);
        if self.prices.find(|prices| prices.requests.get(kind)).is_some() {
            let asks = Some(PaidByRequest::Function(service));
            let asked = (ChargeKind::Requests, vec![requests], asks);
            self.charge_requests(&of, kind, asked, path);
        }
    }
}

impl Model {
    /// How many capacity units of the load balancer in front of a service a request takes in a second, if it is alone.
    pub(in crate::model) fn units_of_request(&self, service: ServiceId, asked: OperationId) -> f64 {
        let Some(balanced) = self.services[service.0 as usize].balanced else { return 0.0 };
        let opened = self.handshake.map_or(0.0, |handshake| handshake.opened);
        let bytes = self.transfers.request + self.transfers.reply_of(asked);
        (opened / balanced.connections_per_unit).max(bytes as f64 / balanced.bytes_per_unit)
    }
}
