//! Runs and their exit codes.

use super::{archsim, archsim_with, folder, write};

#[test]
fn objectives_decide_the_exit_code() {
    let folder = folder();
    let run = |more: &[&str]| archsim(&folder, &[&["run", "queue.ron"], more].concat());
    let limit = "objectives[0].latency.below";
    let met = run(&["--set", &format!("{limit}=5s")]);
    assert_eq!(met.code, 0, "{}", met.err);
    assert!(met.out.contains("met ") && met.err.is_empty(), "{}{}", met.out, met.err);
    assert_eq!(run(&["--set", &format!("{limit}=20ms")]).code, 4);
    // One replication has no interval, so nothing is decided.
    let lone = run(&["--replications", "1"]);
    assert_eq!(lone.code, 5);
    assert!(lone.out.contains("one replication has no interval"), "{}", lone.out);
}

#[test]
fn wrong_usage_is_2() {
    let folder = folder();
    for args in [
        &["run"][..],
        &["run", "queue.ron", "--jobs", "0"],
        &["run", "queue.ron", "--replications", "0"],
        &["run", "queue.ron", "--horizon", "5 parsec"],
        &["run", "queue.ron", "--precision", "0%"],
        &["run", "queue.ron", "--precision", "2%", "--replications", "3"],
        &["run", "queue.ron", "--set", "services.desk.cores"],
        &["compare", "queue.ron", "queue.ron", "--designs", "two cores"],
        &["rum"],
    ] {
        let told = archsim(&folder, args);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{args:?}: {}", told.err);
        assert!(told.err.contains("error:") || args.len() == 1, "{args:?}: {}", told.err);
    }
}

#[test]
fn what_cannot_be_read_is_1() {
    let folder = folder();
    let told = archsim(&folder, &["run", "absent.ron"]);
    assert_eq!(told.code, 1);
    assert!(told.err.contains("absent.ron"), "{}", told.err);
    write(&folder, "folder-as-file", "");
    let told = archsim(&folder, &["run", "queue.ron", "--out", "folder-as-file/result.txt"]);
    assert_eq!(told.code, 1);
}

#[test]
fn an_unstable_system_is_said() {
    let folder = folder();
    let told = archsim(&folder, &["run", "queue.ron", "--set", "clients.users.rate=120/s"]);
    assert_eq!(told.code, 4, "a latency without a bound misses its limit");
    assert!(
        told.out.contains("Unstable: `desk` is offered 120 % of what it can do"),
        "{}",
        told.out
    );
    // 120 come and 100 are served; ± 2 is 20 standard deviations of ten Poisson counts over 200 s.
    let text = told.out.replace('\n', " ");
    let growth = text.split("grow by ").nth(1).and_then(|rest| rest.split("/s").next());
    let growth: f64 = growth.expect("the growth is told").parse().expect("it is a number");
    assert!((growth - 20.0).abs() < 2.0, "{growth}");
    assert!(told.err.contains("warning"), "{}", told.err);
}

#[test]
fn stdin_is_a_model_too() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("queue.ron")).unwrap();
    let piped = archsim_with(&folder, &["run", "-"], &text);
    assert_eq!(piped.out, archsim(&folder, &["run", "queue.ron"]).out);
    assert!(!piped.out.is_empty(), "{}", piped.err);
    let broken = archsim_with(&folder, &["check", "-"], "(services: 3)");
    assert_eq!(broken.code, 3);
    assert!(broken.err.contains("standard input:1:"), "{}", broken.err);
}

#[test]
fn jobs_change_nothing() {
    let folder = folder();
    let run =
        |jobs| archsim(&folder, &["run", "queue.ron", "--format", "json", "--jobs", jobs]).out;
    assert_eq!(run("1"), run("3"));
}

#[test]
fn the_seed_changes_the_numbers() {
    let folder = folder();
    let run = |seed| archsim(&folder, &["run", "queue.ron", "--format", "csv", "--seed", seed]).out;
    assert_eq!(run("7"), run("7"));
    assert_ne!(run("7"), run("8"));
}

#[test]
fn a_model_is_changed_while_it_runs() {
    let folder = folder();
    let run = |more: &[&str]| {
        archsim(&folder, &[&["run", "queue.ron", "--format", "csv"], more].concat())
    };
    // All but the command, which is told above the numbers.
    let numbers = |more: &[&str]| {
        let told = run(more).out;
        told.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect::<Vec<_>>()
    };
    let change = ["--at", "5s", "services.desk.cores=2"];
    let at = run(&change);
    let command = "# archsim run queue.ron --at 5s services.desk.cores=2\n";
    assert!(at.out.contains(command), "{}{}", at.out, at.err);
    let written = r#"changes=[(at: "5s", set: {"services.desk.cores": 2})]"#;
    assert_eq!(numbers(&change), numbers(&["--set", written]));
    assert_ne!(numbers(&change), numbers(&[]));
    assert_eq!(
        numbers(&["--at", "0s", "services.desk.cores=2"]),
        numbers(&["--set", "services.desk.cores=2"])
    );
    let lost = run(&["--at", "5s", "services.dest.cores=2"]);
    assert_eq!(lost.code, 3);
    assert!(lost.err.contains("desk"), "{}", lost.err);
    assert_eq!(run(&["--at", "5s", "services.desk.cores"]).code, 2);
}
