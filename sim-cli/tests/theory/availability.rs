//! What is up and what is down, over centuries: many runs of a model's own length count as one replication, because no
//! clock goes beyond 584 years.

use crate::campaign::Replication;
use crate::case::Case;
use sim_core::metrics::{EVENTS_MAX, Metrics, Trial, run};
use sim_core::model::{Copies, CounterId, LevelId, Model};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

/// Hours and minutes in a year of 365 days.
const YEAR_HOURS: f64 = 8_760.0;
const YEAR_MINUTES: f64 = 60.0 * YEAR_HOURS;
const HOUR: f64 = 3_600.0;

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn availability() {
    let Some(mut case) = Case::open("availability", &[]) else { return };
    for (design, system) in [("", "series"), ("redundant", "redundant")] {
        let model = case.model(design);
        let years = model.run.horizon.as_secs() / HOUR / YEAR_HOURS;
        let read = move |runs: &Merged<'_>, name: &str| match name.strip_prefix(system) {
            Some("") => runs.measure("availability.shop", "availability"),
            Some("_downtime_min_per_year") => {
                Some(YEAR_MINUTES * (1.0 - runs.measure("availability.shop", "availability")?))
            }
            Some("_failures_per_year") => {
                Some(runs.measure("availability.shop", "outages")? / years)
            }
            _ if design.is_empty() => None,
            _ => match name {
                "app_2_of_3" => runs.measure("services.app", "availability"),
                "db_1_of_2" => runs.measure("services.db", "availability"),
                _ => None,
            },
        };
        case.measure(design, |seed| Runs::new(&model, seed, 1.0, read));
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn availability_window() {
    let Some(mut case) = Case::open("availability-window", &[]) else { return };
    let model = case.model("");
    let read = |runs: &Merged<'_>, name: &str| {
        let of_all = "availability.server: in a replication";
        let within = |most: &str| {
            let of = format!("availability.server: at most {most} in a replication");
            runs.measure(&of, "probability")
        };
        match name {
            "downtime_mean" => Some(runs.measure(of_all, "down")? / HOUR),
            "downtime_sd" => Some(runs.measure(of_all, "down_sd")? / HOUR),
            "p_no_outage" => runs.measure(of_all, "without_outage"),
            "p_downtime_le_2h" => within("2 h"),
            // It may be down for one hundredth of 720 hours.
            "p_downtime_le_7.2h" | "p_meets_99pct_monthly_slo" => within("432 min"),
            "p_downtime_le_20h" => within("20 h"),
            _ => None,
        }
    };
    case.measure("", |seed| Runs::new(&model, seed, 1_000.0, read));
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn repair_crew() {
    let Some(mut case) = Case::open("repair-crew", &[]) else { return };
    for (design, crews) in [("", "_1_crews"), ("6", "_6_crews")] {
        let model = case.model(design);
        let read = move |runs: &Merged<'_>, name: &str| match name.strip_suffix(crews)? {
            "availability" => runs.measure("services.nodes", "availability"),
            "mttf_from_all_up_h" => Some(runs.measure("services.nodes", "time_to_failure")? / HOUR),
            "failed_mean" => runs.measure("faults.node fails", "down_on_average"),
            _ => None,
        };
        case.measure(design, |seed| Runs::new(&model, seed, 1.0, read));
    }
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn active_passive() {
    let Some(mut case) = Case::open("active-passive", &[]) else { return };
    let model = case.model("");
    case.measure("", |seed| Pairs::new(&model, seed));
    case.close();
}

/// What runs of a model measured together.
struct Merged<'m> {
    model: &'m Model,
    metrics: Metrics,
}

impl Merged<'_> {
    fn measure(&self, of: &str, name: &str) -> Option<f64> {
        let measures = &self.model.measures.reported;
        let found = measures.iter().find(|measure| measure.of == of && measure.name == name);
        let found = found.unwrap_or_else(|| panic!("`{of}` has no `{name}`"));
        Some(self.metrics.measure(&found.kind))
    }
}

/// Many runs of a model, each from the start.
struct Runs<'m, F> {
    seed: Seed,
    /// Runs of a replication of length 1.
    each: f64,
    runs: u64,
    merged: Merged<'m>,
    events: u64,
    read: F,
}

impl<'m, F> Runs<'m, F> {
    fn new(model: &'m Model, seed: Seed, each: f64, read: F) -> Self {
        let merged = Merged { model, metrics: Metrics::new(model) };
        Runs { seed, each, runs: 0, merged, events: 0, read }
    }
}

/// The seed of a run: runs of one replication have numbers that no other replication has.
fn seed_of(seed: Seed, run: u64) -> Seed {
    Seed { replication: seed.replication << 32 | run, ..seed }
}

impl<F: Fn(&Merged<'_>, &str) -> Option<f64> + Send> Replication for Runs<'_, F> {
    fn extend(&mut self, length: f64) {
        let model = self.merged.model;
        while self.runs < (self.each * length) as u64 {
            let outcome = run(
                model,
                Trial {
                    design: 0,
                    seed: seed_of(self.seed, self.runs),
                    warmup: Duration::ZERO,
                    horizon: model.run.horizon,
                    events_max: EVENTS_MAX,
                },
            );
            assert!(outcome.violations.is_empty(), "{:?}", outcome.violations);
            self.merged.metrics.merge(&outcome.metrics);
            self.events += outcome.events;
            self.runs += 1;
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        (self.read)(&self.merged, name)
    }

    fn events(&self) -> u64 {
        self.events
    }
}

/// A pair of members, of which it is known how many are down and whether one of them is the primary.
#[derive(Clone, Copy)]
struct Pair {
    members_down: LevelId,
    promotions: CounterId,
    now: Time,
    down: u64,
    is_up: bool,
    /// Seconds in all, those in which no primary was up, and those in which nothing was.
    time: f64,
    without_primary: f64,
    both_down: f64,
    promoted: u64,
}

impl Pair {
    fn new(model: &Model) -> Pair {
        let cluster = model.stores[0].cluster.as_ref().expect("two members");
        let Copies::Replicated(replicated) = &cluster.copies else { panic!("a primary") };
        Pair {
            members_down: model.faults[0].broken,
            promotions: replicated.failover.expect("a failover").promotions,
            now: Time::ZERO,
            down: 0,
            is_up: true,
            time: 0.0,
            without_primary: 0.0,
            both_down: 0.0,
            promoted: 0,
        }
    }

    fn go_on(&mut self, now: Time) {
        let time = now.since(self.now).as_secs();
        self.now = now;
        self.time += time;
        self.without_primary += if self.is_up { 0.0 } else { time };
        self.both_down += if self.down == 2 { time } else { 0.0 };
    }
}

impl Recorder for Pair {
    fn level(&mut self, now: Time, level: LevelId, value: u64) {
        if level == self.members_down {
            self.go_on(now);
            self.down = value;
        }
    }

    fn system(&mut self, now: Time, _: u32, is_up: bool, _: bool) {
        self.go_on(now);
        self.is_up = is_up;
    }

    fn counted(&mut self, counter: CounterId, times: u64) {
        self.promoted += if counter == self.promotions { times } else { 0 };
    }
}

/// Many runs of a pair.
struct Pairs<'m> {
    model: &'m Model,
    seed: Seed,
    runs: u64,
    pair: Pair,
    events: u64,
}

impl<'m> Pairs<'m> {
    fn new(model: &'m Model, seed: Seed) -> Pairs<'m> {
        Pairs { model, seed, runs: 0, pair: Pair::new(model), events: 0 }
    }
}

impl Replication for Pairs<'_> {
    fn extend(&mut self, length: f64) {
        let horizon = Time::ZERO + self.model.run.horizon;
        while self.runs < length as u64 {
            let seed = seed_of(self.seed, self.runs);
            let pair = Pair { now: Time::ZERO, down: 0, is_up: true, ..self.pair };
            let mut run = Simulation::new(self.model, seed, pair);
            run.run_until(horizon, u64::MAX);
            run.recorder.go_on(horizon);
            self.pair = run.recorder;
            self.events += run.events();
            self.runs += 1;
        }
    }

    fn value(&self, name: &str) -> Option<f64> {
        let Pair { time, without_primary, both_down, promoted, .. } = self.pair;
        Some(match name {
            // The estimate knows of one failure at a time, and says how near it comes.
            "availability" | "simple_renewal_estimate" => 1.0 - without_primary / time,
            "p_promoting" => (without_primary - both_down) / time,
            "p_both_down" => both_down / time,
            "downtime_min_per_year" => YEAR_MINUTES * without_primary / time,
            "promotions_completed_per_year" => promoted as f64 / (time / HOUR / YEAR_HOURS),
            _ => return None,
        })
    }

    fn events(&self) -> u64 {
        self.events
    }
}
