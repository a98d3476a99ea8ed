//! Scenarios with constant times, whose answers are worked out by hand.

mod caches;
mod doors;
mod faults;

use super::{Recorder, Seed, Simulation, Stopped};
use crate::component::{Ending, Spent};
use crate::model::{Files, Model, StationId};
use crate::spec::Spec;
use crate::time::{Duration, Time};

/// What each request came to, in the order in which clients got their answers.
#[derive(Default)]
struct Answers(Vec<(String, Ending, f64, Spent)>, Vec<String>);

impl Recorder for Answers {
    fn finished(
        &mut self,
        _: Time,
        journey: u32,
        ending: Ending,
        response: Duration,
        spent: &Spent,
    ) {
        self.0.push((self.1[journey as usize].clone(), ending, millis(response), *spent));
    }
}

fn millis(duration: Duration) -> f64 {
    duration.0 as f64 / 1e6
}

/// Recorded arrivals for tests: milliseconds after the start.
fn arrivals(millis: &[u64]) -> String {
    millis
        .iter()
        .fold("t\n".to_owned(), |text, at| format!("{text}{}.{:03}\n", at / 1000, at % 1000))
}

fn model(text: &str, files: &[(&str, &[u64])]) -> Model {
    let spec = Spec::parse("test.ron", text).unwrap_or_else(|findings| panic!("{findings}"));
    let mut contents = Files::default();
    for (name, times) in files {
        contents.insert(*name, arrivals(times));
    }
    Model::check(&spec, &contents).unwrap_or_else(|findings| panic!("{findings}")).model
}

/// Runs for a minute and returns what became of every request.
pub(super) fn run(text: &str, files: &[(&str, &[u64])]) -> Vec<(String, Ending, f64, Spent)> {
    let model = model(text, files);
    let names = model
        .journeys
        .iter()
        .map(|j| model.operations[j.operation.0 as usize].name.clone())
        .collect();
    let seed = Seed { seed: 1, replication: 0 };
    let mut run = Simulation::new(&model, seed, Answers(Vec::new(), names));
    run.run_until(Time::ZERO + Duration::from_secs(60.0), 1_000_000);
    assert_eq!(run.in_flight(), 0, "every request has its answer");
    for station in 0..model.station_count() {
        let station = run.station(StationId(station as u32));
        assert_eq!(station.in_system(), 0, "everything taken has been given back");
    }
    assert!(run.frames.is_empty(), "no frame is left over");
    assert!(run.holdings.is_empty(), "nothing is held any more");
    run.recorder.0
}

fn responses(text: &str, files: &[(&str, &[u64])]) -> Vec<f64> {
    run(text, files).into_iter().map(|answer| answer.2).collect()
}

/// One service `s` with one component, asked for `c.o` at the times in file `t`.
pub(super) fn service(steps: &str, fields: &str, rest: &str) -> String {
    format!(
        r#"(
            components: {{"c": {{"o": [{steps}]}}}},
            services: {{"s": (components: ["c"], {fields})}},
            clients: {{"u": (arrivals: replay(file: "t", column: "t"), mix: "c.o")}},
            {rest}
        )"#
    )
}

#[test]
fn requests_wait_for_a_core_in_order() {
    let text = service(r#"work("10ms")"#, "cores: 2", "");
    // Two are served at once; the third waits 10 ms from its arrival at 0.
    assert_eq!(responses(&text, &[("t", &[0, 0, 0, 25])]), [10.0, 10.0, 20.0, 10.0]);
}

#[test]
fn the_last_in_is_the_first_out_without_interrupting() {
    let text = service(r#"work("10ms")"#, "discipline: lifo", "");
    // At 10 ms the one that came at 2 goes first.
    assert_eq!(responses(&text, &[("t", &[0, 1, 2])]), [10.0, 18.0, 29.0]);
}

#[test]
fn sharers_slow_each_other_down() {
    let text = service(r#"work("10ms")"#, "discipline: processor_sharing", "");
    // Alone for 5 ms, then two at half speed: the first has 5 ms left and takes 10 more; the second then has 5 left.
    assert_eq!(responses(&text, &[("t", &[0, 5])]), [15.0, 15.0]);
    let text = service(r#"work("10ms")"#, "discipline: processor_sharing, cores: 2", "");
    // Three on two cores run at two thirds: 15 ms.
    assert_eq!(responses(&text, &[("t", &[0, 0, 0])]), [15.0, 15.0, 15.0]);
}

/// Urgent work takes 10 ms, patient work 100 ms.
fn two_classes(discipline: &str) -> String {
    format!(
        r#"(
            components: {{"c": {{"patient": [work("100ms")], "urgent": [work("10ms")]}}}},
            services: {{"s": (components: ["c"], discipline: {discipline})}},
            clients: {{
                "p": (arrivals: replay(file: "p", column: "t"), mix: "c.patient", priority: 5),
                "u": (arrivals: replay(file: "u", column: "t"), mix: "c.urgent", priority: 1),
            }},
        )"#
    )
}

#[test]
fn the_urgent_interrupt_and_the_interrupted_resume() {
    let files: &[(&str, &[u64])] = &[("p", &[0, 1]), ("u", &[0, 30, 35])];
    let answers = run(&two_classes("preemptive_priority"), files);
    let times: Vec<(&str, f64)> = answers.iter().map(|a| (a.0.as_str(), a.2)).collect();
    // Both first ones come at 0; the urgent one takes over at once. At 30 the first patient one has had 20 ms; urgent
    // ones run from 30 to 50; it ends at 130, and the second patient one, there since 1, at 230.
    let expected = [
        ("c.urgent", 10.0),
        ("c.urgent", 10.0),
        ("c.urgent", 15.0),
        ("c.patient", 130.0),
        ("c.patient", 229.0),
    ];
    assert_eq!(times, expected);
    assert_eq!(answers[3].3.work, Duration(100_000_000));
    assert_eq!(answers[3].3.queueing, Duration(30_000_000));
}

#[test]
fn the_urgent_wait_for_the_one_in_service() {
    let files: &[(&str, &[u64])] = &[("p", &[0, 1]), ("u", &[0])];
    let answers = run(&two_classes("priority"), files);
    let times: Vec<(&str, f64)> = answers.iter().map(|a| (a.0.as_str(), a.2)).collect();
    assert_eq!(times, [("c.patient", 100.0), ("c.urgent", 110.0), ("c.patient", 209.0)]);
}

#[test]
fn a_held_thread_waits_with_its_request() {
    let steps = r#"work("1ms"), wait("9ms")"#;
    let held = service(steps, "threads: 1", "");
    assert_eq!(responses(&held, &[("t", &[0, 5])]), [10.0, 15.0]);
    let released = service(steps, "threads: 1, while_waiting: release", "");
    assert_eq!(responses(&released, &[("t", &[0, 5])]), [10.0, 10.0]);
}

#[test]
fn a_full_queue_refuses_at_the_door() {
    for threads in ["", "threads: 1,"] {
        let text = service(r#"work("10ms")"#, &format!("{threads} queue: 1"), "");
        let verdicts: Vec<Ending> =
            run(&text, &[("t", &[0, 1, 2, 11])]).iter().map(|a| a.1).collect();
        assert_eq!(verdicts, [Ending::Refused, Ending::Done, Ending::Done, Ending::Done]);
    }
}

#[test]
fn queries_wait_for_a_connection_then_for_the_database() {
    let store = r#"stores: {"d": database(servers: 1, read: "10ms", hop: "1ms")},"#;
    let steps = r#"parallel([read("d"), read("d"), read("d")])"#;
    let text = service(steps, r#"pools: {"d": 2}"#, store);
    let answers = run(&text, &[("t", &[0])]);
    // Two connections: served from 1 to 11 and 11 to 21 ms; the third gets the first's connection at 12, is at the
    // database at 13, waits until 21, ends at 31 and is back at 32.
    let (_, _, response, spent) = &answers[0];
    assert_eq!(*response, 32.0);
    assert_eq!(millis(spent.connecting), 12.0);
    assert_eq!(millis(spent.queueing), 8.0);
    assert_eq!(millis(spent.network), 2.0);
    assert_eq!(millis(spent.work), 10.0);
}

#[test]
fn the_first_branches_decide_and_the_others_run_on() {
    let steps =
        r#"parallel(first: 2, of: [wait("10ms"), wait("30ms"), work("20ms")]), work("1ms")"#;
    let answers = run(&service(steps, "", ""), &[("t", &[0])]);
    assert_eq!(answers[0].2, 21.0);
    let one = r#"parallel(first: 1, of: [work("30ms"), wait("10ms")]), work("1ms")"#;
    // The core is busy with the branch that nobody waits for.
    assert_eq!(run(&service(one, "", ""), &[("t", &[0])])[0].2, 31.0);
}

#[test]
fn a_refusal_deep_down_fails_the_request_and_gives_everything_back() {
    let store = r#"stores: {"d": database(servers: 1, read: "10ms", queue: 0)},"#;
    let steps = r#"repeat(2, [parallel([read("d"), [work("1ms"), read("d")]])])"#;
    let text = service(steps, r#"threads: 4, pools: {"d": 1}"#, store);
    // One connection makes the branches take turns, so nothing is refused; with two the second read is.
    assert_eq!(run(&text, &[("t", &[0])])[0].1, Ending::Done);
    let text = service(steps, r#"threads: 4, pools: {"d": 2}"#, store);
    let answers = run(&text, &[("t", &[0])]);
    assert_eq!((answers[0].1, answers[0].2), (Ending::Refused, 1.0));
}

#[test]
fn a_message_pays_hops_and_serialisation_on_both_sides() {
    let text = r#"(
        components: {
            "a": {"ask": [work("1ms"), call("b.answer"), call("a.local")], "local": [work("2ms")]},
            "b": {"answer": [work("4ms")]},
        },
        services: {"a": (components: ["a"]), "b": (components: ["b"])},
        network: (hop: "10ms", serialisation: "0.5ms"),
        clients: {"u": (arrivals: replay(file: "t", column: "t"), mix: "a.ask", hop: "20ms")},
    )"#;
    let answers = run(text, &[("t", &[0])]);
    // 40 ms to and from the client; 20 between services; 7 of work; four times half a millisecond to encode and decode.
    assert_eq!(answers[0].2, 40.0 + 20.0 + 7.0 + 2.0);
    assert_eq!(millis(answers[0].3.network), 60.0);
    assert_eq!(millis(answers[0].3.work), 9.0);
    let monolith = text.replace(
        r#""a": (components: ["a"]), "b": (components: ["b"])"#,
        r#""s": (components: ["a", "b"])"#,
    );
    assert_eq!(run(&monolith, &[("t", &[0])])[0].2, 40.0 + 7.0);
}

#[test]
fn a_client_gives_up_and_the_server_finishes() {
    let text = service(r#"work("10ms")"#, "", "").replace("mix:", r#"timeout: "12ms", mix:"#);
    let answers = run(&text, &[("t", &[0, 1, 2, 40])]);
    let seen: Vec<(Ending, f64)> = answers.iter().map(|a| (a.1, a.2)).collect();
    // The second would end at 20 ms and gives up at 13; the third, at 14, but is served from 20 to 30 all the same.
    let expected = [
        (Ending::Done, 10.0),
        (Ending::TimedOut, 12.0),
        (Ending::TimedOut, 12.0),
        (Ending::Done, 10.0),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn an_answer_at_the_very_deadline_is_in_time() {
    let text = service(r#"work("10ms")"#, "", "").replace("mix:", r#"timeout: "20ms", mix:"#);
    // The third gives up at 20 ms, just when the second gets its answer.
    let answers = run(&text, &[("t", &[0, 0, 0, 25])]);
    let seen: Vec<(Ending, f64)> = answers.iter().map(|a| (a.1, a.2)).collect();
    let done = |response| (Ending::Done, response);
    assert_eq!(seen, [done(10.0), done(20.0), (Ending::TimedOut, 20.0), done(15.0)]);
}

#[test]
fn users_think_between_an_answer_and_the_next_request() {
    let text = r#"(
        components: {"c": {"o": [work("100ms")]}},
        services: {"s": (components: ["c"])},
        clients: {"u": (users: 2, think: "300ms", mix: "c.o", timeout: "140ms")},
    )"#;
    let model = model(text, &[]);
    let mut run = Simulation::new(
        &model,
        Seed { seed: 1, replication: 0 },
        Answers(Vec::new(), vec![String::new()]),
    );
    assert_eq!(run.run_until(Time::ZERO + Duration::from_secs(0.999), u64::MAX), Stopped::Horizon);
    // Both ask at 300; one is served by 400, the other gives up at 440. They ask again at 700 and 740; the core is busy
    // with the first until 800 and with the second until 900, which is too late.
    let seen: Vec<(Ending, f64)> = run.recorder.0.iter().map(|a| (a.1, a.2)).collect();
    let expected = [
        (Ending::Done, 100.0),
        (Ending::TimedOut, 140.0),
        (Ending::Done, 100.0),
        (Ending::TimedOut, 140.0),
    ];
    assert_eq!(seen, expected);
}

/// What runs on after the answer may take the request's place in the slab, with the same identity.
#[test]
fn a_fork_left_behind_is_not_taken_for_its_request() {
    let late = r#"parallel(first: 1, of: [work("1ms"), wait("10s")])"#;
    let steps = format!(r#"parallel(first: 1, of: [work("1ms"), [wait("5ms"), {late}]])"#);
    let text = service(&steps, "", "").replace("mix:", r#"timeout: "500ms", mix:"#);
    let answers = run(&text, &[("t", &[0, 1000])]);
    let seen: Vec<(Ending, f64)> = answers.iter().map(|a| (a.1, a.2)).collect();
    assert_eq!(seen, [(Ending::Done, 1.0), (Ending::Done, 1.0)]);
}

#[test]
fn a_fan_out_without_bound_ends_as_an_overload() {
    let branches = vec![r#"call("c.b")"#; 2000].join(", ");
    let leaves = vec![r#"wait("1s")"#; 2000].join(", ");
    let text = format!(
        r#"(
            components: {{"c": {{"a": [parallel([{branches}])], "b": [parallel([{leaves}])]}}}},
            services: {{"s": (components: ["c"])}},
            clients: {{"u": (rate: "1/s", arrivals: constant, mix: "c.a")}},
        )"#
    );
    let model = model(&text, &[]);
    let mut run = Simulation::new(&model, Seed { seed: 1, replication: 0 }, ());
    assert_eq!(
        run.run_until(Time::ZERO + Duration::from_secs(10.0), u64::MAX),
        Stopped::Overloaded
    );
}
