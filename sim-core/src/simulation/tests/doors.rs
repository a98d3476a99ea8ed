//! Who leaves a line, when, and with what answer: patience and load shedding, worked out by hand.

use super::{Ending, responses, run, service};

/// Endings and times of the answers to requests sent at these milliseconds, in the order of the answers.
fn answers(text: &str, times: &[u64]) -> Vec<(Ending, f64)> {
    run(text, &[("t", times)]).into_iter().map(|answer| (answer.1, answer.2)).collect()
}

const DONE: Ending = Ending::Done;
const LATE: Ending = Ending::TimedOut;
const SHED: Ending = Ending::Refused;

/// Work of 10 ms, or a query of as long, at a door with these fields: of a core, of a thread, of a database.
fn doors(fields: &str) -> [String; 3] {
    let database = format!(r#"stores: {{"d": database(servers: 1, read: "10ms", {fields})}},"#);
    [
        service(r#"work("10ms")"#, fields, ""),
        service(r#"wait("10ms")"#, &format!("threads: 1, {fields}"), ""),
        service(r#"read("d")"#, "", &database),
    ]
}

#[test]
fn who_has_no_patience_left_leaves_the_line() {
    for order in ["fifo", "priority"] {
        for text in doors(&format!(r#"patience: "15ms", discipline: {order}"#)) {
            // The second waits until 10; the third would wait until 20 and leaves at 17, the fourth at 18.
            let expected = [(DONE, 10.0), (LATE, 15.0), (LATE, 15.0), (DONE, 19.0)];
            assert_eq!(answers(&text, &[0, 1, 2, 3]), expected, "{text}");
        }
    }
    for text in doors(r#"patience: "15ms", discipline: lifo"#) {
        // At 10 the last to come is next; those who came at 1 and 2 leave at 16 and 17.
        let expected = [(DONE, 10.0), (LATE, 15.0), (LATE, 15.0), (DONE, 17.0)];
        assert_eq!(answers(&text, &[0, 1, 2, 3]), expected, "{text}");
    }
}

#[test]
fn any_may_be_next_and_the_others_leave() {
    for text in doors(r#"patience: "15ms", discipline: random"#) {
        let seen = answers(&text, &[0, 1, 1, 1]);
        assert_eq!(seen, [(DONE, 10.0), (LATE, 15.0), (LATE, 15.0), (DONE, 19.0)], "{text}");
    }
}

#[test]
fn who_is_served_at_the_very_end_is_in_time() {
    for text in doors(r#"patience: "10ms""#) {
        assert_eq!(
            answers(&text, &[0, 0, 0]),
            [(DONE, 10.0), (LATE, 10.0), (DONE, 20.0)],
            "{text}"
        );
    }
    for text in doors(r#"patience: "9ms""#) {
        assert_eq!(answers(&text, &[0, 0]), [(LATE, 9.0), (DONE, 10.0)], "{text}");
    }
}

#[test]
fn patience_may_cover_service() {
    for text in doors(r#"patience: "15ms", patience_covers: service"#) {
        // The second is served from 10 on and given up at 16; then the third is, until 17; the fourth is alone.
        let expected = [(DONE, 10.0), (LATE, 15.0), (LATE, 15.0), (DONE, 10.0)];
        assert_eq!(answers(&text, &[0, 1, 2, 17]), expected, "{text}");
    }
}

#[test]
fn who_is_given_up_in_service_gives_back_all_it_holds() {
    let store = r#"
        stores: {"d": database(servers: 1, read: "30ms", write: "30ms", locks: writes(hold: "5ms"))},
        keys: {"k": (count: 1)},
    "#;
    let steps =
        r#"work("1ms"), parallel([[read("d")], [wait("5ms"), write((store: "d", key: "k"))]])"#;
    let fields = r#"threads: 3, pools: {"d": 2}, patience: "40ms", patience_covers: service"#;
    let text = service(steps, fields, store);
    let seen = answers(&text, &[0, 1, 2, 3, 4]);
    assert!(seen.iter().all(|&(ending, after)| ending == LATE && after == 40.0), "{seen:?}");
    // And a caller tries again what was given up.
    let guard = r#"guards: {"g": (on: "clients.u", retry: (attempts: 2), timeout: "20ms", timed_out: cancelled)},"#;
    let text = service(steps, fields, &format!("{store}{guard}"));
    let seen = answers(&text, &[0, 1, 2, 3, 4]);
    assert!(seen.iter().all(|&(ending, after)| ending == LATE && after == 40.0), "{seen:?}");
}

#[test]
fn who_has_been_answered_is_not_given_up() {
    let text = r#"(
        components: {"c": {"o": [call("d.o"), wait("60ms"), call("d.o")]}, "d": {"o": [work("10ms")]}},
        services: {
            "s": (components: ["c"]),
            "t": (components: ["d"], cores: 2, patience: "50ms", patience_covers: service),
        },
        clients: {"u": (arrivals: replay(file: "t", column: "t"), mix: "c.o")},
    )"#;
    assert_eq!(responses(text, &[("t", &[0, 30, 45, 49])]), [80.0; 4]);
}

#[test]
fn only_the_first_wait_of_a_request_is_at_the_door() {
    // Both have got their core once when they wait for it again, the second after 10 of its 12 ms.
    let twice = service(r#"work("10ms"), work("10ms")"#, r#"patience: "12ms""#, "");
    assert_eq!(responses(&twice, &[("t", &[0, 0])]), [30.0, 40.0]);
    // Of two branches one has got its core at once.
    let branches = r#"parallel([[work("10ms")], [work("10ms")]])"#;
    let text = service(branches, r#"patience: "5ms""#, "");
    assert_eq!(answers(&text, &[0]), [(DONE, 20.0)]);
    // A function that is called first is what waits.
    let text = r#"(
        components: {"c": {"o": [call("c.f"), work("10ms")], "f": [work("10ms")]}},
        services: {"s": (components: ["c"], patience: "15ms")},
        clients: {"u": (arrivals: replay(file: "t", column: "t"), mix: "c.o")},
    )"#;
    assert_eq!(answers(text, &[0, 0, 1]), [(LATE, 15.0), (DONE, 30.0), (DONE, 40.0)]);
}

#[test]
fn codel_drops_as_its_turn_comes_who_has_waited_in_a_long_line() {
    for text in doors(r#"shed: codel(target: "1ms", interval: "25ms")"#) {
        // From 10 on waits are above the target: the interval is over at 35, and at 40 the fifth is dropped and the sixth
        // served. The next drop is due at 65; at 70 only one waits behind the one whose turn it is.
        let seen = answers(&text, &[0; 10]);
        let done = [10.0, 20.0, 30.0, 40.0].map(|at| (DONE, at));
        assert_eq!(seen[..4], done, "{text}");
        assert_eq!(seen[4], (SHED, 40.0), "{text}");
        let rest = [50.0, 60.0, 70.0, 80.0, 90.0].map(|at| (DONE, at));
        assert_eq!(seen[5..], rest, "{text}");
    }
}

#[test]
fn adaptive_lifo_turns_to_the_newest_when_the_line_does_not_empty() {
    for text in doors(r#"shed: adaptive_lifo(interval: "25ms", timeout: "12ms")"#) {
        // Somebody waits from 1 on, so that after 26 it is an overload: those who came before wait for 25 ms, the ones of
        // 27 and 28 for 12 ms. At 30 the newest is next, and the one of 5 is refused at that instant.
        let seen = answers(&text, &[0, 1, 2, 3, 4, 5, 27, 28]);
        let expected = [
            (DONE, 10.0),
            (DONE, 19.0),
            (SHED, 25.0),
            (SHED, 25.0),
            (DONE, 28.0),
            (SHED, 25.0),
            (SHED, 12.0),
            (DONE, 12.0),
        ];
        assert_eq!(seen, expected, "{text}");
    }
}

#[test]
fn who_was_let_in_goes_on_before_the_newest() {
    // The first comes back for its second turn at 10, as the one of 7 is let in, and the line is an overload from 15 on: it
    // goes on at 20 and the one of 7 at 30, before those who come at 16 and 18.
    let steps = r#"work("10ms"), work("10ms")"#;
    let text = service(steps, r#"shed: adaptive_lifo(interval: "5ms", timeout: "5ms")"#, "");
    let seen = answers(&text, &[0, 7, 16, 18]);
    assert_eq!(seen, [(SHED, 5.0), (SHED, 5.0), (DONE, 30.0), (DONE, 33.0)]);
}

/// Requests of a client that matters and of one that does not, at the times in `p` and `b`.
fn two_clients(shed: &str) -> String {
    format!(
        r#"(
            components: {{
                "web": {{"page": [call("back.get")], "bulk": [call("back.get")]}},
                "back": {{"get": [work("10ms")]}},
            }},
            services: {{"web": (components: ["web"]), "back": (components: ["back"], shed: {shed})}},
            clients: {{
                "people": (arrivals: replay(file: "p", column: "t"), mix: "web.page", criticality: critical_plus),
                "batch": (
                    arrivals: replay(file: "b", column: "t"),
                    mix: "web.bulk",
                    criticality: {{"web.bulk": sheddable}},
                ),
            }},
        )"#
    )
}

fn by_operation(text: &str, people: &[u64], batch: &[u64]) -> (Vec<Ending>, Vec<Ending>) {
    let seen = run(text, &[("p", people), ("b", batch)]);
    let of = |name: &str| seen.iter().filter(|it| it.0 == name).map(|it| it.1).collect();
    (of("web.page"), of("web.bulk"))
}

#[test]
fn the_least_critical_is_refused_first_wherever_its_request_goes() {
    let text = two_clients(
        "criticality(queue: (sheddable: 1, sheddable_plus: 3, critical: 3, critical_plus: 3))",
    );
    // One in service and one waiting: who does not matter is refused at once from then on, who matters at three.
    let (people, batch) = by_operation(&text, &[0, 3, 5, 6], &[0, 2, 4]);
    assert_eq!(people, [SHED, DONE, DONE, DONE]);
    assert_eq!(batch, [SHED, SHED, DONE]);
    // An idle server is no reason to refuse anybody.
    let text = two_clients("criticality(queue: (sheddable: 0))");
    let (people, batch) = by_operation(&text, &[0, 40], &[0, 21, 41]);
    assert_eq!((people, batch), (vec![DONE, DONE], vec![DONE, DONE, SHED]));
}

#[test]
fn messages_carry_the_criticality_of_who_sent_them() {
    let text = r#"(
        components: {
            "web": {"page": [send("q")], "bulk": [send("q")]},
            "back": {"get": [work("10ms")]},
            "worker": {"do": [call("back.get")]},
        },
        services: {
            "web": (components: ["web"]),
            "worker": (components: ["worker"]),
            "back": (components: ["back"], shed: criticality(queue: (sheddable: 0))),
        },
        queues: {"q": (attempts: 1, consumers: {"worker.do": (concurrency: 9)})},
        clients: {
            "people": (arrivals: replay(file: "p", column: "t"), mix: "web.page"),
            "batch": (arrivals: replay(file: "b", column: "t"), mix: "web.bulk", criticality: sheddable),
        },
    )"#;
    let model = super::model(text, &[("p", &[0, 1, 2]), ("b", &[0, 1, 50])]);
    let seed = super::Seed { seed: 1, replication: 0 };
    let mut run = super::Simulation::new(&model, seed, Replies::default());
    run.run_until(crate::time::Time(60_000_000_000), 1_000_000);
    let back = model.operations.iter().position(|it| it.name == "back.get").unwrap();
    let of_back = run.recorder.0.iter().filter(|(operation, _)| *operation == back as u32);
    let endings: Vec<Ending> = of_back.map(|&(_, ending)| ending).collect();
    assert_eq!(endings, [SHED, DONE, DONE, DONE, DONE, DONE]);
}

/// How operations have ended.
#[derive(Default)]
struct Replies(Vec<(u32, Ending)>);

impl super::Recorder for Replies {
    fn replied(
        &mut self,
        _: crate::time::Time,
        operation: crate::model::OperationId,
        ending: Ending,
        _: crate::time::Duration,
    ) {
        self.0.push((operation.0, ending));
    }
}

#[test]
fn a_caller_does_without_what_is_shed() {
    let text = two_clients("criticality(queue: (sheddable: 0))");
    let guard = r#"guards: {"g": (on: "back.get", fallback: [wait("2ms")])}, clients:"#;
    let text = text.replace("clients:", guard);
    assert_eq!(by_operation(&text, &[0], &[0, 1]), (vec![DONE], vec![DONE, DONE]));
    let retry =
        r#"guards: {"g": (on: "back.get", retry: (attempts: 6, backoff: "4ms"))}, clients:"#;
    let text = text.replace(guard, retry);
    // Refused at 1, 5, 9, 13 and 17, it comes in at 21.
    assert_eq!(run(&text, &[("p", &[0]), ("b", &[0, 1])])[2].2, 30.0);
}

#[test]
fn a_crash_forgets_who_waits_at_the_door() {
    for fields in ["", "patience_covers: service, ", "shed: adaptive_lifo, ", "shed: codel, "] {
        for text in doors(&format!(r#"patience: "30ms", {fields}"#)) {
            let of = if text.contains("database") { "stores.d" } else { "services.s" };
            let crash =
                format!(r#"faults: [crash(of: "{of}", at: "5ms", lasts: "2ms")], clients:"#);
            let text = text.replace("clients:", &crash);
            let seen = answers(&text, &[0, 1, 6, 8, 9]);
            let failed = Ending::Failed;
            let expected =
                [(failed, 5.0), (failed, 4.0), (failed, 0.0), (DONE, 10.0), (DONE, 19.0)];
            assert_eq!(seen, expected, "{text}");
        }
    }
}

#[test]
fn who_waits_while_servers_stand_still_may_leave() {
    for text in doors(r#"patience: "15ms""#) {
        let of = if text.contains("database") { "stores.d" } else { "services.s" };
        if text.contains("threads") {
            continue;
        }
        let stall = format!(r#"faults: [stall(of: "{of}", at: "5ms", lasts: "20ms")], clients:"#);
        let text = text.replace("clients:", &stall);
        // The first goes on at 25; the second leaves at 16, and the one of 24 is served at 30.
        let seen = answers(&text, &[0, 1, 24]);
        assert_eq!(seen, [(LATE, 15.0), (DONE, 30.0), (DONE, 16.0)], "{text}");
        let text = text.replace("patience:", "patience_covers: service, patience:");
        let seen = answers(&text, &[0, 1, 24]);
        // The one in service is given up at 15; what is left of it is done at 30 all the same.
        assert_eq!(seen, [(LATE, 15.0), (LATE, 15.0), (LATE, 15.0)], "{text}");
    }
}
