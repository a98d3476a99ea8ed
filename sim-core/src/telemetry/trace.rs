//! What is known of a single request: the spans of its time.

use crate::component::{Ending, NONE};
use crate::model::{Model, StationKind};
use crate::time::{Duration, Time};

/// How time was spent, as [`Spent`](crate::component::Spent) sums it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// Being served.
    Work,
    /// Waiting for a thread, a core or a store, or for a lock.
    Queueing,
    /// Waiting for a connection.
    Connecting,
    /// On the network.
    Network,
    /// Waiting on purpose: a pause, an external system, a fetch that another makes.
    Waiting,
    /// With what crashed meanwhile.
    Lost,
}

impl Part {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Part::Work => "work",
            Part::Queueing => "queueing",
            Part::Connecting => "connecting",
            Part::Network => "network",
            Part::Waiting => "waiting",
            Part::Lost => "lost",
        }
    }
}

/// Where time was spent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Place {
    /// At a group of stations, by its number.
    Station(u32),
    /// Between a client, by its number, and who answers it.
    Client(u32),
    /// Between a caller and a service.
    Service(u32),
    /// Between a service and the stores that it asks.
    Stores(u32),
    /// At an external system.
    External(u32),
    /// At an object storage.
    Objects(u32),
    /// At something that has no station: locks, limits, caches.
    Named(&'static str),
}

impl Place {
    /// Its name: `orders`, `customers`.
    pub fn name(self, model: &Model) -> String {
        match self {
            Place::Station(group) => model.stations[group as usize].name.clone(),
            Place::Client(client) => model.clients[client as usize].name.clone(),
            Place::Service(service) | Place::Stores(service) => {
                model.services[service as usize].name.clone()
            }
            Place::External(external) => model.externals[external as usize].name.clone(),
            Place::Objects(objects) => model.objects[objects as usize].name.clone(),
            Place::Named(name) => name.to_owned(),
        }
    }

    /// What spending time there in this way is, in words: `queueing for orders`.
    pub fn says(self, part: Part, model: &Model) -> String {
        let name = self.name(model);
        match (part, self) {
            (Part::Work, _) => format!("work at {name}"),
            (Part::Queueing, Place::Station(group)) => match model.stations[group as usize].kind {
                StationKind::Cores => format!("queueing for the cores of {name}"),
                StationKind::Threads => {
                    format!("queueing for threads of {}", name.trim_end_matches(".threads"))
                }
                _ => format!("queueing for {name}"),
            },
            (Part::Queueing, _) => format!("queueing for {name}"),
            (Part::Connecting, _) => match name.split_once(".pools.") {
                Some((service, store)) => {
                    format!("waiting for a connection of {service} to {store}")
                }
                None => format!("waiting for a connection of {name}"),
            },
            (Part::Network, Place::Client(_)) => format!("network to {name}"),
            (Part::Network, Place::Stores(_)) => format!("network from {name} to stores"),
            (Part::Network, _) => format!("network to and from {name}"),
            (Part::Waiting, Place::Service(_)) => format!("waiting in {name}"),
            (Part::Waiting, _) => format!("waiting for {name}"),
            (Part::Lost, _) => format!("lost with {name}"),
        }
    }
}

/// What a span is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What {
    /// The request of a client, from being sent to being answered.
    Request,
    /// An operation in its service.
    Operation {
        /// Which.
        operation: u32,
        /// On which replica of its service.
        replica: u32,
    },
    /// One of several things that go on side by side.
    Branch,
    /// Another attempt of a call that a guard makes.
    Attempt {
        /// Which guard.
        guard: u32,
        /// Which of the attempts of the call, from 0; the first is not told apart from the call.
        number: u32,
        /// Whether it was made while the ones before were still waited for.
        is_hedge: bool,
    },
    /// Time spent in one way at one place; it has no spans inside.
    Time(Part, Place),
}

/// A stretch of a request's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The span around it, by its number in the trace; [`NONE`] of the request itself.
    pub parent: u32,
    /// What it is.
    pub what: What,
    /// When it began.
    pub start: Time,
    /// When it ended; [`Time::MAX`] if it had not when the run ended.
    pub end: Time,
    /// How it ended.
    pub ending: Ending,
    /// Which of the spans of the trace to end it was: of those that end at the same instant, the last was waited for.
    pub order: u32,
}

/// Something that a block counted on the way: a cache hit, a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanEvent {
    /// In which span.
    pub span: u32,
    /// When.
    pub at: Time,
    /// The measure of the model that counts it, by its place in what is reported.
    pub measure: u32,
}

/// A request, followed from its client and back.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// The identity of the request.
    pub request: u64,
    /// Which journey.
    pub journey: u32,
    /// Time from being sent to being answered or given up.
    pub response: Duration,
    /// How it ended for its client.
    pub ending: Ending,
    /// Its spans, each after the one around it; the first is the request.
    pub spans: Vec<Span>,
    /// What was counted.
    pub events: Vec<SpanEvent>,
    /// Spans that were not kept, because there were too many.
    pub left_out: u64,
    /// Spans that have ended.
    pub(super) ended: u32,
}

impl Trace {
    /// When the client sent it.
    pub fn sent(&self) -> Time {
        self.spans.first().map_or(Time::ZERO, |span| span.start)
    }

    /// The spans directly inside another, in order.
    pub fn inside(&self, span: u32) -> impl Iterator<Item = u32> {
        (0..self.spans.len() as u32).filter(move |&i| self.spans[i as usize].parent == span)
    }

    /// `web.order of customers`.
    pub fn name(&self, model: &Model) -> (String, String) {
        let journey = &model.journeys[self.journey as usize];
        let client = model.clients[journey.client as usize].name.clone();
        (model.operations[journey.operation.0 as usize].name.clone(), client)
    }

    /// Spans that did not end are cut at the end of the run.
    pub(super) fn close(&mut self, now: Time) {
        for span in self.spans.iter_mut().filter(|span| span.end == Time::MAX) {
            span.end = now.max(span.start);
        }
    }
}

impl Span {
    /// How long it lasted.
    pub fn duration(&self) -> Duration {
        self.end.since(self.start)
    }

    /// Its name: `web.order`, `queueing for orders`.
    pub fn name(&self, trace: &Trace, model: &Model) -> String {
        match self.what {
            What::Request => {
                let (operation, client) = trace.name(model);
                format!("{client} {operation}")
            }
            What::Operation { operation, .. } => model.operations[operation as usize].name.clone(),
            What::Branch => "branch".into(),
            What::Attempt { guard, number, is_hedge } => {
                let way = if is_hedge { "hedge" } else { "retry" };
                format!(
                    "{way} (attempt {}) of guard {}",
                    number + 1,
                    model.guards[guard as usize].name
                )
            }
            What::Time(part, place) => place.says(part, model),
        }
    }

    /// The service that it belongs to: of an operation its own, of time that of the operation around it; the client's
    /// name outside of all.
    pub fn service(&self, trace: &Trace, model: &Model) -> String {
        let mut span = self;
        loop {
            match span.what {
                What::Operation { operation, .. } => {
                    let service = model.operations[operation as usize].service;
                    return model.services[service.0 as usize].name.clone();
                }
                _ if span.parent == NONE => return trace.name(model).1,
                _ => span = &trace.spans[span.parent as usize],
            }
        }
    }
}
