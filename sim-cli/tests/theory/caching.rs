//! Caches: what policies and times to live hit, what comes through when entries expire, what is left for a database.

use crate::campaign::Replication;
use crate::case::Case;
use crate::steady::{Window, of_times};
use sim_core::metrics::Metrics;
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cache_zipf() {
    let Some(mut case) = Case::open("cache-zipf", &[]) else { return };
    for (design, prefix) in [
        ("", "lru_hit"),
        ("fifo", "fifo_hit"),
        ("random", "random_hit"),
        ("perfect knowledge", "lfu_ideal_hit"),
    ] {
        case.steady(design, |run, name| name.starts_with(prefix).then(|| hit_ratio(run)));
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cache_ttl() {
    let Some(mut case) = Case::open("cache-ttl", &[]) else { return };
    for (design, hit) in [
        ("", "hit_no_renew"),
        ("renewed", "hit_renew"),
        ("one key", "one_key_rate3_ttl2_no_renew"),
        ("one key, renewed", "one_key_rate3_ttl2_renew"),
    ] {
        case.steady(design, |run, name| (name == hit).then(|| hit_ratio(run)));
    }
    for (design, resident) in [("", "resident_keys_no_renew"), ("renewed", "resident_keys_renew")] {
        let model = case.model(design);
        case.measure(design, |seed| Residents::new(&model, seed, resident));
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cache_stampede() {
    let Some(mut case) = Case::open("cache-stampede", &[]) else { return };
    case.steady("", |run, name| match name {
        "fetch_rate_naive" => Some(run.station("db").throughput()),
        "delay_mean_naive" => Some(run.response_mean("users")),
        "not_from_cache_ratio" => Some(1.0 - hit_ratio(run)),
        _ => None,
    });
    case.steady("coalesced", |run, name| {
        (name == "delay_mean_coalesced").then(|| run.response_mean("users"))
    });
    // Spells are nearly all of one length: a count over any window would be off by the part of one that is left over.
    case.steady_with(
        "coalesced",
        |_| Spells::default(),
        |run, name| (name == "fetch_rate_coalesced").then(|| run.recorder.rate()),
    );
    case.steady_with(
        "",
        |_| Spells::default(),
        |run, name| (name == "fetches_per_expiry_naive").then(|| run.recorder.fetches_each()),
    );
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cache_aside_db() {
    let Some(mut case) = Case::open("cache-aside-db", &[]) else { return };
    case.steady("", |run, name| {
        let database = run.station("db");
        Some(match name {
            "db_rate" => database.throughput(),
            "db_utilisation" => database.utilisation(),
            "max_rate_before_db_saturates" => run.throughput("users") / database.utilisation(),
            "hit_ratio_below_which_db_saturates" => {
                1.0 - (1.0 - hit_ratio(run)) / database.utilisation()
            }
            _ => return of_times(&run.client("users").response, name.strip_prefix("latency_")?),
        })
    });
    case.close();
}

/// The hit ratio of the only cache.
fn hit_ratio(run: &Window<'_, Metrics>) -> f64 {
    let mut reported = run.model.measures.reported.iter();
    let measure = reported.find(|measure| measure.name == "hit_ratio").expect("there is a cache");
    run.recorder.measure(&measure.kind)
}

/// Fetches from when nobody fetches until nobody does again.
#[derive(Default)]
struct Spells {
    under_way: u64,
    fetches: u64,
    spells: u64,
    first: Option<Time>,
    last: Time,
}

impl Spells {
    /// Fetches per second, from one to another.
    fn rate(&self) -> f64 {
        let first = self.first.unwrap_or(self.last);
        (self.fetches - 1) as f64 / self.last.since(first).as_secs()
    }

    fn fetches_each(&self) -> f64 {
        self.fetches as f64 / self.spells as f64
    }
}

impl Recorder for Spells {
    fn joined(&mut self, now: Time, station: StationId, _: Duration) {
        // The store comes after the service's cores, which do nothing.
        assert_eq!(station, StationId(1));
        self.spells += u64::from(self.under_way == 0);
        self.fetches += 1;
        self.under_way += 1;
        self.first.get_or_insert(now);
        self.last = now;
    }

    fn served(&mut self, _: Time, _: StationId, _: Duration, _: Duration) {
        self.under_way -= 1;
    }

    fn restart(&mut self, _: Time) {
        *self = Spells { under_way: self.under_way, ..Spells::default() };
    }
}

/// Fresh entries of the first cache, looked at from time to time.
struct Residents<'m> {
    run: Simulation<'m, ()>,
    warmup: Duration,
    planned: f64,
    name: &'static str,
    sum: f64,
    looks: u64,
}

/// Seconds between two looks.
const LOOK: f64 = 5.0;

impl<'m> Residents<'m> {
    fn new(model: &'m Model, seed: Seed, name: &'static str) -> Self {
        let warmup = model.run.warmup.expect("the model says how long its warm-up is");
        let planned = model.run.horizon.as_secs() - warmup.as_secs();
        let run = Simulation::new(model, seed, ());
        Residents { run, warmup, planned, name, sum: 0.0, looks: 0 }
    }
}

impl Replication for Residents<'_> {
    fn extend(&mut self, length: f64) {
        while (self.looks as f64) < self.planned * length / LOOK {
            let next = self.warmup + Duration::from_secs(self.looks as f64 * LOOK);
            self.run.run_until(Time::ZERO + next, u64::MAX);
            self.sum += self.run.fresh_entries(0) as f64;
            self.looks += 1;
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        (name == self.name).then_some(self.sum / self.looks as f64)
    }

    fn events(&self) -> u64 {
        self.run.events()
    }
}
