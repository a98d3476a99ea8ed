//! What is never in a steady state: starting empty, growing without end, day and night.

use crate::campaign::Replication;
use crate::case::Case;
use crate::steady::Window;
use sim_core::metrics::Metrics;
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Seed, Simulation};
use sim_core::study::Status;
use sim_core::time::{Duration, Time};

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn mm1_transient() {
    let Some(mut case) = Case::open("mm1-transient", &[]) else { return };
    case.started_empty("", &[10.0, 50.0, 100.0, 500.0], |at, name| {
        Some(at(name.strip_prefix("in_system_mean_at_")?.parse().ok()?).mean())
    });
    case.steady("", |run, name| match name {
        "in_system_mean_limit" => run.standard("in_system_mean"),
        _ => None,
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn overload_growth() {
    let Some(mut case) = Case::open("overload-growth", &[]) else { return };
    case.started_empty("", &[10.0, 50.0, 100.0], |at, name| match name {
        "in_system_sd_at_100" => Some(at(100.0).variance().sqrt()),
        "fluid_growth_per_s" => Some((at(100.0).mean() - at(50.0).mean()) / 50.0),
        _ => Some(at(name.strip_prefix("in_system_mean_at_")?.parse().ok()?).mean()),
    });
    // It must be reported as what it is, not as a steady state; its growth is known.
    let health = case.health();
    assert_eq!(health.status, Status::Unstable, "{health:?}");
    let growth = health.growth.expect("growth that shows").mean;
    assert!((growth / 2.0 - 1.0).abs() < 0.05, "{growth} more a second");
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn cold_start() {
    let Some(mut case) = Case::open("cold-start", &[]) else { return };
    case.started_empty("", &[0.1, 0.25, 0.5, 1.0], |at, name| {
        let (statistic, instant) = name.strip_prefix("concurrency_")?.split_once("_at_")?;
        let seen = at(instant.parse().ok()?);
        Some(if statistic == "var" { seen.variance() } else { seen.mean() })
    });
    case.steady("", |run, name| match name {
        "concurrency_p99_steady" => Some(run.station("server").in_system[0].quantile(0.99)),
        _ => None,
    });
    case.close();
}

#[test]
#[cfg_attr(debug_assertions, ignore = "slow in debug: cargo xtask test theory")]
fn diurnal() {
    // The truth writes the rate as a formula.
    let Some(mut case) = Case::open("diurnal", &[]) else { return };
    let average = "wait_mean_if_constant_average_load";
    case.leave_to_long_form(&[
        "in_system_mean_at_750",
        "in_system_mean_max",
        "time_of_max_in_period_s",
        "wait_mean_per_arrival",
        average,
    ]);
    let model = case.model("");
    case.measure("", |seed| Days::new(&model, seed));
    if case.expects(average) {
        case.steady("average", |run, name| (name == average).then(|| run.standard("wait_mean"))?);
    }
    case.close();
}

/// Days of ten minutes, looked at every two and a half seconds. The load at night is light enough for every day to begin
/// anew, so all days after the first are alike.
struct Days<'m> {
    model: &'m Model,
    run: Simulation<'m, Metrics>,
    days: u64,
    /// The number in the system, summed over days, at every look.
    sums: Vec<f64>,
}

const DAY: f64 = 600.0;
const LOOK: f64 = 2.5;

impl<'m> Days<'m> {
    fn new(model: &'m Model, seed: Seed) -> Days<'m> {
        let run = Simulation::new(model, seed, Metrics::new(model));
        Days { model, run, days: 0, sums: vec![0.0; (DAY / LOOK) as usize] }
    }

    fn mean_at(&self, look: usize) -> f64 {
        self.sums[look] / self.days as f64
    }

    /// Height and time of the peak: single looks are too rough to be compared, so it is that of the parabola that fits
    /// best from 150 to 215 seconds.
    fn peak(&self) -> (f64, f64) {
        let (middle, reach) = ((182.5 / LOOK) as usize, 13);
        let points: Vec<(f64, f64)> = (middle - reach..=middle + reach)
            .map(|look| (look as f64 - middle as f64, self.mean_at(look)))
            .collect();
        let sum =
            |of: &dyn Fn(f64, f64) -> f64| -> f64 { points.iter().map(|&(x, y)| of(x, y)).sum() };
        // The points lie evenly about the middle, so that their odd moments vanish.
        let (n, x2, x4) = (points.len() as f64, sum(&|x, _| x * x), sum(&|x, _| x * x * x * x));
        let (y, xy, x2y) = (sum(&|_, y| y), sum(&|x, y| x * y), sum(&|x, y| x * x * y));
        let slope = xy / x2;
        let bend = (n * x2y - x2 * y) / (n * x4 - x2 * x2);
        let level = (y - bend * x2) / n;
        let top = -slope / (2.0 * bend);
        (level + slope * top / 2.0, (middle as f64 + top) * LOOK)
    }
}

impl Replication for Days<'_> {
    fn extend(&mut self, length: f64) {
        let to = |seconds: f64| Time::ZERO + Duration::from_secs(seconds);
        if self.days == 0 {
            self.run.run_until(to(DAY), u64::MAX);
            self.run.begin_measuring();
        }
        while self.days < length as u64 {
            let morning = (self.days + 1) as f64 * DAY;
            for (look, sum) in self.sums.iter_mut().enumerate() {
                self.run.run_until(to(morning + look as f64 * LOOK), u64::MAX);
                *sum += f64::from(self.run.station(StationId(0)).in_system());
            }
            self.run.run_until(to(morning + DAY), u64::MAX);
            self.days += 1;
        }
        self.run.settle();
    }

    fn value(&self, name: &str) -> Option<f64> {
        let seconds = self.days as f64 * DAY;
        let now = self.run.now();
        let window = Window { model: self.model, recorder: &self.run.recorder, now, seconds };
        Some(match name {
            "in_system_time_average" => window.standard("in_system_mean")?,
            "in_system_mean_at_750" => self.mean_at((150.0 / LOOK) as usize),
            "in_system_mean_max" => self.peak().0,
            // The truth knows it on the same grid of looks.
            "time_of_max_in_period_s" => (self.peak().1 / LOOK).round() * LOOK,
            "wait_mean_per_arrival" => window.standard("wait_mean")?,
            "p_wait_per_arrival" => window.standard("p_wait")?,
            _ => return None,
        })
    }

    fn events(&self) -> u64 {
        self.run.events()
    }
}
