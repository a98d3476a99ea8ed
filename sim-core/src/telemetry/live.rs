//! A run to be watched while it goes on: what a drawing needs, at any instant.

use super::{Felt, Gauges, Move, Movements, Sample, Series, Spot, Trace, Tracer, Witness, watch};
use crate::component::BreakerState;
use crate::engine::Fingerprint;
use crate::metrics::Trial;
use crate::model::{Charge, CounterId, LevelId, MONTH, Model, Seen, StationId};
use crate::simulation::{Condition, Link, Seed, Simulation, Stopped};
use crate::time::{Duration, Time};
use serde::Serialize;

/// Those who look closely at a run. They are of one type, so that the simulation is compiled for them once: in a browser it is
/// most of what has to be fetched.
type Watchers<'m> = ((Series, Gauges), (Movements<'m>, (Option<Tracer<'m>>, Witness<'m>)));

/// Those of a run; statistics are of windows of this length, and one request in `one_in` is followed (0: none).
fn watchers<'m>(
    model: &'m Model,
    window: Duration,
    one_in: u64,
    tracer: Option<Tracer<'m>>,
) -> Watchers<'m> {
    let statistics = (Series::new(model, window), Gauges::new(model, window));
    (statistics, (Movements::new(model, one_in), (tracer, Witness::new(model))))
}

/// The request of a journey, answered well in a trial, that took nearest to `target`; `None` if none was answered.
pub fn nearest(model: &Model, trial: Trial, journey: u32, target: Duration) -> Option<Trace> {
    let sample = Sample::Nearest(vec![(journey, target)]);
    let tracer = Tracer::new(model, &[journey], sample, 1, trial.warmup == Duration::ZERO);
    let all = watchers(model, trial.horizon, 0, Some(tracer));
    let ((_, (_, (tracer, _))), now, _) = watch(model, trial, all);
    tracer?.into_traces(now).pop().map(|(_, trace)| trace)
}

/// A run that goes on as far as it is told to and can be looked at meanwhile.
///
/// It is the same run as that of a trial with the same seed: looking changes nothing.
pub struct Live<'m> {
    model: &'m Model,
    simulation: Simulation<'m, Watchers<'m>>,
    windows_max: u64,
}

/// A station at an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StationState {
    /// Servers at work.
    pub busy: u32,
    /// Requests that wait.
    pub waiting: u32,
    /// Whether it works.
    pub condition: Condition,
}

/// An event that a run was stepped through.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// What happened, in words.
    pub says: String,
    /// Where.
    pub at: Vec<Spot>,
}

/// What happened in a window of time.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Window {
    /// When it began, in seconds.
    pub from: f64,
    /// When it ended, in seconds.
    pub until: f64,
    /// What all clients felt.
    pub all: Felt,
    /// By journey.
    pub journeys: Vec<Felt>,
    /// By group of stations: utilisation, servers in use, requests waiting.
    pub stations: Vec<[f64; 3]>,
    /// The bill of a month that goes on like this window, in dollars; `None` without prices.
    pub bill: Option<f64>,
}

/// What was seen in a window, as far as it is paid for.
struct Bought<'a, 'm> {
    live: &'a Live<'m>,
    number: usize,
    seconds: f64,
}

impl Seen for Bought<'_, '_> {
    fn seconds(&self) -> f64 {
        self.seconds
    }

    fn level(&self, level: LevelId) -> f64 {
        self.live.series().level_mean(level.0 as usize, self.number)
    }

    fn rate(&self, counter: CounterId) -> f64 {
        self.live.gauges().bought(counter, self.number) as f64 / self.seconds
    }

    fn answered(&self, journey: usize) -> u64 {
        self.live.series().journey(journey)[self.number].done
    }
}

impl<'m> Live<'m> {
    /// A run at time zero. Statistics are of windows of this length; one request in `one_in` is followed.
    pub fn new(model: &'m Model, seed: Seed, window: Duration, one_in: u64) -> Live<'m> {
        Live {
            model,
            simulation: Simulation::new(model, seed, watchers(model, window, one_in, None)),
            windows_max: Series::windows_max(model),
        }
    }

    /// Goes on to `until`, or for at most so many more events. No run goes on without bound: when there would be too many
    /// windows it has ended.
    pub fn advance(&mut self, until: Time, max_events: u64) -> Stopped {
        let window = self.series().window;
        let end = Time(window.0.saturating_mul(self.windows_max));
        let most = self.simulation.events().saturating_add(max_events);
        let stopped = self.simulation.run_until(until.min(end), most);
        self.reach();
        if stopped == Stopped::Horizon && until > end { Stopped::Finished } else { stopped }
    }

    /// When the next event is; `None` if nothing is left to happen.
    pub fn next_at(&mut self) -> Option<Time> {
        self.simulation.describe_next().map(|(at, _)| at)
    }

    /// Goes on to the next event and through it; what happened, and where. `None` if nothing is left to happen.
    pub fn step(&mut self) -> Option<Step> {
        let (_, event) = self.simulation.describe_next()?;
        let is_change = self.simulation.is_change_next();
        let model = self.model;
        self.witness().wake(model);
        self.simulation.step();
        let (mut says, at) = self.witness().tell();
        // What nobody is told of is at least called by its name; so is what has led to the rest.
        if says.is_empty() || is_change {
            says.insert(0, event);
        }
        self.reach();
        Some(Step { says: says.join("; "), at })
    }

    fn witness(&mut self) -> &mut Witness<'m> {
        &mut self.simulation.recorder.1.1.1
    }

    /// Goes on as a run of `model`, which differs only in changes from now on and in faults that begin later; `false` if it
    /// cannot, because something in it is elsewhere.
    pub fn follow_model(&mut self, model: &'m Model) -> bool {
        let follows = self.simulation.follow(model);
        if follows {
            self.model = model;
            self.windows_max = Series::windows_max(model);
            let ((series, gauges), _) = &mut self.simulation.recorder;
            series.grow(&model.measures);
            gauges.grow(&model.measures);
        }
        self.reach();
        follows
    }

    fn series(&self) -> &Series {
        &self.simulation.recorder.0.0
    }

    fn gauges(&self) -> &Gauges {
        &self.simulation.recorder.0.1
    }

    fn reach(&mut self) {
        let now = self.simulation.now();
        self.simulation.settle();
        let ((series, gauges), _) = &mut self.simulation.recorder;
        series.reach(now);
        gauges.reach(now);
    }

    /// The present instant.
    pub fn now(&self) -> Time {
        self.simulation.now()
    }

    /// Events so far.
    pub fn events(&self) -> u64 {
        self.simulation.events()
    }

    /// Requests that clients wait for.
    pub fn in_flight(&self) -> u64 {
        self.simulation.in_flight()
    }

    /// The digests of what has happened so far.
    pub fn fingerprint(&self) -> Fingerprint {
        self.simulation.fingerprint()
    }

    /// Every station as it is now.
    pub fn stations(&self) -> impl Iterator<Item = StationState> {
        (0..self.model.station_count() as u32).map(StationId).map(|id| {
            let station = self.simulation.station(id);
            let condition = self.simulation.condition(id);
            StationState { busy: station.busy(), waiting: station.waiting(), condition }
        })
    }

    /// Messages that wait, by subscription.
    pub fn messages(&self) -> impl Iterator<Item = u32> {
        (0..self.model.subscriptions.len()).map(|it| self.simulation.messages_waiting(it))
    }

    /// What the breakers are, by guard; `None` for a guard without one.
    pub fn breakers(&self) -> impl Iterator<Item = Option<BreakerState>> {
        (0..self.model.guards.len()).map(|guard| self.simulation.breaker(guard))
    }

    /// What becomes of messages between two regions, pair by pair: of the first with the second, with the third and so on,
    /// then of the second.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        let count = self.model.places.regions.len() as u16;
        (0..count).flat_map(move |a| (a + 1..count).map(move |b| self.simulation.link(a, b)))
    }

    /// The stations that take writes of stores with several copies.
    pub fn primaries(&self) -> impl Iterator<Item = StationId> {
        (0..self.model.stores.len()).flat_map(|store| self.simulation.primaries(store))
    }

    /// What blocks told of themselves in the last whole window, by the model's measures.
    pub fn measures(&self) -> impl Iterator<Item = f64> {
        let gauges = self.gauges();
        self.model.measures.reported.iter().map(|measure| gauges.value(&measure.kind))
    }

    /// How the requests that are followed have moved since this was asked last.
    pub fn take_moves(&mut self) -> Vec<Move> {
        self.simulation.recorder.1.0.take()
    }

    /// Follows one request in so many of those sent from now on.
    pub fn follow(&mut self, one_in: u64) {
        self.simulation.recorder.1.0.follow(one_in);
    }

    /// Windows that are over.
    pub fn windows(&self) -> usize {
        self.series().windows()
    }

    /// A window that is over.
    pub fn window(&self, number: usize) -> Window {
        let series = self.series();
        let (from, until) = series.bounds(number);
        let groups = 0..self.model.stations.len();
        Window {
            from: from.since(Time::ZERO).as_secs(),
            until: until.since(Time::ZERO).as_secs(),
            all: series.all()[number],
            journeys: (0..self.model.journeys.len()).map(|it| series.journey(it)[number]).collect(),
            stations: groups.map(|group| series.station(self.model, group, number)).collect(),
            bill: self.bill(number, until.since(from).as_secs()),
        }
    }

    fn bill(&self, number: usize, seconds: f64) -> Option<f64> {
        let charges = &self.model.charges;
        let bought = Bought { live: self, number, seconds };
        let dollars = |charge: &Charge| {
            charge.price.of(charge.amount.in_a_second(self.model, &bought) * MONTH)
        };
        (!charges.is_empty()).then(|| charges.iter().map(dollars).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Ending;
    use crate::metrics::{Trial, run};
    use crate::model::Files;
    use crate::spec::Spec;
    use crate::telemetry::{Fate, Spot};
    use std::collections::{BTreeMap, BTreeSet};

    const MODEL: &str = r#"(
        components: {
            "shop": {"page": [work(exponential("3ms")), parallel([call("goods.list"), read("db")])]},
            "goods": {"list": [work(exponential("2ms")), read("db")]},
        },
        services: {
            "web": (components: ["shop"], replicas: 2, threads: 8, queue: 5),
            "goods": (components: ["goods"]),
        },
        stores: {"db": database(servers: 2, read: exponential("2ms"), hop: "0.2ms")},
        network: (hop: "0.5ms"),
        clients: {"people": (rate: "200/s", mix: "shop.page", hop: "5ms", timeout: "300ms")},
        faults: [crash(of: "services.web", replica: 0, at: "3s", lasts: "1s")],
    )"#;

    fn model() -> Model {
        let spec = Spec::parse("m.ron", MODEL).expect("it can be read");
        Model::check(&spec, &Files::default()).expect("it is right").model
    }

    const SEED: Seed = Seed { seed: 3, replication: 0 };

    #[test]
    fn it_is_the_run_of_a_trial_however_it_is_cut_and_whoever_is_followed() {
        let model = model();
        let horizon = Duration::from_secs(6.0);
        let trial =
            Trial { design: 0, seed: SEED, warmup: Duration::ZERO, horizon, events_max: 1 << 40 };
        let whole = run(&model, trial);
        for (one_in, pieces) in [(1, 7), (10, 600), (0, 1)] {
            let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), one_in);
            for piece in 1..=pieces {
                live.advance(Time(horizon.0 / pieces * piece), 1 << 40);
            }
            live.advance(Time(horizon.0), 1 << 40);
            assert_eq!(live.events(), whole.events);
            assert_eq!(live.fingerprint().events, whole.fingerprint.events);
            assert_eq!(live.fingerprint().timings, whole.fingerprint.timings);
        }
    }

    #[test]
    fn a_knob_turned_now_is_a_change_of_the_model() {
        let with = |changes: &str| {
            let text = MODEL.replace("faults:", &format!("changes: [{changes}], faults:"));
            let spec = Spec::parse("m.ron", &text).expect("it can be read");
            Model::check(&spec, &Files::default()).expect("it is right").model
        };
        let first = r#"(at: "2s", set: {"clients.people.rate": "300/s"})"#;
        let second =
            r#"(at: "4s", set: {"services.web.threads": 2, "stores.db.database.servers": 1})"#;
        let models = [with(""), with(first), with(&format!("{first}, {second}"))];
        let run = |live: &mut Live<'_>| {
            live.advance(Time(6_000_000_000), 1 << 40);
            live.fingerprint()
        };
        let window = Duration::from_secs(0.5);
        let mut turned = Live::new(&models[0], SEED, window, 1);
        turned.advance(Time(2_000_000_000), 1 << 40);
        assert!(turned.follow_model(&models[1]));
        turned.advance(Time(4_000_000_000), 1 << 40);
        assert!(turned.follow_model(&models[2]));
        let whole = run(&mut Live::new(&models[2], SEED, window, 1));
        assert_eq!(run(&mut turned), whole);
        assert_ne!(run(&mut Live::new(&models[1], SEED, window, 1)), whole);
        let other = with(r#"(at: "1s", set: {"services.web.replicas": 3})"#);
        assert!(!turned.follow_model(&other), "there is no room for a third replica");
    }

    #[test]
    fn dots_go_from_where_they_are_and_come_to_an_end() {
        let model = model();
        let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), 1);
        live.advance(Time(6_000_000_000), 1 << 40);
        let mut dots: BTreeMap<u32, Move> = BTreeMap::new();
        let (mut clients, mut failed) = (0, 0);
        for told in live.take_moves() {
            assert!(told.departs <= told.arrives);
            if let Some(before) = dots.get(&told.dot) {
                assert_eq!(told.from, before.to, "{told:?} after {before:?}");
                assert!(before.arrives <= told.arrives && before.fate != Fate::Ends);
            }
            clients += u64::from(told.fate == Fate::Ends && matches!(told.to, Spot::Client(..)));
            failed += u64::from(told.ending == Ending::Failed && told.fate == Fate::Ends);
            dots.insert(told.dot, told);
        }
        // About 1200 requests in six seconds; half of those of one second meet a replica that is down.
        assert!(clients > 1000, "{clients}");
        assert!(failed > 50, "{failed}");
        let at_work = dots.values().filter(|it| it.fate != Fate::Ends).count();
        assert!(at_work < 100, "{at_work} dots are left");
    }

    /// What the edge holds comes back from there; all else goes on from there to the servers, and back the same way.
    #[test]
    fn a_request_is_seen_at_the_edge_and_behind_it_only_if_the_edge_has_to_ask() {
        let cached = MODEL.replace(
            "components: {",
            r#"keys: {"pages": (count: 3)},
               caches: {"cdn": (of: "shop.page", key: "pages", at: edge(hop: "1ms"), entries: 3)},
               components: {"#,
        );
        let spec = Spec::parse("m.ron", &cached).expect("it can be read");
        let model = Model::check(&spec, &Files::default()).expect("it is right").model;
        let mut live = Live::new(&model, SEED, Duration::from_secs(1.0), 1);
        live.advance(Time(2_000_000_000), 1 << 40);
        let moves = live.take_moves();
        let count = |from: fn(Spot) -> bool, to: fn(Spot) -> bool| {
            moves.iter().filter(|it| from(it.from) && to(it.to)).count()
        };
        let (client, edge) =
            ((|it| matches!(it, Spot::Client(..))) as fn(Spot) -> bool, |it| it == Spot::Edge(0));
        let service: fn(Spot) -> bool = |it| matches!(it, Spot::Service(..) | Spot::Station(..));
        let asked = count(client, edge);
        let missed = count(edge, service);
        assert!(asked > 350, "{asked} of about 400");
        assert_eq!(count(client, service) + count(service, client), 0, "nobody passes it by");
        // Three pages: each is fetched once, and again by those who ask while it is on its way.
        assert!((3..asked / 4).contains(&missed), "{missed} of {asked}");
        assert_eq!(count(service, edge), missed);
        assert!(count(edge, client).abs_diff(asked) < 10, "{asked}");
    }

    const REGIONS: &str = r#"(
        keys: {"orders": (count: 100)},
        components: {"web": {"buy": [write(store: "orders", key: "orders")]}},
        regions: {"eu": (zones: ["a", "b"]), "us": (), "za": ()},
        services: {"web": (components: ["web"], regions: {"us": 2})},
        stores: {"orders": database(
            servers: 4, read: "1ms", write: "1ms", regions: ["us", "eu"],
            replication: (
                replicas: 1, mode: asynchronous(lag: "10ms"),
                failover: (detection: "100ms", promotion: "100ms"),
            ),
        )},
        network: (between: {"eu": {"us": "80ms", "za": "150ms"}, "us": {"za": "200ms"}}),
        clients: {"people": (rate: "100/s", regions: {"eu": 1, "za": 3}, mix: "web.buy")},
        faults: [
            partition(between: ["regions.eu", "regions.us"], at: "1s", lasts: "1s"),
            loss(between: ["regions.us", "regions.za"], share: "5%", at: "1s", lasts: "1s"),
            crash(of: "stores.orders", replica: 0, at: "3s", lasts: "2s"),
        ],
    )"#;

    #[test]
    fn links_primaries_and_homes_are_told_as_they_are() {
        let spec = Spec::parse("m.ron", REGIONS).expect("it can be read");
        let model = Model::check(&spec, &Files::default()).unwrap_or_else(|why| panic!("{why}"));
        let model = model.model;
        let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), 1);
        let first = model.stores[0].members[0].station;
        let mut at = |millis: u64| {
            live.advance(Time(millis * 1_000_000), 1 << 40);
            (live.links().collect::<Vec<_>>(), live.primaries().collect::<Vec<_>>())
        };
        let open = vec![Link::Open; 3];
        assert_eq!(at(500), (open.clone(), vec![first]));
        // eu with us, eu with za, us with za.
        assert_eq!(at(1500).0, [Link::Cut, Link::Open, Link::Disturbed]);
        assert_eq!(at(2500).0, open);
        assert_eq!(at(3050).1, [first], "nobody has noticed yet");
        assert_eq!(at(3500).1, [model.stores[0].members[1].station]);
        let homes = live.take_moves().into_iter().filter_map(|it| match it.from {
            Spot::Client(_, region) => Some(region),
            _ => None,
        });
        let mut seen = [0; 3];
        homes.for_each(|region| seen[usize::from(region)] += 1);
        // A quarter is in eu, nobody in us, the rest in za.
        assert!(seen[1] == 0 && seen[2] > 2 * seen[0] && seen[2] < 5 * seen[0], "{seen:?}");
    }

    #[test]
    fn retries_are_dots_of_their_own() {
        let half = MODEL
            .replace(
                "crash(of: \"services.web\", replica: 0, at: \"3s\", lasts: \"1s\")",
                "errors(of: \"services.goods\", share: 0.5, at: \"0s\")",
            )
            .replace(
                "faults:",
                "guards: {\"again\": (on: \"goods.list\", retry: (attempts: 2))}, faults:",
            );
        let spec = Spec::parse("m.ron", &half).expect("it can be read");
        let model = Model::check(&spec, &Files::default()).expect("it is right").model;
        let mut live = Live::new(&model, SEED, Duration::from_secs(60.0), 1);
        live.advance(Time(6_000_000_000), 1 << 40);
        let goods = model.services.iter().position(|it| it.name == "goods").expect("it is there");
        let (mut dots, mut came) = (BTreeMap::new(), [BTreeSet::new(), BTreeSet::new()]);
        for told in live.take_moves() {
            if dots.insert(told.dot, told.again).is_none() {
                // What has failed before is another dot.
                assert!(!told.again || told.ending == Ending::Done, "{told:?}");
            }
            assert_eq!(dots[&told.dot], told.again, "{told:?}");
            if told.to == Spot::Service(goods as u32, 0) {
                came[usize::from(told.again)].insert(told.dot);
            }
        }
        // About 1200 requests; every second call fails at the door, and is made again.
        let [first, again] = came.map(|it| it.len());
        assert!((500..700).contains(&again) && (1100..1300).contains(&first), "{first}, {again}");
    }

    /// Of two that are asked at once the slower is cancelled: it is gone, and has not failed.
    #[test]
    fn the_slower_of_two_has_not_failed() {
        let hedged = MODEL
            .replace(
                "faults:",
                "guards: {\"two\": (on: \"goods.list\", hedge: (after: \"0ms\"))}, none:",
            )
            .replace(
                "none: [crash(of: \"services.web\", replica: 0, at: \"3s\", lasts: \"1s\")],",
                "",
            )
            .replace("queue: 5", "queue: 500");
        let spec = Spec::parse("m.ron", &hedged).expect("it can be read");
        let model = Model::check(&spec, &Files::default()).expect("it is right").model;
        let mut live = Live::new(&model, SEED, Duration::from_secs(60.0), 1);
        live.advance(Time(2_000_000_000), 1 << 40);
        let moves = live.take_moves();
        assert!(moves.iter().filter(|it| it.again).count() > 300);
        assert_eq!(moves.iter().find(|it| it.ending != Ending::Done), None);
    }

    #[test]
    fn who_waits_no_longer_is_seen_at_once() {
        let late = MODEL.replace("300ms", "12ms");
        let spec = Spec::parse("m.ron", &late).expect("it can be read");
        let model = Model::check(&spec, &Files::default()).expect("it is right").model;
        let mut live = Live::new(&model, SEED, Duration::from_secs(60.0), 1);
        live.advance(Time(2_000_000_000), 1 << 40);
        let moves = live.take_moves();
        let gone = moves.iter().filter(|it| {
            matches!(it.to, Spot::Client(..))
                && it.fate == Fate::Ends
                && it.ending == Ending::TimedOut
        });
        // The two hops alone take 11 of the 12 ms: nearly all of about 400 give up.
        assert!(gone.count() > 300);
    }

    #[test]
    fn steps_tell_what_happens_and_where_and_change_nothing() {
        let model = model();
        let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), 0);
        live.advance(Time(2_900_000_000), 1 << 40);
        let (mut steps, mut sent, mut answered, mut broken) = (0, 0, 0, 0);
        while live.next_at().is_some_and(|next| next <= Time(3_100_000_000)) {
            let (before, next) = (live.in_flight(), live.next_at());
            let step = live.step().expect("there is a next event");
            assert_eq!(next, Some(live.now()));
            steps += 1;
            let is_at = |spot: Spot| step.at.contains(&spot);
            let has = |what: &str| step.says.contains(what);
            let is_web = |it: &Spot| matches!(*it, Spot::Service(at, 0) if model.services[at as usize].name == "web");
            if has("people send") {
                sent += 1;
                assert!(is_at(Spot::Client(0, 0)) && live.in_flight() > before, "{step:?}");
            }
            if has("of people is answered") {
                answered += 1;
                assert!(is_at(Spot::Client(0, 0)) && live.in_flight() < before, "{step:?}");
            }
            if has("db has served") {
                let is_db = |group: u32| model.stations[group as usize].name == "db";
                assert!(
                    step.at.iter().any(|it| matches!(*it, Spot::Station(group, _) if is_db(group)))
                );
            }
            if has("crash services.web") {
                broken += 1;
                assert!(has("begins") && step.at.iter().any(is_web), "{step:?}");
                assert_eq!(live.now(), Time(3_000_000_000));
            }
        }
        // About 200 a second for a fifth of one, each sent, carried, served twice at least and answered.
        assert!(
            (20..80).contains(&sent) && answered > 10 && steps > 5 * sent,
            "{sent} {answered} {steps}"
        );
        assert_eq!(broken, 1);
        live.advance(Time(6_000_000_000), 1 << 40);
        let mut whole = Live::new(&model, SEED, Duration::from_secs(0.5), 0);
        whole.advance(Time(6_000_000_000), 1 << 40);
        assert_eq!(live.fingerprint(), whole.fingerprint());
    }

    #[test]
    fn a_crash_is_seen_while_it_lasts() {
        let model = model();
        let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), 0);
        let mut down = |at: u64| {
            live.advance(Time(at * 1_000_000), 1 << 40);
            live.stations().filter(|it| it.condition == Condition::Down).count()
        };
        assert_eq!(down(2_900), 0);
        assert!(down(3_500) > 0);
        assert_eq!(down(4_100), 0);
    }

    #[test]
    fn windows_hold_every_request_once() {
        let model = model();
        let mut live = Live::new(&model, SEED, Duration::from_secs(0.5), 0);
        live.advance(Time(6_000_000_001), 1 << 40);
        assert_eq!(live.windows(), 12);
        let windows: Vec<Window> = (0..12).map(|number| live.window(number)).collect();
        let sent: u64 = windows.iter().map(|it| it.all.sent).sum();
        let ended: u64 = windows.iter().map(|it| it.all.ended()).sum();
        assert_eq!(sent - ended, live.in_flight());
        for window in &windows {
            assert_eq!(window.all.sent, window.journeys.iter().map(|it| it.sent).sum::<u64>());
        }
    }
}
