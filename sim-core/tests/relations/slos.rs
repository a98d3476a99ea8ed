//! Alerts on error budgets go off when arithmetic says.

use super::{measured, model, simulate};

/// Twenty evenly spaced requests a second, of which the crash of one of four replicas fails every fourth, for `minutes`.
fn quarter(slo: &str, minutes: u32) -> String {
    format!(
        r#"(
        components: {{ "a": {{ "x": [work("1ms")] }} }},
        services: {{ "a": (components: ["a"], replicas: 4) }},
        clients: {{ "u": (rate: "20/s", arrivals: constant, mix: "a.x") }},
        faults: [crash(of: "services.a", replica: 2, at: "30min", lasts: "{minutes}min")],
        slos: {{ "s": ({slo}) }},
        run: (horizon: "2h", warmup: "0s"),
        )"#
    )
}

/// At an error rate e after none, a window w sees more than b times the budget when e t / w does.
#[test]
fn an_alert_goes_off_when_the_window_has_seen_enough() {
    let model = model(&quarter(r#"objective: "99.9%", every: "1s""#, 60));
    let metrics = simulate(&model, 0).metrics;
    let alert = |of: &str, name: &str| measured(&model, &metrics, &format!("slos.s: {of}"), name);
    let alerts = [
        ("14.4 × over 1 h and 5 min", 14.4, 3_600.0, 300.0),
        ("6 × over 6 h and 30 min", 6.0, 21_600.0, 1_800.0),
    ];
    for (of, burn, long, short) in alerts {
        let share = burn * 0.001 / 0.25;
        let detect = alert(of, "time_to_detect");
        // It is looked at every second, and every fourth request fails: a fifth of a second.
        assert!((detect - share * long).abs() <= 1.3, "{of}: {detect} for {}", share * long);
        let reset = alert(of, "time_to_reset");
        let expected = (1.0 - share) * short;
        assert!((reset - expected).abs() <= 1.3, "{of}: {reset} for {expected}");
        assert_eq!(alert(of, "alerts"), 1.0);
    }
    let detect = alert("1 × over 3 d and 6 h", "time_to_detect");
    assert!((detect - 0.004 * 259_200.0).abs() <= 1.3, "{detect}");
    // An hour of two at a quarter, of a month at a thousandth.
    let own = |name: &str| measured(&model, &metrics, "slos.s", name);
    assert!((own("good") - 0.875).abs() < 1e-4, "{}", own("good"));
    assert!((own("burn_rate") - 125.0).abs() < 0.1, "{}", own("burn_rate"));
    let used = 125.0 * 2.0 / 720.0;
    assert!((own("budget_used") - used).abs() < 1e-3, "{}", own("budget_used"));
}

#[test]
fn windows_shrink_with_the_window_of_the_budget() {
    // A day is a thirtieth of a month, and so are its alerts' windows: 2 min and 10 s.
    let model = model(&quarter(r#"objective: "99.9%", window: "1d", every: "250ms""#, 60));
    let metrics = simulate(&model, 0).metrics;
    let of = "slos.s: 14.4 × over 2 min and 10 s";
    let detect = measured(&model, &metrics, of, "time_to_detect");
    assert!((detect - 0.0576 * 120.0).abs() <= 0.5, "{detect}");
    let reset = measured(&model, &metrics, of, "time_to_reset");
    assert!((reset - (1.0 - 0.0576) * 10.0).abs() <= 0.5, "{reset}");
}

#[test]
fn what_is_seen_of_the_time_before_is_a_choice() {
    // Half an hour of good times is all that an hour's window sees: it takes half as long, and what has come since.
    let nothing = model(&quarter(r#"objective: "99.9%", every: "1s", before: nothing"#, 60));
    let metrics = simulate(&nothing, 0).metrics;
    let of = "slos.s: 14.4 × over 1 h and 5 min";
    let detect = measured(&nothing, &metrics, of, "time_to_detect");
    let share = 0.0576;
    let expected = share * 1_800.0 / (1.0 - share);
    assert!((detect - expected).abs() <= 1.3, "{detect} for {expected}");
}

#[test]
fn what_is_over_before_the_window_has_seen_enough_wakes_nobody() {
    let model = model(&quarter(r#"objective: "99.9%", every: "1s""#, 3));
    let metrics = simulate(&model, 0).metrics;
    // 207 seconds are needed, and it lasts 180.
    assert_eq!(measured(&model, &metrics, "slos.s: 14.4 × over 1 h and 5 min", "alerts"), 0.0);
}

#[test]
fn a_slow_answer_is_bad_where_the_limit_says_so() {
    let text = |below: &str| {
        format!(
            r#"(
            components: {{ "a": {{ "x": [choose([(0.9, [wait("10ms")]), (0.1, [wait("50ms")])])] }} }},
            services: {{ "a": (components: ["a"]) }},
            clients: {{ "u": (rate: "100/s", mix: "a.x") }},
            slos: {{ "s": (objective: "95%", below: "{below}", window: "1h") }},
            run: (horizon: "10min", warmup: "0s"),
            )"#
        )
    };
    let good = |below: &str| {
        let model = model(&text(below));
        measured(&model, &simulate(&model, 0).metrics, "slos.s", "good")
    };
    assert_eq!(good("1s"), 1.0);
    // 60,000 requests: four standard deviations of the share are half a point.
    assert!((good("50ms") - 0.9).abs() < 0.005, "{}", good("50ms"));
    assert_eq!(good("5ms"), 0.0);
}
