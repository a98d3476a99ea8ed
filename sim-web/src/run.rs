//! A run to be watched: handed over piece by piece as plain numbers.

use crate::model::{Given, Wrong};
use self_cell::self_cell;
use serde::Serialize;
use sim_core::component::{BreakerState, Ending};
use sim_core::model::{MeasureKind, Model, Source, StationId, spec_at};
use sim_core::report::topology::Topology;
use sim_core::simulation::{Condition, Link, Seed, Stopped};
use sim_core::telemetry::{Fate, Live, Move, Spot};
use sim_core::time::{Duration, Time};
use std::cell::OnceCell;
use wasm_bindgen::prelude::{JsError, wasm_bindgen};

/// The model of a run, and those that it went on as: a run refers to all of them.
struct Models {
    model: Model,
    next: OnceCell<Box<Models>>,
}

impl Models {
    fn of(model: Model) -> Models {
        Models { model, next: OnceCell::new() }
    }

    /// One more, which is there as long as the others.
    fn add(&self, model: Model) -> &Model {
        let mut last = self;
        while let Some(next) = last.next.get() {
            last = next;
        }
        &last.next.get_or_init(|| Box::new(Models::of(model))).model
    }
}

self_cell!(
    struct Running {
        owner: Models,
        #[not_covariant]
        dependent: Live,
    }
);

/// A run that goes on as far as it is told to.
#[wasm_bindgen]
pub struct Run {
    running: Running,
    parts: String,
}

/// The names of a model's parts, by number, as moves and states refer to them.
#[derive(Serialize)]
struct Parts<'a> {
    question: &'a Option<String>,
    horizon: f64,
    topology: Topology,
    clients: Vec<&'a str>,
    /// By client whether requests come at a rate, not from users who wait for answers.
    at_a_rate: Vec<bool>,
    services: Vec<(&'a str, u32)>,
    journeys: Vec<(u32, &'a str)>,
    stations: Vec<Group<'a>>,
    externals: Vec<&'a str>,
    objects: Vec<&'a str>,
    caches: Vec<&'a str>,
    queues: Vec<&'a str>,
    /// The queue of each subscription.
    subscriptions: Vec<u32>,
    guards: Vec<&'a str>,
    /// Whether one of them makes further attempts.
    tries_again: bool,
    /// Of what, name, and what kind of number.
    measures: Vec<(&'a str, &'static str, &'static str)>,
    faults: Vec<&'a str>,
    /// Regions with the names of their zones, and the region and zone of each station, if it has one; empty where everything is
    /// in one place.
    regions: Vec<(&'a str, &'a [String])>,
    places: Vec<Option<(u16, u16)>>,
    /// Requests per second, by journey, as offered.
    rates: &'a [f64],
}

#[derive(Serialize)]
struct Group<'a> {
    name: &'a str,
    kind: String,
    section: &'static str,
    first: u32,
    count: u32,
    /// Null: no limit.
    servers: Option<u32>,
}

fn kind_of(kind: &MeasureKind) -> &'static str {
    match kind {
        MeasureKind::Rate(_) => "rate",
        MeasureKind::BytesRate(_) => "bytes_rate",
        MeasureKind::Total(_) => "count",
        MeasureKind::Share { .. } | MeasureKind::Busiest { .. } => "share",
        MeasureKind::Ratio { .. } => "number",
        MeasureKind::Mean(_) => "level",
        MeasureKind::MeanTime(_) => "time",
        _ => "none",
    }
}

#[wasm_bindgen]
impl Run {
    /// A run of a design (absent: of the model as written) at time zero.
    ///
    /// Statistics are of windows of so many simulated nanoseconds; one request in `one_in` is followed.
    ///
    /// # Errors
    /// What is wrong with the model.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::too_many_arguments, reason = "JavaScript hands over plain values")]
    pub fn new(
        name: &str,
        text: &str,
        files: &str,
        edits: &str,
        design: Option<String>,
        replication: u32,
        window: f64,
        one_in: u32,
    ) -> Result<Run, JsError> {
        let given = Given { name, text, files, edits };
        let (spec, checked) = given.checked(design.as_deref())?;
        let topology = Topology::of(name, &spec, &checked);
        let rates = checked.load.rates;
        let model = checked.model;
        let parts = serde_json::to_string(&parts(&model, topology, &rates))?;
        let seed = Seed { seed: model.run.seed, replication: replication.into() };
        let window = Duration::from_nanos(window);
        let running = Running::new(Models::of(model), |models| {
            Live::new(&models.model, seed, window, u64::from(one_in))
        });
        Ok(Run { running, parts })
    }

    /// The names of the model's parts and its topology, as JSON.
    pub fn parts(&self) -> String {
        self.parts.clone()
    }

    /// Goes on as a run of the model as it is now, which has changes from the present instant on that it did not have; `false`
    /// if it has to begin anew for that.
    ///
    /// # Errors
    /// What is wrong with the model.
    #[wasm_bindgen(js_name = followModel)]
    pub fn follow_model(
        &mut self,
        name: &str,
        text: &str,
        files: &str,
        edits: &str,
        design: Option<String>,
    ) -> Result<bool, JsError> {
        let given = Given { name, text, files, edits };
        let (spec, checked) = given.checked(design.as_deref())?;
        let now = self.running.with_dependent(|_, live| live.now());
        let present = checked.clone().at(now);
        let topology = Topology::of(name, &spec_at(&spec, now).map_err(Wrong::from)?, &present);
        let parts = serde_json::to_string(&parts(&present.model, topology, &present.load.rates))?;
        let follows = self
            .running
            .with_dependent_mut(|models, live| live.follow_model(models.add(checked.model)));
        if follows {
            self.parts = parts;
        }
        Ok(follows)
    }

    /// Goes on to an instant in nanoseconds, or for at most so many events. Returns why it stopped: `horizon`, `finished`,
    /// `overloaded` or `events`.
    pub fn advance(&mut self, until: f64, max_events: u32) -> String {
        let until = Time::ZERO + Duration::from_nanos(until);
        let stopped =
            self.running.with_dependent_mut(|_, live| live.advance(until, max_events.into()));
        match stopped {
            Stopped::Horizon => "horizon",
            Stopped::Finished => "finished",
            Stopped::Overloaded => "overloaded",
            Stopped::Events => "events",
        }
        .to_owned()
    }

    /// When the next event is, in nanoseconds; infinite if nothing is left to happen.
    #[wasm_bindgen(js_name = next)]
    pub fn next_at(&mut self) -> f64 {
        let next = self.running.with_dependent_mut(|_, live| live.next_at());
        next.map_or(f64::INFINITY, |at| at.0 as f64)
    }

    /// Goes through the next event; as JSON what happened, in words, and the places where (kind, number, member, as of moves).
    /// Nothing if nothing is left to happen.
    ///
    /// # Errors
    /// None that is known.
    pub fn step(&mut self) -> Result<Option<String>, JsError> {
        let step = self.running.with_dependent_mut(|_, live| live.step());
        let told = step.map(|step| {
            let at: Vec<_> = step.at.into_iter().map(place).collect();
            serde_json::to_string(&(step.says, at))
        });
        Ok(told.transpose()?)
    }

    /// The present instant in nanoseconds.
    pub fn now(&self) -> f64 {
        self.running.with_dependent(|_, live| live.now().0 as f64)
    }

    /// Events so far.
    pub fn events(&self) -> f64 {
        self.running.with_dependent(|_, live| live.events() as f64)
    }

    /// The digests of events and timings so far.
    pub fn fingerprint(&self) -> String {
        self.running.with_dependent(|_, live| live.fingerprint().to_string())
    }

    /// The state at the present instant: requests in flight; of each station busy servers, waiting requests and condition (0
    /// up, 1 down, 2 halted, 3 off, 4 starting, 5 draining or waiting); messages waiting by subscription; breakers by guard (-1 none, 0 closed, 1 open, 2 half open);
    /// measures; links between regions, pair by pair (0 open, 1 disturbed, 2 cut); and the stations that take the writes of
    /// stores with several copies, as many as there are.
    pub fn state(&self) -> Vec<f64> {
        self.running.with_dependent(|_, live| {
            let mut state = vec![live.in_flight() as f64];
            for station in live.stations() {
                let condition = match station.condition {
                    Condition::Up => 0.0,
                    Condition::Down => 1.0,
                    Condition::Halted => 2.0,
                    Condition::Off => 3.0,
                    Condition::Starting => 4.0,
                    Condition::Aside => 5.0,
                };
                state.extend([f64::from(station.busy), f64::from(station.waiting), condition]);
            }
            state.extend(live.messages().map(f64::from));
            state.extend(live.breakers().map(|breaker| match breaker {
                None => -1.0,
                Some(BreakerState::Closed) => 0.0,
                Some(BreakerState::Open) => 1.0,
                Some(BreakerState::HalfOpen) => 2.0,
            }));
            state.extend(live.measures());
            state.extend(live.links().map(|link| match link {
                Link::Open => 0.0,
                Link::Disturbed => 1.0,
                Link::Cut => 2.0,
            }));
            state.extend(live.primaries().map(|station| f64::from(station.0)));
            state
        })
    }

    /// How followed requests have moved since this was asked last, twelve numbers each: dot, departs and arrives in
    /// nanoseconds, from (kind, number, member), to (the same), fate (0 stays, 1 hides, 2 ends), journey, ending (0 well, 1
    /// refused, 2 timed out, 3 failed). Kinds of places: 0 client, 1 service, 2 station, 3 external, 4 object storage, 5
    /// queue, 6 nowhere, 7 cache at the edge.
    #[wasm_bindgen(js_name = takeMoves)]
    pub fn take_moves(&mut self) -> Vec<f64> {
        let moves = self.running.with_dependent_mut(|_, live| live.take_moves());
        moves.iter().flat_map(packed).collect()
    }

    /// Follows one request in so many from now on.
    pub fn follow(&mut self, one_in: u32) {
        self.running.with_dependent_mut(|_, live| live.follow(one_in.into()));
    }

    /// The windows that are over, from the `from`-th on, as JSON.
    ///
    /// # Errors
    /// None that is known.
    pub fn windows(&self, from: usize) -> Result<String, JsError> {
        let windows: Vec<_> = self.running.with_dependent(|_, live| {
            (from..live.windows()).map(|number| live.window(number)).collect()
        });
        Ok(serde_json::to_string(&windows)?)
    }
}

fn parts<'a>(model: &'a Model, topology: Topology, rates: &'a [f64]) -> Parts<'a> {
    let name = |operation: u32| model.operations[operation as usize].name.as_str();
    Parts {
        question: &model.question,
        horizon: model.run.horizon.as_secs(),
        topology,
        clients: model.clients.iter().map(|it| it.name.as_str()).collect(),
        at_a_rate: model.clients.iter().map(|it| matches!(it.source, Source::Open(_))).collect(),
        services: model.services.iter().map(|it| (it.name.as_str(), it.replicas)).collect(),
        journeys: model.journeys.iter().map(|it| (it.client, name(it.operation.0))).collect(),
        stations: model
            .stations
            .iter()
            .map(|group| Group {
                name: &group.name,
                kind: format!("{:?}", group.kind).to_lowercase(),
                section: group.kind.section(),
                first: group.first.0,
                count: group.count,
                servers: Some(group.servers).filter(|&it| it != sim_core::model::UNLIMITED),
            })
            .collect(),
        externals: model.externals.iter().map(|it| it.name.as_str()).collect(),
        objects: model.objects.iter().map(|it| it.name.as_str()).collect(),
        caches: model.caches.iter().map(|it| it.name.as_str()).collect(),
        queues: model.queues.iter().map(|it| it.name.as_str()).collect(),
        subscriptions: model.subscriptions.iter().map(|it| it.queue.0).collect(),
        guards: model.guards.iter().map(|it| it.name.as_str()).collect(),
        tries_again: model.guards.iter().any(|it| it.retry.attempts > 1 || it.hedge.is_some()),
        measures: model
            .measures
            .reported
            .iter()
            .map(|it| (it.of.as_str(), it.name, kind_of(&it.kind)))
            .collect(),
        regions: regions(model),
        places: places(model),
        faults: model.faults.iter().map(|it| it.name.as_str()).collect(),
        rates,
    }
}

fn regions(model: &Model) -> Vec<(&str, &[String])> {
    model.places.regions.iter().map(|it| (it.name.as_str(), it.zones.as_slice())).collect()
}

/// The region and the zone of each station; only services and databases are somewhere.
fn places(model: &Model) -> Vec<Option<(u16, u16)>> {
    if model.places.is_one() {
        return Vec::new();
    }
    let mut places = vec![None; model.station_count()];
    let databases = model.stores.iter().flat_map(|store| &store.members).map(|it| it.station);
    let services = model.stations.iter().filter(|group| group.kind.section() == "services");
    let replicas =
        services.flat_map(|group| (0..group.count).map(|it| StationId(group.first.0 + it)));
    for station in databases.chain(replicas) {
        let place = model.places.of_station(station);
        let region = model.places.region_of(place);
        let first = model.places.regions[usize::from(region)].first;
        places[station.0 as usize] = Some((region, place - first));
    }
    places
}

fn place(spot: Spot) -> [f64; 3] {
    let (kind, number, member) = match spot {
        Spot::Client(client, region) => (0, client, u32::from(region)),
        Spot::Service(service, replica) => (1, service, replica),
        Spot::Station(group, member) => (2, group, member),
        Spot::External(external) => (3, external, 0),
        Spot::Objects(objects) => (4, objects, 0),
        Spot::Queue(queue) => (5, queue, 0),
        Spot::Nowhere => (6, 0, 0),
        Spot::Edge(cache) => (7, cache, 0),
    };
    [kind, number, member].map(f64::from)
}

fn packed(it: &Move) -> [f64; 13] {
    let [from_kind, from, from_member] = place(it.from);
    let [to_kind, to, to_member] = place(it.to);
    let fate = match it.fate {
        Fate::Stays => 0.0,
        Fate::Hides => 1.0,
        Fate::Ends => 2.0,
    };
    let ending = match it.ending {
        Ending::Done => 0.0,
        Ending::Refused => 1.0,
        Ending::TimedOut => 2.0,
        Ending::Failed => 3.0,
    };
    let (departs, arrives) = (it.departs.0 as f64, it.arrives.0 as f64);
    [
        f64::from(it.dot),
        departs,
        arrives,
        from_kind,
        from,
        from_member,
        to_kind,
        to,
        to_member,
        fate,
        f64::from(it.journey),
        ending,
        f64::from(u8::from(it.again)),
    ]
}
