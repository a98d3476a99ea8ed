//! Scenarios whose answers are worked out by hand.

use crate::component::{Ending, Spent};
use crate::metrics::Metrics;
use crate::model::{Files, Model, StationId};
use crate::simulation::{Recorder, Seed, Simulation};
use crate::spec::Spec;
use crate::time::{Duration, Time};

/// Recorded arrivals: one at the start, from which on a recording counts, and some milliseconds later.
fn arrivals(millis: &[u64]) -> String {
    let line = |at: &u64| format!("{}.{:03}\n", at / 1000, at % 1000);
    "t\n0\n".to_owned() + &millis.iter().map(line).collect::<String>()
}

/// A service that reads and writes one key of a database at recorded times.
fn model(database: &str, writes: &[u64], reads: &[u64]) -> Model {
    broken(database, "", writes, reads)
}

/// The same with faults.
fn broken(database: &str, faults: &str, writes: &[u64], reads: &[u64]) -> Model {
    // All ask for the first key; the others are there to be moved.
    let weights = [vec!["1"], vec!["0"; 39]].concat().join(",");
    let weights = format!("[{weights}]");
    let text = format!(
        r#"(
            keys: {{"k": (count: 40, popularity: weights({weights}))}},
            components: {{"c": {{
                "write": [write(store: "db", key: "k")],
                "read": [read(store: "db", key: "k")],
                "all": [read("db")],
            }}}},
            services: {{"s": (components: ["c"], cores: 0)}},
            stores: {{"db": database(servers: 1, read: "10ms", write: "10ms", {database})}},
            faults: [{faults}],
            clients: {{
                "w": (arrivals: replay(file: "w", column: "t"), mix: "c.write"),
                "r": (arrivals: replay(file: "r", column: "t"), mix: "c.read"),
                "a": (arrivals: replay(file: "r", column: "t"), mix: "c.all"),
            }},
        )"#
    );
    let spec = Spec::parse("test.ron", &text).unwrap_or_else(|findings| panic!("{findings}"));
    let mut files = Files::default();
    files.insert("w", arrivals(writes));
    files.insert("r", arrivals(reads));
    Model::check(&spec, &files).unwrap_or_else(|findings| panic!("{findings}")).model
}

/// By client: how its requests ended, after how many milliseconds; and everything else that is measured.
struct Ended<'m> {
    metrics: Metrics,
    model: &'m Model,
    answers: Vec<(String, Ending, u64)>,
}

impl Recorder for Ended<'_> {
    fn arrived(&mut self, now: Time, journey: u32) {
        self.metrics.arrived(now, journey);
    }

    fn finished(&mut self, now: Time, journey: u32, ending: Ending, took: Duration, spent: &Spent) {
        let client = self.model.journeys[journey as usize].client as usize;
        let name = self.model.clients[client].name.clone();
        self.answers.push((name, ending, took.0 / 1_000_000));
        self.metrics.finished(now, journey, ending, took, spent);
    }

    fn counted(&mut self, counter: crate::model::CounterId, times: u64) {
        self.metrics.counted(counter, times);
    }

    fn timed(&mut self, timing: crate::model::TimingId, duration: Duration) {
        self.metrics.timed(timing, duration);
    }
}

type Run<'m> = Simulation<'m, Ended<'m>>;

fn start(model: &Model) -> Run<'_> {
    let ended = Ended { metrics: Metrics::new(model), model, answers: Vec::new() };
    Simulation::new(model, Seed { seed: 1, replication: 0 }, ended)
}

fn until(run: &mut Run<'_>, millis: u64) {
    run.run_until(Time::ZERO + Duration(millis * 1_000_000), 1_000_000);
}

fn answers(run: &Run<'_>, client: &str) -> Vec<(Ending, u64)> {
    let answers = run.recorder.answers.iter().filter(|answer| answer.0 == client);
    // The first is the one at the start.
    answers.skip(1).map(|answer| (answer.1, answer.2)).collect()
}

fn measure(run: &mut Run<'_>, name: &str) -> f64 {
    let now = run.now();
    run.recorder.metrics.close(now);
    let measure = run.model.measures.reported.iter().find(|it| it.name == name);
    run.recorder.metrics.measure(&measure.unwrap_or_else(|| panic!("no `{name}`")).kind)
}

/// Everything has been given back, and nothing is remembered of keys that all copies agree on.
fn assert_empty(run: &Run<'_>) {
    assert!(run.frames.is_empty() && run.in_flight() == 0);
    for station in 0..run.model.station_count() as u32 {
        assert_eq!(run.station(StationId(station)).in_system(), 0);
    }
    for shard in &run.stores[0].shards {
        assert!(shard.versions.is_empty());
    }
}

/// A member goes down, without the station's knowing.
fn crash(run: &mut Run<'_>, member: u32) {
    let station = run.model.stores[0].members[member as usize].station;
    run.member_stops(station.0, true);
}

fn restore(run: &mut Run<'_>, member: u32) {
    let station = run.model.stores[0].members[member as usize].station;
    run.member_returns(station.0);
}

const ASYNC: &str = r#"mode: asynchronous(lag: "100ms")"#;

#[test]
fn a_replica_answers_what_it_has() {
    let database = format!("replication: (replicas: 1, {ASYNC}, reads: replica)");
    // Written at 10, 1010 and 1040 ms, there at 110, 1110 and 1140 ms; the reads of the key end at 20 (stale for 10),
    // 1000, 1080 (stale for 70, two behind), 1135 (stale for 95) and 1160 ms, after those of the store as one.
    let model = model(&database, &[1000, 1030], &[980, 1060, 1115, 1140]);
    let mut run = start(&model);
    until(&mut run, 5_000);
    assert_eq!(answers(&run, "w"), [(Ending::Done, 10); 2]);
    assert_eq!(answers(&run, "a"), [(Ending::Done, 10); 4]);
    assert_eq!(answers(&run, "r"), [(Ending::Done, 20); 4]);
    assert_eq!(measure(&mut run, "stale_reads"), 0.3);
    assert_eq!(measure(&mut run, "versions_behind"), 0.4);
    assert!((measure(&mut run, "staleness") - 0.175 / 3.0).abs() < 1e-4);
    assert_empty(&run);
}

#[test]
fn writers_wait_as_the_mode_says() {
    let modes = [
        (r#"asynchronous(lag: "100ms")"#, 10),
        (r#"semi_synchronous(lag: "100ms")"#, 110),
        (r#"semi_synchronous(acknowledgements: 2, lag: "100ms", replay: "5ms")"#, 115),
        (r#"synchronous(lag: "100ms")"#, 110),
    ];
    for (mode, millis) in modes {
        let model = model(&format!("replication: (replicas: 3, mode: {mode})"), &[1000], &[]);
        let mut run = start(&model);
        until(&mut run, 5_000);
        assert_eq!(answers(&run, "w"), [(Ending::Done, millis)], "{mode}");
        assert!((measure(&mut run, "lag") - 0.1).abs() < 0.006, "{mode}");
        assert_empty(&run);
    }
}

/// Detected and promoted after 3 s: until then writes fail at once; what the replica had not received is lost.
#[test]
fn a_replica_takes_the_place_of_a_crashed_primary() {
    let failover = r#"failover: (detection: "1s", promotion: "2s")"#;
    let database = format!("replication: (replicas: 2, {ASYNC}, {failover})");
    let model = model(&database, &[900, 950, 1000, 1200, 2000, 4300], &[2000, 4500]);
    let mut run = start(&model);
    until(&mut run, 1_050);
    crash(&mut run, 0);
    until(&mut run, 10_000);
    let (done, failed) = (Ending::Done, Ending::Failed);
    let writes = [(done, 10), (done, 10), (done, 10), (failed, 0), (failed, 0), (done, 10)];
    assert_eq!(answers(&run, "w"), writes);
    assert_eq!(answers(&run, "r"), [(failed, 0), (done, 20)]);
    // Written at 910, 960 and 1010 ms; only the first could have arrived by 1050 ms.
    assert_eq!(measure(&mut run, "lost_writes"), 2.0);
    assert!((measure(&mut run, "outage") - 3.0).abs() < 1e-9);
    assert_empty(&run);
    // The old primary is a replica when it is back: a second crash makes it the primary again, or the third copy.
    restore(&mut run, 0);
    let primary = run.stores[0].shards[0].primary;
    assert_ne!(primary, 0);
    let cluster = model.stores[0].cluster.as_ref().unwrap();
    crash(&mut run, cluster.member(0, primary));
    until(&mut run, 14_000);
    assert_eq!(run.stores[0].shards[0].primary, 0);
}

#[test]
fn a_primary_that_is_back_in_time_loses_nothing() {
    let failover = r#"failover: (detection: "1s", promotion: "2s")"#;
    let database = format!("replication: (replicas: 1, {ASYNC}, {failover}, reads: replica)");
    let model = model(&database, &[1000, 1045, 3500], &[3000]);
    let mut run = start(&model);
    until(&mut run, 1_050);
    crash(&mut run, 0);
    until(&mut run, 2_000);
    restore(&mut run, 0);
    until(&mut run, 10_000);
    let (done, failed) = (Ending::Done, Ending::Failed);
    // The second was being run when the primary crashed.
    assert_eq!(answers(&run, "w"), [(done, 10), (failed, 10), (done, 10)]);
    assert!((measure(&mut run, "outage") - 0.95).abs() < 1e-9);
    assert_eq!(measure(&mut run, "lost_writes"), 0.0);
    assert_empty(&run);
}

#[test]
fn a_quorum_does_without_members_that_are_down_as_long_as_enough_are_left() {
    let model = model("quorum: (members: 3, read: 2, write: 2)", &[1000, 2000, 3000], &[2500]);
    let mut run = start(&model);
    until(&mut run, 1_500);
    crash(&mut run, 1);
    until(&mut run, 2_900);
    crash(&mut run, 2);
    until(&mut run, 5_000);
    let (done, failed) = (Ending::Done, Ending::Failed);
    assert_eq!(answers(&run, "w"), [(done, 10), (done, 10), (failed, 0)]);
    assert_eq!(answers(&run, "r")[0].0, done);
    assert_eq!(measure(&mut run, "stale_reads"), 0.0);
    assert_empty(&run);
}

/// The same through a schedule of faults, which also empties the station: what is in service fails at once.
#[test]
fn a_scheduled_crash_of_the_primary_is_a_failover() {
    let failover = r#"failover: (detection: "1s", promotion: "2s")"#;
    let faults = r#"crash(of: "stores.db", replica: 0, at: "1045ms", lasts: "5s")"#;
    let database = format!("replication: (replicas: 1, {ASYNC}, {failover})");
    let model = broken(&database, faults, &[900, 1000, 1040, 3000, 4500], &[]);
    let mut run = start(&model);
    until(&mut run, 10_000);
    let (done, failed) = (Ending::Done, Ending::Failed);
    let writes = [(done, 10), (done, 10), (failed, 5), (failed, 0), (done, 10)];
    assert_eq!(answers(&run, "w"), writes);
    assert_eq!(measure(&mut run, "lost_writes"), 1.0);
    assert!((measure(&mut run, "outage") - 3.0).abs() < 1e-9);
    assert_empty(&run);
}

/// A read without the shard key asks all of four shards at once.
#[test]
fn a_read_without_the_shard_key_asks_every_shard() {
    let model = model(r#"shards: (count: 4, key: "k")"#, &[], &[1000]);
    let mut run = start(&model);
    until(&mut run, 5_000);
    // One of the shards is also asked for the key of `r`, which comes second.
    assert_eq!(answers(&run, "a"), [(Ending::Done, 10)]);
    assert_eq!(answers(&run, "r"), [(Ending::Done, 20)]);
    assert_empty(&run);
}

/// 30 of 40 keys move from 2 to 8 shards by modulo: those whose remainder by 8 is 2 or more. One begins every 100 ms.
#[test]
fn resharding_moves_the_keys_that_have_to() {
    let reshard = r#"reshard: (at: "1s", to: 8, rate: "10/s", copy: "5ms")"#;
    let database = format!(r#"shards: (count: 2, by: modulo, key: "k", {reshard})"#);
    let model = model(&database, &[900], &[]);
    let mut run = start(&model);
    until(&mut run, 500);
    assert_eq!(run.shards_in_use(0), 2);
    until(&mut run, 2_000);
    assert_eq!(run.shards_in_use(0), 8);
    until(&mut run, 20_000);
    assert_eq!(measure(&mut run, "moved"), 30.0);
    // Each takes 10 ms; the last begins between the 30th and the 40th tick, when keys that stay are passed at once.
    let took = measure(&mut run, "resharding");
    assert!((2.9..=3.1).contains(&took), "{took}");
    for key in 0..40 {
        assert_eq!(u64::from(run.shard_of(0, key)), key % 8);
    }
    assert_empty(&run);
}
