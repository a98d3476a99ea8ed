//! Service level objectives, checked and with the windows of their alerts.

use super::check::{Lowering, sorted};
use super::{MeasureKind, quantity};
use crate::spec::{self, Before, Path};
use crate::time::Duration;

/// A service level objective.
#[derive(Clone, PartialEq, Debug)]
pub struct Slo {
    /// Its name.
    pub name: String,
    /// The operation it is about; `None`: all.
    pub of: Option<String>,
    /// A good answer comes within this.
    pub below: Option<Duration>,
    /// The share of requests that may be bad.
    pub budget: f64,
    /// Over how long the budget lasts.
    pub window: Duration,
    /// The alerts.
    pub alerts: Vec<BurnAlert>,
    /// How often they are looked at.
    pub every: Duration,
    /// What they see of the time before the run.
    pub before: Before,
}

/// An alert on how fast a budget burns.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BurnAlert {
    /// How many times as fast as it may.
    pub burn: f64,
    /// Looks, of the long window.
    pub long: u64,
    /// Looks, of the short window.
    pub short: u64,
}

/// A number of a service level objective.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SloFigure {
    /// The share of requests that were good.
    Good,
    /// How many times as fast as it may the budget was used.
    Burn,
    /// The share of the budget of a whole window that the run used.
    BudgetUsed,
    /// How often an alert went off.
    Alerts(u32),
    /// How long after a fault began an alert went off.
    Detect(u32),
    /// How long after the fault was over it was silent again.
    Reset(u32),
}

/// The workbook's alerts: burn, long and short window as parts of the window of the budget, 30 d.
const WORKBOOK: [(f64, f64, f64); 3] = [
    (14.4, 1.0 / 720.0, 1.0 / 8_640.0),
    (6.0, 6.0 / 720.0, 0.5 / 720.0),
    (1.0, 72.0 / 720.0, 6.0 / 720.0),
];
/// Looks in the shortest window.
const LOOKS: u64 = 20;
/// Looks in a run, at most.
pub const LOOKS_MAX: u64 = 1_000_000;
/// Alerts of an objective, at most.
const ALERTS_MAX: usize = 100;
const MONTH: f64 = 30.0 * 86_400e9;

impl Lowering<'_> {
    pub(super) fn lower_slos(&mut self) {
        let spec = self.spec;
        for (name, slo) in sorted(&spec.slos) {
            let path = Path::root().key("slos").key(name);
            if let Some(slo) = self.slo(name, slo, &path) {
                self.report_slo(&slo);
                self.model.slos.push(slo);
            }
        }
    }

    fn slo(&mut self, name: &str, slo: &spec::Slo, path: &Path) -> Option<Slo> {
        if let Some(of) = &slo.of {
            self.check_asked_for(of, &path.key("of"));
        }
        let below = slo.below.as_ref().map(|below| {
            self.positive_duration(below, "a limit", &path.key("below")).map(Duration::from_nanos)
        });
        let budget = self.budget(slo, &path.key("objective"));
        let window = match &slo.window {
            Some(window) => {
                self.positive_duration(window, "the window of a budget", &path.key("window"))?
            }
            None => MONTH,
        };
        let windows = self.alert_windows(slo, window, path)?;
        let shortest = windows.iter().map(|(_, _, short)| *short).fold(f64::INFINITY, f64::min);
        let every = match &slo.every {
            Some(every) => {
                self.positive_duration(every, "the time between two looks", &path.key("every"))?
            }
            None if windows.is_empty() => window,
            None => (shortest / LOOKS as f64).max(1.0),
        };
        if every > shortest {
            let message = format!(
                "the alerts are looked at every {}, and the shortest of their windows is {}: what \
                 happens in between is not seen",
                Duration::from_nanos(every),
                Duration::from_nanos(shortest)
            );
            let error = self.findings.error(&path.key("every"), message);
            error.hint("look more often, or leave `every` away: 20 times in the shortest window");
            return None;
        }
        let looks = |nanos: f64| (nanos / every + 0.5).max(1.0) as u64;
        let alerts = windows.iter().map(|&(burn, long, short)| BurnAlert {
            burn,
            long: looks(long),
            short: looks(short),
        });
        Some(Slo {
            name: name.to_owned(),
            of: slo.of.clone(),
            below: match below {
                Some(below) => Some(below?),
                None => None,
            },
            budget: budget?,
            window: Duration::from_nanos(window),
            alerts: alerts.collect(),
            every: Duration::from_nanos(every),
            before: slo.before,
        })
    }

    /// The share of requests that may be bad.
    fn budget(&mut self, slo: &spec::Slo, at: &Path) -> Option<f64> {
        let share = self.read(quantity::share(&slo.objective), at)?;
        if !(share > 0.0 && share < 1.0) {
            let message = match share {
                1.0 => "an objective of 100 % has no budget: the first error breaks it".to_owned(),
                _ => format!("{} % is no share of requests that can be good", 100.0 * share),
            };
            self.findings.error(at, message).hint("objectives lie below 100 %, such as \"99.9%\"");
            return None;
        }
        if share <= 0.5 {
            let message = format!("an objective of {} % lets most requests be bad", 100.0 * share);
            self.findings.warning(at, message);
        }
        Some(1.0 - share)
    }

    /// Burn, long and short window of each alert, in nanoseconds.
    fn alert_windows(
        &mut self,
        slo: &spec::Slo,
        window: f64,
        path: &Path,
    ) -> Option<Vec<(f64, f64, f64)>> {
        let path = path.key("alerts");
        let Some(alerts) = &slo.alerts else {
            let scaled =
                |(burn, long, short): (f64, f64, f64)| (burn, long * window, short * window);
            return Some(WORKBOOK.map(scaled).to_vec());
        };
        if alerts.len() > ALERTS_MAX {
            let message = format!("{} alerts are more than {ALERTS_MAX}", alerts.len());
            self.findings.error(&path, message);
            return None;
        }
        let mut windows = Vec::new();
        let mut is_well = true;
        for (index, alert) in alerts.iter().enumerate() {
            let path = path.index(index);
            let long = self.positive_duration(&alert.long, "a window", &path.key("long"));
            let short = match &alert.short {
                Some(short) => self.positive_duration(short, "a window", &path.key("short")),
                None => long.map(|long| long / 12.0),
            };
            let (Some(long), Some(short)) = (long, short) else {
                is_well = false;
                continue;
            };
            let budget = quantity::share(&slo.objective).map_or(0.0, |share| 1.0 - share);
            if !(alert.burn > 0.0 && alert.burn.is_finite()) {
                let message =
                    format!("a budget cannot burn {} times as fast as it may", alert.burn);
                self.findings.error(&path.key("burn"), message).hint("such as 14.4, 6 and 1");
                is_well = false;
            } else if alert.burn * budget >= 1.0 {
                let message = format!(
                    "it never goes off: {} times the budget of {} % is more than all requests",
                    alert.burn,
                    (1e6 * budget).round() / 1e4
                );
                self.findings.warning(&path.key("burn"), message);
            }
            if short > long {
                let message = format!(
                    "the short window of {} is longer than the long one of {}",
                    Duration::from_nanos(short),
                    Duration::from_nanos(long)
                );
                self.findings.error(&path.key("short"), message);
                is_well = false;
            }
            if long > window {
                let message = format!(
                    "it looks back over {}, and the budget is for {}",
                    Duration::from_nanos(long),
                    Duration::from_nanos(window)
                );
                self.findings.warning(&path.key("long"), message);
            }
            windows.push((alert.burn, long, short));
        }
        is_well.then_some(windows)
    }

    fn report_slo(&mut self, slo: &Slo) {
        let index = self.model.slos.len() as u32;
        let has_faults = !self.spec.faults.is_empty();
        let measures = &mut self.model.measures;
        let mut report = |of: &str, name, figure| {
            measures.report(of, name, MeasureKind::Slo { slo: index, figure });
        };
        let of = format!("slos.{}", slo.name);
        report(&of, "good", SloFigure::Good);
        report(&of, "burn_rate", SloFigure::Burn);
        report(&of, "budget_used", SloFigure::BudgetUsed);
        for (number, alert) in (0..).zip(&slo.alerts) {
            let window = |looks: u64| Duration(looks.saturating_mul(slo.every.0));
            let (long, short) = (length(window(alert.long)), length(window(alert.short)));
            let of = format!("{of}: {} × over {long} and {short}", alert.burn);
            report(&of, "alerts", SloFigure::Alerts(number));
            if has_faults {
                report(&of, "time_to_detect", SloFigure::Detect(number));
                report(&of, "time_to_reset", SloFigure::Reset(number));
            }
        }
    }

    /// Says of windows that no run is as long as; the horizon is known by now.
    pub(super) fn warn_of_slos(&mut self) {
        let horizon = self.model.run.horizon;
        for slo in self.model.slos.clone() {
            let path = Path::root().key("slos").key(&slo.name);
            let looks = horizon.0 / slo.every.0.max(1);
            if looks > LOOKS_MAX {
                let message = format!(
                    "its alerts would be looked at {looks} times in a run of {horizon}, every {}; at \
                     most {LOOKS_MAX} times are possible",
                    slo.every
                );
                let error = self.findings.error(&path, message);
                error.hint("look less often with `every`, or lengthen its window");
            }
            if slo.window > horizon {
                let message = format!(
                    "a run of {horizon} is shorter than the window of {}: what it uses of the budget \
                     is a part of what such a window would, and alerts see good times before it",
                    slo.window
                );
                let hint = "simulate longer, or shorten the window: the alerts shrink with it";
                if self.spec.slos[&slo.name].window.is_some() {
                    self.findings.warning(&path.key("window"), message).hint(hint);
                }
            }
        }
    }
}

/// A window as one says it: `1 h`, `30 min`.
pub(super) fn length(window: Duration) -> String {
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let whole = units
        .into_iter()
        .find(|(secs, _)| window.0 > 0 && window.0.is_multiple_of(secs * 1_000_000_000));
    match whole {
        Some((secs, unit)) => format!("{} {unit}", window.0 / (secs * 1_000_000_000)),
        None => window.to_string(),
    }
}
