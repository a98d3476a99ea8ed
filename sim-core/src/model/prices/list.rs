//! Prices, as the model and its price book say them.

use super::Tariff;
use crate::model::check::Lowering;
use crate::model::quantity::{self, MONTH, QuantityError};
use crate::spec::{Graduated, Path, PriceBook, Quantity, Reservation};

/// What things cost: what the model says, and for the rest the price book.
#[derive(Default)]
pub(in crate::model) struct PriceList {
    own: Option<PriceBook>,
    book: PriceBook,
}

impl PriceList {
    pub(in crate::model) fn find<'p, T>(
        &'p self,
        of: impl Fn(&'p PriceBook) -> Option<&'p T>,
    ) -> Option<&'p T> {
        self.own.as_ref().and_then(&of).or_else(|| of(&self.book))
    }

    pub(super) fn names<'p>(
        &'p self,
        of: impl Fn(&'p PriceBook) -> Vec<&'p String>,
    ) -> Vec<&'p String> {
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
pub(super) fn storage_price(price: &Quantity) -> Result<f64, QuantityError> {
    let units = [("GB-month", 1e9 * MONTH), ("TB-month", 1e12 * MONTH)];
    price_of(price, &units)
}

pub(super) fn request_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("1M", 1e6), ("1k", 1e3), ("10k", 1e4), ("request", 1.0)])
}

pub(super) fn byte_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("GB", 1e9), ("TB", 1e12)])
}

/// Of a byte of memory, held for a second.
pub(super) fn duration_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("GB-s", 1e9), ("GB-h", 3600e9)])
}

/// Bytes per second: `"1GB/h"`.
pub(super) fn bytes_rate(rate: &Quantity) -> Result<f64, QuantityError> {
    let wrong = || QuantityError {
        message: format!("\"{}\" is no amount of bytes over time", shown(rate)),
        hint: Some("write bytes per time, such as \"1GB/h\"".into()),
    };
    let Quantity::Text(text) = rate else { return Err(wrong()) };
    let (bytes, period) = text.split_once('/').ok_or_else(wrong)?;
    let bytes = quantity::bytes(&Quantity::Text(bytes.trim().to_owned()))?;
    let periods = quantity::rate(&Quantity::Text(format!("1/{}", period.trim())))?;
    positive(bytes * periods, rate)
}

/// A number of which there has to be some.
fn positive(number: f64, written: &Quantity) -> Result<f64, QuantityError> {
    let message = format!("\"{}\" is nothing, and has to be something", shown(written));
    let hint = Some("write more than that, or leave it out".into());
    if number > 0.0 { Ok(number) } else { Err(QuantityError { message, hint }) }
}

/// Of one operation a second, held for a second.
pub(super) fn iops_price(price: &Quantity) -> Result<f64, QuantityError> {
    price_of(price, &[("IOPS-month", MONTH)])
}

/// Of an hour of a machine that is reserved for so many years.
pub(super) fn reserved_price(price: &Reservation, years: u32) -> Result<f64, QuantityError> {
    let (up_front, hour) = match price {
        Reservation::Hourly(hour) => (None, Some(hour)),
        Reservation::UpFront(price) => (Some(&price.up_front), price.hour.as_ref()),
    };
    let seconds = f64::from(years) * 12.0 * MONTH;
    let up_front = up_front.map_or(Ok(0.0), quantity::money)?;
    Ok(up_front / seconds + hour.map_or(Ok(0.0), quantity::money_rate)?)
}

/// Of bytes in a month, in steps.
pub(super) fn graduated_price(price: &Graduated) -> Result<Tariff, QuantityError> {
    let steps = match price {
        Graduated::Flat(price) => return Ok(Tariff::flat(byte_price(price)?)),
        Graduated::Steps(steps) => steps,
    };
    let wrong = |message: &str, hint: &str| QuantityError {
        message: message.into(),
        hint: Some(hint.into()),
    };
    let mut tariff = Vec::new();
    let mut from = 0.0;
    for (index, step) in steps.iter().enumerate() {
        tariff.push((from, byte_price(&step.price)?));
        let is_last = index + 1 == steps.len();
        match &step.to {
            None if !is_last => {
                return Err(wrong(
                    "only the last step can be without end",
                    "write how far the others go: to: \"10TB\"",
                ));
            }
            Some(_) if is_last => {
                return Err(wrong(
                    "what does it cost beyond the last step?",
                    "leave `to` out of the last step",
                ));
            }
            None => {}
            Some(to) => {
                let to = quantity::bytes(to)?;
                if to <= from {
                    return Err(wrong(
                        "this step ends before it begins",
                        "write steps in order of their `to`",
                    ));
                }
                from = to;
            }
        }
    }
    match tariff.is_empty() {
        true => Err(wrong("no step, no price", "write \"$0.09/GB\", or at least one step")),
        false => Ok(Tariff { steps: tariff }),
    }
}

/// Every price, each with where it stands, and what it comes to.
fn all_prices(prices: &PriceBook, path: &Path) -> Vec<(Path, Result<f64, QuantityError>)> {
    let mut all = Vec::new();
    for (name, price) in &prices.instances {
        let path = path.key("instances").key(name);
        let ways = [("on_demand", Some(&price.on_demand)), ("spot", price.spot.as_ref())];
        for (way, price) in ways {
            all.extend(price.map(|price| (path.key(way), quantity::money_rate(price))));
        }
        let ways = [
            ("reserved_1_year", 1, price.reserved_1_year.as_ref()),
            ("reserved_3_years", 3, price.reserved_3_years.as_ref()),
        ];
        for (way, years, price) in ways {
            all.extend(price.map(|price| (path.key(way), reserved_price(price, years))));
        }
    }
    for (name, price) in &prices.storage {
        all.push((path.key("storage").key(name), storage_price(price)));
    }
    for (name, price) in &prices.iops {
        all.push((path.key("iops").key(name), iops_price(price)));
    }
    for (name, unit) in &prices.capacity_units {
        let path = path.key("capacity_units").key(name);
        all.push((path.key("price"), quantity::money_rate(&unit.price)));
        let rate = |rate: &Quantity| quantity::rate(rate).and_then(|it| positive(it, rate));
        all.extend(unit.connections.as_ref().map(|it| (path.key("connections"), rate(it))));
        all.extend(unit.bytes.as_ref().map(|it| (path.key("bytes"), bytes_rate(it))));
    }
    for (name, price) in &prices.functions {
        let path = path.key("functions").key(name);
        all.push((path.key("duration"), duration_price(&price.duration)));
        let time = |time: &Quantity| quantity::duration(time).and_then(|it| positive(it, time));
        all.extend(price.rounding.as_ref().map(|it| (path.key("rounding"), time(it))));
    }
    for (name, price) in &prices.processed {
        all.push((path.key("processed").key(name), byte_price(price)));
    }
    for (name, price) in &prices.requests {
        all.push((path.key("requests").key(name), request_price(price)));
    }
    for (name, price) in &prices.retrieval {
        all.push((path.key("retrieval").key(name), byte_price(price)));
    }
    for (name, price) in [("zones", &prices.zones), ("regions", &prices.regions)] {
        all.extend(price.as_ref().map(|price| (path.key(name), byte_price(price))));
    }
    for (from, prices) in &prices.between {
        for (to, price) in prices {
            all.push((path.key("between").key(from).key(to), byte_price(price)));
        }
    }
    if let Some(price) = &prices.internet {
        all.push((path.key("internet"), graduated_price(price).map(|_| 0.0)));
    }
    let people = prices.people.as_ref();
    all.extend(people.map(|price| (path.key("people"), quantity::money_rate(price))));
    all
}

impl Lowering<'_> {
    /// Reads the prices, and says what is wrong with any of them.
    pub(in crate::model) fn read_prices(&mut self) {
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
}
