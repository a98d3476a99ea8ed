//! Faults at random, of places, of the network, and what systems make of them: shares and times that follow from the
//! rules alone.

use super::{agrees, felt, measured, model, simulate};
use sim_core::model::Model;

/// A shop that asks payment and reads a database, all evenly: 100 requests a second that never meet.
fn shop(services: &str, rest: &str, horizon: &str) -> Model {
    model(&format!(
        r#"(
        components: {{
            "shop": {{"order": [work("1ms"), call("payment.charge"), read("orders")]}},
            "payment": {{"charge": [work("1ms")]}},
        }},
        services: {{
            "shop": (components: ["shop"], cores: 0, {services}),
            "payment": (components: ["payment"], replicas: 2, cores: 0),
        }},
        stores: {{"orders": database(servers: 0, read: "1ms", hop: "0.5ms")}},
        network: (hop: "0.5ms"),
        clients: {{"u": (rate: "100/s", arrivals: constant, mix: "shop.order")}},
        {rest}
        run: (horizon: "{horizon}", warmup: "0s"),
        )"#
    ))
}

fn faulty(faults: &str, horizon: &str) -> Model {
    shop("replicas: 2", &format!("faults: [{faults}],"), horizon)
}

/// Mean response in milliseconds, and the share of the requests that failed.
fn response(model: &Model) -> (f64, f64) {
    let journey = &simulate(model, 0).metrics.journeys[0];
    (journey.response.mean() / 1e6, journey.failed as f64 / journey.sent as f64)
}

#[test]
fn what_never_happens_changes_no_bit() {
    let never = [
        r#"crash(of: "services.shop", every: "1000h", lasts: exponential("1s"), crews: 1)"#,
        r#"stall(of: "stores.orders", every: "1000h", lasts: "1s")"#,
        r#"slow(of: "services.payment", factor: 7, every: "1000h", lasts: "1s")"#,
        r#"slow(of: "stores.orders", factor: 7, every: "1000h", lasts: "1s")"#,
        r#"errors(of: "stores.orders", share: 1, every: "1000h", lasts: "1s")"#,
        r#"errors(of: "services.payment", share: 1, every: "1000h", lasts: "1s")"#,
        r#"latency(between: ["services.shop"], adds: "1s", every: "1000h", lasts: "1s")"#,
        r#"loss(between: ["stores.orders"], share: 1, every: "1000h", lasts: "1s")"#,
        r#"partition(between: ["services.shop", "services.payment"], every: "1000h", lasts: "1s")"#,
    ];
    let random = |faults: &str| {
        let one = format!(
            r#"(
            components: {{
                "shop": {{"order": [work(exponential("3ms")), call("payment.charge"), read("orders")]}},
                "payment": {{"charge": [work(exponential("3ms"))]}},
            }},
            services: {{
                "shop": (components: ["shop"], replicas: 3, threads: 20, pools: {{"orders": 5}}),
                "payment": (components: ["payment"], discipline: processor_sharing, cores: 2),
            }},
            stores: {{"orders": database(servers: 2, read: exponential("2ms"), hop: exponential("0.5ms"))}},
            network: (hop: exponential("1ms")),
            clients: {{"u": (rate: "200/s", mix: "shop.order", timeout: "50ms")}},
            faults: [{faults}],
            run: (horizon: "60s"),
            )"#
        );
        let far = one
            .replace(
                "components: {\n",
                "regions: {\"eu\": (zones: [\"a\", \"b\"]), \"us\": ()},\n components: {\n",
            )
            .replace("replicas: 3,", "regions: {\"eu\": 3},")
            .replace("discipline: processor", "regions: {\"us\": 1}, discipline: processor")
            .replace("servers: 2,", "servers: 2, region: \"us\",")
            .replace(
                "hop: exponential(\"1ms\")",
                "hop: exponential(\"1ms\"), between: {\"eu\": {\"us\": exponential(\"4ms\")}}",
            )
            .replace("mix: \"shop", "regions: {\"eu\": 1, \"us\": 1}, mix: \"shop");
        [model(&one), model(&far)]
    };
    let plain = random("");
    let seen = plain.each_ref().map(|model| felt(model, &simulate(model, 0).metrics));
    assert_ne!(seen[0], seen[1], "distance is felt");
    for fault in never {
        for (place, model) in random(fault).iter().enumerate() {
            assert_eq!(seen[place], felt(model, &simulate(model, 0).metrics), "{fault}");
        }
    }
}

#[test]
fn slow_work_takes_so_many_times_as_long() {
    // 1 ms at each of three, and 0.5 ms for each of four messages.
    assert_eq!(response(&faulty("", "10s")), (5.0, 0.0));
    let slow =
        |of: &str| response(&faulty(&format!(r#"slow({of}, factor: 4, at: "0s")"#), "10s")).0;
    assert_eq!(slow(r#"of: "services.shop""#), 8.0);
    assert_eq!(slow(r#"of: "stores.orders""#), 8.0);
    // In turn every second request comes to the slow one.
    assert!((slow(r#"of: "services.payment", replica: 1"#) - 6.5).abs() < 0.01);
    // Two faults multiply.
    let twice = r#"slow(of: "services.shop", factor: 4, at: "0s"),
        slow(of: "services.shop", replica: 0, factor: 2, every: "1ns", lasts: "1h")"#;
    assert!((response(&faulty(twice, "10s")).0 - (8.0 + 12.0) / 2.0).abs() < 0.02);
}

#[test]
fn a_dependency_fails_the_share_that_it_says() {
    for of in ["services.payment", "stores.orders", "services.shop"] {
        let fault = format!(r#"errors(name: "bad", of: "{of}", share: "30%", at: "0s")"#);
        let failing = faulty(&fault, "400s");
        let outcome = simulate(&failing, 0);
        let failed = outcome.metrics.journeys[0].failed as f64;
        // 40,000 requests: a standard deviation is 0.23 %.
        assert!((failed / 40_000.0 - 0.3).abs() < 0.01, "{of}: {failed}");
        assert_eq!(measured(&failing, &outcome.metrics, "faults.bad", "requests_failed"), failed);
    }
}

#[test]
fn latency_is_added_to_each_message() {
    let late = |between: &str| {
        response(&faulty(
            &format!(r#"latency(between: [{between}], adds: "7ms", at: "0s")"#),
            "10s",
        ))
        .0
    };
    assert_eq!(late(r#""services.shop", "services.payment""#), 5.0 + 14.0);
    assert_eq!(late(r#""stores.orders""#), 5.0 + 14.0);
    assert_eq!(late(r#""services.shop""#), 5.0 + 28.0);
    assert_eq!(late(r#""services.payment", "stores.orders""#), 5.0, "they send each other nothing");
}

#[test]
fn a_lost_message_is_sent_again_ever_more_rarely() {
    // Lost k times it comes (2^k - 1) pauses later: on average p / (1 - 2p) pauses. A call is two messages.
    let lossy = faulty(
        r#"loss(name: "l", between: ["services.payment"], share: 0.2, resend: "30ms", gives_up: "1h", at: "0s")"#,
        "2000s",
    );
    let (mean, failed) = response(&lossy);
    assert_eq!(failed, 0.0);
    // The variance is infinite below 1/4 only: of 0.2 it is finite, and 200,000 requests have a small error.
    let expected = 5.0 + 2.0 * 30.0 * 0.2 / (1.0 - 0.4);
    assert!((mean / expected - 1.0).abs() < 0.03, "{mean}, not {expected}");
    // Whoever gives up after the third loss: 0.2³ of the messages, of which there are two.
    let impatient = faulty(
        r#"loss(between: ["services.payment"], share: 0.2, resend: "30ms", gives_up: "200ms", at: "0s")"#,
        "2000s",
    );
    let lost: f64 = 0.2 * 0.2 * 0.2;
    let failed = response(&impatient).1;
    assert!((failed - (1.0 - (1.0 - lost) * (1.0 - lost))).abs() < 0.001, "{failed}");
}

#[test]
fn a_partition_fails_who_gives_up_before_it_is_over() {
    // From 10 to 20 s; a message of 17.4 s is sent again after 0.2, 0.6, 1.4 and 3 s: the last passes. One that was sent
    // before 17 s is given up.
    let parted = faulty(
        r#"partition(name: "cut", between: ["services.shop", "services.payment"], gives_up: "3s", at: "10s", lasts: "10s")"#,
        "60s",
    );
    let outcome = simulate(&parted, 0);
    let journey = &outcome.metrics.journeys[0];
    let longest = journey.response.quantile(1.0) / 1e9;
    // After 1.4 s: a message of 18.6 s and later; those before would need 3 s, and by then their senders have given up.
    assert!((1.4..1.41).contains(&longest), "{longest}");
    assert!(journey.failed.abs_diff(860) <= 2, "{}", journey.failed);
    assert_eq!(measured(&parted, &outcome.metrics, "faults.cut", "time"), 10.0);
}

#[test]
fn a_region_breaks_as_all_that_is_in_it() {
    let placed = |faults: &str| {
        model(&format!(
            r#"(
            components: {{"shop": {{"order": [work(exponential("3ms")), read("orders"), read("goods")]}}}},
            regions: {{"eu": (zones: ["a", "b"]), "us": ()}},
            services: {{"shop": (components: ["shop"], regions: {{"eu": 4, "us": 2}}, cores: 4)}},
            stores: {{
                "orders": database(servers: 4, read: exponential("3ms"), region: "eu"),
                "goods": database(servers: 4, read: exponential("3ms"), region: "us"),
            }},
            network: (hop: "1ms", zones: "2ms", between: {{"eu": {{"us": "80ms"}}}}),
            clients: {{"u": (rate: "200/s", mix: "shop.order", regions: {{"eu": 1, "us": 1}})}},
            faults: [{faults}],
            run: (horizon: "60s", warmup: "0s"),
            )"#
        ))
    };
    let times = r#"at: "20s", lasts: "10s""#;
    let whole = placed(&format!(r#"crash(of: "regions.eu", {times})"#));
    let parts = placed(&format!(
        r#"crash(of: "services.shop.regions.eu", {times}), crash(of: "stores.orders", {times})"#
    ));
    let (whole_run, parts_run) = (simulate(&whole, 0), simulate(&parts, 0));
    assert_eq!(felt(&whole, &whole_run.metrics), felt(&parts, &parts_run.metrics));
    assert!(whole_run.metrics.journeys[0].failed > 500);
    // A zone takes half of the replicas of its region with it: every second request from there, and all that read the
    // store in the other zone or region still do.
    let zone = placed(&format!(r#"crash(of: "regions.eu.zones.b", {times})"#));
    let failed = simulate(&zone, 0).metrics.journeys[0].failed;
    assert!(failed.abs_diff(500) < 70, "{failed}");
}

#[test]
fn what_breaks_for_two_reasons_works_again_after_both() {
    // Down from 15 to 25, from 40 to 50, from 65 to 75 s and so on, and from 20 to 30 s.
    let both = shop(
        "",
        r#"faults: [
            crash(of: "services.shop", every: "15s", lasts: "10s"),
            crash(name: "planned", of: "services.shop", at: "20s", lasts: "10s"),
            stall(of: "services.shop", every: "70s", lasts: "3s"),
        ],"#,
        "100s",
    );
    let outcome = simulate(&both, 0);
    let measure = |name| measured(&both, &outcome.metrics, "services.shop", name);
    assert_eq!(measure("outages"), 4.0);
    assert_eq!(measure("time_down"), 15.0 + 10.0 + 10.0 + 10.0);
    assert_eq!(measure("availability"), 0.55);
    assert_eq!(measure("longest_outage"), 15.0);
    // From 0 to 15, from 30 to 40, from 50 to 65 and from 75 to 90.
    assert_eq!(measure("time_to_failure"), (15.0 + 10.0 + 15.0 + 15.0) / 4.0);
    let failed = outcome.metrics.journeys[0].failed;
    assert!(failed.abs_diff(4_500) <= 4, "{failed}");
}

#[test]
fn windows_tell_of_months_what_the_mean_hides() {
    // Down from 15 to 17 and from 32 to 34 s: of six windows of ten seconds four are without, and the worst has 2 s.
    let windows = shop(
        "",
        r#"faults: [crash(of: "services.shop", every: "15s", lasts: "2s")],
        availability: {"all": (up: all(["services.shop", "stores.orders"]), window: "10s", at_most: ["1s", "3s"])},"#,
        "40s",
    );
    let metrics = simulate(&windows, 0).metrics;
    let of = "availability.all: in 10 s";
    assert_eq!(measured(&windows, &metrics, of, "down"), 1.0);
    assert_eq!(measured(&windows, &metrics, of, "down_sd"), 1.0);
    assert_eq!(measured(&windows, &metrics, of, "without_outage"), 0.5);
    let most = |most| {
        let of = format!("availability.all: at most {most} in 10 s");
        measured(&windows, &metrics, &of, "probability")
    };
    assert_eq!((most("1 s"), most("3 s")), (0.5, 1.0));
}

#[test]
fn faults_do_not_depend_on_the_design() {
    let fault = r#"faults: [crash(name: "c", of: "services.shop", every: exponential("10s"), lasts: exponential("3s"))],"#;
    let down = |model: &Model| {
        let metrics = simulate(model, 0).metrics;
        measured(model, &metrics, "services.shop", "time_down")
    };
    let one = down(&shop("replicas: 2", fault, "600s"));
    // Something else breaks too, and the names of kinds do not matter.
    let other =
        fault.replace("[crash", r#"[stall(of: "stores.orders", every: "7s", lasts: "1s"), crash"#);
    assert_eq!(one, down(&shop("replicas: 2", &other, "600s")));
    assert!(one > 0.0);
}

/// The states of `n` machines, of which `crews` at most are repaired at once, as a birth-death chain: the mean number that
/// is down.
fn down_on_average(n: u32, mttf: f64, mttr: f64, crews: u32) -> f64 {
    let (mut weight, mut total, mut down) = (1.0, 1.0, 0.0);
    for state in 1..=n {
        let failing = f64::from(n - state + 1) / mttf;
        weight *= failing / (f64::from(state.min(crews)) / mttr);
        total += weight;
        down += f64::from(state) * weight;
    }
    down / total
}

#[test]
fn crews_repair_as_the_machine_repair_model_says() {
    for crews in [1, 2] {
        let fault = format!(
            r#"crash(name: "c", of: "services.shop", every: exponential("2s"), lasts: exponential("0.6s"), crews: {crews})"#
        );
        let machines = shop("replicas: 5", &format!("faults: [{fault}],"), "1000s");
        let truth = down_on_average(5, 2.0, 0.6, crews);
        agrees(&machines, 10, ("faults.c", "down_on_average"), truth, 0.1);
    }
}
