//! Gates: exit codes for pull requests.

use super::{archsim, folder, write};

#[test]
fn a_gate_passes_misses_or_does_not_know() {
    let folder = folder();
    let model = std::fs::read_to_string(folder.path().join("queue.ron")).expect("there is a model");
    // 1 % more work on a server at 80 %: the mean is 4 % longer (M/M/1: 10.1 / 0.192 = 52.6 ms instead of 50 ms), and
    // p99 in proportion.
    write(&folder, "slower.ron", &model.replace("10ms", "10.1ms"));
    let gate = |model: &str, more: &[&str]| {
        archsim(
            &folder,
            &[&["gate", model, "--baseline", "queue.ron", "--format", "markdown"], more].concat(),
        )
    };
    let same = gate(
        "queue.ron",
        &["--allow", "mean=0%", "--allow", "errors=0%", "--set", "objectives=[]"],
    );
    assert_eq!(same.code, 0, "{}{}", same.out, same.err);
    assert!(same.out.starts_with("**Passed: all 2 checks are met.**"), "{}", same.out);
    let slower = gate("slower.ron", &["--allow", "mean=1%", "--set", "objectives=[]"]);
    assert_eq!(slower.code, 4, "{}", slower.out);
    assert!(
        slower.out.contains("| mean at most 1.0 % above the baseline | missed |"),
        "{}",
        slower.out
    );
    assert_eq!(gate("slower.ron", &["--allow", "mean=9%", "--set", "objectives=[]"]).code, 0);
    let unsure = gate(
        "slower.ron",
        &["--allow", "mean=5%", "--set", "objectives=[]", "--replications", "1"],
    );
    assert_eq!(unsure.code, 5, "{}", unsure.out);
    let objective = gate("queue.ron", &["--set", "objectives[0].latency.below=20ms"]);
    assert_eq!(objective.code, 4, "{}", objective.out);
    let nothing = gate("queue.ron", &["--set", "objectives=[]"]);
    assert_eq!(nothing.code, 2, "{}", nothing.out);
    assert!(nothing.err.contains("--allow p99=5%"), "{}", nothing.err);
}

#[test]
fn there_is_a_workflow_to_begin_with() {
    let folder = folder();
    let told = archsim(&folder, &["new", "--template", "gate"]);
    assert!(
        told.code == 0 && told.out.contains("archsim gate \"$MODEL\" --baseline"),
        "{}",
        told.out
    );
}
