//! Queues against what is known of them by theory or by hand.

use super::{agrees, felt, measured, model, simulate};
use sim_core::model::Files;
use sim_core::spec::Spec;
use sim_core::study::{Alternative, Plan, Replicate, Status, Study};

/// A model in which `sender` sends to a queue with these fields, whose messages take `work`.
fn queue(clients: &str, queue: &str, work: &str, run: &str) -> String {
    format!(
        r#"(
        keys: {{"one": (count: 1)}},
        components: {{
            "shop": {{"order": [send(queue: "jobs", key: "one")]}},
            "worker": {{"do": [{work}], "note": [work("1us")]}},
        }},
        services: {{"shop": (components: ["shop"]), "worker": (components: ["worker"], cores: 0)}},
        queues: {{"jobs": ({queue}), "letters": (consumers: {{"worker.note": ()}})}},
        clients: {{"users": ({clients}, mix: "shop.order")}},
        run: ({run}),
    )"#
    )
}

/// With one worker a queue is an M/M/1 queue: age and time in all are its wait and its sojourn (L. Kleinrock, "Queueing
/// Systems I", 1975, 3.2), the backlog is the mean number waiting.
#[test]
fn one_worker_is_an_mm1_queue() {
    let model = model(&queue(
        r#"rate: "70/s""#,
        r#"consumers: {"worker.do": ()}"#,
        r#"work(exponential("10ms"))"#,
        r#"horizon: "2050s", warmup: "50s""#,
    ));
    let (wait, sojourn) = (0.7 / 30.0, 1.0 / 30.0);
    agrees(&model, 12, ("queues.jobs", "age"), wait, 0.06);
    agrees(&model, 12, ("queues.jobs", "end_to_end"), sojourn, 0.06);
    agrees(&model, 12, ("queues.jobs", "backlog"), 70.0 * wait, 0.06);
    agrees(&model, 12, ("queues.jobs", "delivered"), 70.0, 0.02);
}

/// Work that hangs with probability p is given to another worker each second, until one is quick: deliveries are
/// geometric (W. Feller, "An Introduction to Probability Theory and Its Applications I", VI.8), cut at the attempts.
#[test]
fn deliveries_at_least_once_are_geometric() {
    let text = |attempts: u32| {
        queue(
            r#"rate: "50/s""#,
            &format!(
                r#"consumers: {{"worker.do": (concurrency: 10000)}}, visibility: "1s", attempts: {attempts},
                dead_letters: "letters""#
            ),
            r#"wait(mixture([(0.7, "1ms"), (0.3, "1000s")]))"#,
            r#"horizon: "420s", warmup: "20s""#,
        )
    };
    let p: f64 = 0.3;
    let patient = model(&text(50));
    agrees(&patient, 10, ("queues.jobs", "deliveries_per_message"), 1.0 / (1.0 - p), 0.02);
    let strict = model(&text(3));
    let deliveries = (1.0 - p * p * p) / (1.0 - p);
    agrees(&strict, 10, ("queues.jobs", "deliveries_per_message"), deliveries, 0.02);
    agrees(&strict, 10, ("queues.jobs", "dead_letters"), 50.0 * p * p * p, 0.1);
    let metrics = simulate(&strict, 0).metrics;
    let dead = measured(&strict, &metrics, "queues.jobs", "dead_letters");
    assert_eq!(measured(&strict, &metrics, "queues.letters", "published"), dead);
}

/// A late answer settles its message; whoever works on it besides does so for nothing.
#[test]
fn what_comes_late_counts_and_the_rest_is_duplicate_work() {
    let text = queue(
        r#"arrivals: schedule(every: "10s")"#,
        r#"consumers: {"worker.do": (concurrency: 3)}, visibility: "1s""#,
        r#"wait("1.5s")"#,
        r#"horizon: "105s", warmup: "0s""#,
    );
    let model = model(&text);
    let metrics = simulate(&model, 0).metrics;
    let seen = |name| measured(&model, &metrics, "queues.jobs", name);
    assert_eq!(seen("deliveries_per_message"), 2.0);
    assert_eq!(seen("redelivered"), 10.0 / 105.0);
    assert_eq!(seen("duplicates"), 10.0 / 105.0);
    assert!((seen("end_to_end") - 1.5).abs() < 1e-6, "{}", seen("end_to_end"));
    assert_eq!(seen("dead_letters"), 0.0);
}

/// Messages of one key have one worker at a time, however many there are.
#[test]
fn ordered_by_one_key_many_workers_are_one() {
    let told = |queue_fields: &str| {
        let model = model(&queue(
            r#"rate: "70/s""#,
            queue_fields,
            r#"wait(exponential("10ms"))"#,
            r#"horizon: "100s", warmup: "0s""#,
        ));
        let metrics = simulate(&model, 3).metrics;
        ["age", "age_p99", "end_to_end", "backlog", "delivered"]
            .map(|name| measured(&model, &metrics, "queues.jobs", name))
    };
    let one = told(r#"consumers: {"worker.do": ()}"#);
    assert_eq!(one, told(r#"consumers: {"worker.do": (concurrency: 9)}, ordered_by: "one""#));
    assert_ne!(one, told(r#"consumers: {"worker.do": (concurrency: 9)}"#));
}

/// Messages come every 10 ms. A batch of five is full at 50 ms, is received until 55 and done at 56, 57, ... 60. Of
/// batches that linger 25 ms three are together, done after 26, 17 and 8.
#[test]
fn batches_fill_or_linger() {
    let told = |consumer: &str| {
        let model = model(&queue(
            r#"rate: "100/s", arrivals: constant"#,
            &format!(r#"consumers: {{"worker.do": ({consumer})}}"#),
            r#"wait("1ms")"#,
            r#"horizon: "30.005s", warmup: "0s""#,
        ));
        let metrics = simulate(&model, 0).metrics;
        1_000.0 * measured(&model, &metrics, "queues.jobs", "end_to_end")
    };
    let full = told(r#"batch: 5, linger: "10s", receive: "5ms""#);
    assert!((full - (46.0 + 37.0 + 28.0 + 19.0 + 10.0) / 5.0).abs() < 0.1, "{full}");
    let lingered = told(r#"batch: 100, linger: "25ms""#);
    assert!((lingered - (26.0 + 17.0 + 8.0) / 3.0).abs() < 0.1, "{lingered}");
}

/// A failure is repeated after 1 s, then 2 s, and is a dead letter after the third attempt, 3 s after it was sent.
#[test]
fn failures_come_again_later_and_later() {
    let text = queue(
        r#"arrivals: schedule(every: "10s")"#,
        r#"consumers: {"worker.do": ()}, attempts: 3, retry_delay: "1s", backoff: 2, dead_letters: "letters""#,
        r#"work("1ms")"#,
        r#"horizon: "105s", warmup: "0s""#,
    );
    let text =
        text.replace("cores: 0", r#"cores: 0, limit: token_bucket(rate: "1e-9/s", burst: 1)"#);
    let model = model(&text.replace(r#"(consumers: {"worker.note": ()})"#, "()"));
    let metrics = simulate(&model, 0).metrics;
    let seen = |name| measured(&model, &metrics, "queues.jobs", name);
    // The bucket has a token for the first of ten messages.
    assert_eq!(seen("delivered"), 1.0 / 105.0);
    assert_eq!(seen("dead_letters"), 9.0 / 105.0);
    assert_eq!(seen("deliveries_per_message"), (1.0 + 9.0 * 3.0) / 10.0);
    assert_eq!(measured(&model, &metrics, "queues.letters", "backlog_peak"), 9.0);
    // Each waits 3 s, though not for a worker.
    let backlog = seen("backlog");
    assert!((backlog - 9.0 * 3.0 / 105.0).abs() < 1e-6, "{backlog}");
}

/// A full queue refuses, and who sends has an error; or it drops the oldest, and nobody has.
#[test]
fn a_full_queue_refuses_or_drops() {
    let run = |full: &str| {
        let model = model(&queue(
            r#"rate: "100/s""#,
            &format!(r#"consumers: {{"worker.do": ()}}, limit: 5, full: {full}"#),
            r#"wait("20ms")"#,
            r#"horizon: "100s", warmup: "0s""#,
        ));
        let metrics = simulate(&model, 0).metrics;
        let lost = if full == "refuse" { "refused" } else { "dropped" };
        let lost = measured(&model, &metrics, "queues.jobs", lost);
        assert!(measured(&model, &metrics, "queues.jobs", "backlog_peak") <= 5.0);
        (lost, metrics.journeys[0].refused as f64 / 100.0)
    };
    let (refused, felt) = run("refuse");
    assert_eq!(refused, felt);
    assert!((45.0..55.0).contains(&refused), "{refused}");
    let (dropped, felt) = run("drop_oldest");
    assert_eq!(felt, 0.0);
    assert!((45.0..55.0).contains(&dropped), "{dropped}");
}

/// A backlog that grows is told, though no client waits for it.
#[test]
fn a_growing_backlog_is_no_steady_state() {
    let health = |rate: &str| {
        let text = queue(
            &format!(r#"rate: "{rate}""#),
            r#"consumers: {"worker.do": ()}"#,
            r#"wait(exponential("10ms"))"#,
            r#"horizon: "300s", replications: 8"#,
        );
        let spec = Spec::parse("queue", &text).unwrap_or_else(|errors| panic!("{errors}"));
        let (design, _) = Alternative::of(&spec, None, |_| Ok(Files::default()))
            .unwrap_or_else(|errors| panic!("{errors}"));
        let plan = Plan::from(design.model.run);
        let mut study = Replicate::new(vec![design], plan);
        study.run();
        study.summary().designs.remove(0).health
    };
    let growing = health("120/s");
    assert_eq!(growing.status, Status::Unstable);
    let growth = growing.growth.expect("it shows").mean;
    assert!((growth / 20.0 - 1.0).abs() < 0.1, "{growth} more a second");
    assert!(growing.reason.is_some_and(|reason| reason.contains("messages waiting")));
    assert_eq!(health("60/s").status, Status::Confident);
}

/// Whoever sends feels nothing of who receives; and each consumer of a topic has every message.
#[test]
fn consumers_are_nothing_to_senders_and_to_each_other() {
    let run = |consumers: &str| {
        let model = model(&queue(
            r#"rate: "70/s""#,
            &format!("consumers: {{{consumers}}}"),
            r#"work(exponential("10ms"))"#,
            r#"horizon: "100s", warmup: "0s""#,
        ));
        let metrics = simulate(&model, 0).metrics;
        (felt(&model, &metrics), model, metrics)
    };
    let (alone, ..) = run(r#""worker.do": ()"#);
    let (both, model, metrics) = run(r#""worker.do": (), "worker.note": (concurrency: 2)"#);
    assert_eq!(alone, both);
    let published = measured(&model, &metrics, "queues.jobs", "published");
    let noted = measured(&model, &metrics, "queues.jobs.consumers.\"worker.note\"", "delivered");
    assert_eq!(published, noted);
}
