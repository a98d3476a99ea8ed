//! What is paid for: prices read, and everything on the bill with its price.

use super::check::{Lowering, sorted};
use super::placement::meant;
use super::quantity::{self, MONTH, QuantityError};
use super::{CounterId, Load, Model, ServiceId, StationKind};
use crate::spec::{self, InstancePrice, Layer, Path, PriceBook, Purchase, Quantity, Store, Volume};

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
    pub price: f64,
    /// How much of it there is.
    pub amount: Amount,
    /// The stations that it pays for, by index of the group: what they were busy with was used, the rest is idle.
    pub stations: Vec<usize>,
    /// How much of it a request of each journey causes, in any unit; empty where that cannot be told.
    pub caused: Vec<f64>,
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
    /// Storage.
    Storage,
    /// Requests.
    Requests,
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
            ChargeKind::Storage => "storage",
            ChargeKind::Requests => "requests",
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
    /// Bytes of the answers to clients; the price is of one.
    Answers,
}

/// What things cost: what the model says, and for the rest the price book.
#[derive(Default)]
pub(super) struct PriceList {
    own: Option<PriceBook>,
    book: PriceBook,
}

impl PriceList {
    fn find<'p, T>(&'p self, of: impl Fn(&'p PriceBook) -> Option<&'p T>) -> Option<&'p T> {
        self.own.as_ref().and_then(&of).or_else(|| of(&self.book))
    }

    fn names<'p>(&'p self, of: impl Fn(&'p PriceBook) -> Vec<&'p String>) -> Vec<&'p String> {
        let mut names: Vec<&String> = self.own.as_ref().map(&of).unwrap_or_default();
        names.extend(of(&self.book));
        names
    }
}

/// The price of some amount, `"$0.08/GB-month"`: dollars for one of the smallest units.
fn price_of(quantity: &Quantity, units: &[(&str, f64)]) -> Result<f64, QuantityError> {
    let example = units[0].0;
    let wrong = |text: &str| QuantityError {
        message: format!("\"{text}\" is no price for this"),
        hint: Some(format!("write dollars for an amount, such as \"$0.1/{example}\"")),
    };
    let Quantity::Text(text) = quantity else { return Err(wrong(&shown(quantity))) };
    let (dollars, unit) = text.split_once('/').ok_or_else(|| wrong(text))?;
    let size = units.iter().find(|(name, _)| *name == unit.trim()).ok_or_else(|| wrong(text))?.1;
    Ok(quantity::money(&Quantity::Text(dollars.trim().to_owned()))? / size)
}

fn shown(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Number(number) => number.to_string(),
        Quantity::Text(text) => text.clone(),
    }
}

/// Of a byte in a second.
fn storage_price(price: &Quantity) -> Result<f64, QuantityError> {
    let units = [("GB-month", 1e9 * MONTH), ("TB-month", 1e12 * MONTH)];
    price_of(price, &units)
}

fn request_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("1M", 1e6), ("1k", 1e3), ("10k", 1e4), ("request", 1.0)])
}

fn byte_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("GB", 1e9), ("TB", 1e12)])
}

/// Every price, each with where it stands, and what it comes to.
fn all_prices(prices: &PriceBook, path: &Path) -> Vec<(Path, Result<f64, QuantityError>)> {
    let mut all = Vec::new();
    for (name, price) in &prices.instances {
        let path = path.key("instances").key(name);
        let ways = [
            ("on_demand", Some(&price.on_demand)),
            ("reserved_1_year", price.reserved_1_year.as_ref()),
            ("reserved_3_years", price.reserved_3_years.as_ref()),
            ("spot", price.spot.as_ref()),
        ];
        for (way, price) in ways {
            all.extend(price.map(|price| (path.key(way), quantity::money_rate(price))));
        }
    }
    for (name, price) in &prices.storage {
        all.push((path.key("storage").key(name), storage_price(price)));
    }
    for (name, price) in &prices.requests {
        all.push((path.key("requests").key(name), request_price(price)));
    }
    let traffic =
        [("zones", &prices.zones), ("regions", &prices.regions), ("internet", &prices.internet)];
    for (name, price) in traffic {
        all.extend(price.as_ref().map(|price| (path.key(name), byte_price(price))));
    }
    let people = prices.people.as_ref();
    all.extend(people.map(|price| (path.key("people"), quantity::money_rate(price))));
    all
}

impl Lowering<'_> {
    /// Reads the prices, and says what is wrong with any of them.
    pub(super) fn read_prices(&mut self) {
        let Some(own) = &self.spec.prices else { return };
        let path = Path::root().key("prices");
        for (path, price) in all_prices(own, &path) {
            self.read(price, &path);
        }
        self.prices.own = Some(own.clone());
        let Some(name) = &own.book else { return };
        let at = path.key("book");
        let read = match self.files.read(name) {
            Ok(text) => PriceBook::parse(name, text),
            Err(missing) => {
                self.findings.error(&at, missing.to_string());
                return;
            }
        };
        match read {
            Ok(book) => {
                for (path, price) in all_prices(&book, &Path::root()) {
                    if let Err(error) = price {
                        let message = format!("{name}, at {path}: {}", error.message);
                        self.findings.error(&at, message).hint = error.hint;
                    }
                }
                if book.book.is_some() {
                    let message = format!("{name} refers to another price book");
                    self.findings.error(&at, message).hint("name one book that has all prices");
                }
                self.prices.book = book;
            }
            Err(errors) => {
                for error in &errors {
                    let place = match error.path.to_string() {
                        path if path.is_empty() => String::new(),
                        path => format!(", at {path}"),
                    };
                    let message = format!("{name}{place}: {}", error.message);
                    self.findings.error(&at, message).hint.clone_from(&error.hint);
                }
            }
        }
    }

    /// Puts everything on the bill that is bought.
    pub(super) fn lower_charges(&mut self) {
        let spec = self.spec;
        for index in 0..self.model.services.len() {
            self.charge_service(index);
        }
        for (name, store) in sorted(&spec.stores) {
            let path = store.fields_path(&Path::root().key("stores").key(name));
            if let Store::Database(database) = store {
                self.charge_database(name, database, &path);
            }
        }
        for (name, cache) in sorted(&spec.caches) {
            if let Layer::Shared { instance: Some(instance), .. } = &cache.at {
                let of = format!("caches.{name}");
                let path = Path::root().key("caches").key(name).key("at").key("shared");
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
        if spec.prices.is_some() {
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
            let stations = self.groups(StationKind::Front, &format!("{name}.front"));
            let held = |_| Amount::Held(1.0);
            let bought = (instance, &Purchase::OnDemand);
            let of = format!("{of}.front");
            self.charge_machines(&of, bought, 1, held, stations, &path.key("front"));
        }
        self.charge_people(&of, written.operations.as_ref(), stations, &path);
    }

    fn charge_database(&mut self, name: &str, database: &spec::Database, path: &Path) {
        let of = format!("stores.{name}");
        let stations = self.groups(StationKind::Store, name);
        let store = self.model.stores.iter().find(|store| store.name == name);
        let members = store.map_or(0, |store| store.members.len()) as u32;
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
            price,
            amount,
            stations: stations.clone(),
            caused: Vec::new(),
        };
        let on_demand = quantity::money_rate(&price.on_demand).unwrap_or(0.0);
        let at = path.key("purchase");
        match *purchase {
            Purchase::OnDemand => {
                self.model.charges.push(charge(ChargeKind::OnDemand, on_demand, amount(0)));
            }
            Purchase::Spot => match &price.spot {
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
        let Some(price) = price else {
            let hint = format!("add {field}: \"$0.06/h\" to prices.instances.\"{instance}\"");
            let message = format!("there is no price of `{instance}` reserved so long");
            self.findings.error(path, message).hint(hint);
            return None;
        };
        quantity::money_rate(price).ok()
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
        let Some(price) = self.prices.find(|prices| prices.storage.get(class)).cloned() else {
            let hint = meant(class, self.prices.names(|p| p.storage.keys().collect()).into_iter());
            let message = format!("there is no price of storage `{class}`");
            self.unpriced(&path.key("class"), &message, hint);
            return;
        };
        let price = storage_price(&price).unwrap_or(0.0);
        let amount = Amount::Held(bytes * f64::from(members));
        let kind = ChargeKind::Storage;
        self.charge(of, kind, price, amount, stations);
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
        let of = of.to_owned();
        self.model.charges.push(Charge { of, kind, price, amount, stations, caused: Vec::new() });
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

    fn charge_queues(&mut self) {
        for index in 0..self.model.queues.len() {
            let queue = &self.model.queues[index];
            let (name, first, count) =
                (queue.name.clone(), queue.first as usize, queue.count as usize);
            let mut counted = vec![queue.published];
            let Some(item) = self.spec.queues.get(&name).and_then(|q| q.requests.as_ref()) else {
                continue;
            };
            for subscription in &self.model.subscriptions[first..first + count] {
                counted.extend([subscription.told.deliveries, subscription.told.settled]);
            }
            let Some(price) = self.prices.find(|prices| prices.requests.get(item)).cloned() else {
                let hint =
                    meant(item, self.prices.names(|p| p.requests.keys().collect()).into_iter());
                let path = Path::root().key("queues").key(&name).key("requests");
                self.unpriced(&path, &format!("there is no price of requests `{item}`"), hint);
                continue;
            };
            let price = request_price(&price).unwrap_or(0.0);
            let of = format!("queues.{name}");
            let amount = Amount::Counted(counted);
            self.charge(&of, ChargeKind::Requests, price, amount, Vec::new());
        }
    }

    /// Traffic that is counted and has a price.
    fn charge_traffic(&mut self) {
        let price = |of: fn(&PriceBook) -> Option<&Quantity>| {
            let found = self.prices.find(of);
            found.and_then(|price| byte_price(price).ok())
        };
        let zones = price(|prices| prices.zones.as_ref());
        let regions = price(|prices| prices.regions.as_ref());
        let internet = price(|prices| prices.internet.as_ref());
        let Model { places, transfers, .. } = &self.model;
        let mut charges = Vec::new();
        let count = places.regions.len() as u16;
        for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
            let Some(transfer) = transfers.between(from, to) else { continue };
            let name = |region: u16| &places.regions[usize::from(region)].name;
            let (price, of) = match from == to {
                true => (zones, format!("network.{} between zones", name(from))),
                false => (regions, format!("network.{}→{}", name(from), name(to))),
            };
            if let Some(price) = price {
                charges.push((of, price, Amount::Counted(vec![transfer.bytes])));
            }
        }
        let has_sizes = self.spec.network.message.is_some();
        if let Some(price) = internet.filter(|_| has_sizes) {
            charges.push(("network.internet".into(), price, Amount::Answers));
        }
        for (of, price, amount) in charges {
            self.charge(&of, ChargeKind::Traffic, price, amount, Vec::new());
        }
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
