//! How error budgets burn in a run, and when alerts go off.

use crate::component::Ending;
use crate::engine::Digest;
use crate::model::{BurnAlert, LOOKS_MAX, Model, Slo, SloFigure};
use crate::spec::Before;
use crate::time::{Duration, SECOND, Time};

/// What is counted for a service level objective.
#[derive(Clone, Debug)]
pub(super) struct SloMetrics {
    slo: Slo,
    /// By journey: whether it is about its requests.
    of: Vec<bool>,
    /// Requests in all and bad ones, between each two looks.
    looks: Vec<(u64, u64)>,
    started: Time,
    good: u64,
    bad: u64,
    alerts: Vec<Alerted>,
}

/// What came of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Alerted {
    times: u64,
    detected: u64,
    to_detect: u128,
    resets: u64,
    to_reset: u128,
}

/// A fault: from when to when.
pub(super) type Outage = (Time, Time);

impl SloMetrics {
    pub(super) fn of(model: &Model) -> Vec<SloMetrics> {
        let about = |slo: &Slo| {
            let is_about = |journey: &crate::model::Journey| {
                let name = &model.operations[journey.operation.0 as usize].name;
                slo.of.as_ref().is_none_or(|of| of == name)
            };
            model.journeys.iter().map(is_about).collect()
        };
        let metrics = |slo: &Slo| SloMetrics {
            slo: slo.clone(),
            of: about(slo),
            looks: Vec::new(),
            started: Time::ZERO,
            good: 0,
            bad: 0,
            alerts: vec![Alerted::default(); slo.alerts.len()],
        };
        model.slos.iter().map(metrics).collect()
    }

    pub(super) fn finished(&mut self, now: Time, journey: u32, ending: Ending, took: Duration) {
        if !self.of[journey as usize] {
            return;
        }
        let is_good = ending == Ending::Done && self.slo.below.is_none_or(|below| took < below);
        *(if is_good { &mut self.good } else { &mut self.bad }) += 1;
        let look = now.since(self.started).0 / self.slo.every.0;
        let look = look.min(LOOKS_MAX) as usize;
        if self.looks.len() <= look {
            self.looks.resize(look + 1, (0, 0));
        }
        self.looks[look].0 += 1;
        self.looks[look].1 += u64::from(!is_good);
    }

    pub(super) fn restart(&mut self, now: Time) {
        self.looks.clear();
        (self.started, self.good, self.bad) = (now, 0, 0);
    }

    /// The run is over: looks at the alerts, look by look.
    pub(super) fn close(&mut self, now: Time, outages: &[Outage]) {
        let looks = (now.since(self.started).0 / self.slo.every.0).min(LOOKS_MAX) as usize;
        self.looks.resize(looks.max(self.looks.len()), (0, 0));
        let mut sums = vec![(0u64, 0u64)];
        for &(all, bad) in &self.looks {
            let last = sums[sums.len() - 1];
            sums.push((last.0 + all, last.1 + bad));
        }
        let mean = (self.good + self.bad) as f64 / looks.max(1) as f64;
        for (number, alert) in self.slo.alerts.iter().enumerate() {
            self.alerts[number] = self.watch(alert, &sums[..=looks], mean, outages);
        }
        self.looks = Vec::new();
    }

    /// What comes of an alert that looks at these sums of requests and bad ones.
    fn watch(
        &self,
        alert: &BurnAlert,
        sums: &[(u64, u64)],
        mean: f64,
        outages: &[Outage],
    ) -> Alerted {
        let mut alerted = Alerted::default();
        let limit = alert.burn * self.slo.budget;
        let burns = |look: usize, window: u64| {
            let from = (look as u64).saturating_sub(window) as usize;
            let (all, bad) = (sums[look].0 - sums[from].0, sums[look].1 - sums[from].1);
            let missing = match self.slo.before {
                Before::Good => window.saturating_sub(look as u64) as f64 * mean,
                Before::Nothing => 0.0,
            };
            bad as f64 > limit * (all as f64 + missing)
        };
        let (mut is_on, mut because) = (false, None);
        let mut seen = 0;
        for look in 1..sums.len() {
            let at = self.started + Duration(self.slo.every.0.saturating_mul(look as u64));
            let was_on = is_on;
            is_on = burns(look, alert.long) && burns(look, alert.short);
            if is_on && !was_on {
                alerted.times += 1;
                let begun = outages.iter().take_while(|(from, _)| *from <= at).count();
                because = (begun > seen).then(|| outages[begun - 1]);
                seen = begun;
                if let Some((from, _)) = because {
                    alerted.detected += 1;
                    alerted.to_detect += u128::from(at.since(from).0);
                }
            }
            if was_on
                && !is_on
                && let Some((_, until)) = because.take()
                && until <= at
            {
                alerted.resets += 1;
                alerted.to_reset += u128::from(at.since(until).0);
            }
        }
        alerted
    }

    /// What it comes to once a run is over: counts, and sums of nanoseconds.
    pub(super) fn kept(&self) -> (Vec<u64>, Vec<u128>) {
        let SloMetrics { slo: _, of: _, looks: _, started: _, good, bad, alerts } = self;
        let (mut counts, mut sums) = (vec![*good, *bad], Vec::new());
        for Alerted { times, detected, to_detect, resets, to_reset } in alerts {
            counts.extend([times, detected, resets]);
            sums.extend([to_detect, to_reset]);
        }
        (counts, sums)
    }

    /// Takes in what another of the same objective has kept.
    pub(super) fn keep(&mut self, counts: &[u64], sums: &[u128]) {
        (self.good, self.bad) = (counts[0], counts[1]);
        let kept = counts[2..].chunks_exact(3).zip(sums.chunks_exact(2));
        for (alert, (counts, sums)) in self.alerts.iter_mut().zip(kept) {
            (alert.times, alert.detected, alert.resets) = (counts[0], counts[1], counts[2]);
            (alert.to_detect, alert.to_reset) = (sums[0], sums[1]);
        }
    }

    pub(super) fn merge(&mut self, other: &SloMetrics) {
        self.good += other.good;
        self.bad += other.bad;
        for (mine, other) in self.alerts.iter_mut().zip(&other.alerts) {
            mine.times += other.times;
            mine.detected += other.detected;
            mine.to_detect += other.to_detect;
            mine.resets += other.resets;
            mine.to_reset += other.to_reset;
        }
    }

    pub(super) fn fold_into(&self, digest: &mut Digest) {
        digest.fold(self.good);
        digest.fold(self.bad);
        for alert in &self.alerts {
            digest.fold(alert.times);
            digest.fold(alert.to_detect as u64);
            digest.fold(alert.to_reset as u64);
        }
    }

    /// A number of it; NaN where nothing was seen.
    pub(super) fn figure(&self, figure: SloFigure, measured: u64, replications: u64) -> f64 {
        let all = (self.good + self.bad) as f64;
        let burn = self.bad as f64 / all / self.slo.budget;
        let each = measured as f64 / replications as f64;
        let alert = |number: u32| &self.alerts[number as usize];
        let mean = |sum: u128, count: u64| sum as f64 / count as f64 / SECOND;
        match figure {
            SloFigure::Good => self.good as f64 / all,
            SloFigure::Burn => burn,
            SloFigure::BudgetUsed => burn * (each / self.slo.window.0 as f64).min(1.0),
            SloFigure::Alerts(number) => alert(number).times as f64 / replications as f64,
            SloFigure::Detect(number) => mean(alert(number).to_detect, alert(number).detected),
            SloFigure::Reset(number) => mean(alert(number).to_reset, alert(number).resets),
        }
    }
}
