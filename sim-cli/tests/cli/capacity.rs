//! Capacities.

use super::{archsim, folder};

/// M/M/1 with 10 ms of work: the 99th percentile, ln 100 / (100/s - rate), is 300 ms at 84.65/s.
#[test]
fn the_capacity_of_each_design_is_told() {
    let folder = folder();
    let load = "clients.users.rate=50/s..130/s";
    let args =
        ["--vary", load, "--designs", "as written", "--tolerance", "10%", "--horizon", "400s"];
    let told =
        archsim(&folder, &[&["capacity", "queue.ron"], &args[..], &["--format", "json"]].concat());
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let found: serde_json::Value = serde_json::from_str(&told.out).expect("it is JSON");
    let one = &found["designs"][0];
    assert_eq!(one["name"], "as written");
    assert!(one["met"].as_f64() < Some(84.65) && one["missed"].as_f64() > Some(84.65), "{one}");
    assert!(one["limited_by"].as_str().is_some_and(|by| by == "p99 below 300 ms"), "{one}");
}

#[test]
fn what_has_no_capacity_is_said() {
    let folder = folder();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--vary", "clients.users.mix"], 2, "and no load"),
        (&["--vary", "clients.user.rate"], 3, "did you mean clients.users.rate?"),
        (&["--vary", "clients.users.rate=1/s,2/s"], 2, "is no range of loads"),
        (
            &["--vary", "clients.users.rate", "--set", "objectives=[]"],
            2,
            "has no objective that a load could miss",
        ),
        (&["--vary", "clients.users.rate", "--tolerance", "0"], 2, "is no tolerance such as 3%"),
    ];
    for (args, code, part) in cases {
        let told = archsim(&folder, &[&["capacity", "queue.ron"], args].concat());
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{args:?}: {}", told.err);
        assert!(told.err.contains(part), "{args:?}: {}", told.err);
    }
}
