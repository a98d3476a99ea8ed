//! What crashes and stalls do to the requests in flight, worked out by hand.

use super::{Ending, responses, run, service};
use crate::random::{Draw, Key};

/// Endings and times of the answers, in their order.
fn answers(text: &str, times: &[u64]) -> Vec<(Ending, f64)> {
    run(text, &[("t", times)]).into_iter().map(|answer| (answer.1, answer.2)).collect()
}

const CRASH: &str = r#"faults: [crash(of: "services.s", at: "15ms", lasts: "10ms")],"#;

#[test]
fn a_crash_loses_who_is_served_and_who_waits_and_refuses_who_comes() {
    for discipline in
        ["fifo", "lifo", "random", "priority", "preemptive_priority", "processor_sharing"]
    {
        let fields = format!("discipline: {discipline}");
        let text =
            service(r#"work("10ms")"#, &fields, CRASH).replace("mix:", r#"hop: "1ms", mix:"#);
        // One is done by 11; those sent at 9 and 12 are there at 10 and 13 and lost at 15; the one sent at 16 is refused
        // at 17; the one sent at 24 comes to an empty server at 25.
        let times: &[u64] = &[0, 9, 12, 16, 24];
        let mut seen = answers(&text, times);
        seen.sort_by(|a, b| a.1.total_cmp(&b.1));
        // Sharing, the second slows the first down by a millisecond.
        let first = if discipline == "processor_sharing" { 13.0 } else { 12.0 };
        let expected = [
            (Ending::Failed, 2.0),
            (Ending::Failed, 4.0),
            (Ending::Failed, 7.0),
            (Ending::Done, 12.0),
            (Ending::Done, first),
        ];
        assert_eq!(seen, expected, "{discipline}");
    }
}

#[test]
fn what_is_suspended_goes_on_where_it_was() {
    let faults = CRASH.replace("lasts:", "in_flight: resumed, lasts:");
    let text = service(r#"work("10ms")"#, "", &faults);
    // The one at 10 has had 5 ms at 15 and gets the rest from 25 to 30; the next is done at 40; at 20 nobody gets in.
    let seen = answers(&text, &[0, 10, 12, 20]);
    let expected =
        [(Ending::Done, 10.0), (Ending::Failed, 0.0), (Ending::Done, 20.0), (Ending::Done, 28.0)];
    assert_eq!(seen, expected);
}

#[test]
fn a_stalled_server_goes_on_where_it_was() {
    let stall = r#"faults: [stall(of: "services.s", at: "15ms", lasts: "10ms")],"#;
    for discipline in ["fifo", "lifo", "random", "priority", "preemptive_priority"] {
        let text = service(r#"work("10ms")"#, &format!("discipline: {discipline}"), stall);
        assert_eq!(responses(&text, &[("t", &[0, 10, 20])]), [10.0, 20.0, 20.0], "{discipline}");
    }
    let text = service(r#"work("10ms")"#, "discipline: processor_sharing", stall);
    // From 25 the one of 10 has 5 ms left and the one of 20 all 10: at half speed they leave at 35 and 40.
    assert_eq!(responses(&text, &[("t", &[0, 10, 20])]), [10.0, 25.0, 20.0]);
}

#[test]
fn a_stall_keeps_the_line_as_long_as_it_was() {
    let stall = r#"faults: [stall(of: "services.s", at: "5ms", lasts: "10ms")],"#;
    let text = service(r#"work("10ms")"#, "queue: 1", stall);
    // One in service, one in line, and no more.
    let seen = answers(&text, &[0, 6, 7]);
    assert_eq!(seen, [(Ending::Refused, 0.0), (Ending::Done, 20.0), (Ending::Done, 24.0)]);
}

#[test]
fn a_crash_gives_threads_and_connections_back() {
    let store = r#"
        stores: {"d": database(servers: 1, read: "10ms")},
        faults: [crash(of: "services.s", at: "15ms", lasts: "1ms")],
    "#;
    let text = service(r#"work("1ms"), read("d")"#, r#"threads: 2, pools: {"d": 1}"#, store);
    // The first is done at 11. At 15 the second is at the database, the third waits for its connection, the fourth for
    // a thread: all are lost, but the database goes on with the second's query until 21. The last one is served after.
    let seen = answers(&text, &[0, 2, 3, 4, 17]);
    let of = |ending: Ending| {
        let mut times: Vec<f64> = seen.iter().filter(|a| a.0 == ending).map(|a| a.1).collect();
        times.sort_by(f64::total_cmp);
        times
    };
    assert_eq!(of(Ending::Done), [11.0, 14.0]);
    assert_eq!(of(Ending::Failed), [11.0, 12.0, 13.0]);
}

/// `a` asks `b`, twice at once and a third time after that.
fn two_services(faults: &str) -> String {
    format!(
        r#"(
            components: {{
                "a": {{"ask": [
                    work("1ms"),
                    parallel(first: 1, of: [call("b.answer"), [wait("1ms"), call("b.answer")]]),
                    call("b.answer"),
                ]}},
                "b": {{"answer": [work("4ms"), repeat(2, [work("1ms")])]}},
            }},
            services: {{"a": (components: ["a"], threads: 5), "b": (components: ["b"], cores: 2)}},
            network: (hop: "2ms"),
            faults: [{faults}],
            clients: {{"u": (arrivals: replay(file: "t", column: "t"), mix: "a.ask", hop: "10ms", timeout: "1s")}},
        )"#
    )
}

#[test]
fn callers_learn_of_a_crash_a_hop_later() {
    // At b from 13 and from 14; done at 19 and 20; back at 21; at b again from 23 to 29; back at 31 and 41.
    assert_eq!(answers(&two_services(""), &[0]), [(Ending::Done, 41.0)]);
    let crash = |at: &str, of: &str| {
        let faults = format!(r#"crash(of: "services.{of}", at: "{at}", lasts: "0.5ms")"#);
        answers(&two_services(&faults), &[0])
    };
    // Before anybody is there, nobody is hurt.
    assert_eq!(crash("12.4ms", "b"), [(Ending::Done, 41.0)]);
    // The first branch is lost, the message of the second comes to one that is up again: it is back at 22.
    assert_eq!(crash("13.2ms", "b"), [(Ending::Done, 42.0)]);
    // Both are lost at 15, known at 17.
    assert_eq!(crash("15ms", "b"), [(Ending::Failed, 27.0)]);
    // The second branch, which nobody waits for, is lost on its way; the third call has not left yet.
    assert_eq!(crash("19.5ms", "b"), [(Ending::Done, 41.0)]);
    // The caller dies while b works for it; b goes on, and its answers find nobody.
    for at in ["10.5ms", "12ms", "14.5ms", "20ms", "22ms", "30ms"] {
        let after: f64 = at.trim_end_matches("ms").parse().unwrap();
        assert_eq!(crash(at, "a"), [(Ending::Failed, after + 10.0)], "{at}");
    }
    // On its way to the client the answer is safe.
    assert_eq!(crash("35ms", "a"), [(Ending::Done, 41.0)]);
}

#[test]
fn a_client_that_waits_for_bad_news_still_has_its_deadline() {
    let text = service(r#"work("10ms")"#, "", CRASH)
        .replace("mix:", r#"timeout: "14ms", hop: "4ms", mix:"#);
    // The first is answered too late. The others are lost at 15 and the news is there at 19, but the one sent at 3 gives
    // up at 17.
    let seen = answers(&text, &[0, 3, 8]);
    let timed_out = (Ending::TimedOut, 14.0);
    assert_eq!(seen, [timed_out, timed_out, (Ending::Failed, 11.0)]);
}

#[test]
fn queries_fail_with_their_store() {
    let store = |servers: u32, discipline: &str| {
        format!(
            r#"
            stores: {{"d": database(servers: {servers}, read: "10ms", discipline: {discipline})}},
            faults: [crash(of: "stores.d", at: "15ms", lasts: "10ms")],
        "#
        )
    };
    for discipline in ["fifo", "random", "preemptive_priority", "processor_sharing"] {
        let steps = r#"parallel([read("d"), [work("1ms"), read("d")]])"#;
        let text =
            service(steps, r#"threads: 3, cores: 4, pools: {"d": 3}"#, &store(4, discipline));
        // Served together: done at 11; lost at 15, both queries of both; refused at 20; served again at 26.
        let seen = answers(&text, &[0, 6, 12, 20, 26]);
        let expected = [
            (Ending::Done, 11.0),
            (Ending::Failed, 9.0),
            (Ending::Failed, 3.0),
            (Ending::Failed, 0.0),
            (Ending::Done, 11.0),
        ];
        assert_eq!(seen, expected, "{discipline}");
    }
}

#[test]
fn faults_may_follow_each_other_at_once() {
    let faults = r#"faults: [
        stall(of: "services.s", at: "25ms", lasts: "10ms"),
        crash(of: "services.s", at: "15ms", lasts: "10ms"),
    ],"#;
    let text = service(r#"work("10ms")"#, "", faults);
    let seen = answers(&text, &[0, 10, 26]);
    assert_eq!(seen, [(Ending::Done, 10.0), (Ending::Failed, 5.0), (Ending::Done, 19.0)]);
}

const BY_CHANCE: &str = r#"
    crash(of: "services.a", every: exponential("400ms"), lasts: exponential("9ms"), crews: 1),
    stall(of: "services.b", every: exponential("900ms"), lasts: exponential("5ms")),
    crash(name: "kept", of: "services.b", in_flight: resumed, every: exponential("700ms"), lasts: "9ms"),
    stall(of: "stores.d", every: exponential("250ms"), lasts: "4ms"),
    crash(of: "stores.d", every: exponential("300ms"), lasts: exponential("5ms")),
    slow(of: "services.a", factor: 3, every: exponential("200ms"), lasts: "20ms"),
    errors(of: "stores.d", share: 0.1, every: exponential("90ms"), lasts: "5ms"),
"#;

const NETWORK: &str = r#"
    loss(between: ["services.b"], share: 0.1, resend: "3ms", gives_up: "20ms", every: "50ms", lasts: "20ms"),
    partition(between: ["stores.d"], resend: "3ms", gives_up: "9ms", every: "190ms", lasts: "9ms"),
    latency(between: ["services.a", "stores.d"], adds: exponential("1ms"), every: "30ms", lasts: "30ms"),
"#;

/// Whatever breaks, and whenever, everyone gets an answer, nothing is left over and nothing is kept.
#[test]
fn nothing_is_left_over_whatever_breaks() {
    let disciplines =
        ["fifo", "lifo", "random", "priority", "preemptive_priority", "processor_sharing"];
    for (variant, discipline) in disciplines.iter().cycle().take(24).enumerate() {
        let faults: Vec<String> = (0..60)
            .map(|number| {
                let mut draw = Draw::new(number, Key::new(variant as u64, 0, 0));
                let of = ["services.a", "services.b", "stores.d"][number as usize % 3];
                let replica = match (of, draw.below(3)) {
                    ("stores.d", _) | (_, 0) => String::new(),
                    (_, replica) => format!("replica: {}, ", replica - 1),
                };
                let kind = ["crash", "crash", "stall"][draw.below(3) as usize];
                let suspends = kind == "crash" && draw.below(3) == 0;
                let kept = if suspends { "in_flight: resumed, " } else { "" };
                let (at, lasts) =
                    (20 + number / 3 * 50 + u64::from(draw.below(10)), 1 + draw.below(38));
                format!(r#"{kind}(of: "{of}", {replica}{kept}at: "{at}ms", lasts: "{lasts}ms")"#)
            })
            .collect();
        let held =
            ["threads: 6, queue: 20, ", "while_waiting: release, threads: 3, "][variant / 6 % 2];
        // Threads that are held while a calls b and b calls a may wait for each other for ever.
        let back = ["", r#", call("a.v")"#][variant / 6 % 2];
        let watch = r#"health: (interval: "7ms", timeout: "3ms", unhealthy: 1, healthy: 2),
            ejection: (errors: 3, for: "20ms"), slow_start: "15ms", "#;
        let watch = ["", watch][variant / 12];
        let hop = ["", r#"hop: exponential("1ms"), "#][variant % 2];
        let network = ["", NETWORK][variant / 2 % 2];
        let text = format!(
            r#"(
            components: {{
                "a": {{
                    "x": [work(exponential("1ms")), call("b.y"), read("d"), call("a.z"), work("0.2ms")],
                    "v": [work("0.1ms")],
                    "z": [wait("1ms"), parallel(first: 1, of: [call("b.y"), [wait("2ms"), read("d")]])],
                }},
                "b": {{"y": [
                    work(exponential("1ms")),
                    parallel([read("d"), repeat(2, [work("0.3ms"), read("d")]), call("b.w")]),
                ], "w": [work("0.5ms"){back}]}},
            }},
            services: {{
                "a": (components: ["a"], replicas: 2, {held}{watch}discipline: {discipline},
                    balancer: least_outstanding, pools: {{"d": 3}}),
                "b": (components: ["b"], replicas: 2, cores: 2, {held}{watch}discipline: {discipline}, pools: {{"d": 4}}),
            }},
            stores: {{"d": database(servers: 3, read: exponential("1ms"), discipline: {discipline}, queue: 30)}},
            network: ({hop}),
            faults: [{},
                {BY_CHANCE}
                {network}
            ],
            clients: {{
                "u": (arrivals: replay(file: "t", column: "t"), mix: "a.x", timeout: "40ms", {hop}),
                "v": (arrivals: replay(file: "t", column: "t"), mix: "b.y", priority: 3),
            }},
            )"#,
            faults.join(", ")
        );
        let times: Vec<u64> = (0..400).map(|i| i * 5 / 2).collect();
        let answers = run(&text, &[("t", &times)]);
        assert_eq!(answers.len(), 800, "{text}");
        let of = |ending| answers.iter().filter(|answer| answer.1 == ending).count();
        assert!(of(Ending::Failed) > 20 && of(Ending::Done) > 40, "{}", of(Ending::Done));
    }
}
