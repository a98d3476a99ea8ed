//! A run that is watched, and broken or changed on the way, is the run of the model in which that is written.

use super::{changes, files};
use sim_core::model::{FaultKind, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::telemetry::Live;
use sim_core::time::{Duration, Time};

const SEED: Seed = Seed { seed: 11, replication: 1 };
const SECOND: u64 = 1_000_000_000;

fn read(text: &str) -> Spec {
    Spec::parse("m.ron", text).unwrap_or_else(|errors| panic!("{errors}"))
}

fn right(spec: &Spec) -> Model {
    let checked = Model::check(spec, &files());
    checked.unwrap_or_else(|errors| panic!("{errors}")).model
}

fn checked(spec: &Spec) -> Option<Model> {
    Model::check(spec, &files()).ok().map(|checked| checked.model)
}

fn live(model: &Model) -> Live<'_> {
    Live::new(model, SEED, Duration::from_secs(0.5), 1)
}

/// All that can be seen of a run. A number that is none is none in both.
fn seen(live: &Live<'_>) -> String {
    let windows: Vec<_> = (0..live.windows()).map(|number| live.window(number)).collect();
    let stations: Vec<_> = live.stations().collect();
    let (messages, breakers): (Vec<_>, Vec<_>) =
        (live.messages().collect(), live.breakers().collect());
    let measures: Vec<_> = live.measures().collect();
    let (events, in_flight, fingerprint) = (live.events(), live.in_flight(), live.fingerprint());
    format!(
        "{events} {in_flight} {fingerprint} {windows:?} {stations:?} {messages:?} {breakers:?} {measures:?}"
    )
}

/// Goes on as one model after the other, each from its instant on, and looks at the last ones. Returns whether it could, and
/// whether each look showed what the last model's own run shows.
fn goes_on(models: &[(u64, &Model)], looks: &[u64]) -> bool {
    let (_, first) = models[0];
    let mut run = live(first);
    for &(at, model) in &models[1..] {
        run.advance(Time(at), u64::MAX >> 1);
        if !run.follow_model(model) {
            return false;
        }
    }
    let mut whole = live(models[models.len() - 1].1);
    for &look in looks {
        run.advance(Time(look), u64::MAX >> 1);
        whole.advance(Time(look), u64::MAX >> 1);
        assert_eq!(seen(&run), seen(&whole), "at {look} ns");
    }
    true
}

/// What can break in a model, as faults that begin at an instant.
fn breakages(spec: &Spec, at: &str) -> Vec<String> {
    let mut all = Vec::new();
    for name in spec.services.keys() {
        let of = format!("of: \"services.{name}\", at: \"{at}\"");
        all.push(format!("crash({of}, replica: 0, lasts: \"700ms\")"));
        all.push(format!("crash({of}, lasts: exponential(\"300ms\"), in_flight: resumed)"));
        all.push(format!("stall({of}, lasts: \"300ms\")"));
        all.push(format!("slow({of}, factor: 3, lasts: \"1s\")"));
        all.push(format!("errors({of}, share: \"30%\", lasts: \"1s\")"));
        all.push(format!("loss(between: [\"services.{name}\"], share: \"20%\", at: \"{at}\")"));
    }
    for name in spec.stores.keys() {
        let of = format!("of: \"stores.{name}\", at: \"{at}\"");
        all.push(format!("slow({of}, factor: 5, lasts: \"1s\")"));
        all.push(format!("stall({of}, lasts: \"400ms\")"));
        all.push(format!("crash({of}, lasts: \"600ms\")"));
        all.push(format!("errors({of}, share: \"30%\", lasts: \"1s\")"));
    }
    let flush = |name: &String| format!("flush(of: \"caches.{name}\", at: \"{at}\")");
    all.extend(spec.caches.keys().map(flush));
    for name in spec.regions.keys() {
        all.push(format!("crash(of: \"regions.{name}\", at: \"{at}\", lasts: \"1s\")"));
        all.push(format!("partition(between: [\"regions.{name}\"], at: \"{at}\", lasts: \"1s\")"));
        let adds = "adds: exponential(\"20ms\")";
        all.push(format!("latency(between: [\"regions.{name}\"], {adds}, at: \"{at}\")"));
    }
    all
}

/// Breaks everything that a model has, one after the other, 1 ms after an instant. Returns which of the kinds of faults the run
/// went on with, and which it would not.
fn break_all(text: &str) -> [Vec<String>; 2] {
    let spec = read(text);
    let before = right(&spec);
    let [mut in_place, mut anew] = [Vec::new(), Vec::new()];
    for fault in breakages(&spec, "2.001s") {
        let path = format!("faults[{}]", spec.faults.len());
        let Ok(broken) = spec.with_text(&path, &fault) else { panic!("{fault} cannot be read") };
        // There are stores without servers, and things that break already.
        let Some(after) = checked(&broken) else { continue };
        let looks = [2_400_000_000, 3_500_000_000];
        let went_on = goes_on(&[(0, &before), (2 * SECOND, &after)], &looks);
        if went_on { &mut in_place } else { &mut anew }.push(fault);
    }
    [in_place, anew]
}

/// Models with caches, replicas and failover, regions and zones, autoscalers, queues, alerts, and faults of their own.
const MODELS: [&str; 9] = [
    include_str!("../../../models/blocks/cache.ron"),
    include_str!("../../../models/blocks/failover.ron"),
    include_str!("../../../models/blocks/zone_outage.ron"),
    include_str!("../../../models/blocks/five_regions.ron"),
    include_str!("../../../models/blocks/autoscaling.ron"),
    include_str!("../../../models/blocks/queue.ron"),
    include_str!("../../../models/blocks/slo.ron"),
    include_str!("../../../models/blocks/reserved_or_spot.ron"),
    include_str!("../../../models/blocks/mtbf.ron"),
];

#[test]
fn what_is_broken_now_is_a_fault_of_the_model() {
    let mut tried = 0;
    // What is taken back comes before what is written.
    let spot = MODELS[7].replace(
        r#"instance: "medium""#,
        r#"instance: "medium", purchase: spot(every: exponential("3s"), lasts: exponential("1s"))"#,
    );
    for text in MODELS.into_iter().chain([&*spot]) {
        let [in_place, anew] = break_all(text);
        for fault in &anew {
            // These are asked for at places in the plan that are not there without them.
            let is_asked_for = ["errors", "loss"].iter().any(|kind| fault.starts_with(kind));
            assert!(is_asked_for, "{fault} starts over in {text}");
        }
        tried += in_place.len();
    }
    assert!(tried > 60, "{tried}");
}

/// One of everything, with faults of every kind, scheduled and at random: only the first fault of a dependency's answers, or of
/// the network, needs another plan, and here none is the first.
#[test]
fn where_everything_breaks_already_more_can_break() {
    let text = include_str!("../robust/everything.ron").replace("5min", "40s");
    let [in_place, anew] = break_all(&text);
    assert!(in_place.len() > 20, "{in_place:?}");
    assert!(in_place.iter().any(|it| it.starts_with("errors")), "{in_place:?}");
    assert!(in_place.iter().any(|it| it.starts_with("loss")), "{in_place:?}");
    assert!(anew.iter().all(|it| it.starts_with("errors")), "{anew:?}");
}

/// Times that are whole milliseconds, so that faults begin with everything else that is due.
const TIES: &str = r#"(
    components: { "a": { "x": [work("2ms"), read("db")] } },
    services: { "s": (components: ["a"], replicas: 2, threads: 4) },
    stores: { "db": database(servers: 1, read: "3ms") },
    clients: { "c": (rate: "250/s", arrivals: constant, mix: "a.x", timeout: "20ms") },
    faults: [slow(of: "stores.db", factor: 3, at: "2.008s", lasts: "40ms"), FAULTS],
    changes: [CHANGES],
)"#;

fn ties(faults: &str, changes: &str) -> Model {
    let text = TIES.replace("FAULTS", faults).replace("CHANGES", changes);
    right(&read(&text))
}

const CRASH: &str = r#"crash(of: "services.s", replica: 1, at: "2.008s", lasts: "12ms")"#;
const STALL: &str = r#"stall(of: "services.s", replica: 0, at: "2.008s", lasts: "8ms")"#;

#[test]
fn faults_of_the_same_instant_begin_in_their_order_before_all_else() {
    let [none, one] = [ties("", ""), ties(CRASH, "")];
    let both = ties(&format!("{CRASH}, {STALL}"), "");
    let looks = [2_008_000_000, 2_020_000_000, 3 * SECOND];
    for at in [0, SECOND, 2_004_000_000, 2_007_999_999] {
        assert!(goes_on(&[(0, &none), (at, &one)], &looks));
        assert!(goes_on(&[(0, &none), (at, &both)], &looks));
        assert!(goes_on(&[(0, &none), (SECOND / 2, &one), (at.max(SECOND), &both)], &looks));
    }
    // What should have happened already is for another run.
    assert!(!goes_on(&[(0, &none), (2_008_000_000, &one)], &looks));
}

#[test]
fn knobs_and_faults_come_together() {
    let change = r#"(at: "1.5s", set: {"clients.c.rate": "400/s", "services.s.threads": 2})"#;
    let back = r#"(at: "2.01s", set: {"clients.c.rate": "250/s"})"#;
    let models = [
        ties("", ""),
        ties("", change),
        ties(CRASH, change),
        ties(CRASH, &format!("{change}, {back}")),
    ];
    let [plain, turned, broken, turned_back] = &models;
    let looks = [2_009_000_000, 3 * SECOND];
    let steps = [
        (0, plain),
        (1_500_000_000, turned),
        (1_800_000_000, broken),
        (2_009_500_000, turned_back),
    ];
    assert!(goes_on(&steps, &looks[1..]));
    assert!(goes_on(&[(0, plain), (SECOND, broken)], &looks));
}

/// Every amount that can change, to more and to less, while all of it is in use.
#[test]
fn what_is_more_or_less_now_is_a_change_of_the_model() {
    let crowded = |changes: &str| right(&read(&changes::crowded(changes)));
    let before = crowded("");
    for (path, more, less, _) in changes::AMOUNTS {
        for other in [more, less] {
            let change = format!(r#"(at: "2s", set: {{ "{path}": {other} }})"#);
            let after = crowded(&change);
            let looks = [2 * SECOND, 2_500_000_000, 5 * SECOND];
            assert!(goes_on(&[(0, &before), (2 * SECOND, &after)], &looks), "{path}");
        }
    }
}

/// The load of open clients is doubled by a spike of their profile, that of users by more of them for a while.
#[test]
fn the_load_doubles_in_place() {
    let before = ties("", "");
    let spike =
        r#"(at: "2s", set: { "clients.c.profile": [spike(at: "2s", lasts: "1s", factor: 2)] })"#;
    let after = ties("", spike);
    assert!(goes_on(&[(0, &before), (2 * SECOND, &after)], &[2_500_000_000, 4 * SECOND]));
    let mut run = live(&after);
    run.advance(Time(4 * SECOND + 1), u64::MAX >> 1);
    let sent = |from: usize| run.window(from).all.sent + run.window(from + 1).all.sent;
    assert_eq!([sent(2), sent(4), sent(6)], [250, 500, 250]);
}

#[test]
fn what_is_no_later_fault_starts_over() {
    let before = ties(CRASH, "");
    for faults in [
        // Gone, another, or by chance from the start.
        "",
        STALL,
        &format!("{STALL}, {CRASH}"),
        &format!("{CRASH}, crash(of: \"stores.db\", every: exponential(\"5s\"), lasts: \"1s\")"),
    ] {
        let after = ties(faults, "");
        assert!(!goes_on(&[(0, &before), (SECOND, &after)], &[]), "{faults}");
    }
    let slow = before.faults.iter().filter(|fault| matches!(fault.kind, FaultKind::Slow(_)));
    assert_eq!(slow.count(), 1);
}
