//! What is paid by use: requests, what is read from storage, and traffic.

use super::list::{byte_price, graduated_price, request_price};
use super::{Amount, Charge, ChargeKind, Tariff};
use crate::model::check::{Lowering, sorted};
use crate::model::load::PaidByRequest;
use crate::model::placement::meant;
use crate::model::{CounterId, Model, quantity};
use crate::spec::{self, Path, PriceBook, Quantity};
use crate::time::Duration;

impl Lowering<'_> {
    pub(super) fn charge_queues(&mut self) {
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
            let path = Path::root().key("queues").key(&name).key("requests");
            let asked = (ChargeKind::Requests, counted, None);
            self.charge_requests(&format!("queues.{name}"), item, asked, &path);
        }
    }

    /// What an external system takes: all but what its quota refuses.
    pub(super) fn charge_external(&mut self, name: &str, item: Option<&String>, path: &Path) {
        let found = self.model.externals.iter().position(|external| external.name == name);
        let (Some(item), Some(index)) = (item, found) else { return };
        let external = &self.model.externals[index];
        let counted = vec![external.answered, external.failed, external.timed_out];
        let asked = (ChargeKind::Requests, counted, Some(PaidByRequest::External(index as u32)));
        let path = path.key("requests");
        self.charge_requests(&format!("stores.{name}"), item, asked, &path);
    }

    /// Objects got and put, and by tier what is stored and what is read.
    pub(super) fn charge_objects(
        &mut self,
        name: &str,
        written: &spec::ObjectStorage,
        path: &Path,
    ) {
        let Some(index) = self.model.objects.iter().position(|objects| objects.name == name) else {
            return;
        };
        let of = format!("stores.{name}");
        let objects = &self.model.objects[index];
        let (puts, put_bytes) = (vec![objects.puts], vec![objects.put_bytes]);
        let gets = objects.tiers.iter().map(|tier| tier.gets).chain([objects.gone]).collect();
        let stays: Vec<Option<Duration>> =
            (0..objects.tiers.len() as u32).map(|tier| objects.stay(tier)).collect();
        let read: Vec<CounterId> = objects.tiers.iter().map(|tier| tier.got_bytes).collect();
        let get = PaidByRequest::Get(index as u32);
        if let Some(item) = &written.gets {
            let asked = (ChargeKind::Gets, gets, Some(get));
            self.charge_requests(&of, item, asked, &path.key("gets"));
        }
        let put = PaidByRequest::Put(index as u32);
        if let Some(item) = &written.puts {
            let asked = (ChargeKind::Puts, puts.clone(), Some(put));
            self.charge_requests(&of, item, asked, &path.key("puts"));
        }
        for (place, rule) in written.lifecycle.iter().enumerate() {
            let Some(item) = &rule.requests else { continue };
            let path = path.key("lifecycle").index(place).key("requests");
            let asked = (ChargeKind::Moves, puts.clone(), Some(put));
            self.charge_requests(&format!("{of}.{}", rule.to), item, asked, &path);
        }
        // Tiers in the model are sorted by name.
        for ((tier, (name, written)), read) in (0..).zip(sorted(&written.tiers)).zip(read) {
            let Some(storage) = &written.storage else { continue };
            let of = format!("{of}.{name}");
            let path = path.key("tiers").key(name).key("storage");
            let price = self.storage_price(&storage.class, &path);
            match (price, &storage.size, stays[tier]) {
                (Some(price), Some(size), _) => {
                    let Some(bytes) = self.read(quantity::bytes(size), &path.key("size")) else {
                        continue;
                    };
                    self.charge(&of, ChargeKind::Storage, price, Amount::Held(bytes), Vec::new());
                }
                // What is put now is stored for as long as it stays; what was put before costs as much now.
                (Some(price), None, Some(stay)) => {
                    let (price, amount) =
                        (Tariff::flat(price * stay.as_secs()), Amount::Counted(put_bytes.clone()));
                    self.charge_use(&of, ChargeKind::Storage, price, amount, Some(put));
                }
                _ => {}
            }
            let price = self.prices.find(|prices| prices.retrieval.get(&storage.class));
            if let Some(price) = price.and_then(|price| byte_price(price).ok()) {
                let amount = Amount::Counted(vec![read]);
                let price = Tariff::flat(price);
                self.charge_use(&of, ChargeKind::Retrieval, price, amount, Some(get));
            }
        }
    }

    /// Requests that a cache is asked, whether it has an answer or not.
    pub(super) fn charge_cache_requests(&mut self, name: &str, item: Option<&String>, path: &Path) {
        let found = self.model.caches.iter().position(|cache| cache.name == name);
        let (Some(item), Some(index)) = (item, found) else { return };
        let measures = &self.model.caches[index].measures;
        // Whoever waits for the fetch of another has missed too, and is counted apart.
        let counted = vec![measures.hits, measures.misses, measures.coalesced];
        let asked = (ChargeKind::Requests, counted, Some(PaidByRequest::Cache(index as u32)));
        self.charge_requests(&format!("caches.{name}"), item, asked, path);
    }

    /// Requests of a kind that are counted, by the price of an item.
    pub(super) fn charge_requests(
        &mut self,
        of: &str,
        item: &str,
        (kind, counted, asks): (ChargeKind, Vec<CounterId>, Option<PaidByRequest>),
        path: &Path,
    ) {
        let Some(price) = self.prices.find(|prices| prices.requests.get(item)) else {
            let names = self.prices.names(|p| p.requests.keys().collect());
            let hint = meant(item, names.into_iter());
            self.unpriced(path, &format!("there is no price of requests `{item}`"), hint);
            return;
        };
        let price = Tariff::flat(request_price(price).unwrap_or(0.0));
        self.charge_use(of, kind, price, Amount::Counted(counted), asks);
    }

    /// Traffic that is counted and has a price.
    pub(super) fn charge_traffic(&mut self) {
        let price = |of: fn(&PriceBook) -> Option<&Quantity>| {
            self.prices.find(of).and_then(|price| byte_price(price).ok())
        };
        let zones = price(|prices| prices.zones.as_ref());
        let regions = price(|prices| prices.regions.as_ref());
        let Model { places, transfers, .. } = &self.model;
        let mut charges = Vec::new();
        let count = places.regions.len() as u16;
        let name = |region: u16| &places.regions[usize::from(region)].name;
        let between = |from, to| {
            let found = self.prices.find(|p| p.between.get(name(from))?.get(name(to)));
            found.and_then(|price| byte_price(price).ok()).or(regions)
        };
        for (from, to) in (0..count).flat_map(|from| (0..count).map(move |to| (from, to))) {
            let Some(transfer) = transfers.between(from, to) else { continue };
            let (price, of) = match from == to {
                true => (zones, format!("network.{} between zones", name(from))),
                false => (between(from, to), format!("network.{}→{}", name(from), name(to))),
            };
            if let Some(price) = price {
                charges.push((of, Tariff::flat(price), Amount::Counted(vec![transfer.bytes])));
            }
        }
        let has_sizes = self.spec.network.message.is_some();
        let internet = self.prices.find(|prices| prices.internet.as_ref());
        let internet = internet.and_then(|price| graduated_price(price).ok());
        if let Some(price) = internet.filter(|_| has_sizes) {
            charges.push(("network.internet".into(), price, Amount::Answers));
        }
        for (of, price, amount) in charges {
            self.charge_use(&of, ChargeKind::Traffic, price, amount, None);
        }
    }

    /// Says which regions of the prices between them are none.
    pub(super) fn check_prices_between(&mut self) {
        let Some(own) = &self.spec.prices else { return };
        let path = Path::root().key("prices").key("between");
        for (from, prices) in &own.between {
            let at = path.key(from);
            for (name, at) in std::iter::once((from, at.clone()))
                .chain(prices.iter().map(|(to, _)| (to, at.key(to))))
            {
                if !self.spec.regions.contains_key(name) {
                    let hint = meant(name, self.spec.regions.keys());
                    let message = format!("there is no region `{name}`");
                    let error = self.findings.error(&at, message);
                    (error.hint, error.on_key) = (hint, true);
                }
            }
        }
    }

    pub(super) fn charge_use(
        &mut self,
        of: &str,
        kind: ChargeKind,
        price: Tariff,
        amount: Amount,
        asks: Option<PaidByRequest>,
    ) {
        self.model.charges.push(Charge {
            of: of.to_owned(),
            kind,
            price,
            amount,
            stations: Vec::new(),
            asks,
            caused: Vec::new(),
        });
    }
}
