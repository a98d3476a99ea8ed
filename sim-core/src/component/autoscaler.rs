//! Autoscalers: how many replicas are wanted, from what has been measured, the clock and what is expected.

use crate::model::{AutoscalerRules, PaceRule, PolicyRule};
use crate::time::{Duration, Time};
use std::collections::VecDeque;

/// What was measured over a period.
#[derive(Clone, PartialEq, Debug)]
pub struct Sample {
    /// At its end.
    pub at: Time,
    /// Replicas in service, on average.
    pub replicas: f64,
    /// For each replica, by metric of the rules; of ages the age.
    pub values: Vec<f64>,
}

/// What there is now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Present {
    /// The instant.
    pub now: Time,
    /// Replicas wanted so far: in service or starting.
    pub wanted: u32,
    /// Those in service.
    pub serving: u32,
}

/// An autoscaler at work.
#[derive(Debug)]
pub struct Autoscaler {
    /// Measurements that are not known yet, and the last known one.
    samples: VecDeque<Sample>,
    /// What measured policies wanted, as far back as it counts.
    wishes: VecDeque<(Time, u32)>,
    grew: Option<Time>,
    shrank: Option<Time>,
    /// By policy, of those that forecast.
    forecasts: Vec<Option<Forecast>>,
}

/// Room for the rounding of floating-point numbers: so little more than a whole number needs no further replica.
const ROUNDING: f64 = 1e-9;

impl Autoscaler {
    /// Nothing has been seen yet, and `start` replicas are there.
    pub fn new(rules: &AutoscalerRules, start: u32) -> Autoscaler {
        let forecast = |policy: &PolicyRule| match *policy {
            PolicyRule::Predictive { season, level, trend, seasonal, .. } => {
                Some(Forecast::new(season, [level, trend, seasonal]))
            }
            _ => None,
        };
        Autoscaler {
            samples: VecDeque::new(),
            wishes: VecDeque::from([(Time::ZERO, start)]),
            grew: None,
            shrank: None,
            forecasts: rules.policies.iter().map(forecast).collect(),
        }
    }

    /// Looks at a new measurement. Returns how many replicas are wanted from now on. `offered` tells how many cores
    /// clients are known to keep busy at some time.
    pub fn look(
        &mut self,
        rules: &AutoscalerRules,
        present: Present,
        sample: Sample,
        offered: impl Fn(Time) -> f64,
    ) -> u32 {
        self.samples.push_back(sample);
        let known = |sample: &Sample| sample.at + rules.delay <= present.now;
        while self.samples.get(1).is_some_and(known) {
            self.samples.pop_front();
        }
        let seen = self.samples.front().filter(|sample| known(sample)).cloned();
        let mut wish = None;
        if let Some(seen) = &seen {
            self.learn(rules, seen);
            wish = rules.policies.iter().filter_map(|it| measured(rules, it, seen, present)).max();
        }
        let paced = wish.map(|wish| self.paced(rules, wish, present));
        let planned = self.planned(rules, present.now, offered);
        paced.max(planned).unwrap_or(present.wanted).clamp(rules.min, rules.max)
    }

    /// What policies want that need no measurement now.
    pub fn planned(
        &self,
        rules: &AutoscalerRules,
        now: Time,
        offered: impl Fn(Time) -> f64,
    ) -> Option<u32> {
        let plan = |(policy, forecast): (&PolicyRule, &Option<Forecast>)| match policy {
            PolicyRule::Scheduled { at, every } => in_force(at, *every, now),
            PolicyRule::Predictive { target, ahead, .. } => {
                let expected = forecast.as_ref()?.highest(*ahead)?;
                Some(whole(expected / target))
            }
            PolicyRule::Ideal { cores, ahead } => {
                Some(whole(offered(now).max(offered(now + *ahead)) / cores))
            }
            PolicyRule::Target { .. } | PolicyRule::Step { .. } => None,
        };
        let wanted = rules.policies.iter().zip(&self.forecasts).filter_map(plan).max();
        wanted.map(|wanted| wanted.clamp(rules.min, rules.max))
    }

    fn learn(&mut self, rules: &AutoscalerRules, seen: &Sample) {
        for (policy, forecast) in rules.policies.iter().zip(&mut self.forecasts) {
            if let (PolicyRule::Predictive { metric, .. }, Some(forecast)) = (policy, forecast) {
                forecast.learn(seen.values[*metric] * seen.replicas);
            }
        }
    }

    /// How far of the way to a wish it goes now (the stabilisation windows of Kubernetes' autoscaler, the cool-downs of
    /// AWS').
    fn paced(&mut self, rules: &AutoscalerRules, wish: u32, present: Present) -> u32 {
        let Present { now, wanted, .. } = present;
        self.wishes.push_back((now, wish.clamp(rules.min, rules.max)));
        let longest = rules.scale_out.stabilisation.max(rules.scale_in.stabilisation);
        while self.wishes.front().is_some_and(|&(at, _)| at + longest < now) {
            self.wishes.pop_front();
        }
        let within = |window: Duration| {
            let since = self.wishes.iter().filter(move |&&(at, _)| at + window >= now);
            since.map(|&(_, wish)| wish)
        };
        let out = within(rules.scale_out.stabilisation).min().unwrap_or(wanted);
        let inwards = within(rules.scale_in.stabilisation).max().unwrap_or(wanted);
        if wanted < out {
            let to = wanted + step(&rules.scale_out, out - wanted, &mut self.grew, now);
            return to.min(rules.max);
        }
        let too_many = wanted.saturating_sub(inwards);
        wanted
            - if too_many > 0 { step(&rules.scale_in, too_many, &mut self.shrank, now) } else { 0 }
    }
}

/// How much of a change a pace allows now.
fn step(pace: &PaceRule, change: u32, last: &mut Option<Time>, now: Time) -> u32 {
    if last.is_some_and(|last| now < last + pace.cooldown) {
        return 0;
    }
    *last = Some(now);
    change.min(pace.at_most)
}

/// As many replicas as are enough.
fn whole(replicas: f64) -> u32 {
    (replicas * (1.0 - ROUNDING)).ceil().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// What a policy wants that goes by what is measured; `None` of the others.
fn measured(
    rules: &AutoscalerRules,
    policy: &PolicyRule,
    seen: &Sample,
    present: Present,
) -> Option<u32> {
    match policy {
        PolicyRule::Target { metric, target } => {
            let needed = seen.values[*metric] * seen.replicas / target;
            let off = (needed / f64::from(present.wanted.max(1)) - 1.0).abs();
            Some(if off <= rules.tolerance { present.wanted } else { whole(needed) })
        }
        PolicyRule::Step { add, remove } => {
            let above = add.iter().filter(|rule| seen.values[rule.metric] > rule.value);
            if let Some(more) = above.map(|rule| rule.replicas).max() {
                return Some(present.wanted.max(present.serving.saturating_add(more)));
            }
            let below = remove.iter().filter(|rule| seen.values[rule.metric] < rule.value);
            let fewer = below.map(|rule| rule.replicas).max().unwrap_or(0);
            Some(present.wanted.saturating_sub(fewer))
        }
        PolicyRule::Scheduled { .. } | PolicyRule::Predictive { .. } | PolicyRule::Ideal { .. } => {
            None
        }
    }
}

/// The number of a schedule that is in force.
fn in_force(at: &[(Duration, u32)], every: Option<Duration>, now: Time) -> Option<u32> {
    let since = every.map_or(now.0, |every| now.0 % every.0);
    let place = at.partition_point(|&(at, _)| at.0 <= since);
    let before = || if every.is_some_and(|every| now.0 >= every.0) { at.last() } else { None };
    at[..place].last().or_else(before).map(|&(_, replicas)| replicas)
}

impl AutoscalerRules {
    /// When a schedule changes next after `now`.
    pub fn next_change(&self, now: Time) -> Option<Time> {
        let next = |policy: &PolicyRule| {
            let PolicyRule::Scheduled { at, every } = policy else { return None };
            let begun = every.map_or(0, |every| now.0 / every.0 * every.0);
            let later = at.iter().find(|(at, _)| begun + at.0 > now.0);
            match (later, every) {
                (Some((at, _)), _) => Some(Time(begun + at.0)),
                (None, Some(every)) => Some(Time(begun.saturating_add(every.0)) + at[0].0),
                (None, None) => None,
            }
        };
        self.policies.iter().filter_map(next).min()
    }
}

/// Additive triple exponential smoothing.
#[derive(Debug)]
struct Forecast {
    /// What a new value weighs in level, trend and season.
    weights: [f64; 3],
    season: usize,
    level: f64,
    trend: f64,
    /// By place in the season, how far it is from the level; of the first season, its values.
    seasonal: Vec<f64>,
    /// The place of the next value.
    place: usize,
    is_learned: bool,
}

impl Forecast {
    fn new(season: u32, weights: [f64; 3]) -> Forecast {
        Forecast {
            weights,
            season: season as usize,
            level: 0.0,
            trend: 0.0,
            seasonal: Vec::new(),
            place: 0,
            is_learned: false,
        }
    }

    fn learn(&mut self, value: f64) {
        if !self.is_learned {
            self.seasonal.push(value);
            if self.seasonal.len() == self.season {
                self.is_learned = true;
                self.level = self.seasonal.iter().sum::<f64>() / self.season as f64;
                self.seasonal.iter_mut().for_each(|value| *value -= self.level);
            }
            return;
        }
        let mix = |weight: f64, new: f64, old: f64| weight * new + (1.0 - weight) * old;
        let [of_level, of_trend, of_season] = self.weights;
        let (before, seasonal) = (self.level, self.seasonal[self.place]);
        self.level = mix(of_level, value - seasonal, before + self.trend);
        self.trend = mix(of_trend, self.level - before, self.trend);
        self.seasonal[self.place] = mix(of_season, value - self.level, seasonal);
        self.place = (self.place + 1) % self.season;
    }

    /// The highest of the next so many values; `None` until a season has been seen.
    fn highest(&self, ahead: u32) -> Option<f64> {
        let value = |later: usize| {
            let seasonal = self.seasonal[(self.place + later - 1) % self.season];
            self.level + later as f64 * self.trend + seasonal
        };
        let ahead = (ahead as usize).clamp(1, self.season);
        self.is_learned.then(|| (1..=ahead).map(value).fold(0.0, f64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StepRule;

    fn rules(policies: Vec<PolicyRule>) -> AutoscalerRules {
        AutoscalerRules { min: 1, max: 100, policies, ..AutoscalerRules::default() }
    }

    fn sample(at: u64, replicas: f64, value: f64) -> Sample {
        Sample { at: Time(at), replicas, values: vec![value] }
    }

    fn looks(rules: &AutoscalerRules, values: &[f64]) -> Vec<u32> {
        let mut scaler = Autoscaler::new(rules, 10);
        let (mut wanted, mut all) = (10, Vec::new());
        for (at, &value) in (1..).zip(values) {
            let present = Present { now: Time(at * 10), wanted, serving: wanted };
            let sample = sample(at * 10, f64::from(wanted), value);
            wanted = scaler.look(rules, present, sample, |_| 0.0);
            all.push(wanted);
        }
        all
    }

    /// 10 × 90 / 60 is 15; within a tenth of the target nothing is done; booting replicas count as there.
    #[test]
    fn a_target_is_tracked_as_kubernetes_does() {
        let target = PolicyRule::Target { metric: 0, target: 60.0 };
        let rules = AutoscalerRules { tolerance: 0.1, ..rules(vec![target]) };
        assert_eq!(looks(&rules, &[90.0, 60.0, 64.0, 66.1, 20.0]), [15, 15, 15, 17, 6]);
        let mut scaler = Autoscaler::new(&rules, 10);
        let present = Present { now: Time(10), wanted: 15, serving: 10 };
        assert_eq!(scaler.look(&rules, present, sample(10, 10.0, 90.0), |_| 0.0), 15);
    }

    #[test]
    fn a_late_measurement_is_acted_upon_late() {
        let target = PolicyRule::Target { metric: 0, target: 60.0 };
        let rules = AutoscalerRules { delay: Duration(20), ..rules(vec![target]) };
        assert_eq!(looks(&rules, &[120.0, 60.0, 30.0]), [10, 10, 20]);
    }

    #[test]
    fn windows_and_pauses_hold_it_back() {
        let target = || vec![PolicyRule::Target { metric: 0, target: 60.0 }];
        let slow = PaceRule { stabilisation: Duration(20), ..PaceRule::default() };
        // It shrinks to the most that was wanted within the last two looks.
        let calm = AutoscalerRules { scale_in: slow, ..rules(target()) };
        assert_eq!(looks(&calm, &[30.0, 30.0, 30.0, 30.0]), [10, 10, 5, 5]);
        let calm = AutoscalerRules { scale_out: slow, ..rules(target()) };
        assert_eq!(looks(&calm, &[120.0, 120.0, 120.0]), [10, 10, 20]);
        let pause = PaceRule { cooldown: Duration(25), at_most: 3, ..PaceRule::default() };
        let paused = AutoscalerRules { scale_out: pause, ..rules(target()) };
        assert_eq!(looks(&paused, &[120.0; 5]), [13, 13, 13, 16, 16]);
    }

    /// Of AWS' example: 80 % and more adds 10, 90 % and more 30; what still starts is not added twice.
    #[test]
    fn steps_add_the_difference_while_replicas_start() {
        let rule = |value, replicas| StepRule { metric: 0, value, replicas };
        let add = vec![rule(80.0, 10), rule(90.0, 30)];
        let rules = rules(vec![PolicyRule::Step { add, remove: vec![rule(20.0, 4)] }]);
        let mut scaler = Autoscaler::new(&rules, 10);
        let mut look = |at, wanted, value| {
            let present = Present { now: Time(at), wanted, serving: 10 };
            scaler.look(&rules, present, sample(at, 10.0, value), |_| 0.0)
        };
        assert_eq!((look(1, 10, 85.0), look(2, 20, 85.0)), (20, 20));
        assert_eq!((look(3, 20, 95.0), look(4, 40, 50.0), look(5, 10, 10.0)), (40, 40, 6));
    }

    #[test]
    fn a_schedule_begins_anew_and_the_largest_wish_counts() {
        let at = vec![(Duration(20), 7), (Duration(50), 3)];
        let every = Some(Duration(100));
        let scheduled = PolicyRule::Scheduled { at: at.clone(), every };
        let rules = rules(vec![scheduled, PolicyRule::Ideal { cores: 2.0, ahead: Duration(5) }]);
        let scaler = Autoscaler::new(&rules, 1);
        let planned = |now| scaler.planned(&rules, Time(now), |_| 8.0).unwrap();
        assert_eq!([0, 20, 49, 50, 110, 120, 150].map(planned), [4, 7, 7, 4, 4, 7, 4]);
        assert_eq!(in_force(&at, every, Time(0)), None);
        assert_eq!(in_force(&at, every, Time(110)), Some(3));
        let changes = [0, 20, 50, 119, 120].map(|now| rules.next_change(Time(now)).unwrap().0);
        assert_eq!(changes, [20, 50, 120, 120, 150]);
    }

    /// A straight line with a season is learned without an error: each forecast is the value that comes.
    #[test]
    fn a_season_with_a_trend_is_forecast() {
        let season = [0.0, 5.0, 9.0, 2.0];
        let value = |time: usize| 50.0 + 0.5 * time as f64 + season[time % 4];
        let mut forecast = Forecast::new(4, [0.4, 0.3, 0.3]);
        assert_eq!(forecast.highest(1), None);
        (0..2_000).for_each(|time| forecast.learn(value(time)));
        for later in 1..5 {
            let highest = (1..=later).map(|later| value(1_999 + later)).fold(0.0, f64::max);
            let forecast = forecast.highest(later as u32).unwrap();
            assert!((forecast - highest).abs() < 1e-6, "{forecast}, not {highest}");
        }
    }
}
