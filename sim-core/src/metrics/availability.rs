//! How available systems are in a run, and how their down time is spread over windows.

use crate::engine::Digest;
use crate::model::{Model, SystemFigure};
use crate::stats::{Bytes, Histogram};
use crate::time::{Duration, SECOND, Time};

/// What is counted of a system.
#[derive(Clone, Debug)]
pub(super) struct SystemMetrics {
    window: Option<Duration>,
    at_most: Vec<Duration>,
    now: Time,
    /// Since when it is down, if it is.
    down_since: Option<Time>,
    /// How long it has been looked at, and how long of that it was down.
    time: u128,
    down: u128,
    outages: u64,
    longest: u64,
    /// Whether it has not been down since all of its parts were up.
    is_fresh: bool,
    /// How long that was so, and how often it ended.
    fresh: u128,
    fresh_ended: u64,
    /// The down time and whether there was an outage, in the window that goes on.
    in_window: (u64, bool),
    /// When that window ends.
    window_ends: Time,
    /// Down time in each window that is over.
    windows: Histogram,
    without_outage: u64,
    /// By `at_most`: windows without more.
    within: Vec<u64>,
}

impl SystemMetrics {
    pub(super) fn of(model: &Model) -> Vec<SystemMetrics> {
        let metrics = |system: &crate::model::System| {
            let mut metrics = SystemMetrics {
                window: system.window,
                at_most: system.at_most.clone(),
                now: Time::ZERO,
                down_since: None,
                time: 0,
                down: 0,
                outages: 0,
                longest: 0,
                is_fresh: true,
                fresh: 0,
                fresh_ended: 0,
                in_window: (0, false),
                window_ends: Time::MAX,
                windows: Histogram::default(),
                without_outage: 0,
                within: vec![0; system.at_most.len()],
            };
            metrics.begin_windows(Time::ZERO);
            metrics
        };
        model.systems.iter().map(metrics).collect()
    }

    fn begin_windows(&mut self, now: Time) {
        self.in_window = (0, self.down_since.is_some());
        self.window_ends = self.window.map_or(Time::MAX, |window| now + window);
    }

    /// Time goes on as it was, window by window.
    fn go_on(&mut self, now: Time) {
        let is_down = self.down_since.is_some();
        if self.is_fresh {
            self.fresh += u128::from(now.since(self.now).0);
        }
        while let Some(window) = self.window
            && self.window_ends <= now
        {
            self.pass(self.window_ends, is_down);
            self.end_window();
            self.in_window = (0, is_down);
            self.window_ends = self.window_ends + window;
            if self.window_ends == Time::MAX {
                break;
            }
        }
        self.pass(now, is_down);
    }

    fn pass(&mut self, until: Time, is_down: bool) {
        let time = until.since(self.now).0;
        self.time += u128::from(time);
        if is_down {
            self.down += u128::from(time);
            self.in_window.0 += time;
        }
        self.now = until;
    }

    fn end_window(&mut self) {
        let (down, had_outage) = self.in_window;
        self.windows.record(down);
        self.without_outage += u64::from(!had_outage);
        for (within, most) in self.within.iter_mut().zip(&self.at_most) {
            *within += u64::from(down <= most.0);
        }
    }

    /// It is up or down from now on; `is_whole`: all of its parts are up.
    pub(super) fn set(&mut self, now: Time, is_up: bool, is_whole: bool) {
        self.go_on(now);
        match (self.down_since, is_up) {
            (None, false) => {
                self.down_since = Some(now);
                self.outages += 1;
                self.in_window.1 = true;
                if std::mem::replace(&mut self.is_fresh, false) {
                    self.fresh_ended += 1;
                }
            }
            (Some(since), true) => {
                self.longest = self.longest.max(now.since(since).0);
                self.down_since = None;
            }
            _ => {}
        }
        self.is_fresh |= is_whole;
    }

    /// The warm-up is over.
    pub(super) fn restart(&mut self, now: Time) {
        self.go_on(now);
        (self.time, self.down, self.outages, self.longest) = (0, 0, 0, 0);
        (self.fresh, self.fresh_ended) = (0, 0);
        self.windows.clear();
        self.without_outage = 0;
        self.within.fill(0);
        self.down_since = self.down_since.map(|_| now);
        self.begin_windows(now);
    }

    /// The run is over.
    pub(super) fn close(&mut self, now: Time) {
        self.go_on(now);
        if let Some(since) = self.down_since {
            self.longest = self.longest.max(now.since(since).0);
        }
        if self.window.is_none() {
            self.end_window();
        }
    }

    /// Writes what it comes to; what it is about and what only counts while a run goes on stays out.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let SystemMetrics {
            window: _,
            at_most: _,
            now: _,
            down_since: _,
            time,
            down,
            outages,
            longest,
            is_fresh: _,
            fresh,
            fresh_ended,
            in_window: _,
            window_ends: _,
            windows,
            without_outage,
            within,
        } = self;
        [time, down, fresh].into_iter().for_each(|sum| sum.write(out));
        [outages, longest, fresh_ended, without_outage].into_iter().for_each(|n| n.write(out));
        windows.write(out);
        within.iter().for_each(|windows| windows.write(out));
    }

    /// Takes in what another of the same system has written.
    pub(super) fn fill(&mut self, from: &mut &[u8]) -> Option<()> {
        for sum in [&mut self.time, &mut self.down, &mut self.fresh] {
            *sum = Bytes::read(from)?;
        }
        let numbers =
            [&mut self.outages, &mut self.longest, &mut self.fresh_ended, &mut self.without_outage];
        for number in numbers {
            *number = Bytes::read(from)?;
        }
        self.windows = Bytes::read(from)?;
        for windows in &mut self.within {
            *windows = Bytes::read(from)?;
        }
        Some(())
    }

    pub(super) fn merge(&mut self, other: &SystemMetrics) {
        self.time += other.time;
        self.down += other.down;
        self.outages += other.outages;
        self.longest = self.longest.max(other.longest);
        self.fresh += other.fresh;
        self.fresh_ended += other.fresh_ended;
        self.windows.merge(&other.windows);
        self.without_outage += other.without_outage;
        self.within.iter_mut().zip(&other.within).for_each(|(mine, other)| *mine += other);
    }

    pub(super) fn fold_into(&self, digest: &mut Digest) {
        digest.fold(self.down as u64);
        digest.fold(self.outages);
        digest.fold(self.fresh as u64);
        super::fold(digest, &self.windows);
    }

    /// A number of it; NaN where nothing was seen.
    pub(super) fn figure(&self, figure: SystemFigure, replications: u64) -> f64 {
        let down = self.down as f64;
        let windows = self.windows.count() as f64;
        match figure {
            SystemFigure::Availability => 1.0 - down / self.time as f64,
            SystemFigure::TimeDown => down / SECOND / replications as f64,
            SystemFigure::Outages => self.outages as f64 / replications as f64,
            SystemFigure::TimeToRepair => down / SECOND / self.outages as f64,
            SystemFigure::TimeToFailure => self.fresh as f64 / SECOND / self.fresh_ended as f64,
            SystemFigure::LongestOutage => match self.outages {
                0 => f64::NAN,
                _ => self.longest as f64 / SECOND,
            },
            SystemFigure::WindowMean => self.windows.mean() / SECOND,
            SystemFigure::WindowDeviation => self.windows.standard_deviation() / SECOND,
            SystemFigure::WindowsWithoutOutage => self.without_outage as f64 / windows,
            SystemFigure::WindowsWithin(which) => self.within[which as usize] as f64 / windows,
        }
    }
}
