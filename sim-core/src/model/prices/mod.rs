//! What is paid for: everything on the bill with its price.

mod gateways;
mod list;
mod usage;

pub use gateways::Balanced;
pub(super) use list::PriceList;

mod seen;

pub use seen::Seen;

use super::check::{Lowering, sorted};
use super::load::PaidByRequest;
use super::placement::meant;
use super::quantity::{self, MONTH};
use super::{CounterId, Load, Model, ServiceId, StationKind};
use crate::spec::{self, InstancePrice, Layer, Path, Purchase, Quantity, Store, Volume};

/// Years for which machines can be reserved.
const TERMS: &str = "machines are reserved for 1 year or for 3";

/// Something that is paid for.
#[derive(Clone, PartialEq, Debug)]
pub struct Charge {
    /// The thing, by its path in the model: `services.api`.
    pub of: String,
    /// What of it is paid.
    pub kind: ChargeKind,
    /// Dollars for one of `amount`.
    pub price: Tariff,
    /// How much of it there is.
    pub amount: Amount,
    /// The stations that it pays for, by index of the group: what they were busy with was used, the rest is idle.
    pub stations: Vec<usize>,
    /// What requests ask for that cause it, where that is no station.
    pub asks: Option<PaidByRequest>,
    /// How much of it a request of each journey causes, in any unit; empty where that cannot be told.
    pub caused: Vec<f64>,
}

/// Dollars for an amount: the same for all of it, or steps of what there is in a month.
#[derive(Clone, PartialEq, Debug)]
pub struct Tariff {
    /// From which amount of a month on one more costs how much; the first from 0.
    steps: Vec<(f64, f64)>,
}

impl Tariff {
    /// The same for all.
    pub fn flat(price: f64) -> Tariff {
        Tariff { steps: vec![(0.0, price)] }
    }

    /// What an amount of a month costs: each step for what is in it.
    pub fn of(&self, amount: f64) -> f64 {
        let ends = self.steps.iter().skip(1).map(|&(from, _)| from).chain([f64::INFINITY]);
        let within = |((from, price), to): (&(f64, f64), f64)| {
            if amount > *from { (amount.min(to) - from) * price } else { 0.0 }
        };
        self.steps.iter().zip(ends).map(within).sum()
    }
}

/// What is paid of a thing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ChargeKind {
    /// Machines by the hour.
    OnDemand,
    /// Machines reserved.
    Reserved,
    /// Spare machines by the hour.
    Spot,
    /// Capacity units of load balancers.
    CapacityUnits,
    /// Time of functions.
    Duration,
    /// Storage.
    Storage,
    /// Operations a second that storage is provisioned for.
    Iops,
    /// Requests.
    Requests,
    /// Objects got.
    Gets,
    /// Objects put.
    Puts,
    /// Objects moved between tiers.
    Moves,
    /// Bytes read from storage that is priced so.
    Retrieval,
    /// Traffic.
    Traffic,
    /// Hours of people.
    Operations,
}

impl ChargeKind {
    /// Its name: `on_demand`.
    pub fn name(self) -> &'static str {
        match self {
            ChargeKind::OnDemand => "on_demand",
            ChargeKind::Reserved => "reserved",
            ChargeKind::Spot => "spot",
            ChargeKind::CapacityUnits => "capacity_units",
            ChargeKind::Duration => "duration",
            ChargeKind::Storage => "storage",
            ChargeKind::Iops => "iops",
            ChargeKind::Requests => "requests",
            ChargeKind::Gets => "gets",
            ChargeKind::Puts => "puts",
            ChargeKind::Moves => "moves",
            ChargeKind::Retrieval => "retrieval",
            ChargeKind::Traffic => "traffic",
            ChargeKind::Operations => "operations",
        }
    }
}

/// How much there is of what is paid for.
#[derive(Clone, PartialEq, Debug)]
pub enum Amount {
    /// Always so much; the price is of a second.
    Held(f64),
    /// The replicas of a service beyond those reserved; the price is of a second of one.
    Replicas {
        /// The service.
        service: ServiceId,
        /// How many are paid for otherwise.
        reserved: u32,
    },
    /// What is counted; the price is of one.
    Counted(Vec<CounterId>),
    /// What is counted by each of some load balancers: of each the counter of which the rate takes the most units, with
    /// the rate that takes one; the price is of a second of one unit.
    CapacityUnits(Vec<Vec<(CounterId, f64)>>),
    /// Bytes of the answers to clients; the price is of one.
    Answers,
}

impl Lowering<'_> {
    /// Puts everything on the bill that is bought.
    pub(super) fn lower_charges(&mut self) {
        let spec = self.spec;
        for index in 0..self.model.services.len() {
            self.charge_service(index);
        }
        for (name, store) in sorted(&spec.stores) {
            let path = store.fields_path(&Path::root().key("stores").key(name));
            match store {
                Store::Database(database) => self.charge_database(name, database, &path),
                Store::External(external) => {
                    self.charge_external(name, external.requests.as_ref(), &path);
                }
                Store::ObjectStorage(objects) => self.charge_objects(name, objects, &path),
                Store::Search(_) => {}
            }
        }
        for (name, cache) in sorted(&spec.caches) {
            let (of, at) = (format!("caches.{name}"), Path::root().key("caches").key(name));
            self.charge_cache_requests(name, cache.requests.as_ref(), &at.key("requests"));
            if let Layer::Shared { instance: Some(instance), .. } = &cache.at {
                let path = at.key("at").key("shared");
                let stations = self.groups(StationKind::Cache, name);
                let held = |_| Amount::Held(1.0);
                self.charge_machines(
                    &of,
                    (instance, &Purchase::OnDemand),
                    1,
                    held,
                    stations,
                    &path,
                );
            }
        }
        self.charge_queues();
        self.charge_nat();
        if spec.prices.is_some() {
            self.check_prices_between();
            self.charge_traffic();
        }
    }

    /// Stations of a kind that belong to a thing: named after it, or after it and one of its regions.
    fn groups(&self, kind: StationKind, name: &str) -> Vec<usize> {
        let is_of = |own: &str| {
            own == name
                || own
                    .strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with('@') || rest.starts_with('.'))
        };
        let groups = self.model.stations.iter().enumerate();
        groups.filter(|(_, g)| g.kind == kind && is_of(&g.name)).map(|(index, _)| index).collect()
    }

    fn charge_service(&mut self, index: usize) {
        let spec = self.spec;
        let (name, replicas) =
            (self.model.services[index].name.clone(), self.model.services[index].replicas);
        let Some(written) = spec.services.get(&name) else { return };
        let path = Path::root().key("services").key(&name);
        let of = format!("services.{name}");
        let stations = self.groups(StationKind::Cores, &name);
        if let Some(instance) = &written.instance {
            let service = ServiceId(index as u32);
            let amount = move |reserved| Amount::Replicas { service, reserved };
            let bought = (instance, &written.purchase);
            self.charge_machines(&of, bought, replicas, amount, stations.clone(), &path);
        } else if !matches!(written.purchase, Purchase::OnDemand) {
            let message = "how a machine is bought is said, but not which";
            self.findings.error(&path.key("purchase"), message).hint("add instance: \"m5.large\"");
        }
        if let Some(instance) = written.front.as_ref().and_then(|front| front.instance.as_ref()) {
            self.charge_front(index, &name, instance, &path.key("front"));
        }
        let function = written.function.as_ref();
        if let Some(kind) = function.and_then(|function| function.price.as_ref()) {
            self.charge_function(index, kind, &path.key("function").key("price"));
        }
        self.charge_people(&of, written.operations.as_ref(), stations, &path);
    }

    fn charge_database(&mut self, name: &str, database: &spec::Database, path: &Path) {
        let of = format!("stores.{name}");
        let stations = self.groups(StationKind::Store, name);
        let store = self.model.stores.iter().find(|store| store.name == name);
        let members = store.map_or(0, |store| store.members.len()) as u32;
        if let Purchase::Spot { every: Some(_), .. } = &database.purchase {
            let message = "a member that is taken back takes its data with it";
            let hint = "leave `every` out, and say how it breaks: faults: [crash(of: \"stores.…\", every: …)]";
            self.findings.error(&path.key("purchase").key("spot").key("every"), message).hint(hint);
        }
        if let Some(instance) = &database.instance {
            let held = |reserved: u32| Amount::Held(f64::from(members.saturating_sub(reserved)));
            let bought = (instance, &database.purchase);
            self.charge_machines(&of, bought, members, held, stations.clone(), path);
        } else if !matches!(database.purchase, Purchase::OnDemand) {
            let message = "how a machine is bought is said, but not which";
            self.findings
                .error(&path.key("purchase"), message)
                .hint("add instance: \"db.m5.large\"");
        }
        if let Some(volume) = &database.storage {
            self.charge_storage(&of, volume, members, stations.clone(), path);
        }
        self.charge_people(&of, database.operations.as_ref(), stations, path);
    }

    /// Machines of a size, `replicas` of them; `amount` says how many there are beyond those reserved.
    fn charge_machines(
        &mut self,
        of: &str,
        (instance, purchase): (&String, &Purchase),
        replicas: u32,
        amount: impl Fn(u32) -> Amount,
        stations: Vec<usize>,
        path: &Path,
    ) {
        let at = path.key("instance");
        let Some(price) = self.prices.find(|prices| prices.instances.get(instance)).cloned() else {
            let hint =
                meant(instance, self.prices.names(|p| p.instances.keys().collect()).into_iter());
            self.unpriced(&at, &format!("there is no price of an instance `{instance}`"), hint);
            return;
        };
        let charge = |kind, price: f64, amount| Charge {
            of: of.to_owned(),
            kind,
            price: Tariff::flat(price),
            amount,
            stations: stations.clone(),
            asks: None,
            caused: Vec::new(),
        };
        let on_demand = quantity::money_rate(&price.on_demand).unwrap_or(0.0);
        let at = path.key("purchase");
        match *purchase {
            Purchase::OnDemand => {
                self.model.charges.push(charge(ChargeKind::OnDemand, on_demand, amount(0)));
            }
            Purchase::Spot { .. } => match &price.spot {
                Some(spot) => {
                    let spot = quantity::money_rate(spot).unwrap_or(0.0);
                    self.model.charges.push(charge(ChargeKind::Spot, spot, amount(0)));
                }
                None => {
                    let hint = format!("add spot: \"$0.03/h\" to prices.instances.\"{instance}\"");
                    let message = format!("there is no spot price of `{instance}`");
                    self.findings.error(&at, message).hint(hint);
                }
            },
            Purchase::Reserved { years, replicas: reserved } => {
                let at = at.key("reserved");
                let reserved = reserved.unwrap_or(replicas);
                if reserved > replicas {
                    let message = format!("{reserved} are reserved, and there are only {replicas}");
                    self.findings.error(&at.key("replicas"), message);
                }
                let Some(hour) = self.reserved_price(years, instance, &price, &at) else { return };
                let held = Amount::Held(f64::from(reserved));
                self.model.charges.push(charge(ChargeKind::Reserved, hour, held));
                let rest = amount(reserved);
                let can_grow = matches!(rest, Amount::Replicas { service, .. }
                    if self.model.services[service.0 as usize].billed.is_some());
                if reserved < replicas || can_grow {
                    self.model.charges.push(charge(ChargeKind::OnDemand, on_demand, rest));
                }
            }
        }
    }

    /// What a machine costs that is reserved for so many years.
    fn reserved_price(
        &mut self,
        years: u32,
        instance: &str,
        price: &InstancePrice,
        path: &Path,
    ) -> Option<f64> {
        let (price, field) = match years {
            1 => (&price.reserved_1_year, "reserved_1_year"),
            3 => (&price.reserved_3_years, "reserved_3_years"),
            _ => {
                let message = format!("nothing is reserved for {years} years");
                self.findings.error(&path.key("years"), message).hint(TERMS);
                return None;
            }
        };
        let Some(price) = price.clone() else {
            let hint = format!("add {field}: \"$0.06/h\" to prices.instances.\"{instance}\"");
            let message = format!("there is no price of `{instance}` reserved so long");
            self.findings.error(path, message).hint(hint);
            return None;
        };
        list::reserved_price(&price, years).ok()
    }

    fn unpriced(&mut self, path: &Path, message: &str, hint: Option<String>) {
        let hint = match (&self.spec.prices, hint) {
            (None, _) => Some("add prices: (book: \"prices.ron\") to the model".into()),
            (Some(_), Some(hint)) => Some(hint),
            (Some(_), None) => {
                Some("add it to the prices of the model or to the price book".into())
            }
        };
        self.findings.error(path, message).hint = hint;
    }

    /// What a byte of a class of storage costs in a second.
    fn storage_price(&mut self, class: &str, path: &Path) -> Option<f64> {
        let Some(price) = self.prices.find(|prices| prices.storage.get(class)).cloned() else {
            let hint = meant(class, self.prices.names(|p| p.storage.keys().collect()).into_iter());
            let message = format!("there is no price of storage `{class}`");
            self.unpriced(&path.key("class"), &message, hint);
            return None;
        };
        Some(list::storage_price(&price).unwrap_or(0.0))
    }

    fn charge_storage(
        &mut self,
        of: &str,
        volume: &Volume,
        members: u32,
        stations: Vec<usize>,
        path: &Path,
    ) {
        let path = path.key("storage");
        let Some(bytes) = self.read(quantity::bytes(&volume.size), &path.key("size")) else {
            return;
        };
        let class = &volume.class;
        let Some(price) = self.storage_price(class, &path) else { return };
        let amount = Amount::Held(bytes * f64::from(members));
        self.charge(of, ChargeKind::Storage, price, amount, stations.clone());
        let Some(iops) = volume.iops else { return };
        let Some(price) = self.prices.find(|prices| prices.iops.get(class)).cloned() else {
            let message = format!("there is no price of operations a second on storage `{class}`");
            let hint = Some(format!("add prices: (iops: {{\"{class}\": \"$0.065/IOPS-month\"}})"));
            self.unpriced(&path.key("iops"), &message, hint);
            return;
        };
        let price = list::iops_price(&price).unwrap_or(0.0);
        let amount = Amount::Held(f64::from(iops) * f64::from(members));
        self.charge(of, ChargeKind::Iops, price, amount, stations);
    }

    /// What is no machine: it is used by whoever uses the stations, and is not idle when they are.
    fn charge(
        &mut self,
        of: &str,
        kind: ChargeKind,
        price: f64,
        amount: Amount,
        stations: Vec<usize>,
    ) {
        self.model.charges.push(Charge {
            of: of.to_owned(),
            kind,
            price: Tariff::flat(price),
            amount,
            stations,
            asks: None,
            caused: Vec::new(),
        });
    }

    fn charge_people(
        &mut self,
        of: &str,
        hours: Option<&Quantity>,
        stations: Vec<usize>,
        path: &Path,
    ) {
        let path = path.key("operations");
        let Some(hours) = hours else { return };
        let Some(nanos) = self.read(quantity::duration(hours), &path) else { return };
        let Some(price) = self.prices.find(|prices| prices.people.as_ref()).cloned() else {
            let message = "there is no price of people's hours";
            self.unpriced(&path, message, Some("add prices: (people: \"$80/h\")".into()));
            return;
        };
        // The share of a month in which somebody works on it.
        let share = nanos / 1e9 / MONTH;
        let price = quantity::money_rate(&price).unwrap_or(0.0);
        self.charge(of, ChargeKind::Operations, price, Amount::Held(share), stations);
    }
}

impl Model {
    /// Says of every charge how much of it a request of each journey causes: the service that it is expected to ask for,
    /// messages included, or the messages.
    pub(super) fn attribute(&mut self, load: &Load) {
        let Model { charges, queues, journeys, transfers, .. } = self;
        for charge in charges.iter_mut() {
            let queue = charge.of.strip_prefix("queues.");
            let queue = queue.and_then(|name| queues.iter().position(|queue| queue.name == name));
            if let Some(asks) = charge.asks {
                let each = load.caused.iter().map(|caused| caused.asks.get(&asks));
                charge.caused = each.map(|asks| asks.copied().unwrap_or(0.0)).collect();
                continue;
            }
            charge.caused = match (&charge.amount, queue) {
                (Amount::Answers, _) => (journeys.iter())
                    .map(|journey| transfers.reply_of(journey.operation) as f64)
                    .collect(),
                (_, Some(queue)) => {
                    let messages = load.caused.iter().map(|caused| caused.messages[queue]);
                    messages
                        .map(|messages| if messages.is_finite() { messages } else { 0.0 })
                        .collect()
                }
                _ => {
                    let stations = &charge.stations;
                    let service = |group: &usize, caused: &super::Caused| caused.service[*group];
                    let of = |caused| stations.iter().map(|group| service(group, caused)).sum();
                    load.caused.iter().map(of).collect()
                }
            };
        }
    }
}
