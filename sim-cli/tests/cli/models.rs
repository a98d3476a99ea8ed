//! What is said about models: findings, loads, templates.

use super::{archsim, folder, write};
use expect_test::expect;

#[test]
fn findings_show_the_line() {
    let folder = folder();
    let model = r#"(
    components: {"api": {"get": [work("5 parsec"), call("api.gte")]}},
    services: {"api": (components: ["api"], replcas: 2)},
    clients: {"users": (rate: "10/s", mix: "api.get")},
)
"#;
    write(&folder, "broken.ron", model);
    let told = archsim(&folder, &["check", "broken.ron"]);
    assert_eq!((told.code, told.out.as_str()), (3, ""));
    let place = "broken.ron:3:45";
    assert!(
        told.err.contains(place) && told.err.contains("did you mean `replicas`?"),
        "{}",
        told.err
    );
    assert!(told.err.contains("^^^^^^^"), "{}", told.err);
}

#[test]
fn a_path_that_leads_nowhere_has_a_suggestion() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron", "--set", "services.dest.cores=2"]);
    assert_eq!(told.code, 3);
    assert!(told.err.contains("did you mean") && told.err.contains("desk"), "{}", told.err);
    let told = archsim(&folder, &["run", "queue.ron", "--design", "two core"]);
    assert_eq!(told.code, 3);
    assert!(told.err.contains("two cores"), "{}", told.err);
}

#[test]
fn a_missing_file_is_said_where_it_is_named() {
    let folder = folder();
    let model = r#"(
    components: {"api": {"get": [work("5ms")]}},
    services: {"api": (components: ["api"])},
    clients: {"users": (arrivals: replay(file: "gone.csv", column: "t"), mix: "api.get")},
)
"#;
    write(&folder, "replay.ron", model);
    let told = archsim(&folder, &["check", "replay.ron"]);
    assert_eq!(told.code, 3);
    assert!(told.err.contains("replay.ron:4:") && told.err.contains("`gone.csv`"), "{}", told.err);
    // Relative to the model, not to where the command is given.
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    write(&folder, "inner/replay.ron", model);
    write(&folder, "inner/gone.csv", "t\n0.0\n0.5\n0.75\n");
    let told = archsim(&folder, &["check", "inner/replay.ron"]);
    assert_eq!(told.code, 0, "{}", told.err);
}

/// 80 requests a second of 10 ms each keep 0.8 servers busy, and 100 would keep one.
#[test]
fn the_load_is_shown_without_simulating() {
    let folder = folder();
    let told = archsim(&folder, &["check", "queue.ron", "--design", "two cores"]);
    assert_eq!(told.code, 0, "{}", told.err);
    expect![[r#"
        Load: 80.0 requests/s
        station  servers  offered  in use  at peak  capacity
                          erlangs       %        %     req/s
        desk           2    0.800    40.0     40.0       200

        First bottleneck: `desk`, at 40 %; saturated at 200 requests/s.
    "#]]
    .assert_eq(&told.out);
}

#[test]
fn every_template_runs() {
    let folder = folder();
    for template in ["shop-small", "queue", "replay"] {
        let file = format!("{template}-new.ron");
        assert_eq!(archsim(&folder, &["new", "--template", template, &file]).code, 0);
        let again = archsim(&folder, &["new", "--template", template, &file]);
        assert_eq!(again.code, 2, "a file that is there is kept");
        let told = archsim(&folder, &["check", &file]);
        assert_eq!((told.code, told.err.as_str()), (0, ""), "{template}");
        let told = archsim(&folder, &["compare", &file, "--horizon", "20s"]);
        assert!([0, 4, 5].contains(&told.code), "{template}: {} {}", told.code, told.err);
    }
}

#[test]
fn fingerprints_are_rows() {
    let folder = folder();
    let told = archsim(&folder, &["fingerprint", "queue.ron"]);
    let designs: Vec<&str> =
        told.out.lines().map(|line| line.split('\t').nth(1).unwrap()).collect();
    assert_eq!(designs, ["as written", "two cores", "half the work"]);
    assert!(told.out.lines().all(|line| line.split('\t').count() == 5), "{}", told.out);
    let jobs = archsim(&folder, &["fingerprint", "queue.ron", "--jobs", "3"]);
    assert_eq!(jobs.out, told.out);
    let event = archsim(
        &folder,
        &[
            "fingerprint",
            "queue.ron",
            "--design",
            "as written",
            "--replication",
            "1",
            "--event",
            "3",
        ],
    );
    assert!(event.out.starts_with("3\t"), "{}{}", event.out, event.err);
}
