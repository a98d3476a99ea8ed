//! What is estimated: the columns that every replication fills with one number each.

use crate::cost::Bill;
use crate::metrics::Metrics;
use crate::model::{
    Goal, Instruction, MONTH, MeasureKind, Model, OperationId, ServiceId, SloFigure, StationKind,
    SystemFigure, UNLIMITED,
};
use crate::stats::{Histogram, Levels};
use crate::time::SECOND;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a number is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that clients ask for.
    All,
    /// What the clients of one population ask for, one operation of it.
    Journey {
        /// The population.
        client: String,
        /// `component.operation`.
        operation: String,
    },
    /// An operation in its service, as its callers see it.
    Operation {
        /// The service.
        service: String,
        /// `component.operation`.
        operation: String,
    },
    /// The operations of a service that are called from outside, together.
    Service(String),
    /// A group of equal stations.
    Station(String),
    /// A block that measures itself, by its path: `caches.redis`.
    Block(String),
    /// An objective, by its place in the file.
    Objective(usize),
    /// Something on the bill.
    Charge {
        /// The path of the thing: `services.api`.
        of: String,
        /// What of it is paid: `on_demand`.
        kind: &'static str,
    },
    /// What a population of clients asks for.
    Client(String),
}

/// What is measured of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Requests that ended, well or not, per second.
    Rate,
    /// Share of them that ended badly.
    Errors,
    /// Share of them that were refused.
    Refused,
    /// Share of them that the client gave up.
    TimedOut,
    /// Share of them that met a crash or a failure.
    Failed,
    /// Mean duration, in seconds.
    Mean,
    /// Median duration, in seconds.
    P50,
    /// 95th percentile of the duration, in seconds.
    P95,
    /// 99th percentile of the duration, in seconds.
    P99,
    /// 99.9th percentile of the duration, in seconds.
    P999,
    /// Requests that clients wait for, on average.
    InFlight,
    /// Share of the servers in use.
    Utilisation,
    /// Servers in use, on average.
    Busy,
    /// Requests waiting at each station, on average.
    Queue,
    /// Mean time spent waiting, in seconds.
    Wait,
    /// 99th percentile of the time spent waiting, in seconds.
    WaitP99,
    /// Requests turned away per second.
    RefusedRate,
    /// What a block measures of itself.
    Measure {
        /// Its name, `hit_ratio`.
        name: &'static str,
        /// Its unit.
        unit: Unit,
    },
    /// Dollars in a month.
    Cost,
    /// Dollars for a thousand requests.
    CostPerThousand,
    /// Dollars in a month for machines while they had nothing to do.
    IdleCost,
    /// The quantity that an objective limits, in seconds, as a share, per second or in dollars.
    Goal,
}

/// The unit of a metric.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Seconds.
    Seconds,
    /// Per second.
    PerSecond,
    /// Bytes per second.
    BytesPerSecond,
    /// A share of 1.
    Share,
    /// A number of things.
    Count,
    /// Dollars.
    Dollars,
}

impl Metric {
    /// What is measured of requests: rate, errors, duration.
    pub const RED: [Metric; 10] = [
        Metric::Rate,
        Metric::Errors,
        Metric::Refused,
        Metric::TimedOut,
        Metric::Failed,
        Metric::Mean,
        Metric::P50,
        Metric::P95,
        Metric::P99,
        Metric::P999,
    ];

    /// What is measured of stations.
    pub const STATION: [Metric; 6] = [
        Metric::Utilisation,
        Metric::Busy,
        Metric::Queue,
        Metric::Wait,
        Metric::WaitP99,
        Metric::RefusedRate,
    ];

    /// Its name, as in the data: `p99`.
    pub fn name(self) -> &'static str {
        match self {
            Metric::Rate => "rate",
            Metric::Errors => "errors",
            Metric::Refused => "refused",
            Metric::TimedOut => "timed_out",
            Metric::Failed => "failed",
            Metric::Mean => "mean",
            Metric::P50 => "p50",
            Metric::P95 => "p95",
            Metric::P99 => "p99",
            Metric::P999 => "p99.9",
            Metric::InFlight => "in_flight",
            Metric::Utilisation => "utilisation",
            Metric::Busy => "busy",
            Metric::Queue => "queue",
            Metric::Wait => "wait",
            Metric::WaitP99 => "wait_p99",
            Metric::RefusedRate => "refused_rate",
            Metric::Measure { name, .. } => name,
            Metric::Cost => "cost",
            Metric::CostPerThousand => "cost_per_thousand",
            Metric::IdleCost => "idle_cost",
            Metric::Goal => "goal",
        }
    }

    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Metric::Rate | Metric::RefusedRate => Unit::PerSecond,
            Metric::Errors
            | Metric::Refused
            | Metric::TimedOut
            | Metric::Failed
            | Metric::Utilisation => Unit::Share,
            Metric::Cost | Metric::CostPerThousand | Metric::IdleCost => Unit::Dollars,
            Metric::Measure { unit, .. } => unit,
            Metric::InFlight | Metric::Busy | Metric::Queue | Metric::Goal => Unit::Count,
            _ => Unit::Seconds,
        }
    }

    /// The percentile that it is, as a share.
    pub fn percentile(self) -> Option<f64> {
        match self {
            Metric::P50 => Some(0.5),
            Metric::P95 => Some(0.95),
            Metric::P99 | Metric::WaitP99 => Some(0.99),
            Metric::P999 => Some(0.999),
            _ => None,
        }
    }

    /// Whether it is the share of requests to which something happened.
    pub fn is_share_of_requests(self) -> bool {
        matches!(self, Metric::Errors | Metric::Refused | Metric::TimedOut | Metric::Failed)
    }

    /// Whether it depends on how long the queues are, and so is slow to settle. Rates and shares of busy time
    /// are known early.
    pub fn is_slow(self) -> bool {
        !matches!(self, Metric::Rate | Metric::Utilisation | Metric::Busy)
            && self.unit() != Unit::Dollars
    }

    /// Whether it grows without end where queues do.
    pub fn is_unbounded(self) -> bool {
        self.unit() == Unit::Seconds || matches!(self, Metric::InFlight | Metric::Queue)
    }
}

/// The columns of a model and how they are filled.
pub(super) struct Layout {
    pub(super) columns: Vec<(Scope, Metric)>,
    /// Where the columns of stations begin.
    stations: usize,
    /// Operations of each service that are called from outside.
    entries: Vec<Vec<OperationId>>,
}

impl Layout {
    pub(super) fn new(model: &Model) -> Layout {
        let red = |scope: Scope| Metric::RED.map(|metric| (scope.clone(), metric));
        let mut columns = vec![(Scope::All, Metric::InFlight)];
        columns.extend(red(Scope::All));
        for journey in &model.journeys {
            columns.extend(red(Scope::Journey {
                client: model.clients[journey.client as usize].name.clone(),
                operation: model.operations[journey.operation.0 as usize].name.clone(),
            }));
        }
        for operation in &model.operations {
            columns.extend(red(Scope::Operation {
                service: model.services[operation.service.0 as usize].name.clone(),
                operation: operation.name.clone(),
            }));
        }
        for service in &model.services {
            columns.extend(red(Scope::Service(service.name.clone())));
        }
        let stations = columns.len();
        for station in &model.stations {
            let scope = Scope::Station(station.name.clone());
            columns.extend(Metric::STATION.map(|metric| (scope.clone(), metric)));
        }
        columns.extend(model.measures.reported.iter().map(|measure| {
            let unit = measure_unit(&measure.kind);
            (Scope::Block(measure.of.clone()), Metric::Measure { name: measure.name, unit })
        }));
        let objectives = 0..model.objectives.len();
        columns.extend(objectives.map(|index| (Scope::Objective(index), Metric::Goal)));
        columns.extend(bill_columns(model));
        Layout { columns, stations, entries: entries(model) }
    }

    /// The column of the utilisation of a station, the first of its columns.
    pub(super) fn utilisation(&self, station: usize) -> usize {
        self.stations + station * Metric::STATION.len()
    }

    /// For each column of another layout the one that is about the same, if there is one. Mostly that is the next one;
    /// columns may be hundreds of thousands, so that none is looked for among all.
    pub(super) fn pairs(&self, other: &Layout) -> Vec<Option<usize>> {
        let mut index = None;
        let mut next = 0;
        let find = |wanted: &(Scope, Metric)| {
            let found = match self.columns.get(next) == Some(wanted) {
                true => Some(next),
                false => {
                    let numbered =
                        || self.columns.iter().enumerate().map(|(at, it)| (it, at)).collect();
                    let index: &BTreeMap<_, usize> = index.get_or_insert_with(numbered);
                    index.get(wanted).copied()
                }
            };
            next = found.map_or(next, |found| found + 1);
            found
        };
        other.columns.iter().map(find).collect()
    }

    /// One number for each column; NaN where nothing was seen. Of one replication or of several merged.
    pub(super) fn row(&self, model: &Model, metrics: &Metrics, in_flight: f64) -> Vec<f64> {
        let seconds = metrics.measured as f64 / SECOND;
        let mut row = Vec::with_capacity(self.columns.len());
        row.push(in_flight);
        row.extend(Felt::all(metrics).red(seconds));
        for journey in 0..model.journeys.len() {
            row.extend(Felt::journeys(metrics, &[journey]).red(seconds));
        }
        for operation in 0..model.operations.len() {
            row.extend(Felt::operations(metrics, &[OperationId(operation as u32)]).red(seconds));
        }
        for service in 0..model.services.len() {
            row.extend(Felt::operations(metrics, &self.entries[service]).red(seconds));
        }
        for index in 0..model.stations.len() {
            row.extend(station_row(model, metrics, index, seconds));
        }
        row.extend(model.measures.reported.iter().map(|measure| metrics.measure(&measure.kind)));
        let bill = Bill::of(model, metrics);
        for objective in &model.objectives {
            let felt = Felt::of_objective(model, metrics, objective.of.as_deref());
            row.push(match objective.goal {
                Goal::LatencyBelow { percentile, .. } => {
                    felt.response.quantile(percentile) / SECOND
                }
                Goal::ErrorsBelow(_) => felt.share(felt.errors()),
                Goal::ThroughputAbove(_) => felt.response.count() as f64 / seconds,
                Goal::CostBelow(_) => bill.total(),
            });
        }
        row.extend(bill_row(model, metrics, &bill));
        row
    }

    /// How many durations each column rests on, or, where it is a share of requests, how many requests.
    pub(super) fn observations(&self, model: &Model, metrics: &Metrics) -> Vec<u64> {
        let mut counts = Vec::with_capacity(self.columns.len());
        let red = |felt: Felt<'_>| {
            Metric::RED.map(|metric| match metric.is_share_of_requests() {
                true => felt.ended(),
                false => felt.response.count(),
            })
        };
        counts.push(Felt::all(metrics).response.count());
        counts.extend(red(Felt::all(metrics)));
        for journey in 0..model.journeys.len() {
            counts.extend(red(Felt::journeys(metrics, &[journey])));
        }
        for operation in 0..model.operations.len() {
            counts.extend(red(Felt::operations(metrics, &[OperationId(operation as u32)])));
        }
        for service in 0..model.services.len() {
            counts.extend(red(Felt::operations(metrics, &self.entries[service])));
        }
        for station in &metrics.stations {
            counts.extend([station.wait.count(); Metric::STATION.len()]);
        }
        counts.extend(model.measures.reported.iter().map(|_| u64::MAX));
        for objective in &model.objectives {
            let felt = Felt::of_objective(model, metrics, objective.of.as_deref());
            counts.push(match objective.goal {
                Goal::ErrorsBelow(_) => felt.ended(),
                _ => felt.response.count(),
            });
        }
        counts.resize(self.columns.len(), u64::MAX);
        counts
    }
}

/// The columns of a bill: in all, by what is paid for, by who caused it.
fn bill_columns(model: &Model) -> Vec<(Scope, Metric)> {
    if model.charges.is_empty() {
        return Vec::new();
    }
    let all = [Metric::Cost, Metric::CostPerThousand, Metric::IdleCost];
    let mut columns = all.map(|metric| (Scope::All, metric)).to_vec();
    columns.extend(model.charges.iter().map(|charge| {
        (Scope::Charge { of: charge.of.clone(), kind: charge.kind.name() }, Metric::Cost)
    }));
    let clients = model.clients.iter();
    columns.extend(clients.map(|client| (Scope::Client(client.name.clone()), Metric::Cost)));
    columns.extend(model.journeys.iter().map(|journey| {
        let client = model.clients[journey.client as usize].name.clone();
        let operation = model.operations[journey.operation.0 as usize].name.clone();
        (Scope::Journey { client, operation }, Metric::Cost)
    }));
    columns
}

fn bill_row(model: &Model, metrics: &Metrics, bill: &Bill) -> Vec<f64> {
    if model.charges.is_empty() {
        return Vec::new();
    }
    let monthly = metrics.journeys.iter().map(|journey| journey.ended()).sum::<u64>() as f64
        / (metrics.measured as f64 / SECOND)
        * MONTH;
    let per_thousand = match monthly {
        0.0 => f64::NAN,
        requests => bill.total() / requests * 1000.0,
    };
    let mut row = vec![bill.total(), per_thousand, bill.idle];
    row.extend(&bill.charges);
    row.extend((0..model.clients.len()).map(|client| {
        let parts = model.journeys.iter().zip(&bill.journeys);
        let own = parts.filter(|(journey, _)| journey.client as usize == client);
        own.map(|(_, dollars)| dollars).sum::<f64>()
    }));
    row.extend(&bill.journeys);
    row
}

/// The unit of a measure.
pub(super) fn measure_unit(kind: &MeasureKind) -> Unit {
    match kind {
        MeasureKind::Rate(_) => Unit::PerSecond,
        MeasureKind::BytesRate(_) => Unit::BytesPerSecond,
        MeasureKind::Share { .. }
        | MeasureKind::Busiest { .. }
        | MeasureKind::BusiestUtilisation { .. }
        | MeasureKind::Utilisation { .. } => Unit::Share,
        MeasureKind::Slo { figure, .. } => match figure {
            SloFigure::Good | SloFigure::BudgetUsed => Unit::Share,
            SloFigure::Burn | SloFigure::Alerts(_) => Unit::Count,
            SloFigure::Detect(_) | SloFigure::Reset(_) => Unit::Seconds,
        },
        MeasureKind::System { figure, .. } => match figure {
            SystemFigure::Availability
            | SystemFigure::WindowsWithoutOutage
            | SystemFigure::WindowsWithin(_) => Unit::Share,
            SystemFigure::Outages => Unit::Count,
            SystemFigure::TimeDown
            | SystemFigure::TimeToRepair
            | SystemFigure::TimeToFailure
            | SystemFigure::LongestOutage
            | SystemFigure::WindowMean
            | SystemFigure::WindowDeviation => Unit::Seconds,
        },
        MeasureKind::Total(_)
        | MeasureKind::Ratio { .. }
        | MeasureKind::Mean(_)
        | MeasureKind::Peak(_) => Unit::Count,
        MeasureKind::TotalTime(_)
        | MeasureKind::MeanTime(_)
        | MeasureKind::MedianTime(_)
        | MeasureKind::P99Time(_)
        | MeasureKind::LongestTime(_) => Unit::Seconds,
    }
}

/// Operations of each service that clients, other services or workers call.
fn entries(model: &Model) -> Vec<Vec<OperationId>> {
    let called = model.plan.iter().filter_map(|instruction| match instruction {
        Instruction::Call { operation, .. } => Some(*operation),
        _ => None,
    });
    let asked_for = model.journeys.iter().map(|journey| journey.operation);
    let worked_on = model.subscriptions.iter().map(|subscription| subscription.operation);
    let mut wanted: Vec<OperationId> = called.chain(asked_for).chain(worked_on).collect();
    wanted.sort();
    wanted.dedup();
    let of = |service: ServiceId| {
        let belongs = |o: &&OperationId| model.operations[o.0 as usize].service == service;
        wanted.iter().filter(belongs).copied().collect()
    };
    (0..model.services.len() as u32).map(|service| of(ServiceId(service))).collect()
}

/// What some requests felt.
struct Felt<'a> {
    refused: u64,
    timed_out: u64,
    failed: u64,
    response: Cow<'a, Histogram>,
}

impl<'a> Felt<'a> {
    fn all(metrics: &'a Metrics) -> Felt<'a> {
        Felt::journeys(metrics, &(0..metrics.journeys.len()).collect::<Vec<_>>())
    }

    fn journeys(metrics: &'a Metrics, which: &[usize]) -> Felt<'a> {
        let of = |index: &usize| &metrics.journeys[*index];
        Felt {
            refused: which.iter().map(|i| of(i).refused).sum(),
            timed_out: which.iter().map(|i| of(i).timed_out).sum(),
            failed: which.iter().map(|i| of(i).failed).sum(),
            response: merged(which.iter().map(|i| &of(i).response)),
        }
    }

    fn operations(metrics: &'a Metrics, which: &[OperationId]) -> Felt<'a> {
        let of = |id: &OperationId| &metrics.operations[id.0 as usize];
        Felt {
            refused: 0,
            timed_out: 0,
            failed: which.iter().map(|id| of(id).failed).sum(),
            response: merged(which.iter().map(|id| &of(id).duration)),
        }
    }

    fn of_objective(model: &Model, metrics: &'a Metrics, of: Option<&str>) -> Felt<'a> {
        let wanted = |index: &usize| {
            let operation = model.journeys[*index].operation;
            of.is_none_or(|of| model.operations[operation.0 as usize].name == of)
        };
        Felt::journeys(metrics, &(0..model.journeys.len()).filter(wanted).collect::<Vec<_>>())
    }

    /// Requests that ended badly.
    fn errors(&self) -> u64 {
        self.refused + self.timed_out + self.failed
    }

    /// Requests that ended, well or not.
    fn ended(&self) -> u64 {
        self.response.count() + self.errors()
    }

    /// A part of the requests that ended; NaN if none did.
    fn share(&self, part: u64) -> f64 {
        part as f64 / self.ended() as f64
    }

    fn red(&self, seconds: f64) -> [f64; Metric::RED.len()] {
        let percentiles = self.response.quantiles([0.5, 0.95, 0.99, 0.999]);
        let [p50, p95, p99, p999] = percentiles.map(|nanos| nanos / SECOND);
        [
            self.ended() as f64 / seconds,
            self.share(self.errors()),
            self.share(self.refused),
            self.share(self.timed_out),
            self.share(self.failed),
            self.response.mean() / SECOND,
            p50,
            p95,
            p99,
            p999,
        ]
    }
}

fn merged<'a>(mut histograms: impl Iterator<Item = &'a Histogram>) -> Cow<'a, Histogram> {
    let Some(first) = histograms.next() else { return Cow::Owned(Histogram::default()) };
    let mut all = Cow::Borrowed(first);
    for other in histograms {
        all.to_mut().merge(other);
    }
    all
}

fn station_row(
    model: &Model,
    metrics: &Metrics,
    index: usize,
    seconds: f64,
) -> [f64; Metric::STATION.len()] {
    let (group, station) = (&model.stations[index], &metrics.stations[index]);
    let count = match model.fleet_of(group.first) {
        Some(fleet) => metrics.measure(&MeasureKind::Mean(fleet.told.paid)),
        None => f64::from(group.count),
    };
    let observed = seconds * count;
    let busy = metrics.busy_of(group);
    let present = metrics.in_system_of(group).map(Levels::sum).sum::<u128>();
    // In whole nanoseconds, so that nobody waiting is 0.
    let waiting = present as i128 - busy as i128;
    let busy = busy as f64 / SECOND;
    // Under processor sharing nobody waits in a line: a wait is what sharing adds to a request's own service.
    let is_permit = matches!(
        group.kind,
        StationKind::Threads | StationKind::Connections | StationKind::Workers
    );
    let utilisation = match group.servers {
        UNLIMITED if is_permit => 0.0,
        UNLIMITED => f64::NAN,
        _ => busy / observed / metrics.servers_of(group),
    };
    [
        utilisation,
        busy / observed,
        waiting as f64 / SECOND / observed,
        station.wait.mean() / SECOND,
        station.wait.quantile(0.99) / SECOND,
        station.refused as f64 / seconds,
    ]
}
